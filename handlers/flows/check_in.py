"""签到: somebody is there. By the button, by the code that the room shows; the chair does it for others (主持)."""

from __future__ import annotations

from handlers import meetings
from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Option, Reply
from handlers.prompts import again
from models.rules.meeting_workflow import Capacity, MeetingActor, MeetingState
from services.meetings import queries as meeting_queries
from services.meetings import sitting
from services.meetings.sitting import Arrived
from texts import text


def start(ctx: Context) -> Reply:
    meeting_id, _ = meetings.named(ctx)
    if meeting_id is not None:
        return _check_in(ctx, meeting_id)
    lines = sitting.meetings_to_check_in(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    if not lines:
        return _too_early(ctx)
    if len(lines) == 1:
        return _check_in(ctx, lines[0].meeting_id)
    options = tuple(Option(meetings.name(ctx, line), str(line.meeting_id)) for line in lines[: meetings.MOST_MEETINGS])
    return Reply(text("check_in.ask_which"), options, then=receive_meeting)


def receive_meeting(ctx: Context) -> Reply:
    return _check_in(ctx, int(ctx.choice)) if ctx.choice else again()


def receive_code(ctx: Context) -> Reply:
    """The six digits on the screen of the room, typed after 签到 or brought by its QR code."""
    arrived = sitting.check_in_by_code(
        ctx.session, code=ctx.text, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    return Reply(_told(arrived))


def _check_in(ctx: Context, meeting_id: int) -> Reply:
    arrived = sitting.check_in(
        ctx.session, meeting_id=meeting_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    return Reply(_told(arrived))


def _told(arrived: Arrived) -> str:
    found = arrived.attendance
    return text(
        "check_in.before" if arrived.before else "check_in.done",
        label=arrived.label,
        votes=arrived.capacity is Capacity.VOTER,
        proxies=arrived.proxies,
        came_after_all=arrived.came_after_all,
        households=found.households,
        needed=found.needed,
        quorate=found.quorate,
        lacking=found.lacking,
    )


def _too_early(ctx: Context) -> Reply:
    """Nothing to check in to now; when there will be."""
    lines = meeting_queries.meetings_for(
        ctx.session,
        member_id=ctx.person.member_id,
        states={MeetingState.CALLED},
        actors={MeetingActor.INVITED},
        at=ctx.at,
        limit=1,
    )
    if not lines:
        return Reply(text("check_in.none"))
    opens = day_and_time(lines[0].meets_at - ctx.rules.check_in_opens, ctx.rules.timezone, now=ctx.at)
    return Reply(text("check_in.too_early", meeting=meetings.name(ctx, lines[0]), opens=opens))
