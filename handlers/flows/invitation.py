"""An invitation code sent in chat gives a post; where the house asks for it, a second person confirms."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, option
from services import invitations, members
from texts import text


def start(ctx: Context) -> Reply:
    """``ctx.text`` is the code."""
    ctx.data["code"] = ctx.text
    if ctx.person.consent_version == ctx.rules.consent_version:
        return _take_up(ctx)
    return Reply(
        text("invitation.ask_consent", url=f"{ctx.house.public_url}/privacy"),
        (option("invitation.accept", "yes"), option("invitation.decline", "no")),
        then=receive_consent,
    )


def receive_consent(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            members.consent(ctx.session, member_id=ctx.person.member_id, version=ctx.rules.consent_version, at=ctx.at)
            return _take_up(ctx)
        case "no":
            return Reply(text("invitation.declined"))
    return again()


def _take_up(ctx: Context) -> Reply:
    taken = invitations.take_up(
        ctx.session, member_id=ctx.person.member_id, code=ctx.data["code"], at=ctx.at, rules=ctx.rules
    )
    role = text(f"words.role_{taken.role}")
    if taken.confirmed:
        return Reply(text("invitation.welcome", role=role, label=taken.label))
    key = "invitation.waits" if taken.somebody_asked else "invitation.nobody_to_ask"
    return Reply(text(key, role=role, label=taken.label))
