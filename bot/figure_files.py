"""Figures as files: a workbook with every group and the list behind each figure, and pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from bot.export_file import Sheet, workbook
from bot.meeting_figure_files import MEETINGS, meeting_chart, meeting_sheets
from bot.pictures import Bar, Bars, Lines, NoChineseFont, png
from bot.pictures import Line as Drawn
from handlers import measures
from handlers.context import House
from handlers.dates import day
from models.rules.errors import NotFound
from models.rules.house import HouseRules
from services.export import Value
from services.figures import (
    OF_FAULTS,
    PERCENTILES,
    Asked,
    By,
    Group,
    Kind,
    Month,
    Overview,
    Period,
    behind,
    overview,
    scope_of,
)
from texts import text

log = logging.getLogger(__name__)

MONTHS = 12  # of a line
_MOST_BARS = 12
_DRAWN_LINES = (Kind.PROMPT, Kind.ON_TIME, Kind.CONTENT)
_SHARES = [kind for kind in Kind if kind not in PERCENTILES]

Cells = list[Value | Decimal]


def figures_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """The workbook that a member asked for: of the scope they have at that moment. Raises NotFound without one."""
    return table(session, _asked(session, params, house, at), at=at, rules=house.rules)


def chart_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """The picture that a member asked for, likewise; NotFound also where no font has Chinese. Raises NotDrawn."""
    asked, by = _asked(session, params, house, at), params["by"]
    drawn: Bars | Lines
    if by == MEETINGS:
        drawn = meeting_chart(session, asked, at=at, rules=house.rules)
    else:
        drawn = chart(session, asked, By(by) if by else None, at=at)
    try:
        return png(drawn)
    except NoChineseFont:
        log.error("no picture can be drawn: no font has Chinese; install one, for example fonts-noto-cjk")
        raise NotFound from None


def _asked(session: Session, params: Mapping[str, Any], house: House, at: datetime) -> Asked:
    month = Month.read(params["month"])
    if month is None:
        raise ValueError(params["month"])
    scope = scope_of(session, member_id=params["member"], at=at)
    return Asked(scope, Period(month, house.rules.timezone))


def table(session: Session, asked: Asked, *, at: datetime, rules: HouseRules) -> bytes:
    """All figures in total, by category, by the parts of the scope and by month; and what is behind them. Those of
    meetings follow."""
    if asked.period is None:
        raise AssertionError("a table is of a period")
    total = overview(session, asked, at=at).total
    heads = _heads("figure", "value", "counted", "of", "about")
    sheets = [Sheet(text("figures.sheet_all"), heads, _all(total), (18, 14, 8, 8, 60))]
    ways = [By.CATEGORY, *([asked.scope.parts] if asked.scope.parts else []), By.MONTH]
    for by in ways:
        over = lately(asked) if by is By.MONTH else asked
        found = overview(session, over, by=by, at=at)
        sheets.append(Sheet(text(f"figures.sheet_{by}"), _group_heads(by), _groups(found, by)))
    heads = _heads("figure", "number", "place", "summary", "counted", "of", "took")
    sheets.append(Sheet(text("figures.sheet_list"), heads, _lists(session, asked, at), (18, 16, 28, 40, 8, 8, 14)))
    sheets += meeting_sheets(session, asked, at=at, rules=rules)
    return workbook(sheets, timezone=asked.period.timezone)


def lately(asked: Asked) -> Asked:
    """The twelve months until the last one asked about; a longer period as it is."""
    period = asked.period
    if period is None or period.count >= MONTHS:
        return asked
    first = period.months[-1].plus(1 - MONTHS)
    return replace(asked, period=Period(first, period.timezone, MONTHS))


def _heads(*names: str) -> list[str]:
    return [text(f"figures.head_{name}") for name in names]


def _all(total: Group) -> Iterator[Cells]:
    for name in ("reported", "answered", "open", "raisers"):
        yield [text(f"figures.head_{name}"), "", getattr(total, name), "", ""]
    for kind, figure in total.figures.items():
        about = "；".join(filter(None, [text(f"figures.about_{kind}"), measures.silent(figure)]))
        yield [measures.name(kind), measures.value(figure), figure.numerator, figure.denominator, about]


def _group_heads(by: By) -> list[str]:
    heads = _heads(by.value, *(["community"] if by is By.GRID else []), "reported", "answered", "open", "raisers")
    for kind in Kind:
        heads += [measures.name(kind), *_heads("counted", "of")]
        heads += _heads("silent") if kind is Kind.CONTENT else []
    return heads


def _groups(found: Overview, by: By) -> Iterator[Cells]:
    for each in (*found.groups, found.total):
        label = text("figures.head_total") if each is found.total else measures.group(each, by)
        cells: Cells = [label, *([each.around] if by is By.GRID else [])]
        cells += [each.reported, each.answered, each.open, each.raisers]
        for kind, figure in each.figures.items():
            cells += [measures.value(figure), figure.numerator, figure.denominator]
            cells += [figure.silent] if kind is Kind.CONTENT else []
        yield cells


def _lists(session: Session, asked: Asked, at: datetime) -> Iterator[Cells]:
    for kind in Kind:
        for line in behind(session, asked, kind, at=at):
            took = measures.duration(line.took) if line.took is not None else ""
            yield [measures.name(kind), line.number, line.place, line.summary, line.counted, line.of, took]


def chart(session: Session, asked: Asked, by: By | None, *, at: datetime) -> Bars | Lines:
    """The rates; by month, how they went; by anything else, how many issues there were."""
    if asked.period is None:
        raise AssertionError("a picture is of a period")
    if by is By.MONTH:
        return _lines(lately(asked), overview(session, lately(asked), by=by, at=at), at)
    found = overview(session, asked, by=by, at=at)
    return _counts(asked, found, by, at) if by else _rates(asked, found.total, at)


def _title(asked: Asked) -> str:
    where, period = asked.scope.label or text("figures.everywhere"), asked.period
    return text("figures.chart_title", where=where, period=measures.period(period) if period else "")


def _about(asked: Asked, total: Group, at: datetime) -> str:
    period = asked.period
    if period is None:
        return ""
    until = day(at, period.timezone)
    return text("figures.chart_until", period=measures.period(period), reported=total.reported, day=until)


def _rates(asked: Asked, total: Group, at: datetime) -> Bars:
    shares = [total.figures[kind] for kind in _SHARES]
    bars = tuple(
        Bar(
            measures.name(share.kind),
            (share.value or 0,),
            measures.value(share),
            measures.parts(share),
            fault=share.kind in OF_FAULTS,
        )
        for share in sorted(shares, key=lambda share: share.kind in OF_FAULTS)
    )
    half, most = (total.figures[kind] for kind in PERCENTILES)
    took = text("figures.chart_took", half=measures.value(half), most=measures.value(most)) if half.denominator else ""
    about = _about(asked, total, at)
    if any(bar.fault and any(bar.lengths) for bar in bars):
        about += text("figures.chart_faults")
    return Bars(_title(asked), about, bars, full=1, foot=took)


def _counts(asked: Asked, found: Overview, by: By, at: datetime) -> Bars:
    groups = [group for group in found.groups if group.reported]
    shown = groups if len(groups) <= _MOST_BARS else groups[: _MOST_BARS - 1]
    several = len({group.around for group in groups}) > 1
    bars = [_count(measures.group(group, by, around=several), [group]) for group in shown]
    if rest := groups[len(shown) :]:
        bars.append(_count(text("figures.chart_rest", groups=len(rest)), rest))
    legend = (text("figures.chart_answered"), text("figures.chart_open"))
    return Bars(_title(asked), _about(asked, found.total, at), tuple(bars), legend=legend)


def _count(label: str, groups: Sequence[Group]) -> Bar:
    reported, answered = (sum(getattr(group, name) for group in groups) for name in ("reported", "answered"))
    on_time = [group.figures[Kind.ON_TIME] for group in groups]
    of, counted = sum(figure.denominator for figure in on_time), sum(figure.numerator for figure in on_time)
    whole = replace(on_time[0], numerator=Decimal(counted), denominator=of)
    note = text("figures.chart_on_time", parts=measures.parts(whole)) if of else ""
    return Bar(label, (answered, reported - answered), text("figures.chart_count", count=reported), note)


def _lines(asked: Asked, found: Overview, at: datetime) -> Lines:
    lines = []
    for kind in _DRAWN_LINES:
        figures = [group.figures[kind] for group in found.groups]
        lines.append(Drawn(measures.name(kind), tuple(f.value for f in figures), measures.value(figures[-1])))
    months = asked.period.months if asked.period else ()
    zone = asked.period.timezone if asked.period else ""
    return Lines(
        _title(asked),
        text("figures.chart_lines", day=day(at, zone)),
        tuple(text("figures.short_month", month=month.number) for month in months),
        tuple(lines),
        tuple(group.reported for group in found.groups),
        text("figures.chart_counted"),
    )
