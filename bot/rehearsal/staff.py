"""What whoever holds a post does: take on, settle, pass on, give to a unit, ask, decline, whistle, press, visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import select

from bot.rehearsal.clockwork import Stage
from bot.rehearsal.council import Council
from bot.rehearsal.matters import Matter
from bot.rehearsal.people import Answer, Answers, Mind, Person, Question, chance
from bot.rehearsal.residents import Truth
from bot.rehearsal.talks import Talk
from bot.rehearsal.world import UNITS
from handlers.messages import Outgoing
from models.issue import Issue
from models.rules.issue_workflow import OPEN, Outcome, State
from models.rules.posts import Role
from services import queries
from services.outbox import OwnNotice
from services.queries import IssueLine

_ORDER = "_holder"  # how the kinds of notices end that speak to whoever holds an issue
_MERGES = frozenset({Role.STEWARD, Role.SECRETARY, Role.COMMUNITY})
_UNSURE = "other"  # who can settle it is not known from the words
#: Hours of work until it is settled, typically.
_WORK = {Role.STEWARD: 6.0, Role.SECRETARY: 20.0, Role.COMMUNITY: 26.0, Role.STREET: 40.0, Role.HANDLER: 22.0}
_URGENT_WORK = 1.5
_HAND_OVER = ("这件事我这里办不了，请上面协调", "要找专业的单位，我协调不动", "跑了两趟没人理，请网格出面")
_ASK = ("请问具体是在几层、靠哪一边", "什么时候开始的，白天家里有人吗", "方便说一下是哪一盏、哪一处吗")
_EXTEND = ("配件要从外地发货，十天才能到", "要等天晴才能施工")
_PRESS = ("居民等了很久，请今天给出办理意见", "请尽快到现场看看，晚上把情况报上来")
_NOT_OURS = ("这不是我们单位管的", "去看过了，不属于我们的设施")
_NOT_AT_HOME = 0.2
_WHISTLE = "现场情况急，请马上到场一起处理"
_TOGETHER = "关系到大家，一起商量"
_HELPED = ("阀门关好了，管子明天一早换", "到现场看过了，抽水泵已经架上")


@dataclass(frozen=True)
class _Case:
    """An issue on somebody's desk: how it stands, what brought it, and what really is the matter."""

    line: IssueLine
    notice: OwnNotice
    message: Outgoing
    matter: Matter | None

    @property
    def by(self) -> str:
        """Who can settle it."""
        return self.matter.by if self.matter else _UNSURE


