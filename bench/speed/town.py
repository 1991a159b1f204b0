"""The sample community, with one resident who has been through the whole dialogue, in any database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.database import Database
from bot.settings import Settings
from bot.settings_sections import NoticeSettings
from handlers import dispatcher
from handlers.context import House
from handlers.messages import Incoming, Kind
from services.places import gazetteer
from services.sample import load_sample

SENTENCE = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"
STEPS = 4
"""Messages of a resident's dialogue."""
#: About as long as an update of Telegram.
RAW = '{"update_id": 980000000, "message": {"message_id": 980000000, "text": "%s"}}' % ("字" * 130)


def dialogue(resident: int) -> tuple[str, str, str, str]:
    """What one resident says. Each tells of their own room, so that nobody is offered to join a neighbour."""
    unit, room = 2 - resident // 9000 % 2, resident % 9000 + 101
    return f"西苑小区3号楼{unit}单元{room}室的水表坏了一个星期了没人管", "1", "以后再说", "进度"


def settle(url: str, *, at: datetime) -> None:
    """Fills an empty, migrated database."""
    database = Database.open(url, busy_timeout=10, pool_size=2)
    with Session(database.engine, expire_on_commit=False) as session:
        load_sample(session, at=at, consent_version=Settings().consent.version)
        here = house(session)
        for number, words in enumerate(dialogue(1)):
            say(session, here, "1", f"first-{number}", words, at=at)
        session.commit()
    database.close()


def house(session: Session) -> House:
    """The same work at any hour: nobody is spared at night."""
    rules = Settings(notices=NoticeSettings(quiet=False)).house_rules()
    return House(rules, gazetteer(session), "http://127.0.0.1:8000")


def message(sender: str, key: str, words: str) -> Incoming:
    return Incoming("telegram", key, sender, Kind.TEXT, words, raw=RAW)


def say(session: Session, here: House, sender: str, key: str, words: str, *, at: datetime) -> str:
    """The answer."""
    return dispatcher.receive(session, message(sender, key, words), at=at, house=here).outgoing.text
