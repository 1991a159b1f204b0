"""A compound's name with one character wrong: another one of the same sound, or any other."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from bench.address_baseline import most_like
from understanding import CompoundEntry, Gazetteer, find_place
from understanding.category.training import corpus
from understanding.place.naming import GENERIC

_SENTENCES = (
    "{}3栋2单元漏水了",
    "我住在{},楼下半夜很吵",
    "请管管{}的垃圾问题",
    "{}的电梯又坏了,老人下不了楼",
    "{}门口乱停车,进不去出不来",
    "我是{}的业主,暖气一直不热",
)
_SHORTEST = 3
_COMMON = 20
"""Times a character stands in the corpus; nobody mistypes into a rare one."""


def tell_typos(residents: Path, others: Sequence[str]) -> None:
    """Of every compound of the file: is it the first candidate still?"""
    spellings = _spellings(residents)
    names = list(dict.fromkeys(chain(*spellings, others)))
    gazetteer = Gazetteer.build(CompoundEntry(number, name) for number, name in enumerate(names))
    print(f"\n  {len(spellings)} compounds misspelt, {len(names)} names known; baseline: partial_ratio")
    for kind in ("same sound", "any other"):
        right = plainly = asked = 0
        for said, accepted in _misspelt(spellings, kind):
            candidates = find_place(said, gazetteer).candidates
            like = most_like(said, gazetteer)
            asked += 1
            right += bool(candidates) and names[candidates[0].compound_id] in accepted
            plainly += like is not None and names[like] in accepted
        share = f" {right}/{asked}"
        print(
            f"  {f'one character wrong, {kind}':<50} {right / asked:.3f}{share:>10} {plainly / asked:>8.3f}", flush=True
        )


def _spellings(residents: Path) -> list[tuple[str, ...]]:
    with residents.open(encoding="utf-8") as lines:
        rows = [tuple(name for name in json.loads(line)["compounds"] if name) for line in lines]
    return [names for names in dict.fromkeys(rows) if names]


def _misspelt(spellings: Sequence[tuple[str, ...]], kind: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    chance, common = random.Random(5), _common()
    for names in spellings:
        name = names[0]
        ending = next((generic for generic in GENERIC if name.endswith(generic)), "")
        own = name.removesuffix(ending)
        at = chance.randrange(len(own)) if own else 0
        among = common.get(_sound(name[at]), []) if kind == "same sound" else list(chain(*common.values()))
        others = [other for other in among if other != name[at]]
        if len(own) >= _SHORTEST and others and "\u4e00" <= name[at] <= "\u9fff":
            wrong = f"{name[:at]}{chance.choice(others)}{name[at + 1 :]}"
            yield chance.choice(_SENTENCES).format(wrong), names


def _common() -> Mapping[str, list[str]]:
    """Characters that people write, by sound, tones aside."""
    counted: dict[str, int] = defaultdict(int)
    for sample in corpus():
        for character in sample.text:
            counted[character] += 1
    sounds: dict[str, list[str]] = defaultdict(list)
    for character, times in sorted(counted.items()):
        if times >= _COMMON and "\u4e00" <= character <= "\u9fff":
            sounds[_sound(character)].append(character)
    return sounds


def _sound(character: str) -> str:
    return str(lazy_pinyin(character, style=Style.NORMAL)[0])
