"""What may come onto the agenda of a meeting: matters put up for discussion, what was carried over, reviews, hot spots.

A constant number of queries for a meeting, however much is stored; each is built once, which costs more than to run it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from models.community import Compound
from models.issue import OPEN_WORDS, TO_DELIBERATE_WORDS, Issue
from models.meeting import AgendaIssue, AgendaItem, AgendaReview, Meeting, MeetingSeries, Referral
from models.member import Member
from models.report import Report
from models.resolution import Resolution
from models.rules.agenda_score import MINUTES_REVIEW, Case, Parts, minutes_for, score
from models.rules.competence import Judgement, judge, overruled
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level, State
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import Competence, ItemKind, ItemState, MeetingAction, MeetingState
from models.rules.resolution_workflow import RUNNING
from services.deliberating import discussable, propose_by_itself
from services.duplicates import AS_TOLD, FIRST, telling_of
from services.meeting_people import place_of
from services.meetings.moves import TIMER, MeetingDeed, move_meeting
from services.meetings.step_moments import step_moment
from understanding.likeness import alike

MOST_CANDIDATES = 200  # of one meeting, what waits longest first
_TO_DELIBERATE = text(f"issues.{TO_DELIBERATE_WORDS}")  # the words of the partial index
_OPEN = text(f"issues.{OPEN_WORDS}")
_AT_WORK = (State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS)
_CARRIED = (ItemState.ADJOURNED, ItemState.NOT_REACHED)
_REVIEWED = (ItemState.ADOPTED, ItemState.REJECTED, ItemState.REFERRED, ItemState.INFORMED)
_OVER = (
    MeetingState.HELD,
    MeetingState.MINUTED,
    MeetingState.PUBLISHED,
    MeetingState.NOT_HELD,
    MeetingState.CANCELLED,
)

Told = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Candidate:
    """``issues``: in the order in which they were told. ``since``: from when it waits. ``allowed``: why it may be
    talked over although it looks like a duty of the government, as somebody above the convener once said.
    """

    kind: ItemKind
    title: str
    minutes: int
    points: float
    parts: Parts
    judgement: Judgement
    since: datetime
    mandatory: bool = False
    carried: int = 0
    issues: tuple[int, ...] = ()
    resolution_id: int | None = None
    allowed: str = ""


def collect_candidates(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> int:
    """Hot spots become candidates, and the collecting begins. Returns how many hot spots there were."""
    found = _hot_spots(session, series, at=at, rules=rules)
    for issue_id, about in found:
        propose_by_itself(
            session, issue_id=issue_id, level=series.level, words="", details=about, at=at, rules=rules
        )
    draft_at = step_moment(meeting, series, Step.DRAFT, rules)
    told = draft_at.astimezone(ZoneInfo(rules.timezone)).isoformat() if draft_at > at else ""  # else: at once
    details = {"draft_at": told}
    deed = MeetingDeed(MeetingAction.COLLECT, None, TIMER, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    return len(found)


def gather(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> list[Candidate]:
    """All that may stand on this meeting's agenda, with its score; like issues are one."""
    return [
        *_matters(session, series, at=at, rules=rules),
        *_reviews(session, meeting, series, at=at, rules=rules),
        *_free(session, meeting, series, at=at, rules=rules),
    ]


