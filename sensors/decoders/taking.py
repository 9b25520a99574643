"""From what a device says to readings: the checks that all dialects share.

A decoder parses its payload into `Observed` and hands each to `take`, which appends readings and refusals. Codes that
belong to several media become a reading each.
"""

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from sensors import detection, flags, units
from sensors.decoders.context import Context
from sensors.decoders.terms import Ambient, Terms
from sensors.errors import shown
from sensors.quantities import MEDIA, Medium
from sensors.reading import DAY_S, Decoded, Reading, Refusal

HOUR_S: Final = 3600

ALIGNED: Final = ("air", "noise")
"""Media whose periods start at whole multiples of their length after local midnight. Water is sampled at any time."""

_PERIODS: Final[dict[str, frozenset[int]]] = {
    medium: frozenset(
        n
        for n in range(1, DAY_S + 1)
        if DAY_S % n == 0 and (medium not in ALIGNED or HOUR_S % n == 0 or n % HOUR_S == 0)
    )
    for medium in MEDIA
}
"""Lengths that a period of each medium may have. [s]"""
_LARGEST_S = 2**40
INFINITE: Final = 1e300
"""Numbers of payloads from it on are taken as infinite: what they are multiplied by must not make them so."""
CELSIUS_ZERO: Final = Decimal("273.15")
"""0 degC. [K]"""
PASCALS: Final = {"Pa": 1, "hPa": 100, "kPa": 1000}
"""Pascals of each unit of pressure."""
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


PASSED_OVER: Final = '; no_data = "ignore" in sources.toml counts such messages and keeps none'
"""What to do about messages that are expected to have no values."""
NOTHING: Final = Refusal("no_data", f"payload: expected a value that the source takes, got none{PASSED_OVER}")
_OfMedium = tuple[Medium, tuple[tuple[str, float | None, int], ...]]
"""A medium and its values: quantity, value, flag."""


