"""The terminal: a line is a message, and nothing anybody wrote commands the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from bot.clock import Clock
from bot.errors import Busy
from bot.platforms.base import Answer, Deps
from bot.platforms.console import Console, render, repl
from handlers.messages import Button, Incoming, IncomingPhoto, Kind, Outgoing
from services.outbox import Outcome


def talk(
    *lines: str, replies: dict[str, Outgoing] | None = None, late: bool = False
) -> tuple[list[Incoming], list[str]]:
    """What was heard and what was written."""
    heard: list[Incoming] = []
    written: list[str] = []
    coming = iter(lines)

    async def answer(incoming: Incoming) -> Answer:
        heard.append(incoming)
        return Answer((replies or {}).get(incoming.text, Outgoing("好。")), late=late)

    async def read() -> str | None:
        return next(coming, None)

    asyncio.run(repl(answer, sender="resident", read=read, write=written.append))
    return heard, written


def a_console() -> Console:
    return Console(Deps(cast(Any, None), cast(Any, None), cast(Any, None), Clock()))


def test_lines_are_messages_and_empty_lines_are_not() -> None:
    heard, written = talk("楼道灯坏了", "", "   ", " 1 ")
    assert [(i.platform, i.sender, i.kind, i.text) for i in heard] == [
        ("console", "resident", Kind.TEXT, "楼道灯坏了"),
        ("console", "resident", Kind.TEXT, "1"),
    ]
    assert len({i.event_key for i in heard}) == 2
    assert written == ["好。", "好。"]


def test_two_terminals_never_share_an_event_key() -> None:
    (first,), _ = talk("你好")
    (second,), _ = talk("你好")
    assert first.event_key != second.event_key


def test_options_are_numbered_lines() -> None:
    reply = Outgoing("同意吗?", (Button("同意并提交", "a"), Button("修改", "b")))
    assert talk("灯坏了", replies={"灯坏了": reply})[1] == ["同意吗?\n1 同意并提交\n2 修改"]


def test_options_are_words_where_numbers_are_taken() -> None:
    reply = Outgoing("新事项", (Button("受理", "a:31", "受理 31"),), numbered=False)
    assert render(reply) == "新事项\n· 受理 31"


def test_a_photo_is_named_by_its_file_with_or_without_words() -> None:
    heard, _ = talk("@/tmp/lamp.jpg", "@lamp.jpg 换了灯泡")
    assert [(i.kind, i.photos, i.text) for i in heard] == [
        (Kind.PHOTO, (IncomingPhoto(remote_id="/tmp/lamp.jpg"),), ""),
        (Kind.PHOTO, (IncomingPhoto(remote_id="lamp.jpg"),), "换了灯泡"),
    ]


def test_a_photo_that_is_not_there_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such photo"):
        asyncio.run(a_console().fetch(str(tmp_path / "none.jpg")))


def test_photos_of_ours_are_shown_as_their_address() -> None:
    assert render(Outgoing("办好了。", photos=("abc",))) == "办好了。\n🖼 /photo/abc.jpg"


def test_an_escape_sequence_somebody_wrote_does_not_reach_the_terminal() -> None:
    assert render(Outgoing("前\x1b[2J\x1b]0;标题\x07\x9b31m后\n下一行")) == "前[2J]0;标题31m后\n下一行"
    heard, _ = talk("灯\x1b[31m坏了\x00")
    assert heard[0].text == "灯[31m坏了"


def test_a_late_answer_is_not_written_twice() -> None:
    assert talk("你好", late=True)[1] == []


def test_a_notice_waits_while_no_terminal_is_open() -> None:
    console = a_console()
    written: list[str] = []
    message = Outgoing("办好了。")
    assert asyncio.run(console.send("resident", message, repeat=False)).outcome is Outcome.CLOSED
    with console.open("resident", written.append):
        assert asyncio.run(console.send("resident", message, repeat=False)).outcome is Outcome.SENT
        assert asyncio.run(console.send("steward", message, repeat=False)).outcome is Outcome.CLOSED
    assert asyncio.run(console.send("resident", message, repeat=False)).outcome is Outcome.CLOSED
    assert written == ["办好了。"]


def test_what_could_not_be_stored_is_not_answered() -> None:
    async def answer(incoming: Incoming) -> Answer:
        raise Busy

    async def read() -> str | None:
        return "灯坏了"

    with pytest.raises(Busy):
        asyncio.run(repl(answer, sender="resident", read=read, write=print))