def _matters(session: Session, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> list[Candidate]:
    column, place = place_of(series)
    about = {"community": series.community_id, "level": series.level, "place": place}
    rows = session.execute(_proposed(column), about).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    homes = _homes(session, {row.id: row.unit_id for row in rows})
    before = {row.issue_id: row for row in session.execute(_STOOD_BEFORE, {"issues": ids})}
    referred = set(session.scalars(_REFERRED, {"issues": ids, "level": series.level}))
    return [_matter(group, homes, before, referred, at=at, rules=rules) for group in _alike(rows)]


@cache
def _proposed(column: str) -> Select[*tuple[Any, ...]]:
    """``column``: that names the place of the series."""
    return (
        select(
            *AS_TOLD,
            Issue.summary,
            Issue.urgent,
            Issue.landing_due,
            Issue.recurs_id,
            Issue.reopenings,
            Issue.households,
        )
        .join(Report, Report.id == FIRST)
        .where(
            _TO_DELIBERATE,
            Issue.community_id == bindparam("community"),
            Issue.level == bindparam("level"),
            getattr(Issue, column) == bindparam("place"),
        )
        .order_by(Issue.first_reported_at, Issue.id)
        .limit(MOST_CANDIDATES)
    )


def _matter(
    group: Sequence[Told],
    homes: Mapping[int, set[object]],
    before: Mapping[int, Told],
    referred: set[int],
    *,
    at: datetime,
    rules: HouseRules,
) -> Candidate:
    first = group[0]
    counted = max((row.households or 0) for row in group)
    distinct = len(set().union(*(homes.get(row.id, set()) for row in group)))
    stood = [before[row.id] for row in group if row.id in before]
    times = max((each.times for each in stood), default=0)
    allowed = {each.issue_id: each.allowed for each in stood if each.allowed}
    again = sum((row.recurs_id is not None) + row.reopenings for row in group)
    case_ = Case(
        households=max(counted, distinct),
        urgent=any(row.urgent for row in group),
        days_waiting=(at - first.first_reported_at).days,
        days_overdue=max(0, (at - min(row.landing_due for row in group)).days),
        recurrence=times + again,
        referred=any(row.id in referred for row in group),
    )
    points, parts = score(case_, weights=rules.agenda_weights)
    return Candidate(
        ItemKind.ISSUES,
        first.summary,
        minutes_for(len(group)),
        points,
        parts,
        _stricter(group, allowed),
        first.first_reported_at,
        mandatory=times >= rules.carried_at_most,
        carried=times,
        issues=tuple(row.id for row in group),
        allowed=next(iter(allowed.values()), ""),
    )


def _stricter(group: Sequence[Told], allowed: Mapping[int, str]) -> Judgement:
    """Of like issues the one that may be decided least counts; what was allowed once is not asked about again."""
    order = [Competence.GOVERNMENT, Competence.OWNERS, Competence.RESIDENTS]
    found = []
    for row in group:
        words = f"{row.summary} {row.words}"
        found.append(overruled(words) if row.id in allowed else judge(category=row.category, words=words))
    return min(found, key=lambda each: (order.index(each.competence), each.point or 0))


def _alike(rows: Sequence[Told]) -> list[list[Told]]:
    """Each with those that are like it; what was told first leads."""
    tellings = {row.id: telling_of(row) for row in rows}
    groups: list[list[Told]] = []
    left = list(rows)
    while left:
        first, rest = left[0], left[1:]
        near = [tellings[row.id] for row in rest if row.compound_id == first.compound_id]
        found = {int(each) for each, _ in alike(tellings[first.id], near, limit=len(near) or 1)}
        groups.append([first, *(row for row in rest if row.id in found)])
        left = [row for row in rest if row.id not in found]
    return groups


def _homes(session: Session, units: Mapping[int, int | None]) -> dict[int, set[object]]:
    """Of each issue the distinct homes of its raisers; whoever has no known home counts as one. ``units``: of the
    issues; a room that was told is one of it."""
    found: dict[int, dict[int, object]] = {}
    for row in session.execute(_RAISERS, {"issues": list(units)}):
        of_issue = found.setdefault(row.issue_id, {})
        unit = units[row.issue_id]
        told = (unit, row.room) if unit and row.room else None
        if row.home_unit_id and row.home_room:
            of_issue[row.id] = (row.home_unit_id, row.home_room)
        elif told or row.id not in of_issue:
            of_issue[row.id] = told or row.id
    return {issue: set(homes.values()) for issue, homes in found.items()}


def _reviews(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> list[Candidate]:
    """Resolutions of the series that are overdue, and those that were to be looked at again by now and were not."""
    zone = ZoneInfo(rules.timezone)
    today, that_day = at.astimezone(zone).date(), meeting.meets_at.astimezone(zone).date()
    rows = session.execute(_TO_REVIEW, {"series": series.id, "today": today, "that_day": that_day})
    return [_review(row.id, row.title, row.due_on, row.recorded_at, today, rules) for row in rows]


def _review(
    resolution: int, title: str, due_on: date, since: datetime, today: date, rules: HouseRules
) -> Candidate:
    overdue = max(0, (today - due_on).days)
    points, parts = score(Case(days_overdue=overdue, review=True), weights=rules.agenda_weights)
    return Candidate(
        ItemKind.REVIEW,
        title,
        MINUTES_REVIEW,
        points,
        parts,
        Judgement(Competence.RESIDENTS),
        since,
        mandatory=overdue > 0,
        resolution_id=resolution,
    )


def _free(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> list[Candidate]:
    """What the convener had added and the last meeting did not settle."""
    rows = session.execute(_LEFT_OVER, {"series": series.id, "before": meeting.meets_at})
    found = []
    for row in rows:
        points, parts = score(Case(recurrence=row.times), weights=rules.agenda_weights)
        judged = Judgement(row.competence, row.point)
        must = row.times >= rules.carried_at_most
        found.append(
            Candidate(ItemKind.FREE, row.title, row.minutes, points, parts, judged, at, must, row.times)
        )
    return found


def _hot_spots(
    session: Session, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> list[tuple[int, dict[str, Any]]]:
    """Issues at work of a kind that neighbours settle, with how often they were told within how many days.

    Often within days, or by as many homes within a season. Not what a narrower series of the place would take.
    """
    season = at - rules.hot_spot_season
    column, place = place_of(series)
    rows = session.execute(
        _told_often(column, series.level, series.compound_id is None),
        {"community": series.community_id, "compound": series.compound_id, "place": place, "since": season},
    ).all()
    lately: Counter[int] = Counter()
    homes: dict[int, set[object]] = {}
    for row in rows:
        if not discussable(row.category):
            continue
        lately[row.id] += row.at > at - rules.hot_spot_within
        home = (row.home_unit_id, row.home_room) if row.home_unit_id and row.home_room else row.raiser_id
        homes.setdefault(row.id, set()).add(home)
    found: list[tuple[int, dict[str, Any]]] = []
    for issue_id, told in homes.items():
        if lately[issue_id] >= rules.hot_spot_times:
            about = {"times": lately[issue_id], "days": rules.hot_spot_within.days, "homes": False}
            found.append((issue_id, about))
        elif len(told) >= rules.hot_spot_times:
            found.append((issue_id, {"times": len(told), "days": rules.hot_spot_season.days, "homes": True}))
    return found


@cache
def _told_often(column: str, level: Level, everywhere: bool) -> Select[*tuple[Any, ...]]:
    """``column``: that names the place of the series. What is open is found by its compound, or by all of those of the
    community."""
    compounds = select(Compound.id).where(Compound.community_id == bindparam("community"))
    near = Issue.compound_id.in_(compounds) if everywhere else Issue.compound_id == bindparam("compound")
    return (
        select(Issue.id, Issue.category, Report.raiser_id, Report.at, Member.home_unit_id, Member.home_room)
        .join(Report, or_(Report.issue_id == Issue.id, Report.issue_id == Issue.recurs_id))
        .join(Member, Member.id == Report.raiser_id)
        .where(
            _OPEN,
            Issue.community_id == bindparam("community"),
            Issue.state.in_(_AT_WORK),
            near,
            getattr(Issue, column) == bindparam("place"),
            ~_narrower(level),
            Report.withdrawn_at.is_(None),
            Report.at > bindparam("since"),
        )
        .order_by(Issue.id)
    )


def _narrower(level: Level) -> ColumnElement[bool]:
    """Whether another live series, of a narrower place around the issue, would take it up."""
    narrow = aliased(MeetingSeries)
    widths = list(Level)
    return exists(
        select(narrow.id).where(
            narrow.community_id == bindparam("community"),
            narrow.ended_at.is_(None),
            narrow.level.in_(widths[: widths.index(level)]),
            or_(narrow.unit_id.is_(None), narrow.unit_id == Issue.unit_id),
            or_(narrow.building_id.is_(None), narrow.building_id == Issue.building_id),
            narrow.compound_id == Issue.compound_id,
        )
    )


_RAISERS = (
    select(Report.issue_id, Report.room, Member.id, Member.home_unit_id, Member.home_room)
    .join(Member, Member.id == Report.raiser_id)
    .where(Report.issue_id.in_(bindparam("issues", expanding=True)), Report.withdrawn_at.is_(None))
    .order_by(Report.id)
)
#: How often an issue was on an announced agenda and not settled.
_STOOD_BEFORE = (
    select(
        AgendaIssue.issue_id,
        func.sum(case((AgendaItem.state.in_(_CARRIED), 1), else_=0)).label("times"),
        func.max(AgendaItem.details["allowed"].as_string()).label("allowed"),
    )
    .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
    .where(AgendaIssue.issue_id.in_(bindparam("issues", expanding=True)))
    .group_by(AgendaIssue.issue_id)
)
_REFERRED = select(Referral.issue_id).where(
    Referral.issue_id.in_(bindparam("issues", expanding=True)),
    Referral.to_level == bindparam("level"),
    Referral.answered_at.is_(None),
)
_review_item = aliased(AgendaItem)
_REVIEWED_BEFORE = exists(
    select(AgendaReview.item_id)
    .join(_review_item, _review_item.id == AgendaReview.item_id)
    .where(AgendaReview.resolution_id == Resolution.id, _review_item.state.in_(_REVIEWED))
)
_TO_REVIEW = (
    select(Resolution.id, Resolution.due_on, Resolution.recorded_at, AgendaItem.title)
    .join(Meeting, Meeting.id == Resolution.meeting_id)
    .join(AgendaItem, AgendaItem.id == Resolution.item_id)
    .where(
        Meeting.series_id == bindparam("series"),
        Resolution.state.in_(sorted(RUNNING)),
        or_(
            Resolution.due_on < bindparam("today"),
            (Resolution.review_on <= bindparam("that_day")) & ~_REVIEWED_BEFORE,
        ),
    )
    .order_by(Resolution.due_on, Resolution.id)
)
_LAST_MEETING = (
    select(Meeting.id)
    .where(Meeting.series_id == bindparam("series"), Meeting.meets_at < bindparam("before"), Meeting.state.in_(_OVER))
    .order_by(Meeting.meets_at.desc(), Meeting.id.desc())
    .limit(1)
    .scalar_subquery()
)
_TIMES = case((AgendaItem.state.in_(_CARRIED), AgendaItem.carried + 1), else_=AgendaItem.carried).label("times")
_LEFT_OVER = (
    select(AgendaItem.title, AgendaItem.minutes, AgendaItem.competence, AgendaItem.point, _TIMES)
    .where(
        AgendaItem.meeting_id == _LAST_MEETING,
        AgendaItem.kind == ItemKind.FREE,
        AgendaItem.state.in_([*_CARRIED, ItemState.QUEUED]),
    )
    .order_by(AgendaItem.position)
)
