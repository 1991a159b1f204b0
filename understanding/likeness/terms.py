"""What a telling names and what it says of it, found in the text alone: estates, roads, firms, schemes and cases by the
grammar of their endings; the rest of the words, less what people write in every letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import add
from typing import NamedTuple

from understanding.segment import plain

_PLACES = (
    "小区|社区|新城|花园|家园|新村|公寓|佳苑|名苑|雅苑|嘉园|华庭|华府|家属院|大院|宿舍|山庄|别墅|广场|大厦|国际|中心|公馆|楼盘|公园"
    "|豪庭|城|苑|府|园|郡|庭|湾|墅|村|镇|乡|组|街道|大道|路|街|巷|桥|湖|学校|小学|中学|学院|大学|幼儿园|医院|市场"
    "|[0-9一二三四五六七八九十]+期"
)
_OTHERS = (
    "公司|集团|银行|物业|平台|机构|驾校|补贴|补助|新政|办法|方案|条例|资格|案|网|号线|公积金|居住证|考试"
    "|站|线|厂|店|馆|厅"
)
_COARSE = re.compile(r"[A-Z]\d*[市区县]|[\u4e00-\u9fff]{2}省")
"""A whole city or district, letters put for its name or not: true of far too many to be an object."""
_COMMON = re.compile(
    "关于|请问|咨询|投诉|反映|反应|举报|请求|恳请|建议|希望|强烈|要求|坚决|尊敬|领导|书记|市长|您好|你好|附近|旁边?|周边"
    "|位于|居住|购买|业主|居民|我们|本人|严重|问题|小孩|政府|影响|未经|多次|进入|恢复|反馈|怎么|什么|可以|没有|进行|如何"
    "|为何|是否|解决|处理|[的在是于和与及了我们本该到从对为由被将把向请问求去买住有这那个来不以还就都也很但而给跟第]"
)
_NAME = re.compile(rf"[\u4e00-\u9fffA-Z0-9·]{{2,7}}?(?:{_PLACES}|{_OTHERS})+")
_PLACE_END = re.compile(rf"(?:{_PLACES})$")
_ENDING = re.compile(rf"(?:{_PLACES}|{_OTHERS})+$")
_TAGGED = re.compile(
    r"[A-Z]*\d+[A-Z]*(?![年月日点时分秒个多块元万亿千百米平户人岁次栋幢座楼层室单天周家名位条台辆公里余])[\u4e00-\u9fff]{2}"
    r"|《[^》]{2,30}》|“[^”]{2,12}”"
)
_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Z0-9]+(?=([号路期区国])?)")
_LINE = re.compile(r"(?<![0-9])[0-9]{1,3}(?:号线|路)")
_LINE_NUMBER = re.compile("[一二三四五六七八九](?=号线)")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_BEGINNING = 120
TITLE_COUNTS = 3
"""A word of the title counts as often: what somebody puts in it is the matter, the rest its story."""


class Name(NamedTuple):
    start: int
    end: int
    words: str
    is_place: bool


class Terms(NamedTuple):
    """Pairs of characters (and runs of letters and digits) with how often they were told. `places` are the names of
    places in the title, or else in the beginning, each as its pairs less the common ending; `all` are the pairs of the
    whole text."""

    names: Mapping[str, int]
    matter: Mapping[str, int]
    places: tuple[frozenset[str], ...]
    all: frozenset[str]


def pairs(text: str) -> Iterator[str]:
    """Each two Chinese characters that stand together, and each number or code, with what it counts ("4号", "80路")."""
    for match in _RUN.finditer(text):
        run, counted = match[0], match[1]
        if not run[0].isascii():
            yield from map(add, run, run[1:])
        elif counted:
            yield run + counted
        elif len(run) > 1:
            yield run


def names(text: str) -> Iterator[Name]:
    """The names in a plain text. The common words before a name are left out, so "我们丽景新城" is 丽景新城."""
    bare = _blanked(_COMMON, _blanked(_COARSE, text))
    for match in _NAME.finditer(bare):
        yield Name(match.start(), match.end(), match[0], _PLACE_END.search(match[0]) is not None)
    for match in _TAGGED.finditer(bare):
        yield Name(match.start(), match.end(), match[0], False)


def terms(title: str, detail: str) -> Terms:
    """Without a title, the first sentence is taken for one."""
    if not title:
        title, detail = _first_sentence(detail)
    title, detail = _read(title), _read(detail)
    named: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for text, count in ((title, TITLE_COUNTS), (detail, 1)):
        rest = _blanked(_COARSE, text)
        for name in names(text):
            for pair in pairs(name.words):
                named[pair] += count
            if name.is_place:
                rest = rest[: name.start] + " " * (name.end - name.start) + rest[name.end :]
        for pair in pairs(rest):
            told[pair] += count
    whole = frozenset(pairs(_blanked(_COARSE, f"{title} {detail}")))
    return Terms(named, told, _places(title) or _places(detail[:_BEGINNING]), whole)


def _places(text: str) -> tuple[frozenset[str], ...]:
    found = [frozenset(pairs(_ENDING.sub("", name.words))) for name in names(text) if name.is_place]
    found += [frozenset(pairs(line)) - {"号线"} for line in _LINE.findall(text)]
    return tuple(filter(None, found))


def _read(text: str) -> str:
    return _LINE_NUMBER.sub(lambda match: match[0].translate(_DIGITS), plain(text))


def _first_sentence(text: str) -> tuple[str, str]:
    found = re.search(r"[。!?;！？；\n]", text[:60])
    end = found.end() if found else min(len(text), 60)
    return text[:end], text[end:]


def _blanked(what: re.Pattern[str], text: str) -> str:
    return what.sub(lambda match: " " * len(match[0]), text)
