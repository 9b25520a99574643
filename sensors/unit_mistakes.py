"""Probable unit mistakes: values a factor of 1,000 off the history of their series, as ug/L or ug/m3 sent for mg.

Levels of noise need no such check: a thousandth of a level, or a thousand times it, is outside the plausible range.
"""

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from sensors.arrays import BoolArray, FloatArray, IntArray
from sensors.reading import DAY_S

PROBABLE: Final = "probable unit mistake (factor 1000)"
"""What such a value is called."""
OUTSIDE: Final = "outside the plausible range, a probable unit mistake (factor 1000)"
"""Why one that is implausible does not count."""

Days = Annotated[int, msgspec.Meta(ge=1, le=366)]
Least = Annotated[int, msgspec.Meta(ge=1)]


class OfAir(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours of air: least hours of a median; `ratio` by quantity, so many times above or below it. [1]"""

    action: Literal["suspect", "fail"]
    least: Least
    ratio: dict[str, Decimal]


class OfWater(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Results of water, all items alike: least results of a median, and so many times above or below it. [1]"""

    least: Least
    ratio: Decimal


class UnitMistakes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `unit` of checks.toml; `days` as `unit_slips` takes them. [d]"""

    days: Days
    air: OfAir | None = None
    water: OfWater | None = None

    def rule(self, medium: str, quantity: str) -> tuple[int, float] | None:
        """Return `least` and `ratio` of a quantity; None where it is not checked."""
        if medium == "water" and self.water is not None:
            return self.water.least, float(self.water.ratio)
        if medium == "air" and self.air is not None and quantity in self.air.ratio:
            return self.air.least, float(self.air.ratio[quantity])
        return None


def unit_slips(
    times: IntArray, values: FloatArray, *, ratio: float, days: int, least: int, history: BoolArray | None = None
) -> BoolArray:
    """Whether values are so far from the median of the days before that their unit has probably slipped.

    The median is of the values in the `days` before each. Where there are fewer than `least`, or no value in as many
    days before these, as where a series begins, it is of the `days` before and after; its own moment is never in it.
    Fewer than `least` there, and the value is not suspect. Zeros and medians of zero have no ratio and are not.
    Both ends are inclusive. So a verdict rests on twice `days` before and on `days` after, and no others.

    Parameters
    ----------
    times : (n,) int
        Ascending. [s]
    values : (n,) float
        NaN where missing. [one unit]
    ratio : float
        So many times the median, or a part of it, is suspect; more than 1. [1]
    days : int
        [d]
    least : int
        Least values of a median.
    history : (n,) bool
        Values that medians are of; all without.
    """
    suspect = np.zeros(len(values), dtype=np.bool_)
    there = np.isfinite(values)
    in_median = there if history is None else there & history
    if in_median.sum() < least:
        return suspect
    with np.errstate(invalid="ignore"):
        low, high = _around(times, values, in_median, days=days, least=least)
        possible = there & (values > 0) & ((values >= ratio * low) | (values * ratio <= high))
    known, known_times = values[in_median], times[in_median]
    for i in np.flatnonzero(possible):
        at = int(times[i])
        earlier, first, here, after, end = np.searchsorted(
            known_times, (at - 2 * days * DAY_S, at - days * DAY_S, at, at + 1, at + days * DAY_S + 1)
        )
        window = known[first:here]
        if len(window) < least or earlier == first:
            window = np.concatenate([window, known[after:end]])
        if len(window) >= least:
            median = float(np.median(window))
            suspect[i] = median > 0 and (values[i] >= ratio * median or values[i] * ratio <= median)
    return suspect


def _around(
    times: IntArray, values: FloatArray, known: BoolArray, *, days: int, least: int
) -> tuple[FloatArray, FloatArray]:
    """Bounds of the positive medians of at least the days before and after each value, in two arrays of (n,).

    Most series have no value that could be so far from any median. A median of at least `least` values has half of them
    at or below it, and half at or above. Where there are no such medians the bounds are infinite.
    """
    low, high = np.full(len(values), np.inf), np.full(len(values), -np.inf)
    blocks = (times - times[0]) // (days * DAY_S)
    half = max(1, least // 2)
    for block in np.unique(blocks).tolist():
        before, first, end, after = np.searchsorted(blocks, (block - 1, block, block + 1, block + 2)).tolist()
        near = np.sort(values[before:after][known[before:after]])
        positive = near[near > 0]
        if len(near) < least or not len(positive):
            continue
        if near[0] < 0:  # a median may be the mean of two of different signs
            low[first:end] = 0.0
        else:  # or of a zero and a value
            low[first:end] = near[half - 1] or positive[0] / 2
        high[first:end] = near[-half]
    return low, high
