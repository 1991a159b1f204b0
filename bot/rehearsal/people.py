"""The people of a rehearsal: who they are, when they look at their phones, and how they go through a conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.rehearsal.world import Appointment, Household
from handlers.messages import Outgoing
from models.rules.house import HouseRules
from models.rules.posts import Role
from services.outbox import OwnNotice

_LUNCH = (12, 14)
_SPREAD = 0.8  # of the logarithm of a delay: two out of three are within a factor of about two
_LONGEST_WAIT = 400  # days within which somebody is there again

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
GIVEN = ("秀英", "建国", "桂兰", "志强", "玉兰", "海燕", "国华", "淑珍", "立新", "小红", "文斌", "春梅", "永生", "丽娟",
         "德福", "雪梅", "振华", "凤英", "学军", "晓东")  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """``answers``: how often somebody does anything about a message. ``minutes``: after how long, typically.

    ``hours``: when they look at their phone. ``at_work``: on working days only, not over lunch. ``forgets``: how often
    what they meant to do is left undone. ``ratings``: how often an answer is rated, and how: satisfied, basically,
    not. ``urges``: how often they press when something is late.
    """

    answers: float = 0.9
    minutes: float = 40
    hours: tuple[int, int] = (7, 22)
    at_work: bool = False
    forgets: float = 0.0
    rates: float = 0.6
    ratings: tuple[int, int, int] = (74, 18, 8)
    urges: float = 0.3


#: Residents.
KEEN = Habits(answers=0.98, minutes=15, rates=0.95, ratings=(82, 14, 4), urges=0.5)
BUSY = Habits(answers=0.85, minutes=180, hours=(12, 23), rates=0.5)
ELDERLY = Habits(answers=0.8, minutes=240, hours=(6, 20), forgets=0.15, rates=0.45, ratings=(85, 12, 3), urges=0.15)
HARD_TO_PLEASE = Habits(answers=0.95, minutes=60, rates=0.9, ratings=(30, 30, 40), urges=0.9)
QUIET = Habits(answers=0.35, minutes=600, forgets=0.3, rates=0.05, urges=0.02)
RESIDENTS = ((KEEN, 25), (BUSY, 30), (ELDERLY, 20), (HARD_TO_PLEASE, 7), (QUIET, 18))

#: Staff.
DILIGENT = Habits(answers=1.0, minutes=35, hours=(7, 21), forgets=0.02)
AT_THE_DESK = Habits(answers=1.0, minutes=70, hours=(9, 18), at_work=True, forgets=0.03)
SLOW = Habits(answers=0.9, minutes=600, hours=(9, 18), at_work=True, forgets=0.15)
SILENT = Habits(answers=0.0)


class Mind(Protocol):
    """What somebody makes of a message on their phone."""

    def hears(self, notice: OwnNotice, message: Outgoing) -> None: ...


@dataclass
class Person:
    """``address``: of their account. ``away``: days from the first to the last on which they do nothing."""

    name: str
    platform: str
    address: str
    habits: Habits
    random: Random
    home: Household | None = None
    posts: tuple[Appointment, ...] = ()
    member_id: int = 0
    away: tuple[tuple[date, date], ...] = ()
    mind: Mind | None = None
    errands: list[Iterator[float]] = field(default_factory=list)
    last: Outgoing = field(default_factory=lambda: Outgoing(""))
    told: Counter[date] = field(default_factory=Counter)  # messages that came by themselves, by day here
    written: int = 0

    @property
    def role(self) -> Role | None:
        return self.posts[0].role if self.posts else None

    def gets_round_to_it(self, now: datetime, *, rules: HouseRules, minutes: float | None = None) -> datetime:
        """When somebody who was told something now looks at it: after a while, in their hours."""
        typical = self.habits.minutes if minutes is None else minutes
        return self.is_there(now + timedelta(minutes=typical * self.random.lognormvariate(0, _SPREAD)), rules=rules)

    def is_there(self, moment: datetime, *, rules: HouseRules) -> datetime:
        """That moment or the first one after it in which they look at their phone."""
        begins, ends = self.habits.hours
        here = moment.astimezone(ZoneInfo(rules.timezone))
        for _ in range(_LONGEST_WAIT):
            if here.hour < begins:
                here = self._early(here, begins)
            if self.habits.at_work and _LUNCH[0] <= here.hour < _LUNCH[1]:
                here = self._early(here, _LUNCH[1])
            if here.hour < ends and not self._is_away(here.date(), rules):
                return here.astimezone(moment.tzinfo)
            here = self._early(here + timedelta(days=1), begins)
        return here.astimezone(moment.tzinfo)

    def _is_away(self, day: date, rules: HouseRules) -> bool:
        if self.habits.at_work and not rules.calendar.is_workday(day):
            return True
        return any(first <= day <= last for first, last in self.away)

    def _early(self, day: datetime, hour: int) -> datetime:
        return day.replace(hour=hour, minute=self.random.randrange(40), second=self.random.randrange(60))


def dice(*of: object) -> Random:
    """Chance of its own for somebody or something, the same in every run that begins alike."""
    return Random(" ".join(map(str, of)))  # noqa: S311 - a rehearsal, no secret


def chance(person: Person, probability: float) -> bool:
    return person.random.random() < probability


def pick(random: Random, weighted: Sequence[tuple[Any, int]]) -> Any:
    return random.choices([each for each, _ in weighted], [weight for _, weight in weighted])[0]


@dataclass(frozen=True)
class Question:
    """What a conversation asks now, as its reader understands it. ``options``: label and value."""

    step: str
    options: tuple[tuple[str, str], ...]
    data: Mapping[str, Any]


Answer = str | Sequence[str] | Callable[[Question], str]


class Answers:
    """What somebody has in mind to say, by step of the conversation; several answers are given one after the other.
    "*" is for whatever else is asked in one's own words.

    An answer that is an option's value or label, or part of a label, is chosen; any other is said in words.
    """

    def __init__(self, by_step: Mapping[str, Answer]) -> None:
        self._left = {
            step: given if callable(given) else [given] if isinstance(given, str) else list(given)
            for step, given in by_step.items()
        }

    def next(self, question: Question) -> str | None:
        """None: nothing was prepared for this question."""
        step = question.step if question.step in self._left or question.options else "*"
        left = self._left.get(step)
        if not left:
            return None
        if callable(left):
            return left(question)
        return left.pop(0) if len(left) > 1 else left[0]
