"""Places told by what is beside them, and by being one's own."""

from __future__ import annotations

import re

_COUNT = r"[一二两三四五六七八九十\d]{1,3}"
_HOUSE = r"(?:栋|幢|座|排|号?楼(?![上下道梯])|单元)"
_FROM = (
    r"(?:[东西南北正大前后侧小偏]{1,2}门|大?门口|门卫室?|门岗|岗亭|保安亭|广场|花坛|路口|车棚|车库|停车场|幼儿园|超市|驿站"
    r"|健身[区器]材?)"
)
_HINT = re.compile(rf"(?:第|头){_COUNT}个?{_HOUSE}|最[里外前后东西南北靠边]|[那这]一?{_HOUSE}")
_RELATIVE = re.compile(
    rf"{_FROM}(?:口|旁边?|边上?)?[往向朝进去来里内外前后左右东西南北手边走拐转直的靠数起过,]{{0,8}}"
    rf"(?:第|头|倒数第){_COUNT}个?{_HOUSE}"
    rf"|最[里外前后东西南北靠边]{{1,3}}[面边头]?的?[那这一]{{0,2}}{_HOUSE}"
    rf"|(?:前|后|旁|对|隔)[面边壁]的?[那这]一?{_HOUSE}"
    rf"|(?:靠近?|挨着|临|{_FROM})[\u4e00-\u9fff]{{1,5}}?(?:旁边|边上|对面|后面|前面)?的?[那这]一?{_HOUSE}"
)

OWN_HOME = re.compile(r"我们?家|咱们?家|[家屋]里")
OWN_UNIT = re.compile(rf"{OWN_HOME.pattern}|[我咱]们?(?:这个?)?单元|本单元")
OWN_HOUSE = re.compile(
    rf"{OWN_UNIT.pattern}|[我咱]们?这?[栋幢楼]|本[栋楼]|这[栋幢]|楼[上下道梯顶内层门]|顶楼|对门|门洞|电梯|单元门"
)
_SHOP = (
    r"烧烤|饭[店馆]|餐[馆厅]|火锅|超市|便利店|小卖部|网吧|酒吧|棋牌|麻将|理发|美容|洗车|药店|诊所|幼儿园|托管|菜店|菜市|水果"
    r"|快递|驿站|五金|修车|足浴|按摩|健身|舞蹈|琴行|早餐|面馆|牛肉面|奶茶|面包|蛋糕|洗衣|KTV|宾馆|旅馆|民宿|公厕|垃圾[站房]"
    r"|换热站|配电房|泵房|活动室|广场|凉亭|门卫"
)
BESIDE = re.compile(r"(?:隔壁|对面|旁边|附近|靠近|紧[邻靠挨]|毗邻|挨着)的?$")
NEARBY = re.compile(
    rf"(?:楼下|楼上|门口|隔壁|对面|旁边|院里|院内|小区里?|我们?这儿?)的?(?:那家|那个|一家|那|有家|有个|开的)?的?[\u4e00-\u9fff]{{0,3}}?"
    rf"(?P<shop>{_SHOP})"
)
"""楼下那家烧烤: a shop that people know by what it sells."""


def relative(text: str) -> tuple[int, int] | None:
    """北门往里第二栋, 最后面那栋, 靠马路的那栋: where, seen from something; no number of a building."""
    found = _RELATIVE.search(text) if _HINT.search(text) else None
    return found.span() if found else None
