"""Confirming (or refusing) that somebody may hold a post: the second pair of eyes."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import start_option
from services import invitations, queries
from texts import text


def start(ctx: Context) -> Reply:
    """``issue_id`` carries the grant's id here, ``argument`` yes or no; without them, whoever waits is shown."""
    if not ctx.issue_id or ctx.argument not in ("yes", "no"):
        return _next(ctx)
    decided = invitations.decide(
        ctx.session,
        grant_id=ctx.issue_id,
        by=ctx.person.member_id,
        agree=ctx.argument == "yes",
        at=ctx.at,
        rules=ctx.rules,
    )
    key = "invitation.confirmed" if ctx.argument == "yes" else "invitation.refused"
    return Reply(text(key, role=text(f"words.role_{decided.role}"), label=decided.label))


def _next(ctx: Context) -> Reply:
    """Who has waited longest."""
    waiting = queries.unconfirmed(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    if not waiting:
        return Reply(text("invitation.nothing_to_confirm"))
    first = waiting[0]
    return Reply(
        text("notices.confirm_role", role=text(f"words.role_{first.role}"), label=first.label, name=first.name),
        (
            start_option("invitation.agree", "confirm", first.grant_id, "yes"),
            start_option("invitation.disagree", "confirm", first.grant_id, "no"),
        ),
    )
