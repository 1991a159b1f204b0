"""清账: what is overdue goes to its holder and to the rung above, one notice a person, with one tap to act.

Raisers hear nothing of it: that their matter is still worked on, or climbs, they are told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.dialect import insert_ignore
from models.due import Due
from models.issue import Issue
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action
from services import ledgers, notices, timetable
from services.ladder import post_above
from services.ledgers import EVERYTHING, LedgerRow, Part, PartKind, Reach
from services.members import holders_of
from services.standing import Ledger

#: Issues named in one notice; of the rest it says how many they are.
SHOWN = 9

_ANSWERABLE = frozenset().union(*(row.sources for row in ISSUE_WORKFLOW if row.action is Action.ANSWER))
_MONDAY_TO_FRIDAY = 5


@dataclass(frozen=True)
class Cleared:
    """``overdue``: issues that are. ``issues``: of them told now; ``people``: to how many others. ``told_before``: the
    rest was told earlier on the day, else there is nobody to tell. ``own``: what whoever asked for it is told, as the
    params of the notice; None where that is nothing."""

    overdue: int
    issues: int
    people: int
    told_before: bool
    own: dict[str, Any] | None


def clear(
    session: Session,
    *,
    reach: Reach,
    at: datetime,
    rules: HouseRules,
    part: Part | None = None,
    actor_id: int | None = None,
) -> Cleared:
    """Tell whoever holds what is overdue, and the rung above. Nobody hears of the same issue twice on one day."""
    day = _day(at, rules).isoformat()
    rows = list(ledgers.read(session, ledger=Ledger.OVERDUE, reach=reach, part=part, at=at, rules=rules))
    people = _People(session, at)
    told: dict[int, list[dict[str, Any]]] = {}
    told_before = False
    for row in rows:
        for member, above in people.of(row).items():
            if _first_today(session, issue_id=row.issue_id, member_id=member, day=day, at=at):
                told.setdefault(member, []).append(_line(row, above=above, at=at, rules=rules))
            else:
                told_before = True
    own: dict[str, Any] | None = None
    for member, lines in told.items():
        params = _params(lines)
        own = params if member == actor_id else own
        key = f"clearing:{day}:{lines[0]['issue']}"
        notices.owe(
            session, members=[member], kind="clearing", params=params, key=key, at=at, rules=rules, shown_to=actor_id
        )
    issues = {line["issue"] for lines in told.values() for line in lines}
    return Cleared(len(rows), len(issues), len(told.keys() - {actor_id}), told_before, own)


def clear_community(session: Session, *, community_id: int, at: datetime, rules: HouseRules) -> Cleared:
    return clear(session, reach=EVERYTHING, part=Part(PartKind.COMMUNITY, community_id), at=at, rules=rules)


def owe_clearings(session: Session, *, day: date, at: datetime, rules: HouseRules) -> int:
    """On the first working day of a week: one act for each community that has anything overdue, so that none waits for
    another. Returns how many."""
    if not is_day_of_clearing(day, rules):
        return 0
    communities = ledgers.communities_with(session, ledger=Ledger.OVERDUE, at=at, rules=rules)
    return sum(
        timetable.owe(session, kind="clear_community", subject=str(community), slot=day.isoformat(), due_at=at)
        for community in communities
    )


def is_day_of_clearing(day: date, rules: HouseRules) -> bool:
    """Monday, or the first day after it on which people work. Worked weekends are too near to the next Monday."""
    before = [day - timedelta(days=back) for back in range(1, day.weekday() + 1)]
    if day.weekday() >= _MONDAY_TO_FRIDAY or any(map(rules.calendar.is_workday, before)):
        return False
    return rules.calendar.is_workday(day)


class _People:
    """Who holds an issue, and who is above them; each post and each holder is looked up once."""

    def __init__(self, session: Session, at: datetime) -> None:
        self._session = session
        self._at = at
        self._members: dict[int, Sequence[int]] = {}
        self._above: dict[tuple[Any, ...], int | None] = {}

    def of(self, row: LedgerRow) -> dict[int, bool]:
        """Each member with whether they are above; who is both is the holder."""
        above = dict.fromkeys(self._on(self._post_above(row)), True)
        return dict(sorted((above | dict.fromkeys(self._on(row.holder_id), False)).items()))

    def _on(self, post: int | None) -> Sequence[int]:
        if post is None:
            return ()
        if post not in self._members:
            self._members[post] = holders_of(self._session, post_id=post, at=self._at)
        return self._members[post]

    def _post_above(self, row: LedgerRow) -> int | None:
        key = (row.community_id, row.grid_id, row.holder_id, row.rung)
        if key not in self._above:
            issue = self._session.get_one(Issue, row.issue_id)
            self._above[key] = post_above(self._session, issue=issue, at=self._at)
        return self._above[key]


def _first_today(session: Session, *, issue_id: int, member_id: int, day: str, at: datetime) -> bool:
    told = {"kind": "clearing_told", "subject": f"{issue_id}:{member_id}", "slot": day, "due_at": at, "done_at": at}
    return insert_ignore(session, Due, told, conflict=("kind", "subject", "slot"))


def _line(row: LedgerRow, *, above: bool, at: datetime, rules: HouseRules) -> dict[str, Any]:
    return {
        "issue": row.issue_id,
        "short": row.short,
        "summary": row.summary,
        "place": row.place,
        "urgent": row.urgent,
        "days": (at - row.landing_due).days,
        "above": above,
        "answerable": row.state in _ANSWERABLE,
        "role": row.holder_role.value,
        "holder": row.holder,
        "awaits": row.awaits.to_json(rules),
    }


def _params(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The urgent first, then as they came: the longest overdue first."""
    pressing = sorted(lines, key=lambda line: not line["urgent"])
    return {"lines": pressing[:SHOWN], "count": len(lines), "rest": max(0, len(lines) - SHOWN)}


def _day(at: datetime, rules: HouseRules) -> date:
    return at.astimezone(ZoneInfo(rules.timezone)).date()