class RefusedError(Exception):
    """A part of a payload that cannot be taken; ends in a refusal."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(code, detail)


class NotANumberError(ValueError):
    """A value of a payload that is neither a number nor a mark of a missing one."""


class Observed(msgspec.Struct, gc=False):
    """What a device says of one period.

    `time` counts seconds since 1970-01-01T00:00Z, as the payload labels it. `values` are (code, value, flag) in the
    units of the source; None where the payload marks a value as missing. `sampled` tells that the period is the
    source's and not the payload's: the time may then lie anywhere in it. `at` is its place in the payload, for errors.
    """

    device: str | None
    time: int
    period_s: int
    values: list[tuple[str, float | None, int]]
    sampled: bool = False
    at: str = ""


def number(value: Any, terms: Terms) -> tuple[float | None, int]:
    """Return a value of a payload as a number, and its flag: a number, a text of one, or a mark of a missing value.

    A text such as "<0.02" is a detection limit, flagged as such; `take` refuses it of other media than water.

    Raises
    ------
    NotANumberError
        If it is something else, as a truth value or "12,5", or no finite number.
    """
    if type(value) is float or type(value) is int:
        found = float(value) if abs(value) < INFINITE else math.inf
    elif value is None:
        return None, flags.MISSING
    elif type(value) is str:
        text = value.strip()
        if text in terms.missing:
            return None, flags.MISSING
        if not (text.isascii() and text.isdigit()) and not _NUMBER.fullmatch(value):
            limit = detection.limit(value)
            if limit is None or not 0 < float(limit) < math.inf:
                raise NotANumberError(value)
            return float(limit), flags.BELOW_DETECTION
        found = float(value)
    else:
        raise NotANumberError(value)
    if found in terms.sentinels:
        return None, flags.MISSING
    if not math.isfinite(found):
        raise NotANumberError(value)
    return found, flags.GOOD


def integer(digits: str) -> float:
    """Return an integer of JSON of any length; one beyond the floats is infinite."""
    found = float(digits)
    return int(digits) if math.isfinite(found) else found


def take(observed: Observed, received_at: float, context: Context, terms: Terms, into: Decoded) -> None:
    """Check what a device says of one period and append its readings, its refusals, or both."""
    if terms.trace is not None:
        terms.trace(observed)
    usual = _usual(observed, context, terms)
    if usual is not None:
        _add([usual], observed, received_at, context, terms, into)
        return
    at = observed.at
    codes, only = terms.codes, context.medium
    found: dict[Medium, dict[str, tuple[str, float | None, int]]] = {}
    twice: set[tuple[Medium, str]] = set()
    of_medium: dict[str, tuple[str, float | None, int]] = {}
    medium: Medium | None = None
    state = None if terms.ambient is None else _state(observed, terms.ambient)
    for code, value, flag in observed.values:
        known = codes.get(code)
        if known is None or (only is not None and known.medium != only):
            if code not in terms.ignored and not terms.ignores_rest:
                into.refusals.append(_unknown(code, context, at))
            continue
        if known.tells_state:
            continue
        if known.medium != medium:
            medium = known.medium
            of_medium = found.setdefault(medium, {})
        if flag == flags.BELOW_DETECTION and medium != "water":
            into.refusals.append(
                Refusal(
                    "wrong_type", f"{at}{shown(code)}: expected a number as only values of water may lie below a limit"
                )
            )
            continue
        if value is not None:
            if known.ambient:
                in_state = _in_reference(value * (known.factor or 1), state)
                if in_state is None:
                    into.refusals.append(_stateless(code, at))
                    continue
                value = in_state
            elif known.factor is not None:
                value = round(value * known.factor, units.DECIMALS)
            if not math.isfinite(value):
                into.refusals.append(Refusal("not_finite", f"{at}{shown(code)}: expected a finite number, got {value}"))
                continue
        taken = (known.quantity, value, flag)
        if of_medium.setdefault(known.quantity, taken) != taken:
            twice.add((medium, known.quantity))
    for medium, quantity in sorted(twice):
        del found[medium][quantity]
        into.refusals.append(
            Refusal("ambiguous", f"{at}{quantity}: expected one value, got two that differ; neither is taken")
        )
    several = [(medium, tuple(of_medium.values())) for medium, of_medium in found.items() if of_medium]
    _add(several, observed, received_at, context, terms, into)


def _usual(observed: Observed, context: Context, terms: Terms) -> _OfMedium | None:
    """Return what most observations are, told quickly: good or missing numbers of one medium, each of another quantity.

    None where `take` has to look at each by itself.
    """
    try:
        medium = context.medium or terms.codes[observed.values[0][0]].medium
        plain, good, missing = terms.plain[medium], flags.GOOD, flags.MISSING  # type: ignore[index]  # sources have only media
        found, total = {}, 0.0
        for code, value, flag in observed.values:
            quantity = plain[code]
            found[quantity] = (quantity, value, flag)
            if flag == good:
                total += value  # type: ignore[operator]  # None is an error, as it should be
            elif flag != missing or value is not None:
                return None
    except (LookupError, TypeError):
        return None
    if not found or len(found) < len(observed.values) or not math.isfinite(total):
        return None
    return medium, tuple(found.values())  # type: ignore[return-value]


def _add(
    several: list[_OfMedium], observed: Observed, received_at: float, context: Context, terms: Terms, into: Decoded
) -> None:
    """Append a reading of each medium, or why there can be none."""
    told: list[Refusal] = []
    for medium, values in several:
        try:
            station = station_of(medium, observed.device, context, terms, observed.at)
            time = start_of(observed, medium, received_at, context, terms)
        except RefusedError as error:
            if error.refusal not in told:
                told.append(error.refusal)
            continue
        into.readings.append(Reading(medium, station, observed.period_s, time, values))
    into.refusals.extend(told)


def _state(observed: Observed, ambient: Ambient) -> tuple[Decimal, Decimal] | None:
    """Temperature [K] and pressure [Pa] of the air; None where one is not there, or stands there twice."""
    told = {
        name: [value for code, value, flag in observed.values if code == name and flag in flags.USABLE]
        for name in (ambient.temperature, ambient.pressure)
    }
    temperatures, pressures = told.values()
    if len({*temperatures}) != 1 or len({*pressures}) != 1 or temperatures[0] is None or pressures[0] is None:
        return None
    kelvin = Decimal(str(temperatures[0])) + (CELSIUS_ZERO if ambient.temperature_unit == "degC" else 0)
    return kelvin, Decimal(str(pressures[0])) * PASCALS[ambient.pressure_unit]


def _in_reference(value: float, state: tuple[Decimal, Decimal] | None) -> float | None:
    if state is None:
        return None
    try:
        return units.to_reference(value, kelvin=state[0], pascal=state[1])
    except ValueError:
        return None


def _stateless(code: str, at: str) -> Refusal:
    return Refusal(
        "no_state", f"{at}{shown(code)}: expected temperature and pressure of the air beside the gas, as `ambient` says"
    )


def _unknown(code: str, context: Context, at: str) -> Refusal:
    where = "codes of the source" if context.medium is None else f"codes of {context.medium}"
    return Refusal(
        "unknown_quantity",
        f"{at}{shown(code)}: expected one of the {where}, got none; name it in `codes` or in `ignore` of sources.toml",
    )


def station_of(medium: str, device: str | None, context: Context, terms: Terms, at: str) -> str:
    """Return the station of a medium that a device is: that of the topic, of devices.csv, or of the same id.

    Raises
    ------
    RefusedError
        If there is none, the topic and the payload name two, or the gateway of the topic does not own it.
    """
    station = context.station
    if device is not None and (station is not None or context.device is not None):
        _check_topic(medium, device, context, terms, at)
    if station is None:
        named = device if device is not None else context.device
        if named is None:
            raise RefusedError(
                "unknown_station",
                f"{at or 'payload'}: expected a device or station, as the topic names none, got nothing",
            )
        station = terms.devices.get(named, {}).get(medium, named)
    if context.register.get(medium, station) is None:
        raise RefusedError(
            "unknown_station",
            f"{at}station: expected one of the register of {medium}, or a device of devices.csv, got {shown(station)}",
        )
    if context.gateway is not None:
        check_gateway(medium, station, context, at)
    return station


def _check_topic(medium: str, device: str, context: Context, terms: Terms, at: str) -> None:
    """Check that a device is no station other than that of its topic; ids that are no station's may differ.

    Raises
    ------
    RefusedError
        If it is: whoever may write to one topic must not write for another station.
    """
    own = terms.devices.get(device, {}).get(medium, device)
    named = context.station
    if named is None and context.device is not None:
        named = terms.devices.get(context.device, {}).get(medium, context.device)
    if named not in (None, own) and None not in (
        context.register.get(medium, own),
        context.register.get(medium, named),
    ):
        raise RefusedError(
            "foreign_station",
            f"{at}station: expected {shown(named)} as in the topic, got {shown(own)} of {shown(device)}",
        )


def check_gateway(medium: str, station: str, context: Context, at: str) -> None:
    """Check that the gateway of the topic, if it has one, owns a station.

    Raises
    ------
    RefusedError
        If it does not.
    """
    if context.gateway is not None and context.register.gateway_of(medium, station) != context.gateway:
        raise RefusedError(
            "foreign_station",
            f"{at}station: expected one that gateways.csv gives to {shown(context.gateway)}, got {shown(station)}",
        )


def start_of(observed: Observed, medium: str, received_at: float, context: Context, terms: Terms) -> int:
    """Return the start of a period, in seconds since 1970-01-01T00:00Z; of a sampled one the start around its time.

    Raises
    ------
    RefusedError
        If the period or the time cannot be right.
    """
    period_s, time, at = observed.period_s, observed.time, observed.at
    if terms.label == "end":
        time -= period_s
    if observed.sampled and medium in ALIGNED:
        time -= (time + context.offset_s) % period_s
    usual = period_s in _PERIODS[medium] and context.not_before <= time <= received_at + context.max_ahead_s
    if not usual or not observed.sampled:  # what `check_time` finds nothing wrong with, told quickly
        check_time(time, period_s, medium, received_at, context, at=at)
    return time


def check_time(
    time: int,
    period_s: int,
    medium: str,
    received_at: float,
    context: Context,
    *,
    at: str,
    written: dt.datetime | None = None,
) -> None:
    """Check the start of a period; `written` is what errors show of it, None the time itself.

    Raises
    ------
    RefusedError
        If the period divides no day, or the time lies ahead, before the source's bound, or off the period's start.
    """
    if period_s not in _PERIODS[medium]:
        if not 1 <= period_s <= DAY_S or DAY_S % period_s:
            raise RefusedError("wrong_type", f"{at}period_s: expected seconds that divide a day, got {shown(period_s)}")
        raise RefusedError("wrong_type", f"{at}period_s: expected parts or multiples of an hour, got {shown(period_s)}")
    if time > received_at + context.max_ahead_s:
        raise RefusedError(
            "future_time",
            f"{at}time: expected at most {context.max_ahead_s} s ahead, got {_shown(time, written)}"
            f"{_of_another_zone(time - received_at, period_s, context)}",
        )
    if time < context.not_before:
        raise RefusedError(
            "bad_time", f"{at}time: expected a time after the source's not_before, got {_shown(time, written)}"
        )
    if medium in ALIGNED and (time + context.offset_s) % period_s:
        raise RefusedError(
            "bad_time", f"{at}time: expected the start of a period of {period_s} s, got {_shown(time, written)}"
        )


def _of_another_zone(ahead_s: float, period_s: int, context: Context) -> str:
    """Return a hint where a time lies ahead by the city's offset, less a period and an hour under way at most."""
    offset_s = abs(context.offset_s)
    if not -context.max_ahead_s <= offset_s - ahead_s <= period_s + HOUR_S:
        return ""
    return f", which is {ahead_s / 3600:.1f} h ahead: is its zone right? The city's is {offset_s / 3600:g} h from UTC"


def _shown(time: int, written: dt.datetime | None) -> str:
    if written is None:
        return shown(f"{np.datetime64(time, 's')}Z" if abs(time) < _LARGEST_S else str(time))
    return shown(written.isoformat())


def check_medium(medium: str | None) -> str:
    """Return the medium of a topic.

    Raises
    ------
    RefusedError
        If it is none.
    """
    if medium not in MEDIA:
        raise RefusedError("unknown_topic", f"topic: expected a medium of {', '.join(MEDIA)}, got {shown(medium)}")
    return medium
