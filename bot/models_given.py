"""Model files named by a person: in the settings or on the command line."""

from __future__ import annotations

from pathlib import Path

from bot.errors import Unusable
from bot.settings import Settings
from texts import text
from understanding import Model
from understanding.category.model import NotAModel


def own_model(settings: Settings) -> Model | None:
    """The community's own, where the settings name one. Raises :class:`Unusable` when it cannot be read."""
    path = settings.understanding.model
    return read_model(Path(path)) if path else None


def read_model(path: Path) -> Model:
    try:
        return Model.load(path)
    except NotAModel:
        raise Unusable(text("understand.no_model", path=str(path))) from None
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(path), why=error.strerror or "")) from None
