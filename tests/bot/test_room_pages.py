"""The screen of the room, over real HTTP: who is there, the code, and nothing for who does not have its address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.room_code import is_good
from services.meetings.room import room_path
from services.meetings.sitting import check_in
from tests.council import Council, council
from tests.database import on_sqlite
from tests.neighbourhood import settle, staffed
from tests.platforms.webchat_stage import House, running

pytestmark = on_sqlite

HOUR = 1 / 24


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path) as house:
        yield house


def prepared(session: Session, *, state: MeetingState = MeetingState.CALLED, hours: float = 0.2) -> Council:
    """A meeting in some minutes of the real clock, with three households and two items."""
    here = settle(session)
    staff = staffed(here)
    here.now = datetime.now(UTC)
    xiyuan = council(here, staff, state=state, days=hours * HOUR)
    for n, name in enumerate(("wang", "chen", "zhou"), start=1):
        xiyuan.seat(here.person(name), room=f"{n}01")
    xiyuan.item("增设<充电桩>", state=ItemState.IN_TALK if state is MeetingState.IN_SESSION else ItemState.LISTED)
    xiyuan.item("划停车位")
    session.commit()
    return xiyuan


def get(house: House, path: str) -> httpx.Response:
    return house.browser().get(path)


def test_the_screen_shows_who_is_there_and_the_code(house: House, database: Database) -> None:
    with Session(database.engine) as session:
        xiyuan = prepared(session)
        path, code = room_path(xiyuan.meeting), xiyuan.meeting.code
        before = get(house, path)
        assert before.status_code == 200
        assert "<b>0</b><span>户到会" in before.text
        assert "要 2 户才能定事，还差 <b>2</b> 户" in before.text
        assert "增设&lt;充电桩&gt;" in before.text
        assert "script-src 'self'" in before.headers["content-security-policy"]
        assert (before.headers["cache-control"], before.headers["x-robots-tag"]) == ("no-store", "noindex")
        shown = before.text.partition("签到 ")[2][:6]
        assert is_good(code, shown, datetime.now(UTC))
        assert "<svg" in before.text
        assert 'style="' not in before.text  # the policy would refuse it
        for name in ("wang", "chen"):
            check_in(
                session,
                meeting_id=xiyuan.meeting_id,
                member_id=xiyuan.here.person(name).member_id,
                at=datetime.now(UTC),
                rules=xiyuan.here.house.rules,
            )
        session.commit()
    live = get(house, f"{path}/live")
    assert "<html" not in live.text
    assert "<b>2</b><span>户到会" in live.text
    assert "人数够了，可以定事" in live.text


def test_no_code_is_shown_before_its_time_nor_after_the_end(house: House, database: Database) -> None:
    with Session(database.engine) as session:
        xiyuan = prepared(session, hours=5)
        path = room_path(xiyuan.meeting)
        assert "起可以签到" in get(house, path).text
        assert "<svg" not in get(house, f"{path}/live").text
        xiyuan.meeting.state = MeetingState.HELD
        session.commit()
        over = get(house, f"{path}/live").text
        assert "会开完了，谢谢大家" in over
        assert "<svg" not in over


def test_what_is_talked_over_stands_out(house: House, database: Database) -> None:
    with Session(database.engine) as session:
        xiyuan = prepared(session, state=MeetingState.IN_SESSION)
        path = room_path(xiyuan.meeting)
        live = get(house, f"{path}/live").text
        assert '<li class="in_talk" aria-current="step">' in live
        assert live.count("aria-current") == 1
        assert "还没议 · 20 分钟" in live
        xiyuan.items()[1].talked_from = datetime.now(UTC)
        session.commit()
    assert "议过，还没有结果 · 20 分钟" in get(house, f"{path}/live").text


def test_who_guesses_sees_nothing(house: House, database: Database) -> None:
    with Session(database.engine) as session:
        xiyuan = prepared(session)
        public_id, path = xiyuan.meeting.public_id, room_path(xiyuan.meeting)
    wrong = [f"/room/{public_id}/{'A' * 22}", f"/room/{'A' * 22}/{path.rpartition('/')[2]}", f"/room/{public_id}/x"]
    assert [get(house, each).status_code for each in wrong] == [404, 404, 404]
    assert get(house, f"{wrong[0]}/live").status_code == 404
