"""Indicators: what a plan can ask of the readings. One table of names; one function a kind, in a module a medium.

A function takes the `Facts` of its scope and period and returns a `Figure`. It never asks whether a target is met:
that is `aggregations.plans`.
"""

from typing import Final, Literal

import msgspec

from aggregations.figures import Figure, Variant
from aggregations.indicators.air_table import air_indicators
from aggregations.indicators.facts import AirDays, AirHours, Facts, Indicator, ManualSample, MonitorDays, SectionDays
from aggregations.indicators.noise_table import noise_indicators
from aggregations.indicators.water_means import section_class
from aggregations.indicators.water_table import water_indicators
from aggregations.standards import AirEvents

__all__ = [
    "HEADLINES", "INDICATORS", "AirDays", "AirHours", "Facts", "Indicator", "ManualSample", "MonitorDays",
    "SectionDays", "compute", "section_class",
]  # fmt: skip

INDICATORS: Final[dict[str, Indicator]] = {
    **{indicator.name: indicator for indicator in air_indicators()},
    **{indicator.name: indicator for indicator in water_indicators()},
    **{indicator.name: indicator for indicator in noise_indicators()},
}
"""All indicators by name, in the order in which they are listed."""

_HEADLINES_OF_AIR: Final = (
    "air.annual_mean.",
    "air.percentile.",
    "air.composite_index",
    "air.good_day_ratio",
    "air.good_days",
    "air.heavy_pollution_days",
    "air.level_days.",
)

_NOT_HEADLINES: Final = ("water.exceedance_multiple.", "water.mean.", "water.sea_class_area.")
_HEADLINES_OF_NOISE: Final = (
    "noise.day_attainment",
    "noise.night_attainment",
    "noise.mean_level.day",
    "noise.mean_level.night",
    "noise.collection_rate",
)

HEADLINES: Final[frozenset[str]] = frozenset(
    name
    for name, indicator in INDICATORS.items()
    if (indicator.medium == "water" and not name.startswith(_NOT_HEADLINES))
    or name == "air.attainment"
    or name in _HEADLINES_OF_NOISE
    or name.startswith(_HEADLINES_OF_AIR)
)
"""Indicators that are printed where none is named: those of a monthly bulletin of air, noise in total, and all of water
but the means and multiples of single items and areas of the sea."""


def compute(indicator: Indicator, facts: Facts) -> Figure:
    """Return the figure of an indicator; where there were exceptional events, paired with its counterpart.

    References
    ----------
    .. [1] Rules on sand dust (config/standards/air-events-2016.toml): which statistics leave the hours of events out.
    """
    kept = msgspec.structs.replace(indicator.compute(indicator, facts), audited=facts.audited)
    in_earlier_years = indicator.needs == "years" and facts.earlier_without_events
    if indicator.affected is None or not (facts.air_without_events is not None or in_earlier_years):
        return kept
    rule = facts.standards.find(AirEvents, facts.period.last)
    if rule is not None and not set(rule.quantities) & set(indicator.quantities):
        return kept
    excluded = msgspec.structs.replace(indicator.compute(indicator, facts.without_events()), audited=facts.audited)
    policy = rule.policy[indicator.affected] if rule else "keep"
    if policy == "keep":
        chosen, other = kept, _variant(excluded, "excluded")
    else:
        chosen, other = excluded, _variant(kept, "kept")
    editions, assumed, rules = dict(chosen.editions), list(chosen.assumed), dict(chosen.rules)
    if rule is not None:
        rules[rule.edition.id] = list(rule.rule)
        editions[rule.edition.id] = facts.standards.digests[rule.edition.id]
        assumed += [f"{rule.edition.id}: {each.text}" for each in rule.rule.values() if not each.confirmed]
    events: Literal["kept", "excluded"] = "kept" if policy == "keep" else "excluded"
    return msgspec.structs.replace(
        chosen, events=events, counterpart=other, editions=editions, assumed=assumed, rules=rules
    )


def _variant(figure: Figure, events: Literal["kept", "excluded"]) -> Variant:
    return Variant(
        events=events, value=figure.value, exact=figure.exact, valid=figure.valid, sufficient=figure.sufficient
    )
