"""The world of the state machine: a small community, everybody in it, and every deed that the table knows.

Deeds go through the services, as chats and pages do. What is refused is undone; what is done is remembered beside the
database, so that a report that is lost or a merge that is not undone exactly shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Executable,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from bot.due_acts import run_due
from models.base import UtcDateTime, insert_row, undone_if_refused
from models.community import Organisation, OrganisationKind, Street
from models.issue import Issue
from models.member import Account, Grant
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.errors import RuleError
from models.rules.issue_workflow import (
    Actor,
    Nature,
    State,
)
from models.rules.posts import Role, ScopeKind
from services import (
    intake,
    members,
    support,
)
from services.audit import Breach, audit, checks, counted
from services.audit.times import too_late
from services.intake import Told, Where
from services.notices import raisers_of
from tests.neighbourhood import Neighbourhood, next_door, settle

#: What undoing a merge must not restore: who was told when, and so when to look again.
_OWN_BOOKKEEPING = {"told_at", "look_at"}
#: The invariants of issues alone. Where a world has no meetings, their deeds come out of nothing.
ISSUES = frozenset(range(1, 9))
_LEAVING = (
    select(Notice.id)
    .where(Notice.state.in_([NoticeState.OWED, NoticeState.SENDING]), Notice.not_before <= bindparam("now"))
    .order_by(Notice.id)
)
_LEFT = (
    update(Notice)
    .where(Notice.__table__.c.id == bindparam("notice"))
    .values(state=bindparam("became"), settled_at=bindparam("at"))
)
_SHOWN = (
    update(Notice)
    .where(Notice.member_id == bindparam("member"), Notice.state == NoticeState.PARKED)
    .values(state=NoticeState.SHOWN, settled_at=bindparam("at"))
)
_BLOCKED = update(Account).where(Account.member_id == bindparam("member")).values(blocked_at=bindparam("at"))
_BACK = (
    update(Account)
    .where(Account.member_id == bindparam("member"), Account.blocked_at.is_not(None))
    .values(blocked_at=None)
)
_REPORTS = select(Report.id, Report.raiser_id, Report.words)
_KNOWN = select(Issue.id, Issue.state, Issue.category, Issue.holder_id, Issue.landing_due).order_by(Issue.id)
_OFFICES = {
    Actor.STEWARD: ("li",),
    Actor.SECRETARY: ("zhao",),
    Actor.COMMUNITY: ("sun",),
    Actor.STREET: ("tang",),
    Actor.UPPER: ("zhao", "sun", "tang"),
    Actor.HELPER: ("qian", "cheng"),
}
MATTERS = (("楼道灯坏了", "lighting"), ("水管漏水", "water"), ("门口堆垃圾", "sanitation"), ("夜里太吵", "noise"))


@cache
def anything_broken(dialect: Dialect, *, whole: bool) -> Executable:
    """Whether any check finds something.

    On SQLite constants are written out. Where its plan depends on a bound value, it plans anew each time it runs, and
    for all of this together that takes many times as long as the answer.
    """
    found = (exists(check.query.order_by(None)) for check in checks() if whole or check.invariant in ISSUES)
    asked = or_(*found)
    if dialect.name != "sqlite":
        return select(asked)
    asked = replacement_traverse(asked, {}, _left_bound)
    written = str(select(asked).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    return text(written).bindparams(bindparam("at", type_=UtcDateTime))


def _left_bound(element: ExternallyTraversible, **_: Any) -> ColumnElement[datetime] | None:
    """The moment is another each time."""
    return literal_column(":at", UtcDateTime) if isinstance(element, BindParameter) and element.key == "at" else None


class _Death(Exception):
    """Of the process."""


class Known(NamedTuple):
    """What is looked at to choose an issue, and who does what to it."""

    id: int
    state: State
    category: str
    holder_id: int
    landing_due: datetime


@dataclass
class World:
    """``told``: each report as it was told. ``merged``: each issue that was merged, as it was before.

    ``whole``: there are meetings, and their invariants hold too.
    """

    session: Session
    here: Neighbourhood
    there: Neighbourhood
    people: dict[str, int]  # by name: member ids
    posts: dict[int, int]  # by post: who holds it
    organisations: list[int]
    now: datetime = datetime(2026, 9, 28, 1, tzinfo=UTC)  # three days before 国庆
    told: dict[int, tuple[int, str]] = field(default_factory=dict)
    may_have_told: bool = False
    merged: dict[int, dict[str, Any]] = field(default_factory=dict)
    changed: bool = True
    whole: bool = False
    done: Counter[str] = field(default_factory=Counter)

    def again(self, session: Session) -> World:
        """The same community at its beginning, in a transaction of its own."""
        return World(session, self.here, self.there, self.people, self.posts, self.organisations)

    def issues(self) -> list[Issue]:
        return list(self.session.scalars(select(Issue).order_by(Issue.id).execution_options(populate_existing=True)))

    def known(self) -> list[Known]:
        """The same, as they are now, for no more than choosing."""
        return [Known._make(row) for row in self.session.connection().execute(_KNOWN)]

    # Who can do what.

    def who_may_be(self, issue: Issue | Known, roles: frozenset[Actor]) -> list[int]:
        """The members who may well be one of these to an issue; the services decide."""
        people = self.people
        found = [people[name] for role in sorted(roles) for name in _OFFICES.get(role, ())]
        if roles & {Actor.HOLDER, Actor.HANDLER}:
            found.append(self.posts[issue.holder_id])
        if Actor.RAISER in roles:
            found += raisers_of(self.session, issue_id=issue.id)
        return found

    def attempt(self, name: str, deed: Callable[[], object]) -> bool:
        """Do it; whatever is refused leaves nothing behind. No two deeds are of one moment."""
        try:
            with self._undone():
                deed()
                self.session.flush()
        except RuleError:
            self.session.expire_all()
            return False
        self.changed = self.may_have_told = True
        self.done[name] += 1
        self.now += timedelta(seconds=1)
        return True

    def dies_while(self, deed: Callable[[], object]) -> None:
        """The process dies after the deed and before its commit: as if nothing had been."""
        with suppress(RuleError, _Death), self._undone():
            deed()
            self.session.flush()
            raise _Death
        self.session.expire_all()

    def _undone(self) -> AbstractContextManager[object]:
        """Where something is raised within. A machine of meetings keeps what it has read of them."""
        return self.session.begin_nested() if self.whole else undone_if_refused(self.session)

    # The deeds.

    def report(self, who: str, matter: int, *, urgent: bool, unit: bool) -> None:
        words, category = MATTERS[matter % len(MATTERS)]
        told = self._tells(words, category, urgent=urgent, unit=unit)
        self.attempt(
            "report",
            lambda: intake.report_issue(
                self.session,
                raiser_id=self.people[who],
                platform="webchat",
                told=told,
                at=self.now,
                rules=self.here.house.rules,
            ),
        )

    def join(self, who: str, issue: Issue | Known, *, urgent: bool) -> None:
        told = self._tells("我家门口也是这样", issue.category, urgent=urgent, unit=True)
        self.attempt(
            "join",
            lambda: intake.join_issue(
                self.session,
                issue_id=issue.id,
                raiser_id=self.people[who],
                platform="webchat",
                told=told,
                at=self.now,
                rules=self.here.house.rules,
            ),
        )

    def passes(self, duration: timedelta) -> None:
        self.changed = True
        self.now += duration
        run_due(self.session, now=self.now, house=self.here.house, entries={})  # hourly slots of 40 days take a while
        self._told_of_lost_holders()
        self.now += timedelta(seconds=1)

    def deliver(self, outcomes: Iterator[NoticeState]) -> None:
        """What is owed leaves, in order; its channel may be closed or gone."""
        leaving = self.session.connection().scalars(_LEAVING, {"now": self.now}).all()
        if leaving:
            self.changed = True
            rows = [{"notice": each, "became": next(outcomes)} for each in leaving]
            settled = [{**row, "at": None if row["became"] is NoticeState.PARKED else self.now} for row in rows]
            self.session.connection().execute(_LEFT, settled)

    def write_in(self, member_id: int) -> None:
        """Somebody writes again: what was parked is shown."""
        if self.session.connection().execute(_SHOWN, {"member": member_id, "at": self.now}).rowcount:
            self.changed = True
            self.session.expire_all()

    def blocks(self, member_id: int) -> None:
        self.changed = True
        self.session.connection().execute(_BLOCKED, {"member": member_id, "at": self.now})
        self.session.expire_all()
        self._told_of_lost_holders()

    def comes_back(self, member_id: int) -> None:
        if self.session.connection().execute(_BACK, {"member": member_id}).rowcount:
            self.changed = True
            self.session.expire_all()

    # What must hold.

    def breaches(self) -> list[Breach]:
        """All checks of the audit in one statement; where one of them finds something, the audit itself tells what."""
        self.session.flush()
        connection, rules = self.session.connection(), self.here.house.rules
        broken = connection.scalar(anything_broken(connection.dialect, whole=self.whole), {"at": self.now})
        more = counted if self.whole else too_late  # all else that is counted is of meetings
        if not broken and not any(more(self.session, at=self.now, rules=rules)):
            return []
        found = audit(self.session, at=self.now, rules=rules)
        return found if self.whole else [breach for breach in found if breach.invariant in ISSUES]

    def reports_are_conserved(self) -> bool:
        """A deed may add some; nothing else does, and nothing takes one away or changes it."""
        rows = self.session.connection().execute(_REPORTS)
        found = {row.id: (row.raiser_id, row.words) for row in rows}
        if self.may_have_told:
            self.told = found | self.told
            self.may_have_told = False
        return found == self.told

    def _tells(self, words: str, category: str, *, urgent: bool, unit: bool) -> Told:
        ids = self.here.ids
        where = Where(ids.compound, ids.building, ids.unit) if unit else Where(ids.compound)
        return Told(words, words[:10], category, Nature.HELP, urgent, where)

    def _told_of_lost_holders(self) -> None:
        support.tell_of_lost_holders(self.session, at=self.now, rules=self.here.house.rules)
        self.session.flush()

    def columns(self, issue_id: int) -> dict[str, Any]:
        row = self.session.execute(select(Issue.__table__).where(Issue.id == issue_id)).mappings().one()
        return {name: value for name, value in row.items() if name not in _OWN_BOOKKEEPING}


def build(session: Session) -> World:
    here = settle(session)
    there = next_door(here)
    here.now = there.now = World.now
    street = session.scalars(select(Street.id)).one()
    department = insert_row(
        session,
        Organisation,
        community_id=here.ids.community,
        kind=OrganisationKind.DEPARTMENT,
        name="城管",
    )
    ids = here.ids
    posts = (
        ("li", Role.STEWARD, ScopeKind.UNIT, ids.unit, "西苑小区3号楼2单元", ids.community),
        ("zhao", Role.SECRETARY, ScopeKind.GRID, ids.grid, "第一网格", ids.community),
        ("sun", Role.COMMUNITY, ScopeKind.COMMUNITY, ids.community, "兰宁社区", ids.community),
        ("tang", Role.STREET, ScopeKind.STREET, street, "凤栖街道", None),
        ("qian", Role.HANDLER, ScopeKind.ORGANISATION, ids.property, "安居物业", ids.community),
        ("cheng", Role.HANDLER, ScopeKind.ORGANISATION, department, "城管", ids.community),
    )
    people, on = {}, {}
    for name in ("wang", "liu", "chen", "zhou"):
        people[name] = here.person(name).member_id
    for name, role, kind, scope, label, community in posts:
        people[name] = here.person(name).member_id
        post = members.post_for(
            session, role=role, scope_kind=kind, scope_id=scope, community_id=community, label=label
        )
        on[post.id] = people[name]
        insert_row(
            session, Grant, member_id=people[name], post_id=post.id, starts_at=here.now, confirmed_at=here.now
        )
    people["far"] = there.person("far").member_id
    session.flush()
    return World(session, here, there, people, on, [ids.property, department])
