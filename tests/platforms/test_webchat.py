"""The web chat over real HTTP, with a small conversation of its own behind it: it repeats what it hears."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.clock import Clock
from bot.database import Database
from bot.errors import Busy
from bot.media import MediaStore
from bot.pages import routes as page_routes
from bot.platforms.base import Answer, Deps
from bot.platforms.webchat import WebChat
from bot.platforms.webchat_browser import Buckets
from bot.platforms.webchat_streams import PER_VISITOR
from bot.settings import Settings
from bot.settings_sections import DemoSettings, PathSettings, ServerSettings, WebChatSettings
from bot.transactions import Transactions, open_transactions
from handlers.messages import Button, Incoming, Kind, Outgoing
from models.member import Account, Member
from services.outbox import Outcome
from tests.database import on_sqlite
from tests.fakes.server import LoopbackServer


@dataclass
class Echo:
    """Answers with what it heard and two buttons; remembers each event, as the inbox does."""

    transactions: Transactions
    clock: Clock
    answers: dict[str, Outgoing] = field(default_factory=dict)
    heard: list[Incoming] = field(default_factory=list)
    busy_after_storing: int = 0  # so many times the connection is lost between the commit and the answer

    async def answer(self, incoming: Incoming) -> Answer:
        if incoming.event_key in self.answers:
            return Answer(self.answers[incoming.event_key], repeated=True)
        said = incoming.text or incoming.press or f"{len(incoming.photos)}张照片"
        reply = Outgoing(f"您说：{said}", (Button("好", "s:1:0"), Button("受理", "n:7:0", "受理 31")))
        self.answers[incoming.event_key] = reply
        self.heard.append(incoming)
        await self.transactions.run(lambda session: self._meet(session, incoming.sender))
        if self.busy_after_storing:
            self.busy_after_storing -= 1
            raise Busy("full")
        return Answer(reply)

    def _meet(self, session: Session, sender: str) -> None:
        if session.scalar(select(Account.id).where(Account.external_id == sender)) is None:
            member = Member(created_at=self.clock.now())
            session.add(member)
            session.flush()
            session.add(Account(member_id=member.id, platform="webchat", external_id=sender))


@dataclass
class House:
    """A running web chat and what stands behind it."""

    url: str
    chat: WebChat
    echo: Echo
    deps: Deps
    loop: asyncio.AbstractEventLoop
    clients: ExitStack

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def visitor(self, path: str = "/chat") -> Visitor:
        return Visitor(self.browser(), path)

    def browser(self, **cookies: str) -> httpx.Client:
        """Closed with the house."""
        client = httpx.Client(base_url=self.url, headers={"X-Zhuoluo": "1"}, cookies=cookies, timeout=20)
        return self.clients.enter_context(client)


@dataclass
class Visitor:
    client: httpx.Client
    base: str

    def __post_init__(self) -> None:
        assert self.client.get(self.base).status_code == 200

    def say(self, text: str = "", **more: Any) -> httpx.Response:
        message = {"id": secrets.token_hex(16), "text": text, **more}
        return self.client.post(f"{self.base}/messages", json=message)

    def reads(self, after: int = 0) -> list[dict[str, Any]]:
        rows = self.client.get(f"{self.base}/messages", params={"after": after}).json()["messages"]
        assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
        return list(rows)

    def upload(self, data: bytes) -> httpx.Response:
        return self.client.post(f"{self.base}/photos", content=data, headers={"Content-Type": "image/jpeg"})


def settings_of(folder: Path, **changes: Any) -> Settings:
    return Settings(
        **{
            "paths": PathSettings(data=str(folder)),
            "webchat": WebChatSettings(cookie_secret=SecretStr("a secret for tests only"), upload_limit=200_000),
            **changes,
        }
    )


@contextmanager
def running(database: Database, folder: Path, **changes: Any) -> Iterator[House]:
    settings = settings_of(folder, **changes)
    transactions = open_transactions(database)
    deps = Deps(settings=settings, transactions=transactions, media=MediaStore(folder / "media"), clock=Clock())
    chat, echo = WebChat(deps), Echo(transactions, deps.clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        watch = asyncio.create_task(chat.run(echo.answer))
        yield
        watch.cancel()

    app = Starlette(routes=[*page_routes(deps), *chat.routes(echo.answer)], lifespan=lifespan)
    with LoopbackServer(app, lifespan=True) as server, ExitStack() as clients:
        house = House(server.url, chat, echo, deps, server.loop, clients)
        yield house
        house.do(chat.close())
        house.do(transactions.close())


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path, demo=DemoSettings(enabled=True)) as house:
        yield house


def bubbles(rows: list[dict[str, Any]]) -> list[tuple[bool, str]]:
    return [(row["own"], row["text"]) for row in rows]


def picture() -> bytes:
    data = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "my own balcony"
    Image.new("RGB", (60, 40), "darkred").save(data, "JPEG", exif=exif)
    return data.getvalue()


def streamed(visitor: Visitor, count: int, *, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The first ``count`` rows the page is sent by itself."""
    rows: list[dict[str, Any]] = []
    if not count:
        return rows
    with visitor.client.stream("GET", f"{visitor.base}/events", headers=headers) as response:
        assert response.status_code == 200
        for line in response.iter_lines():
            if line.startswith("data: "):
                rows.append(json.loads(line[6:]))
                if len(rows) == count:
                    break
    return rows


