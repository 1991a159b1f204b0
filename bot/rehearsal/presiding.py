"""主持: a convener goes through a meeting on its card, item by item, with what comes of each."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sqlalchemy import select

from bot.rehearsal.council import Council
from bot.rehearsal.hands import Hands, first, valued
from bot.rehearsal.people import Answer, Person, Question, chance
from bot.rehearsal.talks import Talk
from handlers.messages import Outgoing, command
from models.ballot import Ballot
from models.meeting import AgendaItem, Meeting
from models.rules.meeting_workflow import ItemState
from services.meetings import sitting
from services.outbox import OwnNotice
from texts import choice

_CARD, _DEED = "conduct.receive_card", "ballot.receive_deed"
_OPEN = frozenset({ItemState.LISTED, ItemState.IN_TALK})
_MOST_STEPS = 40
_WORDS = {
    ItemState.REJECTED: "多数人不同意，先维持现状",
    ItemState.ADJOURNED: "还要再问几户，下次定",
    ItemState.REFERRED: "要他们定地点、出经费",
    ItemState.INFORMED: "情况说清楚了，大家有问题可以再问",
    ItemState.ADOPTED: "照大家说的办",
}
_STANDARD = "照约定做到，门口贴出来大家看得见"
_NOTES = ("有人说先试一个月", "大家提到老人要照顾")


class Presiding(Hands):
    def __init__(self, council: Council, person: Person) -> None:
        super().__init__(council.stage, person)
        self.council = council

    def conducts(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        """From opening to sending home; where too few have come, they wait a little and go."""
        meeting = notice.params["meeting"]
        self.takes(notice, message, 0, "conduct")
        yield from self.goes_on({"conduct.receive_meeting": valued(meeting)}, until=_CARD)
        yield from self._press("open")
        if self._offers("lack"):
            yield 900.0
            yield from self._press("lack")
        for _ in range(_MOST_STEPS):
            item = self._current()
            if item is None:
                return
            if item.state in _OPEN:
                yield from self._talk_over(item)
            elif self._waiting(meeting) and self._offers("next"):
                yield from self._press("next")
            else:
                break
        yield from self._press("close")

    def _talk_over(self, item: AgendaItem) -> Iterator[float]:
        talk, outcome = self.council.talk_of(item.id), self.council.ends(item)
        yield 60 * self.person.random.uniform(4, 14)
        if chance(self.person, 0.3):
            yield from self._press("note")
            yield from self.goes_on({"*": self.person.random.choice(_NOTES)}, until=_CARD)
        meeting = self.stage.session.get_one(Meeting, item.meeting_id)
        if not sitting.attendance(self.stage.session, meeting).quorate:
            outcome = ItemState.ADJOURNED
        elif talk is not None and talk.vote and self._offers(command("ballot", 0, str(item.id))):
            won = yield from self._votes_on(item)
            outcome = ItemState.ADOPTED if won else ItemState.REJECTED
        yield from self._press(outcome.value)
        yield from self.goes_on(self._outcome(outcome, talk), until=_CARD)

    def _outcome(self, outcome: ItemState, talk: Talk | None) -> dict[str, Answer]:
        agreed = outcome is ItemState.ADOPTED and talk is not None and talk.agreed
        chosen: list[str] = []

        def group(question: Question) -> str:
            """The first two who are there."""
            people = [value for _, value in question.options if value.isdecimal() and value not in chosen]
            if len(chosen) < 2 and people:
                chosen.append(people[0])
                return valued(people[0])(question)
            return "enough"

        return {
            "conduct.receive_words": talk.agreed if agreed and talk else _WORDS[outcome],
            "conduct.receive_standard": talk.standard if agreed and talk else _STANDARD,
            "conduct.receive_owner": _named(talk.owner if agreed and talk else ""),
            "conduct.receive_due": "2周后",
            "conduct.receive_review": "none",
            "conduct.receive_budget": "none" if chance(self.person, 0.5) else "大约2000元",
            "conduct.receive_source": "公共收益",
            "conduct.receive_group": group,
            "conduct.receive_whither": _named(talk.to if talk else ""),
            "conduct.receive_answer_by": "none",
            "conduct.receive_again_on": "none",
        }

    def _votes_on(self, item: AgendaItem) -> Generator[float, None, bool]:
        """表决: open or secret, closed when all have had their time. Returns whether it was won."""
        yield from self._press(command("ballot", 0, str(item.id)))
        settings = ["secret", "begin"] if chance(self.person, 0.4) else ["begin"]
        yield from self.goes_on({"ballot.receive_settings": settings}, until=_DEED)
        ballots = select(Ballot).where(Ballot.item_id == item.id).order_by(Ballot.id.desc())
        ballot = self.stage.session.scalars(ballots).first()
        if ballot is None:
            return False
        self.council.calls_to_vote(item.meeting_id, ballot.id)
        yield 300.0
        steps: dict[str, Answer] = {_DEED: "close", "ballot.receive_close": "yes"}
        yield from self.goes_on(steps, until=_CARD)
        yield 20.0
        self.picks(choice("conduct.to_card")[0])
        self.stage.session.refresh(ballot)
        return (ballot.result or {}).get("won") == 0

    # The card.

    def _card(self) -> Question | None:
        question = self.stage.question(self.person)
        return question if question is not None and question.step == _CARD else None

    def _offers(self, value: str) -> bool:
        card = self._card()
        return card is not None and value in dict(card.options).values()

    def _press(self, value: str) -> Iterator[float]:
        card = self._card()
        if card is not None and self._offers(value):
            yield 20 * self.person.random.uniform(0.5, 2)
            self.stage.answers(self.person, card, value)

    def _current(self) -> AgendaItem | None:
        card = self._card()
        if card is None or "item" not in card.data:
            return None
        return self.stage.session.get_one(AgendaItem, card.data["item"], populate_existing=True)

    def _waiting(self, meeting: int) -> bool:
        open_items = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting, AgendaItem.state.in_(sorted(_OPEN)))
        return self.stage.session.scalars(open_items).first() is not None


def _named(part: str) -> Answer:
    """The option that has this in its name, on this page or a later one; else the first."""
    seen = set[str]()

    def answer(question: Question) -> str:
        labels = [label for label, _ in question.options]
        found = next((label for label in labels if part and part in label), None)
        more = {value: label for label, value in question.options}.get("more")
        if found is None and part and more is not None and labels[0] not in seen:
            seen.add(labels[0])
            return more
        return found or first(question)

    return answer
