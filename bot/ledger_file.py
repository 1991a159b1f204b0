"""A ledger (台账) as a spreadsheet: a sheet for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.export_file import Sheet, workbook
from handlers import categories
from handlers.context import House
from handlers.flows.ledger import holder
from models.rules.house import HouseRules
from services import ledgers
from services.export import Value
from services.ledgers import LedgerRow, Part, PartKind, Reach
from services.standing import Ledger
from texts import choice, text

#: Each column: its head in texts/zh_CN/ledger.toml, its width in letters, and what stands in it.
_COLUMNS: tuple[tuple[str, int, Callable[[LedgerRow], Value]], ...] = (
    ("number", 15, lambda row: row.number),
    ("community", 14, lambda row: row.community),
    ("grid", 14, lambda row: row.grid),
    ("category", 10, lambda row: categories.label(row.category)),
    ("urgent", 6, lambda row: _mark(row.urgent)),
    ("place", 28, lambda row: row.place),
    ("summary", 40, lambda row: row.summary),
    ("state", 10, lambda row: text(f"words.state_{row.state}")),
    ("light", 6, lambda row: text(f"ledger.light_{row.light}") if row.light else ""),
    ("holder", 32, holder),
    ("rung", 8, lambda row: text(f"ledger.rung_{row.rung}")),
    ("first_reported_at", 17, lambda row: row.first_reported_at),
    ("first_answer_due", 17, lambda row: row.first_answer_due),
    ("landing_due", 17, lambda row: row.landing_due),
    ("estimated", 12, lambda row: _mark(row.estimated)),
    ("raisers", 10, lambda row: row.raisers),
    ("households", 10, lambda row: row.households),
    ("people", 10, lambda row: row.people),
    ("reopenings", 10, lambda row: row.reopenings),
    ("declines", 10, lambda row: row.declines),
    ("review_at", 17, lambda row: row.review_at),
    ("reason", 14, lambda row: text(f"words.reason_{row.reason}") if row.reason else ""),
    ("words", 40, lambda row: row.words),
    ("unreached", 10, lambda row: row.unreached or None),
)


def build_ledger(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """Of the scope that the member has when it is made. ``params``: member, ledgers, part (kind, id) or None."""
    part = params["part"]
    return ledger_file(
        session,
        reach=ledgers.reach_of(session, member_id=params["member"], at=at),
        part=Part(PartKind(part[0]), part[1]) if part else None,
        which=[Ledger(name) for name in params["ledgers"]],
        at=at,
        rules=house.rules,
    )


def ledger_file(
    session: Session, *, reach: Reach, part: Part | None, which: Iterable[Ledger], at: datetime, rules: HouseRules
) -> bytes:
    heads = [text(f"ledger.col_{name}") for name, _, _ in _COLUMNS]
    widths = [width for _, width, _ in _COLUMNS]
    sheets = (
        Sheet(
            choice(f"ledger.name_{ledger}")[0],
            heads,
            _lines(ledgers.read(session, ledger=ledger, reach=reach, part=part, at=at, rules=rules)),
            widths,
        )
        for ledger in which
    )
    return workbook(sheets, timezone=rules.timezone)


def _lines(rows: Iterable[LedgerRow]) -> Iterator[Sequence[Value]]:
    for row in rows:
        yield [shown(row) for _, _, shown in _COLUMNS]


def _mark(holds: bool) -> str:
    return text("ledger.sheet_yes") if holds else ""
