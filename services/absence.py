"""请假、代班: a colleague stands in on somebody's posts for a time; it ends by itself, or when they are back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, exists, func, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from models.base import insert_row
from models.community import Building, Unit
from models.issue import OPEN_WORDS, Issue
from models.member import Account, Grant, Member, Post
from models.rules.errors import NobodyReachable, NotFound, TooLong, TransitionNotAllowed
from models.rules.house import HouseRules
from models.rules.posts import RUNGS, Role, Rung, ScopeKind
from services import notices, timetable
from services.ladder import Scope, first_holder, next_rung
from services.members import confirmers, holders_of, live_grant

#: Longer than this nobody is away: the post is given to somebody else.
LONGEST = timedelta(days=180)
_LISTED = 8  # open issues that are told to whoever stands in
_OPEN = text(f"issues.{OPEN_WORDS}")  # the words of the partial index


@dataclass(frozen=True)
class Colleague:
    """Somebody on a post of the same community. ``name`` may be empty."""

    member_id: int
    name: str
    role: Role
    label: str


@dataclass(frozen=True)
class Absence:
    """``stand_in`` None: nobody; the rung above was told."""

    until: datetime
    stand_in: Colleague | None
    issues: int


@dataclass(frozen=True)
class _Held:
    grant_id: int
    ends_at: datetime | None
    post_id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int
    community_id: int | None
    label: str
    building_id: int | None
    compound_id: int | None
    grid_id: int | None


def colleagues(session: Session, *, member_id: int, at: datetime, limit: int = 8) -> list[Colleague]:
    """Who may stand in: reachable people on the ladder's posts of the same community who are not away themselves, those
    of the same building first, then of the compound, of the grid, of the community."""
    own = [held for held in _posts(session, member_id, at) if held.role in RUNGS]
    communities = {held.community_id for held in own if held.community_id is not None}
    away = select(Grant.stands_in_for_id).where(Grant.stands_in_for_id.is_not(None), live_grant(at))
    rows = session.execute(
        _grants()
        .add_columns(Grant.member_id, Member.name)
        .join(Member, Member.id == Grant.member_id)
        .where(live_grant(at), Post.community_id.in_(communities), Post.role.in_(RUNGS))
        .where(Grant.member_id != member_id, Grant.stands_in_for_id.is_(None), Grant.member_id.not_in(away))
        .where(exists(select(Account.id).where(Account.member_id == Grant.member_id, Account.blocked_at.is_(None))))
    )
    found: dict[int, tuple[tuple[int, int, int], Colleague]] = {}
    for row in rows:
        held = _Held(*row[:11])
        near = min((_distance(mine, held), int(mine.role is not held.role), held.post_id) for mine in own)
        best = found.get(row.member_id)
        if best is None or near < best[0]:
            found[row.member_id] = (near, Colleague(row.member_id, row.name, held.role, held.label))
    ordered = sorted(found.values(), key=lambda each: (each[0], each[1].member_id))
    return [colleague for _, colleague in ordered][:limit]


def absence_of(session: Session, *, member_id: int, at: datetime) -> Absence | None:
    """Who stands in for somebody now, and until when."""
    own = aliased(Grant)  # of whoever stands in
    row = session.execute(
        select(Grant.ends_at, Grant.member_id, Member.name, Post.role, Post.label)
        .join(Member, Member.id == Grant.member_id)
        .join(own, (own.member_id == Grant.member_id) & own.stands_in_for_id.is_(None))
        .join(Post, Post.id == own.post_id)
        .where(Grant.stands_in_for_id == member_id, live_grant(at))
        .where(own.confirmed_at.is_not(None), or_(own.ends_at.is_(None), own.ends_at > at))
        .order_by(Grant.ends_at.desc(), Post.id)
        .limit(1)
    ).one_or_none()
    if row is None or row.ends_at is None:
        return None
    posts = [held.post_id for held in _posts(session, member_id, at)]
    stand_in = Colleague(row.member_id, row.name, row.role, row.label)
    return Absence(row.ends_at, stand_in, _count(session, posts))


def go_away(
    session: Session, *, member_id: int, until: datetime, stand_in: int | None, at: datetime, rules: HouseRules
) -> Absence:
    """From now until then a colleague holds the posts as well, and is told of what is open; or nobody does, and the
    rung above is told. Said again, it replaces what was said before.

    Raises TransitionNotAllowed for whoever holds no post, TooLong for a moment that is past or too far away, NotFound
    for somebody who cannot stand in.
    """
    own = _posts(session, member_id, at)
    if not own:
        raise TransitionNotAllowed
    if not at < until <= at + LONGEST:
        raise TooLong(days=LONGEST.days)
    _end(session, member_id, at)
    name = session.scalar(select(Member.name).where(Member.id == member_id)) or ""
    key = f"absence:{member_id}:{at.isoformat()}"
    about: dict[str, Any] = {"name": name, "until": until.astimezone(ZoneInfo(rules.timezone)).isoformat()}
    if stand_in is None:
        for held in own:
            facts = about | {"posts": [_named(held)], "count": _count(session, [held.post_id])}
            above = [each for each in _above(session, held, at) if each != member_id]
            of_post = f"{key}:{held.post_id}"
            notices.owe(session, members=above, kind="absent_above", params=facts, key=of_post, at=at, rules=rules)
        return Absence(until, None, _count(session, [held.post_id for held in own]))
    colleague = _colleague(session, member_id, stand_in, at)
    lent = [held for held in own if held.role in RUNGS]
    for held in lent:
        _lend(session, held, stand_in, member_id=member_id, until=until, at=at)
    posts = [held.post_id for held in lent]
    facts = about | {"posts": [_named(held) for held in lent], "count": _count(session, posts)}
    facts["issues"] = _open_issues(session, posts)
    notices.owe(session, members=[stand_in], kind="stand_in", params=facts, key=key, at=at, rules=rules)
    timetable.owe(session, kind="absence_over", subject=str(member_id), slot=until.isoformat(), due_at=until)
    return Absence(until, colleague, facts["count"])


def come_back(session: Session, *, member_id: int, at: datetime, rules: HouseRules) -> int:
    """Before the time is over. Returns how many posts were lent."""
    ended = _end(session, member_id, at)
    _tell_over(session, ended, absent=member_id, at=at, rules=rules, to_absent=False)
    return len({row.post_id for row in ended})


def tell_over(session: Session, *, member_id: int, until: datetime, at: datetime, rules: HouseRules) -> None:
    """The time is over: both hear it. Nobody does where it ended before, or was put off."""
    ended = session.execute(_lent(member_id).where(Grant.ends_at == until)).all()
    _tell_over(session, ended, absent=member_id, at=at, rules=rules, to_absent=True)


def end_lending(session: Session, *, post_id: int, member_id: int, at: datetime, rules: HouseRules) -> None:
    """Somebody leaves a post for good: nobody stands in on it any more."""
    ended = _end(session, member_id, at, post_id=post_id)
    _tell_over(session, ended, absent=member_id, at=at, rules=rules, to_absent=False)


def _grants() -> Select[*tuple[Any, ...]]:
    """Grants with the posts, and where these are."""
    unit_post = and_(Post.scope_kind == ScopeKind.UNIT, Unit.id == Post.scope_id)
    building_post = and_(Post.scope_kind == ScopeKind.BUILDING, Building.id == Post.scope_id)
    grid = func.coalesce(Building.grid_id, case((Post.scope_kind == ScopeKind.GRID, Post.scope_id)))
    return (
        select(
            Grant.id,
            Grant.ends_at,
            Post.id.label("post_id"),
            Post.role,
            Post.scope_kind,
            Post.scope_id,
            Post.community_id,
            Post.label,
            Building.id.label("building_id"),
            Building.compound_id,
            grid.label("grid_id"),
        )
        .join(Post, Post.id == Grant.post_id)
        .outerjoin(Unit, unit_post)
        .outerjoin(Building, or_(building_post, Building.id == Unit.building_id))
    )


def _posts(session: Session, member_id: int, at: datetime) -> list[_Held]:
    rows = session.execute(_grants().where(Grant.member_id == member_id, live_grant(at)).order_by(Post.id))
    return [_Held(*row) for row in rows]


def _distance(one: _Held, other: _Held) -> int:
    levels = ("building_id", "compound_id", "grid_id", "community_id")
    for distance, level in enumerate(levels):
        here = getattr(one, level)
        if here is not None and here == getattr(other, level):
            return distance
    return len(levels)


def _colleague(session: Session, member_id: int, stand_in: int, at: datetime) -> Colleague:
    everybody = colleagues(session, member_id=member_id, at=at, limit=10_000)
    for colleague in everybody:
        if colleague.member_id == stand_in:
            return colleague
    raise NotFound


def _lend(session: Session, held: _Held, stand_in: int, *, member_id: int, until: datetime, at: datetime) -> None:
    """What is only lent to the one who goes away is lent no longer than to them."""
    if stand_in in holders_of(session, post_id=held.post_id, at=at):
        return
    insert_row(
        session,
        Grant,
        member_id=stand_in,
        post_id=held.post_id,
        starts_at=at,
        ends_at=min(until, held.ends_at) if held.ends_at else until,
        confirmed_at=at,
        confirmed_by_id=member_id,
        stands_in_for_id=member_id,
    )


def _lent(member_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Grant.id, Grant.member_id, Post.id.label("post_id"), Post.role, Post.label)
        .join(Post, Post.id == Grant.post_id)
        .where(Grant.stands_in_for_id == member_id)
        .order_by(Grant.id)
    )


def _end(session: Session, member_id: int, at: datetime, *, post_id: int | None = None) -> Sequence[Any]:
    lent = _lent(member_id).where(Grant.ends_at > at)
    ended = session.execute(lent if post_id is None else lent.where(Grant.post_id == post_id)).all()
    session.connection().execute(update(Grant).where(Grant.id.in_([row.id for row in ended])).values(ends_at=at))
    return ended


def _tell_over(
    session: Session, ended: Iterable[Any], *, absent: int, at: datetime, rules: HouseRules, to_absent: bool
) -> None:
    of_member: dict[int, list[list[str]]] = {}
    for row in ended:
        of_member.setdefault(row.member_id, []).append([row.role.value, row.label])
    name = session.scalar(select(Member.name).where(Member.id == absent)) or ""
    for stand_in, posts in of_member.items():
        key = f"absence:{absent}:over:{at.isoformat()}"
        facts = {"name": name, "posts": posts}
        notices.owe(session, members=[stand_in], kind="stand_in_over", params=facts, key=key, at=at, rules=rules)
        if to_absent:
            facts = {"posts": posts}
            notices.owe(session, members=[absent], kind="absence_over", params=facts, key=key, at=at, rules=rules)


def _above(session: Session, held: _Held, at: datetime) -> Sequence[int]:
    """Who oversees a post: the next rung; the staff where nobody is there."""
    if held.community_id is None:
        return ()
    unit = held.scope_id if held.scope_kind is ScopeKind.UNIT else None
    scope = Scope(held.community_id, held.grid_id, held.building_id, unit)
    try:
        if held.role in RUNGS:
            routed = next_rung(session, scope=scope, above=RUNGS[held.role], at=at)
        else:
            routed = first_holder(session, scope=Scope(held.community_id, None, None, None), at=at)
    except NobodyReachable:
        return confirmers(session, community_id=held.community_id, at=at)
    if not routed.reachable or routed.rung is Rung.CORRIDOR:
        return confirmers(session, community_id=held.community_id, at=at)
    return holders_of(session, post_id=routed.post_id, at=at)


def _named(held: _Held) -> list[str]:
    return [held.role.value, held.label]


def _count(session: Session, posts: Sequence[int]) -> int:
    return session.scalar(select(func.count(Issue.id)).where(_OPEN, Issue.holder_id.in_(posts))) or 0


def _open_issues(session: Session, posts: Sequence[int]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Issue.number, Issue.summary, Issue.place_label)
        .where(_OPEN, Issue.holder_id.in_(posts))
        .order_by(Issue.landing_due, Issue.id)
        .limit(_LISTED)
    )
    return [{"number": row.number, "summary": row.summary, "place": row.place_label} for row in rows]
