"""From hour means to days of a station, and from stations to days of a city.

Values are *micros* (see `aggregations.rounding`), so that every mean is an exact fraction: a sum of micros over
a count. A day of a station is kept as that pair; it is rounded once, where it is printed or judged.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.air.sums import ABSENT, coded_micros, day_sums, from_top, split, top
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirLimits, AreaClass

MEANS = ("so2", "no2", "co", "pm10", "pm25")
"""Quantities whose daily value is the mean of the day's hours."""
OZONE = "o3"
QUANTITIES = (*MEANS, OZONE)

HOURS = 24
WINDOW = 8
_COMMON = math.lcm(*range(1, WINDOW + 1))
"""Common denominator of the means of 1 to 8 hours."""
_NO_WINDOW = np.iinfo(np.int64).min
MISSING = -1
"""Stands for "no value" in arrays of concentrations, which are never negative."""


class DayValues(msgspec.Struct, frozen=True):
    """Daily values of one quantity, of one station or of several, as exact fractions.

    The value of day i is `sums[i] / counts[i]` micros where `valid[i]`. All arrays have shape (..., n_days).
    `hours` counts the valid hours of the day.
    """

    sums: IntArray
    counts: IntArray
    valid: BoolArray
    hours: IntArray


class StationDays(DayValues, frozen=True):
    """Daily values and, in `hour_max`, the largest hour mean of each day in micros, MISSING without one."""

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
    hours = coded_micros(micros, valid)
    days = mean_of_sums(day_sums(hours), min_hours=min_hours)
    hour_max = _hour_max(top(_hours_first(hours), 0)).reshape(days.sums.shape)
    return StationDays(days.sums, days.counts, days.valid, days.hours, hour_max)


def mean_of_sums(sums: IntArray, *, min_hours: int) -> DayValues:
    """Mean of the valid hours of each day, as `daily_mean`, from the sums of coded hours.

    Parameters
    ----------
    sums : (..., n_days) int
        As of `sums.day_sums`.
    """
    total, absent = split(sums)
    hours = HOURS - absent
    return DayValues(total, np.maximum(hours, 1), hours >= min_hours, hours)


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
    windows = windows_of_hours(coded_micros(micros, valid), limits=limits, evaluation=evaluation)
    return ozone_of_windows(windows, limits=limits, evaluation=evaluation, area_class=area_class)


class OzoneWindows(msgspec.Struct, frozen=True):
    """What the ozone of days is judged by; arrays of (..., n_days).

    `tops` holds, for windows with no hour missing, with one and so on, the largest sum as of `sums.top`. `n` counts
    the valid windows, `sums` are those of the coded hours of the day, `hour_top` is the largest of them.
    """

    tops: list[IntArray]
    n: IntArray
    sums: IntArray
    hour_top: IntArray


