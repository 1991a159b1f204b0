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
from services.sample import load_sample
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer


@dataclass(frozen=True)
class Program:
    url: str


@contextmanager
def running_program(folder: Path) -> Iterator[Program]:
    with fresh_database("sqlite") as url:
        settings = Settings.model_validate(
            {"paths": {"data": folder}, "database": {"url": url}, "demo": {"enabled": True}}
        )
        with opened(url) as database, Session(database.engine) as session:
            load_sample(session, at=datetime.now(UTC), consent_version=settings.consent.version)
            session.commit()
        with LoopbackServer(create_app(settings), lifespan=True) as server:
            yield Program(server.url)
