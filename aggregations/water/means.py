"""Means of water items: of days, months and years, of one section exactly and of many at once.

pH is averaged through the concentration of hydrogen ions. Means stay unrounded until the one rounding before they are
judged (`rounded_means`).
"""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.rounding import MICRO, BoolArray, FloatArray, IntArray, half_even
from aggregations.standards import WaterMethod

PH = "ph"
NO_VALUE = int(np.iinfo(np.int64).min)
"""Stands for no value among rounded means."""
FITS = 2.0**62
"""Sums below that are exact in 64 bits."""
NEAR_TIE = 1e-9
"""So near to a tie, relative to itself, a binary mean is computed anew as a fraction. Binary error is far less."""


def half_detection_limit(
    values: FloatArray, below: BoolArray, limits: FloatArray, *, method: WaterMethod
) -> FloatArray:
    """Take half the detection limit for results below it.

    Parameters
    ----------
    values : (...) float
        Results; what stands where `below` holds is not read. [unit of the item]
    below : (...) bool
        Whether the result is below the detection limit.
    limits : (...) float
        Detection limits. [unit of the item]

    References
    ----------
    .. [1] Letter 82 of 2020, point 7.
    """
    halves = np.vectorize(
        lambda limit: float(Decimal(repr(float(limit))) * method.detection_limit_share), otypes=[float]
    )
    return np.where(below, halves(limits), values)


