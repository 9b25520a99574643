"""Verdicts: levels rounded once and held against the limits of a zone class."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Protocol

import numpy as np

from aggregations.noise.days import PartOfDay
from aggregations.rounding import FloatArray, IntArray, divide_half_even
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import ZoneClass

NANO: Final = 10**9
NONE: Final = -1
"""Verdict on a level that is not known."""


class Judging(Protocol):
    """How a standard rounds what it judges."""

    @property
    def judge_decimals(self) -> int:
        """Decimals of what is held against a limit."""

    @property
    def judge_rounding(self) -> str:
        """half_even, or half_up."""

    @property
    def judge_from(self) -> str:
        """computed: rounded once; stored: from the level as it is stored, with `level_decimals`."""

    @property
    def level_decimals(self) -> int:
        """Decimals of a stored level."""


def without_noise(level: float) -> Fraction:
    """A computed level as a decimal of nine places: hours of 45.5 dB have a mean of 45.5 dB, not 45.49999999999999."""
    return Fraction(int(np.rint(level * NANO)), NANO)


def judged(levels: FloatArray, method: Judging) -> IntArray:
    """Levels as they are judged: without the noise of binary numbers, rounded once, or as stored and once more.

    Parameters
    ----------
    levels : (...) float
        NaN where not known. [dB]

    Returns
    -------
    (...) int
        0 where not known. [dB, or 0.1 dB with one decimal]

    References
    ----------
    .. [1] GB/T 8170-2008: half to even, and never in two steps. Half up, and judging what is stored to 0.1 dB, are
       choices of some reports (noise.md, 3.2 and 4.3).
    """
    nanos = np.rint(np.where(np.isfinite(levels), levels, 0.0) * NANO).astype(np.int64)
    if method.judge_from == "stored":
        nanos = _rounded(nanos, method.level_decimals, method) * (NANO // 10**method.level_decimals)
    return _rounded(nanos, method.judge_decimals, method)


def _rounded(nanos: IntArray, decimals: int, method: Judging) -> IntArray:
    unit = NANO // 10**decimals
    if method.judge_rounding == "half_up":
        return np.asarray((nanos + unit // 2) // unit, dtype=np.int64)
    return divide_half_even(nanos, unit)


def attaining(levels: FloatArray, limits: IntArray | int, method: Judging) -> IntArray:
    """Whether each level is within its limit: 1, 0, or NONE where it is not known.

    Parameters
    ----------
    levels, limits : (...) float and int
        [dB]

    References
    ----------
    .. [1] GB 3096-2008, 5.1: the limit itself attains.
    """
    within = judged(levels, method) <= np.asarray(limits) * 10**method.judge_decimals
    return np.where(np.isfinite(levels), within.astype(np.int64), NONE)


def attains(
    levels: FloatArray,
    zone: ZoneClass | Sequence[ZoneClass],
    part: PartOfDay,
    *,
    limits: NoiseLimits,
    method: Judging,
) -> list[bool | None]:
    """Whether each level, rounded as the method judges, is within the limit of its class; None where NaN.

    Parameters
    ----------
    levels : (n,) float
        [dB]
    zone : one class, or one of each level

    References
    ----------
    .. [1] GB 3096-2008, 5.1: the limit itself attains.
    """
    verdicts = attaining(levels, limits_of(zone, part, limits), method)
    return [None if v == NONE else bool(v) for v in verdicts.tolist()]


def peaks_attaining(
    peaks: FloatArray, zone: ZoneClass | Sequence[ZoneClass], *, limits: NoiseLimits, method: Judging
) -> IntArray:
    """Whether the largest level of each night exceeds the limit of the night by no more than 15 dB; NONE where NaN.

    References
    ----------
    .. [1] GB 3096-2008, 5.4.
    """
    return attaining(peaks, limits_of(zone, "night", limits) + limits.night_peak_excess, method)


def night_verdicts(
    ln: FloatArray,
    peaks: FloatArray,
    zone: ZoneClass | Sequence[ZoneClass],
    *,
    limits: NoiseLimits,
    method: NoiseMethod,
) -> IntArray:
    """Whether each night attains: by Ln, and by its largest level where the method says so.

    A night whose Ln is known and that exceeds by one of the two does not attain; NONE where Ln, or a largest level that
    is asked for, is not known.
    """
    by_level = attaining(ln, limits_of(zone, "night", limits), method)
    if not method.night_peak_in_attainment:
        return by_level
    by_peak = np.where(by_level == NONE, NONE, peaks_attaining(peaks, zone, limits=limits, method=method))
    return np.where((by_level == 0) | (by_peak == 0), 0, np.minimum(by_level, by_peak))


def limits_of(zone: ZoneClass | Sequence[ZoneClass], part: PartOfDay, limits: NoiseLimits) -> IntArray:
    """Limits of a class, or of one class each, for a part of the day. () or (n,) [dB]"""
    if isinstance(zone, str):
        return np.asarray(getattr(limits.zone[zone], part), dtype=np.int64)
    by_class = {key: getattr(each, part) for key, each in limits.zone.items()}
    return np.array([by_class[each] for each in zone], dtype=np.int64)
