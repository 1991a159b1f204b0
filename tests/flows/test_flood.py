"""One person's flood is slowed down, then not answered for a while; nobody else notices."""

from __future__ import annotations

from tests.neighbourhood import SENTENCE, Neighbourhood, Person


def quickly(person: Person, words: str, count: int) -> list[str]:
    """Three messages a second, whatever the clock of the neighbourhood says."""
    answers = []
    for _ in range(count):
        person.at.passes(seconds=-2.7)
        answers.append(person.says(words))
    return answers


def test_too_quick_is_asked_to_wait_and_heard_again_after_ten_seconds(here: Neighbourhood) -> None:
    wang = here.person("wang")
    answers = quickly(wang, "你好", 7)
    assert ["太快" in answer for answer in answers] == [False] * 5 + [True] * 2
    here.passes(seconds=10)
    assert wang.says("你好").startswith("您好")


def test_a_flood_is_met_with_silence_for_ten_minutes(here: Neighbourhood) -> None:
    wang, neighbour = here.person("wang"), here.person("neighbour")
    answers = quickly(wang, "你好", 35)
    assert answers[30].startswith("消息太多了，接下来十分钟")
    assert answers[31:] == ["", "", "", ""]
    assert neighbour.says(SENTENCE).startswith("收到您反映的问题")
    here.passes(minutes=9)
    assert wang.says("你好") == ""
    here.passes(minutes=1)
    assert wang.says("你好").startswith("您好")


def test_a_report_that_was_begun_survives_the_flood(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    quickly(wang, "1", 0)
    for _ in range(8):
        here.passes(seconds=-2.7)
        wang.says("帮助")
    here.passes(seconds=10)
    assert "编号 LN-2026-0001" in wang.says("1")


def test_an_album_of_nine_is_no_flood(here: Neighbourhood) -> None:
    wang = here.person("wang")
    for _ in range(9):
        here.passes(seconds=-2.9)
        wang.sends_photo()
    assert "照片 9 张" in wang.says(SENTENCE)
