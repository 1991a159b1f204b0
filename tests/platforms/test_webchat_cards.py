"""A card in the web chat: the answer to a press stands where the card stood, and nothing of the transcript is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.database import Database
from handlers.messages import Button, Outgoing
from tests.platforms.webchat_stage import House, Visitor, bubbles, running, streamed


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path) as house:
        yield house


def card(house: House, visitor: Visitor, key: str, words: str, *, press: str, live: bool = True) -> Outgoing:
    """What the next press is answered with."""
    reply = Outgoing(words, (Button("下一项", press),), live=live)
    sender = house.echo.heard[0].sender
    house.echo.answers[f"{sender}:{key}"] = reply
    return reply


def test_the_answer_says_which_row_it_stands_for(house: House) -> None:
    visitor = house.visitor()
    first = visitor.say("主持").json()["messages"][-1]
    assert first["replaces"] is None
    card(house, visitor, "the-first-press", "第二个议题", press="s:2:0")
    rows = visitor.client.post(
        "/chat/messages", json={"id": "the-first-press", "press": "s:1:0", "label": "好"}
    ).json()["messages"]
    assert bubbles(rows) == [(True, "好"), (False, "第二个议题")]
    assert [row["replaces"] for row in rows] == [None, first["id"]]
    card(house, visitor, "the-second-press", "第三个议题", press="s:3:0")
    again = visitor.client.post(
        "/chat/messages", json={"id": "the-second-press", "press": "s:2:0", "label": "下一项"}
    ).json()["messages"]
    assert again[-1]["replaces"] == rows[-1]["id"]
    assert len(visitor.reads()) == 6  # what was said is kept, and read again in its order
    assert streamed(visitor, 6) == visitor.reads()


def test_a_press_posted_again_is_one_row_that_stands_for_the_same(house: House) -> None:
    visitor = house.visitor()
    first = visitor.say("主持").json()["messages"][-1]
    card(house, visitor, "posted-two-times", "第二个议题", press="s:2:0")
    message = {"id": "posted-two-times", "press": "s:1:0", "label": "好"}
    answers = [visitor.client.post("/chat/messages", json=message).json()["messages"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][-1]["replaces"] == first["id"]


def test_words_and_answers_that_are_no_cards_replace_nothing(house: House) -> None:
    visitor = house.visitor()
    visitor.say("主持")
    card(house, visitor, "said-in-words", "第二个议题", press="s:2:0")
    said = visitor.client.post("/chat/messages", json={"id": "said-in-words", "text": "下一项"}).json()["messages"]
    card(house, visitor, "an-ordinary-answer", "好的", press="s:3:0", live=False)
    pressed = visitor.client.post(
        "/chat/messages", json={"id": "an-ordinary-answer", "press": "s:1:0", "label": "好"}
    ).json()["messages"]
    card(house, visitor, "a-button-of-old", "第四个议题", press="s:4:0")
    old = visitor.client.post(
        "/chat/messages", json={"id": "a-button-of-old", "press": "s:999:0", "label": "好"}
    ).json()["messages"]
    assert [rows[-1]["replaces"] for rows in (said, pressed, old)] == [None, None, None]
