"""Understanding one message, against jieba's cut of the same text; one core, no database."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.speed.measure import ROUNDS, heading, interleaved, ratios, tell, tell_ratio
from understanding import BuildingEntry, CompoundEntry, Gazetteer, UnitEntry, understand
from understanding.segment import cut

_MESSAGE = (
    "你好，我是春风里花园12栋2单元的住户，我们单元楼道的声控灯坏了一个多星期了，晚上黑咕隆咚的，"
    "老人上下楼特别危险，跟物业说了好几次也没有人来修，请尽快派人处理一下吧"
)
_FIRST, _SECOND = "春夏秋冬东西南北金银", "风花雪月云水山林湖海河江星光华"
_THIRD, _KINDS = "里苑庭园湾岸台谷城府", ("花园", "小区", "家属院", "家园", "公寓")


def gazetteer(compounds: int) -> Gazetteer:
    """``compounds`` invented names, each with twelve buildings of two units."""
    entries, identity = [], 0
    for number in range(compounds):
        first, rest = number % len(_FIRST), number // len(_FIRST)
        second, rest = rest % len(_SECOND), rest // len(_SECOND)
        third, kind = rest % len(_THIRD), rest // len(_THIRD) % len(_KINDS)
        buildings = []
        for building in range(1, 13):
            identity += 3
            units = tuple(UnitEntry(identity + unit, str(unit)) for unit in (1, 2))
            buildings.append(BuildingEntry(identity, str(building), units))
        name = f"{_FIRST[first]}{_SECOND[second]}{_THIRD[third]}{_KINDS[kind]}"
        entries.append(CompoundEntry(number + 1, name, buildings=tuple(buildings)))
    return Gazetteer.build(entries)


def run_text(long: bool) -> None:
    places, times = gazetteer(5_000), 2_000 if long else 300
    heading(f"understanding: {len(_MESSAGE)} characters, 5,000 compounds, {ROUNDS} rounds of {times}")
    found = understand(_MESSAGE, gazetteer=places)
    if found.place.building_number != "12" or found.category != "lighting":
        raise RuntimeError(f"not understood: {found}")

    def micros(work: Callable[[], object]) -> Callable[[], float]:
        def measured() -> float:
            began = time.process_time()
            for _ in range(times):
                work()
            return (time.process_time() - began) / times * 1e6

        return measured

    ours, floor = interleaved(
        ROUNDS, micros(lambda: understand(_MESSAGE, gazetteer=places)), micros(lambda: cut(_MESSAGE))
    )
    tell("understand", ours, "us")
    tell("floor: jieba's cut", floor, "us")
    tell_ratio("understand / cut", ratios(ours, floor), most=5)
