"""The whole program: it starts, says where it is, tells how it does, and stops without breaking anything off."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from bot.app import create_app
from bot.database import Database, migrate
from bot.errors import Unusable
from bot.settings import Settings
from services.place_list import PlaceRow, import_places
from tests.database import on_sqlite

ROOT = Path(__file__).parent.parent
PATIENCE = 90.0  # seconds; only a hanging program meets it
#: One for all, for each would read the certificates of the world anew.
_HTTP = httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass(frozen=True)
class Program:
    process: subprocess.Popen[str]
    address: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return _HTTP.get(self.address + path, headers=headers)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        try:
            return self.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False


def _command(folder: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ZHUOLUO_")}
    environment |= {
        "ZHUOLUO_DATABASE__URL": f"sqlite:///{folder}/z.db",
        "ZHUOLUO_PATHS__DATA": str(folder),
        "ZHUOLUO_SERVER__PORT": str(port),
        "ZHUOLUO_DEMO__ENABLED": "true",
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _program(folder: Path, **settings: str) -> Iterator[Program]:
    port = _free_port()
    with _command(folder, port, **settings) as process:
        program = Program(process, f"http://127.0.0.1:{port}")
        try:
            _until(program.answers)
            yield program
        finally:
            process.kill()


def test_one_command_starts_everything_and_a_signal_ends_it_in_peace(tmp_path: Path) -> None:
    """Also with a page left open, which does not hold up the end."""
    with _program(tmp_path) as program, httpx.Client(base_url=program.address, timeout=10) as browser:
        assert program.get("/healthz").text == "ok\n"
        assert (
            program.get("/").status_code == program.get("/demo").status_code == program.get("/chat").status_code == 200
        )
        metrics = program.get("/metrics").text
        for name in ("zhuoluo_messages", "zhuoluo_reply_seconds", 'zhuoluo_notices{state="owed"}', "zhuoluo_due_acts"):
            assert name in metrics
        lost = program.get("/nowhere", accept="text/html")
        assert (lost.status_code, "没有这个页面" in lost.text) == (404, True)
        assert (program.get("/nowhere").status_code, "404" in program.get("/nowhere").text) == (404, True)
        browser.get("/chat")
        with browser.stream("GET", "/chat/events") as events:
            assert events.status_code == 200
            program.process.send_signal(signal.SIGTERM)
            out, err = program.process.communicate(timeout=PATIENCE)
        assert program.process.returncode == 0, err
    assert f"演示  {program.address}/demo" in out
    code = re.search(r"^  (ZL[A-Z2-7]{26})$", out, re.MULTILINE)
    assert code
    assert out.rstrip().endswith("已停止，正在做的都做完了。")
    assert "Traceback" not in err
    assert code[1] not in err


def test_a_second_start_on_the_same_port_is_told_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _command(tmp_path, port) as process:
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert f"{port} 端口已被占用" in err
    assert not (tmp_path / "z.db").exists()


def test_parts_can_be_left_to_other_processes(tmp_path: Path) -> None:
    off = {"ZHUOLUO_RUN__PLATFORMS": "false", "ZHUOLUO_RUN__PAGES": "false", "ZHUOLUO_RUN__TIMETABLE": "false"}
    with _program(tmp_path, **off) as program:
        assert program.get("/healthz").status_code == 200
        assert program.get("/chat").status_code == program.get("/").status_code == 404


def _settings(database_url: str, folder: Path) -> Settings:
    return Settings(database={"url": database_url}, paths={"data": folder})  # type: ignore[arg-type]


def test_a_task_that_dies_takes_the_program_with_it(database: Database, database_url: str, tmp_path: Path) -> None:
    async def live() -> list[str]:
        ended = asyncio.Event()
        app = create_app(_settings(database_url, tmp_path), on_failure=ended.set)
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE notices RENAME TO elsewhere")
        try:
            async with app.router.lifespan_context(app):
                await asyncio.wait_for(ended.wait(), PATIENCE)
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                    assert (await client.get("/readyz")).status_code == 503
                    assert (await client.get("/healthz")).status_code == 200
        finally:
            with database.engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO notices")
        return list(app.state.running.fallen)

    assert "delivery" in asyncio.run(live())


@on_sqlite
def test_what_breaks_is_a_sentence_with_a_number(
    database: Database, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def live() -> httpx.Response:
        app = create_app(_settings(database_url, tmp_path), on_failure=lambda: None)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                await client.get("/chat")
                with database.engine.begin() as connection:
                    connection.exec_driver_sql("ALTER TABLE web_messages RENAME TO elsewhere")
                return await client.get("/chat/messages")

    broken = asyncio.run(live())
    number = re.search(r"编号 ([0-9a-f]{8})", broken.text)
    assert broken.status_code == 500
    assert number
    assert "Traceback" not in broken.text
    assert number[1] in caplog.text


def test_new_places_are_understood_without_a_restart(database: Database, database_url: str, tmp_path: Path) -> None:
    row = PlaceRow(
        2, "凤栖街道", "兰宁社区", "990101001001", "LN", grid="一网格", compound="西苑小区", building="3", unit="2"
    )

    async def live() -> None:
        app = create_app(_settings(database_url, tmp_path), on_failure=lambda: None)
        async with app.router.lifespan_context(app):
            running = app.state.running
            assert not running.house.gazetteer.compounds_named("西苑小区")
            with Session(database.engine) as session, session.begin():
                import_places(session, rows=[row])
            async with asyncio.timeout(PATIENCE):
                while not running.house.gazetteer.compounds_named("西苑小区"):
                    await asyncio.sleep(0.05)

    asyncio.run(live())


def test_it_does_not_start_on_tables_it_does_not_know(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/z.db"
    with pytest.raises(Unusable, match="zhuoluo migrate"):
        create_app(_settings(url, tmp_path))
    migrate(url)
    migrate(url, to="base")
    with pytest.raises(Unusable):
        create_app(_settings(url, tmp_path))


def test_it_does_not_start_with_settings_that_contradict_themselves(database_url: str, tmp_path: Path) -> None:
    wechat = {"enabled": True, "mode": "plaintext", "app_id": "wx1", "app_secret": "s"}
    settings = Settings(database={"url": database_url}, paths={"data": tmp_path}, wechat=wechat)  # type: ignore[arg-type]
    with pytest.raises(Unusable, match=r"wechat\.token"):
        create_app(settings)
