"""What happens to a resolution by itself: it enters into force, its owner is warned, it is judged; and the digests of
the 15th and the last day of a month.

``resolutions.look_at`` says when there is something to do (models.rules.resolution_looking).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select, text, update
from sqlalchemy.orm import Session

from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.member import Post
from models.resolution import Resolution, ResolutionEntry
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.resolution_looking import Look, next_look, overdue_days, silent_days
from models.rules.resolution_workflow import RUNNING, ResolutionAction, ResolutionState
from services import notices, timetable
from services.meeting_people import above_convener
from services.meetings.resolutions import objections, verifying
from services.meetings.resolutions.deeds import decide_issues, settle_look
from services.meetings.resolutions.moves import BY_TIMER, ResolutionDeed, lock_resolution, move_resolution
from services.members import holders_of

#: Resolutions named in one digest; of the rest it says how many they are.
SHOWN = 9
_MIDDLE = 15
_STALE = timedelta(days=7)
_AGAIN = timedelta(days=7)  # an open objection is spoken of again
_PUT_OFF = timedelta(minutes=5)
_MOST_AT_ONCE = len(Look) * 2
_DUE = (
    select(Resolution.id)
    .where(text("resolutions.look_at IS NOT NULL"), Resolution.look_at <= bindparam("now"))  # as the partial index says
    .order_by(Resolution.look_at, Resolution.id)
    .limit(bindparam("most"))
)


def due_resolutions(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """The resolutions with which the timer has something to do, the longest due first."""
    return session.connection().scalars(_DUE, {"now": now, "most": limit}).all()


def look_at_resolution(session: Session, *, resolution_id: int, at: datetime, rules: HouseRules) -> list[Look]:
    """Do all that is due with one, in the order in which it became due. Of two who look, one finds nothing."""
    resolution = lock_resolution(session, resolution_id)
    done: list[Look] = []
    for _ in range(_MOST_AT_ONCE):
        coming = next_look(resolution, rules=rules)
        if coming is None or coming[0] > at:
            break
        _do(session, resolution, coming[1], at=at, rules=rules)
        done.append(coming[1])
    settle_look(session, resolution, rules=rules)
    return done


def put_off_resolution(session: Session, *, resolution_id: int, at: datetime) -> None:
    """Looking at it failed: it is tried again in a while, and stands in nobody's way until then."""
    changed = update(Resolution).where(Resolution.id == resolution_id).values(look_at=at + _PUT_OFF)
    session.connection().execute(changed)


def owe_digests(session: Session, *, slot: date, at: datetime, rules: HouseRules) -> int:
    """On the 15th and the last day of a month: one act for each community that has anything overdue or silent, so that
    none waits for another. One that comes a week late says nothing new. Returns how many."""
    late = at.astimezone(ZoneInfo(rules.timezone)).date() - slot >= _STALE
    if late or (slot.day != _MIDDLE and not _ends_month(slot)):
        return 0
    communities = session.scalars(select(Resolution.community_id).where(_behind(at, rules)).distinct()).all()
    return sum(
        timetable.owe(
            session, kind="resolution_digest_community", subject=str(community), slot=slot.isoformat(), due_at=at
        )
        for community in sorted(communities)
    )


