"""我要反映: one sentence, what is missing, a card to confirm."""

from __future__ import annotations

from datetime import timedelta

from handlers import drafts
from handlers.context import Context
from handlers.dates import until
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from services import following, intake, members, queries
from texts import text
from understanding import CATEGORIES, find_category

#: A photo sent this soon after a report most likely belongs to it.
STILL_ABOUT_IT = timedelta(minutes=10)

#: Offered first when somebody says that the category is wrong; any other may be typed.
COMMON = ("lighting", "water", "power", "building", "elevator", "sanitation", "parking", "noise", "property_service")


def start(ctx: Context) -> Reply:
    return Reply(text("report.ask_words"), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    """Free words, with or without photos, at the top level or after the question."""
    drafts.add(ctx, home=ctx.person.home)
    if not ctx.data["words"]:
        return Reply(text("report.photo_first"), then=receive_words)
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
    return drafts.takes_place(ctx, home=ctx.person.home, then=receive_place) or _card(ctx)


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
            return Reply(text("report.dropped"))
    if not ctx.text and not ctx.photos:
        return again()
    drafts.add(ctx, home=ctx.person.home)
    return _card(ctx)


def receive_change(ctx: Context) -> Reply:
    match ctx.choice:
        case "place":
            return Reply(text("report.ask_place_name"), then=receive_place)
        case "category":
            options = tuple(Option(text(f"categories.{key}"), key) for key in COMMON)
            return Reply(text("report.ask_category"), options, then=receive_category)
        case "words":
            return Reply(text("report.ask_words_again"), then=receive_new_words)
    return again()


def receive_category(ctx: Context) -> Reply:
    category = ctx.choice or find_category(ctx.text)
    if category is None:
        return Reply(
            text("report.category_unknown", all="、".join(text(f"categories.{key}") for key in CATEGORIES)),
            then=receive_category,
        )
    ctx.data |= {"category": category, "category_chosen": True}
    return _card(ctx)


def receive_new_words(ctx: Context) -> Reply:
    if not ctx.text:
        drafts.add(ctx, home=ctx.person.home)
        return again("report.photo_kept")
    ctx.data["words"] = []
    ctx.data.pop("category_chosen", None)
    drafts.add(ctx, home=ctx.person.home)
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


def _card(ctx: Context) -> Reply:
    """What was understood; where the place is missing, the question for it. A danger is told before either."""
    if not ctx.data["place"]:
        return drafts.asks_place(ctx, then=receive_place)
    drafts.alarm(ctx)
    return drafts.card(ctx, consent=_needs_consent(ctx), then=receive_confirmation)


def _needs_consent(ctx: Context) -> bool:
    return ctx.person.consent_version != ctx.rules.consent_version


def _submit(ctx: Context) -> Reply:
    if _needs_consent(ctx):
        members.consent(ctx.session, member_id=ctx.person.member_id, version=ctx.rules.consent_version, at=ctx.at)
    issue = intake.report_issue(
        ctx.session,
        raiser_id=ctx.person.member_id,
        platform=ctx.person.platform,
        told=drafts.told(ctx.data),
        at=ctx.at,
        rules=ctx.rules,
    )
    role, label = queries.holder_of(ctx.session, issue=issue)
    receipt = text(
        "report.received",
        number=issue.number,
        holder=text(f"words.holder_{role}", label=label),
        first_answer_due=until(issue.first_answer_due, ctx.rules.timezone, now=ctx.at),
        landing_due=until(issue.landing_due, ctx.rules.timezone, now=ctx.at),
    )
    if ctx.data["place"]["unit_id"] is None or ctx.person.home or ctx.person.home_asked_at:
        return Reply(receipt)
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
