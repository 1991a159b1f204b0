"""Whose names must not stand on public pages and papers, and the building that stands there instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Building, Compound, Unit
from models.meeting import AgendaIssue, AgendaItem, MeetingInvitation
from models.member import Member
from models.report import Report
from models.rules.issue_workflow import Level

_HOME = re.compile(r"home:(\d+):")


def people_named(session: Session, *, meeting_id: int, level: Level) -> Mapping[str, str]:
    """The names that must not be shown, and the building of each: who was invited, and who raised."""
    invited = select(MeetingInvitation.member_id).where(
        MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.member_id.is_not(None)
    )
    raised = (
        select(Report.raiser_id)
        .join(AgendaIssue, AgendaIssue.issue_id == Report.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .where(AgendaItem.meeting_id == meeting_id)
    )
    rows = session.execute(
        select(Member.name, Member.home_unit_id).where(Member.id.in_(invited.union(raised)), Member.name != "")
    ).all()
    without_phone = session.execute(
        select(MeetingInvitation.name, MeetingInvitation.household).where(
            MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.name != ""
        )
    ).all()
    people = [(row.name, ("", row.home_unit_id)) for row in rows]
    people += [(row.name, (row.household, None)) for row in without_phone]
    buildings = building_names(session, [home for _, home in people], level=level)
    return {name: building for (name, _), building in zip(people, buildings, strict=True)}


def building_names(session: Session, homes: Sequence[tuple[str, int | None]], *, level: Level) -> list[str]:
    """The building of each household, "" where it is not known; with its compound for a whole community's meeting.

    A home is the key of its household, and the unit where its member lives: one query.
    """
    units = [int(found[1]) if (found := _HOME.match(key)) else unit for key, unit in homes]
    rows = session.execute(
        select(Unit.id, Building.name, Compound.name.label("compound"))
        .join(Building, Building.id == Unit.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Unit.id.in_({unit for unit in units if unit is not None}))
    ).all()
    named = {row.id: row.compound + row.name if level is Level.COMMUNITY else row.name for row in rows}
    return [named.get(unit, "") if unit is not None else "" for unit in units]
