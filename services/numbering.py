"""The running numbers of a community and year, without gap or repeat."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Update, bindparam, update
from sqlalchemy.orm import Session

from models.dialect import insert_ignore
from models.issue import IssueNumber
from models.resolution import ResolutionNumber

Counter = type[IssueNumber] | type[ResolutionNumber]


@cache
def _counts_on(counter: Counter) -> Update:
    where = (counter.community_id == bindparam("community"), counter.year == bindparam("in_year"))
    return update(counter).where(*where).values(last=counter.last + 1).returning(counter.last)


def next_serial(session: Session, counter: Counter, *, community_id: int, year: int) -> int:
    """The counter's row stays locked until what bears the number is committed."""
    which = {"community": community_id, "in_year": year}
    serial = session.connection().scalar(_counts_on(counter), which)
    if serial is None:
        fresh = {"community_id": community_id, "year": year, "last": 0}
        insert_ignore(session, counter, fresh, conflict=("community_id", "year"))
        serial = session.connection().execute(_counts_on(counter), which).scalar_one()
    return int(serial)
