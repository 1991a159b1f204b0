"""What the people of a rehearsed council know of one another, and what they would make of a matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.rehearsal.clockwork import Stage
from bot.rehearsal.residents import Resident, Truth
from bot.rehearsal.talks import Talk
from models.consultation import GOING_ON, Consultation, ConsultationState, ConsultationWord
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.rules.meeting_workflow import COMING, OUTCOMES, Capacity, Competence, ItemKind, ItemState

_DECISIONS = frozenset({ItemState.ADOPTED, ItemState.REJECTED})
_SETTLED = (
    select(func.count(AgendaItem.id.distinct()))
    .select_from(AgendaItem)
    .join(AgendaIssue, AgendaIssue.item_id == AgendaItem.id)
    .where(AgendaItem.state.in_(sorted(OUTCOMES - {ItemState.NOT_REACHED})))
)


@dataclass
class Council:
    """``delegates``: by the series, as people call it. ``calls``: what somebody hears in the hall, by address.
    ``deserted``: series to whose first meeting hardly anybody comes."""

    stage: Stage
    truth: Truth
    calls: dict[str, Callable[[int], None]] = field(default_factory=dict)
    delegates: dict[str, list[Resident]] = field(default_factory=dict)
    deserted: frozenset[str] = frozenset()

    def talk_of(self, item_id: int) -> Talk | None:
        """What an item really is about; None for what a convener added, and for what is looked at again."""
        query = select(AgendaIssue.issue_id).where(AgendaIssue.item_id == item_id).order_by(AgendaIssue.id)
        for issue in self.stage.session.scalars(query):
            known = self.truth.of_issue(self.stage, issue)
            if known is not None and isinstance(known[0], Talk):
                return known[0]
        return None

    def ends(self, item: AgendaItem) -> ItemState:
        """What comes of it this time, as far as those who are there may decide."""
        talk = self.talk_of(item.id)
        if talk is None or item.kind is not ItemKind.ISSUES:
            return ItemState.INFORMED
        wanted = talk.ends[min(self._times(item), len(talk.ends) - 1)]
        return ItemState.INFORMED if item.competence is Competence.OWNERS and wanted in _DECISIONS else wanted

    def calls_to_vote(self, meeting_id: int, ballot_id: int) -> None:
        """Whoever is there with a vote hears it from the chair."""
        there = select(MeetingInvitation.member_id).where(
            MeetingInvitation.meeting_id == meeting_id,
            MeetingInvitation.capacity == Capacity.VOTER,
            MeetingInvitation.checked_in_at.is_not(None),
        )
        voters = set(self.stage.session.scalars(there))
        for person in self.stage.people.values():
            if person.member_id in voters and person.address in self.calls:
                self.calls[person.address](ballot_id)

    def next_meeting(self, label: str) -> Meeting | None:
        """The next one of a series that has not begun."""
        coming = select(Meeting).join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        coming = coming.where(MeetingSeries.label == label, Meeting.state.in_(sorted(COMING)))
        return self.stage.session.scalars(coming.order_by(Meeting.meets_at)).first()

    def day_after(self, meeting: Meeting) -> date:
        """The next day on which it could be held instead."""
        rules = self.stage.house.rules
        day = meeting.meets_at.astimezone(ZoneInfo(rules.timezone)).date() + timedelta(days=1)
        while rules.calendar.holiday(day):
            day += timedelta(days=1)
        return day

    def is_deserted(self, meeting_id: int) -> bool:
        meeting = self.stage.session.get_one(Meeting, meeting_id)
        earlier = select(func.count()).where(Meeting.series_id == meeting.series_id, Meeting.slot < meeting.slot)
        label = self.stage.session.get_one(MeetingSeries, meeting.series_id).label
        return label in self.deserted and not self.stage.session.scalar(earlier)

    def was_talked_over(self, issue_id: int) -> bool:
        return bool(self.stage.session.scalar(_SETTLED.where(AgendaIssue.issue_id == issue_id)))

    def is_being_settled(self, issue_id: int) -> bool:
        """A small consultation about it goes on."""
        going_on = select(Consultation.id).where(
            Consultation.issue_id == issue_id, Consultation.state.in_(sorted(GOING_ON))
        )
        return self.stage.session.scalars(going_on).first() is not None

    def was_agreed(self, issue_id: int) -> bool:
        """In a small consultation."""
        agreed = select(Consultation.id).where(
            Consultation.issue_id == issue_id, Consultation.state == ConsultationState.AGREED
        )
        return self.stage.session.scalars(agreed).first() is not None

    def first_word(self, consultation: int) -> bool:
        """Whether somebody has just spoken for the first time, and nothing is to be agreed yet."""
        said = select(func.count()).where(ConsultationWord.consultation_id == consultation)
        return self.stage.session.scalar(said) == 1

    def _times(self, item: AgendaItem) -> int:
        """How often its matter was talked over before."""
        issues = select(AgendaIssue.issue_id).where(AgendaIssue.item_id == item.id)
        settled = _SETTLED.where(AgendaIssue.issue_id.in_(issues), AgendaItem.id != item.id)
        return self.stage.session.scalar(settled) or 0