def windows_of_hours(hours: IntArray, *, limits: AirLimits, evaluation: AirEvaluation) -> OzoneWindows:
    """Find the largest windows of each day.

    Parameters
    ----------
    hours : (..., n_days, 24) int
        Hour means as of `sums.coded`. [1e-6 ug/m3]
    """
    first, last = evaluation.ozone_first_window_end_hour, evaluation.ozone_last_window_end_hour
    by_hour = _hours_first(hours)
    pairs = by_hour[:-1] + by_hour[1:]
    fours = pairs[:-2] + pairs[2:]
    windows = fours[first - WINDOW : last - WINDOW + 1] + fours[first - WINDOW + 4 : last - WINDOW + 5]
    most_absent = WINDOW - limits.window_min_hours
    n = (windows < most_absent * ABSENT + ABSENT // 2).view(np.int8).sum(axis=0, dtype=np.int8)
    shape = hours.shape[:-1]
    return OzoneWindows(
        [top(windows, absent).reshape(shape) for absent in range(most_absent + 1)],
        n.astype(np.int64).reshape(shape),
        by_hour.sum(axis=0).reshape(shape),
        top(by_hour, 0).reshape(shape),
    )


def joined(parts: list[OzoneWindows]) -> OzoneWindows:
    """Return the windows of several stations' days one after the other."""
    tops = [np.concatenate(each) for each in zip(*(part.tops for part in parts), strict=True)]
    n, sums, hour_top = (np.concatenate([getattr(p, f) for p in parts]) for f in ("n", "sums", "hour_top"))
    return OzoneWindows(tops, n, sums, hour_top)


def ozone_of_windows(
    windows: OzoneWindows, *, limits: AirLimits, evaluation: AirEvaluation, area_class: AreaClass = "II"
) -> StationDays:
    """Largest 8-hour mean of each day, as `ozone_daily_max_8h`, from its windows."""
    best = np.full(windows.n.shape, _NO_WINDOW)
    for absent, tops in enumerate(windows.tops):
        sums, there = from_top(tops)
        np.maximum(best, sums * (_COMMON // (WINDOW - absent)), out=best, where=there)
    best = np.where(windows.n > 0, best, 0)
    day_limit = limits.limit(OZONE, "day", area_class)
    assert day_limit is not None  # `check_quantities` wants one of every basic item
    limit = int(day_limit * 10 ** evaluation.decimals[OZONE])
    step = MICRO // 10 ** evaluation.decimals[OZONE]
    if evaluation.ozone_exception_compares == "rounded":
        exceeds = divide_half_even(best, _COMMON * step) > limit
    else:
        exceeds = best > limit * step * _COMMON
    ok = (windows.n >= evaluation.ozone_min_windows) | ((windows.n > 0) & exceeds)
    _, absent_hours = split(windows.sums)
    return StationDays(best, np.full(best.shape, _COMMON), ok, HOURS - absent_hours, _hour_max(windows.hour_top))


def valid_windows(valid: BoolArray, *, limits: AirLimits, evaluation: AirEvaluation) -> IntArray:
    """Return how many of the day's windows of 8 hours have enough hours: (..., n_days, 24) bool to (..., n_days) int.

    References
    ----------
    .. [1] HJ 663-2013 and -2026, 6.1.2; GB 3095-2026, table 4 (6 of 8 hours).
    """
    hours = coded_micros(np.zeros(valid.shape, dtype=np.int64), valid)
    return windows_of_hours(hours, limits=limits, evaluation=evaluation).n


def rounded(days: DayValues, decimals: int) -> IntArray:
    """Daily values rounded half to even, in units of the last decimal; MISSING where not valid. (..., n_days) int"""
    value = divide_half_even(days.sums, days.counts * (MICRO // 10**decimals))
    return np.where(days.valid, value, MISSING)


def published(days: DayValues, decimals: int) -> IntArray:
    """Daily values rounded half to even to decimals, in micros; MISSING where not valid. (..., n_days) int"""
    step = MICRO // 10**decimals
    return np.where(days.valid, divide_half_even(days.sums, days.counts * step) * step, MISSING)


def city_days(
    stations: Sequence[DayValues], expected: Sequence[int], evaluation: AirEvaluation
) -> list[Fraction | None]:
    """Mean of the stations' valid daily values of each day, exact; None where too few stations are valid. [micros]

    Parameters
    ----------
    stations : DayValues of (n_days,) each
    expected : (n_days,)
        How many stations should have a value.

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): 75 % of the sites, half of them below four sites.
    """
    valid = np.array([each.valid for each in stations], dtype=np.bool_).reshape(-1, len(expected))
    sums = np.array([each.sums for each in stations], dtype=np.int64).reshape(valid.shape)
    counts = np.array([each.counts for each in stations], dtype=np.int64).reshape(valid.shape)
    n = valid.sum(axis=0).tolist()
    # Fractions of one denominator are added as integers first: a day has a few denominators, but many stations.
    denominators = np.unique(counts[valid]).tolist()
    common = math.lcm(*denominators)
    numerators = [0] * len(expected)
    for denominator in denominators:
        part = np.where(valid & (counts == denominator), sums, 0).sum(axis=0).tolist()
        factor = common // denominator
        numerators = [before + factor * more for before, more in zip(numerators, part, strict=True)]
    return [
        Fraction(numerator, common * many) if enough_stations(many, of_all, evaluation) else None
        for numerator, many, of_all in zip(numerators, n, expected, strict=True)
    ]


def enough_stations(valid: int, expected: int, evaluation: AirEvaluation) -> bool:
    """Whether so many valid stations of those expected make a value of their city.

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): 75 % of the sites, half of them below four sites.
    """
    share = (
        evaluation.city_min_share if expected >= evaluation.city_few_stations else evaluation.city_min_share_below_four
    )
    return valid > 0 and valid >= Fraction(share) * expected


def _hours_first(hours: IntArray) -> IntArray:
    """Lay the hours of the day out one after the other: (..., 24) becomes (24, n)."""
    return np.ascontiguousarray(hours.reshape(-1, HOURS).T)


def _hour_max(tops: IntArray) -> IntArray:
    largest, there = from_top(tops)
    return np.where(there, largest, MISSING)
