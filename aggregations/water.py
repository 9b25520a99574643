"""Surface water: class of a section by single factor, from readings or from means.

Two profiles exist. `realtime` takes the raw values of one reading and the items present. `evaluation` takes
means, rounds each once to the item's decimals, and asks for the required items.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.rounding import MICRO, FloatArray, IntArray, half_even_keeping_one_digit
from aggregations.standards import BlackOdour, WaterItem, WaterLimits, WaterMethod
from sensors.register import WaterBody

WORSE_THAN_V = 6
"""Class code beside 1 to 5 for classes I to V."""
NO_CLASS = 0
CLASS_NAMES = ("-", "I", "II", "III", "IV", "V", "worse than V")

PH = "ph"


class SectionClass(msgspec.Struct, frozen=True):
    """Class of a section over a period: of each item and overall (the worst); NO_CLASS where not valid.

    `values` are the means, rounded as they were judged.
    """

    overall: int
    items: dict[str, int]
    values: dict[str, Decimal]


def item_classes(values: FloatArray, item: WaterItem, body: WaterBody) -> IntArray:
    """Class of each value of one item: the best class whose limit the value meets (limits inclusive).

    Parameters
    ----------
    values : (...) float
        NaN where missing. [unit of the item]

    Returns
    -------
    (...) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where missing. [-]

    References
    ----------
    .. [1] GB 3838-2002, table 1.
    """
    bounds = [float(b) for b in (item.lake if body == "lake" and item.lake else item.river)]
    if item.good == "range":
        return np.where(
            np.isnan(values), NO_CLASS, np.where((values >= bounds[0]) & (values <= bounds[1]), 1, WORSE_THAN_V)
        )
    if item.good == "high":
        worse = [~(values >= bound) for bound in bounds]
    else:
        worse = [~(values <= bound) for bound in bounds]
    return np.where(np.isnan(values), NO_CLASS, 1 + np.sum(worse, axis=0)).astype(np.int64)


def realtime_classes(
    values: Mapping[str, FloatArray], body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> IntArray:
    """Class of single readings by the worst of the items present, on the raw values.

    Parameters
    ----------
    values : mapping of (n,) float
        By item; NaN where missing.

    Returns
    -------
    (n,) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where no item is present. [-]
    """
    items = [key for key in method.realtime_items if key in values]
    if not items:
        return np.zeros(len(next(iter(values.values()), np.empty(0))), dtype=np.int64)
    classes: IntArray = np.max([item_classes(values[key], limits.item[key], body) for key in items], axis=0)
    return classes


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
    """Mean of the valid daily means of a month, exact; None below `min_days`.

    Parameters
    ----------
    means : (n_days,) float
        Daily means as `day_means` gives them; NaN where the day is not valid. [unit of the item]
    counts : (n_days,) int
        Number of results of each day. [-]
    """
    valid = np.isfinite(means)
    n = int(valid.sum())
    if n < min_days:
        return None
    if item == PH:
        return Fraction(float(-np.log10(np.mean(10.0 ** -means[valid]))))
    total = sum(
        (Fraction(exact_sum(float(m), int(c)), int(c)) for m, c in zip(means[valid], counts[valid], strict=True)),
        Fraction(0),
    )
    return total / n / MICRO


def year_mean(months: list[Fraction | None], *, item: str, min_months: int) -> Fraction | None:
    """Mean of the valid monthly means, exact; None below `min_months`."""
    valid = [m for m in months if m is not None]
    if len(valid) < min_months:
        return None
    if item == PH:
        return Fraction(float(-np.log10(np.mean([10.0 ** -float(m) for m in valid]))))
    return sum(valid, Fraction(0)) / len(valid)


def evaluate(
    means: Mapping[str, Fraction | None], body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> SectionClass:
    """Class of a section from its means: each rounded once, judged, and the worst of them taken.

    NO_CLASS overall where a required item is missing.

    References
    ----------
    .. [1] Assessment method of 2011, section rule (single factor); letter 82 of 2020 (decimals).
    """
    classes: dict[str, int] = {}
    values: dict[str, Decimal] = {}
    for key, mean in means.items():
        item = limits.item.get(key)
        if mean is None or item is None or not item.evaluated:
            continue
        values[key] = half_even_keeping_one_digit(mean, method.decimals[key])
        classes[key] = int(item_classes(np.array([float(values[key])]), item, body)[0])
    complete = all(key in classes for key in method.required_items)
    return SectionClass(max(classes.values()) if complete and classes else NO_CLASS, classes, values)


def is_black_odorous(means: Mapping[str, Fraction | None], guide: BlackOdour) -> bool | None:
    """Whether the mean of any indicator lies in the light or heavy range.

    None where none does, but one of them is missing.

    References
    ----------
    .. [1] Guide on black-odorous urban water (2015), light range; bounds themselves are not black-odorous.
    """
    verdicts = [None if (m := means.get(k)) is None else m < Fraction(bound) for k, bound in guide.below.items()]
    verdicts += [None if (m := means.get(k)) is None else m > Fraction(bound) for k, bound in guide.above.items()]
    if any(verdicts):
        return True
    return None if None in verdicts else False
