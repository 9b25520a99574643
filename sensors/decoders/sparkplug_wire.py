"""Sparkplug B payloads as bytes: Payload, Metric and PropertySet in the wire format of Protocol Buffers [1]_.

A metric comes as a table of what was found, by the tag that stands before it: number of the field times eight, plus the
wire type. Fields of other numbers, or with another wire type than theirs, are passed over, as Protocol Buffers have it;
of a field that stands twice the last one counts. Nothing is nested deeper than a property of a metric.

.. [1] Sparkplug 3.0.0, 6.4; sparkplug_b.proto of Eclipse Tahu; Protocol Buffers, Encoding.
"""

import struct
from typing import Any, Final

NAME: Final = 0x0A
ALIAS: Final = 0x10
TIMESTAMP: Final = 0x18
DATATYPE: Final = 0x20
IS_NULL: Final = 0x38
PROPERTIES: Final = 0x4A
INT: Final = 0x50
LONG: Final = 0x58
FLOAT: Final = 0x65
DOUBLE: Final = 0x69
BOOLEAN: Final = 0x70
STRING: Final = 0x7A
BYTES: Final = 0x82
DATASET: Final = 0x8A
TEMPLATE: Final = 0x92
EXTENSION: Final = 0x9A

VALUES: Final = frozenset({INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTES, DATASET, TEMPLATE, EXTENSION})
"""Tags of the one value that a metric has."""

_PAYLOAD_TIMESTAMP = 0x08
_PAYLOAD_METRIC = 0x12
_PAYLOAD_SEQUENCE = 0x18
_KEY = 0x0A
_PROPERTY = 0x12
_PROPERTY_INT = 0x18
_PROPERTY_LONG = 0x20
_PROPERTY_STRING = 0x42
_LARGEST_TAG = 2**32

_HALF_STEP = 2.0**-25
"""Of a float of 32 bits, relative to it: what lies nearer becomes that float."""

_float = struct.Struct("<f")
_single = _float.unpack_from
_double = struct.Struct("<d").unpack_from

Metric = dict[int, Any]
"""What stands in a metric, by tag: integers, numbers, and bytes of what has a length."""


class WireError(ValueError):
    """Bytes that are no message of Protocol Buffers."""


def payload(data: bytes) -> tuple[int | None, list[Metric], int | None]:
    """Return timestamp [ms], metrics and `seq` of a payload.

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    stamp = sequence = None
    metrics: list[Metric] = []
    last = (b"", 0)
    at, end = 0, len(data)
    try:
        while at < end:
            tag = data[at]
            if tag == _PAYLOAD_METRIC:
                size = data[at + 1]
                at += 2
                if size > 127:
                    size, at = _varint(data, at - 1)
                if at + size > end:
                    raise IndexError
                metric: Metric = {}
                last = _metric(data, at, at + size, metric, last)
                metrics.append(metric)
                at += size
                continue
            tag, value, at = _field(data, at, end)
            if tag == _PAYLOAD_TIMESTAMP:
                stamp = value
            elif tag == _PAYLOAD_SEQUENCE:
                sequence = value
    except (IndexError, struct.error):
        raise WireError("expected more bytes, got their end") from None
    return stamp, metrics, sequence


def properties(data: bytes) -> dict[str, Any]:
    """Return the properties of a metric that are texts or integers.

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    keys: list[str] = []
    values: list[Any] = []
    at, end = 0, len(data)
    try:
        while at < end:
            tag, value, at = _field(data, at, end)
            if tag == _KEY:
                keys.append(text(value))
            elif tag == _PROPERTY:
                values.append(_property(value))
    except (IndexError, struct.error):
        raise WireError("expected more bytes, got their end") from None
    return dict(zip(keys, values, strict=False))


def text(data: bytes) -> str:
    """Return a text.

    Raises
    ------
    WireError
        If it is not in UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise WireError("expected texts in UTF-8, got other bytes") from None


def single(value: float) -> float:
    """Return the shortest decimal that is a float of 32 bits: 15.1, and not 15.100000381469727."""
    shortest = float(f"{value:.7g}")
    if abs(shortest - value) < abs(value) * _HALF_STEP:
        return shortest
    for digits in (7, 8):
        shortest = float(f"{value:.{digits}g}")
        try:
            if _float.unpack(_float.pack(shortest))[0] == value:
                return shortest
        except OverflowError:  # rounded up beyond the largest
            continue
    return value


def _metric(data: bytes, at: int, end: int, into: Metric, last: tuple[bytes, int]) -> tuple[bytes, int]:
    """Read a metric; `last` is the timestamp of the metric before, which most have again."""
    before, stamp = last
    while at < end:
        tag = data[at]
        at += 1
        wire = tag & 7
        if tag > 127:
            tag, at = _tag(data, at - 1)
            wire = tag & 7
        if wire == 0:
            value: Any = data[at]
            if value > 127:
                if tag == TIMESTAMP and data[at : at + 6] == before:
                    value = stamp
                    at += 6
                else:
                    start = at
                    value, at = _varint(data, at)
                    if tag == TIMESTAMP and at - start == 6:
                        last = data[start:at], value
            else:
                at += 1
        elif wire == 5:
            value = _single(data, at)[0]
            at += 4
        elif wire == 2:
            value, at = _bytes(data, at, end)
        elif wire == 1:
            value = _double(data, at)[0]
            at += 8
        else:
            raise WireError(f"expected no groups before byte {at}, got wire type {wire}")
        into[tag] = value
    if at != end:
        raise WireError(f"expected the end of a metric at byte {end}, got {at}")
    return last


def _field(data: bytes, at: int, end: int) -> tuple[int, Any, int]:
    """Return tag and value of the field at a byte, and where the next one starts."""
    tag, at = _tag(data, at)
    wire = tag & 7
    value: Any
    if wire == 0:
        value, at = _varint(data, at)
    elif wire == 2:
        value, at = _bytes(data, at, end)
    elif wire == 5:
        value, at = _single(data, at)[0], at + 4
    elif wire == 1:
        value, at = _double(data, at)[0], at + 8
    else:
        raise WireError(f"expected no groups before byte {at}, got wire type {wire}")
    if at > end:
        raise IndexError
    return tag, value, at


def _property(data: bytes) -> Any:
    value = None
    at, end = 0, len(data)
    while at < end:
        tag, found, at = _field(data, at, end)
        if tag == _PROPERTY_STRING:
            value = text(found)
        elif tag in (_PROPERTY_INT, _PROPERTY_LONG):
            value = found
    return value


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag, at = _varint(data, at)
    if not 8 <= tag < _LARGEST_TAG:
        raise WireError(f"expected the number of a field before byte {at}, got {tag >> 3}")
    return tag, at


def _bytes(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    size = data[at]
    at += 1
    if size > 127:
        size, at = _varint(data, at - 1)
    if at + size > end:
        raise IndexError
    return data[at : at + size], at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of up to 64 bits, and the byte after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >= 2**64:
                break
            return value, at
    raise WireError(f"expected an integer of 64 bits before byte {at}, got a longer one")
