"""提交议事: to a meeting of the corridor, the compound or the community."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_line, start_option, which_issue
from models.rules.issue_workflow import Action, Level
from services import deliberating
from services.meetings import queries as meeting_queries
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.PROPOSE, word="menu.propose", ask="propose.ask_which", none="propose.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.PROPOSE)
    if line is None:
        return again()
    ctx.data["discussable"] = deliberating.discussable(line.category)
    fitting = meeting_queries.levels_for(ctx.session, issue_id=line.issue_id)
    if not fitting:
        told = text("propose.nobody_meets", number=line.number, summary=line.summary)
        return Reply(told, (start_option("menu.series", "series"),))
    levels = tuple(Option(text(f"words.level_{level}"), level.value) for level in fitting)
    return Reply(text("propose.ask_level", number=line.number, summary=line.summary), levels, then=receive_level)


def receive_level(ctx: Context) -> Reply:
    if ctx.choice is None:
        named = next((level for level in Level if text(f"words.level_{level}") == ctx.text.strip()), None)
        if named is None:
            return again()
        return Reply(text("propose.level_unmet", level=text(f"words.level_{named}")), again=True)
    ctx.data["level"] = ctx.choice
    if ctx.data["discussable"]:
        return _propose(ctx)
    return Reply(text("propose.ask_why"), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    return _propose(ctx) if ctx.text else again("errors.words_needed")


def _propose(ctx: Context) -> Reply:
    level = Level(ctx.data["level"])
    issue = deliberating.propose_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        level=level,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("propose.done", number=issue.number, level=text(f"words.level_{level}")))
