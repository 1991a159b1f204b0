"""What the table demands of an entry of the history, as conditions of a query over :class:`HistoryEntry`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, or_, select

from models.issue import HistoryEntry
from models.notice import Notice
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, Audience

_ROWS = (BIRTH, *ISSUE_WORKFLOW)


def tells(audience: Audience) -> ColumnElement[bool]:
    """The row of this entry tells them. Where the rows of an action differ, it is the one of the state it came from."""
    rows = [row for row in _ROWS if audience in row.tells]
    silent = {row.action for row in _ROWS if audience not in row.tells}
    always = sorted({row.action for row in rows} - silent)
    partly = (
        and_(HistoryEntry.action == row.action, HistoryEntry.from_state.in_(sorted(row.sources)))
        for row in rows
        if row.action in silent
    )
    return or_(HistoryEntry.action.in_(always), *partly)


def untold(member: SQLColumnExpression[int] | SQLColumnExpression[int | None]) -> ColumnElement[bool]:
    """No notice about this entry was ever written to them."""
    notice = select(Notice.id).where(
        Notice.issue_id == HistoryEntry.issue_id,  # by which the notices are found
        Notice.history_id == HistoryEntry.id,
        Notice.member_id == member,
    )
    return ~exists(notice.correlate_except(Notice))
