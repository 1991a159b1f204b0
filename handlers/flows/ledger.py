"""台账: what is open, overdue, waiting, shelved… in one's own scope; by community, grid and holder; as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers import awaited_words, categories
from handlers.context import Context
from handlers.dates import day, day_and_time, local, until
from handlers.messages import Option, Reply
from handlers.prompts import again, openers, option
from models.rules.posts import Role
from services import documents, ledgers
from services.ledgers import LedgerRow, Mark, Part, PartKind, Reach, Share
from services.standing import Ledger
from texts import choice, text

LINES = 9  # of one message

_BELOW_ROLE = (
    (Role.STREET, (PartKind.COMMUNITY,)),
    (Role.COMMUNITY, (PartKind.GRID, PartKind.HOLDER)),
    (Role.SECRETARY, (PartKind.HOLDER,)),
)
_BELOW_PART = {PartKind.COMMUNITY: (PartKind.GRID, PartKind.HOLDER), PartKind.GRID: (PartKind.HOLDER,)}


def start(ctx: Context) -> Reply:
    if ctx.argument in list(Ledger):
        ctx.data["ledger"] = ctx.argument
        return _page(ctx)
    return _counts(ctx)


def receive_ledger(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "table":
        return _table(ctx, list(Ledger))
    if ctx.choice in list(PartKind):
        ctx.data |= {"by": ctx.choice, "from": 0}
        return _shares(ctx)
    ctx.data |= {"ledger": ctx.choice, "after": None}
    return _page(ctx)


def receive_page(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    return _table(ctx, [Ledger(ctx.data["ledger"])]) if ctx.choice == "table" else _page(ctx)


def receive_part(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "next":
        ctx.data["from"] += LINES
        return _shares(ctx)
    number, label = ctx.choice.split(":", 1)
    ctx.data["part"] = [ctx.data["by"], int(number), label]
    return _counts(ctx)


def line(row: LedgerRow, ledger: Ledger, *, at: datetime, timezone: str) -> str:
    """One issue of a ledger, with what matters there."""
    mark = text("ledger.estimated") if row.estimated else ""
    detail = text(
        f"ledger.detail_{ledger}",
        state=text(f"words.state_{row.state}"),
        holder=holder(row),
        due=until(row.landing_due, timezone, now=at) + mark,
        awaits=awaited_words.of_meeting(row.awaits, now=at, timezone=timezone, form="short"),
        days=(at - row.landing_due).days,
        first_answer_due=day_and_time(row.first_answer_due, timezone),
        review=day(row.review_at, timezone) if row.review_at else "",
        reason=text(f"words.reason_{row.reason}") if row.reason else "",
        words=row.words,
        declines=row.declines,
        reopenings=row.reopenings,
        unreached=row.unreached,
    )
    return text(
        "ledger.line",
        number=row.number,
        category=categories.label(row.category),
        urgent=row.urgent,
        place=row.place,
        summary=row.summary,
        detail=detail,
    )


def holder(row: LedgerRow | Share) -> str:
    """Who has it, in words."""
    if isinstance(row, LedgerRow):
        return text(f"words.holder_{row.holder_role}", label=row.holder)
    return text(f"words.holder_{row.role}", label=row.label) if row.role else row.label


def _counts(ctx: Context) -> Reply:
    reach, part = _reach(ctx), _part(ctx)
    found = ledgers.counts(ctx.session, reach=reach, part=part, at=ctx.at, rules=ctx.rules)
    there = [ledger for ledger, count in found.items() if count]
    if not there:
        return Reply(text("ledger.none"))
    lines = [text("ledger.count", name=_name(ledger), count=found[ledger]) for ledger in there]
    options = (
        *(option(f"ledger.name_{ledger}", ledger.value) for ledger in there),
        *(option(f"ledger.by_{kind}", kind.value) for kind in _below(reach, part)),
        option("ledger.table", "table"),
    )
    return Reply(text("ledger.counts", of=_of(ctx), lines=lines), options, then=receive_ledger)


def _page(ctx: Context) -> Reply:
    """The lines after those that were shown; a number opens an issue."""
    ledger = Ledger(ctx.data["ledger"])
    got = ledgers.page(
        ctx.session,
        ledger=ledger,
        reach=_reach(ctx),
        part=_part(ctx),
        after=_mark(ctx),
        at=ctx.at,
        rules=ctx.rules,
        limit=LINES,
    )
    if not got.rows:
        return Reply(text("ledger.gone"))
    ctx.data["after"] = [got.after.order.isoformat(), got.after.issue_id] if got.after else None
    body = text(
        "ledger.page",
        of=_of(ctx),
        name=_name(ledger),
        lines=[line(row, ledger, at=ctx.at, timezone=ctx.rules.timezone) for row in got.rows],
        example=got.rows[0].short,
        more=got.after is not None,
    )
    more = (option("ledger.next", "next"),) if got.after else ()
    options = (*openers(got.rows), *more, option("ledger.table", "table"))
    return Reply(body, options, then=receive_page, numbered=False)


def _shares(ctx: Context) -> Reply:
    by, begin = PartKind(ctx.data["by"]), ctx.data["from"]
    found = ledgers.shares(ctx.session, reach=_reach(ctx), part=_part(ctx), by=by, at=ctx.at, rules=ctx.rules)
    shown = found[begin : begin + LINES]
    if not shown:
        return Reply(text("ledger.gone"))
    lines = [text("ledger.share", label=holder(s), open=s.open, overdue=s.overdue) for s in shown]
    options = tuple(Option(holder(s), f"{s.part.id}:{holder(s)}") for s in shown)
    more = (option("ledger.next", "next"),) if len(found) > begin + LINES else ()
    return Reply(text("ledger.shares", of=_of(ctx), lines=lines), (*options, *more), then=receive_part)


def _table(ctx: Context, which: Sequence[Ledger]) -> Reply:
    """It is made soon, with what this person may see then."""
    name = _name(which[0]) if len(which) == 1 else ""
    today = f"{local(ctx.at, ctx.rules.timezone):%Y-%m-%d}"
    asked = documents.request_document(
        ctx.session,
        member_id=ctx.person.member_id,
        kind="ledger",
        params={
            "member": ctx.person.member_id,
            "ledgers": [ledger.value for ledger in which],
            "part": ctx.data["part"][:2] if ctx.data.get("part") else None,
        },
        name=text("ledger.file_name", of=_of(ctx), name=name, day=today),
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("ledger.table_again" if asked.ready else "ledger.table_asked"))


def _reach(ctx: Context) -> Reach:
    return ledgers.reach_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)


def _part(ctx: Context) -> Part | None:
    part = ctx.data.get("part")
    return Part(PartKind(part[0]), part[1]) if part else None


def _mark(ctx: Context) -> Mark | None:
    after = ctx.data.get("after")
    return Mark(datetime.fromisoformat(after[0]), after[1]) if after else None


def _of(ctx: Context) -> str:
    part = ctx.data.get("part")
    return text("ledger.of_part", part=part[2]) if part else ""


def _name(ledger: Ledger) -> str:
    return choice(f"ledger.name_{ledger}")[0]


def _below(reach: Reach, part: Part | None) -> tuple[PartKind, ...]:
    """What a view can be divided into: by the widest post, or by what was chosen already."""
    if part is not None:
        return _BELOW_PART.get(part.kind, ())
    roles = {post.role for post in reach.posts or ()}
    return next((kinds for role, kinds in _BELOW_ROLE if role in roles), ())
