"""The program as ``zhuoluo run`` builds it, in demo mode, on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.app import create_app
from bot.settings import Settings
from models.community import Building, Community, Compound, Grid, Street, Unit
from models.member import Account, Grant, Member, Post
from models.rules.posts import Role, ScopeKind
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer


@dataclass(frozen=True)
class Program:
    url: str


def seed(session: Session, now: datetime) -> None:
    street = Street(name="中山街道"); session.add(street); session.flush()
    com = Community(street_id=street.id, code="640105001001", name="利宁社区", prefix="LN"); session.add(com); session.flush()
    grid = Grid(community_id=com.id, name="第一网格"); session.add(grid); session.flush()
    cp = Compound(community_id=com.id, grid_id=grid.id, name="西苑小区"); session.add(cp); session.flush()
    b = Building(compound_id=cp.id, grid_id=grid.id, number="3", name="3号楼"); session.add(b); session.flush()
    u = Unit(building_id=b.id, number="2", name="2单元"); session.add(u); session.flush()
    for role, kind, scope, label, ext in (
        (Role.STEWARD, ScopeKind.UNIT, u.id, "西苑小区3号楼2单元", "demo-steward"),
        (Role.SECRETARY, ScopeKind.GRID, grid.id, "第一网格", "demo-secretary"),
    ):
        m = Member(name=label, community_id=com.id, created_at=now, consent_version="2026-11", consent_at=now); session.add(m); session.flush()
        session.add(Account(member_id=m.id, platform="webchat", external_id=ext))
        p = Post(role=role, scope_kind=kind, scope_id=scope, community_id=com.id, label=label); session.add(p); session.flush()
        session.add(Grant(member_id=m.id, post_id=p.id, starts_at=now, confirmed_at=now))


@contextmanager
def running_program(folder: Path) -> Iterator[Program]:
    with fresh_database("sqlite") as url:
        with opened(url) as database, Session(database.engine) as session:
            seed(session, datetime.now(UTC))
            session.commit()
        settings = Settings.model_validate(
            {"paths": {"data": folder}, "database": {"url": url}, "demo": {"enabled": True}}
        )
        with LoopbackServer(create_app(settings), lifespan=True) as server:
            yield Program(server.url)
