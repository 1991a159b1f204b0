"""One scheduler process of S8: ``python -m bench.chaos.striker DATABASE CLOCK`` runs until it is killed."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from bot.scheduler import Entry, Scheduler
from bot.transactions import open_transactions
from handlers.context import House
from models.base import insert_row
from models.member import Member
from models.rules.house import HouseRules
from services.timetable import OwedAct
from understanding import Gazetteer

KIND = "chime"
RATE = 3600.0  # an hour a second


class SharedClock(Clock):
    """The clock of a machine that somebody sets: what it shows is in a file that all processes read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> datetime:
        shown = json.loads(self.file.read_text())
        return datetime.fromtimestamp(shown["at"] + (time.time() - shown["since"]) * RATE, UTC)

    def real(self, seconds: float) -> float:
        return 0.05

    def set(self, to: datetime) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps({"at": to.timestamp(), "since": time.time()}))
        os.replace(draft, self.file)

    def jump(self, by: timedelta) -> None:
        self.set(self.now() + by)


def strike(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    """Leaves a row for each time it happens; nothing in the table forbids a second one."""
    insert_row(session, Member, name=owed.slot, created_at=at)
    return None


async def _serve(url: str, clock: SharedClock) -> None:
    database = Database.open(url, busy_timeout=30, pool_size=2)
    house = House(HouseRules(), Gazetteer.build([]))
    entries = {KIND: Entry("0 * * * *", act=strike)}
    await Scheduler(open_transactions(database), clock, house, entries=entries, acts={}).run()


if __name__ == "__main__":
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it says at each tick that the one before is not done
    asyncio.run(_serve(sys.argv[1], SharedClock(Path(sys.argv[2]))))
