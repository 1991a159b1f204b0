"""参加会议: come, do not come, or let another household vote; and the meeting as an entry for one's own calendar."""

from __future__ import annotations

from collections import Counter

from handlers.context import Context
from handlers.meetings import chosen_meeting, guest_label, name, named, which_meeting
from handlers.messages import Option, Reply, command
from handlers.prompts import again, option
from models.rules.meeting_workflow import MeetingActor, Rsvp
from services import documents
from services.meetings import calendars, calling, proxies
from services.meetings import queries as meeting_queries
from services.meetings.guests import Guest
from services.meetings.queries import MeetingLine
from texts import choice, text

#: Households shown at a time.
MOST = 7


def start(ctx: Context) -> Reply:
    """``argument``: "12.coming", "12.not_coming", "12.proxy", "12.refuse.17", "12.calendar", "12" or nothing."""
    meeting, word = named(ctx)
    if meeting is None:
        return which_meeting(
            ctx,
            states=proxies.OPEN,
            actors={MeetingActor.INVITED},
            ask="rsvp.which",
            none="rsvp.none",
            then=receive_meeting,
        )
    ctx.data["meeting"] = meeting
    line = _line(ctx)
    what, _, giver = word.partition(".")
    match what:
        case "calendar":
            return _sends_calendar(ctx, line)
        case "refuse" if giver.isdecimal():
            return _refuses(ctx, line, int(giver))
        case "coming" | "not_coming" | "proxy":
            return _answers(ctx, line, Rsvp(what))
    return _asks(ctx, line)


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _asks(ctx, line)


def receive_answer(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    return _answers(ctx, _line(ctx), Rsvp(ctx.choice))


def receive_holder(ctx: Context) -> Reply:
    """Chosen from the list, or written: a name, or the door of a neighbour who has left no name."""
    if ctx.choice == "more":
        ctx.data["first"] += MOST
        return _asks_holder(ctx)
    fit = _fit(ctx)
    chosen = int(ctx.choice) if ctx.choice else _written(ctx.text, fit)
    holder = next((g for g in fit if g.invitation_id == chosen), None)
    if holder is None:
        return again("rsvp.holder_unknown")
    _notes(ctx, Rsvp.PROXY, holder.invitation_id)
    return Reply(text("rsvp.proxy_noted", holder=guest_label(holder)), (_change(ctx),))


def _asks(ctx: Context, line: MeetingLine) -> Reply:
    mine = calling.own_invitation(ctx.session, meeting_id=line.meeting_id, member_id=ctx.person.member_id)
    options = [option("rsvp.coming", "coming"), option("rsvp.not_coming", "not_coming")]
    if MeetingActor.VOTER in line.held:
        options.append(option("rsvp.proxy", "proxy"))
    said = choice(f"rsvp.{mine.rsvp}")[0] if mine.rsvp else ""
    question = text("rsvp.ask", meeting=name(ctx, line), venue=line.venue, said=said)
    return Reply(question, tuple(options), then=receive_answer)


def _answers(ctx: Context, line: MeetingLine, rsvp: Rsvp) -> Reply:
    if rsvp is Rsvp.PROXY:
        return _asks_holder(ctx)
    _notes(ctx, rsvp, None)
    if rsvp is Rsvp.NOT_COMING:
        return Reply(text("rsvp.not_coming_noted", meeting=name(ctx, line)), (_change(ctx),))
    entry = calendars.meeting_entry(ctx.session, meeting_id=line.meeting_id)
    return Reply(
        text(
            "rsvp.coming_noted",
            meeting=name(ctx, line),
            venue=line.venue,
            link=f"{ctx.house.public_url}/meetings/{entry.public_id}.ics",
        ),
        (option("rsvp.calendar", command("rsvp", 0, f"{line.meeting_id}.calendar")), _change(ctx)),
    )


def _asks_holder(ctx: Context) -> Reply:
    fit = _fit(ctx)
    if not fit:
        return Reply(
            text("rsvp.no_holder"),
            (
                option("rsvp.coming", command("rsvp", 0, f"{ctx.data['meeting']}.coming")),
                option("rsvp.not_coming", command("rsvp", 0, f"{ctx.data['meeting']}.not_coming")),
            ),
        )
    listed = _listed(fit)
    first = ctx.data.setdefault("first", 0)
    if first >= len(listed):  # the last have been shown
        first = ctx.data["first"] = 0
    options = tuple(Option(guest_label(g), str(g.invitation_id)) for g in listed[first : first + MOST])
    more = (option("rsvp.more", "more"),) if len(listed) > MOST else ()
    return Reply(text("rsvp.ask_holder"), (*options, *more), then=receive_holder)


def _refuses(ctx: Context, line: MeetingLine, giver: int) -> Reply:
    proxies.refuse_proxy(
        ctx.session,
        meeting_id=line.meeting_id,
        member_id=ctx.person.member_id,
        giver=giver,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("rsvp.refused"))


def _sends_calendar(ctx: Context, line: MeetingLine) -> Reply:
    """The file follows as a message of its own; the link leads to the same."""
    entry = calendars.meeting_entry(ctx.session, meeting_id=line.meeting_id)
    if not entry.announced:
        return Reply(text("rsvp.calendar_too_early"))
    documents.request_document(
        ctx.session,
        member_id=ctx.person.member_id,
        kind="invitation_ics",
        params={"meeting": line.meeting_id, "revision": entry.sequence, "state": entry.state.value},
        name=text("rsvp.file_name", meeting=line.label, day=f"{entry.begins:%m%d}"),
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(
        text(
            "rsvp.calendar_asked",
            gone=entry.gone,
            link=f"{ctx.house.public_url}/meetings/{entry.public_id}.ics",
        )
    )


def _notes(ctx: Context, rsvp: Rsvp, proxy: int | None) -> None:
    calling.answer_invitation(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        rsvp=rsvp,
        proxy=proxy,
        at=ctx.at,
        rules=ctx.rules,
    )


def _change(ctx: Context) -> Option:
    return option("rsvp.change", command("rsvp", 0, f"{ctx.data['meeting']}"))


def _line(ctx: Context) -> MeetingLine:
    return meeting_queries.meeting_line(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    )


def _fit(ctx: Context) -> list[Guest]:
    return proxies.holders_for(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, rules=ctx.rules
    )


def _listed(fit: list[Guest]) -> list[Guest]:
    """Those who have left a name that is theirs alone; a door is shown to nobody who does not know it."""
    labels = Counter(guest_label(g) for g in fit)
    return [g for g in fit if g.name and labels[guest_label(g)] == 1]


def _written(words: str, fit: list[Guest]) -> int | None:
    said = words.strip().replace(" ", "").removesuffix("室").removesuffix("号")
    if not said:
        return None
    found = [g for g in fit if said in (g.name, g.home + g.room, g.room)]
    return found[0].invitation_id if len(found) == 1 else None
