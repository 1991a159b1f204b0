"""Calendar files, read back with a library that had no part in writing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event
from sqlalchemy.orm import Session

from bot import calendar_file
from bot.documents import BUILDERS
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import MeetingAction, MeetingActor, MeetingState
from services.meetings import calendars
from services.meetings.calendars import Entry
from services.meetings.moves import TIMER, MeetingDeed, lock_meeting, move_meeting
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, settle, staffed

SITE, ZONE = "https://zhuoluo.example", "Asia/Shanghai"
CHAIR = frozenset({MeetingActor.CONVENER})


@pytest.fixture
def at(session: Session) -> Council:
    here = settle(session)
    return council(here, staffed(here), state=MeetingState.CALLED)


def read(data: bytes) -> Calendar:
    return IcsCalendarStream.calendar_from_ics(data.decode())


def built(at: Council) -> tuple[str | None, Event]:
    """The file that somebody gets, as its method and its only event."""
    here = at.here
    data = BUILDERS["invitation_ics"](here.session, {"meeting": at.meeting_id}, house=here.house, at=here.now)
    calendar = read(data)
    (event,) = calendar.events
    return calendar.method, event


def does(at: Council, action: MeetingAction, *, days: float = 0) -> None:
    here = at.here
    meeting, series = lock_meeting(here.session, at.meeting_id)
    until = meeting.meets_at + timedelta(days=days) if days else None
    who = TIMER if action in (MeetingAction.MOVE, MeetingAction.MISS) else CHAIR
    here.passes(minutes=1)
    deed = MeetingDeed(action, None, who, words="停电", until=until)
    move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)


def test_the_request_says_when_where_and_about_what(at: Council) -> None:
    at.item("增设充电桩；二期")
    at.item("屋顶漏雨")
    method, event = built(at)
    zone = ZoneInfo(ZONE)
    assert (method, event.uid, event.sequence) == ("REQUEST", f"{at.meeting.public_id}@127.0.0.1", 0)
    begins, ends = at.meeting.meets_at, at.meeting.meets_at + timedelta(minutes=90)
    assert (event.dtstart, event.dtend) == (begins.astimezone(zone), ends.astimezone(zone))
    assert str(getattr(event.dtstart, "tzinfo", "")) == ZONE
    assert (event.summary, event.location) == ("西苑小区议事会第1次会", "红色议事厅")
    assert event.description == "议题：\n1. 增设充电桩；二期\n2. 屋顶漏雨"
    assert event.status is not None
    assert event.status.value == "CONFIRMED"


def test_the_time_zone_is_spelled_out(at: Council) -> None:
    here = at.here
    data = BUILDERS["invitation_ics"](here.session, {"meeting": at.meeting_id}, house=here.house, at=here.now).decode()
    assert [zone.tz_id for zone in read(data.encode()).timezones] == [ZONE]
    assert "DTSTART;TZID=Asia/Shanghai:20260316T1200" in data
    assert all(len(line.encode()) <= 75 for line in data.split("\r\n"))


def test_nobody_is_named(at: Council) -> None:
    he = at.here.person("he")
    at.seat(he, room="101")
    _, event = built(at)
    assert [str(each.uri) for each in event.attendees] == ["invalid:nomail"]
    assert event.organizer is not None
    assert (str(event.organizer.uri), event.organizer.common_name) == ("invalid:nomail", "西苑小区议事会")
    assert "he" not in (event.description or "").split()


def test_another_day_is_the_same_event_of_a_later_revision(at: Council) -> None:
    _, first = built(at)
    does(at, MeetingAction.MOVE, days=2)
    method, second = built(at)
    assert (method, second.uid, second.sequence) == ("REQUEST", first.uid, 1)
    assert second.dtstart - first.dtstart == timedelta(days=2)  # type: ignore[operator]
    assert second.dtstamp > first.dtstamp


@pytest.mark.parametrize("action", [MeetingAction.CANCEL, MeetingAction.MISS])
def test_a_meeting_that_is_not_held_takes_itself_out(at: Council, action: MeetingAction) -> None:
    _, first = built(at)
    does(at, action)
    method, last = built(at)
    assert (method, last.uid, last.sequence) == ("CANCEL", first.uid, 1)
    assert last.status is not None
    assert (last.status.value, last.description) == ("CANCELLED", "这次会取消了，不用来。")


def test_what_was_not_announced_is_no_request(at: Council) -> None:
    planned = council(at.here, at.staff, state=MeetingState.DRAFTED, level=Level.COMMUNITY)
    with pytest.raises(NotFound):
        built(planned)
    with pytest.raises(NotFound):
        calendars.announced_entry(at.here.session, public_id=planned.meeting.public_id)


def test_the_calendar_of_a_series_has_all_its_meetings(at: Council) -> None:
    here = at.here
    shown = calendars.calendar(here.session, public_id=at.series.public_id, at=here.now)
    calendar = read(calendar_file.published(shown, site=SITE, timezone=ZONE))
    assert calendar.method == "PUBLISH"
    assert [(event.uid, event.attendees) for event in calendar.events] == [
        (f"{at.meeting.public_id}@zhuoluo.example", [])
    ]
    later = calendars.calendar(here.session, public_id=at.series.public_id, at=here.now + timedelta(days=400))
    assert later.entries == []
    assert read(calendar_file.published(later, site=SITE, timezone=ZONE)).events == []


def test_a_planned_meeting_is_tentative_and_one_moved_by_the_timer_too(session: Session) -> None:
    here: Neighbourhood = settle(session)
    at = council(here, staffed(here), state=MeetingState.PLANNED)
    at.item("还没有公布的议题")
    shown = calendars.calendar(session, public_id=at.series.public_id, at=here.now)
    (event,) = read(calendar_file.published(shown, site=SITE, timezone=ZONE)).events
    assert event.status is not None
    assert (event.status.value, event.sequence, event.summary) == ("TENTATIVE", 0, "西苑小区议事会")


_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_moments = st.integers(0, 10 * 366 * 24 * 60).map(lambda minutes: _BEGIN + timedelta(minutes=minutes))
_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60)


@settings(deadline=None)  # the first spells the time zone out
@given(st.lists(_moments, min_size=1, max_size=5), _words, st.lists(_words, max_size=4))
def test_whatever_is_changed_the_event_stays_the_same_and_its_revision_grows(
    days: list[datetime], venue: str, items: list[str]
) -> None:
    """An entry written once for each day it is moved to, and read back."""
    events = []
    for revision, day in enumerate(days):
        entry = Entry(
            public_id="M" * 22,
            series_public_id="S" * 22,
            organiser="议事会",
            number=3,
            state=MeetingState.CALLED,
            sequence=revision,
            begins=day,
            ends=day + timedelta(minutes=90),
            venue=venue,
            items=tuple(items),
            changed=_BEGIN + timedelta(days=revision),
        )
        (event,) = read(calendar_file.invitation(entry, site=SITE, timezone=ZONE)).events
        events.append(event)
    assert {event.uid for event in events} == {f"{'M' * 22}@zhuoluo.example"}
    assert [event.sequence for event in events] == list(range(len(days)))
    assert [event.dtstart for event in events] == days
