"""What all indicators of air share: editions of the period, least data, indexes of its days."""

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from typing import Any

import msgspec
import numpy as np

from aggregations import aqi
from aggregations.air.days import MISSING, QUANTITIES
from aggregations.air.statistics import LeastDays, least_days
from aggregations.figures import Figure
from aggregations.indicators.facts import AirDays, Facts, Indicator, Rules, figure
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, Standard

DAYS: Rules = {AirLimits: ("gas_state", "hour_minutes", "day_hours")}
"""Rules that every statistic of days rests on."""
OZONE_DAYS: Rules = {
    AirLimits: ("window_hours",),
    AirEvaluation: ("ozone_day", "ozone_windows", "ozone_exception"),
}
CITY: Rules = {AirEvaluation: ("city_share", "city_value")}
INDEX: Rules = {
    AirIndex: ("breakpoints", "above_the_top", "items", "rounding", "missing_item"),
    AirEvaluation: ("decimals", "good_day_denominator", "rates"),
}


class LastDay(msgspec.Struct, frozen=True):
    """Editions on the last day of a period: those that its statistics are judged by."""

    limits: AirLimits
    evaluation: AirEvaluation
    index: AirIndex


def last_day(facts: Facts) -> LastDay:
    """Return the editions on the last day of the period."""
    day, staged, standards = facts.period.last, facts.staged, facts.standards
    return LastDay(
        standards.on(AirLimits, day, staged=staged),
        standards.on(AirEvaluation, day, staged=staged),
        standards.on(AirIndex, day, staged=staged),
    )


def days_of(facts: Facts) -> AirDays:
    """Return the days of the facts; where there are none, days without values."""
    if facts.air is not None:
        return facts.air
    none = np.full(len(facts.period), MISSING, dtype=np.int64)
    zero = np.zeros(len(facts.period), dtype=np.int64)
    nothing: dict[str, list[Fraction | None]] = {q: [None] * len(facts.period) for q in QUANTITIES}
    return AirDays(dict.fromkeys(QUANTITIES, none), nothing, dict.fromkeys(QUANTITIES, zero), none)


class Indexes(msgspec.Struct, frozen=True):
    """Index of each day, (..., n_days); `aqi` is `aqi.NONE` and `level` 0 where there is none.

    `good`, `heavy` and `exceeding` are false where there is none. `primary` tells by quantity whether it is a primary
    pollutant of the day. `sub` is by quantity, `aqi.NONE` where missing.
    """

    aqi: IntArray
    level: IntArray
    good: BoolArray
    heavy: BoolArray
    exceeding: BoolArray
    primary: dict[str, BoolArray]
    sub: dict[str, IntArray]

    @property
    def valid(self) -> BoolArray:
        """Whether each day has an index."""
        return np.asarray(self.aqi != aqi.NONE)


def indexes(facts: Facts) -> Indexes:
    """Index of each day of the facts, each by its own edition.

    References
    ----------
    .. [1] HJ 633-2012 and -2026.
    """
    days = days_of(facts)
    parts = []
    for cut, index in facts.standards.runs(AirIndex, facts.period, staged=facts.staged):
        concentrations = {
            key: _units(
                days.values[item.quantity] if key in index.daily_items else days.ozone_hour_max, item.decimals, cut
            )
            for key, item in index.item.items()
            if key in index.daily_items or key == "o3_1h"
        }
        found = aqi.of_day(concentrations, index, not_monitored=facts.not_monitored)
        parts.append(judged(found, index))
    return joined(parts)


def joined(parts: list[Indexes]) -> Indexes:
    """Return parts of a period, each under one edition, as one."""
    if len(parts) == 1:
        return parts[0]
    together: dict[str, Any] = {}
    for name in Indexes.__struct_fields__:
        values = [getattr(part, name) for part in parts]
        if isinstance(values[0], dict):
            together[name] = {key: np.concatenate([value[key] for value in values], axis=-1) for key in values[0]}
        else:
            together[name] = np.concatenate(values, axis=-1)
    return Indexes(**together)


