"""Codes that are sent in chat: a prefix that says what for, then what is secret.

One-time codes are 128 random bits in base32; the code of a room is six digits (models.rules.room_code).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import unicodedata
from enum import StrEnum


class CodeKind(StrEnum):
    INVITATION = "ZL"
    LINK = "ZB"
    ROOM = "QD"


#: What looks like a code, mistyped ones included.
_CODE = re.compile(r"(ZL|ZB)[0-9A-Z]{18,40}")
#: "签到 123456", or as a link carries it, "QD123456".
_ROOM_CODE = re.compile(r"(?:签到|QD)码?:?([0-9]{6})")


def new_code(kind: CodeKind) -> str:
    return kind.value + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def read_code(written: str) -> tuple[CodeKind, str] | None:
    """The code in a message that is nothing but a code, however spaced and in whatever case; None for any other."""
    bare = re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", written)).upper()
    if room := _ROOM_CODE.fullmatch(bare):
        return CodeKind.ROOM, room[1]
    found = _CODE.fullmatch(bare)
    return (CodeKind(found[1]), bare) if found else None


def code_hash(code: str) -> str:
    """What is kept of a code."""
    read = read_code(code)
    return hashlib.sha256((read[1] if read else code).encode()).hexdigest()
