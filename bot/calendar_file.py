"""Meetings as calendar files (RFC 5545, 5546): a request or its cancellation, and the calendar of a series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText
from sqlalchemy.orm import Session

from handlers.context import House
from models.rules.errors import NotFound
from models.rules.meeting_workflow import MeetingState
from services.meetings import calendars
from services.meetings.calendars import Entry
from texts import text

#: Calendars take an address of everybody concerned; ours name nobody, and nothing is mailed to anybody.
_NO_MAIL = "invalid:nomail"
_TENTATIVE = frozenset({MeetingState.PLANNED, MeetingState.COLLECTING, MeetingState.DRAFTED})
#: For which years the time zone is spelled out.
_ZONE_FROM, _ZONE_UNTIL = date(2020, 1, 1), date(2038, 1, 1)


def build_invitation(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """``params``: ``meeting`` is its id; what else they hold only tells one version from the next."""
    entry = calendars.meeting_entry(session, meeting_id=int(params["meeting"]))
    if not entry.announced:
        raise NotFound
    return invitation(entry, site=house.public_url, timezone=house.rules.timezone)


def invitation(entry: Entry, *, site: str, timezone: str) -> bytes:
    """METHOD:REQUEST, or CANCEL for one that is not held. ``site``: our public address, of which ids are made."""
    made = _calendar("CANCEL" if entry.gone else "REQUEST", timezone)
    event = _event(entry, site, timezone)
    event.add("attendee", _person("calendar.invited", RSVP="FALSE", PARTSTAT="NEEDS-ACTION"))
    made.add_component(event)
    return _bytes(made)


def published(calendar: calendars.Calendar, *, site: str, timezone: str) -> bytes:
    """METHOD:PUBLISH; a phone that subscribes looks again by itself."""
    made = _calendar("PUBLISH", timezone)
    made.add("name", calendar.label)
    made.add("x-wr-calname", calendar.label)  # the same, for those that know only this
    for entry in calendar.entries:
        made.add_component(_event(entry, site, timezone))
    return _bytes(made)


def _calendar(method: str, timezone: str) -> Calendar:
    made = Calendar()
    made.add("prodid", "-//zhuoluo//meetings//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", method)
    made.add_component(_zone(timezone))
    return made


def _event(entry: Entry, site: str, timezone: str) -> Event:
    zone = ZoneInfo(timezone)
    event = Event()
    event.add("uid", f"{entry.public_id}@{urlsplit(site).hostname or 'zhuoluo'}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed)
    event.add("last-modified", entry.changed)
    event.add("dtstart", entry.begins.astimezone(zone))
    event.add("dtend", entry.ends.astimezone(zone))
    event.add("summary", text("calendar.summary", label=entry.organiser, number=entry.number))
    event.add("location", entry.venue)
    event.add("description", text("calendar.description", items=entry.items, gone=entry.gone).strip())
    event.add("organizer", _person("calendar.organiser", label=entry.organiser))
    event.add("status", _status(entry))
    return event


def _status(entry: Entry) -> str:
    if entry.gone:
        return "CANCELLED"
    return "TENTATIVE" if entry.state in _TENTATIVE else "CONFIRMED"


def _person(key: str, *, label: str = "", **params: str) -> vCalAddress:
    found = vCalAddress(_NO_MAIL)
    found.params["CN"] = vText(text(key, label=label))
    for name, value in params.items():
        found.params[name] = vText(value)
    return found


def _bytes(made: Calendar) -> bytes:
    data: bytes = made.to_ical()
    return data


@cache
def _zone(name: str) -> Timezone:
    """The zone spelled out, for phones that do not know it by its name; it takes 50 ms to find out."""
    return Timezone.from_tzid(name, first_date=_ZONE_FROM, last_date=_ZONE_UNTIL)
