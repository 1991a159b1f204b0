"""Understanding one message, all of it: 5,000 compounds, 2,000 open issues in the place; one core, no database."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import islice

from bench.speed.measure import ROUNDS, heading, interleaved, ratios, tell, tell_ratio
from understanding import BuildingEntry, CompoundEntry, Gazetteer, UnitEntry, understand
from understanding.likeness import Index, Telling, alike
from understanding.likeness.scope import compatible
from understanding.segment import cut

_MESSAGE = (
    "你好，我是春风里花园12栋2单元的住户，我们单元楼道的声控灯坏了一个多星期了，晚上黑咕隆咚的，"
    "老人上下楼特别危险，跟物业说了好几次也没有人来修，请尽快派人处理一下吧"
)
_FIRST, _SECOND = "春夏秋冬东西南北金银", "风花雪月云水山林湖海河江星光华"
_THIRD, _KINDS = "里苑庭园湾岸台谷城府", ("花园", "小区", "家属院", "家园", "公寓")
_AT = datetime(2026, 3, 2, tzinfo=UTC)
_HERE = 1
_LENGTH = 75
_OPEN = 2_000


def gazetteer(compounds: int) -> Gazetteer:
    """``compounds`` invented names, each with twelve buildings of two units."""
    return Gazetteer.build(_compounds(compounds))


def _compounds(count: int) -> Iterator[CompoundEntry]:
    """One at a time, as rows come from a database."""
    identity = 0
    for number in range(count):
        first, rest = number % len(_FIRST), number // len(_FIRST)
        second, rest = rest % len(_SECOND), rest // len(_SECOND)
        third, kind = rest % len(_THIRD), rest // len(_THIRD) % len(_KINDS)
        buildings = []
        for building in range(1, 13):
            identity += 3
            units = tuple(UnitEntry(identity + unit, str(unit)) for unit in (1, 2))
            buildings.append(BuildingEntry(identity, str(building), units))
        name = f"{_FIRST[first]}{_SECOND[second]}{_THIRD[third]}{_KINDS[kind]}"
        yield CompoundEntry(number + 1, name, buildings=tuple(buildings))


def messages(count: int, *, seed: int = 1) -> list[str]:
    """Messages of about 75 characters, each of a place and one or two texts of the corpus."""
    chance = random.Random(seed)
    texts = [text for _, text in _corpus()]
    found = []
    for _ in range(count):
        said = f"春风里花园{chance.randint(1, 12)}栋{chance.randint(1, 2)}单元"
        while len(said) < _LENGTH:
            said += chance.choice(texts) + "。"
        found.append(said[:_LENGTH])
    return found


def open_issues(count: int, *, seed: int = 2) -> list[Telling]:
    """What is open in one compound, of every category."""
    chance = random.Random(seed)
    issues = []
    for number, (category, text) in enumerate(chance.choices(_corpus(), k=count)):
        building = 3 * chance.randint(1, 12)
        unit = building + chance.randint(1, 2)
        telling = Telling(
            str(number), "", _AT, text, category=category, compound_id=_HERE, building_id=building, unit_id=unit
        )
        issues.append(telling)
    return issues


@cache
def _corpus() -> list[tuple[str, str]]:
    def rows() -> Iterator[tuple[str, str]]:
        for file in sorted(files("understanding.category").joinpath("corpus").iterdir(), key=lambda file: file.name):
            if file.name.endswith(".csv"):
                for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
                    yield file.name.removesuffix(".csv"), row["text"]

    return list(rows())


def all_of_it(text: str, *, places: Gazetteer, like: Callable[[Telling], object]) -> object:
    """What is done for a message before a person is answered: understood, and compared with what is open."""
    found = understand(text, gazetteer=places)
    place = found.place
    telling = Telling(
        "new", "", _AT, text, category=found.category, compound_id=place.compound_id, building_id=place.building_id,
        unit_id=place.unit_id,
    )  # fmt: skip
    return found, like(telling)


def _as_queried(issues: Sequence[Telling]) -> Callable[[Telling], object]:
    """As `services.duplicates` asks, its query aside: the newest of compatible categories, each read from its row."""
    from services.duplicates import MOST_COMPARED

    @cache
    def rows(category: str) -> list[Telling]:
        newest = (issue for issue in reversed(issues) if compatible(issue.category, category))
        return list(islice(newest, MOST_COMPARED))

    return lambda telling: alike(telling, map(_read_again, rows(telling.category)))


def _read_again(row: Telling) -> Telling:
    return Telling(
        id=row.id, raiser="", at=row.at, text=row.text, category=row.category, grid_id=row.grid_id,
        compound_id=row.compound_id, building_id=row.building_id, unit_id=row.unit_id, spot_id=row.spot_id,
        room=row.room,
    )  # fmt: skip


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
    _each_message(places, 4 * times)
    _memory()


def _each_message(places: Gazetteer, count: int) -> None:
    """The spread over different messages, each told once, by CPU time."""
    heading(f"understanding and likeness: {count} messages of {_LENGTH} characters, {_OPEN:,} open issues in the place")
    issues = open_issues(_OPEN)
    for what, like in (("Index.like", Index(issues).like), ("alike, as the program asks", _as_queried(issues))):
        for text in messages(100, seed=3):
            all_of_it(text, places=places, like=like)  # warm
        taken = []
        for text in messages(count):
            began = time.process_time()
            all_of_it(text, places=places, like=like)
            taken.append((time.process_time() - began) * 1e3)
        taken.sort()
        _judge(f"p50, {what}", taken[len(taken) // 2], "ms", least=1.5, aim=0.4)
        _judge(f"p99, {what}", taken[len(taken) * 99 // 100], "ms", least=5, aim=1.5)


def _judge(what: str, value: float, unit: str, *, least: float, aim: float) -> None:
    verdict = "aim reached" if value <= aim else "held" if value <= least else "NOT HELD"
    print(f"  {what:<46} {value:>8.2f} {unit}   asked <= {least:g}, aim {aim:g}: {verdict}", flush=True)


_WEIGH = """
import csv, importlib.resources, random, subprocess, sys, tempfile, bench.speed.measure  # there with and without us
from pathlib import Path
def kilobytes(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))
before = kilobytes("VmRSS")
from understanding import prepare
from bench.speed.text import Index, all_of_it, gazetteer, messages, open_issues
prepare(Path(sys.argv[1]))
places, issues = gazetteer(5_000), Index(open_issues(2_000))
for text in messages(300):
    all_of_it(text, places=places, like=issues.like)
print((kilobytes("VmRSS") - before) / 1e3, (kilobytes("VmHWM") - before) / 1e3)
"""


def _memory() -> None:
    """In a process of its own, in which the libraries of the rest of the program are loaded before; the second of two
    starts, so that jieba reads its cache as it does in daily life."""
    heading(f"memory added by understanding: numpy, jieba, model, 5,000 compounds, {_OPEN:,} open issues")
    with tempfile.TemporaryDirectory() as folder:
        for start in ("first start, no cache", "later start"):
            line = [sys.executable, "-c", _WEIGH, folder]
            said = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
            resident, peak = map(float, said)
            _judge(start, resident, "MB", least=150, aim=110)
            print(f"  {'':<46} {peak:>8.2f} MB at the peak", flush=True)
