"""Bugs that somebody might write are found by the machine: it is worth something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.database import Database
from models.rules.issue_workflow import Action, Actor
from services import following, handling, intake, merging, moving, notices, support
from services.moving import Deed
from tests.database import on_sqlite
from tests.machine.proof import run

Patch = pytest.MonkeyPatch


def _nobody_is_told(patch: Patch) -> None:
    patch.setattr(notices, "tell", lambda *args, **kwargs: None)


def _it_closes_with_a_notice_on_its_way(patch: Patch) -> None:
    def close(session: Any, *, issue_id: int, at: Any, rules: Any) -> None:
        issue = moving.lock_issue(session, issue_id)
        if issue.state == "answered":
            moving.move(session, issue, Deed(Action.CLOSE, None, {Actor.TIMER}), at=at, rules=rules)

    patch.setattr(handling, "close_when_settled", close)


def _a_merge_leaves_the_reports_behind(patch: Patch) -> None:
    patch.setattr(merging, "_move_reports", lambda *args, **kwargs: None)


def _undoing_a_merge_gives_a_day_more(patch: Patch) -> None:
    right = merging.undo_merge

    def wrong(session: Any, merged: Any, **details: Any) -> Any:
        issue = right(session, merged, **details)
        issue.landing_due += timedelta(days=1)
        return issue

    patch.setattr(merging, "undo_merge", wrong)


def _a_number_is_left_out(patch: Patch) -> None:
    right = intake.next_serial
    patch.setattr(intake, "next_serial", lambda *args, **details: right(*args, **details) + 1)


def _the_timer_forgets(patch: Patch) -> None:
    patch.setattr(moving, "next_look", lambda *args, **details: None)


def _a_holder_leaves_unnoticed(patch: Patch) -> None:
    patch.setattr(support, "tell_of_lost_holders", lambda *args, **details: 0)


def _more_words_replace_the_first(patch: Patch) -> None:
    right = following.supply_issue

    def wrong(session: Any, **details: Any) -> Any:
        issue = right(session, **details)
        _, report = following._own(session, details["issue_id"], details["member_id"], details["at"])
        report.words = details["words"]
        return issue

    patch.setattr(following, "supply_issue", wrong)


MUTANTS: tuple[Callable[[Patch], None], ...] = (
    _nobody_is_told,
    _it_closes_with_a_notice_on_its_way,
    _a_merge_leaves_the_reports_behind,
    _undoing_a_merge_gives_a_day_more,
    _a_number_is_left_out,
    _the_timer_forgets,
    _a_holder_leaves_unnoticed,
    _more_words_replace_the_first,
)


@on_sqlite
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_bug_is_found(database: Database, mutant: Callable[[Patch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        with pytest.raises(Exception, match=r".+"):  # a breach, or the database that does not allow it
            run(database.engine, runs=120, start=4)
