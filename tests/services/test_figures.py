"""The figures of workflow.md, each counted by hand in a small month, with the list behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Grid
from models.member import Grant
from models.notice import Notice, NoticeState
from models.rules.errors import NotFound
from models.rules.issue_workflow import Outcome, Rating, Reason
from models.rules.posts import Role, ScopeKind
from services import following, handling, merging, shelving, splitting, waiting
from services.figures import Asked, By, Figure, Kind, Month, Period, Scope, behind, figure, month_of, scope_of
from services.figures.naming import UnknownPlace, find_scope
from tests.services.figures_stage import EVERYWHERE, MARCH, ZONE, Stage, staged


@pytest.fixture
def stage(session: Session) -> Stage:
    return staged(session)


def test_an_open_issue_has_landed_when_somebody_can_be_reached_on_its_post(stage: Stage) -> None:
    stage.tells()
    done = stage.tells()
    stage.answers(done)
    nobodys = stage.tells(at="next door")
    assert stage.counted(Kind.HELD) == (1, 2)
    assert stage.amiss(Kind.HELD) == [stage.number(nobodys)]


def test_what_lies_longest_is_in_the_figure_of_now_whatever_the_month(stage: Stage) -> None:
    stage.tells(at="next door")
    stage.here.passes(days=40)
    stage.tells()
    april = Period(Month(2026, 4), ZONE)
    assert stage.total(period=april).figures[Kind.HELD] == Figure(Kind.HELD, Decimal(1), 1)
    assert figure(stage.session, Asked(EVERYWHERE, None), Kind.HELD, at=stage.here.now) == Figure(
        Kind.HELD, Decimal(1), 2
    )


def test_a_first_answer_counts_when_it_came_in_time_and_not_before_it_was_due(stage: Stage) -> None:
    soon, late, never = stage.tells(), stage.tells(), stage.tells()
    stage.accepts(soon)
    stage.here.passes(hours=25)
    stage.accepts(late)
    fresh = stage.tells()
    assert stage.counted(Kind.PROMPT) == (1, 3)
    assert stage.amiss(Kind.PROMPT) == [stage.number(late), stage.number(never)]
    assert stage.number(fresh) not in [line.number for line in stage.behind(Kind.PROMPT)]


def test_what_was_withdrawn_is_not_among_the_issues(stage: Stage) -> None:
    kept, gone = stage.tells(), stage.tells()
    stage.does(following.withdraw_report, gone, stage.raisers[gone])
    stage.here.passes(days=2)
    assert stage.counted(Kind.PROMPT) == (0, 1)
    assert (stage.total().reported, stage.total().raisers) == (1, 1)
    assert stage.amiss(Kind.PROMPT) == [stage.number(kept)]


def test_an_issue_lands_in_time_by_its_answer_or_is_late_once_the_limit_is_past(stage: Stage) -> None:
    quick, slow, never = (stage.tells(at="grid") for _ in range(3))
    stage.answers(quick)
    stage.here.passes(days=7, seconds=1)
    stage.answers(slow)
    stage.tells(at="grid")
    assert stage.counted(Kind.ON_TIME) == (1, 3)
    assert stage.amiss(Kind.ON_TIME) == [stage.number(slow), stage.number(never)]


def test_while_a_raiser_is_waited_for_an_issue_does_not_become_late(stage: Stage) -> None:
    issue = stage.tells()
    stage.accepts(issue)
    stage.here.passes(days=6)
    stage.does(waiting.ask_raiser, issue, stage.li, raiser_id=stage.raisers[issue], words="哪一层？")
    stage.here.passes(days=4)
    assert stage.counted(Kind.ON_TIME) == (0, 0)
    stage.does(following.supply_issue, issue, stage.raisers[issue], words="三层")
    assert stage.counted(Kind.ON_TIME) == (0, 0)
    stage.here.passes(days=2)
    assert stage.counted(Kind.ON_TIME) == (0, 1)


def test_shelving_an_issue_does_not_make_it_punctual(stage: Stage) -> None:
    issue = stage.tells(at="grid")
    stage.accepts(issue)
    until = stage.here.now + timedelta(days=60)
    stage.does(
        shelving.shelve_issue, issue, stage.zhao, words="要等天暖", reason=Reason.SEASON, review_at=until
    )
    stage.here.passes(days=8)
    assert stage.counted(Kind.ON_TIME) == (0, 1)


def test_an_issue_is_solved_when_its_raiser_says_so(stage: Stage) -> None:
    """Of those who said anything; what is only under way is not solved however content they are."""
    content, unhappy, under_way, checked, not_yet, silent = (stage.tells() for _ in range(6))
    for issue in (content, unhappy, checked, not_yet, silent):
        stage.answers(issue)
    stage.answers(under_way, Outcome.UNDER_WAY)
    stage.rates(content, Rating.BASIC)
    stage.rates(unhappy, Rating.UNSATISFIED)
    stage.rates(under_way, Rating.SATISFIED)
    stage.does(following.check_issue, checked, stage.raisers[checked], solved=True)
    stage.does(following.check_issue, not_yet, stage.raisers[not_yet], solved=False)
    assert stage.counted(Kind.SOLVED) == (2, 5)
    assert stage.amiss(Kind.SOLVED) == [stage.number(issue) for issue in (unhappy, under_way, not_yet)]


def test_who_says_that_it_is_not_solved_is_believed_whatever_their_rating(stage: Stage) -> None:
    issue = stage.tells()
    stage.answers(issue)
    stage.does(following.check_issue, issue, stage.raisers[issue], solved=False)
    stage.rates(issue, Rating.SATISFIED)
    assert stage.counted(Kind.SOLVED) == (0, 1)
    assert stage.counted(Kind.CONTENT) == (1, 1)


def test_satisfaction_weighs_basic_as_nine_tenths_and_shows_the_silent_beside_it(stage: Stage) -> None:
    shared, other, open_still = stage.tells(), stage.tells(), stage.tells()
    basic, silent = stage.joins(shared), stage.joins(shared)
    for issue in (shared, other):
        stage.answers(issue)
    stage.rates(shared, Rating.SATISFIED)
    stage.rates(shared, Rating.BASIC, basic)
    stage.rates(other, Rating.UNSATISFIED)
    found = stage.figure(Kind.CONTENT)
    assert found == Figure(Kind.CONTENT, Decimal("1.9"), 3, silent=1)
    assert stage.report_of(silent).rating is None
    assert stage.raisers[open_still]
    lines = [(line.number, line.counted, line.of) for line in stage.behind(Kind.CONTENT)]
    assert lines == [(stage.number(other), 0, 1), (stage.number(shared), Decimal("1.9"), 2)]


def test_a_raiser_is_answered_when_the_last_notice_to_them_is_settled(stage: Stage) -> None:
    issue = stage.tells()
    neighbour = stage.joins(issue)
    stage.here.person("wang")
    assert stage.counted(Kind.TOLD) == (2, 2)  # the receipt was the reply itself
    stage.accepts(issue)
    assert stage.counted(Kind.TOLD) == (0, 2)
    _settle(stage, neighbour)
    assert stage.counted(Kind.TOLD) == (1, 2)
    (line,) = stage.behind(Kind.TOLD)
    assert (line.counted, line.of, line.amiss) == (1, 2, 1)


def test_what_is_owed_to_the_holder_is_no_notice_to_the_raiser(stage: Stage) -> None:
    """李 reports a matter of his own stairs, which he holds himself."""
    issue = stage.tells(who=stage.li)
    neighbour = stage.joins(issue)  # 李 is owed the order to hear of it
    _settle(stage, neighbour)
    assert stage.counted(Kind.TOLD) == (2, 2)


def test_a_raiser_of_a_merged_issue_is_answered_when_they_know_of_the_merge(stage: Stage) -> None:
    """They belong to the issue it went into; another issue of theirs has nothing to do with it."""
    into, merged = stage.tells(), stage.tells()
    raiser = stage.raisers[merged]
    own = stage.tells(at="grid", who=raiser)
    stage.does(merging.merge_issues, merged, stage.sun, into_id=into)
    numbers = {line.number: (line.counted, line.of) for line in stage.behind(Kind.TOLD)}
    assert numbers == {stage.number(into): (1, 2), stage.number(own): (1, 1)}
    _settle(stage, raiser)
    assert stage.counted(Kind.TOLD) == (3, 3)


def test_an_issue_opened_again_is_one_of_those_that_were_answered(stage: Stage) -> None:
    again, fine, _open = stage.tells(), stage.tells(), stage.tells()
    for issue in (again, fine):
        stage.answers(issue)
    stage.does(following.reopen_issue, again, stage.raisers[again], words="又灭了")
    assert stage.counted(Kind.REOPENED) == (1, 2)
    assert stage.amiss(Kind.REOPENED) == [stage.number(again)]


def test_declines_count_among_all_issues_and_against_what_was_assigned(stage: Stage) -> None:
    declined, kept, never_assigned = (stage.tells(at="grid") for _ in range(3))
    for issue in (declined, kept):
        unit = stage.here.ids.property
        stage.does(handling.assign_issue, issue, stage.zhao, organisation_id=unit)
    stage.does(handling.decline_issue, declined, stage.qian, words="不归物业", proposed="供电公司")
    assert stage.counted(Kind.DECLINED) == (1, 3)
    assert stage.counted(Kind.FIRST_RIGHT) == (1, 2)
    assert stage.amiss(Kind.DECLINED) == stage.amiss(Kind.FIRST_RIGHT) == [stage.number(declined)]
    assert stage.number(never_assigned) not in [line.number for line in stage.behind(Kind.FIRST_RIGHT)]


def test_a_merge_was_right_unless_it_was_undone_or_somebody_left_it(stage: Stage) -> None:
    into, good, undone, left = (stage.tells() for _ in range(4))
    leaver = stage.joins(left)
    for issue in (good, undone, left):
        stage.does(merging.merge_issues, issue, stage.sun, into_id=into)
    stage.does(merging.unmerge_issue, undone, stage.sun)
    splitting.split_report(
        stage.session,
        report_id=stage.report_of(leaver).id,
        member_id=leaver,
        at=stage.here.now,
        rules=stage.here.house.rules,
        gazetteer=stage.here.house.gazetteer,
    )
    assert stage.counted(Kind.MERGED_RIGHT) == (1, 3)
    assert stage.amiss(Kind.MERGED_RIGHT) == [stage.number(undone), stage.number(left)]
    assert stage.total().reported == 3  # into, the one restored, and the one split off


def test_what_happens_again_is_a_repeat(stage: Stage) -> None:
    before = stage.tells()
    stage.answers(before)
    again = stage.tells(recurs=before)
    assert stage.counted(Kind.RECURRED) == (1, 2)
    assert stage.amiss(Kind.RECURRED) == [stage.number(again)]


def test_half_landed_within_five_days_and_nine_of_ten_within_nine(stage: Stage) -> None:
    issues = [stage.tells(at="grid") for _ in range(10)]
    for issue in issues:
        stage.here.passes(days=1)
        stage.answers(issue)
    total = stage.total().figures
    assert total[Kind.HALF] == Figure(Kind.HALF, Decimal(5), 10, took=timedelta(days=5))
    assert total[Kind.MOST] == Figure(Kind.MOST, Decimal(9), 10, took=timedelta(days=9))
    assert stage.amiss(Kind.MOST) == [stage.number(issues[9])]
    assert stage.amiss(Kind.HALF) == [stage.number(issue) for issue in reversed(issues[5:])]


def test_a_reopened_issue_took_as_long_as_its_new_clock_says(stage: Stage) -> None:
    issue = stage.tells()
    stage.here.passes(days=3)
    stage.answers(issue)
    stage.here.passes(days=1)
    stage.does(following.reopen_issue, issue, stage.raisers[issue], words="又灭了")
    stage.here.passes(hours=5)
    stage.answers(issue)
    assert stage.total().figures[Kind.HALF].took == timedelta(hours=5)


def test_where_there_was_nothing_there_is_no_figure(stage: Stage) -> None:
    total = stage.total()
    assert {figure.value for figure in total.figures.values()} == {None}
    assert set(total.figures) == set(Kind)
    assert (total.reported, total.answered, total.open, total.raisers) == (0, 0, 0, 0)
    assert all(stage.behind(kind) == [] for kind in Kind)


def test_a_month_is_that_of_the_house(stage: Stage) -> None:
    """The last second of March in Lanzhou is still afternoon in Greenwich."""
    stage.here.now = datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)
    stage.tells()
    stage.here.now = datetime(2026, 3, 31, 16, 0, 0, tzinfo=UTC)
    stage.tells("water")
    assert {name: group.reported for name, group in stage.groups(By.CATEGORY).items()} == {"lighting": 1}
    spring = Period(Month(2026, 2), ZONE, 3)
    found = [(name, group.reported) for name, group in stage.groups(By.MONTH, spring).items()]
    assert found == [("2026-02", 0), ("2026-03", 1), ("2026-04", 1)]
    assert month_of(stage.here.now, ZONE) == Month(2026, 4)


def test_months_follow_one_another_across_the_year() -> None:
    assert [str(month) for month in Period(Month(2025, 11), ZONE, 3).months] == ["2025-11", "2025-12", "2026-01"]
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert [Month.read(said) for said in ("2026-11", "2026-13", "2026-1", "26-11", "２０２６-11", "9999-01", "")] == [
        Month(2026, 11), *[None] * 6
    ]  # fmt: skip


def test_a_secretary_sees_the_grid_and_nothing_else(stage: Stage) -> None:
    first, _second = stage.tells(), stage.tells(at="second")
    scope = scope_of(stage.session, member_id=stage.zhao, at=stage.here.now)
    assert scope == Scope(frozenset({(stage.here.ids.community, stage.grids["first"])}), "第一网格", None)
    assert stage.total(scope).reported == 1
    lines = behind(stage.session, stage.asked(scope), Kind.HELD, at=stage.here.now)
    assert [line.issue_id for line in lines] == [first]


def test_a_community_sees_its_grids_and_not_the_community_next_door(stage: Stage) -> None:
    for place in ("steward", "second", "next door"):
        stage.tells(at=place)
    scope = scope_of(stage.session, member_id=stage.sun, at=stage.here.now)
    assert scope == Scope(frozenset({(stage.here.ids.community, None)}), "兰宁社区", By.GRID)
    assert stage.total(scope).reported == 2


def test_a_street_sees_all_its_communities(stage: Stage) -> None:
    for place in ("steward", "next door"):
        stage.tells(at=place)
    boss = stage.here.person("boss")
    stage.here.appoint(boss, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    scope = scope_of(stage.session, member_id=boss.member_id, at=stage.here.now)
    places = frozenset({(stage.here.ids.community, None), (stage.there.ids.community, None)})
    assert scope == Scope(places, "凤栖街道", By.COMMUNITY)
    assert stage.total(scope).reported == 2


def test_who_is_secretary_and_of_the_community_sees_the_community_once(stage: Stage) -> None:
    both = stage.here.person("both")
    ids = stage.here.ids
    stage.here.appoint(both, Role.SECRETARY, ScopeKind.GRID, ids.grid, "第一网格")
    stage.here.appoint(both, Role.ADMINISTRATOR, ScopeKind.COMMUNITY, ids.community, "兰宁社区")
    scope = scope_of(stage.session, member_id=both.member_id, at=stage.here.now)
    assert scope == Scope(frozenset({(ids.community, None)}), "兰宁社区", By.GRID)


def test_who_holds_two_grids_sees_both(stage: Stage) -> None:
    both = stage.here.person("both")
    for grid, label in (("first", "第一网格"), ("next door", "东湖网格")):
        stage.here.appoint(both, Role.SECRETARY, ScopeKind.GRID, stage.grids[grid], label)
    for place in ("steward", "second", "next door"):
        stage.tells(at=place)
    scope = scope_of(stage.session, member_id=both.member_id, at=stage.here.now)
    assert scope.label == "第一网格、东湖网格"
    assert stage.total(scope).reported == 2


@pytest.mark.parametrize("who", ["li", "qian", "stranger"])
def test_a_steward_a_unit_and_a_resident_see_no_figures(stage: Stage, who: str) -> None:
    member = stage.somebody() if who == "stranger" else getattr(stage, who)
    with pytest.raises(NotFound):
        scope_of(stage.session, member_id=member, at=stage.here.now)


def test_whose_post_ended_sees_no_figures(stage: Stage) -> None:
    for grant in stage.session.query(Grant).filter_by(member_id=stage.zhao):
        grant.ends_at = stage.here.now
    stage.session.flush()
    with pytest.raises(NotFound):
        scope_of(stage.session, member_id=stage.zhao, at=stage.here.now)


def test_groups_are_named_and_the_largest_comes_first(stage: Stage) -> None:
    for category, place in (("water", "steward"), ("lighting", "second"), ("lighting", "next door")):
        stage.tells(category, at=place)
    assert {name: group.reported for name, group in stage.groups(By.CATEGORY).items()} == {"lighting": 2, "water": 1}
    assert list(stage.groups(By.CATEGORY)) == ["lighting", "water"]
    grids = [(group.around, group.name) for group in stage.groups(By.GRID).values()]
    assert grids == [("东湖社区", "东湖网格"), ("兰宁社区", "第一网格"), ("兰宁社区", "第二网格")]
    assert list(stage.groups(By.COMMUNITY)) == ["兰宁社区", "东湖社区"]


def test_one_category_can_be_asked_about(stage: Stage) -> None:
    stage.tells("water")
    stage.tells("lighting")
    asked = Asked(EVERYWHERE, MARCH, "water")
    lines = behind(stage.session, asked, Kind.DECLINED, at=stage.here.now)
    assert [line.of for line in lines] == [1]


def test_an_operator_names_communities_and_grids(stage: Stage) -> None:
    ours = stage.here.ids.community
    for said in ("兰宁社区", "LN", "ln", "620102001001"):
        assert find_scope(stage.session, community=said).places == {(ours, None)}
    assert find_scope(stage.session).places is None
    assert find_scope(stage.session, grid="第二网格").places == {(ours, stage.grids["second"])}
    assert find_scope(stage.session, community="LN", grid="第一网格").label == "兰宁社区第一网格"


def test_names_that_are_not_there_are_refused_with_those_that_are(stage: Stage) -> None:
    with pytest.raises(UnknownPlace) as unknown:
        find_scope(stage.session, community="兰宁")
    assert (unknown.value.what, unknown.value.offers) == ("community", ["兰宁社区 LN", "东湖社区 DH"])
    with pytest.raises(UnknownPlace) as unknown:
        find_scope(stage.session, community="DH", grid="第一网格")
    assert (unknown.value.what, unknown.value.offers) == ("grid", ["东湖网格"])


def test_a_grid_name_of_two_communities_must_be_said_with_its_community(stage: Stage) -> None:
    insert_row(stage.session, Grid, community_id=stage.there.ids.community, name="第二网格")
    with pytest.raises(UnknownPlace) as unknown:
        find_scope(stage.session, grid="第二网格")
    assert (unknown.value.what, unknown.value.offers) == ("several", ["兰宁社区", "东湖社区"])


def _settle(stage: Stage, member_id: int) -> None:
    """Whatever was owed to somebody has arrived."""
    for notice in stage.session.query(Notice).filter_by(member_id=member_id):
        notice.state, notice.settled_at = NoticeState.SENT, stage.here.now
    stage.session.flush()
