"""``zhuoluo ledger``: how many issues stand in each ledger (台账), which they are, and all of it as a spreadsheet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.errors import Unusable
from bot.json_lines import printable
from bot.ledger_file import ledger_file
from bot.session import reading
from bot.settings import load_settings
from handlers.flows.ledger import line
from models.rules.house import HouseRules
from services import ledgers
from services.figures.naming import UnknownPlace, find_scope
from services.ledgers import EVERYTHING, Part, PartKind
from services.standing import Ledger
from texts import choice, text

_MOST_OFFERED = 30


def ledger(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help=text("cli.arg_ledger"))] = "",
    community: Annotated[str, typer.Option("--community", help=text("cli.opt_community"))] = "",
    grid: Annotated[str, typer.Option("--grid", help=text("cli.opt_grid"))] = "",
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help=text("cli.opt_ledger_xlsx"))] = None,
) -> None:
    settings = load_settings(ctx.obj)
    at, rules = Clock().now(), settings.house_rules()
    which = _which(kind.strip())
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise Unusable(text("figures.cli_not_xlsx"))
    with reading(settings) as session:
        part = _part(session, community.strip(), grid.strip())
        if xlsx is not None:
            wanted = [which] if which else list(Ledger)
            _write(xlsx, ledger_file(session, reach=EVERYTHING, part=part, which=wanted, at=at, rules=rules))
        elif which is None:
            for each, count in ledgers.counts(session, reach=EVERYTHING, part=part, at=at, rules=rules).items():
                print(text("ledger.count", name=_name(each), count=count))
        else:
            _show(session, which, part, at, rules)


def _show(session: Session, which: Ledger, part: Part | None, at: datetime, rules: HouseRules) -> None:
    count = 0
    for row in ledgers.read(session, ledger=which, reach=EVERYTHING, part=part, at=at, rules=rules):
        count += 1
        print("\n".join(map(printable, line(row, which, at=at, timezone=rules.timezone).splitlines())))
    print(text("ledger.count", name=_name(which), count=count))


def _which(said: str) -> Ledger | None:
    """By its name or the word of the program; None where nothing is said."""
    for each in Ledger:
        if said in (each.value, _name(each)):
            return each
    if not said:
        return None
    known = "、".join(f"{each.value} {_name(each)}" for each in Ledger)
    raise Unusable(text("cli.ledger_unknown", said=printable(said), known=known))


def _part(session: Session, community: str, grid: str) -> Part | None:
    if not community and not grid:
        return None
    try:
        found = find_scope(session, community=community, grid=grid).places
    except UnknownPlace as unknown:
        offers = "、".join(unknown.offers[:_MOST_OFFERED])
        if unknown.what == "several":
            raise Unusable(text("figures.cli_several", said=printable(unknown.said), offers=offers)) from None
        what = text(f"figures.head_{unknown.what}")
        raise Unusable(text("figures.cli_unknown", what=what, said=printable(unknown.said), offers=offers)) from None
    if found is None or len(found) > 1:
        raise Unusable(text("cli.ledger_several", said=printable(community)))
    ((community_id, grid_id),) = found
    return Part(PartKind.COMMUNITY, community_id) if grid_id is None else Part(PartKind.GRID, grid_id)


def _name(which: Ledger) -> str:
    return choice(f"ledger.name_{which}")[0]


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Unusable(text("export.not_written", path=str(path), why=error.strerror or "")) from None
    print(text("figures.cli_written", path=str(path)))
