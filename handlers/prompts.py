"""Questions many flows ask, and phrases many sentences use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from typing import Protocol

from sqlalchemy.orm import Session

from handlers import awaited_words, categories, reasons
from handlers.context import Context
from handlers.dates import read_moment
from handlers.messages import Option, Reply, command, unended
from models.issue import Issue
from models.rules.errors import RuleError
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Action, Reason, State
from services import circumstances, following, queries
from services.circumstances import Declined
from services.ledgers import LedgerRow
from services.queries import IssueLine, IssueView
from texts import choice, text
from understanding import CATEGORIES, find_category

Step = Callable[[Context], Reply]

#: Offered when somebody says that the category is wrong.
COMMON = ("lighting", "water", "power", "building", "elevator", "sanitation", "parking", "noise", "property_service")
MOST_CATEGORIES = 9
#: Of issues to choose from; any other is named by its number.
MOST_ISSUES = 9
_ANSWERED = frozenset({State.ANSWERED, State.CLOSED})
#: What was put off is looked at again in the morning of the day.
_MORNING = time(9)
#: Days of review that are offered, as one would write them.
_SPANS = {"month": "1个月后", "quarter": "3个月后", "half_year": "半年后"}
#: Shown at a time where several may be chosen.
_SEVERAL = 7


def option(key: str, value: str) -> Option:
    """An option whose label and synonyms are in the texts."""
    label, also = choice(key)
    return Option(label, value, also)


def start_option(key: str, capability: str, issue_id: int = 0, argument: str = "") -> Option:
    """An option that starts another capability."""
    return option(key, command(capability, issue_id, argument))


def distinct(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options that people named: of those alike each with its number, and no synonym that would mean several."""
    given = tuple(options)
    labels = Counter(each.label for each in given)
    meant = Counter(word for each in given for word in {each.label, *each.also})
    seen: Counter[str] = Counter()
    found = []
    for each in given:
        seen[each.label] += 1
        alike = labels[each.label] > 1
        label = text("common.alike", label=each.label, number=seen[each.label]) if alike else each.label
        found.append(Option(label, each.value, tuple(word for word in each.also if meant[word] == 1)))
    return tuple(found)


def choose_issue(ctx: Context, lines: Sequence[IssueLine], *, ask: str, none: str, then: Step) -> Reply:
    """Which one? With only one there is nothing to ask."""
    if not lines:
        return Reply(text(none))
    if len(lines) == 1:
        ctx.choice = str(lines[0].issue_id)
        return then(ctx)
    options = tuple(Option(title(line), str(line.issue_id), (str(line.short), line.number)) for line in lines)
    return Reply(text(ask), options, then=then, numbered=False)


def which_issue(ctx: Context, action: Action, *, word: str, ask: str, none: str, then: Step) -> Reply:
    """The issue named with the command, or one of those to which this person may do this now.

    ``word``: of the menu, with which any other can be named ("挂账 31").
    """
    if ctx.issue_id:
        return then(ctx)
    lines = queries.issues_that_allow(
        ctx.session, member_id=ctx.person.member_id, action=action, at=ctx.at, limit=MOST_ISSUES + 1
    )
    reply = choose_issue(ctx, lines[:MOST_ISSUES], ask=ask, none=none, then=then)
    if len(lines) <= MOST_ISSUES:
        return reply
    others = text("issues.others", most=MOST_ISSUES, word=choice(word)[0])
    return Reply(reply.text + others, reply.options, then=then, numbered=False)


def which_task(ctx: Context, action: Action, *, ask: str, none: str, then: Step) -> Reply:
    """The issue named with the command, or one that they hold and to which this may be done now."""
    if ctx.issue_id:
        return then(ctx)
    lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=action, at=ctx.at)
    return choose_issue(ctx, lines, ask=ask, none=none, then=then)


def which_answered(ctx: Context, *, ask: str, none: str, then: Step) -> Reply:
    """The issue named with the command, or one of their own that was answered, not long ago or for good."""
    if ctx.issue_id:
        return then(ctx)
    lines = queries.own_issues(
        ctx.session, member_id=ctx.person.member_id, states=_ANSWERED, limit=MOST_ISSUES
    )
    return choose_issue(ctx, lines, ask=ask, none=none, then=then)


def chosen_line(ctx: Context, action: Action) -> IssueLine | None:
    """The issue of the command or the choice, for somebody who may do this to it; it is kept in ``ctx.data``.

    None when something else was said.
    """
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return None
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=action, at=ctx.at
    )
    ctx.data["issue"] = issue_id
    return line


def ask_about_chosen(ctx: Context, action: Action, *, ask: str, then: Step) -> Reply:
    """The question about the issue that was chosen, whose answer goes to ``then``."""
    line = chosen_line(ctx, action)
    if line is None:
        return again()
    return Reply(text(ask, number=line.number, summary=line.summary), then=then)


def written_moment(ctx: Context, *, at: time) -> datetime | Reply:
    """The moment chosen or written; where it is none, or over, the question once more with a hint.

    ``at``: the time of day that is meant where only a day is written.
    """
    moment = read_moment(ctx.choice or ctx.text, now=ctx.at, timezone=ctx.rules.timezone, at=at)
    if moment is None:
        return again("dates.unreadable")
    return moment if moment > ctx.at else again("dates.over")


def reason_options() -> tuple[Option, ...]:
    """Why something cannot be done now."""
    return tuple(option(f"answer.reason_{reason}", reason.value) for reason in Reason)


