"""已当面告知: the steward has told it at the door."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from services import notices, queries
from texts import text


def start(ctx: Context) -> Reply:
    """Without an argument: everybody who waits for a visit about that issue."""
    visits = queries.unreached(ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=50)
    meant = [
        visit
        for visit in visits
        if (not ctx.issue_id or visit.issue_id == ctx.issue_id)
        and (not ctx.argument or str(visit.member_id) == ctx.argument)
    ]
    ids = [notice for visit in meant for notice in visit.notice_ids]
    told = notices.relay(ctx.session, notice_ids=ids, at=ctx.at)
    if not told:
        return Reply(text("relay.none"))
    return Reply(text("relay.done", numbers="、".join(dict.fromkeys(visit.number for visit in meant))))
