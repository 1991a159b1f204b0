"""议题: the draft of a meeting's agenda is looked at, changed and approved; only then people are called."""

from __future__ import annotations

import re

from handlers import agenda_words
from handlers.context import Context
from handlers.dates import day_and_time, local
from handlers.meetings import chosen_meeting, named, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, distinct, option, refused
from models.rules.errors import AgendaRefused, NotFound
from models.rules.meeting_workflow import CHAIR, MeetingActor, MeetingState
from services import documents, queries
from services.meetings import agenda, agenda_approval, agenda_changes
from services.meetings import queries as meeting_queries
from services.meetings.agenda import AgendaLine, AgendaView
from texts import text
from understanding.numerals import number
from understanding.substance import says_something

_NUMBER = re.compile(r"(?:[A-Z]{1,8}-)?(?:\d{4}-)?0*(\d{1,6})", re.IGNORECASE)
_COUNT = re.compile(r"第?(\d{1,3})(?:分钟|分|位|个|项)?")
_NUMERAL = re.compile("[零一二两三四五六七八九十百]+")


def start(ctx: Context) -> Reply:
    meeting_id, rest = named(ctx)
    if meeting_id is None:
        return which_meeting(
            ctx,
            states={MeetingState.DRAFTED},
            actors=CHAIR,
            ask="agenda.ask_which",
            none="agenda.none",
            then=receive_meeting,
        )
    ctx.data["meeting"] = meeting_id
    match rest:
        case "approve":
            return _approve(ctx)
        case "change":
            return _change(ctx)
        case "paper":
            return _paper(ctx)
    return _page(ctx)


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _page(ctx)


def receive_choice(ctx: Context) -> Reply:
    match ctx.choice:
        case "approve":
            return _approve(ctx)
        case "change":
            return _change(ctx)
        case "paper":
            return _paper(ctx)
    return again()


def receive_change(ctx: Context) -> Reply:
    """An item to change, or something to add or put back, until 好了."""
    match ctx.choice:
        case None:
            return again()
        case "enough":
            return _page(ctx)
        case "add":
            return Reply(text("agenda.ask_title"), then=receive_title)
        case "back":
            return _asks_back(ctx)
    ctx.data["item"] = int(ctx.choice)
    return _item(ctx)


def receive_item(ctx: Context) -> Reply:
    match ctx.choice:
        case "up" | "down":
            lines = [line.item_id for line in _view(ctx).lines]
            if ctx.data["item"] not in lines:
                return _change(ctx)
            place = lines.index(ctx.data["item"]) + 1
            return _moved(ctx, place - 1 if ctx.choice == "up" else place + 1)
        case "place":
            return Reply(text("agenda.ask_place", most=len(_view(ctx).lines)), then=receive_place)
        case "minutes":
            return Reply(text("agenda.ask_minutes", most=_view(ctx).length), then=receive_minutes)
        case "drop":
            return Reply(text("agenda.ask_reason"), then=receive_reason)
        case "allow":
            return Reply(text("agenda.ask_allow"), then=receive_allow)
    return again()


def receive_allow(ctx: Context) -> Reply:
    """Why it may be talked over all the same."""
    if not says_something(ctx.text):
        return again("errors.words_needed")
    line = _line(ctx)
    agenda_changes.allow_item(
        ctx.session, **_of(ctx), item_id=ctx.data["item"], words=ctx.text, rules=ctx.rules
    )
    return _change(ctx, said=text("agenda.item_allowed", title=line.title if line else "") + "\n")


def receive_place(ctx: Context) -> Reply:
    place = _count(ctx)
    return again("agenda.no_number") if place is None else _moved(ctx, place)


def receive_minutes(ctx: Context) -> Reply:
    minutes = _count(ctx)
    if minutes is None:
        return again("agenda.no_number")
    try:
        agenda_changes.set_minutes(ctx.session, **_of(ctx), item_id=ctx.data["item"], minutes=minutes)
    except AgendaRefused as error:
        return refused(error)
    return _change(ctx)


