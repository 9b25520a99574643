"""Noise: levels of hours, days and periods of functional-zone monitors, their verdicts, and manual surveys.

Levels are floats, NaN where there is none: an energy mean is not rational. What is judged or printed is rounded once,
from the decimal of nine places (`without_noise`). [dB]
"""

from aggregations.noise.days import (
    HOURS,
    DayHours,
    LocalHours,
    PartOfDay,
    day_night_level,
    hours_of,
    least_hours,
    part_levels,
    part_of,
)
from aggregations.noise.hours import PERCENTILES, HourLevels, hour_levels, valid_hours
from aggregations.noise.judging import NONE, attaining, attains, judged, night_verdicts, peaks_attaining, without_noise
from aggregations.noise.levels import energy_mean, exceeded_levels, mixed_level, weighted_energy_mean
from aggregations.noise.statistics import PointTimes, attainment_rate, period_level
from aggregations.noise.surveys import grade_of, grade_share, loud_share, regional_mean, road_mean

__all__ = [
    "HOURS",
    "NONE",
    "PERCENTILES",
    "DayHours",
    "HourLevels",
    "LocalHours",
    "PartOfDay",
    "PointTimes",
    "attaining",
    "attainment_rate",
    "attains",
    "day_night_level",
    "energy_mean",
    "exceeded_levels",
    "grade_of",
    "grade_share",
    "hour_levels",
    "hours_of",
    "judged",
    "least_hours",
    "loud_share",
    "mixed_level",
    "night_verdicts",
    "part_levels",
    "part_of",
    "peaks_attaining",
    "period_level",
    "regional_mean",
    "road_mean",
    "valid_hours",
    "weighted_energy_mean",
    "without_noise",
]
