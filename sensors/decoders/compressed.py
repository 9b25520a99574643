"""Payloads that a gateway compressed: gzip [1]_, of which no more is unpacked than the source allows.

.. [1] RFC 1952; a file may have several members, one after the other (2.2).
"""

import zlib
from contextlib import suppress
from typing import Final

from sensors.decoders.taking import RefusedError

MAGIC: Final = b"\x1f\x8b"
"""The first bytes of gzip."""

MOST_MEMBERS: Final = 100
"""Members of one payload: what is left of it is copied for each."""

_GZIP = 16 + zlib.MAX_WBITS


def unpacked(payload: bytes, most: int, *, broken: str = "broken_json") -> bytes:
    """Return what is in a payload of gzip; `broken` is the code of what is none.

    Raises
    ------
    RefusedError
        If it is broken, cut short, has too many members, or unpacks to more than `most` bytes; no more than these are
        then in memory.
    """
    parts: list[bytes] = []
    left = most
    try:
        while payload:
            if len(parts) == MOST_MEMBERS:
                raise RefusedError("too_large", f"payload: expected at most {MOST_MEMBERS} members of gzip, got more")
            member = zlib.decompressobj(_GZIP)
            parts.append(member.decompress(payload, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise RefusedError("too_large", f"payload: expected at most {most} bytes in gzip, got more")
            if not member.eof:
                raise RefusedError(broken, "payload: expected all of a gzip file, got a part of it")
            payload = member.unused_data
    except zlib.error as error:
        raise RefusedError(broken, "payload: expected gzip after its first bytes, got something else") from error
    return b"".join(parts)


def readable(payload: bytes, most: int) -> bytes:
    """Return what can be read of a payload of gzip, at most so many bytes, though it is broken or cut short."""
    found = bytearray()
    member = zlib.decompressobj(_GZIP)
    with suppress(zlib.error):
        for i in range(len(payload)):  # of more at a time nothing would be given where there is an error in it
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            found += member.decompress(payload[i : i + 1], most - len(found))
            if len(found) >= most:
                break
    return bytes(found)
