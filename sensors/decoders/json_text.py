"""JSON as devices send it."""

import json
import math
from typing import Any, Final

import msgspec

from sensors.decoders.taking import RefusedError
from sensors.decoders.terms import Encoding
from sensors.errors import shown

_decode, _encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
_BACKSLASH: Final = 0x5C


def tree_of(payload: bytes, encoding: Encoding = "utf-8", *, at: str = "payload") -> Any:
    """Return the tree of a JSON text as `lenient_tree` does, but quicker, and with integers of any length as they are.

    A payload in which no key can stand twice, as most are, is not read again.

    Raises
    ------
    RefusedError
        As `lenient_tree`.
    """
    if encoding == "utf-8":
        try:
            tree = _decode(payload)
            whole = is_whole(tree, payload)
        except (msgspec.DecodeError, UnicodeError, OverflowError, RecursionError):
            pass
        else:
            if not whole:
                lenient_tree(payload, at=at)
            return tree
    return lenient_tree(payload, encoding, at=at)


def is_whole(tree: Any, payload: bytes) -> bool:
    """Whether no key can stand twice in the payload of a tree, of which the decoder kept the last.

    A payload without such a key has as many quotation marks as its tree is written with, unless it writes some of them
    as \\u0022: these could stand for the marks of a key that was lost.
    """
    return payload.count(b'"') == _encode(tree).count(b'"') and not (_BACKSLASH in payload and b"\\u0022" in payload)


def lenient_tree(payload: bytes, encoding: Encoding = "utf-8", *, at: str = "payload") -> Any:
    """Return the tree of a JSON text.

    Not-a-number and infinity are taken as numbers, integers beyond the floats as infinity.

    Raises
    ------
    RefusedError
        If it is no JSON, not in its encoding, too deep, or has two different values of one key in an object.
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
        return json.loads(text, parse_int=_integer, object_pairs_hook=_table)
    except _TwiceError as error:
        raise RefusedError(
            "ambiguous", f"{at}: expected one value of a key, got two of {shown(str(error))} that differ"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RefusedError("broken_json", f"{at}: expected JSON, got {shown(str(error))}") from error


def other_encoding(encoding: Encoding) -> str:
    """Return what to do about bytes that are not of an encoding."""
    if encoding == "utf-8":
        return 'of GBK say encoding = "gb18030" in sources.toml (no native source can: native payloads are UTF-8)'
    return 'look at what the device sends; encoding = "utf-8" is the other that sources.toml knows'


class _TwiceError(Exception):
    """A key that stands twice."""


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        for key, value in pairs:
            if table[key] != value:
                raise _TwiceError(key)
    return table


def _integer(digits: str) -> float:
    """An integer of any length; one beyond the floats is infinite."""
    number = float(digits)
    return int(digits) if math.isfinite(number) else number
