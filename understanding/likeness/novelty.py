"""Whether somebody who tells the same thing again says anything that was not said before, or another matter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from understanding.category.classify import classify
from understanding.likeness.scope import compatible, objects, same_object
from understanding.segment import cut, plain

_EMPTY = re.compile(
    r"[我你他咱]们|这[个里边]|那[个里边]|还[是有]|现在|已经|一直|到底|怎么|什么|时候|多久|[没有]有?人|可以|是不是|请问|麻烦|谢谢"
    r"|[您你]好|领导|处理|解决|反[映应]|情况|问题|事情|一下|尽快|赶紧|快点|希望|知道|今天|昨天|几天|好久|进展|结果|消息"
)
_PLACE = re.compile(r"\d+(?:号楼|[栋幢座号楼]|单元|室)?|小区|单元|号楼")
_MORE = 3
"""New words that make a telling more than the question how it goes."""


def says_more(text: str, before: str) -> bool:
    """`before` is what was told already. Greetings, impatience and the place say nothing new."""
    known = plain(before)
    words = {word for word in cut(_PLACE.sub(" ", plain(text))) if len(word) > 1 and not _EMPTY.match(word)}
    return sum(word not in known for word in words) >= _MORE


def another_matter(text: str, known: Sequence[str], *, beside: bool) -> bool:
    """`known` are matters that were told already. What names no thing, or one that they name, or is of their category,
    is none of its own: neighbours say the same in many ways. `beside`: it was told as one of several, so that a
    category which people take for another one's is no longer the same."""
    named, category = objects(plain(text)), classify(text).label
    if known and (not named or category == "other"):
        return False
    least = 1.0 if beside else 0.1
    return not any(
        any(same_object(one, other) for one in named for other in objects(plain(matter)))
        or compatible(category, classify(matter).label) >= least
        for matter in known
    )
