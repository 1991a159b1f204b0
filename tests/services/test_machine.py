"""A community at random: whatever people do in whatever order, the books are clean after every step."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.orm import Session

from handlers.announcements import KINDS_WITH_OPTIONS
from models.rules.errors import RuleError
from models.rules.issue_workflow import OPEN, Nature, Outcome, Rating, Reason, State
from services import following, handling, intake, members, notices, outbox, queries
from services.audit import audit
from services.claims import claim_due
from services.outbox import Outcome as Sent
from services.outbox import SendResult, record
from services.routes import Channel
from tests.database import fresh_database, opened
from tests.neighbourhood import Neighbourhood, Person, Staff, settle, staffed

STAFF = ("li", "zhao", "sun", "qian")
RAISERS = ("wang", "liu", "ma")
WORDS = st.sampled_from(["换了灯泡", "线路老化", "又灭了。", "  等一等  "])
CHANNELS = (Channel("webchat"), Channel("wechat", window=timedelta(hours=48), window_sends=5))


class Community(RuleBasedStateMachine):
    """Residents, staff, the timer and the outbox take turns. A refusal is fine; a breach is not."""

    here: Neighbourhood
    staff: Staff

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()

    @initialize()
    def moves_in(self) -> None:
        database = self.open.enter_context(opened(self.open.enter_context(fresh_database("sqlite"))))
        self.session = self.open.enter_context(Session(database.engine, expire_on_commit=False))
        self.here = settle(self.session)
        self.staff = staffed(self.here)
        self.house_rules = self.here.house.rules
        self.raisers = [self.here.person(name, platform="wechat") for name in RAISERS]
        for raiser in self.raisers:
            raiser.says("你好")
        self.issues: list[int] = []

    def teardown(self) -> None:
        self.open.close()

    def somebody(self, who: str) -> Person:
        return getattr(self.staff, who) if who in STAFF else self.raisers[RAISERS.index(who)]

    def tries(self, deed: object, which: int, who: str, **details: object) -> None:
        if not self.issues:
            return
        self.here.passes(minutes=1)
        try:
            with self.session.begin_nested():
                deed(  # type: ignore[operator]
                    self.session,
                    issue_id=self.issues[which % len(self.issues)],
                    member_id=self.somebody(who).member_id,
                    at=self.here.now,
                    rules=self.house_rules,
                    **details,
                )
        except RuleError:
            self.session.expire_all()

    @rule(who=st.sampled_from(RAISERS), unit=st.booleans(), urgent=st.booleans(), for_neighbour=st.booleans())
    def report(self, who: str, unit: bool, urgent: bool, for_neighbour: bool) -> None:
        self.here.passes(minutes=21)  # three an hour
        ids = self.here.ids
        where = intake.Where(ids.compound, ids.building, ids.unit if unit else None)
        told = intake.Told("楼道灯坏了", "楼道灯坏了", "lighting", Nature.HELP, urgent, where)
        raiser, teller = self.somebody(who).member_id, None
        if for_neighbour:
            teller = self.staff.li.member_id
            raiser = members.member_without_phone(
                self.session, name="501 王大爷", community_id=ids.community, at=self.here.now
            )
        try:
            with self.session.begin_nested():
                issue = intake.report_issue(
                    self.session,
                    raiser_id=raiser,
                    told_by=teller,
                    platform="wechat",
                    told=told,
                    at=self.here.now,
                    rules=self.house_rules,
                )
            self.issues.append(issue.id)
        except RuleError:
            self.session.expire_all()

    @rule(which=st.integers(0, 5), who=st.sampled_from(STAFF))
    def accept(self, which: int, who: str) -> None:
        self.tries(handling.accept_issue, which, who)

    @rule(which=st.integers(0, 5), who=st.sampled_from(STAFF))
    def assign(self, which: int, who: str) -> None:
        self.tries(handling.assign_issue, which, who, organisation_id=self.here.ids.property)

    @rule(which=st.integers(0, 5), who=st.sampled_from(STAFF), words=WORDS)
    def hand_over(self, which: int, who: str, words: str) -> None:
        self.tries(handling.hand_over_issue, which, who, words=words)

    @rule(which=st.integers(0, 5), who=st.sampled_from(STAFF), outcome=st.sampled_from(Outcome), words=WORDS)
    def answer(self, which: int, who: str, outcome: Outcome, words: str) -> None:
        why = {"reason": Reason.NO_MONEY, "decider": "业主大会"} if outcome is Outcome.EXPLAINED else {}
        self.tries(handling.answer_issue, which, who, outcome=outcome, words=words, **why)

    @rule(which=st.integers(0, 5), who=st.sampled_from(RAISERS), words=WORDS)
    def supply(self, which: int, who: str, words: str) -> None:
        self.tries(following.supply_issue, which, who, words=words)

    @rule(which=st.integers(0, 5), who=st.sampled_from(RAISERS), rating=st.sampled_from(Rating))
    def rate(self, which: int, who: str, rating: Rating) -> None:
        self.tries(following.rate_issue, which, who, rating=rating)

    @rule(which=st.integers(0, 5), who=st.sampled_from(RAISERS), words=WORDS)
    def reopen(self, which: int, who: str, words: str) -> None:
        self.tries(following.reopen_issue, which, who, words=words)

    @rule(which=st.integers(0, 5), who=st.sampled_from(RAISERS))
    def withdraw(self, which: int, who: str) -> None:
        self.tries(following.withdraw_report, which, who)

    @rule(hours=st.sampled_from([1, 7, 30, 50, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.here.passes(hours=hours)
        self.here.keeps_time()

    @rule(who=st.sampled_from(RAISERS))
    def a_raiser_writes(self, who: str) -> None:
        """What was parked is shown."""
        self.here.passes(minutes=1)
        self.somebody(who).says("你好")

    @rule(outcome=st.sampled_from(Sent))
    def the_outbox_runs_once(self, outcome: Sent) -> None:
        self.here.passes(minutes=2)
        envelopes = claim_due(
            self.session,
            now=self.here.now,
            limit=20,
            lease=timedelta(seconds=60),
            platforms=CHANNELS,
            with_options=KINDS_WITH_OPTIONS,
        )
        # Staff stay reachable: who above is told otherwise is not this machine's matter.
        harmless = outcome if outcome is not Sent.BLOCKED else Sent.CLOSED
        results = [(e, SendResult(harmless if e.channel.name == "wechat" else Sent.SENT)) for e in envelopes]
        record(self.session, results, now=self.here.now, retries=(5, 30))

    @rule(who=st.sampled_from(("li", "zhao", "sun")))
    def a_door_is_knocked_at(self, who: str) -> None:
        visits = queries.unreached(self.session, member_id=self.somebody(who).member_id, at=self.here.now)
        notices.relay(self.session, notice_ids=[n for visit in visits for n in visit.notice_ids], at=self.here.now)

    @invariant()
    def the_books_are_clean(self) -> None:
        assert audit(self.session, at=self.here.now) == []
        failed = {notice.issue_id for notice in outbox.failed_notices(self.session)}
        for serial, issue_id in enumerate(self.issues, start=1):
            issue = self.here.issue(serial)
            assert issue.id == issue_id
            assert (issue.state in OPEN) or issue.answered_at or issue.state is State.WITHDRAWN or issue_id in failed


Community.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCommunity = Community.TestCase
