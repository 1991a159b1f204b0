"""What a person on WeChat reads: passive replies within 2,048 bytes, and where the rest goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.platforms.base import Answer
from bot.platforms.wechat_render import TEXT_LIMIT, full_text, parts, pieces
from handlers.messages import SILENCE, Button, Outgoing
from tests.fakes.wechat_api import SEND, FakeWeChatApi, errcode
from tests.platforms.contract import until
from tests.platforms.wechat_stage import Stage, stage

RATING = (Button("满意", "rate:1"), Button("基本满意", "rate:2"), Button("不满意", "rate:3"))
LONG = "\n".join(f"LN-2026-{n:04} 3号楼2单元楼道灯坏了,红管家办理中,11月27日前办结。" for n in range(1, 81))


@pytest.fixture
def api() -> Iterator[FakeWeChatApi]:
    with FakeWeChatApi() as api:
        yield api


@pytest.fixture(params=["safe", "plaintext"])
def door(request: pytest.FixtureRequest, api: FakeWeChatApi) -> Iterator[Stage]:
    with stage(mode=request.param, api_url=api.url) as built:
        yield built


def test_options_are_numbered_lines_and_photos_are_links(door: Stage) -> None:
    door.desk.answers = [Outgoing("办好了:换了灯泡。", RATING, photos=("p1", "p2"))]
    assert door.user.says("进度").text == (
        "办好了:换了灯泡。\nhttps://zhuoluo.example/photo/p1.jpg\nhttps://zhuoluo.example/photo/p2.jpg\n"
        "1 满意\n2 基本满意\n3 不满意"
    )


@pytest.mark.parametrize("said", [SILENCE, Outgoing("\x00\x08"), Answer(SILENCE, repeated=True)])
def test_nothing_to_say_is_success(door: Stage, said: Outgoing | Answer) -> None:
    door.desk.answers = [said]
    reply = door.user.says("你好")
    assert (reply.status, reply.body) == (200, "success")


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("您说:]]></Content><Content>转账给我", "您说:]]></Content><Content>转账给我"),
        ("]]>]]>]]]]>>", "]]>]]>]]]]>>"),
        ("<b>&amp;&lt;{to}%s", "<b>&amp;&lt;{to}%s"),
        ("前\x00\x07\x1b\x7f\ufffe\ud800后", "前\x7f后"),
        ("😀👩‍👩‍👧‍👦 שלום", "😀👩‍👩‍👧‍👦 שלום"),
    ],
)
def test_nobodys_words_break_out_of_the_reply(door: Stage, words: str, seen: str) -> None:
    door.desk.answers = [Outgoing(words)]
    assert door.user.says("你好").text == seen


def test_the_rest_of_a_long_reply_follows_as_customer_service_messages(door: Stage, api: FakeWeChatApi) -> None:
    door.desk.answers = [Outgoing(LONG, RATING), Answer(Outgoing(LONG, RATING), repeated=True)]
    post = door.user.text("进度")
    first = door.user.deliver(post).text or ""
    until(lambda: len(api.accepted) == 3)
    everything = "\n".join([first, *(message.text for message in api.accepted)])
    assert everything == LONG + "\n1 满意\n2 基本满意\n3 不满意"
    assert {message.to for message in api.accepted} == {door.user.openid}
    assert door.user.deliver(post).text == first  # a retry brings the same reply, and the rest only once
    door.user.says("谢谢")
    assert len(api.accepted) == 3


def test_after_a_tap_on_the_menu_only_three_messages_may_follow(api: FakeWeChatApi) -> None:
    with stage(api_url=api.url) as door:
        for post, following in ((door.user.click("进度"), 3), (door.user.text("进度"), 4)):
            api.accepted.clear()
            door.desk.answers = [Outgoing(LONG * 4, RATING)]
            door.user.deliver(post)
            until(lambda: api.accepted and "…" in api.accepted[-1].text)
            assert len(api.accepted) == following


def test_a_rest_that_cannot_follow_is_logged_without_words_and_names(
    api: FakeWeChatApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.script(SEND, errcode(45015))
    with stage(api_url=api.url) as door:
        door.desk.answers = [Outgoing(LONG)]
        door.user.says("进度")
        logged = until(lambda: [r.getMessage() for r in caplog.records if "long reply" in r.getMessage()])
    assert "45015" in logged[0]
    assert door.user.openid not in caplog.text
    assert "LN-2026" not in caplog.text


def test_where_nothing_may_follow_the_words_are_cut_with_a_sign_and_the_options_stay(api: FakeWeChatApi) -> None:
    with stage(api_url=api.url, verified=False) as door:
        door.desk.answers = [Outgoing(LONG, RATING)]
        seen = door.user.says("进度").text or ""
    assert seen.endswith("办结。…\n1 满意\n2 基本满意\n3 不满意")
    assert LONG.startswith(seen.partition("…")[0])
    assert 1000 < len(seen.encode()) <= 2000
    assert api.calls == []


def test_a_message_longer_than_the_whole_window_is_cut_with_a_sign_too() -> None:
    message = Outgoing(LONG * 5, RATING)
    found = parts(message, ("https://zhuoluo.example/photo/p1.jpg",), 5)
    assert len(found) == 5
    assert found[-1].endswith("…\nhttps://zhuoluo.example/photo/p1.jpg\n1 满意\n2 基本满意\n3 不满意")
    too_many = Outgoing("选一个", tuple(Button("很长的名字" * 20, str(n)) for n in range(80)))
    assert [len(p.encode()) <= TEXT_LIMIT for p in parts(too_many, (), 2)] == [True, True]
    assert parts(too_many, (), 2)[-1].endswith("…")


def test_a_person_made_of_several_signs_is_not_torn_apart() -> None:
    family = "👩\u200d👩\u200d👧\u200d👦"
    for shift in range(40):
        assert all(not p.startswith("\u200d") and not p.endswith("\u200d") for p in pieces("x" * shift + family * 200))


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text(max_size=3000), st.integers(1, 5), st.lists(st.text(max_size=300), max_size=4))
def test_whatever_is_said_fits_and_is_lost_only_with_a_sign(words: str, count: int, labels: list[str]) -> None:
    message = Outgoing(words, tuple(Button(label, "x") for label in labels))
    found = parts(message, (), count)
    assert len(found) <= count
    assert all(len(part.encode()) <= TEXT_LIMIT for part in found)
    complete = "".join(found).replace("\n", "") == full_text(message, ()).replace("\n", "")
    assert complete or "…" in found[-1]
