"""Many raisers, one issue: whatever happens while two are one, undoing it leaves each as if it had never been."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.community import Unit
from models.issue import Issue
from models.member import Account
from models.merge import Merge, MergedReport
from models.notice import Notice
from models.report import Report
from models.rules.deadlines import Light
from models.rules.errors import AlreadyDone, MergeRefused, NotFound, RuleError, TransitionNotAllowed, WordsNeeded
from models.rules.issue_workflow import Outcome, Rating, State
from models.rules.posts import Role, ScopeKind
from services import following, handling, merging, waiting
from services.audit import audit
from tests.database import on_sqlite
from tests.neighbourhood import next_door
from tests.services.merging_stage import OWN, Stage, stage, with_twins

HAPPENS = (
    ("accepts", Stage.accepts),
    ("asks", Stage.asks),
    ("hears", Stage.hears),
    ("shelves", Stage.shelves),
    ("unshelves", Stage.unshelves),
    ("extends", Stage.extends),
    ("reopens", Stage.reopens),
    ("is_joined_urgently", Stage.is_joined_urgently),
)
STEPS = st.one_of(
    st.tuples(st.just("merge"), st.integers(0, 2)),
    st.tuples(st.just("undo"), st.integers(0, 2)),
    st.tuples(st.just("both"), st.integers(0, len(HAPPENS) - 1)),
    st.tuples(st.just("hours"), st.sampled_from([1, 5, 30, 100])),
)


@pytest.fixture
def twins(session: Session) -> Stage:
    return with_twins(session)


@on_sqlite
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=3, max_size=18),
    urgent=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    become=st.tuples(*[st.sampled_from(["received", "waiting", "shelved", "to_deliberate", "extended"])] * 3),
    order=st.sampled_from(list(permutations(range(3)))),
)
def test_whatever_happens_in_between_undoing_every_merge_leaves_each_as_if_it_had_never_been(
    twins: Stage,
    steps: list[tuple[str, int]],
    urgent: tuple[bool, bool, bool],
    become: tuple[str, str, str],
    order: tuple[int, int, int],
) -> None:
    began, savepoint = twins.here.now, twins.session.begin_nested()
    try:
        others = [_another(twins, urgent[n], become[n]) for n in range(3)]
        alone = [twins.columns(each) for each in others]
        told = twins.reports()
        for step, which in steps:
            _happens(twins, step, which, others)
            twins.here.passes(minutes=7)
            _nothing_is_lost(twins, told)
        for n in order:
            _happens(twins, "undo", n, others)
        assert [twins.columns(each) for each in others] == alone
        assert twins.columns(twins.into, without=OWN) == twins.columns(twins.twin, without=OWN)
        assert {key: value for key, value in twins.reports().items() if key in told} == told
    finally:
        savepoint.rollback()
        twins.session.expire_all()
        twins.here.now = began


def _another(twins: Stage, urgent: bool, become: str) -> int:
    twins.here.passes(hours=3)
    issue_id = twins.tells(urgent=urgent, others=1)
    if become == "received":
        return issue_id
    twins.accepts(issue_id)
    if become == "waiting":
        twins.asks(issue_id)
    elif become == "shelved":
        twins.shelves(issue_id)
    elif become == "to_deliberate":
        twins.proposes(issue_id)
    else:
        landing = twins.issue(twins.twin).landing_due
        twins.issue(twins.twin).landing_due = twins.issue(issue_id).landing_due
        twins.extends(issue_id)
        twins.issue(twins.twin).landing_due = landing
    twins.session.flush()
    return issue_id


def _happens(twins: Stage, step: str, which: int, others: list[int]) -> None:
    if step == "both":
        twins.both(lambda issue_id: HAPPENS[which][1](twins, issue_id))
    elif step == "hours":
        twins.here.passes(hours=which)
    else:
        try:
            with twins.session.begin_nested():
                twins.merges(others[which]) if step == "merge" else twins.undoes(others[which])
        except RuleError:
            twins.session.expire_all()


def _nothing_is_lost(twins: Stage, told: dict[int, tuple[Any, ...]]) -> None:
    """Every report is there with its raiser, words and time; no chain; no limit later than without the merges."""
    now = twins.reports()
    assert {key: value[2:5] for key, value in now.items() if key in told} == {k: v[2:5] for k, v in told.items()}
    into, twin = twins.issue(twins.into), twins.issue(twins.twin)
    assert (into.first_answer_due <= twin.first_answer_due, into.landing_due <= twin.landing_due) == (True, True)
    merged = twins.session.scalars(select(Issue).where(Issue.state == State.MERGED)).all()
    assert {issue.merged_into_id for issue in merged} <= {twins.into}
    assert {row[1] for row in now.values()} & {issue.id for issue in merged} == set()


def test_a_pause_before_the_merge_is_the_others_own(session: Session) -> None:
    """王's neighbour was asked two days before 刘's issue came in: only what follows counts against 刘."""
    set_up = stage(session)
    into = set_up.into = set_up.tells()
    set_up.here.passes(days=3)
    urgent = set_up.tells(urgent=True)
    ends = set_up.issue(urgent).landing_due
    set_up.accepts(into)
    set_up.asks(into)
    set_up.here.passes(hours=10)
    set_up.merges(urgent)
    assert set_up.issue(into).landing_due == ends
    set_up.here.passes(hours=4)
    set_up.hears(into)
    assert set_up.issue(into).landing_due == ends + timedelta(hours=4)


def test_who_waits_for_an_answer_brings_the_time_that_stood_still(session: Session) -> None:
    set_up = stage(session)
    urgent = set_up.tells(urgent=True)
    ends = set_up.issue(urgent).landing_due
    into = set_up.into = set_up.tells()
    set_up.accepts(urgent)
    set_up.asks(urgent)
    set_up.here.passes(hours=10)
    set_up.merges(urgent)
    assert set_up.issue(into).landing_due == ends + timedelta(hours=10)
    assert set_up.issue(urgent).landing_due == ends


def test_an_extension_granted_to_both_is_not_granted_twice(session: Session) -> None:
    set_up = stage(session)
    set_up.into = set_up.twin = set_up.tells()
    own = set_up.issue(set_up.into).landing_due
    set_up.here.passes(days=1)
    urgent = set_up.tells(urgent=True)
    set_up.merges(urgent)
    set_up.accepts(set_up.into)
    set_up.extends(set_up.into)
    granted = set_up.issue(set_up.into).landing_due
    assert granted < own
    set_up.undoes(urgent)
    assert set_up.issue(set_up.into).landing_due == own


def test_who_was_urgent_alone_takes_the_urgency_along(twins: Stage) -> None:
    first, second = twins.tells(urgent=True), twins.tells(urgent=True)
    twins.merges(first)
    twins.merges(second)
    assert twins.issue(twins.into).urgent
    twins.undoes(first)
    assert twins.issue(twins.into).urgent  # the second is
    twins.undoes(second)
    assert not twins.issue(twins.into).urgent


def test_a_light_shown_for_the_other_goes_out_with_it(twins: Stage) -> None:
    """The holder was told that it is late; alone it is not, and becomes so again in its own time."""
    twins.accepts(twins.into)
    urgent = twins.tells(urgent=True)
    twins.here.passes(hours=25)
    twins.merges(urgent)
    twins.issue(twins.into).warned = Light.RED
    twins.session.flush()
    twins.undoes(urgent)
    assert twins.issue(twins.into).warned is None
    assert (twins.issue(twins.into).look_at or twins.here.now) > twins.here.now


def test_an_answer_that_was_given_in_between_is_no_answer_to_the_other(twins: Stage) -> None:
    other = twins.tells(others=1)
    before = twins.columns(other)
    twins.merges(other)
    twins.does(handling.answer_issue, twins.into, words="换了灯泡", outcome=Outcome.SOLVED)
    twins.does(following.rate_issue, twins.into, twins.session.scalars(_brought(other)).all()[0], rating=Rating.BASIC)
    twins.undoes(other)
    assert twins.columns(other) == before
    assert twins.issue(twins.into).state is State.ANSWERED
    assert twins.session.scalars(select(Report.rating).where(Report.issue_id == other)).all() == [None, None]


def test_who_told_of_both_rates_once_for_both(twins: Stage) -> None:
    other = twins.tells()
    both = twins.raiser(other)
    twins.session.execute(update(Report).where(Report.issue_id == twins.into).values(raiser_id=both))
    twins.session.expire_all()
    twins.merges(other)
    twins.does(handling.answer_issue, twins.into, words="换了灯泡", outcome=Outcome.SOLVED)
    twins.does(following.rate_issue, twins.into, both, rating=Rating.BASIC)
    assert handling.all_content(twins.session, issue_id=twins.into)
    twins.undoes(other)
    assert twins.session.scalars(select(Report.rating).order_by(Report.issue_id)).all() == [Rating.BASIC, None, None]


def test_who_took_it_back_in_between_stays_away(twins: Stage) -> None:
    other = twins.tells(others=1)
    twins.merges(other)
    wang, liu = twins.session.scalars(_brought(other)).all()
    twins.does(following.withdraw_report, twins.into, wang)
    twins.undoes(other)
    assert twins.session.scalars(
        select(Report.raiser_id).where(Report.issue_id == other, Report.withdrawn_at.is_(None))
    ).all() == [liu]
    assert audit(twins.session, at=twins.here.now) == []


def test_nobody_waits_for_the_answer_of_somebody_who_has_left(twins: Stage) -> None:
    """The neighbour who was asked took it back while the two were one."""
    other = twins.tells(others=1)
    twins.accepts(other)
    twins.asks(other)
    twins.merges(other)
    twins.does(following.withdraw_report, twins.into, twins.session.scalars(_brought(other)).all()[0])
    twins.undoes(other)
    assert twins.issue(other).state is State.ACCEPTED


def test_who_was_asked_goes_and_the_other_goes_on(twins: Stage) -> None:
    other = twins.tells()
    twins.accepts(twins.into)
    twins.merges(other)
    brought = twins.session.scalars(_brought(other)).one()
    twins.does(waiting.ask_raiser, twins.into, raiser_id=brought, words="哪一盏灯？")
    twins.undoes(other)
    assert (twins.issue(twins.into).state, twins.issue(twins.into).asked_id) == (State.ACCEPTED, None)


def test_neither_is_left_with_nobody(twins: Stage) -> None:
    other = twins.tells()
    twins.merges(other)
    brought = twins.session.scalars(_brought(other)).one()
    for raiser, why in ((twins.raiser(twins.into), "last"), (brought, "empty")):
        with twins.session.begin_nested() as savepoint:
            twins.does(following.withdraw_report, twins.into, raiser)
            with pytest.raises(MergeRefused) as refused:
                twins.undoes(other)
            assert refused.value.params == {"why": why}
            savepoint.rollback()
        twins.session.expire_all()


def test_no_chains_no_circles_and_nothing_twice(twins: Stage) -> None:
    other = twins.tells()
    twins.merges(other)
    for one, into, why in (
        (twins.into, twins.twin, "chain"),
        (twins.twin, other, "open"),
        (other, twins.twin, "open"),
        (twins.twin, twins.twin, "same"),
    ):
        with pytest.raises(MergeRefused) as refused:
            twins.merges(one, into)
        assert refused.value.params == {"why": why}
    twins.undoes(other)
    with pytest.raises(TransitionNotAllowed):
        twins.undoes(other)
    twins.merges(twins.into, twins.twin)  # nothing is in it any more


def test_two_communities_are_two(twins: Stage) -> None:
    there = next_door(twins.here)
    there.person("chen").reports("东湖小区1号楼1单元楼道灯坏了")
    foreign = there.issue().id
    both = there.person("sun2")
    for community, label in ((twins.here.ids.community, "兰宁社区"), (there.ids.community, "东湖社区")):
        twins.here.appoint(both, Role.COMMUNITY, ScopeKind.COMMUNITY, community, label)
    with pytest.raises(MergeRefused) as refused:
        twins.does(merging.merge_issues, foreign, both.member_id, into_id=twins.into)
    assert refused.value.params == {"why": "community"}
    with pytest.raises(NotFound):
        twins.does(merging.merge_issues, foreign, twins.sun, into_id=twins.into)


def test_everybody_hears_with_what_it_was_joined_and_why(twins: Stage) -> None:
    other = twins.tells(others=2)
    raisers = set(twins.session.scalars(select(Report.raiser_id).where(Report.issue_id == other)))
    evidence = {"matches": ["同一个单元"], "differs": []}
    twins.does(merging.merge_issues, other, into_id=twins.into, why="同一盏灯", evidence=evidence)
    told = twins.session.execute(
        select(Notice.member_id, Notice.params).where(Notice.kind == "merge_raisers", Notice.issue_id == other)
    ).all()
    assert {row.member_id for row in told} == raisers
    assert {
        (row.params["into"], row.params["note"], tuple(row.params["evidence"]["matches"])) for row in told
    } == {(twins.issue(twins.into).number, "同一盏灯", ("同一个单元",))}
    assert twins.session.scalars(select(Merge.evidence)).all() == [evidence]


def test_who_left_meanwhile_is_put_before_the_staff(twins: Stage) -> None:
    """The steward of the other unit is gone: what is hers again is nobody's, and the community hears it at once."""
    here = twins.here
    chen = here.person("chen")
    unit = twins.session.scalars(select(Unit.id).where(Unit.building_id == here.ids.building, Unit.number == "1")).one()
    here.appoint(chen, Role.STEWARD, ScopeKind.UNIT, unit, "西苑小区3号楼1单元")
    other = twins.tells(unit="1")
    assert twins.issue(other).holder_id != twins.issue(twins.into).holder_id
    twins.does(merging.merge_issues, other, twins.zhao, into_id=twins.into)
    account = twins.session.scalars(select(Account).where(Account.external_id == "chen")).one()
    account.blocked_at = here.now
    twins.session.flush()
    twins.does(merging.unmerge_issue, other, twins.zhao)
    told = twins.session.scalars(select(Notice.member_id).where(Notice.kind == "holder_lost", Notice.issue_id == other))
    assert told.all() == [twins.sun]
    assert audit(twins.session, at=here.now) == []


