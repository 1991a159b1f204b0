"""What stands on somebody's phone, and the two platforms by which it gets there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import EDITING, SENDING, Call, FakeTelegram
from tests.fakes.wechat_api import FakeWeChatApi
from tests.fakes.wechat_user import Post, WeChatUser
from tests.platforms.contract import TELEGRAM_SECRET, a_photo


@dataclass(frozen=True)
class Shown:
    """A message on somebody's phone. ``buttons``: label and data; ``files``: what they are called."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    photos: int = 0
    files: tuple[str, ...] = ()
    number: int = 0  # Telegram's, of the message
    edited: bool = False

    @property
    def labels(self) -> list[str]:
        return [label for label, _ in self.buttons]


class Line(Protocol):
    """What one platform does for one person: an event goes in, and what stands on the phone is looked at."""

    def says(self, words: str) -> None: ...

    def sends_photo(self, words: str) -> None: ...

    def presses(self, label: str, shown: Shown) -> None: ...

    def screen(self) -> list[Shown]:
        """Everything that ever arrived, in order; an edit is an arrival."""


@dataclass
class TelegramLine:
    api: FakeTelegram
    address: str
    chat: int
    numbers: Iterator[int]

    def says(self, words: str) -> None:
        self._deliver(updates.text(next(self.numbers), self.chat, words))

    def sends_photo(self, words: str) -> None:
        number = next(self.numbers)
        self.api.state.files[f"photo-{number}"] = a_photo()
        self._deliver(updates.photo(number, self.chat, f"photo-{number}", caption=words))

    def presses(self, label: str, shown: Shown) -> None:
        data = dict(shown.buttons)[label]
        update = updates.press(next(self.numbers), self.chat, data)
        update["callback_query"]["message"]["message_id"] = shown.number
        self._deliver(update)

    def screen(self) -> list[Shown]:
        calls = enumerate(self.api.calls(), start=1)  # the fake numbers what it accepts
        return [_shown(number, call) for number, call in calls if call.chat == self.chat and _visible(call)]

    def _deliver(self, update: updates.Update) -> None:
        assert self.api.deliver(f"{self.address}/telegram", update, secret=TELEGRAM_SECRET, timeout=60) == 200


def _visible(call: Call) -> bool:
    return call.method in SENDING or call.method == EDITING


def _shown(number: int, call: Call) -> Shown:
    buttons = tuple((key["text"], key["callback_data"]) for row in call.rows for key in row)
    edited = call.method == EDITING
    place = int(call.params["message_id"]) if edited else number
    is_file = call.method == "sendDocument"
    return Shown(
        call.text, buttons, 0 if is_file else len(call.files), call.names if is_file else (), place, edited
    )


@dataclass
class WeChatLine:
    api: FakeWeChatApi
    user: WeChatUser
    arrived: list[Shown] = field(default_factory=list)
    _read: int = 0

    def says(self, words: str) -> None:
        self._deliver(self.user.text(words))

    def sends_photo(self, words: str) -> None:
        self._deliver(self.user.photo(self.api.keep(a_photo())))
        if words:
            self.says(words)

    def presses(self, label: str, shown: Shown) -> None:
        """Types the number before the label; where there is none, the label itself."""
        lines = (line.split(" ", 1) for line in shown.text.splitlines() if " " in line)
        number = next((first for first, rest in lines if first.isdecimal() and rest == label), label)
        self.says(number)

    def screen(self) -> list[Shown]:
        """In the order of arrival: replies in our answers, the rest through the API."""
        sent = [each for each in self.api.accepted if each.to == self.user.openid]
        self.arrived += [Shown(each.text, photos=1 if each.media_id else 0) for each in sent[self._read :]]
        self._read = len(sent)
        return self.arrived

    def _deliver(self, post: Post) -> None:
        self.api.heard(self.user.openid)
        self.screen()
        reply = self.user.deliver(post)
        assert reply.status == 200
        if reply.text is not None:
            self.arrived.append(Shown(reply.text))
