"""Frames in a stream of bytes, however the network cuts or joins them.

A frame ends where its length says so and `&&` and a check stand there. Where the length lies, CR LF ends it, or the
`##ddd` of the next one; CR LF always does. So a device that lies about a length costs one frame, and what is found does
not depend on how the bytes were cut, but for noise, which comes in pieces.
"""

import re
from typing import Final

from sensors.hj212.frames import Broken, Frame, read

LONGEST: Final = 9999
"""Longest segment that four digits can announce; the standard allows 1024. [bytes]"""

_HEAD: Final = re.compile(rb"##(\d{3,4})")
_HEAD_BEGUN: Final = re.compile(rb"(?:##\d{0,2}|#)\Z")
_STOP: Final = re.compile(rb"\r\n|##(?=\d{3})")
_ENDED: Final = re.compile(rb"&&[0-9A-Fa-f]{4}")
_SINGLE: Final = re.compile(rb"##(\d{4})[^\r]*&&[0-9A-Fa-f]{4}\r\n")
"""The usual payload: one frame, whole; told quickly."""
_AROUND: Final = 12
"""Bytes of a frame beside its segment."""


class FrameReader:
    """Finds frames in the bytes of one connection. Keeps at most one unfinished frame."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._rest = b""

    @property
    def waiting(self) -> int:
        """Bytes of an unfinished frame that are kept."""
        return len(self._rest)

    def feed(self, received: bytes) -> list[Frame | Broken]:
        """Take what a connection brought and return what is complete."""
        self._rest += received
        return self._take(ended=False)

    def finish(self) -> list[Frame | Broken]:
        """Return what is left where nothing more will come."""
        return self._take(ended=True)

    def _take(self, *, ended: bool) -> list[Frame | Broken]:
        found: list[Frame | Broken] = []
        received, at = self._rest, 0
        while at < len(received):
            step = self._next(received, at, ended=ended, into=found)
            if step == at:
                break
            at = step
        self._rest = received[at:]
        return found

    def _next(self, received: bytes, at: int, *, ended: bool, into: list[Frame | Broken]) -> int:
        """Append the frame or the noise at `at` and return where it ends; `at` if more must come first."""
        head = _HEAD.match(received, at)
        if head is None:
            return _skip_noise(received, at, ended=ended, into=into)
        begin, size = head.end(), len(received)
        digits = begin - at - 2
        if digits == 3 and begin == size and not ended:
            return at
        end = begin + int(head[1])
        limit = begin + self._longest + 6
        line_end = received.find(b"\r\n", begin, limit)
        lies = 0 <= line_end < end + 4
        if not lies and end + 4 <= min(size, limit):
            if _ENDED.match(received, end - 2, end + 4):
                into.append(read(received[at : end + 4], digits))
                return _past_line_end(received, end + 4)
            lies = True
        if lies or ended or size >= limit:
            stop = _STOP.search(received, begin, limit)
            if stop is not None:
                into.append(_cut(received[at : stop.start()], digits))
                return _past_line_end(received, stop.start())
            if size >= limit:
                into.append(Broken(received[at:limit], "too_long"))
                return limit
            if ended:
                into.append(_cut(received[at:], digits))
                return size
        return at


def frames_of(payload: bytes, longest: int = LONGEST) -> list[Frame | Broken]:
    """Return the frames of a whole message, and what of it is none."""
    single = _SINGLE.fullmatch(payload)
    if single is not None and int(single[1]) == len(payload) - _AROUND <= longest:
        return [read(payload[:-2])]
    reader = FrameReader(longest)
    found = reader.feed(payload)
    return found + reader.finish() if reader.waiting else found


def _cut(raw: bytes, digits: int) -> Frame | Broken:
    """Read a frame that ends elsewhere than its length says."""
    if len(raw) >= 8 + digits and _ENDED.fullmatch(raw, len(raw) - 6):
        return read(raw, digits)
    return Broken(raw, "unended")


def _past_line_end(received: bytes, at: int) -> int:
    return at + 2 if received.startswith(b"\r\n", at) else at


def _skip_noise(received: bytes, at: int, *, ended: bool, into: list[Frame | Broken]) -> int:
    """Append what precedes the next head, but for line ends alone; keep what may be the begin of one."""
    head = _HEAD.search(received, at)
    if head is not None:
        end = head.start()
    else:
        begun = None if ended else _HEAD_BEGUN.search(received, max(at, len(received) - 4))
        end = begun.start() if begun else len(received)
    noise = received[at:end]
    if noise.strip(b"\r\n"):
        into.append(Broken(noise, "noise"))
    return end
