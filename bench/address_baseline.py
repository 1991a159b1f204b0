"""Plain ways to a place: one regular expression for each label, and rapidfuzz's best match for a compound's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import fuzz, process

from understanding import Candidate, Evidence, Gazetteer, Place
from understanding.address.spans import Labelled
from understanding.numerals import number

_NUMBER = "[0-9A-Za-z一二三四五六七八九十]+"
PATTERNS = {
    "houseno": re.compile(rf"{_NUMBER}(?:号楼|栋|幢|座|#)|(?<![\d-])\d+(?=-\d)"),
    "cellno": re.compile(rf"{_NUMBER}(?:单元|门|梯)|(?<=\d-)\d+(?=-\d)"),
    "floorno": re.compile(rf"{_NUMBER}(?:层|楼)"),
    "roomno": re.compile(rf"{_NUMBER}(?:室|房|户)|(?<=-)\d{{3,4}}(?!\d)|(?<!\d)\d{{3,4}}$"),
    "poi": re.compile(
        r"(?:^|(?<=[省市区县镇乡路街道号弄 ]))[^\W\d]{2,8}?(?:小区|花园|家园|公寓|新村|大厦|广场|市场|公司|[苑园城])"
    ),
}
LIKE_ENOUGH = 80
"""Of 100: from here on a name is taken for the compound's."""


def parse_plainly(text: str) -> Iterator[Labelled]:
    for label, pattern in PATTERNS.items():
        for found in pattern.finditer(text):
            yield label, found.start(), found.end()


def place_plainly(text: str, gazetteer: Gazetteer) -> Place:
    """The first building, unit and room, and the compound whose name is likest to some part of the text, of equally
    like ones the longest."""
    found = {label: pattern.search(text) for label, pattern in PATTERNS.items()}
    building, unit, room = (
        number(match.group()) if (match := found[label]) else "" for label in ("houseno", "cellno", "roomno")
    )
    compound = most_like(text, gazetteer)
    candidates = () if compound is None else (Candidate(compound, None, None, None, 1.0, (Evidence("name", ""),)),)
    return Place(compound, building_number=building, unit_number=unit, room=room, candidates=candidates)


def most_like(text: str, gazetteer: Gazetteer) -> int | None:
    names = dict(sorted(gazetteer.names.items(), key=lambda each: (-len(each[1]), each[0])))
    found = process.extractOne(text, names, scorer=fuzz.partial_ratio, score_cutoff=LIKE_ENOUGH)
    return None if found is None else int(found[2])
