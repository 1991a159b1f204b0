"""Answers that stand in the place of the message whose button was pressed (a card that is edited in place).

An edit says the same however often it is made, so a repeated update does no harm; but one that comes late must not
bring back a card that has moved on. Which update a card shows is remembered in memory alone: after a restart the worst
is a card whose buttons are out of date, and pressing one says so.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.platforms.base import Answer
from bot.platforms.telegram_parse import Parsed
from bot.platforms.telegram_render import Rendered
from bot.platforms.telegram_sending import Sender

_REMEMBERED = 4096  # cards
_AT_ONCE = 16  # edits side by side; beyond that, answers leave as new messages rather than wait


@dataclass
class _Card:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shows: int = -1  # the update whose answer it is


class Cards:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._cards: OrderedDict[tuple[int, int], _Card] = OrderedDict()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def replace(self, parsed: Parsed, answered: Answer, message: Rendered) -> bool:
        """True: the answer stands in its place, or a later one does. False: it has still to be sent."""
        fits = len(message.texts) == 1 and not message.photos and not message.files
        if not answered.outgoing.live or not parsed.pressed or not fits or self._room.locked():
            return False
        chat, number = int(parsed.incoming.sender), int(parsed.incoming.event_key)
        card = self._card(chat, parsed.pressed)
        async with self._room, card.lock:
            if number < card.shows:
                return True
            placed = await self._sender.replace(chat, parsed.pressed, message)
            if placed:
                card.shows = number
            return placed

    def _card(self, chat: int, message_id: int) -> _Card:
        card = self._cards.pop((chat, message_id), None) or _Card()
        self._cards[chat, message_id] = card
        if len(self._cards) > _REMEMBERED:
            self._cards.popitem(last=False)
        return card
