"""Checks of values of water: slips of the unit, as ug/L sent for mg/L."""

from typing import Final

import numpy as np
import numpy.typing as npt

FACTOR: Final = 300.0
"""So many times above or below the median a value is suspect. A slip of the unit is by 1,000; water itself varies less
than tenfold in a month."""
DAYS: Final = 30
LEAST: Final = 3
"""Least values of a median."""
DAY_S: Final = 86_400


def unit_slips(
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    *,
    factor: float = FACTOR,
    days: int = DAYS,
    least: int = LEAST,
) -> npt.NDArray[np.bool_]:
    """Whether values are so far from the median of the days before that their unit has probably slipped.

    The median is of the values in the `days` before each, its own moment not included. Where the series does not
    reach back so far, or there are fewer than `least` values, it is of the whole series; fewer than `least` there,
    and nothing is suspect. Zeros and medians of zero have no ratio and are not. Both ends are inclusive.

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
    whole = float(np.median(known))
    for i in np.flatnonzero(possible):
        first = int(times[i]) - days * DAY_S
        window = known[slice(*np.searchsorted(known_times, (first, times[i])))]
        enough = len(window) >= least and known_times[0] <= first
        median = float(np.median(window)) if enough else whole
        suspect[i] = median > 0 and (values[i] >= factor * median or values[i] * factor <= median)
    return suspect
