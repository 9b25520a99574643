"""Packs of SenML as most are, to be read the short way: JSON by msgspec, CBOR by cbor2.

Both are read strictly and two deep: arrays of records of numbers and texts, each field once. What else a pack may hold,
or what is wrong with it, is for the long way to tell (`senml`).
"""

import io
from typing import Any, Final, NamedTuple, NoReturn

import cbor2
import msgspec

from sensors.decoders.json_text import is_whole


class Fields(NamedTuple):
    """What the fields of a record are called that most have: words in JSON, numbers in CBOR. RFC 8428, table 4."""

    n: int | str
    u: int | str
    v: int | str
    t: int | str
    bn: int | str
    bt: int | str
    bu: int | str


Records = list[dict[int | str, Any]]


class NotPlainError(ValueError):
    """A pack that has to go the long way."""


class _NoTags(dict[int, Any]):
    """In place of what cbor2 makes of tagged items: an error, before any of it is read."""

    def __missing__(self, tag: int) -> NoReturn:
        raise NotPlainError


IN_JSON: Final = Fields("n", "u", "v", "t", "bn", "bt", "bu")
IN_CBOR: Final = Fields(0, 1, 2, 6, -2, -3, -4)

_json = msgspec.json.Decoder(list[dict[str, float | str]])


def of_json(payload: bytes) -> Records:
    """Return the records of a pack in JSON.

    Raises
    ------
    NotPlainError
        If it has other kinds of values than numbers and texts, or is none.
    """
    try:
        records = _json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotPlainError from None
    if not is_whole(records, payload):
        raise NotPlainError
    return records  # type: ignore[return-value]  # a table with texts as keys


def of_cbor(payload: bytes) -> Records:
    """Return the records of a pack in CBOR; their values may be any of a table's without arrays and tables.

    Raises
    ------
    NotPlainError
        If it has other keys than integers, one of them twice, tags or indefinite lengths, or is none.
    """
    file = io.BytesIO(payload)
    try:
        records: Records = cbor2.load(
            file, max_depth=2, allow_indefinite=False, allow_duplicate_keys=False, semantic_decoders=_NO_TAGS
        )
        if file.tell() != len(payload):
            raise NotPlainError
        for record in records:
            for label in record.keys():  # noqa: SIM118  # an error of what is no table
                if type(label) is not int:  # 1.0 and True are other labels than 1, but equal
                    raise NotPlainError
    except (cbor2.CBORDecodeError, AttributeError, TypeError):
        raise NotPlainError from None
    return records


_NO_TAGS = _NoTags()
