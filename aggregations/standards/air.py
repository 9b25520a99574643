"""Air: GB 3095, HJ 633, HJ 663, the regulation on ranking, the rules on sand dust."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from aggregations.standards.edition import Count, Positive, Roles, Table

AreaClass = Literal["I", "II"]
Averaging = Literal["year", "day", "hour"]
Statistic = Literal["mean", "percentile"]
Policy = Literal["keep", "exclude"]
EventKind = Literal["dust", "fire", "fireworks", "other"]
WindowEnd = Annotated[int, msgspec.Meta(ge=8, le=24)]
Pair = tuple[Decimal, Decimal]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]

BASIC_ITEMS = ("so2", "no2", "co", "o3", "pm10", "pm25")
"""Basic items of GB 3095, table 1, in its order."""

LIMITED = {
    "year": ("so2", "no2", "pm10", "pm25"),
    "day": BASIC_ITEMS,
    "hour": ("so2", "no2", "co", "o3"),
}
"""Basic items that table 1 limits over each averaging time."""

OTHER_ITEMS = ("tsp", "nox", "pb", "bap")
"""Other items of GB 3095, table 2."""

AFFECTED = (
    "mean",
    "percentile",
    "composite_index",
    "good_days",
    "heavy_pollution",
    "index_and_primary",
    "daily_attainment",
)
"""Statistics that the rules on exceptional events speak of."""


class AreaLimits(Table, frozen=True, kw_only=True):
    """Concentration limits by quantity; `day` of ozone is that of the daily maximum 8 h. [ug/m3; CO mg/m3]"""

    year: dict[str, Decimal]
    day: dict[str, Decimal]
    hour: dict[str, Decimal]


class OtherLimit(Table, frozen=True, kw_only=True):
    """Limits of an item of table 2, which a province chooses: classes I and II. [ug/m3]"""

    year: Pair | None = None
    quarter: Pair | None = None
    day: Pair | None = None
    hour: Pair | None = None


class GasState(Table, frozen=True, kw_only=True, rename={"first_day": "from"}):
    """Temperature at which volumes of gases are stated, from a day on; None: from the first. [K]"""

    first_day: dt.date | None = None
    kelvin: Decimal


class AirLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="air.limits"):
    """GB 3095: concentration limits and the least data a statistic needs.

    `day_limit`, `year_limit` and `hour_limit` are those of class II areas; `class_one` those of class I areas.
    """

    day_limit: dict[str, Decimal]
    year_limit: dict[str, Decimal]
    hour_limit: dict[str, Decimal]
    class_one: AreaLimits
    other: dict[str, OtherLimit]
    gas_state: list[GasState]
    hour_min_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    day_min_hours: Annotated[int, msgspec.Meta(ge=1, le=24)]
    window_min_hours: Annotated[int, msgspec.Meta(ge=1, le=8)]
    month_min_days: Positive
    february_min_days: Positive
    year_min_days: Positive

    def limit(self, quantity: str, averaging: Averaging, area_class: AreaClass = "II") -> Decimal | None:
        """Return the limit of a quantity, or None where the standard sets none. [ug/m3; CO mg/m3]"""
        second = {"year": self.year_limit, "day": self.day_limit, "hour": self.hour_limit}
        first = {"year": self.class_one.year, "day": self.class_one.day, "hour": self.class_one.hour}
        return (first if area_class == "I" else second)[averaging].get(quantity)

    def kelvin_on(self, day: dt.date) -> Decimal:
        """Return the temperature at which the standard states volumes of gases on a day. [K]"""
        return [state.kelvin for state in self.gas_state if state.first_day is None or state.first_day <= day][-1]


class Level(Table, frozen=True, kw_only=True):
    """One level of the air quality index: up to and including `up_to`."""

    up_to: Positive
    name: str
    name_en: str
    colour: str


class IndexItem(Table, frozen=True, kw_only=True):
    """One column of the table of breakpoints.

    `above` says what holds above the last breakpoint: "top" the index of the last breakpoint, or the name of
    the item whose index is taken instead.
    """

    quantity: str
    decimals: Count
    breakpoints: list[Decimal]
    above: str = "top"


class AirIndex(Roles, frozen=True, kw_only=True, tag_field="role", tag="air.index"):
    """HJ 633: sub-indices, air quality index, levels.

    `daily_items` and `hourly_items` are the items that the daily and the real-time index are made of. Where
    `daily_o3_uses_1h` the daily index takes the largest hour of ozone, too; `hourly_pm_input` says whether PM enters
    the real-time index by its hour or by the moving 24 h mean; where `hourly_o3_uses_8h` the moving 8 h mean of ozone
    enters it, too. `*_missing_item` says what becomes of the index where an item is missing: none is published
    unless the others exceed `good_up_to`, or that of the others is.
    """

    index: list[int]
    daily_items: list[str]
    hourly_items: list[str]
    primary_above: int
    good_up_to: int
    heavy_above: int
    sub_index_rounding: Literal["ceil", "half_up"]
    daily_o3_uses_1h: bool
    hourly_pm_input: Literal["1h", "24h_moving"]
    hourly_o3_uses_8h: bool
    daily_missing_item: Literal["none_unless_exceeding", "others"]
    hourly_missing_item: Literal["none_unless_exceeding", "others"]
    index_at_least_one: bool
    ratio_decimals: Count
    item: dict[str, IndexItem]
    level: list[Level]


class CriticalValues(Table, frozen=True, kw_only=True):
    """Critical values of Spearman's rank correlation for `n` years, at the levels 0.05 and 0.01."""

    n: Positive
    p05: Decimal
    p01: Decimal


