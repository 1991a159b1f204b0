"""Invariant 1: an open issue is held by somebody who can be written to, or somebody above knows that it is not."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, select

from models.issue import Issue
from services.audit.breaches import Check
from services.lost_holders import held_by_nobody


def holders() -> Iterator[Check]:
    yield Check(1, "unheld", select(Issue.number).where(held_by_nobody(bindparam("at"))).order_by(Issue.id))
