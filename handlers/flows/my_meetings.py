"""会议: one's own meetings, coming and recent, with what can be done now; for the convener, who comes and who not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import MOST_MEETINGS, chosen_meeting, guest_label, named
from handlers.messages import Option, Reply, command
from handlers.prompts import again, distinct, option
from models.rules.meeting_workflow import CHAIR, COMING, ON_AGENDA, Capacity, MeetingActor, MeetingState, Rsvp
from services.meetings import calendars, calling, guests, inviting
from services.meetings import lists as meeting_lists
from services.meetings import queries as meeting_queries
from services.meetings.guests import Guest
from services.meetings.lists import ListedMeeting
from services.meetings.queries import MeetingLine
from texts import text

_A, _S = MeetingActor, MeetingState
_ASKED, _VOTES = frozenset({_A.INVITED}), frozenset({_A.VOTER})
_GOING_ON = frozenset({_S.CALLED, _S.IN_SESSION})

#: What the page of a meeting offers, what is needed soonest first: the capability, its argument, its label; in which
#: states, and to whom.
OFFERS: tuple[tuple[str, str, str, frozenset[MeetingState], frozenset[MeetingActor]], ...] = (
    ("conduct", "{meeting}", "menu.conduct", _GOING_ON, CHAIR),
    ("check_in", "{meeting}", "menu.check_in", _GOING_ON, _ASKED),
    ("vote", "", "menu.vote", frozenset({_S.IN_SESSION}), _VOTES),
    ("check_minutes", "{meeting}", "menu.check_minutes", frozenset({_S.MINUTED}), _ASKED),
    ("minutes", "{meeting}", "menu.minutes", frozenset({_S.HELD, _S.MINUTED}), CHAIR),
    ("agenda", "{meeting}", "menu.agenda", frozenset({_S.DRAFTED}), CHAIR),
    ("rsvp", "{meeting}", "menu.rsvp", _GOING_ON, _ASKED),
    ("opinion", "{meeting}", "menu.opinion", frozenset({_S.CALLED}), _ASKED | {MeetingActor.RESIDENT}),
    ("opinions", "{meeting}", "menu.opinions", _GOING_ON, CHAIR),
    ("my_meetings", "{meeting}.guests", "my_meetings.guests", _GOING_ON, CHAIR),
    ("my_meetings", "{meeting}.invite", "my_meetings.invite", COMING, CHAIR),
    ("papers", "{meeting}", "menu.papers", ON_AGENDA | {_S.DRAFTED, _S.PUBLISHED}, CHAIR),
    ("move_meeting", "{meeting}", "menu.move_meeting", COMING, CHAIR),
    ("cancel_meeting", "{meeting}", "menu.cancel_meeting", COMING, CHAIR),
    ("rsvp", "{meeting}.calendar", "rsvp.calendar", frozenset({_S.CALLED}), _ASKED),
)
#: Of these, what begins shortly before the meeting.
SHORTLY_BEFORE = frozenset({"check_in", "conduct"})
_MOST_OFFERS = 9
#: Names in one message.
_MOST_NAMES = 30


def start(ctx: Context) -> Reply:
    """``argument``: "12", "12.guests", "12.invite", "12.at_door", or nothing for the list."""
    meeting, word = named(ctx)
    if meeting is None:
        return _list(ctx)
    ctx.data["meeting"] = meeting
    line = _line(ctx)
    match word:
        case "guests":
            return _shows_guests(ctx, line)
        case "invite":
            return _asks_whom(ctx, line)
        case "at_door":
            return _asks_at_door(ctx, line)
    return _page(ctx, line)


def receive_meeting(ctx: Context) -> Reply:
    if ctx.choice == "next":
        ctx.data["from"] += MOST_MEETINGS
        return _list(ctx)
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _page(ctx, line)


def receive_at_door(ctx: Context) -> Reply:
    """Whom the convener spoke with."""
    if ctx.choice is None:
        return again()
    ctx.data["guest"] = int(ctx.choice)
    return Reply(
        text("my_meetings.ask_at_door"),
        (option("rsvp.coming", "coming"), option("rsvp.not_coming", "not_coming")),
        then=receive_answer,
    )


def receive_answer(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    inviting.answer_at_door(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        invitation_id=ctx.data["guest"],
        rsvp=Rsvp(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    return _shows_guests(ctx, _line(ctx))


def receive_whom(ctx: Context) -> Reply:
    """A name: of somebody we know, of a unit, or of neither."""
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["name"] = ctx.text
    found = inviting.people_named(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
    )
    options = [
        Option(
            text("meetings.guest", name=known.name, home=known.home, room=""),
            f"member:{known.member_id}" if known.member_id is not None else f"post:{known.post_id}",
        )
        for known in found
    ]
    question = text("my_meetings.ask_which", name=ctx.text, found=len(found))
    return Reply(question, (*options, option("my_meetings.by_name", "name")), then=receive_which)


def receive_which(ctx: Context) -> Reply:
    kind, _, key = (ctx.choice or "").partition(":")
    by = _by(ctx)
    match kind:
        case "member":
            ctx.data["guest"] = int(key)
            options = (option("my_meetings.as_voter", "voter"), option("my_meetings.as_observer", "observer"))
            return Reply(text("my_meetings.ask_capacity", name=ctx.data["name"]), options, then=receive_capacity)
        case "post":
            return _invited(ctx, inviting.invite_unit(ctx.session, post_id=int(key), **by))
        case "name":
            new = inviting.invite_by_name(ctx.session, name=ctx.data["name"], **by)
            return _invited(ctx, new, by_name=True)
    return again()


def receive_capacity(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    new = inviting.invite_member(
        ctx.session, guest_id=ctx.data["guest"], capacity=Capacity(ctx.choice), **_by(ctx)
    )
    return _invited(ctx, new)


def _list(ctx: Context) -> Reply:
    """Some of them at a time, from ``ctx.data["from"]`` on."""
    begin: int = ctx.data.setdefault("from", 0)
    end = begin + MOST_MEETINGS
    found = meeting_lists.own_meetings(ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=end + 1)
    shown = found[begin:end]
    if not shown:
        return Reply(text("my_meetings.gone" if found else "my_meetings.none"))
    if len(found) == 1:
        ctx.data["meeting"] = found[0].meeting_id
        return _page(ctx, _line(ctx))
    options = distinct(Option(_title(ctx, each), str(each.meeting_id)) for each in shown)
    more = (option("my_meetings.next", "next"),) if len(found) > end else ()
    return Reply(text("my_meetings.list", more=bool(more)), (*options, *more), then=receive_meeting)


def _title(ctx: Context, each: ListedMeeting) -> str:
    """西苑小区议事会 12月12日 15:00 已通知 · 您参加"""
    return text(
        "my_meetings.title",
        label=each.label,
        when=day_and_time(each.meets_at, ctx.rules.timezone, now=ctx.at),
        state=text(f"my_meetings.state_{each.state}"),
        said=_said(each.rsvp) if each.state in _GOING_ON and each.capacity is not None else "",
    )


def _page(ctx: Context, line: MeetingLine) -> Reply:
    entry = calendars.meeting_entry(ctx.session, meeting_id=line.meeting_id)
    chairs = bool(CHAIR & line.held)
    said, answered = "", False
    if MeetingActor.INVITED in line.held and line.state in _GOING_ON:
        mine = calling.own_invitation(ctx.session, meeting_id=line.meeting_id, member_id=ctx.person.member_id)
        said, answered = _said(mine.rsvp), mine.rsvp is not None
    body = text(
        "my_meetings.page",
        label=line.label,
        number=line.number,
        when=day_and_time(line.meets_at, ctx.rules.timezone, now=ctx.at),
        venue=line.venue,
        state=text(f"my_meetings.state_{line.state}"),
        items=entry.items,
        said=said,
        seats=_seats(ctx, line) if chairs and line.state in _GOING_ON else "",
        link=f"{ctx.house.public_url}/calendars/{entry.series_public_id}.ics",
        chairs=chairs,
    )
    return Reply(body, tuple(_offers(ctx, line, answered=answered))[:_MOST_OFFERS])


def _offers(ctx: Context, line: MeetingLine, *, answered: bool = False) -> Iterator[Option]:
    near = line.meets_at - ctx.at <= ctx.rules.check_in_opens
    for capability, argument, key, states, actors in OFFERS:
        early = capability in SHORTLY_BEFORE and line.state is MeetingState.CALLED and not near
        if line.state in states and actors & line.held and not early:
            key = "rsvp.change" if key == "menu.rsvp" and answered else key
            yield option(key, command(capability, 0, argument.format(meeting=line.meeting_id)))


def _shows_guests(ctx: Context, line: MeetingLine) -> Reply:
    if not CHAIR & line.held:
        return _page(ctx, line)
    asked = guests.guests_of(ctx.session, meeting_id=line.meeting_id)
    silent = [each for each in asked if each.rsvp is None]
    body = text(
        "my_meetings.who",
        seats=_seats(ctx, line),
        silent=_names([each for each in silent if each.phone]),
        at_the_door=_names([each for each in asked if not each.phone]),
        coming=_names([each for each in asked if each.rsvp is Rsvp.COMING]),
        not_coming=_names([each for each in asked if each.rsvp is Rsvp.NOT_COMING]),
    )
    at_door = option("my_meetings.at_door", command("my_meetings", 0, f"{line.meeting_id}.at_door"))
    untold = (at_door,) if any(not each.phone for each in silent) else ()
    return Reply(body, (*untold, *_offers(ctx, line))[:_MOST_OFFERS])


def _asks_at_door(ctx: Context, line: MeetingLine) -> Reply:
    """Those who have not answered first."""
    if not CHAIR & line.held:
        return _page(ctx, line)
    found = sorted(inviting.at_the_door(ctx.session, meeting_id=line.meeting_id), key=lambda g: g.rsvp is not None)
    if not found:
        return _shows_guests(ctx, line)
    options = tuple(Option(guest_label(each), str(each.invitation_id)) for each in found[:_MOST_OFFERS])
    return Reply(text("my_meetings.ask_who_said"), options, then=receive_at_door)


def _asks_whom(ctx: Context, line: MeetingLine) -> Reply:
    if not CHAIR & line.held:
        return _page(ctx, line)
    return Reply(text("my_meetings.ask_whom", label=line.label), then=receive_whom)


def _invited(ctx: Context, new: bool, *, by_name: bool = False) -> Reply:
    line = _line(ctx)
    said = text(
        "my_meetings.invited",
        name=ctx.data["name"],
        new=new,
        by_name=by_name,
        called=line.state is MeetingState.CALLED,
    )
    again_option = option("my_meetings.invite", command("my_meetings", 0, f"{line.meeting_id}.invite"))
    return Reply(said, (again_option,))


def _seats(ctx: Context, line: MeetingLine) -> str:
    """How many were asked and answered what, by capacity; how many households are expected, and how many are needed."""
    counted = calling.seats_of(ctx.session, meeting_id=line.meeting_id)
    answers = [(text(f"my_meetings.{capacity}"), each) for capacity, each in counted.answers.items()]
    return text(
        "my_meetings.seats",
        answers=answers,
        households=counted.households,
        expected=counted.expected,
        needed=counted.needed,
    )


def _names(those: list[Guest]) -> str:
    shown = "、".join(guest_label(each) for each in those[:_MOST_NAMES])
    return text("my_meetings.names", shown=shown, more=max(0, len(those) - _MOST_NAMES)) if those else ""


def _said(rsvp: Rsvp | None) -> str:
    return text(f"my_meetings.said_{rsvp or 'nothing'}")


def _by(ctx: Context) -> dict[str, Any]:
    """Who asks somebody to what."""
    return {
        "meeting_id": ctx.data["meeting"],
        "member_id": ctx.person.member_id,
        "site": ctx.house.public_url,
        "at": ctx.at,
        "rules": ctx.rules,
    }


def _line(ctx: Context) -> MeetingLine:
    return meeting_queries.meeting_line(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    )
