"""Figures in words: what they are called, how much they are, of which months. For chat, files and the command line."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from handlers import categories
from services.figures import OF_RAISERS, PERCENTILES, By, Figure, Group, Kind, Month, Period
from texts import text

_LEAST, _MOST = Decimal("0.1"), Decimal("99.9")


def name(kind: Kind) -> str:
    return text(f"figures.kind_{kind}")


def value(figure: Figure) -> str:
    return share(figure.numerator, figure.denominator, figure.took)


def share(numerator: Decimal, denominator: int, took: timedelta | None = None) -> str:
    """In per cent, or a time. What is not quite all is never 100 %, what is not nothing never 0 %."""
    if not denominator:
        return text("figures.nothing")
    if took is not None:
        return duration(took)
    exact = numerator * 100 / denominator
    tenths = exact.quantize(_LEAST, ROUND_HALF_UP)
    if 0 < exact < 100:
        tenths = min(max(tenths, _LEAST), _MOST)
    return text("figures.percent", number=plain(tenths))


def parts(figure: Figure) -> str:
    """11/12; nothing where there is no denominator."""
    return text("figures.parts", counted=plain(figure.numerator), of=figure.denominator) if figure.denominator else ""


def silent(figure: Figure) -> str:
    """Of 满意率: how many did not say."""
    return text("figures.silent", count=figure.silent) if figure.silent else ""


def line(figure: Figure) -> str:
    return text(
        "figures.line",
        name=name(figure.kind),
        value=value(figure),
        parts="" if figure.kind in PERCENTILES else parts(figure),
        people=figure.kind in OF_RAISERS,
        silent=silent(figure),
    )


def duration(took: timedelta) -> str:
    """2 天 3 小时, 5 小时, 40 分钟"""
    minutes = int(took.total_seconds()) // 60
    if minutes < 60:
        return text("figures.minutes", minutes=minutes)
    hours = minutes // 60
    if hours < 24:
        return text("figures.hours", hours=hours)
    return text("figures.days", days=hours // 24, hours=hours % 24)


def plain(number: Decimal) -> str:
    """6.9, 7"""
    return f"{number.normalize():f}" if number else "0"


def group(each: Group, by: By, *, around: bool = False) -> str:
    """``around``: a grid is named with its community."""
    match by:
        case By.CATEGORY:
            return categories.label(each.name)
        case By.MONTH:
            found = Month.read(each.name)
            return month(found) if found else each.name
        case By.GRID:
            named = each.name or text("figures.no_grid")
            return text("figures.of_community", community=each.around, grid=named) if around else named
    return each.name


def month(of: Month) -> str:
    return text("figures.month", year=of.year, month=of.number)


def period(of: Period) -> str:
    """2026年11月, 2026年, 2025年12月到2026年11月"""
    first, last = of.months[0], of.months[-1]
    if first == last:
        return month(first)
    if first.number == 1 and last.number == 12 and first.year == last.year:
        return text("figures.year", year=first.year)
    return text("figures.months", first=month(first), last=month(last))
