"""What residents write, understood: every figure that is asked, beside a plain baseline of the same run.

The labelled texts are no part of the repository: ZHUOLUO_BENCH_DATA names their folder. Short: 5 folds of the petition
titles; ``--long``: 10, and names of compounds with one character wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import asked
from bench.asked import Asked
from bench.speed.measure import heading
from tests.database import required
from tests.labelled_texts import data_folder, missing_texts
from understanding import Gazetteer
from understanding.evaluation.report import Score

RESIDENTS, TITLES = "residents-dev.jsonl", "petition-titles-train.csv"
STREETS, ADDRESSES = "addresses-train.jsonl", "addresses-dev.jsonl"
DUPLICATES, RESUBMISSIONS = "duplicates-dev.jsonl", "resubmissions-dev.csv"

OTHERS = 500
_ESTATE = re.compile(".+(?:小区|花园|家园|公寓|新村|[苑庭园城湾府居郡])")
_NO_ESTATE = re.compile("公司|工业|产业|学|市场|商城|物流|厂|店|医")


def other_estates(file: Path, count: int = OTHERS) -> list[str]:
    """Names of estates in labelled address lines, always the same ones."""
    names = set()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            names |= {row["text"][start:end] for label, start, end in row["spans"] if label == "poi"}
    estates = (name for name in names if _ESTATE.fullmatch(name) and len(name) > 2 and not _NO_ESTATE.search(name))
    return sorted(estates, key=lambda name: hashlib.sha256(name.encode()).digest())[:count]


def run_understanding(long: bool) -> None:
    folder = data_folder("ZHUOLUO_BENCH_DATA")
    heading(f"understanding, on the texts of {folder.name}/")
    for measured, names in _PARTS:
        if reason := missing_texts(folder, names):
            if required("data"):
                raise SystemExit(reason)
            print(f"  ({reason}: skipped)", flush=True)
        else:
            began = time.perf_counter()
            measured(folder, long)
            print(f"  {'':54} {time.perf_counter() - began:.0f} s", flush=True)


def _residents(folder: Path, long: bool) -> None:
    from bench import understanding_baselines
    from bench.address_baseline import place_plainly
    from bench.urgency_baseline import judge_plainly
    from understanding.category.model import shipped
    from understanding.category.training import corpus_digest
    from understanding.evaluation import residents

    if shipped().of != corpus_digest():
        print("  (the shipped model is older than the corpus, of which the baseline learns)", flush=True)
    others = other_estates(folder / STREETS)
    ours = residents.evaluate(folder / RESIDENTS, others)
    judged = residents.evaluate(folder / RESIDENTS, others, judge_with=judge_plainly, find_with=place_plainly)
    learnt = understanding_baselines.residents(folder / RESIDENTS)
    _table(
        f"residents, {ours.rows} rows, {len(others)} other estates", asked.RESIDENTS, ours.scores,
        [*judged.scores, *learnt],
    )  # fmt: skip
    unknown = residents.evaluate(
        folder / RESIDENTS, judge_with=lambda text, _: residents.judge(text, Gazetteer.build(()))
    )
    for score in unknown.scores:
        if score.name.startswith("category"):
            _tell(f"{score.name}, no compound known", score, None, asked.RESIDENTS[score.name])
    if long:
        from bench.typos import tell_typos

        tell_typos(folder / RESIDENTS, others)


def _titles(folder: Path, long: bool) -> None:
    from bench import understanding_baselines
    from understanding.evaluation import titles

    for folds in (5, 10) if long else (5,):
        ours = titles.evaluate(folder / TITLES, folds)
        plainly = understanding_baselines.titles(folder / TITLES, folds)
        _table(f"petition titles, {ours.rows} rows, {folds} folds", asked.TITLES, ours.scores, plainly)


def _addresses(folder: Path, long: bool) -> None:
    from bench.address_baseline import parse_plainly
    from understanding.evaluation import addresses

    for name in (ADDRESSES, STREETS) if long else (ADDRESSES,):
        ours = addresses.evaluate(folder / name)
        plainly = addresses.evaluate(folder / name, read_with=parse_plainly)
        _table(f"{name}, {ours.rows} rows, exact spans", asked.ADDRESSES, ours.scores, plainly.scores)


def _likeness(folder: Path, long: bool) -> None:
    from bench.likeness_baseline import best_baselines
    from understanding.evaluation import likeness

    ours = likeness.evaluate(folder / DUPLICATES, resubmissions=folder / RESUBMISSIONS)
    tellings, events = likeness.load(folder / DUPLICATES)
    for name, plainly, _ in best_baselines(tellings, events, likeness.resubmitted(folder / RESUBMISSIONS)):
        title = f"same event, {ours.rows} rows; baseline: {name} (best on these rows)"
        _table(title, asked.LIKENESS, ours.scores, plainly.scores)


_PARTS: Sequence[tuple[Callable[[Path, bool], None], Sequence[str]]] = (
    (_residents, (RESIDENTS, STREETS)),
    (_titles, (TITLES,)),
    (_addresses, (ADDRESSES, STREETS)),
    (_likeness, (DUPLICATES, RESUBMISSIONS)),
)


def _table(title: str, asked_of: Mapping[str, Asked | None], ours: Sequence[Score], plainly: Sequence[Score]) -> None:
    print(f"\n  {title}\n  {'':<50} {'ours':>15} {'baseline':>8}   at least / aim", flush=True)
    named, plain_ones = {score.name: score for score in ours}, {score.name: score for score in plainly}
    for name, limits in asked_of.items():
        _tell(name, named[name], plain_ones.get(name), limits)


def _tell(what: str, ours: Score, plainly: Score | None, asked_of: Asked | None) -> None:
    share = f" {ours.right}/{ours.total}" if ours.total else ""
    other = f"{plainly.value:.3f}" if plainly else "-"
    verdict = ""
    if asked_of:
        held = "aim reached" if asked_of.reached(ours.value) else "held" if asked_of.held(ours.value) else "NOT HELD"
        verdict = f"{asked_of!s:<16} {held}"
    print(f"  {what:<50} {ours.value:.3f}{share:>10} {other:>8}   {verdict}".rstrip(), flush=True)
