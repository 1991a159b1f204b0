"""The patterns of a door in free text, over plain texts (`segment.plain`). Repeats are bounded and possessive: a
hostile text costs no more than its length."""

from __future__ import annotations

import re

from understanding.numerals import DIGITS, SIGNS, TENS

_STEM = "甲乙丙丁戊己庚"
_SIDE = "东西南北中"
_HAN = rf"(?<![{DIGITS}{TENS}])[{DIGITS}{TENS}]"
_SMALL = rf"(?:\d{{1,2}}+|{_HAN}{{1,3}}+|[{SIGNS}])"
_UNIT = rf"(?:{_SMALL}|[A-Z]|[{_SIDE}{_STEM}])"
_ITEM = (
    rf"(?:[A-Z]{{1,3}}+(?:-?\d{{1,4}}+(?:-\d{{1,3}}+)?[A-Z]?)?|[A-Z]{{4,5}}+|[{_STEM}]?\d{{1,4}}+[A-Z]?|{_HAN}{{1,5}}+"
    rf"|[{SIGNS}]|[{_STEM}]|[{_SIDE}](?=[栋幢座]))"
)
BETWEEN = "、,和与跟及到至~/-"
_ITEMS = rf"{_ITEM}(?: ?[{BETWEEN}] ?第?{_ITEM}){{0,9}}+"
_UNITS = rf"{_UNIT}(?: ?[{BETWEEN}] ?{_UNIT}){{0,5}}+"
_NO_QUANTITY = (
    r"(?![\dA-Z.%:/]|[元米人户年平㎡弄个次万多几余块月日只斤公路分度吨瓦伏秒点名位栋幢座倍]|号[楼线文院]|小时|天(?!天))"
)

_BUILDING = (
    r"号楼(?![道梯])|号(?=楼[道梯])|号[栋幢]|号别墅|#(?:楼(?![道梯])|[栋幢])?|[栋幢](?!组)(?:楼(?![道梯上下顶里房栋层]))?"
    r"|座(?![桥山塔公城大房庙雕厕变基小高垃坟医学立坑楼位谈机落车铁信加天人停充水工烟])"
    rf"|[号楼](?= ?第?{_UNIT} ?号?单元)|号(?=\d{{1,2}}-\d{{3,4}}(?!\d)|\d{{3,4}}室)"
)
_UNIT_WORD = r"号?单元|号?门洞"
_NO_ROOM = r"[价屋子产源东租贷型地管改本客顶]"
_ROOM_WORD = rf"室(?![内外友])|号房(?!{_NO_ROOM})|房(?!{_NO_ROOM})"
_PEOPLE = r"的?(?:业主|住户|租户|房东|房客|邻居)|那[家户]"

_BEHIND_NAME = r"(?<=[区园苑城府庭寓里居院郡湾都墅邸])"
"""The last characters of what compounds are usually called."""

START = re.compile(
    rf"(?=[\dA-Z第负地楼隔对{DIGITS}{TENS}{SIGNS}{_SIDE}{_STEM}-])(?<![\dA-Z])(?<!\d[.:/-])(?:"
    rf"(?P<triple>(?:\d{{1,3}}+[A-Z]?|[A-Z]\d{{0,2}}+)-\d{{1,2}}+-\d{{3,4}}+)(?!-){_NO_QUANTITY}"
    r"|(?P<stairs>\d{1,3}+-\d{1,2}+)(?=楼[道梯]|单元门)|(?P<flat>\d{1,3}+-\d{3,4}+室)"
    rf"|{_BEHIND_NAME}(?:(?P<pair>\d{{1,3}}+[A-Z]?--?(?:\d{{3,4}}+|0\d))(?!-)|(?P<letter>[A-Z]\d{{3,4}}+)){_NO_QUANTITY}"
    rf"|第?(?P<items>{_ITEMS}) ?(?:(?P<building>{_BUILDING})|(?P<unit>{_UNIT_WORD}))|[{_SIDE}](?P<side>单元)"
    rf"|(?P<floor>第?(?:负|地下|-)?{_SMALL}(?:楼(?![道梯盘号])|层))"
    rf"|(?P<lettered>(?<=[\u4e00-\u9fff])\d{{3,4}}+[A-D]){_NO_QUANTITY}"
    rf"|(?P<peopled>\d{{1,2}}(?:0[1-9]|1\d))(?={_PEOPLE})"
    rf"|(?P<room>[A-Z]?\d{{3,4}}+[A-Z]?(?:{_ROOM_WORD}))|(?:楼[上下]|隔壁|对门)的?(?P<beside>\d{{3,4}}+){_NO_QUANTITY}"
    rf"|(?P<flank>(?<![广山河辽海关])[{_SIDE}]户)(?![口籍型外]))"
)
"""What may begin a door."""

