"""Packs of SenML in which nothing is unusual, for which there is a short way: most are.

Names, units, times, and values that are numbers, and in CBOR the usual kinds of them. What else a pack may hold, or
what is wrong with it, is for the long way to tell (`senml`).
"""

import struct
from typing import Final

import msgspec


class Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A record with no more than most have."""

    v: float
    n: str = ""
    u: str | None = None
    t: float = 0.0
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None


class NotPlainError(ValueError):
    """A pack that has to go the long way."""


_json = msgspec.json.Decoder(list[Plain])
_double = struct.Struct(">d").unpack_from
_single = struct.Struct(">f").unpack_from

_LABELS: Final = {0x00: 1, 0x01: 2, 0x02: 4, 0x06: 8, 0x21: 16, 0x22: 32, 0x23: 64}
"""A bit for each label of n, u, v, t, bn, bt and bu, by its byte."""


def of_json(payload: bytes) -> list[Plain]:
    """Return the records of a pack in JSON.

    Raises
    ------
    NotPlainError
        If it has other fields, or kinds of values; null is none of them.
    """
    if b"null" in payload:  # which the decoder takes for an absent field
        raise NotPlainError
    try:
        return _json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotPlainError from None


def of_cbor(payload: bytes) -> list[Plain]:
    """Return the records of a pack in CBOR.

    Raises
    ------
    NotPlainError
        As `of_json`.
    """
    try:
        return _records(payload)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError):
        raise NotPlainError from None


def _records(data: bytes) -> list[Plain]:
    count, at, size = data[0] - 0x80, 1, len(data)
    if count == 24:
        count, at = data[1], 2
    if not 0 <= count < 256 or data[0] > 0x98:
        raise NotPlainError
    records = []
    value: float | str
    for _ in range(count):
        fields = data[at] - 0xA0
        if not 0 < fields < 24:
            raise NotPlainError
        at += 1
        seen = 0
        number = time = base_time = None
        name = unit = base_name = base_unit = None
        for _ in range(fields):
            bit, kind = _LABELS.get(data[at], 0), data[at + 1]
            at += 2
            if kind == 0xFB:
                value = _double(data, at)[0]
                at += 8
            elif 0x60 <= kind < 0x78:
                end = at + kind - 0x60
                value = data[at:end].decode()
                at = end
            elif kind < 0x18:
                value = float(kind)
            elif kind == 0x1A:
                value = float(int.from_bytes(data[at : at + 4]))
                at += 4
            elif kind == 0xFA:
                value = _single(data, at)[0]
                at += 4
            else:
                raise NotPlainError
            if seen & bit or not bit or at > size:
                raise NotPlainError
            seen |= bit
            if bit == 4:
                number = value
            elif bit == 1:
                name = value
            elif bit == 2:
                unit = value
            elif bit == 8:
                time = value
            elif bit == 16:
                base_name = value
            elif bit == 32:
                base_time = value
            else:
                base_unit = value
        if type(number) is not float:
            raise NotPlainError
        record = Plain(number)
        if seen & 1:
            record.n = _text(name)
        if seen & 2:
            record.u = _text(unit)
        if seen & 8:
            record.t = _number(time)
        if seen & 16:
            record.bn = _text(base_name)
        if seen & 32:
            record.bt = _number(base_time)
        if seen & 64:
            record.bu = _text(base_unit)
        records.append(record)
    if at != size:
        raise NotPlainError
    return records


def _text(value: float | str | None) -> str:
    if type(value) is not str:
        raise NotPlainError
    return value


def _number(value: float | str | None) -> float:
    if type(value) is not float:
        raise NotPlainError
    return value
