"""绑定账号: the same person in WeChat, Telegram and the web chat, told once and wherever they can be reached."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, option
from services import accounts
from texts import text


def start(ctx: Context) -> Reply:
    """A code to send from the other account."""
    return Reply(text("link.code", code=accounts.offer_link(ctx.session, member_id=ctx.person.member_id, at=ctx.at)))


def receive_code(ctx: Context) -> Reply:
    """The other account sent the code: asked once more, for whoever was sent it by somebody else."""
    ctx.data["code"] = ctx.text
    return Reply(text("link.sure"), (option("link.join", "yes"), option("link.leave", "no")), then=receive_confirmation)


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            accounts.link_account(
                ctx.session, account_id=ctx.person.account_id, code=ctx.data["code"], at=ctx.at, rules=ctx.rules
            )
            return Reply(text("link.done"))
        case "no":
            return Reply(text("link.left"))
    return again()
