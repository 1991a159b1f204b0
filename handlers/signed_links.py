"""Links to pages where somebody may change something: signed, for one person and one thing, for a short time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

#: So long the page may be opened and saved.
KEPT = timedelta(hours=12)
_MOST = 300  # characters of a link that is worth looking at


@dataclass(frozen=True)
class EditingLink:
    meeting_id: int
    member_id: int
    until: datetime


def editing_link(*, secret: str, meeting_id: int, member_id: int, at: datetime) -> str:
    """The last part of the address at which this member may write this meeting's minutes."""
    return _signer(secret).dumps([meeting_id, member_id, int((at + KEPT).timestamp())])


def read_editing_link(token: str, *, secret: str, at: datetime) -> EditingLink | None:
    """None: forged, or too old."""
    try:
        meeting, member, until = _signer(secret).loads(token[:_MOST])
        link = EditingLink(int(meeting), int(member), datetime.fromtimestamp(int(until), UTC))
    except (BadData, TypeError, ValueError):
        return None
    return link if at < link.until else None


def _signer(secret: str) -> URLSafeSerializer:
    if not secret:
        raise ValueError("no secret to sign with")
    return URLSafeSerializer(secret, salt="zhuoluo.minutes.edit")
