"""评价: 满意, 基本满意 or 不满意; who is not satisfied says why, and the issue is opened again."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue, option, reopen
from models.rules.errors import AlreadyDone
from models.rules.issue_workflow import Rating, State
from services import following, queries
from texts import text


def start(ctx: Context) -> Reply:
    """``argument``: the rating, where it was said at once."""
    ctx.data["rating"] = ctx.argument
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id, states=frozenset({State.ANSWERED}))
    return choose_issue(ctx, lines, ask="rate.ask_which", none="rate.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    ctx.data["issue"] = issue_id
    if ctx.data["rating"]:
        return _rate(ctx, Rating(ctx.data["rating"]))
    return Reply(
        text("rate.ask"),
        tuple(option(f"rate.{rating}", rating.value) for rating in Rating),
        then=receive_rating,
    )


def receive_rating(ctx: Context) -> Reply:
    return _rate(ctx, Rating(ctx.choice)) if ctx.choice else again()


def receive_reason(ctx: Context) -> Reply:
    return reopen(ctx)


def _rate(ctx: Context, rating: Rating) -> Reply:
    issue_id, member_id = ctx.data["issue"], ctx.person.member_id
    try:
        issue = following.rate_issue(
            ctx.session, issue_id=issue_id, member_id=member_id, rating=rating, at=ctx.at, rules=ctx.rules
        )
    except AlreadyDone:
        if rating is not Rating.UNSATISFIED:
            raise
    if rating is Rating.UNSATISFIED:
        following.check_reopening(ctx.session, issue_id=issue_id, member_id=member_id, at=ctx.at, rules=ctx.rules)
        return Reply(text("rate.ask_reason"), then=receive_reason, fresh=True)
    return Reply(text("rate.thanks", number=issue.number, days=ctx.rules.reopen_within.days))
