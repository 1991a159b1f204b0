"""The papers before a meeting: its agenda, the notice for the entrance, the sign-in sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.papers import phrases
from bot.papers.filling import fill
from bot.papers.phrases import numeral, one_line, whole_day
from handlers import agenda_words
from handlers.context import House
from handlers.dates import local
from handlers.messages import unended
from handlers.public_names import without_people
from models.rules.meeting_workflow import Capacity, Competence, MeetingState
from services.meetings.agenda import AgendaLine, agenda_of
from services.meetings.papers import ItemDetail, Paper, check_paper, item_details, seats_of
from services.public_names import people_named
from texts import text

_SPARE_ROWS = 8  # for whoever comes without having been invited


def agenda_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """For the convener: it says why, and what was left out. ``params``: member, meeting."""
    meeting = check_paper(session, meeting_id=params["meeting"], member_id=params["member"], paper=Paper.AGENDA, at=at)
    zone, view = house.rules.timezone, agenda_of(session, meeting_id=meeting.meeting_id)
    details = {line.item_id: line for line in item_details(session, meeting_id=meeting.meeting_id)}
    seats = seats_of(session, meeting_id=meeting.meeting_id, level=meeting.level)
    counted = {capacity: sum(seat.capacity is capacity for seat in seats) for capacity in Capacity}
    waiting = [
        *(text("papers.waiting_queued", title=one_line(line.title), place=line.place) for line in view.queued),
        *(
            text("papers.waiting_dropped", title=one_line(line.title), words=one_line(line.words))
            for line in view.dropped
        ),
        *(one_line(agenda_words.competence(line)) for line in view.duties),
    ]
    values = {
        **phrases.head(meeting, zone),
        "title": text(
            "papers.title_agenda",
            label=one_line(meeting.label),
            ordinal=phrases.ordinal(view.ordinal),
            draft=meeting.state is MeetingState.DRAFTED,
        ),
        "invited": text(
            "papers.invited",
            voters=counted[Capacity.VOTER],
            observers=counted[Capacity.OBSERVER],
            departments=counted[Capacity.DEPARTMENT],
        )
        if seats
        else "",
        "items": [
            {
                "title": text(
                    "papers.item_title", numeral=numeral(count), title=one_line(line.title), minutes=line.minutes
                ),
                "minutes": line.minutes,
                "lines": _about(line, details[line.item_id], zone=zone, at=at),
            }
            for count, line in enumerate(view.lines, start=1)
        ],
        "waiting": [text("papers.waiting", count=count, said=said) for count, said in enumerate(waiting, start=1)],
    }
    return fill("agenda", values, own=house.papers)


def notice_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """For the entrance, so without anybody's name. ``params``: member, meeting."""
    meeting = check_paper(session, meeting_id=params["meeting"], member_id=params["member"], paper=Paper.NOTICE, at=at)
    people = people_named(session, meeting_id=meeting.meeting_id, level=meeting.level)
    titles = [
        without_people(one_line(line.title), people)
        for line in agenda_of(session, meeting_id=meeting.meeting_id).lines
    ]
    values = {
        **phrases.head(meeting, house.rules.timezone),
        "title": text("papers.title_notice", label=one_line(meeting.label), ordinal=phrases.ordinal(meeting.number)),
        "greeting": text("papers.notice_greeting"),
        "opening": text("papers.notice_opening", label=one_line(meeting.label)),
        "topics": text("papers.notice_topics", count=len(titles)),
        "items": [text("papers.notice_item", count=count, title=title) for count, title in enumerate(titles, start=1)],
        "closing": text("papers.notice_closing", phone=meeting.phone),
        "code_words": text("papers.notice_code"),
        "signed": one_line(meeting.label),
        "day": whole_day(at, house.rules.timezone),
    }
    code = f"{house.public_url}/published/{meeting.public_id}" if house.public_url else ""
    return fill("notice", values, own=house.papers, code=code)


def sign_in_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """A line for each household with a vote, then for whoever else was invited, then for the rest. No room is told.

    ``params``: member, meeting.
    """
    meeting = check_paper(session, meeting_id=params["meeting"], member_id=params["member"], paper=Paper.SIGN_IN, at=at)
    seats = seats_of(session, meeting_id=meeting.meeting_id, level=meeting.level)
    rows = [
        {
            "names": text(
                "papers.row_names",
                names="、".join(one_line(name) for name in seat.names),
                capacity="" if seat.capacity is Capacity.VOTER else text(f"papers.capacity_{seat.capacity}"),
            ),
            "building": seat.building,
        }
        for seat in seats
    ]
    values = {
        **phrases.head(meeting, house.rules.timezone),
        "title": text("papers.title_sign_in", label=one_line(meeting.label), ordinal=phrases.ordinal(meeting.number)),
        "rows": [*rows, *({"names": "", "building": ""} for _ in range(_SPARE_ROWS))],
    }
    return fill("sign_in", values, own=house.papers)


def _about(line: AgendaLine, detail: ItemDetail, *, zone: str, at: datetime) -> list[str]:
    """What an item is about, why it is there, and whose matter it is by law."""
    said = [
        text("papers.item_issue", number=issue.number, place=one_line(issue.place), summary=one_line(issue.summary))
        for issue in detail.issues
    ]
    reason = agenda_words.reason(asdict(line))
    if reason:
        said.append(text("papers.item_reason", reason=reason))
    elif detail.since is not None:
        days = (local(at, zone).date() - local(detail.since, zone).date()).days
        facts = {"households": detail.households, "raisers": detail.raisers}
        said.append(text("papers.item_why", **facts, since=whole_day(detail.since, zone), days=days))
    if detail.review is not None:
        number = text("papers.number", year=detail.review[0], serial=detail.review[1])
        said.append(text("papers.item_review", number=number))
    if line.allowed:
        said.append(one_line(text("agenda.allowed", why=unended(line.allowed))))
    if line.competence is Competence.OWNERS:
        said.append(one_line(agenda_words.competence(line) if line.point else text("papers.item_owners")))
    return said
