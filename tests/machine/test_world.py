"""The machine asks one question after each step instead of all those of the audit: it finds the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from models.guards import without_guards
from services.audit import audit, checks
from tests.machine.world import ISSUES, anything_broken
from tests.services import test_audit, test_audit_meetings
from tests.services.audit_stage import Books
from tests.services.council_books import CouncilBooks


@pytest.mark.parametrize(
    ("stage", "planted", "whole"),
    [(Books, test_audit.BREACHES, False), (CouncilBooks, test_audit_meetings.BREACHES, True)],
    ids=["issues", "meetings"],
)
def test_what_the_audit_finds_is_found(session: Session, stage: Any, planted: list[Any], whole: bool) -> None:
    books = stage(session)
    without_guards(session.connection())
    question, moment = anything_broken(session.connection().dialect, whole=whole), {"at": books.here.now}
    asked = {check.what for check in checks() if whole or check.invariant in ISSUES}
    assert not session.connection().scalar(question, moment)
    for what, _, plant in planted:
        savepoint = session.begin_nested()
        plant(books)
        session.expire_all()
        told = {breach.what for breach in audit(session, at=books.here.now)}
        assert bool(session.connection().scalar(question, moment)) == bool(told & asked), what
        savepoint.rollback()
        session.expire_all()
