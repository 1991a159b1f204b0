"""看意见: what the convener is told of the opinions: three sentences an item, each sentence counted, and a picture."""

from __future__ import annotations

from handlers.context import Context
from handlers.meetings import chosen_meeting, which_meeting
from handlers.messages import Option, Reply
from handlers.prompts import again, distinct, option
from models.rules.meeting_workflow import CHAIR, MeetingState
from models.rules.opinion_groups import Count
from services import documents
from services.meetings import opinion_views
from services.meetings.opinion_views import ITEM, Seen
from texts import text

_STATES = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION, MeetingState.HELD, MeetingState.MINUTED})
_MOST_SAID = 2  # of what is accepted, and of what is split


def start(ctx: Context) -> Reply:
    return which_meeting(
        ctx,
        states=_STATES,
        actors=CHAIR,
        ask="opinions_seen.ask_which",
        none="opinions_seen.none",
        then=receive_meeting,
    )


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    if isinstance(line, Reply):
        return line
    items = _all(ctx)
    if not items:
        return Reply(text("opinions_seen.no_items"))
    if len(items) == 1:
        ctx.data["item"] = items[0].item_id
        return _tells(ctx)
    options = distinct(
        Option(
            text("opinions_seen.item", title=item.title, people=item.findings.people), str(item.item_id), (item.title,)
        )
        for item in items
    )
    return Reply(text("opinions_seen.ask_item"), options, then=receive_item)


def receive_item(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["item"] = int(ctx.choice)
    return _tells(ctx)


def receive_wish(ctx: Context) -> Reply:
    seen = _one(ctx)
    match ctx.choice:
        case "sentences" if seen is not None:
            lines = [_line(seen, statement) for statement in sorted(seen.sentences)]
            return Reply("\n".join(lines) or text("opinions_seen.no_sentences"))
        case "picture" if seen is not None:
            documents.request_document(
                ctx.session,
                member_id=ctx.person.member_id,
                kind="opinions_chart",
                params={"meeting": ctx.data["meeting"], "item": seen.item_id, "member": ctx.person.member_id},
                name=text("opinions_seen.picture_name", title=seen.title).replace("/", " ") + ".png",
                at=ctx.at,
                rules=ctx.rules,
            )
            return Reply(text("opinions_seen.picture_coming"))
    return again()


def _tells(ctx: Context) -> Reply:
    seen = _one(ctx)
    if seen is None:
        return again()
    waiting = "\n" + text("opinions_seen.waiting", waiting=seen.waiting) if seen.waiting else ""
    if not seen.findings.people:
        return Reply(text("opinions_seen.nobody", title=seen.title) + waiting)
    options = (option("opinions_seen.picture", "picture"), option("opinions_seen.sentences", "sentences"))
    return Reply("\n".join(_sentences(seen)) + waiting, options, then=receive_wish)


def _sentences(seen: Seen) -> list[str]:
    """How many, what is accepted, where it splits."""
    found = seen.findings
    total = found.total.get(ITEM, Count())
    first = text(
        "opinions_seen.counts",
        title=seen.title,
        people=found.people,
        households=seen.households,
        agree=total.agree,
        disagree=total.disagree,
        undecided=total.undecided,
    )
    if found.sizes:
        first += text("opinions_seen.sides", sizes=found.sizes)
    sides = bool(found.sizes)
    accepted = [_quoted(seen, question) for question in found.accepted[:_MOST_SAID]]
    split = [_quoted(seen, question) for question in found.split[:_MOST_SAID]]
    return [
        first,
        text("opinions_seen.accepted", said=accepted, sides=sides)
        if accepted
        else text("opinions_seen.none_accepted", sides=sides),
        text("opinions_seen.split", said=split) if split else text("opinions_seen.none_split"),
    ]


def _quoted(seen: Seen, question: int) -> str:
    if question == ITEM:
        return text("opinions_seen.the_item")
    return text("opinions_seen.quoted", words=seen.sentences[question])


def _line(seen: Seen, statement: int) -> str:
    count = seen.findings.total[statement]
    return text(
        "opinions_seen.line",
        words=seen.sentences[statement],
        agree=count.agree,
        disagree=count.disagree,
        undecided=count.undecided,
    )


def _one(ctx: Context) -> Seen | None:
    return next((seen for seen in _all(ctx) if seen.item_id == ctx.data["item"]), None)


def _all(ctx: Context) -> list[Seen]:
    return list(
        opinion_views.seen_by_convener(
            ctx.session,
            meeting_id=ctx.data["meeting"],
            member_id=ctx.person.member_id,
            at=ctx.at,
            rules=ctx.rules,
        )
    )