def day_means(
    values: FloatArray, days: IntArray, n_days: int, *, item: str, min_results: int
) -> tuple[FloatArray, IntArray]:
    """Mean of the results of each day; NaN below `min_results`.

    Parameters
    ----------
    values : (n,) float
        NaN where missing. pH is averaged through the concentration of hydrogen ions.
    days : (n,) int
        Index of the day of each value.

    Returns
    -------
    (n_days,) float
        The mean, so close that `exact_sum` finds the exact sum again. [unit of the item]
    (n_days,) int
        Number of results. [-]

    References
    ----------
    .. [1] Letter 82 of 2020 (pH); config/standards/water-method-2011.toml (least results, assumed).
    """
    present = np.isfinite(values)
    counts = np.bincount(days[present], minlength=n_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        if item == PH:
            ions = np.bincount(days[present], 10.0 ** -values[present], minlength=n_days)
            means = -np.log10(ions / counts)
        else:
            micros = np.rint(values[present] * MICRO).astype(np.int64)
            sums = np.zeros(n_days, dtype=np.int64)
            np.add.at(sums, days[present], micros)
            means = sums / counts / MICRO
    return np.where(counts >= min_results, means, np.nan), counts


def exact_sum(mean: float, count: int) -> int:
    """Sum in micros that a daily mean and its count came from; exact while it is below 2 ** 53."""
    return round(mean * count * MICRO)


def month_mean(means: FloatArray, counts: IntArray, *, item: str, min_days: int) -> Fraction | None:
    """Mean of the valid daily means of a month, exact; None below `min_days`, and where no day is valid.

    Parameters
    ----------
    means : (n_days,) float
        Daily means as `day_means` gives them; NaN where the day is not valid. [unit of the item]
    counts : (n_days,) int
        Number of results of each day. [-]
    """
    valid = np.isfinite(means)
    n = int(valid.sum())
    if n < max(min_days, 1):
        return None
    if item == PH:
        return Fraction(float(-np.log10(np.mean(10.0 ** -means[valid]))))
    of_days = counts[valid]
    sums = np.rint(means[valid] * of_days * MICRO).astype(np.int64)  # as `exact_sum`
    total = sum((Fraction(int(sums[of_days == c].sum()), c) for c in np.unique(of_days).tolist()), Fraction(0))
    return total / n / MICRO


def month_means(
    means: FloatArray, counts: IntArray, *, item: str, months: Sequence[slice], min_days: Sequence[int]
) -> list[Fraction | None]:
    """Mean of each of several months, as `month_mean` gives it of one.

    Parameters
    ----------
    means, counts : (n_days,)
        Of the whole period, as of `month_mean`.
    months : (n_months,)
        The days of each month.
    min_days : (n_months,)
        Least valid days of each month.
    """
    valid = np.isfinite(means)
    largest = float(np.abs(means[valid] * counts[valid]).max(initial=0)) * MICRO
    common = math.lcm(*np.unique(counts[valid]).tolist())
    if item == PH or largest * common * len(means) >= FITS:
        return [
            month_mean(means[cut], counts[cut], item=item, min_days=least)
            for cut, least in zip(months, min_days, strict=True)
        ]
    at = np.where(valid, counts, 1)
    # Sums of the days, as `exact_sum`, over one denominator for all of them.
    sums = np.where(valid, np.rint(np.where(valid, means, 0.0) * at * MICRO), 0.0).astype(np.int64) * (common // at)
    found: list[Fraction | None] = []
    for cut, least in zip(months, min_days, strict=True):
        n = int(valid[cut].sum())
        found.append(None if n < max(least, 1) else Fraction(int(sums[cut].sum()), common * n * MICRO))
    return found


def year_mean(months: Sequence[Fraction | None], *, item: str, min_months: int) -> Fraction | None:
    """Mean of the valid monthly means, exact; None below `min_months`, and where no month is valid."""
    valid = [m for m in months if m is not None]
    return mean_of(valid, item=item) if len(valid) >= max(min_months, 1) else None


def mean_of(values: Sequence[Fraction], *, item: str, weights: Sequence[Fraction | Decimal] | None = None) -> Fraction:
    """Mean of some values, at least one, exact; of pH through the hydrogen ions, in binary. [unit of the item]

    Parameters
    ----------
    weights : (n,)
        Positive; None: all alike. [any one unit]

    References
    ----------
    .. [1] Letter 82 of 2020 (pH).
    """
    if item == PH:
        by = None if weights is None else [float(weight) for weight in weights]
        return Fraction(float(-np.log10(np.average([10.0 ** -float(v) for v in values], weights=by))))
    if weights is None:
        common = math.lcm(*(value.denominator for value in values))
        return Fraction(sum(value.numerator * (common // value.denominator) for value in values), common * len(values))
    exact = [Fraction(weight) for weight in weights]
    weighted = sum((value * weight for value, weight in zip(values, exact, strict=True)), Fraction(0))
    return weighted / sum(exact, Fraction(0))


def without_each(values: Sequence[Fraction | None], *, item: str) -> list[Fraction | None]:
    """Mean of some values, as `mean_of`, without each of them in turn; None where none is left.

    None among the values is missing: leaving it out changes nothing.
    """
    there = [value for value in values if value is not None]
    if not there:
        return [None] * len(values)
    whole, n = mean_of(there, item=item), len(there)
    if n == 1:
        return [whole if value is None else None for value in values]
    if item == PH:
        ions = np.array([10.0 ** -float(value) for value in there])
        less = iter([Fraction(float(-np.log10(np.average(np.delete(ions, i))))) for i in range(n)])
        return [whole if value is None else next(less) for value in values]
    total = whole * n
    return [whole if value is None else (total - value) / (n - 1) for value in values]


class SectionMeans(msgspec.Struct, frozen=True):
    """Daily means of one item of many sections, and the months that they are averaged over.

    `days` and `counts` are (n_sections, n_days) as `day_means` gives them. `months` are the days of each month,
    `min_days` the least valid days of each.
    """

    item: str
    days: FloatArray
    counts: IntArray
    months: Sequence[slice]
    min_days: Sequence[int]

    def of_months(self) -> FloatArray:
        """Return the unrounded monthly means, (n_sections, n_months) float; NaN below the least days."""
        columns = [_mean(self.days[:, cut], self.item, n) for cut, n in zip(self.months, self.min_days, strict=True)]
        return np.stack(columns, axis=1) if columns else np.empty((len(self.days), 0))

    def of_year(self, min_months: int) -> FloatArray:
        """Return the unrounded means of the valid months, (n_sections,) float; NaN below `min_months`."""
        return _mean(self.of_months(), self.item, min_months)

    def rounded_months(self, decimals: int) -> IntArray:
        """Return the monthly means as they are judged, (n_sections, n_months) int in steps of the last decimal."""
        return rounded_means(self.of_months(), decimals, exact=lambda at: self._month(*at))

    def rounded_year(self, decimals: int, *, min_months: int) -> IntArray:
        """Return the means of the valid months as they are judged, (n_sections,) int in steps of the last decimal."""

        def exact(at: tuple[int, ...]) -> Fraction | None:
            months = [self._month(at[0], month) for month in range(len(self.months))]
            return year_mean(months, item=self.item, min_months=min_months)

        return rounded_means(self.of_year(min_months), decimals, exact=exact)

    def _month(self, section: int, month: int) -> Fraction | None:
        cut, least = self.months[month], self.min_days[month]
        return month_mean(self.days[section, cut], self.counts[section, cut], item=self.item, min_days=least)


def rounded_means(means: FloatArray, decimals: int, *, exact: Callable[[tuple[int, ...]], Fraction | None]) -> IntArray:
    """Round means half to even, exactly, in steps of the last decimal.

    Means are binary; those near a tie are asked for as fractions. One significant digit is not kept where the result
    is 0: limits are a step at least, so no class depends on it.

    Parameters
    ----------
    means : (...) float
        NaN where missing. [unit of the item]
    exact : function
        From the index of a mean to its exact value.

    Returns
    -------
    (...) int
        NO_VALUE where missing. [10 ** -decimals of the unit]

    References
    ----------
    .. [1] Letter 82 of 2020: rounded once, half to even.
    """
    scaled = means * 10**decimals
    there = np.isfinite(scaled)
    scaled = np.where(there, scaled, 0.0)
    rounded = np.where(there, np.rint(scaled), 0.0).astype(np.int64)
    near = np.abs(scaled - np.floor(scaled) - 0.5) < NEAR_TIE * np.maximum(np.abs(scaled), 1.0)
    for at in zip(*np.nonzero(there & near), strict=True):
        value = exact(tuple(int(i) for i in at))
        assert value is not None  # its binary mean is there
        rounded[at] = int(half_even(value, decimals).scaleb(decimals))
    return np.where(there, rounded, NO_VALUE)


def _mean(values: FloatArray, item: str, least: int) -> FloatArray:
    """Mean over the last axis of what is finite; NaN where that is less than `least`, or nothing."""
    valid = np.isfinite(values)
    counts = valid.sum(axis=-1)
    summed = np.where(valid, 10.0 ** -np.where(valid, values, 0.0) if item == PH else values, 0.0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = summed / counts
        means = -np.log10(means) if item == PH else means
    return np.where(counts >= max(least, 1), means, np.nan)
