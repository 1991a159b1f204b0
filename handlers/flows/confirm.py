"""Confirming (or refusing) that somebody may hold a post: the second pair of eyes."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from services import invitations
from texts import text


def start(ctx: Context) -> Reply:
    """``issue_id`` carries the grant's id here, ``argument`` yes or no."""
    if not ctx.issue_id or ctx.argument not in ("yes", "no"):
        return Reply(text("invitation.nothing_to_confirm"))
    decided = invitations.decide(
        ctx.session, grant_id=ctx.issue_id, by=ctx.person.member_id, agree=ctx.argument == "yes", at=ctx.at
    )
    key = "invitation.confirmed" if ctx.argument == "yes" else "invitation.refused"
    return Reply(text(key, role=text(f"words.role_{decided.role}"), label=decided.label))
