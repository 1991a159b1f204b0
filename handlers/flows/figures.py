"""数据: the month's figures of one's own scope, in words, as a picture or a table, and the list behind each.

Every view is an option of the one before and begins anew, so that whatever else is said is not taken for a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers import measures, meeting_measures
from handlers.context import Context
from handlers.messages import Option, Reply, command
from handlers.prompts import start_option
from models.rules.posts import Role
from services import documents, members
from services.figures import (
    OF_FAULTS,
    OF_RAISERS,
    PERCENTILES,
    Asked,
    By,
    Group,
    Kind,
    Line,
    MeetingsBy,
    Month,
    OfMeetings,
    Period,
    behind,
    figure,
    meeting_overview,
    month_of,
    overview,
    scope_of,
)
from texts import choice, text

_MOST_GROUPS = 12
_MOST_LINES = 15
_MOST_OPENERS = 9
_SPOKEN = [kind for kind in Kind if kind is not Kind.HELD and kind not in PERCENTILES]


@dataclass(frozen=True)
class _Seen:
    """What is looked at: whose figures, and of which month."""

    asked: Asked
    period: Period

    @property
    def month(self) -> Month:
        return self.period.first

    def facts(self) -> dict[str, str]:
        return {"where": self.asked.scope.label, "period": measures.period(self.period)}


def start(ctx: Context) -> Reply:
    """``argument``: the month, and what to see of it: "2026-03:by_category"."""
    said, _, view = ctx.argument.partition(":")
    zone = ctx.rules.timezone
    period = Period(Month.read(said) or month_of(ctx.at, zone), zone)
    seen = _Seen(Asked(scope_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at), period), period)
    what, _, which = view.partition("-")
    match what:
        case "by_category" | "by_community" | "by_grid":
            return _groups(ctx, seen, By(what.removeprefix("by_")))
        case "pictures":
            return _pictures(seen)
        case "picture":
            return _picture_of_meetings(ctx, seen) if which == "meetings" else _picture(ctx, seen, _way(which))
        case "lists":
            return _lists(seen)
        case "list":
            return _list(ctx, seen, Kind(which))
        case "table":
            return _table(ctx, seen)
        case "meetings":
            return _meetings(ctx, seen, which)
    return _all(ctx, seen)


def _all(ctx: Context, seen: _Seen) -> Reply:
    return Reply(_words(ctx, seen), (*_views(seen), *_months(ctx, seen, "all")))


def _words(ctx: Context, seen: _Seen) -> str:
    """The month in one message. What is open now is spoken of whenever it was reported."""
    total = overview(ctx.session, seen.asked, at=ctx.at).total
    held = figure(ctx.session, Asked(seen.asked.scope, None), Kind.HELD, at=ctx.at)
    half, most = (total.figures[kind] for kind in PERCENTILES)
    shown = [total.figures[kind] for kind in _SPOKEN]
    said = text(
        "figures.message",
        **seen.facts(),
        reported=total.reported,
        answered=total.answered,
        open=total.open,
        held={"of": held.denominator, "counted": measures.plain(held.numerator), "value": measures.value(held)},
        lines=[measures.line(share) for share in shown],
        took={"half": measures.value(half), "most": measures.value(most), "of": half.denominator}
        if half.denominator
        else None,
        gaps=any(not share.denominator for share in shown),
    )
    return said.rstrip()


def _groups(ctx: Context, seen: _Seen, by: By) -> Reply:
    view = f"by_{by}"
    return Reply(_by(ctx, seen, by), (_view(seen, "all"), *_views(seen, but=view), *_months(ctx, seen, view)))


def _by(ctx: Context, seen: _Seen, by: By) -> str:
    groups = [group for group in overview(ctx.session, seen.asked, by=by, at=ctx.at).groups if group.reported]
    if not groups:
        return text("figures.groups_none", **seen.facts())
    shown = groups if len(groups) <= _MOST_GROUPS else groups[: _MOST_GROUPS - 1]
    lines = [_group(group, by) for group in shown]
    if rest := groups[len(shown) :]:
        count = sum(group.reported for group in rest)
        lines.append(text("figures.groups_rest", groups=len(rest), reported=count))
    return text("figures.groups", **seen.facts(), how=_label(f"by_{by}"), lines=lines).rstrip()


def _group(group: Group, by: By) -> str:
    content = group.figures[Kind.CONTENT]
    return text(
        "figures.group",
        name=measures.group(group, by),
        reported=group.reported,
        open=group.open,
        on_time=measures.parts(group.figures[Kind.ON_TIME]),
        content=measures.value(content) if content.denominator else "",
    )


def _pictures(seen: _Seen) -> Reply:
    ways = [None, By.CATEGORY, *([seen.asked.scope.parts] if seen.asked.scope.parts else []), By.MONTH]
    options = tuple(
        start_option(f"figures.picture_{by or 'rates'}", "figures", argument=f"{seen.month}:picture-{by or ''}")
        for by in ways
    )
    return Reply(text("figures.ask_picture", **seen.facts()), (*options, _picture_view(seen)))


def _picture(ctx: Context, seen: _Seen, by: By | None) -> Reply:
    """The numbers are said at once, whatever becomes of the picture."""
    picture = _label(f"picture_{by or 'rates'}")
    _request(ctx, seen, "chart", text("figures.file_picture", picture=picture, **seen.facts()), by=by or "")
    words = _by(ctx, seen, by) if by in (By.CATEGORY, By.GRID, By.COMMUNITY) else _words(ctx, seen)
    offers = (*_views(seen, but="pictures"), *_months(ctx, seen, "pictures"))
    return Reply(text("figures.picture_asked", words=words), offers)


def _way(which: str) -> By | None:
    return By(which) if which else None


def _picture_of_meetings(ctx: Context, seen: _Seen) -> Reply:
    picture = _label("picture_meetings")
    _request(ctx, seen, "chart", text("figures.file_picture", picture=picture, **seen.facts()), by="meetings")
    found = meeting_overview(ctx.session, seen.asked, at=ctx.at, rules=ctx.rules)
    words = meeting_measures.month_said(found, **seen.facts())
    offers = (_meetings_view(seen), _view(seen, "all"), *_months(ctx, seen, "pictures"))
    return Reply(text("figures.picture_asked", words=words), offers)


def _table(ctx: Context, seen: _Seen) -> Reply:
    _request(ctx, seen, "figures", text("figures.file_table", **seen.facts()))
    return Reply(text("figures.table_asked"), (*_views(seen, but="table"), *_months(ctx, seen, "table")))


def _request(ctx: Context, seen: _Seen, kind: str, name: str, **params: str) -> None:
    """The figures are those of the scope that the member has when it is made."""
    documents.request_document(
        ctx.session,
        member_id=ctx.person.member_id,
        kind=kind,
        params={"member": ctx.person.member_id, "month": str(seen.month), **params},
        name=name.replace("/", "").replace("\\", ""),
        at=ctx.at,
        rules=ctx.rules,
    )


def _lists(seen: _Seen) -> Reply:
    options = tuple(
        Option(measures.name(kind), command("figures", 0, f"{seen.month}:list-{kind}")) for kind in Kind
    )
    return Reply(text("figures.ask_list", **seen.facts()), options)


def _list(ctx: Context, seen: _Seen, kind: Kind) -> Reply:
    """What keeps the figure from being as good as it can be, by number. 着落率 is of all that is open now."""
    asked = replace(seen.asked, period=None) if kind is Kind.HELD else seen.asked
    facts = seen.facts() | ({"period": text("figures.now")} if kind is Kind.HELD else {})
    whole = figure(ctx.session, asked, kind, at=ctx.at)
    amiss = [line for line in behind(ctx.session, asked, kind, at=ctx.at) if line.amiss]
    how = "faults" if kind in OF_FAULTS else "slow" if kind in PERCENTILES else "missing"
    said = text(
        "figures.list",
        **facts,
        name=measures.name(kind),
        value=measures.value(whole),
        parts=measures.parts(whole),
        about=text(f"figures.about_{kind}"),
        of=whole.denominator,
        heading=text(f"figures.list_{how}", count=len(amiss), people=kind in OF_RAISERS),
        fine=text(f"figures.list_none_{how}"),
        lines=[_line(line, kind) for line in amiss[:_MOST_LINES]],
        more=max(0, len(amiss) - _MOST_LINES),
    )
    offers = (_view(seen, "lists"), _view(seen, "all"), *_months(ctx, seen, f"list-{kind}"))
    return Reply(said.rstrip(), (*_openers(ctx, amiss), *offers), numbered=False)


def _meetings(ctx: Context, seen: _Seen, which: str) -> Reply:
    """``which``: "" for all figures, "by_series" for its groups, else the figure whose list is wanted."""
    by = MeetingsBy(which.removeprefix("by_")) if which.startswith("by_") else None
    found = meeting_overview(ctx.session, seen.asked, by=by, at=ctx.at, rules=ctx.rules)
    facts = seen.facts()
    if by is not None:
        said = meeting_measures.groups_said(found, by, **facts)
    elif which:
        said = meeting_measures.list_said(found, OfMeetings(which), **facts)
    else:
        said = meeting_measures.month_said(found, **facts)
    ways = [MeetingsBy.SERIES, MeetingsBy.LEVEL, *([MeetingsBy.COMMUNITY] if _is_of_several(seen) else [])]
    views = [
        start_option(f"meeting_figures.by_{way}", "figures", argument=f"{seen.month}:meetings-by_{way}")
        for way in ways
        if way is not by
    ]
    lists = [
        Option(meeting_measures.name(kind), command("figures", 0, f"{seen.month}:meetings-{kind}"))
        for kind in OfMeetings
        if kind.value != which
    ]
    own = [_meetings_view(seen)] if which else []
    offers = (*own, *views, *lists, _picture_view(seen), _view(seen, "table"), _view(seen, "all"))
    return Reply(said, (*offers, *_months(ctx, seen, f"meetings-{which}".removesuffix("-"))))


def _is_of_several(seen: _Seen) -> bool:
    return seen.asked.scope.parts is By.COMMUNITY


def _meetings_view(seen: _Seen) -> Option:
    return start_option("meeting_figures.meetings", "figures", argument=f"{seen.month}:meetings")


def _picture_view(seen: _Seen) -> Option:
    return start_option("figures.picture_meetings", "figures", argument=f"{seen.month}:picture-meetings")


def _line(line: Line, kind: Kind) -> str:
    return text(
        "figures.list_line",
        number=line.number,
        place=line.place,
        summary=line.summary,
        of=line.of if kind in OF_RAISERS and (line.of > 1 or line.counted) else 0,
        counted=measures.plain(line.counted),
        took=measures.duration(line.took) if line.took is not None else "",
    )


def _openers(ctx: Context, lines: Sequence[Line]) -> tuple[Option, ...]:
    """An administrator sees how many there are, but not what people wrote."""
    posts = members.posts_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    if {post.role for post in posts} == {Role.ADMINISTRATOR}:
        return ()
    return tuple(
        Option(
            text("issues.opener", short=line.short, summary=line.summary),
            command("progress", line.issue_id),
            (str(line.short), line.number),
        )
        for line in lines[:_MOST_OPENERS]
    )


def _views(seen: _Seen, *, but: str = "") -> tuple[Option, ...]:
    parts = seen.asked.scope.parts
    views = ["by_category", *([f"by_{parts}"] if parts else []), "pictures", "lists", "table"]
    return (*(_view(seen, view) for view in views if view != but), _meetings_view(seen))


def _view(seen: _Seen, view: str) -> Option:
    return start_option(f"figures.{view}", "figures", argument=f"{seen.month}:{view}")


def _months(ctx: Context, seen: _Seen, view: str) -> tuple[Option, ...]:
    """The same of another month."""
    now = month_of(ctx.at, ctx.rules.timezone)
    earlier = "earlier" if seen.month == now else "earlier_still"
    before = start_option(f"figures.{earlier}", "figures", argument=f"{seen.month.plus(-1)}:{view}")
    if seen.month == now:
        return (before,)
    return before, start_option("figures.this_month", "figures", argument=f"{now}:{view}")


def _label(key: str) -> str:
    return choice(f"figures.{key}")[0]
