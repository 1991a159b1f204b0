"""What somebody means by what they typed or pressed: an option, a command, a number, or plain words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from handlers.menu import by_word, labels
from handlers.messages import Incoming, Kind, Option
from models.rules.codes import read_code
from services.conversations import Place
from texts import choice


class Sense(StrEnum):
    WORDS = "words"  # plain words, for the open question or a report
    CHOICE = "choice"  # an option of the open question
    COMMAND = "command"  # a capability, perhaps for one issue
    NOTICE = "notice"  # an option of a notice, by its button
    OPEN = "open"  # an issue by its number, perhaps with what to do with it
    CODE = "code"  # an invitation, or the joining of an account
    CANCEL = "cancel"
    BACK = "back"
    CONTINUE = "continue"
    STALE = "stale"  # a button that is no longer offered
    SAID = "said"  # answered with a fixed sentence


@dataclass(frozen=True)
class Meaning:
    """``typed``: a menu word that may just as well be plain words of somebody who may not do it."""

    sense: Sense
    capability: str = ""
    argument: str = ""
    issue: int = 0
    value: str = ""
    typed: bool = False


#: Questions that a pin on the map may answer; elsewhere it is answered with what can be done with it.
TAKES_A_PIN = frozenset(f"{flow}.receive_{what}" for flow in ("report", "on_behalf") for what in ("words", "place"))
#: Of an integer key; a button that names a larger one was made up.
LARGEST_ID = 2**31 - 1

_NUMERALS = {c: n for n, c in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_NUMBER = re.compile(r"(?:第|选)?\s*([0-9]{1,2}|[一二两三四五六七八九十])\s*(?:个|条|项|号)?[.、)]?")
_WORD_AND_NUMBER = re.compile(r"(?:(?P<word>\D+?)\s*(?P<n>\d{1,6})|(?P<m>\d{1,6})\s*(?P<drow>\D+))(?:号)?")
_SHORT = re.compile(r"#?(\d{1,6})号?")
_FULL = re.compile(r"[A-Za-z]{1,6}-\d{4}-\d{3,7}")
_SAID_BY_KIND = {Kind.EDITED: "edited", Kind.VOICE: "voice", Kind.LOCATION: "location", Kind.OTHER: "other"}


def clean(said: str) -> str:
    """What was said without characters nobody can see, which are never meant."""
    kept = "".join(c for c in said if c in "\n\t" or c in "\u200d\ufe0f" or unicodedata.category(c)[0] != "C")
    return kept.strip()


def meaning(incoming: Incoming, said: str, place: Place, notice_options: Sequence[Option]) -> Meaning:
    """``notice_options``: of the notice shown last, while nothing else is open."""
    if incoming.kind is Kind.PRESS:
        return _pressed(incoming.press, place)
    if incoming.location is not None and (not place.frames or place.frames[-1]["step"] in TAKES_A_PIN):
        return Meaning(Sense.WORDS)
    if incoming.kind in _SAID_BY_KIND:
        return Meaning(Sense.SAID, value=_SAID_BY_KIND[incoming.kind])
    if code := read_code(said):
        return Meaning(Sense.CODE, code[0].value, value=code[1])
    if incoming.kind is Kind.FOLLOW:
        return Meaning(Sense.SAID, value="welcome")
    if incoming.photos:
        return Meaning(Sense.WORDS)
    if not any(map(str.isalnum, said)):  # nothing, or signs and little pictures only
        return Meaning(Sense.SAID, value="empty")
    return _typed(said, place, notice_options)


def of_notice(pressed: Meaning, options: Sequence[Option]) -> Meaning:
    """The command behind a notice's button; stale where the notice is not this person's."""
    index = int(pressed.argument)
    return _option(options[index].value) if index < len(options) else Meaning(Sense.STALE)


def _typed(said: str, place: Place, notice_options: Sequence[Option]) -> Meaning:
    word = _plain(said)
    for key, sense in (("cancel", Sense.CANCEL), ("back", Sense.BACK)):
        if word in _words(f"common.{key}"):
            return Meaning(sense)
    if word in _words("common.continue") and (place.draft or not place.frames):
        return Meaning(Sense.CONTINUE)
    open_options = [Option(o[0], o[1], tuple(o[2])) for o in _open_options(place)] or list(notice_options)
    chosen = _match(word, open_options, by_number=_by_number(place))
    if chosen is not None:
        return _option(chosen.value)
    telling = bool(place.frames) and not open_options  # in one's own words: a synonym may be just that
    if word in (labels() if telling else by_word()):
        capability, argument = by_word()[word]
        return Meaning(Sense.COMMAND, capability, argument, typed=True)
    numbered = _numbered(word, bare=not place.frames)
    if numbered is not None:
        return numbered
    for greeting in ("hello", "thanks"):
        if word in _words(f"common.{greeting}_words"):
            return Meaning(Sense.SAID, value=greeting)
    return Meaning(Sense.WORDS)


def _pressed(data: str, place: Place) -> Meaning:
    what, _, rest = data.partition(":")
    token, _, index = rest.rpartition(":")
    if not index.isdecimal() or len(index) > 2:
        return Meaning(Sense.STALE)
    if what == "n" and token.isdecimal() and int(token[:20]) <= LARGEST_ID:
        return Meaning(Sense.NOTICE, value=token, argument=index)
    known = place.frames[-1]["id"] if place.frames else (place.offered or {}).get("id")
    options = _open_options(place)
    if what == "s" and token == known and int(index) < len(options):
        return _option(options[int(index)][1])
    return Meaning(Sense.STALE)


def _open_options(place: Place) -> Sequence[Sequence[str]]:
    if place.frames:
        return list(place.frames[-1]["options"])
    return list((place.offered or {}).get("options", ()))


def _by_number(place: Place) -> bool:
    open_now = place.frames[-1] if place.frames else place.offered or {}
    return bool(open_now.get("numbered", True))


def _option(value: str) -> Meaning:
    if not value.startswith("do:"):
        return Meaning(Sense.CHOICE, value=value)
    _, capability, issue, argument = value.split(":", 3)
    return Meaning(Sense.COMMAND, capability, argument, int(issue))


def _match(word: str, options: Sequence[Option], *, by_number: bool) -> Option | None:
    """By label, synonym, number, or number and label ("1 满意"), each exactly: "12栋" is not option 1."""
    for option in options:
        if word in (_plain(option.label), *map(_plain, option.also)):
            return option
    for number, option in enumerate(options if by_number else (), start=1):
        if word.startswith(str(number)) and word.removeprefix(str(number)).lstrip(" .、:") == _plain(option.label):
            return option
    said = _NUMBER.fullmatch(word)
    if said is None or not by_number:
        return None
    index = _NUMERALS.get(said[1]) or int(said[1])
    return options[index - 1] if 1 <= index <= len(options) else None


def _numbered(word: str, *, bare: bool) -> Meaning | None:
    """ "31" or "LN-2026-0031" opens an issue, "受理 31" does something with it."""
    if _FULL.fullmatch(word):
        return Meaning(Sense.OPEN, "progress", value=word.upper())
    if bare and (short := _SHORT.fullmatch(word)):
        return Meaning(Sense.OPEN, "progress", issue=int(short[1]))
    both = _WORD_AND_NUMBER.fullmatch(word)
    if both is None:
        return None
    name = (both["word"] or both["drow"]).strip()
    if name not in by_word():
        return None
    capability, argument = by_word()[name]
    return Meaning(Sense.OPEN, capability, argument, issue=int(both["n"] or both["m"]))


def _plain(said: str) -> str:
    """Full-width and circled digits as plain ones, no closing punctuation."""
    return unicodedata.normalize("NFKC", said).strip().rstrip("。.!！~?？").strip().lower()


@cache
def _words(key: str) -> frozenset[str]:
    label, also = choice(key)
    return frozenset(map(_plain, (label, *also)))
