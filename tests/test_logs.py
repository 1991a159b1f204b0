"""Logs: what is said stays readable, what must not be said is not there."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from bot.logs import HIDDEN, Redaction, configure, person
from bot.settings import Settings

CANARY = "canary-3f9a-secret"
TOKEN = "123456789:AAE-canary_canary_canary_canary_01"


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def _logged(form: str, say: object) -> str:
    stream = io.StringIO()
    settings = Settings(logs={"format": form}, telegram={"token": TOKEN}, wechat={"app_secret": CANARY})  # type: ignore[arg-type]
    configure(settings, stream=stream)
    say()  # type: ignore[operator]
    return stream.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
        "token 987654321:BBcanarycanarycanarycanary of another bot",
        f"the secret {CANARY} in words",
        "https://api.weixin.qq.com/cgi-bin/token?appid=wx1&secret=canary123&access_token=canary456",
        '{"access_token": "canary789", "expires_in": 7200}',
        "Cookie: visitor=canary; other=canary",
        "[(b'set-cookie', 'canary')]",
        "postgresql://me:canary@db.example/zhuoluo",
        "call 13912345678 please",
        "id 64010419900101123X",
        "code ZLABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ],
)
def test_secrets_and_numbers_of_people_are_hidden(line: str) -> None:
    shown = Redaction([TOKEN, CANARY])(line)
    assert HIDDEN in shown
    for hidden in ("canary", "13912345678", "19900101", "ABCDEFGHIJ"):
        assert hidden not in shown


def test_what_is_harmless_stays() -> None:
    line = "issue LN-2026-0031 moved to accepted in 12 ms; 202611201234567890123 rows"
    assert Redaction([CANARY])(line) == line


@pytest.mark.parametrize("form", ["text", "json"])
def test_arguments_tracebacks_and_extras_are_redacted_too(form: str) -> None:
    def say() -> None:
        try:
            raise ValueError(f"bad token {TOKEN}")
        except ValueError:
            logging.getLogger("bot.x").exception(
                "failed with %s", CANARY, extra={"platform": "telegram", "who": CANARY}
            )

    shown = _logged(form, say)
    assert "canary" not in shown
    assert "ValueError" in shown
    assert "telegram" in shown


def test_json_lines_are_json() -> None:
    shown = _logged("json", lambda: logging.getLogger("bot.x").warning("一行\n两行", extra={"seconds": 2}))
    (line,) = shown.splitlines()
    found = json.loads(line)
    assert (found["level"], found["logger"], found["message"], found["seconds"]) == (
        "WARNING",
        "bot.x",
        "一行\n两行",
        "2",
    )


def test_talkative_libraries_are_quiet() -> None:
    def say() -> None:
        for name in ("httpx", "httpcore.http11", "telegram.Bot", "uvicorn.access"):
            logging.getLogger(name).info("GET /bot%s/getMe", TOKEN)
        logging.getLogger("bot.app").info("started")

    assert [line.split(" ", 1)[1] for line in _logged("text", say).splitlines()] == ["INFO bot.app: started"]


def test_warnings_go_the_same_way() -> None:
    def say() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning(UserWarning(CANARY), UserWarning, "x.py", 1)

    shown = _logged("text", say)
    assert "UserWarning" in shown
    assert CANARY not in shown


def test_a_person_is_a_short_hash() -> None:
    assert person("openid-1") == person("openid-1") != person("openid-2")
    assert "openid" not in person("openid-1")
    assert len(person("x" * 100)) == 10
