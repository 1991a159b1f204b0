"""When the steps of a meeting are due. Apart from what takes them, so that whatever they do may ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.meeting import Meeting, MeetingSeries
from models.rules.house import HouseRules
from models.rules.meeting_steps import Step, step_at

_PATIENCE = timedelta(days=1)


def step_moment(meeting: Meeting, series: MeetingSeries, step: Step, rules: HouseRules) -> datetime:
    """When a step of a meeting is to be taken, in UTC."""
    offsets = {**rules.meeting_offsets, **series.offsets}
    if step is Step.OPEN_CHECK_IN and step not in offsets:
        return meeting.meets_at - rules.check_in_opens
    return step_at(step, meeting.meets_at, offsets=offsets, calendar=rules.calendar, timezone=rules.timezone)


def approve_by(meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> datetime:
    """By when a draft that is made now should be approved: before the first reminder, also where the draft is late."""
    return max(step_moment(meeting, series, Step.REMIND_APPROVAL, rules), at + patience(meeting, at))


def patience(meeting: Meeting, since: datetime) -> timedelta:
    """From a draft to its reminder, and from that to the rung above: a day at least, less where the meeting is near."""
    return max(min(_PATIENCE, (meeting.meets_at - since) / 4), timedelta())
