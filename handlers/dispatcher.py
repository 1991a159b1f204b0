"""One incoming event in, one reply out, in the caller's transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from sqlalchemy.orm import Session

from handlers import hearing
from handlers.announcements import notice_buttons, options_of, sentence
from handlers.context import Context, House
from handlers.flows import help as help_flow
from handlers.flows import invitation, link, on_behalf, report, supply
from handlers.hearing import Meaning, Sense
from handlers.menu import BY_KEY, offered
from handlers.messages import SILENCE, Button, Incoming, Kind, Option, Outgoing, Reply
from handlers.prompts import Step
from models.base import undone_if_refused
from models.rules import flood
from models.rules.codes import CodeKind
from models.rules.errors import InvitationRefused, OptionGone, RuleError, TooManyPhotos, WordsNeeded
from services import conversations, invitations, media, members, notices, outbox, queries, support
from services.conversations import Arrival, Place
from texts import text

#: How many parked notices are put before one reply; the rest follows it by the outbox.
UNREAD_SHOWN = 5
#: How many questions 返回 can go back.
FRAMES_KEPT = 8
#: Photos within this many seconds of one another are a burst and answered once.
BURST_SECONDS = 10.0
#: A hint longer than this is set apart from the question that follows it.
SHORT_HINT = 40
#: Flows in which somebody tells of a matter: what they said is kept as a draft when they turn to something else.
TELLING = ("report.", "on_behalf.")
#: Questions that new words are not taken to answer after a pause.
LEFT_LYING = frozenset(
    {
        report.receive_confirmation,
        report.receive_home,
        report.receive_whose_photo,
        on_behalf.receive_confirmation,
        supply.receive_more,
    }
)
#: What hears a one-time code.
_CODES = {CodeKind.INVITATION: invitation.start, CodeKind.LINK: link.receive_code}


@dataclass(frozen=True)
class Received:
    """``late``: the stored reply of a repeated event leaves by the outbox. ``repeated``: it was answered before."""

    inbound_id: int
    outgoing: Outgoing
    late: bool = False
    repeated: bool = False


def receive(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
    """Answer an event once. A platform's retry of the same event gets the same answer and changes nothing.

    An event that names nobody (a signed but odd body) is kept for inspection and answered with silence.
    """
    if not incoming.sender:
        return Received(conversations.keep_odd(session, incoming=incoming, raw=incoming.raw, at=at), SILENCE)
    arrival = conversations.arrive(
        session,
        platform=incoming.platform,
        external_id=incoming.sender,
        event_key=incoming.event_key,
        at=at,
    )
    if arrival.answered:
        stored = arrival.answered.reply
        outgoing = Outgoing.from_json(stored) if stored else SILENCE
        return Received(arrival.answered.inbound_id, outgoing, arrival.answered.late, repeated=True)
    outgoing = _answer(session, incoming, arrival, at, house)
    inbound_id = conversations.keep_inbound(
        session,
        platform=incoming.platform,
        event_key=incoming.event_key,
        account_id=arrival.person.account_id,
        raw=incoming.raw,
        reply=None if outgoing.empty else outgoing.to_json(),
        at=at,
    )
    return Received(inbound_id, outgoing)


def _answer(session: Session, incoming: Incoming, arrival: Arrival, at: datetime, house: House) -> Outgoing:
    person, place = arrival.person, arrival.place
    if incoming.kind is Kind.LEAVE:
        forget = person.platform in house.rules.forgetting_platforms
        members.leave(session, person=person, forget=forget, at=at)
        support.tell_of_lost_holders(session, at=at, rules=house.rules)
        conversations.save(session, account_id=person.account_id, place=Place(stored=place.stored), at=at)
        return SILENCE
    conversations.heard(session, arrival=arrival, at=at)
    verdict, pulse = flood.judge(
        flood.Pulse.from_json(place.recent),
        now=at.timestamp(),
        photo=incoming.kind is Kind.PHOTO,
        rules=house.rules,
    )
    place.recent = pulse.to_json()
    if verdict is not flood.Verdict.FINE:
        conversations.save(session, account_id=person.account_id, place=place, at=at)
        return SILENCE if verdict is flood.Verdict.SILENT else Outgoing(text(f"common.flood_{verdict}"))
    ctx = Context(session, person, at, house, text=hearing.clean(incoming.text)[: house.rules.max_words])
    outgoing = _converse(ctx, incoming, place)
    if arrival.unread:
        outgoing = _with_unread(ctx, place, outgoing)
    conversations.save(session, account_id=person.account_id, place=place, at=at)
    return outgoing


def _converse(ctx: Context, incoming: Incoming, place: Place) -> Outgoing:
    """One step of the conversation; a refusal undoes what the step began."""
    _forget_old(place, ctx)
    try:
        with undone_if_refused(ctx.session):
            if incoming.photos:
                ctx.photos = media.note_photos(
                    ctx.session,
                    incoming=incoming,
                    account_id=ctx.person.account_id,
                    at=ctx.at,
                    rules=ctx.rules,
                )
            reply = _step(ctx, incoming, place)
    except RuleError as error:
        if isinstance(error, InvitationRefused):
            invitations.note_wrong_try(
                ctx.session, member_id=ctx.person.member_id, refused=error, at=ctx.at, rules=ctx.rules
            )
        refusal = Reply(text(f"errors.{error.code}", **error.params))
        if isinstance(error, WordsNeeded | OptionGone | TooManyPhotos) and place.frames:
            return _ask_again(place, refusal)
        _keep_draft(ctx, place)
        return Outgoing(refusal.text + _draft_note(ctx, place))
    return _settle(ctx, incoming, place, reply)


def _step(ctx: Context, incoming: Incoming, place: Place) -> Reply:
    """Find what was meant and do it."""
    meaning = hearing.meaning(incoming, ctx.text, place, _offered_by_notice(ctx, place))
    match meaning.sense:
        case Sense.CANCEL:
            return _cancel(place)
        case Sense.BACK:
            return _back(ctx, place)
        case Sense.CONTINUE:
            return _continue(place)
        case Sense.CODE:
            ctx.text = meaning.value
            return _begin(ctx, place, _CODES[CodeKind(meaning.capability)])
        case Sense.COMMAND if _may_ask(ctx, meaning.capability) or not meaning.typed:
            return _command(ctx, place, meaning)
        case Sense.NOTICE:
            meant = hearing.of_notice(meaning, _notice_options(ctx, int(meaning.value)))
            if meant.sense is Sense.STALE:
                raise OptionGone
            return _command(ctx, place, meant)
        case Sense.OPEN:
            found = queries.find_issue(
                ctx.session, member_id=ctx.person.member_id, short=meaning.issue, number=meaning.value, at=ctx.at
            )
            return _command(ctx, place, Meaning(Sense.COMMAND, meaning.capability, meaning.argument, issue=found))
        case Sense.STALE:
            raise OptionGone
        case Sense.SAID:
            return Reply(text(f"common.{meaning.value}"), again=bool(place.frames))
        case Sense.CHOICE:
            ctx.choice, ctx.text = meaning.value, ""
    if meaning.sense is not Sense.CHOICE and _came_back(ctx, place):
        _keep_draft(ctx, place)
    if not place.frames:
        return _free(ctx, place)
    frame = place.frames[-1]
    ctx.data = dict(frame["data"])
    return _resolve_step(frame["step"])(ctx)


def _free(ctx: Context, place: Place) -> Reply:
    """Free words at the top level are always a report in the making."""
    place.offered = None
    if ctx.photos and not ctx.text:
        return report.receive_photo(ctx)
    return report.receive_words(ctx)


def _command(ctx: Context, place: Place, meaning: Meaning) -> Reply:
    """Start a capability. What it may do to an issue is decided by the workflow's row at that moment."""
    capability = BY_KEY[meaning.capability]
    if not _may_ask(ctx, capability.key):
        return Reply(text("common.not_yours"), again=bool(place.frames))
    ctx.issue_id, ctx.argument = meaning.issue or None, meaning.argument
    data = place.frames[-1]["data"] if place.frames else {}
    if capability.key in ("human", "help"):
        ctx.data = dict(data)
        answered = capability.start(ctx)
        return Reply(answered.text, again=True) if place.frames else answered
    return _begin(ctx, place, capability.start)


