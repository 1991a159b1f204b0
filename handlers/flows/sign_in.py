"""代签到: the chair writes down who is there without a phone, or could not check in by themselves."""

from __future__ import annotations

from handlers import conducting
from handlers.context import Context
from handlers.meetings import chosen_meeting, guest_label, named, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, option, start_option
from models.rules.meeting_workflow import CHAIR, Capacity, MeetingState
from services.households import household_told
from services.meetings import room, sitting
from services.meetings.sitting import Arrived
from texts import text
from understanding import find_place

_STATES = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})


def start(ctx: Context) -> Reply:
    meeting_id, _ = named(ctx)
    if meeting_id is not None:
        ctx.data["meeting"] = meeting_id
        return _asks_who(ctx)
    return which_meeting(
        ctx, states=_STATES, actors=CHAIR, ask="sign_in.ask_which", none="conduct.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _asks_who(ctx)


def receive_who(ctx: Context) -> Reply:
    """One after the other, until the chair goes on."""
    match ctx.choice:
        case None:
            return again()
        case "more":
            ctx.data["first"] += conducting.MOST
            return _asks_who(ctx)
        case "add":
            return Reply(text("sign_in.ask_name"), then=receive_name)
    arrived = sitting.check_in_for(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        invitation_id=int(ctx.choice),
        member_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
    )
    return _asks_who(ctx, _told(arrived))


def receive_name(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["name"] = " ".join(ctx.text.split())
    options = (option("sign_in.with_vote", "voter"), option("sign_in.without_vote", "observer"))
    return Reply(text("sign_in.ask_capacity", name=ctx.data["name"]), options, then=receive_capacity)


def receive_capacity(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    name = ctx.data["name"]
    place = find_place(name, ctx.house.gazetteer, None)
    arrived = sitting.add_present(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        name=name,
        household=household_told(name, unit_id=place.unit_id, room=place.room),
        capacity=Capacity(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    return _asks_who(ctx, _told(arrived))


def _asks_who(ctx: Context, told: str = "") -> Reply:
    ctx.data.setdefault("first", 0)
    desk = room.desk(ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at)
    away = sitting.not_there(ctx.session, meeting_id=desk.meeting_id)
    people = conducting.page(ctx, [Option(guest_label(guest), str(guest.invitation_id)) for guest in away])
    found = desk.attendance
    question = text(
        "sign_in.ask_who", away=len(away), households=found.households, needed=found.needed, quorate=found.quorate
    )
    to_card = start_option("conduct.to_card", "conduct", 0, str(desk.meeting_id))
    return Reply(
        f"{told}\n{question}" if told else question,
        (*people, option("sign_in.add", "add"), to_card),
        then=receive_who,
        fresh=True,
        question=question,
        live=True,
    )


def _told(arrived: Arrived) -> str:
    return text("sign_in.before" if arrived.before else "sign_in.done", votes=arrived.capacity is Capacity.VOTER)
