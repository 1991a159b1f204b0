"""纪要: whoever chairs a meeting reads its minutes, changes them, sends them to who was there, and publishes them."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import minutes_words, signed_links
from handlers.context import Context
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from models.rules.errors import MinutesChanged
from models.rules.meeting_workflow import CHAIR, ItemState, MeetingState
from services.meetings import minutes, minutes_view, publishing
from services.meetings.minutes_view import MinutesView
from texts import text

_STATES = frozenset({MeetingState.HELD, MeetingState.MINUTED})
#: What comes back to the next meeting.
_AGAIN = frozenset({ItemState.ADJOURNED, ItemState.NOT_REACHED, ItemState.LISTED, ItemState.IN_TALK})


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx, states=_STATES, actors=CHAIR, ask="minutes.ask_which", none="minutes.none", then=receive_meeting
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    return line if isinstance(line, Reply) else _show(ctx)


def receive_deed(ctx: Context) -> Reply:
    match ctx.choice:
        case "edit":
            return _ask_part(ctx)
        case "send":
            return _send(ctx)
        case "publish":
            return _ask_publish(ctx)
    return again()


def receive_part(ctx: Context) -> Reply:
    """Which paragraph is changed; its words as they are now."""
    if ctx.choice is None:
        return again()
    view = _editable(ctx)
    parts = _parts(view)
    if ctx.choice not in parts:
        return again()
    ctx.data |= {"part": ctx.choice, "version": view.version}
    label, now = parts[ctx.choice]
    options = (option("minutes.restore", "restore"),) if now else ()
    return Reply(text("minutes.ask_words", part=label, now=now), options, then=receive_words)


def receive_words(ctx: Context) -> Reply:
    if ctx.choice != "restore" and not ctx.text.strip():
        return again("errors.words_needed")
    ctx.data["words"] = "" if ctx.choice == "restore" else ctx.text.strip()
    options = tuple(_said("minutes.why_missed", "minutes.why_wrong", "minutes.why_clear"))
    return Reply(text("minutes.ask_why"), options, then=receive_why)


def receive_why(ctx: Context) -> Reply:
    why = ctx.choice or ctx.text.strip()
    if not why:
        return again("errors.words_needed")
    view = _editable(ctx)
    part, words = ctx.data["part"], ctx.data["words"]
    if view.version == ctx.data["version"] and _parts(view)[part][1] == words:
        return _show(ctx, text("minutes.unchanged"))
    try:
        saved = minutes.edit_minutes(
            ctx.session,
            meeting_id=ctx.data["meeting"],
            member_id=ctx.person.member_id,
            based_on=ctx.data["version"],
            changes={part: words},
            why=why,
            at=ctx.at,
            rules=ctx.rules,
        )
    except MinutesChanged as newer:
        return _show(ctx, text("minutes.newer", version=newer.params["version"], mine=words))
    return _show(ctx, text("minutes.changed", version=saved.version))


def receive_publish(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            return _publish(ctx)
        case "no":
            return Reply(text("minutes.not_published"))
    return again()


def _show(ctx: Context, first: str = "") -> Reply:
    """The minutes as they are, what those who were there say of them, and what can be done now."""
    view = _editable(ctx)
    checks = minutes.checks_of(ctx.session, meeting_id=view.meeting_id)
    if checks.version is None:
        said = text("minutes.checks_unsent", asked=checks.asked)
    else:
        said = text(
            "minutes.checks",
            sent=checks.version,
            asked=checks.asked,
            right=checks.right,
            wrong=checks.wrong,
            silent=checks.silent,
            newer=view.version > checks.version,
            version=view.version,
        )
    composed = minutes_words.compose(view, timezone=ctx.rules.timezone)
    shown = text("minutes.shown", minutes=composed.plain, version=view.version, why=view.why, checks=said)
    what = text("minutes.what")
    parts = [part for part in (first, shown, _page(ctx, view), what) if part]
    options = [option("minutes.edit", "edit")]
    if view.sent_at is None:
        options.append(option("minutes.send", "send"))
    if view.state is MeetingState.MINUTED:
        options.append(option("minutes.publish", "publish"))
    return Reply("\n\n".join(parts), tuple(options), then=receive_deed, fresh=True, question=what)


def _page(ctx: Context, view: MinutesView) -> str:
    secret = ctx.house.page_secret
    if not secret:
        return ""
    token = signed_links.editing_link(
        secret=secret, meeting_id=view.meeting_id, member_id=ctx.person.member_id, at=ctx.at
    )
    hours = int(signed_links.KEPT.total_seconds()) // 3600
    return text("minutes.page", link=f"{ctx.house.public_url}/minutes/edit/{token}", hours=hours)


def _ask_part(ctx: Context) -> Reply:
    parts = _parts(_editable(ctx))
    options = tuple(Option(label, key) for key, (label, _) in parts.items())
    return Reply(text("minutes.ask_part"), options, then=receive_part)


def _send(ctx: Context) -> Reply:
    sent = minutes.send_minutes(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        site=ctx.house.public_url,
        at=ctx.at,
        rules=ctx.rules,
    )
    asked = minutes.checks_of(ctx.session, meeting_id=ctx.data["meeting"]).asked
    return Reply(text("minutes.sent", version=sent.version, asked=asked) if asked else text("minutes.sent_nobody"))


def _ask_publish(ctx: Context) -> Reply:
    view = _editable(ctx)
    wrong = len(minutes.checks_of(ctx.session, meeting_id=view.meeting_id).wrong)
    ctx.data["wrong"] = wrong
    lines = [
        text(
            "minutes.ask_publish_line",
            title=item.title,
            told=minutes_words.told(item),
            again=item.state in _AGAIN,
        )
        for item in view.items
    ]
    options = (option("minutes.yes", "yes"), option("minutes.no", "no"))
    return Reply(text("minutes.ask_publish", wrong=wrong, lines=lines), options, then=receive_publish)


def _publish(ctx: Context) -> Reply:
    view = _editable(ctx)
    if len(minutes.checks_of(ctx.session, meeting_id=view.meeting_id).wrong) > ctx.data["wrong"]:
        return _ask_publish(ctx)  # somebody has just found a mistake
    publishing.publish_minutes(
        ctx.session,
        meeting_id=view.meeting_id,
        member_id=ctx.person.member_id,
        told={item.item_id: minutes_words.told(item) for item in view.items},
        site=ctx.house.public_url,
        despite=bool(ctx.data["wrong"]),
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("minutes.published", link=f"{ctx.house.public_url}/published/{view.meeting_public_id}"))


def _said(*keys: str) -> Iterator[Option]:
    """Options that mean their own words."""
    for key in keys:
        offered = option(key, "")
        yield Option(offered.label, offered.label, offered.also)


def _editable(ctx: Context) -> MinutesView:
    """The last version; only for who may change it."""
    meeting = ctx.data["meeting"]
    minutes.check_editable(
        ctx.session, meeting_id=meeting, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    return minutes_view.minutes_of(ctx.session, meeting_id=meeting)


def _parts(view: MinutesView) -> dict[str, tuple[str, str]]:
    """What can be changed: its label, and what somebody wrote there."""
    found = {minutes.OPENING: (option("minutes.opening", "").label, view.opening)}
    for place, item in enumerate(view.items, start=1):
        found[str(item.item_id)] = (minutes_words.heading(item, place), item.written)
    return found | {minutes.CLOSING: (option("minutes.closing", "").label, view.closing)}
