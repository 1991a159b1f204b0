"""The figures of meetings.md: of proposals, items, resolutions, and who came. Each with the list behind it.

What a month of a community's meetings comes to is a few hundred rows, so they are read once (a fixed number of
statements) and counted here. A proposal belongs to the month in which it was made, a resolution to that of its due day,
everything else to that of its meeting. Meetings that were called off are not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from sqlalchemy.orm import Session

from models.rules.house import HouseRules
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import ItemState
from services.figures.asking import Asked
from services.figures.meeting_rows import HeldMeeting, Proposal, Ran, SeriesRow, Talked, read
from services.meetings.step_moments import step_moment


class OfMeetings(StrEnum):
    """In the order in which they are shown."""

    LISTED = "listed"  # 议题转化率
    DECIDED = "decided"  # 议决率
    CARRIED_OUT = "carried_out"  # 决议落实率
    PUBLISHED = "published"  # 公示及时率
    ATTENDED = "attended"  # 到会率
    DECIDED_HALF = "decided_half"  # p50 days from proposal to decision
    DECIDED_MOST = "decided_most"  # p90


#: So many in a hundred were decided within it.
MEETING_PERCENTILES = {OfMeetings.DECIDED_HALF: 50, OfMeetings.DECIDED_MOST: 90}
_ASKED_AT_ITS_END = timedelta(hours=1)  # by the timer, where the owner has not said so before
_DECISIONS = frozenset({ItemState.ADOPTED, ItemState.REJECTED})


class MeetingsBy(StrEnum):
    COMMUNITY = "community"
    LEVEL = "level"
    SERIES = "series"
    MONTH = "month"


@dataclass(frozen=True)
class MeetingFigure:
    """``numerator`` of ``denominator``; ``took``: of a percentile, within which so many were decided."""

    kind: OfMeetings
    numerator: int
    denominator: int
    took: timedelta | None = None

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class MeetingLine:
    """What a figure counts: an issue by its number, an item by its title, a resolution, or a meeting. ``where``: its
    series, "" for a proposal that is on no agenda and that no series is there for."""

    kind: OfMeetings
    what: str
    where: str
    of: int
    counted: int
    took: timedelta | None = None

    @property
    def amiss(self) -> int:
        return self.of - self.counted


@dataclass(frozen=True)
class MeetingGroup:
    """``name``: of a community or series; a level; "2026-11"; "" in total. ``meetings``: that took place.
    ``households``: that were there, in person or by proxy, or said what they think before (参与户数)."""

    name: str
    meetings: int
    households: int
    figures: Mapping[OfMeetings, MeetingFigure]


@dataclass(frozen=True)
class MeetingOverview:
    """``lines``: behind the total, what is most amiss first."""

    total: MeetingGroup
    groups: tuple[MeetingGroup, ...]
    lines: tuple[MeetingLine, ...]

    def behind(self, kind: OfMeetings) -> list[MeetingLine]:
        return [line for line in self.lines if line.kind is kind]


@dataclass(frozen=True)
class _Counted:
    line: MeetingLine
    series: SeriesRow | None
    community: str
    level: str
    at: datetime


def meeting_overview(
    session: Session, asked: Asked, *, by: MeetingsBy | None = None, at: datetime, rules: HouseRules
) -> MeetingOverview:
    """``asked``: its category is not looked at. A fixed number of statements however many groups there are."""
    rows = read(session, asked, at=at)
    counted = [
        *(_listed(each) for each in rows.proposals),
        *(_decided(each) for each in rows.talked),
        *(_carried_out(each, rules) for each in rows.ran if _is_over(each, at, rules)),
        *(_published(each, rules) for each in rows.meetings if _is_to_be_out(each, at, rules)),
        *(_attended(each) for each in rows.meetings if each.voters),
        *(line for each in rows.talked if each.state in _DECISIONS for line in _took(each)),
    ]
    key = _key(by, asked)
    total = _group("", counted, rows.meetings)
    lines = tuple(
        sorted((each.line for each in _within(counted)), key=lambda line: (-line.amiss, -(line.took or timedelta())))
    )
    if by is None:
        return MeetingOverview(total, (), lines)
    parts: dict[str, list[_Counted]] = defaultdict(list)
    held: dict[str, list[HeldMeeting]] = defaultdict(list)
    for each in counted:
        parts[key(each.series, each.community, each.level, each.at)].append(each)
    for meeting in rows.meetings:
        series = meeting.series
        held[key(series, series.community, series.level.value, meeting.meets_at)].append(meeting)
    return MeetingOverview(total, tuple(_groups(parts, held, by, asked)), lines)


def _groups(
    parts: Mapping[str, Sequence[_Counted]], held: Mapping[str, Sequence[HeldMeeting]], by: MeetingsBy, asked: Asked
) -> Iterable[MeetingGroup]:
    """Months in their order, with the empty ones; others by name, and no empty ones."""
    names = sorted({*parts, *held})
    if by is MeetingsBy.MONTH and asked.period is not None:
        names = [str(month) for month in asked.period.months]
    return [_group(name, parts.get(name, ()), held.get(name, ())) for name in names]


def _key(by: MeetingsBy | None, asked: Asked) -> Callable[[SeriesRow | None, str, str, datetime], str]:
    def month(series: SeriesRow | None, community: str, level: str, at: datetime) -> str:
        if asked.period is None:
            raise AssertionError("months of no period")
        begun = [m for m in asked.period.months if m.begins(asked.period.timezone) <= at]
        return str(begun[-1])

    match by:
        case MeetingsBy.COMMUNITY:
            return lambda series, community, level, at: community
        case MeetingsBy.LEVEL:
            return lambda series, community, level, at: level
        case MeetingsBy.MONTH:
            return month
    return lambda series, community, level, at: series.label if series else ""


def _group(name: str, counted: Sequence[_Counted], meetings: Sequence[HeldMeeting]) -> MeetingGroup:
    figures = {kind: _figure(kind, [each.line for each in counted if each.line.kind is kind]) for kind in OfMeetings}
    households = {household for meeting in meetings for household in meeting.took_part}
    return MeetingGroup(name, sum(meeting.took_place for meeting in meetings), len(households), figures)


def _figure(kind: OfMeetings, lines: Sequence[MeetingLine]) -> MeetingFigure:
    if kind not in MEETING_PERCENTILES:
        return MeetingFigure(kind, sum(line.counted for line in lines), sum(line.of for line in lines))
    within = _within_of(kind, lines)
    if within is None:
        return MeetingFigure(kind, 0, 0)
    return MeetingFigure(kind, sum((line.took or within) <= within for line in lines), len(lines), within)


def _within_of(kind: OfMeetings, lines: Sequence[MeetingLine]) -> timedelta | None:
    """The shortest within which so many in a hundred were decided."""
    ranked = sorted(line.took for line in lines if line.took is not None)
    return ranked[ceil(len(ranked) * MEETING_PERCENTILES[kind] / 100) - 1] if ranked else None


def _within(counted: Sequence[_Counted]) -> Iterable[_Counted]:
    """Lines of a percentile count what was decided within it."""
    for kind in MEETING_PERCENTILES:
        within = _within_of(kind, [each.line for each in counted if each.line.kind is kind])
        for each in counted:
            line = each.line
            if line.kind is kind and within is not None and line.took is not None:
                soon = int(line.took <= within)
                yield _Counted(MeetingLine(kind, line.what, line.where, 1, soon, line.took), each.series,
                               each.community, each.level, each.at)  # fmt: skip
    yield from (each for each in counted if each.line.kind not in MEETING_PERCENTILES)


def _listed(proposal: Proposal) -> _Counted:
    """议题转化率 = listed ÷ proposed (meetings.md): of the issues proposed, those that came to stand on an announced
    agenda."""
    series = proposal.series
    line = MeetingLine(
        OfMeetings.LISTED, f"{proposal.number} {proposal.summary}", series.label if series else "", 1,
        int(proposal.listed),
    )  # fmt: skip
    return _Counted(line, series, proposal.community, proposal.level.value if proposal.level else "", proposal.at)


def _decided(item: Talked) -> _Counted:
    """议决率 = decided ÷ listed (meetings.md): of the items of meetings whose day has passed, those that were adopted
    or rejected."""
    return _of_series(OfMeetings.DECIDED, item.title, item.series, item.meets_at, int(item.state in _DECISIONS))


def _carried_out(resolution: Ran, rules: HouseRules) -> _Counted:
    """决议落实率 = done by date ÷ due (meetings.md): of the resolutions in force whose day has passed, those that were
    ready to be judged on the day at the latest, and were judged to meet their standard, which takes some days more."""
    ends = resolution.ends(rules.timezone) + _ASKED_AT_ITS_END
    soon = resolution.done_at is not None and (resolution.ready_at or resolution.done_at) < ends
    return _of_series(OfMeetings.CARRIED_OUT, resolution.words, resolution.series, resolution.due_at, int(soon))


def _is_over(resolution: Ran, at: datetime, rules: HouseRules) -> bool:
    return resolution.done_at is not None or resolution.ends(rules.timezone) <= at


def _published(meeting: HeldMeeting, rules: HouseRules) -> _Counted:
    """公示及时率 (named in meetings.md): of the meetings held, those published by the end of the day on which its
    timetable reminds of it."""
    soon = meeting.published_at is not None and meeting.published_at < _out_by(meeting, rules)
    return _of_series(OfMeetings.PUBLISHED, meeting.named, meeting.series, meeting.meets_at, int(soon))


def _is_to_be_out(meeting: HeldMeeting, at: datetime, rules: HouseRules) -> bool:
    return meeting.took_place and (meeting.published_at is not None or _out_by(meeting, rules) <= at)


def _out_by(meeting: HeldMeeting, rules: HouseRules) -> datetime:
    reminded = step_moment(meeting.row, meeting.series.row, Step.REMIND_PUBLISH, rules)
    return meeting.end_of_day(reminded, rules.timezone)


def _attended(meeting: HeldMeeting) -> _Counted:
    """到会率 (named in meetings.md): of the households called with a vote, those that were there or represented."""
    line = MeetingLine(
        OfMeetings.ATTENDED, meeting.named, meeting.series.label, len(meeting.voters), len(meeting.present)
    )
    return _Counted(line, meeting.series, meeting.series.community, meeting.series.level.value, meeting.meets_at)


def _took(item: Talked) -> Iterable[_Counted]:
    """Days from proposal to decision (meetings.md), of each issue under an item that was decided, p50 and p90."""
    for issue, proposed_at in item.proposed:
        for kind in MEETING_PERCENTILES:
            line = MeetingLine(kind, issue, item.series.label, 1, 0, item.settled_at - proposed_at)
            yield _Counted(line, item.series, item.series.community, item.series.level.value, item.meets_at)


def _of_series(kind: OfMeetings, what: str, series: SeriesRow, at: datetime, counted: int) -> _Counted:
    line = MeetingLine(kind, what, series.label, 1, counted)
    return _Counted(line, series, series.community, series.level.value, at)
