"""Speed limits shared by all processes: GCRA, one row with the theoretical arrival time of the next message.

A row named after a platform spaces all its messages; a row ``platform:account`` spaces the messages to one chat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models.base import insert_rows
from models.dialect import insert_ignore
from models.notice import RateGate

#: The share of a limit that is used. Slots lie 1/(0.955 x 30) s = 34.9 ms apart, so 31 messages would have to be shaken
#: together by 47 ms before any second held more than 30; whoever misses a slot by 20 ms takes a new one.
SHARE = 0.955
#: Slots are given out this far ahead, but at least so many: what one claim can take, and a dying process waste.
AHEAD = timedelta(seconds=1)
FEWEST = 8
#: The first slot after a pause: the claim is still to be committed and the message to be rendered.
LEAD = timedelta(milliseconds=40)


@dataclass
class Slots:
    """The free slots of one gate, of which the row is locked until the transaction ends."""

    next_at: datetime
    spacing: timedelta
    left: int

    def take(self) -> datetime:
        slot = self.next_at
        self.next_at += self.spacing
        self.left -= 1
        return slot


def open_gates(session: Session, *, rates: Mapping[str, float | None], now: datetime) -> dict[str, Slots]:
    """The slots in reach of each gate that has a rate (messages per second) or is held. Locks them."""
    found = _locked(session, sorted(rates))
    missing = sorted(name for name, rate in rates.items() if rate is not None and name not in found)
    for name in missing:
        insert_ignore(session, RateGate, {"name": name, "next_at": now}, conflict=["name"])
    if missing:
        found = _locked(session, sorted(rates))
    gates = {}
    for name, next_at in found.items():
        rate = rates[name]
        if rate is not None:
            spacing, start = timedelta(seconds=1 / (rate * SHARE)), max(next_at, now + LEAD)
            gates[name] = Slots(start, spacing, (now + max(AHEAD, FEWEST * spacing) - start) // spacing + 1)
        elif next_at > now:
            gates[name] = Slots(next_at, timedelta(0), 0)
    return gates


def save_gates(session: Session, *, gates: Mapping[str, datetime]) -> None:
    """Write back what was taken; rows that are gone stay gone."""
    if gates:
        table = RateGate.__table__
        session.connection().execute(
            update(RateGate).where(table.c.name == bindparam("gate")).values(next_at=bindparam("at")),
            [{"gate": name, "at": at} for name, at in sorted(gates.items())],
        )


def reserve(session: Session, *, name: str, per_second: float, now: datetime) -> datetime:
    """One more slot, for a message that missed its own."""
    slots = open_gates(session, rates={name: per_second}, now=now)[name]
    slot = slots.take()
    save_gates(session, gates={name: slots.next_at})
    return slot


def hold(session: Session, *, until: Mapping[str, datetime]) -> None:
    """The platform asked us to wait: nothing leaves through these gates before."""
    if until:
        found = _locked(session, sorted(until))
        save_gates(session, gates={n: max(at, found[n]) for n, at in until.items() if n in found})
        insert_rows(session, RateGate, [{"name": n, "next_at": at} for n, at in until.items() if n not in found])


def chat_gate(platform: str, account_id: int) -> str:
    return f"{platform}:{account_id}"


def read_gates(session: Session, *, names: Iterable[str]) -> dict[str, datetime]:
    wanted = list(names)
    if not wanted:
        return {}
    rows = session.execute(select(RateGate.name, RateGate.next_at).where(RateGate.name.in_(wanted)))
    return {name: at for name, at in rows}  # noqa: C416 - rows are not pairs to mypy


def add_gates(session: Session, *, gates: Mapping[str, datetime]) -> None:
    insert_rows(session, RateGate, [{"name": name, "next_at": at} for name, at in gates.items()])


def _locked(session: Session, names: list[str]) -> dict[str, datetime]:
    statement = select(RateGate.name, RateGate.next_at).where(RateGate.name.in_(names)).order_by(RateGate.name)
    return {name: at for name, at in session.execute(statement.with_for_update())}  # noqa: C416
