"""The fake Bot API as a process of its own: it outlives the program under test and keeps what it accepted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.platforms.contract import until


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/control").status_code == 200
    except httpx.TransportError:
        return False


def post(url: str, chat: int, text: str) -> int:
    return httpx.post(f"{url}/bot{TOKEN}/sendMessage", data={"chat_id": str(chat), "text": text}).status_code


def test_every_accepted_message_is_a_line_and_faults_are_set_from_outside(tmp_path: Path) -> None:
    port, record = free_port(), tmp_path / "accepted.jsonl"
    url = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-m", "tests.fakes.telegram_api", "--port", str(port), "--record", str(record)]
    with subprocess.Popen(program) as process:
        try:
            until(lambda: answers(url), seconds=30)
            assert post(url, 1, "第一条") == 200
            faults: dict[str, Any] = {"faults": [{"status": 429, "retry_after": 3}], "blocked": [2]}
            assert httpx.post(f"{url}/control", json=faults).status_code == 200
            assert [post(url, 1, "第二条"), post(url, 2, "第三条"), post(url, 1, "第四条")] == [429, 403, 200]
            lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
            assert [(line["chat"], line["text"]) for line in lines] == [(1, "第一条"), (1, "第四条")]
            assert httpx.get(f"{url}/control").json() == {"accepted": 2, "refused": 2}
        finally:
            process.terminate()


def test_random_faults_repeat_with_their_seed() -> None:
    def draw(seed: int) -> list[int]:
        with FakeTelegram(seed=seed) as api:
            api.state.rates.limited = api.state.rates.broken = 0.3
            return [post(api.url, 1, "x") for _ in range(20)]

    assert draw(1) == draw(1) != draw(2)
    assert set(draw(1)) == {200, 429, 502}


def test_it_refuses_what_telegram_refuses() -> None:
    with FakeTelegram() as api:
        assert [post(api.url, 1, text) for text in ("", "长" * 4097, "😀" * 2049, "长" * 4096)] == [400, 400, 400, 200]
        assert httpx.get(f"{api.url}/bot123:wrong/getMe").status_code == 401
        assert httpx.get(f"{api.url}/bot{TOKEN}/getMe").json()["result"]["is_bot"]