@dataclass
class Post:
    """The mind of somebody with a post. ``mistakes``: how often a wrong unit is given it. ``declines``: sends back what
    is given to it, whatever it is. ``whistles``: calls units together where it is urgent.
    """

    stage: Stage
    person: Person
    truth: Truth
    mistakes: float = 0.06
    declines: bool = False
    whistles: bool = False
    supervises: float = 0.3
    parts: tuple[Mind, ...] = ()  # what else they do when they are told something
    council: Council | None = None
    _on_the_desk: set[int] = field(default_factory=set)  # issues that they mean to look at
    _worked: set[int] = field(default_factory=set)  # that a unit has begun with

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        for part in self.parts:
            part.hears(notice, message)
        if not chance(self.person, self.person.habits.answers) or chance(self.person, self.person.habits.forgets):
            return
        match notice.kind:
            case "ask_extension_above":
                self._later(notice, message, "decide_extension", "yes" if chance(self.person, 0.8) else "no")
            case "urge_above" if chance(self.person, self.supervises):
                self._later(notice, message, "supervise")
            case "suggest_above":
                self._later(notice, message, "propose")
            case "whistle_helpers":
                self._later(notice, message, "arrive", minutes=30)
                self._later(notice, message, "help_out", minutes=150)
            case "visit":
                at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules)
                self.stage.plan(at, lambda: self.stage.sets_out(self.person, self._visits(notice, message)))
            case "confirm_role":
                self._later(notice, message, "confirm", "yes")
            case kind if kind.endswith(_ORDER) and "issue" in notice.params:
                self._take_to_the_desk(notice, message)

    def goes_away(self, until: str) -> None:
        """On leave; the first colleague who is offered stands in."""
        answers = Answers({"absence.receive_until": until, "absence.receive_who": _first})
        opening = partial(self.stage.asks_for, self.person, "absence")
        self.stage.sets_out(self.person, self.stage.talks(self.person, opening, answers))

    def tells_for(self, name: str, words: str) -> None:
        """A neighbour without a phone speaks through the steward (代报)."""
        answers = Answers(
            {
                "on_behalf.receive_who": name,
                "on_behalf.receive_words": words,
                "on_behalf.receive_known": "other",
                "on_behalf.receive_confirmation": "submit",
            }
        )
        opening = partial(self.stage.asks_for, self.person, "on_behalf")
        self.stage.sets_out(self.person, self.stage.talks(self.person, opening, answers))

    def _visits(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        """To the doors of those whom no message reaches; one in five is not at home."""
        if "raiser" in notice.params:
            missed = 1 if chance(self.person, _NOT_AT_HOME) else 0
            yield from self.stage.talks(
                self.person, partial(self.stage.chooses, self.person, notice, message, missed), Answers({})
            )
            return
        self.stage.asks_for(self.person, "tasks")
        for label, value in self.stage.offered(self.person):
            if value.startswith("do:relay:") and not chance(self.person, _NOT_AT_HOME):
                yield 1_800.0
                self.stage.asks_for(self.person, "tasks")
                if any(label == offer for offer, _ in self.stage.offered(self.person)):
                    self.stage.says(self.person, label)

    def _later(
        self, notice: OwnNotice, message: Outgoing, capability: str, argument: str = "", *, minutes: float | None = None
    ) -> None:
        """Do what a notice offers, in a while."""
        answers: Mapping[str, Answer] = {
            "supervise.receive_words": self.person.random.choice(_PRESS),
            "decide_extension.receive_why": "请按原来的期限办，先做能做的",
            **self._proposing(notice.params.get("issue")),
            "help_out.receive_what": self.person.random.choice(_HELPED),
        }

        def begin() -> None:
            opening = partial(self.stage.takes_up, self.person, notice, message, capability, argument)
            self.stage.sets_out(self.person, self.stage.talks(self.person, opening, Answers(answers)))

        at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules, minutes=minutes)
        self.stage.plan(at, begin)

    def _take_to_the_desk(self, notice: OwnNotice, message: Outgoing) -> None:
        issue = int(notice.params["issue"])
        if issue in self._on_the_desk:
            return
        self._on_the_desk.add(issue)
        minutes = 8.0 if notice.params.get("urgent") else None
        at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules, minutes=minutes)
        self.stage.plan(at, lambda: self._look_at(issue, notice, message))

    def _work_on(self, case: _Case) -> None:
        """It is taken on; some hours or days later it is done."""
        assert self.person.role is not None  # noqa: S101 - a post is held
        issue, hours = case.line.issue_id, _URGENT_WORK if case.line.urgent else _WORK[self.person.role]
        at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules, minutes=60 * hours)
        self._on_the_desk.add(issue)
        self.stage.plan(at, lambda: self._look_at(issue, case.notice, case.message))

    def _look_at(self, issue: int, notice: OwnNotice, message: Outgoing) -> None:
        """What there is to do with an issue now, if it is still here."""
        self._on_the_desk.discard(issue)
        held = queries.tasks(self.stage.session, member_id=self.person.member_id, at=self.stage.now, limit=500)
        line = next((each for each in held if each.issue_id == issue), None)
        if line is None or line.state not in (State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.DECIDED):
            return
        known = self.truth.of_issue(self.stage, issue)
        errand = self._errand(_Case(line, notice, message, known[0] if known else None))
        if errand is not None:
            self.stage.sets_out(self.person, errand)

    def _errand(self, case: _Case) -> Iterator[float] | None:
        line, by = case.line, case.by
        if self.person.role is Role.HANDLER:
            return self._of_a_unit(case)
        if (same := self._same_and_older(case.line)) and chance(self.person, 0.9):
            return self._merges(case.line, same)
        if case.notice.params.get("name_lead") and self.person.role in (Role.COMMUNITY, Role.STREET):
            return self._does(case, "name_lead", {"name_lead.receive_unit": self._unit(by)})
        if self.council is not None and isinstance(case.matter, Talk):
            return self._brings_up(case, case.matter, self.council)
        if self._whistles_for(case):
            self.truth.called.add(line.issue_id)
            return self._calls_together(case)
        if self.person.role is Role.STEWARD:
            return self._of_a_steward(case)
        if line.state is State.RECEIVED and chance(self.person, 0.5):
            return self._accepts(case)
        if by in UNITS:
            return self._does(case, "assign", {"assign.receive_unit": self._unit(by)})
        if by == "community" and self.person.role is Role.SECRETARY:
            return self._does(case, "hand_over", {"*": self.person.random.choice(_HAND_OVER)})
        if by == "nobody" and chance(self.person, 0.4) and line.state is not State.RECEIVED:
            return self._cannot_now(case)
        return self._finishes(case)

    def _brings_up(self, case: _Case, talk: Talk, council: Council) -> Iterator[float] | None:
        """What neighbours should settle; once they have, it is answered, and what was decided is being carried out."""
        if case.line.state is State.DECIDED or council.is_being_settled(case.line.issue_id):
            return None
        if council.was_talked_over(case.line.issue_id) or council.was_agreed(case.line.issue_id):
            return self._finishes(case)
        if self.person.role is Role.STREET:
            return self._finishes(case)
        if self.person.role is not Role.STEWARD:
            if case.line.state is State.RECEIVED and chance(self.person, 0.5):
                return self._accepts(case)
            return self._does(case, "propose", self._proposing(case.line.issue_id))
        if talk.consults:
            return self._consults(case)
        return self._does(case, "suggest", {"*": _TOGETHER})

    def _proposing(self, issue: int | None) -> Mapping[str, Answer]:
        """To the lowest level that meets there; of a compound, to that."""
        known = self.truth.of_issue(self.stage, issue) if issue is not None else None
        low = known is not None and isinstance(known[0], Talk) and known[0].at != "compound"

        def level(question: Question) -> str:
            wanted = next((label for label, value in question.options if value == "compound"), None)
            return _first(question) if low or wanted is None else wanted

        return {"propose.receive_level": level, "propose.receive_why": _TOGETHER}

    def _consults(self, case: _Case) -> Iterator[float]:
        """微协商, with the neighbours who told of it and whoever else is offered first."""
        chosen: list[str] = []

        def whom(question: Question) -> str:
            people = [label for label, value in question.options if value.isdecimal() and label not in chosen]
            if len(chosen) < 2 and people and not people[0].startswith("✓"):
                chosen.append(people[0])
                return people[0]
            return "enough"

        steps: Mapping[str, Answer] = {"consult.receive_people": whom, "*": _TOGETHER}
        yield from self.stage.talks(
            self.person, partial(self.stage.asks_for, self.person, "consult", case.line.short), Answers(steps)
        )

    def _whistles_for(self, case: _Case) -> bool:
        line, by = case.line, case.by
        new = line.urgent and line.state is State.RECEIVED and line.issue_id not in self.truth.called
        return self.whistles and new and by in UNITS and self.person.role is not Role.STEWARD

    def _same_and_older(self, line: IssueLine) -> Issue | None:
        """The open issue that tells of the same thing, as whoever reads both sees."""
        known = self.truth.of_issue(self.stage, line.issue_id)
        if known is None or self.person.role not in _MERGES:
            return None
        older = select(Issue).where(Issue.id < line.issue_id, Issue.state.in_(OPEN)).order_by(Issue.id)
        return next((i for i in self.stage.session.scalars(older) if self.truth.same(self.stage, i.id, *known)), None)

    def _merges(self, line: IssueLine, same: Issue) -> Iterator[float]:
        into = str(same.id)
        answers = Answers(
            {
                "merge.receive_other": lambda asked: into if into in dict(asked.options).values() else str(same.serial),
                "merge.receive_into": into,
                "merge.receive_confirmation": "yes",
            }
        )
        yield from self.stage.talks(
            self.person, partial(self.stage.asks_for, self.person, "merge", line.short), answers
        )
        if chance(self.person, 0.3):
            yield 60.0
            yield from self.stage.talks(
                self.person,
                partial(self.stage.asks_for, self.person, "count", same.serial),
                Answers({"count.receive_count": _first}),
            )

    def _of_a_steward(self, case: _Case) -> Iterator[float]:
        by = case.by
        if by == "steward" or (by == _UNSURE and chance(self.person, 0.5)):
            if case.line.state is State.RECEIVED and chance(self.person, 0.5):
                return self._accepts(case)
            return self._finishes(case)
        if by == "property":
            return self._does(case, "assign", {"assign.receive_unit": UNITS["property"][0]})
        return self._does(case, "hand_over", {"*": self.person.random.choice(_HAND_OVER)})

    def _of_a_unit(self, case: _Case) -> Iterator[float] | None:
        """A handling unit: not its own goes back; its own is worked on, and answered when it is done."""
        notice, line = case.notice, case.line
        own = next((key for key, (name, _) in UNITS.items() if name == self.person.posts[0].scope), "")
        if notice.kind == "assign_holder" and (self.declines or (case.by in UNITS and case.by != own)):
            proposed = UNITS[case.by][0] if case.by in UNITS and case.by != own else "社区"
            why = self.person.random.choice(_NOT_OURS)
            return self._does(case, "decline", {"decline.receive_who": proposed, "*": why})
        if notice.kind in ("assign_holder", "name_lead_holder") and line.issue_id not in self._worked:
            self._worked.add(line.issue_id)
            self._work_on(case)
            if chance(self.person, 0.08) and not line.urgent:
                return self._asks(case.line)
            if chance(self.person, 0.06) and not line.urgent:
                why = self.person.random.choice(_EXTEND)
                return self._does(case, "extend", {"extend.receive_until": _first, "*": why})
            return None
        return self._finishes(case)

    def _accepts(self, case: _Case) -> Iterator[float]:
        yield from self._does(case, "accept", {})
        if chance(self.person, 0.06) and not case.line.urgent:
            yield 300.0
            yield from self._asks(case.line)
        self._work_on(case)

    def _asks(self, line: IssueLine) -> Iterator[float]:
        answers = Answers({"ask.receive_raiser": _first, "*": self.person.random.choice(_ASK)})
        opening = partial(self.stage.asks_for, self.person, "ask", line.short)
        return self.stage.talks(self.person, opening, answers)

    def _calls_together(self, case: _Case) -> Iterator[float]:
        yield from self._does(case, "accept", {})
        called = [UNITS[key][0] for key in dict.fromkeys((case.by, "property"))]
        yield from self._does(
            case, "whistle",
            {"whistle.receive_units": [*called, "enough"], "whistle.receive_when": "1小时后", "*": _WHISTLE},
        )  # fmt: skip
        self._work_on(case)

    def _finishes(self, case: _Case) -> Iterator[float]:
        matter = case.matter
        words = self.person.random.choice(matter.done) if matter else "到现场看过，和居民当面说清楚了怎么办"
        cannot = matter is not None and matter.by == "nobody"
        capability = "resolve" if self.person.role is Role.STEWARD and not cannot else "answer"
        outcome = Outcome.EXPLAINED if cannot else Outcome.SOLVED
        return self._does(
            case, capability,
            {
                "answer.receive_outcome": outcome.value,
                "answer.receive_reason": matter.reason if matter else "",
                "answer.receive_decider": matter.decider if matter else "",
                "answer.receive_review": "3个月后",
                "answer.receive_tick": "all",
                "resolve.receive_tick": "all",
                "*": words,
            },
        )  # fmt: skip

    def _cannot_now(self, case: _Case) -> Iterator[float]:
        matter = case.matter
        assert matter is not None  # noqa: S101 - its reason is known
        if matter.reason == "owners_vote":
            answers: Mapping[str, Answer] = {"propose.receive_level": "compound", "*": "要大家一起定"}
            return self._does(case, "propose", answers)
        answers = {"shelve.receive_reason": matter.reason, "shelve.receive_until": _first, "*": matter.done[0]}
        return self._does(case, "shelve", answers)

    def _does(self, case: _Case, capability: str, answers: Mapping[str, Answer]) -> Iterator[float]:
        """By a button of the notice, if the issue is still as it was then; else in words."""
        if case.notice.params.get("state") in (None, case.line.state):
            opening = partial(self.stage.takes_up, self.person, case.notice, case.message, capability)
        else:
            opening = partial(self.stage.asks_for, self.person, capability, case.line.short)
        return self.stage.talks(self.person, opening, Answers(answers))

    def _unit(self, by: str) -> str:
        if by not in UNITS or chance(self.person, self.mistakes):
            by = self.person.random.choice(sorted(UNITS))
        return UNITS[by][0]


def _first(question: Question) -> str:
    return question.options[0][1]
