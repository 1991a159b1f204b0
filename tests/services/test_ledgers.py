"""The ledgers (台账): each issue stands where it belongs, and everybody sees the lines of their own scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from models.guards import without_guards
from models.issue import Issue
from models.notice import Notice, NoticeState
from models.rules.deadlines import Light, light
from models.rules.house import HouseRules
from models.rules.issue_workflow import Actor, Outcome, Reason, State
from models.rules.limits import Limit, Span
from models.rules.posts import Role, ScopeKind
from services import following, handling, ledgers, members, shelving, waiting
from services.ledgers import EVERYTHING, Mark, Part, PartKind
from services.standing import LOOKED_BACK, Ledger
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff, next_door
from tests.statements import statements

ELSEWHERE = "文化局家属院1号楼1单元门口的灯坏了"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    return here.person("wang")


def tells(here: Neighbourhood, who: Person, words: str) -> int:
    """Reports, and passes the hours after which more may be told. Returns the issue's id."""
    number = who.reports(words)
    here.passes(hours=1)
    return here.issue(int(number[-4:])).id


def standing(here: Neighbourhood, who: Person, part: Part | None = None) -> dict[Ledger, list[int]]:
    """The short numbers in each ledger that is not empty."""
    reach = ledgers.reach_of(here.session, member_id=who.member_id, at=here.now)
    about = {"reach": reach, "part": part, "at": here.now, "rules": here.house.rules}
    found = {ledger: [row.short for row in ledgers.read(here.session, ledger=ledger, **about)] for ledger in Ledger}
    assert {ledger: len(rows) for ledger, rows in found.items()} == ledgers.counts(here.session, **about)
    return {ledger: rows for ledger, rows in found.items() if rows}


def rows(here: Neighbourhood, ledger: Ledger) -> list[ledgers.LedgerRow]:
    found = ledgers.read(here.session, ledger=ledger, reach=EVERYTHING, at=here.now, rules=here.house.rules)
    return list(found)


def test_an_issue_goes_from_ledger_to_ledger_with_its_life(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    issue = {"issue_id": tells(here, wang, "西苑小区3号楼2单元楼道灯坏了")}
    rules = here.house.rules
    assert standing(here, staff.li) == {Ledger.OPEN: [1]}
    here.passes(days=1)
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.UNACCEPTED: [1]}
    by_li = {"member_id": staff.li.member_id, "at": here.now, "rules": rules}
    handling.accept_issue(here.session, **issue, **by_li)
    assert standing(here, staff.li) == {Ledger.OPEN: [1]}
    here.passes(days=5)
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.YELLOW: [1]}
    here.passes(days=1)
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.OVERDUE: [1]}
    review = here.now + timedelta(days=60)
    shelving.shelve_issue(
        here.session,
        **issue,
        member_id=staff.zhao.member_id,
        words="等开春再修",
        reason=Reason.SEASON,
        review_at=review,
        at=here.now,
        rules=rules,
    )
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.SHELVED: [1]}
    (row,) = rows(here, Ledger.SHELVED)
    assert (row.review_at, row.reason, row.words, row.light) == (review, Reason.SEASON, "等开春再修", None)
    shelving.unshelve_issue(here.session, **issue, member_id=staff.zhao.member_id, at=here.now, rules=rules)
    handling.answer_issue(
        here.session,
        **issue,
        member_id=staff.li.member_id,
        words="换了新的灯泡，亮了",
        outcome=Outcome.SOLVED,
        at=here.now,
        rules=rules,
    )
    assert standing(here, staff.li) == {}
    following.reopen_issue(
        here.session, **issue, member_id=wang.member_id, words="晚上又灭了", at=here.now, rules=rules
    )
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.REOPENED: [1]}
    (row,) = rows(here, Ledger.REOPENED)
    assert (row.reopenings, row.words, row.light) == (1, "晚上又灭了", Light.GREEN)


