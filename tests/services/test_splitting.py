"""我的不一样: a report leaves the issue it was put into wrongly, with its words, its photos and its time."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.merge import Merge, MergedReport
from models.report import Report
from models.rules.errors import NotFound, OnlyReport, TransitionNotAllowed
from models.rules.issue_workflow import Outcome, State
from services import following, handling, merging, splitting, waiting
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Staff, settle, staffed
from tests.services.merging_stage import Stage, with_twins


@pytest.fixture
def twins(session: Session) -> Stage:
    return with_twins(session)


def splits(twins: Stage, report_id: int, by: int | None = None) -> Issue:
    return splitting.split_report(
        twins.session,
        report_id=report_id,
        member_id=by or twins.session.get_one(Report, report_id).raiser_id,
        at=twins.here.now,
        rules=twins.here.house.rules,
        gazetteer=twins.here.house.gazetteer,
    )


def reports_of(twins: Stage, issue_id: int) -> list[int]:
    return list(twins.session.scalars(select(Report.id).where(Report.issue_id == issue_id).order_by(Report.id)))


def test_the_report_keeps_its_time_and_the_clocks_run_from_it(twins: Stage) -> None:
    twins.here.passes(hours=2)
    shared = twins.tells(others=1)
    first, second = reports_of(twins, shared)
    told, landing = twins.session.get_one(Report, first).at, twins.issue(shared).landing_due
    twins.here.passes(days=3)
    new = splits(twins, first)
    assert (new.first_reported_at, new.landing_due) == (told, landing)
    assert twins.issue(shared).landing_due == landing  # what stays keeps its clocks
    assert twins.issue(shared).first_reported_at == twins.session.get_one(Report, second).at
    assert audit(twins.session, at=twins.here.now) == []


def test_where_all_that_came_with_a_merge_is_theirs_the_old_number_holds_again(twins: Stage) -> None:
    """The neighbour who came with them has taken it back; that makes no difference."""
    other = twins.tells(others=1)
    number = twins.issue(other).number
    mine, neighbours = reports_of(twins, other)
    twins.merges(other)
    twins.does(following.withdraw_report, twins.into, twins.session.get_one(Report, neighbours).raiser_id)
    assert splits(twins, mine).number == number
    assert reports_of(twins, other) == [mine, neighbours]
    assert twins.session.scalars(select(Merge.undone_at)).all() != [None]
    assert audit(twins.session, at=twins.here.now) == []


def test_of_several_who_came_with_a_merge_one_goes_where_they_were(twins: Stage) -> None:
    other = twins.tells(others=1, unit="1")
    unit = twins.issue(other).unit_id
    mine, neighbours = reports_of(twins, other)
    twins.does(handling.hand_over_issue, twins.into, words="线路老化")
    twins.does(merging.merge_issues, other, twins.zhao, into_id=twins.into)
    new = splits(twins, mine)
    assert (new.unit_id, new.state) == (unit, State.RECEIVED)
    left = twins.session.scalars(select(MergedReport.left_at).where(MergedReport.report_id == mine)).one()
    assert left == twins.here.now
    twins.does(merging.unmerge_issue, other, twins.zhao)
    assert reports_of(twins, other) == [neighbours]
    assert audit(twins.session, at=twins.here.now) == []


def test_nobody_waits_for_an_answer_of_somebody_who_is_elsewhere_now(twins: Stage) -> None:
    shared = twins.tells(others=1)
    first = reports_of(twins, shared)[0]
    twins.accepts(shared)
    asked = twins.session.get_one(Report, first).raiser_id
    twins.does(waiting.ask_raiser, shared, raiser_id=asked, words="哪一盏灯？")
    splits(twins, first)
    assert twins.issue(shared).state is State.ACCEPTED
    assert audit(twins.session, at=twins.here.now) == []


def test_what_cannot_be_split(twins: Stage) -> None:
    alone = reports_of(twins, twins.into)[0]
    with pytest.raises(OnlyReport):
        splits(twins, alone)
    shared = twins.tells(others=1)
    first, second = reports_of(twins, shared)
    with pytest.raises(NotFound):
        splits(twins, first, by=twins.session.get_one(Report, second).raiser_id)
    with pytest.raises(NotFound):
        splits(twins, first, by=twins.somebody())
    twins.does(handling.answer_issue, shared, words="换了灯泡", outcome=Outcome.SOLVED)
    with pytest.raises(TransitionNotAllowed):
        splits(twins, first)


def test_photos_go_with_the_words_they_were_sent_with(session: Session) -> None:
    here: Neighbourhood = settle(session)
    staff: Staff = staffed(here)
    here.person("wang").reports()
    chen = here.person("chen")
    chen.says("西苑小区3号楼2单元楼道灯不亮", photos=1)
    chen.says("同意，我说的就是这件，一起跟进")
    here.deliver()
    chen.says("我的不一样 1")
    chen.says("分开办")
    here.deliver()
    assert len(staff.li.inbox[-2].photos + staff.li.inbox[-1].photos) == 1
    chen.says("2")
    assert len(chen.last.photos) == 1
    chen_first = staff.li.says("1")
    assert "照片" not in chen_first