def test_somebody_new_is_answered_and_finds_the_conversation_again(house: House) -> None:
    visitor = house.visitor()
    answer = visitor.say("楼道灯坏了").json()["messages"]
    assert bubbles(answer) == [(True, "楼道灯坏了"), (False, "您说：楼道灯坏了")]
    assert [(b["label"], b["lasting"]) for b in answer[1]["buttons"]] == [("好", False), ("受理", True)]
    visitor.say(press="s:1:0", label="好")
    assert house.echo.heard[1].kind is Kind.PRESS
    assert house.echo.heard[1].press == "s:1:0"
    assert bubbles(visitor.reads()) == [*bubbles(answer), (True, "好"), (False, "您说：s:1:0")]
    assert visitor.reads(after=answer[1]["id"])[0]["press"] == "s:1:0"


def test_two_browsers_are_two_people(house: House) -> None:
    first, second = house.visitor(), house.visitor()
    first.say("甲")
    second.say("乙")
    assert bubbles(first.reads()) == [(True, "甲"), (False, "您说：甲")]
    assert bubbles(second.reads()) == [(True, "乙"), (False, "您说：乙")]


def test_a_message_posted_again_counts_once(house: House) -> None:
    visitor = house.visitor()
    message = {"id": "the-same-key-again", "text": "漏水了"}
    cookies = dict(visitor.client.cookies)

    def post(_: int) -> int:
        url = f"{house.url}/chat/messages"
        return httpx.post(url, json=message, cookies=cookies, headers={"X-Zhuoluo": "1"}).status_code

    with ThreadPoolExecutor(5) as threads:
        assert set(threads.map(post, range(5))) == {200}
    assert len(house.echo.heard) == 1
    assert bubbles(visitor.reads()) == [(True, "漏水了"), (False, "您说：漏水了")]


def test_what_was_answered_but_not_shown_is_shown_when_the_browser_tries_again(house: House) -> None:
    house.echo.busy_after_storing = 1
    visitor = house.visitor()
    message = {"id": "kept-by-the-browser", "text": "没电了"}
    refused = visitor.client.post("/chat/messages", json=message)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert visitor.client.post("/chat/messages", json=message).status_code == 200
    assert bubbles(visitor.reads()) == [(True, "没电了"), (False, "您说：没电了")]


def test_a_notice_reaches_the_open_page(house: House) -> None:
    visitor = house.visitor()
    last = visitor.say("你好").json()["messages"][-1]["id"]
    notice = Outgoing("办好了：换了灯泡。", (Button("满意", "n:1:0", "满意 31"),))
    with ThreadPoolExecutor(1) as threads:
        page = threads.submit(streamed, visitor, 1, headers={"Last-Event-ID": str(last)})
        result = house.do(house.chat.send(house.echo.heard[0].sender, notice, repeat=False))
        assert result.outcome is Outcome.SENT
        assert bubbles(page.result(20)) == [(False, "办好了：换了灯泡。")]
    assert visitor.reads()[-1]["text"] == "办好了：换了灯泡。"


def test_a_notice_written_by_another_process_reaches_the_open_page(house: House) -> None:
    visitor = house.visitor()
    last = visitor.say("你好").json()["messages"][-1]["id"]
    elsewhere = WebChat(house.deps)
    with ThreadPoolExecutor(1) as threads:
        page = threads.submit(streamed, visitor, 1, headers={"Last-Event-ID": str(last)})
        house.do(elsewhere.send(house.echo.heard[0].sender, Outgoing("已受理"), repeat=False))
        assert bubbles(page.result(20)) == [(False, "已受理")]


def test_a_page_that_was_away_gets_everything_once_and_in_order(house: House) -> None:
    visitor = house.visitor()
    for number in range(4):
        visitor.say(f"第{number}句")
    everything = visitor.reads()
    assert streamed(visitor, 8) == everything
    assert streamed(visitor, 5, headers={"Last-Event-ID": str(everything[2]["id"])}) == everything[3:]


