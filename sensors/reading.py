"""What a decoder hands on: readings to store, refusals to quarantine."""

from typing import Final

import msgspec

from sensors.quantities import Medium

DAY_S: Final = 86_400


class Reading(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Values of one station for one averaging period.

    `time` is the start of the period in seconds since 1970-01-01T00:00Z. `values` holds (quantity, value,
    flag) in the quantities' units; None for a value that the gateway reports as missing.
    """

    medium: Medium
    station: str
    period_s: int
    time: int
    values: tuple[tuple[str, float | None, int], ...]


class Refusal(msgspec.Struct, frozen=True):
    """Why a message, or a part of it, cannot be taken.

    `code` is one of `REASONS`; `detail` says `place: expected X, got Y`.
    """

    code: str
    detail: str


class Sequenced(msgspec.Struct, frozen=True, gc=False):
    """The place of a message among all of its sender, who numbers them from 0 to 255 and then from 0 again.

    `number` is None where the message has none; `begins` tells that counting begins with it, `unborn` that it has
    data of what no birth named before.
    """

    sender: str
    number: int | None
    begins: bool = False
    unborn: bool = False


class Decoded(msgspec.Struct, frozen=True):
    """The outcome of one message: what can be stored and what was refused.

    `needed_later` tells that later messages are read by this one, as the numbers of Sparkplug by a birth;
    of a topic the last such message is. `sequenced` is there where senders number their messages.
    """

    readings: list[Reading]
    refusals: list[Refusal]
    needed_later: bool = False
    sequenced: Sequenced | None = None


REASONS = {
    "too_large": "payload longer than the source allows",
    "broken_json": "payload is no JSON",
    "broken_payload": "payload that is not in its binary format (CBOR, Protocol Buffers, gzip)",
    "unknown_alias": "a number in place of a name that no birth told, or one of another type",
    "no_data": "message without a value that the source takes",
    "broken_frame": "no frame of HJ 212, or one whose length, check or bytes are wrong",
    "unconfirmed": "a part of HJ 212-2025 of which too little is confirmed to take it",
    "wrong_type": "a field is missing, unknown or of the wrong type",
    "unknown_station": "the register does not know the station",
    "foreign_station": "a station that its topic, or its gateway, does not own",
    "unknown_quantity": "config/quantities.toml does not know the quantity",
    "unknown_flag": "the dialect does not know the flag",
    "naive_time": "time without an offset",
    "no_time": "no time, or one that counts from an arrival that the source does not take as a time",
    "bad_time": "time that cannot be read, or that does not start a period",
    "future_time": "time too far ahead of the collector's clock",
    "shifted_time": "hours of a file that equal those stored for the station a zone's offset away",
    "not_finite": "value that is no finite number",
    "broken_table": "a file, or a table or the rest of it, that cannot be read or has no usable header",
    "no_state": "gas in the state of the air, without a usable temperature and pressure beside it",
    "unknown_unit": "a unit that cannot be converted to the quantity's",
    "ambiguous": "two different values of one quantity at one time (of a laboratory: of one section), or of one key",
    "unknown_topic": "no source of config/sources.toml takes the topic",
    "refused_by_store": "the server of the store refuses the value for good",
    "internal": "a fault of the decoder itself: please report it with the payload",
}
"""Codes of refusals and what each means."""
