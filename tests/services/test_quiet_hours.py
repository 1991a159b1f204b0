"""Which notices wait for the morning, and that nothing that cannot wait is ever stuck behind one that can."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from models.notice import Notice, NoticeState
from models.rules.house import HouseRules
from services.notices import owe
from tests.database import fresh_database, on_postgresql, opened
from tests.services.outbox_stage import CHAT, SENT, add_person, claim, settle
from tests.services.test_outbox_cost import counted

RULES = HouseRules()
NIGHT = datetime.fromisoformat("2026-11-20 23:10+08:00")
MORNING = datetime.fromisoformat("2026-11-21 07:00+08:00")
NOON = datetime.fromisoformat("2026-11-20 12:00+08:00")


def tell(session: Session, member: int, kind: str, at: datetime = NIGHT, **more: Any) -> None:
    number = len(session.scalars(select(Notice.id)).all())
    owe(session, members=[member], kind=kind, params={}, key=f"n{number}", at=at, rules=RULES, **more)


def line(session: Session) -> list[tuple[str, datetime]]:
    session.expire_all()
    return [(n.kind, n.not_before) for n in session.scalars(select(Notice).order_by(Notice.id))]


@pytest.mark.parametrize(
    ("kind", "urgent", "leaves"),
    [
        ("report_holder", False, MORNING),
        ("report_holder", True, NIGHT),
        ("danger", False, NIGHT),
        ("late_reply", False, NIGHT),
        ("document_ready", False, NIGHT),
        ("document_failed", False, NIGHT),
        ("heartbeat_raisers", True, MORNING),
        ("follow_up_silent_raisers", True, MORNING),
        ("rate_holder", True, MORNING),
        ("confirm_role", False, MORNING),
    ],
)
def test_what_leaves_at_night(session: Session, kind: str, urgent: bool, leaves: datetime) -> None:
    member = add_person(session, "chat")
    tell(session, member, kind, urgent=urgent)
    tell(session, member, kind, NOON, urgent=urgent)
    assert line(session) == [(kind, leaves), (kind, NOON)]


def test_whoever_acts_has_heard_it_and_wakes_nobody(session: Session) -> None:
    wang, li = add_person(session, "chat"), add_person(session, "chat")
    tell(session, li, "report_holder")
    owe(session, members=[wang, li], kind="report_raiser", params={}, key="x", at=NIGHT, rules=RULES, shown_to=wang)
    found = session.execute(select(Notice.member_id, Notice.state, Notice.not_before).order_by(Notice.id)).all()
    assert found == [
        (li, NoticeState.OWED, MORNING),
        (wang, NoticeState.SHOWN, NIGHT),
        (li, NoticeState.OWED, MORNING),
    ]


def test_an_alarm_takes_along_what_waits_for_the_same_person_and_nothing_else(session: Session) -> None:
    li, zhao = add_person(session, "chat"), add_person(session, "chat")
    for member in (li, li, zhao):
        tell(session, member, "report_holder")
    later = NIGHT + timedelta(minutes=5)
    tell(session, li, "danger", later)
    assert line(session) == [
        ("report_holder", later),
        ("report_holder", later),
        ("report_holder", MORNING),
        ("danger", later),
    ]


def test_what_is_on_its_way_keeps_its_lease(session: Session) -> None:
    li = add_person(session, "chat", heard_at=NIGHT)
    tell(session, li, "report_holder")
    (envelope,) = claim(session, MORNING, platforms=[CHAT])
    tell(session, li, "danger", MORNING + timedelta(seconds=1))
    assert line(session)[0] == ("report_holder", envelope.lease_until)


def test_by_day_nothing_is_asked_that_was_not_asked_before(session: Session) -> None:
    li = add_person(session, "chat")
    counts = []
    for at in (NOON, NIGHT):
        with counted(session) as asked:
            owe(session, members=[li], kind="danger", params={}, key=f"{at}", at=at, rules=RULES)
        counts.append(len(asked))
    assert counts == [1, 3]


@pytest.fixture(scope="module")
def empty() -> Any:
    with fresh_database("sqlite") as url, opened(url) as database:
        yield database


@settings(max_examples=60, deadline=None)
@given(
    owed=st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from(["report_holder", "danger", "rate_holder"])), max_size=12
    )
)
def test_each_person_hears_everything_in_order_and_no_alarm_late(empty: Database, owed: list[tuple[int, str]]) -> None:
    """``owed``: minutes after an afternoon, and what becomes owed then. Somebody looks every minute."""
    began = datetime.fromisoformat("2026-11-20 15:00+08:00")
    by_minute = sorted(owed, key=lambda each: each[0])
    with Session(empty.engine) as session:  # nobody commits
        li = add_person(session, "chat", heard_at=began)
        heard: list[tuple[int, str, datetime]] = []
        moments = {began + timedelta(minutes=minute) for minute, _ in by_minute}
        moments |= {datetime.fromisoformat(f"2026-11-{day} 07:00+08:00") for day in (21, 22, 23)}
        for at in sorted(moments):
            for minute, kind in by_minute:
                if began + timedelta(minutes=minute) == at:
                    tell(session, li, kind, at)
            while envelopes := claim(session, at, platforms=[CHAT]):
                heard += [(e.notice_id, e.kind, at) for e in envelopes]
                settle(session, envelopes, SENT, at)
        notices = {n.id: n for n in session.scalars(select(Notice))}
    assert [notice for notice, _, _ in heard] == sorted(notices)
    assert all(at == notices[notice].created_at for notice, kind, at in heard if kind == "danger")
    behind_alarm = {at for _, kind, at in heard if kind == "danger"}
    assert all(7 <= at.hour < 22 or at in behind_alarm for _, _, at in heard)


@on_postgresql
def test_an_alarm_written_at_the_same_moment_is_not_stuck_behind_what_it_could_not_see(database: Database) -> None:
    with Session(database.engine) as session:
        li = add_person(session, "chat", heard_at=NIGHT)
        session.commit()

    def alarm() -> None:
        with Session(database.engine) as session:
            owe(session, members=[li], kind="danger", params={}, key="gas", at=NIGHT, rules=RULES)
            session.commit()

    with Session(database.engine) as slow, ThreadPoolExecutor(1) as other:
        tell(slow, li, "report_holder")
        waiting = other.submit(alarm)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        slow.commit()
        waiting.result(20)
    with Session(database.engine) as session:
        assert line(session) == [("report_holder", NIGHT), ("danger", NIGHT)]
