"""The numbers of the house: every limit a community may set, with its default. Filled from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta

from models.rules.limits import Limit, Span
from models.rules.posts import Rung
from models.rules.working_days import WorkCalendar


@dataclass(frozen=True)
class HouseRules:
    """Sources: workflow.md (clocks, ladder, reopening), security.md (floods, invitations)."""

    timezone: str = "Asia/Shanghai"
    consent_version: str = "2026-11"
    abroad_platforms: frozenset[str] = field(
        default_factory=lambda: frozenset({"telegram"})
    )  # their servers are abroad
    forgetting_platforms: frozenset[str] = field(default_factory=lambda: frozenset({"wechat"}))  # leaving de-identifies

    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    first_answer: Limit = Limit(24, Span.HOURS)
    first_answer_urgent: Limit = Limit(2, Span.HOURS)
    landing: Limit = Limit(7, Span.DAYS)
    landing_urgent: Limit = Limit(24, Span.HOURS)
    landing_complex: Limit = Limit(15, Span.DAYS)
    quick_categories: frozenset[str] = field(default_factory=lambda: frozenset({"water", "power", "gas", "heating"}))
    complex_categories: frozenset[str] = field(default_factory=lambda: frozenset({"illegal_build", "housing"}))
    category_limits: Mapping[str, Limit] = field(default_factory=dict)  # landing of one category, instead of the above
    rung_limits: Mapping[Rung, Limit] = field(
        default_factory=lambda: {
            Rung.CORRIDOR: Limit(48, Span.HOURS),
            Rung.GRID: Limit(5, Span.WORKDAYS),
            Rung.COMMUNITY: Limit(10, Span.WORKDAYS),
            Rung.STREET: Limit(15, Span.WORKDAYS),
        }
    )
    unit_limits: Mapping[str, Limit] = field(default_factory=dict)  # by kind of unit, where longer than the rung's
    yellow_from: float = 0.8  # share of a limit after which its light is yellow
    waiting_for_raiser: Limit = Limit(5, Span.DAYS)
    waiting_for_meeting: Limit = Limit(60, Span.DAYS)
    waiting_for_series: Limit = Limit(5, Span.WORKDAYS)  # … at a level where nobody meets
    extension_at_most: Limit = Limit(30, Span.DAYS)
    declines_before_lead: int = 2
    urge_again: timedelta = timedelta(days=1)
    heartbeat: timedelta = timedelta(days=7)  # raisers who heard nothing for so long hear that it is still worked on
    follow_up: timedelta = timedelta(days=3)  # after the answer, who was silent is asked whether it is solved
    quiet_from: time | None = time(22)  # None: nobody is spared
    quiet_until: time = time(7)
    bundled_from: int = 3  # so many notices waiting for one person leave as one message

    plan_ahead: timedelta = timedelta(days=60)  # meetings are planned so long ahead
    meeting_offsets: Mapping[str, str] = field(default_factory=dict)  # steps that differ (rules.meeting_steps)
    meeting_minutes: int = 90  # of a new series
    objection_period: Limit = Limit(5, Span.WORKDAYS)  # 公示期
    resolution_silent: timedelta = timedelta(days=10)  # without a word of its owner
    verification_answers: Limit = Limit(5, Span.DAYS)  # so long the follow-up group and raisers are waited for
    consultation_opens: timedelta = timedelta(hours=48)
    consultation_closes: Limit = Limit(5, Span.DAYS)
    referral_answers: Limit = Limit(30, Span.DAYS)
    hot_spot_times: int = 3  # reported so often …
    hot_spot_within: timedelta = timedelta(days=3)  # … within this
    hot_spot_season: timedelta = timedelta(days=90)  # … or as often, by different homes, within this
    carried_at_most: int = 2  # after so many times an item is mandatory
    agenda_weights: Mapping[str, float] = field(default_factory=dict)  # parts that differ (rules.agenda_score)
    proxies_at_most: int = 1  # that one voter may hold
    check_in_opens: timedelta = timedelta(minutes=30)  # before the meeting
    groups_from: int = 12  # people with opinions, before they are grouped
    reasons_shown_from: int = 5  # households, before figures of opinions are shown to residents

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
