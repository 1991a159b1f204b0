"""Whole ways through, hop after hop as people take them: a meeting to its published minutes, a resolution to its end, a
small consultation to what comes of it. A leg takes one hop in a step of the machine, with anything else in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from models.consultation import Consultation
from models.issue import Issue
from models.meeting import Meeting, MeetingSeries, Referral
from models.resolution import Resolution
from models.rules.issue_workflow import Action, State
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import Competence, ItemState, MeetingState, Rsvp
from models.rules.resolution_workflow import ResolutionState
from services import consultations
from services.meetings import agenda_changes, calling, opinions, proxies, sitting, voting
from services.meetings.guests import guests_of
from services.meetings.resolutions import objections, verifying
from services.meetings.step_moments import step_moment
from tests.machine.council_deeds import DEEDS, Scene, ballot_of, guests, settle
from tests.machine.council_matters import RESOLVING, Matter
from tests.machine.deeds import allowed, deed
from tests.machine.landing import Turn

if TYPE_CHECKING:
    from tests.machine.council import Council

Leg = Iterator[None]

_S, _R = MeetingState, ResolutionState
OVER = (_S.PUBLISHED, _S.NOT_HELD, _S.CANCELLED)
ENDED = (_R.DONE, _R.STOPPED)
MOST_HOPS = 25
#: Nobody refuses anything, and nothing is done in a roundabout way.
WILLING = Turn(action=0, which=0, other=1, who=0, flavour=0, rightly=1, dies=False)
_OPEN_ITEMS = (ItemState.LISTED, ItemState.IN_TALK)
_OUTCOMES = (*[ItemState.ADOPTED] * 4, ItemState.REFERRED, ItemState.REJECTED)


# A meeting.


def to_the_minutes(council: Council, turn: Turn) -> Leg:
    """The one that is furthest on its way."""
    found = council.meetings()
    if not found:
        return
    meeting, talked, late = found[0], False, turn.other != 5
    for _ in range(MOST_HOPS):
        if meeting.state in OVER:
            return
        if meeting.state is _S.CALLED and not talked:
            talked = True
            _before(Scene(council.world, meeting, council.chair(meeting), turn), council)
        elif meeting.state in (_S.HELD, _S.MINUTED) and not late:
            late = meeting.state is _S.MINUTED
            council.pass_on(timedelta(days=7))
            hop(council, meeting, turn)
        else:
            hop(council, meeting, turn)
        yield
        council.session.refresh(meeting)


def hop(council: Council, meeting: Meeting, turn: Turn) -> None:
    """What it waits for now."""
    chair = Scene(council.world, meeting, council.chair(meeting), turn)
    match meeting.state:
        case _S.PLANNED | _S.COLLECTING:
            _until(council, meeting, Step.COLLECT if meeting.state is _S.PLANNED else Step.DRAFT)
        case _S.DRAFTED:
            _approve(chair, council)
        case _S.CALLED:
            _sit_down(chair, council)
        case _S.IN_SESSION:
            _go_through(chair, council)
        case _S.HELD:
            _chairs("send_minutes", chair, council)
        case _S.MINUTED:
            _published(chair, council)


def _chairs(name: str, scene: Scene, council: Council) -> bool:
    return council.does(name, lambda: DEEDS[name][2](scene), scene.turn)


def _until(council: Council, meeting: Meeting, step: Step) -> None:
    rules = council.world.here.house.rules
    moment = step_moment(meeting, council.session.get_one(MeetingSeries, meeting.series_id), step, rules)
    council.pass_until(moment)


def _approve(chair: Scene, council: Council) -> None:
    """What is no matter for a meeting is taken off; one thing or another is changed before."""
    turn, world = chair.turn, chair.world
    drafted = [item for item in chair.items if item.state is ItemState.DRAFTED]
    for item in drafted:
        if item.competence is Competence.GOVERNMENT:
            drop = partial(agenda_changes.drop_item, world.session, **chair.here, item_id=item.id, words="政府的事")
            council.does("drop_item", drop, turn)
    if turn.other == 0 and drafted:
        item_id = drafted[0].id
        drop = partial(agenda_changes.drop_item, world.session, **chair.here, item_id=item_id, words="再想想")
        council.does("drop_item", drop, turn)
        back = partial(agenda_changes.put_back, world.session, **chair.by, meeting_id=chair.meeting.id, item_id=item_id)
        council.does("put_back", back, turn)
    if not _chairs("approve", chair, council):
        _chairs("add_free", chair, council)
        _chairs("approve", Scene(world, chair.meeting, chair.who, turn), council)


def _before(chair: Scene, council: Council) -> None:
    """They answer, one of them by proxy, and say what they think of it; others answer that."""
    world, meeting, turn = chair.world, chair.meeting, chair.turn
    there = [Scene(world, meeting, member, turn) for member in guests(world, meeting)]
    for scene in there[1:]:
        coming = partial(calling.answer_invitation, world.session, **scene.there, rsvp=Rsvp.COMING, proxy=None)
        council.does("answer", coming, turn)
    if there and turn.flavour % 2 == 0:
        _by_proxy(there[0], council)
    listed = [item for item in chair.items if item.state is ItemState.LISTED]
    if not listed or len(there) < 2:
        return
    item = listed[0].id
    council.does(
        "write", partial(opinions.write, world.session, **there[0].ruled, item_id=item, words="晚上太黑"), turn
    )
    for name, scene in (("moderate", chair), ("respond", there[1]), ("opine", there[-1])):
        _chairs(name, scene, council)


def _by_proxy(giver: Scene, council: Council) -> None:
    """A vote is given to another household, who may not want it."""
    world, turn = giver.world, giver.turn
    invited = guests_of(world.session, meeting_id=giver.meeting.id)
    mine = next(guest for guest in invited if guest.member_id == giver.who)
    for guest in invited:
        if guest.household == mine.household or guest.member_id is None:
            continue
        given = partial(
            calling.answer_invitation, world.session, **giver.there, rsvp=Rsvp.PROXY, proxy=guest.invitation_id
        )
        if not council.does("answer", given, turn):
            continue
        if turn.flavour % 4 == 0:
            holder = Scene(world, giver.meeting, guest.member_id, turn)
            refused = partial(proxies.refuse_proxy, world.session, **holder.there, giver=mine.invitation_id)
            council.does("refuse_proxy", refused, turn)
        return


def _sit_down(chair: Scene, council: Council) -> None:
    """All who were asked are there, or all but one; and it is opened, or not."""
    world, meeting = chair.world, chair.meeting
    council.pass_until(meeting.meets_at - timedelta(minutes=10))
    for member in guests(world, meeting)[1 if chair.turn.flavour == 2 else 0 :]:
        scene = Scene(world, meeting, member, chair.turn)
        council.does("check_in", partial(sitting.check_in, world.session, **scene.there), chair.turn)
    _chairs("lack_quorum" if chair.turn.flavour == 2 and chair.turn.other > 3 else "open", chair, council)


def _go_through(chair: Scene, council: Council) -> None:
    """The next item is settled, after a vote perhaps; after the last one the meeting is closed."""
    left = [item for item in chair.items if item.state in _OPEN_ITEMS]
    if not left:
        _chairs("close", chair, council)
        return
    item, turn = left[0].id, chair.turn
    if turn.which % 2:
        _vote(chair, item, council)
    outcome = _OUTCOMES[turn.who % len(_OUTCOMES)]
    if not council.does("settle", lambda: settle(chair, outcome, item), turn):
        _chairs("close_ballot", chair, council)
        council.does("settle", lambda: settle(chair, ItemState.ADJOURNED, item), turn)


def _vote(chair: Scene, item: int, council: Council) -> None:
    """All of them, for the first option; who is of a household that voted already is refused. It is counted, or the
    chair forgets to."""
    world, turn = chair.world, chair.turn
    _chairs("take_up", chair, council)
    _chairs("open_ballot", chair, council)
    found = ballot_of(chair)
    for member in guests(world, chair.meeting):
        scene = Scene(world, chair.meeting, member, turn)
        cast = partial(
            voting.cast_vote, world.session, **scene.ruled, ballot_id=found, choice=0, invitation_id=None
        )
        council.does("vote", cast, turn)
    if turn.which < 5:
        _chairs("close_ballot", chair, council)


def _published(chair: Scene, council: Council) -> None:
    """Whether or not anybody has looked at the minutes, and found something."""
    for member in guests(chair.world, chair.meeting) if chair.turn.flavour else []:
        _chairs("check_minutes", Scene(chair.world, chair.meeting, member, chair.turn), council)
    despite = chair.turn._replace(flavour=chair.turn.flavour | 1)
    _chairs("publish", Scene(chair.world, chair.meeting, chair.who, despite), council)


# A resolution.


def to_its_end(council: Council, turn: Turn) -> Leg:
    """The oldest that has an end before it."""
    found = [each for each in reversed(council.resolutions()) if each.state not in ENDED]
    if not found:
        return
    resolution = found[0]
    did: set[str] = set()
    for _ in range(MOST_HOPS):
        if resolution.state in ENDED:
            return
        carry_on(council, resolution, turn, did)
        yield
        if council.session.get(Resolution, resolution.id, populate_existing=True) is None:
            return  # the chair has taken it back


def carry_on(council: Council, resolution: Resolution, turn: Turn, did: set[str]) -> None:
    """What it waits for now. ``did``: what is done only once."""
    world, session = council.world, council.session

    def by(who: int) -> Matter:
        return Matter(world, resolution, who, turn)

    def does(name: str, who: int) -> bool:
        matter = by(who)
        return council.does(name, lambda: RESOLVING[name][2](matter), turn)

    def once(name: str) -> bool:
        first = name not in did
        did.add(name)
        return first

    people = by(0).people()
    chair, owner = people["chair"][0], people["owner"][0]
    match resolution.state:
        case _R.RECORDED:
            hop(council, session.get_one(Meeting, resolution.meeting_id, populate_existing=True), turn)
        case _R.PUBLISHED:
            objected = objections.open_objections(session, resolution_id=resolution.id)
            if turn.flavour > 1 and once("object"):
                does("object", people["resident"][turn.other % 5])
            elif objected and (turn.other % 2 == 0 or not once("delay")):
                _hears(council, objected[0], chair, uphold=turn.flavour == 3)
            else:
                council.pass_to_its_look(resolution)
        case _R.IN_FORCE:
            if turn.other == 0 and once("reassign"):
                does("reassign", chair)
            elif turn.other < 4:
                does("accept", owner)
            else:
                does("note", owner)
        case _R.ACCEPTED:
            if turn.other == 1 and once("extend"):
                does("extend", chair)
            elif turn.other == 5 and once("due"):
                council.pass_to_its_look(resolution)
            else:
                does("say_done", owner)
        case _R.VERIFYING:
            _judge(council, resolution, chair, turn, did)


def _hears(council: Council, objection: int, chair: int, *, uphold: bool) -> None:
    world = council.world
    known: dict[str, Any] = {"member_id": chair, "at": world.now, "rules": world.here.house.rules}
    words = "已经把灯调暗了，晚上看得清路"
    heard = partial(
        objections.settle_objection, world.session, **known, objection_id=objection, uphold=uphold, words=words
    )
    council.does("settle_objection", heard, WILLING)


def _judge(council: Council, resolution: Resolution, chair: int, turn: Turn, did: set[str]) -> None:
    """All say yes; one says no first; or nobody says anything, and the chair has to."""
    world = council.world
    it: dict[str, Any] = {"resolution_id": resolution.id, "at": world.now, "rules": world.here.house.rules}
    asked = verifying.asked(world.session, resolution, at=world.now)
    if turn.which % 3 == 2 or not asked:
        if "silence" not in did:
            did.add("silence")
            council.pass_to_its_look(resolution)
        elif turn.flavour and "back" not in did:
            did.add("back")
            back = partial(verifying.send_back, world.session, **it, member_id=chair, words="三层还黑着")
            council.does("send_back", back, turn)
        else:
            council.does("complete", partial(verifying.complete, world.session, **it, member_id=chair), turn)
        return
    met = turn.which % 3 == 0 or "unmet" in did
    did.add("unmet")
    for member in asked if met else asked[:1]:
        it["at"] = world.now
        said = partial(
            verifying.verify, world.session, **it, member_id=member, met=met, words="" if met else "三层还黑着"
        )
        council.does("verify", said, turn)
    if not met:
        council.pass_to_its_look(resolution)


# What was sent to another level.


def comes_back(council: Council, turn: Turn) -> Leg:
    """The meeting to which an issue was referred decides on it, or whoever holds it answers."""
    session, world = council.session, council.world
    waiting = select(Referral).where(Referral.answered_at.is_(None)).order_by(Referral.id.desc()).limit(1)
    referral = session.scalars(waiting).one_or_none()
    for _ in range(MOST_HOPS):
        if referral is None or referral.answered_at is not None:
            return
        issue = session.get_one(Issue, referral.issue_id, populate_existing=True)
        if issue.state in (State.TO_DELIBERATE, State.SCHEDULED):
            coming = [each for each in council.meetings() if council.level(each) is issue.level]
            if not coming:
                return
            hop(council, coming[0], WILLING)
        elif allowed(issue, Action.ANSWER):
            holder = world.posts[issue.holder_id]
            council.does("issue_answer", deed(world, Action.ANSWER, issue, holder, issue, flavour=0), WILLING)
        else:
            return
        yield
        session.refresh(referral)


# A small consultation.


def among_a_few(council: Council, turn: Turn) -> Leg:
    """About an issue just accepted: everybody agrees, somebody does not, or nobody comes."""
    world = council.world
    issue = council.put_up(turn, propose=False)
    if issue is None:
        return
    world.join("zhou", issue, urgent=False)
    yield
    desk, rules = world.people["sun"], world.here.house.rules

    def does(name: str, done: Callable[..., object], who: int, **more: Any) -> bool:
        known: dict[str, Any] = {"member_id": who, "at": world.now, "rules": rules}
        return council.does(name, partial(done, world.session, **known, **more), turn)

    everybody = tuple(world.people.values())
    if not does("consult", consultations.call_consultation, desk, issue_id=issue.id, people=everybody, words="停车"):
        return
    yield
    called = select(Consultation.id).where(Consultation.issue_id == issue.id)
    going_on = world.session.scalars(called.order_by(Consultation.id.desc()).limit(1)).one()
    if turn.flavour == 0:
        council.pass_on(timedelta(days=3))
        return
    others = [each.member_id for each in consultations.participants(world.session, going_on) if each.member_id != desk]
    for member in others[:2]:
        does("consult", consultations.join, member, consultation_id=going_on)
        does("consult", consultations.say, member, consultation_id=going_on, words="晚上吵")
    yield
    does("consult", consultations.put_text, desk, consultation_id=going_on, words="十点以后不放音乐")
    for member in others[:2]:
        agree = turn.flavour < 4 or member == others[0]
        words = "" if agree else "太早了"
        does("consult", consultations.answer_text, member, consultation_id=going_on, agree=agree, words=words)
    yield
    council.pass_on(timedelta(days=6))


LEGS: tuple[Callable[[Council, Turn], Leg], ...] = (
    *[to_the_minutes] * 4, *[to_its_end] * 4, comes_back, among_a_few,
)  # fmt: skip
