"""The names in an address line: what stands before a number, and which part of the line names the estate."""

from __future__ import annotations

import re
from enum import Enum


class Before(Enum):
    """What a number follows: a road has road numbers, a village house numbers of its own, a market stalls."""

    ROAD = "road"
    VILLAGE = "village"
    MARKET = "market"
    NAME = "name"


_ROAD_END = re.compile(
    r"(?:路|街|大道|巷|道|胡同|线|弄|公路|国道|组|(?<!新)村)"
    r"(?:[东西南北中上下]?[段端首侧口]|[东西南北中])?(?:门牌)?[-_ 附自编第]*$"
)
_ESTATE_END = re.compile(
    r"(?:小区|[工企产创]业园?区|园区|新区|(?<!村)[一二三四五六七八九十\dA-Z东西南北]区"
    r"|[园苑里坊府邸庭期城厦院墅居座馆寓庐舍榭]|公寓|中心|广场|大楼|宿舍)$"
)
_MARKET = re.compile(
    r"市场|商城|贸易?城|[布皮鞋]革?.{0,6}城|物流|商业街|汽配城|交易[区城]|商厦|(?:(?<!新)城|大厦|商铺|店面)$"
)
_SHOP = re.compile(r"商铺|店面|铺面|铺位|商位|摊位")
_TOWER_END = re.compile(r"(?:大厦|广场|中心|[花雅名]苑|花[园都]|公寓|家园|小区)$")
_GOES_ON = re.compile(r"[\u4e00-\u9fff](?!联|面|近)(?<![旁内])")


def is_shop(line: str, end: int) -> bool:
    """Whether the number that ends here is a shop's: 13号商铺."""
    return _SHOP.match(line, end) is not None


def is_tower(name: str) -> bool:
    """Whether letters behind the name are its towers: 大厦A1203 is tower A, room 1203; 市场A1203 is one stall."""
    return _TOWER_END.search(name) is not None


def goes_on(line: str, end: int) -> bool:
    """Whether a name follows, not where to find or whom to call."""
    return _GOES_ON.match(line, end) is not None


def is_market(name: str) -> bool:
    return _MARKET.search(name) is not None


def before(line: str, start: int, end: int) -> Before:
    name = line[max(start, end - 14) : end]
    if _ROAD_END.search(name):
        return Before.ROAD
    if _MARKET.search(name):
        return Before.MARKET
    if not name or _ESTATE_END.search(name):
        return Before.NAME
    return Before.VILLAGE


