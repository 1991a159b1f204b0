"""What every step of a conversation is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from models.rules.house import HouseRules
from services.members import Person
from understanding import Gazetteer, Location, Model


@dataclass(frozen=True)
class House:
    """What does not change from message to message: the numbers, the names of places, where the pages are.

    ``model``: the community's own, where it has trained one; ``papers``: the folder of its own templates.
    ``page_secret``: signs links to pages where something can be changed; empty: there are no such pages.
    """

    rules: HouseRules
    gazetteer: Gazetteer
    public_url: str = ""
    model: Model | None = None
    papers: Path | None = None
    page_secret: str = ""


@dataclass
class Context:
    """One message of one person.

    ``choice``: the value of the option chosen, None for free words. ``photos``: public ids of the photos that came;
    ``location``: the pin.
    ``data``: what the conversation remembers; a step may change it. ``issue_id`` and ``argument``: of a command.
    """

    session: Session
    person: Person
    at: datetime
    house: House
    text: str = ""
    choice: str | None = None
    photos: tuple[str, ...] = ()
    location: Location | None = None
    data: dict[str, Any] = field(default_factory=dict)
    issue_id: int | None = None
    argument: str = ""

    @property
    def rules(self) -> HouseRules:
        return self.house.rules
