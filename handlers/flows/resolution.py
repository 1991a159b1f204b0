"""决议: those one carries out, convened or follows; one opened with what can be done about it now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from handlers.context import Context
from handlers.dates import day, local
from handlers.meeting_notices import whole_day
from handlers.meetings import named
from handlers.messages import Option, Reply, unended
from handlers.prompts import again, option, page, refused, start_option, written_moment
from handlers.resolutions import MOST_RESOLUTIONS, name, told
from models.rules.errors import DayOver, HollowAnswer
from models.rules.resolution_workflow import CHAIR, ResolutionAction
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions import queries as resolution_queries
from services.meetings.resolutions import verifying
from services.meetings.resolutions.queries import ResolutionView
from texts import text

#: What a page offers: the deed, the argument after the resolution, the words on the button.
_OWN = (
    (ResolutionAction.ACCEPT, "accept", "resolution.accept"),
    (ResolutionAction.NOTE, "note", "resolution.note"),
    (ResolutionAction.ASK_VERIFICATION, "done", "resolution.done"),
)
_OF_CHAIR = (
    (ResolutionAction.COMPLETE, "complete", "resolution.complete"),
    (ResolutionAction.SEND_BACK, "send_back", "resolution.send_back"),
    (ResolutionAction.EXTEND, "extend", "resolution.extend"),
    (ResolutionAction.REASSIGN, "reassign", "resolution.reassign"),
)
_DEEDS = {argument: action for action, argument, _ in (*_OWN, *_OF_CHAIR)}
#: Days offered for an extension; any other date may be written.
_DAYS = (7, 15, 30)
#: Posts shown at a time.
_MOST_POSTS = 8


def start(ctx: Context) -> Reply:
    resolution_id, deed = named(ctx)
    if resolution_id is None:
        return _list(ctx)
    if deed not in _DEEDS:
        return _page(ctx, resolution_id)
    resolutions.check_deed(
        ctx.session,
        resolution_id=resolution_id,
        member_id=ctx.person.member_id,
        action=_DEEDS[deed],
        at=ctx.at,
    )
    ctx.data["resolution"] = resolution_id
    match deed:
        case "accept":
            return _accept(ctx)
        case "done":
            return _say_done(ctx)
        case "reassign":
            ctx.data["first"] = 0
            return _asks_owner(ctx)
        case "complete":
            sure = (option("resolution.sure", "yes"), option("resolution.not_sure", "no"))
            return Reply(text("resolution.ask_sure", **_told(ctx)), sure, then=receive_sure)
        case "note":
            ctx.data["photos"] = []
            return Reply(text("resolution.ask_note", **_told(ctx)), then=receive_note)
        case "extend":
            return Reply(text("resolution.ask_why", **_told(ctx)), then=receive_why)
        case _:
            return Reply(text("resolution.ask_missing", **_told(ctx)), then=receive_missing)


def receive_note(ctx: Context) -> Reply:
    """Words, with photos before or beside them."""
    ctx.data["photos"] = [*ctx.data["photos"], *ctx.photos][: ctx.rules.max_photos]
    if not ctx.text:
        return Reply(text("help_out.photo_first"), then=receive_note) if ctx.photos else again("errors.words_needed")
    try:
        resolutions.note(
            ctx.session,
            resolution_id=ctx.data["resolution"],
            member_id=ctx.person.member_id,
            words=ctx.text,
            photos=ctx.data["photos"],
            at=ctx.at,
            rules=ctx.rules,
        )
    except HollowAnswer as hollow:
        return refused(hollow)
    return Reply(text("resolution.noted", **_told(ctx)), _offer(ctx, "done", "resolution.done"))


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["why"] = ctx.text
    line = resolution_queries.line_of(ctx.session, resolution_id=ctx.data["resolution"])
    begins = max(line.due_on, local(ctx.at, ctx.rules.timezone).date())
    ctx.data["begins"] = begins.isoformat()
    options = tuple(
        Option(
            text("extend.days", days=days, until=whole_day(begins + timedelta(days=days))),
            str(days),
            (text("extend.days_alone", days=days),),
        )
        for days in _DAYS
    )
    return Reply(text("extend.ask_until"), options, then=receive_until)


def receive_until(ctx: Context) -> Reply:
    if ctx.choice:
        until = date.fromisoformat(ctx.data["begins"]) + timedelta(days=int(ctx.choice))
    else:
        moment = written_moment(ctx, at=time(23, 59))
        if not isinstance(moment, datetime):
            return moment
        until = local(moment, ctx.rules.timezone).date()
    try:
        resolutions.extend(
            ctx.session,
            resolution_id=ctx.data["resolution"],
            member_id=ctx.person.member_id,
            words=ctx.data["why"],
            until=until,
            at=ctx.at,
            rules=ctx.rules,
        )
    except DayOver as over:
        return refused(over)
    return Reply(text("resolution.extended", **_told(ctx)))


def receive_owner(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "more":
        ctx.data["first"] += _MOST_POSTS
        return _asks_owner(ctx)
    resolutions.reassign(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        owner_id=int(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolution.reassigned", **_told(ctx)))


def receive_sure(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "no":
        return _page(ctx, ctx.data["resolution"])
    verifying.complete(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolution.completed", **_told(ctx)))


def receive_missing(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    verifying.send_back(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolution.sent_back", **_told(ctx)))


def _list(ctx: Context) -> Reply:
    lines = resolution_queries.mine(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=MOST_RESOLUTIONS
    )
    if not lines:
        return Reply(text("resolution.none"))
    shown = [text("resolution.line", **told(line), state=text(f"resolution.state_{line.state}")) for line in lines]
    options = tuple(
        Option(name(line), start_option("menu.resolution", "resolution", argument=str(line.resolution_id)).value)
        for line in lines
    )
    return Reply(text("resolution.list", count=len(lines), lines=shown), options)


def _page(ctx: Context, resolution_id: int) -> Reply:
    view = resolution_queries.view(
        ctx.session, resolution_id=resolution_id, member_id=ctx.person.member_id, at=ctx.at
    )
    zone, answers = ctx.rules.timezone, view.answers
    body = text(
        "resolution.page",
        **told(view.line),
        label=view.line.label,
        state=text(f"resolution.state_{view.line.state}"),
        stage=view.line.state.value,
        budget=view.budget,
        source=view.source,
        review=whole_day(view.review_on) if view.review_on else "",
        until=day(view.objections_until, zone) if view.objections_until else "",
        objections=view.objections,
        notes=[
            text("resolution.told", day=day(note.at, zone), words=unended(note.words), photos=len(note.photos))
            for note in view.notes
        ],
        answers=answers,
        missing=[unended(words) for words in answers.words] if answers else [],
    )
    photos = tuple(photo for note in view.notes for photo in note.photos)
    return Reply(body, tuple(_offers(view)), photos=photos[-ctx.rules.max_photos :])


def _offers(view: ResolutionView) -> Iterator[Option]:
    resolution = view.line.resolution_id
    chairs = bool(view.held & CHAIR)
    for action, argument, key in (*_OWN, *(_OF_CHAIR if chairs else ())):
        if action in view.may:
            yield start_option(key, "resolution", argument=f"{resolution}.{argument}")
    if ResolutionAction.VERIFY in view.may:
        yield start_option("menu.verify", "verify", argument=str(resolution))
    if ResolutionAction.OBJECT in view.may:
        yield start_option("menu.object", "object", argument=str(resolution))
    if view.objections and ResolutionAction.DISMISS in view.may:
        yield start_option("menu.settle_objection", "settle_objection", argument=str(resolution))


def _accept(ctx: Context) -> Reply:
    resolutions.accept(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(
        text("resolution.accepted", **_told(ctx)),
        (*_offer(ctx, "note", "resolution.note"), *_offer(ctx, "done", "resolution.done")),
    )


def _say_done(ctx: Context) -> Reply:
    count = verifying.say_done(
        ctx.session,
        resolution_id=ctx.data["resolution"],
        member_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolution.said_done", **_told(ctx), asked=count))


def _asks_owner(ctx: Context) -> Reply:
    posts = resolution_queries.possible_owners(ctx.session, resolution_id=ctx.data["resolution"], at=ctx.at)
    if not posts:
        return Reply(text("resolution.no_owner"))
    options = [Option(text(f"words.holder_{role}", label=label), str(post), (label,)) for post, role, label in posts]
    shown = page(ctx, options, most=_MOST_POSTS)
    return Reply(text("resolution.ask_owner", **_told(ctx)), shown, then=receive_owner)


def _offer(ctx: Context, argument: str, key: str) -> tuple[Option, ...]:
    return (start_option(key, "resolution", argument=f"{ctx.data['resolution']}.{argument}"),)


def _told(ctx: Context) -> dict[str, str]:
    return told(resolution_queries.line_of(ctx.session, resolution_id=ctx.data["resolution"]))
