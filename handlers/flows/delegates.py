"""议事代表: who is invited to each meeting of a series is added and removed, one by one."""

from __future__ import annotations

from typing import Any

from handlers.context import Context
from handlers.messages import Option, Reply, command
from handlers.prompts import again, option
from models.rules.meeting_workflow import Capacity
from services.meetings import series_queries, standing_members
from services.meetings.standing_members import Known
from texts import choice, text
from understanding.numerals import number

#: People shown at a time.
MOST = 8


def start(ctx: Context) -> Reply:
    """``ctx.argument``: the series, perhaps with "add" or "remove"."""
    named, _, what = ctx.argument.partition(".")
    if named.isdecimal():
        ctx.choice = named
        return _BEGINNINGS.get(what, receive_series)(ctx)
    mine = series_queries.series_for(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    if not mine:
        return Reply(text("delegates.none"))
    if len(mine) == 1:
        ctx.choice = str(mine[0][0])
        return receive_series(ctx)
    options = tuple(Option(label, str(series_id)) for series_id, label in mine)
    return Reply(text("series.ask_which"), options, then=receive_series)


def receive_series(ctx: Context) -> Reply:
    """Who they are now."""
    if ctx.choice is None:
        return again()
    ctx.data["series"] = int(ctx.choice)
    label, known = _list(ctx)
    lines = [text("delegates.line", name=_name(each), capacity=_capacity(each.capacity)) for each in known]
    options = [option("delegates.add", command("delegates", 0, f"{ctx.data['series']}.add"))]
    if known:
        options.append(option("delegates.remove", command("delegates", 0, f"{ctx.data['series']}.remove")))
    return Reply(text("delegates.list", label=label, lines=lines), tuple(options))


def receive_capacity(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data |= {"capacity": ctx.choice, "words": ""}
    return _asks_whom(ctx)


def receive_person(ctx: Context) -> Reply:
    """Somebody of the list, or a part of a name or a room to look for."""
    if ctx.choice == "enough":
        ctx.choice = str(ctx.data["series"])
        return receive_series(ctx)
    if ctx.choice is None:
        ctx.data["words"] = number(ctx.text.strip()) if ctx.text.strip()[-1:] in "号室" else ctx.text.strip()
        return _asks_whom(ctx) if ctx.data["words"] else again()
    added = next((each for each in _found(ctx) if str(each.member_id) == ctx.choice), None)
    if added is None:
        return again()
    capacity = Capacity(ctx.data["capacity"])
    standing_members.add_member(
        ctx.session, **_who(ctx), added_id=added.member_id, capacity=capacity, rules=ctx.rules
    )
    ctx.data["words"] = ""
    asked = _asks_whom(ctx)
    done = text("delegates.added", name=_name(added), capacity=_capacity(capacity))
    return Reply(done + "\n" + asked.text, asked.options, then=asked.then, question=asked.text, fresh=True)


def receive_removed(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    _, known = _list(ctx)
    gone = next((each for each in known if str(each.member_id) == ctx.choice), None)
    if gone is None:
        return again()
    standing_members.remove_member(ctx.session, **_who(ctx), removed_id=gone.member_id)
    return Reply(text("delegates.removed", name=_name(gone)))


def _begins_adding(ctx: Context) -> Reply:
    ctx.data["series"] = int(ctx.choice or 0)
    _list(ctx)
    options = tuple(option(f"delegates.capacity_{capacity}", capacity.value) for capacity in Capacity)
    return Reply(text("delegates.ask_capacity"), options, then=receive_capacity)


def _begins_removing(ctx: Context) -> Reply:
    ctx.data["series"] = int(ctx.choice or 0)
    _, known = _list(ctx)
    if not known:
        return receive_series(ctx)
    options = tuple(Option(_name(each), str(each.member_id)) for each in known)
    return Reply(text("delegates.ask_removed"), options, then=receive_removed)


def _asks_whom(ctx: Context) -> Reply:
    found = _found(ctx)
    options = [Option(_name(each), str(each.member_id), (each.name,) if each.name else ()) for each in found]
    capacity = _capacity(Capacity(ctx.data["capacity"]))
    question = text("delegates.ask_whom", capacity=capacity, words=ctx.data["words"], found=len(found))
    return Reply(question, (*options, option("delegates.enough", "enough")), then=receive_person)


def _found(ctx: Context) -> list[Known]:
    capacity = Capacity(ctx.data["capacity"])
    found = standing_members.to_choose(
        ctx.session, **_who(ctx), capacity=capacity, words=ctx.data["words"], limit=MOST
    )
    return list(found)


def _list(ctx: Context) -> tuple[str, list[Known]]:
    """The label of the series and who stands there; for its convener and above alone."""
    card = series_queries.card(ctx.session, **_who(ctx))
    return card.label, list(standing_members.members_of(ctx.session, series_id=card.series_id))


def _who(ctx: Context) -> dict[str, Any]:
    return {"series_id": ctx.data["series"], "member_id": ctx.person.member_id, "at": ctx.at}


def _name(each: Known) -> str:
    return text("delegates.name", name=each.name, post=each.post, home=each.home)


def _capacity(capacity: Capacity) -> str:
    return choice(f"delegates.capacity_{capacity}")[0]


_BEGINNINGS = {"add": _begins_adding, "remove": _begins_removing}