def receive_reason(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    line = _line(ctx)
    agenda_changes.drop_item(ctx.session, **_of(ctx), item_id=ctx.data["item"], words=ctx.text)
    return _change(ctx, said=text("agenda.dropped", title=line.title if line else "") + "\n")


def receive_title(ctx: Context) -> Reply:
    """A title, or the number of an issue."""
    if not ctx.text:
        return again("errors.words_needed")
    written = _NUMBER.fullmatch(ctx.text.strip())
    if written is None:
        ctx.data["title"] = ctx.text
        options = tuple(Option(text("agenda.minutes", minutes=each), str(each)) for each in (10, 20, 30))
        return Reply(text("agenda.ask_minutes", most=_view(ctx).length), options, then=receive_free, numbered=False)
    try:
        issue_id = queries.find_issue(
            ctx.session,
            member_id=ctx.person.member_id,
            short=int(written[1]),
            number=ctx.text.strip().upper() if "-" in ctx.text else "",
            at=ctx.at,
        )
        agenda_changes.add_issue(ctx.session, **_of(ctx), issue_id=issue_id, rules=ctx.rules)
    except (NotFound, AgendaRefused) as error:
        return refused(error)
    return _change(ctx)


def receive_free(ctx: Context) -> Reply:
    minutes = int(ctx.choice) if ctx.choice else _count(ctx)
    if minutes is None:
        return again("agenda.no_number")
    try:
        agenda_changes.add_free(ctx.session, **_of(ctx), title=ctx.data["title"], minutes=minutes)
    except AgendaRefused as error:
        return refused(error)
    return _change(ctx)


def receive_back(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    agenda_changes.put_back(ctx.session, **_of(ctx), item_id=int(ctx.choice))
    return _change(ctx)


def _page(ctx: Context, said: str = "") -> Reply:
    view = _view(ctx)
    options = [option("agenda.paper", "paper")]
    if view.state is MeetingState.DRAFTED:
        options = [option("agenda.approve", "approve"), option("agenda.change", "change"), *options]
    return Reply(said + _preview(ctx, view), tuple(options), then=receive_choice)


def _change(ctx: Context, said: str = "") -> Reply:
    """Which item? The agenda as it now is, with its minutes."""
    view = _view(ctx)
    if view.state is not MeetingState.DRAFTED:
        return _page(ctx)
    options = list(distinct(Option(line.title, str(line.item_id)) for line in (*view.lines, *view.duties)))
    options.append(option("agenda.add", "add"))
    if view.dropped or view.queued:
        options.append(option("agenda.back", "back"))
    options.append(option("agenda.enough", "enough"))
    page = said + _preview(ctx, view) + "\n" + text("agenda.ask_change")
    return Reply(page, tuple(options), then=receive_change)


def _item(ctx: Context) -> Reply:
    view, line = _view(ctx), _line(ctx)
    if line is None:
        return _change(ctx)
    if line in view.duties:
        return _duty(ctx, line)
    place = view.lines.index(line)
    options = [option("agenda.up", "up")] if place else []
    if place + 1 < len(view.lines):
        options.append(option("agenda.down", "down"))
    if len(view.lines) > 2:
        options.append(option("agenda.place", "place"))
    options += [option("agenda.set_minutes", "minutes"), option("agenda.drop", "drop")]
    page = text(
        "agenda.one",
        place=place + 1,
        title=line.title,
        minutes=line.minutes,
        numbers=list(line.numbers),
        points=agenda_words.points(line),
        total=f"{line.score:g}",
        competence=agenda_words.competence(line),
    )
    return Reply(page, tuple(options), then=receive_item)


def _duty(ctx: Context, line: AgendaLine) -> Reply:
    """What looks like a duty of the government: it is taken off, or whoever is above the convener allows it."""
    held = meeting_queries.meeting_line(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    ).held
    upper = MeetingActor.UPPER in held
    page = text("agenda.duty", title=line.title) + text("agenda.duty_above", upper=upper)
    options = (option("agenda.drop", "drop"), *((option("agenda.allow", "allow"),) if upper else ()))
    return Reply(page, options, then=receive_item)


def _asks_back(ctx: Context) -> Reply:
    view = _view(ctx)
    options = distinct(Option(line.title, str(line.item_id)) for line in (*view.dropped, *view.queued))
    return Reply(text("agenda.ask_back"), options, then=receive_back)


def _moved(ctx: Context, place: int) -> Reply:
    agenda_changes.move_item(ctx.session, **_of(ctx), item_id=ctx.data["item"], place=place)
    return _change(ctx)


def _approve(ctx: Context) -> Reply:
    try:
        called = agenda_approval.approve_agenda(
            ctx.session, **_of(ctx), rules=ctx.rules, site=ctx.house.public_url
        )
    except AgendaRefused as error:
        return _page(ctx, said=text(f"errors.{error.code}", **error.params) + "\n")
    return Reply(
        text(
            "agenda.approved",
            label=called.view.label,
            ordinal=called.view.ordinal,
            when=day_and_time(called.view.meets_at, ctx.rules.timezone, now=ctx.at),
            items=len(called.view.lines),
            invited=called.invited,
        ),
        fresh=True,
    )


def _paper(ctx: Context) -> Reply:
    view = _view(ctx)
    when = local(view.meets_at, ctx.rules.timezone)
    name = text("agenda.paper_name", label=view.label, month=when.month, day=when.day)
    documents.request_document(
        ctx.session,
        member_id=ctx.person.member_id,
        kind="agenda_paper",
        params={"meeting": view.meeting_id, "member": ctx.person.member_id},
        name=name,
        at=ctx.at,
        rules=ctx.rules,
    )
    return _page(ctx, said=text("agenda.paper_owed") + "\n")


def _preview(ctx: Context, view: AgendaView) -> str:
    page = text(
        "agenda.preview",
        label=view.label,
        ordinal=view.ordinal,
        when=day_and_time(view.meets_at, ctx.rules.timezone, now=ctx.at),
        draft=view.state is MeetingState.DRAFTED,
        planned=view.planned,
        length=view.length,
        dropped=[line.title for line in view.dropped],
        **agenda_words.of_view(view),
    )
    return page.rstrip("\n")


def _view(ctx: Context) -> AgendaView:
    return agenda.agenda_for(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    )


def _line(ctx: Context) -> AgendaLine | None:
    """The item that is being changed; None where it has gone."""
    view = _view(ctx)
    return next((line for line in (*view.lines, *view.duties) if line.item_id == ctx.data["item"]), None)


def _of(ctx: Context) -> agenda.Chaired:
    return {"meeting_id": ctx.data["meeting"], "member_id": ctx.person.member_id, "at": ctx.at}


def _count(ctx: Context) -> int | None:
    """A number as people write it: 3, 第3, 三, 25分钟."""
    written = _NUMERAL.sub(lambda found: str(number(found[0])), ctx.text.strip())
    found = _COUNT.fullmatch(written)
    return int(found[1]) if found else None
