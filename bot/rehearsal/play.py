"""A scenario on its stage: whose day is which, and who tells what when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.rehearsal.cast import Cast
from bot.rehearsal.matters import Matter, matters, place
from bot.rehearsal.residents import Resident

#: When in the day people write, by hour.
_HOURS = ((7, 6), (8, 10), (9, 9), (10, 7), (12, 9), (14, 4), (17, 6), (18, 10), (19, 14), (20, 14), (21, 8), (23, 2))
_ECHOES = 0.3  # how often a neighbour tells of the same thing
_HEATING = (11, 12, 1, 2, 3)  # months
BURST = "pipe_burst"


@dataclass(frozen=True)
class Play:
    """A scenario on its stage. ``begins``: midnight before the first day."""

    cast: Cast
    random: Random
    first: date
    days: int
    timezone: str

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """That day of the scenario, counted from 0, on the clock of the community."""
        here = datetime.combine(self.first + timedelta(days=day), time(hour, minute), ZoneInfo(self.timezone))
        return here.astimezone(self.cast.stage.now.tzinfo)

    def tells(self, at: datetime, resident: Resident, matter: Matter) -> None:
        self.cast.stage.plan(at, lambda: resident.tells(matter))

    def ordinary_days(self, *, a_day: float, days: int | None = None, since: int = 0) -> None:
        """So many matters a day, of all kinds; now and then a neighbour tells of the same."""
        for day in range(since, self.days if days is None else min(days, self.days)):
            for _ in range(_poisson(self.random, a_day)):
                hour = self.random.choices([h for h, _ in _HOURS], [w for _, w in _HOURS])[0]
                at = self.at(day, hour, self.random.randrange(60))
                resident = self.random.choice(self.cast.residents)
                matter = self._any_matter(day)
                self.tells(at, resident, matter)
                if self.random.random() < _ECHOES:
                    self._echo(at, resident, matter)

    def _any_matter(self, day: int) -> Matter:
        month = (self.first + timedelta(days=day)).month
        fitting = [
            each for each in matters().values() if each.key != BURST and (each.by != "heat" or month in _HEATING)
        ]
        return self.random.choice(fitting)

    def _echo(self, at: datetime, resident: Resident, matter: Matter) -> None:
        here = place(matter, resident.home, in_full=True)
        near = [
            other
            for other in self.cast.residents
            if other is not resident and place(matter, other.home, in_full=True) == here
        ]
        if near:
            later = at + timedelta(hours=self.random.uniform(2, 60))
            other = self.random.choice(near)
            self.tells(other.person.is_there(later, rules=self.cast.stage.house.rules), other, matter)


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count += 1
        left += random.expovariate(1.0)
    return count
