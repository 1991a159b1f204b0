"""By which of a person's accounts we may write first, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select
from sqlalchemy.orm import Session

from models.member import Account
from models.notice import Notice

#: Stands in ``accounts.window_sends`` where a platform without a window said that it is closed until the person writes.
SHUT = 1_000_000


@dataclass(frozen=True)
class Channel:
    """A platform that this process serves, as far as writing first goes.

    ``per_second``: over all chats (None: no limit); ``chat_interval``: seconds between two to one chat.
    ``window``: how long after a person's last event we may write, ``window_sends`` times (None: always).
    ``text_bytes``: what one message certainly takes (0: notices are never put together here).
    """

    name: str
    per_second: float | None = None
    chat_interval: float = 0.0
    window: timedelta | None = None
    window_sends: int = 0
    text_bytes: int = 0

    @property
    def sends_until_closed(self) -> int:
        return SHUT if self.window is None else self.window_sends

    def open_in_sql(self, now: datetime) -> ColumnElement[bool]:
        conditions = [Account.platform == self.name, Account.window_sends < self.sends_until_closed]
        if self.window is not None:
            conditions.append(Account.heard_at > now - self.window)
        return and_(*conditions)

    def open_for(self, route: Route, now: datetime) -> bool:
        in_time = self.window is None or (route.heard_at is not None and route.heard_at > now - self.window)
        return in_time and route.window_sends < self.sends_until_closed


@dataclass(frozen=True)
class Route:
    """One account of a member."""

    account_id: int
    member_id: int
    platform: str
    to: str
    blocked: bool
    heard_at: datetime | None
    window_sends: int


def may_act(now: datetime, *, ready: Iterable[Channel], waiting: Iterable[Channel]) -> ColumnElement[bool]:
    """Of a notice: this process can do something about it: send it (an account on a ready channel), or park it (no
    account is open anywhere). False where only a channel that waits, or one of another process, may take it."""
    ready, waiting = list(ready), list(waiting)
    served = [c.name for c in (*ready, *waiting)]
    now_open = or_(Account.id < 0, *(c.open_in_sql(now) for c in ready))
    elsewhere = or_(Account.platform.not_in(served), *(c.open_in_sql(now) for c in waiting))
    best: ScalarSelect[int | None] = (
        select(func.max(case((now_open, 2), else_=1)))
        .where(Account.member_id == Notice.member_id, Account.blocked_at.is_(None), or_(now_open, elsewhere))
        .scalar_subquery()
    )
    return func.coalesce(best, 2) == 2


def routes_of(session: Session, *, members: Sequence[int]) -> dict[int, list[Route]]:
    """Every account of each member, the most recently heard first."""
    found: dict[int, list[Route]] = {member: [] for member in members}
    if members:
        for row in session.execute(
            select(
                Account.id,
                Account.member_id,
                Account.platform,
                Account.external_id,
                Account.blocked_at,
                Account.heard_at,
                Account.window_sends,
            ).where(Account.member_id.in_(members))
        ):
            route = Route(row[0], row[1], row[2], row[3], row[4] is not None, row[5], row[6])
            found[route.member_id].append(route)
    for routes in found.values():
        routes.sort(key=lambda r: (r.heard_at is not None and r.heard_at.timestamp(), r.account_id), reverse=True)
    return found


def choose(routes: Sequence[Route], *, channels: dict[str, Channel], now: datetime) -> tuple[Route | None, str]:
    """The account to write to, or the reason why the notice is parked: window_closed, blocked or no_account."""
    willing = [r for r in routes if not r.blocked]
    for route in willing:
        channel = channels.get(route.platform)
        if channel is not None and channel.open_for(route, now):
            return route, ""
    if willing:
        return None, "window_closed"
    return None, "blocked" if routes else "no_account"
