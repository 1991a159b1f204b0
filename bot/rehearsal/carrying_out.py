"""What whoever owns a resolution does: take it on, say how far it is, and say when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.rehearsal.council import Council
from bot.rehearsal.hands import Hands
from bot.rehearsal.people import Person, chance
from handlers.messages import Outgoing
from services.outbox import OwnNotice
from texts import choice

_NOTES = ("材料到了，这周开始做", "已经量好尺寸，周末动工", "做了一半，公告贴出去了", "和几家说好了，照着做")
_ACCEPT, _NOTE = 0, 0  # where they stand on what offers them


class Owner(Hands):
    def __init__(self, council: Council, person: Person) -> None:
        super().__init__(council.stage, person)

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        react = _REACTIONS.get(notice.kind)
        if react is not None and chance(self.person, self.person.habits.answers):
            react(self, notice, message)

    def _is_given_it(self, notice: OwnNotice, message: Outgoing) -> None:
        """Noted after some days, mostly done in time; nothing is done about what is forgotten until it is asked for."""
        if chance(self.person, 0.9):
            self.later(lambda: self._does(notice, message, _ACCEPT, choice("resolution.accept")[0]))
        self._plans(notice, self.stage.now + timedelta(days=self.person.random.uniform(2, 4)), self._notes)
        zone = ZoneInfo(self.stage.house.rules.timezone)
        due = datetime.combine(date.fromisoformat(notice.params["due_on"]), time(10), zone).astimezone(UTC)
        days = self.person.random.choice((-4, -3, -2, -1, 1))
        self._plans(notice, max(due + timedelta(days=days), self.stage.now + timedelta(days=4)), self._says_done)

    def _is_warned(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._does(notice, message, _NOTE, choice("resolution.note")[0]))

    def _gets_it_back(self, notice: OwnNotice, message: Outgoing) -> None:
        self._is_warned(notice, message)
        self._plans(notice, self.stage.now + timedelta(days=4), self._says_done)

    def _plans(self, notice: OwnNotice, at: datetime, errand: Callable[[int], Iterator[float]]) -> None:
        there = self.person.is_there(at, rules=self.stage.house.rules)
        self.then(there, lambda: errand(notice.params["resolution"]))

    def _notes(self, resolution: int) -> Iterator[float]:
        yield from self._opens(resolution, choice("resolution.note")[0])

    def _says_done(self, resolution: int) -> Iterator[float]:
        yield from self._opens(resolution, choice("resolution.done")[0])

    def _does(self, notice: OwnNotice, message: Outgoing, place: int, label: str) -> Iterator[float]:
        self.takes(notice, message, place, "resolution")
        yield 20.0
        yield from self._goes_through(notice.params["resolution"], label)

    def _opens(self, resolution: int, label: str) -> Iterator[float]:
        """Through the menu; what is not offered any more is left."""
        self.stage.asks_for(self.person, "resolution")
        yield 20.0
        yield from self._goes_through(resolution, label)

    def _goes_through(self, resolution: int, label: str) -> Iterator[float]:
        if self.stage.question(self.person) is None:
            self.finds(resolution, label)
        yield from self.goes_on({"*": self.person.random.choice(_NOTES)}, until="")


_REACTIONS: Mapping[str, Callable[[Owner, OwnNotice, Outgoing], None]] = {
    "resolution_enter_force_owner": Owner._is_given_it,
    "resolution_reassign_owner": Owner._is_given_it,
    "resolution_warn_owner": Owner._is_warned,
    "resolution_send_back_owner": Owner._gets_it_back,
}
