"""The simulated platforms: what arrives, what does not, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from bot.platforms.wechat import WINDOW, WINDOW_SENDS
from services.outbox import Envelope, Outcome, SendResult
from services.routes import Channel

_TEXT_BYTES = 2_048  # of one message; WeChat's, the smallest
CHANNELS = (
    Channel("webchat", text_bytes=_TEXT_BYTES),
    Channel("telegram", text_bytes=_TEXT_BYTES),
    Channel("wechat", window=WINDOW, window_sends=WINDOW_SENDS, text_bytes=_TEXT_BYTES),
)
PLATFORMS = (("wechat", 60), ("webchat", 25), ("telegram", 15))
RETRIES = (5.0, 30.0, 120.0, 600.0, 3_600.0)


@dataclass(frozen=True)
class Outage:
    """A platform that takes nothing for a while."""

    platform: str
    begins: datetime
    ends: datetime


@dataclass
class Network:
    """``cut``, ``busy``: how often a line breaks in the middle, and how often a platform asks to come again.

    ``blocked``: accounts whose people do not want to hear from us any more; the platform says so when written to.
    """

    random: Random
    cut: float = 0.004
    busy: float = 0.01
    outages: tuple[Outage, ...] = ()
    blocked: set[str] = field(default_factory=set)

    def fate(self, envelope: Envelope, now: datetime) -> tuple[SendResult, bool]:
        """What we learn of it, and whether it has arrived: of a line cut in the middle nobody knows."""
        if any(o.platform == envelope.channel.name and o.begins <= now < o.ends for o in self.outages):
            return SendResult(Outcome.LATER, "outage", retry_after=600, whole_platform=True), False
        if envelope.to in self.blocked:
            return SendResult(Outcome.BLOCKED, "blocked"), False
        chance = self.random.random()
        if chance < self.cut:
            return SendResult(Outcome.UNSURE, "cut"), chance < self.cut / 2
        if chance < self.cut + self.busy:
            return SendResult(Outcome.LATER, "busy"), False
        return SendResult(Outcome.SENT), True
