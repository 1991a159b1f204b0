"""The questions asked so far (frames), the draft laid aside, and what is on offer while nothing is open."""

from __future__ import annotations

import secrets
from datetime import datetime
from importlib import import_module
from typing import Any

from handlers.context import Context
from handlers.flows import consultation, on_behalf, report, supply
from handlers.flows import help as help_flow
from handlers.messages import SILENCE, Button, Incoming, Kind, Option, Outgoing, Reply
from handlers.prompts import Step
from services.conversations import Place
from texts import text

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
        consultation.receive_deed,
        report.receive_confirmation,
        report.receive_elsewhere,
        report.receive_home,
        report.receive_known,
        report.receive_matters,
        report.receive_whose_photo,
        on_behalf.receive_confirmation,
        on_behalf.receive_known,
        supply.receive_more,
    }
)


def settle(ctx: Context, incoming: Incoming, place: Place, reply: Reply) -> Outgoing:
    """Note where the conversation stands now, and make the reply ready to travel."""
    if reply.again and place.frames:
        burst = _is_burst(place.frames[-1], incoming, ctx.at)
        place.frames[-1] = {**place.frames[-1], "photo_at": ctx.at.timestamp() if ctx.photos else 0.0}
        if ctx.photos and ctx.data:
            place.frames[-1]["data"] = ctx.data
        return SILENCE if burst else ask_again(place, reply)
    token = secrets.token_urlsafe(6)
    if reply.then is None:
        place.frames = []
        packed = [_packed(o) for o in reply.options]
        place.offered = {"id": token, "options": packed, "numbered": reply.numbered} if packed else None
        words = reply.text + draft_note(ctx, place)
        return Outgoing(
            words,
            _buttons(token, reply.options),
            reply.photos,
            reply.numbered,
            live=_replaces(reply, incoming),
            kept_as=reply.kept_as,
        )
    step = _step_name(reply.then)
    same = bool(place.frames) and place.frames[-1]["step"] == step
    burst = same and _is_burst(place.frames[-1], incoming, ctx.at)
    frame = {
        "id": token,
        "step": step,
        "data": ctx.data,
        "text": reply.kept_as or reply.question or reply.text,
        "options": [_packed(o) for o in reply.options],
        "numbered": reply.numbered,
        "photo_at": ctx.at.timestamp() if ctx.photos else 0.0,
    }
    if burst:
        frame["id"] = place.frames[-1]["id"]
    before = [] if reply.fresh else place.frames[:-1] if same else place.frames
    place.frames = [*before, frame][-FRAMES_KEPT:]
    place.offered = None
    if burst:
        return SILENCE
    return Outgoing(
        reply.text,
        _buttons(token, reply.options),
        reply.photos,
        reply.numbered,
        live=_replaces(reply, incoming),
        kept_as=reply.kept_as,
    )


def ask_again(place: Place, reply: Reply) -> Outgoing:
    frame = place.frames[-1]
    options = tuple(_unpacked(o) for o in frame["options"])
    gap = "\n\n" if len(reply.text) > SHORT_HINT else "\n"
    body = gap.join(part for part in (reply.text, frame["text"]) if part)
    return Outgoing(body, _buttons(frame["id"], options), numbered=frame.get("numbered", True))


def keep_draft(ctx: Context, place: Place) -> None:
    if place.frames and place.frames[-1]["step"].startswith(TELLING) and place.frames[-1]["data"].get("words"):
        place.draft, place.draft_at = place.frames, ctx.at
    place.frames = []
    place.offered = None


def draft_note(ctx: Context, place: Place) -> str:
    """The draft is offered when it is laid aside, and again after a pause; not with every reply."""
    if not place.draft:
        return ""
    last = place.draft[-1]
    if ctx.at.timestamp() - float(last.get("offered_at", 0.0)) < ctx.rules.draft_asked_after.total_seconds():
        return ""
    place.draft = [*place.draft[:-1], {**last, "offered_at": ctx.at.timestamp()}]
    return "\n\n" + text("common.draft_waits", words=str(place.draft[-1]["data"]["words"][0])[:20])


def cancel(place: Place) -> Reply:
    """The open question, else the draft."""
    if not place.frames and not place.draft:
        return Reply(text("common.nothing_to_cancel"))
    if not place.frames:
        place.draft, place.draft_at = [], None
    place.frames = []
    return Reply(text("common.cancelled"))


def back(ctx: Context, place: Place) -> Reply:
    """The question before the open one."""
    if len(place.frames) < 2:
        keep_draft(ctx, place)
        return Reply(text("common.back_at_start"))
    place.frames = place.frames[:-1]
    return Reply("", again=True)


def resume(place: Place) -> Reply:
    """Take up the draft where it was left."""
    if not place.draft:
        return Reply(text("common.nothing_to_continue"))
    place.frames, place.draft, place.draft_at, place.offered = place.draft, [], None, None
    return Reply(text("common.continued"), again=True)


def forget_old(place: Place, ctx: Context) -> None:
    """A question nobody answered: after a pause it becomes a draft, after a day it is gone."""
    oldest = ctx.at - ctx.rules.draft_kept
    if place.draft_at is not None and place.draft_at < oldest:
        place.draft, place.draft_at = [], None
    if place.frames and place.updated_at is not None and place.updated_at < oldest:
        place.frames = []


def came_back(ctx: Context, place: Place) -> bool:
    """After a pause, new words are not taken for an addition to the card left lying; that becomes a draft."""
    if not place.frames or place.updated_at is None or step_of(place.frames[-1]["step"]) not in LEFT_LYING:
        return False
    return ctx.at - place.updated_at > ctx.rules.draft_asked_after


def _replaces(reply: Reply, incoming: Incoming) -> bool:
    """A notice stays where it is, whatever was pressed on it: people come back to read it."""
    return reply.live and incoming.kind is Kind.PRESS and incoming.press.startswith("s:")


def _is_burst(frame: dict[str, Any], incoming: Incoming, at: datetime) -> bool:
    bare = incoming.kind is Kind.PHOTO and not incoming.text
    return bare and at.timestamp() - float(frame.get("photo_at") or 0.0) < BURST_SECONDS


def step_of(name: str) -> Step:
    """The function a frame waits for. One that is gone after an upgrade begins again with help."""
    module, function = name.split(".")
    step = getattr(import_module(f"handlers.flows.{module}"), function, None)
    return step if callable(step) else help_flow.start


def _step_name(step: Any) -> str:
    return f"{step.__module__.rpartition('.')[2]}.{step.__name__}"


def _buttons(token: str, options: tuple[Option, ...]) -> tuple[Button, ...]:
    return tuple(Button(option.label, f"s:{token}:{index}") for index, option in enumerate(options))


def _packed(option: Option) -> list[Any]:
    return [option.label, option.value, list(option.also)]


def _unpacked(packed: list[Any]) -> Option:
    return Option(packed[0], packed[1], tuple(packed[2]))