class AirEvaluation(Roles, frozen=True, kw_only=True, tag_field="role", tag="air.evaluation"):
    """HJ 663: daily ozone, city values, statistics of a period, decimals."""

    ozone_first_window_end_hour: WindowEnd
    ozone_last_window_end_hour: WindowEnd
    ozone_min_windows: Positive
    ozone_exception_compares: Literal["rounded", "exact"]
    city_min_share: Decimal
    city_min_share_below_four: Decimal
    city_few_stations: Positive
    city_day_from: Literal["exact_station_days", "rounded_station_days"]
    city_ozone: Literal["mean_of_station_maxima", "maximum_of_city_hours"]
    period_mean_from: Literal["rounded_days", "exact_days"]
    attainment_compares: Literal["rounded", "exact"]
    multiple_decimals: Count
    rate_decimals: Count
    change_decimals: Count
    moving_years: Positive
    trend_min_years: Positive
    trend_equality_is_significant: bool
    percentile: dict[str, Percent]
    decimals: dict[str, Count]
    mean_decimals: dict[str, Count]
    percentile_decimals: dict[str, Count]
    judged_decimals: dict[str, Count]
    trend: list[CriticalValues]


class AirRanking(Roles, frozen=True, kw_only=True, tag_field="role", tag="air.ranking"):
    """Regulation on ranking: composite index, places, change.

    `statistic` says what of each item is divided by its limit: the mean by that of the year, the percentile by that
    of the day. `limits` is "in_force": those of the edition that holds. `composite_rounding` says whether each single
    index is rounded before they are added.
    """

    statistic: dict[str, Statistic]
    weight: dict[str, Positive]
    limits: Literal["in_force"]
    composite_rounding: Literal["single_indices_first", "sum_first"]
    index_decimals: Count
    change_decimals: Count


class AirEvents(Roles, frozen=True, kw_only=True, tag_field="role", tag="air.events"):
    """Rules on exceptional events: their kinds, which quantities they touch, and which statistics leave them out.

    Events of other kinds, and other quantities of an event, stay in every statistic.
    """

    kinds: list[EventKind]
    quantities: list[str]
    policy: dict[str, Policy]
