"""What is due costs what is due, not what is stored; and a page takes as many queries for many lines as for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bench.speed.crowd import BASE
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, tell, tell_ratio
from bench.speed.scale import Town, town
from models.guards import with_guards, without_guards
from services import queries, timetable
from services.claims import claim_due
from services.routes import Channel

_DUE = 500
_AT = datetime(2025, 3, 1, 4, tzinfo=UTC)
_LATER = _AT + timedelta(days=1)


def run_sweeps(long: bool) -> None:
    sizes = (10_000, 100_000, 1_000_000) if long else (10_000, 100_000)
    for kind in kinds():
        heading(f"sweeps, {kind}: {_DUE} due among {', '.join(f'{n:,}' for n in sizes)} stored, {ROUNDS} rounds")
        with ExitStack() as stack:
            towns = [stack.enter_context(town(kind, size)) for size in sizes]
            for place in towns:
                _make_due(place)
            for what, sweep in (("claim of due notices", _claim), ("due acts of the timetable", _acts)):
                figures = interleaved(ROUNDS, *(_timed(place, sweep) for place in towns))
                for size, found in zip(sizes, figures, strict=True):
                    tell(f"{what}, {size:,} stored", found, "ms", digits=2)
                tell_ratio(f"growth, {sizes[0]:,} to {sizes[-1]:,}", ratios(figures[-1], figures[0]), most=1.3)
            few, many = (_queries(towns[0], limit) for limit in (1, 20))
            print(f"  queries of a list of own issues: {few} for 1 line, {many} for 20")


def _make_due(place: Town) -> None:
    """500 members have an owed notice each, and 500 acts are due."""
    with place.database.engine.begin() as connection:
        without_guards(connection)  # most of the stored issues are closed
        owed = "UPDATE notices SET state = 'owed', settled_at = NULL WHERE id > :base AND id <= :last"
        connection.execute(text(owed), {"base": BASE, "last": BASE + _DUE})
        stored = connection.execute(text("SELECT count(*) FROM notices")).scalar_one()
        connection.execute(
            text(
                "INSERT INTO due (kind, subject, slot, due_at, done_at, attempts, last_error) "
                "SELECT 'close_issue', 'i' || id, 's', '2025-03-01 04:00:00.000000', "
                f"CASE WHEN id <= {BASE + _DUE} THEN NULL ELSE settled_at END, 0, '' FROM notices WHERE id > {BASE}"
            )
        )
        assert stored > _DUE
        with_guards(connection)


def _timed(place: Town, sweep: Callable[[Session], int]) -> Callable[[], float]:
    def measured() -> float:
        with Session(place.database.engine) as session:
            began = time.perf_counter()
            found = sweep(session)
            taken = (time.perf_counter() - began) * 1e3
            session.rollback()
        if found != _DUE:
            raise RuntimeError(f"{found} instead of {_DUE} were due")
        return taken

    return measured


def _claim(session: Session) -> int:
    lease = timedelta(seconds=60)
    return len(claim_due(session, now=_LATER, limit=1_000, lease=lease, platforms=[Channel("telegram")]))


def _acts(session: Session) -> int:
    return len(timetable.waiting(session, kinds={"close_issue"}, now=_LATER, limit=1_000))


def _queries(place: Town, limit: int) -> int:
    seen = 0

    def note(*_: object) -> None:
        nonlocal seen
        seen += 1

    with Session(place.database.engine) as session:
        event.listen(place.database.engine, "before_cursor_execute", note)
        queries.own_issues(session, member_id=BASE + 1, limit=limit)
        event.remove(place.database.engine, "before_cursor_execute", note)
    return seen
