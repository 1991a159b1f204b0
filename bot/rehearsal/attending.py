"""What anybody does about meetings: say whether they come, say what they think, come, vote, check the minutes,
object, and go and look whether it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from bot.rehearsal.council import Council
from bot.rehearsal.hands import Hands, first, valued
from bot.rehearsal.people import Answer, Person, Question, chance
from handlers.messages import Outgoing
from models.ballot import Ballot
from models.meeting import Meeting
from models.opinion import Stance
from models.rules.meeting_workflow import ItemState, Rsvp
from services.outbox import OwnNotice
from texts import choice

_PLACES = (Rsvp.COMING, Rsvp.NOT_COMING, Rsvp.PROXY)  # of the answers to an invitation
_COMES, _STANDS_BACK = 0.84, 0.95  # up to: comes, does not; beyond: asks another
_KEEPS_WORD = 0.94  # of those who said that they come
_AGREES = ((86, 8, 6), (10, 80, 10))  # the votes on what will be adopted, and on what will not
_SENTENCES = ("我看行，先试一个月", "要离窗户远一点", "钱从哪里来要说清楚", "老人孩子也要照顾到")
_WRONG = ("人数写错了，我们家也到了", "少记了一句：先试一个月")
_OBJECTIONS = ("没有问过我们这一户，位置离我家窗户太近", "这样办对一楼不公平，请再商量")
_MISSING = ("还差一半没有做", "牌子还没有立起来")
_SAID = ("我同意商量，白天上班，晚上都在家", "只要说到做到就行")
_MOST_ITEMS = 2  # on which somebody says what they think


class Guest(Hands):
    """``objects``: to the next resolution that they hear of. ``silent``: takes part in no small consultation."""

    def __init__(self, council: Council, person: Person) -> None:
        super().__init__(council.stage, person)
        self.council = council
        self.objects = self.silent = False
        self._doors: dict[int, tuple[OwnNotice, Outgoing]] = {}
        self._papers: dict[int, tuple[OwnNotice, Outgoing]] = {}
        council.calls[person.address] = self.hears_of_ballot

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        react = _REACTIONS.get(notice.kind)
        if react is not None and chance(self.person, self.person.habits.answers):
            react(self, notice, message)

    def enrols(self) -> Iterator[float]:
        """登记住址: only who is known to live there is asked to anything."""
        home = self.person.home
        assert home is not None  # noqa: S101 - residents live somewhere
        return self.asks("enrol", {"*": home.label, "enrol.receive_confirmation": "yes"})

    def looks_in(self) -> Iterator[float]:
        """会议: what has waited for them is shown."""
        yield from self.asks("my_meetings", {"my_meetings.receive_meeting": first})

    # Before it.

    def _is_asked(self, notice: OwnNotice, message: Outgoing) -> None:
        throw = self.person.random.random()
        rsvp = Rsvp.COMING if throw < _COMES else Rsvp.NOT_COMING if throw < _STANDS_BACK else Rsvp.PROXY
        if self.council.is_deserted(notice.params["meeting"]):
            rsvp = Rsvp.NOT_COMING
        if rsvp is Rsvp.PROXY and notice.params.get("capacity", "voter") != "voter":
            rsvp = Rsvp.NOT_COMING
        self.later(lambda: self._says_whether(notice, message, rsvp))

    def _says_whether(self, notice: OwnNotice, message: Outgoing, rsvp: Rsvp) -> Iterator[float]:
        meeting = notice.params["meeting"]
        doors = iter(self._others(notice.params["label"]))
        yield from self.answers(
            notice, message, _PLACES.index(rsvp), "rsvp",
            {
                "rsvp.receive_meeting": valued(meeting),
                "rsvp.receive_answer": rsvp.value,
                "rsvp.receive_holder": lambda asked: next(doors, choice("common.cancel")[0]),
            },
        )  # fmt: skip
        if rsvp is Rsvp.COMING and chance(self.person, _KEEPS_WORD):
            meets_at = datetime.fromisoformat(notice.params["meets_at"])
            early = timedelta(minutes=self.person.random.uniform(2, 26))
            self.then(meets_at - early, lambda: self._arrives(meeting, meets_at))

    def _others(self, label: str) -> list[str]:
        """The doors of the other delegates, as a neighbour writes them."""
        homes = [each.home for each in self.council.delegates.get(label, ()) if each.person is not self.person]
        return [f"{home.building}号楼{home.unit}单元{home.room}" for home in homes]

    def _thinks(self, notice: OwnNotice, message: Outgoing) -> None:
        if chance(self.person, 0.3):
            self.later(lambda: self._says_what_they_think(notice, message))

    def _says_what_they_think(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        random, seen = self.person.random, list[str]()

        def stance(_: Question) -> str:
            return random.choice(list(Stance)).value

        def item(asked: Question) -> str:
            left = [value for _, value in asked.options if value.isdecimal() and value not in seen]
            seen.extend(left[:1])
            return valued(left[0])(asked) if left and len(seen) <= _MOST_ITEMS else "enough"

        yield from self.answers(
            notice, message, 0, "opinion",
            {
                "opinion.receive_meeting": valued(notice.params["meeting"]),
                "opinion.receive_item": item,
                "opinion.receive_stance": stance,
                "opinion.receive_words": lambda asked: random.choice(_SENTENCES) if chance(self.person, 0.3) else "no",
                "opinion.receive_answer": lambda asked: stance(asked) if chance(self.person, 0.6) else "enough",
            },
        )  # fmt: skip

    # There.

    def _opens(self, notice: OwnNotice, message: Outgoing) -> None:
        self._doors[notice.params["meeting"]] = (notice, message)

    def _arrives(self, meeting: int, meets_at: datetime) -> Iterator[float]:
        """By the button, if it has come by then; else in words. Not where the meeting was moved meanwhile."""
        now = self.stage.session.get_one(Meeting, meeting, populate_existing=True)
        if now.meets_at != meets_at:
            return
        said: dict[str, Answer] = {"check_in.receive_meeting": valued(meeting)}
        if meeting in self._doors:
            yield from self.answers(*self._doors[meeting], 0, "check_in", said)
        else:
            yield from self.asks("check_in", said)

    def _may_vote(self, notice: OwnNotice, message: Outgoing) -> None:
        self._papers[notice.params["ballot"]] = (notice, message)

    def hears_of_ballot(self, ballot: int) -> None:
        """In the hall."""
        at = self.stage.now + timedelta(seconds=self.person.random.uniform(20, 150))
        self.then(at, lambda: self._votes(ballot))

    def _votes(self, ballot: int) -> Iterator[float]:
        talk = self.council.talk_of(self.stage.session.get_one(Ballot, ballot).item_id)
        lost = talk is not None and talk.ends[0] is ItemState.REJECTED
        chosen = self.person.random.choices((0, 1, 2), _AGREES[lost])[0]
        said: dict[str, Answer] = {
            "vote.receive_ballot": valued(ballot),
            "vote.receive_choice": str(chosen),
            "vote.receive_confirmation": "yes",
        }
        if ballot in self._papers:
            yield from self.answers(*self._papers[ballot], chosen, "vote", said)
        else:
            yield from self.asks("vote", said)

    # After it.

    def _checks(self, notice: OwnNotice, message: Outgoing) -> None:
        wrong = chance(self.person, 0.08)
        said: dict[str, Answer] = {
            "check_minutes.receive_meeting": valued(notice.params["meeting"]),
            "check_minutes.receive_answer": "wrong" if wrong else "right",
            "*": self.person.random.choice(_WRONG),
        }
        self.later(lambda: self.answers(notice, message, int(wrong), "check_minutes", said))

    def _may_object(self, notice: OwnNotice, message: Outgoing) -> None:
        if self.objects:
            self.objects = False
            words = self.person.random.choice(_OBJECTIONS)
            said: dict[str, Answer] = {"object.receive_resolution": valued(notice.params["resolution"]), "*": words}
            self.later(lambda: self.answers(notice, message, 0, "object", said))

    def _judges(self, notice: OwnNotice, message: Outgoing) -> None:
        unmet = chance(self.person, 0.1)
        said: dict[str, Answer] = {
            "verify.receive_resolution": valued(notice.params["resolution"]),
            "verify.receive_answer": "no" if unmet else "yes",
            "*": self.person.random.choice(_MISSING),
        }
        self.later(lambda: self.answers(notice, message, int(unmet), "verify", said))

    # 微协商

    def _is_called(self, notice: OwnNotice, message: Outgoing) -> None:
        if not self.silent:
            self.later(lambda: self._joins(notice, message), minutes=60)

    def _joins(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        self.takes(notice, message, 0, "consultation")
        which = {"consultation.receive_which": valued(notice.params["consultation"])}
        yield from self.goes_on(which, until="consultation.receive_deed")
        question = self.stage.question(self.person)
        if question is not None and "join" in dict(question.options).values():
            yield 30.0
            self.stage.answers(self.person, question, "join")
        if self.stage.question(self.person) is not None:
            yield 60.0
            self.stage.says(self.person, self.person.random.choice(_SAID))
            self.leaves_off()

    def _agrees(self, notice: OwnNotice, message: Outgoing) -> None:
        said: dict[str, Answer] = {
            "consultation.receive_which": valued(notice.params["consultation"]),
            "consultation.receive_deed": "agree",
        }
        if not self.silent:
            self.later(lambda: self.answers(notice, message, 0, "consultation", said))


_REACTIONS: Mapping[str, Callable[[Guest, OwnNotice, Outgoing], None]] = {
    "meeting_approve_invited": Guest._is_asked,
    "meeting_move_invited": Guest._is_asked,
    "meeting_remind_day_silent": Guest._is_asked,
    "meeting_proxy_refused": Guest._is_asked,
    "meeting_proxy_not_coming": Guest._is_asked,
    "meeting_ask_opinions_invited": Guest._thinks,
    "meeting_ask_opinions_residents": Guest._thinks,
    "meeting_open_check_in_coming": Guest._opens,
    "ballot_opened_voters": Guest._may_vote,
    "meeting_send_minutes_attendees": Guest._checks,
    "resolution_publish_raisers": Guest._may_object,
    "resolution_ask_verification_follow_up": Guest._judges,
    "resolution_ask_verification_raisers": Guest._judges,
    "consultation_called_participants": Guest._is_called,
    "consultation_text_participants": Guest._agrees,
}
