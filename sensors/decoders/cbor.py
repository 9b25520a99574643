"""CBOR as far as SenML needs it [1]_: strict, and bounded by the length of what is read.

Integers of 64 bits, floats, texts, byte strings, decimal fractions (tag 4), arrays and maps, of indefinite length, too;
keys of maps are integers or texts. Anything else is refused, as no field of SenML can be it.

.. [1] RFC 8949, section 3; RFC 8428, section 6.
"""

import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sensors.errors import shown

DEEPEST: Final = 8
"""Arrays and maps within each other; those of SenML are two deep."""
LARGEST_EXPONENT: Final = 400
"""Of a decimal fraction: beyond it every float is zero or infinite."""

_DECIMAL_FRACTION = 4
_BREAK = 0xFF
_SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None, 0xF7: None}
_FLOATS = {0xF9: struct.Struct(">e"), 0xFA: struct.Struct(">f"), 0xFB: struct.Struct(">d")}
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


Names = Mapping[int | str, str]


class CborError(ValueError):
    """Bytes that are no CBOR, or none that SenML can hold; the text says what was expected and found."""


def decode(data: bytes, names: Names) -> Any:
    """Return the one item that `data` holds; keys of maps are those that `names` gives, or themselves.

    Raises
    ------
    CborError
        If it is no such item, or bytes are missing or left over.
    """
    try:
        item, end = _item(data, 0, 0, names)
    except (IndexError, struct.error):
        raise CborError("expected more bytes, got their end") from None
    except UnicodeDecodeError:
        raise CborError("expected texts in UTF-8, got other bytes") from None
    if end != len(data):
        raise CborError(f"expected the end after {end} bytes, got {len(data)}")
    return item


def _item(data: bytes, at: int, depth: int, names: Names) -> tuple[Any, int]:
    """Return the item that starts at a byte, and where the next one starts."""
    head = data[at]
    at += 1
    if head in _FLOATS:
        layout = _FLOATS[head]
        return layout.unpack_from(data, at)[0], at + layout.size
    if head in _SIMPLE:
        return _SIMPLE[head], at
    major, count = head >> 5, head & 31
    if major == 7:
        raise CborError(f"expected a number, text, array or map at byte {at - 1}, got 0x{head:02x}")
    indefinite = count == 31 and major in (4, 5)
    if count > 23 and not indefinite:
        if count not in _SIZES:
            raise CborError(f"expected a definite length at byte {at - 1}, got 0x{head:02x}")
        size = _SIZES[count]
        if at + size > len(data):
            raise IndexError
        count = int.from_bytes(data[at : at + size])
        at += size
    if major == 0:
        return count, at
    if major == 1:
        return -1 - count, at
    if major in (2, 3):
        end = at + count
        if end > len(data):
            raise IndexError
        return (data[at:end].decode() if major == 3 else data[at:end]), end
    if depth == DEEPEST:
        raise CborError(f"expected at most {DEEPEST} arrays and maps within each other, got more")
    if major == 6:
        return _fraction(data, at, count, depth, names)
    left = None if indefinite else count
    return _array(data, at, left, depth, names) if major == 4 else _map(data, at, left, depth, names)


def _array(data: bytes, at: int, left: int | None, depth: int, names: Names) -> tuple[list[Any], int]:
    items: list[Any] = []
    while left != len(items):
        if left is None and data[at] == _BREAK:
            return items, at + 1
        item, at = _item(data, at, depth + 1, names)
        items.append(item)
    return items, at


def _map(data: bytes, at: int, left: int | None, depth: int, names: Names) -> tuple[dict[int | str, Any], int]:
    entries: dict[int | str, Any] = {}
    while left != len(entries):
        if left is None and data[at] == _BREAK:
            return entries, at + 1
        key, at = _item(data, at, depth + 1, names)
        if type(key) is not int and type(key) is not str:
            raise CborError(f"expected keys that are integers or texts before byte {at}, got another type")
        key = names.get(key, key)
        if key in entries:
            raise CborError(f"expected each key of a map once, got {shown(key)} again before byte {at}")
        entries[key], at = _item(data, at, depth + 1, names)
    return entries, at


def _fraction(data: bytes, at: int, tag: int, depth: int, names: Names) -> tuple[float, int]:
    """Return a decimal fraction: a mantissa times a power of ten."""
    if tag != _DECIMAL_FRACTION:
        raise CborError(f"expected no tag but that of decimal fractions before byte {at}, got {tag}")
    parts, end = _item(data, at, depth + 1, names)
    if type(parts) is not list or [type(part) for part in parts] != [int, int]:
        raise CborError(f"expected an exponent and a mantissa at byte {at}, got something else")
    exponent, mantissa = parts
    if abs(exponent) > LARGEST_EXPONENT:
        raise CborError(f"expected an exponent of at most {LARGEST_EXPONENT} at byte {at}, got {exponent}")
    return float(Decimal(mantissa).scaleb(exponent)), end
