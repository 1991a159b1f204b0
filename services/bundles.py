"""Which of a person's waiting notices leave together, as one message (at seven in the morning, after an outage)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.notice import Notice

MOST = 20  # of one message; more nobody reads at once

#: Why a notice is in the line again: the platform refused the message it was in, so each goes alone now.
REFUSED_TOGETHER = "refused together"

#: What a claim asks of a notice.
COLUMNS = (
    Notice.id, Notice.member_id, Notice.kind, Notice.params, Notice.policy, Notice.state, Notice.in_doubt,
    Notice.reason, Notice.not_before, Notice.created_at,
)  # fmt: skip

_LINE = text("notices.state IN ('owed','sending')")  # the words of the partial index


@dataclass(frozen=True)
class Bundling:
    """``least``: from so many notices on that may leave now. ``room_of``: the bytes that one takes at most, by its kind
    and params; None: it travels alone. ``frame``: the bytes of what stands around them.
    """

    least: int
    frame: int
    room_of: Callable[[str, Mapping[str, Any]], int | None]

    def room_for(self, notice: Any) -> int | None:
        """None: it leaves alone."""
        return None if notice.reason == REFUSED_TOGETHER else self.room_of(notice.kind, notice.params)


def lines(session: Session, *, heads: Iterable[Any], bundling: Bundling) -> dict[int, list[Any]]:
    """The lines behind the heads that may be put together, each from its head on, by member."""
    found: dict[int, list[Any]] = {head.member_id: [] for head in heads if bundling.room_for(head) is not None}
    if not found:
        return {}
    first = {head.member_id: head.id for head in heads}
    place = func.row_number().over(partition_by=Notice.member_id, order_by=Notice.id).label("place")
    placed = select(Notice.id, place).where(_LINE, Notice.member_id.in_(found)).subquery()
    foremost = select(placed.c.id).where(placed.c.place <= MOST)
    rows = select(*COLUMNS).where(_LINE, Notice.id.in_(foremost)).order_by(Notice.id)
    for row in session.execute(rows.with_for_update(of=Notice)):
        if row.id >= first[row.member_id]:
            found[row.member_id].append(row)
    return found


def together(line: Sequence[Any], *, room: int, bundling: Bundling, may_leave: Callable[[Any], bool]) -> Sequence[Any]:
    """What leaves with the head of the line, the head included; nothing where it leaves alone.

    The order is kept: who may not leave now holds up whoever is behind. ``room``: the bytes of one message; what does
    not fit follows.
    """
    waiting, taken, left = 0, [], room - bundling.frame
    for row in line:
        size = bundling.room_for(row) if may_leave(row) else None
        if size is None:
            break
        waiting += 1
        left -= size
        if left >= 0:
            taken.append(row)
    return taken if waiting >= bundling.least and len(taken) > 1 else ()
