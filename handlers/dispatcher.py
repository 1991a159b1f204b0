"""One incoming event in, one reply out, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers import frames, hearing
from handlers.announcements import files_of, notice_buttons, options_of, sentence
from handlers.context import Context, House
from handlers.flows import check_in, invitation, link, report, supply
from handlers.hearing import Meaning, Sense
from handlers.menu import BY_KEY, offered
from handlers.messages import SILENCE, Button, Incoming, Kind, Option, Outgoing, Reply
from handlers.prompts import Step
from models.base import undone_if_refused
from models.rules import flood
from models.rules.codes import CodeKind
from models.rules.errors import BallotRefused, InvitationRefused, OptionGone, RuleError, TooManyPhotos, WordsNeeded
from services import conversations, invitations, media, members, outbox, queries, support
from services.conversations import Arrival, Place
from texts import text
from understanding import Location

#: How many parked notices are put before one reply; the rest follows it by the outbox.
UNREAD_SHOWN = 5
#: What hears a one-time code.
_CODES = {
    CodeKind.INVITATION: invitation.start,
    CodeKind.LINK: link.receive_code,
    CodeKind.ROOM: check_in.receive_code,
}


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
        raw="" if outgoing.kept_as else incoming.raw,
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
    ctx.location = Location(*incoming.location) if incoming.location else None
    outgoing = _converse(ctx, incoming, place)
    if arrival.unread:
        outgoing = _with_unread(ctx, place, outgoing)
    conversations.save(session, account_id=person.account_id, place=place, at=at)
    return outgoing


def _converse(ctx: Context, incoming: Incoming, place: Place) -> Outgoing:
    """One step of the conversation; a refusal undoes what the step began."""
    frames.forget_old(place, ctx)
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
            return frames.ask_again(place, refusal)
        frames.keep_draft(ctx, place)
        words = refusal.text + frames.draft_note(ctx, place)
        return Outgoing(words, kept_as=words if isinstance(error, BallotRefused) else "")
    return frames.settle(ctx, incoming, place, reply)


def _step(ctx: Context, incoming: Incoming, place: Place) -> Reply:
    """Find what was meant and do it."""
    meaning = hearing.meaning(incoming, ctx.text, place, _offered_by_notice(ctx, place))
    match meaning.sense:
        case Sense.CANCEL:
            return frames.cancel(place)
        case Sense.BACK:
            return frames.back(ctx, place)
        case Sense.CONTINUE:
            return frames.resume(place)
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
            found = queries.find_named(
                ctx.session, member_id=ctx.person.member_id, short=meaning.issue, number=meaning.value, at=ctx.at
            )
            opened = Meaning(Sense.COMMAND, meaning.capability, meaning.argument, issue=found.issue_id)
            return _if_merged(meaning, found.went_into, _command(ctx, place, opened))
        case Sense.STALE:
            raise OptionGone
        case Sense.SAID:
            return Reply(text(f"common.{meaning.value}"), again=bool(place.frames))
        case Sense.CHOICE:
            ctx.choice, ctx.text = meaning.value, ""
    if meaning.sense is not Sense.CHOICE and frames.came_back(ctx, place):
        frames.keep_draft(ctx, place)
    if not place.frames:
        return _free(ctx, place)
    frame = place.frames[-1]
    ctx.data = dict(frame["data"])
    return frames.step_of(frame["step"])(ctx)


def _if_merged(meaning: Meaning, went_into: str, reply: Reply) -> Reply:
    """Says so where the number that was named is that of an issue which has gone into another one."""
    if not went_into:
        return reply
    said = text("issues.merged_into", number=meaning.value or meaning.issue, into=went_into)
    return replace(reply, text=f"{said}\n{reply.text}", question=reply.question or reply.text)


def _free(ctx: Context, place: Place) -> Reply:
    """Free words at the top level are a report in the making; where a question was shown last, perhaps its answer."""
    asked = _question_shown(ctx, place)
    place.offered = None
    if asked and ctx.text and not ctx.photos:
        ctx.issue_id = asked
        return supply.receive_unbidden(ctx) or report.receive_words(ctx)
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
    frames.keep_draft(ctx, place)
    ctx.data, ctx.choice = {}, None
    if start not in _CODES.values():
        ctx.text = ""
    return start(ctx)


def _offered_by_notice(ctx: Context, place: Place) -> tuple[Option, ...]:
    if not place.frames and place.offered and "notice" in place.offered:
        return _notice_options(ctx, int(place.offered["notice"]))
    return ()


def _notice_options(ctx: Context, notice_id: int) -> tuple[Option, ...]:
    """The options of a notice, for the member it was written to and nobody else."""
    notice = outbox.notice_for(ctx.session, notice_id=notice_id, member_id=ctx.person.member_id)
    return options_of(notice.kind, notice.params) if notice else ()


def _question_shown(ctx: Context, place: Place) -> int | None:
    """The issue about which this person was asked something, where that is what they were shown last."""
    if not place.offered or "notice" not in place.offered:
        return None
    notice = outbox.notice_for(
        ctx.session, notice_id=int(place.offered["notice"]), member_id=ctx.person.member_id
    )
    return notice.params["issue"] if notice and notice.kind == "ask_raiser" else None


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
    files = tuple(file for notice in parked for file in files_of(notice.kind, notice.params))
    body = told_alone = text("common.unread", count=len(parked), notices=told)
    if outgoing.text:
        body = f"{body}\n\n{outgoing.text}"
    kept_as = f"{told_alone}\n\n{outgoing.kept_as}" if outgoing.kept_as else ""
    asking = [notice for notice in parked if options_of(notice.kind, notice.params)]
    if not asking or outgoing.buttons or place.frames:
        return Outgoing(
            body, outgoing.buttons, (*photos, *outgoing.photos), outgoing.numbered, files, kept_as=kept_as
        )
    place.offered = {"notice": asking[-1].id}
    buttons: dict[str, Button] = {}  # what two of them ask alike is offered once
    for notice in asking:
        options = options_of(notice.kind, notice.params)
        shown = notice_buttons(notice.id, notice.kind, notice.params)
        buttons |= {option.value: button for option, button in zip(options, shown, strict=True)}
    shown = tuple(buttons.values())
    return Outgoing(body, shown, (*photos, *outgoing.photos), len(asking) == 1, files, kept_as=kept_as)
