"""/healthz: the process lives. /readyz: it can do its work, so traffic may come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.errors import Busy
from bot.transactions import Transactions
from services.vitals import schema_version

_PATIENCE = 3.0  # seconds for the database to answer


class Health:
    """``fallen``: names of the tasks that died; ``version``: the migration the program was started on."""

    def __init__(self, transactions: Transactions, *, version: str, fallen: Callable[[], list[str]]) -> None:
        self._transactions = transactions
        self._version = version
        self._fallen = fallen

    async def alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def ready(self, request: Request) -> Response:
        found = {"database": await self._database(), "tasks": not self._fallen()}
        ready = all(found.values())
        said = {"ready": ready, **found, "fallen": self._fallen()}
        return JSONResponse(said, 200 if ready else 503, headers={"Cache-Control": "no-store"})

    async def _database(self) -> bool:
        try:
            return await asyncio.wait_for(self._transactions.read(schema_version), _PATIENCE) == self._version
        except (Busy, TimeoutError):
            return False
        except Exception:
            return False
