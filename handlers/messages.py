"""What comes in from and goes out to any chat platform, in neutral form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a person did on their phone."""

    TEXT = "text"
    PHOTO = "photo"  # may carry words as well (a caption)
    PRESS = "press"  # a button; ``Incoming.press`` holds its data
    LOCATION = "location"
    VOICE = "voice"
    FOLLOW = "follow"  # subscribed, or /start; ``text`` holds the scene or payload, if any
    LEAVE = "leave"  # unsubscribed or blocked us
    EDITED = "edited"  # a message sent earlier was changed
    OTHER = "other"  # stickers, films, files, …


@dataclass(frozen=True)
class IncomingPhoto:
    """A photo that waits on the platform (``remote_id``) or lies in our store already (``public_id``)."""

    remote_id: str = ""
    public_id: str = ""


@dataclass(frozen=True)
class Incoming:
    """One event. ``platform`` and ``event_key`` together name it for good: a retry carries the same pair."""

    platform: str
    event_key: str
    sender: str
    kind: Kind = Kind.TEXT
    text: str = ""
    press: str = ""
    photos: tuple[IncomingPhoto, ...] = ()
    location: tuple[float, float] | None = None  # latitude, longitude; WGS-84 degrees
    raw: str = ""  # as it came, for inspection; kept 30 days


@dataclass(frozen=True)
class Option:
    """A choice. Answered by its number, its label or one of ``also``, exactly; ``value`` is what it means."""

    label: str
    value: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What a step of a conversation says, and the step that hears the answer (``None``: the conversation is over).

    Options of a reply with no ``then`` stay on offer until something else is said; their values are commands
    (:func:`command`). ``again``: the text is a hint; the open question is asked once more below it. ``fresh``: what was
    asked before is done; 返回 does not lead there. ``numbered``: 1, 2, 3 mean the options; not so in a list of
    issues, where a number means the issue of that number. ``kept_as``: see :class:`Outgoing`.
    """

    text: str
    options: tuple[Option, ...] = ()
    photos: tuple[str, ...] = ()  # public ids of media
    then: Callable[..., Reply] | None = field(default=None, compare=False)
    again: bool = False
    fresh: bool = False
    numbered: bool = True
    question: str = ""  # what is asked once more where that is not the whole text
    live: bool = False
    kept_as: str = ""


def command(capability: str, issue_id: int, argument: str = "") -> str:
    """The value of an option that starts a capability for one issue, from wherever the conversation stands."""
    return f"do:{capability}:{issue_id}:{argument}"


def unended(words: str) -> str:
    """What somebody said, to go on after it: without its full stop."""
    return words.rstrip("。.；;，,！! \n")


@dataclass(frozen=True)
class Button:
    """A choice as it travels: ``data`` (at most 64 bytes) comes back as ``Incoming.press``.

    ``say``: the words that always mean this button ("受理 31"), for platforms without buttons when numbers are taken.
    """

    label: str
    data: str
    say: str = ""


@dataclass(frozen=True)
class File:
    """A file of ours that travels with a message. ``name``: as the person sees it, with its ending."""

    public_id: str
    name: str
    content_type: str

    @property
    def path(self) -> str:
        """On our own site; whoever holds it may have the file while it is kept."""
        return f"/files/{self.public_id}"

    @property
    def picture(self) -> bool:
        return self.content_type.startswith("image/")


@dataclass(frozen=True)
class Outgoing:
    """A message ready for any platform. ``numbered``: typing 1, 2, 3 will be understood as pressing the buttons.

    An empty text with no photos and no files is sent as nothing at all (the platform acknowledges silently).
    ``live``: the answer to a press, which may stand in the place of the message whose button was pressed; a platform
    that cannot do so sends it like any other. ``kept_as``: what is stored of it in place of its text, where that must
    not be read later (a secret vote); of the event that it answers nothing is stored then, but that it was answered.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    photos: tuple[str, ...] = ()
    numbered: bool = True
    files: tuple[File, ...] = ()
    live: bool = False
    kept_as: str = ""

    @property
    def empty(self) -> bool:
        return not self.text and not self.photos and not self.files

    def to_json(self) -> dict[str, Any]:
        """What is stored of it."""
        stored = asdict(self)
        kept_as = stored.pop("kept_as")
        return stored | {"text": kept_as, "kept_as": kept_as} if kept_as else stored

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outgoing:
        return cls(
            text=data["text"],
            buttons=tuple(Button(b["label"], b["data"], b["say"]) for b in data["buttons"]),
            photos=tuple(data["photos"]),
            numbered=data["numbered"],
            files=files_from(data),
            live=data.get("live", False),
            kept_as=data.get("kept_as", ""),
        )


def files_from(data: Mapping[str, Any]) -> tuple[File, ...]:
    """Of a message as it is stored; those stored by an earlier version say nothing of files."""
    return tuple(File(f["public_id"], f["name"], f["content_type"]) for f in data.get("files", ()))


SILENCE = Outgoing("")
