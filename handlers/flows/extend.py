"""申请延期: the holder asks the rung above for more time, once, with a reason that the raisers read."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from handlers.context import Context
from handlers.dates import until
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_issue, overseen_by, refused, which_task, written_moment
from models.rules.errors import TooLong
from models.rules.issue_workflow import Action
from services import circumstances, pressing
from texts import text

#: Days offered; any other date may be written.
DAYS = (3, 7, 15)
_END_OF_DAY = time(23, 59)


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.ASK_EXTENSION, ask="extend.ask_which", none="extend.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    issue = pressing.check_extending(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    if circumstances.above(ctx.session, issue=issue, at=ctx.at) is None:
        return Reply(text("extend.nobody_above", number=issue.number))
    ctx.data["issue"] = issue_id
    ctx.data["ends"] = max(issue.landing_due, ctx.at).isoformat()
    ends = until(issue.landing_due, ctx.rules.timezone, now=ctx.at).strip()
    return Reply(text("extend.ask_why", number=issue.number, summary=issue.summary, ends=ends), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["why"] = ctx.text
    ends = datetime.fromisoformat(ctx.data["ends"])
    options = []
    for days in DAYS:
        shown = until(ends + timedelta(days=days), ctx.rules.timezone, now=ctx.at).strip()
        label = text("extend.days", days=days, until=shown)
        also = (text("extend.days_alone", days=days), text("extend.days_in_words", days=days))
        options.append(Option(label, str(days), also))
    return Reply(text("extend.ask_until"), tuple(options), then=receive_until)


def receive_until(ctx: Context) -> Reply:
    if ctx.choice:
        moment: datetime | Reply = datetime.fromisoformat(ctx.data["ends"]) + timedelta(days=int(ctx.choice))
    else:
        moment = written_moment(ctx, at=_END_OF_DAY)
    if not isinstance(moment, datetime):
        return moment
    try:
        issue = pressing.ask_extension(
            ctx.session,
            issue_id=ctx.data["issue"],
            member_id=ctx.person.member_id,
            words=ctx.data["why"],
            until=moment,
            at=ctx.at,
            rules=ctx.rules,
        )
    except TooLong as error:
        return refused(error)
    shown = until(moment, ctx.rules.timezone, now=ctx.at).strip()
    return Reply(text("extend.done", number=issue.number, until=shown, above=overseen_by(ctx, issue)))
