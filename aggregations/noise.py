"""Noise: day and night levels of functional-zone monitors, and whether they attain."""

from fractions import Fraction
from typing import Literal

import numpy as np

from aggregations.rounding import BoolArray, FloatArray, IntArray, half_even
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import ZoneClass

HOURS = 24
PartOfDay = Literal["day", "night"]


def hours_of(part: PartOfDay, limits: NoiseLimits) -> BoolArray:
    """Which hours of the day belong to the part; the hour that starts at 00:00 comes first. (24,) bool

    References
    ----------
    .. [1] GB 3096-2008, 3.4: day 06:00 to 22:00 unless the local government sets other hours.
    """
    hour = np.arange(HOURS)
    day = (hour >= limits.day_first_hour) & (hour < limits.night_first_hour)
    return day if part == "day" else ~day


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
    counts = valid.sum(axis=-1)
    energy = np.where(valid, 10.0 ** (0.1 * np.where(valid, levels, 0.0)), 0.0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: FloatArray = 10.0 * np.log10(energy / counts)
    return np.where(counts > 0, mean, np.nan)


def part_levels(
    levels: FloatArray, valid: BoolArray, part: PartOfDay, *, limits: NoiseLimits, method: NoiseMethod
) -> tuple[FloatArray, IntArray]:
    """Ld or Ln of each calendar day.

    Parameters
    ----------
    levels, valid : (n_days, 24) float and bool
        Hourly equivalent levels. The night is made of the hours 0-5, 22 and 23 of one calendar day. [dB]

    Returns
    -------
    (n_days,) float
        NaN where too few hours are valid. [dB]
    (n_days,) int
        Number of valid hours. [h]
    """
    inside = hours_of(part, limits)
    chosen = valid[:, inside]
    hours = chosen.sum(axis=1)
    least = method.day_min_hours if part == "day" else method.night_min_hours
    return np.where(hours >= least, energy_mean(levels[:, inside], chosen), np.nan), hours


def attains(
    levels: FloatArray, zone: ZoneClass, part: PartOfDay, *, limits: NoiseLimits, method: NoiseMethod
) -> list[bool | None]:
    """Whether each level, rounded half to even as the method judges, is within the limit; None where NaN.

    References
    ----------
    .. [1] GB 3096-2008, 5.1: the limit itself attains.
    """
    limit = getattr(limits.zone[zone], part)
    return [None if np.isnan(x) else half_even(without_noise(x), method.judge_decimals) <= limit for x in levels]


def without_noise(level: float) -> Fraction:
    """A computed level as a decimal of nine places: hours of 45.5 dB have a mean of 45.5 dB, not 45.49999999999999."""
    return Fraction(f"{level:.9f}")
