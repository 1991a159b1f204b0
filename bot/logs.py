"""Structured logs, in which no secret, no number of a person and no external id stands in clear."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from bot.settings import Settings

HIDDEN = "[…]"
#: Libraries that write addresses, and with them tokens, at INFO (channels.md).
_TALKATIVE = (
    "httpx",
    "httpcore",
    "telegram",
    "apscheduler",
    "asyncio",
    "multipart",
    "python_multipart",
    "PIL",
    "sse_starlette",
    "jieba",
    "uvicorn.access",
    "alembic",
)
_PATTERNS = (
    (re.compile(r"\b(bot)?\d{6,12}:[A-Za-z0-9_-]{20,}"), HIDDEN),  # a Telegram bot token, also in an address
    (
        re.compile(
            r"""((?:access_token|refresh_token|secret|appsecret|password|passwd|token|signature|msg_signature|openid)"""
            r"""["']?\s*[=:]\s*["']?)[^\s&"',;}]+""",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"((?:set-)?cookie|authorization)(['\"]?\s*[:=,]\s*)[^\r\n]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"(://[^/\s:@]+:)[^@\s/]+@"), rf"\1{HIDDEN}@"),  # a password in an address
    (re.compile(r"\bZL[A-Z2-7]{26}\b"), HIDDEN),  # an invitation
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), HIDDEN),  # an identity number
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), HIDDEN),  # a mobile phone
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def person(external_id: str) -> str:
    """Names somebody in a log, without telling who it is."""
    return hashlib.sha256(external_id.encode("utf-8", "replace")).hexdigest()[:10]


class Redaction:
    """Hides the given secrets, and whatever looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True)

    def __call__(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        for pattern, instead in _PATTERNS:
            line = pattern.sub(instead, line)
        return line


class _Lines(logging.Formatter):
    """One line for people, redacted as a whole: message, arguments and traceback."""

    def __init__(self, redact: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(super().format(record) + "".join(f" {k}={v}" for k, v in _extras(record).items()))


class _Json(logging.Formatter):
    """One JSON object for programs; what was passed as ``extra`` has fields of its own."""

    def __init__(self, redact: Redaction) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: str(value) for name, value in _extras(record).items()},
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: self._redact(value) for key, value in said.items()}, ensure_ascii=False)


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """The one handler of this process, on standard error. Every logger goes through it, uvicorn's too."""
    redact = Redaction(settings.secrets())
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json(redact) if settings.logs.format == "json" else _Lines(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.logs.level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
