"""Putting a scenario on: the places, the people, the play, and the clock that runs to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.rehearsal.cast import assemble
from bot.rehearsal.channels import Network
from bot.rehearsal.clockwork import Stage
from bot.rehearsal.people import dice
from bot.rehearsal.play import Play
from bot.rehearsal.scenarios import Scenario
from bot.rehearsal.timetable import timetable_kept
from bot.rehearsal.world import build_places
from handlers.context import House
from models.rules.house import HouseRules
from services.places import gazetteer

_TICK = timedelta(minutes=1)  # of the clock, at most


@dataclass(frozen=True)
class Run:
    """``every``: how much time passes between two audits at least; None: only one, at the end."""

    scenario: Scenario
    seed: int
    first: date
    days: int
    every: timedelta | None
    rules: HouseRules

    @property
    def begins(self) -> datetime:
        """Midnight of the first day."""
        return datetime.combine(self.first, time(0), ZoneInfo(self.rules.timezone)).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(days=self.days)


def perform(session: Session, run: Run, *, listening: Callable[[Stage], None] = lambda stage: None) -> Stage:
    """The whole of it, in an empty database. ``listening`` is given the stage when everybody is there."""
    build_places(session)
    house = House(run.rules, gazetteer(session), "http://127.0.0.1:8000")
    stage = Stage(session, house, Network(dice(run.seed, "network")), run.begins, run.every)
    cast = assemble(stage, seed=run.seed, count=run.scenario.residents, full=run.scenario.full)
    session.commit()
    listening(stage)
    random = dice(run.seed, run.scenario.key)
    run.scenario.play(Play(cast, random, run.first, run.days, run.rules.timezone))
    stage.run(run.ends)
    stage.kept = timetable_kept(session, until=stage.now, rules=run.rules, tick=_TICK)
    return stage
