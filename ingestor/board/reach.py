"""Whether the server of the store answers: asked beside, so that one that hangs holds nobody up."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ingestor.config import StoreSettings
from ingestor.store import InfluxServer, StoreError

ASK_EVERY_S: Final = 2.0
WAIT_S: Final = 0.5
"""How long who looks waits for the answer."""
HANGS_S: Final = 5.0
"""A server that has not answered for so long is away."""


class Reach:
    """Asks the server of a store, every few seconds while somebody looks; used from one event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="board-reach")
        self._server: InfluxServer | None = None
        self._asking: asyncio.Future[str | None] | None = None
        self._asked_at = float("-inf")
        self._failing: str | None = None

    def close(self) -> None:
        """Close the connections and end the thread, once a server that is being asked has answered; returns at once."""
        self._thread.submit(self._leave)
        self._thread.shutdown(wait=False)

    async def failing(self, settings: StoreSettings) -> str | None:
        """Return why the server of a store cannot be read; None where it can, or there is none."""
        if settings.kind != "influxdb":
            return None
        if self._asking is None and time.monotonic() - self._asked_at >= ASK_EVERY_S:
            self._asked_at = time.monotonic()
            self._asking = asyncio.get_running_loop().run_in_executor(self._thread, self._ask, settings)
        if self._asking is not None:
            await asyncio.wait((self._asking,), timeout=WAIT_S)
            if self._asking.done():
                answer, self._asking = self._asking, None
                self._failing = answer.result()
            elif time.monotonic() - self._asked_at >= HANGS_S:
                self._failing = f"store {settings.database!r}: expected an answer of its server, got none"
        return self._failing

    def _ask(self, settings: StoreSettings) -> str | None:
        try:
            if self._server is None:
                self._server = InfluxServer(settings.database, retention_policy=settings.retention_policy)
            self._server.check_readable()
        except StoreError as error:
            return str(error)
        return None

    def _leave(self) -> None:
        if self._server is not None:
            self._server.close()
