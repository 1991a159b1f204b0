"""议事会: a series is set up, shown, changed and ended by whoever convenes it. Its rule is written in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from handlers import month_steps
from handlers.context import Context
from handlers.dates import local
from handlers.messages import Option, Reply, command, unended
from handlers.prompts import Step as Asking
from handlers.prompts import again, option, refused
from handlers.reasons import in_words
from models.rules.errors import OffsetRefused
from models.rules.meeting_steps import Offset, Step
from models.rules.meeting_workflow import Capacity, Form, MeetingState, QuorumRule
from models.rules.quorum import needed
from models.rules.recurrence import Sitting
from services.meetings import series, series_queries
from services.meetings.series import Terms
from services.meetings.series_queries import ComingMeeting, SeriesCard
from texts import choice, text
from understanding.numerals import number
from understanding.recurrence import read_recurrence

_LENGTHS = (60, 90, 120)
_SHORTEST, _LONGEST = 15, 480
_LONGEST_VENUE = 60
_MINUTES = re.compile(r"(?P<count>[0-9〇零一二两三四五六七八九十百]{1,5}|半)(?P<unit>个?半?(?:小时|钟头)|分钟?|)")
#: 三百二 may be 302 or 320, so it is asked again.
_HOUSEHOLDS = re.compile(
    r"(?:一共|总共|共|有|大约|约)*(?P<count>[0-9〇零一二两三四五六七八九十百千]{1,9})(?<![百千][一二三四五六七八九])(?:户人家|户|家)?[。.!]?"
)
_MOST_HOUSEHOLDS = 50_000  # 100 to 700 by law (居民委员会组织法 6); large communities have some ten thousand
_NEW = "new."
_AS_BEFORE = "as_before"


def start(ctx: Context) -> Reply:
    """``ctx.argument``: "3" shows a series, "3.venue" changes something of it."""
    named, _, what = ctx.argument.partition(".")
    if named.isdecimal():
        ctx.data["series"] = int(named)
        return _CHANGES[what](ctx) if what in _CHANGES else _shows(ctx)
    mine = series_queries.series_for(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    free = series.free_places(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    options = [Option(label, str(series_id)) for series_id, label in mine]
    for place in free:
        label = text("series.label", place=place.label, level=place.level)
        options.append(Option(text("series.new", label=label), _NEW + place.key, (label,)))
    if not options:
        return Reply(text("series.none"))
    if len(options) == 1:
        ctx.choice = options[0].value
        return receive_which(ctx)
    return Reply(text("series.ask_which"), tuple(options), then=receive_which)


def receive_which(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if not ctx.choice.startswith(_NEW):
        ctx.data["series"] = int(ctx.choice)
        return _shows(ctx)
    key = ctx.choice.removeprefix(_NEW)
    free = series.free_places(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    place = next((each for each in free if each.key == key), None)
    if place is None:
        return again()
    ctx.data |= {"place": key, "label": text("series.label", place=place.label, level=place.level)}
    return _asks_rule(ctx)


def receive_rule(ctx: Context) -> Reply:
    """Shown back as the next three dates."""
    read = read_recurrence(ctx.text)
    if read is None:
        return again("series.rule_unreadable")
    if read.begins is None:
        return again("series.time_needed")
    said = unended(ctx.text.strip())
    ctx.data |= {"rule": read.rule, "said": said, "begins": read.begins.strftime("%H:%M")}
    coming = series.preview(
        ctx.session,
        rule=read.rule,
        begins=ctx.data["begins"],
        at=ctx.at,
        rules=ctx.rules,
        series_id=ctx.data.get("series"),
    )
    dates = [_dated(ctx, each) for each in coming]
    question = text("series.confirm_rule", label=ctx.data["label"], said=said, dates=dates)
    return Reply(question, (option("series.right", "right"),), then=receive_dates)


def receive_dates(ctx: Context) -> Reply:
    """Right, or another rule."""
    if ctx.choice is None:
        return receive_rule(ctx)
    if "series" not in ctx.data:
        return Reply(text("series.ask_venue"), then=receive_venue)
    given = {name: ctx.data[name] for name in ("rule", "said", "begins")}
    series.change_rule(ctx.session, **_who(ctx), **given, rules=ctx.rules)
    coming = _card(ctx).coming
    kept = [_day(ctx, meeting.meets_at) for meeting in coming if meeting.state is not MeetingState.PLANNED]
    reply = text("series.rule_changed", label=ctx.data["label"], said=given["said"])
    return Reply(reply + (text("series.kept", dates=kept) if kept else ""))


def receive_venue(ctx: Context) -> Reply:
    if not ctx.text or len(ctx.text) > _LONGEST_VENUE:
        return again("series.ask_venue")
    ctx.data["venue"] = unended(ctx.text)
    return _changed(ctx, venue=ctx.data["venue"]) or _asks_length(ctx)


def receive_length(ctx: Context) -> Reply:
    minutes = int(ctx.choice) if ctx.choice else read_minutes(ctx.text)
    if minutes is None:
        return again("series.length_unreadable")
    ctx.data["length"] = minutes
    return _changed(ctx, length_minutes=minutes) or _asks_form(ctx)


def receive_form(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["form"] = ctx.choice
    return _changed(ctx, form=Form(ctx.choice)) or _asks_quorum(ctx)


def receive_quorum(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["quorum"] = ctx.choice
    if QuorumRule(ctx.choice) is QuorumRule.RESIDENTS_ASSEMBLY:
        return Reply(text("series.ask_households"), then=receive_households)
    return _changed(ctx, quorum=QuorumRule(ctx.choice)) or _asks_whether(ctx)


def receive_households(ctx: Context) -> Reply:
    """Of a 居民会议: more than half of all that live there must come, so it has to be known how many that are."""
    written = _HOUSEHOLDS.fullmatch("".join(ctx.text.split()))
    count = number(written["count"]) if written else ""
    if not count.isdecimal() or not 1 <= int(count) <= _MOST_HOUSEHOLDS:
        return again("series.households_unreadable")
    ctx.data["households"] = int(count)
    quorum = QuorumRule(ctx.data["quorum"])
    return _changed(ctx, quorum=quorum, households=int(count)) or _asks_whether(ctx)


def receive_consent(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    made = series.create_series(
        ctx.session,
        member_id=ctx.person.member_id,
        place=ctx.data["place"],
        label=ctx.data["label"],
        terms=Terms(
            rule=ctx.data["rule"],
            said=ctx.data["said"],
            begins=ctx.data["begins"],
            venue=ctx.data["venue"],
            length_minutes=ctx.data["length"],
            form=Form(ctx.data["form"]),
            quorum=QuorumRule(ctx.data["quorum"]),
            households=ctx.data.get("households"),
        ),
        at=ctx.at,
        rules=ctx.rules,
    )
    ctx.data["series"] = made.id
    shown = _shows(ctx)
    return Reply(text("series.done", label=made.label) + "\n\n" + shown.text, shown.options)


def receive_end(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    count = series.end_series(ctx.session, **_who(ctx), words=ctx.text, rules=ctx.rules)
    return Reply(text("series.ended", label=ctx.data["label"], count=count))


def receive_step(ctx: Context) -> Reply:
    """Which step of the month comes at another time; or all of them as they were."""
    if ctx.choice is None:
        return again()
    if ctx.choice == _AS_BEFORE:
        series.restore_offsets(ctx.session, **_who(ctx), rules=ctx.rules)
        return _asks_step(ctx, text("series.restored") + "\n")
    step = Step(ctx.choice)
    offsets, changed = series.offsets_of(ctx.session, **_who(ctx), rules=ctx.rules)
    ctx.data["step"] = step.value
    question = text("series.ask_offset", what=month_steps.what(step), when=month_steps.when(offsets[step]))
    options = (option("series.step_as_before", _AS_BEFORE),) if step in changed else ()
    return Reply(question, options, then=receive_offset, numbered=False)


def receive_offset(ctx: Context) -> Reply:
    step = Step(ctx.data["step"])
    if ctx.choice == _AS_BEFORE:
        try:
            series.restore_offsets(ctx.session, **_who(ctx), rules=ctx.rules, step=step)
        except OffsetRefused as error:
            return refused(error)
        return _asks_step(ctx, text("series.restored") + "\n")
    written = month_steps.read(ctx.text, step)
    if written is None:
        return again("series.offset_unreadable")
    try:
        series.change_offset(ctx.session, **_who(ctx), rules=ctx.rules, step=step, written=written)
    except OffsetRefused as error:
        if error.params["why"] == "side":
            return refused(error)
        offsets, _ = series.offsets_of(ctx.session, **_who(ctx), rules=ctx.rules)
        before, after = month_steps.neighbours(offsets, step)
        return Reply(text("series.offset_out_of_order", before=before, after=after), again=True)
    line = month_steps.line(step, Offset.read(written))
    return _asks_step(ctx, text("series.step_changed", line=line) + "\n")


def read_minutes(said: str) -> int | None:
    """ "90", "90分钟", "两小时", "一个半小时": minutes, where they are ones that a meeting can take."""
    found = _MINUTES.fullmatch("".join(said.split()).rstrip("。.!"))
    if found is None:
        return None
    count = 0.5 if found["count"] == "半" else float(number(found["count"]))
    hours = "时" in found["unit"] or "头" in found["unit"]
    minutes = int((count + 0.5 * ("半" in found["unit"])) * (60 if hours else 1))
    return minutes if _SHORTEST <= minutes <= _LONGEST else None


def _shows(ctx: Context) -> Reply:
    card = _card(ctx)
    shown = text(
        "series.card",
        label=card.label,
        said=card.said,
        venue=card.venue,
        length=card.length_minutes,
        form=_label("form", card.form),
        quorum=_quorum(card.quorum, card.households),
        coming=[_line(ctx, meeting) for meeting in card.coming],
        voters=card.members.get(Capacity.VOTER, 0),
        observers=card.members.get(Capacity.OBSERVER, 0),
        departments=card.members.get(Capacity.DEPARTMENT, 0),
    )
    return Reply(shown, tuple(_offers(card.series_id)))


def _offers(series_id: int) -> Iterable[Option]:
    yield option("menu.delegates", command("delegates", 0, str(series_id)))
    for key, what in _OFFERED:
        yield option(key, command("series", 0, f"{series_id}.{what}"))


def _asks_rule(ctx: Context) -> Reply:
    if "series" in ctx.data:
        ctx.data["label"] = _card(ctx).label
    return Reply(text("series.ask_rule", label=ctx.data["label"]), then=receive_rule)


def _asks_venue(ctx: Context) -> Reply:
    _card(ctx)
    return Reply(text("series.ask_venue"), then=receive_venue)


def _asks_length(ctx: Context) -> Reply:
    lengths = sorted({*_LENGTHS, ctx.rules.meeting_minutes})
    options = tuple(
        Option(text("series.length", minutes=length), str(length), (str(length),)) for length in lengths
    )
    return Reply(text("series.ask_length"), options, then=receive_length, numbered=False)


def _asks_form(ctx: Context) -> Reply:
    options = tuple(option(f"series.form_{form}", form.value) for form in Form)
    return Reply(text("series.ask_form"), options, then=receive_form)


def _asks_quorum(ctx: Context) -> Reply:
    options = tuple(option(f"series.quorum_{rule}", rule.value) for rule in QuorumRule)
    return Reply(text("series.ask_quorum"), options, then=receive_quorum)


def _asks_whether(ctx: Context) -> Reply:
    said = {name: ctx.data[name] for name in ("label", "said", "venue", "length")}
    said["form"] = _label("form", ctx.data["form"])
    said["quorum"] = _quorum(ctx.data["quorum"], ctx.data.get("households"))
    return Reply(text("series.confirm", **said), (option("series.set_up", "yes"),), then=receive_consent)


def _asks_step(ctx: Context, said: str = "") -> Reply:
    ctx.data["label"] = _card(ctx).label
    offsets, changed = series.offsets_of(ctx.session, **_who(ctx), rules=ctx.rules)
    options = [
        Option(month_steps.line(step, offset), step.value, (month_steps.what(step),))
        for step, offset in offsets.items()
    ]
    if changed:
        options.append(option("series.all_as_before", _AS_BEFORE))
    question = said + text("series.ask_step", label=ctx.data["label"])
    return Reply(question, tuple(options), then=receive_step, fresh=bool(said))


def _asks_end(ctx: Context) -> Reply:
    ctx.data["label"] = _card(ctx).label
    return Reply(text("series.ask_end", label=ctx.data["label"]), then=receive_end)


def _changed(ctx: Context, **given: Any) -> Reply | None:
    """One thing of a series that is there; None while a new one is being told."""
    if "series" not in ctx.data:
        return None
    series.change_terms(ctx.session, **_who(ctx), **given)
    return Reply(text("series.changed"))


def _who(ctx: Context) -> dict[str, Any]:
    return {"series_id": ctx.data["series"], "member_id": ctx.person.member_id, "at": ctx.at}


def _card(ctx: Context) -> SeriesCard:
    return series_queries.card(ctx.session, **_who(ctx))


def _line(ctx: Context, meeting: ComingMeeting) -> str:
    return text(
        "series.coming",
        date=_day(ctx, meeting.meets_at),
        state=text(f"series.state_{meeting.state}"),
        why=unended(in_words(meeting.moved_why)),
    )


def _dated(ctx: Context, sitting: Sitting) -> str:
    day = _day(ctx, sitting.meets_at)
    return text("series.moved", date=day, why=in_words(f"holiday_{sitting.holiday}")) if sitting.holiday else day


def _day(ctx: Context, moment: datetime) -> str:
    when = local(moment, ctx.rules.timezone)
    day: date = when.date()
    clock = f"{when.hour}:{when.minute:02d}"
    return text("series.date", month=day.month, day=day.day, weekday=day.weekday(), clock=clock)


def _quorum(rule: str, households: int | None) -> str:
    """居民会议：全体户数过半（320户，要161户）"""
    label = _label("quorum", rule)
    if rule != QuorumRule.RESIDENTS_ASSEMBLY or not households:
        return label
    least = needed(QuorumRule.RESIDENTS_ASSEMBLY, households)
    return text("series.assembly", label=label, households=households, needed=least)


def _label(family: str, value: str) -> str:
    return choice(f"series.{family}_{value}")[0]


#: What an option of the card begins to ask.
_CHANGES: dict[str, Asking] = {
    "rule": _asks_rule,
    "venue": _asks_venue,
    "length": _asks_length,
    "form": _asks_form,
    "quorum": _asks_quorum,
    "steps": _asks_step,
    "end": _asks_end,
}
_OFFERED = (
    ("series.change_rule", "rule"),
    ("series.change_venue", "venue"),
    ("series.change_length", "length"),
    ("series.change_form", "form"),
    ("series.change_quorum", "quorum"),
    ("series.change_steps", "steps"),
    ("series.end", "end"),
)
