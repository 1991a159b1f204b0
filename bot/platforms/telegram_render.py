"""An :class:`Outgoing` within Telegram's limits: plain text in parts, one keyboard under the last of them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.platforms.base import numbered_text
from bot.platforms.telegram_parse import PRESS_LIMIT
from handlers.messages import Button, File, Outgoing

# core.telegram.org/bots/api#sendmessage, #sendphoto, #sendmediagroup; lengths in UTF-16 code units
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
GROUP_LIMIT = 10
KEYBOARD_LIMIT = 100

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAKS = ("\n", "。", "！", "？", "；", " ")
_JOINER = "\u200d"


@dataclass(frozen=True)
class Rendered:
    texts: tuple[str, ...]
    keyboard: InlineKeyboardMarkup | None
    photos: tuple[str, ...]  # public ids
    files: tuple[File, ...] = ()

    @property
    def caption(self) -> str | None:
        """The words under a single photo or file; None if they must be a message of their own."""
        if len(self.photos) + len(self.files) != 1 or len(self.texts) > 1:
            return None
        if units("".join(self.texts)) > CAPTION_LIMIT:
            return None
        return "".join(self.texts)


def render(message: Outgoing) -> Rendered:
    """Nothing that was to be read is left out; buttons that Telegram would refuse become numbered lines."""
    buttons = message.buttons
    fits = len(buttons) <= KEYBOARD_LIMIT and all(
        clean(b.label) and 0 < len(b.data.encode()) <= PRESS_LIMIT for b in buttons
    )
    lines = not fits or (buttons and not message.text and len(message.photos) + len(message.files) > 1)
    text = clean(numbered_text(message) if lines else message.text)
    return Rendered(
        texts=split(text, TEXT_LIMIT),
        keyboard=keyboard(buttons) if buttons and fits else None,
        photos=message.photos,
        files=message.files,
    )


def keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup:
    """Three short labels in a row, two middling ones, or one long one: a phone cuts labels that do not fit."""
    widest = max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in b.label) for b in buttons)
    columns = 3 if widest <= 8 else 2 if widest <= 14 else 1
    keys = [InlineKeyboardButton(clean(b.label), callback_data=b.data) for b in buttons]
    return InlineKeyboardMarkup([keys[n : n + columns] for n in range(0, len(keys), columns)])


def clean(text: str) -> str:
    """Without control characters and half surrogate pairs, which Telegram or JSON would refuse."""
    return _UNFIT.sub("", text.replace("\r\n", "\n")).strip()


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int) -> tuple[str, ...]:
    """Parts of at most ``limit`` UTF-16 units, cut at a line break, else after a sentence, else between characters.

    Joined again they hold every visible character of ``text``; no part is blank.
    """
    parts = []
    while units(text) > limit:
        end = _end(text, len(text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")))
        parts.append(text[:end].strip())
        text = text[end:].lstrip("\n")
    return tuple(part for part in [*parts, text.strip()] if part)


def _end(text: str, most: int) -> int:
    for mark in _BREAKS:
        end = text.rfind(mark, most // 2, most) + 1
        if end:
            return end
    end = most
    while end > max(most - 32, 1) and _within_character(text, end):
        end -= 1
    return end


def _within_character(text: str, at: int) -> bool:
    """Whether a cut here would tear one visible character: joined emoji, variation, skin tone, combining mark, flag."""
    before, after = text[at - 1], text[at]
    return (
        _JOINER in (before, after)
        or unicodedata.combining(after) != 0
        or "\ufe00" <= after <= "\ufe0f"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or after == "\u20e3"
        or (_is_flag_letter(after) and len(list(takewhile(_is_flag_letter, reversed(text[:at])))) % 2 == 1)
    )


def _is_flag_letter(character: str) -> bool:
    """Two of these make one flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"
