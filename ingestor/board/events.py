"""Telling browsers that something changed: server-sent events, from one look at the store a second for all of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from ingestor.board.source import LOOK_EVERY_S, Source

MOST_CLIENTS: Final = 200
ALIVE_S: Final = 15.0
"""How often something is sent where nothing changes: a proxy in between would end the connection."""
AGAIN_MS: Final = 3000


class Events:
    """Browsers that listen. Nothing is queued for them: one that is slow hears of the last change only."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._listening: set[asyncio.Event] = set()
        self._watching: asyncio.Task[None] | None = None
        self._told: tuple[int, int, bool] | None = None

    async def answer(self, _: Request) -> Response:
        """Answer a browser that wants to listen."""
        if len(self._listening) >= MOST_CLIENTS:
            return PlainTextResponse(f"expected at most {MOST_CLIENTS} listeners\n", 503, {"Retry-After": "30"})
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    @property
    def heard(self) -> bool:
        """Whether any browser listens."""
        return bool(self._listening)

    def close(self) -> None:
        """Stop watching."""
        if self._watching is not None:
            self._watching.cancel()

    async def _stream(self) -> AsyncIterator[str]:
        changed = asyncio.Event()
        self._listening.add(changed)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            await self._source.look()
            yield f"retry: {AGAIN_MS}\n{self._state('hello')}"
            while True:
                try:
                    await asyncio.wait_for(changed.wait(), ALIVE_S)
                except TimeoutError:
                    yield ": alive\n\n"
                    continue
                changed.clear()
                yield self._state("changed")
        finally:
            self._listening.discard(changed)

    async def _watch(self) -> None:
        while self._listening:
            await self._source.look()
            now = self._source.newest, self._source.finished, self._source.away is None
            if self._told is not None and now != self._told:
                for each in self._listening:
                    each.set()
            self._told = now
            await asyncio.sleep(LOOK_EVERY_S)

    def _state(self, event: str) -> str:
        source = self._source
        state: dict[str, int | bool] = {
            "sequence": source.newest, "finished": source.finished, "away": source.away is not None,
        }  # fmt: skip
        return f"event: {event}\ndata: {json.dumps(state)}\n\n"
