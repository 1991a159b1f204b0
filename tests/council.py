"""A deliberation meeting for tests, put straight into the database in whatever state a test begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from models.base import insert_row
from models.issue import Issue
from models.meeting import (
    AgendaIssue,
    AgendaItem,
    Meeting,
    MeetingEntry,
    MeetingInvitation,
    MeetingSeries,
    StandingMember,
)
from models.member import Member, Post
from models.rules.issue_workflow import Action, Actor, Level
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import (
    ANNOUNCED,
    ON_AGENDA,
    Capacity,
    Competence,
    Form,
    ItemKind,
    ItemState,
    MeetingAction,
    MeetingState,
    QuorumRule,
    Rsvp,
)
from models.rules.posts import Role
from services import timetable
from services.deliberating import propose_issue, schedule_issue
from services.households import household_of
from services.moving import Deed, lock_issue, move
from tests.neighbourhood import Neighbourhood, Person, Staff

_PATH = (
    (MeetingState.PLANNED, MeetingAction.PLAN),
    (MeetingState.COLLECTING, MeetingAction.COLLECT),
    (MeetingState.DRAFTED, MeetingAction.DRAFT),
    (MeetingState.CALLED, MeetingAction.APPROVE),
    (MeetingState.IN_SESSION, MeetingAction.OPEN),
    (MeetingState.HELD, MeetingAction.CLOSE),
    (MeetingState.MINUTED, MeetingAction.SEND_MINUTES),
    (MeetingState.PUBLISHED, MeetingAction.PUBLISH),
)
_PATHS = {
    MeetingState.CANCELLED: (_PATH[0], (MeetingState.CANCELLED, MeetingAction.CANCEL)),
    MeetingState.NOT_HELD: (_PATH[0], (MeetingState.NOT_HELD, MeetingAction.MISS)),
}
#: What would come if nobody did anything; so late that no test hears of it that does not plan its meeting itself.
_WATCH = tuple(("meeting_step", step.value) for step in (Step.MISS, Step.REMIND_MINUTES, Step.REMIND_PUBLISH))
_SITS = (*_WATCH, ("close_meeting", ""))
_LONG = timedelta(days=3650)
_NUMBERED = {MeetingState.CALLED, MeetingState.IN_SESSION, MeetingState.HELD, MeetingState.MINUTED}


@dataclass
class Council:
    """西苑小区议事会, convened by the secretary (zhao)."""

    here: Neighbourhood
    staff: Staff
    series_id: int
    meeting_id: int

    @property
    def series(self) -> MeetingSeries:
        return self.here.session.get_one(MeetingSeries, self.series_id, populate_existing=True)

    @property
    def meeting(self) -> Meeting:
        return self.here.session.get_one(Meeting, self.meeting_id, populate_existing=True)

    def items(self) -> list[AgendaItem]:
        query = select(AgendaItem).where(AgendaItem.meeting_id == self.meeting_id).order_by(AgendaItem.position)
        return list(self.here.session.scalars(query.execution_options(populate_existing=True)))

    def stands(self, person: Person, capacity: Capacity = Capacity.VOTER) -> None:
        """A standing member of the series."""
        row = {"series_id": self.series_id, "member_id": person.member_id}
        insert_row(self.here.session, StandingMember, **row, capacity=capacity, added_at=self.here.now)

    def seat(
        self,
        person: Person,
        capacity: Capacity = Capacity.VOTER,
        *,
        rsvp: Rsvp | None = None,
        present: bool = False,
        room: str = "",
    ) -> int:
        """An invitation that was told. ``room``: the person lives there (in 3号楼2单元)."""
        here = self.here
        if room:
            home = {"home_unit_id": here.ids.unit, "home_room": room, "community_id": here.ids.community}
            here.session.execute(update(Member).where(Member.id == person.member_id).values(**home))
        return insert_row(
            here.session,
            MeetingInvitation,
            meeting_id=self.meeting_id,
            member_id=person.member_id,
            household=household_of(here.session, person.member_id),
            capacity=capacity,
            invited_at=here.now,
            rsvp=rsvp,
            rsvp_at=here.now if rsvp else None,
            checked_in_at=here.now if present else None,
        )

    def item(
        self,
        title: str = "增设充电桩",
        *,
        issues: Sequence[Issue] = (),
        state: ItemState = ItemState.LISTED,
        minutes: int = 20,
        competence: Competence = Competence.RESIDENTS,
    ) -> int:
        """An item on the agenda. Its issues are proposed, and scheduled where the meeting has been called."""
        here, meeting = self.here, self.meeting
        item = insert_row(
            here.session,
            AgendaItem,
            meeting_id=self.meeting_id,
            kind=ItemKind.ISSUES if issues else ItemKind.FREE,
            state=state,
            position=len(self.items()) + 1,
            title=title,
            minutes=minutes,
            competence=competence,
            parts={},
        )
        for issue in issues:
            called = meeting.state in ON_AGENDA and state in ANNOUNCED
            insert_row(here.session, AgendaIssue, item_id=item, issue_id=issue.id, on_agenda=called)
            self.proposes(issue)
            if called:
                schedule_issue(
                    here.session,
                    issue_id=issue.id,
                    meeting=self.series.label,
                    meets_at=meeting.meets_at,
                    at=here.now,
                    rules=here.house.rules,
                )
        here.session.flush()
        return item

    def proposes(self, issue: Issue, level: Level | None = None) -> None:
        """The community's desk puts an issue up for discussion, taking it up first where its holder has not."""
        here = self.here
        if issue.state.value == "received":
            locked = lock_issue(here.session, issue.id)
            move(here.session, locked, Deed(Action.ACCEPT, None, {Actor.HOLDER}), at=here.now, rules=here.house.rules)
        propose_issue(
            here.session,
            issue_id=issue.id,
            member_id=self.staff.sun.member_id,
            level=level or self.series.level,
            words="要大家商量",
            at=here.now,
            rules=here.house.rules,
        )


