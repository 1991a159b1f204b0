"""The 500 cases of S14: what strangers, broken phones and attackers send. Generated, the same for the same seed."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from bench.chaos.program import PHONE, WEBHOOK_SECRET, WECHAT_TOKEN
from tests.fakes import telegram_updates
from tests.fakes.wechat_user import Post, WeChatUser

SECRET_HEADER = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}


@dataclass(frozen=True)
class Case:
    """One request. ``polite``: it deserves an answer (200), all the others may be refused (4xx)."""

    kind: str
    path: str
    method: str = "POST"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    polite: bool = False


def odd_words(chance: random.Random) -> list[tuple[str, str]]:
    """Texts that are texts, but not as one expects them."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    emoji = [family, "\U0001f1e8\U0001f1f3", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3", "\u2764\ufe0f\u200d\U0001f525"]
    made = [("emoji", "".join(chance.choices(emoji, k=chance.randint(1, 300)))) for _ in range(20)]
    rtl = ["\u202eمرحبا", "שלום\u2066", "\u200f\u061c", "\u2067楼道灯坏了\u2069", "\u202d\u202e\u202c"]
    made += [("right-to-left", "".join(chance.choices(rtl, k=chance.randint(1, 100)))) for _ in range(15)]
    control = [chr(n) for n in (*range(32), 127, 0x85, 0x2028, 0xFEFF, 0xFFFD, 0xFFFE, 0x10FFFF)]
    made += [("control", "灯".join(chance.choices(control, k=chance.randint(1, 60)))) for _ in range(15)]
    made += [("zalgo", "坏" + "".join(chr(chance.randint(0x300, 0x36F)) for _ in range(2000))) for _ in range(5)]
    bare = ["", " ", "\u3000", "\u200b", "\n" * 5000, "%s%n{0}{{7*7}}", "'; DROP TABLE issues; --", "../../etc/passwd"]
    bare += ["<script>alert(1)</script>", "]]><Evil/>", "=cmd|' /C calc'!A0", "\ud7ff\ue000", "１２３", "NaN", PHONE]
    made += [("odd", words) for words in bare]
    units = ("西苑小区3号楼2单元楼道灯坏了", "a", "号", "3号楼", "(((", "：")
    made += [("64 KB", (unit * (64_000 // len(unit.encode())))[:60_000]) for unit in units]
    made += [("any", "".join(chr(_point(chance)) for _ in range(chance.randint(1, 400)))) for _ in range(20)]
    return made


def _point(chance: random.Random) -> int:
    while True:
        point = chance.randrange(0x110000)
        if not 0xD800 <= point <= 0xDFFF:
            return point


# Pictures that are small on the wire and large in memory, or no pictures.


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bad_pictures(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)  # 49 KB
    sizes = ((30_000, 30_000), (65_535, 65_535), (2**31 - 1, 2**31 - 1), (1, 2**30), (0, 0), (5_001, 5_000))
    for width, height in sizes:
        yield "picture bomb", _png(width, height, bomb)
    picture = BytesIO()
    Image.new("RGB", (640, 480), "orange").save(picture, "JPEG")
    good = picture.getvalue()
    yield from (("half a picture", good[: chance.randrange(len(good))]) for _ in range(10))
    for _ in range(12):
        broken = bytearray(good)
        for _ in range(20):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        yield "broken picture", bytes(broken)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    others = (b"", b"GIF89a", b"%PDF-1.7", svg, b"\0" * 100_000, b"BM" + b"\xff" * 60)
    yield from (("no picture", body) for body in others)
    yield "no picture", b"II*\0" + chance.randbytes(500)
    yield from (("no picture", chance.randbytes(chance.randint(1, 5_000))) for _ in range(10))


# JSON


def _odd_values(chance: random.Random) -> Iterator[Any]:
    yield from (None, True, [], {}, -1, 2**70, 1.5, float("nan"), float("inf"), "", "x" * 1000, "\ud800", "\0", [[[]]])
    yield {"id": {"id": []}}
    yield "".join(chr(chance.randrange(0x20, 0x2FF)) for _ in range(50))


def bad_updates(chance: random.Random) -> Iterator[bytes]:
    """A good update in which one thing is of the wrong type, missing or doubled; and what is no update at all."""
    number = 10_000_000
    fields = ("message.text", "message.chat", "message.chat.id", "message.chat.type", "message.from", "message.photo")
    for path in (name.split(".") for name in ("update_id", "message", "message.date", *fields)):
        for value in list(_odd_values(chance))[:: 2 if len(path) > 1 else 1]:
            number += 1
            update = telegram_updates.text(number, 900_000_000 + number, "楼道灯坏了")
            place: Any = update
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
            yield json.dumps(update).encode()
    good = json.dumps(telegram_updates.text(number + 1, 900_000_001, "楼道灯坏了")).encode()
    yield from (good[: chance.randrange(len(good))] for _ in range(8))
    yield from (b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"update_id": 1e999}', b'{"update_id": NaN}')
    yield from (b"[" * 100_000, b'{"a":' * 30_000, b'{"update_id": ' + b"9" * 5_000 + b"}", b"\xef\xbb\xbf" + good)
    yield from (chance.randbytes(chance.randint(1, 2_000)) for _ in range(8))


def bad_messages(chance: random.Random) -> Iterator[bytes]:
    """The same for the web chat's own JSON."""
    for name in ("id", "text", "press", "photos", "label"):
        for value in _odd_values(chance):
            message = {"id": f"case-{chance.randrange(10**9):09d}", "text": "楼道灯坏了", name: value}
            yield json.dumps(message).encode()
    yield from (b"", b"null", b"[]", b"{", b"\xff", b"[" * 60_000, b'{"id": "x"}')
    yield b'{"id": "12345678", "text": "\\ud800"}'


# XML


def bad_xml(user: WeChatUser, chance: random.Random) -> Iterator[str]:
    good = user.xml({"MsgType": "text", "Content": "楼道灯坏了", "MsgId": "1"})
    yield from (good[: chance.randrange(len(good))] for _ in range(10))
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield f"<!DOCTYPE x [{entities}]><xml><Content>&l9;</Content></xml>"
    yield '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>'
    yield '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>'
    yield "<a>" * 9_000
    yield "<a>" * 4_000 + "</a>" * 4_000
    yield "<?xml version='1.0' encoding='utf-16'?><xml/>"
    yield from ("", "x", "<xml/>", "<xml></xml>", "<xml>\0</xml>", "<xml a='1'")
    for name in ("MsgType", "FromUserName", "ToUserName", "CreateTime", "MsgId", "Content", "Event"):
        for value in ("", "x" * 3_000, "-1", "9" * 40, "<b>x</b>", "]]>", "\ufffe"):
            fields = {"MsgType": "text", "Content": "x", "MsgId": str(chance.randrange(10**12)), "Event": "CLICK"}
            xml = user.xml(fields)
            start = xml.index(f"<{name}>") + len(name) + 2
            yield xml[:start] + value + xml[xml.index(f"</{name}>") :]
    for kind in ("event", "image", "voice", "location", "link", "video", "shortvideo", "nothing", "event,text"):
        yield user.xml({"MsgType": kind, "MsgId": str(chance.randrange(10**12))})
    yield good.replace("</xml>", "<Content>twice</Content><MsgType>event</MsgType></xml>")


def _signed(kind: str, post: Post, *, polite: bool = False, method: str = "POST") -> Case:
    return Case(kind, "/wechat", method, post.body, post.headers, post.params, polite)


def forged(user: WeChatUser) -> Iterator[Case]:
    """Signatures that are old, of somebody else, missing, or stolen from a genuine post."""
    genuine = user.text("楼道灯坏了")
    yield _signed("genuine", genuine, polite=True)
    yield _signed("genuine again", genuine, polite=True)
    for n in range(10):
        body = user.xml({"MsgType": "text", "Content": f"伪造{n}", "MsgId": str(n + 77)}).encode()
        yield _signed("replayed signature", Post(genuine.params, body))
    for hours in (-24, -1, 1, 24):
        yield _signed("stale", user.sign(genuine.body, at=datetime.now(UTC) + timedelta(hours=hours)))
    for name in ("signature", "timestamp", "nonce"):
        for value in ("", "0", "x" * 5_000, "\u0661\u0662", "-1"):
            yield _signed("forged", Post({**genuine.params, name: value}, genuine.body))
        yield _signed("forged", Post({k: v for k, v in genuine.params.items() if k != name}, genuine.body))
    stranger = WeChatUser("", WECHAT_TOKEN + "x", http=user.http)
    yield _signed("forged", stranger.text("楼道灯坏了"))
    yield _signed("forged", Post(stranger.signed() | {"echostr": "x"}, b""), method="GET")
    yield _signed("no echo", Post(user.signed(), b""), method="GET")
    for secret in ("", "x", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", "é" * 30):
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret.isascii() else {}
        yield Case("wrong secret", "/telegram", body=b"{}", headers=headers)


def wrong_requests(cookie: dict[str, str]) -> Iterator[Case]:
    """Methods, headers and sizes."""
    paths = ("/telegram", "/wechat", "/chat", "/chat/messages", "/chat/photos", "/healthz", "/photo/x.jpg")
    for path in paths:
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
            yield Case("wrong method", path, method)
    addresses = ("/nothing", "/chat/../../etc/passwd", "/photo/%2e%2e%2fx.jpg", "/photo/" + "a" * 3_000, "/%00", "/%ff")
    for path in addresses:
        yield Case("wrong address", path, "GET")
    for size in (10_000, 60_000):
        yield Case("huge header", "/telegram", headers=SECRET_HEADER | {"X-Huge": "x" * size}, body=b"{}")
        yield Case("huge header", "/chat", "GET", headers={"Cookie": "zhuoluo_chat=" + "x" * size})
    yield Case("huge body", "/telegram", headers=SECRET_HEADER, body=b" " * 300_000)
    yield Case("huge body", "/chat/messages", headers=cookie, body=b" " * 100_000)
    yield Case("huge body", "/chat/photos", headers=cookie, body=b"\xff" * 11_000_000)
    yield Case("no cookie", "/chat/messages", body=b"{}", headers={"X-Zhuoluo": "1"})
    forged_cookie = {"X-Zhuoluo": "1", "Cookie": "zhuoluo_chat=x.y.z"}
    yield Case("forged cookie", "/chat/messages", body=b"{}", headers=forged_cookie)
    yield Case("foreign page", "/chat/messages", body=b"{}", headers=cookie | {"Sec-Fetch-Site": "cross-site"})
    yield Case("foreign page", "/chat/messages", body=b"{}", headers=cookie | {"Origin": "https://evil.example"})


def all_cases(
    seed: int, user: Callable[[], WeChatUser], cookies: Callable[[], dict[str, str]], *, count: int = 500
) -> list[Case]:
    """``user`` and ``cookies``: somebody new each time, so that nobody is asked to slow down."""
    chance = random.Random(seed)
    made: list[Case] = []
    for n, (kind, words) in enumerate(odd_words(chance)):
        update = telegram_updates.text(20_000_000 + n, 800_000_000 + n, words)
        made.append(Case(kind, "/telegram", body=json.dumps(update).encode(), headers=SECRET_HEADER, polite=True))
        if len(words.encode()) < 50_000:
            made.append(_signed(kind, user().sign(_text_xml(user(), words, n))))
        message = json.dumps({"id": f"words-{n:06d}", "text": words}, ensure_ascii=False)
        made.append(Case(kind, "/chat/messages", body=message.encode(), headers=cookies()))
    one = cookies()
    made += [Case(kind, "/chat/photos", body=data, headers=one) for kind, data in bad_pictures(chance)]
    made += [Case("bad update", "/telegram", body=body, headers=SECRET_HEADER) for body in bad_updates(chance)]
    made += [Case("bad message", "/chat/messages", body=body, headers=cookies()) for body in bad_messages(chance)]
    made += [_signed("bad XML", user().sign(xml.encode("utf-8", "replace"))) for xml in bad_xml(user(), chance)]
    fixed = [*forged(user()), *wrong_requests(cookies())]
    chance.shuffle(made)
    return [*fixed, *made][:count]


def _text_xml(user: WeChatUser, words: str, n: int) -> bytes:
    safe = words.replace("]]>", "]]]]><![CDATA[>")
    xml = user.xml({"MsgType": "text", "MsgId": str(30_000_000 + n)})
    return xml.replace("</xml>", f"<Content><![CDATA[{safe}]]></Content></xml>").encode()
