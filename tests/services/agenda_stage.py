"""Meetings whose agenda is drafted and approved through the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import Issue
from models.meeting import Meeting
from models.notice import Notice
from models.rules.meeting_workflow import MeetingState
from services.meetings.agenda import AgendaView, agenda_of, draft_agenda
from services.meetings.agenda_approval import approve_agenda
from services.meetings.candidates import collect_candidates
from tests.council import Council
from tests.neighbourhood import Neighbourhood, Person

MATTERS = (
    "西苑小区3号楼屋顶漏雨好几天了",
    "西苑小区广场舞噪音太大",
    "西苑小区5号楼门口的垃圾两天没人清",
    "西苑小区电动车没有地方充电",
    "西苑小区车位不够大家乱停车",
    "西苑小区狗不牵绳到处跑",
)


def raised(here: Neighbourhood, meeting: Council, *matters: str) -> list[Issue]:
    """Each by somebody else, and put up for discussion."""
    found = []
    for matter in matters:
        person = here.person(f"n{here.events}")
        number = person.reports(matter)
        issue = here.issue(int(number.rpartition("-")[2]))
        meeting.proposes(issue)
        found.append(issue)
    return found


def collected(meeting: Council) -> int:
    here = meeting.here
    return collect_candidates(here.session, meeting.meeting, meeting.series, at=here.now, rules=here.house.rules)


def drafted(meeting: Council) -> AgendaView:
    here = meeting.here
    if meeting.meeting.state is MeetingState.PLANNED:
        collected(meeting)
    draft_agenda(here.session, meeting.meeting, meeting.series, at=here.now, rules=here.house.rules)
    return agenda_of(here.session, meeting_id=meeting.meeting_id)


def approved(meeting: Council, by: Person | None = None) -> AgendaView:
    here = meeting.here
    member = (by or meeting.staff.zhao).member_id
    return approve_agenda(
        here.session, meeting_id=meeting.meeting_id, member_id=member, at=here.now, rules=here.house.rules
    ).view


def following(meeting: Council, *, days: float = 28) -> Council:
    """The next meeting of the series, planned ``days`` after this one."""
    old = meeting.meeting
    same = {name: getattr(old, name) for name in ("series_id", "length_minutes", "venue", "form", "quorum")}
    when = old.meets_at + timedelta(days=days)
    row = insert_row(
        meeting.here.session,
        Meeting,
        slot=when,
        meets_at=when,
        state=MeetingState.PLANNED,
        created_at=meeting.here.now,
        **same,
    )
    return Council(meeting.here, meeting.staff, meeting.series_id, row)


def titles(lines: Sequence[object]) -> list[str]:
    return [line.title for line in lines]  # type: ignore[attr-defined]


def notices(here: Neighbourhood, kind: str) -> list[dict[str, object]]:
    return [dict(notice.params) for notice in here.session.scalars(select(Notice).where(Notice.kind == kind))]


def put(session: Session, model: type, row_id: int, **values: object) -> None:
    session.execute(update(model).where(model.id == row_id).values(**values))  # type: ignore[attr-defined]


def joins(here: Neighbourhood, name: str, matter: str) -> Person:
    """Somebody has the same to tell as a neighbour."""
    person = here.person(name)
    person.says(matter)
    assert person.says("1").startswith("已经把您加进"), person.last.text
    return person


def joined(here: Neighbourhood, matter: str, times: int) -> None:
    for _ in range(times):
        joins(here, f"n{here.events}", matter)
