"""会议改期: a meeting is moved with a reason; who was told of it is told, and asked again whether they come."""

from __future__ import annotations

from datetime import datetime, time

from handlers.context import Context
from handlers.dates import day_and_time, local
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Reply
from handlers.prompts import again, refused, written_moment
from models.rules.errors import MeetingDayRefused
from models.rules.meeting_workflow import CHAIR, COMING, MeetingAction
from services.meetings import days as meeting_days
from texts import text


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx,
        states=COMING,
        actors=CHAIR,
        ask="move_meeting.ask_which",
        none="move_meeting.none",
        then=receive_meeting,
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    if isinstance(line, Reply):
        return line
    member, action = ctx.person.member_id, MeetingAction.MOVE
    meeting_days.check_chair(ctx.session, meeting_id=line.meeting_id, member_id=member, action=action, at=ctx.at)
    when = day_and_time(line.meets_at, ctx.rules.timezone, now=ctx.at)
    ctx.data["clock"] = local(line.meets_at, ctx.rules.timezone).time().isoformat()
    return Reply(text("move_meeting.ask_when", label=line.label, when=when), then=receive_when)


def receive_when(ctx: Context) -> Reply:
    moment = written_moment(ctx, at=time.fromisoformat(ctx.data["clock"]))
    if not isinstance(moment, datetime):
        return moment
    who = {"meeting_id": ctx.data["meeting"], "member_id": ctx.person.member_id}
    try:
        meeting_days.check_day(ctx.session, **who, to=moment, at=ctx.at, rules=ctx.rules)
    except MeetingDayRefused as error:
        return refused(error)
    ctx.data["to"] = moment.isoformat()
    when = day_and_time(moment, ctx.rules.timezone, now=ctx.at)
    return Reply(text("move_meeting.ask_why", when=when), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    meeting = meeting_days.move_by_chair(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        to=datetime.fromisoformat(ctx.data["to"]),
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    when = day_and_time(meeting.meets_at, ctx.rules.timezone, now=ctx.at)
    return Reply(text("move_meeting.done", when=when, told=meeting_days.told(ctx.session, meeting_id=meeting.id)))
