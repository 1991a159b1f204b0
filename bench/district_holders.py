"""What those who hold an issue do with it in ``bench.district``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bench.district_life import Life
from models.issue import Issue
from models.rules.issue_workflow import OPEN, Level, Outcome, Reason, State
from models.rules.posts import Role
from services import deliberating, handling, merging, pressing, shelving, waiting, whistles
from services.demands import demands
from services.ladder import post_above

_ANSWERS = ("换了新的，已经试过能用", "派人到现场修好了，请看看", "清走了，每天早上清一次", "谈好了，九点以后不再响")
_REASONS = tuple(Reason)
#: What somebody who holds an issue does with it in this state, by weight.
_HOLDS: Mapping[State, tuple[tuple[str, int], ...]] = {
    State.RECEIVED: (("accept", 62), ("answer", 22), ("hand_over", 4), ("void", 1), ("nothing", 11)),
    State.ACCEPTED: (("answer", 55), ("assign", 25), ("hand_over", 5), ("ask", 5), ("shelve", 2), ("propose", 2),
                     ("extension", 2), ("whistle", 2), ("nothing", 2)),
    State.IN_PROGRESS: (("answer", 80), ("decline", 8), ("ask", 4), ("extension", 2), ("nothing", 6)),
    State.TO_DELIBERATE: (("schedule", 100),),
    State.SCHEDULED: (("decide", 80), ("return_", 10), ("adjourn", 10)),
    State.DECIDED: (("answer", 90), ("nothing", 10)),
}  # fmt: skip


class Holders(Life):
    """Residents, and whoever has what they told."""

    def hold(self, issue_id: int, _member: int) -> None:
        """The holder gets round to it. What was done meanwhile decides what there is to do."""
        issue = self._issue(issue_id)
        choices = _HOLDS.get(issue.state)
        if choices is None:
            return
        what = self.random.choices([c[0] for c in choices], [c[1] for c in choices])[0]
        if issue.declines >= self.rules.declines_before_lead and not issue.lead_named:
            what = "name_lead"
        member = self.district.on_post[issue.holder_id]
        role = self.district.role_of[issue.holder_id]
        if what == "decline" and (role is not Role.HANDLER or issue.lead_named):
            what = "answer"
        if what in ("assign", "hand_over") and role in (Role.STREET, Role.HANDLER):
            what = "answer"
        if what != "nothing":
            getattr(self, f"_{what}")(issue, member, role)

    def _accept(self, issue: Issue, member: int, role: Role) -> None:
        handling.accept_issue(self.session, **self._by(issue.id, member))

    def _answer(self, issue: Issue, member: int, role: Role) -> None:
        outcome = self.random.choices(list(Outcome), (82, 8, 10))[0]
        told = demands(self.session, issue_id=issue.id) if len(self._raisers(issue.id)) > 1 else None
        explained: dict[str, Any] = {}
        if outcome is Outcome.EXPLAINED:
            later = self.now + timedelta(days=self.random.randrange(30, 120))
            explained = {"reason": self.random.choice(_REASONS), "decider": "区住建局", "review_at": later}
        handling.answer_issue(
            self.session, **self._by(issue.id, member), words=self.random.choice(_ANSWERS), outcome=outcome,
            ticked=told, **explained,
        )  # fmt: skip

    def _hand_over(self, issue: Issue, member: int, role: Role) -> None:
        handling.hand_over_issue(self.session, **self._by(issue.id, member), words="这里办不了，请上面协调")

    def _units(self, issue: Issue, role: Role) -> list[int]:
        units = [self.district.property[issue.community_id]]
        return units if role is Role.STEWARD else units + self.district.utilities[issue.community_id]

    def _assign(self, issue: Issue, member: int, role: Role) -> None:
        unit = self.random.choice(self._units(issue, role))
        handling.assign_issue(self.session, **self._by(issue.id, member), organisation_id=unit)

    def _name_lead(self, issue: Issue, member: int, role: Role) -> None:
        unit = self.random.choice(self._units(issue, Role.COMMUNITY))
        desk = self.district.desk[issue.community_id]
        handling.assign_issue(self.session, **self._by(issue.id, desk), organisation_id=unit, lead=True)

    def _decline(self, issue: Issue, member: int, role: Role) -> None:
        handling.decline_issue(self.session, **self._by(issue.id, member), words="不是我们管的", proposed="供水公司")

    def _ask(self, issue: Issue, member: int, role: Role) -> None:
        raiser = self.random.choice(self._raisers(issue.id))
        waiting.ask_raiser(self.session, **self._by(issue.id, member), raiser_id=raiser, words="具体在几楼")

    def _void(self, issue: Issue, member: int, role: Role) -> None:
        if self.random.random() < 0.2:
            member = self.district.secretary[issue.compound_id]
            shelving.void_issue(self.session, **self._by(issue.id, member), words="试一试，不是真的事")

    def _shelve(self, issue: Issue, member: int, role: Role) -> None:
        member = self.district.secretary[issue.compound_id]
        later = self.now + timedelta(days=self.random.randrange(20, 90))
        shelving.shelve_issue(
            self.session, **self._by(issue.id, member), words="要等维修资金", reason=Reason.NO_MONEY, review_at=later
        )

    def _propose(self, issue: Issue, member: int, role: Role) -> None:
        member = self.district.secretary[issue.compound_id]
        deliberating.propose_issue(
            self.session, **self._by(issue.id, member), level=Level.COMPOUND, words="要大家一起定"
        )

    def _schedule(self, issue: Issue, member: int, role: Role) -> None:
        meets_at = self.now + timedelta(days=10)
        deliberating.schedule_issue(
            self.session, issue_id=issue.id, meeting="小区议事会", meets_at=meets_at, at=self.now, rules=self.rules
        )

    def _decide(self, issue: Issue, member: int, role: Role) -> None:
        until = self.now + timedelta(days=20)
        deliberating.decide_issue(
            self.session, issue_id=issue.id, words="大家同意装", until=until, at=self.now, rules=self.rules
        )

    def _return_(self, issue: Issue, member: int, role: Role) -> None:
        deliberating.return_issue(self.session, issue_id=issue.id, words="没有通过", at=self.now, rules=self.rules)

    def _adjourn(self, issue: Issue, member: int, role: Role) -> None:
        deliberating.adjourn_issue(self.session, issue_id=issue.id, words="下次再议", at=self.now, rules=self.rules)

    def _extension(self, issue: Issue, member: int, role: Role) -> None:
        until = max(issue.landing_due, self.now) + timedelta(days=10)
        pressing.ask_extension(self.session, **self._by(issue.id, member), words="配件要等十天", until=until)

    def decide_extension(self, issue_id: int, _member: int) -> None:
        issue = self._issue(issue_id)
        grant = self.random.random() < 0.8
        pressing.decide_extension(
            self.session, **self._by(issue_id, self._above(issue)), grant=grant, words="" if grant else "请按期办"
        )

    def _above(self, issue: Issue) -> int:
        above = post_above(self.session, issue=issue, at=self.now)
        return self.district.on_post[above] if above else self.district.street[issue.community_id]

    def supervise(self, issue: int, _member: int) -> None:
        found = self._issue(issue)
        pressing.supervise_issue(self.session, **self._by(issue, self._above(found)), words="请尽快办")

    def _whistle(self, issue: Issue, member: int, role: Role) -> None:
        member = self.district.secretary[issue.compound_id]
        units = self.district.utilities[issue.community_id][:2]
        whistles.whistle(
            self.session, **self._by(issue.id, member), organisations=units, words="请到场看看",
            arrive_by=self.now + timedelta(hours=4),
        )  # fmt: skip
        for unit in units:
            self.soon(5, "arrive", issue.id, unit)

    def arrive(self, issue: int, organisation: int) -> None:
        member = self._of_unit(organisation)
        whistles.arrive(self.session, **self._by(issue, member))
        whistles.report_help(self.session, **self._by(issue, member), words="阀门换好了")

    def _of_unit(self, organisation: int) -> int:
        return self.district.on_unit[organisation]

    def merge(self, issue_id: int, _member: int) -> None:
        issue = self._issue(issue_id)
        known = [each for each, _, _ in self._open_in[issue.compound_id] if each != issue_id]
        if not known or issue.state not in OPEN:
            return
        secretary = self.district.secretary[issue.compound_id]
        merging.merge_issues(
            self.session, **self._by(issue_id, secretary), into_id=self.random.choice(known),
            evidence={"matches": ["同一个小区"], "differs": []}, why="说的是一件事",
        )  # fmt: skip
        if self.random.random() < 0.15:
            self.soon(60, "unmerge", issue_id)

    def unmerge(self, issue_id: int, _member: int) -> None:
        secretary = self.district.secretary[self._issue(issue_id).compound_id]
        merging.unmerge_issue(self.session, **self._by(issue_id, secretary))
