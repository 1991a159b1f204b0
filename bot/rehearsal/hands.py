"""How people answer what meetings ask of them: by the buttons or numbers they were shown, else through the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import select

from bot.rehearsal.clockwork import Stage
from bot.rehearsal.people import Answer, Answers, Person, Question
from handlers.messages import Outgoing, command
from models.conversation import Conversation
from models.member import Account
from services.outbox import OwnNotice
from texts import choice

Errand = Callable[[], Iterator[float]]
_MOST_TURNS = 20


def valued(value: object) -> Callable[[Question], str]:
    """The option with that value, where it is offered; else the first."""

    def answer(question: Question) -> str:
        named = {of: label for label, of in question.options}
        return named.get(str(value)) or first(question)

    return answer


def first(question: Question) -> str:
    return question.options[0][0] if question.options else choice("common.cancel")[0]


class Hands:
    """Of one person."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self.stage, self.person = stage, person

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        """What is done about a notice, soon or later: nothing, by who only does what they are called to."""

    def later(self, errand: Errand, *, minutes: float | None = None) -> None:
        """When they get round to it."""
        at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules, minutes=minutes)
        self.then(at, errand)

    def then(self, at: datetime, errand: Errand) -> None:
        self.stage.plan(at, lambda: self.stage.sets_out(self.person, errand()))

    def answers(
        self, notice: OwnNotice, message: Outgoing, place: int, capability: str, by_step: Mapping[str, Answer]
    ) -> Iterator[float]:
        """An option of a notice, counted from 0, and the conversation that it begins."""
        opening = partial(self.takes, notice, message, place, capability)
        yield from self.stage.talks(self.person, opening, Answers(by_step))

    def asks(self, capability: str, by_step: Mapping[str, Answer]) -> Iterator[float]:
        """By the word of the menu."""
        opening = partial(self.stage.asks_for, self.person, capability)
        yield from self.stage.talks(self.person, opening, Answers(by_step))

    def takes(self, notice: OwnNotice, message: Outgoing, place: int, capability: str) -> Outgoing:
        """A button stays what it is; a number counts for what was shown last."""
        button = next((b for b in message.buttons if b.data == f"n:{notice.id}:{place}"), None)
        if button is None or (self.person.platform == "wechat" and self._shown_last() != notice.id):
            return self.stage.asks_for(self.person, capability)
        number = message.buttons.index(button) + 1 if message.numbered else None
        return self.stage.presses(self.person, button, numbered=number)

    def picks(self, label: str) -> bool:
        """What the last answer offers; whether it did."""
        last = self.person.last
        place = next((n for n, button in enumerate(last.buttons, start=1) if button.label == label), None)
        if place is not None:
            self.stage.presses(self.person, last.buttons[place - 1], numbered=place if last.numbered else None)
        return place is not None

    def finds(self, resolution: int, label: str) -> bool:
        """What can be done with a resolution, on its page or after it was chosen from a list."""
        if self.picks(label):
            return True
        offered = {value: shown for shown, value in self.stage.offered(self.person)}
        page = offered.get(command("resolution", 0, str(resolution)))
        return page is not None and self.picks(page) and self.picks(label)

    def goes_on(self, by_step: Mapping[str, Answer], *, until: str) -> Iterator[float]:
        """The open conversation, until that question is asked, or nothing more."""
        answers = Answers(by_step)
        for _ in range(_MOST_TURNS):
            question = self.stage.question(self.person)
            if question is None or question.step == until:
                return
            answer = answers.next(question)
            if answer is None:
                self.stage.stuck[question.step] += 1
                self.leaves_off()
                return
            yield 20 * self.person.random.uniform(0.5, 2.0)
            self.stage.answers(self.person, question, answer)

    def leaves_off(self) -> None:
        if self.stage.question(self.person) is not None:
            self.stage.says(self.person, choice("common.cancel")[0])

    def _shown_last(self) -> int | None:
        """The notice whose options a number means now."""
        row = self.stage.session.execute(
            select(Conversation.frames, Conversation.offered)
            .join(Account, Account.id == Conversation.account_id)
            .where(Account.platform == self.person.platform, Account.external_id == self.person.address)
        ).one_or_none()
        return None if row is None or row.frames else (row.offered or {}).get("notice")
