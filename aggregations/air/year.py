"""A year, or any period, of many stations at once: from hours in memory to days, indexes and statistics.

The same functions as for one station, over arrays of many, and every number an integer or a ratio of integers. Nothing
is shared between calls: a caller with many stations gives them in parts, on as many threads as it has cores.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec
import numpy as np

from aggregations.air.days import (
    HOURS,
    OZONE,
    QUANTITIES,
    DayValues,
    joined,
    mean_of_sums,
    ozone_of_windows,
    published,
    windows_of_hours,
)
from aggregations.air.sums import coded, day_sums
from aggregations.air.year_figures import YearFigure, figures
from aggregations.indicators.air_base import Indexes, indexes
from aggregations.indicators.facts import AirDays, Facts
from aggregations.periods import DAY, Period
from aggregations.rounding import FloatArray, IntArray
from aggregations.standards import AirEvaluation, AirLimits, AreaClass, Standards

_STATIONS = 4
"""So many stations' hours of one quantity are coded and added up at a time: 280 kB, which stay in a core's cache."""


class StationYears(msgspec.Struct, frozen=True):
    """Days, indexes and figures of many stations over one period.

    `days` holds published daily values, valid hours and the largest hour of ozone, `indexes` the index of each day, its
    level, sub-indices and primary pollutants; arrays (n_stations, n_days). `figures` are by name of the indicator and
    of (n_stations,). The indicators that need hours or earlier years (`primary_hours`, `moving_mean`) are not among
    them. `days.exact` is empty.
    """

    period: Period
    days: AirDays
    indexes: Indexes
    figures: dict[str, YearFigure]


def station_years(
    hours: Mapping[str, FloatArray],
    period: Period,
    *,
    standards: Standards,
    staged: bool = False,
    area_class: AreaClass = "II",
    not_monitored: Collection[str] = (),
) -> StationYears:
    """Return days, indexes and figures of stations from their hour means.

    A hundred stations a call keep what is computed of their days in a core's cache, too.

    Parameters
    ----------
    hours : by quantity, (n_stations, n_days * 24) float
        Hour means of all six quantities, the hour that starts at 00:00 local time of the first day first. NaN or
        infinite where missing, else at most 10**9 either way. [ug/m3; CO mg/m3]
    standards : Standards
        Of the mode of evaluation: each day is judged by its edition, statistics by the edition of the last day.

    Raises
    ------
    ValueError
        If a quantity is missing, or an array is not of that shape.
    ConfigError
        If a day of the period has no edition of a standard.

    References
    ----------
    .. [1] GB 3095-2026, HJ 633-2026, HJ 663-2013 and -2026, Huanban [2014] No. 64; clauses at the functions used.
    """
    shape = _shape(hours, period)
    values = {q: np.empty(shape, dtype=np.int64) for q in QUANTITIES}
    counts = {q: np.empty(shape, dtype=np.int64) for q in QUANTITIES}
    from_exact = standards.on(AirEvaluation, period.last, staged=staged).period_mean_from == "exact_days"
    exact: dict[str, list[DayValues]] = {q: [] for q in QUANTITIES}
    hour_max = np.empty(shape, dtype=np.int64)
    for cut, limits, evaluation in _editions(standards, period, staged=staged):
        for q in QUANTITIES:
            blocks = _coded_blocks(hours[q], cut)
            days: DayValues
            if q == OZONE:
                windows = joined([windows_of_hours(each, limits=limits, evaluation=evaluation) for each in blocks])
                ozone = ozone_of_windows(windows, limits=limits, evaluation=evaluation, area_class=area_class)
                hour_max[:, cut] = ozone.hour_max
                days = ozone
            else:
                sums = np.concatenate([day_sums(each) for each in blocks])
                days = mean_of_sums(sums, min_hours=limits.day_min_hours)
            values[q][:, cut] = published(days, evaluation.decimals[q])
            counts[q][:, cut] = days.hours
            if from_exact:
                exact[q].append(days)
    together = AirDays(values, {}, counts, hour_max)
    facts = Facts(
        scope="stations", period=period, standards=standards, staged=staged, area_class=area_class,
        not_monitored=tuple(not_monitored), air=together,
    )  # fmt: skip
    found = indexes(facts)
    return StationYears(period, together, found, figures(facts, found, exact))


def _shape(hours: Mapping[str, FloatArray], period: Period) -> tuple[int, int]:
    """Stations and days of the arrays of hours."""
    n_days = len(period)
    n_stations = len(next(iter(hours.values()), ()))
    for q in QUANTITIES:
        expected, got = (n_stations, n_days * HOURS), hours[q].shape if q in hours else None
        if got != expected:
            raise ValueError(f"hours[{q!r}]: expected an array of {expected} for {period}, got {got}")
    return n_stations, n_days


def _editions(
    standards: Standards, period: Period, *, staged: bool
) -> Iterator[tuple[slice, AirLimits, AirEvaluation]]:
    """Yield runs of days under one edition of the limits and of the evaluation, as slices of the days of the period."""
    for outer, limits in standards.runs(AirLimits, period, staged=staged):
        part = Period(period.first + outer.start * DAY, period.first + (outer.stop - 1) * DAY)
        for inner, evaluation in standards.runs(AirEvaluation, part, staged=staged):
            yield slice(outer.start + inner.start, outer.start + inner.stop), limits, evaluation


def _coded_blocks(hours: FloatArray, days: slice) -> Iterator[IntArray]:
    """Yield the coded hours of some days, (n_stations, n_days, 24), a few stations at a time."""
    for start in range(0, max(len(hours), 1), _STATIONS):
        block = hours[start : start + _STATIONS, days.start * HOURS : days.stop * HOURS]
        yield coded(block).reshape(-1, days.stop - days.start, HOURS)
