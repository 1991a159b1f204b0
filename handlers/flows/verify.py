"""评事: the follow-up group and the raisers say whether a resolution meets its standard."""

from __future__ import annotations

from handlers.context import Context
from handlers.meetings import named
from handlers.messages import Reply, unended
from handlers.prompts import again, option
from handlers.resolutions import MOST_RESOLUTIONS, chosen_resolution, told, which_resolution
from models.rules.verification import Verdict
from services.meetings.resolutions import queries as resolution_queries
from services.meetings.resolutions import verifying
from texts import text


def start(ctx: Context) -> Reply:
    resolution_id, said = named(ctx)
    if resolution_id is not None:
        verifying.check_verifying(
            ctx.session, resolution_id=resolution_id, member_id=ctx.person.member_id, at=ctx.at
        )
        ctx.data["resolution"] = resolution_id
        return _answered(ctx, said) if said in ("yes", "no") else _asks(ctx, resolution_id)
    lines = resolution_queries.to_verify(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=MOST_RESOLUTIONS
    )
    return which_resolution(ctx, lines, ask="verify.ask_which", none="verify.none", then=receive_resolution)


def receive_resolution(ctx: Context) -> Reply:
    resolution_id = chosen_resolution(ctx)
    return again() if resolution_id is None else _asks(ctx, resolution_id)


def receive_answer(ctx: Context) -> Reply:
    if ctx.choice not in ("yes", "no"):
        return again()
    return _answered(ctx, ctx.choice)


def receive_missing(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    _verify(ctx, met=False, words=ctx.text)
    return Reply(text("verify.said_no"))


def _asks(ctx: Context, resolution_id: int) -> Reply:
    line = resolution_queries.line_of(ctx.session, resolution_id=resolution_id)
    last = verifying.last_word(ctx.session, resolution_id=resolution_id)
    question = text("verify.ask", **told(line), progress=unended(last.words), photos=len(last.photos))
    options = (option("verify.yes", "yes"), option("verify.no", "no"))
    return Reply(question, options, then=receive_answer, photos=last.photos)


def _answered(ctx: Context, said: str) -> Reply:
    if said == "no":
        return Reply(text("verify.ask_missing"), then=receive_missing)
    found = _verify(ctx, met=True)
    return Reply(text("verify.all_met" if found is Verdict.MET else "verify.said_yes"))


def _verify(ctx: Context, *, met: bool, words: str = "") -> Verdict:
    return verifying.verify(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        met=met,
        words=words,
        at=ctx.at,
        rules=ctx.rules,
    )
