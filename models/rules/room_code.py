"""The code of the room: six digits that change every half minute, and the key in the address of the room's page.

Both are derived from the meeting's own secret. Nothing is stored, and any process gives the same.
"""

import base64
import hashlib
import hmac
from datetime import datetime

WINDOW_SECONDS = 30
#: How many windows are good: the one that is shown now, and the ones before it.
WINDOWS_GOOD = 2
_DIGITS = 6


def code_at(secret: str, at: datetime) -> str:
    """The six digits that the room shows now."""
    return _code(secret, _window(at))


def is_good(secret: str, code: str, at: datetime) -> bool:
    """Whether the room shows this code, or showed it a moment ago."""
    now = _window(at)
    return any(hmac.compare_digest(_code(secret, now - n).encode(), code.encode()) for n in range(WINDOWS_GOOD))


def seconds_left(at: datetime) -> int:
    """Until the next code is shown."""
    return WINDOW_SECONDS - int(at.timestamp()) % WINDOW_SECONDS


def page_key(secret: str) -> str:
    """What the address of the room's page ends with: who does not have it does not see the code."""
    return base64.urlsafe_b64encode(_mac(secret, "page"))[:22].decode()


def _window(at: datetime) -> int:
    return int(at.timestamp()) // WINDOW_SECONDS


def _code(secret: str, window: int) -> str:
    return f"{int.from_bytes(_mac(secret, f'code:{window}')[:8]) % 10**_DIGITS:0{_DIGITS}d}"


def _mac(secret: str, what: str) -> bytes:
    return hmac.new(secret.encode(), what.encode(), hashlib.sha256).digest()
