"""The sentences of minutes, made of what happened and of what somebody wrote: for chat, pages and papers alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from handlers.dates import day, local
from handlers.messages import unended
from handlers.public_names import without_people
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ON_AGENDA, Competence, ItemState, MeetingState
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionState
from services.meetings.minutes_view import BallotView, ItemView, MinutesView, NoteView, ReferralView, ResolutionView
from texts import text

#: How a resolution stands, where that is worth a sentence.
_STANDS = {
    ResolutionState.IN_FORCE: "in_force",
    ResolutionState.ACCEPTED: "in_force",
    ResolutionState.VERIFYING: "in_force",
    ResolutionState.DONE: "done",
    ResolutionState.STOPPED: "stopped",
}


@dataclass(frozen=True)
class Section:
    """One item, or what belongs to none (``item_id`` None). ``photos``: public ids."""

    item_id: int | None
    heading: str
    lines: tuple[str, ...]
    photos: tuple[str, ...]


@dataclass(frozen=True)
class Composed:
    """Minutes in words, in the order in which they are read."""

    title: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]

    @property
    def plain(self) -> str:
        """As one text."""
        parts = [self.title, *self.opening]
        for section in self.sections:
            parts += ["", section.heading, *section.lines]
        return "\n".join([*parts, *([""] if self.closing else []), *self.closing])


def compose(view: MinutesView, *, timezone: str, public: bool = False) -> Composed:
    """``public``: for people who were not there: names of those who were asked, and telephone numbers, are left out."""
    sections = [_section(item, place, timezone) for place, item in enumerate(view.items, start=1)]
    if view.notes:
        lines, photos = _notes(view.notes)
        sections.append(Section(None, text("minutes_words.others"), lines, photos))
    closing = [view.closing] if view.closing else []
    if view.closed_at is not None:
        closed = local(view.closed_at, timezone)
        closing.append(text("minutes_words.closing", clock=f"{closed.hour}:{closed.minute:02d}"))
    composed = Composed(title(view), _opening(view, timezone), tuple(sections), tuple(closing))
    return _reduced(composed, view.names) if public else composed


@dataclass(frozen=True)
class Sheet:
    """What everybody may see of a meeting, and print. ``note``: since when; ``hint``: what can be said to it."""

    title: str
    note: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    hint: str


def public_sheet(view: MinutesView, *, timezone: str) -> Sheet:
    """Before it is published: when, where, and what was announced. Then: what came of it, without names."""
    facts = {"label": view.label, "ordinal": view.number or 0}
    if view.state is MeetingState.PUBLISHED and view.published_at is not None:
        composed = compose(view, timezone=timezone, public=True)
        note = text("minutes_words.public_note", published=moment(view.published_at, timezone))
        sections = tuple(replace(section, photos=()) for section in composed.sections)
        return Sheet(
            text("minutes_words.public_title", **facts),
            note,
            composed.opening,
            sections,
            composed.closing,
            _objections(view, timezone),
        )
    opening = (
        text("minutes_words.agenda_when", when=moment(view.meets_at, timezone)),
        text("minutes_words.agenda_where", venue=view.venue),
    )
    announced = view.state in ON_AGENDA
    titles = tuple(heading(replace(item, numbers=()), place) for place, item in enumerate(view.items, start=1))
    agenda = (Section(None, text("minutes_words.agenda_items"), titles, ()),) if announced and titles else ()
    sheet = Composed("", opening, agenda, ())
    reduced = _reduced(sheet, view.names)
    named = text("minutes_words.agenda_title", **facts)
    return Sheet(named, _stage(view), reduced.opening, reduced.sections, (), "")


def _stage(view: MinutesView) -> str:
    if view.state in (MeetingState.CANCELLED, MeetingState.NOT_HELD):
        return text(f"minutes_words.agenda_{view.state}")
    if view.state in (MeetingState.HELD, MeetingState.MINUTED):
        return text("minutes_words.agenda_talked")
    return "" if view.state in ON_AGENDA else text("minutes_words.agenda_unknown")


def _objections(view: MinutesView, timezone: str) -> str:
    """Until when somebody may object to what was agreed; "" where there is nothing to object to."""
    ends = [
        item.resolution.objections_until
        for item in view.items
        if item.resolution is not None
        and item.resolution.state is ResolutionState.PUBLISHED
        and item.resolution.objections_until is not None
    ]
    return text("minutes_words.public_objections", until=day(max(ends), timezone)) if ends else ""


def title(view: MinutesView) -> str:
    return text("minutes_words.title", label=view.label, ordinal=view.number or 0)


def heading(item: ItemView, place: int) -> str:
    return text("minutes_words.heading", place=place, title=item.title, numbers=item.numbers)


def moment(when: datetime, timezone: str) -> str:
    """2026年3月16日 15:00"""
    here = local(when, timezone)
    clock = f"{here.hour}:{here.minute:02d}"
    return text("minutes_words.moment", year=here.year, month=here.month, day=here.day, clock=clock)


def told(item: ItemView) -> str:
    """What came of an item, in one sentence for who raised it."""
    state = ItemState.NOT_REACHED if item.state in (ItemState.LISTED, ItemState.IN_TALK) else item.state
    to = destination(item.level, item.to_role, item.to_label)
    return unended(text(f"minutes_words.told_{state}", said=unended(item.said), to=to, talked=item.talked))


def destination(level: Level | None, role: Role | None, label: str) -> str:
    """Where an item was referred: a level's meeting, or a post."""
    if level is not None:
        return text(f"words.level_{level}")
    return text(f"words.holder_{role}", label=label) if role is not None else text("minutes_words.to_post")


