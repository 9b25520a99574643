"""The roles that editions have, and the rules that every edition of a role says where to find."""

from typing import Final

from aggregations.standards.air import AirEvaluation, AirEvents, AirIndex, AirLimits, AirRanking
from aggregations.standards.noise import NoiseLimits, NoiseMethod, NoiseSurvey
from aggregations.standards.water import (
    BlackOdour,
    SeaLimits,
    SeaMethod,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)

Standard = (
    AirLimits
    | AirIndex
    | AirEvaluation
    | AirRanking
    | AirEvents
    | WaterLimits
    | WaterMethod
    | WaterTrophic
    | WaterRanking
    | BlackOdour
    | SeaLimits
    | SeaMethod
    | NoiseLimits
    | NoiseMethod
    | NoiseSurvey
)

ROLES: Final[dict[str, type[Standard]]] = {
    "air.limits": AirLimits,
    "air.index": AirIndex,
    "air.evaluation": AirEvaluation,
    "air.ranking": AirRanking,
    "air.events": AirEvents,
    "water.limits": WaterLimits,
    "water.method": WaterMethod,
    "water.trophic": WaterTrophic,
    "water.ranking": WaterRanking,
    "water.black_odour": BlackOdour,
    "water.sea_limits": SeaLimits,
    "water.sea_method": SeaMethod,
    "noise.limits": NoiseLimits,
    "noise.method": NoiseMethod,
    "noise.survey": NoiseSurvey,
}

RULES: Final[dict[type[Standard], tuple[str, ...]]] = {
    AirLimits: (
        "limits", "hour_minutes", "day_hours", "window_hours", "month_days", "month_alone", "year_days",
        "part_of_year", "period_mean",
    ),
    AirIndex: ("breakpoints", "above_the_top", "items", "rounding", "primary", "missing_item", "good_day"),
    AirEvaluation: (
        "ozone_day", "ozone_windows", "ozone_exception", "statistics", "percentile", "percentile_days", "attainment",
        "city_share", "city_value", "period_mean_from", "decimals", "multiple", "rates", "change", "trend",
        "moving_years", "annual_rules_of_a_part", "mixed_period",
    ),
    AirRanking: ("single_index", "composite", "rounding", "places", "change"),
    AirEvents: ("decision", "policy"),
    WaterLimits: (
        "limits", "inclusive", "ph", "oxygen_class_one", "oxygen_saturation", "oxygen_saturated", "oxygen_salinity",
        "lake_phosphorus", "river_reservoirs", "lake_nitrogen", "temperature", "faecal_coliforms", "source_items",
    ),
    WaterMethod: (
        "class_items", "reference_items", "required_items", "section_items", "realtime", "section", "missing_item",
        "states", "colours", "rgb", "means", "ph_mean", "minima", "rounding", "decimals", "ph_decimals",
        "detection_limit", "main_items", "metals_first", "multiple", "without_multiple", "main_items_order",
        "proportions", "five_sections", "lake_points", "several_lakes",
        "body_states", "body_colours", "shares", "sections_without_class", "shares_sum", "body_main_items",
        "change_states", "change_shares",
        "change_larger", "trend", "trend_table", "trend_table_beyond", "trend_missing_n", "month_attainment",
        "year_attainment", "river_length", "sources", "sources_without", "source_decimals",
    ),
    WaterTrophic: ("index", "weights", "missing_item", "states", "rounding", "range"),
    WaterRanking: (
        "items", "single_index", "ph_index", "sum", "means", "city", "missing_item", "ranking", "ordering",
        "change_sign", "change",
    ),
    BlackOdour: (
        "bounds", "edges", "edges_potential", "point", "point_any", "samples", "reach", "body", "body_light",
        "one_sample", "shallow", "shallow_reading", "month", "items", "returned", "returned_without_day",
        "patrol",
    ),
    SeaLimits: ("limits", "limits_others", "oxygen", "worst_item"),
    SeaMethod: ("states", "good_share", "surveys", "by_points", "required_items", "missing_item", "values"),
    NoiseLimits: ("limits", "codes", "new_railways", "existing_railways", "night_peak", "day_hours"),
    NoiseMethod: (
        "energy_mean", "vdr", "samples", "weather", "weather_vdr", "hour_minimum", "part_minima", "month_minimum",
        "night_peak", "judged", "statistical_day", "point_times", "pooling", "classes", "period_level", "percentiles",
        "deviation", "peak", "rates",
    ),
    NoiseSurvey: (
        "regional_mean", "regional_grades", "regional_points", "road_mean", "road_decimals", "road_grades",
        "road_share", "road_points", "frequency", "functional_points", "functional_rate", "functional_year", "judged",
    ),
}  # fmt: skip
"""Rules of each role that results refer to, by name; every edition of the role says where each of them stands."""

BY_MODE: Final[tuple[type[Standard], ...]] = (AirLimits, AirIndex, AirEvaluation)
"""Roles of which a mode of evaluation chooses the edition."""


def name_of(role: type[object]) -> str:
    """Return the name of a role, as the key `role` of a file has it."""
    return next(name for name, each in ROLES.items() if each is role)
