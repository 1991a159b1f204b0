"""意见: what people think of the items before the meeting, and of one another's sentences. It is no vote."""

from __future__ import annotations

from handlers.context import Context
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, distinct, option
from models.opinion import Stance
from models.rules.meeting_workflow import MeetingActor, MeetingState
from services.meetings import opinion_views, opinions
from texts import choice, text

_STATES = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})
_ASKED = frozenset({MeetingActor.RESIDENT, MeetingActor.INVITED, MeetingActor.VOTER})
#: Of others' sentences at one go.
_MOST_SENTENCES = 5


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx, states=_STATES, actors=_ASKED, ask="opinion.ask_which", none="opinion.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _asks_item(ctx)


def receive_item(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "enough":
        return Reply(text("opinion.thanks"))
    ctx.data |= {"item": int(ctx.choice), "sentences": 0}
    return _asks_stance(ctx)


def receive_stance(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    item = ctx.data["item"]
    opinions.say(
        ctx.session,
        item_id=item,
        member_id=ctx.person.member_id,
        stance=Stance(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    standing = opinion_views.standing(ctx.session, item_id=item, rules=ctx.rules)
    noted = text("opinion.noted", stance=choice(f"opinion.{ctx.choice}")[0], standing=standing)
    words = text("opinion.ask_words", most=opinions.LONGEST)
    return Reply(f"{noted}\n\n{words}", (option("opinion.no_words", "no"),), then=receive_words, question=words)


def receive_words(ctx: Context) -> Reply:
    said = ""
    if ctx.choice is None:
        opinions.write(
            ctx.session,
            item_id=ctx.data["item"],
            member_id=ctx.person.member_id,
            words=ctx.text,
            at=ctx.at,
            rules=ctx.rules,
        )
        said = text("opinion.written")
    return _asks_sentence(ctx, said)


def receive_answer(ctx: Context) -> Reply:
    """What somebody says to another's sentence."""
    if ctx.choice is None:
        return again()
    if ctx.choice == "enough":
        return _asks_item(ctx)
    opinions.answer(
        ctx.session,
        statement_id=ctx.data["statement"],
        member_id=ctx.person.member_id,
        stance=Stance(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    ctx.data["sentences"] += 1
    return _asks_sentence(ctx, "")


def _asks_item(ctx: Context, said: str = "") -> Reply:
    """The items of the meeting; with only one, and that answered, it is done."""
    items = opinion_views.items_to_judge(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id
    )
    before = f"{said}\n\n" if said else ""
    asked = ctx.data.get("item")
    if not items:
        return Reply(before + text("opinion.no_items"))
    if asked is None and len(items) == 1:
        ctx.data |= {"item": items[0].item_id, "sentences": 0}
        return _asks_stance(ctx)
    if asked is not None and all(item.stance is not None for item in items):
        return Reply(before + text("opinion.thanks"))
    options = distinct(
        Option(
            text("opinion.item_done", title=item.title) if item.stance else item.title,
            str(item.item_id),
            (item.title,),
        )
        for item in items
    )
    words = text("opinion.ask_item")
    return Reply(
        before + words, (*options, option("opinion.enough", "enough")), then=receive_item, fresh=bool(asked)
    )


def _asks_stance(ctx: Context) -> Reply:
    items = opinion_views.items_to_judge(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id
    )
    item = next((item for item in items if item.item_id == ctx.data["item"]), None)
    if item is None:
        return Reply(text("errors.opinion_refused", why="over"))
    before = choice(f"opinion.{item.stance}")[0] if item.stance else ""
    return Reply(text("opinion.ask_stance", title=item.title, before=before), _stances(), then=receive_stance)


def _asks_sentence(ctx: Context, said: str) -> Reply:
    """The next sentence of another, as long as there are some."""
    found = None
    if ctx.data["sentences"] < _MOST_SENTENCES:
        found = opinion_views.next_sentence(
            ctx.session, item_id=ctx.data["item"], member_id=ctx.person.member_id, at=ctx.at
        )
    if found is None:
        return _asks_item(ctx, said)
    ctx.data["statement"] = found.statement_id
    words = text("opinion.ask_other", words=found.words)
    options = (*_stances(), option("opinion.no_more", "enough"))
    return Reply(f"{said}\n\n{words}" if said else words, options, then=receive_answer, fresh=True, question=words)


def _stances() -> tuple[Option, ...]:
    return tuple(option(f"opinion.{stance}", stance.value) for stance in Stance)
