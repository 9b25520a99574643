"""Indicators of air from the indexes of days and hours: good days, levels, primary pollutants, runs, attainment."""

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from aggregations.air import statistics
from aggregations.air.days import MISSING
from aggregations.air.hours import DAY_HOURS, index_of_hours
from aggregations.figures import Figure
from aggregations.indicators.air_base import INDEX, Indexes, days_of, indexes, joined, judged, last_day, merge
from aggregations.indicators.air_base import of_days as figure_of_days
from aggregations.indicators.facts import Facts, Indicator, Rules
from aggregations.periods import DAY
from aggregations.rounding import MICRO, BoolArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits

Kind = Literal["good", "heavy", "exceeding"]

_KINDS: dict[Kind, Callable[[Indexes], BoolArray]] = {
    "good": lambda found: found.good,
    "heavy": lambda found: found.heavy,
    "exceeding": lambda found: found.exceeding,
}
GOOD: Rules = merge(INDEX, {AirIndex: ("good_day", "heavy")})
PRIMARY: Rules = merge(INDEX, {AirIndex: ("primary",)})
LIMITS: Rules = {AirLimits: ("limits",), AirEvaluation: ("decimals", "rates")}


def day_ratio(indicator: Indicator, facts: Facts, *, kind: Kind) -> Figure:
    """Share of the valid days that are good, heavily polluted, or exceeding. [%]

    References
    ----------
    .. [1] HJ 633 (levels); HJ 663 by practice: the denominator is the number of valid days.
    """
    found = indexes(facts)
    n = int(found.valid.sum())
    exact = Fraction(100 * int(_KINDS[kind](found).sum()), n) if n else None
    return figure_of_days(indicator, facts, exact, last_day(facts).index.ratio_decimals, found.valid, rules=GOOD)


def day_count(indicator: Indicator, facts: Facts, *, kind: Kind) -> Figure:
    """Number of valid days that are good, heavily polluted, or exceeding. [d]"""
    found = indexes(facts)
    return figure_of_days(indicator, facts, _count(_KINDS[kind](found), found.valid), 0, found.valid, rules=GOOD)


def level_days(indicator: Indicator, facts: Facts, *, level: int) -> Figure:
    """Number of valid days whose index is of a level, 1 to 6. [d]"""
    found = indexes(facts)
    return figure_of_days(indicator, facts, _count(found.level == level, found.valid), 0, found.valid, rules=GOOD)


def primary_days(indicator: Indicator, facts: Facts, *, quantity: str, exceeding: bool) -> Figure:
    """Number of valid days on which a quantity is a primary pollutant; on a tie every one counts. [d]

    With `exceeding`, of the days whose index is above that of a good day.

    References
    ----------
    .. [1] HJ 633-2026, 4.3.1.
    """
    found = indexes(facts)
    days = found.primary[quantity] & found.exceeding if exceeding else found.primary[quantity]
    return figure_of_days(indicator, facts, _count(days, found.valid), 0, found.valid, rules=PRIMARY)


def longest_run(indicator: Indicator, facts: Facts, *, kind: Kind) -> Figure:
    """Longest run of consecutive days that are good, heavily polluted, or exceeding; a missing day ends a run. [d]"""
    found = indexes(facts)
    exact = Fraction(int(statistics.longest_run(_KINDS[kind](found)))) if found.valid.any() else None
    return figure_of_days(indicator, facts, exact, 0, found.valid, rules=GOOD)


def primary_hours(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Number of hours in which a quantity is a primary pollutant of the real-time index. [h]

    References
    ----------
    .. [1] HJ 633-2026, 4.2 and 4.3.1.
    """
    assert facts.hours is not None  # the indicator says that it needs them
    parts = []
    for cut, index in facts.standards.runs(AirIndex, facts.period, staged=facts.staged):
        first, end = (facts.hours.lead + day * DAY_HOURS for day in (cut.start, cut.stop))
        lead = min(first, DAY_HOURS)
        values = {quantity: each[first - lead : end] for quantity, each in facts.hours.values.items()}
        limits = facts.standards.on(AirLimits, facts.period.first + cut.start * DAY, staged=facts.staged)
        of_hours = index_of_hours(values, index, limits, lead=lead, not_monitored=facts.not_monitored)
        parts.append(judged(of_hours, index))
    found = joined(parts)
    days = found.valid.reshape(-1, DAY_HOURS).sum(axis=1) >= last_day(facts).limits.day_min_hours
    result = figure_of_days(
        indicator, facts, _count(found.primary[quantity], found.valid), 0, np.asarray(days), rules=PRIMARY
    )
    n, expected = int(found.valid.sum()), found.valid.size
    missing = {"no real-time index": expected - n} if n < expected else {}
    return msgspec.structs.replace(result, valid=n, expected=expected, counted="hours", excluded=missing)


def attaining_day_ratio(indicator: Indicator, facts: Facts, *, quantities: tuple[str, ...]) -> Figure:
    """Share of the valid days on which every one of the items is within its daily limit. [%]

    Not the good-day ratio: the index and the limits are rules of their own. A day on which an item is missing is valid
    only where another exceeds.

    References
    ----------
    .. [1] GB 3095, table 1; HJ 633-2026, 6.4 (attainment is judged by GB 3095, not by the index).
    """
    attains, valid = daily_attainment(facts, quantities)
    n = int(valid.sum())
    exact = Fraction(100 * int(attains.sum()), n) if n else None
    return figure_of_days(indicator, facts, exact, last_day(facts).evaluation.rate_decimals, valid, rules=LIMITS)


def daily_attainment(facts: Facts, quantities: tuple[str, ...]) -> tuple[BoolArray, BoolArray]:
    """Whether each day attains in all items, and whether it is valid; (..., n_days) each.

    Items that are not monitored are not missed, but a day without any value is not valid.
    """
    days = days_of(facts)
    there = np.any([days.values[quantity] != MISSING for quantity in quantities], axis=0)
    exceeds = np.zeros(days.ozone_hour_max.shape, dtype=bool)
    complete = np.ones(days.ozone_hour_max.shape, dtype=bool)
    for quantity in quantities:
        values = days.values[quantity]
        for cut, limits in facts.standards.runs(AirLimits, facts.period, staged=facts.staged):
            limit = limits.limit(quantity, "day", facts.area_class)
            assert limit is not None  # `check_quantities` wants one of every basic item
            exceeds[..., cut] |= values[..., cut] > int(limit * MICRO)
        if quantity not in facts.not_monitored:
            complete &= values != MISSING
    valid = there & (complete | exceeds)
    return valid & ~exceeds, valid


def _count(days: BoolArray, valid: BoolArray) -> Fraction | None:
    return Fraction(int(days.sum())) if valid.any() else None
