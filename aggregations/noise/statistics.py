"""Statistics of periods: attainment by point-times, the level of a period."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np

from aggregations.noise.levels import energy_mean
from aggregations.rounding import FloatArray


class PointTimes(NamedTuple):
    """Valid and attained days, or nights, of one monitor."""

    valid: int
    attained: int


def attainment_rate(
    monitors: Sequence[PointTimes], *, pooling: Literal["point_times", "mean_of_stations"]
) -> Fraction | None:
    """Share of the valid point-times that attain; None without a valid one. [%]

    Pooled over all point-times, or the mean of the rates of the monitors that have a valid one.

    References
    ----------
    .. [1] noise.md, 3.1: attained of valid station-days; 5 (pooling).
    """
    with_valid = [each for each in monitors if each.valid]
    if not with_valid:
        return None
    if pooling == "mean_of_stations":
        return sum((Fraction(100 * m.attained, m.valid) for m in with_valid), Fraction(0)) / len(with_valid)
    return Fraction(100 * sum(m.attained for m in with_valid), sum(m.valid for m in with_valid))


def period_level(levels: FloatArray) -> float:
    """Energy mean of the daily levels of a period that are known; NaN without one.

    Parameters
    ----------
    levels : (n,) float
        Ld or Ln of days, NaN where not valid. [dB]

    References
    ----------
    .. [1] noise.md, 3.2, rule 4 (recalled).
    """
    return float(energy_mean(levels, np.isfinite(levels)))
