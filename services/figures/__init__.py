"""The figures of workflow.md and meetings.md: each with numerator, denominator, and the list behind it, for one scope
and period."""

from services.figures.asking import Asked, By, Scope, scope_of
from services.figures.counting import Group, Overview, figure, overview
from services.figures.kinds import OF_FAULTS, OF_RAISERS, PERCENTILES, Figure, Kind
from services.figures.listing import Line, behind
from services.figures.of_meetings import (
    MEETING_PERCENTILES,
    MeetingFigure,
    MeetingGroup,
    MeetingLine,
    MeetingOverview,
    MeetingsBy,
    OfMeetings,
    meeting_overview,
)
from services.figures.period import Month, Period, month_of

__all__ = [
    "MEETING_PERCENTILES",
    "OF_FAULTS",
    "OF_RAISERS",
    "PERCENTILES",
    "Asked",
    "By",
    "Figure",
    "Group",
    "Kind",
    "Line",
    "MeetingFigure",
    "MeetingGroup",
    "MeetingLine",
    "MeetingOverview",
    "MeetingsBy",
    "Month",
    "OfMeetings",
    "Overview",
    "Period",
    "Scope",
    "behind",
    "figure",
    "meeting_overview",
    "month_of",
    "overview",
    "scope_of",
]
