"""Air: hours, days and indexes of the stations of a city, of its districts, and of the city itself."""

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec
import numpy as np

from aggregations import air, aqi
from aggregations.air import MISSING, StationDays
from aggregations.air.hours import EVENT, FIRST_CHECK, VALID, Hours, Readings, hour_means, index_of_hours
from aggregations.periods import Period
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S, HOURS, Found, Rows, Span
from sensors import checks, events, gas_states
from sensors.register import Station

GASES = ("so2", "no2", "co", "o3")
WITHOUT_EVENTS = "_without_events"
"""Ending of the tables that hold the days touched by exceptional events once more, without their hours."""


class Observed(NamedTuple):
    """A station, the days that it has, and its readings, as `spans.usable` gives them."""

    station: Station
    span: Span
    found: Found


class CityHours(msgspec.Struct, frozen=True):
    """Checked hours of the stations of a city on the days of all of them together.

    `hours` are by station and quantity; `suspect` tells by station, quantity and check which hours that count are
    doubted; (n_hours,) each.
    """

    whole: Span
    hours: dict[str, dict[str, Hours]]
    suspect: dict[str, dict[str, dict[str, BoolArray]]]


class Days(msgspec.Struct, frozen=True):
    """Days of a station or an area: exact values [micros] and what they count, by quantity; (n_days,) each."""

    exact: dict[str, list[Fraction | None]]
    counts: dict[str, IntArray]
    ozone_hour_max: IntArray


def derive_city(config: Config, city: str, observed: list[Observed]) -> Iterator[tuple[Station | None, list[Rows]]]:
    """Yield the rows of each station of a city, then of each of its districts and of the city itself.

    Averaged into districts and the city are the stations whose role is assessment.
    """
    found = city_hours(config, observed)
    whole = found.whole
    kept: dict[str, dict[str, StationDays]] = {}
    without: dict[str, dict[str, StationDays]] = {}
    for station, span, _ in observed:
        hours = found.hours[station.id]
        touched = event_hours(config, station, whole)
        kept[station.id] = station_days(config, station, whole, hours)
        without[station.id] = kept[station.id]
        if touched:
            without[station.id] = station_days(config, station, whole, leave_out(hours, touched))
        values = {q: np.where(h.valid, h.micros, MISSING) for q, h in hours.items()}
        own = slice((span.first - whole.first).days, (span.first - whole.first).days + span.n)
        area = _Area("air", station.id, config.staged(city), station.not_monitored)
        yield (
            station,
            [
                _hour_rows(config, area, whole, values, {}),
                *_day_rows(
                    config, area, whole, own, _of_station(kept[station.id]),
                    _of_station(without[station.id]) if touched else None, _days_touched(touched, whole),
                ),
            ],
        )  # fmt: skip
    for area, members in areas(config, city):
        present = [member for member in members if member.id in kept]
        if present:
            yield None, _area_rows(config, area, members, present, found, kept, without)


def city_hours(config: Config, observed: list[Observed]) -> CityHours:
    """Hours of the stations of a city: means, in the gas state that the standard prescribes, and checked."""
    first = min(o.span.first for o in observed)
    last = max(o.span.first + dt.timedelta(days=o.span.n - 1) for o in observed)
    whole = Span(first, config.start_of(first), (last - first).days + 1)
    raw = {o.station.id: _hours_of(config, o, whole) for o in observed}
    floats = {id_: {q: np.where(h.valid, h.micros / MICRO, np.nan) for q, h in of.items()} for id_, of in raw.items()}
    hours: dict[str, dict[str, Hours]] = {}
    suspect: dict[str, dict[str, dict[str, BoolArray]]] = {}
    for id_, of in raw.items():
        others = {q: [f[q] for other, f in floats.items() if other != id_ and q in f] for q in of}
        flags = checks.evaluate(
            floats[id_],
            checks=config.checks,
            quantities=config.quantities.air,
            neighbours={q: np.stack(each) for q, each in others.items() if each},
        )
        hours[id_] = {}
        for q, each in of.items():
            failed = checks.reason(flags[q]).astype(np.int64)
            reasons = np.where(each.valid & (failed > 0), FIRST_CHECK + failed, each.reasons)
            hours[id_][q] = Hours(each.micros, reasons)
        suspect[id_] = {q: checks.suspects(flags[q]) for q in of}
    return CityHours(whole, hours, suspect)


