"""The addresses of calendars: reads only, for whoever holds them, and nothing of people in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.database import Database
from models.meeting import Meeting
from models.rules.meeting_workflow import MeetingState
from tests.council import council
from tests.neighbourhood import settle, staffed
from tests.platforms.webchat_stage import House, running


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path) as house:
        yield house


def stands_there(house: House, state: MeetingState) -> tuple[str, str]:
    """A meeting: the public ids of itself and of its series."""

    def make(session: Any) -> tuple[str, str]:
        here = settle(session)
        here.now = house.deps.clock.now()
        at = council(here, staffed(here), state=state)
        at.seat(here.person("何平"), room="101")
        at.item("增设充电桩")
        return at.meeting.public_id, at.series.public_id

    found: tuple[str, str] = house.do(house.deps.transactions.run(make))
    return found


def test_the_addresses_give_calendars(house: House) -> None:
    meeting, series = stands_there(house, MeetingState.CALLED)
    browser = house.browser()
    one, all_of_it = browser.get(f"/meetings/{meeting}.ics"), browser.get(f"/calendars/{series}.ics")
    assert [response.status_code for response in (one, all_of_it)] == [200, 200]
    assert "METHOD:REQUEST" in one.text
    assert "METHOD:PUBLISH" in all_of_it.text
    assert f"UID:{meeting}@" in one.text
    assert "何平" not in one.text + all_of_it.text
    assert one.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert one.headers["X-Content-Type-Options"] == "nosniff"
    assert one.headers["X-Robots-Tag"] == "noindex"
    assert one.headers["Content-Disposition"].startswith('inline; filename="zhuoluo.ics"; ')
    assert [browser.post(f"/{path}.ics").status_code for path in (f"meetings/{meeting}", f"calendars/{series}")] == [
        405,
        405,
    ]


def test_a_phone_that_has_it_already_is_not_sent_it_again(house: House) -> None:
    meeting, series = stands_there(house, MeetingState.CALLED)
    browser, path = house.browser(), f"/calendars/{series}.ics"
    first = browser.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    had = {"If-None-Match": f'"other", W/{first.headers["ETag"]}'}
    again = browser.get(path, headers=had)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])

    def moves(session: Any) -> None:
        session.execute(update(Meeting).where(Meeting.public_id == meeting).values(venue="小广场", revision=1))

    house.do(house.deps.transactions.run(moves))
    changed = browser.get(path, headers=had)
    assert (changed.status_code, "LOCATION:小广场" in changed.text) == (200, True)


def test_what_is_not_announced_has_no_address_of_its_own(house: House) -> None:
    meeting, series = stands_there(house, MeetingState.PLANNED)
    browser = house.browser()
    assert browser.get(f"/meetings/{meeting}.ics").status_code == 404
    assert "STATUS:TENTATIVE" in browser.get(f"/calendars/{series}.ics").text
    assert browser.get(f"/calendars/{meeting}.ics").status_code == 404
    assert browser.get(f"/meetings/{series}.ics").status_code == 404


@pytest.mark.parametrize("folder", ["meetings", "calendars"])
@pytest.mark.parametrize("name", ["A" * 22, "short", "..%2F..%2Fzhuoluo.db", "%00", "!" * 22])
def test_an_address_that_was_guessed_or_bent_opens_nothing(house: House, folder: str, name: str) -> None:
    assert house.browser().get(f"/{folder}/{name}.ics").status_code == 404
