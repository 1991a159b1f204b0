"""微协商: the few concerned are asked to talk one issue over at once, in chat."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_line, several_options, take_several, which_issue
from models.rules.issue_workflow import Action
from services import consultations
from services.consultations import Concerned
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.CONSULT, word="menu.consult", ask="consult.ask_which", none="consult.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.CONSULT)
    if line is None:
        return again()
    ctx.data |= {"chosen": [], "first": 0, "number": line.number, "summary": line.summary}
    if not _concerned(ctx):
        return Reply(text("consult.nobody", number=line.number))
    return _asks_people(ctx)


def receive_people(ctx: Context) -> Reply:
    return take_several(ctx, none="consult.none_chosen", more=_asks_people, enough=_asks_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    consultations.call_consultation(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        people=ctx.data["chosen"],
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("consult.done", number=ctx.data["number"], count=len(ctx.data["chosen"])))


def _concerned(ctx: Context) -> list[tuple[int, str]]:
    """Who may be asked, with what they are called: neighbours by a number."""
    people = consultations.concerned(
        ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id, at=ctx.at
    )
    return [(one.member_id, _named(index, one)) for index, one in enumerate(people, start=1)]


def _named(index: int, one: Concerned) -> str:
    if one.role:
        return text(f"words.holder_{one.role}", label=one.label)
    return text("consult.neighbour", index=index)


def _asks_people(ctx: Context) -> Reply:
    people = _concerned(ctx)
    options, chosen = several_options(ctx, people)
    names = [name for person, name in people if person in chosen]
    question = text("consult.ask_people", number=ctx.data["number"], summary=ctx.data["summary"], chosen=names)
    return Reply(question, options, then=receive_people)


def _asks_why(ctx: Context) -> Reply:
    return Reply(text("consult.ask_why"), then=receive_why)
