"""取消会议: a meeting does not take place; who was told of it is told, and its items wait for the next."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Reply
from handlers.prompts import again
from models.rules.meeting_workflow import CHAIR, COMING, MeetingAction
from services.meetings import days as meeting_days
from texts import text


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx,
        states=COMING,
        actors=CHAIR,
        ask="cancel_meeting.ask_which",
        none="cancel_meeting.none",
        then=receive_meeting,
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    if isinstance(line, Reply):
        return line
    member, action = ctx.person.member_id, MeetingAction.CANCEL
    meeting_days.check_chair(ctx.session, meeting_id=line.meeting_id, member_id=member, action=action, at=ctx.at)
    when = day_and_time(line.meets_at, ctx.rules.timezone, now=ctx.at)
    told = meeting_days.told(ctx.session, meeting_id=line.meeting_id)
    return Reply(text("cancel_meeting.ask_why", label=line.label, when=when, told=told), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    meeting = meeting_days.cancel_by_chair(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("cancel_meeting.done", told=meeting_days.told(ctx.session, meeting_id=meeting.id)))
