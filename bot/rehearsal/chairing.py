"""What conveners do: found a series, approve agendas, look at opinions, send and publish minutes, settle objections.

The meeting itself is in ``presiding``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rehearsal.council import Council
from bot.rehearsal.hands import Hands, first, valued
from bot.rehearsal.people import Answer, Person, Question, chance
from bot.rehearsal.presiding import Presiding
from bot.rehearsal.residents import Resident
from handlers.messages import Outgoing
from models.meeting import Meeting
from models.rules.meeting_workflow import MeetingState
from models.rules.posts import Role
from services.meetings import agenda
from services.outbox import OwnNotice
from texts import choice

_NO_MATTERS = "这个月没有要商量的事"
_DUTY = "这是政府部门的职责，已经吹哨"
_FREE = ("上月物业费收支公开", "安全用电提醒", "志愿者排班")
_RIGHTED = "到会人数和先试一个月都已经补上。"
_NOT_SO = "位置是会上大家一起看过定的，离窗户超过五米，已经当面说明"
_SO = "确实没有问到一楼的几户，下次一起商量"
_AGREED = "照大家说的办：白天做，晚上不吵，有事先打个招呼"


@dataclass(frozen=True)
class Founding:
    """A series as its convener sets it up. ``units``: that are asked to every meeting."""

    label: str
    rule: str
    delegates: tuple[Resident, ...] = ()
    units: tuple[str, ...] = ()


class Chair(Hands):
    """``late``: leaves minutes lying for some days."""

    def __init__(self, council: Council, person: Person) -> None:
        super().__init__(council.stage, person)
        self.council = council
        self._presiding = Presiding(council, person)
        self.late = self._moderates = False

    def hears(self, notice: OwnNotice, message: Outgoing) -> None:
        react = _REACTIONS.get(notice.kind)
        if react is not None and chance(self.person, self.person.habits.answers):
            react(self, notice, message)

    # A series.

    def founds(self, wanted: Founding) -> Iterator[float]:
        """And asks its delegates, one by one."""
        self.council.delegates[wanted.label] = list(wanted.delegates)
        yield from self.asks(
            "series",
            {
                "series.receive_which": f"：{wanted.label}",
                "series.receive_rule": wanted.rule,
                "series.receive_dates": "right",
                "series.receive_venue": "红色议事厅",
                "series.receive_length": "90",
                "series.receive_form": "hall",
                "series.receive_quorum": "half_of_voters",
                "series.receive_consent": "yes",
            },
        )
        rooms = [(each.home.room, each.home.label) for each in wanted.delegates]
        for capacity, names in (("voter", rooms), ("department", [(unit, unit) for unit in wanted.units])):
            if names:
                yield 30.0
                yield from self._asks_in(wanted.label, capacity, names)

    def _asks_in(self, label: str, capacity: str, names: list[tuple[str, str]]) -> Iterator[float]:
        """``names``: what is typed to find somebody, and what is then on the button."""
        self.stage.asks_for(self.person, "delegates")
        yield from self.goes_on({"delegates.receive_series": label}, until="")
        self.picks(choice("delegates.add")[0])
        left = list(names)

        def whom(question: Question) -> str:
            labels = [shown for shown, _ in question.options]
            if not left:
                return "enough"
            typed, wanted = left[0]
            found = next((shown for shown in labels if wanted in shown), None)
            if found is not None or question.data["words"] == typed:
                left.pop(0)
            return found or typed

        yield from self.goes_on(
            {"delegates.receive_capacity": capacity, "delegates.receive_person": whom}, until=""
        )

    # Before the meeting.

    def _has_draft(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._approves(notice, message))

    def _approves(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        """An agenda without anything on it is none; what is the government's is taken off; now and then something is
        added."""
        meeting = notice.params["meeting"]
        if self._state(meeting) is not MeetingState.DRAFTED:
            return
        view = agenda.agenda_of(self.stage.session, meeting_id=meeting)
        if not view.lines:
            yield from self._cancels(meeting)
            return
        adds = ["add"] if chance(self.person, 0.25) else []
        todo = [*(line.title for line in view.duties), *adds]
        changes = [*todo, "enough"]

        steps: Mapping[str, Answer] = {
            "agenda.receive_meeting": valued(meeting),
            "agenda.receive_choice": lambda asked: "change" if len(changes) > 1 else "approve",
            "agenda.receive_change": lambda asked: changes.pop(0) if len(changes) > 1 else changes[0],
            "agenda.receive_item": "drop",
            "agenda.receive_reason": _DUTY,
            "agenda.receive_title": self.person.random.choice(_FREE),
            "agenda.receive_free": "10",
        }
        yield from self.answers(notice, message, 1 if todo else 0, "agenda", steps)

    def _cancels(self, meeting: int) -> Iterator[float]:
        yield from self.asks(
            "cancel_meeting", {"cancel_meeting.receive_meeting": valued(meeting), "*": _NO_MATTERS}
        )

    def moves(self, meeting: int, to: str, words: str) -> Iterator[float]:
        """会议改期."""
        steps: dict[str, Answer] = {
            "move_meeting.receive_meeting": valued(meeting),
            "move_meeting.receive_when": to,
            "move_meeting.receive_why": words,
        }
        yield from self.asks("move_meeting", steps)

    def _has_sentences(self, notice: OwnNotice, message: Outgoing) -> None:
        """Several that come while nobody looks are looked at in one go."""
        if not self._moderates:
            self._moderates = True
            self.later(lambda: self._looks_at_sentences(notice, message))

    def _looks_at_sentences(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        self._moderates = False
        steps: dict[str, Answer] = {
            "moderate.receive_meeting": valued(notice.params["meeting"]),
            "moderate.receive_judgement": lambda asked: "hide" if chance(self.person, 0.1) else "show",
            "moderate.receive_why": "off_topic",
        }
        yield from self.answers(notice, message, 0, "moderate", steps)

    def _doors_open(self, notice: OwnNotice, message: Outgoing) -> None:
        meets_at = datetime.fromisoformat(notice.params["meets_at"])
        at = meets_at + timedelta(minutes=self.person.random.uniform(0, 4))
        self.then(at, lambda: self._presiding.conducts(notice, message))

    # After it.

    def _has_held(self, notice: OwnNotice, message: Outgoing) -> None:
        minutes = 60 * 24 * 3.0 if self.late else 90.0
        self.later(lambda: self._sends(notice, message), minutes=minutes)

    def _is_reminded(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._sends(notice, message))

    def _sends(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        meeting = notice.params["meeting"]
        if self._state(meeting) is MeetingState.HELD:
            yield from self._with_minutes(notice, message, {"minutes.receive_deed": "send"})
            self._plans_to_publish(meeting)

    def _is_wrong(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._rights(notice, message))

    def _rights(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        edited: list[bool] = []

        def deed(asked: Question) -> str:
            """Where another was quicker with the same words there is nothing to send."""
            if not edited:
                edited.append(True)
                return "edit"
            return "send" if "send" in dict(asked.options).values() else choice("common.cancel")[0]

        steps: dict[str, Answer] = {
            "minutes.receive_deed": deed,
            "minutes.receive_part": "closing",
            "minutes.receive_words": _RIGHTED,
            "minutes.receive_why": first,
        }
        if self._state(notice.params["meeting"]) is MeetingState.MINUTED:
            yield from self._with_minutes(notice, message, steps)

    def _is_to_publish(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._publishes(notice.params["meeting"]))

    def _plans_to_publish(self, meeting: int) -> None:
        self.later(lambda: self._publishes(meeting), minutes=60 * self.person.random.choice((20.0, 30.0, 60.0)))

    def _publishes(self, meeting: int) -> Iterator[float]:
        if self._state(meeting) is MeetingState.MINUTED:
            steps: dict[str, Answer] = {
                "minutes.receive_meeting": valued(meeting),
                "minutes.receive_deed": "publish",
                "minutes.receive_publish": "yes",
            }
            yield from self.asks("minutes", steps)

    def _with_minutes(self, notice: OwnNotice, message: Outgoing, steps: Mapping[str, Answer]) -> Iterator[float]:
        which: dict[str, Answer] = {"minutes.receive_meeting": valued(notice.params["meeting"])}
        yield from self.answers(notice, message, 0, "minutes", which | dict(steps))

    def _has_objection(self, notice: OwnNotice, message: Outgoing) -> None:
        holds = chance(self.person, 0.3)
        steps: dict[str, Answer] = {
            "settle_objection.receive_objection": first,
            "settle_objection.receive_verdict": "yes" if holds else "no",
            "*": _SO if holds else _NOT_SO,
        }
        self.later(lambda: self.answers(notice, message, 0, "settle_objection", steps), minutes=600)

    def _has_unjudged(self, notice: OwnNotice, message: Outgoing) -> None:
        self.later(lambda: self._goes_to_look(notice, message), minutes=600)

    def _goes_to_look(self, notice: OwnNotice, message: Outgoing) -> Iterator[float]:
        """Where nobody said whether it was done, the convener does."""
        self.takes(notice, message, 0, "resolution")
        yield 20.0
        if self.finds(notice.params["resolution"], choice("resolution.complete")[0]):
            yield from self.goes_on({"resolution.receive_sure": "yes"}, until="")

    def _state(self, meeting: int) -> MeetingState:
        return self.stage.session.get_one(Meeting, meeting, populate_existing=True).state

    def _is_spoken_to(self, notice: OwnNotice, message: Outgoing) -> None:
        """Who called a small consultation writes down, once somebody has spoken, what all could agree to."""
        consultation = notice.params["consultation"]
        if self.person.role is not Role.HANDLER and self.council.first_word(consultation):
            steps: dict[str, Answer] = {
                "consultation.receive_which": valued(consultation),
                "consultation.receive_deed": "text",
                "consultation.receive_text": _AGREED,
            }
            self.later(lambda: self.asks("consultation", steps), minutes=120)


_REACTIONS: Mapping[str, Callable[[Chair, OwnNotice, Outgoing], None]] = {
    "meeting_draft_convener": Chair._has_draft,
    "meeting_remind_approval_convener": Chair._has_draft,
    "meeting_climb_convener": Chair._has_draft,
    "meeting_climb_above": Chair._has_draft,
    "meeting_statement_waits": Chair._has_sentences,
    "meeting_open_check_in_convener": Chair._doors_open,
    "meeting_close_convener": Chair._has_held,
    "meeting_remind_minutes_convener": Chair._is_reminded,
    "meeting_minutes_wrong_convener": Chair._is_wrong,
    "meeting_remind_publish_convener": Chair._is_to_publish,
    "consultation_said_participants": Chair._is_spoken_to,
    "resolution_object_convener": Chair._has_objection,
    "resolution_delay_convener": Chair._has_objection,
    "resolution_unjudged_convener": Chair._has_unjudged,
}
