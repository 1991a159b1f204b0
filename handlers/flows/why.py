"""为什么: one plain sentence on why an issue has its category, its place and its holder, and where a meeting has to do
with it why it is on the agenda or not; and a way to say 不对."""

from __future__ import annotations

from handlers.agenda_words import standing
from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import choose_issue, chosen_issue, start_option, why
from services import queries
from services.meetings.agenda_standing import agenda_standing
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    return choose_issue(ctx, lines, ask="why.ask_which", none="progress.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return Reply(text("common.choose_one"), again=True)
    view = queries.view(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    found = agenda_standing(ctx.session, issue_id=issue_id, at=ctx.at, rules=ctx.rules)
    agenda = standing(found, staff=view.is_staff, now=ctx.at, timezone=ctx.rules.timezone) if found else ""
    return Reply(
        text("why.one", number=view.line.number, why=why(view), agenda=agenda),
        (start_option("menu.correct", "correct", issue_id),),
    )
