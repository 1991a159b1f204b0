"""The scenarios that ship: what happens in them, to whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from bot.rehearsal.channels import Outage
from bot.rehearsal.matters import matters
from bot.rehearsal.people import DILIGENT, SILENT, SLOW
from bot.rehearsal.play import BURST, Play
from bot.rehearsal.two_months import play_meetings

_RELIEVED = (85, 14, 1)  # how people rate what is over


@dataclass(frozen=True)
class Scenario:
    """``residents`` with a phone; ``full``: a building where so many households have one."""

    key: str
    starts: date
    days: int
    residents: int
    play: Callable[[Play], None]
    full: tuple[str, str, int] | None = None


def _quiet_month(play: Play) -> None:
    """A month as most are, over Mid-Autumn and National Day; a steward on holiday, an outage, people who block us."""
    play.ordinary_days(a_day=1.8)
    cast, stage = play.cast, play.cast.stage
    away = cast.staff["steward-3"].person
    away.away = ((play.first + timedelta(days=8), play.first + timedelta(days=13)),)
    stage.plan(play.at(7, 18), lambda: cast.staff["steward-3"].goes_away("7天后"))
    stage.network.outages = (
        Outage("wechat", play.at(10, 9), play.at(10, 15)),
        Outage("telegram", play.at(20, 18), play.at(20, 19)),
    )
    for resident in cast.residents[3:24:10]:
        stage.plan(play.at(12, 8), partial(stage.network.blocked.add, resident.person.address))
    for day, steward, who, words in (
        (3, "steward-mill", "老李头", "纺织家属院1号楼2单元楼梯扶手松了"),
        (15, "steward-1", "赵奶奶", "青禾苑1号楼3单元502暖气阀门往外滴水"),
    ):
        stage.plan(play.at(day, 10, 5), partial(cast.staff[steward].tells_for, who, words))


def _burst_pipe(play: Play) -> None:
    """Building 3 of 青禾苑: the main bursts at half past six; forty households tell of it within the morning."""
    cast = play.cast
    for key in ("secretary-1", "water", "property"):
        person = cast.staff[key].person
        person.habits = replace(DILIGENT, minutes=12, hours=(6, 24))
    for post in cast.staff.values():
        post.whistles = True
    play.ordinary_days(a_day=1.0)
    burst = matters()[BURST]
    flooded = cast.living_in("青禾苑", "3")
    minutes = 0.0
    for resident in flooded:
        resident.person.habits = replace(resident.person.habits, ratings=_RELIEVED)
        play.tells(play.at(1, 6, 31) + timedelta(minutes=minutes), resident, burst)
        minutes += play.random.expovariate(1 / 5.5)
    late = flooded[-1]
    play.tells(play.at(1, 23, 20), late, matters()["water_off"])


def _silent_steward(play: Play) -> None:
    """No steward ever answers; the first grid's secretary is not there either, the desk is slow, and the property
    company sends everything back. So it climbs, is pressed, and in the end somebody is named who must do it."""
    cast = play.cast
    for key, post in cast.staff.items():
        if key.startswith("steward") or key == "secretary-1":
            post.person.habits = SILENT
    cast.staff["secretary-2"].person.habits = SLOW
    for key in ("desk", "desk-2"):
        cast.staff[key].person.habits = replace(SLOW, forgets=0.3)
    cast.staff["property"].declines = True
    for key in ("desk", "street"):
        cast.staff[key].supervises = 1.0
    for resident in cast.residents:
        resident.person.habits = replace(resident.person.habits, urges=0.8)
    play.ordinary_days(a_day=1.2, days=max(1, play.days // 2))
    for neighbours, key in (
        (cast.living_in("青禾苑", "3"), "hall_dirty"),
        (cast.living_in("青禾苑", "3")[1:], "unit_door"),
        (cast.living_in("纺织家属院", "1"), "step_broken"),
    ):
        for resident in neighbours[:1]:
            play.tells(play.at(0, 8, 20), resident, matters()[key])


SCENARIOS: Mapping[str, Scenario] = {
    scenario.key: scenario
    for scenario in (
        Scenario("quiet-month", date(2026, 9, 14), 30, 70, _quiet_month),
        Scenario("burst-pipe", date(2026, 11, 16), 7, 70, _burst_pipe, full=("青禾苑", "3", 40)),
        Scenario("silent-steward", date(2026, 9, 14), 45, 50, _silent_steward, full=("青禾苑", "3", 6)),
        Scenario("meetings", date(2026, 9, 1), 61, 32, play_meetings, full=("青禾苑", "3", 6)),
    )
}
