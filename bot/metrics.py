"""Figures for Prometheus. Each application has a registry of its own, so that several can live in one process."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.clock import Clock
from bot.errors import Busy
from bot.transactions import Transactions
from services.vitals import settled_notices, vitals

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4.5, 10)  # WeChat's patience ends at 4.5 s
_ALL_NOTICES_EVERY = 60.0  # seconds: that query reads the whole table


class Metrics:
    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock
        self._counted_at: float | None = None
        self.registry = registry = CollectorRegistry()
        self._messages = Counter(
            "zhuoluo_messages", "Events received, by what became of them", ("platform", "outcome"), registry=registry
        )
        self._reply = Histogram(
            "zhuoluo_reply_seconds",
            "From the event to its stored answer",
            ("platform",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._notices = Gauge("zhuoluo_notices", "Notices by state", ("state",), registry=registry)
        self._oldest = Gauge("zhuoluo_notice_oldest_owed_seconds", "Age of the oldest notice owed", registry=registry)
        self._acts = Gauge("zhuoluo_due_acts", "Scheduled acts that are due and not done", registry=registry)
        self._late = Gauge("zhuoluo_due_oldest_seconds", "Age of the oldest due act", registry=registry)
        self._photos = Gauge("zhuoluo_photos_waiting", "Photos still on their platform", registry=registry)
        self._breaches = Gauge(
            "zhuoluo_audit_breaches", "Broken invariants found by the last audit", ("invariant",), registry=registry
        )
        self._reachable = Gauge("zhuoluo_database_up", "1 when the database answered this scrape", registry=registry)

    def note_answer(self, platform: str, outcome: str, seconds: float) -> None:
        self._messages.labels(platform, outcome).inc()
        self._reply.labels(platform).observe(seconds)

    def note_findings(self, kind: str, findings: Sequence[Any]) -> None:
        if kind == "audit":
            self._breaches.clear()
            for invariant, count in Tally(str(breach.invariant) for breach in findings).items():
                self._breaches.labels(invariant).set(count)

    async def scrape(self, request: Request) -> Response:
        try:
            await self._look()
            self._reachable.set(1)
        except Busy:
            self._reachable.set(0)
        return PlainTextResponse(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    async def _look(self) -> None:
        now = self._clock.now()
        if self._counted_at is None or self._clock.monotonic() - self._counted_at > _ALL_NOTICES_EVERY:
            self._counted_at = self._clock.monotonic()
            for state, count in (await self._transactions.read(settled_notices)).items():
                self._notices.labels(state).set(count)
        found = await self._transactions.read(lambda session: vitals(session, now=now))
        for name, waiting in (("owed", found.owed), ("sending", found.sending), ("parked", found.parked)):
            self._notices.labels(name).set(waiting)
        self._oldest.set(found.oldest_owed)
        self._acts.set(found.overdue_acts)
        self._late.set(found.oldest_act)
        self._photos.set(found.photos_waiting)
