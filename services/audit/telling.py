"""Invariants 3 and 4: whoever a deed concerns was told of it, and nothing is still owed of what is closed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from models.issue import Issue
from models.notice import UNSETTLED, Notice
from models.rules.issue_workflow import State
from services.audit import raisers, staff
from services.audit.breaches import Check


def telling() -> Iterator[Check]:
    owing = (
        select(Issue.number)
        .join(Notice, Notice.issue_id == Issue.id)
        .where(Issue.state == State.CLOSED, Notice.state.in_(UNSETTLED))
    )
    yield Check(3, "closed_owing", owing.distinct().order_by(Issue.number))
    for what, queries in (
        ("raiser_untold", raisers.raisers()),
        ("holder_untold", staff.holders()),
        ("helper_untold", staff.helpers()),
        ("assigner_untold", staff.assigners()),
        ("above_untold", staff.above()),
    ):
        yield from (Check(4, what, query.distinct()) for query in queries)