def _hours_of(config: Config, observed: Observed, whole: Span) -> dict[str, Hours]:
    """Unchecked hour means of the basic items of a station."""
    station, _, found = observed
    staged = config.staged(station.city)
    by_quantity: dict[str, list[Readings]] = {q: [] for q in air.QUANTITIES}
    for key, times, values, reasons in found:
        if key.quantity in by_quantity:
            micros = np.rint(np.where(reasons == VALID, values, 0.0) * MICRO).astype(np.int64)
            by_quantity[key.quantity].append(Readings(key.period_s, times, micros, reasons))
    hours = {}
    for quantity, readings in by_quantity.items():
        parts = []
        for cut, limits in config.standards.runs(AirLimits, _period(whole), staged=staged):
            start = whole.start + cut.start * HOURS * HOUR_S
            end = whole.start + cut.stop * HOURS * HOUR_S
            inside = [_between(each, start, end) for each in readings]
            n_hours = (cut.stop - cut.start) * HOURS
            means = hour_means(inside, start=start, n_hours=n_hours, min_minutes=limits.hour_min_minutes)
            if quantity in GASES:
                means = _in_prescribed_state(config, station, means, whole.first + dt.timedelta(days=cut.start), limits)
            parts.append(means)
        hours[quantity] = Hours(
            np.concatenate([part.micros for part in parts]), np.concatenate([part.reasons for part in parts])
        )
    return hours


def _between(readings: Readings, start: int, end: int) -> Readings:
    inside = slice(*np.searchsorted(readings.times, (start, end)))
    return Readings(readings.period_s, readings.times[inside], readings.micros[inside], readings.reasons[inside])


