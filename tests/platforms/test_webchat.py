"""The web chat over real HTTP: nothing said or owed is lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bot.database import Database
from bot.platforms.webchat import WebChat
from bot.platforms.webchat_streams import PER_VISITOR
from bot.settings_sections import DemoSettings
from handlers.messages import Button, Kind, Outgoing
from services.outbox import Outcome
from tests.database import on_sqlite
from tests.platforms.webchat_stage import House, bubbles, running, streamed, wait_until


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path, demo=DemoSettings(enabled=True)) as house:
        yield house


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


@on_sqlite
def test_a_notice_for_a_stranger_or_a_full_disk_is_reported(house: House) -> None:
    assert house.do(house.chat.send("nobody", Outgoing("?"), repeat=False)).outcome is Outcome.IMPOSSIBLE
    visitor = house.visitor()
    visitor.say("你好")
    house.do(house.deps.transactions.close())
    sent = house.do(house.chat.send(house.echo.heard[0].sender, Outgoing("已受理"), repeat=False))
    assert sent.outcome is Outcome.LATER
    assert visitor.say("还在吗").status_code == 503
