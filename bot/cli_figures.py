"""``zhuoluo figures``: how it went, figure by figure, with numerator, denominator and the list behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_meeting_figures import show_meetings
from bot.clock import Clock
from bot.errors import Unusable
from bot.figure_files import chart, lately, table
from bot.json_lines import printable
from bot.meeting_figure_files import meeting_chart
from bot.models_given import own_model
from bot.pictures import Bars, Lines, NoChineseFont, NotDrawn, png
from bot.session import reading
from bot.settings import Settings, load_settings
from handlers import categories, measures
from services.figures import (
    PERCENTILES,
    Asked,
    By,
    Figure,
    Group,
    Kind,
    Line,
    Month,
    Overview,
    Period,
    behind,
    figure,
    month_of,
    overview,
)
from services.figures.naming import UnknownPlace, find_scope
from texts import text
from understanding import CATEGORIES

if TYPE_CHECKING:
    from rich.table import Table
    from sqlalchemy.orm import Session

_MOST_OFFERED = 30
_ABREAST = 5  # figures of a group in one table, for a terminal of 80 columns


def figures(
    ctx: typer.Context,
    community: Annotated[str, typer.Option("--community", help=text("cli.opt_community"))] = "",
    grid: Annotated[str, typer.Option("--grid", help=text("cli.opt_grid"))] = "",
    category: Annotated[str, typer.Option("--category", help=text("cli.opt_category"))] = "",
    month: Annotated[str, typer.Option("--month", help=text("cli.opt_month"))] = "",
    by: Annotated[str, typer.Option("--by", help=text("cli.opt_by"))] = "",
    behind_: Annotated[str, typer.Option("--list", help=text("cli.opt_list"))] = "",
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help=text("cli.opt_xlsx"))] = None,
    picture: Annotated[Path | None, typer.Option("--png", help=text("cli.opt_png"))] = None,
    meetings: Annotated[bool, typer.Option("--meetings", help=text("meeting_figures.opt_meetings"))] = False,
) -> None:
    settings = load_settings(ctx.obj)
    at = Clock().now()
    period = _period(month, settings.community.timezone, at)
    kind = _kind(behind_) if behind_ and not meetings else None
    divided = _by(by) if by and not meetings else None
    for path, ending in ((xlsx, "xlsx"), (picture, "png")):
        if path is not None and path.suffix.lower() != f".{ending}":
            raise Unusable(text(f"figures.cli_not_{ending}"))
    with reading(settings) as session:
        asked = _asked(session, settings, period, community=community, grid=grid, category=category)
        rules = settings.house_rules()
        if meetings:
            show_meetings(session, asked, by=by, behind=behind_, at=at, rules=rules)
        elif kind is not None:
            _show_list(asked, figure(session, asked, kind, at=at), behind(session, asked, kind, at=at))
        elif xlsx is None and picture is None:
            _show(session, asked, divided, at)
        if xlsx is not None:
            _write(xlsx, table(session, asked, at=at, rules=rules))
        if picture is not None:
            drawn = meeting_chart(session, asked, at=at, rules=rules) if meetings else None
            _write(picture, _drawn(drawn or chart(session, asked, divided, at=at)))


def _period(said: str, timezone: str, at: datetime) -> Period:
    """A month, a year, or this month."""
    if not said:
        return Period(month_of(at, timezone), timezone)
    if found := Month.read(said):
        return Period(found, timezone)
    if january := Month.read(f"{said}-01"):
        return Period(january, timezone, 12)
    raise Unusable(text("figures.cli_bad_month", said=printable(said)))


def _kind(said: str) -> Kind:
    """By its name, the word of the program, or "p50" and "p90"."""
    for kind in Kind:
        if said.strip() in (measures.name(kind), kind.value, f"p{PERCENTILES.get(kind)}"):
            return kind
    raise _unknown("figure", said, [measures.name(kind) for kind in Kind])


def _by(said: str) -> By:
    for each in By:
        if said.strip() in (each.value, text(f"figures.head_{each}")):
            return each
    raise _unknown("by", said, [each.value for each in By])


def _unknown(what: str, said: str, offers: Sequence[str]) -> Unusable:
    shown = "、".join(offers[:_MOST_OFFERED])
    if len(offers) > _MOST_OFFERED:
        shown = text("figures.cli_more", offers=shown, count=len(offers))
    return Unusable(text("figures.cli_unknown", what=text(f"figures.head_{what}"), said=printable(said), offers=shown))


def _asked(
    session: Session, settings: Settings, period: Period, *, community: str, grid: str, category: str
) -> Asked:
    try:
        scope = find_scope(session, community=community.strip(), grid=grid.strip())
    except UnknownPlace as unknown:
        if unknown.what == "several":
            offers = "、".join(unknown.offers)
            raise Unusable(text("figures.cli_several", said=printable(unknown.said), offers=offers)) from None
        raise _unknown(unknown.what, unknown.said, unknown.offers) from None
    return Asked(scope, period, _category(settings, category.strip()) if category else "")


def _category(settings: Settings, said: str) -> str:
    """The key of one of ours, or a label of the community's own model."""
    named = {categories.label(key): key for key in CATEGORIES}
    model = own_model(settings)
    named |= {label: label for label in model.labels} if model else {}
    if said in named.values():
        return said
    if said not in named:
        raise _unknown("category", said, list(named))
    return named[said]


