"""Files that were made for somebody, on every platform: sent where it can be, else a link that opens for a day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update

from bot.clock import Clock
from bot.database import Database
from bot.files import FileStore
from bot.media import MediaStore
from bot.platforms.base import Deps
from bot.platforms.console import render
from bot.platforms.telegram import Telegram
from bot.platforms.wechat import WeChat
from handlers.messages import Button, File, Outgoing
from models.document import CONTENT_TYPES, Document
from models.rules.house import HouseRules
from services import documents
from services.outbox import Outcome, SendResult
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.wechat_api import UPLOAD, FakeWeChatApi, status
from tests.platforms.contract import a_photo, settings
from tests.platforms.webchat_stage import House, Visitor, running
from tests.platforms.wechat_stage import StillClock, deps

LEDGER = File("L" * 22, "兰宁社区 台账 “3月”.xlsx", CONTENT_TYPES["xlsx"])
CHART = File("C" * 22, "按时办结率.png", CONTENT_TYPES["png"])
SHEET, PICTURE = b"PK\x03\x04 a spreadsheet", b"\x89PNG a picture"
WORDS = "您要的台账做好了。"
SENT = SendResult(Outcome.SENT)
CHAT = 7001
LI = "oResident_0000000000000000001"


def keep(store: FileStore) -> None:
    store.save(LEDGER.public_id, SHEET)
    store.save(CHART.public_id, PICTURE)


# Telegram


def send_by_telegram(api: FakeTelegram, folder: Path, message: Outgoing, *, kept: bool = True) -> SendResult:
    telegram = {"enabled": True, "token": api.token, "api_url": api.url}
    made = Deps(settings(folder, telegram=telegram), cast(Any, None), MediaStore(folder / "media"), Clock())
    if kept:
        keep(made.documents)
    made.media.save("P" * 22, a_photo())

    async def go() -> SendResult:
        platform = Telegram(made)
        try:
            return await platform.send(str(CHAT), message, repeat=False)
        finally:
            await platform.close()

    return asyncio.run(go())


def test_telegram_brings_a_file_under_its_own_name_with_the_words_beneath(api: FakeTelegram, tmp_path: Path) -> None:
    buttons = (Button("再要一份", "n:1:0"),)
    assert send_by_telegram(api, tmp_path, Outgoing(WORDS, buttons, files=(LEDGER,))) == SENT
    (call,) = api.messages(CHAT)
    assert (call.method, call.text, call.files, call.names) == ("sendDocument", WORDS, (len(SHEET),), (LEDGER.name,))
    assert [key["text"] for row in call.rows for key in row] == ["再要一份"]


def test_telegram_shows_a_chart_as_a_picture(api: FakeTelegram, tmp_path: Path) -> None:
    assert send_by_telegram(api, tmp_path, Outgoing(WORDS, files=(CHART,))) == SENT
    (call,) = api.messages(CHAT)
    assert (call.method, call.text, call.names) == ("sendPhoto", WORDS, (CHART.name,))


def test_telegram_brings_photos_and_files_after_long_words(api: FakeTelegram, tmp_path: Path) -> None:
    message = Outgoing("长" * 1100, photos=("P" * 22,), files=(LEDGER, CHART))
    assert send_by_telegram(api, tmp_path, message) == SENT
    assert [(call.method, len(call.files)) for call in api.messages(CHAT)] == [
        ("sendMessage", 0),
        ("sendMediaGroup", 2),
        ("sendDocument", 1),
    ]


def test_a_file_that_is_kept_no_longer_does_not_keep_back_the_words(api: FakeTelegram, tmp_path: Path) -> None:
    assert send_by_telegram(api, tmp_path, Outgoing(WORDS, files=(LEDGER,)), kept=False) == SENT
    assert [(call.method, call.text) for call in api.messages(CHAT)] == [("sendMessage", WORDS)]
    nothing = send_by_telegram(api, tmp_path, Outgoing("", files=(replace(LEDGER, public_id="Z" * 22),)))
    assert nothing.outcome is Outcome.IMPOSSIBLE


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (WORDS, SendResult(Outcome.IMPOSSIBLE, "refused")),
        ("长" * 1100, SendResult(Outcome.IMPOSSIBLE, "refused")),
    ],
    ids=["with its words", "behind its words"],
)
def test_a_file_that_is_refused_is_not_taken_for_sent(
    api: FakeTelegram, tmp_path: Path, words: str, result: SendResult
) -> None:
    api.fail(method="sendDocument", status=400, times=9)
    assert send_by_telegram(api, tmp_path, Outgoing(words, files=(LEDGER,))) == result


def test_a_file_cut_off_behind_its_words_leaves_a_doubt(api: FakeTelegram, tmp_path: Path) -> None:
    api.fail(method="sendDocument", status=429, retry_after=7)
    result = send_by_telegram(api, tmp_path, Outgoing("长" * 1100, files=(LEDGER,)))
    assert result == SendResult(Outcome.UNSURE, "arrived in part, then: too many requests", 7.0)


# WeChat


def send_by_wechat(api: FakeWeChatApi, message: Outgoing) -> SendResult:
    async def go(made: Deps) -> SendResult:
        platform = WeChat(made)
        try:
            return await platform.send(LI, message, repeat=False)
        finally:
            await platform.close()

    with deps(StillClock(), api_url=api.url) as made:
        keep(made.documents)
        made.media.save("P" * 22, a_photo())
        return asyncio.run(go(made))


@pytest.fixture
def wechat() -> Iterator[FakeWeChatApi]:
    with FakeWeChatApi(now=StillClock().now) as api:
        yield api


def test_wechat_carries_a_link_where_it_takes_no_files(wechat: FakeWeChatApi) -> None:
    assert send_by_wechat(wechat, Outgoing(WORDS, files=(LEDGER,))) == SENT
    assert [m.text for m in wechat.accepted] == [f"{WORDS}\nhttps://zhuoluo.example/files/{LEDGER.public_id}"]


def test_wechat_shows_a_chart_as_a_picture_and_links_the_rest(wechat: FakeWeChatApi) -> None:
    assert send_by_wechat(wechat, Outgoing(WORDS, files=(LEDGER, CHART))) == SENT
    picture, words = wechat.accepted
    assert wechat.media[picture.media_id] == ("image/png", PICTURE)
    assert words.text == f"{WORDS}\nhttps://zhuoluo.example/files/{LEDGER.public_id}"
    assert send_by_wechat(wechat, Outgoing(WORDS, photos=("P" * 22,), files=(CHART,))) == SENT
    assert wechat.accepted[-1].text == f"{WORDS}\nhttps://zhuoluo.example/files/{CHART.public_id}"


def test_a_chart_that_wechat_does_not_take_goes_as_a_link(wechat: FakeWeChatApi) -> None:
    wechat.script(UPLOAD, status(502))
    assert send_by_wechat(wechat, Outgoing(WORDS, files=(CHART,))) == SENT
    assert [m.text for m in wechat.accepted] == [f"{WORDS}\nhttps://zhuoluo.example/files/{CHART.public_id}"]


# The terminal


def test_a_terminal_names_the_file_and_where_it_is() -> None:
    shown = render(Outgoing(WORDS, files=(replace(LEDGER, name="台\x1b[2J账.xlsx"),)))
    assert shown == f"{WORDS}\n📄 台[2J账.xlsx /files/{LEDGER.public_id}"


# The web chat, and the address itself


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path) as house:
        yield house


def asked(house: House, visitor: Visitor, name: str, data: bytes) -> File:
    """A document of this visitor, made and ready."""
    rules, at = HouseRules(), house.deps.clock.now()
    visitor.say("台账")

    def make(session: Any) -> str:
        requested = documents.request_document(
            session, member_id=1, kind="ledger", params={}, name=name, at=at, rules=rules
        )
        document = documents.claim_owed(session, now=at)
        assert document is not None
        house.deps.documents.save(requested.public_id, data)
        documents.ready(session, document=document, size=len(data), at=at, rules=rules)
        return requested.public_id

    public_id = house.do(house.deps.transactions.run(make))
    return File(public_id, name, CONTENT_TYPES[name.rpartition(".")[2]])


def test_the_web_chat_offers_a_file_that_downloads_under_its_name(house: House) -> None:
    visitor = house.visitor()
    ledger = asked(house, visitor, LEDGER.name, SHEET)
    sent = house.do(house.chat.send(house.echo.heard[0].sender, Outgoing(WORDS, files=(ledger,)), repeat=False))
    assert sent == SENT
    shown = visitor.reads()[-1]
    assert (shown["text"], shown["files"]) == (
        WORDS,
        [{"name": LEDGER.name, "path": f"/files/{ledger.public_id}", "picture": False}],
    )
    response = visitor.client.get(shown["files"][0]["path"])
    assert (response.status_code, response.content) == (200, SHEET)
    assert response.headers["Content-Type"] == CONTENT_TYPES["xlsx"]
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="zhuoluo.xlsx"; '
        "filename*=UTF-8''%E5%85%B0%E5%AE%81%E7%A4%BE%E5%8C%BA%20%E5%8F%B0%E8%B4%A6%20%E2%80%9C3%E6%9C%88%E2%80%9D.xlsx"
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_chart_is_shown_and_not_downloaded(house: House) -> None:
    chart = asked(house, house.visitor(), CHART.name, PICTURE)
    response = house.browser().get(chart.path)  # whoever has the address: WeChat's browser has no cookie of ours
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline; ")


def test_messages_of_before_there_were_files_are_still_shown(house: House) -> None:
    visitor = house.visitor()
    visitor.say("你好")
    assert [row["files"] for row in visitor.reads()] == [[], []]


@pytest.mark.parametrize("path", ["A" * 22, "short", "..%2F..%2Fzhuoluo.db", "%00", "!" * 22])
def test_an_address_that_was_guessed_or_bent_opens_nothing(house: House, path: str) -> None:
    assert house.browser().get(f"/files/{path}").status_code == 404


def test_an_address_opens_nothing_after_a_day_or_without_its_bytes(house: House) -> None:
    visitor = house.visitor()
    old = asked(house, visitor, LEDGER.name, SHEET)
    lost = asked(house, visitor, "另一份.xlsx", SHEET)
    house.deps.documents.forget(lost.public_id)
    assert [visitor.client.get(file.path).status_code for file in (old, lost)] == [200, 404]

    def a_day_passes(session: Any) -> None:
        session.execute(update(Document).values(kept_until=house.deps.clock.now()))

    house.do(house.deps.transactions.run(a_day_passes))
    assert visitor.client.get(old.path).status_code == 404