def test_only_so_many_pages_stay_open_and_all_end_with_the_program(house: House) -> None:
    visitor = house.visitor()
    visitor.say("你好")
    with ThreadPoolExecutor(PER_VISITOR) as threads:
        pages = [threads.submit(streamed, visitor, 3) for _ in range(PER_VISITOR)]
        wait_until(lambda: len(house.chat.streams.visitors()) == 1 and not has_room(house))
        assert visitor.client.get("/chat/events").status_code == 503
        house.do(house.chat.close())
        assert [len(page.result(20)) for page in pages] == [2] * PER_VISITOR
    assert visitor.client.get("/chat/events").status_code == 503


def has_room(house: House) -> bool:
    return house.chat.streams.has_room(house.echo.heard[0].sender)


def wait_until(condition: Callable[[], bool]) -> None:
    async def look() -> None:
        while not condition():
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(look(), 20))


@on_sqlite
def test_a_notice_for_a_stranger_or_a_full_disk_is_reported(house: House) -> None:
    assert house.do(house.chat.send("nobody", Outgoing("?"), repeat=False)).outcome is Outcome.IMPOSSIBLE
    visitor = house.visitor()
    visitor.say("你好")
    house.do(house.deps.transactions.close())
    sent = house.do(house.chat.send(house.echo.heard[0].sender, Outgoing("已受理"), repeat=False))
    assert sent.outcome is Outcome.LATER
    assert visitor.say("还在吗").status_code == 503


@on_sqlite
def test_photos_are_taken_by_content_and_lose_what_they_carried(house: House) -> None:
    visitor = house.visitor()
    photo = visitor.upload(picture()).json()["id"]
    assert visitor.say("看照片", photos=[photo]).status_code == 200
    assert [p.public_id for p in house.echo.heard[0].photos] == [photo]
    assert house.echo.heard[0].kind is Kind.PHOTO
    assert visitor.reads()[0]["photos"] == [photo]
    shown = visitor.client.get(f"/photo/{photo}.jpg")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["Cache-Control"].startswith("private")
    assert b"balcony" not in shown.content
    assert visitor.client.get(f"/photo/{'a' * 22}.jpg").status_code == 404
    assert visitor.client.get("/photo/..%2f..%2fetc.jpg").status_code == 404


@on_sqlite
def test_what_is_no_photo_is_refused(house: House) -> None:
    visitor = house.visitor()
    assert visitor.upload(b"<svg onload=alert(1)>").status_code == 415
    assert visitor.upload(b"").status_code == 415
    assert visitor.upload(b"\xff\xd8" + bytes(200_001)).status_code == 413
    assert visitor.say("看", photos=["a" * 22]).status_code == 400
    assert visitor.reads() == []


@on_sqlite
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 30_000,
        b'{"id":"12345678"}',
        b'{"id":"short","text":"x"}',
        b'{"id":"12345678","text":7}',
        b'{"id":"12345678","text":"\\ud800"}',
        b'{"id":"12345678","text":"a\\u0000b"}',
        b'{"id":"12345678","photos":["../../x"]}',
        b'{"id":"12345678","photos":"x"}',
        b'{"id":"12345678","text":"x","press":"s:1:0"}',
        b'{"id":"12345678","press":"' + b"x" * 65 + b'"}',
    ],
)
def test_a_malformed_message_is_refused_and_nothing_is_kept(house: House, body: bytes) -> None:
    visitor = house.visitor()
    answer = visitor.client.post("/chat/messages", content=body)
    assert answer.status_code == 400
    assert house.echo.heard == []


@on_sqlite
def test_whatever_is_posted_the_program_stays_up(house: House) -> None:
    visitor = house.visitor()

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.binary(max_size=300),
            st.dictionaries(
                st.sampled_from(["id", "text", "press", "label", "photos", "x"]),
                st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()), st.just("k" * 32)),
            ).map(lambda message: json.dumps(message).encode()),
        )
    )
    def post(body: bytes) -> None:
        assert visitor.client.post("/chat/messages", content=body).status_code in (200, 400)
        assert visitor.client.get("/chat/messages", params={"after": body.decode("latin-1")}).status_code == 200

    post()
    assert visitor.client.post("/chat/messages", content=b"x" * 65_537).status_code == 413
    assert visitor.say("好消息").status_code == 200


