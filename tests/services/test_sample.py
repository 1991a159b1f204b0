"""The sample community: somebody to talk to, and a meeting to look forward to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.meeting import Meeting, MeetingSeries, StandingMember
from models.rules.house import HouseRules
from models.rules.meeting_workflow import Capacity
from services.audit import audit
from services.sample import hold_meetings, is_empty, load_sample

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


def test_it_holds_a_meeting_every_month(session: Session) -> None:
    rules = HouseRules()
    assert is_empty(session)
    load_sample(session, at=NOW, consent_version=rules.consent_version)
    hold_meetings(session, at=NOW, rules=rules)
    assert not is_empty(session)
    (council,) = session.scalars(select(MeetingSeries)).all()
    assert (council.label, council.said) == ("西苑小区议事会", "每月第二个周六 15:00")
    coming = session.scalars(select(Meeting.meets_at).order_by(Meeting.meets_at)).all()
    assert [f"{moment.astimezone(UTC):%m-%d %H:%M}" for moment in coming] == ["12-12 07:00", "01-09 07:00"]
    asked = session.execute(select(StandingMember.capacity, func.count()).group_by(StandingMember.capacity)).all()
    assert {row[0]: row[1] for row in asked} == {Capacity.VOTER: 3, Capacity.DEPARTMENT: 1}
    assert audit(session, at=NOW) == []
