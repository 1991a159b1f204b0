"""``zhuoluo figures --meetings``: the figures of deliberation meetings, and the list behind each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.errors import Unusable
from bot.json_lines import printable
from handlers import measures, meeting_measures
from services.figures import Asked, MeetingGroup, MeetingOverview, MeetingsBy, OfMeetings, meeting_overview
from texts import text

if TYPE_CHECKING:
    from rich.table import Table
    from sqlalchemy.orm import Session

    from models.rules.house import HouseRules


def show_meetings(
    session: Session, asked: Asked, *, by: str, behind: str, at: datetime, rules: HouseRules
) -> None:
    """``by``, ``behind``: as they were typed; "": all in total."""
    divided, kind = _by(by) if by else None, _kind(behind) if behind else None
    found = meeting_overview(session, asked, by=divided, at=at, rules=rules)
    where = asked.scope.label or text("figures.everywhere")
    period = measures.period(asked.period) if asked.period else ""
    counts = {"meetings": found.total.meetings, "households": found.total.households}
    print(text("meeting_figures.cli_title", where=where, period=period, **counts))
    if kind is not None:
        _list(found, kind)
    elif divided is not None:
        _groups(found, divided)
    else:
        _all(found.total)


def _by(said: str) -> MeetingsBy:
    for each in MeetingsBy:
        if said.strip() in (each.value, text(f"meeting_figures.head_{each}")):
            return each
    raise _unknown("by", said, [each.value for each in MeetingsBy])


def _kind(said: str) -> OfMeetings:
    for kind in OfMeetings:
        if said.strip() in (meeting_measures.name(kind), kind.value):
            return kind
    raise _unknown("figure", said, [meeting_measures.name(kind) for kind in OfMeetings])


def _unknown(what: str, said: str, offers: Sequence[str]) -> Unusable:
    shown = "、".join(offers)
    return Unusable(text("figures.cli_unknown", what=text(f"figures.head_{what}"), said=printable(said), offers=shown))


def _all(total: MeetingGroup) -> None:
    heads = [text(f"figures.head_{name}") for name in ("figure", "value", "parts", "about")]
    rows = [
        [meeting_measures.name(kind), meeting_measures.value(each), meeting_measures.parts(each),
         meeting_measures.about(kind)]
        for kind, each in total.figures.items()
    ]  # fmt: skip
    _print(heads, rows)


def _groups(found: MeetingOverview, by: MeetingsBy) -> None:
    counts = [text(f"meeting_figures.head_{name}") for name in (by.value, "meetings", "households")]
    heads = [*counts, *(meeting_measures.name(kind) for kind in OfMeetings)]
    rows = []
    for each in (*found.groups, found.total):
        name = text("figures.head_total") if each is found.total else meeting_measures.group(each, by)
        cells = [f"{meeting_measures.value(f)}\n{meeting_measures.parts(f)}" for f in each.figures.values()]
        rows.append([name, str(each.meetings), str(each.households), *cells])
    _print(heads, rows)


def _list(found: MeetingOverview, kind: OfMeetings) -> None:
    whole = found.total.figures[kind]
    facts = {"name": meeting_measures.name(kind), "value": meeting_measures.value(whole)}
    about = meeting_measures.about(kind)
    print(text("meeting_figures.cli_list", parts=meeting_measures.parts(whole), about=about, **facts))
    lines = found.behind(kind)
    if not lines:
        print(text("figures.cli_list_empty"))
        return
    heads = [text("meeting_figures.head_what"), text("meeting_figures.head_series"), text("figures.head_parts"),
             text("figures.head_took")]  # fmt: skip
    rows = [
        [line.what, line.where, text("figures.parts", counted=line.counted, of=line.of),
         measures.duration(line.took) if line.took is not None else ""]
        for line in lines
    ]  # fmt: skip
    _print(heads, rows)


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table: Table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(map(printable, cell.splitlines()))) for cell in row))
    Console().print(table)
