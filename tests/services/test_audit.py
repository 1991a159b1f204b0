"""查账 finds what it promises to find: breaches planted by SQL behind everybody's back, with the guards taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Building, Unit
from models.guards import without_guards
from models.helper import Helper
from models.issue import HistoryEntry, IssueNumber
from models.member import Account, Grant, Post
from models.merge import Merge
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import Action, Outcome, State
from models.rules.posts import Role, ScopeKind
from services import clocks, support
from services.audit import Breach, audit
from tests.neighbourhood import Person
from tests.services.audit_stage import Books
from texts import text


@pytest.fixture
def books(session: Session) -> Books:
    books = Books(session)
    assert books.breaches() == set()
    without_guards(session.connection())
    return books


def _on_post(books: Books, post: Post | int, who: Person, **times: Any) -> None:
    post_id = post if isinstance(post, int) else post.id
    at = books.here.now - timedelta(days=40)
    known = {"starts_at": at, "confirmed_at": at} | times
    insert_row(books.session, Grant, member_id=who.member_id, post_id=post_id, **known)


def _empty_post(books: Books) -> Post:
    ids = books.here.ids
    post = Post(role=Role.STEWARD, scope_kind=ScopeKind.BUILDING, scope_id=ids.building, community_id=ids.community)
    post.label = "西苑小区3号楼"
    books.session.add(post)
    books.session.flush()
    books.change("new", holder_id=post.id)
    return post


def _stand_in_is_gone(books: Books) -> None:
    over = books.here.now - timedelta(days=1)
    _on_post(books, _empty_post(books), books.staff.sun, ends_at=over, stands_in_for_id=books.staff.li.member_id)


def _nobody_confirmed(books: Books) -> None:
    _on_post(books, _empty_post(books), books.staff.sun, confirmed_at=None)


def _all_blocked(books: Books) -> None:
    _on_post(books, _empty_post(books), books.staff.sun)
    books.run(update(Account).where(Account.member_id == books.staff.sun.member_id).values(blocked_at=books.here.now))


def _stood_in_when(books: Books, name: str, action: Action, post: int) -> None:
    """Somebody was on the post for a moment, and was not told of what was done in it."""
    done = books.session.get_one(HistoryEntry, books.entry(name, action)).at
    moment = timedelta(seconds=1)
    times = {"starts_at": done - moment, "confirmed_at": done - moment, "ends_at": done + moment}
    _on_post(books, post, books.staff.sun, **times, stands_in_for_id=books.staff.li.member_id)


def _no_history_at_all(books: Books) -> None:
    issue = books.issues["waiting"]
    books.run(update(Notice).where(Notice.issue_id == issue).values(history_id=None))
    books.run(delete(HistoryEntry).where(HistoryEntry.issue_id == issue))


def _no_report(books: Books) -> None:
    issue = books.issues["new"]
    books.run(update(HistoryEntry).where(HistoryEntry.issue_id == issue).values(report_id=None))
    books.run(delete(Report).where(Report.issue_id == issue))


def _past(books: Books, name: str, action: Action, **values: object) -> None:
    books.run(update(HistoryEntry).where(HistoryEntry.id == books.entry(name, action)).values(**values))


def _told(books: Books, name: str, raiser: str, **values: object) -> None:
    books.run(update(Report).where(Report.id == books.report(name, raiser)).values(**values))


def _merge_of_an_open_issue(books: Books) -> None:
    ids = {"merged_id": books.issues["new"], "into_id": books.issues["joint"]}
    known = {"state_before": State.ACCEPTED, "lead_first": 0, "lead_landing": 0, "made_urgent": False}
    insert_row(books.session, Merge, **ids, **known, at=books.here.now)


def _gap(books: Books) -> None:
    books.change("split", serial=books["split"].serial + 1)
    books.run(update(IssueNumber).values(last=IssueNumber.last + 1))


def _unit_next_door(books: Books) -> int:
    other = select(Unit.id).join(Building, Building.id == Unit.building_id).where(Building.number == "5").limit(1)
    return books.session.scalars(other).one()


def _helper_next_door(books: Books) -> None:
    known = {"reason": "x", "called_by_id": books.staff.sun.member_id, "called_at": books.here.now}
    known |= {"issue_id": books.issues["new"], "post_id": _theirs(books), "arrive_by": books.here.now}
    insert_row(books.session, Helper, **known)


def _theirs(books: Books) -> int:
    return books.session.scalars(select(Post.id).where(Post.label == "东湖物业")).one()


def _notices(books: Books, name: str, kind: str, state: NoticeState) -> None:
    owed = update(Notice).where(Notice.issue_id == books.issues[name], Notice.kind == kind)
    books.run(owed.values(state=state))


SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
Plant = Callable[[Books], None]

#: What is planted, what the audit says of which issue, and how it is planted.
BREACHES: list[tuple[str, set[tuple[int, str, str]], Plant]] = [
    ("a post that nobody holds", {(1, "new", "unheld")}, lambda b: void(_empty_post(b))),
    ("a stand-in whose time is over", {(1, "new", "unheld")}, _stand_in_is_gone),
    ("a holder who was never confirmed", {(1, "new", "unheld")}, _nobody_confirmed),
    ("a holder who blocked us", {(1, "new", "unheld")}, _all_blocked),
    (
        "an answer due before the report",
        {(2, "new", "undated")},
        lambda b: b.change("new", first_answer_due=b["new"].first_reported_at - SECOND),
    ),
    (
        "a landing due before the first answer",
        {(2, "new", "undated")},
        lambda b: b.change("new", landing_due=b["new"].first_answer_due - SECOND),
    ),
    ("no next look", {(2, "new", "unwatched")}, lambda b: b.change("new", look_at=None)),
    ("no look after the answer", {(2, "closed", "unwatched")}, lambda b: _explained(b)),
    ("a look in a year", {(2, "new", "looked_at_late")}, lambda b: b.change("new", look_at=b.here.now + 365 * DAY)),
    (
        "waiting for weeks",
        {(2, "waiting", "not_resumed")},
        lambda b: b.change("waiting", paused_at=b.here.now - 20 * DAY),
    ),
    (
        "closed while an answer is owed",
        {(3, "closed", "closed_owing")},
        lambda b: _notices(b, "closed", "answer_raisers", NoticeState.OWED),
    ),
    (
        "closed while an answer is parked",
        {(3, "closed", "closed_owing")},
        lambda b: _notices(b, "closed", "answer_raisers", NoticeState.PARKED),
    ),
    ("a receipt never given", {(4, "new", "raiser_untold")}, lambda b: b.lose("new", "report_raiser")),
    ("a neighbour's receipt never given", {(4, "merged", "raiser_untold")}, lambda b: b.lose("merged", "join_raiser")),
    ("a raiser never told", {(4, "new", "raiser_untold")}, lambda b: b.lose("new", "accept_raisers")),
    (
        "one of two raisers never told",
        {(4, "reopened", "raiser_untold")},
        lambda b: b.lose("reopened", "answer_raisers", "liu"),
    ),
    (
        "a neighbour never told that it is opened again",
        {(4, "reopened", "raiser_untold")},
        lambda b: b.lose("reopened", "reopen_other_raisers"),
    ),
    (
        "nobody asked whether it is solved",
        {(4, "closed", "raiser_untold")},
        lambda b: b.lose("closed", "follow_up_silent_raisers"),
    ),
    ("a question never asked", {(4, "waiting", "raiser_untold")}, lambda b: b.lose("waiting", "ask_raiser")),
    (
        "who was asked not told that it goes on",
        {(4, "asked", "raiser_untold")},
        lambda b: b.lose("asked", "resume_raiser"),
    ),
    ("a merge never told", {(4, "merged", "raiser_untold")}, lambda b: b.lose("merged", "merge_raisers", "ma")),
    (
        "who came with a merge never told what followed",
        {(4, "joint", "raiser_untold")},
        lambda b: b.lose("joint", "accept_raisers", "ma"),
    ),
    (
        "who has left since never told what was",
        {(4, "joint", "raiser_untold")},
        lambda b: b.lose("joint", "accept_raisers", "wang"),
    ),
    (
        "what was before a merge never told",
        {(4, "merged", "raiser_untold")},
        lambda b: b.lose("merged", "accept_raisers", "wang"),
    ),
    ("who was split off never told", {(4, "split", "raiser_untold")}, lambda b: b.lose("split", "report_raiser")),
    ("a holder never told", {(4, "new", "holder_untold")}, lambda b: b.lose("new", "report_holder")),
    ("a holder never told of an urging", {(4, "pressed", "holder_untold")}, lambda b: b.lose("pressed", "urge_holder")),
    (
        "the old holder never told",
        {(4, "declined", "holder_untold")},
        lambda b: b.lose("declined", "assign_old_holder"),
    ),
    (
        "a stand-in never told",
        {(4, "pressed", "holder_untold")},
        lambda b: _stood_in_when(b, "pressed", Action.URGE, b["pressed"].holder_id),
    ),
    ("a unit never called", {(4, "pressed", "helper_untold")}, lambda b: b.lose("pressed", "whistle_helpers")),
    (
        "a colleague in the unit never called",
        {(4, "pressed", "helper_untold")},
        lambda b: _stood_in_when(b, "pressed", Action.WHISTLE, b.session.scalars(select(Helper.post_id)).one()),
    ),
    ("who assigned never told", {(4, "declined", "assigner_untold")}, lambda b: b.lose("declined", "decline_assigner")),
    (
        "somebody else assigned it",
        {(4, "declined", "assigner_untold")},
        lambda b: _past(b, "declined", Action.ASSIGN, actor_id=b.staff.li.member_id),
    ),
    ("nobody above told", {(4, "pressed", "above_untold")}, lambda b: b.lose("pressed", "urge_above")),
    ("moved past the table", {(4, "new", "history_broken")}, lambda b: b.change("new", state=State.IN_PROGRESS)),
    (
        "a history with a hole",
        {(4, "asked", "history_broken")},
        lambda b: _past(b, "asked", Action.ACCEPT, to_state=State.DECIDED),
    ),
    ("no history at all", {(4, "waiting", "history_broken"), (5, "waiting", "report_astray")}, _no_history_at_all),
    ("an issue without a report", {(5, "new", "no_report")}, _no_report),
    (
        "a report in an issue where nobody told it",
        {
            (4, "pressed", "raiser_untold"),
            (5, "new", "no_report"),
            (5, "pressed", "report_astray"),
            (6, "pressed", "first_time"),
        },
        lambda b: _told(b, "new", "wang", issue_id=b.issues["pressed"]),
    ),
    (
        "a report that a merge left behind",
        {(5, "merged", "left_behind"), (5, "merged", "report_astray")},
        lambda b: _told(b, "joint", "ma", issue_id=b.issues["merged"]),
    ),
    (
        "merged into itself",
        {(5, "merged", "merge_broken")},
        lambda b: b.change("merged", merged_into_id=b.issues["merged"]),
    ),
    ("merged into nothing", {(5, "merged", "merge_broken")}, lambda b: b.change("merged", merged_into_id=None)),
    (
        "merged into another than was said",
        {(5, "merged", "merge_broken")},
        lambda b: b.change("merged", merged_into_id=b.issues["new"]),
    ),
    (
        "merged into what is merged",
        {
            (5, "merged", "merge_broken"),
            (5, "joint", "merge_broken"),
            (5, "joint", "left_behind"),
            (4, "joint", "history_broken"),
        },
        lambda b: b.change("joint", state=State.MERGED, merged_into_id=b.issues["new"]),
    ),
    (
        "a merge that was undone halfway",
        {(5, "merged", "merge_broken"), (5, "joint", "report_astray")},
        lambda b: b.run(update(Merge).values(undone_at=b.here.now)),
    ),
    ("a merge of an open issue", {(5, "new", "merge_broken")}, _merge_of_an_open_issue),
    ("other words", {(5, "joint", "words_changed")}, lambda b: _told(b, "joint", "ma", words="没事了")),
    ("other words at the time", {(5, "new", "words_changed")}, lambda b: _past(b, "new", Action.REPORT, note="没事")),
    (
        "a first report that was not the first",
        {(6, "new", "first_time")},
        lambda b: b.change("new", first_reported_at=b["new"].first_reported_at + SECOND),
    ),
    (
        "a report told before its issue began",
        {(6, "joint", "first_time")},
        lambda b: _told(b, "joint", "liu", at=b["joint"].first_reported_at - SECOND),
    ),
    ("a gap", {(7, "LN-2026", "numbers")}, _gap),
    (
        "a number given and lost",
        {(7, "LN-2026", "numbers")},
        lambda b: b.run(update(IssueNumber).values(last=IssueNumber.last + 1)),
    ),
    (
        "a year of which nothing is left",
        {(7, "LN-2025", "numbers")},
        lambda b: void(insert_row(b.session, IssueNumber, community_id=b.here.ids.community, year=2025, last=3)),
    ),
    (
        "held by strangers",
        {(1, "new", "unheld"), (8, "new", "foreign")},
        lambda b: b.change("new", holder_id=_theirs(b)),
    ),
    ("in a foreign grid", {(8, "new", "foreign")}, lambda b: b.change("new", grid_id=b.there.ids.grid)),
    ("in a foreign compound", {(8, "new", "foreign")}, lambda b: b.change("new", compound_id=b.there.ids.compound)),
    ("in a unit of another building", {(8, "new", "foreign")}, lambda b: b.change("new", unit_id=_unit_next_door(b))),
    ("helped by strangers", {(8, "new", "foreign")}, _helper_next_door),
    (
        "a post for the grid of another community",
        {(8, "东湖网格", "foreign_post")},
        lambda b: b.run(update(Post).where(Post.label == "东湖网格").values(community_id=b.here.ids.community)),
    ),
]


def void(_: object) -> None: ...


def _explained(books: Books) -> None:
    books.change("closed", outcome=Outcome.EXPLAINED, review_at=books.here.now + DAY)


def test_each_planted_breach_is_found_and_nothing_else(books: Books) -> None:
    found = {}
    for what, _, plant in BREACHES:
        savepoint = books.session.begin_nested()
        plant(books)
        books.session.expire_all()
        found[what] = books.breaches()
        savepoint.rollback()
        books.session.expire_all()
    names = {books[name].number: name for name in books.issues}
    by_name = {
        what: {(invariant, names.get(subject, subject), says) for invariant, subject, says in breaches}
        for what, breaches in found.items()
    }
    assert by_name == {what: breaches for what, breaches, _ in BREACHES}


def test_every_breach_has_its_sentence_and_every_invariant_is_planted_twice() -> None:
    planted = [each for _, breaches, _ in BREACHES for each in breaches]
    assert all(text(f"audit.{what}") for _, _, what in planted)
    assert min(Counter(invariant for invariant, _, _ in planted).values()) >= 2
    assert {invariant for invariant, _, _ in planted} == set(range(1, 9))


def test_an_unreachable_holder_is_no_breach_once_somebody_above_was_told(books: Books) -> None:
    _all_blocked(books)
    here = books.here
    assert support.tell_of_lost_holders(books.session, at=here.now, rules=here.house.rules) == 1
    assert support.tell_of_lost_holders(books.session, at=here.now, rules=here.house.rules) == 0
    assert books.breaches() == set()


def test_who_came_to_a_post_later_need_not_have_heard_of_what_was_before(books: Books) -> None:
    books.here.passes(days=1)
    ids = books.here.ids
    books.here.appoint(books.here.person("new"), Role.STEWARD, ScopeKind.UNIT, ids.unit, "西苑小区3号楼2单元")
    assert books.breaches() == set()


def test_without_the_rules_of_the_house_it_is_not_asked_whether_the_timer_is_late(books: Books) -> None:
    books.change("new", look_at=books.here.now + 365 * DAY)
    assert audit(books.session, at=books.here.now) == []
    books.change("new", look_at=None)
    assert audit(books.session, at=books.here.now) == [Breach(2, books["new"].number, "unwatched")]


def test_what_failed_and_was_put_off_is_not_late(books: Books) -> None:
    books.here.passes(days=1)
    clocks.put_off(books.session, issue_id=books.issues["new"], at=books.here.now)
    assert books.breaches() == set()
