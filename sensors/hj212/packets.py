"""Messages that devices split into packets, put together again.

HJ 212-2017 numbers the packets of a message by PNO from 1 to PNUM; they share QN, ST, CN and MN. That a packet ends
with an item is taken as given: the clause is recalled, and no sample holds a whole split message.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from sensors.hj212.frames import Frame

Key = tuple[str, str, str, str]

MOST_PACKETS: Final = 64
"""Packets of a message that are waited for; one of more is handed on in single packets."""


class _Message(msgspec.Struct, gc=False):
    count: int
    since: float
    packets: dict[int, Frame]
    size: int


class PacketJoiner:
    """Keeps packets until their message is complete, too old, or too much.

    Whatever was added comes out again, once, in a list of frames: the packets of a whole message in their order; or
    those of one that will not be completed, which `is_whole` tells.
    """

    def __init__(self, *, wait_s: float = 10.0, most_bytes: int = 262_144) -> None:
        self._wait_s = wait_s
        self._most_bytes = most_bytes
        self._messages: OrderedDict[Key, _Message] = OrderedDict()
        self._size = 0

    @property
    def waiting(self) -> int:
        """Bytes of packets that are kept."""
        return self._size

    def add(self, frame: Frame, now: float) -> list[list[Frame]]:
        """Take a frame at `now`, by any clock that only goes forward [s]; return what comes out with it.

        A frame that is no packet comes out at once, and so does one without QN, by which its message is known. A
        packet that comes again replaces the earlier one, which comes out alone.
        """
        packet = frame.packet
        if packet is None or "QN" not in frame.header or packet[1] > MOST_PACKETS:
            return [[frame]]
        number, count = packet
        key = _key(frame)
        out: list[list[Frame]] = []
        message = self._messages.get(key)
        if message is not None and message.count != count:
            out.append(self._remove(key))
            message = None
        if message is None:
            message = self._messages[key] = _Message(count, now, {}, 0)
        if number in message.packets:
            earlier = message.packets[number]
            out.append([earlier])
            self._grow(message, -len(earlier.raw))
        message.packets[number] = frame
        self._grow(message, len(frame.raw))
        if len(message.packets) == count:
            out.append(self._remove(key))
        while self._size > self._most_bytes:
            out.append(self._remove(next(iter(self._messages))))
        return out

    def expired(self, now: float) -> list[list[Frame]]:
        """Return the packets of messages that began more than `wait_s` ago."""
        out = []
        while self._messages:
            key, message = next(iter(self._messages.items()))
            if now - message.since <= self._wait_s:
                break
            out.append(self._remove(key))
        return out

    def finish(self) -> list[list[Frame]]:
        """Return all that is kept."""
        return [self._remove(key) for key in list(self._messages)]

    def _grow(self, message: _Message, size: int) -> None:
        message.size += size
        self._size += size

    def _remove(self, key: Key) -> list[Frame]:
        message = self._messages.pop(key)
        self._size -= message.size
        return [message.packets[number] for number in sorted(message.packets)]


def is_whole(frames: list[Frame]) -> bool:
    """Whether frames are one message: a single frame that was not split, or all the packets of one that was."""
    if len(frames) == 1:
        return frames[0].packet is None
    expected = [(number, len(frames)) for number in range(1, len(frames) + 1)]
    return [frame.packet for frame in frames] == expected and len({_key(frame) for frame in frames}) == 1


def joined(frames: Iterable[Frame]) -> bytes:
    """Return the parameters of a message's packets as if it had not been split; those of a single frame as they are."""
    first, *others = [frame.cp for frame in frames]
    return b";".join(cp.strip(b"; ") for cp in (first, *others)) if others else first


def _key(frame: Frame) -> Key:
    header = frame.header
    return header.get("MN", ""), header.get("QN", ""), header.get("ST", ""), header.get("CN", "")
