"""What people do to resolutions, and in small consultations, made with what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models.consultation import Consultation
from models.issue import Issue
from models.meeting import AgendaIssue, Meeting, MeetingSeries
from models.resolution import FollowUp, Objection, Resolution
from models.rules.resolution_workflow import ResolutionState
from services import consultations
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions import objections, verifying
from services.notices import raisers_of
from tests.machine.landing import Turn
from tests.machine.world import World


@dataclass(frozen=True)
class Matter:
    """One person and one resolution."""

    world: World
    resolution: Resolution
    who: int
    turn: Turn

    @property
    def it(self) -> dict[str, Any]:
        rules = self.world.here.house.rules
        return {"resolution_id": self.resolution.id, "member_id": self.who, "at": self.world.now, "rules": rules}

    def objection(self) -> int:
        mine = select(Objection.id).where(Objection.resolution_id == self.resolution.id)
        found = self.world.session.scalars(mine.order_by(Objection.settled_at.is_not(None), Objection.id)).all()
        return found[0] if found else 0

    def people(self) -> dict[str, list[int]]:
        """Who may well do something to it, by what they are."""
        world, of = self.world, self.resolution
        convener = select(MeetingSeries.convener_id).join(Meeting, Meeting.series_id == MeetingSeries.id)
        chair = world.session.scalars(convener.where(Meeting.id == of.meeting_id)).one()
        issues = select(AgendaIssue.issue_id).where(AgendaIssue.item_id == of.item_id)
        group = world.session.scalars(select(FollowUp.member_id).where(FollowUp.resolution_id == of.id)).all()
        found = world.session.scalars(issues).all()
        raisers = [each for issue in found for each in raisers_of(world.session, issue_id=issue)]
        return {
            "chair": [world.posts[chair]],
            "owner": [world.posts[of.owner_id]],
            "judge": [*group, *raisers],
            "resident": [world.people[name] for name in ("wang", "liu", "chen", "zhou", "ma")],
        }


def _object(m: Matter) -> object:
    return objections.object_to(
        m.world.session, **m.it, platform="webchat", words="灯太亮，睡不着", summary="对决议有异议"
    )


def _settle_objection(m: Matter) -> object:
    objection, details = m.objection(), m.it
    del details["resolution_id"]
    uphold = m.turn.flavour % 3 == 0
    return objections.settle_objection(
        m.world.session, **details, objection_id=objection, uphold=uphold, words="已经把灯调暗了，晚上看得清路"
    )


def _extend(m: Matter) -> object:
    until = max(m.resolution.due_on, m.world.now.date()) + timedelta(days=1 + m.turn.flavour)
    return resolutions.extend(m.world.session, **m.it, words="等配件", until=until)


_R = ResolutionState
_RUNNING = (_R.IN_FORCE, _R.ACCEPTED, _R.VERIFYING)
#: In which states of a resolution it is done, by whom, and how.
RESOLVING: dict[str, tuple[tuple[ResolutionState, ...], str, Callable[[Matter], object]]] = {
    "object": ((_R.PUBLISHED,), "resident", _object),
    "settle_objection": ((_R.PUBLISHED,), "chair", _settle_objection),
    "accept": ((_R.IN_FORCE,), "owner", lambda m: resolutions.accept(m.world.session, **m.it)),
    "note": ((_R.IN_FORCE, _R.ACCEPTED), "owner", lambda m: resolutions.note(
        m.world.session, **m.it, words="买好了声控灯，明天装三层")),
    "extend": (_RUNNING, "chair", _extend),
    "reassign": (_RUNNING, "chair", lambda m: resolutions.reassign(
        m.world.session, **m.it, owner_id=list(m.world.posts)[m.turn.flavour % len(m.world.posts)])),
    "say_done": ((_R.IN_FORCE, _R.ACCEPTED), "owner", lambda m: verifying.say_done(m.world.session, **m.it)),
    "verify": ((_R.VERIFYING,), "judge", lambda m: verifying.verify(
        m.world.session, **m.it, met=m.turn.flavour % 3 > 0, words="三层还黑着")),
    "complete": ((_R.VERIFYING,), "chair", lambda m: verifying.complete(m.world.session, **m.it)),
    "send_back": ((_R.VERIFYING,), "chair", lambda m: verifying.send_back(
        m.world.session, **m.it, words="三层还黑着")),
}  # fmt: skip


def consult(world: World, issue: Issue, who: int, turn: Turn) -> Callable[[], object]:
    """One step of a small consultation: called, joined, talked over, a text put and answered."""
    known: dict[str, Any] = {"member_id": who, "at": world.now, "rules": world.here.house.rules}
    going_on = select(Consultation.id).where(Consultation.issue_id == issue.id).order_by(Consultation.id.desc())
    found = world.session.scalars(going_on.limit(1)).one_or_none()
    if found is None or turn.action == 0:
        people = tuple(world.people.values())
        return lambda: consultations.call_consultation(
            world.session, issue_id=issue.id, people=people, words="说说停车", **known
        )
    known["consultation_id"] = found
    return (
        lambda: consultations.join(world.session, **known),
        lambda: consultations.say(world.session, **known, words="晚上吵"),
        lambda: consultations.put_text(world.session, **known, words="十点以后不放音乐"),
        lambda: consultations.answer_text(world.session, **known, agree=True),
        lambda: consultations.answer_text(world.session, **known, agree=turn.other > 0, words="太早了"),
    )[turn.flavour % 5]
