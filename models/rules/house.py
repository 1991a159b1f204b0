"""The numbers of the house: every limit a community may set, with its default. Filled from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class HouseRules:
    """Durations are calendar time. Sources: workflow.md (clocks, reopening), security.md (floods, invitations)."""

    timezone: str = "Asia/Shanghai"
    consent_version: str = "2026-11"
    abroad_platforms: frozenset[str] = field(
        default_factory=lambda: frozenset({"telegram"})
    )  # their servers are abroad
    forgetting_platforms: frozenset[str] = field(default_factory=lambda: frozenset({"wechat"}))  # leaving de-identifies

    first_answer: timedelta = timedelta(hours=24)
    first_answer_urgent: timedelta = timedelta(hours=2)
    landing: timedelta = timedelta(days=7)
    landing_urgent: timedelta = timedelta(hours=24)
    landing_complex: timedelta = timedelta(days=15)
    quick_categories: frozenset[str] = field(default_factory=lambda: frozenset({"water", "power", "gas", "heating"}))
    complex_categories: frozenset[str] = field(default_factory=lambda: frozenset({"illegal_build", "housing"}))

    rating_window: timedelta = timedelta(days=7)
    reopen_within: timedelta = timedelta(days=15)
    reopen_times: int = 2
    recurs_within: timedelta = timedelta(days=90)  # a like issue answered this long ago happens again
    like_within: timedelta = timedelta(days=60)  # an open issue told earlier than this is not offered as the same
    draft_kept: timedelta = timedelta(hours=24)
    draft_asked_after: timedelta = timedelta(minutes=30)  # a pause after which an open question is offered, not assumed

    invitation_kept: timedelta = timedelta(hours=24)
    second_person: bool = True  # somebody confirms stewards and secretaries
    invitation_tries_per_hour: int = 5

    burst: int = 5  # messages in burst_window, then a request to slow down
    burst_window: timedelta = timedelta(seconds=10)
    flood: int = 30  # messages in flood_window, then silence for flood_quiet
    flood_window: timedelta = timedelta(minutes=1)
    flood_quiet: timedelta = timedelta(minutes=10)
    issues_per_hour: int = 3
    issues_per_day: int = 10
    media_bytes_per_day: int = 20 * 1024 * 1024

    max_words: int = 2000  # of one message; jieba and people are both slow beyond (security.md)
    max_photos: int = 9  # of one report

    raw_kept: timedelta = timedelta(days=30)
    nonces_kept: timedelta = timedelta(minutes=10)
