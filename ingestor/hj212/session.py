"""One connection of a device: from its bytes to the answers it gets."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ingestor.hj212.counts import Complaints, Counts
from ingestor.hj212.devices import Devices
from ingestor.hj212.requests import Requests
from ingestor.hj212.rules import Bucket, Rules
from ingestor.hj212.seen import Seen
from sensors.errors import shown
from sensors.hj212 import commands
from sensors.hj212.frames import Broken, Frame
from sensors.hj212.packets import PacketJoiner
from sensors.hj212.stream import FrameReader

READ_BYTES: Final = 16_384
MOST_DEVICES: Final = 100
"""Devices that one connection may send for: a data logger passes on others."""
JOIN_BYTES: Final = 65_536
"""Packets that a connection may have waiting for the rest of their messages."""


class Publishing(Protocol):
    """Where frames go."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Return when the message is safe."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all connections share; `entered` holds them by the MN of their devices."""

    rules: Rules
    devices: Devices
    publisher: Publishing
    seen: Seen
    counts: Counts
    complaints: Complaints
    entered: dict[str, list["Session"]]


class _ClosedError(Exception):
    """The gateway closes the connection; says why, one of `REASONS`."""


class _DeafError(ConnectionError):
    """The device takes no answers."""


class Session:
    """A connection, from `run` until that returns."""

    def __init__(self, shared: Shared, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rules = shared.rules
        self._shared, self._reader, self._writer = shared, reader, writer
        self._frames = FrameReader(rules.longest)
        self._joiner = PacketJoiner(wait_s=rules.join_s, most_bytes=JOIN_BYTES)
        self._requests = Requests(self._say, rules, shared.seen, shared.counts, shared.complaints)
        self._frame_bucket = Bucket(rules.frames_per_s, rules.burst_s)
        self._byte_bucket = Bucket(rules.bytes_per_s, rules.burst_s)
        self._identifiers: list[str] = []
        self._broken = 0
        self._began = self._since = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._reading = False
        self._stopping = self._displaced = False

    async def run(self) -> None:
        """Serve the device until it, or the gateway, closes the connection."""
        self._task = asyncio.current_task()
        try:
            await self._serve()
        except _ClosedError as why:
            self._closed(str(why))
        except _DeafError:
            self._closed("deaf")
        except OSError:
            self._shared.counts.closed["broken_off"] += 1
        except asyncio.CancelledError:
            if not self._displaced:
                raise
            self._closed("displaced")
        finally:
            self._requests.close()
            for identifier in self._identifiers:
                others = self._shared.entered[identifier]
                others.remove(self)
                if not others:
                    del self._shared.entered[identifier]
            self._shared.counts.unpublished += sum(len(frames) for frames in self._joiner.finish())
            self._writer.close()

    def stop(self) -> None:
        """Let what was received be published and answered, then close."""
        self._stopping = True
        if self._reading and self._task is not None:
            self._task.cancel()

    def displace(self) -> None:
        """Close the connection: its device has opened others."""
        self._displaced = True
        if self._task is not None:
            self._task.cancel()

    def _closed(self, why: str) -> None:
        peer = self._writer.get_extra_info("peername") or ("",)
        who = f"device {self._identifiers[0]}" if self._identifiers else f"somebody at {peer[0]}"
        self._shared.counts.closed[why] += 1
        self._shared.complaints.say(f"closed {why}", f"{who}: connection closed, {REASONS[why]}")

    async def _serve(self) -> None:
        while not self._stopping:
            received = await self._receive()
            if received == b"":
                break
            if received is not None:
                await self._pause(self._byte_bucket, len(received))
                begun = self._frames.waiting > 0
                found = self._frames.feed(received)
                await self._take_all(found)
                if found or not begun:
                    self._since = time.monotonic()
            await self._publish_all(self._joiner.expired(time.monotonic()))
        if self._stopping:
            self._shared.counts.unpublished += self._frames.waiting > 0
        else:
            await self._take_all(self._frames.finish())
        await self._publish_all(self._joiner.finish())

    async def _receive(self) -> bytes | None:
        """Return what the device sent, nothing at its end; None where time is up for packets that wait.

        Raises
        ------
        _ClosedError
            If the device was silent, or a frame unfinished, for too long.
        """
        rules = self._shared.rules
        if not self._identifiers:
            end, why = self._began + rules.login_s, "no_login"
        elif self._frames.waiting:
            end, why = self._since + rules.frame_s, "unfinished"
        else:
            end, why = self._since + rules.idle_s, "idle"
        left = end - time.monotonic()
        joining = self._joiner.waiting > 0
        self._reading = True
        try:
            async with asyncio.timeout(min(left, rules.join_s) if joining else left):
                return await self._reader.read(READ_BYTES)
        except TimeoutError:
            if time.monotonic() < end:
                return None
            await self._take_all(self._frames.finish())
            raise _ClosedError(why) from None
        except asyncio.CancelledError:
            if not self._stopping or self._task is None:
                raise
            self._task.uncancel()
            return b""
        finally:
            self._reading = False

    async def _take_all(self, found: Sequence[Frame | Broken]) -> None:
        for i, each in enumerate(found):
            try:
                await self._take(each)
            except BaseException:
                self._shared.counts.unpublished += len(found) - i - 1
                raise

    async def _take(self, found: Frame | Broken) -> None:
        shared = self._shared
        shared.counts.frames += 1
        await self._pause(self._frame_bucket, 1)
        if isinstance(found, Broken):
            await self._refuse(found.kind, found.raw, self._identifiers[:1])
            return
        identifier = found.header.get("MN", "")
        admitted = shared.devices.admits(identifier, found.header.get("PW", ""))
        faults = found.faults(check=shared.rules.check, length=shared.rules.length)
        if faults:
            await self._refuse(faults[0][0], found.raw, [identifier] if admitted else self._identifiers[:1])
            return
        if not admitted:
            shared.counts.refused["login"] += 1
            shared.complaints.say("login", f"device {shown(identifier, 40)}: unknown, or its password is wrong")
            raise _ClosedError("login")
        self._broken = 0
        self._enter(identifier, found)
        command = found.header.get("CN", "")
        if command in commands.ANSWERS:
            self._requests.take(found)
        elif command == commands.ASK_CLOCK:
            await self._answer(found)
            self._requests.set_clock(found)
        else:
            if command == commands.REAL_TIME:
                self._requests.watch_clock(found)
            await self._publish_all(self._joiner.add(found, time.monotonic()))

    async def _refuse(self, kind: str, raw: bytes, known: list[str]) -> None:
        """Count bytes that are not taken; those of a known device are published, so that quarantine keeps them."""
        shared = self._shared
        shared.counts.refused[kind] += 1
        self._broken += 1
        if known:
            shared.complaints.say(
                kind, f"device {known[0]}: {len(raw)} bytes not taken: {kind}; see `qingjing quarantine`"
            )
            await self._publish(known[0], raw)
        if self._broken > shared.rules.most_broken:
            raise _ClosedError("garbage")

    def _enter(self, identifier: str, frame: Frame) -> None:
        if identifier in self._identifiers:
            return
        if len(self._identifiers) >= MOST_DEVICES:
            raise _ClosedError("many")
        self._identifiers.append(identifier)
        others = self._shared.entered.setdefault(identifier, [])
        others.append(self)
        if len(others) > self._shared.rules.connections_per_device:
            others[0].displace()
        self._requests.fetch_back(frame)

    async def _publish_all(self, messages: Sequence[list[Frame]]) -> None:
        for i, frames in enumerate(messages):
            identifier = frames[0].header["MN"]
            try:
                await self._publish(identifier, b"".join(frame.raw + b"\r\n" for frame in frames))
            except BaseException:
                self._shared.counts.unpublished += sum(len(rest) for rest in messages[i:])
                raise
            for frame in frames:
                self._requests.note(frame)
                if frame.wants_answer:
                    await self._answer(frame)

    async def _publish(self, identifier: str, payload: bytes) -> None:
        await self._shared.publisher.publish(self._shared.rules.topic.format(mn=identifier), payload)

    async def _answer(self, frame: Frame) -> None:
        await self._say(commands.answer(frame, frame.header.get("PW", "")))
        self._shared.counts.answered += 1

    async def _say(self, text: bytes) -> None:
        """Send a frame to the device.

        Raises
        ------
        OSError
            If the connection is gone.
        _DeafError
            If the device takes nothing; an OSError, too.
        """
        self._writer.write(text)
        try:
            async with asyncio.timeout(self._shared.rules.write_s):
                await self._writer.drain()
        except TimeoutError:
            raise _DeafError from None

    async def _pause(self, bucket: Bucket, amount: float) -> None:
        wait_s = bucket.take(amount, time.monotonic())
        if wait_s:
            await asyncio.sleep(wait_s)


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
