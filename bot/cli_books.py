"""``zhuoluo audit`` and ``export``: what is on the books."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.clock import Clock
from bot.errors import Unusable
from bot.export_file import write_table
from bot.session import reading
from bot.settings import load_settings
from services.audit import audit
from services.export import TABLES
from texts import text

NOT_CLEAN = 1


def audit_books(ctx: typer.Context) -> None:
    settings = load_settings(ctx.obj)
    with reading(settings) as session:
        breaches = audit(session, at=Clock().now(), rules=settings.house_rules())
    for breach in breaches:
        print(text("cli.breach", invariant=breach.invariant, subject=breach.subject, what=text(f"audit.{breach.what}")))
    if breaches:
        print(text("cli.breaches", count=len(breaches)))
        raise typer.Exit(NOT_CLEAN)
    print(text("cli.clean"))


def export(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(help=text("cli.arg_table"))],
    file: Annotated[Path, typer.Argument(help=text("cli.arg_out"))],
) -> None:
    settings = load_settings(ctx.obj)
    if table not in TABLES:
        raise Unusable(text("cli.table_unknown", table=table))
    with reading(settings) as session:
        count = write_table(file, TABLES[table](session), timezone=settings.community.timezone)
    print(text("cli.exported", count=count, path=str(file)))
