"""人工: a person of the community takes over; the question reaches them at once."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from services import queries, support
from texts import text


def start(ctx: Context) -> Reply:
    home = ctx.person.home_label
    if not home:
        home = next((line.place for line in queries.own_issues(ctx.session, member_id=ctx.person.member_id)), "")
    called = support.call_person(
        ctx.session,
        member_id=ctx.person.member_id,
        name=ctx.person.name,
        home=home,
        community_id=ctx.person.community_id,
        words="\n".join(ctx.data.get("words", ()))[:200],
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("human.called" if called.somebody else "human.phone_only", phone=called.phone))