def council(
    here: Neighbourhood,
    staff: Staff,
    *,
    state: MeetingState = MeetingState.PLANNED,
    level: Level = Level.COMPOUND,
    days: float = 14,
    quorum: QuorumRule = QuorumRule.HALF_OF_VOTERS,
    households: int | None = None,
    length: int = 90,
    watched: bool = True,
) -> Council:
    """A meeting ``days`` from now. Corridor: of 3号楼2单元, convened by li; community: convened by sun.
    Another one at the same level is of the same series. ``watched`` False: the test owes its steps itself."""
    ids, session = here.ids, here.session
    place = {
        Level.CORRIDOR: {"compound_id": ids.compound, "building_id": ids.building, "unit_id": ids.unit},
        Level.COMPOUND: {"compound_id": ids.compound},
        Level.COMMUNITY: {},
    }[level]
    role = {Level.CORRIDOR: Role.STEWARD, Level.COMPOUND: Role.SECRETARY, Level.COMMUNITY: Role.COMMUNITY}[level]
    label = {
        Level.CORRIDOR: "西苑小区3号楼2单元楼道会",
        Level.COMPOUND: "西苑小区议事会",
        Level.COMMUNITY: "兰宁社区议事会",
    }[level]
    convener = session.scalars(select(Post.id).where(Post.role == role, Post.community_id == ids.community)).first()
    same = {"length_minutes": length, "venue": "红色议事厅", "form": Form.HALL}
    same |= {"quorum": quorum, "households": households}
    meets_at = here.now + timedelta(days=days)
    known = session.scalar(
        select(MeetingSeries).where(
            MeetingSeries.community_id == ids.community, MeetingSeries.level == level, MeetingSeries.ended_at.is_(None)
        )
    )
    number = (known.last_number if known else 0) + (state in _NUMBERED)
    meetings = select(func.count()).select_from(Meeting).where(Meeting.series_id == (known.id if known else 0))
    others = session.scalars(meetings).one()
    if known:
        known.last_number = number
        session.flush()
    series = (
        known.id
        if known
        else insert_row(
            session,
            MeetingSeries,
            community_id=ids.community,
            level=level,
            label=label,
            rule="FREQ=MONTHLY;BYDAY=2SA",
            said="每月第二个周六 15:00",
            begins="15:00",
            starts_on=here.now.date(),
            convener_id=convener,
            offsets={},
            created_at=here.now,
            last_number=number,
            **place,
            **same,
        )
    )
    meeting = insert_row(
        session,
        Meeting,
        series_id=series,
        slot=meets_at + timedelta(microseconds=others),
        state=state,
        number=number if state in _NUMBERED else None,
        meets_at=meets_at,
        opened_at=meets_at if state is MeetingState.IN_SESSION else None,
        created_at=here.now,
        **same,
    )
    before = None
    for reached, action in _PATHS.get(state, _PATH):
        entry = {"meeting_id": meeting, "action": action, "from_state": before, "to_state": reached}
        insert_row(session, MeetingEntry, **entry, actor_id=None, note="", at=here.now)
        before = reached
        if reached is state:
            break
    coming = () if not watched else _SITS if state is MeetingState.IN_SESSION else _WATCH
    for kind, slot in coming:
        timetable.owe(session, kind=kind, subject=str(meeting), slot=slot, due_at=here.now + _LONG)
    return Council(here, staff, series, meeting)
