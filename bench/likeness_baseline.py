"""The same event, found by rapidfuzz over titles with its best threshold, beside ours; and the time of `Index.like`.

``python -m bench.likeness_baseline FILE.jsonl [RESUBMISSIONS.csv]``; without a file, the time alone.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import median

from rapidfuzz import fuzz, process

from understanding.evaluation.likeness import load, measure, resubmitted
from understanding.evaluation.report import Evaluation
from understanding.likeness import Index, Suggestions, Telling, suggest
from understanding.segment import cut, plain

_THRESHOLDS = range(40, 100, 5)
_OPEN, _ASKED, _ROUNDS = 2_000, 300, 7
_MATTERS = (
    ("lighting", "楼道灯坏了一个多星期了"),
    ("water", "下水道堵了往外反水"),
    ("elevator", "电梯老是停在三楼不动"),
    ("water", "从昨晚停水到现在"),
    ("sanitation", "小区门口垃圾堆着没人清运"),
    ("noise", "广场舞的音响吵得睡不着"),
    ("building", "楼上漏水到我家卫生间"),
    ("parking", "车被人堵住出不去"),
    ("corridor", "单元门关不上谁都能进"),
    ("pets", "有人遛狗不牵绳"),
    ("building", "外墙瓷砖脱落砸到车"),
    ("ebike", "充电桩坏了没人修"),
    ("road", "井盖不见了露个大洞"),
)
_STORIES = (
    "跟物业说了好几次也没有人来修",
    "老人上下楼特别危险",
    "请尽快派人处理一下吧",
    "孩子要上学",
    "我都打了三次电话",
    "每天都这样",
    "邻居们都有意见",
    "真的受不了了",
    "天天如此影响休息",
    "麻烦社区来看看",
)


def groups_above(tellings: Sequence[Telling], scores: Iterable[tuple[int, int, float]], least: float) -> Suggestions:
    """All pairs from a threshold on, and what they join."""
    leader = list(range(len(tellings)))

    def first(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for one, other, score in scores:
        if score >= least:
            leader[first(one)] = first(other)
    members: dict[int, list[str]] = {}
    for index, telling in enumerate(tellings):
        members.setdefault(first(index), []).append(telling.id)
    groups = [group for group in members.values() if len(group) > 1]
    return Suggestions([(a, b, 1.0) for group in groups for a, b in combinations(group, 2)], groups)


def baseline(
    tellings: Sequence[Telling], scorer: Callable[..., float], texts: Sequence[str]
) -> list[tuple[int, int, float]]:
    rows = process.cdist(texts, texts, scorer=scorer, score_cutoff=min(_THRESHOLDS), workers=1)
    return [(a, b, float(rows[a][b])) for a, b in combinations(range(len(tellings)), 2) if rows[a][b] > 0]


def told(what: str, found: Mapping[str, float], seconds: float) -> None:
    figures = "  ".join(f"{name} {value:.3f}" for name, value in found.items())
    print(f"  {what:<32} {figures}  {seconds:.1f} s", flush=True)


def best_baselines(
    tellings: Sequence[Telling], events: Mapping[str, str | None], again: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, Evaluation, float]]:
    """Each way of comparing titles at the threshold with which it does best on these very rows; and its seconds."""
    titles = [plain(telling.title or telling.text) for telling in tellings]
    for name, scorer, texts in (
        ("ratio", fuzz.ratio, titles),
        ("token_set_ratio of jieba words", fuzz.token_set_ratio, [" ".join(cut(title)) for title in titles]),
    ):
        began = time.perf_counter()
        scores = baseline(tellings, scorer, texts)
        seconds = time.perf_counter() - began
        tried = {
            least: measure(tellings, events, groups_above(tellings, scores, least), again) for least in _THRESHOLDS
        }
        best = max(tried, key=lambda least: figures(tried[least])["pair F1"])
        yield f"{name} >= {best}", tried[best], seconds


def figures(evaluation: Evaluation) -> dict[str, float]:
    scores = {score.name: score for score in evaluation.scores}
    shown = {name: score.value for name, score in scores.items() if ":" not in name}
    return shown | {"hard rows over-merged": float(scores["hard rows over-merged"].right)}


def compare(path: Path, pairs: Path | None) -> None:
    tellings, events = load(path)
    again = resubmitted(pairs)
    print(f"{len(tellings)} rows")
    for name, evaluation, seconds in best_baselines(tellings, events, again):
        told(name, figures(evaluation), seconds)
    began = time.perf_counter()
    suggested = suggest(tellings)
    seconds = time.perf_counter() - began
    told("ours", figures(measure(tellings, events, suggested, again)), seconds)


def open_issues(count: int) -> list[Telling]:
    chance, began, found = random.Random(3), datetime(2026, 5, 1, tzinfo=UTC), []
    for number in range(count):
        category, words = chance.choice(_MATTERS)
        building = chance.randrange(1, 40)
        text = f"你好,我是{building}栋的住户,{words},{','.join(chance.sample(_STORIES, 4))}"
        at = began + timedelta(hours=chance.randrange(24 * 60))
        unit = building * 10 + chance.randrange(1, 4)
        telling = Telling(str(number), "", at, text, "", category, compound_id=1, building_id=building, unit_id=unit)
        found.append(telling)
    return found


def clock() -> None:
    issues = open_issues(_OPEN)
    adding, asking = [], []
    for _ in range(_ROUNDS):
        began = time.process_time()
        index = Index(issues)
        adding.append((time.process_time() - began) / _OPEN * 1e6)
        began = time.process_time()
        for telling in issues[:_ASKED]:
            index.like(telling)
        asking.append((time.process_time() - began) / _ASKED * 1e6)
    for what, micros in (("Index.add", adding), (f"Index.like among {_OPEN:,}", asking)):
        print(f"  {what:<32} {median(micros):.0f} us ({min(micros):.0f}-{max(micros):.0f})", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    clock()
