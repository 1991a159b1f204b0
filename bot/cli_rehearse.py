"""``zhuoluo rehearse``: weeks of a synthetic community on a virtual clock, with the books and the audit at the end."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.database import Database, MigrationState, migrate, migration_state
from bot.errors import Unusable
from bot.json_lines import printable
from bot.rehearsal.clockwork import Happening, Stage
from bot.rehearsal.performing import Run, perform
from bot.rehearsal.scenarios import SCENARIOS, Scenario
from bot.rehearsal.telling import Teller, tell_books
from bot.settings import load_settings
from services import sample
from texts import text

NOT_CLEAN = 1
_MOST_DAYS = 400
_AUDITS = {"every": timedelta(hours=1), "daily": timedelta(days=1), "end": None}
_NO_PACE = "none"


def rehearse(
    ctx: typer.Context,
    scenario: Annotated[str, typer.Argument(help=text("rehearse.arg_scenario"))] = "",
    days: Annotated[int, typer.Option("--days", help=text("rehearse.opt_days"))] = 0,
    start: Annotated[str, typer.Option("--start", help=text("rehearse.opt_start"))] = "",
    seed: Annotated[int, typer.Option("--seed", help=text("rehearse.opt_seed"))] = 1,
    audit: Annotated[str, typer.Option("--audit", help=text("rehearse.opt_audit"))] = "every",
    speed: Annotated[str, typer.Option("--speed", help=text("rehearse.opt_speed"))] = _NO_PACE,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help=text("rehearse.opt_verbose"))] = False,
    database: Annotated[str, typer.Option("--database", help=text("rehearse.opt_database"))] = "",
) -> None:
    chosen = _scenario(scenario)
    run = Run(
        chosen,
        seed,
        _date(start) if start else chosen.starts,
        _days(days) if days else chosen.days,
        _every(audit),
        load_settings(ctx.obj).house_rules(),
    )
    pace = _pace(speed)
    began = time.monotonic()
    with _empty_database(database) as session, _bar(run, shown=not verbose) as bar:
        print(
            text(
                "rehearse.title",
                name=text(f"rehearse.name_{chosen.key.replace('-', '_')}"),
                first=run.first.isoformat(),
                days=run.days,
                seed=seed,
            )
        )
        stage = perform(session, run, listening=lambda stage: _listen(stage, verbose=verbose, bar=bar, pace=pace))
        tell_books(stage, print)
    print(text("rehearse.took", seconds=f"{time.monotonic() - began:.1f}"), file=sys.stderr)
    if stage.breaches or (stage.kept is not None and stage.kept.wrong):
        raise typer.Exit(NOT_CLEAN)


@dataclass
class _Bar:
    """Days passed, on the terminal."""

    progress: Progress
    task: Any
    run: Run

    def show(self, it: Happening) -> None:
        self.progress.update(self.task, completed=(it.at - self.run.begins) / timedelta(days=1))


def _listen(stage: Stage, *, verbose: bool, bar: _Bar, pace: float | None) -> None:
    teller = Teller(stage, print, chats=verbose)
    last = stage.now

    def hear(it: Happening) -> None:
        nonlocal last
        if pace is not None and it.at > last:
            time.sleep((it.at - last).total_seconds() / pace)
        last = max(last, it.at)
        bar.show(it)
        teller.hear(it)

    stage.hear = hear


@contextmanager
def _bar(run: Run, *, shown: bool) -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"),
               TimeElapsedColumn())  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not (shown and sys.stderr.isatty())) as progress:
        yield _Bar(progress, progress.add_task(text("rehearse.bar"), total=run.days), run)


@contextmanager
def _empty_database(url: str) -> Iterator[Session]:
    """One of its own that is thrown away, or the one that was named, if nothing is in it."""
    with tempfile.TemporaryDirectory(prefix="zhuoluo-rehearse-", ignore_cleanup_errors=True) as folder:
        address = url or f"sqlite:///{Path(folder) / 'rehearsal.db'}"
        if url and migration_state(url) not in (MigrationState.EMPTY, MigrationState.CURRENT):
            raise Unusable(text("rehearse.not_empty"))
        migrate(address)
        opened = Database.open(address)
        if not url:
            hurry(opened)
        try:
            with Session(opened.engine, expire_on_commit=False) as session:
                if not sample.is_empty(session):
                    raise Unusable(text("rehearse.not_empty"))
                yield session
        finally:
            opened.close()


def hurry(database: Database) -> None:
    """What is thrown away at the end need not reach the disk."""

    @event.listens_for(database.engine, "connect")
    def set_off(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    database.engine.dispose()


def _scenario(said: str) -> Scenario:
    if said in SCENARIOS:
        return SCENARIOS[said]
    known = [text("rehearse.known", key=key, name=text(f"rehearse.name_{key.replace('-', '_')}")) for key in SCENARIOS]
    raise Unusable(text("rehearse.which", said=printable(said), known=known))


def _date(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Unusable(text("rehearse.bad_start", said=printable(said))) from None


def _days(said: int) -> int:
    if not 1 <= said <= _MOST_DAYS:
        raise Unusable(text("rehearse.bad_days", most=_MOST_DAYS))
    return said


def _every(said: str) -> timedelta | None:
    if said not in _AUDITS:
        raise Unusable(text("rehearse.bad_audit", known="、".join(_AUDITS)))
    return _AUDITS[said]


def _pace(said: str) -> float | None:
    """Virtual seconds for each second of ours; None: as fast as it goes."""
    if said == _NO_PACE:
        return None
    try:
        pace = float(said)
    except ValueError:
        pace = 0.0
    if not 0 < pace < float("inf"):
        raise Unusable(text("rehearse.bad_speed", said=printable(said)))
    return pace
