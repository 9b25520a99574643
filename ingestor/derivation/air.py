"""Air: hours and days of a station, days of a city."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from aggregations import air, aqi
from aggregations.air import StationDays
from aggregations.rounding import MICRO, BoolArray, divide_half_even, to_micros
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S, HOURS, Found, Rows, Span, by_edition, hour_means, nullable, part_of
from sensors.register import Station


class StationOfCity(msgspec.Struct, frozen=True):
    """The days of one station that a city's days are made of."""

    span: Span
    days: dict[str, StationDays]


def derive_station(config: Config, station: Station, span: Span, found: Found) -> tuple[list[Rows], StationOfCity]:
    """Return `air_hour` and `air_day` of a station, and its days for the city's.

    Parameters
    ----------
    span, found
        As `spans.usable` gives them.
    """
    staged = config.staged(station.city)
    limits_at_first = config.standards.on(AirLimits, span.first, staged=staged)
    hours = hour_means(found, span, min_share=limits_at_first.hour_min_minutes / 60, energy=False)
    micros: dict[str, tuple[Any, BoolArray]] = {}
    for quantity in air.QUANTITIES:
        micros[quantity] = to_micros(hours.get(quantity, np.full((span.n, HOURS), np.nan)))
    parts: dict[str, list[StationDays]] = {quantity: [] for quantity in air.QUANTITIES}
    for cut, limits in by_edition(config, AirLimits, span, staged=staged):
        for inner, evaluation in by_edition(config, AirEvaluation, part_of(span, cut), staged=staged):
            days = slice(cut.start + inner.start, cut.start + inner.stop)
            for quantity, (values, valid) in micros.items():
                if quantity == air.OZONE:
                    part = air.ozone_daily_max_8h(values[days], valid[days], limits=limits, evaluation=evaluation)
                else:
                    part = air.daily_mean(values[days], valid[days], min_hours=limits.day_min_hours)
                parts[quantity].append(part)
    by_quantity = {quantity: _joined(each) for quantity, each in parts.items()}
    flat = {q: hours[q].ravel() for q in air.QUANTITIES if q in hours}
    any_hour = np.any([np.isfinite(v) for v in hours.values()], axis=0).ravel().nonzero()[0]
    hour_times = (span.start + any_hour * HOUR_S).tolist()
    hour_rows = Rows("air_hour", station.id, hour_times, {q: nullable(v[any_hour]) for q, v in flat.items()})
    exact = {q: np.where(d.valid, d.sums / d.counts / MICRO, np.nan) for q, d in by_quantity.items()}
    columns = _air_columns(
        config,
        span,
        staged,
        lambda q, decimals, days: air.rounded(_slice(by_quantity[q], days), decimals),
        lambda decimals, days: _rounded_hour_max(by_quantity[air.OZONE].hour_max[days], decimals),
    )
    columns |= {f"{q}_exact": nullable(v) for q, v in exact.items()}
    columns |= {f"{q}_count": d.hours.tolist() for q, d in by_quantity.items()}
    return [hour_rows, Rows("air_day", station.id, span.times(), columns)], StationOfCity(span, by_quantity)


