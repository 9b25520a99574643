"""Which days of which earlier years stand for the days of the rest of a year."""

import calendar
import datetime as dt
from collections.abc import Sequence

import numpy as np

from aggregations.outlook import method
from aggregations.periods import DAY, Period, year
from aggregations.rounding import BoolArray, FloatArray, IntArray


def same_days(period: Period, of_year: int) -> IntArray:
    """Return for each day of a period the place of the same calendar day in another year, 0 for 1 January.

    29 February is 28 February of a year that has none.

    Returns
    -------
    (n_days,) int
    """
    first = dt.date(of_year, 1, 1)
    leap = calendar.isleap(of_year)
    days = (
        dt.date(of_year, day.month, 28 if not leap and (day.month, day.day) == (2, 29) else day.day)
        for day in period.days()
    )
    return np.array([(day - first).days for day in days], dtype=np.int64)


def usable_years(valid: dict[int, BoolArray], rest: Period) -> list[int]:
    """Return the earlier years that have enough of the rest of the year, the last `EARLIER_YEARS` of them.

    Parameters
    ----------
    valid : by year, (n_days of the year,) bool
    """
    enough = [y for y, days in valid.items() if days[same_days(rest, y)].mean() >= method.MIN_SHARE]
    return sorted(enough)[-method.EARLIER_YEARS :]


def draw(random: np.random.Generator, rest: Period, years: Sequence[int], *, members: int) -> tuple[IntArray, IntArray]:
    """Draw days of earlier years for the days of the rest of a year, in whole blocks.

    Each block is of one earlier year, drawn evenly, and begins at most `REACH_DAYS` from the calendar day that it
    stands for; it is moved to lie inside its year. All stations and quantities of a day stay together.

    Returns
    -------
    (members, n_days) int, twice
        Index of the year in `years`; place of the day in that year.
    """
    n = len(rest)
    starts = np.arange(0, n, method.BLOCK_DAYS)
    chosen = random.integers(len(years), size=(members, len(starts)))
    shifts = random.integers(-method.REACH_DAYS, method.REACH_DAYS + 1, size=chosen.shape)
    at = np.stack(
        [same_days(Period(rest.first + int(s) * DAY, rest.first + int(s) * DAY), y) for y in years for s in starts]
    )
    at = at.reshape(len(years), len(starts))
    lengths = np.minimum(method.BLOCK_DAYS, n - starts)
    last = np.array([len(year(y)) for y in years])[chosen] - lengths
    first = np.clip(at[chosen, np.arange(len(starts))] + shifts, 0, last)
    inside = np.arange(n) % method.BLOCK_DAYS
    return np.repeat(chosen, lengths, axis=1), np.repeat(first, lengths, axis=1) + inside


def level_ratio(now: FloatArray, before: FloatArray) -> float:
    """Natural logarithm of this year's level against an earlier year's over the same days; 0 where too few are of both.

    Parameters
    ----------
    now, before : (n_days,) float
        Values of the same calendar days, NaN where missing; of this year up to the day that is known last.
    """
    both = (np.isfinite(now) & np.isfinite(before)).nonzero()[0][-method.LEVEL_DAYS :]
    sums = float(now[both].sum()), float(before[both].sum())
    if len(both) < method.MIN_PAIRS or min(sums) <= 0:
        return 0.0
    return float(np.log(sums[0] / sums[1]))


def spread_of(spread: method.Spread, *, n_years: int, n_days: int) -> float:
    """Standard deviation of the logarithm of the level of the rest of a year, given that so far and n earlier years."""
    variance = spread.year**2 + spread.day**2 / max(n_days, method.MIN_SPAN)
    return float(np.sqrt(variance * (1 + 1 / n_years)))