def judged(found: aqi.Index, index: AirIndex) -> Indexes:
    """Return what the index of days or hours says by one edition."""
    there = found.aqi != aqi.NONE
    quantities = dict.fromkeys(item.quantity for item in index.item.values())
    return Indexes(
        found.aqi,
        aqi.levels(found.aqi, index),
        there & (found.aqi <= index.good_up_to),
        found.aqi > index.heavy_above,
        found.aqi > index.good_up_to,
        {q: aqi.is_primary(found, q, index) for q in quantities},
        {q: reduce(np.maximum, [v for k, v in found.sub.items() if index.item[k].quantity == q]) for q in quantities},
    )


def _units(micros: IntArray, decimals: int, cut: slice) -> IntArray:
    """Values in units of their last decimal: those published have no more, the largest hour of ozone is rounded."""
    values = micros[..., cut]
    return np.where(values == MISSING, MISSING, divide_half_even(values, MICRO // 10**decimals))


def of_days(
    indicator: Indicator,
    facts: Facts,
    exact: Fraction | None,
    decimals: int,
    valid: BoolArray,
    *,
    rules: Rules,
    more_standards: Iterable[Standard] = (),
    least: LeastDays | None = None,
) -> Figure:
    """Return the figure of a statistic of days, held against the least data."""
    used = last_day(facts)
    least = least or least_days(valid, facts.period, used.limits)
    n = int(valid.sum())
    on_area = not facts.scope.startswith("station:")
    merged = merge(
        DAYS,
        {AirLimits: _least_rules(facts)},
        rules,
        OZONE_DAYS if "o3" in indicator.quantities else {},
        CITY if on_area else {},
    )
    roles = (*(role for role in (AirLimits, AirEvaluation, AirIndex) if role in merged), *merged)
    standards: dict[str, Standard] = {}
    for role in dict.fromkeys(roles):
        if role in (AirLimits, AirEvaluation, AirIndex):
            for _, standard in facts.standards.runs(role, facts.period, staged=facts.staged):
                standards[standard.edition.id] = standard
    standards |= {s.edition.id: s for s in more_standards}
    return figure(
        indicator, facts, list(standards.values()), exact, decimals, valid=n, expected=len(facts.period),
        counted="days", sufficient=bool(least.enough()), excluded=_excluded(indicator, facts, valid), rules=merged,
        reasons=_reasons(least), provisional=_provisional(least, valid, facts),
    )  # fmt: skip


def _least_rules(facts: Facts) -> tuple[str, ...]:
    """Rules on the least days that a period of this length is held against."""
    stages = ("stages",) if facts.staged else ()
    if facts.period.is_month:
        return (*stages, "month_days", "month_alone")
    return (*stages, "month_days", "year_days", *(() if facts.period.is_year else ("part_of_year",)))


def merge(*rules: Rules) -> Rules:
    """Return rules of several kinds together."""
    together: Rules = {}
    for each in rules:
        for role, keys in each.items():
            together[role] = tuple(dict.fromkeys((*together.get(role, ()), *keys)))
    return together


def _excluded(indicator: Indicator, facts: Facts, valid: BoolArray) -> dict[str, int]:
    """How many days did not enter, by the reason that the derived days tell."""
    days = days_of(facts)
    unit = "hours" if facts.scope.startswith("station:") else "stations"
    counts = [days.counts[q] for q in indicator.quantities if q not in facts.not_monitored]
    silent = np.all([count == 0 for count in counts], axis=0) & ~valid
    found = {f"no valid {unit}": int(silent.sum()), f"too few valid {unit}": int((~valid & ~silent).sum())}
    return {reason: n for reason, n in found.items() if n}


def _reasons(least: LeastDays) -> list[str]:
    reasons = [f"{month}: {int(n)} of at least {needed} valid days" for month, n, needed in least.months if n < needed]
    if not least.total:
        return ["no valid day"]
    if least.total < least.least:
        reasons.append(f"the period: {int(least.total)} of at least {least.least} valid days")
    return reasons


def _provisional(least: LeastDays, valid: BoolArray, facts: Facts) -> list[str]:
    found = []
    for each in least.running:
        first = (each.first - facts.period.first).days
        n = int(valid[first : first + len(each)].sum())
        found.append(f"{each.first:%Y-%m} is not whole: {n} valid of its {len(each)} days so far")
    return found
