"""The card of a meeting that its chair has in hand: who is there, what is talked over, what can be done now."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Option, command
from handlers.prompts import distinct, option, start_option
from models.rules.meeting_workflow import Competence, ItemState, MeetingState
from services.meetings.room import Desk
from services.meetings.settling import ItemLine
from services.meetings.sitting import check_in_is_open
from texts import choice, text

#: Names shown at a time.
MOST = 7
#: What may come of an item, in the order of the buttons.
OUTCOMES_SHOWN = (
    ItemState.ADOPTED,
    ItemState.REJECTED,
    ItemState.ADJOURNED,
    ItemState.REFERRED,
    ItemState.INFORMED,
)


def card(ctx: Context, desk: Desk, current: ItemLine | None) -> str:
    """Everything on it, as it is now."""
    found = desk.attendance
    return text(
        f"conduct.card_{desk.state}",
        label=desk.label,
        number=desk.number,
        when=day_and_time(desk.meets_at, ctx.rules.timezone, now=ctx.at),
        venue=desk.venue,
        open=check_in_is_open(state=desk.state, meets_at=desk.meets_at, at=ctx.at, rules=ctx.rules),
        opens=day_and_time(desk.meets_at - ctx.rules.check_in_opens, ctx.rules.timezone, now=ctx.at),
        link=f"{ctx.house.public_url}{desk.path}",
        households=found.households,
        base=found.base,
        assembly=desk.assembly,
        needed=found.needed,
        quorate=found.quorate,
        lacking=found.lacking,
        people=found.people,
        lines=[item_line(ctx, line, current=line is current) for line in desk.items],
        owners=current is not None and current.competence is Competence.OWNERS,
        all_settled=not desk.unsettled,
    )


def item_line(ctx: Context, line: ItemLine, *, current: bool) -> str:
    """▶ 增设充电桩：正在议，计划 20 分钟，议了 3 分钟"""
    talked = int((ctx.at - line.talked_from).total_seconds()) // 60 if line.talked_from else 0
    return text(
        "conduct.item",
        title=line.title,
        current=current,
        state=text(f"words.item_{state_shown(line)}"),
        settled=line.settled,
        talked=talked if line.state is ItemState.IN_TALK else None,
        minutes=line.minutes,
        words=line.words,
        voting=line.ballot_open,
    )


def state_shown(line: ItemLine) -> str:
    """Its state; what was left without an outcome was talked over all the same."""
    return "talked" if line.talked_about and line.state is ItemState.LISTED else line.state.value


def left_open(desk: Desk) -> tuple[str, tuple[Option, ...]]:
    """Before the meeting is closed: what was talked over without an outcome, each with a button to note it, and what
    nobody came to."""
    talked = [line for line in desk.unsettled if line.talked_about]
    waiting = [line.title for line in desk.unsettled if not line.talked_about]
    question = text("conduct.ask_close", talked=[line.title for line in talked], waiting=waiting)
    options = [Option(text("conduct.note_outcome", title=line.title), f"item.{line.item_id}") for line in talked[:MOST]]
    return question, (*distinct(options), option("conduct.close_now", "close_now"), option("conduct.go_on", "card"))


def choices(desk: Desk, current: ItemLine | None) -> tuple[Option, ...]:
    """The buttons under the card."""
    if desk.state is MeetingState.CALLED:
        return (
            option("conduct.open", "open"),
            _sign_in(desk),
            option("conduct.refresh", "refresh"),
        )
    found: list[Option] = []
    if not desk.unsettled:
        found.append(option("conduct.close", "close"))
    if current is not None and not current.settled:
        found += [option(f"conduct.{outcome}", outcome.value) for outcome in OUTCOMES_SHOWN]
        if current.competence is Competence.RESIDENTS:
            label, also = choice("menu.ballot")
            found.append(Option(label, command("ballot", 0, str(current.item_id)), also))
    elif current is not None:
        found.append(option("conduct.take_back", "take_back"))
    if len(desk.items) > 1:
        found.append(option("conduct.next", "next"))
    return (*found, option("conduct.note", "note"), option("conduct.more", "more"))


def more_choices(desk: Desk) -> tuple[Option, ...]:
    """What is needed less often."""
    found = [_sign_in(desk), option("conduct.refresh", "refresh")]
    if len(desk.items) > 1:
        found += [option("conduct.previous", "previous"), option("conduct.choose", "choose")]
    if not desk.attendance.quorate and not any(line.settled for line in desk.items):
        found.append(option("conduct.lack", "lack"))
    return (*found, option("conduct.close", "close"), option("conduct.to_card", "card"))


def unshown(desk: Desk, said: str) -> str | None:
    """What is meant by words that stand under 更多 and not under the card."""
    for each in more_choices(desk):
        if said.strip(" 。！!") in (each.label, *each.also) and not each.value.startswith("do:"):
            return each.value
    return None


def beside(desk: Desk, current: ItemLine | None, step: int) -> int | None:
    """The item ``step`` places on, round and round; those that are settled are passed over while others wait."""
    if current is None:
        return None
    order = desk.items if step > 0 else desk.items[::-1]
    at = next(n for n, line in enumerate(order) if line.item_id == current.item_id)
    following = [*order[at + 1 :], *order[: at + 1]]
    waiting = [line for line in following if not line.settled] if step > 0 else []
    return (waiting or following)[0].item_id


def page(ctx: Context, options: Sequence[Option]) -> tuple[Option, ...]:
    """So many at a time from ``ctx.data["first"]`` on; after the last come the first again."""
    if ctx.data["first"] >= len(options):
        ctx.data["first"] = 0
    first = ctx.data["first"]
    more = (option("progress.more", "more"),) if len(options) > MOST else ()
    return (*options[first : first + MOST], *more)


def _sign_in(desk: Desk) -> Option:
    return start_option("menu.sign_in", "sign_in", 0, str(desk.meeting_id))