def test_while_a_raiser_is_asked_the_light_stands_still(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    issue_id = tells(here, wang, "西苑小区3号楼2单元楼道灯坏了")
    rules, li = here.house.rules, staff.li.member_id
    handling.accept_issue(here.session, issue_id=issue_id, member_id=li, at=here.now, rules=rules)
    here.passes(days=4)
    waiting.ask_raiser(
        here.session,
        issue_id=issue_id,
        member_id=li,
        raiser_id=wang.member_id,
        words="是几楼的灯？",
        at=here.now,
        rules=rules,
    )
    here.passes(days=30)
    assert standing(here, staff.li) == {Ledger.OPEN: [1], Ledger.WAITING: [1]}
    (row,) = rows(here, Ledger.WAITING)
    assert (row.light, row.words) == (Light.GREEN, "是几楼的灯？")


def test_a_unit_that_sends_an_issue_back_leaves_its_reason(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    issue_id = tells(here, wang, "西苑小区3号楼2单元楼道灯坏了")
    about = {"issue_id": issue_id, "at": here.now, "rules": here.house.rules}
    handling.assign_issue(
        here.session, **about, member_id=staff.zhao.member_id, organisation_id=here.ids.property
    )
    assert standing(here, staff.qian) == {Ledger.OPEN: [1]}
    handling.decline_issue(
        here.session, **about, member_id=staff.qian.member_id, words="路灯归市政", proposed="市政"
    )
    assert standing(here, staff.qian) == {}
    (row,) = rows(here, Ledger.DECLINED)
    assert (row.declines, row.words) == (1, "路灯归市政")


def test_who_was_not_reached_on_a_closed_issue_stands_there_until_somebody_reaches_them(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    issue_id = tells(here, wang, "西苑小区3号楼2单元楼道灯坏了")
    handling.answer_issue(
        here.session,
        issue_id=issue_id,
        member_id=staff.li.member_id,
        words="换了新的灯泡，亮了",
        outcome=Outcome.SOLVED,
        at=here.now,
        rules=here.house.rules,
    )
    ofwang = [Notice.issue_id == issue_id, Notice.member_id == wang.member_id]

    def becomes(state: NoticeState, *which: object) -> None:
        here.session.execute(update(Notice).where(*ofwang, *which).values(state=state, settled_at=here.now))

    for _ in range(2):
        here.passes(days=6)
        here.keeps_time()
        here.deliver()
        here.passes(hours=7)
        here.keeps_time()
    assert here.issue().state is State.CLOSED
    assert standing(here, staff.zhao) == {}
    becomes(NoticeState.FAILED, Notice.kind == "report_raiser")  # lost, but what came after it arrived
    assert standing(here, staff.zhao) == {}
    becomes(NoticeState.FAILED, Notice.kind == "follow_up_silent_raisers")  # nobody needs to hear it any more
    assert standing(here, staff.zhao) == {}
    becomes(NoticeState.REFUSED, Notice.kind == "answer_raisers")
    becomes(NoticeState.REFUSED, Notice.kind == "follow_up_silent_raisers")
    assert standing(here, staff.zhao) == standing(here, staff.li) == {Ledger.UNREACHED: [1]}
    assert standing(here, staff.qian) == {}
    (row,) = rows(here, Ledger.UNREACHED)
    assert (row.unreached, row.light) == (1, None)
    here.passes(days=LOOKED_BACK.days)
    assert standing(here, staff.zhao) == {}


def test_everybody_sees_in_a_ledger_what_they_may_see_and_nothing_else(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    sentences = ("西苑小区3号楼2单元灯坏了", "西苑小区3号楼1单元漏水", ANOTHER, "西苑小区没水了", ELSEWHERE)
    for words in sentences:
        tells(here, wang, words)
    other = next_door(here)
    here.now = other.now = here.now + timedelta(hours=2)
    other.person("he").reports("东湖小区1号楼1单元灯坏了")
    street, mayor = here.person("mayor"), here.person("zhou")
    here.appoint(mayor, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    here.appoint(street, Role.STEWARD, ScopeKind.BUILDING, here.ids.building, "西苑小区3号楼")
    handling.assign_issue(
        here.session,
        issue_id=here.issue(3).id,
        member_id=staff.sun.member_id,
        organisation_id=here.ids.property,
        at=here.now,
        rules=here.house.rules,
    )
    by_post = {Actor.HOLDER, Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET}
    issues = here.session.scalars(select(Issue).order_by(Issue.id)).all()
    for who in (staff.li, staff.zhao, staff.sun, staff.qian, street, mayor, wang):
        posts = members.posts_of(here.session, member_id=who.member_id, at=here.now)
        allowed = {
            issue.id
            for issue in issues
            if members.actors(here.session, member_id=who.member_id, issue=issue, posts=posts) & by_post
        }
        reach = ledgers.reach_of(here.session, member_id=who.member_id, at=here.now)
        about = {"reach": reach, "at": here.now, "rules": here.house.rules}
        shown = {row.issue_id for row in ledgers.read(here.session, ledger=Ledger.OPEN, **about)}
        assert shown == allowed, who.external_id
        for part in (Part(PartKind.GRID, other.ids.grid), Part(PartKind.COMMUNITY, other.ids.community)):
            narrowed = {row.issue_id for row in ledgers.read(here.session, ledger=Ledger.OPEN, part=part, **about)}
            assert narrowed == {i.id for i in issues if i.community_id == other.ids.community} & allowed
    assert len(rows(here, Ledger.OPEN)) == len(sentences) + 1


def test_a_secretary_sees_how_each_of_the_grid_stands(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    for words in ("西苑小区3号楼2单元灯坏了", "西苑小区3号楼2单元没水了", ANOTHER):
        tells(here, wang, words)
    here.passes(days=2)
    reach = ledgers.reach_of(here.session, member_id=staff.zhao.member_id, at=here.now)

    def shares(by: PartKind) -> list[tuple[str, Role | None, int, int]]:
        found = ledgers.shares(here.session, reach=reach, by=by, at=here.now, rules=here.house.rules)
        return [(share.label, share.role, share.open, share.overdue) for share in found]

    assert shares(PartKind.HOLDER) == [
        ("西苑小区3号楼2单元", Role.STEWARD, 2, 1),
        ("第一网格", Role.SECRETARY, 1, 0),
    ]
    assert shares(PartKind.GRID) == [("第一网格", None, 3, 1)]
    assert shares(PartKind.COMMUNITY) == [("兰宁社区", None, 3, 1)]
    own = Part(PartKind.HOLDER, here.issue(3).holder_id)
    assert standing(here, staff.zhao, own) == {Ledger.OPEN: [3], Ledger.UNACCEPTED: [3]}


def test_a_line_says_how_many_it_concerns_and_marks_dates_nobody_announced(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    here.house = type(here.house)(HouseRules(landing=Limit(20, Span.WORKDAYS)), here.house.gazetteer)
    here.now = datetime.fromisoformat("2031-03-03T04:00:00+00:00")
    tells(here, wang, "西苑小区3号楼2单元灯坏了")
    (row,) = rows(here, Ledger.OPEN)
    assert (row.estimated, row.raisers, row.households, row.people) == (True, 1, None, None)
    here.session.execute(update(Issue).values(extended_at=here.now, households=9, people=27))
    (row,) = rows(here, Ledger.OPEN)
    assert (row.estimated, row.raisers, row.households, row.people) == (False, 1, 9, 27)
    assert (row.community, row.grid, row.holder_role) == ("兰宁社区", "第一网格", Role.STEWARD)


def test_pages_together_are_the_whole_ledger_in_its_order(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    for number in range(7):
        tells(here, wang, f"西苑小区3号楼2单元{number + 1}楼的灯坏了")
    same = here.now + timedelta(days=3)
    here.session.execute(update(Issue).where(Issue.serial.in_([2, 5, 7])).values(landing_due=same))
    for ledger in (Ledger.OPEN, Ledger.UNACCEPTED):
        whole = [row.short for row in rows(here, ledger)]
        read: list[int] = []
        after: Mark | None = None
        while True:
            got = ledgers.page(
                here.session,
                ledger=ledger,
                reach=EVERYTHING,
                at=here.now,
                rules=here.house.rules,
                after=after,
                limit=2,
            )
            assert len(got.rows) <= 2
            read += [row.short for row in got.rows]
            if got.after is None:
                break
            after = got.after
        assert read == whole
    assert [row.short for row in rows(here, Ledger.OPEN)][:3] == [2, 5, 7]


def test_a_page_is_one_query_however_many_lines_it_has(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    reach = ledgers.reach_of(here.session, member_id=staff.zhao.member_id, at=here.now)
    for _ in range(2):
        tells(here, wang, "西苑小区3号楼2单元灯坏了")
        for ledger in Ledger:
            with statements(here.session) as seen:
                ledgers.page(here.session, ledger=ledger, reach=reach, at=here.now, rules=here.house.rules)
            assert len(seen) == 1
        with statements(here.session) as seen:
            ledgers.counts(here.session, reach=reach, at=here.now, rules=here.house.rules)
        assert len(seen) == 1


def test_the_colour_of_a_ledger_is_the_colour_of_the_rules(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    """Many issues at once, each with clocks of its own: the query and ``rules.deadlines.light`` say the same."""
    random, rules = Random(4), here.house.rules
    first = tells(here, wang, "西苑小区3号楼2单元灯坏了")
    values = {c.name: getattr(here.issue(), c.key) for c in Issue.__table__.columns if c.name != "id"}
    expected: dict[int, Light] = {}
    without_guards(here.session.connection())  # of numbers and of clocks that such issues could not have
    for serial in range(100, 300):
        reported = here.now - timedelta(minutes=random.randrange(60 * 24 * 30))
        clock_since = random.choice([None, reported + (here.now - reported) * random.random()])
        since = clock_since or reported
        ends = since + timedelta(minutes=random.randrange(60 * 24 * 20))
        paused = random.choice([None, since + (here.now - since) * random.random()])
        row = values | {
            "public_id": f"p{serial}",
            "serial": serial,
            "number": f"LN-2026-{serial:04d}",
            "first_reported_at": reported,
            "clock_since": clock_since,
            "landing_due": ends,
            "paused_at": paused,
            "state": State.WAITING if paused else State.ACCEPTED,
            "resume_to": State.ACCEPTED if paused else None,
        }
        here.session.connection().execute(Issue.__table__.insert(), row)
        expected[serial] = light(paused or here.now, since=since, ends=ends, rules=rules)
    here.session.execute(update(Issue).where(Issue.id == first).values(state=State.VOID))
    by_light = {Light.YELLOW: Ledger.YELLOW, Light.RED: Ledger.OVERDUE}
    for colour, ledger in by_light.items():
        found = rows(here, ledger)
        assert {row.short for row in found} == {serial for serial, is_now in expected.items() if is_now is colour}
        assert {row.light for row in found} == {colour}
    assert {row.short: row.light for row in rows(here, Ledger.OPEN)} == expected
