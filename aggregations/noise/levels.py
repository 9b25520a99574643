"""Levels: energy means, levels exceeded for a share of the time, levels of parts of a day put together."""

import math
from collections.abc import Sequence

import numpy as np

from aggregations.rounding import BoolArray, FloatArray, IntArray

BEL = math.log(10) / 10
"""What the exponent of e is of one decibel."""


def energy_mean(levels: FloatArray, valid: BoolArray) -> FloatArray:
    """Energy mean of the valid levels along the last axis; the divisor is the number of valid levels.

    Parameters
    ----------
    levels, valid : (..., n) float and bool
        Equivalent levels of equal durations. [dB]

    Returns
    -------
    (...) float
        NaN without a valid level. [dB]

    References
    ----------
    .. [1] HJ 906-2017, formula 2; HJ 640-2012, 6.
    """
    return weighted_energy_mean(levels, valid.astype(np.float64))


def weighted_energy_mean(levels: FloatArray, durations: FloatArray) -> FloatArray:
    """Energy mean of levels of unequal durations along the last axis.

    Parameters
    ----------
    levels, durations : (..., n) float
        Equivalent levels [dB], and how long each lasted or how many samples it is made of; levels of duration 0 may be
        NaN. [any one unit]

    Returns
    -------
    (...) float
        NaN where nothing lasted. [dB]

    References
    ----------
    .. [1] HJ 906-2017, formula 2; noise.md, 4.1.
    """
    energy = np.where(durations > 0, np.exp(BEL * np.where(durations > 0, levels, 0.0)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: FloatArray = np.log((energy * durations).sum(axis=-1) / durations.sum(axis=-1)) / BEL
    return np.where(durations.sum(axis=-1) > 0, mean, np.nan)


def mixed_level(levels: Sequence[FloatArray], *, hours: Sequence[int], penalties: Sequence[float]) -> FloatArray:
    """Level of parts of a day together, each with a penalty: Ldn of day and night, Lden of day, evening and night.

    Parameters
    ----------
    levels : sequence of (...) float
        Equivalent level of each part; NaN where there is none. [dB]
    hours : sequence of int
        How long each part is. [h]
    penalties : sequence of float
        What is added to each part. [dB]

    Returns
    -------
    (...) float
        NaN where a part has no level. [dB]

    References
    ----------
    .. [1] noise.md, 4.1: China takes 16 and 8 h with 10 dB for the night.
    """
    raised = np.stack([np.asarray(level) + penalty for level, penalty in zip(levels, penalties, strict=True)], axis=-1)
    whole = np.isfinite(raised).all(axis=-1)
    mean = weighted_energy_mean(raised, np.broadcast_to(np.asarray(hours, dtype=np.float64), raised.shape))
    return np.where(whole, mean, np.nan)


def exceeded_levels(ordered: FloatArray, counts: IntArray, percent: int) -> FloatArray:
    """Level that is exceeded `percent` of the time, by rank: of n levels in falling order the ceil(percent n / 100)th.

    Parameters
    ----------
    ordered : (..., n) float
        Levels in rising order along the last axis, those that do not count (NaN) at its end. [dB]
    counts : (...) int
        How many of them count.

    Returns
    -------
    (...) float
        NaN where none counts. [dB]

    References
    ----------
    .. [1] noise.md, 4.1 (recalled): versions that interpolate differ by up to a step between neighbours.
    """
    rank = -(-percent * counts // 100)
    place = np.clip(counts - rank, 0, None)
    found: FloatArray = np.take_along_axis(ordered, place[..., np.newaxis], axis=-1)[..., 0]
    return np.where(counts > 0, found, np.nan)