def digest_community(session: Session, *, community_id: int, slot: date, at: datetime, rules: HouseRules) -> int:
    """Everybody who has to do with a resolution that is overdue or silent gets one list: its owner, who convened the
    meeting, and the rung above. Returns to how many people."""
    told: dict[int, list[dict[str, Any]]] = {}
    for resolution, series, title, role, holder in session.execute(
        select(Resolution, MeetingSeries, AgendaItem.title, Post.role, Post.label)
        .join(Meeting, Meeting.id == Resolution.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .join(AgendaItem, AgendaItem.id == Resolution.item_id)
        .join(Post, Post.id == Resolution.owner_id)
        .where(Resolution.community_id == community_id, _behind(at, rules))
        .order_by(Resolution.due_on, Resolution.id)
    ).all():
        line = {
            "resolution": resolution.id,
            "title": title,
            "holder_role": role.value,
            "holder": holder,
            "due_on": resolution.due_on.isoformat(),
            **_behind_by(resolution, at=at, rules=rules),
        }
        posts = (resolution.owner_id, series.convener_id, above_convener(session, series, at=at))
        people = (member for post in posts if post for member in holders_of(session, post_id=post, at=at))
        for member in dict.fromkeys(people):
            told.setdefault(member, []).append(line)
    for member, lines in sorted(told.items()):
        notices.owe(
            session,
            members=[member],
            kind="resolution_digest_staff",
            params={"month_end": _ends_month(slot), "behind": lines[:SHOWN], "rest": max(0, len(lines) - SHOWN)},
            key=f"resolution_digest:{community_id}:{slot.isoformat()}",
            at=at,
            rules=rules,
        )
    return len(told)


def _do(session: Session, resolution: Resolution, look: Look, *, at: datetime, rules: HouseRules) -> None:
    match look:
        case Look.END_OBJECTIONS:
            _end_objections(session, resolution, at=at, rules=rules)
        case Look.WARN:
            unjudged = resolution.state is ResolutionState.VERIFYING
            behind = {"unjudged": unjudged, **_behind_by(resolution, at=at, rules=rules)}
            _move(session, resolution, ResolutionAction.WARN, behind, at=at, rules=rules)
        case Look.ASK_VERIFICATION:
            verifying.ask(session, resolution, actor_id=None, held=BY_TIMER, at=at, rules=rules)
        case Look.JUDGE:
            verifying.judge(session, resolution, at=at, rules=rules)


def _end_objections(session: Session, resolution: Resolution, *, at: datetime, rules: HouseRules) -> None:
    """In force, unless an objection is open: its convener and the rung above hear that every week, and it is looked at
    daily until it is settled or withdrawn."""
    left = objections.open_objections(session, resolution_id=resolution.id)
    if not left:
        _move(session, resolution, ResolutionAction.ENTER_FORCE, {}, at=at, rules=rules)
        decide_issues(session, resolution, State.SCHEDULED, at=at, rules=rules)
    elif not _told_of_delay(session, resolution, since=at - _AGAIN):
        _move(session, resolution, ResolutionAction.DELAY, {"open": len(left)}, at=at, rules=rules)
    else:
        resolution.delayed_at = at


def _told_of_delay(session: Session, resolution: Resolution, *, since: datetime) -> bool:
    lately = select(ResolutionEntry.id).where(
        ResolutionEntry.resolution_id == resolution.id,
        ResolutionEntry.action == ResolutionAction.DELAY,
        ResolutionEntry.at > since,
    )
    return session.scalar(lately.limit(1)) is not None


def _move(
    session: Session,
    resolution: Resolution,
    action: ResolutionAction,
    details: Mapping[str, Any],
    *,
    at: datetime,
    rules: HouseRules,
) -> None:
    deed = ResolutionDeed(action, None, BY_TIMER, look_at=resolution.look_at, details=details)
    move_resolution(session, resolution, deed, at=at, rules=rules)


def _behind_by(resolution: Resolution, *, at: datetime, rules: HouseRules) -> dict[str, int]:
    return {
        "overdue_days": overdue_days(resolution.due_on, at=at, rules=rules),
        "silent_days": silent_days(resolution, at=at, rules=rules),
    }


def _behind(at: datetime, rules: HouseRules) -> Any:
    """Overdue, or without a word of its owner for too long."""
    today = at.astimezone(ZoneInfo(rules.timezone)).date()
    silent = and_(
        Resolution.state.in_([ResolutionState.IN_FORCE, ResolutionState.ACCEPTED]),
        Resolution.noted_at <= at - rules.resolution_silent,
    )
    return and_(Resolution.state.in_(sorted(RUNNING)), or_(Resolution.due_on < today, silent))


def _ends_month(day: date) -> bool:
    return day.month != (day + timedelta(days=1)).month
