"""One person's flood must not trouble anybody else (security.md): slow down, then silence for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.rules.house import HouseRules


class Verdict(StrEnum):
    FINE = "fine"
    SLOW_DOWN = "slow_down"  # not handled; asked to wait a few seconds
    STOP = "stop"  # not handled; told once that we are silent now
    SILENT = "silent"


@dataclass(frozen=True)
class Pulse:
    """Seconds since the epoch: of the messages in the last flood window (photos with a minus), and until when we are
    silent."""

    times: tuple[float, ...] = ()
    quiet_until: float = 0.0

    @classmethod
    def from_json(cls, data: Sequence[float]) -> "Pulse":
        return cls(tuple(data[1:]), data[0]) if data else cls()

    def to_json(self) -> list[float]:
        return [self.quiet_until, *self.times]


def judge(pulse: Pulse, *, now: float, photo: bool, rules: HouseRules) -> tuple[Verdict, Pulse]:
    """Count a message and say what to do with it. Photos come in bursts by nature and count for the minute only."""
    if now < pulse.quiet_until:
        return Verdict.SILENT, pulse
    recently = (t for t in pulse.times if now - rules.flood_window.total_seconds() < abs(t) <= now)
    times = (*recently, -now if photo else now)
    if len(times) > rules.flood:
        return Verdict.STOP, Pulse((), now + rules.flood_quiet.total_seconds())
    recent = sum(1 for t in times if t > now - rules.burst_window.total_seconds())
    if not photo and recent > rules.burst:
        return Verdict.SLOW_DOWN, Pulse(times)
    return Verdict.FINE, Pulse(times)
