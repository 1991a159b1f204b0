"""A rehearsed quarter of meetings at the three levels: every step on its day, none twice, none on a holiday, and the
audit clean whenever anything happened. ``python -m bench council --long`` is the year of a hundred series."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.council_year import Rehearsal, Size, Year
from bot.cli_rehearse import hurry
from bot.rehearsal.timetable import Kept, timetable_kept
from models.base import insert_row, update_row
from models.meeting import Meeting, MeetingEntry, MeetingSeries
from models.rules.meeting_workflow import MeetingAction
from services.figures import Asked, Month, OfMeetings, Period, Scope, meeting_overview
from tests.database import fresh_database, opened

_QUARTER = Size(communities=1, series=3, months=3, every=True)


@pytest.fixture(scope="module")
def rehearsed() -> tuple[Year, Kept, list[str]]:
    """A year, what the check says of it once a step is told twice and a meeting moved, and its figures."""
    with fresh_database("sqlite") as url, opened(url) as database:
        hurry(database)
        with Session(database.engine, expire_on_commit=False) as session:
            rehearsal = Rehearsal(session, _QUARTER, tell=lambda line: None)
            year = rehearsal.run()
            levels = sorted(level.value for level in session.scalars(select(MeetingSeries.level)))
            asked = Asked(Scope(None), Period(Month(2026, 1), "Asia/Shanghai", 3))
            total = meeting_overview(session, asked, at=rehearsal.council.now, rules=rehearsal.rules).total
            figures = [kind.value for kind in OfMeetings if total.figures[kind].denominator]
            spoiled = _spoiled(session, rehearsal)
    return year, spoiled, [*levels, *figures]


def _spoiled(session: Session, rehearsal: Rehearsal) -> Kept:
    drafted = session.scalars(select(MeetingEntry).where(MeetingEntry.action == MeetingAction.DRAFT)).first()
    assert drafted is not None
    twice = {"meeting_id": drafted.meeting_id, "action": drafted.action, "from_state": drafted.from_state}
    at = drafted.at + timedelta(hours=1)
    insert_row(session, MeetingEntry, **twice, to_state=drafted.to_state, actor_id=None, note="", at=at)
    last = session.scalars(select(Meeting.id).order_by(Meeting.meets_at.desc())).first()
    assert last is not None
    day = session.get_one(Meeting, last).meets_at.replace(month=5, day=1)
    update_row(session, Meeting, last, meets_at=day)
    session.expire_all()
    tick = timedelta(minutes=30)
    now = rehearsal.council.now
    return timetable_kept(session, until=now, rules=rehearsal.rules, tick=tick)


def test_every_step_comes_on_its_day_and_none_twice(rehearsed: tuple[Year, Kept, list[str]]) -> None:
    year = rehearsed[0]
    assert year.kept.wrong == []
    assert year.kept.steps > 50
    assert year.kept.moved >= 1


def test_the_audit_is_clean_whenever_anything_happened(rehearsed: tuple[Year, Kept, list[str]]) -> None:
    year = rehearsed[0]
    assert dict(year.breaches) == {}
    assert year.audits > 50


def test_meetings_of_all_levels_were_held_and_led_to_figures(rehearsed: tuple[Year, Kept, list[str]]) -> None:
    moves = rehearsed[0].council.moves
    assert {"meeting publish", "meeting open_check_in", "resolution enter_force"} <= set(moves)
    assert rehearsed[2][:3] == ["community", "compound", "corridor"]
    assert {"listed", "decided", "published", "attended", "decided_half"} <= set(rehearsed[2])


@pytest.mark.parametrize(
    "says", [lambda wrong: "draft 2 times" in wrong, lambda wrong: "stands on a holiday" in wrong]
)
def test_what_happens_twice_or_on_a_holiday_is_noticed(
    rehearsed: tuple[Year, Kept, list[str]], says: Callable[[str], bool]
) -> None:
    assert any(says(wrong) for wrong in rehearsed[1].wrong)
