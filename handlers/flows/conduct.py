"""主持: the chair opens the meeting, goes through its items, notes what came of each, and sends all home."""

from __future__ import annotations

from datetime import date, datetime

from handlers import conducting, outcomes
from handlers.context import Context
from handlers.meetings import chosen_meeting, named, which_meeting
from handlers.messages import Option, Reply, unended
from handlers.prompts import again, distinct, option, refused, start_option, written_moment
from models.rules.errors import HollowStandard, RuleError
from models.rules.meeting_workflow import CHAIR, ItemKind, ItemState, MeetingState
from services.meetings import dispersing, room, settling, sitting
from services.meetings.room import Desk
from services.meetings.settling import ItemLine
from texts import text
from understanding.substance import says_something

_STATES = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})


def start(ctx: Context) -> Reply:
    meeting_id, _ = named(ctx)
    if meeting_id is not None:
        ctx.data["meeting"] = meeting_id
        return _card(ctx)
    return which_meeting(
        ctx, states=_STATES, actors=CHAIR, ask="conduct.ask_which", none="conduct.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _card(ctx)


def receive_card(ctx: Context) -> Reply:
    """A button of the card; words and photos that come instead are noted to the item."""
    desk, current = _desk(ctx)
    if ctx.choice is None and desk.state is MeetingState.IN_SESSION:
        ctx.choice = conducting.unshown(desk, ctx.text)
    match ctx.choice:
        case None if desk.state is MeetingState.IN_SESSION and (ctx.text or ctx.photos):
            return _note(ctx)
        case "open":
            return _open(ctx, desk)
        case "talk_only":
            return _opened(ctx)
        case "lack":
            return _lack(ctx, desk)
        case "refresh" | "card":
            return _card(ctx)
        case "next" | "previous":
            return _take_up(ctx, conducting.beside(desk, current, 1 if ctx.choice == "next" else -1))
        case "choose":
            items = distinct(Option(line.title, f"item.{line.item_id}") for line in desk.items)
            options = (*items, option("conduct.to_card", "card"))
            return Reply(text("conduct.ask_item"), options, then=receive_card, live=True)
        case "more":
            shown = conducting.card(ctx, desk, current)
            return Reply(shown, conducting.more_choices(desk), then=receive_card, live=True)
        case "note":
            return Reply(text("conduct.ask_note"), then=receive_note)
        case "close":
            return _close(ctx, desk)
        case "close_now":
            return _closed(ctx)
        case "take_back" if current is not None:
            settling.take_back(
                ctx.session, item_id=current.item_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
            )
            return _card(ctx, text("conduct.taken_back", title=current.title))
        case item if item and item.startswith("item."):
            return _take_up(ctx, int(item.removeprefix("item.")))
        case outcome if outcome in set(ItemState) and current is not None:
            return _asks_outcome(ctx, current, ItemState(outcome))
    return again()


# Opening and closing


def _open(ctx: Context, desk: Desk) -> Reply:
    if desk.attendance.quorate:
        return _opened(ctx)
    found = desk.attendance
    opens = sitting.check_in_is_open(state=desk.state, meets_at=desk.meets_at, at=ctx.at, rules=ctx.rules)
    if not opens:
        return _opened(ctx)  # is refused, with the reason
    return Reply(
        text("conduct.too_few", households=found.households, needed=found.needed, lacking=found.lacking),
        (option("conduct.wait", "card"), option("conduct.talk_only", "talk_only"), option("conduct.lack", "lack")),
        then=receive_card,
        live=True,
    )


def _opened(ctx: Context) -> Reply:
    try:
        sitting.open_meeting(
            ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
        )
    except RuleError as error:
        return refused(error)
    _, current = _desk(ctx)
    return _take_up(ctx, current.item_id if current else None)


def _lack(ctx: Context, desk: Desk) -> Reply:
    found = desk.attendance
    words = text("conduct.lack_words", households=found.households, needed=found.needed)
    sitting.lack_quorum(
        ctx.session,
        meeting_id=desk.meeting_id,
        member_id=ctx.person.member_id,
        words=words,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("conduct.lacked", label=desk.label, words=words), live=True)


def _close(ctx: Context, desk: Desk) -> Reply:
    if not desk.unsettled:
        return _closed(ctx)
    question, options = conducting.left_open(desk)
    return Reply(question, options, then=receive_card, live=True)


def _closed(ctx: Context) -> Reply:
    desk, _ = _desk(ctx)
    left = dispersing.close_meeting(
        ctx.session, meeting_id=desk.meeting_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    said = text("conduct.closed", label=desk.label, left=left, households=desk.attendance.households)
    return Reply(said, (start_option("menu.minutes", "minutes", 0, str(desk.meeting_id)),), live=True)


# What came of an item


def _asks_outcome(ctx: Context, current: ItemLine, outcome: ItemState) -> Reply:
    review = current.kind is ItemKind.REVIEW
    ctx.data |= {"item": current.item_id, "outcome": outcome.value, "title": current.title, "review": review}
    if outcome is ItemState.ADOPTED:
        try:
            settling.check_adoptable(
                ctx.session, item_id=current.item_id, member_id=ctx.person.member_id, at=ctx.at
            )
        except RuleError as error:
            return refused(error)
    if outcome is ItemState.REFERRED:
        return _asks_whither(ctx)
    return Reply(text(f"conduct.ask_{outcome}", title=current.title), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["words"] = unended(ctx.text)
    match ctx.data["outcome"]:
        case ItemState.ADOPTED:
            return Reply(text("conduct.ask_standard"), then=receive_standard)
        case ItemState.REFERRED:
            return Reply(text("conduct.ask_answer_by"), outcomes.answer_by(ctx), then=receive_answer_by)
        case ItemState.ADJOURNED if ctx.data["review"]:
            options = (option("conduct.next_meeting", "none"), option("conduct.in_two_months", "2个月后"))
            return Reply(text("conduct.ask_again_on"), options, then=receive_again_on)
    return _settle(ctx)


def receive_answer_by(ctx: Context) -> Reply:
    """By when the other level is to answer."""
    if ctx.choice != "none":
        moment = written_moment(ctx, at=outcomes.DAY_ENDS)
        if not isinstance(moment, datetime):
            return moment
        ctx.data["until"] = moment.isoformat()
    return _settle(ctx)


def receive_again_on(ctx: Context) -> Reply:
    if ctx.choice != "none":
        day = outcomes.coming_day(ctx)
        if not isinstance(day, date):
            return day
        ctx.data["review_on"] = day.isoformat()
    return _settle(ctx)


def receive_standard(ctx: Context) -> Reply:
    if not says_something(ctx.text):
        return refused(HollowStandard())
    ctx.data |= {"standard": unended(ctx.text), "first": 0}
    return _asks_owner(ctx)


def receive_owner(ctx: Context) -> Reply:
    match ctx.choice:
        case None:
            return again()
        case "more":
            ctx.data["first"] += conducting.MOST
            return _asks_owner(ctx)
    ctx.data["owner"] = int(ctx.choice)
    options = (
        option("conduct.two_weeks", "2周后"),
        option("conduct.one_month", "1个月后"),
        option("conduct.three_months", "3个月后"),
    )
    return Reply(text("conduct.ask_due"), options, then=receive_due)


def receive_due(ctx: Context) -> Reply:
    day = outcomes.coming_day(ctx)
    if not isinstance(day, date):
        return day
    ctx.data["due"] = day.isoformat()
    if not outcomes.takes_long(ctx, day):
        return _asks_budget()
    options = (option("conduct.no_review", "none"), option("conduct.in_one_month", "1个月后"))
    return Reply(text("conduct.ask_review"), options, then=receive_review)


def receive_review(ctx: Context) -> Reply:
    """When a meeting looks at what takes long, before it is due."""
    if ctx.choice != "none":
        day = outcomes.coming_day(ctx)
        if not isinstance(day, date):
            return day
        if day >= date.fromisoformat(ctx.data["due"]):
            return again("conduct.review_too_late")
        ctx.data["review_on"] = day.isoformat()
    return _asks_budget()


def receive_budget(ctx: Context) -> Reply:
    if ctx.choice:
        return _asks_group(ctx)
    if not ctx.text:
        return again()
    ctx.data["budget"] = unended(ctx.text)
    return Reply(text("conduct.ask_source"), (option("conduct.source_open", "none"),), then=receive_source)


def receive_source(ctx: Context) -> Reply:
    if not ctx.choice and not ctx.text:
        return again()
    ctx.data["source"] = "" if ctx.choice else unended(ctx.text)
    return _asks_group(ctx)


def receive_group(ctx: Context) -> Reply:
    """Each is chosen, or taken back, until 好了."""
    chosen = ctx.data["group"]
    match ctx.choice:
        case None:
            return again()
        case "more":
            ctx.data["first"] += conducting.MOST
        case "enough":
            return _settle(ctx)
        case member if int(member) in chosen:
            chosen.remove(int(member))
        case member:
            chosen.append(int(member))
    return _asks_group(ctx)


def receive_whither(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice != "all_the_same":
        ctx.data["to"] = ctx.choice
        unmet = outcomes.unmet(ctx)
        if ctx.choice in unmet:
            desk, _ = _desk(ctx)
            meeting = tuple(each for each in outcomes.whither(ctx, desk) if each.value not in unmet)
            options = (*meeting, option("conduct.all_the_same", "all_the_same"))
            return Reply(text("conduct.level_unmet", level=unmet[ctx.choice]), options, then=receive_whither)
    return Reply(text("conduct.ask_referred"), then=receive_words)


def _asks_budget() -> Reply:
    return Reply(text("conduct.ask_budget"), (option("conduct.no_money", "none"),), then=receive_budget)


def receive_note(ctx: Context) -> Reply:
    return _note(ctx) if ctx.text or ctx.photos else again("errors.words_needed")


def _asks_owner(ctx: Context) -> Reply:
    return Reply(text("conduct.ask_owner"), outcomes.owners(ctx), then=receive_owner)


def _asks_group(ctx: Context) -> Reply:
    chosen, options = outcomes.group(ctx)
    if not options:
        return _settle(ctx)
    return Reply(text("conduct.ask_group", chosen=chosen), options, then=receive_group, live=True)


def _asks_whither(ctx: Context) -> Reply:
    desk, _ = _desk(ctx)
    question = text("conduct.ask_whither", title=ctx.data["title"])
    return Reply(question, outcomes.whither(ctx, desk), then=receive_whither)


def _settle(ctx: Context) -> Reply:
    told = outcomes.settle(ctx)
    return _card(ctx, told)


def _take_up(ctx: Context, item_id: int | None) -> Reply:
    if item_id is not None:
        ctx.data["item"] = item_id
        settling.take_up(ctx.session, item_id=item_id, member_id=ctx.person.member_id, at=ctx.at)
    return _card(ctx)


def _note(ctx: Context) -> Reply:
    _, current = _desk(ctx)
    settling.note(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        item_id=current.item_id if current else None,
        member_id=ctx.person.member_id,
        words=ctx.text,
        photos=ctx.photos,
        at=ctx.at,
    )
    return _card(ctx, text("conduct.noted", title=current.title if current else "", photos=len(ctx.photos)))


# The card


def _desk(ctx: Context) -> tuple[Desk, ItemLine | None]:
    desk = room.desk(ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at)
    return desk, desk.item(ctx.data.get("item"))


def _card(ctx: Context, told: str = "") -> Reply:
    desk, current = _desk(ctx)
    if desk.state not in _STATES:
        return Reply(text("conduct.over", label=desk.label))
    shown = conducting.card(ctx, desk, current)
    words = f"{told}\n\n{shown}" if told else shown
    return Reply(
        words, conducting.choices(desk, current), then=receive_card, fresh=True, question=shown, live=True
    )
