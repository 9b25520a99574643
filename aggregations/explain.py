"""Why a figure is what it is: its rules with their clauses, the days that enter it, the days that moved it most."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations import indicators
from aggregations.air.days import MISSING
from aggregations.air.hours import DAY_HOURS
from aggregations.figures import Figure
from aggregations.indicators.air_base import days_of, indexes
from aggregations.indicators.air_days import daily_attainment
from aggregations.indicators.facts import AirDays, AirHours, Facts, Indicator
from aggregations.rounding import MICRO, BoolArray
from aggregations.standards import Standards

_MOVED_AS = {
    "air.good_days": "air.good_day_ratio",
    "air.longest_run.good": "air.good_day_ratio",
}
"""Indicators of which the days that are *not* counted are of interest, and the one that tells them."""


class RuleUsed(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that a figure rests on."""

    edition: str
    rule: str
    clause: str
    text: str
    zh: str
    confirmed: bool


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A day, what it was, and by how much the figure is different for it: the figure less what it were without it."""

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
    return np.asarray(np.all([days.values[q] != MISSING for q in indicator.quantities], axis=0))


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[Moved]:
    """Return the days whose absence would change an indicator of air most, the largest change first.

    Each day is left out in turn and the indicator computed again. Of days that move it as much, those with the larger
    index, or value, come first.

    Parameters
    ----------
    facts
        As `counted` gives them.
    most : int
        How many days at most.
    """
    measured = indicators.INDICATORS[_MOVED_AS.get(indicator.name, indicator.name)]
    whole = exact_of(measured, facts)
    if whole is None:
        return []
    valid = valid_days(measured, facts).nonzero()[0].tolist()
    found = indexes(facts)
    days = days_of(facts)
    moved: list[tuple[Fraction, int, int]] = []
    for i in valid:
        without = exact_of(measured, without_day(facts, i))
        size = int(found.aqi[i]) if len(indicator.quantities) > 1 else int(days.values[indicator.quantities[0]][i])
        moved.append((whole - without if without is not None else whole, size, i))
    ordered = sorted((each for each in moved if each[0]), key=lambda each: (-abs(each[0]), -each[1], each[2]))
    return [_moved(indicator, facts, found.aqi[i], found.level[i], i, by) for by, _, i in ordered[:most]]


def without_day(facts: Facts, i: int) -> Facts:
    """Return the facts without anything of one day."""
    days = days_of(facts)

    def emptied(values: np.ndarray, start: int, n: int) -> np.ndarray:
        copy = values.copy()
        copy[start : start + n] = MISSING
        return copy

    less = AirDays(
        {q: emptied(v, i, 1) for q, v in days.values.items()},
        {q: [*v[:i], None, *v[i + 1 :]] for q, v in days.exact.items()},
        days.counts,
        emptied(days.ozone_hour_max, i, 1),
    )
    hours = facts.hours
    if hours is not None:
        first = hours.lead + i * DAY_HOURS
        hours = AirHours({q: emptied(v, first, DAY_HOURS) for q, v in hours.values.items()}, hours.lead)
    return msgspec.structs.replace(facts, air=less, hours=hours)


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
