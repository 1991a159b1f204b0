"""Quiet hours: at night nobody's phone rings for what can wait until the morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models.rules.house import HouseRules


def may_leave_at(moment: datetime, *, rules: HouseRules) -> datetime:
    """When something that becomes owed at ``moment`` may leave: at once, or when the quiet hours around it end."""
    begins, ends = rules.quiet_from, rules.quiet_until
    if begins is None or begins == ends:
        return moment
    here = moment.astimezone(ZoneInfo(rules.timezone))
    clock = here.time()
    over_midnight = begins > ends
    quiet = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not quiet:
        return moment
    tomorrow = over_midnight and clock >= begins
    day = here.date() + timedelta(days=1) if tomorrow else here.date()
    return datetime.combine(day, ends, here.tzinfo).astimezone(UTC)
