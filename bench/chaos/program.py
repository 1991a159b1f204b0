"""The real program (``python -m bot run``) as a child process: started, killed and started again on one port.

Only what is started here is ever signalled.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent

# Canaries: none of these may stand in a log.
BOT_TOKEN = "123456:fake-bot-token-which-must-never-be-logged"
WEBHOOK_SECRET = "canary-webhook-secret-0123456789abcdef"
WECHAT_TOKEN = "canary-token-of-the-account"
APP_ID = "wx0123456789abcdef"
APP_SECRET = "app-secret-of-the-fake-0123456789"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
COOKIE_SECRET = "canary-cookie-secret-0123456789abcdefghijk"
PHONE = "13912345678"
CANARIES = (BOT_TOKEN, WEBHOOK_SECRET, WECHAT_TOKEN, APP_SECRET, AES_KEY, COOKIE_SECRET, PHONE)
_PHONES = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")

_STARTS_WITHIN = 60.0  # seconds, on a machine that does other things too

Sections = Mapping[str, Mapping[str, Any]]


def leaks(logged: str, *more: str) -> list[str]:
    """What stands in a log and must not; ``more``: cookies and other values that were made during the run."""
    found = [canary for canary in (*CANARIES, *more) if canary in logged]
    return found + sorted(set(_PHONES.findall(logged)))


def settings_of(database_url: str, folder: Path, sections: Sections, *, port: int = 0) -> dict[str, dict[str, Any]]:
    """Demo mode with the sample community, both platforms by webhook; ``sections`` win."""
    given: dict[str, dict[str, Any]] = {
        "database": {"url": database_url},
        "paths": {"data": str(folder / "data")},
        "server": {"port": port},
        "demo": {"enabled": True},
        "webchat": {"cookie_secret": COOKIE_SECRET},
        "telegram": {
            "enabled": True,
            "mode": "webhook",
            "token": BOT_TOKEN,
            "webhook_secret": WEBHOOK_SECRET,
            "api_url": "http://127.0.0.1:9",
        },
        "wechat": {
            "enabled": True,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "token": WECHAT_TOKEN,
            "encoding_aes_key": AES_KEY,
            "api_url": "http://127.0.0.1:9",
        },
    }
    for name, values in sections.items():
        given[name] = {**given.get(name, {}), **values}
    return given


class Program:
    """``url`` stays the same over all restarts."""

    def __init__(self, folder: Path, database_url: str, sections: Sections) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        self.starts = 0
        self._config = folder / "config.toml"
        self._config.write_text(_toml(settings_of(database_url, folder, sections, port=self.port)), "utf-8")
        self._log = folder / "program.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns when ``/readyz`` says yes."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command("run"), cwd=ROOT, env=_environment(), stdout=log, stderr=log)
        self.starts += 1
        end = time.monotonic() + _STARTS_WITHIN
        while not self.ready():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the program did not start:\n{self.logged()[-4000:]}")
            time.sleep(0.02)

    def ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(40)
        finally:
            self.kill()

    def command(self, name: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same program on the same settings."""
        return subprocess.run(
            self._command(name), cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=120, check=False
        )

    def logged(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def memory(self, what: str = "VmRSS") -> float:
        """MB; ``VmHWM`` is the highest since :meth:`forget_peak`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(rf"{what}:\s+(\d+) kB", status)[0]) / 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "bot", "--config", str(self._config), name]


@contextmanager
def program(database_url: str, sections: Sections | None = None) -> Iterator[Program]:
    """Started and ready; killed at the end whatever happens."""
    with tempfile.TemporaryDirectory(prefix="zhuoluo-chaos-", ignore_cleanup_errors=True) as folder:
        it = Program(Path(folder), database_url, sections or {})
        try:
            it.start()
            yield it
        finally:
            it.kill()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ZHUOLUO_")} | {"PYTHONUTF8": "1"}


def _toml(sections: Sections) -> str:
    """JSON's way of writing strings, numbers, booleans and lists is TOML's, too."""
    lines: list[str] = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value, ensure_ascii=True)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
