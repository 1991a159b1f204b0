"""Figures of meetings in files: sheets of the workbook, and a picture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.export_file import Sheet
from bot.pictures import Bar, Bars
from handlers import measures, meeting_measures
from handlers.dates import day
from models.rules.house import HouseRules
from services.figures import (
    MEETING_PERCENTILES,
    Asked,
    MeetingFigure,
    MeetingOverview,
    MeetingsBy,
    OfMeetings,
    meeting_overview,
)
from texts import text

#: What is asked for as a picture of meetings, where pictures of issues are asked for by their groups.
MEETINGS = "meetings"


def meeting_sheets(session: Session, asked: Asked, *, at: datetime, rules: HouseRules) -> list[Sheet]:
    """All figures, by series, and the list behind each."""
    found = meeting_overview(session, asked, by=MeetingsBy.SERIES, at=at, rules=rules)
    total = [text(f"figures.head_{name}") for name in ("figure", "value", "counted", "of", "about")]
    listed = [text("figures.head_figure"), _head("what"), _head("series"),
              *(text(f"figures.head_{name}") for name in ("counted", "of", "took"))]  # fmt: skip
    return [
        Sheet(text("meeting_figures.sheet_all"), total, _all(found), (18, 14, 8, 8, 60)),
        Sheet(text("meeting_figures.sheet_series"), _group_heads(), _groups(found)),
        Sheet(text("meeting_figures.sheet_list"), listed, _lists(found), (18, 48, 28, 8, 8, 14)),
    ]


def meeting_chart(session: Session, asked: Asked, *, at: datetime, rules: HouseRules) -> Bars:
    """The rates of a scope and period."""
    total = meeting_overview(session, asked, at=at, rules=rules).total
    period = asked.period
    said = measures.period(period) if period is not None else ""
    where = asked.scope.label or text("figures.everywhere")
    until = day(at, period.timezone) if period is not None else ""
    about = text("meeting_figures.chart_about", period=said, meetings=total.meetings, households=total.households,
                 day=until)  # fmt: skip
    bars = tuple(
        Bar(meeting_measures.name(each.kind), (each.value or 0,), meeting_measures.value(each),
            meeting_measures.parts(each))
        for each in meeting_measures.rates(total.figures.values())
    )  # fmt: skip
    half, most = (total.figures[kind] for kind in MEETING_PERCENTILES)
    took = ""
    if half.denominator:
        values = {"half": meeting_measures.value(half), "most": meeting_measures.value(most)}
        took = text("meeting_figures.chart_took", **values)
    title = text("meeting_figures.chart_title", where=where, period=said)
    return Bars(title, about, bars, full=1, foot=took)


def _head(name: str) -> str:
    return text(f"meeting_figures.head_{name}")


def _all(found: MeetingOverview) -> Iterator[list[Any]]:
    for name in ("meetings", "households"):
        yield [_head(name), "", getattr(found.total, name), "", ""]
    for kind, figure in found.total.figures.items():
        yield [*_cells(figure, named=True), meeting_measures.about(kind)]


def _cells(figure: MeetingFigure, *, named: bool = False) -> list[Any]:
    own = [meeting_measures.name(figure.kind)] if named else []
    return [*own, meeting_measures.value(figure), figure.numerator, figure.denominator]


def _group_heads() -> list[str]:
    heads = [_head("series"), _head("meetings"), _head("households")]
    for kind in OfMeetings:
        heads += [meeting_measures.name(kind), text("figures.head_counted"), text("figures.head_of")]
    return heads


def _groups(found: MeetingOverview) -> Iterator[list[Any]]:
    for each in (*found.groups, found.total):
        whole = each is found.total
        name = text("figures.head_total") if whole else meeting_measures.group(each, MeetingsBy.SERIES)
        cells: list[Any] = [name, each.meetings, each.households]
        for figure in each.figures.values():
            cells += _cells(figure)
        yield cells


def _lists(found: MeetingOverview) -> Iterator[list[Any]]:
    for kind in OfMeetings:
        for line in found.behind(kind):
            took = measures.duration(line.took) if line.took is not None else ""
            yield [meeting_measures.name(kind), line.what, line.where, line.counted, line.of, took]
