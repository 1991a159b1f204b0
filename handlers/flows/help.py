"""帮助: what can be said, in a few lines."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import start_option
from models.rules.posts import Role
from services import members
from texts import text

_MANAGING = frozenset({Role.SECRETARY, Role.COMMUNITY, Role.STREET})
_CONVENING = frozenset({Role.STEWARD, Role.SECRETARY, Role.COMMUNITY})


def start(ctx: Context) -> Reply:
    posts = members.posts_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    if not posts:
        return Reply(
            text("help.resident", home=ctx.person.home_label),
            (
                start_option("menu.report", "report"),
                start_option("menu.progress", "progress"),
                start_option("menu.enrol", "enrol"),
            ),
        )
    held = "、".join(dict.fromkeys(text(f"words.holder_{post.role}", label=post.label) for post in posts))
    return Reply(
        text(
            "help.staff",
            posts=held,
            manages=any(post.role in _MANAGING for post in posts),
            convenes=any(post.role in _CONVENING for post in posts),
        ),
        (
            start_option("menu.tasks", "tasks"),
            start_option("menu.on_behalf", "on_behalf"),
            start_option("menu.progress", "progress"),
        ),
    )
