"""From hour means to days of a station, and from stations to days of a city.

Values are *micros* (see `aggregations.rounding`), so that every mean is an exact fraction: a sum of micros over
a count. A day of a station is kept as that pair; it is rounded once, where it is printed or judged.
"""

import math
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirLimits, AreaClass

MEANS = ("so2", "no2", "co", "pm10", "pm25")
"""Quantities whose daily value is the mean of the day's hours."""
OZONE = "o3"
QUANTITIES = (*MEANS, OZONE)

HOURS = 24
WINDOW = 8
MISSING = -1
"""Stands for "no value" in arrays of concentrations, which are never negative."""


class StationDays(msgspec.Struct, frozen=True):
    """Daily values of one quantity, of one station or of several, as exact fractions.

    The value of day i is `sums[i] / counts[i]` micros where `valid[i]`. All arrays have shape (..., n_days).
    `hours` counts the valid hours of the day. `hour_max` is the largest hour mean in micros, MISSING without one.
    """

    sums: IntArray
    counts: IntArray
    valid: BoolArray
    hours: IntArray
    hour_max: IntArray


def daily_mean(micros: IntArray, valid: BoolArray, *, min_hours: int) -> StationDays:
    """Mean of the valid hours of each day.

    Parameters
    ----------
    micros, valid : (..., n_days, 24) int and bool
        Hour means; the hour that starts at 00:00 local time comes first. [1e-6 of the unit]
    min_hours : int
        Least number of valid hours, inclusive. [h]

    References
    ----------
    .. [1] GB 3095-2026, 6.4 and table 4.
    """
    hours = valid.sum(axis=-1)
    sums = np.where(valid, micros, 0).sum(axis=-1)
    return StationDays(sums, np.maximum(hours, 1), hours >= min_hours, hours, _hour_max(micros, valid))


def ozone_daily_max_8h(
    micros: IntArray,
    valid: BoolArray,
    *,
    limits: AirLimits,
    evaluation: AirEvaluation,
    area_class: AreaClass = "II",
) -> StationDays:
    """Largest 8-hour mean of each day.

    Windows end at hours 8 to 24 of the day and lie inside it. A day with too few valid windows counts all the
    same where its maximum exceeds the daily limit of the area.

    Parameters
    ----------
    micros, valid : (..., n_days, 24) int and bool
        Hour means; the hour that starts at 00:00 local time comes first. [1e-6 ug/m3]

    Returns
    -------
    StationDays
        `sums / counts` is the mean of the best window. [1e-6 ug/m3]

    References
    ----------
    .. [1] HJ 663-2013 and -2026, 6.1.2; GB 3095-2026, table 4 (6 of 8 hours).
    """
    first, last = evaluation.ozone_first_window_end_hour, evaluation.ozone_last_window_end_hour
    counts = _windows(valid.astype(np.int64), first, last)
    sums = _windows(np.where(valid, micros, 0), first, last)
    usable = counts >= limits.window_min_hours
    common = math.lcm(*range(1, WINDOW + 1))
    parts = common // np.maximum(np.arange(WINDOW + 1), 1)  # of the common denominator, by the number of hours
    best = np.where(usable, sums * parts[counts], -1).argmax(axis=-1)[..., None]
    top_sums = np.take_along_axis(sums, best, axis=-1)[..., 0]
    top_counts = np.maximum(np.take_along_axis(counts, best, axis=-1)[..., 0], 1)
    n_windows = usable.sum(axis=-1)
    day_limit = limits.limit(OZONE, "day", area_class)
    assert day_limit is not None  # `check_quantities` wants one of every basic item
    limit = int(day_limit * 10 ** evaluation.decimals[OZONE])
    step = MICRO // 10 ** evaluation.decimals[OZONE]
    if evaluation.ozone_exception_compares == "rounded":
        exceeds = divide_half_even(top_sums, top_counts * step) > limit
    else:
        exceeds = top_sums > limit * step * top_counts
    ok = (n_windows >= evaluation.ozone_min_windows) | ((n_windows > 0) & exceeds)
    return StationDays(top_sums, top_counts, ok, valid.sum(axis=-1), _hour_max(micros, valid))


def valid_windows(valid: BoolArray, *, limits: AirLimits, evaluation: AirEvaluation) -> IntArray:
    """Return how many of the day's windows of 8 hours have enough hours: (..., n_days, 24) bool to (..., n_days) int.

    References
    ----------
    .. [1] HJ 663-2013 and -2026, 6.1.2; GB 3095-2026, table 4 (6 of 8 hours).
    """
    first, last = evaluation.ozone_first_window_end_hour, evaluation.ozone_last_window_end_hour
    return np.asarray((_windows(valid.astype(np.int64), first, last) >= limits.window_min_hours).sum(axis=-1))


def rounded(days: StationDays, decimals: int) -> IntArray:
    """Daily values rounded half to even, in units of the last decimal; MISSING where not valid. (..., n_days) int"""
    value = divide_half_even(days.sums, days.counts * (MICRO // 10**decimals))
    return np.where(days.valid, value, MISSING)


def published(days: StationDays, decimals: int) -> IntArray:
    """Daily values rounded half to even to decimals, in micros; MISSING where not valid. (..., n_days) int"""
    value = rounded(days, decimals)
    return np.where(days.valid, value * (MICRO // 10**decimals), MISSING)


def city_day(stations: list[StationDays], day: int, *, expected: int, evaluation: AirEvaluation) -> Fraction | None:
    """Mean of the stations' valid daily values of one day, exact; None where too few stations are valid. [micros]

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): 75 % of the sites, half of them below four sites.
    """
    values = [Fraction(int(s.sums[day]), int(s.counts[day])) for s in stations if s.valid[day]]
    if not enough_stations(len(values), expected, evaluation):
        return None
    return sum(values, Fraction(0)) / len(values)


def enough_stations(valid: int, expected: int, evaluation: AirEvaluation) -> bool:
    """Whether so many valid stations of those expected make a value of their city.

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): 75 % of the sites, half of them below four sites.
    """
    share = evaluation.city_min_share if expected >= 4 else evaluation.city_min_share_below_four
    return valid > 0 and valid >= Fraction(share) * expected


def _windows(hours: IntArray, first: int, last: int) -> IntArray:
    """Sums of the windows of 8 hours that end at hours `first` to `last`: (..., 24) becomes (..., n_windows)."""
    before = np.zeros((*hours.shape[:-1], HOURS + 1), dtype=np.int64)
    np.cumsum(hours, axis=-1, out=before[..., 1:])
    return np.asarray(before[..., first : last + 1] - before[..., first - WINDOW : last - WINDOW + 1])


def _hour_max(micros: IntArray, valid: BoolArray) -> IntArray:
    largest: IntArray = np.where(valid, micros, MISSING).max(axis=-1)
    return largest
