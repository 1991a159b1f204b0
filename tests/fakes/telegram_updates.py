"""Updates as Telegram sends them, for one private chat unless told otherwise."""

from __future__ import annotations

from typing import Any

DATE = 1_790_000_000  # seconds since the epoch; nothing of ours reads it

Update = dict[str, Any]


def person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "居民", "language_code": "zh-hans"}


def message(update_id: int, chat: int, *, kind: str = "message", chat_type: str = "private", **content: Any) -> Update:
    body = {
        "message_id": update_id,
        "date": DATE,
        "chat": {"id": chat, "type": chat_type, "first_name": "居民"},
        "from": person(chat),
        **content,
    }
    return {"update_id": update_id, kind: body}


def text(update_id: int, chat: int, words: str) -> Update:
    content: dict[str, Any] = {"text": words}
    if words.startswith("/"):
        content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(words.split()[0])}]
    return message(update_id, chat, **content)


def edited(update_id: int, chat: int, words: str) -> Update:
    return message(update_id, chat, kind="edited_message", text=words, edit_date=DATE + 60)


def photo(update_id: int, chat: int, file_id: str, *, caption: str = "", album: str = "") -> Update:
    """Three sizes; ``file_id`` is the largest, which Telegram lists last."""
    sizes = [
        {"file_id": f"{file_id}-{side}", "file_unique_id": f"u{side}", "width": side, "height": side, "file_size": side}
        for side in (90, 320)
    ]
    sizes.append({"file_id": file_id, "file_unique_id": "u", "width": 1280, "height": 960, "file_size": 90_000})
    more = {"caption": caption} if caption else {}
    return message(update_id, chat, photo=sizes, **more, **({"media_group_id": album} if album else {}))


def document(update_id: int, chat: int, file_id: str, *, mime_type: str) -> Update:
    file = {"file_id": file_id, "file_unique_id": "u", "file_name": "x", "mime_type": mime_type, "file_size": 9}
    return message(update_id, chat, document=file)


def location(update_id: int, chat: int, latitude: float, longitude: float) -> Update:
    return message(update_id, chat, location={"latitude": latitude, "longitude": longitude})


def venue(update_id: int, chat: int, latitude: float, longitude: float) -> Update:
    """A shop or a house picked on the map; the place itself comes along as a location."""
    at = {"latitude": latitude, "longitude": longitude}
    return message(update_id, chat, venue={"location": at, "title": "便民超市", "address": "西苑小区北门"}, location=at)


def live_location(update_id: int, chat: int, latitude: float, longitude: float, *, moved: bool = False) -> Update:
    """Shared for an hour; every few seconds the same message comes again, edited."""
    at = {"latitude": latitude, "longitude": longitude, "live_period": 3600, "horizontal_accuracy": 12.5}
    more = {"kind": "edited_message", "edit_date": DATE + 5} if moved else {}
    return message(update_id, chat, location=at, **more)


def voice(update_id: int, chat: int) -> Update:
    return message(update_id, chat, voice={"file_id": "v", "file_unique_id": "u", "duration": 3})


def sticker(update_id: int, chat: int) -> Update:
    return message(
        update_id,
        chat,
        sticker={
            "file_id": "s",
            "file_unique_id": "u",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
        },
    )


def press(update_id: int, chat: int, data: str, *, callback_id: str = "") -> Update:
    asked = message(update_id - 1, chat, text="?")["message"]
    query = {
        "id": callback_id or f"callback-{update_id}",
        "from": person(chat),
        "chat_instance": "1",
        "message": asked,
        "data": data,
    }
    return {"update_id": update_id, "callback_query": query}


def membership(update_id: int, chat: int, status: str, *, before: str = "member") -> Update:
    """``kicked``: the person blocked us; ``member``: they came back."""

    def member(state: str) -> dict[str, Any]:
        bot = {"id": 1, "is_bot": True, "first_name": "着落", "username": "zhuoluo_bot"}
        return {"user": bot, "status": state, **({"until_date": 0} if state == "kicked" else {})}

    change = {
        "chat": {"id": chat, "type": "private", "first_name": "居民"},
        "from": person(chat),
        "date": DATE,
        "old_chat_member": member(before),
        "new_chat_member": member(status),
    }
    return {"update_id": update_id, "my_chat_member": change}
