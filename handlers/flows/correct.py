"""不对: the category or the place of an issue was understood wrongly; a person chooses the right one.

What staff correct is kept to train from, and a name that nobody had taught us becomes an alias when they say so.
"""

from __future__ import annotations

from handlers import categories, drafts
from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, ask_category, choose_issue, chosen_issue, held_by, named_category, option
from models.rules.issue_workflow import Action
from services import corrections, queries
from texts import text
from understanding import Home, find_place


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    if not lines:
        lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.CORRECT, at=ctx.at)
    return choose_issue(ctx, lines, ask="correct.ask_which", none="correct.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    ctx.data["issue"] = issue_id
    subject = _subject(ctx)
    options = [option("report.change_category", "category"), option("report.change_place", "place")]
    if subject.is_staff:
        options.append(option("correct.teach", "alias"))
    return Reply(
        text(
            "correct.ask_what",
            number=subject.number,
            category=categories.label(subject.category),
            place=subject.place,
            summary=subject.summary,
        ),
        tuple(options),
        then=receive_what,
    )


def receive_what(ctx: Context) -> Reply:
    match ctx.choice:
        case "category":
            return ask_category(_subject(ctx).category, then=receive_category)
        case "place":
            return Reply(text("report.ask_place_name"), then=receive_place)
        case "alias":
            return Reply(text("correct.ask_name", compound=_subject(ctx).compound), then=receive_name)
    return again()


def receive_category(ctx: Context) -> Reply:
    category = named_category(ctx)
    if category is None:
        return ask_category(_subject(ctx).category, then=receive_category, unknown=True)
    issue = corrections.correct_category(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        category=category,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("correct.category_done", number=issue.number, category=categories.label(issue.category)))


def receive_place(ctx: Context) -> Reply:
    """The place in words, a chosen compound, or a pin."""
    subject = _subject(ctx)
    if not drafts.settle_place(ctx, home=Home(subject.compound_id)):
        return drafts.asks_place(ctx, then=receive_place, ask="report.place_unknown")
    where = drafts.where(ctx.data)
    issue = corrections.correct_place(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        where=where,
        at=ctx.at,
        rules=ctx.rules,
    )
    done = text(
        "correct.place_done",
        number=issue.number,
        place=issue.place_label,
        holder=held_by(ctx, issue),
    )
    name = find_place(subject.words, ctx.house.gazetteer).written.compound
    if not subject.is_staff or not corrections.may_teach(ctx.session, compound_id=where.compound_id, alias=name):
        return Reply(done)
    return _asks_alias(ctx, name, said=done)


def receive_name(ctx: Context) -> Reply:
    """Another name of the compound, in a word."""
    name = ctx.text.strip("“”\"' 。")
    if not corrections.may_teach(ctx.session, compound_id=_subject(ctx).compound_id, alias=name):
        return Reply(text("correct.name_unfit"), then=receive_name)
    return _asks_alias(ctx, name)


def receive_alias(ctx: Context) -> Reply:
    name = ctx.data["alias"]
    if ctx.choice == "yes":
        corrections.teach_alias(
            ctx.session,
            compound_id=_subject(ctx).compound_id,
            alias=name,
            member_id=ctx.person.member_id,
            at=ctx.at,
        )
        return Reply(text("correct.alias_learnt", alias=name))
    return Reply(text("correct.alias_not_learnt")) if ctx.choice else again()


def _asks_alias(ctx: Context, name: str, *, said: str = "") -> Reply:
    ctx.data["alias"] = name
    question = text("correct.ask_alias", alias=name, compound=_subject(ctx).compound)
    return Reply(
        f"{said}\n{question}" if said else question,
        (option("common.yes", "yes"), option("common.no", "no")),
        then=receive_alias,
        fresh=True,
        question=question,
    )


def _subject(ctx: Context) -> corrections.Subject:
    return corrections.subject(
        ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id, at=ctx.at
    )
