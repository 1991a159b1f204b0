"""From WeChat's XML to :class:`Incoming`. Whatever a person sent survives: what cannot be read is kept as it came."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any
from xml.parsers import expat

from wechatpy import events, messages
from wechatpy.parser import parse_message

from bot.platforms.gcj02 import to_wgs84
from handlers.messages import Incoming, IncomingPhoto, Kind

NAME = "wechat"
#: Everything XML 1.0 does not allow; also keeps NUL from PostgreSQL and lone surrogates from UTF-8.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The deepest genuine event (pictures chosen by a menu) has five levels.
MAX_DEPTH = 16

_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,128}")


class Hostile(Exception):
    """A document type, an entity or nesting without end: no phone writes these. Nothing of it is kept."""


def parse(xml: str) -> tuple[Incoming | None, str]:
    """The event and the account it was sent to. None: an event that says nothing to us (a link of the menu opened).

    An odd body becomes ``Kind.OTHER`` without a sender, for inspection. Raises :class:`Hostile`.
    """
    xml = ILLEGAL.sub("", xml)
    _refuse_bombs(xml)
    try:
        message = parse_message(xml)
        if not _ID.fullmatch(_word(message.source)):
            return _odd(xml), ""
        return _translate(message, xml), _id(message.target)
    except Exception:  # ExpatError, KeyError, TypeError, AttributeError, ValueError, …: wechatpy promises nothing
        return _odd(xml), ""


def _refuse_bombs(xml: str) -> None:
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Hostile("nested too deeply")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_parts: object) -> None:
        raise Hostile("document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(xml.encode(), True)
    except expat.ExpatError:
        return  # not XML at all: odd, and seen as such by the parser proper


def _translate(message: Any, xml: str) -> Incoming | None:
    sender = _word(message.source)
    if isinstance(message, events.BaseEvent):
        return _event(message, sender, xml)
    kind, content = Kind.OTHER, ""
    photos: tuple[IncomingPhoto, ...] = ()
    location = None
    match message:
        case messages.TextMessage():
            kind, content = Kind.TEXT, _word(message.content)
        case messages.ImageMessage():
            media = _word(message.media_id)
            if media:
                kind, photos = Kind.PHOTO, (IncomingPhoto(remote_id=media),)
        case messages.VoiceMessage():
            kind, content = Kind.VOICE, _word(message.recognition)
        case messages.LocationMessage():
            location = _coordinates(message.location_x, message.location_y)
            if location:
                kind, location = Kind.LOCATION, to_wgs84(*location)
    number = _number(message, "id")
    if isinstance(message, messages.UnknownMessage) and not number:
        return None  # an event WeChat invented after us; people's messages are numbered
    key = f"msg:{number}" if number else _key("msg", sender, _number(message, "time"), content or xml)
    return Incoming(NAME, key, sender, kind, text=content, photos=photos, location=location, raw=xml)


def _event(message: Any, sender: str, xml: str) -> Incoming | None:
    """WeChat numbers no events: person, second, event and key name one."""
    text = key = ""
    match message:
        case events.SubscribeScanEvent() | events.ScanEvent():
            kind, key = Kind.FOLLOW, _word(message.scene_id)
            text = key
        case events.SubscribeEvent():
            kind, key = Kind.FOLLOW, _word(message.key)
        case events.ClickEvent():
            kind, key = Kind.TEXT, _word(message.key)
            text = key
        case events.UnsubscribeEvent():
            kind = Kind.LEAVE
        case _:
            return None
    name = _key("event", sender, _number(message, "time"), message.event, key)
    return Incoming(NAME, name, sender, kind, text=text, raw=xml)


def _odd(xml: str) -> Incoming:
    return Incoming(NAME, _key("odd", xml), "", Kind.OTHER, raw=xml)


def _key(what: str, *parts: object) -> str:
    return f"{what}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}"


def _word(value: Any) -> str:
    """What a field says, also when it comes twice (a list), empty (None) or with attributes (a mapping)."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_word, value)))
    if isinstance(value, dict):
        return _word(value.get("#text"))
    return str(value)


def _id(value: Any) -> str:
    return found if _ID.fullmatch(found := _word(value)) else ""


def _number(message: Any, field: str) -> int:
    """0 for what is missing or no 64-bit number."""
    try:
        number = int(getattr(message, field))
    except (TypeError, ValueError):
        return 0
    return number if 0 < number < 2**64 else 0


def _coordinates(x: Any, y: Any) -> tuple[float, float] | None:
    """``Location_X`` is the latitude."""
    try:
        latitude, longitude = float(x), float(y)
    except (TypeError, ValueError):
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
