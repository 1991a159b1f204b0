"""The matter in one line for cards and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from understanding.segment import plain

LENGTH = 24
"""Characters of a summary: one line of a list on a phone."""

_CLAUSE_ENDS = re.compile(r"[。!！?？;；,，:：…~\n\r]+")
_BEFORE_PLACE = re.compile(
    rf"(?:(?:家?住在?|位于|在)(?:我们?|咱们?)?|[{'一二三四五六七八九十'}\d]{{1,3}}(?:号院|期|区)|[ 、-])+$"
)
_GREETING = r"您好|你们?好|大家好|尊敬的.{0,8}?(?:领导|书记|主任|同志)|各位领导|领导|书记|主任|师傅|喂|哎"
_ASKING = (
    r"请问一?下?|想?咨询一?下|(?:我们?)?(?:想要?|要)?(?:向.{1,4})?反[映应]一?下?|麻烦(?:您|你)?(?:给|帮忙)?|帮忙"
    r"|请(?!求|问)|我们?(?:想|要)(?=投诉|举报|建议|咨询|问)"
)
_WHERE = (
    r"[我咱]们?(?:这个?|那个?)?(?:小区|楼里?(?![道梯上下顶])|单元(?!门)|栋|这里|这边|这儿)的?|[我咱]们(?!家)"
    r"|另外|还有|就是|那个|的|关于|在(?=[楼小门路垃])"
)
_LEAD = re.compile(rf"^(?:{_GREETING}|{_ASKING}|{_WHERE}|[\s、.·\-—_]+)+")
_INTRODUCTION = re.compile(
    r"^(?:我|本人|我们)?(?:们)?(?:是|住|家住|家在|居住)?(?:在|于)?的?(?:一名|一位|一个)?(?:老)?(?:业主|居民|住户|租户|商户)?的?$"
)
_TAIL = re.compile(
    r"(?:了?(?:[也都还就总]|一直|到现在|至今)*(?:没有?人|无人|没谁)(?:管|理|问|处理|来修|修|打扫|清理)了?"
    r"|(?:请|麻烦|希望|求|拜托|能不能)?(?:帮忙|尽快|赶紧|派人|来人).{0,8}|怎么办|怎么回事|求解决|谢谢.*|[啊呀呢吧哦嘛哈哎~\s]+)+$"
)


def summarise(text: str, spans: Iterable[tuple[int, int]], matters: Sequence[str]) -> str:
    """The first clause that names the matter, without its place, greeting and sighs; at most 24 characters.

    `matters` are the words (as in the plain text) that say what it is about. Empty only where nothing is visible.
    """
    clauses = _clauses(_CLAUSE_ENDS.split(_without(text, spans)))
    seen: list[str] = []
    for clause in clauses:
        seen.append(clause)
        said = plain(clause)
        if any(word in said for word in matters):
            at = len(seen) - 1
            seen += islice(clauses, 1)
            break
    else:
        if not seen:
            return _short(_visible(text))
        at = next((at for at, clause in enumerate(seen) if len(clause) > 3), 0)
    chosen = seen[at]
    if len(chosen) < 4 and at + 1 < len(seen) and len(chosen) + len(seen[at + 1]) < LENGTH:
        chosen = f"{chosen}，{seen[at + 1]}"
    return _short(chosen)


def _clauses(pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        if (clause := _bare(piece)) and not _INTRODUCTION.match(clause):
            yield clause


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = _BEFORE_PLACE.sub("", text[:start]) + text[end:]
    return text


def _bare(clause: str) -> str:
    clause = _visible(clause)
    clause = _LEAD.sub("", clause) or clause
    shorter = _TAIL.sub("", clause)
    return shorter if len(shorter) > 2 else clause


def _visible(text: str) -> str:
    """Without control characters and lone surrogates, each run of blanks as one."""
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable() or character.isspace())
    return " ".join(text.split())


def _short(text: str) -> str:
    return text if len(text) <= LENGTH else text[: LENGTH - 1].rstrip() + "…"
