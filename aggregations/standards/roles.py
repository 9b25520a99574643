"""The roles that editions have, and the rules that every edition of a role says where to find."""

from typing import Final

from aggregations.standards.air import AirEvaluation, AirEvents, AirIndex, AirLimits, AirRanking
from aggregations.standards.noise import NoiseLimits, NoiseMethod
from aggregations.standards.water import BlackOdour, WaterLimits, WaterMethod

Standard = (
    AirLimits
    | AirIndex
    | AirEvaluation
    | AirRanking
    | AirEvents
    | WaterLimits
    | WaterMethod
    | BlackOdour
    | NoiseLimits
    | NoiseMethod
)

ROLES: Final[dict[str, type[Standard]]] = {
    "air.limits": AirLimits,
    "air.index": AirIndex,
    "air.evaluation": AirEvaluation,
    "air.ranking": AirRanking,
    "air.events": AirEvents,
    "water.limits": WaterLimits,
    "water.method": WaterMethod,
    "water.black_odour": BlackOdour,
    "noise.limits": NoiseLimits,
    "noise.method": NoiseMethod,
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
}  # fmt: skip
"""Rules of each role that results refer to, by name; every edition of the role says where each of them stands."""

BY_MODE: Final[tuple[type[Standard], ...]] = (AirLimits, AirIndex, AirEvaluation)
"""Roles of which a mode of evaluation chooses the edition."""


def name_of(role: type[object]) -> str:
    """Return the name of a role, as the key `role` of a file has it."""
    return next(name for name, each in ROLES.items() if each is role)
