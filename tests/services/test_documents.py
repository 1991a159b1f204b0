"""Files that somebody asked for: made once, sent, and gone a day later."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.document import Document, DocumentState
from models.member import Member
from models.notice import Notice
from models.rules.errors import TooManyDocuments
from models.rules.house import HouseRules
from services import documents, retention
from services.documents import KEPT, TRIES, OwedDocument, Requested

RULES = HouseRules()
EVENING = datetime.fromisoformat("2026-03-02 22:40+08:00")  # nobody is written to now, except who asks for something
NAME = "兰宁社区台账.xlsx"


@pytest.fixture
def secretary(session: Session) -> int:
    return insert_row(session, Member, created_at=EVENING)


def ask(session: Session, member: int, at: datetime = EVENING, *, grid: int = 1, name: str = NAME) -> Requested:
    return documents.request_document(
        session, member_id=member, kind="ledger", params={"grid": grid}, name=name, at=at, rules=RULES
    )


def take(session: Session, at: datetime = EVENING) -> OwedDocument:
    document = documents.claim_owed(session, now=at)
    assert document is not None
    return document


def told(session: Session) -> list[tuple[str, dict[str, object], datetime]]:
    return [(n.kind, n.params, n.not_before) for n in session.scalars(select(Notice).order_by(Notice.id))]


def state(session: Session) -> list[DocumentState]:
    session.expire_all()
    return list(session.scalars(select(Document.state).order_by(Document.id)))


def test_what_was_asked_for_is_made_and_sent_even_late_in_the_evening(session: Session, secretary: int) -> None:
    asked = ask(session, secretary)
    document = take(session)
    assert document == OwedDocument(document.id, asked.public_id, secretary, "ledger", {"grid": 1}, NAME, 1)
    ready_at = EVENING + timedelta(seconds=8)
    documents.ready(session, document=document, size=4096, at=ready_at, rules=RULES)
    assert told(session) == [("document_ready", {"document": asked.public_id, "name": NAME}, ready_at)]
    assert not documents.any_owed(session, now=ready_at + KEPT)


def test_two_makers_never_make_the_same_one_and_a_dead_one_is_followed_by_another(
    session: Session, secretary: int
) -> None:
    ask(session, secretary)
    first = take(session)
    assert documents.claim_owed(session, now=EVENING + timedelta(minutes=4)) is None
    second = take(session, EVENING + timedelta(minutes=5))
    assert (second.id, second.attempts) == (first.id, 2)
    for maker in (second, first):
        documents.ready(session, document=maker, size=1, at=EVENING, rules=RULES)
    assert len(told(session)) == 1


def test_asking_twice_within_minutes_makes_one_file_and_sends_it_again(session: Session, secretary: int) -> None:
    asked = ask(session, secretary)
    assert ask(session, secretary) == asked
    documents.ready(session, document=take(session), size=1, at=EVENING, rules=RULES)
    again = ask(session, secretary, EVENING + timedelta(minutes=2))
    assert again == Requested(asked.public_id, NAME, ready=True)
    assert [kind for kind, _, _ in told(session)] == ["document_ready"] * 2
    later = ask(session, secretary, EVENING + timedelta(minutes=11))
    assert (later.public_id == asked.public_id, later.ready) == (False, False)


def test_other_grids_other_people_and_other_kinds_get_files_of_their_own(session: Session, secretary: int) -> None:
    other = insert_row(session, Member, created_at=EVENING)
    asked = [ask(session, secretary), ask(session, secretary, grid=2), ask(session, other)]
    assert len({requested.public_id for requested in asked}) == 3


def test_whoever_asks_for_ever_more_is_asked_to_wait(session: Session, secretary: int) -> None:
    for grid in range(3):
        ask(session, secretary, grid=grid)
    with pytest.raises(TooManyDocuments) as refused:
        ask(session, secretary, grid=9)
    assert refused.value.params == {"most": 3}
    documents.ready(session, document=take(session), size=1, at=EVENING, rules=RULES)
    assert not ask(session, secretary, grid=9).ready


def test_what_cannot_be_made_is_tried_three_times_and_then_said(session: Session, secretary: int) -> None:
    ask(session, secretary)
    at = EVENING
    for pause in (timedelta(seconds=10), timedelta(minutes=1)):
        documents.later(session, document=take(session, at), at=at, rules=RULES)
        assert documents.claim_owed(session, now=at + pause - timedelta(seconds=1)) is None
        at += pause
    last = take(session, at)
    assert last.attempts == TRIES
    documents.later(session, document=last, at=at, rules=RULES)
    assert [(kind, params["name"]) for kind, params, _ in told(session)] == [("document_failed", NAME)]
    assert state(session) == [DocumentState.FAILED]
    assert not ask(session, secretary, at).ready  # asked again, it is made again


def test_it_may_be_had_for_a_day_by_its_address_and_by_no_other(session: Session, secretary: int) -> None:
    asked = ask(session, secretary)
    assert documents.name_of(session, public_id=asked.public_id, at=EVENING) is None
    documents.ready(session, document=take(session), size=1, at=EVENING, rules=RULES)
    last_moment = EVENING + KEPT - timedelta(seconds=1)
    assert documents.name_of(session, public_id=asked.public_id, at=last_moment) == NAME
    assert documents.name_of(session, public_id=asked.public_id, at=EVENING + KEPT) is None
    assert documents.name_of(session, public_id="A" * 22, at=EVENING) is None


def test_rows_go_after_a_day_but_never_one_that_is_still_owed(session: Session, secretary: int) -> None:
    done = ask(session, secretary)
    documents.ready(session, document=take(session), size=1, at=EVENING, rules=RULES)
    owed = ask(session, secretary, grid=2)
    both = [done.public_id, owed.public_id, "A" * 22]
    assert documents.still_kept(session, public_ids=both, at=EVENING) == {done.public_id, owed.public_id}
    late = EVENING + KEPT + timedelta(seconds=1)
    assert documents.still_kept(session, public_ids=both, at=late) == {owed.public_id}
    assert retention.purge(session, at=late, rules=RULES) is None
    assert state(session) == [DocumentState.OWED]


def test_a_name_without_a_known_ending_is_a_mistake_of_ours(session: Session, secretary: int) -> None:
    with pytest.raises(ValueError, match="no content type"):
        ask(session, secretary, name="台账.exe")
