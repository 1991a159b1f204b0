"""``zhuoluo end-role``: who holds a post no longer does, and what they had goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from models.member import Account, Post
from models.rules.posts import Role, ScopeKind
from tests.cli.command import Command
from tests.neighbourhood import Neighbourhood, settle, staffed

STEWARD = ("end-role", "--role", "steward", "--scope", "西苑小区/3号楼/2单元")


@pytest.fixture
def here(migrated: str) -> Iterator[Neighbourhood]:
    """李 holds an issue that was told a minute ago."""
    database = Database.open(migrated)
    with Session(database.engine, expire_on_commit=False) as session:
        here = settle(session)
        here.now = Clock().now()
        staffed(here)
        here.person("wang").reports()
        here.now = Clock().now()
        session.commit()
        yield here
    database.close()


def holder(here: Neighbourhood) -> str:
    label = here.session.get_one(Post, here.issue().holder_id).label
    here.session.commit()
    return label


def test_what_they_held_goes_on_with_the_next(zhuoluo: Command, here: Neighbourhood) -> None:
    said = zhuoluo(*STEWARD, "--yes")
    assert (said.code, said.err) == (0, "")
    assert said.out == "li 红管家（西苑小区3号楼2单元）已离岗。1 件事已交给上面接着办，居民都已知道。\n"
    assert holder(here) == "第一网格"
    said = zhuoluo(*STEWARD, "--yes")
    assert (said.code, said.err) == (2, "西苑小区3号楼2单元的这个岗位上没有人。\n")


def test_it_asks_before(zhuoluo: Command, here: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda question: "手上的 1 件事" not in question)
    assert zhuoluo(*STEWARD).out == "好的，没有变动。\n"
    assert holder(here) == "西苑小区3号楼2单元"


def test_of_several_the_name_says_who(zhuoluo: Command, here: Neighbourhood) -> None:
    here.appoint(here.person("second"), Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    here.session.commit()
    said = zhuoluo(*STEWARD, "--yes")
    assert (said.code, said.err) == (
        2,
        "西苑小区3号楼2单元的这个岗位上有几个人：li、second。请加上 --name 写明是谁。\n",
    )
    assert "没有“老李”" in zhuoluo(*STEWARD, "--name", "老李", "--yes").err
    assert zhuoluo(*STEWARD, "--name", "second", "--yes").out.endswith("1 件事由同岗位的人接着办。\n")


def test_where_nobody_could_take_over_it_is_refused(zhuoluo: Command, here: Neighbourhood) -> None:
    here.session.execute(
        update(Account).where(Account.external_id.in_(["zhao", "sun"])).values(blocked_at=here.now)
    )
    here.session.commit()
    said = zhuoluo(*STEWARD, "--yes")
    assert said.code == 2
    assert said.err.startswith("li 红管家（西苑小区3号楼2单元）手上的事现在没有别人能接。")
    assert holder(here) == "西苑小区3号楼2单元"
