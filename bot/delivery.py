"""Delivery: notices leave the outbox. Claim, send with no transaction open, record; many at once, several processes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.platforms.base import Busy, Platform
from bot.settings import Settings
from bot.transactions import Transactions
from handlers.announcements import BUNDLE_FRAME, KINDS_WITH_OPTIONS, message_of, room_of
from handlers.messages import Outgoing
from services import rates
from services.bundles import Bundling
from services.claims import claim_due, next_moment
from services.outbox import Envelope, Outcome, SendResult, record
from services.routes import Channel

log = logging.getLogger(__name__)

Result = tuple[Envelope, SendResult]

#: Not tried at all: back into the line, and no attempt is counted.
_NOT_NOW = SendResult(Outcome.LATER, "not tried", retry_after=0.0)
_LINGER = 0.1  # seconds in which outcomes gather, to be recorded in one transaction
_SLOT_TRIES = 5
_LONGEST_PAUSE = 30.0  # seconds between tries while the database is busy


@dataclass(frozen=True)
class _Turn:
    claimed: Sequence[Envelope]
    next_at: datetime | None  # when something else becomes due


def channel_of(platform: Platform) -> Channel:
    limits, window = platform.limits, platform.window
    return Channel(
        platform.name,
        per_second=limits.per_second,
        chat_interval=limits.chat_interval,
        window=window.duration if window else None,
        window_sends=window.sends if window else 0,
        text_bytes=limits.text_bytes,
    )


class Delivery:
    """``late_slot``: seconds by which a message may miss its slot in the platform's rate before it takes a new one."""

    def __init__(
        self,
        transactions: Transactions,
        platforms: Mapping[str, Platform],
        clock: Clock,
        settings: Settings,
        *,
        late_slot: float = 0.02,
    ) -> None:
        self._transactions = transactions
        self._platforms = platforms
        self._channels = [channel_of(p) for p in platforms.values()]
        self._clock = clock
        self._settings = settings.delivery
        self._bundling = Bundling(settings.house_rules().bundled_from, BUNDLE_FRAME, room_of)
        self._late_slot = timedelta(seconds=late_slot)
        self._doors = {name: asyncio.Semaphore(self._settings.concurrency) for name in platforms}
        self._enough = max(1, self._settings.batch // 2)
        self._outstanding: Counter[str] = Counter()  # claimed and not yet recorded, by platform
        self._sending: set[asyncio.Task[None]] = set()
        self._finished: list[Result] = []
        self._turning: asyncio.Task[_Turn] | None = None
        self._news = asyncio.Event()
        self._stopping = False
        self._broken: BaseException | None = None

    def wake(self) -> None:
        """Something may have become owed: look now instead of at the next poll."""
        self._news.set()

    def stop(self) -> None:
        """``run`` returns when what is in flight has been sent and recorded."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Deliver until stopped or cancelled. A busy database is waited for; any other fault comes out of here."""
        pause = 0.1
        try:
            while not self._stopping:
                try:
                    turn = await self._turn()
                except Busy as busy:
                    log.warning("delivery waits for the database (%s)", busy)
                    await self._clock.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = 0.1
                await self._idle(self._patience(turn))
        finally:
            await self._finish()

    async def drain(self) -> None:
        """Send and record everything that is due now (not while ``run`` is at work)."""
        while True:
            turn = await self._turn()
            if not turn.claimed and not self._outstanding.total():
                return
            if self._sending:
                await self._news.wait()

    async def _turn(self) -> _Turn:
        """Record what is finished and claim what is due, in one transaction; start sending it."""
        self._turning = asyncio.create_task(self._record_and_claim())
        return await asyncio.shield(self._turning)

    async def _record_and_claim(self) -> _Turn:
        self._news.clear()
        if self._broken is not None:
            raise self._broken
        results, self._finished = self._finished, []
        recorded = Counter(envelope.channel.name for envelope, _ in results)
        most = self._settings.batch
        room = {name: max(0, most - self._outstanding[name] + recorded[name]) for name in self._platforms}

        def work(session: Session) -> _Turn:
            now = self._clock.now()
            self._record(session, results, now)
            if self._stopping or not any(room.values()):
                return _Turn((), None)
            claimed = claim_due(
                session,
                now=now,
                limit=most,
                lease=timedelta(seconds=self._settings.lease_seconds),
                platforms=self._channels,
                room=room,
                with_options=KINDS_WITH_OPTIONS,
                bundling=self._bundling,
            )
            return _Turn(claimed, None if claimed else next_moment(session, after=now))

        try:
            turn = await self._transactions.run(work)
        except BaseException:
            self._finished = results + self._finished
            raise
        self._outstanding.subtract(recorded)
        for envelope in turn.claimed:
            self._outstanding[envelope.channel.name] += 1
            task = asyncio.create_task(self._deliver(envelope))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return turn

    def _record(self, session: Session, results: Sequence[Result], now: datetime) -> None:
        if results:
            record(session, results, now=now, retries=self._settings.retry_seconds)

    def _patience(self, turn: _Turn) -> float:
        longest = self._settings.poll_seconds
        if turn.next_at is None:
            return longest
        return min(longest, max(0.0, (turn.next_at - self._clock.now()).total_seconds()))

    async def _idle(self, seconds: float) -> None:
        news = asyncio.ensure_future(self._news.wait())
        try:
            await self._clock.wait_for(news, seconds)
        except TimeoutError:
            pass
        finally:
            news.cancel()

    async def _deliver(self, envelope: Envelope) -> None:
        result = await self._result(envelope)
        log.debug("notice %d: %s %s", envelope.notice_id, result.outcome, result.reason)
        self._finished.append((envelope, result))
        if len(self._finished) >= self._enough or len(self._sending) <= 1:
            self._news.set()
        elif len(self._finished) == 1:
            asyncio.get_running_loop().call_later(self._clock.real(_LINGER), self._linger_over)

    def _linger_over(self) -> None:
        if self._finished:
            self._news.set()

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:  # a bug of ours: the process must not live on deaf
            self._broken = task.exception()
            self._news.set()

    async def _result(self, envelope: Envelope) -> SendResult:
        """The outcome of one envelope. Whatever goes wrong becomes a result: nothing may be lost between two tables."""
        try:
            message = message_of(envelope)
        except Exception:
            log.exception("notice %d cannot be rendered", envelope.notice_id)
            return SendResult(Outcome.IMPOSSIBLE, "cannot be rendered")
        if message.empty:
            return SendResult(Outcome.SENT, "nothing to say")
        name, slot = envelope.channel.name, envelope.send_at
        for _ in range(_SLOT_TRIES):
            if slot is not None and not await self._wait_until(slot):
                return _NOT_NOW
            async with self._doors[name]:
                if self._stopping or not self._lease_lasts(envelope):
                    return _NOT_NOW
                if slot is None or self._clock.now() - slot <= self._late_slot:
                    return await self._send(self._platforms[name], envelope, message)
            try:
                slot = await self._new_slot(envelope.channel)
            except Busy:
                return _NOT_NOW
        return _NOT_NOW

    async def _wait_until(self, slot: datetime) -> bool:
        """False: the slot is nowhere near (somebody set the clock)."""
        seconds = (slot - self._clock.now()).total_seconds()
        if seconds > self._settings.lease_seconds:
            return False
        if seconds > 0:
            await self._clock.sleep(seconds)
        return True

    async def _new_slot(self, channel: Channel) -> datetime:
        per_second = channel.per_second
        assert per_second is not None  # noqa: S101 - a slot comes from a rate
        return await self._transactions.run(
            lambda session: rates.reserve(session, name=channel.name, per_second=per_second, now=self._clock.now())
        )

    def _lease_lasts(self, envelope: Envelope) -> bool:
        return self._clock.now() + timedelta(seconds=self._settings.timeout_seconds) < envelope.lease_until

    async def _send(self, platform: Platform, envelope: Envelope, message: Outgoing) -> SendResult:
        repeat = any(notice.repeat for notice in envelope.notices)
        sending = asyncio.ensure_future(platform.send(envelope.to, message, repeat=repeat))
        try:
            return await self._clock.wait_for(sending, self._settings.timeout_seconds)
        except TimeoutError:
            return SendResult(Outcome.UNSURE, "timeout")
        except Exception as error:
            log.exception("notice %d: %s failed unexpectedly", envelope.notice_id, platform.name)
            return SendResult(Outcome.UNSURE, type(error).__name__)
        finally:
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending}, timeout=1)

    async def _finish(self) -> None:
        """Everything claimed is sent or given back, and recorded; what the database does not take keeps its lease."""
        self._stopping = True
        if self._turning is not None and not self._turning.done():
            await asyncio.wait({self._turning})
            self._turning.exception()
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._clock.real(self._settings.timeout_seconds + 2))
        for pause in (0.2, 1.0, 0.0):
            try:
                await self._record_and_claim()
                return
            except Busy:
                await self._clock.sleep(pause)
        log.warning("the database did not take %d outcomes; their leases run out", len(self._finished))
