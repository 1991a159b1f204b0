"""Several matters in one message, told apart. Precision first: history, consequences and thanks are no matter."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import NamedTuple

from understanding.category.classify import classify
from understanding.segment import LONGEST, Lexicon, plain

MOST = 5
"""Parts told apart at most."""
_SHORTEST = 3
"""Characters of a part that can be understood alone."""
_LONGEST_PLACE = 20
_LOOKED_AT = 12
"""Pieces of a message that are judged."""
_BRIEF = 6
"""Characters of a part too short to say what it is about, if the part before it says so."""
_CHAT = 120
"""Characters of a message in which sentences of their own are looked at; a letter says one thing in many."""
_NAMED = 60
"""Characters from which every part must name a known thing."""
_LETTER = 150
"""Characters from which lists are taken for details unless their members are plainly about different things."""
_SURE, _SURER, _SUREST = 0.3, 0.4, 0.55
"""Confidence of a part's category: after a list's mark or a word like 另外; naming no known thing there; elsewhere."""

_TABLE = tomllib.loads(files("understanding").joinpath("matters.toml").read_text(encoding="utf-8"))
_THINGS = Lexicon((word, kind) for kind, words in _TABLE["things"].items() for word in words)
_RELATED = [frozenset(kinds) for kinds in _TABLE["related"]]

_ITEM = re.compile(
    r"(?:(?<![\d.\-#])\(?(?P<digit>[1-9])(?:[、)是]|[.:](?!\d)| (?=[^\d ]))"
    r"|(?P<circled>[①②③④⑤⑥⑦⑧⑨])"
    r"|(?P<is>[一二三四五])(?:是(?=[^\s,]))"
    r"|第(?P<th>[一二三四五])(?:个(?:问题|事)?)?(?:[,、:是]|件事?(?:是|,|:)?)"
    r"|(?:^|(?<=[\n,。;:!? ]))(?P<han>[一二三四五])、)"
)
_COUNTS = (("1", "2"), ("①", "②"), ("一", "二"))
"""How a list begins to count."""
_NEXT = re.compile(
    r"(?:^|(?<=[,。;!?…\s~了]))(?:另外|另|此外|再就是|再有|再一个|再者|其次|顺便|顺带|对了|还想|还要反映|还要说|第二件|另一件"
    r"|还有(?!人|的|没|什么|多|谁|就好|一次|一天|[几两一二三四五六七八九十\d])|还有一?件|再说|再问|再反映|再有个)"
)
_LEAD = re.compile(
    r"^(?:[您你]们?好|大家好|师傅|领导|同志|亲|喂|哎|麻烦(?:您|你|看看)?|请问|首先|其一|[\s,。;:、!?.~…]"
    r"|再(?:说|问|反映)(?:一?[个件下])?事?|另外|另|此外|还有|再就是|再有|再一个|再者|其次|顺便|顺带|对了|还想|还要"
    r"|(?:我们?|咱们?)?(?:也|就)?(?:还?想|要)?(?:反映|说|问|咨询|投诉)(?:一?下)|就是|请?问一?下|提一下|说一下|反映"
    r"|一?件事|一个问题|一个事)+"
)
_TAIL = re.compile(
    r"(?:[\s,。;:、!.~…(]|另外|还有|以及|并且|同时|(?:谢谢|感谢)[^,。!]{0,6}+|(?:多谢|辛苦|拜托)[^,。!]{0,4}+"
    r"|麻烦[^,。!]{0,8}+)++$"
)
_INTRODUCTION = re.compile(
    r"问题|情况|关于|条|反映|事情|如下|几点|以下|[两二三四五几]个?[点件事]|您好|你好|领导|请问|建议|诉求|希望|麻烦|求助|投诉|意见"
)
_COMMA = re.compile(r"[,。;!?\n]+")
_PLACE = re.compile(r"\d|[号楼栋幢座苑园区村院府城湾庭路街]")
_DOOR = re.compile(r"[\d一二三四五六七八九十](?:号?楼|[栋幢座]|单元|室)")
_ENDS = re.compile(r"[。;!?\n]+| +(?=[^\x00-\x7f])")
_GOES_ON = re.compile(
    r"^(?:导致|造成|影响|所以|因此|希望|请|望|谢|感谢|已经|多次|打电话|打了|物业|没人管|之前|以前|去年|每次|万一|不然|否则"
    r"|这|那|它|他|她|也|都|就|是不是|能不能|什么时候|为什么|凭什么|怎么|难道|如果|要是|现在|昨天|今天|前天|上|后来|结果"
    r"|但|可|而|因为|由于|并|同时|尤其|特别|找|问|说|反映|报修|社区|居委)"
)
_WANTED = re.compile(r"[?吗]|什么时候|何时|怎么|咋|建议|投诉|举报|能不能|能否")
_ANNOUNCED = re.compile(r"^[^。;!?]{0,24}?[两二三四五几2-5](?:件事?|个(?:问题|事情?)|点)[^,。;!?:]{0,4}[:,]")
_FAULT = re.compile(
    r"坏|关不|打不|开不|刷不|没反应|不灵|失灵|异响|难|少|慢|不亮|堵|漏|没人|无人|太|乱|臭|吵|停|不来|掉|破|裂"
    r"|满|占|不热|抖|断|脏|没清|不拴|响|丢|偷|不通|涨"
)


class _Part(NamedTuple):
    text: str
    kinds: frozenset[str]
    label: str
    confidence: float


def split(text: str) -> tuple[str, ...]:
    """The matters as the person wrote them, each to be understood alone; empty where there is one."""
    text = text[:LONGEST]
    plainly = plain(text)
    place, pieces, listed = _listed(text, plainly)
    explicit = listed
    if not pieces:
        pieces = _connected(text, plainly)
        explicit = bool(pieces)
    if pieces and len(text) <= _CHAT:
        pieces = [each for piece in pieces for each in _clauses(piece, plain(piece)) or [piece]]
    elif not pieces and len(text) <= _CHAT:
        pieces = _sentences(text, plainly) or _clauses(text, plainly)
    if len(pieces) < 2:
        return ()
    parts = _parted(pieces, explicit=explicit, length=len(text))
    if len(parts) < 2:
        return ()
    if len(parts) > MOST:
        parts = [*parts[: MOST - 1], "\uff0c".join(parts[MOST - 1 :])]
    return tuple(f"{place}{part}" for part in parts)


def _listed(text: str, plainly: str) -> tuple[str, list[str], bool]:
    """The place before a list, and its members."""
    if not any(one in plainly and two in plainly for one, two in _COUNTS):
        return "", [], False
    marks: list[re.Match[str]] = []
    for mark in _ITEM.finditer(plainly):
        if _number(mark) == len(marks) + 1 and (not marks or mark.lastgroup == marks[0].lastgroup):
            marks.append(mark)
    if len(marks) < 2:
        return "", [], False
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    pieces = [_bare(text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    before = text[: marks[0].start()]
    if lead := _LEAD.match(plain(before)):
        before = before[lead.end() :]
    written = plain(before).strip(" .。;!\n")
    is_place = _PLACE.search(written) and len(before) <= _LONGEST_PLACE
    if any(other.search(written) for other in (_INTRODUCTION, _FAULT, _ENDS)) or _kinds(before):
        is_place = None
    if not is_place and _DOOR.search(written) and not _kinds(before):
        pieces = [before.rstrip(" .:;!\uff1a\u3002\uff0c"), *pieces]
    return (before if is_place else ""), pieces, True


def _number(mark: re.Match[str]) -> int:
    group = mark.lastgroup or ""
    written = mark[group]
    return int(written) if group == "digit" else "①②③④⑤⑥⑦⑧⑨".find(written) + 1 or "一二三四五".find(written) + 1


def _connected(text: str, plainly: str) -> list[str]:
    starts = [match.start() for match in _NEXT.finditer(plainly) if match.start() > 0]
    if not starts:
        return []
    return [_bare(text[start:end]) for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _sentences(text: str, plainly: str) -> list[str]:
    """The sentences, where at least two name things of different kinds and tell what is wrong with them."""
    if not _ENDS.search(plainly, 0, len(plainly) - 1):
        return []
    pieces, start = [], 0
    for end in (*(match.end() for match in _ENDS.finditer(plainly)), len(text)):
        pieces.append(text[start:end])
        start = end
    named = [_kinds(piece) if _FAULT.search(piece) and not _GOES_ON.match(piece) else frozenset() for piece in pieces]
    if sum(map(bool, named)) < 2:
        return []
    told: list[str] = []
    lead = ""
    for piece, kinds in zip(pieces, named, strict=True):
        if kinds:
            told.append(lead + piece)
            lead = ""
        elif told:
            told[-1] += piece
        else:
            lead += piece
    return [_bare(piece) for piece in told]


def _clauses(text: str, plainly: str) -> list[str]:
    """All clauses of a short text that is nothing but a row of them, or of one that says how many there will be."""
    announced = _ANNOUNCED.match(plainly)
    if announced and (_FAULT.search(announced[0]) or _kinds(announced[0])):
        return []
    start = announced.end() if announced else 0
    if (not announced and len(text) > _NAMED) or not _COMMA.search(plainly, start, len(text) - 1):
        return []
    pieces = []
    for end in (*(match.end() for match in _COMMA.finditer(plainly, start)), len(text)):
        if piece := _bare(text[start:end]):
            pieces.append(piece)
        start = end
    told = all(_kinds(piece) and _FAULT.search(piece) and not _GOES_ON.match(piece) for piece in pieces)
    return pieces if told else []


def _parted(pieces: list[str], *, explicit: bool, length: int) -> list[str]:
    """Pieces that tell no matter of their own belong to the one before them, pieces about the matter of another to
    that one: nothing that was said is lost."""
    found: list[_Part] = []
    texts: list[str] = []
    lead = ""
    is_letter = length > _LETTER
    for number, piece in enumerate(pieces):
        part = _part(piece, length) if number < _LOOKED_AT else None
        if part is None or not _tells(part, explicit=explicit, is_letter=is_letter):
            if texts:
                texts[-1] = _joined(texts[-1], piece)
            else:
                lead = _joined(lead, piece)
            continue
        like = [at for at, other in enumerate(found) if _same(part, other, loosely=is_letter or not explicit)]
        if like:
            texts[like[0]] = _joined(texts[like[0]], piece)
        else:
            found.append(part)
            texts.append(_joined(lead, piece))
            lead = ""
    return texts


def _part(piece: str, length: int) -> _Part | None:
    """A piece that may be a matter; of a longer text it must name a thing and what is wrong with it."""
    kinds = _kinds(piece)
    if len(piece) < _SHORTEST:
        return None
    if length > _NAMED and not (kinds and (_FAULT.search(piece) or _WANTED.search(plain(piece)))):
        return None
    judged = classify(piece)
    return _Part(piece, kinds, judged.label, judged.confidence)


def _joined(text: str, piece: str) -> str:
    return f"{text}\uff0c{piece}" if text and piece else text or piece


def _tells(part: _Part, *, explicit: bool, is_letter: bool) -> bool:
    if part.label in ("other", "property_service") and not part.kinds:
        return False
    least = _SUREST if is_letter or not explicit else _SURE if part.kinds else _SURER
    return part.confidence >= least


def _same(one: _Part, other: _Part, *, loosely: bool) -> bool:
    if one.label == other.label or one.kinds & other.kinds:
        return True
    if not loosely and len(one.text) >= _BRIEF:
        return False
    return any(one.kinds & related and other.kinds & related for related in _RELATED)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(kind for hit in _THINGS.find(plain(text)) for kind in hit.values if kind != "nothing")


def _bare(piece: str) -> str:
    """Without the words and signs that only join it to the others."""
    plainly = plain(piece)
    lead, tail = _LEAD.match(plainly), _TAIL.search(plainly)
    start, end = lead.end() if lead else 0, tail.start() if tail else len(piece)
    return piece[start:end] if start < end else piece.strip()