def _may_ask(ctx: Context, capability: str) -> bool:
    """Words of the staff's menu are plain words when others say them."""
    if BY_KEY[capability].roles is None:
        return True
    posts = members.posts_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    return offered(capability, {post.role for post in posts})


def _begin(ctx: Context, place: Place, start: Step) -> Reply:
    """Leave what was open; a report that was being written is kept as a draft."""
    _keep_draft(ctx, place)
    ctx.data, ctx.choice = {}, None
    if start not in _CODES.values():
        ctx.text = ""
    return start(ctx)


def _keep_draft(ctx: Context, place: Place) -> None:
    if place.frames and place.frames[-1]["step"].startswith(TELLING) and place.frames[-1]["data"].get("words"):
        place.draft, place.draft_at = place.frames, ctx.at
    place.frames = []
    place.offered = None


def _cancel(place: Place) -> Reply:
    """The open question, else the draft."""
    if not place.frames and not place.draft:
        return Reply(text("common.nothing_to_cancel"))
    if not place.frames:
        place.draft, place.draft_at = [], None
    place.frames = []
    return Reply(text("common.cancelled"))


def _back(ctx: Context, place: Place) -> Reply:
    """The question before the open one."""
    if len(place.frames) < 2:
        _keep_draft(ctx, place)
        return Reply(text("common.back_at_start"))
    place.frames = place.frames[:-1]
    return Reply("", again=True)


