"""From nothing to the first answered message, against importing the same libraries; and what a process weighs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from bench.chaos.inbound import SECRET_HEADER
from bench.chaos.program import ROOT, WEBHOOK_SECRET, Program, program
from bench.speed.load import Orders, send
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, tell, tell_ratio
from bench.speed.scale import town
from bench.speed.town import SENTENCE, settle
from tests.database import fresh_database
from tests.fakes import telegram_updates

_SECTIONS = {"run": {"delivery": False, "timetable": False}, "wechat": {"enabled": False}}
#: What the program stands on; jieba is loaded after the port is open.
_LIBRARIES = (
    "telegram, telegram.request, sqlalchemy.orm, starlette.applications, starlette.routing, uvicorn, httpx, jinja2,"
    " pydantic_settings, apscheduler.schedulers.asyncio, apscheduler.triggers.cron, wechatpy, PIL.Image,"
    " alembic.command, prometheus_client, typer, itsdangerous, sse_starlette, xmltodict, multipart"
)
_FIRST = iter(range(5_000_000, 10**9, 10))


def run_start(long: bool) -> None:
    heading(f"start to the first answered message, warm cache, {ROUNDS} rounds")
    with fresh_database("sqlite") as url, tempfile.TemporaryDirectory(prefix="zhuoluo-start-") as folder:
        settle(url, at=datetime.now(UTC))
        port = int(Program(Path(folder), url, _SECTIONS).url.rpartition(":")[2])  # writes its configuration
        for warm in (_until_answered(Path(folder), port), _imported()):
            assert warm > 0
        ours, floor = interleaved(ROUNDS, lambda: _until_answered(Path(folder), port), _imported)
        tell("start to answer", ours, "s", digits=2)
        tell("floor: import of the libraries", floor, "s", digits=2)
        tell_ratio("start / import", ratios(ours, floor), most=2)
    members = 1_000_000 if long else 100_000
    for kind in kinds():
        heading(f"memory of one process, {kind}, {members:,} members, after 200 residents' dialogues")
        with town(kind, members) as place:
            url = place.database.url.render_as_string(hide_password=False).replace("+psycopg", "")
            with program(url, _SECTIONS) as process:
                port = int(process.url.rpartition(":")[2])
                send(Orders(port, next(_FIRST), 200, WEBHOOK_SECRET))
                tell("resident set", [process.memory()], "MB", note="asked <= 250 MB at 100,000")


def _until_answered(folder: Path, port: int) -> float:
    """Seconds, from the start of the interpreter to the answer to somebody's first message. The door opens early and
    holds whoever knocks, so one request is enough."""
    resident = next(_FIRST)
    body = json.dumps(telegram_updates.text(resident * 10, resident, SENTENCE)).encode()
    command = [sys.executable, "-m", "bot", "--config", str(folder / "config.toml"), "run"]
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        door = _connected(port, child)
        door.request("POST", "/telegram", body, SECRET_HEADER)
        answer = door.getresponse().read()
        taken = time.monotonic() - began
        door.close()
    finally:
        child.kill()
        child.wait(30)
    if b"sendMessage" not in answer:
        raise RuntimeError(f"no answer: {answer[:200]!r}")
    return taken


def _connected(port: int, child: subprocess.Popen[bytes]) -> HTTPConnection:
    door = HTTPConnection("127.0.0.1", port, timeout=60)
    while child.poll() is None:
        try:
            door.connect()
            return door
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise RuntimeError("the program did not start")


def _imported() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", f"import {_LIBRARIES}"], cwd=ROOT, check=True, env=dict(os.environ))
    return time.monotonic() - began
