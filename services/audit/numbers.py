"""Invariant 7: the numbers of a community and year have no gap and no repeat."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import String, and_, cast, func, or_, select

from models.community import Community
from models.issue import Issue, IssueNumber
from services.audit.breaches import Check


def numbers() -> Iterator[Check]:
    """The unique constraint forbids repeats; a gap shows in the count, also where it is the whole."""
    given = (
        select(Issue.community_id, Issue.year, func.count().label("count"), func.max(Issue.serial).label("highest"))
        .group_by(Issue.community_id, Issue.year)
        .subquery()
    )
    same = and_(IssueNumber.community_id == given.c.community_id, IssueNumber.year == given.c.year)
    uncounted = (
        select(given.c.community_id, given.c.year)
        .outerjoin(IssueNumber, same)
        .where(or_(given.c.count != given.c.highest, IssueNumber.last.is_distinct_from(given.c.highest)))
    )
    lost = (
        select(IssueNumber.community_id, IssueNumber.year)
        .outerjoin(given, same)
        .where(given.c.count.is_(None), IssueNumber.last > 0)
    )
    for wrong in (uncounted.subquery(), lost.subquery()):
        subject = Community.prefix + "-" + cast(wrong.c.year, String)  # as the numbers begin
        yield Check(7, "numbers", select(subject).join(wrong, wrong.c.community_id == Community.id).order_by(subject))