def _in_prescribed_state(config: Config, station: Station, hours: Hours, first: dt.date, limits: AirLimits) -> Hours:
    """Convert gases that come at another temperature than the standard prescribes on the day."""
    if all(state.station != station.id for state in config.gas_states.all):
        return hours
    micros = hours.micros.copy()
    for i in range(len(micros) // HOURS):
        day = first + dt.timedelta(days=i)
        delivered, prescribed = config.gas_states.kelvin_on(station.id, day), limits.kelvin_on(day)
        if delivered is not None and delivered != prescribed:
            cut = slice(i * HOURS, (i + 1) * HOURS)
            micros[cut] = gas_states.converted(micros[cut], delivered=delivered, prescribed=prescribed)
    return Hours(micros, hours.reasons)


def event_hours(config: Config, station: Station, whole: Span) -> dict[str, BoolArray]:
    """Return by quantity the hours that decided exceptional events touch; empty where none does."""
    found: dict[str, BoolArray] = {}
    for event in config.events.of(station.city, station.id):
        hours = events.hours_touched(event, whole.start, whole.n * HOURS)
        if hours.start < hours.stop:
            for quantity in event.quantities:
                touched = found.setdefault(quantity, np.zeros(whole.n * HOURS, dtype=np.bool_))
                touched[hours] = True
    return found


def leave_out(hours: dict[str, Hours], touched: dict[str, BoolArray]) -> dict[str, Hours]:
    """Return the hours without those that events touch."""
    return {
        q: Hours(each.micros, np.where(each.valid & touched[q], EVENT, each.reasons)) if q in touched else each
        for q, each in hours.items()
    }


def station_days(config: Config, station: Station, whole: Span, hours: dict[str, Hours]) -> dict[str, StationDays]:
    """Daily values of a station by quantity, each day by its editions."""
    staged = config.staged(station.city)
    parts: dict[str, list[StationDays]] = {quantity: [] for quantity in air.QUANTITIES}
    for cut, limits in config.standards.runs(AirLimits, _period(whole), staged=staged):
        part = Period(whole.first + dt.timedelta(days=cut.start), whole.first + dt.timedelta(days=cut.stop - 1))
        for inner, evaluation in config.standards.runs(AirEvaluation, part, staged=staged):
            days = slice(cut.start + inner.start, cut.start + inner.stop)
            for quantity in air.QUANTITIES:
                micros = hours[quantity].micros.reshape(-1, HOURS)[days]
                valid = hours[quantity].valid.reshape(-1, HOURS)[days]
                if quantity == air.OZONE:
                    found = air.ozone_daily_max_8h(
                        micros, valid, limits=limits, evaluation=evaluation, area_class=station.area_class
                    )
                else:
                    found = air.daily_mean(micros, valid, min_hours=limits.day_min_hours)
                parts[quantity].append(found)
    return {quantity: _joined(each) for quantity, each in parts.items()}


class _Area(NamedTuple):
    """What rows are derived for: `tables` is the beginning of their names, `key` their key."""

    tables: str
    key: str
    staged: bool
    not_monitored: tuple[str, ...]


def areas(config: Config, city: str) -> Iterator[tuple[_Area, list[Station]]]:
    """Yield the districts of a city and the city itself, with the registered stations that they are averaged from."""
    stations = [s for s in config.register.of("air", city) if s.role == "assessment"]
    districts = dict.fromkeys(s.district for s in stations if s.district)
    for district in districts:
        yield _area("district_air", f"{city}/{district}", config, [s for s in stations if s.district == district])
    yield _area("city_air", city, config, stations)


def _area(tables: str, key: str, config: Config, members: list[Station]) -> tuple[_Area, list[Station]]:
    nowhere = tuple(q for q in air.QUANTITIES if members and all(q in s.not_monitored for s in members))
    return _Area(tables, key, config.staged(key.partition("/")[0]), nowhere), members


def _area_rows(
    config: Config,
    area: _Area,
    members: list[Station],
    present: list[Station],
    found: CityHours,
    kept: dict[str, dict[str, StationDays]],
    without: dict[str, dict[str, StationDays]],
) -> list[Rows]:
    whole = found.whole
    everything = slice(0, whole.n)
    days = area_days(config, area.staged, members, present, whole, found.hours, kept)
    excluded, touched = None, np.zeros(whole.n, dtype=np.bool_)
    if any(without[member.id] is not kept[member.id] for member in present):
        excluded = area_days(config, area.staged, members, present, whole, found.hours, without)
        for member in present:
            touched |= _days_touched(event_hours(config, member, whole), whole)
    values, counts = _area_hours(config, area.staged, members, present, found)
    return [
        _hour_rows(config, area, whole, values, counts),
        *_day_rows(config, area, whole, everything, days, excluded, touched),
    ]


def area_days(
    config: Config,
    staged: bool,
    members: list[Station],
    present: list[Station],
    whole: Span,
    hours: dict[str, dict[str, Hours]],
    days: dict[str, dict[str, StationDays]],
) -> Days:
    """Days of an area from those of its stations; `members` are registered, `present` have readings."""
    exact: dict[str, list[Fraction | None]] = {}
    counts: dict[str, IntArray] = {}
    for quantity in air.QUANTITIES:
        expected = _expected(members, quantity, whole)
        stations = [days[s.id][quantity] for s in present]
        values: list[Fraction | None] = []
        for cut, evaluation in config.standards.runs(AirEvaluation, _period(whole), staged=staged):
            if quantity == air.OZONE and evaluation.city_ozone == "maximum_of_city_hours":
                values += _ozone_of_mean_hours(config, staged, cut, evaluation, members, present, whole, hours)
            else:
                rounds = evaluation.city_day_from == "rounded_station_days"
                used = [_rounded(s, evaluation.decimals[quantity]) for s in stations] if rounds else stations
                for i in range(cut.start, cut.stop):
                    values.append(air.city_day(used, i, expected=int(expected[i]), evaluation=evaluation))
        exact[quantity] = values
        counts[quantity] = np.sum([s.valid for s in stations], axis=0)
    maxima = np.stack([days[s.id][air.OZONE].hour_max for s in present])
    there = maxima != MISSING
    mean = divide_half_even(np.where(there, maxima, 0).sum(axis=0), np.maximum(there.sum(axis=0), 1))
    return Days(exact, counts, np.where(there.any(axis=0), mean, MISSING))


def _ozone_of_mean_hours(
    config: Config,
    staged: bool,
    cut: slice,
    evaluation: AirEvaluation,
    members: list[Station],
    present: list[Station],
    whole: Span,
    hours: dict[str, dict[str, Hours]],
) -> list[Fraction | None]:
    """Daily maximum of the mean hours of the stations, the other choice of `city_ozone`."""
    micros, _ = _mean_hours(members, present, air.OZONE, whole, hours, evaluation)
    series = micros.reshape(-1, HOURS)[cut]
    limits = config.standards.on(AirLimits, whole.first + dt.timedelta(days=cut.start), staged=staged)
    found = air.ozone_daily_max_8h(series, series != MISSING, limits=limits, evaluation=evaluation)
    return _fractions(found)


def _area_hours(
    config: Config, staged: bool, members: list[Station], present: list[Station], found: CityHours
) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
    """Hour means of an area by quantity, MISSING where too few stations are valid, and how many are."""
    values: dict[str, IntArray] = {}
    counts: dict[str, IntArray] = {}
    for quantity in air.QUANTITIES:
        parts = []
        for cut, evaluation in config.standards.runs(AirEvaluation, _period(found.whole), staged=staged):
            micros, n = _mean_hours(members, present, quantity, found.whole, found.hours, evaluation)
            parts.append(micros.reshape(-1, HOURS)[cut])
            counts[quantity] = n
        values[quantity] = np.concatenate(parts).ravel()
    return values, counts


def _mean_hours(
    members: list[Station],
    present: list[Station],
    quantity: str,
    whole: Span,
    hours: dict[str, dict[str, Hours]],
    evaluation: AirEvaluation,
) -> tuple[IntArray, IntArray]:
    """Mean of the stations' hours, kept to a millionth of the unit, and how many stations are valid; (n_hours,)."""
    valid = np.stack([hours[s.id][quantity].valid for s in present])
    micros = np.stack([hours[s.id][quantity].micros for s in present])
    n = valid.sum(axis=0)
    mean = divide_half_even(np.where(valid, micros, 0).sum(axis=0), np.maximum(n, 1))
    expected = np.repeat(_expected(members, quantity, whole), HOURS)
    enough = np.zeros((n.max(initial=0) + 1, expected.max(initial=0) + 1), dtype=np.bool_)
    for pair in {*zip(n.tolist(), expected.tolist(), strict=True)}:
        enough[pair] = air.enough_stations(*pair, evaluation)
    return np.where(enough[n, expected], mean, MISSING), n


def _expected(members: list[Station], quantity: str, whole: Span) -> IntArray:
    """Number of stations of which a quantity is expected on each day. (n_days,)"""
    days = [whole.first + dt.timedelta(days=i) for i in range(whole.n)]
    measuring = [s for s in members if quantity not in s.not_monitored]
    return np.array([sum(s.expected_on(day) for s in measuring) for day in days], dtype=np.int64)


def _hour_rows(
    config: Config, area: _Area, whole: Span, values: dict[str, IntArray], counts: dict[str, IntArray]
) -> Rows:
    """Rows of hours with a value: means, real-time index, level, primary pollutants, edition."""
    some = np.flatnonzero(np.any([v != MISSING for v in values.values()], axis=0))
    columns: dict[str, list[Any]] = {q: _nullable(v[some], MICRO) for q, v in values.items()}
    parts: dict[str, list[Any]] = {}
    for cut, index in config.standards.runs(AirIndex, _period(whole), staged=area.staged):
        hours = slice(cut.start * HOURS, cut.stop * HOURS)
        limits = config.standards.on(AirLimits, whole.first + dt.timedelta(days=cut.start), staged=area.staged)
        inside = {q: v[hours] for q, v in values.items()}
        found = index_of_hours(inside, index, limits, not_monitored=area.not_monitored)
        chosen = some[(some >= hours.start) & (some < hours.stop)] - hours.start
        _extend(parts, index_columns(found, index, chosen))
    columns |= parts
    columns |= {f"{q}_count": n[some].tolist() for q, n in counts.items()}
    return Rows(f"{area.tables}_hour", area.key, (whole.start + some * HOUR_S).tolist(), columns)


def _day_rows(
    config: Config,
    area: _Area,
    whole: Span,
    own: slice,
    days: Days,
    without: Days | None,
    touched: BoolArray,
) -> list[Rows]:
    """Rows of the days, and of the touched days without the hours of events."""
    chosen = np.arange(own.start, own.stop)
    tables = [_rows_of(config, area, whole, f"{area.tables}_day", days, chosen)]
    if without is not None:
        some = np.flatnonzero(touched)
        some = some[(some >= own.start) & (some < own.stop)]
        if some.size:
            tables.append(_rows_of(config, area, whole, f"{area.tables}_day{WITHOUT_EVENTS}", without, some))
    return tables


def _rows_of(config: Config, area: _Area, whole: Span, table: str, days: Days, chosen: IntArray) -> Rows:
    published = published_days(config, area.staged, whole, days.exact)
    columns: dict[str, list[Any]] = {q: _nullable(v[chosen], MICRO) for q, v in published.items()}
    columns |= {f"{q}_exact": [_text(values[i]) for i in chosen.tolist()] for q, values in days.exact.items()}
    columns |= {f"{q}_count": n[chosen].tolist() for q, n in days.counts.items()}
    columns["o3_hour_max"] = _nullable(days.ozone_hour_max[chosen], MICRO)
    parts: dict[str, list[Any]] = {}
    for cut, index in config.standards.runs(AirIndex, _period(whole), staged=area.staged):
        concentrations = {}
        for key in dict.fromkeys((*index.daily_items, "o3_1h")):
            item = index.item[key]
            micros = (days.ozone_hour_max if key == "o3_1h" else published[item.quantity])[cut]
            concentrations[key] = np.where(
                micros == MISSING, MISSING, divide_half_even(micros, MICRO // 10**item.decimals)
            )
        found = aqi.of_day(concentrations, index, not_monitored=area.not_monitored)
        inside = chosen[(chosen >= cut.start) & (chosen < cut.stop)] - cut.start
        _extend(parts, index_columns(found, index, inside))
    return Rows(table, area.key, (whole.start + chosen * HOUR_S * HOURS).tolist(), columns | parts)


def index_columns(found: aqi.Index, index: AirIndex, chosen: IntArray) -> dict[str, list[Any]]:
    """Columns of sub-indices, index, level, primary pollutants and edition of some days or hours."""
    quantities = list(dict.fromkeys(index.item[item].quantity for item in found.sub))
    columns: dict[str, list[Any]] = {}
    bits = np.zeros(len(chosen), dtype=np.int64)
    for n, quantity in enumerate(quantities):
        sub = np.max([v[chosen] for k, v in found.sub.items() if index.item[k].quantity == quantity], axis=0)
        columns[f"iaqi_{quantity}"] = _nullable(sub, 1)
        bits |= aqi.is_primary(found, quantity, index)[chosen].astype(np.int64) << n
    values = found.aqi[chosen]
    names = [",".join(q for n, q in enumerate(quantities) if code >> n & 1) for code in range(1 << len(quantities))]
    there = (values != aqi.NONE).tolist()
    columns["aqi"] = _nullable(values, 1)
    columns["level"] = [n or None for n in aqi.levels(values, index).tolist()]
    columns["primary"] = [names[code] if ok else None for code, ok in zip(bits.tolist(), there, strict=True)]
    columns["edition"] = [index.edition.id] * len(chosen)
    return columns


def published_days(
    config: Config, staged: bool, whole: Span, exact: dict[str, list[Fraction | None]]
) -> dict[str, IntArray]:
    """Exact daily values rounded once, each by its own edition; MISSING where not valid. [micros]"""
    found = {q: np.full(whole.n, MISSING, dtype=np.int64) for q in exact}
    for cut, evaluation in config.standards.runs(AirEvaluation, _period(whole), staged=staged):
        for quantity, values in exact.items():
            step = MICRO // 10 ** evaluation.decimals[quantity]
            found[quantity][cut] = [MISSING if v is None else round(v / step) * step for v in values[cut]]
    return found


def _of_station(days: dict[str, StationDays]) -> Days:
    exact = {quantity: _fractions(each) for quantity, each in days.items()}
    return Days(exact, {q: each.hours for q, each in days.items()}, days[air.OZONE].hour_max)


def _fractions(days: StationDays) -> list[Fraction | None]:
    rows = zip(days.sums.tolist(), days.counts.tolist(), days.valid.tolist(), strict=True)
    return [Fraction(s, c) if ok else None for s, c, ok in rows]


def _rounded(days: StationDays, decimals: int) -> StationDays:
    """Station days as published, so that they are averaged as rounded values."""
    values = air.published(days, decimals)
    return StationDays(values, np.ones_like(days.counts), days.valid, days.hours, days.hour_max)


def _days_touched(touched: dict[str, BoolArray], whole: Span) -> BoolArray:
    days = np.zeros(whole.n, dtype=np.bool_)
    for hours in touched.values():
        days |= hours.reshape(-1, HOURS).any(axis=1)
    return days


def _joined(parts: list[StationDays]) -> StationDays:
    return StationDays(*(np.concatenate([getattr(p, f) for p in parts]) for f in StationDays.__struct_fields__))


def _extend(columns: dict[str, list[Any]], more: dict[str, list[Any]]) -> None:
    for name, values in more.items():
        columns.setdefault(name, []).extend(values)


def _nullable(values: IntArray, scale: int) -> list[Any]:
    """Integers, or decimals of a scale, as a list in which None stands for MISSING."""
    numbers = values.tolist() if scale == 1 else (values / scale).tolist()
    return [None if m else n for n, m in zip(numbers, (values == MISSING).tolist(), strict=True)]


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _period(span: Span) -> Period:
    return Period(span.first, span.first + dt.timedelta(days=span.n - 1))
