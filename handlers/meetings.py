"""Questions that many flows about meetings ask, and phrases that many of their sentences use."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Option, Reply
from handlers.prompts import Step, again
from models.rules.meeting_workflow import MeetingActor, MeetingState
from services.meetings import queries as meeting_queries
from services.meetings import voting
from services.meetings.ballot_seats import Seat
from services.meetings.guests import Guest
from services.meetings.queries import MeetingLine
from services.meetings.voting import Voted
from texts import text

MOST_MEETINGS = 9


def name(ctx: Context, line: MeetingLine) -> str:
    """西苑小区议事会 12月12日 15:00"""
    return text("meetings.name", label=line.label, when=day_and_time(line.meets_at, ctx.rules.timezone, now=ctx.at))


def guest_label(guest: Guest) -> str:
    """王芳（3号楼2单元）; who has left no name is known by their door."""
    return text("meetings.guest", name=guest.name, home=guest.home, room=guest.room)


def household(of: Seat | Voted) -> str:
    """Whose vote it is: by who stands for it, and by its door."""
    return text("vote.household", name=of.name, room=of.room)


def cast(ctx: Context) -> Voted:
    """The choice that was confirmed, as the vote of the household asked for."""
    return voting.cast_vote(
        ctx.session,
        ballot_id=ctx.data["ballot"],
        member_id=ctx.person.member_id,
        choice=ctx.data.pop("choice"),
        invitation_id=ctx.data["paper"],
        at=ctx.at,
        rules=ctx.rules,
    )


def named(ctx: Context) -> tuple[int | None, str]:
    """The id and the rest of an argument such as "12.approve"; (None, argument) where it names none."""
    first, _, rest = ctx.argument.partition(".")
    return (int(first), rest) if first.isdecimal() else (None, ctx.argument)


def which_meeting(
    ctx: Context,
    *,
    states: Collection[MeetingState],
    actors: Collection[MeetingActor],
    ask: str,
    none: str,
    then: Step,
) -> Reply:
    """Which one? The one named with the command, or one of those in these states; ``then`` gets it by
    :func:`chosen_meeting`."""
    meeting, _ = named(ctx)
    if meeting is not None:
        ctx.choice = str(meeting)
        return then(ctx)
    lines: Sequence[MeetingLine] = meeting_queries.meetings_for(
        ctx.session,
        member_id=ctx.person.member_id,
        states=states,
        actors=actors,
        at=ctx.at,
        limit=MOST_MEETINGS,
    )
    if not lines:
        return Reply(text(none))
    if len(lines) == 1:
        ctx.choice = str(lines[0].meeting_id)
        return then(ctx)
    return Reply(text(ask), tuple(Option(name(ctx, line), str(line.meeting_id)) for line in lines), then=then)


def chosen_meeting(ctx: Context) -> MeetingLine | Reply:
    """The meeting of the choice or of an earlier step; the question once more where something else was said.

    Raises NotFound for who is nothing to it.
    """
    chosen = ctx.choice if ctx.choice and ctx.choice.isdecimal() else ctx.data.get("meeting")
    if chosen is None:
        return again()
    ctx.data["meeting"] = int(chosen)
    return meeting_queries.meeting_line(
        ctx.session, meeting_id=int(chosen), member_id=ctx.person.member_id, at=ctx.at
    )