@on_sqlite
def test_a_forged_or_borrowed_cookie_names_nobody(house: House) -> None:
    visitor = house.visitor()
    visitor.say("你好")
    name, value = next(iter(visitor.client.cookies.items()))
    for forged in ("demo-steward", value[:-1] + ("A" if value[-1] != "A" else "B"), value.replace(".", "", 1), ""):
        stranger = house.browser(**{name: forged})
        assert stranger.post("/chat/messages", json={"id": "12345678", "text": "x"}).status_code == 401
        assert stranger.get("/chat/events").status_code == 401
        assert stranger.get("/chat/messages").json() == {"messages": []}
    borrowed = house.browser(zhuoluo_resident=value)
    assert borrowed.post("/demo/resident/chat/messages", json={"id": "12345678", "text": "x"}).status_code == 401


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "X-Zhuoluo": "1"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),  # the public address
        ({"X-Zhuoluo": "1"}, 200),
        ({}, 403),
    ],
)
def test_only_our_own_page_may_post(house: House, headers: dict[str, str], status: int) -> None:
    cookies = dict(house.visitor().client.cookies)
    message = {"id": secrets.token_hex(8), "text": "你好"}
    url = f"{house.url}/chat/messages"
    assert httpx.post(url, json=message, cookies=cookies, headers=headers).status_code == status


def test_the_demo_seats_three_people_in_one_browser(house: House) -> None:
    client = house.browser()
    resident, steward, secretary = (
        Visitor(client, f"/demo/{role}/chat") for role in ("resident", "steward", "secretary")
    )
    for person in (resident, steward, secretary):
        person.say(f"我是{person.base}")
    senders = [incoming.sender for incoming in house.echo.heard]
    assert senders[1:] == ["demo-steward", "demo-secretary"]
    assert len(resident.reads()) == len(steward.reads()) == len(secretary.reads()) == 2
    ends = client.post("/demo/resident/chat/restart").json()
    assert ends == {"steward": steward.reads()[-1]["id"], "secretary": secretary.reads()[-1]["id"]}
    assert resident.reads() == []
    assert len(steward.reads()) == 2
    resident.say("又一位")
    assert house.echo.heard[-1].sender not in senders


@on_sqlite
def test_outside_the_demo_there_are_no_seats_to_take(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as house:
        for path in ("/demo", "/demo/steward/chat", "/demo/steward/chat/messages"):
            assert httpx.get(house.url + path).status_code == 404
        assert "/demo" not in httpx.get(house.url).text


@on_sqlite
@pytest.mark.parametrize("path", ["/", "/privacy", "/demo", "/chat", "/demo/steward/chat", "/chat/messages"])
def test_every_page_carries_the_headers_that_protect_it(house: House, path: str) -> None:
    page = httpx.get(house.url + path)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self';"
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in page.headers
    assert page.headers["Cache-Control"] == ("no-store" if "chat" in path else "no-cache")
    assert "<script>" not in page.text
    assert " style=" not in page.text


@on_sqlite
def test_behind_https_the_cookie_is_bound_to_it(database: Database, tmp_path: Path) -> None:
    server = ServerSettings(public_url="https://zhuoluo.example")
    with running(database, tmp_path, server=server, demo=DemoSettings(enabled=True)) as house:
        page = httpx.get(f"{house.url}/chat")
        assert page.headers["Strict-Transport-Security"]
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-zhuoluo_chat=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        seat = httpx.get(f"{house.url}/demo/resident/chat").headers["Set-Cookie"]
        assert seat.startswith("__Secure-zhuoluo_resident=")
        assert "Path=/demo/resident/chat" in seat


@on_sqlite
def test_files_of_the_pages_are_kept_under_their_version_only(house: House) -> None:
    address = next(
        part for part in httpx.get(f"{house.url}/chat").text.split('"') if part.startswith("/static/chat.js")
    )
    assert "immutable" in httpx.get(house.url + address).headers["Cache-Control"]
    assert httpx.get(f"{house.url}/static/chat.js").headers["Cache-Control"] == "no-cache"
    assert httpx.get(f"{house.url}/static/nothing.js").status_code == 404
    assert httpx.get(f"{house.url}/static/..%2fpages.py").status_code == 404


@on_sqlite
def test_one_address_cannot_bring_crowds(house: House) -> None:
    with httpx.Client(base_url=house.url) as client:
        statuses = []
        for _ in range(130):
            statuses.append(client.get("/chat").status_code)
            client.cookies.clear()
    assert statuses[:120] == [200] * 120
    assert 429 in statuses


def test_buckets_fill_again_and_forget_the_quietest() -> None:
    buckets = Buckets(2, 0.5, names=3)
    assert [buckets.take("a", now=0) for _ in range(3)] == [True, True, False]
    assert [buckets.take("a", now=2), buckets.take("a", now=2)] == [True, False]
    for name in "bcd":
        buckets.take(name, now=2)
    assert buckets.take("a", now=2)  # forgotten, so it starts anew


def test_without_a_secret_the_web_chat_does_not_start(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, webchat=WebChatSettings())
    deps = Deps(settings=settings, transactions=None, media=None, clock=Clock())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cookie_secret"):
        WebChat(deps)
