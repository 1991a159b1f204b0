"""The program as ``zhuoluo run`` builds it, in demo mode with the sample community, on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.app import create_app
from bot.settings import Settings
from services.sample import hold_meetings, load_sample
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer


@dataclass(frozen=True)
class Program:
    url: str
    settings: Settings


@contextmanager
def running_program(folder: Path) -> Iterator[Program]:
    with fresh_database("sqlite") as url:
        settings = Settings.model_validate(
            {"paths": {"data": folder}, "database": {"url": url}, "demo": {"enabled": True}}
        )
        with opened(url) as database, Session(database.engine) as session:
            at = datetime.now(UTC)
            load_sample(session, at=at, consent_version=settings.consent.version)
            hold_meetings(session, at=at, rules=settings.house_rules())
            session.commit()
        with LoopbackServer(create_app(settings), lifespan=True) as server:
            yield Program(server.url, settings)