def derive_city(config: Config, city: str, members: list[StationOfCity]) -> Rows:
    """Return `city_air_day` of a city, from the first to the last day of any of its stations."""
    first = min(m.span.first for m in members)
    last = max(m.span.first + dt.timedelta(days=m.span.n - 1) for m in members)
    whole = Span(first, config.start_of(first), (last - first).days + 1)
    staged = config.staged(city)
    stations = config.register.of("air", city)
    days = [whole.first + dt.timedelta(days=i) for i in range(whole.n)]
    expected = [sum(s.expected_on(day) for s in stations) for day in days]
    exact: dict[str, list[Any]] = {}
    counts: dict[str, list[int]] = {}
    ozone_hour_max = np.full(whole.n, -1, dtype=np.int64)
    for quantity in air.QUANTITIES:
        padded = [_padded(m.days[quantity], (m.span.first - first).days, whole.n) for m in members]
        values: list[Any] = []
        for cut, evaluation in by_edition(config, AirEvaluation, whole, staged=staged):
            values += [
                air.city_day(padded, i, expected=expected[i], evaluation=evaluation) for i in range(cut.start, cut.stop)
            ]
        exact[quantity] = values
        counts[quantity] = np.sum([p.valid for p in padded], axis=0).tolist()
        if quantity == air.OZONE:
            maxima = np.stack([p.hour_max for p in padded])
            present = maxima >= 0
            mean = divide_half_even(np.where(present, maxima, 0).sum(axis=0), np.maximum(present.sum(axis=0), 1))
            ozone_hour_max = np.where(present.any(axis=0), mean, -1)

    def rounded(quantity: str, decimals: int, days: slice) -> Any:
        step = MICRO // 10**decimals
        return np.array([-1 if v is None else round(v / step) for v in exact[quantity][days]], dtype=np.int64)

    columns = _air_columns(
        config, whole, staged, rounded, lambda decimals, days: _rounded_hour_max(ozone_hour_max[days], decimals)
    )
    columns |= {f"{q}_exact": [None if v is None else float(v / MICRO) for v in values] for q, values in exact.items()}
    columns |= {f"{q}_count": values for q, values in counts.items()}
    return Rows("city_air_day", city, whole.times(), columns)


def _air_columns(
    config: Config,
    span: Span,
    staged: bool,
    rounded: Callable[[str, int, slice], Any],
    ozone_hour_max: Callable[[int, slice], Any],
) -> dict[str, list[Any]]:
    """Columns of rounded values, sub-indices, index, level, primary pollutants and edition of the days of a span."""
    columns: dict[str, list[Any]] = {}

    def extend(name: str, values: list[Any]) -> None:
        columns.setdefault(name, []).extend(values)

    for cut, evaluation in by_edition(config, AirEvaluation, span, staged=staged):
        for quantity in air.QUANTITIES:
            decimals = evaluation.decimals[quantity]
            extend(quantity, [None if v < 0 else v / 10**decimals for v in rounded(quantity, decimals, cut).tolist()])
    for cut, index in by_edition(config, AirIndex, span, staged=staged):
        concentrations = {}
        for key, item in index.item.items():
            if key in index.daily_items:
                concentrations[key] = rounded(item.quantity, item.decimals, cut)
            else:
                concentrations[key] = ozone_hour_max(item.decimals, cut)
        result = aqi.of_day(concentrations, index)
        for key in index.daily_items:
            extend(f"iaqi_{index.item[key].quantity}", [None if v == aqi.NONE else v for v in result.sub[key].tolist()])
        values = result.aqi.tolist()
        extend("aqi", [None if v == aqi.NONE else v for v in values])
        extend("level", [None if v == aqi.NONE else 1 + index.level.index(aqi.level(v, index)) for v in values])
        extend(
            "primary",
            [
                ",".join(aqi.primary({k: int(a[i]) for k, a in result.sub.items()}, v, index))
                if v != aqi.NONE
                else None
                for i, v in enumerate(values)
            ],
        )
        extend("edition", [index.edition.id] * len(values))
    return columns


def _rounded_hour_max(micros: np.ndarray, decimals: int) -> np.ndarray:
    return np.where(micros < 0, -1, divide_half_even(micros, MICRO // 10**decimals))


def _joined(parts: list[StationDays]) -> StationDays:
    return StationDays(*(np.concatenate([getattr(p, f) for p in parts]) for f in StationDays.__struct_fields__))


def _slice(days: StationDays, cut: slice) -> StationDays:
    return StationDays(*(getattr(days, f)[cut] for f in StationDays.__struct_fields__))


def _padded(days: StationDays, before: int, n: int) -> StationDays:
    """The days inside a longer span; nothing is valid outside them."""
    fills = {"sums": 0, "counts": 1, "valid": False, "hours": 0, "hour_max": -1}
    arrays = []
    for field in StationDays.__struct_fields__:
        array = getattr(days, field)
        arrays.append(np.pad(array, (before, n - before - len(array)), constant_values=fills[field]))
    return StationDays(*arrays)
