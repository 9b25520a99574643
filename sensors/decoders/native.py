"""The native dialect: one JSON object, an array of them, or an object a line; any of these in gzip, too.

    {"time": "2026-11-21T08:00:00+08:00", "period_s": 3600,
     "values": {"pm25": 15.1, "o3": 96.0, "co": null}, "flags": {"o3": "maintenance"}}

`time` starts the averaging period and carries an offset; fractions of a second are cut, after those beyond six
digits were rounded. `station` may stand in the object where the topic does not name it. An item of an array or a
line, and a value of an item, is refused by itself; what stands beside it is kept. A value of water may be a text such
as "<0.02": below the detection limit.
"""

import datetime as dt
import math
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from sensors import detection, flags, strict, units
from sensors.decoders import compressed
from sensors.decoders.context import Context
from sensors.decoders.json_text import lenient_tree
from sensors.decoders.taking import HOUR_S, RefusedError, check_gateway, check_medium, check_time
from sensors.decoders.terms import Terms
from sensors.errors import shown
from sensors.reading import DAY_S, Decoded, Reading, Refusal

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Item(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One object of the dialect."""

    time: dt.datetime
    period_s: int
    values: dict[str, float | None]
    flags: dict[str, str] = {}
    station: str | None = None


_BEYOND_FLOATS = 10**309
_EMPTY = Refusal("wrong_type", "payload: expected at least one item, got an empty array")
_decoder = msgspec.json.Decoder(Item | list[Item])
_line_decoder = msgspec.json.Decoder(Item)


def decoder(_terms: Terms) -> Callable[[bytes, float, Context], Decoded]:
    """Return the decoder of a source; native payloads need no terms."""
    return decode


def decode(payload: bytes, received_at: float, context: Context) -> Decoded:
    """Return the readings of a payload and what was refused of it.

    Never raises on any payload.
    """
    into = Decoded([], [])
    try:
        whole = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            if payload.startswith(compressed.MAGIC):
                payload = compressed.unpacked(payload, context.max_payload_bytes)
            if not _decode_lines(payload, received_at, context, into):
                _decode_leniently(payload, "", received_at, context, into)
        except RefusedError as error:
            into.refusals.append(error.refusal)
        return into
    if isinstance(whole, Item):
        if payload.count(b'"') == 8 + 2 * len(whole.values) or _is_read_whole([whole], payload, "payload", into):
            _take(whole, "", whole.values, received_at, context, into)
    elif not whole:
        into.refusals.append(_EMPTY)
    elif _is_read_whole(whole, payload, "payload", into):
        for i, item in enumerate(whole):
            _take(item, f"[{i}].", item.values, received_at, context, into)
    return into


def _take(item: Item, at: str, keys: Collection[str], received_at: float, context: Context, into: Decoded) -> None:
    """Check one well-typed item and append its reading, its refusals, or both."""
    try:
        medium, station = _station(item, at, context)
        time = _time(item, at, medium, received_at, context)
        known_flags = _flags(item, at, keys=keys) if item.flags else {}
    except RefusedError as error:
        into.refusals.append(error.refusal)
        return
    if context.factors is not None:
        item.values = units.converted(item.values, context.factors)
    known = context.quantities.of(medium)  # type: ignore[arg-type]  # the register knows only media
    good = flags.GOOD
    values: list[tuple[str, float | None, int]] = []
    for key, value in item.values.items():
        if key not in known:
            into.refusals.append(
                Refusal("unknown_quantity", f"{at}values: expected keys of {medium}, got {shown(key)}")
            )
        elif value is None:
            values.append((key, None, flags.MISSING))
        elif value - value != 0:  # infinite, or no number
            into.refusals.append(Refusal("not_finite", f"{at}values.{key}: expected a finite number, got {value}"))
        else:
            values.append((key, value, known_flags.get(key, good) if known_flags else good))
    if values:
        into.readings.append(Reading(medium, station, item.period_s, time, tuple(values)))  # type: ignore[arg-type]
    elif not item.values:
        into.refusals.append(Refusal("wrong_type", f"{at}values: expected at least one value, got none"))


def _is_read_whole(items: list[Item], payload: bytes, at: str, into: Decoded) -> bool:
    """Whether no key stood twice with different values, of which the decoder kept the last; if not, say so.

    A payload has more quotation marks than its items are written with where a key stands twice, and seldom else.
    """
    quotes = 0
    for item in items:
        quotes += 8 + 2 * len(item.values)
        if item.flags:
            quotes += 2 + 4 * len(item.flags)
        if item.station is not None:
            quotes += 4
    if payload.count(b'"') != quotes:
        try:
            lenient_tree(payload, at=at)
        except RefusedError as error:
            into.refusals.append(error.refusal)
            return False
    return True


def _station(item: Item, at: str, context: Context) -> tuple[str, str]:
    station = context.station or item.station
    medium = check_medium(context.medium)
    if station is None:
        raise RefusedError("unknown_station", f"{at}station: expected a station as the topic names none, got nothing")
    if item.station is not None and item.station != station:
        raise RefusedError(
            "foreign_station", f"{at}station: expected {station!r} as in the topic, got {shown(item.station)}"
        )
    if context.register.get(medium, station) is None:
        raise RefusedError(
            "unknown_station", f"{at}station: expected one of the register of {medium}, got {shown(station)}"
        )
    check_gateway(medium, station, context, at)
    return medium, station


def _time(item: Item, at: str, medium: str, received_at: float, context: Context) -> int:
    if item.time.tzinfo is None:
        raise RefusedError("naive_time", f"{at}time: expected an offset such as +08:00, got {item.time.isoformat()!r}")
    since = item.time - EPOCH
    time = since.days * DAY_S + since.seconds  # what is left are microseconds, never negative
    usual = item.period_s == HOUR_S and context.not_before <= time <= received_at + context.max_ahead_s
    if not usual or (time + context.offset_s) % HOUR_S:  # what `check_time` finds nothing wrong with, told quickly
        check_time(time, item.period_s, medium, received_at, context, at=at, written=item.time)
    return time


def _flags(item: Item, at: str, *, keys: Collection[str]) -> dict[str, int]:
    """Codes of the flags by quantity; `keys` are those that the message gives a value, taken or refused."""
    for key, word in item.flags.items():
        if word not in flags.NATIVE:
            known = ", ".join(flags.NATIVE)
            raise RefusedError(
                "unknown_flag", f"{at}flags.{strict.named(key)}: expected one of {known}, got {shown(word)}"
            )
        if key not in keys:
            raise RefusedError("wrong_type", f"{at}flags: expected keys that have a value, got {shown(key)}")
    return {key: flags.NATIVE[word] for key, word in item.flags.items()}


def _decode_lines(payload: bytes, received_at: float, context: Context, into: Decoded) -> bool:
    """Decode an object a line, and return True; return False where the first line is no object of its own."""
    first, _, rest = payload.lstrip().partition(b"\n")
    if not (rest.strip() and first.startswith(b"{") and first.rstrip().endswith(b"}")):
        return False
    for number, line in enumerate(payload.split(b"\n"), 1):
        if not line.strip():
            continue
        at = f"line {number}."
        try:
            item = _line_decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _decode_leniently(line, at, received_at, context, into)
        else:
            if _is_read_whole([item], line, at[:-1], into):
                _take(item, at, item.values, received_at, context, into)
    return True


def _decode_leniently(payload: bytes, at: str, received_at: float, context: Context, into: Decoded) -> None:
    """Take what can be taken of a payload, or a line of it, that is not well typed, item by item and value by value."""
    try:
        tree = lenient_tree(payload, at=at[:-1] or "payload")
    except RefusedError as error:
        into.refusals.append(error.refusal)
        return
    if isinstance(tree, list):
        for i, raw in enumerate(tree):
            _take_raw(raw, f"{at[:-1]}[{i}].", received_at, context, into)
    else:
        _take_raw(tree, at, received_at, context, into)


def _take_raw(raw: Any, at: str, received_at: float, context: Context, into: Decoded) -> None:
    values: dict[str, float | None] = {}
    below: set[str] = set()
    keys: Collection[str] = ()
    if isinstance(raw, dict) and isinstance(raw.get("values"), dict):
        keys = raw["values"].keys()
        for key, value in raw["values"].items():
            if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
                values[key] = None if value is None else float(value)
                continue
            limit = _limit(value, f"{at}values.{strict.named(key)}", context.medium)
            if isinstance(limit, Refusal):
                into.refusals.append(limit)
            else:
                values[key] = limit
                below.add(key)
        if keys and not values:
            return
        raw = {**raw, "values": {}}
        if raw.get("period_s") in (
            math.inf,
            -math.inf,
        ):  # an integer beyond the floats; a well-typed item has it as it is
            raw["period_s"] = _BEYOND_FLOATS
    try:
        item = msgspec.convert(raw, Item)
    except msgspec.ValidationError as error:
        into.refusals.append(_misfit(str(error), raw, at))
        return
    except UnicodeEncodeError:  # a key with half a character
        into.refusals.append(
            Refusal("wrong_type", f"{at[:-1] or 'payload'}: expected keys in UTF-8, got half a character")
        )
        return
    item.values = values
    before = len(into.readings)
    _take(item, at, keys, received_at, context, into)
    if below and len(into.readings) > before:
        into.readings[-1] = _below_detection(into.readings[-1], below)


def _limit(value: Any, place: str, medium: str | None) -> float | Refusal:
    """The detection limit that a text says the result lies below, or why a value that is no number is refused."""
    written = detection.limit(value) if isinstance(value, str) else None
    if medium != "water":
        why = " as only values of water may lie below a detection limit" if written is not None else ""
        return Refusal("wrong_type", f"{place}: expected a number{why}, got {shown(value)}")
    if written is None:
        example = f'"{detection.EXAMPLE}"'
        return Refusal("wrong_type", f"{place}: expected a number, or a text such as {example}, got {shown(value)}")
    limit = float(written)
    if not math.isfinite(limit):
        return Refusal("not_finite", f"{place}: expected a finite number after <, got {shown(value)}")
    if limit == 0:
        return Refusal("wrong_type", f"{place}: expected a positive number after <, got {shown(value)}")
    return limit


def _below_detection(reading: Reading, below: Collection[str]) -> Reading:
    """A reading whose values of the keys `below` are detection limits, unless the gateway's own flag is worse."""
    values = [
        (key, value, flags.worse(flag, flags.BELOW_DETECTION) if key in below else flag)
        for key, value, flag in reading.values
    ]
    return msgspec.structs.replace(reading, values=tuple(values))


def _misfit(message: str, raw: Any, at: str) -> Refusal:
    """The refusal of an object that is no item, from msgspec's message."""
    place, _, rest = strict.explained(message, raw, Item).partition(": ")
    code = "bad_time" if place == "time" and not rest.endswith("got nothing") else "wrong_type"
    place = at[:-1] or "payload" if place == strict.TOP_LEVEL else f"{at}{place}"
    return Refusal(code, f"{place}: {rest}")
