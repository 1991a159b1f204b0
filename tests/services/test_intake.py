"""Taking in: a place, a holder, two due times and a number without a gap; and nobody reports without end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.notice import Notice
from models.report import Report
from models.rules.errors import NotFound, TooMuch
from models.rules.issue_workflow import Nature, State
from models.rules.posts import Rung
from services import intake, members
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, settle, staffed


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    here = settle(session)
    staffed(here)
    return here


def told(here: Neighbourhood, *, unit: bool = True, room: str = "", urgent: bool = False) -> intake.Told:
    where = intake.Where(here.ids.compound, here.ids.building, here.ids.unit if unit else None, None, room)
    return intake.Told("楼道灯坏了", "楼道灯坏了", "lighting", Nature.HELP, urgent, where)


def report(here: Neighbourhood, who: Person, **details: object) -> Issue:
    return intake.report_issue(
        here.session,
        raiser_id=who.member_id,
        platform="webchat",
        told=told(here, **details),  # type: ignore[arg-type]
        at=here.now,
        rules=here.house.rules,
    )


def test_an_issue_has_all_it_must_have(here: Neighbourhood) -> None:
    wang = here.person("wang")
    issue = report(here, wang, room="501")
    assert (issue.number, issue.state, issue.rung) == ("LN-2026-0001", State.RECEIVED, Rung.CORRIDOR)
    assert issue.first_answer_due == here.now + timedelta(hours=24)
    assert issue.landing_due == here.now + timedelta(days=7)
    assert issue.place_label == "西苑小区3号楼2单元"  # neighbours read it: no room
    row = here.session.scalars(select(Report)).one()
    assert (row.raiser_id, row.room, row.words) == (wang.member_id, "501", "楼道灯坏了")
    kinds = set(here.session.scalars(select(Notice.kind).where(Notice.issue_id == issue.id)))
    assert kinds == {"report_raiser", "report_holder"}


def test_without_a_unit_the_grid_holds_it(here: Neighbourhood) -> None:
    assert report(here, here.person("wang"), unit=False).rung is Rung.GRID


def test_numbers_begin_anew_with_the_year_of_the_place_not_of_utc(here: Neighbourhood) -> None:
    here.now = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    assert report(here, here.person("wang")).number == "LN-2026-0001"
    here.now = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Lanzhou
    assert report(here, here.person("liu")).number == "LN-2027-0001"
    assert audit(here.session, at=here.now) == []


def test_a_refused_report_leaves_no_gap(here: Neighbourhood) -> None:
    report(here, here.person("wang"))
    with pytest.raises(NotFound), here.session.begin_nested():
        intake.report_issue(
            here.session,
            raiser_id=here.person("liu").member_id,
            platform="webchat",
            told=replace(told(here), where=intake.Where(999)),
            at=here.now,
            rules=here.house.rules,
        )
    assert report(here, here.person("ma")).serial == 2
    assert audit(here.session, at=here.now) == []


def test_three_an_hour_and_ten_a_day(here: Neighbourhood) -> None:
    wang, made = here.person("wang"), []
    for minute in range(0, 24 * 60, 10):
        with suppress(TooMuch):
            report(here, wang)
            made.append(minute)
        here.passes(minutes=10)
    assert made == [0, 10, 20, 60, 70, 80, 120, 130, 140, 180]


def test_whoever_tells_for_others_has_the_same_limit(here: Neighbourhood) -> None:
    li = here.person("li 2").member_id

    def for_neighbour() -> Issue:
        raiser = members.member_without_phone(
            here.session, name="501 王大爷", community_id=here.ids.community, at=here.now
        )
        return intake.report_issue(
            here.session,
            raiser_id=raiser,
            told_by=li,
            platform="webchat",
            told=told(here),
            at=here.now,
            rules=here.house.rules,
        )

    for _ in range(3):
        for_neighbour()
    with pytest.raises(TooMuch):
        for_neighbour()


def test_an_alarm_reaches_everybody_near_but_its_teller(here: Neighbourhood) -> None:
    wang = here.person("wang").member_id
    where = told(here).where

    def alarm(teller: int) -> bool:
        return intake.raise_alarm(
            here.session,
            teller=teller,
            where=where,
            danger="gas",
            words="煤气味",
            at=here.now,
            rules=here.house.rules,
        )

    assert alarm(wang)
    assert alarm(wang)  # told once, not twice
    near = {here.person(name).member_id for name in ("li", "zhao", "sun")}
    assert sorted(here.session.scalars(select(Notice.member_id).where(Notice.kind == "danger"))) == sorted(near)
    here.passes(hours=1)
    assert alarm(here.person("li").member_id)
    later = select(Notice.member_id).where(Notice.kind == "danger", Notice.created_at == here.now)
    assert set(here.session.scalars(later)) == near - {here.person("li").member_id}


def test_a_place_is_named_from_compound_down(here: Neighbourhood) -> None:
    ids = here.ids
    assert intake.locate(here.session, intake.Where(ids.compound)).label == "西苑小区"
    located = intake.locate(here.session, intake.Where(ids.compound, ids.building, ids.unit, None, "501"))
    assert (located.label, located.prefix) == ("西苑小区3号楼2单元", "LN")
    assert (located.scope.community_id, located.scope.grid_id) == (ids.community, ids.grid)
