from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock, ScaledClock


def test_who_stops_waiting_does_not_stop_the_work() -> None:
    async def main() -> None:
        may_end, ended = asyncio.Event(), asyncio.Event()

        async def work() -> str:
            await may_end.wait()
            ended.set()
            return "done"

        with pytest.raises(TimeoutError):
            await Clock().wait_for(work(), 0.001)
        may_end.set()
        await ended.wait()
        assert await Clock().wait_for(work(), 60) == "done"

    asyncio.run(main())


def test_what_goes_wrong_while_somebody_waits_reaches_them() -> None:
    async def work() -> None:
        raise LookupError

    async def main() -> None:
        with pytest.raises(LookupError):
            await Clock().wait_for(work(), 60)

    asyncio.run(main())


def test_a_month_passes_in_a_moment() -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    clock = ScaledClock(1e9, start)
    asyncio.run(clock.sleep(timedelta(days=30).total_seconds()))
    assert clock.now() - start >= timedelta(days=30)
    assert clock.real(1e9) == 1.0


def test_setting_the_clock_back_harms_no_duration() -> None:
    clock = ScaledClock(1.0, datetime(2026, 2, 1, 12, tzinfo=UTC))
    before = clock.monotonic()
    clock.jump(timedelta(hours=-1))
    assert clock.now() < datetime(2026, 2, 1, 11, 30, tzinfo=UTC)
    assert clock.monotonic() >= before


def test_time_does_not_stand_still() -> None:
    with pytest.raises(ValueError, match="pass"):
        ScaledClock(0)
