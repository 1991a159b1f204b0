"""Making the files that people asked for in chat: outside of any writing transaction, one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.calendar_file import build_invitation
from bot.clock import Clock
from bot.errors import Busy
from bot.figure_files import chart_file, figures_file
from bot.files import FileStore
from bot.ledger_file import build_ledger
from bot.opinion_pictures import opinions_chart
from bot.papers.meeting_files import agenda_file, notice_file, sign_in_file
from bot.papers.minutes_files import minutes_file, resolutions_file, resolutions_sheet
from bot.transactions import Transactions
from handlers.context import House
from models.rules.errors import RuleError
from services import documents
from services.documents import OwedDocument

log = logging.getLogger(__name__)

_POLL = 2.0  # seconds
_SWEEP = 3600.0  # seconds between looks for files that are kept no longer
_AT_ONCE = 500  # files of one question


class Builder(Protocol):
    """Makes the bytes of one kind of document, in a thread, with a session that only reads.

    ``params`` are those of the request. It must end by itself. What it raises is tried again, except for a RuleError:
    who may no longer see it, or asks for what is not there, is told that it cannot be made.
    """

    def __call__(self, session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes: ...


#: By the kind of the document. One row for each that a flow asks for.
BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "figures": figures_file,
        "chart": chart_file,
        "ledger": build_ledger,
        "agenda_paper": agenda_file,
        "notice_paper": notice_file,
        "sign_in_paper": sign_in_file,
        "minutes_paper": minutes_file,
        "resolutions_paper": resolutions_file,
        "resolutions_sheet": resolutions_sheet,
        "invitation_ics": build_invitation,
        "opinions_chart": opinions_chart,
    }
)


class DocumentMaker:
    """A background task. Any number of processes may run one. ``on_told``: somebody was owed a notice."""

    def __init__(
        self,
        transactions: Transactions,
        store: FileStore,
        clock: Clock,
        house: House,
        *,
        builders: Mapping[str, Builder] = BUILDERS,
        on_told: Callable[[], None] = lambda: None,
    ) -> None:
        self._transactions = transactions
        self._store = store
        self._clock = clock
        self._house = house
        self._builders = builders
        self._on_told = on_told
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """``run`` returns when what it is making is made."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Until stopped or cancelled."""
        sweep_at = 0.0
        while not self._stopping:
            self._woken.clear()
            try:
                while not self._stopping and await self._make_next():
                    pass
                if self._clock.monotonic() >= sweep_at:
                    await self.sweep()
                    sweep_at = self._clock.monotonic() + _SWEEP
            except Busy:
                log.warning("the database is busy; documents wait")
            try:
                await asyncio.wait_for(self._woken.wait(), self._clock.real(_POLL))
            except TimeoutError:
                continue

    async def drain(self) -> int:
        """Make all that is due now. Returns how many were tried."""
        tried = 0
        while await self._make_next():
            tried += 1
        return tried

    async def sweep(self) -> int:
        """Remove the files that are kept no longer. Returns how many."""
        lying = await asyncio.to_thread(lambda: list(self._store.public_ids()))
        removed = 0
        for begin in range(0, len(lying), _AT_ONCE):
            some = lying[begin : begin + _AT_ONCE]
            now = self._clock.now()
            kept = await self._transactions.read(partial(documents.still_kept, public_ids=some, at=now))
            for public_id in set(some) - kept:
                await asyncio.to_thread(self._store.forget, public_id)
                removed += 1
        return removed

    async def _make_next(self) -> bool:
        if not await self._transactions.read(partial(documents.any_owed, now=self._clock.now())):
            return False
        document = await self._transactions.run(partial(documents.claim_owed, now=self._clock.now()))
        if document is None:
            return False
        outcome = await self._outcome(document)
        await self._transactions.run(partial(outcome, at=self._clock.now(), rules=self._house.rules))
        self._on_told()
        return True

    async def _outcome(self, document: OwedDocument) -> Callable[..., None]:
        """How it went, to be recorded. Whatever goes wrong with one is no reason to stop making others."""
        builder = self._builders.get(document.kind)
        if builder is None or document.attempts > documents.TRIES:  # it ended the process each time
            log.error("document %d of kind %s cannot be made", document.id, document.kind)
            return partial(documents.failed, document=document)
        build = partial(builder, params=document.params, house=self._house, at=self._clock.now())
        try:
            data = await self._transactions.read(lambda session: build(session))
            await asyncio.to_thread(self._store.save, document.public_id, data)
        except RuleError as refusal:
            log.info("document %d was refused: %s", document.id, refusal.code)
            return partial(documents.failed, document=document)
        except Exception as error:
            log.warning("document %d of kind %s waits: %s", document.id, document.kind, type(error).__name__)
            return partial(documents.later, document=document)
        return partial(documents.ready, document=document, size=len(data))
