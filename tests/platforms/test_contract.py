"""What holds on every platform, tested through its real interface."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from handlers.messages import SILENCE, Button, Kind, Outgoing
from services.outbox import Outcome
from tests.platforms.contract import Driver, Shown, a_photo, until
from tests.platforms.drivers import PLATFORMS

RATING = (
    Button("满意", "rate:31:good", "满意 31"),
    Button("基本满意", "rate:31:fair", "基本满意 31"),
    Button("不满意", "rate:31:bad", "不满意 31"),
)
QUESTION = Outgoing("LN-2026-0031 办好了:换了灯泡。", RATING)

HOSTILE = (
    "]]></Content><Content><![CDATA[假的",
    "<b>粗</b><script>alert(1)</script>&amp;&lt;",
    "*粗* _斜_ [链接](http://example.invalid/) `码` ~删~ ||藏||",
    "家庭 👨‍👩‍👧‍👦 旗 🏳️‍🌈 🇨🇳 肤色 👍🏽 键 1️⃣",
    "右起 \u202eمرحبا بالعالم\u202c 完",
    "{{ 7 * 7 }} ${7*7} %s {0}",
    "/start@zhuoluo_bot @everyone #话题 tel:12345",
)
CONTROLS = "前\x00\x01\x08\x1b[31m红\x1b]0;x\x07\x7f\x9b2J后"


@pytest.fixture(params=PLATFORMS)
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    with PLATFORMS[request.param](tmp_path) as driver:
        yield driver


def only(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("driver", names, indirect=True)


def text_of(screen: list[Shown]) -> str:
    return "\n".join(shown.text for shown in screen)


def shows_option(shown: Shown, number: int, button: Button) -> bool:
    return (button.label, button.data) in shown.buttons or f"{number} {button.label}" in shown.text.splitlines()


def test_a_sentence_arrives_as_it_was_written_and_its_reply_is_read(driver: Driver) -> None:
    driver.recorder.reply = Outgoing("已受理,编号 LN-2026-0031。\n承办:红管家(3号楼2单元)。")
    driver.says("西苑小区3号楼2单元楼道灯坏了")
    (heard,) = driver.recorder.heard
    assert (heard.kind, heard.text, heard.press, heard.photos) == (Kind.TEXT, "西苑小区3号楼2单元楼道灯坏了", "", ())
    assert heard.sender
    assert heard.event_key
    assert heard.raw
    assert driver.screen() == [Shown("已受理,编号 LN-2026-0031。\n承办:红管家(3号楼2单元)。")]


def test_every_option_of_a_reply_can_be_read(driver: Driver) -> None:
    driver.recorder.reply = QUESTION
    driver.says("进度")
    (shown,) = driver.screen()
    assert shown.text.startswith(QUESTION.text)
    assert all(shows_option(shown, n, button) for n, button in enumerate(RATING, start=1))


def test_every_option_can_be_answered(driver: Driver) -> None:
    driver.recorder.reply = QUESTION
    driver.says("进度")
    for number, button in enumerate(RATING, start=1):
        driver.chooses(number, button)
        heard = driver.recorder.heard[-1]
        pressed = (heard.kind, heard.press) == (Kind.PRESS, button.data)
        typed = (heard.kind, heard.text) == (Kind.TEXT, str(number))
        assert pressed or typed


def test_an_option_whose_number_is_taken_is_answered_by_its_words(driver: Driver) -> None:
    driver.recorder.reply = Outgoing(QUESTION.text, RATING, numbered=False)
    driver.says("进度")
    driver.chooses(2, RATING[1])
    heard = driver.recorder.heard[-1]
    assert heard.press == "rate:31:fair" or heard.text == "基本满意 31"


@only("telegram", "wechat", "webchat")
def test_a_place_arrives_in_degrees_north_and_east(driver: Driver) -> None:
    driver.recorder.reply = Outgoing("位置收到了。")
    driver.sends_location(52.5163, 13.3777)
    (heard,) = driver.recorder.heard
    assert (heard.kind, heard.text, heard.location) == (Kind.LOCATION, "", (52.5163, 13.3777))
    assert text_of(driver.screen()) == "位置收到了。"


@only("telegram", "webchat")
def test_the_longest_press_data_comes_back_byte_by_byte(driver: Driver) -> None:
    button = Button("选这个", "西" * 21 + "x")
    assert len(button.data.encode()) == 64
    driver.recorder.reply = Outgoing("选哪个?", (button,))
    driver.says("报修")
    driver.chooses(1, button)
    assert driver.recorder.heard[-1].press == button.data


def test_a_photo_arrives_and_can_be_loaded(driver: Driver) -> None:
    driver.sends_photo(a_photo(64))
    (heard,) = driver.recorder.heard
    assert heard.kind is Kind.PHOTO
    with Image.open(io.BytesIO(driver.photo_bytes(heard))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 32))


@only("telegram", "wechat", "webchat")
def test_an_event_delivered_again_has_the_same_key_and_gets_the_same_reply(driver: Driver) -> None:
    driver.recorder.reply = Outgoing("已受理。")
    driver.says("楼道灯坏了")
    driver.recorder.reply = Outgoing("另一句。")
    driver.repeats()
    first, second = driver.recorder.heard
    assert first == second
    assert "另一句。" not in text_of(driver.screen())


def test_the_same_words_said_twice_are_two_events(driver: Driver) -> None:
    driver.says("1")
    driver.says("1")
    first, second = driver.recorder.heard
    assert first.event_key != second.event_key


def test_a_silent_reply_shows_nothing(driver: Driver) -> None:
    driver.recorder.reply = SILENCE
    driver.sends_photo(a_photo())
    assert len(driver.recorder.heard) == 1
    assert driver.screen() == []


def test_a_silent_notice_shows_nothing(driver: Driver) -> None:
    assert driver.notify(SILENCE).outcome is Outcome.SENT
    assert driver.screen() == []


def test_a_notice_arrives_with_its_options(driver: Driver) -> None:
    assert driver.notify(QUESTION).outcome is Outcome.SENT
    (shown,) = driver.screen()
    assert shown.text.startswith(QUESTION.text)
    assert all(shows_option(shown, n, button) for n, button in enumerate(RATING, start=1))


def test_the_photo_of_a_notice_can_be_seen(driver: Driver) -> None:
    driver.media.save("A" * 22, a_photo())
    assert driver.notify(Outgoing("办好了。", photos=("A" * 22,))).outcome is Outcome.SENT
    screen = driver.screen()
    assert "办好了。" in text_of(screen)
    assert any(shown.photos for shown in screen) or f"/photo/{'A' * 22}.jpg" in text_of(screen)


def test_the_photo_of_a_reply_can_be_seen(driver: Driver) -> None:
    driver.media.save("B" * 22, a_photo())
    driver.recorder.reply = Outgoing("第31号:换了灯泡。", photos=("B" * 22,))
    driver.says("31")
    until(lambda: any(s.photos for s in driver.screen()) or f"/photo/{'B' * 22}.jpg" in text_of(driver.screen()))
    assert "第31号:换了灯泡。" in text_of(driver.screen())


@pytest.mark.parametrize("by", ["reply", "notice"])
def test_a_long_text_is_not_cut_without_a_sign(driver: Driver, by: str) -> None:
    lines = [f"第{n}件:三号楼二单元楼道灯坏了一个星期没有人管😀" for n in range(1, 241)]
    message = Outgoing("\n".join(lines), RATING)
    if by == "notice":
        assert driver.notify(message).outcome is Outcome.SENT
    else:
        driver.recorder.reply = message
        driver.says("进度")

    def everything() -> bool:
        seen = driver.screen()
        complete = all(line in text_of(seen) for line in lines) and shows_option(seen[-1], 3, RATING[2])
        return complete or bool(seen and "…" in seen[-1].text)

    until(everything)
    assert set(re.findall(r"第\d+件", text_of(driver.screen()))) <= {f"第{n}件" for n in range(1, 241)}


def test_hostile_words_are_plain_text_in_both_directions(driver: Driver) -> None:
    for words in HOSTILE:
        driver.recorder.reply = Outgoing(f"您说:{words}")
        driver.says(f"我说{words}")
        assert driver.notify(Outgoing(f"通知:{words}")).outcome is Outcome.SENT
    assert [heard.text for heard in driver.recorder.heard] == [f"我说{words}" for words in HOSTILE]
    seen = driver.screen()
    assert [shown for shown in seen if shown.text.startswith("您")] == [Shown(f"您说:{words}") for words in HOSTILE]
    assert [shown for shown in seen if shown.text.startswith("通")] == [Shown(f"通知:{words}") for words in HOSTILE]
    assert len(seen) == 2 * len(HOSTILE)


def test_control_characters_command_nobodys_phone(driver: Driver) -> None:
    driver.recorder.reply = Outgoing(f"您说:{CONTROLS}", (Button("好\x1b", "ok"),))
    driver.says("进度")
    assert driver.notify(Outgoing(CONTROLS)).outcome is Outcome.SENT
    reply, notice = driver.screen()
    assert reply.text.startswith("您说:前")
    assert notice.text.startswith("前")
    assert notice.text.endswith("后")


@pytest.mark.parametrize(
    ("driver", "outcome"),
    [
        *(("telegram", o) for o in (Outcome.BLOCKED, Outcome.LATER, Outcome.UNSURE, Outcome.IMPOSSIBLE)),
        *(("wechat", o) for o in (Outcome.CLOSED, Outcome.BLOCKED, Outcome.LATER, Outcome.UNSURE, Outcome.IMPOSSIBLE)),
        *(("webchat", o) for o in (Outcome.LATER, Outcome.IMPOSSIBLE)),
        ("console", Outcome.CLOSED),
    ],
    indirect=["driver"],
)
def test_a_notice_that_did_not_surely_arrive_says_how_and_why(driver: Driver, outcome: Outcome) -> None:
    driver.trouble[outcome]()
    result = driver.notify(QUESTION)
    assert result.outcome is outcome
    assert result.reason
