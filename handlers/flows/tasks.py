"""我的任务: what one's posts hold, help with or must decide, the most pressing first, and whom to visit at the door."""

from __future__ import annotations

from handlers.announcements import sentence
from handlers.context import Context
from handlers.messages import Option, Reply, command
from handlers.prompts import openers, summary_line
from services import doorstep, queries
from services.queries import IssueLine
from texts import text

#: Options under one message.
MOST = 9


def start(ctx: Context) -> Reply:
    member_id = ctx.person.member_id
    parts: list[str] = []
    shown: dict[int, IssueLine] = {}
    desk = queries.desk(ctx.session, member_id=member_id, at=ctx.at)
    for key, lines in (
        ("tasks.list", desk.holding),
        ("tasks.helping", desk.helping),
        ("tasks.deciding", desk.deciding),
    ):
        if lines:
            body = "\n".join(summary_line(ctx, line, staff=True) for line in lines)
            parts.append(text(key, count=len(lines), lines=body, example=lines[0].short))
            shown |= {line.issue_id: line for line in lines}
    visits = doorstep.visits(ctx.session, member_id=member_id, at=ctx.at, limit=3)
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
    if not parts:
        return Reply(text("tasks.none"))
    told = [
        Option(text("tasks.told", short=visit.short), command("relay", visit.issue_id, str(visit.member_id)))
        for visit in visits
    ]
    return Reply("\n\n".join(parts), (*openers([*shown.values()][: MOST - len(told)]), *told), numbered=False)
