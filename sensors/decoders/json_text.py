"""JSON as devices send it."""

import json
from typing import Any

import msgspec

from sensors.decoders.taking import RefusedError, integer
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
        return json.loads(payload.decode(encoding), parse_int=integer)
    except (ValueError, RecursionError) as error:
        raise RefusedError("broken_json", f"{at}: expected JSON, got {shown(str(error))}") from error
