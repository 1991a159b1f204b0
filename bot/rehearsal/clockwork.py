"""The clock of a rehearsal: what people do and what becomes due, in order; one commit for each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.due_acts import ACTS, TIMETABLE, run_due
from bot.rehearsal.channels import CHANNELS, RETRIES, Network
from bot.rehearsal.people import Answers, Person, Question
from bot.rehearsal.timetable import Kept
from handlers import dispatcher
from handlers.announcements import BUNDLE_FRAME, KINDS_WITH_OPTIONS, message_of, options_of, room_of
from handlers.context import House
from handlers.messages import Button, Incoming, Kind, Outgoing, command
from models.conversation import Conversation
from models.due import Due
from models.issue import HistoryEntry, Issue
from models.meeting import MeetingEntry
from models.member import Account
from models.notice import Notice, NoticeState
from models.resolution import Resolution, ResolutionEntry
from services.audit import Breach, audit
from services.bundles import Bundling
from services.claims import claim_due
from services.outbox import OwnNotice, record
from texts import choice

_LEASE = timedelta(minutes=1)
_AT_ONCE = 500
_ROUNDS = 200  # of one delivery; more means that the outbox never comes to rest
_MOST_TURNS = 14  # of one conversation; then somebody gives up
_A_MOMENT = timedelta(seconds=5)  # the tick of the running program
_HOUR = timedelta(hours=1)
_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# The words of the partial indexes, so that both databases see that they fit.
_LOOKED_AT = select(func.min(Issue.look_at)).where(text("issues.look_at IS NOT NULL"))
_RESOLUTIONS_AT = select(func.min(Resolution.look_at)).where(text("resolutions.look_at IS NOT NULL"))
_DUE_AT = select(func.min(Due.due_at)).where(Due.done_at.is_(None), Due.kind.in_([*ACTS, *TIMETABLE]))
_LEAVES_AT = select(func.min(Notice.not_before)).where(text("notices.state IN ('owed','sending')"))
_LAST = {kind.__tablename__: select(func.max(kind.id)) for kind in (HistoryEntry, MeetingEntry, ResolutionEntry)}

Act = Callable[[], object]
_History = TypeVar("_History", HistoryEntry, MeetingEntry, ResolutionEntry)


class What(StrEnum):
    WROTE = "wrote"
    ANSWERED = "answered"  # what the program said at once
    TOLD = "told"  # what came later, by itself
    BY_ITSELF = "by_itself"  # a deed of the timer, or of a meeting
    BREACH = "breach"
    PASSED = "passed"  # time did


@dataclass(frozen=True)
class Happening:
    """For whoever tells the story."""

    what: What
    at: datetime
    person: Person | None = None
    words: str = ""
    message: Outgoing | None = None
    entry: HistoryEntry | None = None
    step: MeetingEntry | None = None
    breach: Breach | None = None


def _nobody_listens(_: Happening) -> None:
    pass


@dataclass
class Stage:
    """``every``: how much time passes between two audits at least; None: none but the last.

    ``stuck``: questions at which somebody gave up, ``breaches``: what the audit found and when first, ``kept``: how the
    timetable of meetings was kept, once it is over.
    """

    session: Session
    house: House
    network: Network
    now: datetime
    every: timedelta | None
    hear: Callable[[Happening], None] = _nobody_listens
    people: dict[str, Person] = field(default_factory=dict)
    stuck: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    breaches: dict[Breach, datetime] = field(default_factory=dict)
    kept: Kept | None = None
    audits: int = 0
    _queue: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _planned: int = 0
    _events: int = 0
    _read: Counter[str] = field(default_factory=Counter)  # the last entry of each history that was told
    _next_audit: datetime = _LONG_AGO
    _next_hour: datetime = _LONG_AGO
    _something_happened: bool = False

    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.house.rules.timezone)).date()

    def arrives(self, person: Person) -> None:
        self.people[person.address] = person

    def plan(self, at: datetime, act: Act) -> None:
        self._planned += 1
        heappush(self._queue, (max(at, self.now), self._planned, act))

    def sets_out(self, person: Person, errand: Iterator[float]) -> None:
        """Begin an errand now; while another is under way it waits for its turn. It yields the seconds until the
        person's next message."""
        person.errands.append(errand)
        if len(person.errands) == 1:
            self._goes_on(person)

    def run(self, until: datetime) -> None:
        """Everything up to that moment, in order; time only goes forward."""
        while True:
            self._keep_time()
            moment = self._next_moment()
            if moment > until:
                break
            self._advance(moment)
            if self._queue and self._queue[0][0] <= self.now:
                heappop(self._queue)[2]()
                self._something_happened = True
            self.session.commit()
        self._advance(until)
        self._keep_time()
        self.look()

    def look(self) -> None:
        """The audit."""
        self.audits += 1
        self._something_happened = False
        for breach in audit(self.session, at=self.now):
            if breach not in self.breaches:
                self.breaches[breach] = self.now
                self.hear(Happening(What.BREACH, self.now, breach=breach))
        self.session.commit()

    # What people do.

    def says(self, person: Person, words: str) -> Outgoing:
        return self._event(person, Kind.TEXT, words, shown=words)

    def presses(self, person: Person, button: Button, *, numbered: int | None = None) -> Outgoing:
        """Where the platform has no buttons it is said instead: by its number, or in words that always mean it."""
        if person.platform != "wechat":
            return self._event(person, Kind.PRESS, press=button.data, shown=f"[{button.label}]")
        return self.says(person, str(numbered) if numbered else button.say or button.label)

    def takes_up(
        self, person: Person, notice: OwnNotice, message: Outgoing, capability: str, argument: str = ""
    ) -> Outgoing:
        """Do what a notice offers, by its button where that is still on the phone, else in words ("受理 31")."""
        meant = command(capability, int(notice.params.get("issue", 0)), argument)
        for place, option in enumerate(options_of(notice.kind, notice.params)):
            if option.value == meant:
                return self.chooses(person, notice, message, place)
        return self.asks_for(person, capability, int(notice.params["short"]))

    def chooses(self, person: Person, notice: OwnNotice, message: Outgoing, place: int) -> Outgoing:
        """An option of a notice, counted from 0."""
        button = next((b for b in message.buttons if b.data == f"n:{notice.id}:{place}"), None)
        if button is not None:
            return self.presses(person, button)
        option = options_of(notice.kind, notice.params)[place]
        return self.says(person, f"{option.label} {notice.params.get('short', '')}".strip())

    def asks_for(self, person: Person, capability: str, short: int = 0) -> Outgoing:
        """By the word of the menu and the number of the issue."""
        word = choice(f"menu.{capability}")[0]
        return self.says(person, f"{word} {short}" if short else word)

    def question(self, person: Person) -> Question | None:
        """What the person is being asked now."""
        frames = self.session.scalar(
            select(Conversation.frames)
            .join(Account, Account.id == Conversation.account_id)
            .where(Account.platform == person.platform, Account.external_id == person.address)
        )
        if not frames:
            return None
        frame = frames[-1]
        return Question(frame["step"], tuple((o[0], o[1]) for o in frame["options"]), frame["data"])

    def offered(self, person: Person) -> list[tuple[str, str]]:
        """The options under the last reply that asked nothing: label and value."""
        offered = self.session.scalar(
            select(Conversation.offered)
            .join(Account, Account.id == Conversation.account_id)
            .where(Account.platform == person.platform, Account.external_id == person.address)
        )
        return [(option[0], option[1]) for option in (offered or {}).get("options", ())]

    def talks(self, person: Person, opening: Act, answers: Answers, *, seconds: float = 20) -> Iterator[float]:
        """An errand: a conversation until nothing more is asked. Whoever does not know what to say gives up."""
        opening()
        for _ in range(_MOST_TURNS):
            question = self.question(person)
            if question is None:
                return
            answer = answers.next(question)
            if answer is None:
                break
            yield seconds * person.random.uniform(0.5, 2.0)
            self.answers(person, question, answer)
        question = self.question(person)
        if question is not None:
            self.stuck[question.step] += 1
            self.says(person, choice("common.cancel")[0])

    def answers(self, person: Person, question: Question, answer: str) -> Outgoing:
        for place, (label, value) in enumerate(question.options):
            if answer in (value, label) or (len(answer) > 1 and answer in label):
                button = next((b for b in person.last.buttons if b.label == label), None)
                if button is None:
                    return self.says(person, label)
                return self.presses(person, button, numbered=place + 1 if person.last.numbered else None)
        return self.says(person, answer)

    def _goes_on(self, person: Person) -> None:
        seconds = next(person.errands[0], None)
        if seconds is not None:
            self.plan(self.now + timedelta(seconds=seconds), lambda: self._goes_on(person))
            return
        person.errands.pop(0)
        if person.errands:
            self.plan(self.now + timedelta(seconds=30), lambda: self._goes_on(person))

    def _event(self, person: Person, kind: Kind, words: str = "", *, press: str = "", shown: str) -> Outgoing:
        self._events += 1
        person.written += 1
        incoming = Incoming(person.platform, f"e{self._events}", person.address, kind, words, press, raw="{}")
        self.hear(Happening(What.WROTE, self.now, person, shown))
        reply = dispatcher.receive(self.session, incoming, at=self.now, house=self.house).outgoing
        self.session.flush()
        if not person.member_id:
            person.member_id = self.session.scalars(
                select(Account.member_id).where(
                    Account.platform == person.platform, Account.external_id == person.address
                )
            ).one()
        self.hear(Happening(What.ANSWERED, self.now, person, message=reply))
        person.last = reply
        if person.mind is not None:
            for notice in self._shown_with_reply(person):
                person.mind.hears(notice, reply)
        return reply

    def _shown_with_reply(self, person: Person) -> list[OwnNotice]:
        """What had waited for the person to write."""
        rows = self.session.execute(
            select(Notice.id, Notice.kind, Notice.params, Notice.in_doubt)
            .where(
                Notice.member_id == person.member_id,
                Notice.state == NoticeState.SHOWN,
                Notice.settled_at == self.now,
                Notice.created_at < self.now,
            )
            .order_by(Notice.id)
        )
        return [OwnNotice(*row) for row in rows]

    # What happens by itself.

    def _advance(self, moment: datetime) -> None:
        if moment < self.now:
            raise AssertionError("the clock went back")
        if self.every is not None and moment >= self._next_audit:
            if self._something_happened:
                self.look()
            self._next_audit = self._hour_of(moment) + self.every
        self.now = moment
        self.hear(Happening(What.PASSED, moment))

    def _keep_time(self) -> None:
        """What is due happens, what is owed leaves, and what happened is told."""
        if self.now >= self._next_hour or self._due_at() <= self.now:
            self._next_hour = self._hour_of(self.now) + _HOUR
            run_due(self.session, now=self.now, house=self.house)
            self.session.commit()
        if self._leaves_at() <= self.now:
            self._deliver()
        self._read_history()

    def _next_moment(self) -> datetime:
        """The next thing that people do, or that becomes due; the timetable is looked at every hour."""
        coming = [max(moment, self.now + _A_MOMENT) for moment in (self._due_at(), self._leaves_at())]
        if self._queue:
            coming.append(self._queue[0][0])
        return min(*coming, self._next_hour)

    @staticmethod
    def _hour_of(moment: datetime) -> datetime:
        return moment.replace(minute=0, second=0, microsecond=0)

    def _due_at(self) -> datetime:
        moments = (self.session.connection().scalar(query) for query in (_LOOKED_AT, _RESOLUTIONS_AT, _DUE_AT))
        return min(moment or _NEVER for moment in moments)

    def _leaves_at(self) -> datetime:
        return self.session.connection().scalar(_LEAVES_AT) or _NEVER

    def _deliver(self) -> None:
        bundling = Bundling(self.house.rules.bundled_from, BUNDLE_FRAME, room_of)
        for _ in range(_ROUNDS):
            envelopes = claim_due(
                self.session,
                now=self.now,
                limit=_AT_ONCE,
                lease=_LEASE,
                platforms=CHANNELS,
                with_options=KINDS_WITH_OPTIONS,
                bundling=bundling,
            )
            results = []
            for envelope in sorted(envelopes, key=lambda each: each.notices[0].id):
                result, arrived = self.network.fate(envelope, self.now)
                results.append((envelope, result))
                self.delivered[result.outcome.value] += 1
                if arrived:
                    self._arrives_at(self.people[envelope.to], message_of(envelope), envelope.notices)
            record(self.session, results, now=self.now, retries=RETRIES)
            self.session.commit()
            if not envelopes or self._leaves_at() > self.now:
                return
        raise AssertionError("the outbox never comes to rest")

    def _arrives_at(self, person: Person, message: Outgoing, notices: tuple[OwnNotice, ...]) -> None:
        if message.empty:
            return
        self._something_happened = True
        person.told[self.today()] += 1
        self.hear(Happening(What.TOLD, self.now, person, message=message))
        if person.mind is not None:
            for notice in notices:
                person.mind.hears(notice, message)

    def _read_history(self) -> None:
        for entry in self._new_of(HistoryEntry):
            self.deeds[entry.action.value] += 1
            if entry.actor_id is None:
                self.hear(Happening(What.BY_ITSELF, self.now, entry=entry))
        for step in self._new_of(MeetingEntry):
            self.deeds[f"meeting {step.action}"] += 1
            if step.actor_id is None:
                self.hear(Happening(What.BY_ITSELF, self.now, step=step))
        for told in self._new_of(ResolutionEntry):
            self.deeds[f"resolution {told.action}"] += 1

    def _new_of(self, kind: type[_History]) -> list[_History]:
        """What was written since the last time."""
        name = kind.__tablename__
        last = self.session.connection().scalar(_LAST[name]) or 0
        if last <= self._read[name]:
            return []
        found = list(self.session.scalars(select(kind).where(kind.id > self._read[name]).order_by(kind.id)))
        self._read[name], self._something_happened = last, True
        return found