_HAN = "[\u4e00-\u9fff]"
_DISTRICT = re.compile(
    rf"(?P<zone>{_HAN}{{0,8}}?(?:开发区|新区(?={_HAN})|社区(?![卫服医活])))"
    rf"|{_HAN}{{2,6}}?(?:自治区|自治州|自治县)|{_HAN}{{2,3}}省"
    rf"|{_HAN}{{2,4}}?(?:(?<![城都超])市(?![场政民中])|县(?![政城]))"
    rf"|{_HAN}{{1,3}}?区(?!域)|{_HAN}{{2,6}}?街道(?:办事处)?|{_HAN}{{1,3}}?(?:(?<!小)镇|乡)(?![政中小])"
)
_NO_DISTRICT = re.compile(
    r"(?:小|[工企产创商农林]业|园|校|院|住宅|社|库|发|生活|居民|居住|景|片|[一二三四五六七八九十A-Z\d东西南北中新])区$"
)
_CITY = ("市", "省")
_STREET = re.compile(
    rf"{_HAN}{{1,5}}?(?<!新)村(?![委民新家社门口]|小区|.区)|{_HAN}{{1,4}}村委会"
    rf"|(?:{_HAN}|\d){{1,8}}?(?:(?<!铁)路(?![口桥])|大道|街(?!道)|巷|胡同)(?:[东西南北中][段侧])?"
    rf"|(?:{_HAN}|\d){{1,6}}?组(?![团织装合])"
    r"|(?:交叉|交汇|交界)(?:路?口|处)?|路口"
)
_BUILDING = re.compile(r"(?:\d+|[一二三四五六七八九十]+)(?:号楼|[幢栋#])")
_BESIDE = re.compile(
    r"(?:[路街]?口|入口处|[往以进向]?[东西南北]{0,2}[侧角面边方]?约?\d+米(?:左右|处)?|[往以向][东西南北]|[东西南北]{1,2}[侧角]"
    r"|正?对[面门]|隔壁|附近|旁边?|[左右前后路河湖]边|[前后]面)+"
)
"""Where to find the house from a street."""
_PART_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,2}|[东西南北中][一二三四]?)"
_PART = re.compile(rf"(?<={_HAN}{_HAN})(?:(?<=[区园苑场厦城寓村]){_PART_NUMBER}区|(?:{_PART_NUMBER}|[A-Z])期)")
_SITE = r"工业园?区|园区|小区|新村|广场|市场|商贸?城|大厦|花园|校区|[工产创]业园|科技园|软件园|医院|物流园|商务区|农场"
_WHOLE = re.compile(
    rf"(?:{_HAN}|[A-Z\d]){{2,20}}?(?:小区|花园|[花佳名雅景锦]苑|[家嘉]园|[工产创]业园区?|工业区|园区|校区|广场|大厦|市场"
    rf"|商贸?城|公寓|新村|[中小]学|医院|酒店|中心|山庄|软件园|科技园)(?={_HAN}{{2}})"
)
"""An estate with a name of a part, a shop or a firm behind it."""
_AT_STREET = re.compile(rf"(?:{_HAN}|[A-Z\d]){{2,12}}?(?:{_SITE})(?={_HAN}{{1,6}}(?:路|街(?!道)|大道|巷)(?!口))")
"""An estate that is told before its street."""
_END = re.compile(r"电联|[(),;_]|旁|内$|对面|隔壁|附近|[后前]面|门口|楼下|(?:商铺|店面)$")
_TRIM = " -_,.;:()/、#"


def estate(line: str, roads_end: int, doors_start: int, doors_end: int) -> tuple[int, int] | None:
    """Where the line names the estate: behind the last district or street and before the door, else behind all."""
    return (
        _estate_at_street(line, doors_start)
        or _estate_in(line, roads_end, doors_start)
        or (_estate_in(line, doors_end, len(line)) if doors_end else None)
    )


def _estate_at_street(line: str, end: int) -> tuple[int, int] | None:
    start = _behind_district(line, 0, end)
    found = _AT_STREET.match(line, start, end)
    return found.span() if found and not _STREET.search(line, start, found.end()) else None


def _estate_in(line: str, start: int, end: int) -> tuple[int, int] | None:
    start = _behind_street(line, _behind_district(line, start, end), end)
    while start < end and line[start] in _TRIM:
        start += 1
    if beside := _BESIDE.match(line, start, end):
        start = beside.end()
    if stop := _END.search(line, start, end):
        end = stop.start()
    if part := _PART.search(line, start, end):
        end = part.start()
    elif whole := _WHOLE.match(line, start, end):
        end = whole.end()
    while start < end and line[end - 1] in _TRIM:
        end -= 1
    return (start, end) if end - start > 1 else None


def _behind_district(line: str, start: int, end: int) -> int:
    behind_road = start > 0
    for match in _DISTRICT.finditer(line, start, end):
        if behind_road and line[match.end() - 1] == "市":
            continue
        follows_city = line[start - 1 : start] in _CITY and match.span() == (start, start + 3)
        if match["zone"] or follows_city or not _NO_DISTRICT.search(match.group()):
            start = match.end()
    return start


def _behind_street(line: str, start: int, end: int) -> int:
    """Not behind a street or a village whose buildings are numbered: it is the estate."""
    for match in _STREET.finditer(line, start, end):
        if match.end() == end and _BUILDING.match(line, end):
            break
        start = match.end()
    return start