def _continue(place: Place) -> Reply:
    """Take up the draft where it was left."""
    if not place.draft:
        return Reply(text("common.nothing_to_continue"))
    place.frames, place.draft, place.draft_at, place.offered = place.draft, [], None, None
    return Reply(text("common.continued"), again=True)


def _settle(ctx: Context, incoming: Incoming, place: Place, reply: Reply) -> Outgoing:
    """Note where the conversation stands now, and make the reply ready to travel."""
    if reply.again and place.frames:
        burst = _is_burst(place.frames[-1], incoming, ctx.at)
        place.frames[-1] = {**place.frames[-1], "photo_at": ctx.at.timestamp() if ctx.photos else 0.0}
        if ctx.photos and ctx.data:
            place.frames[-1]["data"] = ctx.data
        return SILENCE if burst else _ask_again(place, reply)
    token = secrets.token_urlsafe(6)
    if reply.then is None:
        place.frames = []
        packed = [_packed(o) for o in reply.options]
        place.offered = {"id": token, "options": packed, "numbered": reply.numbered} if packed else None
        words = reply.text + _draft_note(ctx, place)
        return Outgoing(words, _buttons(token, reply.options), reply.photos, reply.numbered)
    step = _step_name(reply.then)
    same = bool(place.frames) and place.frames[-1]["step"] == step
    burst = same and _is_burst(place.frames[-1], incoming, ctx.at)
    frame = {
        "id": token,
        "step": step,
        "data": ctx.data,
        "text": reply.question or reply.text,
        "options": [_packed(o) for o in reply.options],
        "numbered": reply.numbered,
        "photo_at": ctx.at.timestamp() if ctx.photos else 0.0,
    }
    if burst:
        frame["id"] = place.frames[-1]["id"]
    before = [] if reply.fresh else place.frames[:-1] if same else place.frames
    place.frames = [*before, frame][-FRAMES_KEPT:]
    place.offered = None
    return SILENCE if burst else Outgoing(reply.text, _buttons(token, reply.options), reply.photos, reply.numbered)


def _ask_again(place: Place, reply: Reply) -> Outgoing:
    frame = place.frames[-1]
    options = tuple(_unpacked(o) for o in frame["options"])
    gap = "\n\n" if len(reply.text) > SHORT_HINT else "\n"
    body = gap.join(part for part in (reply.text, frame["text"]) if part)
    return Outgoing(body, _buttons(frame["id"], options), numbered=frame.get("numbered", True))


