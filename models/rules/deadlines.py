"""The clocks of an issue, as pure functions (workflow.md, Clocks)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.rules.house import HouseRules
from models.rules.limits import Limit, Span
from models.rules.posts import Rung


@dataclass(frozen=True)
class Deadlines:
    """``first_answer``: accepted or better by then. ``landing``: answered by then."""

    first_answer: datetime
    landing: datetime


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def deadlines(since: datetime, *, urgent: bool, category: str, rules: HouseRules) -> Deadlines:
    """The two clocks of an issue, counted from its first raiser's first message."""
    answer_by = first_answer_due(since, urgent=urgent, rules=rules)
    landing = _earliest(since, _landing_limits(urgent, category, rules), rules)
    return Deadlines(answer_by, max(answer_by, landing))


def first_answer_due(since: datetime, *, urgent: bool, rules: HouseRules) -> datetime:
    return _earliest(since, _first_answer_limits(urgent, rules), rules)


def landing_is_estimated(since: datetime, ends: datetime, *, urgent: bool, category: str, rules: HouseRules) -> bool:
    """Whether a landing counted in working days rests on days that nobody has announced yet (预计).

    ``since``, ``ends``: as the issue has them. A date that somebody set, as an extension does, is no estimate.
    """
    limits = {*_landing_limits(urgent, category, rules), *_first_answer_limits(urgent, rules)}
    return _is_estimated(since, ends, limits, rules)


def rung_is_estimated(since: datetime, ends: datetime, *, rung: Rung, unit: str | None, rules: HouseRules) -> bool:
    """The same for the time that a rung has."""
    return _is_estimated(since, ends, {rules.rung_limits[rung], rules.unit_limits.get(unit or "")}, rules)


def due(since: datetime, limit: Limit, *, rules: HouseRules) -> datetime:
    return rules.calendar.due(since, limit, timezone=rules.timezone)


def rung_due(since: datetime, *, rung: Rung, unit: str | None, rules: HouseRules) -> datetime:
    """Until when a rung, or the handling unit it gave the issue to, may keep it; counted from its coming to the rung.

    ``unit``: the kind of the unit. One whose own limit is longer has that; giving it to another resets nothing.
    """
    by_rung = due(since, rules.rung_limits[rung], rules=rules)
    if unit is None or unit not in rules.unit_limits:
        return by_rung
    return max(by_rung, due(since, rules.unit_limits[unit], rules=rules))


def paused(at: Deadlines, *, since: datetime, until: datetime) -> Deadlines:
    """The clocks after waiting for a raiser: the landing ends later by as long as it stood still; never earlier.

    What was over by then stays so: asking a question gives no new time.
    """
    stood = max(timedelta(0), until - since) if since < at.landing else timedelta(0)
    return Deadlines(at.first_answer, at.landing + stood)


def yellow_at(since: datetime, ends: datetime, *, rules: HouseRules) -> datetime:
    """Never after it is red: an earlier issue that was merged may end it before it began."""
    return min(ends, since + (ends - since) * rules.yellow_from)


def light(at: datetime, *, since: datetime, ends: datetime, rules: HouseRules) -> Light:
    """Green to 80 % of the limit, yellow to 100 %, red from then on: whoever looks at that very moment finds it red."""
    if at >= ends:
        return Light.RED
    return Light.YELLOW if at >= yellow_at(since, ends, rules=rules) else Light.GREEN


def _landing_limits(urgent: bool, category: str, rules: HouseRules) -> frozenset[Limit]:
    """The earliest of them counts: what is urgent is never later than it would be otherwise."""
    if category in rules.category_limits:
        own = rules.category_limits[category]
    elif category in rules.quick_categories:
        own = rules.landing_urgent
    else:
        own = rules.landing_complex if category in rules.complex_categories else rules.landing
    return frozenset({own, rules.landing_urgent} if urgent else {own})


def _first_answer_limits(urgent: bool, rules: HouseRules) -> frozenset[Limit]:
    return frozenset({rules.first_answer, rules.first_answer_urgent} if urgent else {rules.first_answer})


def _earliest(since: datetime, limits: Iterable[Limit], rules: HouseRules) -> datetime:
    return min(due(since, limit, rules=rules) for limit in limits)


def _is_estimated(since: datetime, ends: datetime, limits: Iterable[Limit | None], rules: HouseRules) -> bool:
    in_working_days = any(limit is not None and limit.span is Span.WORKDAYS for limit in limits)
    return in_working_days and rules.calendar.counts_estimated(since, ends, timezone=rules.timezone)
