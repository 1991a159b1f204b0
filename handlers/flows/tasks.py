"""我的任务: what one's posts hold, the most pressing first, and whom to visit at the door."""

from __future__ import annotations

from handlers.announcements import sentence
from handlers.context import Context
from handlers.messages import Option, Reply, command
from handlers.prompts import openers, summary_line
from services import queries
from texts import text


def start(ctx: Context) -> Reply:
    lines = queries.tasks(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    visits = queries.unreached(ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=3)
    if not lines and not visits:
        return Reply(text("tasks.none"))
    parts = []
    if lines:
        body = "\n".join(summary_line(ctx, line, staff=True) for line in lines)
        parts.append(text("tasks.list", count=len(lines), lines=body, example=lines[0].short))
    parts += [
        text(
            "tasks.visit",
            number=visit.number,
            place=visit.place,
            room=visit.room,
            name=visit.name,
            message=sentence(visit.kind, visit.params),
        )
        for visit in visits
    ]
    told = [
        Option(text("tasks.told", short=visit.short), command("relay", visit.issue_id, str(visit.member_id)))
        for visit in visits
    ]
    return Reply("\n\n".join(parts), (*openers(lines[: 9 - len(told)]), *told), numbered=False)
