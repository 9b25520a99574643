"""Derived rows of air: hours and days with their indexes, as the store keeps them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from aggregations import aqi
from aggregations.air import MISSING
from aggregations.air.hours import index_of_hours
from aggregations.periods import DAY
from aggregations.rounding import MICRO, IntArray, divide_half_even, half_even_multiple
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor.config import Config
from ingestor.derivation.air_days import Area, Days
from ingestor.derivation.spans import HOUR_S, HOURS, Rows, Span

WITHOUT_EVENTS = "_without_events"
"""Ending of the tables that hold the days touched by exceptional events once more, without their hours."""


def hour_rows(
    config: Config, area: Area, whole: Span, values: dict[str, IntArray], counts: dict[str, IntArray]
) -> Rows:
    """Rows of hours with a value: means, real-time index, primary pollutants."""
    some = np.flatnonzero(np.any([v != MISSING for v in values.values()], axis=0))
    columns: dict[str, list[Any]] = {q: nullable_ints(v[some], MICRO) for q, v in values.items()}
    parts: dict[str, list[Any]] = {}
    for hours, found, index in hour_indexes(config, area, whole, values):
        _extend(parts, _main_columns(found, index, some[(some >= hours.start) & (some < hours.stop)] - hours.start))
    columns |= parts
    columns |= {f"{q}_count": n[some].tolist() for q, n in counts.items()}
    return Rows(f"{area.tables}_hour", area.key, (whole.start + some * HOUR_S).tolist(), columns)


def hour_indexes(
    config: Config, area: Area, whole: Span, values: dict[str, IntArray]
) -> Iterator[tuple[slice, aqi.Index, AirIndex]]:
    """Yield runs of hours under one edition, as slices of those of the days, with their real-time index.

    `values` are the hour means of the days by quantity, MISSING where not valid. [micros]
    """
    for cut, index in config.standards.runs(AirIndex, whole.period, staged=area.staged):
        hours = slice(cut.start * HOURS, cut.stop * HOURS)
        lead = min(hours.start, HOURS)
        limits = config.standards.on(AirLimits, whole.first + cut.start * DAY, staged=area.staged)
        inside = {q: v[hours.start - lead : hours.stop] for q, v in values.items()}
        yield hours, index_of_hours(inside, index, limits, lead=lead, not_monitored=area.not_monitored), index


def day_rows(
    config: Config, area: Area, whole: Span, days: Days, chosen: IntArray, *, without_events: bool = False
) -> Rows:
    """Return rows of the chosen days: published and exact values, counts, index of the day."""
    published = published_days(config, area.staged, whole, days.exact)
    columns: dict[str, list[Any]] = {q: nullable_ints(v[chosen], MICRO) for q, v in published.items()}
    columns |= {f"{q}_fraction": [_text(values[i]) for i in chosen.tolist()] for q, values in days.exact.items()}
    columns |= {f"{q}_count": n[chosen].tolist() for q, n in days.counts.items()}
    columns["o3_hour_max"] = nullable_ints(days.ozone_hour_max[chosen], MICRO)
    parts: dict[str, list[Any]] = {}
    for cut, index in config.standards.runs(AirIndex, whole.period, staged=area.staged):
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
    table = f"{area.tables}_day{WITHOUT_EVENTS if without_events else ''}"
    return Rows(table, area.key, (whole.start + chosen * HOUR_S * HOURS).tolist(), columns | parts)


def index_columns(found: aqi.Index, index: AirIndex, chosen: IntArray) -> dict[str, list[Any]]:
    """Columns of sub-indices, index, level, primary pollutants and edition of some days or hours."""
    columns: dict[str, list[Any]] = {}
    for quantity in _quantities(found, index):
        sub = np.max([v[chosen] for k, v in found.sub.items() if index.item[k].quantity == quantity], axis=0)
        columns[f"iaqi_{quantity}"] = nullable_ints(sub, 1)
    columns |= _main_columns(found, index, chosen)
    columns["level"] = [n or None for n in aqi.levels(found.aqi[chosen], index).tolist()]
    columns["edition"] = [index.edition.id] * len(chosen)
    return columns


def _main_columns(found: aqi.Index, index: AirIndex, chosen: IntArray) -> dict[str, list[Any]]:
    """Columns of index and primary pollutants of some days or hours."""
    quantities = _quantities(found, index)
    bits = np.zeros(len(chosen), dtype=np.int64)
    for n, quantity in enumerate(quantities):
        bits |= aqi.is_primary(found, quantity, index)[chosen].astype(np.int64) << n
    names = [",".join(q for n, q in enumerate(quantities) if code >> n & 1) for code in range(1 << len(quantities))]
    return {
        "aqi": nullable_ints(found.aqi[chosen], 1),
        "primary": [names[code] or None for code in bits.tolist()],
    }


def _quantities(found: aqi.Index, index: AirIndex) -> list[str]:
    return list(dict.fromkeys(index.item[item].quantity for item in found.sub))


def published_days(
    config: Config, staged: bool, whole: Span, exact: dict[str, list[Fraction | None]]
) -> dict[str, IntArray]:
    """Exact daily values rounded once, each by its own edition; MISSING where not valid. [micros]"""
    found = {q: np.full(whole.n, MISSING, dtype=np.int64) for q in exact}
    for cut, evaluation in config.standards.runs(AirEvaluation, whole.period, staged=staged):
        for quantity, values in exact.items():
            step = MICRO // 10 ** evaluation.decimals[quantity]
            found[quantity][cut] = [MISSING if v is None else half_even_multiple(v, step) for v in values[cut]]
    return found


def _extend(columns: dict[str, list[Any]], more: dict[str, list[Any]]) -> None:
    for name, values in more.items():
        columns.setdefault(name, []).extend(values)


def nullable_ints(values: IntArray, scale: int) -> list[Any]:
    """Integers, or decimals of a scale, as a list in which None stands for MISSING."""
    numbers: list[Any] = values.tolist() if scale == 1 else (values / scale).tolist()
    for i in np.flatnonzero(values == MISSING).tolist():
        numbers[i] = None
    return numbers


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