def _is_burst(frame: dict[str, Any], incoming: Incoming, at: datetime) -> bool:
    bare = incoming.kind is Kind.PHOTO and not incoming.text
    return bare and at.timestamp() - float(frame.get("photo_at") or 0.0) < BURST_SECONDS


def _forget_old(place: Place, ctx: Context) -> None:
    """A question nobody answered: after a pause it becomes a draft, after a day it is gone."""
    oldest = ctx.at - ctx.rules.draft_kept
    if place.draft_at is not None and place.draft_at < oldest:
        place.draft, place.draft_at = [], None
    if place.frames and place.updated_at is not None and place.updated_at < oldest:
        place.frames = []


def _came_back(ctx: Context, place: Place) -> bool:
    """After a pause, new words are not taken for an addition to the card left lying; that becomes a draft."""
    if not place.frames or place.updated_at is None or _resolve_step(place.frames[-1]["step"]) not in LEFT_LYING:
        return False
    return ctx.at - place.updated_at > ctx.rules.draft_asked_after


def _offered_by_notice(ctx: Context, place: Place) -> tuple[Option, ...]:
    if not place.frames and place.offered and "notice" in place.offered:
        return _notice_options(ctx, int(place.offered["notice"]))
    return ()


def _notice_options(ctx: Context, notice_id: int) -> tuple[Option, ...]:
    """The options of a notice, for the member it was written to and nobody else."""
    notice = notices.notice_for(ctx.session, notice_id=notice_id, member_id=ctx.person.member_id)
    return options_of(notice.kind, notice.params) if notice else ()


def _with_unread(ctx: Context, place: Place, outgoing: Outgoing) -> Outgoing:
    """What waited for the person to write comes first. Where the reply asks nothing, its last question is open."""
    parked = outbox.take_parked(
        ctx.session,
        member_id=ctx.person.member_id,
        account_id=ctx.person.account_id,
        limit=UNREAD_SHOWN,
        at=ctx.at,
    )
    if not parked:
        return outgoing
    mark = text("notices.repeat")
    told = [(mark if notice.repeat else "") + sentence(notice.kind, notice.params) for notice in parked]
    photos = [photo for notice in parked for photo in notice.params.get("photos", ())]
    body = text("common.unread", count=len(parked), notices=told)
    if outgoing.text:
        body = f"{body}\n\n{outgoing.text}"
    asking = [notice for notice in parked if options_of(notice.kind, notice.params)]
    if not asking or outgoing.buttons or place.frames:
        return Outgoing(body, outgoing.buttons, (*photos, *outgoing.photos), outgoing.numbered)
    place.offered = {"notice": asking[-1].id}
    buttons = tuple(button for notice in asking for button in notice_buttons(notice.id, notice.kind, notice.params))
    return Outgoing(body, buttons, (*photos, *outgoing.photos), numbered=len(asking) == 1)


def _resolve_step(name: str) -> Step:
    """The function a frame waits for. One that is gone after an upgrade begins again with help."""
    module, function = name.split(".")
    step = getattr(import_module(f"handlers.flows.{module}"), function, None)
    return step if callable(step) else help_flow.start


def _step_name(step: Any) -> str:
    return f"{step.__module__.rpartition('.')[2]}.{step.__name__}"


def _draft_note(ctx: Context, place: Place) -> str:
    """The draft is offered when it is laid aside, and again after a pause; not with every reply."""
    if not place.draft:
        return ""
    last = place.draft[-1]
    if ctx.at.timestamp() - float(last.get("offered_at", 0.0)) < ctx.rules.draft_asked_after.total_seconds():
        return ""
    place.draft = [*place.draft[:-1], {**last, "offered_at": ctx.at.timestamp()}]
    return "\n\n" + text("common.draft_waits", words=str(place.draft[-1]["data"]["words"][0])[:20])


def _buttons(token: str, options: tuple[Option, ...]) -> tuple[Button, ...]:
    return tuple(Button(option.label, f"s:{token}:{index}") for index, option in enumerate(options))


def _packed(option: Option) -> list[Any]:
    return [option.label, option.value, list(option.also)]


def _unpacked(packed: list[Any]) -> Option:
    return Option(packed[0], packed[1], tuple(packed[2]))
