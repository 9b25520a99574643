"""Day and night of a monitor: which hours they have, their levels, the largest level of a night."""

from typing import Literal, Protocol

import msgspec
import numpy as np

from aggregations.figures import scaled
from aggregations.noise.levels import energy_mean, mixed_level
from aggregations.rounding import BoolArray, FloatArray, IntArray
from aggregations.standards import NoiseLimits, NoiseMethod

HOURS = 24
PartOfDay = Literal["day", "night"]
NIGHT_PENALTY = 10.0
"""What Ldn adds to the night. [dB]"""


class DayHours(Protocol):
    """Where day and night begin: hours of the local clock."""

    @property
    def day_first_hour(self) -> int:
        """First hour of the day."""

    @property
    def night_first_hour(self) -> int:
        """First hour of the night."""


class LocalHours(msgspec.Struct, frozen=True):
    """Hours that a local government sets in place of the standard's (GB 3096-2008, 3.4)."""

    day_first_hour: int
    night_first_hour: int


def hours_of(part: PartOfDay, hours: DayHours) -> BoolArray:
    """Which hours of the day belong to the part; the hour that starts at 00:00 comes first. (24,) bool

    References
    ----------
    .. [1] GB 3096-2008, 3.4: day 06:00 to 22:00 unless the local government sets other hours.
    """
    hour = np.arange(HOURS)
    day = (hour >= hours.day_first_hour) & (hour < hours.night_first_hour)
    return day if part == "day" else ~day


def part_of(values: FloatArray, part: PartOfDay, hours: DayHours, method: NoiseMethod) -> FloatArray:
    """Hours of each day or night, of consecutive dates.

    Parameters
    ----------
    values : (n_days, 24) float
        Any value of the hours.

    Returns
    -------
    (n_days, n_hours_of_part) float
        Where the statistical day is that on which the night starts, its hours after midnight are those of the next
        date; NaN after the last.
    """
    inside = hours_of(part, hours)
    if part == "night" and method.statistical_day == "night_starting":
        after = np.full_like(values, np.nan)
        after[:-1] = values[1:]
        values = np.where(np.arange(HOURS) < hours.day_first_hour, after, values)
    chosen: FloatArray = values[:, inside]
    return chosen


def part_levels(
    levels: FloatArray,
    valid: BoolArray,
    part: PartOfDay,
    *,
    limits: NoiseLimits,
    method: NoiseMethod,
    hours: DayHours | None = None,
) -> tuple[FloatArray, IntArray]:
    """Ld or Ln of each date.

    Parameters
    ----------
    levels, valid : (n_days, 24) float and bool
        Hourly equivalent levels of consecutive dates. [dB]
    hours : DayHours, optional
        Local hours; those of the standard where there are none. The least hours are of the standard's and change in
        proportion.

    Returns
    -------
    (n_days,) float
        NaN where too few hours are valid. [dB]
    (n_days,) int
        Number of valid hours. [h]

    References
    ----------
    .. [1] HJ 640-2012, 6; noise.md, 3.2: the divisor is the number of valid hours.
    """
    found = part_of(np.where(valid, levels, np.nan), part, hours or limits, method)
    chosen = np.isfinite(found)
    counts = chosen.sum(axis=1)
    least = least_hours(part, limits=limits, method=method, hours=hours)
    return np.where(counts >= least, energy_mean(found, chosen), np.nan), counts


def least_hours(part: PartOfDay, *, limits: NoiseLimits, method: NoiseMethod, hours: DayHours | None = None) -> int:
    """Return the least valid hours of a day or night; of local hours in proportion. [h]"""
    least = method.day_min_hours if part == "day" else method.night_min_hours
    return scaled(least, int(hours_of(part, hours or limits).sum()), int(hours_of(part, limits).sum()))


def day_night_level(ld: FloatArray, ln: FloatArray, hours: DayHours) -> FloatArray:
    """Ldn: day and night together, the night raised by 10 dB; NaN where one of them is not known. (n_days,) [dB]

    References
    ----------
    .. [1] noise.md, 4.1: 16 and 8 hours, or as many as the local hours have.
    """
    n_day = int(hours_of("day", hours).sum())
    return mixed_level([ld, ln], hours=[n_day, HOURS - n_day], penalties=[0.0, NIGHT_PENALTY])
