"""我要反映: one sentence, what is missing, a card to confirm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from handlers import drafts, suggestions
from handlers.context import Context
from handlers.dates import until
from handlers.messages import Option, Reply
from handlers.prompts import again, ask_category, held_by, named_category, option, start_option
from services import following, intake, members, queries
from texts import text
from understanding import Home

#: A photo sent this soon after a report most likely belongs to it.
STILL_ABOUT_IT = timedelta(minutes=10)


def start(ctx: Context) -> Reply:
    """``argument``: what was said already."""
    if ctx.argument:
        ctx.text = ctx.argument
        return receive_words(ctx)
    return Reply(text("report.ask_words"), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    """Free words, with or without photos, at the top level or after the question."""
    drafts.add(ctx, home=_home(ctx))
    if not ctx.data["words"]:
        return drafts.asks_words(ctx, then=receive_words)
    if len(ctx.data["matters"]) > 1 and len(ctx.data["words"]) == 1:
        return _asks_matters(ctx)
    return _card(ctx)


def receive_matters(ctx: Context) -> Reply:
    """Several things in one message: each a report of its own, or one of them, or all as one."""
    matters = ctx.data["matters"]
    if ctx.choice is None:
        return again()
    if ctx.choice == "all":
        chosen, rest = matters[0], matters[1:]
    elif ctx.choice == "as_one":
        ctx.data["matters"] = []
        return _card(ctx)
    else:
        chosen, rest = matters[int(ctx.choice)], []
    return _tells(ctx, chosen, queue=rest)


def receive_elsewhere(ctx: Context) -> Reply:
    """Told where such a matter belongs; whoever wants to tell it here all the same may."""
    match ctx.choice:
        case "anyway":
            ctx.data |= {"elsewhere": "", "here_all_the_same": True}
            return _card(ctx)
        case "drop":
            return Reply(text("report.dropped"))
    if not ctx.text and not ctx.photos:
        return again()
    ctx.data |= {"words": [], "place": {}}
    return receive_words(ctx)


def receive_known(ctx: Context) -> Reply:
    """Is it the same as what is known already?"""
    known = ctx.data["known"]
    match ctx.choice:
        case suggestions.OTHER:
            suggestions.refuse(ctx)
            return _card(ctx)
        case suggestions.SAME if known["own"]:
            return _goes_on(ctx, _says_more(ctx, known))
        case suggestions.SAME:
            _agree(ctx)
            return _goes_on(ctx, suggestions.join(ctx, raiser_id=ctx.person.member_id))
    if not ctx.text and not ctx.photos:
        return again()
    drafts.add(ctx, home=_home(ctx))
    return _card(ctx)


def receive_photo(ctx: Context) -> Reply:
    """A photo out of nowhere: of the issue reported just now, or the beginning of a new one."""
    for line in queries.own_issues(ctx.session, member_id=ctx.person.member_id, limit=1):
        if queries.reported_at(ctx.session, issue_id=line.issue_id) > ctx.at - STILL_ABOUT_IT:
            ctx.data |= {"issue": line.issue_id, "photos": list(ctx.photos), "words": []}
            return Reply(
                text("report.photo_of_it", number=line.number, summary=line.summary),
                (option("common.yes", "yes"), option("report.another", "another")),
                then=receive_whose_photo,
            )
    return receive_words(ctx)


def receive_whose_photo(ctx: Context) -> Reply:
    photos = ctx.data["photos"] = [*ctx.data["photos"], *ctx.photos][: ctx.rules.max_photos]
    if ctx.choice == "yes":
        issue = following.supply_issue(
            ctx.session,
            issue_id=ctx.data["issue"],
            member_id=ctx.person.member_id,
            words=ctx.text,
            photos=photos,
            at=ctx.at,
            rules=ctx.rules,
        )
        return Reply(text("supply.done", number=issue.number))
    if ctx.photos and not ctx.text:
        return again("report.photo_kept")
    ctx.photos = ()
    if ctx.choice == "another":
        ctx.text = ""
    return receive_words(ctx)


def receive_place(ctx: Context) -> Reply:
    return drafts.takes_place(ctx, home=_home(ctx), then=receive_place) or _card(ctx)


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "submit":
            return _submit(ctx)
        case "change":
            return Reply(
                text("report.ask_change"),
                (
                    option("report.change_place", "place"),
                    option("report.change_category", "category"),
                    option("report.change_words", "words"),
                ),
                then=receive_change,
            )
        case "drop":
            return _goes_on(ctx, text("report.dropped"))
        case "not_again":
            suggestions.not_again(ctx)
            return _card(ctx)
    if not ctx.text and not ctx.photos:
        return again()
    drafts.add(ctx, home=_home(ctx))
    return _card(ctx)


def receive_change(ctx: Context) -> Reply:
    match ctx.choice:
        case "place":
            return Reply(text("report.ask_place_name"), then=receive_place)
        case "category":
            return ask_category(ctx.data["category"], first=ctx.data.get("others", ()), then=receive_category)
        case "words":
            return Reply(text("report.ask_words_again"), then=receive_new_words)
    return again()


def receive_category(ctx: Context) -> Reply:
    category = named_category(ctx)
    if category is None:
        return ask_category(ctx.data["category"], then=receive_category, unknown=True)
    grounds = {**ctx.data.get("grounds", {}), "category": [], "by": "raiser"}
    ctx.data |= {"category": category, "category_chosen": True, "grounds": grounds}
    return _card(ctx)


def receive_new_words(ctx: Context) -> Reply:
    if not ctx.text:
        drafts.add(ctx, home=_home(ctx))
        return again("report.photo_kept")
    ctx.data["words"] = []
    ctx.data.pop("category_chosen", None)
    drafts.add(ctx, home=_home(ctx))
    return _card(ctx)


def receive_home(ctx: Context) -> Reply:
    """您住在这里吗: asked once, after the first report that names a unit. What else is said then is something new."""
    match ctx.choice:
        case "yes":
            where = drafts.where(ctx.data)
            assert where.unit_id is not None  # noqa: S101 - the question is asked only then
            home = members.settle_home(
                ctx.session, member_id=ctx.person.member_id, unit_id=where.unit_id, room=where.room
            )
            return Reply(text("enrol.done", home=home))
        case "no" | "later":
            return Reply(text("report.home_later"))
    if ctx.photos and not ctx.text:
        ctx.data = {}
        return receive_photo(ctx)
    heard = intake.understand_words(ctx.text, gazetteer=ctx.house.gazetteer, home=ctx.person.home)
    if heard.category == "other" and not heard.urgency.urgent:
        return again()
    ctx.data = {}
    return receive_words(ctx)


def _home(ctx: Context) -> Home | None:
    """Where they live; of several things told at once, the later ones are where the first was."""
    around = ctx.data.get("around")
    return Home(around["compound_id"], around["building_id"], around["unit_id"]) if around else ctx.person.home


def _card(ctx: Context) -> Reply:
    """What was understood; where something is in the way of that, the question for it. A danger is told before any."""
    if ctx.data["elsewhere"]:
        return _points_elsewhere(ctx)
    if not ctx.data["place"]:
        return drafts.asks_place(ctx, then=receive_place)
    drafts.alarm(ctx)
    consent = _needs_consent(ctx)
    known = suggestions.offer(ctx, then=receive_known, consent=consent)
    return known or drafts.card(ctx, consent=consent, then=receive_confirmation)


def _points_elsewhere(ctx: Context) -> Reply:
    """Not for this channel: where it belongs, and a person to talk to."""
    return Reply(
        drafts.danger_line(ctx.data) + text(f"elsewhere.{ctx.data['elsewhere']}"),
        (
            start_option("elsewhere.person", "human"),
            option("elsewhere.anyway", "anyway"),
            option("elsewhere.no", "drop"),
        ),
        then=receive_elsewhere,
    )


def _asks_matters(ctx: Context) -> Reply:
    matters = ctx.data["matters"]
    only = [Option(text("report.only_matter", number=at + 1), str(at)) for at in range(len(matters))]
    return Reply(
        drafts.danger_line(ctx.data) + text("report.ask_matters", matters=matters),
        (option("report.each_matter", "all"), *only, option("report.as_one_matter", "as_one")),
        then=receive_matters,
    )


def _tells(ctx: Context, words: str, *, queue: list[str]) -> Reply:
    """Take up one of several things told at once; the others wait in the queue."""
    kept = {key: ctx.data[key] for key in ("photos", "pin", "around") if ctx.data.get(key)}
    ctx.data, ctx.text = {**kept, "queue": queue}, words
    drafts.add(ctx, home=_home(ctx))
    ctx.data["matters"] = []
    return _card(ctx)


def _goes_on(ctx: Context, said: str) -> Reply:
    """One thing is done with; the next that was told with it follows at once."""
    queue = ctx.data.get("queue")
    if not queue:
        return Reply(said)
    place = ctx.data.get("place") or ctx.data.get("around")
    ctx.data = {"around": place} if place else {}
    ctx.photos = ()
    following_one = _tells(ctx, queue[0], queue=queue[1:])
    shown = text("report.next_matter", said=said, next=following_one.text)
    return Reply(shown, following_one.options, then=following_one.then, fresh=True, question=following_one.text)


def _says_more(ctx: Context, known: dict[str, Any]) -> str:
    """An own issue that is told again: what is new is added to it, and where nothing is, it goes on."""
    if known["nothing_new"] and not ctx.data["photos"]:
        line = queries.known_line(ctx.session, issue_id=known["issue"])
        return text("known.still_on_it", number=line.number)
    issue = following.supply_issue(
        ctx.session,
        issue_id=known["issue"],
        member_id=ctx.person.member_id,
        words=drafts.spoken(ctx.data),
        photos=ctx.data["photos"],
        at=ctx.at,
        rules=ctx.rules,
    )
    return text("known.added", number=issue.number)


def _needs_consent(ctx: Context) -> bool:
    return ctx.person.consent_version != ctx.rules.consent_version


def _agree(ctx: Context) -> None:
    if _needs_consent(ctx):
        version = ctx.rules.consent_version
        members.consent(ctx.session, member_id=ctx.person.member_id, version=version, at=ctx.at)
        ctx.person = replace(ctx.person, consent_version=version)


def _submit(ctx: Context) -> Reply:
    _agree(ctx)
    recurs = ctx.data.get("recurs")
    issue = intake.report_issue(
        ctx.session,
        raiser_id=ctx.person.member_id,
        platform=ctx.person.platform,
        told=drafts.told(ctx.data),
        at=ctx.at,
        rules=ctx.rules,
        recurs_id=recurs["issue"] if recurs else None,
    )
    receipt = text(
        "report.received",
        number=issue.number,
        holder=held_by(ctx, issue),
        first_answer_due=until(issue.first_answer_due, ctx.rules.timezone, now=ctx.at),
        landing_due=until(issue.landing_due, ctx.rules.timezone, now=ctx.at),
    )
    asked = ctx.data["place"]["unit_id"] is None or ctx.person.home or ctx.person.home_asked_at
    if asked or ctx.data.get("queue"):
        return _goes_on(ctx, receipt)
    members.home_was_asked(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    ctx.data = {"place": ctx.data["place"]}
    question = text("report.ask_home", place=ctx.data["place"]["label"])
    return Reply(
        receipt + "\n" + question,
        (option("report.home_yes", "yes"), option("report.home_no", "no"), option("report.later", "later")),
        then=receive_home,
        fresh=True,
        question=question,
    )
