"""Figures of meetings in words, for chat, files and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from handlers import measures
from services.figures import (
    MEETING_PERCENTILES,
    MeetingFigure,
    MeetingGroup,
    MeetingLine,
    MeetingOverview,
    MeetingsBy,
    Month,
    OfMeetings,
)
from texts import text

_MOST_GROUPS = 12
_MOST_LINES = 15


def name(kind: OfMeetings) -> str:
    return text(f"meeting_figures.kind_{kind}")


def about(kind: OfMeetings) -> str:
    return text(f"meeting_figures.about_{kind}")


def value(figure: MeetingFigure) -> str:
    """A share in per cent, or a time; a dash where nothing can be counted yet."""
    return measures.share(Decimal(figure.numerator), figure.denominator, figure.took)


def parts(figure: MeetingFigure) -> str:
    if not figure.denominator:
        return ""
    return text("figures.parts", counted=figure.numerator, of=figure.denominator)


def line(figure: MeetingFigure) -> str:
    shown = "" if figure.kind in MEETING_PERCENTILES else parts(figure)
    return text("meeting_figures.line", name=name(figure.kind), value=value(figure), parts=shown)


def group(each: MeetingGroup, by: MeetingsBy) -> str:
    match by:
        case MeetingsBy.LEVEL:
            return text(f"words.level_{each.name}") if each.name else text("meeting_figures.no_series")
        case MeetingsBy.MONTH:
            found = Month.read(each.name)
            return measures.month(found) if found else each.name
    return each.name or text("meeting_figures.no_series")


def month_said(found: MeetingOverview, *, where: str, period: str) -> str:
    """All figures of a scope and period."""
    total = found.total
    said = text(
        "meeting_figures.message",
        where=where,
        period=period,
        meetings=total.meetings,
        households=total.households,
        lines=[line(figure) for figure in total.figures.values()],
        any=any(figure.denominator for figure in total.figures.values()),
    )
    return said.rstrip()


def groups_said(found: MeetingOverview, by: MeetingsBy, *, where: str, period: str) -> str:
    shown = found.groups[:_MOST_GROUPS]
    said = text(
        "meeting_figures.groups",
        where=where,
        period=period,
        how=text(f"meeting_figures.head_{by}"),
        lines=[_group(each, by) for each in shown],
        more=len(found.groups) - len(shown),
    )
    return said.rstrip()


def list_said(found: MeetingOverview, kind: OfMeetings, *, where: str, period: str) -> str:
    """What keeps a figure from being as good as it can be."""
    lines = found.behind(kind)
    amiss = [each for each in lines if each.amiss]
    figure = found.total.figures[kind]
    said = text(
        "meeting_figures.list",
        where=where,
        period=period,
        name=name(kind),
        value=value(figure),
        parts=parts(figure),
        about=about(kind),
        of=figure.denominator,
        count=len(amiss),
        slow=kind in MEETING_PERCENTILES,
        lines=[listed(each) for each in amiss[:_MOST_LINES]],
        more=max(0, len(amiss) - _MOST_LINES),
    )
    return said.rstrip()


def listed(each: MeetingLine) -> str:
    return text(
        "meeting_figures.list_line",
        what=each.what,
        where=each.where,
        counted=each.counted,
        of=each.of if each.of > 1 else 0,
        took=measures.duration(each.took) if each.took is not None else "",
    )


def rates(groups: Iterable[MeetingFigure]) -> list[MeetingFigure]:
    """Those that are shares, for a picture."""
    return [figure for figure in groups if figure.kind not in MEETING_PERCENTILES]


def _group(each: MeetingGroup, by: MeetingsBy) -> str:
    figures = each.figures
    return text(
        "meeting_figures.group",
        name=group(each, by),
        meetings=each.meetings,
        households=each.households,
        decided=parts(figures[OfMeetings.DECIDED]),
        carried_out=parts(figures[OfMeetings.CARRIED_OUT]),
    )
