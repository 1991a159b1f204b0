"""People, owed notices and channels for the tests of the outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row, insert_rows
from models.member import Account, Member
from models.notice import Notice, NoticeState, Policy
from services.bundles import Bundling
from services.claims import claim_due
from services.outbox import Envelope, Outcome, SendResult, record
from services.routes import Channel

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
RETRIES = [5.0, 30.0, 120.0]
CHAT = Channel("chat", text_bytes=1000)
WECHAT = Channel("wechat", window=timedelta(hours=48), window_sends=5, text_bytes=1000)
TELEGRAM = Channel("telegram", per_second=30, chat_interval=1.0, text_bytes=1000)
ALL = [CHAT, WECHAT, TELEGRAM]
#: Each notice says how many bytes it takes; what says nothing travels alone.
BUNDLING = Bundling(least=3, frame=0, room_of=lambda kind, params: params.get("size"))


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def add_person(session: Session, *platforms: str, heard_at: datetime | None = NOON, **account: Any) -> int:
    member = insert_row(session, Member, created_at=NOON)
    for n, platform in enumerate(platforms):
        heard = heard_at and heard_at - timedelta(minutes=n)
        insert_row(session, Account, member_id=member, platform=platform, external_id=f"{platform}-{member}",
                   heard_at=heard, **account)  # fmt: skip
    return member


def owe(session: Session, member: int, count: int = 1, *, at: datetime = NOON, **columns: Any) -> list[int]:
    before = session.scalar(select(Notice.id).order_by(Notice.id.desc()).limit(1)) or 0
    row = {"member_id": member, "kind": "note", "params": {}, "policy": Policy.AT_LEAST_ONCE,
           "state": NoticeState.OWED, "not_before": at, "created_at": at} | columns  # fmt: skip
    insert_rows(session, Notice, [row | {"key": f"k{before + n}"} for n in range(1, count + 1)])
    return list(session.scalars(select(Notice.id).where(Notice.id > before).order_by(Notice.id)))


def claim(session: Session, at: datetime = NOON, **given: Any) -> list[Envelope]:
    wanted: dict[str, Any] = {"limit": 100, "lease": LEASE, "platforms": ALL} | given
    return claim_due(session, now=at, **wanted)


def settle(session: Session, envelopes: list[Envelope], result: SendResult, at: datetime = NOON) -> int:
    return record(session, [(e, result) for e in envelopes], now=at, retries=RETRIES)


SENT = SendResult(Outcome.SENT)
UNSURE = SendResult(Outcome.UNSURE, "timeout")


def rows(session: Session) -> list[tuple[NoticeState, str]]:
    session.expire_all()
    return [(n.state, n.reason) for n in session.scalars(select(Notice).order_by(Notice.id))]


def only(session: Session) -> Notice:
    session.expire_all()
    return session.scalars(select(Notice)).one()
