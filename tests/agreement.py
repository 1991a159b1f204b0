"""What a meeting agreed, for tests: a resolution of 西苑小区议事会, published and brought as far as a test begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem
from models.member import Member, Post
from models.notice import Notice
from models.resolution import Resolution, ResolutionEntry
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionAction, ResolutionState
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions import verifying
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

WORDS = "在3号楼东侧装三个充电桩。"
STANDARD = "三个充电桩都能用"
NUMBER = "决议2026-1"


@dataclass
class Agreement:
    here: Neighbourhood
    staff: Staff
    meeting: Council
    resolution_id: int

    @property
    def resolution(self) -> Resolution:
        return self.here.session.get_one(Resolution, self.resolution_id, populate_existing=True)

    @property
    def deeds(self) -> list[ResolutionAction]:
        query = select(ResolutionEntry.action).where(ResolutionEntry.resolution_id == self.resolution_id)
        return list(self.here.session.scalars(query.order_by(ResolutionEntry.id)))

    def publish(self) -> None:
        """As the minutes do: its issues stand on no agenda any more."""
        here, item = self.here, self.resolution.item_id
        here.session.execute(update(AgendaIssue).where(AgendaIssue.item_id == item).values(on_agenda=False))
        resolutions.publish(self.here.session, self.resolution, at=self.here.now, rules=self.here.house.rules)

    def stands(self, state: ResolutionState) -> bool:
        return self.resolution.state is state

    def note(self, person: Person, words: str) -> None:
        resolutions.note(self.here.session, words=words, **self._by(person))

    def say_done(self, person: Person) -> int:
        return verifying.say_done(self.here.session, **self._by(person))

    def verify(self, person: Person, *, met: bool, words: str = "") -> None:
        verifying.verify(self.here.session, met=met, words=words, **self._by(person))

    def extend(self, person: Person, until: date) -> None:
        resolutions.extend(self.here.session, words="设备没有到货", until=until, **self._by(person))

    def _by(self, person: Person) -> dict[str, Any]:
        now = {"at": self.here.now, "rules": self.here.house.rules}
        return {"resolution_id": self.resolution_id, "member_id": person.member_id} | now

    def enters_force(self) -> None:
        """The period of objections passes, and everybody reads in the morning what comes of it."""
        self.here.deliver()
        until = self.resolution.objections_until
        assert until is not None
        self.here.now = until
        self.here.keeps_time()
        self.here.passes(hours=9)
        self.here.deliver()


def kinds(here: Neighbourhood, person: Person) -> list[str]:
    """What somebody was told of resolutions, in order."""
    query = select(Notice.kind).where(Notice.member_id == person.member_id, Notice.kind.like("resolution_%"))
    return list(here.session.scalars(query.order_by(Notice.id)))


def post_of(session: Session, role: Role) -> int:
    return session.scalars(select(Post.id).where(Post.role == role).order_by(Post.id)).first() or 0


def agreed(
    here: Neighbourhood,
    staff: Staff,
    *,
    issues: Sequence[Issue] = (),
    title: str = "增设充电桩",
    owner: Role = Role.HANDLER,
    days: int = 30,
    follow_up: Sequence[Person] = (),
    published: bool = True,
    level: Level = Level.COMPOUND,
    held: Council | None = None,
) -> Agreement:
    """``days``: until it is due."""
    meeting = held or council(here, staff, state=MeetingState.CALLED, days=1, level=level)
    item = meeting.item(title, issues=issues, state=ItemState.ADOPTED)
    session = here.session
    resolution = resolutions.record(
        session,
        item=session.get_one(AgendaItem, item),
        meeting=meeting.meeting,
        series=meeting.series,
        words=WORDS,
        standard=STANDARD,
        owner_id=post_of(session, owner),
        due_on=due_day(here, days),
        follow_up=[person.member_id for person in follow_up],
        actor_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    agreement = Agreement(here, staff, meeting, resolution.id)
    if published:
        agreement.publish()
    return agreement


def due_day(here: Neighbourhood, days: int) -> date:
    return (here.now + timedelta(days=days)).date()


def lives_here(here: Neighbourhood, person: Person, room: str = "501") -> None:
    """In 西苑小区3号楼2单元; the person has said hello, so that a notice can be answered by number."""
    person.says("你好")
    home = {"home_unit_id": here.ids.unit, "home_room": room, "community_id": here.ids.community}
    here.session.execute(update(Member).where(Member.id == person.member_id).values(**home))
