"""Metrics of Sparkplug B: what they are called, by themselves or by a birth, and their values."""

from typing import Any, Final

import msgspec

from sensors import flags
from sensors.decoders import sparkplug_wire as wire
from sensors.decoders.sparkplug_wire import Metric, WireError
from sensors.decoders.taking import NotANumberError, RefusedError, number
from sensors.decoders.terms import Terms
from sensors.errors import shown

SIGNED: Final = {1: 32, 2: 32, 3: 32, 4: 64}
"""Datatypes of signed integers, and the bits of which they are the two's complement. 6.4.17, Int8 to Int64."""
UNSIGNED: Final = frozenset({5, 6, 7, 8})
QUALITY: Final = {0: flags.FAIL, 192: flags.GOOD, 500: flags.FAIL}
"""Bad, good, stale. 6.4.15."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What a birth says of a metric; `datatype` is 0 where it says none."""

    name: str
    datatype: int
    unit: str


def sequence_of(metrics: list[Metric]) -> int | None:
    """Return the number that a birth and the death that ends it have in common. 6.4.19."""
    for metric in metrics:
        if metric.get(wire.NAME) == b"bdSeq":
            return metric.get(wire.LONG, metric.get(wire.INT))
    return None


def announced(metrics: list[Metric]) -> list[tuple[int | bytes, Known]]:
    """Return the metrics of a birth by name and number; those whose name or properties cannot be read are none."""
    found: list[tuple[int | bytes, Known]] = []
    for metric in metrics:
        if wire.NAME in metric:
            try:
                known = _of_birth(metric)
            except WireError:
                continue
            found.append((metric[wire.NAME], known))
            if wire.ALIAS in metric:
                found.append((metric[wire.ALIAS], known))
    return found


def _of_birth(metric: Metric) -> Known:
    unit = wire.properties(metric[wire.PROPERTIES]).get("engUnit") if wire.PROPERTIES in metric else None
    return Known(wire.text(metric[wire.NAME]), metric.get(wire.DATATYPE, 0), unit if type(unit) is str else "")


def named(metric: Metric, known: dict[int | bytes, Known], i: int) -> Known:
    """Return name, type and unit of a metric, by itself or by its birth.

    Raises
    ------
    RefusedError
        If it has no name, or its type is not that of its birth.
    """
    name, alias, datatype = metric.get(wire.NAME), metric.get(wire.ALIAS), metric.get(wire.DATATYPE, 0)
    key = alias if name is None else name
    found = None if key is None else known.get(key)
    if found is None and name is not None:
        try:
            return Known(wire.text(name), datatype, "")
        except WireError as error:
            raise RefusedError("broken_payload", f"metrics[{i}].name: {error}") from error
    if found is None and alias is None:
        raise RefusedError("wrong_type", f"metrics[{i}]: expected a name or an alias, got neither")
    if found is None:
        raise RefusedError(
            "unknown_alias",
            f"metrics[{i}].alias: expected one that a birth named, got {alias}; "
            "`qingjing quarantine retry` takes it after the next birth",
        )
    if datatype not in (0, found.datatype):
        raise RefusedError(
            "unknown_alias", f"metrics[{i}].datatype: expected {found.datatype} as in its birth, got {datatype}"
        )
    return found


def value_of(metric: Metric, datatype: int, terms: Terms, i: int) -> tuple[float | None, int]:
    """Return the value of a metric and its flag.

    Raises
    ------
    RefusedError
        If it is no number, or there is not one.
    """
    if metric.get(wire.IS_NULL):
        return None, flags.MISSING
    found = metric.keys() & wire.VALUES
    if len(found) != 1:
        raise RefusedError("wrong_type", f"metrics[{i}]: expected one value, got {len(found)}")
    (tag,) = found
    raw: Any = metric[tag]
    try:
        if tag == wire.FLOAT:
            raw = wire.single(raw)
        elif tag in (wire.INT, wire.LONG):
            if datatype in SIGNED:
                bits = SIGNED[datatype]
                raw = (raw & (1 << bits) - 1) - (raw >> bits - 1 & 1) * (1 << bits)
            elif datatype not in UNSIGNED:
                raise RefusedError(
                    "wrong_type", f"metrics[{i}].datatype: expected one of a number (1 to 10), got {datatype or 'none'}"
                )
        elif tag == wire.STRING:
            raw = wire.text(raw)
        elif tag != wire.DOUBLE:
            raise RefusedError("wrong_type", f"metrics[{i}]: expected a number, got field {tag >> 3}")
        return number(raw, terms)
    except WireError as error:
        raise RefusedError("broken_payload", f"metrics[{i}].string_value: {error}") from error
    except NotANumberError:
        code = "not_finite" if type(raw) is float else "wrong_type"
        raise RefusedError(code, f"metrics[{i}]: expected a number, got {shown(raw)}") from None


def stated(metric: Metric, flag: int, i: int) -> tuple[str, int]:
    """Return the unit that the properties of a metric state, "" of none, and the flag after its quality.

    Raises
    ------
    RefusedError
        If they cannot be read, or the quality is none of Sparkplug.
    """
    try:
        properties = wire.properties(metric[wire.PROPERTIES])
    except WireError as error:
        raise RefusedError("broken_payload", f"metrics[{i}].properties: {error}") from error
    quality = properties.get("Quality", 192)
    if quality not in QUALITY:
        raise RefusedError(
            "unknown_flag", f"metrics[{i}].Quality: expected {', '.join(map(str, QUALITY))}, got {shown(quality)}"
        )
    unit = properties.get("engUnit")
    return unit if type(unit) is str else "", flags.worse(flag, QUALITY[quality])
