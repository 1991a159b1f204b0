"""追问: one question to one raiser; the clock of the landing stands still until they answer."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import until
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_issue, chosen_line, option, start_option, which_issue
from models.rules.deadlines import due
from models.rules.issue_workflow import Action, Actor, State
from services import queries, waiting
from texts import text

#: Raisers shown at a time.
MOST = 8


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.ASK, word="menu.ask", ask="ask.ask_which", none="ask.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    issue, held = queries.what_somebody_is(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at
    )
    if issue.state is State.RECEIVED and Actor.HOLDER in held:
        first = start_option("menu.accept", "accept", issue_id)
        return Reply(text("ask.accept_first", number=issue.number), (first,))
    chosen_line(ctx, Action.ASK)
    ctx.data["first"] = 0
    return _asks_whom(ctx)


def receive_raiser(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "more":
        ctx.data["first"] += MOST
        return _asks_whom(ctx)
    ctx.data["raiser"] = int(ctx.choice)
    return _asks_words(ctx)


def receive_words(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    issue = waiting.ask_raiser(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        raiser_id=ctx.data["raiser"],
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    waits = due(ctx.at, ctx.rules.waiting_for_raiser, rules=ctx.rules)
    return Reply(text("ask.done", number=issue.number, until=until(waits, ctx.rules.timezone, now=ctx.at)))


def _asks_whom(ctx: Context) -> Reply:
    """With one raiser there is nothing to ask."""
    raisers = waiting.who_may_be_asked(ctx.session, issue_id=ctx.data["issue"])
    if len(raisers) == 1:
        ctx.data["raiser"] = raisers[0][0]
        return _asks_words(ctx)
    if ctx.data["first"] >= len(raisers):  # the last have been shown
        ctx.data["first"] = 0
    first = ctx.data["first"]
    shown = [
        Option(text("ask.raiser", name=name, words=words[:12]), str(member_id))
        for member_id, name, words in raisers[first : first + MOST]
    ]
    if len(raisers) > MOST:
        shown.append(option("progress.more", "more"))
    return Reply(text("ask.ask_whom", count=len(raisers)), tuple(shown), then=receive_raiser)


def _asks_words(ctx: Context) -> Reply:
    return Reply(text("ask.ask_words"), then=receive_words)
