"""A compound as it is written, where no gazetteer knows it: what comes before 小区, 花园, 家属院 and the like."""

from __future__ import annotations

import re

from understanding.place.naming import tells

_SURE = (
    "生活小区|住宅小区|安置小区|小区|家属院|家属楼|家属区|花园|家园|公寓|新村|公馆|华府|华庭|豪庭|名庭|雅庭|山庄|庄园|新城|国际城"
    "|国际|名城|名都|半岛|佳苑|名苑|雅苑|嘉苑|豪苑|花苑|学苑|中苑|嘉园|佳园|名园|豪园|丽园|安置区|名邸|府邸|别墅|豪宅|大院"
    "|佳郡|水郡|长郡|新居|名居|雅居|府第|世家|明珠|大厦"
)
_MAYBE = "[苑府城湾庭郡居邸墅园]"
_FOUND = re.compile(rf"(?P<sure>(?:{_SURE})+)|(?P<maybe>{_MAYBE})(?=的?(?:小区|业主|住户|居民|物业|[东西南北]门|门口|"
                    rf"[一二三四五六七八九十\d]{{1,2}}[期栋幢座#]|\d{{1,3}}号))")  # fmt: skip
_PHASE = re.compile(r"(?:第?[一二三四五六七八九十\d]{1,2}期|[东西南北]区)?(?:小区)?")
_STOP = re.compile(
    r".*(?:[^\u4e00-\u9fffA-Z\d·]|[省县镇乡]|[A-Z]\d{0,2}市|(?<=[\u4e00-\u9fff]{2})市|[A-Z]\d{0,2}区|区|街道|大道|路|街|号"
    r"|位于|住在?|家在|买[的了在]?|[我咱你他]们?[是在]?|本人是?|[的是在到了于]|关于|反[映应]|投诉|举报|咨询|询问|请问|请求|恳请"
    r"|要求|希望|强烈|建议|质疑|求助|曝光|整治|严查|责令|查处|处理|解决|开发|建设|管理|腾开|对面|隔壁|旁边|附近|紧[邻靠]|毗邻"
    r"|靠近|经过|进入|社区|[与及跟给让把被将对从向因为由])"
)
_NO_NAME = re.compile(
    r"(?:[本该此各某全每这那哪同两几多整]|居民|老旧|老|旧|新|安置|整个|各个|这个|那个|哪个|多个|两个|几个|所有|其他|别的|新建|周边|附近"
    r"|住宅|高档|封闭|商品房|棚户|部分|一个|个|大型|小型|本|入住|居住|城镇|农村|城市|全市|一些|有些|许多|很多|拆迁|回迁|公租房"
    r"|廉租房|经济适用房|业主|物业|开放式|和谐|文明|智慧|美丽|幸福的?|我市|县|政|学|商|进|出|全)+"
)
_LONGEST = 10


_NOT_ONE = re.compile(
    r"(?:[各个该本这那哪某每全整进]|一般|沿线|周边|附近|造成|影响|助力|导致|最大|老旧|其他|别的|高档|新建)(?:小区|家属院|社区).*"
)
_BEFORE_DOOR = re.compile(
    r"(?:[省市县镇乡区]|街道|大道|路|街|号|位于|住在?|家在|[我咱]们?[是在])(?P<name>[\u4e00-\u9fffA-Z\d]{1,6}[\u4e00-\u9fff])"
    r"(?=[A-Z]?\d{1,3}[栋幢座#]|[A-Z]?\d{1,3}号楼|[一二三四五六七八九十]{1,3}[栋幢])"
)


def written_compound(text: str) -> tuple[int, int] | None:
    """Where the first compound of a plain text stands; None where none is named ("我们小区", "老旧小区")."""
    for found in _FOUND.finditer(text):
        begin = max(0, found.start() - _LONGEST)
        before = text[begin : found.start()]
        stop = _STOP.match(before)
        start = begin + stop.end() if stop else begin
        name = text[start : found.start()]
        endless = not stop and begin > 0
        if len(name) < 2 or endless or _NO_NAME.fullmatch(name) or not tells(text[start : found.end()]):
            continue
        if _NOT_ONE.search(text, start, found.end()):
            continue
        phase = _PHASE.match(text, found.end())
        return start, phase.end() if phase else found.end()
    return _before_door(text)


def _before_door(text: str) -> tuple[int, int] | None:
    """ "我住在星河左岸3栋": a name of no kind we know, but it stands where one does."""
    for found in _BEFORE_DOOR.finditer(text):
        start, end = found.span("name")
        stop = _STOP.match(text[start:end])
        start += stop.end() if stop else 0
        if end - start > 2 and tells(text[start:end]) and not _NO_NAME.search(text, start, end):
            return start, end
    return None
