"""The plain way to urgency: a list of words that sound like danger, anywhere in the text."""

from __future__ import annotations

from understanding import Gazetteer
from understanding.evaluation.residents import Judged

_ALARMING = (
    *(
        "着火",
        "起火",
        "失火",
        "火灾",
        "冒烟",
        "爆炸",
        "煤气味",
        "燃气味",
        "漏气",
        "泄漏",
        "泄露",
        "中毒",
        "漏电",
        "触电",
    ),
    *("被困", "困在", "困人", "坠落", "掉下来", "砸到", "砸伤", "脱落", "倒塌", "坍塌", "塌陷", "爆管", "被淹", "倒灌"),
    *("电线掉", "晕倒", "昏迷", "没人应", "救命", "救人", "生命危险", "紧急", "马上来", "快来"),
)


def judge_plainly(text: str, _: Gazetteer) -> Judged:
    """Urgency alone; category and nature are of `understanding_baselines`."""
    return Judged("", "", any(word in text for word in _ALARMING), 1.0)
