"""Raisers of one issue: each with their own report, rating and right to open it again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.due import Due
from models.issue import HistoryEntry
from models.notice import Notice
from models.report import Report
from models.rules.errors import AlreadyDone, NotFound, TransitionNotAllowed, WordsNeeded
from models.rules.issue_workflow import Action, Level, Nature, Outcome, Rating, State
from services import following, handling, intake
from services.audit import audit
from services.intake import Told, Where
from services.members import holders_of
from tests.neighbourhood import settle, staffed


class Together:
    """王 and 刘 raised the same issue; 李 holds it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.here = settle(session)
        self.li = staffed(self.here).li.member_id
        wang, liu = self.here.person("wang"), self.here.person("liu")
        wang.reports()
        self.wang, self.liu, self.issue_id = wang.member_id, liu.member_id, self.here.issue().id
        self.here.passes(seconds=1)
        intake.join_issue(
            session,
            issue_id=self.issue_id,
            raiser_id=self.liu,
            platform="webchat",
            told=Told("一样", "一样", "lighting", Nature.HELP, False, Where(self.here.ids.compound)),
            at=self.here.now,
            rules=self.here.house.rules,
        )

    def does(self, deed: Any, member_id: int, **details: Any) -> Any:
        self.here.passes(minutes=1)
        return deed(
            self.session,
            issue_id=self.issue_id,
            member_id=member_id,
            at=self.here.now,
            rules=self.here.house.rules,
            **details,
        )

    def answered(self) -> None:
        self.does(handling.answer_issue, self.li, words="换了灯泡", outcome=Outcome.SOLVED)

    def ratings(self) -> list[Rating | None]:
        return list(self.session.scalars(select(Report.rating).order_by(Report.id)))

    def closings(self) -> list[str]:
        return list(self.session.scalars(select(Due.slot).where(Due.kind == "close_issue").order_by(Due.id)))


@pytest.fixture
def together(session: Session) -> Together:
    return Together(session)


def here_is_clean(together: Together) -> bool:
    return audit(together.session, at=together.here.now) == []


def test_each_rates_for_their_own_report_and_the_last_one_closes(together: Together) -> None:
    together.answered()
    together.does(following.rate_issue, together.wang, rating=Rating.SATISFIED)
    assert together.closings() == ["window:0"]
    together.does(following.rate_issue, together.liu, rating=Rating.BASIC)
    assert together.closings() == ["window:0", "rated:0"]
    assert together.ratings() == [Rating.SATISFIED, Rating.BASIC]
    assert here_is_clean(together)


def test_one_who_is_not_satisfied_keeps_it_open(together: Together) -> None:
    together.answered()
    together.does(following.rate_issue, together.wang, rating=Rating.SATISFIED)
    together.does(following.rate_issue, together.liu, rating=Rating.UNSATISFIED)
    assert together.closings() == ["window:0"]
    with pytest.raises(AlreadyDone):
        together.does(following.rate_issue, together.liu, rating=Rating.UNSATISFIED)
    together.does(following.rate_issue, together.liu, rating=Rating.SATISFIED)
    assert together.closings() == ["window:0", "rated:0"]
    with pytest.raises(AlreadyDone):
        together.does(following.rate_issue, together.liu, rating=Rating.UNSATISFIED)


def test_a_reopening_is_told_to_holder_and_neighbours_and_forgets_the_ratings(together: Together) -> None:
    together.answered()
    together.does(following.rate_issue, together.wang, rating=Rating.SATISFIED)
    together.does(following.reopen_issue, together.liu, words="我家门口还是黑的")
    entry = together.session.scalars(select(HistoryEntry).where(HistoryEntry.action == Action.REOPEN)).one()
    told = set(together.session.execute(select(Notice.member_id, Notice.kind).where(Notice.history_id == entry.id)))
    assert told == {(together.li, "reopen_holder"), (together.wang, "reopen_other_raisers")}
    assert together.ratings() == [None, None]
    assert here_is_clean(together)


def test_the_third_time_it_goes_to_a_meeting(together: Together) -> None:
    for _ in range(2):
        together.does(handling.answer_issue, _holder(together), words="换了灯泡", outcome=Outcome.SOLVED)
        together.does(following.reopen_issue, together.wang, words="又灭了")
    together.does(handling.answer_issue, _holder(together), words="换了灯泡", outcome=Outcome.SOLVED)
    together.does(following.reopen_issue, together.liu, words="又灭了")
    issue = together.here.issue()
    assert (issue.state, issue.level, issue.reopenings) == (State.TO_DELIBERATE, Level.COMPOUND, 2)
    told = set(together.session.execute(select(Notice.member_id, Notice.kind).where(Notice.kind.like("appeal%"))))
    assert told == {(_holder(together), "appeal_holder"), (together.wang, "appeal_other_raisers")}
    assert here_is_clean(together)


def test_a_withdrawal_ends_the_issue_only_with_the_last_report(together: Together) -> None:
    together.does(following.withdraw_report, together.wang)
    assert together.here.issue().state is State.RECEIVED
    with pytest.raises(NotFound):
        together.does(following.supply_issue, together.wang, words="还有")
    together.does(handling.accept_issue, together.li)
    accepted = select(Notice.member_id).where(Notice.kind == "accept_raisers")
    assert together.session.scalars(accepted).all() == [together.liu]
    together.does(following.withdraw_report, together.liu)
    assert together.here.issue().state is State.WITHDRAWN
    assert here_is_clean(together)


def test_nothing_is_no_supplement(together: Together) -> None:
    with pytest.raises(WordsNeeded):
        together.does(following.supply_issue, together.wang, words="  ")


def test_a_stranger_is_told_nothing(together: Together) -> None:
    stranger = together.here.person("stranger").member_id
    for deed, details in (
        (following.supply_issue, {"words": "还有"}),
        (following.rate_issue, {"rating": Rating.BASIC}),
        (following.reopen_issue, {"words": "又灭了"}),
        (following.withdraw_report, {}),
    ):
        with pytest.raises(NotFound):
            together.does(deed, stranger, **details)


def test_fifteen_days_after_closing_it_stays_closed(together: Together) -> None:
    together.answered()
    together.here.deliver()
    together.here.passes(days=8)
    together.here.keeps_time()
    assert together.here.issue().state is State.CLOSED
    together.here.passes(days=14)
    together.does(following.check_reopening, together.wang)
    together.here.passes(days=2)
    with pytest.raises(TransitionNotAllowed):
        together.does(following.reopen_issue, together.wang, words="又灭了")


def _holder(together: Together) -> int:
    return holders_of(together.session, post_id=together.here.issue().holder_id, at=together.here.now)[0]
