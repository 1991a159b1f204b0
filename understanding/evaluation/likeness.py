"""How well the same event is found: pairs within events, hard rows left alone, one person's second telling."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from understanding.evaluation import report
from understanding.evaluation.report import Evaluation, Mistake, Score
from understanding.likeness.file import read
from understanding.likeness.groups import Suggestions, suggest
from understanding.likeness.telling import Telling

_PLACE_NAME = 4
_SHOWN = 60


def evaluate(path: Path, *, resubmissions: Path | None = None) -> Evaluation:
    """Of a file of tellings with `event` (or null).

    A hard row has no event, but tells at least four Chinese characters that stand together in an event's name: the
    place of the event, and another matter. Pair F1 is over all pairs of labelled and hard rows but those of two hard
    rows, which nobody has compared. A hard row is over-merged when it is in a group with a labelled row.
    `resubmissions` gives pairs of ids (id_a, id_b); one is found when both are in one group.
    """
    tellings, events = load(path)
    return measure(tellings, events, suggest(tellings), resubmitted(resubmissions))


def load(path: Path) -> tuple[list[Telling], dict[str, str | None]]:
    tellings, events = [], {}
    with path.open(encoding="utf-8-sig") as lines:
        for telling, row in read(lines):
            tellings.append(telling)
            events[telling.id] = row.get("event") or None
    return tellings, events


def resubmitted(path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [(row["id_a"], row["id_b"]) for row in csv.DictReader(lines)]


def measure(
    tellings: Sequence[Telling],
    events: Mapping[str, str | None],
    suggested: Suggestions,
    resubmitted: Sequence[tuple[str, str]] = (),
) -> Evaluation:
    group_of = {id_: number for number, group in enumerate(suggested.groups) for id_ in group}
    texts = {telling.id: telling.text for telling in tellings}
    hard = hard_rows(tellings, events)
    labelled = [id_ for id_, event in events.items() if event]
    scores, mistakes = _pairs(labelled, hard, events, group_of, texts)
    merged = [id_ for id_ in hard if group_of.get(id_, -1) in {group_of.get(other) for other in labelled}]
    known = [(a, b) for a, b in resubmitted if a in texts and b in texts]
    found = [(a, b) for a, b in known if a in group_of and group_of[a] == group_of.get(b)]
    scores.append(Score("hard rows over-merged", len(merged) / len(hard) if hard else 0.0, len(merged), len(hard)))
    if known:
        scores.append(Score("resubmissions recall", len(found) / len(known), len(found), len(known)))
    unlabelled = sum(1 for a, b, _ in suggested.pairs if not events.get(a) and not events.get(b))
    scores.append(Score("pairs suggested among unlabelled rows", float(unlabelled)))
    mistakes += [Mistake("over-merge", id_, _short(texts[id_]), "alone", "with an event") for id_ in merged]
    missed = set(known) - set(found)
    mistakes += [Mistake("resubmission", f"{a} {b}", _short(texts[a]), "one group", "apart") for a, b in sorted(missed)]
    return Evaluation("likeness", len(tellings), tuple(scores), {}, tuple(mistakes))


def hard_rows(tellings: Sequence[Telling], events: Mapping[str, str | None]) -> list[str]:
    runs = [run for event in set(events.values()) if event for run in re.findall("[\u4e00-\u9fff]+", event)]
    names = {run[at : at + _PLACE_NAME] for run in runs for at in range(len(run) - _PLACE_NAME + 1)}
    return [each.id for each in tellings if not events.get(each.id) and any(name in each.text for name in names)]


def _pairs(
    labelled: Sequence[str],
    hard: Sequence[str],
    events: Mapping[str, str | None],
    group_of: Mapping[str, int],
    texts: Mapping[str, str],
) -> tuple[list[Score], list[Mistake]]:
    right = found = expected = 0
    rights: dict[str, list[int]] = {}
    lost: dict[str, int] = {}
    for a, b in combinations([*labelled, *hard], 2):
        event = events[a]
        if event is None:
            continue
        together, same = a in group_of and group_of[a] == group_of.get(b), event == events[b]
        right, found, expected = right + (together and same), found + together, expected + same
        if same:
            rights.setdefault(event, []).append(together)
            for id_ in (a, b):
                lost[id_] = lost.get(id_, 0) + (not together)
    scores = [
        Score("pair F1", report.f1(right, found, expected)),
        Score("pair precision", right / found if found else 1.0, right, found),
        Score("pair recall", right / expected if expected else 1.0, right, expected),
    ]
    for event, pairs in sorted(rights.items()):
        scores.append(Score(f"pair recall: {event}", sum(pairs) / len(pairs), sum(pairs), len(pairs)))
    worst = sorted((id_ for id_ in lost if lost[id_]), key=lambda id_: (-lost[id_], id_))
    return scores, [
        Mistake("pairs", id_, _short(texts[id_]), str(events[id_]), f"apart from {lost[id_]}") for id_ in worst
    ]


def _short(text: str) -> str:
    return text.replace("\n", " ")[:_SHOWN]
