"""What a rehearsal prints: the chats where they are wanted, and the books at its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.rehearsal import books
from bot.rehearsal.clockwork import Happening, Stage, What
from bot.rehearsal.timetable import Kept
from handlers import categories, measures, meeting_measures
from handlers.messages import Outgoing
from models.consultation import ConsultationState
from models.issue import Issue
from models.meeting import Meeting, MeetingSeries
from models.member import Post
from models.rules.deadlines import Light
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import MeetingState
from models.rules.resolution_workflow import ResolutionState
from services import ledgers
from services.audit import Breach
from services.figures import Asked, meeting_overview, overview
from services.figures.naming import find_scope
from services.ledgers import EVERYTHING
from services.standing import Ledger
from texts import choice, text

Print = Callable[[str], None]

_SECRET = re.compile(r"(https?://\S*/)[\w-]{16,}")  # of an address, another in every run
_SHOWN = 60  # characters of a message in a chat
_MOST = 5  # lines of a list
_ALL = 1_000_000
_HELD = (MeetingState.HELD, MeetingState.MINUTED, MeetingState.PUBLISHED)
_HEARTBEAT_SLACK = timedelta(hours=1)


class Teller:
    """Tells what happens while it does. ``chats``: all that is said, in short lines; else breaches alone."""

    def __init__(self, stage: Stage, write: Print, *, chats: bool) -> None:
        self._stage = stage
        self._write = write
        self._zone = ZoneInfo(stage.house.rules.timezone)
        self._chats = chats
        self._day = ""

    def hear(self, it: Happening) -> None:
        if it.breach is not None:
            self._line(it.at, said(it.breach))
        elif not self._chats or it.what is What.PASSED:
            return
        elif it.entry is not None:
            what = text(f"rehearse.by_itself_{it.entry.action}")
            number = self._stage.session.get_one(Issue, it.entry.issue_id).number
            self._line(it.at, text("rehearse.by_itself", number=number, what=what))
        elif it.step is not None:
            meeting = self._stage.session.get_one(Meeting, it.step.meeting_id)
            label = self._stage.session.get_one(MeetingSeries, meeting.series_id).label
            self._line(it.at, text("rehearse.by_itself", number=label, what=text(f"rehearse.step_{it.step.action}")))
        elif it.person is not None:
            words = _short(it.message) if it.message else it.words
            if words:
                self._line(it.at, text(f"rehearse.{it.what}", name=it.person.name, words=words))

    def _line(self, at: datetime, words: str) -> None:
        here = at.astimezone(self._zone)
        day = text("rehearse.day", month=here.month, day=here.day, weekday="一二三四五六日"[here.weekday()])
        if day != self._day:
            self._day = day
            self._write(day)
        self._write(text("rehearse.line", time=f"{here:%H:%M}", words=words))


def said(breach: Breach) -> str:
    return text("cli.breach", invariant=breach.invariant, subject=breach.subject, what=text(f"audit.{breach.what}"))


def tell_books(stage: Stage, write: Print) -> None:
    """The ledger, the figures, who waited longest, who heard how much, and what the audit found."""
    write("")
    write(text("rehearse.ledger", lines=_ledger(stage)))
    write(text("rehearse.figures", lines=_figures(stage)))
    if stage.kept is not None and stage.kept.meetings:
        write(text("rehearse.meetings", lines=_meetings(stage, stage.kept)))
    write(text("rehearse.waits", lines=_waits(stage)))
    write(text("rehearse.mail", lines=_mail(stage)))
    write(_silences(stage))
    delivered = stage.delivered
    write(
        text(
            "rehearse.delivery",
            sent=delivered["sent"],
            later=delivered["later"],
            unsure=delivered["unsure"],
            blocked=delivered["blocked"],
            parked=books.parked(stage.session),
        )
    )
    for step, count in sorted(stage.stuck.items()):
        write(text("rehearse.stuck", step=step, count=count))
    write(text("rehearse.clean" if not stage.breaches else "rehearse.breaches", audits=stage.audits,
               count=len(stage.breaches)))  # fmt: skip
    for breach, at in stage.breaches.items():
        write(text("rehearse.breach", at=_moment(stage, at), what=said(breach)))


def _ledger(stage: Stage) -> list[str]:
    session, rules = stage.session, stage.house.rules
    counts = books.states(session)
    lines = [
        text("rehearse.state", name=text(f"words.state_{state}"), count=counts[state])
        for state in State
        if counts[state]
    ]
    shown = books.lights(session, at=stage.now, rules=rules)
    lines.append(text("rehearse.lights", green=shown[Light.GREEN], yellow=shown[Light.YELLOW], red=shown[Light.RED]))
    stands = ledgers.counts(session, reach=EVERYTHING, at=stage.now, rules=rules)
    lines += [
        text("rehearse.state", name=choice(f"ledger.name_{ledger}")[0], count=stands[ledger])
        for ledger in Ledger
        if ledger is not Ledger.OPEN and stands[ledger]
    ]
    return lines


def _figures(stage: Stage) -> list[str]:
    found = overview(stage.session, Asked(find_scope(stage.session), None), at=stage.now).total
    return [measures.line(figure) for figure in found.figures.values() if figure.denominator]


def _meetings(stage: Stage, kept: Kept) -> list[str]:
    """What became of them and of what was decided, and whether their timetable was kept."""
    session = stage.session
    found, decided = books.meeting_states(session), books.resolution_states(session)
    small = books.consultation_states(session)
    lines = [
        text("rehearse.held", held=sum(found[state] for state in _HELD), not_held=found[MeetingState.NOT_HELD],
             cancelled=found[MeetingState.CANCELLED], off_holidays=kept.moved, by_hand=books.moved_by_hand(session)),
        *(text("rehearse.resolution", name=text(f"resolution.state_{state}"), count=decided[state])
          for state in ResolutionState if decided[state]),
        *(text("rehearse.consultation", state=state.value, count=small[state])
          for state in ConsultationState if small[state]),
    ]  # fmt: skip
    asked = Asked(find_scope(session), None)
    figures = meeting_overview(session, asked, at=stage.now, rules=stage.house.rules).total.figures
    lines += [meeting_measures.line(figure) for figure in figures.values() if figure.denominator]
    lines.append(text("rehearse.kept", steps=kept.steps, meetings=kept.meetings, wrong=kept.wrong))
    return lines


def _waits(stage: Stage) -> list[str]:
    return [
        text(
            "rehearse.wait",
            issue=_named(wait.issue),
            took=measures.duration(wait.took),
            answered=wait.issue.answered_at is not None,
            holder=_holder(stage, wait.issue),
        )
        for wait in books.longest_waits(stage.session, at=stage.now, most=_MOST)
    ]


def _holder(stage: Stage, issue: Issue) -> str:
    post = stage.session.get_one(Post, issue.holder_id)
    return text(f"words.holder_{post.role}", label=post.label)


def _named(issue: Issue) -> str:
    return text(
        "rehearse.issue",
        number=issue.number,
        category=categories.label(issue.category),
        place=issue.place_label,
        summary=issue.summary,
    )


def _mail(stage: Stage) -> list[str]:
    lines = []
    for group in ("residents", "staff"):
        people = [p for p in stage.people.values() if bool(p.posts) == (group == "staff") and (p.written or p.told)]
        got = books.mail(people)
        if got.people:
            each = f"{got.messages / got.people:.1f}"
            lines.append(
                text(
                    f"rehearse.mail_{group}",
                    people=got.people,
                    messages=got.messages,
                    each=each,
                    most=got.most,
                    most_a_day=got.most_a_day,
                    who=got.who,
                )
            )
    return lines


def _silences(stage: Stage) -> str:
    limit = stage.house.rules.heartbeat + _HEARTBEAT_SLACK
    found = books.longest_silences(stage.session, at=stage.now, most=_ALL)
    if not found:
        return text("rehearse.no_silence")
    return text(
        "rehearse.silence",
        lasted=measures.duration(found[0].lasted),
        issue=_named(found[0].issue),
        longer=sum(silence.lasted > limit for silence in found),
        limit=limit.days,
        on_the_way=measures.duration(books.longest_on_the_way(stage.session)),
    )


def _moment(stage: Stage, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(stage.house.rules.timezone)):%m-%d %H:%M}"


def _short(message: Outgoing) -> str:
    words = _SECRET.sub(r"\1…", " ".join(message.text.split()))
    cut = words if len(words) <= _SHOWN else words[:_SHOWN] + "…"
    return cut + "".join(f" [{button.label}]" for button in message.buttons)
