"""What the audit of the night found, told to the administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.member import Grant, Post
from models.rules.house import HouseRules
from models.rules.posts import Role
from services import notices
from services.audit.breaches import Breach
from services.members import live_grant

_NAMED = 5  # subjects; all of them are in ``zhuoluo audit``


def tell_administrators(
    session: Session, *, breaches: Sequence[Breach], night: str, at: datetime, rules: HouseRules
) -> None:
    """How many are broken and the first of them, to every administrator, once a night."""
    members = session.scalars(
        select(Grant.member_id)
        .join(Post, Post.id == Grant.post_id)
        .where(Post.role == Role.ADMINISTRATOR, live_grant(at))
        .distinct()
        .order_by(Grant.member_id)
    ).all()
    subjects = list(dict.fromkeys(breach.subject for breach in breaches))
    notices.owe(
        session,
        members=members,
        kind="audit_broken",
        params={"count": len(breaches), "subjects": subjects[:_NAMED], "more": len(subjects) > _NAMED},
        key=f"audit:{night}",
        at=at,
        rules=rules,
    )
