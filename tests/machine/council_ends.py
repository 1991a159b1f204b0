"""Nothing that a meeting waits for is waited for in vain. Where everybody is silent, time alone brings it to an end, or
to people who are told of it again and again; where everybody is willing, it is brought to a good end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, func, select

from models.ballot import Ballot
from models.consultation import GOING_ON, Consultation
from models.due import Due
from models.issue import Issue
from models.meeting import Meeting, MeetingEntry, Referral
from models.resolution import Resolution, ResolutionEntry
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import MeetingAction, MeetingState
from models.rules.resolution_workflow import RUNNING, ResolutionAction, ResolutionState
from services.meetings.resolutions.moves import lock_resolution
from tests.machine.council_legs import ENDED, MOST_HOPS, OVER, WILLING, carry_on, hop

if TYPE_CHECKING:
    from tests.machine.council import Council

_S, _R = MeetingState, ResolutionState
_AT_ONCE = timedelta(days=6)
_SILENT = 13  # times: longer than meetings are planned ahead
_TOLD_WITHIN = timedelta(days=17)
_REMINDS = (MeetingAction.REMIND_MINUTES, MeetingAction.REMIND_PUBLISH)
#: People know of it, and it is for them alone.
_CALLED = (_S.CALLED, _S.IN_SESSION, _S.HELD, _S.MINUTED)
_ROUNDABOUT = ("object", "delay", "reassign", "extend", "due", "unmet", "silence", "back")
_UNWANTED = (State.WITHDRAWN, State.VOID)


def nobody_does_anything(council: Council) -> None:
    """Whatever is not over by then, its ladder still hears of."""
    for _ in range(_SILENT):
        council.pass_on(_AT_ONCE, plan=False)
    council.the_promises_hold()
    left = list(_left(council))
    assert not left, left


def everybody_is_willing(council: Council) -> None:
    """Each meeting that people were called to is published, and each resolution is done; of the meetings that are only
    planned or drafted, the first."""
    session, coming = council.session, council.meetings()
    called = [meeting for meeting in coming if meeting.state in _CALLED]
    for meeting in coming[: len(called) + 1]:
        began = meeting.state
        for _ in range(MOST_HOPS):
            if meeting.state in OVER:
                break
            before = meeting.state, council.world.done.total()
            hop(council, meeting, WILLING)
            session.refresh(meeting)
            if before == (meeting.state, council.world.done.total()) and meeting.state not in OVER:
                council.pass_on(timedelta(days=1), plan=False)
                session.refresh(meeting)
        assert meeting.state in OVER, (meeting.id, meeting.state)
        assert began not in _CALLED or meeting.state is _S.PUBLISHED, (meeting.id, began, meeting.state)
        council.the_promises_hold()
    for resolution in reversed(council.resolutions()):
        began_in = resolution.state
        for _ in range(MOST_HOPS):
            if resolution.state in ENDED:
                break
            carry_on(council, resolution, WILLING, set(_ROUNDABOUT))
            lock_resolution(session, resolution.id)
        assert resolution.state is _R.DONE or began_in is _R.STOPPED, (resolution.id, began_in, resolution.state)
        council.the_promises_hold()


def _left(council: Council) -> Iterator[str]:
    """What waits, and nobody hears of it."""
    session, lately = council.session, council.world.now - _TOLD_WITHIN
    for meeting in council.meetings():
        if meeting.state not in (_S.HELD, _S.MINUTED) or not _reminded(council, meeting, lately):
            yield f"meeting {meeting.id} is {meeting.state}"
    for ballot in session.scalars(select(Ballot.id).where(Ballot.closed_at.is_(None))):
        yield f"ballot {ballot} is open"
    for small in session.scalars(select(Consultation.id).where(Consultation.state.in_(sorted(GOING_ON)))):
        yield f"consultation {small} goes on"
    for resolution in council.resolutions():
        if not _ended_or_heard_of(council, resolution, lately):
            yield f"resolution {resolution.id} is {resolution.state}"
    for referral in session.scalars(select(Referral).where(Referral.answered_at.is_(None))):
        if not _awaited(council, referral):
            yield f"referral {referral.id} is not answered"


def _reminded(council: Council, meeting: Meeting, lately: datetime) -> bool:
    last = select(func.max(MeetingEntry.at)).where(
        MeetingEntry.meeting_id == meeting.id, MeetingEntry.action.in_(_REMINDS)
    )
    told = council.session.scalar(last)
    return told is not None and told > lately


def _ended_or_heard_of(council: Council, resolution: Resolution, lately: datetime) -> bool:
    if resolution.state in ENDED:
        return True
    if resolution.state is _R.RECORDED:  # with its meeting
        return council.session.get_one(Meeting, resolution.meeting_id).state in (_S.HELD, _S.MINUTED)
    action = ResolutionAction.WARN if resolution.state in RUNNING else ResolutionAction.DELAY
    last = select(func.max(ResolutionEntry.at)).where(
        ResolutionEntry.resolution_id == resolution.id, ResolutionEntry.action == action
    )
    told = council.session.scalar(last)
    return told is not None and told > lately


def _awaited(council: Council, referral: Referral) -> bool:
    """It went on to another level, or is to be reminded of; nobody wants what was withdrawn."""
    session = council.session
    sent = session.get_one(Issue, referral.issue_id, populate_existing=True)
    issue = session.get_one(Issue, sent.merged_into_id or sent.id, populate_existing=True)
    later = select(Referral.id).where(Referral.issue_id == referral.issue_id, Referral.id > referral.id)
    due = select(Due.id).where(
        Due.kind == "referral_due", Due.subject == cast(referral.id, String), Due.done_at.is_(None)
    )
    if issue.state in _UNWANTED or session.scalar(later.limit(1)) is not None:
        return True
    return session.scalar(due) is not None
