"""One driver for each platform: a person with it in hand, and its peer (a fake server, a browser, a terminal)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
from pydantic import SecretStr
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.media import MediaStore
from bot.platforms.base import Deps
from bot.platforms.console import Console, repl
from bot.platforms.telegram import Telegram
from bot.platforms.webchat import WebChat
from bot.platforms.wechat import WeChat
from handlers.messages import Button, Incoming, Outgoing
from models.member import Account, Member
from services.outbox import Outcome, SendResult
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.wechat_api import CUT, SEND, FakeWeChatApi, errcode
from tests.fakes.wechat_user import Post, WeChatUser
from tests.platforms.contract import TELEGRAM_SECRET, Driver, Recorder, Served, Shown, serve, settings

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class TelegramDriver:
    chat = 7001

    def __init__(self, api: FakeTelegram, served: Served) -> None:
        self.recorder, self.media = served.recorder, served.media
        self._api, self._served = api, served
        self._next = 100
        self._last: updates.Update = {}
        self.trouble = {
            Outcome.BLOCKED: lambda: api.state.blocked.add(self.chat),
            Outcome.LATER: lambda: api.fail(status=429, retry_after=7),
            Outcome.UNSURE: lambda: api.fail(cut=True),
            Outcome.IMPOSSIBLE: lambda: api.fail(status=400, times=9),
        }

    def says(self, words: str) -> None:
        self._deliver(updates.text(self._number(), self.chat, words))

    def sends_photo(self, jpeg: bytes) -> None:
        self._api.state.files["a-photo"] = jpeg
        self._deliver(updates.photo(self._number(), self.chat, "a-photo"))

    def sends_location(self, latitude: float, longitude: float) -> None:
        self._deliver(updates.location(self._number(), self.chat, latitude, longitude))

    def chooses(self, number: int, button: Button) -> None:
        label, data = self.screen()[-1].buttons[number - 1]
        assert label == button.label
        self._deliver(updates.press(self._number(), self.chat, data))

    def repeats(self) -> None:
        self._deliver(self._last)

    def screen(self) -> list[Shown]:
        return [
            Shown(
                call.text,
                tuple((key["text"], key["callback_data"]) for row in call.rows for key in row),
                len(call.files),
            )
            for call in self._api.messages(self.chat)
        ]

    def notify(self, message: Outgoing) -> SendResult:
        return self._served.notify(str(self.chat), message)

    def photo_bytes(self, incoming: Incoming) -> bytes:
        return self._served.run(self._served.platform.fetch(incoming.photos[0].remote_id))

    def _number(self) -> int:
        self._next += 2
        return self._next

    def _deliver(self, update: updates.Update) -> None:
        self._last = update
        assert self._api.deliver(f"{self._served.server.url}/telegram", update, secret=TELEGRAM_SECRET) == 200


@contextmanager
def on_telegram(folder: Path) -> Iterator[Driver]:
    with FakeTelegram() as api:
        telegram = {
            "enabled": True,
            "mode": "webhook",
            "token": api.token,
            "webhook_secret": TELEGRAM_SECRET,
            "api_url": api.url,
        }
        with serve(Telegram, folder, settings(folder, telegram=telegram)) as served:
            yield TelegramDriver(api, served)


class WeChatDriver:
    def __init__(self, api: FakeWeChatApi, user: WeChatUser, served: Served) -> None:
        self.recorder, self.media = served.recorder, served.media
        self._api, self._user, self._served = api, user, served
        self._replies: list[Shown] = []
        self._last: Post | None = None
        self.trouble = {
            Outcome.CLOSED: lambda: api.script(SEND, errcode(45015)),
            Outcome.BLOCKED: lambda: api.script(SEND, errcode(43004)),
            Outcome.LATER: lambda: api.script(SEND, errcode(-1)),
            Outcome.UNSURE: lambda: api.script(SEND, CUT),
            Outcome.IMPOSSIBLE: lambda: api.script(SEND, errcode(40008)),
        }

    def says(self, words: str) -> None:
        self._deliver(self._user.text(words))

    def sends_photo(self, jpeg: bytes) -> None:
        self._deliver(self._user.photo(self._api.keep(jpeg)))

    def sends_location(self, latitude: float, longitude: float) -> None:
        self._deliver(self._user.location(latitude, longitude, "柏林"))

    def chooses(self, number: int, button: Button) -> None:
        numbered = f"{number} {button.label}" in self.screen()[-1].text.splitlines()
        self.says(str(number) if numbered else button.say)

    def repeats(self) -> None:
        assert self._last is not None
        self._deliver(self._last)

    def screen(self) -> list[Shown]:
        sent = [Shown(message.text, photos=1 if message.media_id else 0) for message in self._api.accepted]
        return [*self._replies, *sent]

    def notify(self, message: Outgoing) -> SendResult:
        return self._served.notify(self._user.openid, message)

    def photo_bytes(self, incoming: Incoming) -> bytes:
        return self._served.run(self._served.platform.fetch(incoming.photos[0].remote_id))

    def _deliver(self, post: Post) -> None:
        self._last = post
        reply = self._user.deliver(post)
        assert reply.status == 200
        if reply.text is not None:
            self._replies.append(Shown(reply.text))


@contextmanager
def on_wechat(folder: Path) -> Iterator[Driver]:
    with FakeWeChatApi() as api:
        wechat = {
            "enabled": True,
            "mode": "safe",
            "app_id": api.app_id,
            "app_secret": api.secret,
            "token": "a-wechat-token",
            "encoding_aes_key": AES_KEY,
            "api_url": api.url,
        }
        with serve(WeChat, folder, settings(folder, wechat=wechat)) as served:
            user = WeChatUser(served.server.url, "a-wechat-token", api.app_id, AES_KEY)
            try:
                yield WeChatDriver(api, user, served)
            finally:
                user.http.close()


class WebChatDriver:
    def __init__(self, browser: httpx.Client, served: Served) -> None:
        self.recorder, self.media = served.recorder, served.media
        self._browser, self._served = browser, served
        self._number = 0
        self._last: dict[str, Any] = {}
        self.trouble = {
            Outcome.LATER: lambda: served.run(served.transactions.close()),
            Outcome.IMPOSSIBLE: self._vanish,
        }
        assert browser.get("/chat").status_code == 200
        self.says("你好")
        self._visitor = self.recorder.heard.pop().sender
        served.run(served.transactions.run(self._move_in))

    def says(self, words: str) -> None:
        self._post(text=words)

    def sends_photo(self, jpeg: bytes) -> None:
        taken = self._browser.post("/chat/photos", content=jpeg, headers={"Content-Type": "image/jpeg"})
        assert taken.status_code == 200
        self._post(photos=[taken.json()["id"]])

    def sends_location(self, latitude: float, longitude: float) -> None:
        self._post(location=[latitude, longitude])

    def chooses(self, number: int, button: Button) -> None:
        label, data = self.screen()[-1].buttons[number - 1]
        assert label == button.label
        self._post(press=data, label=label)

    def repeats(self) -> None:
        self._send(self._last)

    def screen(self) -> list[Shown]:
        rows = self._browser.get("/chat/messages").json()["messages"]
        return [
            Shown(row["text"], tuple((b["label"], b["data"]) for b in row["buttons"]), len(row["photos"]))
            for row in rows
            if not row["own"]
        ]

    def notify(self, message: Outgoing) -> SendResult:
        return self._served.notify(self._visitor, message)

    def photo_bytes(self, incoming: Incoming) -> bytes:
        return self.media.load(incoming.photos[0].public_id)

    def _post(self, **message: Any) -> None:
        self._number += 1
        self._send({"id": f"message-{self._number}", **message})

    def _send(self, message: dict[str, Any]) -> None:
        self._last = message
        assert self._browser.post("/chat/messages", json=message).status_code == 200

    def _move_in(self, session: Session) -> None:
        now = Clock().now()
        member = Member(created_at=now)
        session.add(member)
        session.flush()
        session.add(Account(member_id=member.id, platform="webchat", external_id=self._visitor))

    def _vanish(self) -> None:
        self._visitor = "nobody"


@contextmanager
def on_webchat(folder: Path) -> Iterator[Driver]:
    given = settings(folder)
    secret = SecretStr("a cookie secret of more than thirty-two characters")
    given = given.model_copy(update={"webchat": given.webchat.model_copy(update={"cookie_secret": secret})})
    with (
        serve(WebChat, folder, given) as served,
        httpx.Client(base_url=served.server.url, headers={"X-Zhuoluo": "1"}) as browser,
    ):
        yield WebChatDriver(browser, served)


class ConsoleDriver:
    sender = "terminal"

    def __init__(self, console: Console, media: MediaStore, folder: Path) -> None:
        self.recorder, self.media = Recorder(), media
        self._console, self._folder = console, folder
        self._written: list[str] = []
        self._closed = False
        self.trouble = {Outcome.CLOSED: lambda: setattr(self, "_closed", True)}

    def says(self, words: str) -> None:
        lines = iter([words])

        async def read() -> str | None:
            return next(lines, None)

        asyncio.run(repl(self.recorder, sender=self.sender, read=read, write=self._written.append))

    def sends_photo(self, jpeg: bytes) -> None:
        file = self._folder / "lamp.jpg"
        file.write_bytes(jpeg)
        self.says(f"@{file}")

    def sends_location(self, latitude: float, longitude: float) -> None:
        raise NotImplementedError("a terminal does not know where it stands")

    def chooses(self, number: int, button: Button) -> None:
        numbered = f"{number} {button.label}" in self._written[-1].splitlines()
        self.says(str(number) if numbered else button.say)

    def repeats(self) -> None:
        raise NotImplementedError("nothing stands between a terminal and us")

    def screen(self) -> list[Shown]:
        return [Shown(text) for text in self._written]

    def notify(self, message: Outgoing) -> SendResult:
        if self._closed:
            return asyncio.run(self._console.send(self.sender, message, repeat=False))
        with self._console.open(self.sender, self._written.append):
            return asyncio.run(self._console.send(self.sender, message, repeat=False))

    def photo_bytes(self, incoming: Incoming) -> bytes:
        return asyncio.run(self._console.fetch(incoming.photos[0].remote_id))


@contextmanager
def on_console(folder: Path) -> Iterator[Driver]:
    media = MediaStore(folder / "media")
    deps = Deps(settings(folder), cast(Any, None), media, Clock())
    yield ConsoleDriver(Console(deps), media, folder)


PLATFORMS: dict[str, Callable[[Path], AbstractContextManager[Driver]]] = {
    "telegram": on_telegram,
    "wechat": on_wechat,
    "webchat": on_webchat,
    "console": on_console,
}