def _show(session: Session, asked: Asked, by: By | None, at: datetime) -> None:
    if by is By.MONTH:
        asked = lately(asked)
    found = overview(session, asked, by=by, at=at)
    total = found.total
    counts = {"reported": total.reported, "answered": total.answered, "open": total.open}
    print(text("figures.cli_title", what=_what(asked), **counts))
    now = figure(session, replace(asked, period=None), Kind.HELD, at=at)
    if now.denominator:
        counted = measures.plain(now.numerator)
        print(text("figures.cli_now", of=now.denominator, counted=counted, value=measures.value(now)))
    if by is None:
        _print(_total_table(total))
        return
    for first in range(0, len(Kind), _ABREAST):
        _print(_group_table(found, by, list(Kind)[first : first + _ABREAST]))


def _what(asked: Asked) -> str:
    where = asked.scope.label or text("figures.everywhere")
    period = measures.period(asked.period) if asked.period else ""
    return text("figures.cli_what", where=where, category=categories.label(asked.category), period=period)


def _total_table(total: Group) -> Table:
    table = _table("figure", right=("value", "parts"), last="about")
    for kind, each in total.figures.items():
        about = "；".join(filter(None, (text(f"figures.about_{kind}"), measures.silent(each))))
        _add(table, measures.name(kind), measures.value(each), measures.parts(each), about)
    return table


def _group_table(found: Overview, by: By, kinds: Sequence[Kind]) -> Table:
    table = _table(by.value, right=("reported",))
    for kind in kinds:
        table.add_column(measures.name(kind), justify="right")
    for each in found.groups:
        _add_group(table, measures.group(each, by), each, kinds)
    table.add_section()
    _add_group(table, text("figures.head_total"), found.total, kinds)
    return table


def _add_group(table: Table, name: str, each: Group, kinds: Sequence[Kind]) -> None:
    cells = [f"{measures.value(each.figures[kind])}\n{measures.parts(each.figures[kind])}" for kind in kinds]
    _add(table, f"{name}\n{each.around}".strip(), str(each.reported), *cells)


def _show_list(asked: Asked, whole: Figure, lines: Sequence[Line]) -> None:
    """All that the figure counts, with what each adds to the numerator and the denominator."""
    facts = {"name": measures.name(whole.kind), "value": measures.value(whole), "parts": measures.parts(whole)}
    print(text("figures.cli_list", what=_what(asked), about=text(f"figures.about_{whole.kind}"), **facts))
    if not lines:
        print(text("figures.cli_list_empty"))
        return
    table = _table("number", right=("parts", *(["took"] if whole.took is not None else [])), last="place")
    for line in lines:
        took = [measures.duration(line.took)] if line.took is not None else []
        shown = text("figures.parts", counted=measures.plain(line.counted), of=line.of)
        _add(table, line.number, shown, *took, text("figures.cli_place", place=line.place, summary=line.summary))
    _print(table)


def _drawn(picture: Bars | Lines) -> bytes:
    try:
        return png(picture)
    except NoChineseFont:
        raise Unusable(text("figures.cli_no_font")) from None
    except NotDrawn as error:
        raise Unusable(text("figures.cli_not_drawn", why=printable(str(error)))) from None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Unusable(text("export.not_written", path=str(path), why=error.strerror or "")) from None
    print(text("figures.cli_written", path=str(path)))


def _table(left: str, *, right: Sequence[str], last: str = "") -> Table:
    """Numbers keep their width; words fold."""
    from rich.table import Table

    table = Table()
    table.add_column(text(f"figures.head_{left}"), overflow="fold", no_wrap=left == "number")
    for name in right:
        table.add_column(text(f"figures.head_{name}"), justify="right", no_wrap=True)
    if last:
        table.add_column(text(f"figures.head_{last}"), overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    from rich.text import Text

    table.add_row(*(Text("\n".join(map(printable, cell.splitlines()))) for cell in cells))


def _print(table: Table) -> None:
    from rich.console import Console

    Console().print(table)
