"""The whole program for stories: real HTTP between people's phones and us, the clock in the story's hand.

``with town(folder) as here: zhao = here.phone("赵书记"); zhao.says("你好")``. The application is that of
``bot.app.create_app`` behind a loopback port; Telegram's and WeChat's servers are the fakes. The scheduler, the
fetching of photos, the making of files and the delivery are the program's own, moved on by :meth:`Town.passes` from
one moment at which something is due to the next, because nobody wants to sleep through a month. Posts are given
straight in the database (:meth:`Town.appoint`), all else is said in chat.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from bot.app import Running, create_app
from bot.database import Database
from models.base import insert_row
from models.document import Document, DocumentState
from models.due import Due
from models.issue import Issue
from models.member import Account, Grant, Member
from models.notice import Notice
from models.resolution import Resolution
from models.rules.posts import Role, ScopeKind
from services import members
from services.audit import Breach, audit
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.wechat_api import FakeWeChatApi
from tests.fakes.wechat_user import WeChatUser
from tests.neighbourhood import Ids, settle
from tests.platforms.contract import TELEGRAM_SECRET, settings, until
from tests.stories.by_hand import Counted, EngineByHand, StoryClock
from tests.stories.lines import Line, Shown, TelegramLine, WeChatLine

ZONE = ZoneInfo("Asia/Shanghai")
SITE = "https://zhuoluo.example"
#: A Monday, eight in the morning in Lanzhou.
MONDAY = datetime(2026, 3, 2, 0, tzinfo=UTC)

_AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
_WECHAT_TOKEN = "a-wechat-token"
_MORNING = time(9)  # at the latest then the timetable is looked at; what has no rows yet is owed by its daily entries
_DUE = select(func.min(Due.due_at)).where(Due.done_at.is_(None))
_LEAVES = select(func.min(Notice.not_before)).where(text("notices.state IN ('owed','sending')"))


def moment(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Of 2026, on the clocks of Lanzhou."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@dataclass
class Phone:
    """Somebody with a phone. What the program answers is returned, what it sends by itself is in :meth:`reads`."""

    at: Town
    name: str
    platform: str
    external_id: str
    line: Line
    answers: list[Shown] = field(default_factory=list)  # to the last event
    _inbox: list[Shown] = field(default_factory=list)
    _seen: int = 0

    @property
    def member_id(self) -> int:
        with self.at.looks() as session:
            query = select(Account.member_id).where(
                Account.platform == self.platform, Account.external_id == self.external_id
            )
            return session.scalars(query).one()

    @property
    def labels(self) -> list[str]:
        """Of the last answer that had any."""
        return next((shown.labels for shown in reversed(self.answers) if shown.buttons), [])

    def says(self, words: str) -> str:
        self.line.says(words)
        return self._answered()

    def sends_photo(self, words: str = "") -> str:
        self.line.sends_photo(words)
        return self._answered()

    def presses(self, label: str) -> str:
        """The button of the newest message that has it, as a thumb finds it. On WeChat the number or the word is
        typed."""
        self._catches_up()
        typed = self.platform == "wechat"
        newest_first = reversed(self.line.screen())
        shown = next((each for each in newest_first if label in each.labels or (typed and label in each.text)), None)
        assert shown is not None, f"{self.name} sees no {label}"
        self.line.presses(label, shown)
        return self._answered()

    def reads(self) -> list[str]:
        """What came by itself since the last look."""
        return [shown.text for shown in self.looks()]

    def looks(self) -> list[Shown]:
        """The same, with buttons, photos and files."""
        self._catches_up()
        found, self._inbox = self._inbox, []
        return found

    def _answered(self) -> str:
        until(lambda: self.at.busy == 0)
        screen = self.line.screen()
        self.answers, self._seen = screen[self._seen :], len(screen)
        self.at.clock.at += timedelta(seconds=3)
        self.at.delivers()
        return "\n".join(shown.text for shown in self.answers)

    def _catches_up(self) -> None:
        screen = self.line.screen()
        self._inbox += screen[self._seen :]
        self._seen = len(screen)


class Town:
    """西苑小区 in 兰宁社区 (tests.neighbourhood), where the program runs."""

    def __init__(
        self,
        *,
        url: str,
        database: Database,
        ids: Ids,
        clock: StoryClock,
        telegram: FakeTelegram,
        wechat: FakeWeChatApi,
        folder: Path,
        **sections: dict[str, Any],
    ) -> None:
        self.database, self.ids, self.clock = database, ids, clock
        self.telegram, self.wechat = telegram, wechat
        self._numbers = itertools.count(1000, 2)
        self._phones = itertools.count(1)
        self._users: list[WeChatUser] = []
        app = create_app(
            settings(folder, **(_sections(url, telegram, wechat) | sections)),
            clock=clock,
            on_failure=lambda: None,
        )
        self.running: Running = app.state.running
        self.engine = EngineByHand(self.running, clock)
        self.running.engine = self.engine
        self._counted = Counted(app)
        self.server = LoopbackServer(self._counted, lifespan=True)

    # Time

    @property
    def now(self) -> datetime:
        return self.clock.at

    def passes(self, **duration: float) -> None:
        self.reaches(self.now + timedelta(**duration))

    def reaches(self, when: datetime) -> None:
        """Time goes on until then, and whatever becomes due on the way is done and told at its own moment."""
        assert when >= self.now, "the clock does not go back"
        self.keeps_time()
        while self.now < when:
            self.clock.at = min(when, self._next())
            self.keeps_time()

    def keeps_time(self) -> None:
        """Whatever is due now."""
        self._run(self.engine.keeps_time())
        self.delivers()

    def delivers(self) -> None:
        self._run(self.engine.delivers())

    def _next(self) -> datetime:
        """When something becomes due next."""
        now = self.now
        queries = (
            _DUE.where(Due.due_at > now),
            select(func.min(Issue.look_at)).where(Issue.look_at > now),
            select(func.min(Resolution.look_at)).where(Resolution.look_at > now),
            _LEAVES.where(Notice.not_before > now),
        )
        with self.looks() as session:
            coming = [found for query in queries if (found := session.scalar(query)) is not None]
        today = datetime.combine(now.astimezone(ZONE).date(), _MORNING, ZONE)
        return min([*coming, today if today > now else today + timedelta(days=1)]).astimezone(UTC)

    # People

    def phone(self, name: str, *, on: str = "telegram") -> Phone:
        """Somebody who has just said hello."""
        number = next(self._phones)
        line: Line
        if on == "telegram":
            external = str(7000 + number)
            line = TelegramLine(self.telegram, self.server.url, 7000 + number, self._numbers)
        else:
            external = f"oResident_{number:019d}"
            user = WeChatUser(
                self.server.url, _WECHAT_TOKEN, self.wechat.app_id, _AES_KEY, openid=external, now=self.clock.now
            )
            self._users.append(user)
            line = WeChatLine(self.wechat, user)
        phone = Phone(self, name, on, external, line)
        phone.says("你好")
        with Session(self.database.engine) as session, session.begin():
            session.execute(update(Member).where(Member.id == phone.member_id).values(name=name))
        return phone

    def appoint(self, phone: Phone, role: Role, kind: ScopeKind, scope: int, label: str) -> None:
        with Session(self.database.engine) as session, session.begin():
            place = {"scope_kind": kind, "scope_id": scope, "community_id": self.ids.community}
            post = members.post_for(session, role=role, label=label, **place)  # type: ignore[arg-type]
            given = {"starts_at": self.now, "confirmed_at": self.now}
            insert_row(session, Grant, member_id=phone.member_id, post_id=post.id, **given)

    def lives_in(self, phone: Phone, room: str, *, unit: int = 0) -> None:
        """A home that was entered, with consent, before the story begins: 3号楼2单元 unless told otherwise."""
        home = {
            "home_unit_id": unit or self.ids.unit,
            "home_room": room,
            "community_id": self.ids.community,
            "consent_version": self.running.house.rules.consent_version,
        }
        with Session(self.database.engine) as session, session.begin():
            session.execute(update(Member).where(Member.id == phone.member_id).values(**home))

    # Looking on

    def last_file(self, phone: Phone) -> bytes:
        """What was made for that person last, as it was sent."""
        query = (
            select(Document.public_id)
            .where(Document.member_id == phone.member_id, Document.state == DocumentState.READY)
            .order_by(Document.id.desc())
        )
        with self.looks() as session:
            public_id = session.scalars(query).first()
        assert public_id is not None
        return self.running.deps.documents.load(public_id)

    def opens(self, link: str) -> str:
        """A page of ours, by the address that somebody was told."""
        answer = httpx.get(link.replace(SITE, self.server.url), timeout=10, verify=False, trust_env=False)
        assert answer.status_code == 200, (link, answer.status_code)
        return answer.text

    @contextmanager
    def looks(self) -> Iterator[Session]:
        """Into the database; what is changed there is lost."""
        with Session(self.database.reader) as session:
            yield session

    def audit(self) -> list[Breach]:
        with self.looks() as session:
            return list(audit(session, at=self.now, rules=self.running.house.rules))

    @property
    def busy(self) -> int:
        return self._counted.busy

    def close(self) -> None:
        for user in self._users:
            user.http.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self.server.loop).result(60)


def _sections(url: str, telegram: FakeTelegram, wechat: FakeWeChatApi) -> dict[str, Any]:
    return {
        "database": {"url": url},
        "server": {"public_url": SITE},
        "run": {"delivery": False, "timetable": False},
        "notices": {"bundled_from": 99},  # a story is easier to read when each message stands alone
        "telegram": {
            "enabled": True,
            "mode": "webhook",
            "token": telegram.token,
            "webhook_secret": TELEGRAM_SECRET,
            "api_url": telegram.url,
            "messages_per_second": 1000,
            "chat_interval_seconds": 0,
        },
        "wechat": {
            "enabled": True,
            "mode": "safe",
            "app_id": wechat.app_id,
            "app_secret": wechat.secret,
            "token": _WECHAT_TOKEN,
            "encoding_aes_key": _AES_KEY,
            "api_url": wechat.url,
        },
    }


@contextmanager
def town(folder: Path, *, starts: datetime = MONDAY, url: str = "", **sections: dict[str, Any]) -> Iterator[Town]:
    """``url``: of a migrated, empty database (the fixture ``database_url``); without it an SQLite file of its own.
    ``sections``: settings that differ."""
    if not url:
        with fresh_database("sqlite") as own, town(folder, starts=starts, url=own, **sections) as found:
            yield found
        return
    clock = StoryClock(starts)
    with opened(url) as database, FakeTelegram() as telegram, FakeWeChatApi(
        now=clock.now, enforce_window=True
    ) as wechat:
        with Session(database.engine) as session, session.begin():
            ids = settle(session).ids
        here = Town(
            url=url, database=database, ids=ids, clock=clock, telegram=telegram, wechat=wechat, folder=folder,
            **sections,
        )  # fmt: skip
        with here.server:
            here.keeps_time()  # from now on the timetable counts
            try:
                yield here
            finally:
                here.close()
