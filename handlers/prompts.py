"""Questions many flows ask, and phrases many sentences use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from handlers import categories, reasons
from handlers.context import Context
from handlers.dates import until
from handlers.messages import Option, Reply, command
from models.rules.issue_workflow import OPEN, State
from services import queries
from services.queries import IssueLine, IssueView
from texts import choice, text
from understanding import CATEGORIES, find_category

Step = Callable[[Context], Reply]

#: Offered when somebody says that the category is wrong.
COMMON = ("lighting", "water", "power", "building", "elevator", "sanitation", "parking", "noise", "property_service")
MOST_CATEGORIES = 9


def option(key: str, value: str) -> Option:
    """An option whose label and synonyms are in the texts."""
    label, also = choice(key)
    return Option(label, value, also)


def start_option(key: str, capability: str, issue_id: int = 0, argument: str = "") -> Option:
    """An option that starts another capability."""
    return option(key, command(capability, issue_id, argument))


def choose_issue(ctx: Context, lines: Sequence[IssueLine], *, ask: str, none: str, then: Step) -> Reply:
    """Which one? With only one there is nothing to ask."""
    if not lines:
        return Reply(text(none))
    if len(lines) == 1:
        ctx.choice = str(lines[0].issue_id)
        return then(ctx)
    options = tuple(Option(title(line), str(line.issue_id), (str(line.short), line.number)) for line in lines)
    return Reply(text(ask), options, then=then, numbered=False)


def ask_category(
    now: str, *, then: Step, first: Iterable[str] = (), unknown: bool = False
) -> Reply:
    """Which category instead of the one it has: the likely ones first, then the common ones; any other may be typed."""
    if unknown:
        return Reply(
            text("report.category_unknown", all="、".join(categories.label(key) for key in CATEGORIES)), then=then
        )
    keys = [key for key in dict.fromkeys((*first, *COMMON)) if key != now][:MOST_CATEGORIES]
    return Reply(text("report.ask_category"), tuple(Option(categories.label(k), k) for k in keys), then=then)


def named_category(ctx: Context) -> str | None:
    """The category chosen or written: one of ours, or a label of the community's own model, exactly."""
    own = ctx.house.model.labels if ctx.house.model else ()
    return ctx.choice or find_category(ctx.text) or next((label for label in own if label == ctx.text.strip()), None)


def why(view: IssueView) -> str:
    line = view.line
    return reasons.why(
        view.grounds,
        category=line.category,
        place=line.place,
        holder_role=line.holder_role,
        holder=line.holder,
        recurs=view.recurs,
    )


def openers(lines: Sequence[IssueLine]) -> tuple[Option, ...]:
    """Under a list of issues: each opens by its number."""
    return tuple(
        Option(
            text("issues.opener", short=line.short, summary=line.summary),
            command("progress", line.issue_id),
            (str(line.short), line.number),
        )
        for line in lines
    )


def at_the_door(ctx: Context, issue_id: int) -> str:
    """Whom no message reaches; the steward tells them."""
    names = queries.without_account(ctx.session, issue_id=issue_id)
    return "\n" + text("resolve.at_the_door", names="、".join(names)) if names else ""


def chosen_issue(ctx: Context) -> int | None:
    """The issue of the command or the choice; None when something else was said."""
    if ctx.issue_id:
        return ctx.issue_id
    return int(ctx.choice) if ctx.choice and ctx.choice.isdecimal() else None


def again(key: str = "common.choose_one") -> Reply:
    """Ask the open question once more, with a hint."""
    return Reply(text(key), again=True)


def title(line: IssueLine) -> str:
    """31 楼道灯坏了 · 西苑小区3号楼2单元"""
    return text("issues.title", short=line.short, summary=line.summary, place=line.place)


def holder(line: IssueLine) -> str:
    return text(f"words.holder_{line.holder_role}", label=line.holder)


def summary_line(ctx: Context, line: IssueLine, *, staff: bool = False) -> str:
    """One issue in a list: number, what, who has it, until when, what happens next."""
    zone = ctx.rules.timezone
    return text(
        "issues.line",
        number=line.number,
        category=categories.label(line.category),
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        holder=holder(line),
        due=until(line.first_answer_due if line.state is State.RECEIVED else line.landing_due, zone, now=ctx.at),
        next=text(f"issues.next_{line.state}", staff=staff),
        open=line.state in OPEN,
        urgent=line.urgent,
    )
