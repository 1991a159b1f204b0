"""Whether somebody must come at once. A miss is a defect, a false alarm costs one line: feared dangers alarm too."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from understanding.segment import SENTENCE_ENDS, Hit
from understanding.signals import DANGERS, Signal

_REACH = 8
"""Characters between a thing (煤气) and what is wrong with it (味)."""
_WIDER = 14
"""The same where it is told at more length, and to what shows that nothing is wrong."""
_PATIENT = frozenset(("", "no_answer"))
_BEGINNING = 75
"""Characters in which people say what is the matter; what comes later in a letter is mostly told in passing."""
_LATER = 0.3
"""What a word there counts, unless its sentence says that it is so now."""
_ENOUGH = 1.0
_LETTER, _SEVERAL = 120, 3
"""A letter longer than this that asks, proposes or complains of a purchase tells of a danger by so many words."""

_CLAUSE, _SENTENCE = 24, 60
"""Characters to either side in which a danger is denied, supposed or over, and in which it is said to be so now."""
_HEDGED, _TITLE = 0.6, 35
"""What must be said more where the first characters ask or propose."""

_ENDS = re.compile("[" + re.escape("".join(sorted(SENTENCE_ENDS))) + "]")
_NOW = re.compile(
    r"刚才|刚刚|快来|正在|此刻|请马上|请立即|请速|赶紧来|派人来|现在就|还在|今早|今天[早上下中]|今晚|昨晚|昨夜"
    r"|就在刚"
)
_DENIED = re.compile(
    r"(?:(?<!有)没有?|(?<!是)不是|并非|并没|未|无|不存在|从没)(?:闻到|发现|发生|看到|见到|再|什么|任何|出现|听到|过|有|真的?|感觉|着){0,2}$"
)
_ASKED = re.compile(r"[^,。!?;]{0,4}(?:吧|吗|么)?[?]|吧")
_PAST = re.compile(
    r"以前|之前|从前|曾经?|去年|前年|上个月|上次|上一次|那年|多年前|[几\d]年前|当年|年[初中底]|月\d{1,2}[日号]"
    r"|\d{4}年|有[几一两]次|出过|生过|有过|着过"
)
_STILL = re.compile(
    r"开始|至今|到现在|以来|现在|今天|今早|刚|又|一直|还在|还有|还没|仍|[年月日号]起|连续|就(?:有|在|开)"
)
_SUPPOSED = re.compile(
    r"万一|一旦|如果|要是|假如|倘若|若|假设|以防|防止|避免|预防|谨防|防范|别的小区|其他小区|别人小区|新闻"
    r"|网上看|(?:容易|极易|易)(?:引|导|造|发|着|起|自)"
)
_OVER = re.compile(r"[^。!?;]{0,8}(?:已经?|都)(?:被)?(?:灭了|扑灭|熄灭|救出|修好|解决|处理好|处理完)")
_LASTING = re.compile(
    r"每次下雨|[一每]逢?(?:下雨|到雨季|遇雨|到下雨)|[二两三四五六七八九十几多\d]年(?:了|多|来|之久)|常年|长年"
    r"|长期|经常|总是|老是|每年"
)
_ASKING = re.compile(
    r"请问|咨询|建议|呼吁|能否|能不能|是否|怎么收|标准|赔偿|补偿|补贴|何时拆|什么时候拆|政策|申请|规划|改造"
    r"|退款|退房|合同|交房|收房|卖房|销售|购房|认筹|定金|首付|贷款|质量|收费|费用|涨价|备案"
)
_SETTLED = frozenset(("fire", "gas", "electric", "flood", "trapped"))
"""Dangers that are not there while they are only supposed; what hangs loose is."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """`danger` is gas, fire, trapped, electric, falling, flood or no_answer, the gravest where there are several;
    a danger is always urgent. `words` are those that said so."""

    urgent: bool
    danger: str | None
    words: tuple[str, ...]


def assess(text: str, found: Iterable[Hit[Signal]]) -> Urgency:
    """The urgency of a plain text by its signals."""
    dangers: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    is_letter = len(text) > _LETTER
    ends = [-1, *(match.start() for match in _ENDS.finditer(text)), len(text)]
    for hit in found:
        after = bisect_right(ends, hit.start)
        context = _Context(text, hit.start, hit.end, ends[after - 1] + 1, max(ends[min(after, len(ends) - 1)], hit.end))
        counted = [each for each in hit.values if context.counts(each)]
        if not counted:
            continue
        late = is_letter and hit.start > _BEGINNING and not context.searched(_NOW, _SENTENCE)
        for each in counted:
            if each.danger and not late:
                dangers.setdefault(each.danger, []).append(hit.word)
        strongest = max(each.weight for each in counted)
        weights[hit.word] = max(weights.get(hit.word, 0.0), strongest * (_LATER if late else 1.0))
    doubtful = is_letter and _hedges(text) > 0 and sum(map(len, dangers.values())) < _SEVERAL
    if dangers and not doubtful:
        danger = next(name for name in DANGERS if name in dangers)
        others = (word for name in DANGERS if name != danger for word in dangers.get(name, ()))
        return Urgency(True, danger, tuple(dict.fromkeys((*dangers[danger], *others))))
    if not weights or sum(weights.values()) < _ENOUGH + _hedges(text):
        return Urgency(False, None, ())
    return Urgency(True, None, tuple(weights))


def _hedges(text: str) -> float:
    return _HEDGED if _ASKING.search(text, 0, _TITLE) else 0.0


class _Context(NamedTuple):
    """A word in its sentence, which goes from `begin` to `stop`."""

    text: str
    start: int
    end: int
    begin: int
    stop: int

    def counts(self, signal: Signal) -> bool:
        if signal.quiet:
            return False
        if signal.near and not self.beside(signal.near, _WIDER if signal.danger in _PATIENT else _REACH):
            return False
        if signal.unless and self.clause(signal.danger).beside(signal.unless, _WIDER):
            return False
        return not self.is_past(signal.danger)

    def clause(self, danger: str) -> _Context:
        """Between its commas where it is a danger, which what stands beside it must not hide."""
        if not danger:
            return self
        comma = self.text.find(",", self.end, self.stop)
        begin = self.text.rfind(",", self.begin, self.start) + 1 or self.begin
        return self._replace(begin=begin, stop=self.stop if comma < 0 else comma)

    def beside(self, pattern: re.Pattern[str], reach: int) -> bool:
        return bool(
            pattern.search(self.text, max(self.begin, self.start - reach), self.start)
            or pattern.search(self.text, self.end, min(self.stop, self.end + reach))
        )

    def searched(self, pattern: re.Pattern[str], reach: int) -> bool:
        return bool(pattern.search(self.text, max(self.begin, self.start - reach), min(self.stop, self.end + reach)))

    def is_past(self, danger: str) -> bool:
        """Denied, only supposed, long over or dealt with."""
        text, begin = self.text, max(self.begin, self.start - _CLAUSE)
        stop = min(self.stop, self.end + _CLAUSE)
        clause = text.rfind(",", begin, self.start) + 1 or begin
        denied = _DENIED.search(text, max(clause, self.start - _REACH), self.start)
        if denied and not _ASKED.match(text, self.end, self.end + 6):
            return True
        if danger in _SETTLED and _SUPPOSED.search(text, begin, self.start):
            return True
        comma = text.find(",", self.end, stop)
        if _PAST.search(text, clause, self.start) and not _STILL.search(text, clause, stop if comma < 0 else comma):
            return True
        if danger == "flood" and self.searched(_LASTING, _CLAUSE) and not self.searched(_NOW, _CLAUSE):
            return True
        return bool(danger and _OVER.match(text, self.end, stop))
