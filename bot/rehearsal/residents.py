"""What residents do: tell of a matter, join a neighbour's, answer, rate, press, and find that theirs is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import select

from bot.rehearsal.clockwork import Stage
from bot.rehearsal.matters import Matter, place, sentence
from bot.rehearsal.people import Answers, Mind, Person, Question, chance
from bot.rehearsal.world import Household
from handlers.messages import Outgoing
from models.report import Report
from models.rules.issue_workflow import Rating
from services.outbox import OwnNotice

_RATINGS = tuple(Rating)
_SECOND_TIME = (55, 38, 7)  # who was not content is listened to, and mostly is then
_WHY_NOT = ("还是老样子，没弄好", "好了一天又坏了", "来看了一眼就走了，没修", "只弄了一半")
_MORE = ("在三楼拐角那里", "白天家里有人，来之前打个电话", "就是从上个星期开始的", "我拍不了照片，到了楼下就看得见")
_MISTAKES = 0.03  # how often somebody takes one matter for another

#: What a resident does about a notice.
Errand = Callable[[OwnNotice, Outgoing], Iterator[float]]


@dataclass
class Truth:
    """What really is the matter: by report. No program knows it; people do, when they read each other's words, and
    when they look around."""

    told: dict[int, tuple[Matter, Household]] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)  # issues for which somebody called units together

    def of_issue(self, stage: Stage, issue_id: int) -> tuple[Matter, Household] | None:
        """The matter of the first report that is in it."""
        reports = stage.session.scalars(select(Report.id).where(Report.issue_id == issue_id).order_by(Report.id))
        return next((self.told[report] for report in reports if report in self.told), None)

    def same(self, stage: Stage, issue_id: int, matter: Matter, home: Household) -> bool:
        known = self.of_issue(stage, issue_id)
        if known is None or known[0].key != matter.key:
            return False
        return place(matter, known[1], in_full=True) == place(matter, home, in_full=True)


@dataclass
class Resident:
    """The mind of somebody who lives here."""

    stage: Stage
    person: Person
    truth: Truth
    parts: tuple[Mind, ...] = ()  # what else they do when they are told something
    _unsettled: set[int] = field(default_factory=set)  # issues with whose answer they were not content before

    def tells(self, matter: Matter, *, words: str = "") -> None:
        """Something is the matter: they write, and go through with it."""
        said = words or sentence(matter, self.home, self.person.random)
        self.stage.sets_out(self.person, self._telling(matter, said))

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        person, habits = self.person, self.person.habits
        for part in self.parts:
            part.hears(notice, message)
        match notice.kind:
            case "answer_raisers" if chance(person, habits.rates):
                self._later(notice, message, self._rates)
            case "ask_raiser" if chance(person, habits.answers):
                self._later(notice, message, self._explains)
            case "follow_up_silent_raisers" if chance(person, (habits.answers + habits.rates) / 2):
                self._later(notice, message, self._says_whether_solved)
            case "escalate_raisers" | "heartbeat_raisers" if chance(person, habits.urges):
                self._later(notice, message, self._urges)
            case "merge_raisers" if not self._belongs():
                self._later(notice, message, self._is_another)

    @property
    def home(self) -> Household:
        assert self.person.home is not None  # noqa: S101 - residents live somewhere
        return self.person.home

    def _later(self, notice: OwnNotice, message: Outgoing, errand: Errand) -> None:
        if chance(self.person, self.person.habits.forgets):
            return
        at = self.person.gets_round_to_it(self.stage.now, rules=self.stage.house.rules)
        self.stage.plan(at, lambda: self.stage.sets_out(self.person, errand(notice, message)))

    def _telling(self, matter: Matter, said: str) -> Iterator[float]:
        full = place(matter, self.home, in_full=True)
        answers = Answers(
            {
                "report.receive_words": said,
                "report.receive_place": full,
                "report.receive_known": lambda question: self._knows_it(question, matter),
                "report.receive_matters": "as_one",
                "report.receive_elsewhere": "anyway",
                "report.receive_confirmation": "submit",
                "report.receive_home": "yes" if chance(self.person, 0.7) else "later",
            }
        )
        yield from self.stage.talks(self.person, partial(self.stage.says, self.person, said), answers)
        self._remember(matter)

    def _remember(self, matter: Matter) -> None:
        newest = select(Report.id).where(Report.raiser_id == self.person.member_id).order_by(Report.id.desc()).limit(1)
        report = self.stage.session.scalar(newest)
        if report is not None:
            self.truth.told.setdefault(report, (matter, self.home))

    def _knows_it(self, question: Question, matter: Matter) -> str:
        same = self.truth.same(self.stage, question.data["known"]["issue"], matter, self.home)
        return "same" if same != chance(self.person, _MISTAKES) else "other"

    def _belongs(self) -> bool:
        """Whether each of their matters is in an issue about the same thing."""
        own = self.stage.session.execute(
            select(Report.id, Report.issue_id).where(Report.raiser_id == self.person.member_id).order_by(Report.id)
        )
        told = [(issue, self.truth.told[report]) for report, issue in own if report in self.truth.told]
        return all(self.truth.same(self.stage, issue, *what) for issue, what in told)

    def _rates(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        issue, weights = int(notice.params["issue"]), self.person.habits.ratings
        rating = self.person.random.choices(_RATINGS, _SECOND_TIME if issue in self._unsettled else weights)[0]
        if rating is Rating.UNSATISFIED:
            self._unsettled.add(issue)
        answers = Answers(
            {
                "rate.receive_rating": rating.value,
                "rate.receive_reason": self.person.random.choice(_WHY_NOT),
                "*": self.person.random.choice(_WHY_NOT),
            }
        )
        yield from self.stage.talks(
            self.person, partial(self.stage.takes_up, self.person, notice, message, "rate", rating.value), answers
        )

    def _explains(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        answers = Answers({"*": self.person.random.choice(_MORE)})
        yield from self.stage.talks(
            self.person, partial(self.stage.takes_up, self.person, notice, message, "supply"), answers
        )

    def _says_whether_solved(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        solved = chance(self.person, 0.85)
        answers = Answers({"*": self.person.random.choice(_WHY_NOT)})
        yield from self.stage.talks(
            self.person,
            partial(self.stage.takes_up, self.person, notice, message, "follow_up", "yes" if solved else "no"),
            answers,
        )

    def _urges(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        yield from self.stage.talks(
            self.person, partial(self.stage.takes_up, self.person, notice, message, "urge"), Answers({})
        )

    def _is_another(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        answers = Answers(
            {"split.receive_report": lambda asked: asked.options[0][1], "split.receive_confirmation": "yes"}
        )
        yield from self.stage.talks(
            self.person, partial(self.stage.takes_up, self.person, notice, message, "split"), answers
        )
