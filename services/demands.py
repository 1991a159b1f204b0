"""What the raisers of an issue asked for, matter by matter, and whether an answer speaks to each of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.report import Report
from models.rules.errors import HollowAnswer, MatterUnanswered
from understanding.likeness.novelty import another_matter
from understanding.matters import split
from understanding.substance import says_something

_SHOWN = 30  # characters of a matter in the closing form


def demands(session: Session, *, issue_id: int) -> tuple[str, ...]:
    """Each matter named by a raiser, in their words, in the order in which they came; like ones once.

    Whoever joined said that it is the same, so what they tell adds a matter only where it is plainly another one.
    """
    told = session.scalars(
        select(Report.words).where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None)).order_by(Report.id)
    )
    found: list[str] = []
    for words in told:
        known, matters = tuple(found), split(words) or (words,)
        found += [matter for matter in matters if another_matter(matter, known, beside=len(matters) > 1)]
    return tuple(dict.fromkeys(matter[:_SHOWN] for matter in found))


def check_words(words: str) -> None:
    """Raises HollowAnswer for words that say nothing of what was done."""
    if words.strip() and not says_something(words):
        raise HollowAnswer


def check_answer(session: Session, *, issue_id: int, words: str, ticked: Sequence[str] | None) -> None:
    """Raises HollowAnswer for words that say nothing of what was done, MatterUnanswered for a matter left out.

    Where only one matter was named there is nothing to tick.
    """
    check_words(words)
    asked = demands(session, issue_id=issue_id)
    left = [demand for demand in asked if demand not in (ticked or ())]
    if len(asked) > 1 and left:
        raise MatterUnanswered(matters="、".join(f"“{each}”" for each in left))
