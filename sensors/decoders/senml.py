"""SenML: an array of records, in JSON or CBOR [1]_; the first byte tells them apart.

    [{"bn": "urn:dev:mac:b4e62dfffe28e081:", "bt": 1600000000, "n": "pm25", "u": "ug/m3", "v": 15.1},
     {"n": "o3", "u": "ug/m3", "v": 96.0}]

The base name is the device, without the sign at its end that parts it from names, and the name of a record its code;
a record without a name of its own goes by its unit. `names` of the source says how whole names are to be split
instead. Records of one device and time are one reading, of the period that the source states.

A time below 2^28 counts from now: it is taken, against the time of arrival, only where the source allows arrivals as
times. A text is taken as a number where it is one; truth values, bytes and sums (`s`, `bs`) are no values of a
quantity. A base field that cannot be read ends the pack; what stood before it is kept.

.. [1] RFC 8428, sections 4 to 6; names of units: RFC 8428, 12.1, and RFC 8798.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sensors import flags, units
from sensors.decoders import cbor
from sensors.decoders.context import Context
from sensors.decoders.json_text import tree_of
from sensors.decoders.senml_names import SenmlOptions, by_base, splitter
from sensors.decoders.senml_plain import IN_CBOR, IN_JSON, Fields, NotPlainError, Records, of_cbor, of_json
from sensors.decoders.stated_units import Converter
from sensors.decoders.taking import INFINITE, NOTHING, NotANumberError, Observed, RefusedError, number, take
from sensors.decoders.terms import Terms
from sensors.errors import shown
from sensors.reading import Decoded, Refusal

VERSION: Final = 10
"""The version of RFC 8428; a pack of a higher one must not be read. 4.4."""
RELATIVE_BELOW: Final = 2**28
"""Times below it count from now. [s] 4.5.3."""
LARGEST_TIME: Final = 2.0**40

LABELS: Final[dict[int | str, str]] = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
"""Labels of CBOR by number. RFC 8428, table 4."""

_FIELDS = frozenset(LABELS.values())
_BASE = frozenset({"bver", "bn", "bt", "bu", "bv", "bs"})
_VALUES = ("v", "vs", "vb", "vd")


class _Base(msgspec.Struct, gc=False):
    """Base fields as they hold for the record at hand."""

    name: str = ""
    time: float | None = None
    unit: str = ""
    value: float | None = None
    version: int | None = None


_Group = tuple[int, list[tuple[str, float | None, int]]]


def decoder(terms: Terms) -> Callable[[bytes, float, Context], Decoded]:
    """Return the decoder of a source."""
    options = terms.options if isinstance(terms.options, SenmlOptions) else SenmlOptions()
    split = splitter(options)
    convert = Converter(terms)
    factors, unstated = convert.factors, dict.fromkeys(terms.codes, 1.0)
    assert terms.period_s is not None
    period_s = terms.period_s
    sentinels = terms.sentinels
    good, largest, decimals = flags.GOOD, INFINITE, units.DECIMALS
    plain_source = not options.names and terms.encoding == "utf-8"

    def decode(payload: bytes, received_at: float, context: Context) -> Decoded:
        into = Decoded([], [])
        groups: dict[tuple[str | None, int], _Group] = {}
        if not _take_plain(payload, groups, context):
            groups.clear()
            _take_all(payload, groups, received_at, context, into)
        for (device, time), (i, values) in groups.items():
            at = f"[{i}]." if len(groups) > 1 else ""
            take(Observed(device, time, period_s, values, sampled=True, at=at), received_at, context, terms, into)
        if not into.readings and not into.refusals:
            into.refusals.append(NOTHING)
        return into

    def _take_plain(payload: bytes, groups: dict[tuple[str | None, int], _Group], context: Context) -> bool:
        """Add the values of a pack in which nothing is unusual to their groups; False: it has to go the long way."""
        if not plain_source:
            return False
        try:
            fields, records = (IN_CBOR, of_cbor(payload)) if _is_cbor(payload) else (IN_JSON, of_json(payload))
            return _take_records(records, fields, groups, context)
        except (NotPlainError, KeyError, RefusedError, TypeError):
            return False

    def _take_records(
        records: Records, fields: Fields, groups: dict[tuple[str | None, int], _Group], context: Context
    ) -> bool:
        """Add the values of records; False, or an error: one is not plain."""
        n, u, v, t, bn, bt, bu = fields
        base_name, base_time, base_unit = "", 0.0, ""
        values: list[tuple[str, float | None, int]] = []
        apart = True  # a record whose device or time may not be that of the next
        for i, record in enumerate(records):
            code, value, has_unit = record[n], record[v], u in record
            if apart or len(record) - has_unit != 2:
                base_name, base_unit = record.get(bn, base_name), record.get(bu, base_unit)
                known = 2 + has_unit + (bn in record) + (bu in record)
                if bt in record:
                    base_time = _seconds(record[bt], "bt")
                    known += 1
                time, apart = base_time, t in record
                if apart:
                    time += _seconds(record[t], "t")
                    known += 1
                if known != len(record) or type(base_name) is not str or not RELATIVE_BELOW <= time < LARGEST_TIME:
                    return False
                values = groups.setdefault((by_base(base_name, code, i)[0], math.floor(time)), (i, []))[1]
            unit = record[u] if has_unit else base_unit
            factor = factors.get((code, unit)) if unit != "" else unstated.get(code)
            if factor is None:
                factor = convert.factor(code, unit, context, "u") if type(code) is type(unit) is str else None
            if type(value) is not float:
                value = _seconds(value, "v")
            if factor is None or not -largest < value < largest or (sentinels and value in sentinels):
                return False
            values.append((code, value if factor == 1 else round(value * factor, decimals), good))
        return bool(groups)

    def _take_all(
        payload: bytes,
        groups: dict[tuple[str | None, int], _Group],
        received_at: float,
        context: Context,
        into: Decoded,
    ) -> None:
        """Add the values of any pack to their groups, record by record, or refuse them."""
        try:
            records = _records(payload, terms)
            for record in records:
                if type(record) is dict and not record.keys() <= _FIELDS:
                    _check_understood(record)
        except RefusedError as error:
            into.refusals.append(error.refusal)
            return
        base = _Base()
        for i, record in enumerate(records):
            if type(record) is not dict:
                into.refusals.append(Refusal("wrong_type", f"[{i}]: expected an object, got {shown(record)}"))
                continue
            try:
                if not _BASE.isdisjoint(record):
                    _rebase(base, record, i)
            except RefusedError as error:
                into.refusals.append(error.refusal)
                break
            try:
                if options.sums == "refuse" and ("s" in record or "bs" in record):
                    into.refusals.append(_sum(i))
                _take_record(record, base, i, groups, received_at, context)
            except RefusedError as error:
                into.refusals.append(error.refusal)

    def _take_record(
        record: dict[str, Any],
        base: _Base,
        i: int,
        groups: dict[tuple[str | None, int], _Group],
        received_at: float,
        context: Context,
    ) -> None:
        """Add the value of a record to its group; nothing of one without a value, or with a code to be ignored."""
        field = _field_of_value(record, base, i)
        if field is None:
            return
        name, unit = record.get("n", ""), record.get("u", base.unit)
        if type(name) is not str or type(unit) is not str:
            raise RefusedError("wrong_type", f"[{i}]: expected texts as n and u, got {shown((name, unit))}")
        device, code = split(base.name, name, i)
        code = code or unit
        if code in terms.ignored or (terms.ignores_rest and code not in terms.codes):
            return
        value, flag = _value(record, field, base, terms, i)
        if value is not None and unit and flag != flags.BELOW_DETECTION:
            value = convert(code, value, unit, context, f"[{i}].u")
        time, known = _time(record, base, received_at, terms, i)
        if not known and flag == flags.GOOD:
            flag = flags.NOT_EVALUATED
        group = groups.get((device, time))
        if group is None:
            group = groups[device, time] = (i, [])
        group[1].append((code, value, flag))

    return decode


def _is_cbor(payload: bytes) -> bool:
    return 0x80 <= payload[0] <= 0x9F if payload else False


def _records(payload: bytes, terms: Terms) -> list[Any]:
    """Return the records of a pack, of CBOR with the names of JSON.

    Raises
    ------
    RefusedError
        If it is no array, or an empty one.
    """
    if _is_cbor(payload):
        try:
            tree = cbor.decode(payload, LABELS)
        except cbor.CborError as error:
            raise RefusedError("broken_payload", f"payload: {error}") from error
    else:
        tree = tree_of(payload, terms.encoding)
    if type(tree) is not list or not tree:
        raise RefusedError("wrong_type", f"payload: expected an array of records, got {shown(tree)}")
    return tree


def _check_understood(record: dict[str, Any]) -> None:
    """Check that no field must be understood that is not. RFC 8428, 4.4.

    Raises
    ------
    RefusedError
        If one is.
    """
    for key in record:
        if key not in _FIELDS and type(key) is str and key.endswith("_"):
            raise RefusedError(
                "wrong_type",
                f"payload: expected no field that must be understood but those of RFC 8428, got {shown(key)}",
            )


def _rebase(base: _Base, record: dict[str, Any], i: int) -> None:
    """Change the base fields by those of a record.

    Raises
    ------
    RefusedError
        If one cannot be read; nothing that follows is known then.
    """
    version = record.get("bver", base.version)
    if version is not None and (type(version) is not int or version > VERSION or base.version not in (None, version)):
        raise RefusedError("wrong_type", f"[{i}].bver: expected one version up to {VERSION}, got {shown(version)}")
    name, unit = record.get("bn", base.name), record.get("bu", base.unit)
    if type(name) is not str or type(unit) is not str:
        raise RefusedError("wrong_type", f"[{i}]: expected texts as bn and bu, got {shown((name, unit))}")
    base.version, base.name, base.unit = version, name, unit
    if "bt" in record:
        base.time = _seconds(record["bt"], f"[{i}].bt")
    if "bv" in record:
        value = record["bv"]
        if type(value) not in (int, float) or not abs(value) < INFINITE:
            raise RefusedError("wrong_type", f"[{i}].bv: expected a number, got {shown(value)}")
        base.value = float(value)


def _field_of_value(record: dict[str, Any], base: _Base, i: int) -> str | None:
    """Return the field that holds a record's value, "bv" where the base value is all; None where it has none.

    Raises
    ------
    RefusedError
        If there are two, or a record with a name has none and no sum.
    """
    if "v" in record and "vs" not in record and "vb" not in record and "vd" not in record:
        return "v"
    found = [field for field in _VALUES if field in record]
    if len(found) > 1:
        raise RefusedError("ambiguous", f"[{i}]: expected one of v, vs, vb and vd, got {' and '.join(found)}")
    if found:
        return found[0]
    if "s" in record or _BASE.issuperset(record):
        return None
    if base.value is None:
        raise RefusedError("wrong_type", f"[{i}]: expected a value, got none")
    return "bv"


def _value(record: dict[str, Any], field: str, base: _Base, terms: Terms, i: int) -> tuple[float | None, int]:
    if field == "bv":
        return base.value, flags.GOOD
    raw = record[field]
    try:
        if field == "vd":
            raise NotANumberError(raw)
        value, flag = number(raw, terms)
    except NotANumberError:
        code = "not_finite" if type(raw) in (int, float) else "wrong_type"
        raise RefusedError(code, f"[{i}].{field}: expected a number, got {shown(raw)}") from None
    if value is not None and base.value is not None and field == "v":
        value = round(value + base.value, units.DECIMALS)
    return value, flag


def _time(record: dict[str, Any], base: _Base, received_at: float, terms: Terms, i: int) -> tuple[int, bool]:
    """Return the time of a record, and whether it is its own rather than taken from that of arrival.

    Raises
    ------
    RefusedError
        If it cannot be read, or counts from an arrival that the source does not take as a time.
    """
    time = (base.time or 0.0) + (_seconds(record["t"], f"[{i}].t") if "t" in record else 0.0)
    if time >= RELATIVE_BELOW:
        return math.floor(time), True
    if terms.without_time == "refuse":
        raise RefusedError(
            "no_time",
            f'[{i}].t: expected a time from 2^28 on, as without_time = "arrival" is not set, got {shown(time)}',
        )
    return math.floor(received_at + time), False


def _seconds(value: Any, at: str) -> float:
    if type(value) not in (int, float) or not abs(value) < LARGEST_TIME:
        raise RefusedError("bad_time", f"{at}: expected seconds, got {shown(value)}")
    return float(value)


def _sum(i: int) -> Refusal:
    return Refusal(
        "wrong_type", f'[{i}].s: expected no sum, as no quantity is one; senml.sums = "ignore" leaves sums out, got one'
    )
