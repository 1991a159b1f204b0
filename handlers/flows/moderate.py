"""审看意见: the convener looks at each sentence before others see it."""

from __future__ import annotations

from handlers.context import Context
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Reply
from handlers.prompts import again, option
from models.rules.meeting_workflow import CHAIR, MeetingState
from services.meetings import opinion_views, opinions
from texts import choice, text

_STATES = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})
_WHY = ("personal", "abusive", "off_topic")


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx, states=_STATES, actors=CHAIR, ask="moderate.ask_which", none="moderate.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _asks(ctx)


def receive_judgement(ctx: Context) -> Reply:
    match ctx.choice:
        case "show":
            return _judges(ctx, show=True)
        case "hide":
            options = tuple(option(f"moderate.{why}", why) for why in _WHY)
            return Reply(text("moderate.ask_why"), options, then=receive_why)
    return again()


def receive_why(ctx: Context) -> Reply:
    words = choice(f"moderate.{ctx.choice}")[0] if ctx.choice else ctx.text
    if not words:
        return again("errors.words_needed")
    return _judges(ctx, show=False, words=words)


def _judges(ctx: Context, *, show: bool, words: str = "") -> Reply:
    opinions.moderate(
        ctx.session,
        statement_id=ctx.data["statement"],
        member_id=ctx.person.member_id,
        show=show,
        words=words,
        at=ctx.at,
        rules=ctx.rules,
    )
    return _asks(ctx, said=text("moderate.shown") if show else text("moderate.hidden"))


def _asks(ctx: Context, said: str = "") -> Reply:
    waiting = opinion_views.waiting_sentences(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    )
    before = f"{said}\n\n" if said else ""
    if not waiting:
        return Reply(before + text("moderate.none_waiting"))
    ctx.data["statement"] = waiting[0].statement_id
    words = text("moderate.ask", count=len(waiting), title=waiting[0].title, words=waiting[0].words)
    options = (option("moderate.show", "show"), option("moderate.hide", "hide"))
    return Reply(before + words, options, then=receive_judgement, fresh=bool(said), question=words)
