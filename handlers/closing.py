"""The closing form: the written answer, and which of the matters that were named it speaks to."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import Step, again, option
from models.rules.errors import HollowAnswer, MatterUnanswered
from services import demands
from texts import text

_SIGNS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ALL, _DONE = "all", "done"
_LABEL = 12  # characters of a matter on its button


def take_words(ctx: Context, *, ask: Step, tick: Step, submit: Step) -> Reply:
    """The words, with photos before or beside them. What says nothing of what was done is sent back with a hint."""
    photos = [*ctx.data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    ctx.data["photos"] = photos
    if not ctx.text:
        return Reply(text("resolve.photo_first"), then=ask)
    try:
        demands.check_words(ctx.text)
    except HollowAnswer as hollow:
        return Reply(text(f"errors.{hollow.code}"), then=ask)
    ctx.data |= {"answer": ctx.text, "ticked": []}
    try:
        return submit(ctx)
    except MatterUnanswered:  # more than one matter was named: they are ticked
        return _form(ctx, tick=tick)


def take_tick(ctx: Context, *, tick: Step, submit: Step) -> Reply:
    """A tick, or a sentence more, or photos. All of the matters must be ticked."""
    asked, ticked = _asked(ctx), ctx.data["ticked"]
    if ctx.text or ctx.photos:
        ctx.data["photos"] = [*ctx.data["photos"], *ctx.photos][: ctx.rules.max_photos]
        if ctx.text:
            ctx.data["answer"] = "\n".join((ctx.data["answer"], ctx.text))[: ctx.rules.max_words]
        return _form(ctx, tick=tick, said=text("closing.added"))
    if ctx.choice in (_ALL, _DONE):
        if ctx.choice == _ALL:
            ctx.data["ticked"] = list(asked)
        return _submit(ctx, tick=tick, submit=submit)
    chosen = int(ctx.choice) if ctx.choice and ctx.choice.isdecimal() else len(asked)
    if chosen >= len(asked):
        return again()
    matter = asked[chosen]
    ctx.data["ticked"] = [each for each in ticked if each != matter] if matter in ticked else [*ticked, matter]
    return _form(ctx, tick=tick)


def _submit(ctx: Context, *, tick: Step, submit: Step) -> Reply:
    try:
        return submit(ctx)
    except MatterUnanswered as left:
        return _form(ctx, tick=tick, said=text(f"errors.{left.code}", **left.params))


def _form(ctx: Context, *, tick: Step, said: str = "") -> Reply:
    asked, ticked = _asked(ctx), ctx.data["ticked"]
    lines = [
        text("closing.matter", sign=_SIGNS[at], matter=matter, ticked=matter in ticked)
        for at, matter in enumerate(asked)
    ]
    places = {matter.partition("：")[0] for matter in asked}
    place = len(places.pop()) + 1 if len(places) == 1 and "：" in asked[0] else 0  # said before each of a list
    single = tuple(
        Option(
            text("closing.tick", sign=_SIGNS[at], matter=matter[place:][:_LABEL], ticked=matter in ticked),
            str(at),
            (_SIGNS[at], str(at + 1), matter),
        )
        for at, matter in enumerate(asked)
    )
    question = text("closing.ask", lines=lines, left=any(matter not in ticked for matter in asked))
    return Reply(
        f"{said}\n{question}" if said else question,
        (option("closing.all", _ALL), *single, option("closing.done", _DONE)),
        then=tick,
        numbered=False,
        question=question,
    )


def _asked(ctx: Context) -> Sequence[str]:
    """As it is now: a neighbour may have joined while the answer was being written."""
    return demands.demands(ctx.session, issue_id=ctx.data["issue"])[: len(_SIGNS)]
