"""Statistics of a period from daily values: means, percentiles, counts of days, runs, least data.

Arrays of days have shape (..., n_days) and hold published daily values in micros, `MISSING` where not valid. Results
are exact ratios of integers, one a station, to be rounded once where they are printed or judged.
"""

import math
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.air.days import MISSING, DayValues
from aggregations.figures import scaled
from aggregations.periods import Period
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirLimits

FEBRUARY = 2


class Ratios(msgspec.Struct, frozen=True):
    """Exact values as ratios of integers (...); a denominator of 0 stands for no value."""

    numerators: IntArray
    denominators: IntArray

    def rounded(self, decimals: int) -> IntArray:
        """Return the values, which are micros, rounded half to even to decimals; MISSING for none. [micros]"""
        step = MICRO // 10**decimals
        there = self.denominators > 0
        value = divide_half_even(self.numerators, np.where(there, self.denominators, 1) * step) * step
        return np.where(there, value, MISSING)

    def fraction(self) -> Fraction | None:
        """Return the only value of an array of one, in units; None for none."""
        n, d = int(self.numerators), int(self.denominators)
        return Fraction(n, d * MICRO) if d else None


def count(days: BoolArray) -> IntArray:
    """Return how many days are true, (..., n_days) bool to (...) int. [d]"""
    return np.asarray(days.view(np.int8).sum(axis=-1, dtype=np.int32), dtype=np.int64)  # thrice as fast as of bool


def mean(values: IntArray) -> Ratios:
    """Mean of the valid days.

    Parameters
    ----------
    values : (..., n_days) int
        Daily values, MISSING where not valid. [micros]

    References
    ----------
    .. [1] GB 3095-2026, 3.11-3.13.
    """
    n_days = values.shape[-1]
    n = count(values != MISSING)
    return Ratios(np.asarray(values.sum(axis=-1)) - MISSING * (n_days - n), n)


def mean_of_exact(parts: list[DayValues]) -> Ratios:
    """Mean of the daily values before rounding, of the valid days of several stretches.

    Raises
    ------
    ValueError
        If the sum over a common denominator might not fit into 64 bits.
    """
    valid, sums, counts = (
        np.concatenate([getattr(part, field) for part in parts], axis=-1) for field in ("valid", "sums", "counts")
    )
    counts = np.where(valid, counts, 1)
    common = math.lcm(*np.unique(counts).tolist())
    if int(sums.max(initial=0)) * common * sums.shape[-1] > np.iinfo(np.int64).max:
        raise ValueError(f"days: expected sums that fit into 64 bits over their common denominator {common}")
    n = count(valid)
    return Ratios(np.asarray(np.where(valid, sums * (common // counts), 0).sum(axis=-1)), n * common)


def percentile(values: IntArray, percent: int) -> Ratios:
    """Percentile of the valid days: k = 1 + (n - 1) p, between neighbours in proportion.

    Parameters
    ----------
    values : (..., n_days) int
        Daily values, MISSING where not valid. [micros]
    percent : int
        p in percent, 1 to 100.

    References
    ----------
    .. [1] HJ 663-2013, annex A.
    """
    n_days = values.shape[-1]
    n = count(values != MISSING)
    small = values.size > 0 and int(values.max()) <= np.iinfo(np.int32).max  # sorts twice as fast
    ordered = np.sort(values.astype(np.int32) if small else values, axis=-1)  # what is missing comes first
    hundredths = np.maximum(n - 1, 0) * percent
    first = n_days - n + hundredths // 100
    low = np.take_along_axis(ordered, np.minimum(first, n_days - 1)[..., None], axis=-1)[..., 0].astype(np.int64)
    high = np.take_along_axis(ordered, np.minimum(first + 1, n_days - 1)[..., None], axis=-1)[..., 0].astype(np.int64)
    return Ratios(low * 100 + (high - low) * (hundredths % 100), np.where(n > 0, 100, 0))


def longest_run(days: BoolArray) -> IntArray:
    """Return the length of the longest run of consecutive days, (..., n_days) bool to (...) int. [d]"""
    so_far = np.cumsum(days, axis=-1, dtype=np.int32)
    before = np.maximum.accumulate(np.where(days, 0, so_far), axis=-1)
    return np.asarray((so_far - before).max(axis=-1), dtype=np.int64)


class LeastDays(msgspec.Struct, frozen=True):
    """How many days are valid, and what a rule asks for: of each whole month of the period, and of the period.

    `months` holds, for each whole month, the month, its valid days (...) and the least; `total` and `least` are of the
    period as a whole, `least` 0 where only the month is asked. `running` are the months that the period cuts: they are
    not asked for their days.
    """

    months: list[tuple[Period, IntArray, int]]
    running: list[Period]
    total: IntArray
    least: int

    def enough(self) -> BoolArray:
        """Whether the valid days suffice. (...)"""
        result = (self.total > 0) & (self.total >= self.least)
        for _, valid, least in self.months:
            result = result & (valid >= least)
        return np.asarray(result)


def least_days(valid: BoolArray, period: Period, limits: AirLimits) -> LeastDays:
    """Hold the valid days against the least data: of each month, and of the year in proportion to the period.

    A month that the period cuts is not asked for its days, so that a running month counts softly. A period of several
    years is asked for as many days as each of them.

    Parameters
    ----------
    valid : (..., n_days) bool

    References
    ----------
    .. [1] GB 3095-2026, 6.4 and table 4. That quarters and other periods ask for each of their months is assumed.
    """
    parts = period.months()
    starts = [(each.first - period.first).days for each in parts]
    n = np.add.reduceat(valid.view(np.int8), starts, axis=-1).astype(np.int64)  # of each month at once; at most 31
    months, running = [], []
    for i, each in enumerate(parts):
        if each.is_month:
            least = limits.february_min_days if each.first.month == FEBRUARY else limits.month_min_days
            months.append((each, np.asarray(n[..., i]), least))
        else:
            running.append(each)
    least = 0
    if not period.is_month:
        least = sum(scaled(limits.year_min_days, min(len(each), 365), 365) for each in period.years())
    return LeastDays(months, running, np.asarray(n.sum(axis=-1)), least)


def exceedance_multiple(value: Fraction, limit: Fraction) -> Fraction:
    """(C - S) / S where C exceeds S, else 0. [-]

    References
    ----------
    .. [1] HJ 663-2013 (recalled); air.md, 5.5.
    """
    return max((value - limit) / limit, Fraction(0))
