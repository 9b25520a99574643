"""Any JSON whose places a mapping names: from a payload to records, from a record to a device, a time and values.

A record is refused by itself, and so is a value; what stands beside it is kept.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from sensors import flags, units
from sensors.decoders import times
from sensors.decoders.context import Context
from sensors.decoders.finding import Scope, finder, found, members, misfit, unwrap
from sensors.decoders.json_text import tree_of
from sensors.decoders.mappings import Mapping, check
from sensors.decoders.paths import ABSENT, FAULTS
from sensors.decoders.stated_units import Converter
from sensors.decoders.taking import NOTHING, PASSED_OVER, NotANumberError, Observed, RefusedError, number, take
from sensors.decoders.terms import Terms
from sensors.decoders.times import brief
from sensors.errors import ConfigError
from sensors.reading import DAY_S, Decoded

DEEPEST: Final = 8
"""Objects in objects whose members are values."""
MOST_FLAGS: Final = 1000
"""Numbers below it may be flags."""
LONGEST_CODE: Final = 200
"""Characters of a code, a device or a unit."""
LONGEST_VALUE: Final = 1000
"""Characters of a value. Each record may point at one text of the whole payload: it must cost each of them little."""

_Raw = tuple[str, Any, Any, Any, Any]
"""A value as the payload has it: its place in the record, code, value, flag and unit; None for what it has not."""


def decoder(terms: Terms) -> Callable[[bytes, float, Context], Decoded]:
    """Return the decoder of a source.

    Raises
    ------
    ConfigError
        If the mapping has an expression that is none, or nothing says how long periods are.
    """
    return _Decoder(terms).decode


class _Decoder:
    def __init__(self, terms: Terms) -> None:
        mapping: Mapping = terms.options
        check(mapping, at="mapping")
        if terms.period_s is None and not mapping.period:
            raise ConfigError(
                "period_s: expected the averaging period in seconds, as the mapping finds none in payloads, got nothing"
            )
        times.check_form(mapping.time_format, at="mapping.time_format")
        self._terms, self._mapping = terms, mapping
        self._items = finder(mapping.items, at="mapping.items")
        self._device = finder(mapping.device, at="mapping.device")
        self._time = finder(mapping.time, at="mapping.time")
        self._period = finder(mapping.period, at="mapping.period") if mapping.period else None
        self._code = finder(mapping.code, at="mapping.code")
        self._value = finder(mapping.value, at="mapping.value")
        self._unit = finder(mapping.unit, at="mapping.unit") if mapping.unit else None
        self._flag = finder(mapping.flag, at="mapping.flag") if mapping.flag else None
        self._flags = finder(mapping.flags, at="mapping.flags") if mapping.flags else None
        table = mapping.values if isinstance(mapping.values, dict) else {}
        self._table = [
            (code, finder(places, at=f"mapping.values.{code}", nothing=ABSENT)) for code, places in table.items()
        ]
        self._values = None if isinstance(mapping.values, dict) else finder(mapping.values, at="mapping.values")
        self._words = {**flags.NATIVE, **{word: flags.NATIVE[meaning] for word, meaning in mapping.words.items()}}
        self._scale = {
            code: (float(mapping.factors.get(code, 1)), float(mapping.offsets.get(code, 0)))
            for code in {*mapping.factors, *mapping.offsets}
        }
        self._convert = Converter(terms)

    def decode(self, payload: bytes, received_at: float, context: Context) -> Decoded:
        """Return the readings of a payload and what was refused of it; never raises on any payload."""
        into = Decoded([], [])
        try:
            scope = Scope(tree_of(payload, self._terms.encoding), context, {})
            if self._mapping.embedded and type(scope.root) is dict:
                unwrap(scope.root, self._mapping.embedded, "")
            records = found(self._items, scope.root, scope, "payload")
            if records == []:
                raise RefusedError("wrong_type", "payload: expected at least one record, got an empty array")
        except RefusedError as error:
            into.refusals.append(error.refusal)
            return into
        if type(records) is list:
            for i, record in enumerate(records):
                self._record(record, f"[{i}].", scope, received_at, into)
        else:
            self._record(records, "", scope, received_at, into)
        if not into.readings and not into.refusals:
            into.refusals.append(NOTHING)
        return into

    def _record(self, record: Any, at: str, scope: Scope, received_at: float, into: Decoded) -> None:
        """Decode one record and append its readings, its refusals, or both."""
        try:
            if type(record) is not dict and type(record) is not list:
                raise RefusedError("wrong_type", f"{at[:-1] or 'payload'}: expected an object, got {brief(record)}")
            if self._mapping.embedded and type(record) is dict and record is not scope.root:
                unwrap(record, self._mapping.embedded, at)
            raw = self._raw(record, at, scope)
            if not raw:
                raise RefusedError("no_data", f"{at}values: expected at least one value, got none{PASSED_OVER}")
            device = self._device_of(record, at, scope)
            observed, arrived = self._observed(device, record, at, scope, received_at)
            of_record = None if self._flags is None else found(self._flags, record, scope, f"{at}flags")
        except RefusedError as error:
            into.refusals.append(error.refusal)
            return
        terms = self._terms
        for place, code, value, word, unit in raw:
            if type(code) is int and abs(code) < 10**times.LONGEST:
                code = str(code)
            try:
                if type(code) is not str or len(code) > LONGEST_CODE:
                    where = "values" if type(code) is str else place
                    raise RefusedError("wrong_type", f"{at}{where}: expected a code, got {brief(code)}")
                known = terms.codes.get(code)
                if known is None:
                    if terms.trace is not None or (code not in terms.ignored and not terms.ignores_rest):
                        observed.values.append((code, None, flags.MISSING))  # for `take` to refuse
                    continue
                if of_record is not None and word is None:
                    word = of_record.get(code) if type(of_record) is dict else of_record
                number_, flag = self._taken(at + place, code, value, word)
                if unit is not None and number_ is not None:
                    number_ = self._converted(code, number_, unit, scope.context, at + place)
            except RefusedError as error:
                into.refusals.append(error.refusal)
                continue
            if arrived and flag == flags.GOOD:
                flag = flags.NOT_EVALUATED
            observed.values.append((code, number_, flag))
        take(observed, received_at, scope.context, self._terms, into)

    def _device_of(self, record: Any, at: str, scope: Scope) -> str | None:
        device = found(self._device, record, scope, f"{at}device")
        if device is None or (type(device) is str and len(device) <= LONGEST_CODE):
            return device
        if type(device) is int and abs(device) < 10**times.LONGEST:
            return str(device)
        raise RefusedError("unknown_station", f"{at}device: expected a text, got {brief(device)}")

    def _observed(
        self, device: str | None, record: Any, at: str, scope: Scope, received_at: float
    ) -> tuple[Observed, bool]:
        """Return what a record says but its values; and whether its time is that of its arrival, for want of one."""
        period = None if self._period is None else found(self._period, record, scope, f"{at}period")
        raw = found(self._time, record, scope, f"{at}time")
        interval = None
        if raw is not None:
            time, interval = times.moment(raw, self._mapping.time_format, self._terms.zone, at=f"{at}time")
        elif self._terms.without_time == "arrival":
            time = math.floor(received_at)
        else:
            raise RefusedError(
                "no_time", f'{at}time: expected a time, or `without_time = "arrival"` in sources.toml, got nothing'
            )
        if interval is not None:
            end = time + interval if self._terms.label == "end" else time
            return Observed(device, end, interval, [], at=at), False
        if period is not None:
            return Observed(device, time, _seconds(period, f"{at}period", self._terms), [], at=at), raw is None
        if self._terms.period_s is None:
            raise RefusedError(
                "wrong_type", f"{at}period: expected seconds, or `period_s` in sources.toml, got nothing"
            )
        return Observed(device, time, self._terms.period_s, [], sampled=True, at=at), raw is None

    def _raw(self, record: Any, at: str, scope: Scope) -> list[_Raw]:
        """Return each value of a record as the payload has it."""
        if self._values is None:
            try:
                return [
                    (code, code, value, None, None)
                    for code, find in self._table
                    if (value := find(record, scope)) is not ABSENT
                ]
            except FAULTS as error:
                raise misfit(at) from error
        values = found(self._values, record, scope, f"{at}values")
        if type(values) is dict:
            if self._flag is not None or self._unit is not None:
                raise RefusedError(
                    "wrong_type",
                    f"{at}values: expected elements, as `flag` and `unit` are looked for in each, got an object; "
                    "`flags` is for those of objects",
                )
            return [(code, code, value, None, None) for code, value in members(values, "", DEEPEST)]
        if type(values) is list:
            return [self._element(element, ABSENT, f"values[{i}]", at, scope) for i, element in enumerate(values)]
        return [] if values is None else [self._element(record, values, "values", at, scope)]

    def _element(self, element: Any, value: Any, place: str, at: str, scope: Scope) -> _Raw:
        """Return a value, which is found in the element where it is ABSENT, with its code, flag and unit."""
        try:
            return (
                place,
                self._code(element, scope),
                self._value(element, scope) if value is ABSENT else value,
                None if self._flag is None else self._flag(element, scope),
                None if self._unit is None else self._unit(element, scope),
            )
        except FAULTS as error:
            raise misfit(f"{at}{place}") from error

    def _taken(self, place: str, code: str, value: Any, word: Any) -> tuple[float | None, int]:
        """Return number and flag of a value."""
        try:
            if type(value) is str and len(value) > LONGEST_VALUE:
                raise NotANumberError
            taken, flag = number(value, self._terms)
        except NotANumberError as error:
            finite = isinstance(value, float | int) and not isinstance(value, bool)
            raise RefusedError(
                "not_finite" if finite else "wrong_type",
                f"{place}: expected a {'finite ' if finite else ''}number, got {brief(value)}",
            ) from error
        if word is not None:
            flag = flags.worse(flag, self._flag_of(word, place))
        if taken is not None and code in self._scale:
            factor, offset = self._scale[code]
            taken = round(taken * factor + offset, units.DECIMALS)
        return taken, flag

    def _converted(self, code: str, value: float, unit: Any, context: Context, place: str) -> float:
        """Return a value that has a unit of its own in that which `take` wants."""
        if type(unit) is not str or len(unit) > LONGEST_CODE:
            raise RefusedError("unknown_unit", f"{place}: expected a unit, got {brief(unit)}")
        return self._convert(code, value, unit, context, place)

    def _flag_of(self, word: Any, place: str) -> int:
        text = word
        if isinstance(word, int) and abs(word) < MOST_FLAGS:
            text = str(word).lower()  # also true and false
        if type(text) is not str or text not in self._words:
            raise RefusedError("unknown_flag", f"{place}: expected one of {', '.join(self._words)}, got {brief(word)}")
        return self._words[text]


def _seconds(raw: Any, place: str, terms: Terms) -> int:
    """Return a period of a payload. [s]

    Raises
    ------
    RefusedError
        If it is no whole number of seconds of a day.
    """
    try:
        seconds, _ = number(raw, terms)
    except NotANumberError:
        seconds = None
    if seconds is None or not 1 <= seconds <= DAY_S or seconds != int(seconds):
        raise RefusedError("wrong_type", f"{place}: expected seconds that divide a day, got {brief(raw)}")
    return int(seconds)
