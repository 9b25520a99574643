"""JSON as devices send it."""

import json
import math
from typing import Any

import msgspec

from sensors.decoders.taking import RefusedError
from sensors.decoders.terms import Encoding
from sensors.errors import shown


def tree_of(payload: bytes, encoding: Encoding = "utf-8", *, at: str = "payload") -> Any:
    """Return the tree of a JSON text as `lenient_tree` does, but quicker, and with integers of any length as they are.

    Raises
    ------
    RefusedError
        As `lenient_tree`.
    """
    if encoding == "utf-8":
        try:
            return msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return lenient_tree(payload, encoding, at=at)


def lenient_tree(payload: bytes, encoding: Encoding = "utf-8", *, at: str = "payload") -> Any:
    """Return the tree of a JSON text; of two equal keys in an object the last one counts.

    Not-a-number and infinity are taken as numbers, integers beyond the floats as infinity.

    Raises
    ------
    RefusedError
        If it is no JSON, not in its encoding, or too deep.
    """
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedError(
            "broken_json",
            f"{at}: expected {encoding.upper()}, got {payload[error.start : error.start + 1]!r} at {error.start}; "
            f"{other_encoding(encoding)}",
        ) from error
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise RefusedError("broken_json", f"{at}: expected JSON, got {shown(str(error))}") from error


def other_encoding(encoding: Encoding) -> str:
    """Return what to do about bytes that are not of an encoding."""
    if encoding == "utf-8":
        return 'of GBK say encoding = "gb18030" in sources.toml (no native source can: native payloads are UTF-8)'
    return 'look at what the device sends; encoding = "utf-8" is the other that sources.toml knows'


def _integer(digits: str) -> float:
    """An integer of any length; one beyond the floats is infinite."""
    number = float(digits)
    return int(digits) if math.isfinite(number) else number
