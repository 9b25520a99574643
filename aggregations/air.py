"""Air: from hour means to days of a station, and from stations to days of a city.

Values are *micros* (see `aggregations.rounding`), so that every mean is an exact fraction: a sum of micros over
a count. A day of a station is kept as that pair; it is rounded once, where it is printed or judged.
"""

import math
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirLimits

MEANS = ("so2", "no2", "co", "pm10", "pm25")
"""Quantities whose daily value is the mean of the day's hours."""
OZONE = "o3"
QUANTITIES = (*MEANS, OZONE)

HOURS = 24
WINDOW = 8


class StationDays(msgspec.Struct, frozen=True):
    """Daily values of one quantity at one station, as exact fractions.

    The value of day i is `sums[i] / counts[i]` micros where `valid[i]`. All arrays have shape (n_days,).
    `hours` counts the valid hours of the day. `hour_max` is the largest hour mean in micros, -1 without one.
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
    micros, valid : (n_days, 24) int and bool
        Hour means; the hour that starts at 00:00 local time comes first. [1e-6 of the unit]
    min_hours : int
        Least number of valid hours, inclusive. [h]

    References
    ----------
    .. [1] GB 3095-2026, 6.4 and table 4.
    """
    hours = valid.sum(axis=1)
    sums = np.where(valid, micros, 0).sum(axis=1)
    return StationDays(sums, np.maximum(hours, 1), hours >= min_hours, hours, _hour_max(micros, valid))


def ozone_daily_max_8h(
    micros: IntArray, valid: BoolArray, *, limits: AirLimits, evaluation: AirEvaluation
) -> StationDays:
    """Largest 8-hour mean of each day.

    Windows end at hours 8 to 24 of the day and lie inside it. A day with too few valid windows counts all the
    same where its maximum exceeds the daily limit.

    Parameters
    ----------
    micros, valid : (n_days, 24) int and bool
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
    starts = np.arange(first - WINDOW, last - WINDOW + 1)
    windows = starts[:, None] + np.arange(WINDOW)
    counts = valid[:, windows].sum(axis=2)
    sums = np.where(valid, micros, 0)[:, windows].sum(axis=2)
    usable = counts >= limits.window_min_hours
    common = math.lcm(*range(1, WINDOW + 1))
    best = np.where(usable, sums * (common // np.maximum(counts, 1)), -1).argmax(axis=1)
    days = np.arange(len(micros))
    top_sums, top_counts = sums[days, best], np.maximum(counts[days, best], 1)
    n_windows = usable.sum(axis=1)
    limit = int(limits.day_limit[OZONE] * 10 ** evaluation.decimals[OZONE])
    step = MICRO // 10 ** evaluation.decimals[OZONE]
    if evaluation.ozone_exception_compares == "rounded":
        exceeds = divide_half_even(top_sums, top_counts * step) > limit
    else:
        exceeds = top_sums > limit * step * top_counts
    ok = (n_windows >= evaluation.ozone_min_windows) | ((n_windows > 0) & exceeds)
    return StationDays(top_sums, top_counts, ok, valid.sum(axis=1), _hour_max(micros, valid))


def rounded(days: StationDays, decimals: int) -> IntArray:
    """Daily values rounded half to even, in units of the last decimal; -1 where not valid. (n_days,) int"""
    value = divide_half_even(days.sums, days.counts * (MICRO // 10**decimals))
    return np.where(days.valid, value, -1)


def city_day(stations: list[StationDays], day: int, *, expected: int, evaluation: AirEvaluation) -> Fraction | None:
    """Mean of the stations' valid daily values of one day, exact; None where too few stations are valid. [micros]

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): 75 % of the sites, half of them below four sites.
    """
    values = [Fraction(int(s.sums[day]), int(s.counts[day])) for s in stations if s.valid[day]]
    share = evaluation.city_min_share if expected >= 4 else evaluation.city_min_share_below_four
    if not values or len(values) < Fraction(share) * expected:
        return None
    return sum(values, Fraction(0)) / len(values)


def _hour_max(micros: IntArray, valid: BoolArray) -> IntArray:
    largest: IntArray = np.where(valid, micros, -1).max(axis=1)
    return largest
