"""The outbox: owed notices on their way, and what became of them.

A notice leaves in three steps, and no transaction is open during the second: :func:`services.claims.claim_due` leases
the head of each recipient's line, the platform sends, :func:`record` writes the outcome. A process that dies in between
leaves a lease that runs out; whoever claims the notice then marks it as a possible repeat (补发).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, bindparam, case, func, select, text, update
from sqlalchemy.orm import Session

from models.member import Account
from models.notice import Notice, NoticeState
from services import rates
from services.bundles import REFUSED_TOGETHER
from services.routes import Channel


class Outcome(StrEnum):
    SENT = "sent"
    CLOSED = "closed"  # the platform does not let us write first now; the person must write
    BLOCKED = "blocked"  # this person no longer wants to hear from us on this channel
    LATER = "later"  # certainly not delivered; try again
    UNSURE = "unsure"  # may have been delivered: cut, timed out, 5xx
    IMPOSSIBLE = "impossible"  # this message will never go through


@dataclass(frozen=True)
class SendResult:
    """``retry_after``: seconds the platform asked us to wait, for this chat, or for all with ``whole_platform``."""

    outcome: Outcome
    reason: str = ""
    retry_after: float | None = None
    whole_platform: bool = False


@dataclass(frozen=True)
class OwnNotice:
    """A notice as its own member may see it. ``repeat``: it may have arrived before."""

    id: int
    kind: str
    params: Mapping[str, Any]
    repeat: bool


@dataclass(frozen=True)
class Envelope:
    """A leased notice on its way to one account. ``send_at``: its slot in the platform's rate, if that has one.

    ``repeat``: it may have arrived before. ``numbered``: typing 1, 2, 3 will be understood as pressing its buttons.
    ``more``: what leaves in the same message, after it; all of them meet with the same outcome.
    """

    notice_id: int
    member_id: int
    account_id: int
    channel: Channel
    to: str
    kind: str
    params: Mapping[str, Any]
    repeat: bool
    numbered: bool
    send_at: datetime | None
    lease: str
    lease_until: datetime
    more: tuple[OwnNotice, ...] = ()

    @property
    def notices(self) -> tuple[OwnNotice, ...]:
        return OwnNotice(self.notice_id, self.kind, self.params, self.repeat), *self.more


IN_DOUBT = "in_doubt"
RETRIES_USED_UP = "retries_used_up"

_PLATFORM_PAUSE = timedelta(seconds=30)  # where a platform takes nothing and does not say for how long
_AFTER_REPLY = timedelta(seconds=2)  # what did not fit into a reply follows it

# The words of the partial indexes, so that both databases see that they fit.
_LINE = text("notices.state IN ('owed','sending')")
_PARKED = text("notices.state = 'parked'")


def record(
    session: Session,
    results: Sequence[tuple[Envelope, SendResult]],
    *,
    now: datetime,
    retries: Sequence[float],
) -> int:
    """Write what became of leased notices; ``retries`` are the growing pauses in seconds. Returns how many it wrote.

    A result for a lease that somebody else took over changes nothing. Nothing is dropped: what cannot be delivered is
    failed with its reason and stands before the administrator (:func:`failed_notices`).
    """
    held = {
        notice: (lease, attempts)
        for notice, lease, attempts in session.execute(
            select(Notice.id, Notice.lease, Notice.attempts)
            .where(Notice.id.in_([n.id for e, _ in results for n in e.notices]), Notice.state == NoticeState.SENDING)
            .order_by(Notice.id)
            .with_for_update()
        )
    }
    ours, rows, again = [], [], []
    for envelope, result in results:
        mine = [n for n in envelope.notices if n.id in held and held[n.id][0] == envelope.lease]
        if mine:
            verdicts = [_verdict(envelope, n, result, held[n.id][1], now=now, retries=retries) for n in mine]
            ours.append((envelope, result))
            rows += [
                {"notice": n.id, **{f"new_{name}": row[name] for name in _VERDICT}}
                for n, row in zip(mine, verdicts, strict=True)
            ]
            again.append(max(row["not_before"] for row in verdicts))
    if not ours:
        return 0
    session.connection().execute(
        update(Notice)
        .where(Notice.__table__.c.id == bindparam("notice"))
        .values({name: bindparam(f"new_{name}") for name in _VERDICT}),
        rows,
    )
    _record_accounts(session, ours, now)
    _record_pauses(session, ours, again, now)
    return len(rows)


_VERDICT = ("state", "reason", "account_id", "attempts", "in_doubt", "lease", "not_before", "settled_at")


def _verdict(
    envelope: Envelope,
    notice: OwnNotice,
    result: SendResult,
    attempts: int,
    *,
    now: datetime,
    retries: Sequence[float],
) -> dict[str, Any]:
    """The row after this outcome. What is not this notice's fault (a pause the platform asked for, a closed channel,
    a platform that takes nothing, others in the same message) does not count as an attempt."""
    row: dict[str, Any] = dict.fromkeys(_VERDICT)
    row |= {"state": NoticeState.OWED, "reason": result.reason, "attempts": attempts, "not_before": now}
    row["in_doubt"] = notice.repeat
    match result.outcome:
        case Outcome.SENT:
            row |= {"state": NoticeState.SENT, "account_id": envelope.account_id, "settled_at": now}
        case Outcome.CLOSED | Outcome.BLOCKED:
            row["attempts"] = attempts - 1
        case Outcome.IMPOSSIBLE if envelope.more:
            row |= {"attempts": attempts - 1, "reason": REFUSED_TOGETHER}
        case Outcome.IMPOSSIBLE:
            row |= {"state": NoticeState.FAILED, "settled_at": now}
        case Outcome.LATER if result.retry_after is not None or result.whole_platform:
            row |= {"attempts": attempts - 1, "not_before": now + _asked_pause(result)}
        case Outcome.LATER | Outcome.UNSURE:
            row["in_doubt"] = notice.repeat or result.outcome is Outcome.UNSURE
            if attempts > len(retries):
                row |= {"state": NoticeState.FAILED, "settled_at": now}
                row["reason"] = f"{RETRIES_USED_UP}: {result.reason or result.outcome}"
            else:
                row["not_before"] = now + timedelta(seconds=max(retries[attempts - 1], result.retry_after or 0.0))
    return row


def _asked_pause(result: SendResult) -> timedelta:
    return _PLATFORM_PAUSE if result.retry_after is None else timedelta(seconds=result.retry_after)


def _record_accounts(session: Session, ours: Sequence[tuple[Envelope, SendResult]], now: datetime) -> None:
    """What we learnt of each account: one message less in its window, its window closed, or no longer wanted."""
    changes: dict[int, dict[str, Any]] = {}
    for envelope, result in ours:
        channel, account = envelope.channel, envelope.account_id
        if result.outcome is Outcome.SENT and channel.window is not None:
            changes[account] = {"more": 1, "least": 0, "since": None}
        elif result.outcome is Outcome.CLOSED:
            changes[account] = {"more": 0, "least": channel.sends_until_closed, "since": None}
        elif result.outcome is Outcome.BLOCKED:
            changes[account] = {"more": 0, "least": 0, "since": now}
    if changes:
        columns = Account.__table__.c
        sends = columns.window_sends + bindparam("more", type_=Integer)
        least = bindparam("least", type_=Integer)
        session.connection().execute(
            update(Account)
            .where(columns.id == bindparam("account"))
            .values(
                window_sends=case((sends < least, least), else_=sends),
                blocked_at=func.coalesce(bindparam("since", type_=columns.blocked_at.type), columns.blocked_at),
            ),
            [{"account": account, **changes[account]} for account in sorted(changes)],
        )


def _record_pauses(
    session: Session, ours: Sequence[tuple[Envelope, SendResult]], again: Sequence[datetime], now: datetime
) -> None:
    """The rest of a line waits with its head, and for the interval of one chat; everything for a platform's gate.

    ``again``: when each of ``ours`` may be tried again.
    """
    behind: dict[int, datetime] = {}
    chats: dict[str, datetime] = {}
    platforms: dict[str, datetime] = {}
    for (envelope, result), at in zip(ours, again, strict=True):
        channel = envelope.channel
        if at > now:
            behind[envelope.member_id] = at
        if channel.chat_interval and result.outcome in (Outcome.SENT, Outcome.UNSURE):
            free_at = now + timedelta(seconds=channel.chat_interval)
            chats[rates.chat_gate(channel.name, envelope.account_id)] = free_at
            behind.setdefault(envelope.member_id, free_at)
        if result.whole_platform:
            until = now + _asked_pause(result)
            platforms[channel.name] = max(until, platforms.get(channel.name, until))
    if behind:
        columns = Notice.__table__.c
        session.connection().execute(
            update(Notice)
            .where(_LINE, columns.member_id == bindparam("member"), columns.not_before < bindparam("at"))
            .values(not_before=bindparam("at")),
            [{"member": member, "at": at} for member, at in sorted(behind.items())],
        )
    rates.save_gates(session, gates=chats)
    rates.hold(session, until=platforms)


def take_parked(session: Session, *, member_id: int, account_id: int, limit: int, at: datetime) -> list[OwnNotice]:
    """What waited for this person to write, oldest first, to be shown with the reply now being written: it counts as
    shown. What is beyond ``limit`` follows the reply by the outbox, before anything younger."""
    parked = session.execute(
        select(Notice.id, Notice.kind, Notice.params, Notice.in_doubt)
        .where(_PARKED, Notice.member_id == member_id)
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    shown, rest = parked[:limit], parked[limit:]
    connection = session.connection()
    if shown:
        connection.execute(
            update(Notice)
            .where(Notice.id.in_([row.id for row in shown]))
            .values(state=NoticeState.SHOWN, settled_at=at, account_id=account_id)
        )
    if rest:
        connection.execute(
            update(Notice)
            .where(Notice.id.in_([row.id for row in rest]))
            .values(state=NoticeState.OWED, reason="", not_before=at + _AFTER_REPLY)
        )
    return [OwnNotice(*row) for row in shown]


def notice_for(session: Session, *, notice_id: int, member_id: int) -> OwnNotice | None:
    """A notice by its number, for the member it was written to and nobody else."""
    row = session.execute(
        select(Notice.id, Notice.kind, Notice.params, Notice.in_doubt).where(
            Notice.id == notice_id, Notice.member_id == member_id
        )
    ).one_or_none()
    return OwnNotice(*row) if row else None


def failed_notices(session: Session, *, limit: int = 100) -> Sequence[Notice]:
    """What was given up and needs a person: the latest first."""
    return session.scalars(
        select(Notice).where(Notice.state == NoticeState.FAILED).order_by(Notice.id.desc()).limit(limit)
    ).all()
