"""表决: the chair opens a ballot, enters the votes of people without phones, and closes it."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import cast, chosen_meeting, household, named, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, distinct, option, start_option, written_moment
from models.rules.meeting_workflow import CHAIR, MeetingState
from models.rules.tally import FEWEST_OPTIONS, MOST_OPTIONS, Majority, VoteBase, majorities
from services.meetings import ballot_views, voting
from services.meetings.ballot_seats import Seat
from services.meetings.ballot_views import BallotView
from texts import choice, text

#: A ballot of all voters may go on when the meeting is over.
_STATES = frozenset({MeetingState.IN_SESSION, MeetingState.HELD})
_SEPARATED = re.compile(r"[、，,;；/\n]+")
_EVENING = time(18)
_SOON = timedelta(minutes=10)


def start(ctx: Context) -> Reply:
    item, _ = named(ctx)
    if item is not None:
        return _on_item(ctx, item)
    return which_meeting(
        ctx, states=_STATES, actors=CHAIR, ask="ballot.ask_which", none="ballot.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    if isinstance(line, Reply):
        return line
    items = ballot_views.votables(
        ctx.session, meeting_id=line.meeting_id, member_id=ctx.person.member_id, at=ctx.at
    )
    if not items:
        return Reply(text("ballot.no_items"))
    options = distinct(
        Option(
            text("ballot.item_open", title=item.title)
            if item.open_ballot
            else text("ballot.item_in_talk", title=item.title)
            if item.in_talk
            else item.title,
            str(item.item_id),
            (item.title,),
        )
        for item in items
    )
    return Reply(text("ballot.ask_item"), options, then=receive_item)


def receive_item(ctx: Context) -> Reply:
    return again() if ctx.choice is None else _on_item(ctx, int(ctx.choice))


def receive_settings(ctx: Context) -> Reply:
    """What is chosen on the card, until 开始表决."""
    match ctx.choice:
        case None:
            return again()
        case "question":
            return Reply(text("ballot.ask_question"), then=receive_question)
        case "options":
            return Reply(text("ballot.ask_options", most=MOST_OPTIONS), then=receive_options)
        case "majority":
            options = tuple(option(f"ballot.majority_{each}", each.value) for each in majorities(ctx.data["options"]))
            return Reply(text("ballot.ask_majority"), options, then=receive_majority)
        case "closes":
            options = (option("ballot.by_chair", "chair"), option("ballot.ten_minutes", "soon"))
            return Reply(text("ballot.ask_closes"), options, then=receive_closes)
        case "secret":
            ctx.data["secret"] = not ctx.data["secret"]
        case "base":
            present = ctx.data["base"] == VoteBase.PRESENT
            ctx.data["base"] = (VoteBase.ALL_VOTERS if present else VoteBase.PRESENT).value
        case "begin":
            return _opens(ctx)
    return _asks_settings(ctx)


def receive_question(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["question"] = ctx.text
    return _asks_settings(ctx)


def receive_options(ctx: Context) -> Reply:
    labels = [label.strip() for label in _SEPARATED.split(ctx.text) if label.strip()]
    if len(set(labels)) != len(labels) or not FEWEST_OPTIONS <= len(labels) <= MOST_OPTIONS:
        return Reply(text("errors.ballot_refused", why="options", most=MOST_OPTIONS), again=True)
    ctx.data["options"] = labels
    if ctx.data["majority"] not in majorities(labels):
        ctx.data["majority"] = Majority.MORE_THAN_HALF.value
    return _asks_settings(ctx)


def receive_majority(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["majority"] = ctx.choice
    return _asks_settings(ctx)


def receive_closes(ctx: Context) -> Reply:
    match ctx.choice:
        case "chair":
            ctx.data["closes"] = ""
        case "soon":
            ctx.data["closes"] = "soon"
        case _:
            moment = written_moment(ctx, at=_EVENING)
            if not isinstance(moment, datetime):
                return moment
            ctx.data["closes"] = moment.isoformat()
    return _asks_settings(ctx)


def receive_deed(ctx: Context) -> Reply:
    """What the chair does with an open ballot."""
    view = _view(ctx)
    match ctx.choice:
        case None:
            return again()
        case "enter":
            options = tuple(Option(household(seat), str(seat.invitation_id)) for seat in view.papers)
            return Reply(text("ballot.ask_whom"), options, then=receive_whom) if options else _asks_deed(ctx)
        case "close" if view.tally is None:
            words = text("ballot.confirm_close", voted=view.voted, base_count=view.base_count)
            return Reply(words, _sure(), then=receive_close)
    return _asks_deed(ctx)


def receive_whom(ctx: Context) -> Reply:
    seat = _seat(_view(ctx), ctx.choice)
    if seat is None:
        return again()
    ctx.data["paper"] = seat.invitation_id
    return _asks_choice(ctx)


def receive_choice(ctx: Context) -> Reply:
    view = _view(ctx)
    seat = _seat(view, ctx.data["paper"])
    if ctx.choice is None:
        return again()
    if seat is None:  # voted meanwhile
        return _asks_deed(ctx)
    ctx.data["choice"] = int(ctx.choice)
    words = text("ballot.confirm_entry", household=household(seat), option=view.options[int(ctx.choice)])
    kept_as = text("ballot.confirm_entry_kept", household=household(seat)) if view.secret else ""
    return Reply(words, _sure(), then=receive_entry, kept_as=kept_as)


def receive_entry(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "no":
        return _asks_choice(ctx)
    voted = cast(ctx)
    return _asks_deed(ctx, said=text("ballot.entered", household=household(voted)))


def receive_close(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "no":
        return _asks_deed(ctx)
    voting.close_ballot(
        ctx.session, ballot_id=ctx.data["ballot"], member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    view = _view(ctx)
    return Reply(text("ballot.closed") + "\n" + _result(view), (_to_card(view),))


def _on_item(ctx: Context, item_id: int) -> Reply:
    item = ballot_views.item_to_vote_on(
        ctx.session, item_id=item_id, member_id=ctx.person.member_id, at=ctx.at
    )
    if item.open_ballot is not None:
        ctx.data["ballot"] = item.open_ballot
        return _asks_deed(ctx)
    ctx.data |= {
        "item": item.item_id,
        "question": item.title,
        "options": _SEPARATED.split(text("ballot.default_options")),
        "secret": False,
        "base": VoteBase.PRESENT.value,
        "majority": Majority.MORE_THAN_HALF.value,
        "closes": "",
    }
    return _asks_settings(ctx)


def _asks_settings(ctx: Context) -> Reply:
    data = ctx.data
    closes = _closes(ctx)
    present = data["base"] == VoteBase.PRESENT
    words = text(
        "ballot.card",
        question=data["question"],
        options=data["options"],
        secret=data["secret"],
        base=data["base"],
        majority=choice(f"ballot.majority_{data['majority']}")[0],
        closes_at=day_and_time(closes, ctx.rules.timezone, now=ctx.at) if closes else "",
    )
    options = (
        option("ballot.begin", "begin"),
        option("ballot.change_question", "question"),
        option("ballot.change_options", "options"),
        option("ballot.make_open" if data["secret"] else "ballot.make_secret", "secret"),
        option("ballot.all_voters" if present else "ballot.present", "base"),
        option("ballot.change_majority", "majority"),
        option("ballot.change_closes", "closes"),
    )
    return Reply(words, options, then=receive_settings)


def _opens(ctx: Context) -> Reply:
    data = ctx.data
    ballot = voting.open_ballot(
        ctx.session,
        item_id=data["item"],
        member_id=ctx.person.member_id,
        question=data["question"],
        options=data["options"],
        base=VoteBase(data["base"]),
        majority=Majority(data["majority"]),
        secret=data["secret"],
        closes_at=_closes(ctx),
        at=ctx.at,
        rules=ctx.rules,
    )
    ctx.data = {"ballot": ballot.id}
    return _asks_deed(ctx, said=text("ballot.begun", base_count=ballot.base_count))


def _closes(ctx: Context) -> datetime | None:
    """When it closes; what counts from now is counted when it begins."""
    written = ctx.data["closes"]
    if written == "soon":
        return ctx.at + _SOON
    return datetime.fromisoformat(written) if written else None


def _asks_deed(ctx: Context, *, said: str = "") -> Reply:
    view = _view(ctx)
    if view.tally is not None:  # its time is over
        return Reply(_result(view), (_to_card(view),))
    closes = day_and_time(view.closes_at, ctx.rules.timezone, now=ctx.at) if view.closes_at else ""
    words = text(
        "ballot.state",
        question=view.question,
        voted=view.voted,
        base_count=view.base_count,
        closes_at=closes,
        by_hand=[household(seat) for seat in view.papers],
    )
    deeds = [option("ballot.look", "look")]
    if view.papers:
        deeds.append(option("ballot.enter", "enter"))
    deeds += option("ballot.close", "close"), _to_card(view)
    return Reply(f"{said}\n{words}" if said else words, tuple(deeds), then=receive_deed, fresh=bool(said))


def _asks_choice(ctx: Context) -> Reply:
    view = _view(ctx)
    seat = _seat(view, ctx.data["paper"])
    if seat is None:
        return _asks_deed(ctx)
    ctx.data.pop("choice", None)
    options = tuple(Option(label, str(index)) for index, label in enumerate(view.options))
    return Reply(text("ballot.ask_choice", household=household(seat)), options, then=receive_choice)


def _result(view: BallotView) -> str:
    tally = view.tally
    if tally is None:
        return ""
    return text(
        "ballot.result",
        question=view.question,
        options=view.options,
        counts=tally.counts,
        base_count=view.base_count,
        voted=sum(tally.counts),
        won=tally.won,
        tied=tally.tied,
        needed=tally.needed,
        majority=view.majority,
    )


def _view(ctx: Context) -> BallotView:
    return ballot_views.ballot_for_chair(
        ctx.session, ballot_id=ctx.data["ballot"], member_id=ctx.person.member_id, at=ctx.at
    )


def _seat(view: BallotView, chosen: str | int | None) -> Seat | None:
    return next((seat for seat in view.papers if str(seat.invitation_id) == str(chosen)), None)


def _to_card(view: BallotView) -> Option:
    return start_option("conduct.to_card", "conduct", 0, str(view.meeting_id))


def _sure() -> tuple[Option, Option]:
    return option("ballot.yes", "yes"), option("ballot.no", "no")
