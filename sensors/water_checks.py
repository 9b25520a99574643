"""Checks of values of water: slips of the unit, as ug/L sent for mg/L."""

from typing import Final

import numpy as np
import numpy.typing as npt

from sensors.reading import DAY_S

FACTOR: Final = 300.0
"""So many times above or below the median a value is suspect. A slip of the unit is by 1,000; water itself varies less
than tenfold in a month."""
DAYS: Final = 30
LEAST: Final = 3
"""Least values of a median."""


def unit_slips(
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    *,
    factor: float = FACTOR,
    days: int = DAYS,
    least: int = LEAST,
) -> npt.NDArray[np.bool_]:
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
    """
    suspect = np.zeros(len(values), dtype=np.bool_)
    there = np.isfinite(values)
    positive = values[there & (values > 0)]
    if there.sum() < least or not len(positive):
        return suspect
    # No median lies outside the values: most series have no value that could be so far from any.
    with np.errstate(invalid="ignore"):
        possible = there & (values > 0)
        possible &= (values >= factor * positive.min()) | (values * factor <= positive.max())
    known, known_times = values[there], times[there]
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
            suspect[i] = median > 0 and (values[i] >= factor * median or values[i] * factor <= median)
    return suspect
