"""The edge where an event becomes a stored answer: one event, one transaction, whatever the platform."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.errors import Busy
from bot.platforms.base import Answer
from bot.transactions import Transactions
from handlers import dispatcher
from handlers.context import House
from handlers.dispatcher import Received
from handlers.messages import SILENCE, Incoming, Outgoing
from models.conversation import Inbound
from models.dialect import insert_ignore
from models.member import Account
from models.rules.house import HouseRules
from services import notices
from texts import text

log = logging.getLogger(__name__)

_ON_THE_WAY = 0.5  # seconds kept for the commit and the network
_REMEMBERED = 4096  # events answered in time, of those whose platform does not wait for ever

#: Told of each answer: platform, outcome ("answered", "repeated", "late", "broken", "busy"), seconds it took.
Observer = Callable[[str, str, float], None]


class Receive(Protocol):
    def __call__(self, session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received: ...


class Inbox:
    """Answers events; what :data:`bot.platforms.base.Answerer` promises."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        house: House,
        *,
        receive: Receive = dispatcher.receive,
        on_answer: Observer = lambda platform, outcome, seconds: None,
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._house = house
        self._receive = receive
        self._on_answer = on_answer
        self._at_work: set[asyncio.Task[Received]] = set()
        self._in_time: OrderedDict[int, float] = OrderedDict()  # inbound id: when the try arrived that was answered

    async def answer(self, incoming: Incoming, *, answer_within: float | None = None) -> Answer:
        """``answer_within``: seconds the platform waits. An answer ready later leaves through the outbox.

        Raises Busy when the event is not stored, or not yet: to acknowledge what is not stored might lose it. The work
        goes on, and the platform's next try finds its answer.
        """
        arrived = self._clock.monotonic()
        patience = None if answer_within is None else answer_within - _ON_THE_WAY
        work = asyncio.create_task(self._store(clean(incoming), arrived, patience))
        self._at_work.add(work)
        work.add_done_callback(self._at_work.discard)
        outcome = "busy"
        try:
            if answer_within is None:
                received = await asyncio.shield(work)
            else:
                received = await self._clock.wait_for(work, answer_within)
            outcome = _outcome(received)
        except TimeoutError:
            work.add_done_callback(partial(self._nobody_waited, arrived))
            raise Busy("not stored in time") from None
        finally:
            self._on_answer(incoming.platform, outcome, self._clock.monotonic() - arrived)
        outgoing = SILENCE if received.late else received.outgoing
        return Answer(outgoing, late=received.late, repeated=received.repeated)

    async def close(self) -> None:
        """Waits for what nobody waits for any more."""
        while self._at_work:
            await asyncio.wait(set(self._at_work))

    async def _store(self, incoming: Incoming, arrived: float, patience: float | None) -> Received:
        at = self._clock.now()

        def work(session: Session) -> Received:
            received = self._receive(session, incoming, at=at, house=self._house)
            if patience is None or received.late:
                return received
            if self._clock.monotonic() - arrived > patience:
                return self._owe_late(session, received, arrived, at=at)
            self._note_in_time(received.inbound_id, arrived)
            return received

        try:
            return await self._transactions.run(work)
        except Busy:
            raise
        except Exception as error:
            _log_bug(incoming, error)
            return await self._transactions.run(lambda session: _keep_broken(session, incoming, at=at))

    def _note_in_time(self, inbound_id: int, arrived: float) -> None:
        self._in_time[inbound_id] = arrived
        if len(self._in_time) > _REMEMBERED:
            self._in_time.popitem(last=False)

    def _owe_late(self, session: Session, received: Received, arrived: float, *, at: datetime) -> Received:
        """Not when the platform has asked again since ``arrived`` and gets the answer there: nobody reads it twice."""
        if self._in_time.get(received.inbound_id, arrived) > arrived:
            return received
        return _owe_late(session, received, at=at, rules=self._house.rules)

    def _nobody_waited(self, arrived: float, work: asyncio.Task[Received]) -> None:
        """The answer was ready just in time by its own measure, but the commit was not."""
        if work.cancelled() or work.exception() is not None or work.result().late:
            return
        received, at = work.result(), self._clock.now()
        follow_up = asyncio.create_task(
            self._transactions.run(lambda session: self._owe_late(session, received, arrived, at=at)), name="late reply"
        )
        self._at_work.add(follow_up)
        follow_up.add_done_callback(self._at_work.discard)
        follow_up.add_done_callback(_log_lost)


def clean(incoming: Incoming) -> Incoming:
    """Without characters that no database takes: NUL, and halves of surrogate pairs."""

    def storable(words: str) -> str:
        return words.replace("\0", "").encode("utf-8", "replace").decode()

    return replace(
        incoming,
        event_key=storable(incoming.event_key),
        sender=storable(incoming.sender),
        text=storable(incoming.text),
        press=storable(incoming.press),
        raw=storable(incoming.raw),
    )


def event_hash(incoming: Incoming) -> str:
    """Names an event in a log without telling whose it is."""
    return hashlib.sha256(f"{incoming.platform}:{incoming.event_key}".encode()).hexdigest()[:12]


def _outcome(received: Received) -> str:
    return "late" if received.late else "repeated" if received.repeated else "answered"


def _owe_late(session: Session, received: Received, *, at: datetime, rules: HouseRules) -> Received:
    """Once for each event, however often it came. An answer that says nothing is never late."""
    if received.outgoing.empty:
        return received
    marked = session.connection().execute(
        update(Inbound).where(Inbound.id == received.inbound_id, Inbound.late.is_(False)).values(late=True)
    )
    member = session.scalar(
        select(Account.member_id)
        .join(Inbound, Inbound.account_id == Account.id)
        .where(Inbound.id == received.inbound_id)
    )
    if marked.rowcount and member is not None:
        notices.owe(
            session,
            members=[member],
            kind="late_reply",
            params={"outgoing": received.outgoing.to_json()},
            key=f"late:{received.inbound_id}",
            at=at,
            rules=rules,
        )
    return replace(received, late=True)


def _keep_broken(session: Session, incoming: Incoming, *, at: datetime) -> Received:
    """The event stays for a person to look at, and its sender is told; a repeat gets the same answer."""
    apology = Outgoing(text("common.broken"))
    event = (Inbound.platform == incoming.platform, Inbound.event_key == incoming.event_key)
    inserted = insert_ignore(
        session,
        Inbound,
        {
            "platform": incoming.platform,
            "event_key": incoming.event_key,
            "raw": incoming.raw,
            "reply": apology.to_json(),
            "failed": True,
            "received_at": at,
        },
        conflict=("platform", "event_key"),
    )
    stored = session.execute(select(Inbound.id, Inbound.reply).where(*event)).one()
    reply = Outgoing.from_json(stored.reply) if stored.reply else apology
    return Received(inbound_id=stored.id, outgoing=reply, late=False, repeated=not inserted)


def _log_bug(incoming: Incoming, error: Exception) -> None:
    """Where it happened, not what was in hand: messages of exceptions may hold people's words."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("event %s of %s broke: %s\n%s", event_hash(incoming), incoming.platform, type(error).__name__, where)


def _log_lost(follow_up: asyncio.Task[Received]) -> None:
    if not follow_up.cancelled() and follow_up.exception() is not None:
        log.error("a late reply could not be owed: %s", type(follow_up.exception()).__name__)
