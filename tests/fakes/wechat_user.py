"""A person on WeChat: builds events as WeChat does, signs, seals and posts them, posts them again, reads the replies.

Encryption is werobot's, which shares no line with ours or wechatpy's.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
from werobot.crypto import MessageCrypt
from werobot.utils import get_signature

_message_ids = itertools.count(secrets.randbits(40) << 20)


@dataclass(frozen=True)
class Post:
    """One HTTP request of WeChat's. A true retry is the very same again."""

    params: dict[str, str]
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/xml"})


@dataclass(frozen=True)
class Reply:
    """``text``: what the person sees, None for nothing (``success``)."""

    status: int
    body: str
    text: str | None = None
    to: str = ""
    sender: str = ""


@dataclass
class WeChatUser:
    """``url``: of the program under test, without ``/wechat``. ``aes_key`` empty: the account is in plaintext mode."""

    url: str
    token: str
    app_id: str = "wx0123456789abcdef"
    aes_key: str = ""
    openid: str = "oResident_0000000000000000001"
    account: str = "gh_zhuoluo"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    # What a person does. Each returns the request, not yet sent.

    def text(self, words: str, *, message_id: int | None = None) -> Post:
        return self.message("text", {"Content": words}, message_id=message_id)

    def menu_text(self, words: str, *, menu_id: str = "1") -> Post:
        """A tap on a line of a menu message: a text without MsgId."""
        return self.sign(self.xml({"MsgType": "text", "Content": words, "bizmsgmenuid": menu_id}))

    def photo(self, media_id: str, *, message_id: int | None = None) -> Post:
        fields = {"PicUrl": "http://mmbiz.invalid/x", "MediaId": media_id}
        return self.message("image", fields, message_id=message_id)

    def voice(self, media_id: str = "voice-1", recognition: str = "") -> Post:
        return self.message("voice", {"MediaId": media_id, "Format": "amr", "Recognition": recognition})

    def video(self, media_id: str = "video-1") -> Post:
        return self.message("video", {"MediaId": media_id, "ThumbMediaId": "thumb-1"})

    def link(self, url: str = "http://example.invalid/") -> Post:
        return self.message("link", {"Title": "标题", "Description": "", "Url": url})

    def location(self, latitude: float, longitude: float, label: str = "") -> Post:
        fields = {"Location_X": str(latitude), "Location_Y": str(longitude), "Scale": "15", "Label": label}
        return self.message("location", fields)

    def follow(self, scene: str = "") -> Post:
        return self.event("subscribe", f"qrscene_{scene}" if scene else "")

    def scan(self, scene: str) -> Post:
        return self.event("SCAN", scene)

    def click(self, key: str) -> Post:
        return self.event("CLICK", key)

    def leave(self) -> Post:
        return self.event("unsubscribe")

    # How WeChat wraps it.

    def message(self, kind: str, fields: dict[str, str], *, message_id: int | None = None) -> Post:
        number = next(_message_ids) if message_id is None else message_id
        return self.sign(self.xml({"MsgType": kind, **fields, "MsgId": str(number)}))

    def event(self, event: str, key: str = "", **more: str) -> Post:
        return self.sign(self.xml({"MsgType": "event", "Event": event, "EventKey": key, **more}))

    def xml(self, fields: dict[str, str]) -> str:
        whole = {
            "ToUserName": self.account,
            "FromUserName": self.openid,
            "CreateTime": str(int(self.now().timestamp())),
            **fields,
        }
        return "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in whole.items()) + "</xml>"

    def signed(self, *, nonce: str | None = None, at: datetime | None = None) -> dict[str, str]:
        stamp, nonce = str(int((at or self.now()).timestamp())), nonce or str(secrets.randbelow(2**31))
        return {"signature": get_signature(self.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}

    def sign(self, xml: str | bytes, *, nonce: str | None = None, at: datetime | None = None) -> Post:
        """Any body, signed, and sealed where the account is in safe mode."""
        params = self.signed(nonce=nonce, at=at)
        if not self.aes_key:
            return Post(params | {"openid": self.openid}, xml.encode() if isinstance(xml, str) else xml)
        crypt = MessageCrypt(self.token, self.aes_key, self.app_id)
        encrypted = crypt.prp_crypto.encrypt(xml, self.app_id).decode()
        params |= {
            "openid": self.openid,
            "encrypt_type": "aes",
            "msg_signature": get_signature(self.token, params["timestamp"], params["nonce"], encrypted),
        }
        envelope = (
            f"<xml><ToUserName><![CDATA[{self.account}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        return Post(params, envelope.encode())

    def verify(self, echo: str) -> httpx.Response:
        """The question WeChat asks when the address is set up."""
        return self.http.get(f"{self.url}/wechat", params=self.signed() | {"echostr": echo})

    def deliver(self, post: Post) -> Reply:
        """Sends it; called again with the same post it is WeChat's retry."""
        answer = self.http.post(f"{self.url}/wechat", params=post.params, content=post.body, headers=post.headers)
        return self.read(answer.status_code, answer.text)

    def says(self, words: str) -> Reply:
        return self.deliver(self.text(words))

    def read(self, status: int, body: str) -> Reply:
        """Opens the reply as WeChat would, refusing what WeChat would not show."""
        if status != 200 or body in ("success", ""):
            return Reply(status, body)
        root = ElementTree.fromstring(body)
        if self.aes_key:
            parts = {child.tag: child.text or "" for child in root}
            crypt = MessageCrypt(self.token, self.aes_key, self.app_id)
            clear = crypt.decrypt_message(parts["TimeStamp"], parts["Nonce"], parts["MsgSignature"], parts["Encrypt"])
            root = ElementTree.fromstring(clear)
        parts = {child.tag: child.text or "" for child in root}
        assert list(parts) == [child.tag for child in root], "a field twice: something broke out of CDATA"
        assert parts.keys() == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}
        assert parts["MsgType"] == "text"
        assert len(parts["Content"].encode()) <= 2048
        return Reply(status, body, parts["Content"], parts["ToUserName"], parts["FromUserName"])
