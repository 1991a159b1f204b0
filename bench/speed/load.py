"""The residents, as a process of their own: ``python -m bench.speed.load ORDERS`` (JSON). Prints latencies as JSON.

Each resident says the four sentences of the dialogue one after the other. Closed loop: ``in_flight`` connections, each
with one resident at a time. Open loop (``per_second``): messages leave at their appointed times, and a latency counts
from the appointed time, so that nobody who had to wait in line is left out.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from bench.speed.town import STEPS, dialogue
from tests.fakes import telegram_updates

_CROWD = 64  # residents who take turns in the open loop


@dataclass(frozen=True)
class Orders:
    """``first``: the number of the first resident; no two runs on one database share one."""

    port: int
    first: int
    residents: int
    secret: str
    in_flight: int = 16
    per_second: float | None = None


@dataclass(frozen=True)
class Figures:
    """``latencies``: seconds, of every message; ``refused``: answers other than 200 with a reply in it."""

    seconds: float
    latencies: list[float]
    refused: int

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def send(orders: Orders) -> Figures:
    """Runs it in a process of its own."""
    command = [sys.executable, "-m", "bench.speed.load", json.dumps(asdict(orders))]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=900)
    figures = Figures(**json.loads(ran.stdout))
    if figures.refused:
        raise RuntimeError(f"{figures.refused} of {len(figures.latencies)} messages were not answered")
    return figures


def _request(orders: Orders, resident: int, step: int) -> bytes:
    update = telegram_updates.text(resident * 10 + step, resident, dialogue(resident)[step])
    body = json.dumps(update, ensure_ascii=False).encode()
    return (
        f"POST /telegram HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {orders.secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class _Line:
    """One connection, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, request: bytes) -> bool:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await self._reader.readexactly(length)
        return head.startswith(b"http/1.1 200") and b"sendMessage" in body

    def close(self) -> None:
        self._writer.close()


async def _closed(orders: Orders, lines: list[_Line]) -> Figures:
    residents = iter(range(orders.first, orders.first + orders.residents))
    latencies: list[float] = []
    refused = 0

    async def talk(line: _Line) -> None:
        nonlocal refused
        for resident in residents:
            for step in range(STEPS):
                request = _request(orders, resident, step)
                asked = time.perf_counter()
                refused += not await line.ask(request)
                latencies.append(time.perf_counter() - asked)

    began = time.perf_counter()
    await asyncio.gather(*(talk(line) for line in lines))
    return Figures(time.perf_counter() - began, latencies, refused)


async def _open(orders: Orders, lines: list[_Line], per_second: float) -> Figures:
    free: asyncio.Queue[_Line] = asyncio.Queue()
    for line in lines:
        free.put_nowait(line)
    latencies: list[float] = []
    refused = 0
    busy: dict[int, asyncio.Task[None]] = {}

    async def ask(resident: int, step: int, appointed: float, before: asyncio.Task[None] | None) -> None:
        nonlocal refused
        if before is not None:
            await before
        line = await free.get()
        refused += not await line.ask(_request(orders, resident, step))
        latencies.append(time.perf_counter() - appointed)
        free.put_nowait(line)

    began = time.perf_counter()
    for number, (resident, step) in enumerate(_turns(orders)):
        appointed = began + number / per_second
        await asyncio.sleep(max(0.0, appointed - time.perf_counter()))
        busy[resident] = asyncio.create_task(ask(resident, step, appointed, busy.get(resident)))
    await asyncio.gather(*busy.values())
    return Figures(time.perf_counter() - began, latencies, refused)


def _turns(orders: Orders) -> Iterator[tuple[int, int]]:
    for start in range(orders.first, orders.first + orders.residents, _CROWD):
        crowd = range(start, min(start + _CROWD, orders.first + orders.residents))
        for step in range(STEPS):
            yield from ((resident, step) for resident in crowd)


async def _run(orders: Orders) -> Figures:
    lines = [_Line(*await asyncio.open_connection("127.0.0.1", orders.port)) for _ in range(orders.in_flight)]
    if orders.per_second is None:
        figures = await _closed(orders, lines)
    else:
        figures = await _open(orders, lines, orders.per_second)
    for line in lines:
        line.close()
    return figures


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_run(Orders(**json.loads(sys.argv[1])))))))
