"""Why a figure is what it is: its rules with their clauses, the days that enter it, the days that moved it most."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.air.days import MISSING
from aggregations.air.hours import DAY_HOURS
from aggregations.figures import Figure
from aggregations.indicators.air_base import days_of, indexes
from aggregations.indicators.air_days import daily_attainment
from aggregations.indicators.facts import AirDays, AirHours, Facts, Indicator
from aggregations.rounding import MICRO, BoolArray, IntArray
from aggregations.standards import Standards

_OF_GOOD_DAYS = ("air.good_days", "air.longest_run.good")
"""Indicators of which the days that are not good are of interest: those are taken for good in turn, not left out."""


class RuleUsed(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that a figure rests on."""

    edition: str
    rule: str
    clause: str
    text: str
    zh: str
    confirmed: bool


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A day, what it was, and by how much the figure is different for it: the figure less what it were without it.

    Of good days and their runs: less what it were had the day been good.
    """

    day: dt.date
    values: dict[str, Decimal | None]
    aqi: int | None
    level: int | None
    moved: Decimal


def rules_used(figure: Figure, standards: Standards) -> list[RuleUsed]:
    """Return the rules that a figure rests on, in the order of its editions."""
    by_id = {standard.edition.id: standard for standard in standards.all}
    found = []
    for edition, keys in figure.rules.items():
        for key in keys:
            rule = by_id[edition].rule[key]
            found.append(
                RuleUsed(
                    edition=edition, rule=key, clause=rule.clause, text=rule.text, zh=rule.zh, confirmed=rule.confirmed
                )
            )
    return found


def counted(facts: Facts, figure: Figure) -> Facts:
    """Return the facts that the printed value of a figure was computed from: with or without exceptional events."""
    if figure.events == "excluded":
        return facts.without_events()
    return msgspec.structs.replace(facts, air_without_events=None, earlier_without_events=())


def valid_days(indicator: Indicator, facts: Facts) -> BoolArray:
    """Which days of the period enter an indicator of air. (n_days,)"""
    if indicator.valid_by == "index":
        return indexes(facts).valid
    if indicator.valid_by == "limits":
        return daily_attainment(facts, indicator.quantities)[1]
    days = days_of(facts)
    return np.asarray(np.any([days.values[q] != MISSING for q in indicator.quantities], axis=0))


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[Moved]:
    """Return the days whose absence would change an indicator of air most, the largest change first.

    Each day is left out in turn and the indicator computed again; for good days and their runs each is taken for good.
    Of days that move it as much, those with the larger index, or value, come first.

    Parameters
    ----------
    facts
        As `counted` gives them.
    most : int
        How many days at most.
    """
    whole = exact_of(indicator, facts)
    if whole is None:
        return []
    altered = good_day if indicator.name in _OF_GOOD_DAYS else without_day
    valid = valid_days(indicator, facts).nonzero()[0].tolist()
    found = indexes(facts)
    days = days_of(facts)
    moved: list[tuple[Fraction, int, int]] = []
    for i in valid:
        without = exact_of(indicator, altered(facts, i))
        size = int(found.aqi[i]) if len(indicator.quantities) > 1 else int(days.values[indicator.quantities[0]][i])
        moved.append((whole - without if without is not None else whole, size, i))
    ordered = sorted((each for each in moved if each[0]), key=lambda each: (-abs(each[0]), -each[1], each[2]))
    return [_moved(indicator, facts, found.aqi[i], found.level[i], i, by) for by, _, i in ordered[:most]]


def without_day(facts: Facts, i: int) -> Facts:
    """Return the facts without anything of one day."""
    days, hours = _with_day(facts, i, MISSING, None), facts.hours
    if hours is not None:
        first = hours.lead + i * DAY_HOURS
        values = {q: _put(v, first, DAY_HOURS, MISSING) for q, v in hours.values.items()}
        hours = AirHours(values, hours.lead)
    return msgspec.structs.replace(facts, air=days, hours=hours)


def good_day(facts: Facts, i: int) -> Facts:
    """Return the facts with a day on which every item is 0: a good one."""
    return msgspec.structs.replace(facts, air=_with_day(facts, i, 0, Fraction(0)))


def _with_day(facts: Facts, i: int, value: int, exact: Fraction | None) -> AirDays:
    days = days_of(facts)
    return AirDays(
        {q: _put(v, i, 1, value) for q, v in days.values.items()},
        {q: [*v[:i], exact, *v[i + 1 :]] for q, v in days.exact.items()},
        days.counts,
        _put(days.ozone_hour_max, i, 1, value),
    )


def _put(values: IntArray, start: int, n: int, value: int) -> IntArray:
    copy = values.copy()
    copy[start : start + n] = value
    return copy


def _moved(indicator: Indicator, facts: Facts, aqi: int, level: int, i: int, by: Fraction) -> Moved:
    values = days_of(facts).values
    return Moved(
        day=facts.period.days()[i],
        values={q: _decimal(int(values[q][i])) for q in indicator.quantities},
        aqi=int(aqi) if level else None,
        level=int(level) or None,
        moved=significant(by),
    )


def exact_of(indicator: Indicator, facts: Facts) -> Fraction | None:
    """Return the exact value of an indicator; None where it has none."""
    text = indicator.compute(indicator, facts).exact
    return None if text is None else Fraction(text)


def _decimal(micros: int) -> Decimal | None:
    return None if micros == MISSING else (Decimal(micros) / MICRO).normalize() + 0


def significant(value: Fraction | float, digits: int = 3) -> Decimal:
    """Return a difference to a few digits, for reading only."""
    return Decimal(f"{float(value):.{digits}g}")