def review_options(*spans: str) -> tuple[Option, ...]:
    """When it is looked at again; any other day may be written."""
    return tuple(option(f"shelve.{span}", _SPANS[span]) for span in spans)


def day_of_review(ctx: Context) -> datetime | Reply:
    """As :func:`written_moment`."""
    return written_moment(ctx, at=_MORNING)


def page(ctx: Context, options: Sequence[Option], *, most: int) -> tuple[Option, ...]:
    """So many at a time from ``ctx.data["first"]`` on, and a way to the next; after the last come the first again."""
    if ctx.data["first"] >= len(options):
        ctx.data["first"] = 0
    first = ctx.data["first"]
    more = (option("progress.more", "more"),) if len(options) > most else ()
    return (*options[first : first + most], *more)


def several_options(ctx: Context, named: Sequence[tuple[int, str]]) -> tuple[tuple[Option, ...], list[int]]:
    """Some of a list may be chosen, a few being shown at a time: what is shown now, and what was chosen before.

    ``chosen`` and ``first`` of ``ctx.data`` are [] and 0 before; what is said is taken by :func:`take_several`.
    """
    chosen = ctx.data["chosen"]
    options = [
        Option(text("common.chosen", name=name) if one in chosen else name, str(one), (name,)) for one, name in named
    ]
    return (*page(ctx, options, most=_SEVERAL), option("common.enough", "enough")), chosen


def take_several(ctx: Context, *, none: str, more: Step, enough: Step) -> Reply:
    """One is chosen, or taken back, until 好了. ``none``: what is said where nothing was chosen yet."""
    chosen = ctx.data["chosen"]
    match ctx.choice:
        case None:
            return again()
        case "more":
            ctx.data["first"] += _SEVERAL
        case "enough":
            return enough(ctx) if chosen else again(none)
        case one if int(one) in chosen:
            chosen.remove(int(one))
        case one:
            chosen.append(int(one))
    return more(ctx)


def unit_options(units: Iterable[tuple[int, str]], declined: Sequence[Declined]) -> tuple[Option, ...]:
    """Handling units to choose from; who was proposed by those that declined comes first, who declined last."""
    proposed, gave_back = {each.proposed for each in declined}, {each.unit for each in declined}
    ordered = sorted(units, key=lambda unit: (unit[1] not in proposed, unit[1] in gave_back))
    return tuple(Option(name, str(organisation)) for organisation, name in ordered)


def told_of_declines(declined: Sequence[Declined]) -> str:
    """Who gave it back, why, and who should do it instead: a line each."""
    return "".join(
        "\n" + text("decline.told", unit=each.unit, reason=unended(each.reason), proposed=each.proposed)
        for each in declined
    )


def refused(error: RuleError) -> Reply:
    """A refusal that can be put right by answering the open question differently."""
    return Reply(text(f"errors.{error.code}", **error.params), again=True)


class DeedInWords(Protocol):
    """What somebody does to an issue with nothing but a sentence."""

    def __call__(
        self, session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
    ) -> Issue: ...


def do_in_words(ctx: Context, deed: DeedInWords, said: Callable[[Context, Issue], Reply]) -> Reply:
    """Does it to the chosen issue with what was just written; ``said``: what to answer when it is done."""
    if not ctx.text:
        return again("errors.words_needed")
    issue = deed(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return said(ctx, issue)


def reopen(ctx: Context) -> Reply:
    """Opens the issue again for the reason given: who goes on with it; or, the third time, that it is to be talked
    over."""
    return do_in_words(ctx, following.reopen_issue, _reopened)


def _reopened(ctx: Context, issue: Issue) -> Reply:
    facts = {"number": issue.number, "holder": held_by(ctx, issue)}
    if issue.state is State.TO_DELIBERATE:
        return Reply(text("reopen.to_meeting", **facts, level=text(f"words.level_{issue.level}")))
    return Reply(text("reopen.done", **facts))


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


def openers(lines: Sequence[IssueLine | LedgerRow]) -> tuple[Option, ...]:
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


def held_by(ctx: Context, issue: Issue) -> str:
    """Who has it now."""
    role, label = queries.holder_of(ctx.session, issue=issue)
    return text(f"words.holder_{role}", label=label)


def overseen_by(ctx: Context, issue: Issue) -> str:
    """Who is above whoever has it; nothing where nobody is there."""
    above = circumstances.above(ctx.session, issue=issue, at=ctx.at)
    return text(f"words.holder_{above[0]}", label=above[1]) if above else ""


def awaits(ctx: Context, line: IssueLine) -> str:
    """Until when it waits, and for what."""
    return awaited_words.full(line.awaits, now=ctx.at, timezone=ctx.rules.timezone)


def holder(line: IssueLine) -> str:
    return text(f"words.holder_{line.holder_role}", label=line.holder)


def summary_line(ctx: Context, line: IssueLine, *, staff: bool = False) -> str:
    """One issue in a list: number, what, who has it, until when, what happens next."""
    return text(
        "issues.line",
        number=line.number,
        category=categories.label(line.category),
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        holder=holder(line),
        awaits=awaited_words.short(line.awaits, now=ctx.at, timezone=ctx.rules.timezone, staff=staff),
        next=text(f"issues.next_{line.state}", staff=staff, asked=line.asked_id == ctx.person.member_id),
        open=line.state in OPEN,
        urgent=line.urgent,
    )
