"""Noise: GB 3096, HJ 640 (manual surveys), functional zones from automatic monitors."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec

from aggregations.standards.edition import Count, Positive, Roles, Table
from sensors.register import ZoneClass

Hour = Annotated[int, msgspec.Meta(ge=1, le=23)]
SamplePeriod = Annotated[int, msgspec.Meta(ge=1, le=1800)]
JudgeDecimals = Annotated[int, msgspec.Meta(ge=0, le=1)]
JudgeRounding = Literal["half_even", "half_up"]
JudgeFrom = Literal["computed", "stored"]
"""What is rounded to be judged: the level as computed, or the level as it is stored, rounded to `level_decimals`."""
CITY_SIZES: Final = ("super_large", "large", "medium", "small")
"""Sizes of a city by which the least points of a survey go."""


class ZoneLimit(Table, frozen=True, kw_only=True):
    """Limits of one zone class, and its code in reports. [dB]"""

    code: Positive
    name: str
    name_en: str
    day: int
    night: int


class ExistingRailway(Table, frozen=True, kw_only=True):
    """Limits of the background without trains beside railways approved up to and including a day. [dB]"""

    approved_until: dt.date
    day: int
    night: int


class NoiseLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="noise.limits"):
    """GB 3096: limits by zone class; hours of the day where no local ones are set; sudden noise at night.

    `night_peak_excess` is what the largest level of a night may be above the limit of the night. [dB]
    """

    day_first_hour: Hour
    night_first_hour: Hour
    night_peak_excess: Positive
    zone: dict[str, ZoneLimit]
    existing_railway: ExistingRailway


class NoiseMethod(Roles, frozen=True, kw_only=True, tag_field="role", tag="noise.method"):
    """Functional zones from automatic monitors: samples, weather, least data, rounding, what is pooled.

    `exclude_above` are bounds of weather by quantity, in its unit: samples taken while it is above do not enter,
    nor any of the same `weather_resolution_min` minutes of the clock.
    `day_min_hours` and `night_min_hours` are of the hours that the standard gives to day and night, `month_min_days`
    of a whole month; of fewer or more in proportion, rounded up. `classes` count in totals.
    """

    sample_period_s: SamplePeriod
    percentile_max_period_s: SamplePeriod
    peak_max_period_s: SamplePeriod
    exclude_above: dict[str, Decimal]
    weather_resolution_min: Literal[1, 5, 10, 15, 30, 60]
    weather_lowers_vdr: bool
    hour_min_share: Decimal
    day_min_hours: Annotated[int, msgspec.Meta(ge=1, le=23)]
    night_min_hours: Annotated[int, msgspec.Meta(ge=1, le=23)]
    month_min_days: Annotated[int, msgspec.Meta(ge=1, le=28)]
    night_peak_in_attainment: bool
    judge_decimals: JudgeDecimals
    judge_rounding: JudgeRounding
    judge_from: JudgeFrom
    level_decimals: Count
    rate_decimals: Count
    statistical_day: Literal["calendar", "night_starting"]
    classes: list[ZoneClass]
    pooling: Literal["point_times", "mean_of_stations"]
    deviation: Literal["population", "sample"]


class GradeName(Table, frozen=True, kw_only=True):
    """Name of a grade."""

    name: str
    name_en: str


class PartBounds(Table, frozen=True, kw_only=True):
    """Upper bounds of the grades but the last, the best grade first, for day and night. [dB]"""

    day: list[Decimal]
    night: list[Decimal]


class NoiseSurvey(Roles, frozen=True, kw_only=True, tag_field="role", tag="noise.survey"):
    """HJ 640: manual surveys of regions, roads and functional zones.

    `regional` and `road` bound the grades. `loud_above` is the level of a road above which its length counts as
    loud [dB]. `functional_points` and `road_points` are the least points by size of the city, `regional_points` the
    least grids.
    """

    level_decimals: Count
    rate_decimals: Count
    judge_decimals: JudgeDecimals
    judge_rounding: JudgeRounding
    judge_from: JudgeFrom
    road_weights: Literal["length", "equal"]
    loud_above: Decimal
    quarters: Annotated[int, msgspec.Meta(ge=1, le=4)]
    regional_points: Positive
    functional_points: dict[str, Positive]
    road_points: dict[str, Positive]
    regional: PartBounds
    road: PartBounds
    grade: list[GradeName]
