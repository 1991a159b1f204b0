"""What is due, or of one meeting, is found by an index on either database, never by reading through all there ever
was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from bot.database import Database
from models.ballot import Ballot, BallotPaper, Vote
from models.base import Base
from models.due import Due
from models.issue import HistoryEntry, Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingEntry, MeetingInvitation
from models.notice import Notice
from models.opinion import Opinion
from models.report import Report
from models.resolution import Objection, Resolution, ResolutionEntry
from models.rules.house import HouseRules
from models.rules.meeting_workflow import COMING as COMING_STATES
from models.rules.meeting_workflow import MeetingActor, MeetingState
from services import timetable
from services.audit import checks
from services.audit.acts import undone
from services.figures import Asked, MeetingsBy, Month, Period, Scope, meeting_overview
from services.meetings import ballot_views, voting
from services.meetings import steps as meeting_steps
from services.meetings.agenda import agenda_of, draft_agenda
from services.meetings.candidates import collect_candidates
from services.meetings.lists import own_meetings
from services.meetings.moves import lock_meeting
from services.meetings.queries import meetings_for
from services.meetings.resolutions import clocks as resolution_clocks
from services.meetings.resolutions import queries as resolution_queries
from tests.database import KINDS, fresh_database, missing, opened, required
from tests.services.meetings_town import DUE, OPEN_BALLOT, PAST, SEATS, MeetingsTown
from tests.statements import read_whole, statements

AT = datetime(2026, 3, 3, 4, tzinfo=UTC)
RULES = HouseRules()
#: Tables that grow with every month.
GROWING: tuple[type[Base], ...] = (
    AgendaIssue, AgendaItem, Ballot, BallotPaper, Due, HistoryEntry, Issue, Meeting, MeetingEntry, MeetingInvitation,
    Notice, Objection, Opinion, Report, Resolution, ResolutionEntry, Vote,
)  # fmt: skip
PLANNED, COMING = PAST + 1, PAST + 2  # meetings: one whose items are to be collected, one that is called
SECRETARY = 3 * 2 - 1  # of its community
OF_MEETINGS = 9  # the first of the audit's invariants that is about meetings


@pytest.fixture(scope="module", params=KINDS)
def town(request: pytest.FixtureRequest) -> Iterator[Database]:
    if reason := missing(request.param):
        (pytest.fail if required(request.param) else pytest.skip)(reason)
    with fresh_database(request.param) as url, opened(url) as database:
        MeetingsTown(database, at=AT)
        yield database


@pytest.fixture
def stored(town: Database) -> Iterator[Session]:
    """PostgreSQL would rather read a small table through than look its rows up, so here it may not where it can."""
    with Session(town.engine, expire_on_commit=False) as session:
        if town.dialect == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_hashjoin = off"))
            session.execute(text("SET LOCAL enable_mergejoin = off"))
        yield session


def whole(session: Session, asks: Callable[..., object], **about: Any) -> set[str]:
    with statements(session) as seen:
        asks(session, **about)
    assert seen
    return read_whole(session, seen, GROWING)


def test_the_timetable_finds_the_steps_and_resolutions_that_are_due(stored: Session) -> None:
    about: dict[str, Any] = {"now": AT, "limit": 500}
    kinds = [meeting_steps.KIND, "close_meeting"]
    due = timetable.waiting(stored, kinds=kinds, **about)
    assert [(act.kind, act.slot) for act in due] == [(meeting_steps.KIND, "collect")] * DUE
    assert whole(stored, timetable.waiting, kinds=kinds, **about) == set()
    assert whole(stored, timetable.claim, due_id=due[0].id, now=AT) == set()
    assert list(resolution_clocks.due_resolutions(stored, **about)) == list(range(1, DUE + 1))
    assert whole(stored, resolution_clocks.due_resolutions, **about) == set()


def test_a_step_reads_what_belongs_to_its_meeting(stored: Session) -> None:
    for step in ("collect", "draft", "remind_approval"):
        about = {"meeting_id": PLANNED, "step": step, "at": AT + timedelta(days=18), "rules": RULES}
        assert whole(stored, meeting_steps.take_step, **about) == set(), step
    assert stored.get_one(Meeting, PLANNED).state is MeetingState.DRAFTED


def test_a_resolution_and_a_digest_read_what_belongs_to_them(stored: Session) -> None:
    look = resolution_clocks.look_at_resolution
    assert whole(stored, look, resolution_id=1, at=AT, rules=RULES) == set()
    slot = date(2026, 3, 15)
    assert whole(stored, resolution_clocks.owe_digests, slot=slot, at=AT + timedelta(days=12), rules=RULES) == set()
    digest = resolution_clocks.digest_community
    assert whole(stored, digest, community_id=1, slot=AT.date(), at=AT, rules=RULES) == set()


def test_what_is_open_to_objection_to_be_judged_or_ones_own_is_found_by_an_index(stored: Session) -> None:
    mine: dict[str, Any] = {"member_id": SECRETARY, "at": AT, "limit": 9}
    for asked in (resolution_queries.open_to_objection, resolution_queries.to_verify, resolution_queries.mine):
        assert whole(stored, asked, **mine) == set(), asked
    assert whole(stored, resolution_queries.objections_to_settle, **mine) == set()


def test_an_agenda_is_collected_and_drafted_from_what_is_open_in_its_place(stored: Session) -> None:
    meeting, series = lock_meeting(stored, PLANNED)
    about: dict[str, Any] = {"meeting": meeting, "series": series, "at": AT, "rules": RULES}
    assert whole(stored, collect_candidates, **about) == set()
    assert whole(stored, draft_agenda, **about) == set()
    assert agenda_of(stored, meeting_id=PLANNED).lines
    assert whole(stored, agenda_of, meeting_id=COMING) == set()


def test_a_ballot_reads_its_own_papers_and_the_seats_of_its_meeting(stored: Session) -> None:
    ballot = stored.get_one(Ballot, PAST)
    assert sum(voting.recount(stored, ballot).counts) == SEATS
    assert whole(stored, voting.recount, ballot=ballot) == set()
    seated = stored.scalars(select(MeetingInvitation.member_id).where(MeetingInvitation.meeting_id == COMING)).first()
    mine: dict[str, Any] = {"member_id": seated, "at": AT, "limit": 9}
    assert [line.ballot_id for line in ballot_views.open_ballots(stored, **mine)] == [OPEN_BALLOT]
    assert whole(stored, ballot_views.open_ballots, **mine) == set()
    items = [stored.get_one(Ballot, OPEN_BALLOT).item_id]
    assert whole(stored, voting.close_open_ballots, item_ids=items, at=AT, rules=RULES) == set()


@pytest.mark.parametrize("member", [SECRETARY, SECRETARY + 1], ids=["secretary", "community"])
def test_my_meetings_are_found_without_reading_those_of_everybody(stored: Session, member: int) -> None:
    mine: dict[str, Any] = {"member_id": member, "at": AT, "limit": 9}
    assert COMING in [meeting.meeting_id for meeting in own_meetings(stored, **mine)]
    assert whole(stored, own_meetings, **mine) == set()
    of_states = {"states": COMING_STATES, "actors": set(MeetingActor)}
    assert whole(stored, meetings_for, **mine, **of_states) == set()


def test_the_lists_behind_the_figures_read_the_meetings_of_their_scope_and_months(stored: Session) -> None:
    asked = Asked(Scope(frozenset({(3, None)})), Period(Month(2026, 2), "Asia/Shanghai", 1))
    about: dict[str, Any] = {"asked": asked, "by": MeetingsBy.SERIES, "at": AT, "rules": RULES}
    assert meeting_overview(stored, **about).total.meetings == 1
    assert whole(stored, meeting_overview, **about) == set()


def test_the_audit_finds_open_ballots_and_owed_steps_by_what_is_open_and_owed(stored: Session) -> None:
    (left_open,) = [check.query for check in checks() if check.what == "ballot_left_open"]
    assert whole(stored, Session.scalars, statement=left_open) == set()
    assert whole(stored, lambda session: list(undone(session, at=AT))) == set()


@pytest.mark.parametrize("town", ["sqlite"], indirect=True)
def test_the_audit_goes_through_a_table_once_and_looks_the_rest_up(stored: Session) -> None:
    """PostgreSQL joins whole tables by hashing them, as it should."""
    of_meetings = [check for check in checks() if check.invariant >= OF_MEETINGS]
    assert of_meetings
    for check in of_meetings:
        with statements(stored) as seen:
            stored.scalars(check.query, {"at": AT}).all()
        assert [step for sent, values in seen for step in _scanned_again(stored, sent, values)] == [], check.what


def _scanned_again(session: Session, statement: str, parameters: Any) -> list[str]:
    """The steps of SQLite's plan that go through a table for each row of another."""
    steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    told = {step.id: step.detail for step in steps}
    names = {str(mapper.local_table.name) for mapper in Base.registry.mappers if isinstance(mapper.local_table, Table)}
    begun: set[int] = {number for number, detail in told.items() if detail.startswith("CORRELATED")}
    found = []
    for step in steps:
        if not step.detail.startswith(("SCAN", "SEARCH")):
            continue
        table = re.sub(r"_\d+$", "", step.detail.split()[1])
        if step.detail.startswith("SCAN") and step.parent in begun and table in names:
            found.append(step.detail)
        begun.add(step.parent)
    return found
