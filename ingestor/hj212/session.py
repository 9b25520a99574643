"""One connection of a device: from its bytes to the answers it gets."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ingestor.hj212.counts import Complaints, Counts
from ingestor.hj212.devices import Devices
from ingestor.hj212.receiving import REASONS, ClosedError, Receiver
from ingestor.hj212.requests import Requests
from ingestor.hj212.rules import Bucket, Rules
from ingestor.hj212.seen import Seen
from sensors.errors import shown
from sensors.hj212 import commands
from sensors.hj212.frames import Broken, Frame
from sensors.hj212.packets import PacketJoiner

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


class _DeafError(ConnectionError):
    """The device takes no answers."""


class Session:
    """A connection, from `run` until that returns."""

    def __init__(self, shared: Shared, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rules = shared.rules
        self._shared, self._writer = shared, writer
        self._receiver = Receiver(reader, rules)
        self._joiner = PacketJoiner(wait_s=rules.join_s, most_bytes=JOIN_BYTES)
        self._requests = Requests(self._say, rules, shared.seen, shared.counts, shared.complaints)
        self._bucket = Bucket(rules.frames_per_s, rules.burst_s)
        self._identifiers: list[str] = []
        self._broken = 0
        self._task: asyncio.Task[None] | None = None
        self._stopping = self._displaced = False

    async def run(self) -> None:
        """Serve the device until it, or the gateway, closes the connection."""
        self._task = asyncio.current_task()
        try:
            await self._serve()
        except ClosedError as why:
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
            left = sum(len(frames) for frames in self._joiner.finish())
            self._shared.counts.unpublished += left + self._receiver.unfinished
            self._writer.close()
            asyncio.get_running_loop().call_later(self._shared.rules.write_s, self._writer.transport.abort)

    def stop(self) -> None:
        """Let what was received be published and answered, then close."""
        self._stopping = True
        self._receiver.stop()

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
        while True:
            within_s = self._shared.rules.join_s if self._joiner.waiting else None
            try:
                found = await self._receiver.receive(known=bool(self._identifiers), within_s=within_s)
            except ClosedError:
                await self._take_all(self._receiver.finish())
                raise
            if found is None:
                break
            await self._take_all(found)
            await self._publish_all(self._joiner.expired(time.monotonic()))
        if not self._stopping:
            await self._take_all(self._receiver.finish())
        await self._publish_all(self._joiner.finish())

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
        wait_s = self._bucket.take(1, time.monotonic())
        if wait_s:
            await asyncio.sleep(wait_s)
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
            raise ClosedError("login")
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
            raise ClosedError("garbage")

    def _enter(self, identifier: str, frame: Frame) -> None:
        if identifier in self._identifiers:
            return
        if len(self._identifiers) >= MOST_DEVICES:
            raise ClosedError("many")
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
