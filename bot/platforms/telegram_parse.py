"""What Telegram sends, as :class:`Incoming`. Pure: no network, no state."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from handlers.messages import Incoming, IncomingPhoto, Kind

NAME = "telegram"

#: What we ask Telegram for; everything else is acknowledged and ignored.
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

PRESS_LIMIT = 64  # bytes of callback_data, core.telegram.org/bots/api#inlinekeyboardbutton
_ID_LIMIT = 2**63
_START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*", re.ASCII)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Parsed:
    """``callback_id``: what ends the waiting mark on the pressed button. ``pressed``: the message it is under."""

    incoming: Incoming
    callback_id: str = ""
    pressed: int = 0


def parse_body(body: bytes) -> Parsed | None:
    """One webhook body. None: well-formed, but nothing for us. Raises ValueError for anything malformed."""
    try:
        raw = body.decode()
        update = json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return parse_update(update, raw)


def parse_update(update: object, raw: str) -> Parsed | None:
    """One update as decoded JSON. Raises ValueError for wrong types, however they are wrong."""
    if not isinstance(update, dict):
        raise ValueError("an update is an object")
    key = str(_number(update.get("update_id"), least=0))
    if not any(kind in update for kind in UPDATES):
        return None
    try:
        return _parse(Update.de_json(update), key, raw)
    except Exception as error:  # the library raises whatever the odd value led to
        raise ValueError(f"malformed update ({type(error).__name__})") from None


def _parse(update: Update, key: str, raw: str) -> Parsed | None:
    parsed: Mapping[str, Any] | None = None
    callback_id, pressed = "", 0
    if update.message is not None:
        parsed = _message(update.message)
    elif update.edited_message is not None:
        parsed = _edited(update.edited_message)
    elif update.callback_query is not None:
        parsed = _press(update.callback_query)
        callback_id = _string(update.callback_query.id)
        pressed = _number(update.callback_query.message.message_id) if update.callback_query.message else 0
    elif update.my_chat_member is not None:
        parsed = _membership(update.my_chat_member)
    if parsed is None:
        return None
    return Parsed(Incoming(platform=NAME, event_key=key, raw=raw, **parsed), callback_id, pressed)


def _message(message: Message) -> dict[str, Any] | None:
    if message.chat.type != ChatType.PRIVATE:
        return None
    found: dict[str, Any] = {"sender": _sender(message), "text": _words(message.text or message.caption)}
    if start := _START.fullmatch(found["text"]):
        return found | {"kind": Kind.FOLLOW, "text": start[1] or ""}
    if photo := _photo(message):
        return found | {"kind": Kind.PHOTO, "photos": (IncomingPhoto(remote_id=photo),)}
    if message.location is not None:
        return found | {"kind": Kind.LOCATION, "location": _location(message)}
    if message.voice is not None:
        return found | {"kind": Kind.VOICE}
    if message.text:
        return found | {"kind": Kind.TEXT}
    if message.effective_attachment is not None or message.paid_media is not None:
        return found | {"kind": Kind.OTHER}
    return None  # a service message: something was pinned, a timer was set, …


def _edited(message: Message) -> dict[str, Any] | None:
    """Without words (a live location moves on every few seconds) an edit says nothing to us."""
    words = _words(message.text or message.caption)
    if message.chat.type != ChatType.PRIVATE or not words:
        return None
    return {"sender": _sender(message), "kind": Kind.EDITED, "text": words}


def _press(query: CallbackQuery) -> dict[str, Any] | None:
    """``data`` is chosen by the sender's client: the handlers check that it was offered, and to whom."""
    if query.message is None or query.message.chat.type != ChatType.PRIVATE or query.data is None:
        return None
    data = _words(query.data)
    if not data or len(data.encode()) > PRESS_LIMIT:
        raise ValueError("no button of ours")
    return {"sender": str(_number(query.message.chat.id)), "kind": Kind.PRESS, "press": data}


def _membership(change: ChatMemberUpdated) -> dict[str, Any] | None:
    if change.chat.type != ChatType.PRIVATE:
        return None
    kinds = {ChatMemberStatus.BANNED: Kind.LEAVE, ChatMemberStatus.MEMBER: Kind.FOLLOW}
    kind = kinds.get(ChatMemberStatus(change.new_chat_member.status))
    return {"sender": str(_number(change.chat.id)), "kind": kind} if kind else None


def _photo(message: Message) -> str:
    """The file id of the largest size, or of a picture sent as a file; empty if there is none."""
    if message.photo:
        largest = max(message.photo, key=lambda size: _number(size.width) * _number(size.height))
        return _string(largest.file_id)
    document = message.document
    if document is not None and document.mime_type and _string(document.mime_type).startswith("image/"):
        return _string(document.file_id)
    return ""


def _location(message: Message) -> tuple[float, float]:
    assert message.location is not None  # noqa: S101 - asked before
    latitude, longitude = float(message.location.latitude), float(message.location.longitude)
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180):
        raise ValueError("not on earth")
    return latitude, longitude


def _sender(message: Message) -> str:
    return str(_number(message.chat.id))


def _number(value: object, *, least: int = -_ID_LIMIT) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _ID_LIMIT:
        raise ValueError("not a number")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a string")
    return _words(value)


def _words(value: object) -> str:
    """Text that any database and any encoder takes: no NUL, no half of a surrogate pair."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("not text")
    return _LONE_SURROGATE.sub("\ufffd", value).replace("\0", "")
