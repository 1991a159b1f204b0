"""What the database refuses, whoever writes: each guard is tried behind the services' back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import Database
from models.base import insert_row
from models.guards import GUARDS, with_guards, without_guards
from models.issue import HistoryEntry, Issue, IssueNumber
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import State
from services import merging
from tests.database import on_postgresql
from tests.neighbourhood import Neighbourhood, next_door, settle, staffed
from tests.services.guards_stage import Books
from tests.services.test_ballot_guards import TABLES


@pytest.fixture
def books(session: Session) -> Books:
    here = settle(session)
    staff = staffed(here)
    wang, liu, ma = (here.person(name) for name in ("wang", "liu", "ma"))
    for person in (wang, wang, wang, liu, ma):
        person.reports()
    there = next_door(here)
    session.flush()
    books = Books(here, there)
    without_guards(session.connection())
    books.change(2, state=State.WAITING, paused_at=here.now, resume_to=State.ACCEPTED)
    books.change(3, state=State.CLOSED, answered_at=here.now, closed_at=here.now)
    books.change_notices(3, state=NoticeState.SENT, settled_at=here.now)
    for serial, state in ((2, State.WAITING), (3, State.CLOSED)):
        books.enter(serial, from_state=State.RECEIVED, to_state=state)
    with_guards(session.connection())
    here.passes(minutes=1)
    merging.merge_issues(
        session,
        issue_id=books.id(4),
        into_id=books.id(5),
        member_id=staff.li.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    return books


def _deleting(table: str) -> Callable[[Books], None]:
    return lambda books: void(books.here.session.execute(text(f"DELETE FROM {table}")))


def void(_: object) -> None: ...


DELETED = {
    "issues": "an issue stays",
    "reports": "a report stays",
    "issue_history": "what was done stays",
    "issue_numbers": "a counter stays",
}
_SECOND = timedelta(seconds=1)

#: What is tried, and what the database says.
REFUSED: list[tuple[str, str, Callable[[Books], None]]] = [
    ("another number", "the number of an issue stays", lambda books: books.change(1, serial=9)),
    ("another year", "the number of an issue stays", lambda books: books.change(1, year=2025)),
    ("another name", "the number of an issue stays", lambda books: books.change(1, number="LN-2026-0009")),
    (
        "another community",
        "the number of an issue stays",
        lambda books: books.change(1, community_id=books.there.ids.community),
    ),
    (
        "a number left out",
        "the number of an issue is the next of its community and year",
        lambda books: books.copy(1, serial=7),
    ),
    (
        "a year without a counter",
        "the number of an issue is the next of its community and year",
        lambda books: books.copy(1, year=2031, serial=1),
    ),
    (
        "a counter that jumps",
        "the next number is one more",
        lambda books: void(books.here.session.execute(update(IssueNumber).values(last=9))),
    ),
    (
        "a counter that goes back",
        "the next number is one more",
        lambda books: void(books.here.session.execute(update(IssueNumber).values(last=IssueNumber.last - 1))),
    ),
    (
        "a counter that begins later",
        "numbers begin with 1",
        lambda books: void(
            books.here.session.execute(
                insert(IssueNumber).values(community_id=books.here.ids.community, year=2027, last=4)
            )
        ),
    ),
    (
        "an answer due before the report",
        "the due times of an open issue are in order",
        lambda books: books.change(1, first_answer_due=books.here.issue(1).first_reported_at - _SECOND),
    ),
    (
        "a landing due before the first answer",
        "the due times of an open issue are in order",
        lambda books: books.change(1, landing_due=books.here.issue(1).first_answer_due - _SECOND),
    ),
    (
        "an issue born with its times in disorder",
        "the due times of an open issue are in order",
        lambda books: books.copy(1, landing_due=books.here.issue(1).first_answer_due - _SECOND),
    ),
    (
        "waiting since never",
        "an issue waits since a moment, and goes back to a state",
        lambda books: books.change(2, paused_at=None, resume_to=None),
    ),
    (
        "waiting without a way back",
        "an issue waits since a moment, and goes back to a state",
        lambda books: books.change(2, resume_to=None),
    ),
    (
        "standing still at work",
        "an issue waits since a moment, and goes back to a state",
        lambda books: books.change(1, paused_at=books.here.now, resume_to=State.ACCEPTED),
    ),
    ("merged into nothing", "a merged issue is in another", lambda books: books.change(1, state=State.MERGED)),
    ("merged and open", "a merged issue is in another", lambda books: books.change(1, merged_into_id=books.id(5))),
    ("merged no more", "a merged issue is in another", lambda books: books.change(4, merged_into_id=None)),
    (
        "merged into itself",
        "an issue is merged into one of its community that is in no other, and has none in it",
        lambda books: books.change(1, state=State.MERGED, merged_into_id=books.id(1)),
    ),
    (
        "merged into a merged one",
        "an issue is merged into one of its community that is in no other, and has none in it",
        lambda books: books.change(1, state=State.MERGED, merged_into_id=books.id(4)),
    ),
    (
        "merged with another in it",
        "an issue is merged into one of its community that is in no other, and has none in it",
        lambda books: books.change(5, state=State.MERGED, merged_into_id=books.id(1)),
    ),
    ("shelved for ever", "a shelved issue has a day of review", lambda books: books.change(1, state=State.SHELVED)),
    (
        "answered at no time",
        "what is answered and closed has its times",
        lambda books: books.change(1, state=State.ANSWERED),
    ),
    (
        "closed at no time",
        "what is answered and closed has its times",
        lambda books: books.change(1, state=State.CLOSED, answered_at=books.here.now),
    ),
    (
        "closed while something is owed",
        "an issue is closed when every notice of it is settled",
        lambda books: books.change(1, state=State.CLOSED, answered_at=books.here.now, closed_at=books.here.now),
    ),
    (
        "owing something of a closed issue",
        "nothing is owed about a closed issue",
        lambda books: books.owe(3, state=NoticeState.OWED),
    ),
    (
        "parking something of a closed issue",
        "nothing is owed about a closed issue",
        lambda books: books.owe(3, state=NoticeState.PARKED),
    ),
    (
        "sending something of a closed issue again",
        "nothing is owed about a closed issue",
        lambda books: books.change_notices(3, state=NoticeState.OWED),
    ),
    (
        "making what is owed one of a closed issue",
        "nothing is owed about a closed issue",
        lambda books: books.change_notices(1, issue_id=books.id(3)),
    ),
    (
        "a step to where the issue is not",
        "a history leads from the last entry to the state of its issue",
        lambda books: books.enter(1, to_state=State.ANSWERED),
    ),
    (
        "a step from where the issue was not",
        "a history leads from the last entry to the state of its issue",
        lambda books: books.enter(1, from_state=State.ACCEPTED),
    ),
    (
        "a second beginning",
        "a history leads from the last entry to the state of its issue",
        lambda books: books.enter(1, from_state=None),
    ),
    (
        "another past",
        "what was done stays as it was done",
        lambda books: void(books.here.session.execute(update(HistoryEntry).values(to_state=State.VOID))),
    ),
    (
        "a past at another time",
        "what was done stays as it was done",
        lambda books: void(books.here.session.execute(update(HistoryEntry).values(at=books.here.now))),
    ),
    (
        "other words",
        "a report keeps its words and its time",
        lambda books: books.change_report(1, words="没事了"),
    ),
    (
        "told at another time",
        "a report keeps its words and its time",
        lambda books: books.change_report(1, at=books.here.now),
    ),
    (
        "told before its issue began",
        "an issue begins no later than its first report",
        lambda books: void(
            insert_row(
                books.here.session,
                Report,
                issue_id=books.id(1),
                raiser_id=books.report(1).raiser_id,
                platform="webchat",
                words="早就坏了",
                at=books.here.issue(1).first_reported_at - _SECOND,
            )
        ),
    ),
    (
        "put into an issue that began later",
        "an issue begins no later than its first report",
        lambda books: books.change_report(1, issue_id=books.id(2)),
    ),
    (
        "an issue that begins after its first report",
        "an issue begins no later than its first report",
        lambda books: books.change(1, first_reported_at=books.here.issue(1).first_reported_at + _SECOND),
    ),
    (
        "held by strangers",
        "the holder, the grid and the place of an issue are of its community",
        lambda books: books.change(1, holder_id=books.post_next_door()),
    ),
    (
        "in a foreign grid",
        "the holder, the grid and the place of an issue are of its community",
        lambda books: books.change(1, grid_id=books.there.ids.grid),
    ),
    (
        "in a foreign compound",
        "the holder, the grid and the place of an issue are of its community",
        lambda books: books.change(1, compound_id=books.there.ids.compound),
    ),
    (
        "born in a foreign compound",
        "the holder, the grid and the place of an issue are of its community",
        lambda books: books.copy(1, compound_id=books.there.ids.compound),
    ),
]


def test_each_is_refused_with_the_promise_it_would_break(books: Books) -> None:
    found = {what: _said(books, attempt) for what, _, attempt in REFUSED}
    assert found == {what: says for what, says, _ in REFUSED}
    assert {table: _said(books, _deleting(table)) for table in DELETED} == DELETED


def test_nothing_else_would_have_refused_it(books: Books) -> None:
    without_guards(books.here.session.connection())
    assert {what: _said(books, attempt) for what, _, attempt in REFUSED} == {what: "" for what, _, _ in REFUSED}


def _said(books: Books, attempt: Callable[[Books], None]) -> str:
    """What the database answers to it; it is undone in any case."""
    session = books.here.session
    savepoint = session.begin_nested()
    try:
        attempt(books)
    except IntegrityError as refused:
        return str(refused.orig).splitlines()[0]
    finally:
        savepoint.rollback()
        session.expire_all()
    return ""


def test_an_issue_is_merged_into_none_of_another_community(books: Books) -> None:
    session = books.here.session
    wang = books.there.person("wang2")
    wang.says("东湖小区1号楼1单元楼道灯坏了")
    wang.says("1")
    theirs = books.there.issue(1)
    with pytest.raises(IntegrityError, match="an issue is merged into one of its community"), session.begin_nested():
        books.change(1, state=State.MERGED, merged_into_id=theirs.id)


def test_every_guard_has_been_tried() -> None:
    tried = {*(says for _, says, _ in REFUSED), *DELETED.values()}
    assert tried == {never.says for guard in GUARDS if guard.table not in TABLES for never in guard.nevers}


def test_what_they_let_through(books: Books) -> None:
    """The street is above all its communities; what was said of a closed issue may be kept; raisers become one."""
    books.change(1, holder_id=books.street())
    books.owe(3, state=NoticeState.SHOWN, settled_at=books.here.now)
    books.change_notices(3, state=NoticeState.FAILED)
    books.change_report(1, raiser_id=books.report(2).raiser_id, room="501")
    books.copy(1)
    books.enter(1)
    books.change(2, state=State.ACCEPTED, paused_at=None, resume_to=None)


@on_postgresql
def test_what_becomes_owed_while_an_issue_is_being_closed_is_refused(database: Database) -> None:
    with Session(database.engine, expire_on_commit=False) as session:
        here = settle(session)
        staffed(here)
        here.person("wang").reports()
        here.deliver()
        books = Books(here, here)
        session.commit()
        closing = {"state": State.CLOSED, "answered_at": here.now, "closed_at": here.now}
        session.execute(select(Issue.id).where(Issue.id == books.id(1)).with_for_update())
        row = {"issue_id": books.id(1), "member_id": books.report(1).raiser_id}
        with ThreadPoolExecutor(1) as other:
            owing = other.submit(_owe_elsewhere, database.engine, row, here)
            sleep(0.3)  # it stands at the lock by then
            books.change(1, **closing)
            session.commit()
            with pytest.raises(IntegrityError, match="nothing is owed about a closed issue"):
                owing.result(timeout=10)


def _owe_elsewhere(engine: Engine, row: dict[str, Any], here: Neighbourhood) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(Notice).values(
                **row,
                key="late",
                kind="x",
                params={},
                policy="at_least_once",
                state=NoticeState.OWED,
                not_before=here.now,
                created_at=here.now,
            )
        )
