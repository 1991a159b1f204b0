"""回访: whoever was silent says whether it is solved; what is not is opened again, as after 不满意."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_issue, option, reopen, start_option, which_answered
from models.rules.errors import AlreadyDone
from models.rules.issue_workflow import Rating, State
from services import following, queries
from texts import text


def start(ctx: Context) -> Reply:
    """``argument``: yes or no, where it was said at once."""
    ctx.data["solved"] = ctx.argument
    return which_answered(ctx, ask="follow_up.ask_which", none="follow_up.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    ctx.data["issue"] = issue_id
    if ctx.data["solved"]:
        return _check(ctx, solved=ctx.data["solved"] == "yes")
    return Reply(
        text("follow_up.ask"),
        (option("follow_up.yes", "yes"), option("follow_up.no", "no")),
        then=receive_solved,
    )


def receive_solved(ctx: Context) -> Reply:
    return _check(ctx, solved=ctx.choice == "yes") if ctx.choice else again()


def receive_reason(ctx: Context) -> Reply:
    return reopen(ctx)


def _check(ctx: Context, *, solved: bool) -> Reply:
    """Once it is closed there is nothing to check; but it may be opened again."""
    issue_id, member_id = ctx.data["issue"], ctx.person.member_id
    issue, _ = queries.what_somebody_is(ctx.session, issue_id=issue_id, member_id=member_id, at=ctx.at)
    if issue.state is State.ANSWERED or solved:
        try:
            following.check_issue(
                ctx.session, issue_id=issue_id, member_id=member_id, solved=solved, at=ctx.at, rules=ctx.rules
            )
        except AlreadyDone:
            if solved:
                raise
    if not solved:
        following.check_reopening(ctx.session, issue_id=issue_id, member_id=member_id, at=ctx.at, rules=ctx.rules)
        return Reply(text("rate.ask_reason"), then=receive_reason, fresh=True)
    ratings = tuple(start_option(f"rate.{rating}", "rate", issue_id, rating.value) for rating in Rating)
    return Reply(text("follow_up.thanks", number=issue.number), ratings)
