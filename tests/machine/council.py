"""The state machine of deliberation: meetings, items, ballots and resolutions, with all that may happen to issues.

What a month of meetings takes (drafting, calling, sitting, publishing) is too long a way for chance; so there are legs
that go it hop by hop, and all others do anything in between. There is one rule, with weights of its own: Hypothesis
would try few kinds of deeds in a run, and none of them far enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from bot.due_acts import ACTS
from models.consultation import Consultation
from models.due import Due
from models.issue import Issue
from models.meeting import Meeting, MeetingEntry, MeetingSeries, Referral
from models.member import Member
from models.notice import NoticeState
from models.resolution import Resolution, ResolutionEntry
from models.rules.errors import RuleError
from models.rules.issue_workflow import Action, Level
from models.rules.meeting_workflow import Capacity, Form, MeetingState, QuorumRule
from models.rules.resolution_workflow import ResolutionState
from services import deliberating, handling
from services.meetings import series, standing_members
from services.meetings.resolutions import clocks as resolution_clocks
from tests.machine.council_deeds import CHAIR, DEEDS, RARE, Scene, guests
from tests.machine.council_ends import everybody_is_willing, nobody_does_anything
from tests.machine.council_legs import LEGS, OVER, Leg, hop
from tests.machine.council_matters import RESOLVING, Matter, consult
from tests.machine.council_refusals import as_the_table_says, of_meeting, of_resolution
from tests.machine.deeds import allowed, deed
from tests.machine.landing import HOLDING, PRESSING, RAISING, TOGETHER, Turn
from tests.machine.world import World, build

NEIGHBOURS = ("wang", "liu", "chen", "zhou", "ma")
#: Wang and Chen are of one household; nobody knows where Ma lives exactly.
_ROOMS = {"wang": "301", "chen": "301", "liu": "302", "zhou": "303", "ma": ""}
_TALKING = (Action.SUGGEST, Action.PROPOSE)
_MOST_ISSUES = 6
_DURATIONS = (timedelta(minutes=20), timedelta(hours=3), timedelta(days=1), timedelta(days=6))
_CHANNELS = (NoticeState.SENT, NoticeState.SENT, NoticeState.PARKED, NoticeState.FAILED)
_AHEAD = ("close_meeting", "close_ballot", "consultation_ends", "referral_due", "meeting_step")
_WAY = tuple(MeetingState)
_PLACES = (("li", Level.CORRIDOR), ("zhao", Level.COMPOUND), ("sun", Level.COMMUNITY))
#: Where a leg was begun, so often it goes on; so often somebody does something else to the meeting furthest on its way.
_LEG_GOES_ON, _MEANWHILE = 0.5, 0.25

#: How often what happens else.
WEIGHTS = {
    "another_matter_is_put_up": 5,
    "joins": 2,
    "whoever_holds_or_raised_an_issue_does": 6,
    "some_are_put_together_or_pressed": 8,
    "the_few_concerned_talk": 3,
    "a_leg_begins": 24,
    "somebody_does_something_to_a_meeting": 36,
    "a_meeting_goes_on": 6,
    "somebody_does_something_to_a_resolution": 16,
    "a_resolution_is_looked_at": 4,
    "a_series_begins_anew": 1,
    "time_passes": 3,
    "until_something_is_due": 5,
    "notices_leave": 2,
    "blocks_us": 1,
}


class Council(RuleBasedStateMachine):
    """Each run begins where three series have just been set up, and is undone at its end."""

    engine: Engine
    beginning: World

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.engine, expire_on_commit=False)
        self.world = self.beginning.again(self.session)
        self.world.whole = True

    # What there is.

    def meetings(self) -> list[Meeting]:
        """The furthest on their way first, the earliest first."""
        found = self.session.scalars(
            select(Meeting).where(Meeting.state.not_in(OVER)).execution_options(populate_existing=True)
        ).all()
        return sorted(found, key=lambda each: (-_WAY.index(each.state), each.meets_at, each.id))

    def resolutions(self) -> list[Resolution]:
        """The newest first."""
        query = select(Resolution).order_by(Resolution.id.desc()).execution_options(populate_existing=True)
        return list(self.session.scalars(query))

    def level(self, meeting: Meeting) -> Level:
        return self.session.get_one(MeetingSeries, meeting.series_id).level

    def chair(self, meeting: Meeting) -> int:
        return self.world.posts[self.session.get_one(MeetingSeries, meeting.series_id).convener_id]

    # What happens.

    @initialize(number=st.integers(0, 2**64 - 1))
    def two_matters_are_put_up(self, number: int) -> None:
        """``number`` decides all that happens. Numbers drawn step by step Hypothesis would repeat, and so the deeds."""
        self.chance = chance = Random(number)
        self.leg: Leg | None = None
        matter = chance.randrange(4)
        self.world.report(chance.choice(NEIGHBOURS), matter, urgent=False, unit=True)
        self.world.report("liu", matter + 1, urgent=False, unit=True)
        for issue, level in zip(self.world.issues(), (Level.COMPOUND, Level.CORRIDOR), strict=True):
            self._propose(issue, level)

    @rule()
    def something_happens(self) -> None:
        chance = self.chance
        which, other, who, flavour = (chance.randrange(6) for _ in range(4))
        turn = Turn(chance.randrange(60), which, other, who, flavour, chance.randrange(10), chance.randrange(15) == 0)
        name = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if self.leg is not None and (lot := chance.random()) < _LEG_GOES_ON + _MEANWHILE:
            name = "a_leg_goes_on" if lot < _LEG_GOES_ON else "somebody_does_something_to_a_meeting"
            turn = turn._replace(which=0)
        if currently_in_test_context():
            note(f"{self.world.now:%m-%d %H:%M} {name} {tuple(turn)}")
        getattr(self, name)(turn)

    def a_leg_begins(self, turn: Turn) -> None:
        if self.leg is None:
            self.leg = LEGS[turn.action % len(LEGS)](self, turn._replace(rightly=1, dies=False))
        self.a_leg_goes_on(turn)

    def a_leg_goes_on(self, turn: Turn) -> None:
        try:
            next(self.leg or iter(()))
        except StopIteration:
            self.leg = None

    # Issues.

    def another_matter_is_put_up(self, turn: Turn) -> None:
        self.put_up(turn, propose=turn.flavour > 0)

    def put_up(self, turn: Turn, *, propose: bool) -> Issue | None:
        """A new issue, which its holder has accepted; for a meeting, or not yet."""
        before, who = len(self.world.issues()), NEIGHBOURS[turn.who % len(NEIGHBOURS)]
        if before >= _MOST_ISSUES:
            return None
        self.world.report(who, turn.other, urgent=False, unit=bool(turn.flavour % 3))
        if len(issues := self.world.issues()) == before:
            return None
        if propose:
            self._propose(issues[-1], tuple(Level)[turn.which % 3])
        else:
            self._accept(issues[-1])
        return issues[-1]

    def joins(self, turn: Turn) -> None:
        issues = self.world.issues()
        self.world.join(NEIGHBOURS[turn.who % len(NEIGHBOURS)], issues[turn.which % len(issues)], urgent=False)

    def _accept(self, issue: Issue) -> dict[str, Any]:
        known: dict[str, Any] = {"issue_id": issue.id, "at": self.world.now, "rules": self.world.here.house.rules}
        holder = self.world.posts[issue.holder_id]
        self.world.attempt("accept_issue", lambda: handling.accept_issue(self.session, member_id=holder, **known))
        return known | {"at": self.world.now}

    def _propose(self, issue: Issue, level: Level) -> None:
        known, desk = self._accept(issue), self.world.people["sun"]
        self.world.attempt(
            "propose_issue",
            lambda: deliberating.propose_issue(self.session, member_id=desk, level=level, words="商量", **known),
        )

    def whoever_holds_or_raised_an_issue_does(self, turn: Turn) -> None:
        self._to_an_issue((HOLDING + _TALKING, RAISING)[turn.action % 2], turn)

    def some_are_put_together_or_pressed(self, turn: Turn) -> None:
        self._to_an_issue((TOGETHER, PRESSING)[turn.action % 2], turn)

    def _to_an_issue(self, actions: tuple[Action, ...], turn: Turn) -> None:
        world, issues = self.world, self.world.issues()
        first = turn.action % len(actions)
        for action in actions[first:] + actions[:first]:
            fitting = [issue for issue in issues if allowed(issue, action)] if turn.rightly else issues
            if fitting:
                break
        else:
            return
        issue = fitting[turn.which % len(fitting)]
        people = world.who_may_be(issue, allowed(issue, action)) if turn.rightly else []
        people = people or list(world.people.values())
        others = [each for each in issues if each.id != issue.id] or issues
        who, other = people[turn.who % len(people)], others[turn.other % len(others)]
        done = deed(world, action, issue, who, other, turn.flavour)
        self.does(f"issue_{action}", done, turn)

    def the_few_concerned_talk(self, turn: Turn) -> None:
        issues, people = self.world.issues(), list(self.world.people.values())
        who = self.world.people["sun"] if turn.rightly % 2 else people[turn.who % len(people)]
        self.does("consult", consult(self.world, issues[turn.which % len(issues)], who, turn), turn)

    def does(self, name: str, done: Callable[[], object], turn: Turn) -> bool:
        """Somebody does it, or is refused, which is kept; or the process dies over it."""
        self.refusal = ""
        if turn.dies:
            self.world.dies_while(done)
            return False

        def heard() -> object:
            try:
                return done()
            except RuleError as error:
                self.refusal = error.code
                raise

        return self.world.attempt(name, heard)

    # Meetings.

    def somebody_does_something_to_a_meeting(self, turn: Turn, meeting: Meeting | None = None) -> None:
        """Mostly what it is the time for, by who may; sometimes anything by anybody."""
        found = self.meetings() if turn.rightly else list(self.session.scalars(select(Meeting).order_by(Meeting.id)))
        if not found:
            return
        meeting = meeting or found[max(turn.which - 2, 0) % len(found)]
        names = [name for name, (states, _, _) in DEEDS.items() if not turn.rightly or meeting.state in states]
        if turn.rightly:
            names = [name for name in names if (name in RARE) is (turn.rightly == 1)] or names
        name = names[turn.action % len(names)]
        _, by, done = DEEDS[name]
        people = list(self.world.people.values())
        if turn.rightly:
            people = [self.chair(meeting)] if by == CHAIR else guests(self.world, meeting) or people
        scene = Scene(self.world, meeting, people[turn.who % len(people)], turn)
        expected = None if turn.dies else of_meeting(self.world, name, meeting, scene.who)
        self.does(name, lambda: done(scene), turn)
        assert as_the_table_says(name, expected, self.refusal), (name, expected, self.refusal)

    def a_meeting_goes_on(self, turn: Turn) -> None:
        """Or some more is done to it before."""
        if not (found := self.meetings()):
            return
        meeting = found[turn.which % min(len(found), 3)]
        if meeting.state in (MeetingState.PLANNED, MeetingState.COLLECTING) or turn.other >= 3:
            hop(self, meeting, turn)
            return
        for nth in range(3):
            more = turn._replace(action=turn.action + 7 * nth, flavour=(turn.flavour + nth) % 6)
            self.somebody_does_something_to_a_meeting(more, meeting)

    def a_series_begins_anew(self, turn: Turn) -> None:
        live = set(self.session.scalars(select(MeetingSeries.level).where(MeetingSeries.ended_at.is_(None))))
        for name, level in _PLACES:
            if level not in live:
                self.does("begin_series", partial(_set_up, self.session, self.world, name, level), turn)

    # Resolutions.

    def somebody_does_something_to_a_resolution(self, turn: Turn) -> None:
        if not (found := self.resolutions()):
            return
        resolution = found[turn.which % len(found)]
        names = [name for name, (states, _, _) in RESOLVING.items() if not turn.rightly or resolution.state in states]
        if not names:
            self.pass_to_its_look(resolution)
            return
        _, by, done = RESOLVING[name := names[turn.action % len(names)]]
        people = list(self.world.people.values())
        matter = Matter(self.world, resolution, 0, turn)
        if turn.rightly:
            people = matter.people()[by] or people
        matter = Matter(self.world, resolution, people[turn.who % len(people)], turn)
        expected = None if turn.dies else of_resolution(self.world, name, resolution, matter.who)
        self.does(name, lambda: done(matter), turn)
        assert as_the_table_says(name, expected, self.refusal), (name, expected, self.refusal)

    def a_resolution_is_looked_at(self, turn: Turn) -> None:
        """And something is done to it then."""
        running = [each for each in self.resolutions() if each.look_at is not None]
        if running:
            self.pass_to_its_look(running[turn.which % len(running)])
            self.somebody_does_something_to_a_resolution(turn)

    def pass_to_its_look(self, resolution: Resolution) -> None:
        if resolution.look_at is not None and resolution.state is not ResolutionState.RECORDED:
            self.pass_until(resolution.look_at)

    # Time, and channels.

    def time_passes(self, turn: Turn) -> None:
        self.pass_on(_DURATIONS[turn.which % len(_DURATIONS)])

    def until_something_is_due(self, turn: Turn) -> None:
        coming = select(func.min(Due.due_at)).where(
            Due.done_at.is_(None), Due.due_at > self.world.now, Due.kind.in_(_AHEAD)
        )
        moment = self.session.scalar(coming)
        if moment is not None:
            self.pass_until(moment)

    def pass_until(self, moment: datetime) -> None:
        """And a minute more."""
        self.pass_on(max(moment - self.world.now, timedelta()) + timedelta(minutes=1))

    def pass_on(self, duration: timedelta, *, plan: bool = True) -> None:
        """``plan``: meetings ahead are planned as every night."""
        world, rules = self.world, self.world.here.house.rules
        world.passes(duration)
        if plan:
            series.plan_meetings(self.session, at=world.now, rules=rules)
        resolution_clocks.owe_digests(self.session, slot=world.now.date(), at=world.now, rules=rules)
        self.session.flush()

    def notices_leave(self, turn: Turn) -> None:
        self.world.deliver(cycle(_CHANNELS[turn.which % 3 :]))

    def blocks_us(self, turn: Turn) -> None:
        people = list(self.world.people.values())
        (self.world.comes_back if turn.other % 2 else self.world.blocks)(people[turn.action % len(people)])

    @invariant()
    def the_promises_hold(self) -> None:
        if self.world.changed:
            self.world.changed = False
            breaches = self.world.breaches()
            assert not breaches, breaches

    def reached(self) -> Counter[str]:
        """What was done, by its name and as the histories have it."""
        found = Counter(self.world.done)
        for kind, column in (
            ("meeting", MeetingEntry.action),
            ("resolution", ResolutionEntry.action),
            ("consultation", Consultation.state),
        ):
            for value, count in self.session.execute(select(column, func.count()).group_by(column)):
                found[f"{kind} {value.value}"] += count
        found["referral sent"] += self.session.scalar(select(func.count(Referral.id))) or 0
        found["referral answered"] += self.session.scalar(select(func.count(Referral.answered_at))) or 0
        return found

    def teardown(self) -> None:
        """Whatever was left waits for nobody for ever."""
        try:
            if hasattr(self, "chance"):
                (everybody_is_willing if self.chance.randrange(2) else nobody_does_anything)(self)
        finally:
            self.session.close()


def on(engine: Engine) -> type[Council]:
    """The machine on an empty database. Only the community and its series are committed to it."""
    assert set(_AHEAD) <= set(ACTS)
    with Session(engine, expire_on_commit=False) as session:
        beginning = build(session)
        beginning.people["ma"] = beginning.here.person("ma").member_id
        _live_there(session, beginning)
        for name, level in _PLACES:
            _set_up(session, beginning, name, level)
        session.commit()
    return type("CouncilHere", (Council,), {"engine": engine, "beginning": beginning})


def _live_there(session: Session, world: World) -> None:
    ids, rules = world.here.ids, world.here.house.rules
    for name, room in _ROOMS.items():
        home = {"home_unit_id": ids.unit, "home_room": room, "community_id": ids.community}
        agreed = {"consent_version": rules.consent_version, "consent_at": world.now}
        session.execute(update(Member).where(Member.id == world.people[name]).values(**home, **agreed))


def _set_up(session: Session, world: World, name: str, level: Level) -> None:
    who: dict[str, Any] = {"member_id": world.people[name], "at": world.now, "rules": world.here.house.rules}
    day = {Level.CORRIDOR: "2TU", Level.COMPOUND: "2SA", Level.COMMUNITY: "3FR"}[level]
    rule_ = f"FREQ=MONTHLY;BYDAY={day}"
    terms = series.Terms(rule_, "每月一次", "15:00", "红色议事厅", 90, Form.HALL, QuorumRule.HALF_OF_VOTERS)
    places = series.free_places(session, member_id=world.people[name], at=world.now)
    place = next(each for each in places if each.level is level)
    held = series.create_series(session, **who, place=place.key, label=f"{place.label}议事会", terms=terms)
    for other, capacity in (("wang", Capacity.VOTER), ("liu", Capacity.VOTER), ("zhou", Capacity.VOTER)):
        standing_members.add_member(
            session, **who, series_id=held.id, added_id=world.people[other], capacity=capacity
        )