def test_a_count_is_confirmed_by_the_front_and_by_nobody_else(twins: Stage) -> None:
    twins.does(merging.count_affected, twins.into, households=9, people=27)
    issue = twins.issue(twins.into)
    assert (issue.households, issue.people, issue.counted_by_id) == (9, 27, twins.li)
    for households, people in ((0, 0), (9, 8), (-1, 3)):
        with pytest.raises(WordsNeeded):
            twins.does(merging.count_affected, twins.into, households=households, people=people)
    with pytest.raises(TransitionNotAllowed):
        twins.does(merging.count_affected, twins.into, twins.raiser(twins.into), households=1, people=1)


def test_a_double_tap_does_it_once(twins: Stage) -> None:
    other = twins.tells()
    twins.merges(other)
    with pytest.raises((MergeRefused, AlreadyDone)):
        twins.merges(other)
    assert [merge.undone_at for merge in twins.session.scalars(select(Merge))] == [None]
    assert twins.issue(other).merged_into_id == twins.into


def _brought(other: int) -> Any:
    """Who told of an issue that is now in another, in order."""
    return (
        select(Report.raiser_id)
        .join(MergedReport, MergedReport.report_id == Report.id)
        .join(Merge, Merge.id == MergedReport.merge_id)
        .where(Merge.merged_id == other)
        .order_by(Report.id)
    )
