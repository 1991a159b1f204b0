"""The two clocks of an issue, counted from its first raiser's first message (workflow.md, Clocks)."""

from dataclasses import dataclass
from datetime import datetime

from models.rules.house import HouseRules


@dataclass(frozen=True)
class Deadlines:
    """``first_answer``: accepted or better by then. ``landing``: answered by then."""

    first_answer: datetime
    landing: datetime


def deadlines(since: datetime, *, urgent: bool, category: str, rules: HouseRules) -> Deadlines:
    first = rules.first_answer_urgent if urgent else rules.first_answer
    if urgent or category in rules.quick_categories:
        landing = rules.landing_urgent
    elif category in rules.complex_categories:
        landing = rules.landing_complex
    else:
        landing = rules.landing
    return Deadlines(first_answer=since + first, landing=since + landing)
