"""Real HTTP for tests: a Starlette (or any ASGI) application on a free loopback port, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import uvicorn

#: Seconds, as nginx's default: with uvicorn's five a client's idle connection is cut while it is being used again.
_KEEP_ALIVE = 75


class LoopbackServer:
    """``with LoopbackServer(app) as server: httpx.get(server.url + "/…")``.

    ``port`` 0 takes a free one; the same number comes back after ``stop()`` and a second ``start()``, so a peer
    that goes away and returns can be played. ``url`` has no slash at its end. An application that fails to start
    raises here; requests still open at ``stop()`` are dropped after ``grace`` seconds.
    """

    def __init__(
        self, app: Callable[..., Any], *, port: int = 0, lifespan: bool = False, grace: float = 1.0, **config: Any
    ) -> None:
        self._app = app
        self._port = port
        self._lifespan = lifespan
        self._grace = grace
        self._config = config
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop the application runs in, for ``asyncio.run_coroutine_threadsafe``."""
        assert self._loop is not None, "the server is not running"
        return self._loop

    def start(self) -> Self:
        # The protocol is named, or asyncio sets no TCP_NODELAY and each answer takes 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            lifespan="on" if self._lifespan else "off",
            log_level="critical",
            access_log=False,
            **({"timeout_keep_alive": _KEEP_ALIVE} | self._config),
        )
        server = self._server = uvicorn.Server(config)
        ready = threading.Event()

        async def serve() -> None:
            self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
            config.load()
            server.lifespan = config.lifespan_class(config)
            await server.startup(sockets=[listener])
            ready.set()
            while not self._stopping.is_set():  # uvicorn's own loop looks only ten times a second
                await server.on_tick(0)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 0.9)
            await self._close(server)

        def work() -> None:
            try:
                asyncio.run(serve())
            except SystemExit:
                pass  # uvicorn's way of saying that the application did not start; reported below
            finally:
                listener.close()
                ready.set()

        self._thread = threading.Thread(target=work, name=f"loopback-{self._port}", daemon=True)
        self._thread.start()
        ready.wait(30)
        if not server.started:
            self.stop()
            raise RuntimeError("the application did not start; run it under uvicorn to see why")
        return self

    async def _close(self, server: uvicorn.Server) -> None:
        """As uvicorn does it, but as soon as nothing is open any more instead of a fifth of a second later."""
        state = server.server_state
        for listening in server.servers:
            listening.close()
        for connection in list(state.connections):
            connection.shutdown()
        end = time.monotonic() + self._grace
        while (state.connections or state.tasks) and time.monotonic() < end:
            await asyncio.sleep(0.002)
        for task in list(state.tasks):
            task.cancel()
        await server.lifespan.shutdown()

    def stop(self) -> None:
        if self._thread is not None:
            if self._loop is not None and self._thread.is_alive():
                with suppress(RuntimeError):  # it has just ended by itself
                    self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(30)
        self._server = self._thread = self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
