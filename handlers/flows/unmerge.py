"""撤销并案: what was put together wrongly is two again, each as it was."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, choose_issue, chosen_issue, held_by, option
from models.rules.issue_workflow import Action
from services import merge_offers, merging, queries
from texts import text


def start(ctx: Context) -> Reply:
    """The number of either of the two names the merge."""
    if ctx.issue_id:
        merged = merge_offers.merged_in(ctx.session, issue_id=ctx.issue_id)
        if len(merged) > 1:
            options = tuple(
                Option(text("issues.opener", short=short, summary=summary), str(issue_id), (str(short), number))
                for issue_id, number, short, summary in merged
            )
            return Reply(text("unmerge.ask_which"), options, then=receive_issue, numbered=False)
        if not merged:
            return Reply(text("unmerge.nothing_in_it"))
        ctx.issue_id = merged[0][0]
        return receive_issue(ctx)
    lines = queries.issues_that_allow(
        ctx.session, member_id=ctx.person.member_id, action=Action.UNMERGE, at=ctx.at, limit=9
    )
    return choose_issue(ctx, lines, ask="unmerge.ask_which", none="unmerge.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.UNMERGE, at=ctx.at
    )
    into = queries.known_line(ctx.session, issue_id=merging.goes_on_as(ctx.session, issue_id=issue_id))
    ctx.data["issue"] = issue_id
    return Reply(
        text("unmerge.sure", merged=line.number, summary=line.summary, into=into.number),
        (option("unmerge.yes", "yes"), option("unmerge.no", "no")),
        then=receive_confirmation,
    )


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            issue = merging.unmerge_issue(
                ctx.session,
                issue_id=ctx.data["issue"],
                member_id=ctx.person.member_id,
                at=ctx.at,
                rules=ctx.rules,
            )
            return Reply(
                text(
                    "unmerge.done",
                    number=issue.number,
                    state=text(f"words.state_{issue.state}"),
                    holder=held_by(ctx, issue),
                )
            )
        case "no":
            return Reply(text("unmerge.kept"))
    return again()
