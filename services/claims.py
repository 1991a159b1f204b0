"""Claiming: which owed notices may leave now, and by which account. The first of the outbox's three steps."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, case, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from models.conversation import Conversation
from models.media import Media, MediaState
from models.notice import Notice, NoticeState, Policy
from services import rates
from services.bundles import COLUMNS, Bundling, lines, together
from services.outbox import IN_DOUBT, Envelope, OwnNotice
from services.routes import Channel, Route, choose, may_act, routes_of

_PHOTO_PATIENCE = timedelta(minutes=10)  # then a notice leaves without the photos that are still to be fetched
_PHOTO_PAUSE = timedelta(seconds=3)

# The words of the partial indexes, so that both databases see that they fit.
_LINE = text("notices.state IN ('owed','sending')")
_LINE_AHEAD = text("ahead.state IN ('owed','sending')")


@dataclass
class _Sorting:
    """What one claim decided: to leave now, to leave later (by id), to park (members by reason), to give up."""

    leaving: list[Envelope] = field(default_factory=list)
    later: dict[int, datetime] = field(default_factory=dict)
    parked: dict[str, list[int]] = field(default_factory=dict)
    given_up: list[int] = field(default_factory=list)
    new_gates: dict[str, datetime] = field(default_factory=dict)


def claim_due(
    session: Session,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    platforms: Sequence[Channel],
    room: Mapping[str, int] | None = None,
    with_options: frozenset[str] = frozenset(),
    bundling: Bundling | None = None,
) -> list[Envelope]:
    """Lease up to ``limit`` due notices, each the oldest of its member. Two processes never get the same one.

    ``room``: how many more a platform takes now. ``with_options``: kinds that end in a choice. ``bundling``: when what
    is behind the oldest leaves with it. A notice that no account can take is parked; one that only another process can
    send stays owed. The number of statements is fixed.
    """
    gates = rates.open_gates(session, rates={c.name: c.per_second for c in platforms}, now=now)
    left = {c.name: min(limit if room is None else room.get(c.name, limit), limit) for c in platforms}
    left |= {name: min(left[name], slots.left) for name, slots in gates.items()}
    heads = _heads(session, now=now, limit=limit, platforms=platforms, left=left)
    if not heads:
        return []
    token, until = secrets.token_hex(8), now + lease
    routes = routes_of(session, members=[head.member_id for head in heads])
    channels = {c.name: c for c in platforms}
    chosen = {h.id: choose(routes[h.member_id], channels=channels, now=now) for h in heads}
    chats = _chat_gates(session, (route for route, _ in chosen.values() if route), channels)
    behind = lines(session, heads=heads, bundling=bundling) if bundling else {}
    photos = _photos(session, [*heads, *chain.from_iterable(behind.values())])
    sorting = _Sorting()
    for head in heads:
        route, reason = chosen[head.id]
        if _given_up(head):
            sorting.given_up.append(head.id)
        elif route is None:
            if all(r.platform in channels or r.blocked for r in routes[head.member_id]):
                sorting.parked.setdefault(reason, []).append(head.member_id)
        elif _fetching(head, photos, now):
            sorting.later[head.id] = now + _PHOTO_PAUSE
        elif (free_at := chats.get(rates.chat_gate(route.platform, route.account_id), now)) > now:
            sorting.later[head.id] = free_at
        elif left[route.platform] > 0:
            left[route.platform] -= 1
            channel = channels[route.platform]
            slots = gates.get(route.platform)
            gate = rates.chat_gate(route.platform, route.account_id)
            if channel.chat_interval and gate not in chats:
                sorting.new_gates[gate] = now + timedelta(seconds=channel.chat_interval)
            leaving: Sequence[Any] = ()
            if bundling and head.member_id in behind:
                leaving = together(
                    behind[head.member_id],
                    room=channel.text_bytes,
                    bundling=bundling,
                    may_leave=lambda row: (
                        row.not_before <= now and not _given_up(row) and not _fetching(row, photos, now)
                    ),
                )
            first, *more = (_own(row, photos) for row in leaving or [head])
            sorting.leaving.append(
                Envelope(
                    notice_id=first.id,
                    member_id=head.member_id,
                    account_id=route.account_id,
                    channel=channel,
                    to=route.to,
                    kind=first.kind,
                    params=first.params,
                    repeat=first.repeat,
                    numbered=False,
                    send_at=slots.take() if slots else None,
                    lease=token,
                    lease_until=until,
                    more=tuple(more),
                )
            )
    _write(session, sorting, now=now, token=token, until=until)
    rates.add_gates(session, gates=sorting.new_gates)
    taken = {e.channel.name for e in sorting.leaving}
    rates.save_gates(session, gates={name: slots.next_at for name, slots in gates.items() if name in taken})
    return _offer(session, sorting.leaving, with_options)


def _heads(
    session: Session, *, now: datetime, limit: int, platforms: Sequence[Channel], left: Mapping[str, int]
) -> Sequence[Any]:
    """The due heads of lines that this process can do something about, locked; not those another process looks at."""
    ahead = aliased(Notice, name="ahead")
    head = (
        select(ahead.id).where(ahead.member_id == Notice.member_id, _LINE_AHEAD).order_by(ahead.id).limit(1)
    ).scalar_subquery()
    ready = [c for c in platforms if left[c.name] > 0]
    waiting = [c for c in platforms if left[c.name] <= 0]
    return session.execute(
        select(*COLUMNS)
        .where(_LINE, Notice.not_before <= now, Notice.id == head, may_act(now, ready=ready, waiting=waiting))
        .order_by(Notice.not_before)  # nothing more: the index has this order, so that the limit ends the search
        .limit(limit)
        .with_for_update(of=Notice, skip_locked=True)
    ).all()


def _chat_gates(session: Session, routes: Iterable[Route], channels: Mapping[str, Channel]) -> dict[str, datetime]:
    spaced = [r for r in routes if channels[r.platform].chat_interval]
    return rates.read_gates(session, names=[rates.chat_gate(r.platform, r.account_id) for r in spaced])


def _photos(session: Session, notices: Iterable[Any]) -> dict[str, MediaState]:
    wanted = {photo for notice in notices for photo in notice.params.get("photos", ())}
    if not wanted:
        return {}
    rows = session.execute(select(Media.public_id, Media.state).where(Media.public_id.in_(wanted)))
    return {photo: state for photo, state in rows}  # noqa: C416 - rows are not pairs to mypy


def _fetching(notice: Any, photos: Mapping[str, MediaState], now: datetime) -> bool:
    """One of its photos still waits on a platform, and it is too early to go without."""
    young = now - notice.created_at < _PHOTO_PATIENCE
    return young and any(photos.get(p) == MediaState.OWED for p in notice.params.get("photos", ()))


def _in_doubt(notice: Any) -> bool:
    return bool(notice.in_doubt or notice.state == NoticeState.SENDING)


def _given_up(notice: Any) -> bool:
    return _in_doubt(notice) and notice.policy == Policy.AT_MOST_ONCE


def _own(notice: Any, photos: Mapping[str, MediaState]) -> OwnNotice:
    """With the photos that are there."""
    params = notice.params
    if "photos" in params:
        params = {**params, "photos": [p for p in params["photos"] if photos.get(p) == MediaState.STORED]}
    return OwnNotice(notice.id, notice.kind, params, _in_doubt(notice))


def _write(session: Session, sorting: _Sorting, *, now: datetime, token: str, until: datetime) -> None:
    connection = session.connection()
    if sorting.leaving:
        again = Notice.state == NoticeState.SENDING
        connection.execute(
            update(Notice)
            .where(Notice.id.in_([n.id for e in sorting.leaving for n in e.notices]))
            .values(
                state=NoticeState.SENDING,
                not_before=until,
                lease=token,
                # A claim after a lost lease is the same try: nobody knows how it ended.
                attempts=Notice.attempts + case((again, 0), else_=1),
                in_doubt=or_(Notice.in_doubt, again),
            )
        )
    if sorting.later:
        connection.execute(
            update(Notice).where(Notice.__table__.c.id == bindparam("notice")).values(not_before=bindparam("at")),
            [{"notice": notice, "at": at} for notice, at in sorted(sorting.later.items())],
        )
    if sorting.parked:
        members = {member: reason for reason, found in sorting.parked.items() for member in found}
        connection.execute(
            update(Notice)
            .where(_LINE, Notice.member_id.in_(members), Notice.not_before <= now)
            .values(
                state=NoticeState.PARKED,
                in_doubt=or_(Notice.in_doubt, Notice.state == NoticeState.SENDING),
                lease=None,
                reason=case(*((Notice.member_id.in_(m), r) for r, m in sorting.parked.items()), else_=""),
            )
        )
    if sorting.given_up:
        connection.execute(
            update(Notice)
            .where(Notice.id.in_(sorting.given_up))
            .values(state=NoticeState.FAILED, reason=IN_DOUBT, in_doubt=True, lease=None, settled_at=now)
        )


def _offer(session: Session, leaving: list[Envelope], with_options: frozenset[str]) -> list[Envelope]:
    """Where nothing else is asked, the notice's options may be answered by number. Somebody who is writing right now
    (the row is locked) answers by name instead."""
    asking = {e.account_id: n.id for e in leaving for n in e.notices if n.kind in with_options}  # the last of them
    if not asking:
        return leaving
    rows = session.execute(
        select(Conversation.account_id, Conversation.frames)
        .where(Conversation.account_id.in_(asking))
        .with_for_update(skip_locked=True)
    )
    idle = {account for account, frames in rows if not frames}
    if idle:
        session.connection().execute(
            update(Conversation)
            .where(Conversation.__table__.c.account_id == bindparam("account"))
            .values(offered=bindparam("notice")),
            [{"account": account, "notice": {"notice": asking[account]}} for account in sorted(idle)],
        )
    return [replace(e, numbered=True) if e.account_id in idle and e.account_id in asking else e for e in leaving]


def next_moment(session: Session, *, after: datetime) -> datetime | None:
    """When something may become due next, not counting what is due already."""
    return session.scalar(
        select(Notice.not_before).where(_LINE, Notice.not_before > after).order_by(Notice.not_before).limit(1)
    )
