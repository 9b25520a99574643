"""Figures of a period for many stations at once: what the indicators of air say, over arrays of stations.

`aggregations.indicators.air` and `.air_days` say what each figure is; here each is a ratio of integers, one a station.
"""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import reduce

import msgspec
import numpy as np

from aggregations.air import statistics
from aggregations.air.days import MISSING, DayValues
from aggregations.air.statistics import Ratios
from aggregations.indicators.air_base import Indexes, LastDay, days_of, last_day
from aggregations.indicators.air_days import daily_attainment
from aggregations.indicators.facts import Facts
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import BASIC_ITEMS, AirLimits, AirRanking


class YearFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one indicator for many stations; arrays (n_stations,).

    The value is `numerators / denominators`, in the indicator's unit; a denominator of 0 stands for no value.
    `printed` is the value rounded once, half to even, in units of its last decimal (`decimals`), MISSING for none.
    `valid` counts the days that entered, `sufficient` tells whether they are enough.
    """

    numerators: IntArray
    denominators: IntArray
    printed: IntArray
    decimals: int
    valid: IntArray
    sufficient: BoolArray


class _Days(msgspec.Struct, frozen=True):
    """Which days are valid, (n_stations, n_days), how many they are, and whether they suffice, (n_stations,)."""

    mask: BoolArray
    n: IntArray
    enough: BoolArray


class _Item(msgspec.Struct, frozen=True):
    """Days of one quantity, its mean and percentile in micros, and both as they are printed. [micros]"""

    days: _Days
    mean: Ratios
    percentile: Ratios
    printed_mean: IntArray
    printed_percentile: IntArray
    mean_decimals: int
    percentile_decimals: int


def figures(facts: Facts, found: Indexes, exact: Mapping[str, list[DayValues]]) -> dict[str, YearFigure]:
    """Return the figures of stations by name of the indicator.

    Parameters
    ----------
    facts : Facts
        Of many stations: the arrays of `air` are (n_stations, n_days).
    found : Indexes
        The indexes of the days of the facts.
    exact : by quantity
        Daily values before rounding, one stretch after the other; read only where means are taken from them.
    """
    used = last_day(facts)
    items = {q: _item(facts, used, q, exact) for q in BASIC_ITEMS}
    whole = _whole(items)
    rows: list[Iterator[tuple[str, YearFigure]]] = [
        _concentrations(items, used),
        _attainments(facts, items, whole, used),
        _multiples(facts, items, used),
        _composite(facts, items, whole, used),
        _index_days(facts, found, used),
        _days_within_limits(facts, items, used),
    ]
    return {f"air.{name}": figure for each in rows for name, figure in each}


def _days(facts: Facts, used: LastDay, mask: BoolArray) -> _Days:
    least = statistics.least_days(mask, facts.period, used.limits)
    return _Days(mask, least.total, least.enough())


def _whole(items: Mapping[str, _Item]) -> _Days:
    """Days on which every item is valid; enough where each item has enough of its own."""
    mask = reduce(np.logical_and, (item.days.mask for item in items.values()))
    enough = reduce(np.logical_and, (item.days.enough for item in items.values()))
    return _Days(mask, statistics.count(mask), enough)


def _figure(numerators: IntArray, denominators: IntArray, decimals: int, days: _Days) -> YearFigure:
    there = denominators > 0
    rounded = divide_half_even(numerators * 10**decimals, np.where(there, denominators, 1))
    return YearFigure(
        numerators=numerators, denominators=denominators, printed=np.where(there, rounded, MISSING), decimals=decimals,
        valid=days.n, sufficient=days.enough,
    )  # fmt: skip


def _item(facts: Facts, used: LastDay, quantity: str, exact: Mapping[str, list[DayValues]]) -> _Item:
    values, evaluation = days_of(facts).values[quantity], used.evaluation
    percentile = statistics.percentile(values, evaluation.percentile[quantity])
    if evaluation.period_mean_from == "exact_days":
        mean = statistics.mean_of_exact(exact[quantity])
    else:
        mean = statistics.mean(values)
    mean_decimals, percentile_decimals = evaluation.mean_decimals[quantity], evaluation.percentile_decimals[quantity]
    return _Item(
        _days(facts, used, values != MISSING), mean, percentile, mean.rounded(mean_decimals),
        percentile.rounded(percentile_decimals), mean_decimals, percentile_decimals,
    )  # fmt: skip


def _concentrations(items: Mapping[str, _Item], used: LastDay) -> Iterator[tuple[str, YearFigure]]:
    def row(ratios: Ratios, printed: IntArray, decimals: int, days: _Days) -> YearFigure:
        units = np.where(printed == MISSING, MISSING, printed // (MICRO // 10**decimals))
        return YearFigure(
            numerators=ratios.numerators, denominators=ratios.denominators * MICRO, printed=units, decimals=decimals,
            valid=days.n, sufficient=days.enough,
        )  # fmt: skip

    for q, item in items.items():
        if q in used.limits.year_limit:
            yield f"annual_mean.{q}", row(item.mean, item.printed_mean, item.mean_decimals, item.days)
        yield f"percentile.{q}", row(item.percentile, item.printed_percentile, item.percentile_decimals, item.days)


def _attainments(
    facts: Facts, items: Mapping[str, _Item], whole: _Days, used: LastDay
) -> Iterator[tuple[str, YearFigure]]:
    attained = {}
    for q, item in items.items():
        held = [(item.percentile, used.limits.limit(q, "day", facts.area_class))]
        held.append((item.mean, used.limits.limit(q, "year", facts.area_class)))
        verdicts = [_within(ratios, Fraction(limit), q, used) for ratios, limit in held if limit is not None]
        attained[q] = reduce(np.logical_and, verdicts)
        there = item.days.n > 0
        yield f"attainment.{q}", _figure((attained[q] & there).astype(np.int64), there.astype(np.int64), 0, item.days)
    known = np.all([item.days.n > 0 for item in items.values()], axis=0)
    one_fails = np.any([~attained[q] & (item.days.n > 0) for q, item in items.items()], axis=0)
    decided = one_fails | known
    yield "attainment", _figure((known & ~one_fails).astype(np.int64), decided.astype(np.int64), 0, whole)


def _within(ratios: Ratios, limit: Fraction, quantity: str, used: LastDay) -> BoolArray:
    """Whether a statistic, rounded or not as HJ 663 says, is at most its limit."""
    if used.evaluation.attainment_compares == "rounded":
        rounded = ratios.rounded(used.evaluation.judged_decimals[quantity])
        return np.asarray(rounded * limit.denominator <= limit.numerator * MICRO)
    return np.asarray(ratios.numerators * limit.denominator <= limit.numerator * MICRO * ratios.denominators)


def _multiples(facts: Facts, items: Mapping[str, _Item], used: LastDay) -> Iterator[tuple[str, YearFigure]]:
    decimals = used.evaluation.multiple_decimals
    for q, item in items.items():
        judged_decimals = used.evaluation.judged_decimals[q]
        kinds = [("mean", item.mean, used.limits.limit(q, "year", facts.area_class))]
        kinds.append(("percentile", item.percentile, used.limits.limit(q, "day", facts.area_class)))
        for name, ratios, limit in kinds:
            if limit is None:
                continue
            judged = ratios.rounded(judged_decimals)
            part = Fraction(1, 10**judged_decimals) / Fraction(limit)
            above = np.maximum(_units(judged, judged_decimals) * part.numerator - part.denominator, 0)
            denominators = np.where(judged == MISSING, 0, part.denominator)
            yield f"exceedance_multiple.{name}.{q}", _figure(above, denominators, decimals, item.days)
        yield f"exceedance_multiple.day.{q}", _largest_day(facts, q, item.days, decimals)


def _largest_day(facts: Facts, quantity: str, days: _Days, decimals: int) -> YearFigure:
    """Multiple of the largest day, each day against the limit of its edition, over a common denominator."""
    values = days_of(facts).values[quantity]
    runs = []
    for cut, limits in facts.standards.runs(AirLimits, facts.period, staged=facts.staged):
        limit = limits.limit(quantity, "day", facts.area_class)
        assert limit is not None  # `check_quantities` wants one of every basic item
        runs.append((values[:, cut].max(axis=1), Fraction(1, MICRO) / Fraction(limit)))
    common = math.lcm(*(part.denominator for _, part in runs))
    above = np.zeros(len(values), dtype=np.int64)
    for largest, part in runs:
        above = np.maximum(above, (largest * part.numerator - part.denominator) * (common // part.denominator))
    return _figure(above, np.where(days.n > 0, common, 0), decimals, days)


def _units(micros: IntArray, decimals: int) -> IntArray:
    """Printed micros in units of their last decimal, MISSING where there is none."""
    return np.where(micros == MISSING, MISSING, micros // (MICRO // 10**decimals))


def _composite(
    facts: Facts, items: Mapping[str, _Item], whole: _Days, used: LastDay
) -> Iterator[tuple[str, YearFigure]]:
    """Single indices, and their sum over a common denominator."""
    ranking = facts.standards.on(AirRanking, facts.period.last)
    units, share, printed = {}, {}, {}
    for q, statistic in ranking.statistic.items():
        item, of_mean = items[q], statistic == "mean"
        limit = used.limits.limit(q, "year" if of_mean else "day")
        assert limit is not None  # `check_quantities` wants the limits of the basic items
        decimals = item.mean_decimals if of_mean else item.percentile_decimals
        units[q] = _units(item.printed_mean if of_mean else item.printed_percentile, decimals)
        share[q] = Fraction(1, 10**decimals) / Fraction(limit)
        denominators = np.where(units[q] == MISSING, 0, share[q].denominator)
        single = _figure(units[q] * share[q].numerator, denominators, ranking.index_decimals, item.days)
        printed[q] = single.printed
        yield f"single_index.{q}", single
    if ranking.composite_rounding == "single_indices_first":
        common = 10**ranking.index_decimals
        parts = [ranking.weight[q] * printed[q] for q in printed]
    else:
        common = math.lcm(*(each.denominator for each in share.values()))
        parts = [
            ranking.weight[q] * units[q] * (each.numerator * common // each.denominator) for q, each in share.items()
        ]
    there = np.all([each != MISSING for each in units.values()], axis=0)
    denominators = np.where(there, common, 0)
    total = np.asarray(np.sum(parts, axis=0))
    yield "composite_index", _figure(total, denominators, ranking.index_decimals, whole)


def _index_days(facts: Facts, found: Indexes, used: LastDay) -> Iterator[tuple[str, YearFigure]]:
    days = _days(facts, used, found.valid)
    one = (days.n > 0).astype(np.int64)

    def number(flags: BoolArray) -> YearFigure:
        return _figure(statistics.count(flags), one, 0, days)

    kinds = {"good_day": found.good, "heavy_pollution_day": found.heavy, "exceeding_day": found.exceeding}
    for (name, flags), run in zip(kinds.items(), ("good", "heavy", "exceeding"), strict=True):
        n = statistics.count(flags)
        yield f"{name}s", _figure(n, one, 0, days)
        yield f"{name}_ratio", _figure(100 * n, days.n, used.index.ratio_decimals, days)
        yield f"longest_run.{run}", _figure(statistics.longest_run(flags), one, 0, days)
    for level in range(1, len(used.index.level) + 1):
        yield f"level_days.{level}", number(found.level == level)
    for q in BASIC_ITEMS:
        yield f"primary_days.{q}", number(found.primary[q])
        yield f"exceeding_primary_days.{q}", number(found.primary[q] & found.exceeding)


def _days_within_limits(facts: Facts, items: Mapping[str, _Item], used: LastDay) -> Iterator[tuple[str, YearFigure]]:
    decimals = used.evaluation.rate_decimals
    kinds = [("daily_attainment", BASIC_ITEMS), *((f"daily_attainment.{q}", (q,)) for q in BASIC_ITEMS)]
    for name, quantities in kinds:
        attains, valid = daily_attainment(facts, quantities)
        known = len(quantities) == 1 and quantities[0] not in facts.not_monitored
        days = items[quantities[0]].days if known else _days(facts, used, valid)
        yield name, _figure(100 * statistics.count(attains), days.n, decimals, days)