def _opening(view: MinutesView, timezone: str) -> tuple[str, ...]:
    there = view.attendance
    composed = text(
        "minutes_words.opening",
        when=moment(view.opened_at or view.meets_at, timezone),
        label=view.label,
        venue=view.venue,
        convener=text(f"words.holder_{view.convener_role}", label=view.convener),
        present=there.present,
        voters=there.voters,
        needed=there.needed,
    )
    homes = text("minutes_words.homes", homes=there.buildings) if there.buildings else ""
    return tuple(line for line in (view.opening, composed, homes) if line)


def _section(item: ItemView, place: int, timezone: str) -> Section:
    said, photos = _notes(item.notes)
    lines = [item.written] if item.written else list(said)
    if item.competence is Competence.OWNERS:
        lines.append(text("minutes_words.owners", point=item.point))
    lines += [_ballot(ballot) for ballot in item.ballots]
    to = destination(item.level, item.to_role, item.to_label)
    outcome = text(f"minutes_words.state_{item.state}", to=to, talked=item.talked)
    lines.append(text("minutes_words.outcome", outcome=outcome, said=unended(item.said)))
    if item.resolution is not None:
        lines += _resolution(item.resolution, timezone)
    lines += [_referral(referral, timezone) for referral in item.referrals]
    return Section(item.item_id, heading(item, place), tuple(lines), photos)


def _notes(notes: tuple[NoteView, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = tuple(note.words for note in notes if note.words)
    return words, tuple(photo for note in notes for photo in note.photos)


def _ballot(ballot: BallotView) -> str:
    counted = list(zip(ballot.options, ballot.counts, strict=False)) if ballot.counts is not None else []
    return text(
        "minutes_words.ballot",
        question=unended(ballot.question),
        secret=ballot.secret,
        counts=counted,
        base=ballot.base,
        needed=ballot.needed,
        won=None if ballot.won is None else ballot.options[ballot.won],
    )


def _resolution(resolution: ResolutionView, timezone: str) -> list[str]:
    due = text("dates.day", month=resolution.due_on.month, day=resolution.due_on.day)
    lines = [
        text(
            "minutes_words.resolution",
            serial=resolution.serial,
            year=resolution.year,
            words=unended(resolution.words),
            standard=unended(resolution.standard),
            owner=text(f"words.holder_{resolution.owner_role}", label=resolution.owner),
            due=due,
            budget=unended(resolution.budget),
            source=unended(resolution.source),
            follow_up=resolution.follow_up,
        )
    ]
    if resolution.state is ResolutionState.PUBLISHED and resolution.objections_until is not None:
        lines.append(text("minutes_words.objections", until=day(resolution.objections_until, timezone)))
    elif resolution.state in _STANDS:
        lines.append(text(f"minutes_words.resolution_{_STANDS[resolution.state]}"))
    return lines


def _referral(referral: ReferralView, timezone: str) -> str:
    return text(
        "minutes_words.referral",
        number=referral.number,
        to=destination(referral.to_level, referral.to_role, referral.to_label),
        reason=unended(referral.reason),
        answer=unended(referral.answer),
        answered=day(referral.answered_at, timezone) if referral.answered_at else "",
        until=day(referral.until, timezone),
        state=text(f"words.state_{referral.state}"),
    )


def _reduced(composed: Composed, names: Mapping[str, str]) -> Composed:
    """Without the names and telephone numbers that somebody may have written into a sentence."""

    def hidden(line: str) -> str:
        return without_people(line, names)

    def all_hidden(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(hidden, lines))

    sections = tuple(
        replace(section, heading=hidden(section.heading), lines=all_hidden(section.lines))
        for section in composed.sections
    )
    return Composed(composed.title, all_hidden(composed.opening), sections, all_hidden(composed.closing))
