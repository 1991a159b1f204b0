"""What people make of a compound's name: 云景花园小区 becomes 云景花园, 云景小区 and 云景."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from understanding.segment import plain

GENERIC = (
    *("生活小区", "住宅小区", "家属小区", "安置小区", "小区", "家属院", "家属楼", "家属区", "社区", "安置区"),
    *("生活区", "住宅区", "宿舍", "大院"),
)
"""Says only that people live there; often left out or put behind any name."""

KINDS = (
    *("花园", "家园", "公寓", "新村", "佳苑", "名苑", "雅苑", "嘉苑", "豪苑", "花苑", "嘉园", "佳园", "名园", "豪园"),
    *("华庭", "豪庭", "名庭", "雅庭", "华府", "公馆", "公园", "山庄", "庄园", "新城", "国际城", "国际", "商城", "名城"),
    *("大厦", "广场", "中心", "名都", "豪都", "半岛", "名邸", "府邸", "别墅", "楼", "苑", "园", "庭", "府", "城", "湾"),
    *("郡", "居", "邸", "墅", "庄", "里", "坊", "村", "郦", "阁", "院", "轩", "台", "都", "座", "岸", "洲", "庐", "舍"),
)
_GENERIC = re.compile(rf"(?:{'|'.join(GENERIC)})$")
_KINDS = frozenset((*GENERIC, *KINDS))
_LONGEST = max(map(len, _KINDS))
_NOTHING_ELSE = re.compile(rf"(?:{'|'.join(sorted(_KINDS, key=len, reverse=True))})+")
_BRACKETS = re.compile(r"\([^)]*\)?")
JOINTS = " ·•・\"'“”‘’*_\u200b"
_JOINTS = str.maketrans("", "", JOINTS)
_TOWN = re.compile(r"[\u4e00-\u9fff]{2,4}?(?:省|市|县|区|镇|乡|街道)|[A-Z]\d{0,2}[省市县区]")
_PHASE = re.compile(r"(?:第?[一二三四五六七八九十\d]{1,2}(?:期|组团|号院|区)|[东西南北中A-Z]区)(?=(?:小区)?$)")
_BUILDER = re.compile(
    r"保利|恒大|万科|碧桂园|绿地|中海|龙湖|融创|华润|金地|招商|世茂|中粮|旭辉|富力|雅居乐|远洋|金科|中南|荣盛|佳兆业|奥园|中梁"
    r"|正荣|首创|金茂|建发|越秀|美的|中铁|中建|中交|中冶|中航|五矿|北辰|鲁能|蓝光|华侨城|复地|合景|时代|阳光城|滨江|绿城|金辉"
    r"|新希望|华远|泰禾|祥生|德信|俊发|卓越|星河|珠江|珠光|建业|海伦堡|敏捷|合生|中国铁建|保亿|润和|鑫苑|万达|银泰|红星"
)
_OFFICE = re.compile(r"(?:局|厂|公司|学校|小学|中学|大学|学院|医院|银行|法院|委|处|所|部|队|站|集团|政府|[办大]事处)$")
_ENDED = re.compile(r"[苑园庭府城湾郡居邸墅庄里坊村阁院轩都岸洲庐]$")


class Variant(NamedTuple):
    """Another way to say a name. A weak one counts only where a door, 小区, 业主 … show that a compound is meant."""

    word: str
    confidence: float
    weak: bool


def tidy(name: str) -> str:
    """A name as it is looked for: plain, without brackets, blanks and dots."""
    called = plain(name)
    return _BRACKETS.sub("", called).translate(_JOINTS) or called.strip()


def core(name: str) -> str:
    """The name without the kinds at its end, at least two characters: 云景 of 云景花园小区, 桃花 of 桃花苑."""
    length = _LONGEST
    while length:
        if len(name) - length > 1 and name[-length:] in _KINDS:
            name, length = name[:-length], _LONGEST
        else:
            length -= 1
    return name


def kind(name: str) -> str:
    """The kind words at the end of the name: 花园小区."""
    return name[len(core(name)) :]


def tells(name: str) -> bool:
    """Whether there is more to it than kinds: 国际花园 could be any."""
    return len(name) > 1 and _NOTHING_ELSE.fullmatch(name) is None


def is_office(word: str) -> bool:
    """Whether it is first of all somebody's place of work or a builder: 文化局 of 文化局家属院, 万科 of 万科城."""
    return _OFFICE.search(word) is not None or _BUILDER.fullmatch(word) is not None


def variants(name: str) -> Iterator[Variant]:
    """Of a tidy name; the name itself is none of them. What is less sure comes later, words may come twice."""
    yield from _without_generic(name, 0.93)
    phase = _PHASE.sub("", name)
    if phase != name and tells(phase):
        yield _judged(phase, 0.88)
        yield from _without_generic(phase, 0.86)
    shorter = _without_town(name)
    if shorter != name:
        yield _judged(shorter, 0.9)
        yield from _without_generic(shorter, 0.88)
    if builder := _BUILDER.match(shorter):
        rest = _PHASE.sub("", shorter[builder.end() :])
        if tells(rest):
            yield _judged(rest, 0.85)
            yield from _without_generic(rest, 0.8)
    bare = core(phase)
    if bare != name and tells(bare):
        yield Variant(bare, 0.85, weak=True)
    if len(name) > 3 and tells(name[:2]) and not _GENERIC.fullmatch(name[2:]):
        yield Variant(f"{name[:2]}小区", 0.8 if len(bare) == 2 else 0.65, weak=False)


def _without_town(name: str) -> str:
    while (town := _TOWN.match(name)) and tells(name[town.end() :]):
        name = name[town.end() :]
    return name


def _without_generic(name: str, confidence: float) -> Iterator[Variant]:
    stem = _GENERIC.sub("", name)
    if stem != name and tells(stem):
        yield _judged(stem, confidence)


def _judged(word: str, confidence: float) -> Variant:
    long = len(word) > 3 or (len(word) == 3 and _ENDED.search(word) is not None)
    return Variant(word, confidence, weak=not long or is_office(word))
