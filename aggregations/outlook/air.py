"""Outlook of indicators of air: the rest of the year in many members, each joined to the real days so far."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from aggregations.air.days import MISSING, QUANTITIES, DayValues
from aggregations.air.year_figures import YearFigure, figures
from aggregations.indicators.air_base import indexes
from aggregations.indicators.facts import AirDays, Facts, Indicator
from aggregations.outlook import NO_EARLIER_YEAR, Outlook, method, none
from aggregations.outlook.blocks import draw, level_ratio, same_days, spread_of, usable_years
from aggregations.outlook.chances import Held, of_members
from aggregations.periods import DAY, Period
from aggregations.rounding import MICRO, FloatArray, IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirEvents, AirLimits

BEST, WORST, DRAWN = 0, 1, 2
"""Members: the first two are the rest of the year without any pollution and with more than the tables know."""
_MORE_THAN_KNOWN: Final = 10_000
"""[ug/m3; CO mg/m3]"""
GASES: Final = ("so2", "no2", "co", "o3")
_NOT_MONOTONE: Final = ("air.level_days.", "air.primary_days.", "air.exceeding_primary_days.")
"""Figures that more pollution may put either way: of these nothing is certain before the year is over."""
HOUR_MAX: Final = "o3_hour_max"


def leaves_events_out(indicator: Indicator, rule: AirEvents | None) -> bool:
    """Whether a figure is without the hours of exceptional events, by the rule at the end of its year.

    References
    ----------
    .. [1] config/standards/air-events-2016.toml; as `aggregations.indicators.compute` chooses.
    """
    if indicator.affected is None or rule is None or not set(rule.quantities) & set(indicator.quantities):
        return False
    return rule.policy[indicator.affected] == "exclude"


class Members(msgspec.Struct, frozen=True):
    """Final values of all indicators by name, arrays (2 + n,): best and worst of all rests, then those drawn."""

    figures: dict[str, YearFigure]
    years: list[int]
    seed: int


def years_for(so_far: Facts, earlier: Mapping[int, Facts], as_of: dt.date, quantities: tuple[str, ...]) -> list[int]:
    """Return the earlier years that have enough of the rest of the year, of every one of the quantities asked for.

    Quantities that are not monitored are not asked for.
    """
    wanted = [q for q in quantities if q not in so_far.not_monitored]
    valid = {
        y: np.all([_days(facts).values[q] != MISSING for q in wanted], axis=0) for y, facts in earlier.items() if wanted
    }
    return usable_years(valid, Period(as_of + DAY, so_far.period.last))


def members_of(
    so_far: Facts,
    earlier: Mapping[int, Facts],
    as_of: dt.date,
    years: list[int],
    *,
    members: int = method.MEMBERS,
    seed: int = method.SEED,
) -> Members:
    """Draw the rest of a year many times from some earlier years and compute the figures of each year that comes out.

    The value of a drawn day is that of the earlier day, times this year's level against that earlier year's to the
    power of the part that is kept, times a factor for what the rest of a year has of its own, log-normal, one a
    quantity and member; that of ozone is drawn apart, the others' together. It is rounded to a daily value, and judged
    with the real days, by the editions in force on the days that it stands for: what the earlier day was judged by does
    not matter. Gases are taken from the temperature of the earlier day's edition to that of the day they stand for.

    Parameters
    ----------
    so_far : Facts
        Of the whole year of the target; what lies after `as_of` is not read.
    earlier : by year, Facts
        Of whole calendar years.
    years : of `years_for`, at least one

    References
    ----------
    .. [1] Künsch 1989, Ann. Statist. 17, 1217: bootstrap of blocks. The level kept and its spread: `method`.
    """
    period = so_far.period
    rest = Period(as_of + DAY, period.last)
    levels = {y: _levels(earlier[y]) for y in years}
    n_past = len(period) - len(rest)
    now = {q: level[:n_past] for q, level in _levels(so_far).items()}
    past = Period(period.first, as_of)
    random = np.random.default_rng([seed, period.first.year, n_past])
    of_year, place = draw(random, rest, years, members=members)
    common, of_ozone = random.standard_normal((2, members, 1))
    drawn: dict[str, FloatArray] = {}
    for q, spread in method.AIR.items():
        shifts = np.array([spread.kept * level_ratio(now[q], levels[y][q][same_days(past, y)]) for y in years])
        sd = spread_of(spread, n_years=len(years), n_days=len(rest))
        factor = np.exp(shifts[of_year] + sd * (of_ozone if q == "o3" else common))
        widest = max(len(of[q]) for of in levels.values())
        for key in (q, HOUR_MAX) if q == "o3" else (q,):
            table = np.stack(
                [np.pad(levels[y][key], (0, widest - len(levels[y][key])), constant_values=np.nan) for y in years]
            )
            drawn[key] = table[of_year, place] * factor
    return Members(_final(so_far, drawn, n_past), years, seed)


def outlook_of(indicator: str, unit: str, members: Members | None, held: Held, so_far: Decimal | None) -> Outlook:
    """Return the outlook of one indicator from the members of its year."""
    if members is None:
        return none(unit, NO_EARLIER_YEAR, so_far=so_far)
    figure = members.figures[indicator]
    sure = not indicator.startswith(_NOT_MONOTONE)
    lack = None if figure.sufficient[BEST] else "the year cannot have enough valid days any more"
    return of_members(
        figure.printed[DRAWN:], figure.decimals, held, unit=unit, method="blocks_of_days", years=members.years,
        seed=members.seed, extremes=figure.printed[:DRAWN] if sure else None, lack=lack, so_far=so_far,
    )  # fmt: skip


def _days(facts: Facts) -> AirDays:
    assert facts.air is not None  # who asks for an outlook of air has read its days
    return facts.air


def _levels(facts: Facts) -> dict[str, FloatArray]:
    """Daily values before rounding, where they are known, NaN where missing; gases times the temperature of their day.

    So of one amount of gas there is one level, whatever temperature the edition of the day states it at.
    """
    days = _days(facts)
    kelvin = kelvins(facts)
    found = {}
    for q in QUANTITIES:
        values = np.where(days.values[q] == MISSING, np.nan, days.values[q].astype(float))
        exact = days.exact.get(q)
        if exact:
            values = np.array([v if e is None or np.isnan(v) else float(e) for v, e in zip(values, exact, strict=True)])
        found[q] = values * kelvin if q in GASES else values
    largest = days.ozone_hour_max
    found[HOUR_MAX] = np.where(largest == MISSING, np.nan, largest.astype(float)) * kelvin
    return found


def kelvins(facts: Facts) -> FloatArray:
    """Temperature that gases are stated at on each day; before the standards, that of their first day. (n_days,) [K]"""
    first = facts.standards.first_day((AirLimits,), staged=facts.staged)
    period = facts.period
    if first > period.last:
        return np.full(len(period), float(facts.standards.on(AirLimits, first, staged=facts.staged).kelvin_on(first)))
    covered = Period(max(first, period.first), period.last)
    days = covered.days()
    found = [
        float(limits.kelvin_on(day))
        for cut, limits in facts.standards.runs(AirLimits, covered, staged=facts.staged)
        for day in days[cut]
    ]
    return np.array([found[0]] * (len(period) - len(covered)) + found)


def _final(facts: Facts, drawn: dict[str, FloatArray], n_past: int) -> dict[str, YearFigure]:
    """Figures of the year of each member: real days, then drawn ones as daily values of their days' editions."""
    days, period = _days(facts), facts.period
    n = DRAWN + len(drawn[HOUR_MAX])
    kelvin = kelvins(facts)[n_past:]
    rest = {q: each / kelvin if q in (*GASES, HOUR_MAX) else each for q, each in drawn.items()}
    steps = {q: np.ones(len(period), dtype=np.int64) for q in QUANTITIES}
    for cut, evaluation in facts.standards.runs(AirEvaluation, period, staged=facts.staged):
        for q in QUANTITIES:
            steps[q][cut] = MICRO // 10 ** evaluation.decimals[q]

    def joined(past: IntArray, of_rest: FloatArray, step: IntArray, *, there: bool) -> tuple[IntArray, IntArray]:
        micros = np.where(np.isfinite(of_rest), np.rint(np.nan_to_num(of_rest)), MISSING).astype(np.int64)
        extremes = np.full((DRAWN, micros.shape[1]), MISSING, dtype=np.int64)
        if there:
            extremes[BEST], extremes[WORST] = 0, _MORE_THAN_KNOWN * MICRO
        whole = np.concatenate([extremes, micros])
        rounded = np.where(whole == MISSING, MISSING, divide_half_even(whole, step) * step)
        before = np.broadcast_to(past[:n_past], (n, n_past))
        return np.concatenate([before, rounded], axis=1), np.concatenate([before, whole], axis=1)

    values, exact = {}, {}
    for q in QUANTITIES:
        values[q], unrounded = joined(days.values[q], rest[q], steps[q][n_past:], there=q not in facts.not_monitored)
        one = np.ones_like(unrounded)
        exact[q] = [DayValues(np.where(unrounded == MISSING, 0, unrounded), one, unrounded != MISSING, one)]
    one_micro = np.ones(len(period) - n_past, dtype=np.int64)
    hour_max, _ = joined(days.ozone_hour_max, rest[HOUR_MAX], one_micro, there="o3" not in facts.not_monitored)
    years = msgspec.structs.replace(facts, air=AirDays(values, {}, {}, hour_max), earlier=[], hours=None)
    return figures(years, indexes(years), exact)
