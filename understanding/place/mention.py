"""Which compounds and spots a text names: by name, alias or short form; else by what sounds like one or is a slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from understanding.address.doors import Door, door_after
from understanding.place.gazetteer import Gazetteer, Named
from understanding.place.naming import GENERIC, JOINTS, core, is_office, kind, tells
from understanding.place.sounds import spoken
from understanding.segment import Hit


class Evidence(NamedTuple):
    """Why a place is meant. `kind`: name, alias, stem, sound, slip, spot, landmark, door, home, pin, only. `words`: as
    the person wrote them; for a pin the metres, for home and only empty where no word told it."""

    kind: str
    words: str


class Meaning(NamedTuple):
    compound_id: int
    kind: str
    confidence: float


class Mention(NamedTuple):
    """`start` to `end` with what belongs to the name (小区, 二期). Firm: by name, or by a form as good as one."""

    start: int
    end: int
    meanings: tuple[Meaning, ...]
    spots: tuple[Named, ...]
    firm: bool
    door: Door | None = None


_JOINTS = frozenset(JOINTS)
_JOINT = re.compile(rf"(?<=[\u4e00-\u9fff])[{JOINTS}]+(?=[\u4e00-\u9fff])")
_ORDINAL = r"第?[一二三四五六七八九十\d]{1,2}"
_ENDING = re.compile(rf"(?:{'|'.join(GENERIC)})?(?:{_ORDINAL}(?:期|组团)|[东西南北A-Z]区(?!别))?(?:小区)?")
_STREET = re.compile(
    r"路(?![灯面边口上])|街|大道|站|小学|中学|学校|大学|医院|派出所|幼儿园|市场|大桥|立交|村|镇|乡|县|河|湖|银行|酒店"
)
_UNIT_HERE = re.compile(rf"的?{_ORDINAL}号?单元")
_ENDS = re.compile(r"$|[^\u4e00-\u9fffA-Z\d]|[的这那里]|楼[上下]|附近|门口")
_FIRM_HERE = re.compile(r"的?(?:小区|业主|居民|住户|业委会|物业(?!费)|楼盘)")
_LIVES = re.compile(r"(?:住在?|家在|[我咱]们?[是在]|本人是|购买了?|买了?)(?:[^,。;!?\s]{2,6}[省市县区镇乡道])?$")
_HERE = re.compile(
    r"的?(?:业主|居民|住户|业委会|物业|楼盘|开发商|项目|门口|大门|院[内里]|里面|内|附近|周边|旁边|对面|车库|停车|地下|地库"
    rf"|[东西南北正侧后]大?门|{_ORDINAL}[期区栋幢座#]|\d{{1,3}}号)"
)
_BEGINS = re.compile(
    r"(?:^|[^\u4e00-\u9fffA-Z]|[省市县镇乡区路道街号院里期在到去是的于住了把被对从给跟和与及有离往请看问管查家向让]|关于|反[映应]|投诉"
    r"|举报|咨询|请求|恳请|希望|建议|要求|我们|咱们|位于|坐落|附近|旁边|对面|隔壁|业主|责令|整治|解决|质疑|我|叫|改造|治理)$"
)
_WORTH_ASKING = 0.45


def mentions(text: str, gazetteer: Gazetteer) -> list[Mention]:
    """In the order of a plain text, none overlapping. Names in two pieces ("西苑 小区", "保利·西苑") are whole."""
    found = _mentions(text, gazetteer)
    if _settled(found) or _JOINTS.isdisjoint(text):
        return found
    joints = [match.span() for match in _JOINT.finditer(text)]
    if not joints:
        return found
    ends = [0, *(end for _, end in joints)]
    starts = [*(start for start, _ in joints), len(text)]
    kept = [at for start, end in zip(ends, starts, strict=True) for at in range(start, end)]
    joined = _mentions("".join([text[at] for at in kept]), gazetteer)
    if found and not _settled(joined):
        return found
    whole = (each._replace(start=kept[each.start], end=kept[each.end - 1] + 1) for each in joined)
    return [each._replace(door=door_after(text, each.end)) for each in whole]


def _settled(found: list[Mention]) -> bool:
    return any(mention.firm and mention.meanings for mention in found)


def _mentions(text: str, gazetteer: Gazetteer) -> list[Mention]:
    exact = _exact(text, gazetteer)
    if _settled(exact):
        return _apart(exact)
    return _apart([*exact, *_alike(text, gazetteer)])


def _apart(found: list[Mention]) -> list[Mention]:
    """Where two overlap, the firm, then the longer, then the surer one stays."""
    if len(found) < 2:
        return found
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda each: (not each.firm, each.start - each.end, -_best(each), each.start)):
        if not any(mention.start < other.end and other.start < mention.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda each: each.start)


def _best(mention: Mention) -> float:
    return max((meaning.confidence for meaning in mention.meanings), default=0.9)


def _exact(text: str, gazetteer: Gazetteer) -> list[Mention]:
    found = []
    for hit in gazetteer.find(text):
        named = [each for each in hit.values if each.spot_id is None]
        spots = tuple(each for each in hit.values if each.spot_id is not None)
        if _is_street(text, hit, named):
            continue
        own = [each for each in named if each.kind != "stem"] or [each for each in named if not each.weak] or named
        end = _ENDING.match(text, hit.end).end() if named else hit.end  # type: ignore[union-attr]
        door = door_after(text, end) if named else None
        trust = _trust(text, hit, own[0], door) if own else 1.0
        if not trust and not spots:
            continue
        meanings = tuple(Meaning(each.compound_id, each.kind, each.confidence * trust) for each in own if trust)
        firm = trust == 1.0 and (not own or not own[0].weak)
        found.append(Mention(hit.start, end, meanings, spots, firm, door))
    return found


def _trust(text: str, hit: Hit[Named], named: Named, door: Door | None) -> float:
    """1.0 where the name stands as a name does. What little else it is made of may be the end of a longer name:
    新城小区 in 丽水新城小区."""
    if named.weak and not door and not _lives_here(text, hit):
        return 0.0
    name = core(hit.word)
    if len(name) > 3 or (len(name) > 2 and named.kind != "stem") or _begins(text, hit.start):
        return 1.0
    if named.kind == "stem":
        return 0.88 if len(name) > 2 and not named.weak else 0.0
    return 0.82 if tells(name) else 0.0


def _begins(text: str, at: int) -> bool:
    return _BEGINS.search(text, max(0, at - 4), at) is not None


def _is_street(text: str, hit: Hit[Named], named: list[Named]) -> bool:
    """A short name followed by 路, 街, 小学 … is something else of that name."""
    short = len(hit.word) <= 3 or all(each.kind == "stem" for each in named)
    return short and _STREET.match(text, hit.end) is not None


def _lives_here(text: str, hit: Hit[Named]) -> bool:
    if _UNIT_HERE.match(text, hit.end):
        return True
    if is_office(hit.word):
        return False
    if _FIRM_HERE.match(text, hit.end):
        return True
    return _ENDS.match(text, hit.end) is not None and _lives(text, hit.start)


def _lives(text: str, at: int) -> bool:
    return _LIVES.search(text, max(0, at - 14), at) is not None


class _Around(NamedTuple):
    """What stands around a piece of text: `fits` says how much it speaks for a compound, 0 to 2.5; `end` and `door` are
    those of the mention, `begins` that no longer name ends there."""

    begins: bool
    fits: float
    end: int
    door: Door | None


def _look_around(text: str, start: int, end: int) -> _Around:
    begins = _begins(text, start)
    fits = 1.0 if _lives(text, start) else 0.5 if begins else 0.0
    whole = _ENDING.match(text, end).end()  # type: ignore[union-attr]
    door = door_after(text, whole)
    fits += 1.5 if door or _FIRM_HERE.match(text, end) else 1.0 if _HERE.match(text, end) else 0.0
    return _Around(begins, fits, whole, door)


def _alike(text: str, gazetteer: Gazetteer) -> list[Mention]:
    """What sounds like a name or is one but for a character; mentions at one place are one."""
    seen: dict[tuple[int, int], _Around] = {}

    def around(start: int, end: int) -> _Around:
        if (start, end) not in seen:
            seen[start, end] = _look_around(text, start, end)
        return seen[start, end]

    found: dict[tuple[int, int], dict[int, Meaning]] = {}
    alike = (*_sounding(text, around, gazetteer), *_slipped(text, around, gazetteer))
    for kind_, start, end, word, confidence in alike:
        for named in gazetteer.meanings(word):
            if named.spot_id is None:
                meaning = Meaning(named.compound_id, kind_, round(confidence * named.confidence, 3))
                best = found.setdefault((start, end), {}).setdefault(named.compound_id, meaning)
                if best.confidence < meaning.confidence:
                    found[start, end][named.compound_id] = meaning
    return [
        Mention(start, seen[start, end].end, tuple(meanings.values()), (), firm=False, door=seen[start, end].door)
        for (start, end), meanings in found.items()
    ]


_Alike = tuple[str, int, int, str, float]


def _sounding(text: str, around: Callable[[int, int], _Around], gazetteer: Gazetteer) -> Iterator[_Alike]:
    """As long as the name and sounding so. Of three characters two are the same; of a short name the beginning and what
    follows show that a compound is meant, for ordinary words sound like names too."""
    for hit in gazetteer.find_heard(text):
        piece = text[hit.start : hit.end]
        for word in hit.values:
            same, name = sum(map(str.__eq__, piece, word)), core(word)
            if same == len(word) or not tells(name):
                continue
            begins, fits, _, _ = around(hit.start, hit.end)
            if not begins and (len(name) < 3 or same + 1 < len(word)):
                continue
            if len(word) == 3 and fits < (0.5 if same == 2 and kind(piece) else 1):
                continue
            if fits < 1 and same * 2 < len(word):
                continue
            confidence = 0.88 if spoken(piece) == spoken(word) else 0.78 if len(name) > 2 else 0.7
            confidence -= 0.05 * (len(word) - same - 1) + (0 if begins and fits >= 1 else 0.08)
            yield "sound", hit.start, hit.end, word, confidence


def _slipped(text: str, around: Callable[[int, int], _Around], gazetteer: Gazetteer) -> Iterator[_Alike]:
    for start, end, word, at in gazetteer.find_slips(text):
        piece, name = text[start:end], core(word)
        if not tells(name) or not tells(piece):
            continue
        begins, fits, _, _ = around(start, end)
        if not begins and len(piece) < 6:
            continue
        if at >= len(name):
            confidence = 0.62 if kind(piece) else 0.7
        else:
            confidence = 0.78 if len(word) > 5 else 0.66 if len(name) > 2 else 0.55
        confidence += 0.05 if fits >= 1 else -0.06 if fits < 0.5 else 0
        confidence -= 0.03 if len(piece) != len(word) else 0
        if confidence >= _WORTH_ASKING:
            yield "slip", start, end, word, confidence
