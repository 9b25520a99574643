"""What a device sends, within the limits of its connection."""

import asyncio
import time
from typing import Final

from ingestor.hj212.rules import Bucket, Rules
from sensors.hj212.frames import Broken, Frame
from sensors.hj212.stream import FrameReader

READ_BYTES: Final = 16_384


class ClosedError(Exception):
    """The gateway closes the connection; says why, one of `REASONS`."""


REASONS: Final = {
    "no_login": "no frame of a known device came in time",
    "idle": "it was silent for too long",
    "unfinished": "a frame was not finished in time",
    "garbage": "too many pieces in a row that are no good frame",
    "login": "unknown device or wrong password",
    "deaf": "it takes no answers",
    "displaced": "its device has opened others",
    "many": "it sends for too many devices",
}
"""Why the gateway closes a connection."""


class Receiver:
    """Finds the frames of one connection, and knows for how long it may be silent.

    Only the device's own silence counts: not the time between two calls, in which its frames are dealt with.
    """

    def __init__(self, reader: asyncio.StreamReader, rules: Rules) -> None:
        self._reader, self._rules = reader, rules
        self._frames = FrameReader(rules.longest)
        self._bucket = Bucket(rules.bytes_per_s, rules.burst_s)
        self._began = self._since = time.monotonic()
        self._went_on = False
        self._reading: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def unfinished(self) -> bool:
        """Whether a frame was begun."""
        return self._frames.waiting > 0

    def stop(self) -> None:
        """Receive no more."""
        self._stopped = True
        if self._reading is not None:
            self._reading.cancel()

    def finish(self) -> list[Frame | Broken]:
        """Return what is left of a frame that was begun."""
        return self._frames.finish()

    async def receive(self, *, known: bool, within_s: float | None) -> list[Frame | Broken] | None:
        """Return what came, nothing where no frame was completed within `within_s`; None at the end.

        `known` says whether a known device has sent a good frame already.

        Raises
        ------
        ClosedError
            If the device was silent, or a frame unfinished, for too long.
        OSError
            If the connection broke off.
        """
        if self._stopped:
            return None
        now = time.monotonic()
        if self._went_on:
            self._since = now
        if not known:
            end, why = self._began + self._rules.login_s, "no_login"
        elif self.unfinished:
            end, why = self._since + self._rules.frame_s, "unfinished"
        else:
            end, why = self._since + self._rules.idle_s, "idle"
        received = await self._read(end - now if within_s is None else min(end - now, within_s))
        if received is None:
            self._went_on = False
            if time.monotonic() < end:
                return []
            raise ClosedError(why)
        if not received:
            return None
        wait_s = self._bucket.take(len(received), time.monotonic())
        if wait_s:
            await asyncio.sleep(wait_s)
        begun = self.unfinished
        found = self._frames.feed(received)
        self._went_on = bool(found) or not begun
        return found

    async def _read(self, most_s: float) -> bytes | None:
        """Return what came, nothing at the end; None if time is up."""
        self._reading = asyncio.current_task()
        assert self._reading is not None
        try:
            async with asyncio.timeout(most_s):
                return await self._reader.read(READ_BYTES)
        except TimeoutError:
            return None
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            self._reading.uncancel()
            return b""
        finally:
            self._reading = None