UNIT_AFTER = re.compile(
    rf"[ ,的-]{{0,2}}第?(?:(?P<units>{_UNITS}) ?(?:{_UNIT_WORD})"
    rf"|(?P<gate>{_SMALL})号?(?:门(?![口前外卫窗铃锁禁岗店市面头])|梯(?![间口户子]))"
    rf"|(?P<dashed>\d{{1,2}}+)[-#](?=\d{{3,4}}(?!\d)))"
)
FLOOR_AFTER = re.compile(
    rf"(?:(?=-[1-3][楼层])|[ ,的-]{{0,2}})"
    rf"(?P<floor>第?(?:负|地下|-)?(?:{_SMALL}|B\d)(?:楼(?![道梯盘]|以[上下])|层(?![高楼]|以[上下])))"
)
ROOM_AFTER = re.compile(
    rf"(?:,(?=\d{{3,4}}+(?:室|号房|[ ,。!]|$))|[ 的-]{{0,2}})"
    rf"(?P<room>(?:[A-Z]?\d{{3,4}}+[A-Z]?|[{DIGITS}]{{3,4}}+(?![{TENS}]))(?:室|号房?|房|铺|户)?"
    rf"{_NO_QUANTITY}"
    rf"|\d{{1,2}}+(?:室(?![\d{DIGITS}])|号房|号(?=[ ,。!?的]|$))|(?:[{_SIDE}]{{1,2}}|[左右])[边侧]?户室?)"
)
PAIR = re.compile(
    r"(?P<building>\d{1,3}+[A-Z]?)-(?:(?P<room>\d{3,4}+室?)|(?P<unit>\d{1,2}+))(?!-|[号点楼层](?![道梯])|[家成遍周项条根棵台辆处盏排间])"
    + _NO_QUANTITY
)
NUMBERED = re.compile(
    rf"第?(?P<building>\d{{1,3}}+|{_HAN}{{1,3}}+)号"
    r"(?![\d楼院门线路厅车桌机店铺员文公早晚凌开之左前后停断来通-]|[上下][午班]|[到至]\d|[那当]天)"
)
"""Right behind a compound's name, "3号" is a building."""
LETTERED = re.compile(rf"(?P<room>[A-Z]\d{{3,4}}+){_NO_QUANTITY}")
"""Right behind a compound's name, "A803" is a room."""
GAP = re.compile(rf"(?:[ ,的在第]|[{DIGITS}{TENS}\d]{{1,2}}期|[东西南北][区院]){{0,3}}")

AMOUNT_BEFORE = re.compile(r"(?:[有共建这那几约近余整每各本同多某百千]|(?<!到)了|之一|住房|房屋|楼房|房子)$")
AMOUNT_AFTER = re.compile(r"楼房|高层|别墅|建筑|大楼|高楼|几|\d+层(?:[高楼小住洋别]|的[^\d])|全部|都是")
NAMED_BEFORE = re.compile(r"[区园苑城府庭寓里居院郡湾都墅邸厦场期]的?$|[住在到于去和与、,。;:!? \n]$")
MONTH_BEFORE = re.compile(r"(?:月(?:份)?|(?:[昨今明本上下]|这个)[天日月])$")
STOREYS_BEFORE = re.compile(r"(?:[有共高盖建加约近总是为]|不到|超过)$")
STOREYS_AFTER = re.compile(r"以[上下]|[高多几的]?楼|高|多|几|住宅|建筑|结构|别墅|洋房|小高|左右|之间|电梯房")
LIVED_ON = re.compile(r"[住在到从于去爬家下]$")
