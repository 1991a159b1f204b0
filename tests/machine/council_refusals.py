"""What the tables of meetings and resolutions do not allow: it has to be refused, with the code that says so."""

from __future__ import annotations

from collections.abc import Mapping

from models.meeting import Meeting, MeetingSeries
from models.resolution import Resolution
from models.rules.errors import TransitionNotAllowed
from models.rules.meeting_workflow import MEETING_WORKFLOW, MeetingAction
from models.rules.resolution_workflow import RESOLUTION_WORKFLOW, ResolutionAction
from models.rules.workflow import find_transition
from services.meeting_people import meeting_actors
from services.meetings.resolutions.moves import resolution_actors
from tests.machine.world import World

STRANGER, MEETING_REFUSED, RESOLUTION_REFUSED = "not_found", "meeting_refused", "resolution_refused"
_M, _R = MeetingAction, ResolutionAction
_OF_MEETINGS: Mapping[str, MeetingAction] = {
    "approve": _M.APPROVE,
    "open": _M.OPEN,
    "lack_quorum": _M.LACK_QUORUM,
    "close": _M.CLOSE,
    "send_minutes": _M.SEND_MINUTES,
    "publish": _M.PUBLISH,
    "move": _M.MOVE,
    "cancel": _M.CANCEL,
}
_OF_RESOLUTIONS: Mapping[str, ResolutionAction] = {
    "object": _R.OBJECT,
    "accept": _R.ACCEPT,
    "note": _R.NOTE,
    "extend": _R.EXTEND,
    "reassign": _R.REASSIGN,
    "say_done": _R.ASK_VERIFICATION,
    "verify": _R.VERIFY,
    "complete": _R.COMPLETE,
    "send_back": _R.SEND_BACK,
}
#: Asked before the table is: of the hour, of what came of an item, of the day, of the post, of whose work it is.
_BEFORE = {
    "open": ("check_in_closed",),
    "lack_quorum": ("item_settled", "ballot_open"),
    "extend": ("day_over",),
    "reassign": ("nobody_reachable",),
    "verify": ("own_work",),
}


def of_meeting(world: World, name: str, meeting: Meeting, who: int) -> str | None:
    """The code with which the table refuses it, "" where it allows it; None where the deed is none of the table."""
    action = _OF_MEETINGS.get(name)
    if action is None:
        return None
    series = world.session.get_one(MeetingSeries, meeting.series_id)
    held = meeting_actors(world.session, member_id=who, series=series, meeting_id=meeting.id, at=world.now)
    if not held:
        return STRANGER
    try:
        find_transition(MEETING_WORKFLOW, action=action, state=meeting.state, roles=held)
    except TransitionNotAllowed:
        return MEETING_REFUSED
    return ""


def of_resolution(world: World, name: str, resolution: Resolution, who: int) -> str | None:
    """The same of a resolution."""
    action = _OF_RESOLUTIONS.get(name)
    if action is None:
        return None
    held = resolution_actors(world.session, member_id=who, resolution=resolution, at=world.now)
    if not held:
        return STRANGER
    try:
        find_transition(RESOLUTION_WORKFLOW, action=action, state=resolution.state, roles=held)
    except TransitionNotAllowed:
        return RESOLUTION_REFUSED
    return ""


def as_the_table_says(name: str, expected: str | None, refusal: str) -> bool:
    """``refusal``: the code with which it was refused, "" where it was done. What the table allows may be refused for
    another reason, but not as if it did not."""
    if expected is None:
        return True
    if expected:
        return refusal in {expected, *_BEFORE.get(name, ())}
    return refusal not in (STRANGER, MEETING_REFUSED, RESOLUTION_REFUSED)
