"""Outlook of attainment of noise: the days or nights of all monitors drawn together from earlier years."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import numpy as np

from aggregations import noise
from aggregations.figures import scaled
from aggregations.indicators.facts import Facts, Indicator, MonitorDays
from aggregations.indicators.noise import classes_of, due_days, standards_of, verdicts_in
from aggregations.noise import PartOfDay
from aggregations.noise.judging import NONE, attaining, limits_of, night_verdicts
from aggregations.outlook import NO_EARLIER_YEAR, Outlook, method, none
from aggregations.outlook.blocks import draw, same_days, usable_years
from aggregations.outlook.chances import NO_VALUE, Held, of_members
from aggregations.periods import DAY, Period
from aggregations.rounding import BoolArray, FloatArray, IntArray, divide_half_even, half_even

ATTAINMENT: Final = ("noise.day_attainment", "noise.night_attainment")
"""Indicators that there is an outlook of, with those of single classes."""


def knows(indicator: str) -> bool:
    """Whether there is an outlook of an indicator."""
    return indicator.startswith(ATTAINMENT)


def outlook_of(
    indicator: Indicator,
    so_far: Facts,
    earlier: Mapping[int, Facts],
    as_of: dt.date,
    held: Held,
    *,
    value_so_far: Decimal | None,
    members: int = method.MEMBERS,
    seed: int = method.SEED,
) -> Outlook:
    """Return the outlook of a rate of attainment.

    A drawn day has the levels of the earlier day, each monitor's moved by the part that is kept of the difference of
    its mean levels of this year and of that one, and all by what the rest of a year has of its own, normal, one a
    member. They are judged anew, by the limits in force and the zone class of the day that they stand for. A monitor
    that an earlier year does not have is missing where that year is drawn.

    Parameters
    ----------
    so_far : Facts
        Of the whole year of the target; what lies after `as_of` is not read.
    earlier : by year, Facts
        Of whole calendar years, of the same monitors in the same order.
    """
    period, unit = so_far.period, indicator.unit
    rest, n_past = Period(as_of + DAY, period.last), (as_of - period.first).days + 1
    part = indicator.part
    assert part is not None  # a rate of attainment is of days or of nights
    limits, used = standards_of(so_far)
    classes = classes_of(indicator.zone, used)
    due = np.array([due_days(each, so_far, classes) for each in so_far.monitors]).reshape(-1, len(period))
    levels = {y: _levels(facts, part) for y, facts in earlier.items()}
    expected = due[:, n_past:].any(axis=1)
    valid = {y: _known_share(of[expected]) for y, of in levels.items()}
    years = usable_years(valid, rest) if expected.any() else []
    if not years:
        return none(unit, NO_EARLIER_YEAR, so_far=value_so_far)
    past = Period(period.first, as_of)
    now = _levels(so_far, part)[:, :n_past]
    random = np.random.default_rng([seed, period.first.year, n_past])
    of_year, place = draw(random, rest, years, members=members)
    shifts = np.stack([method.NOISE.kept * _difference(now, levels[y][:, same_days(past, y)]) for y in years])
    spread = method.NOISE.year**2 + method.NOISE.day**2 / max(len(rest), method.MIN_SPAN)
    sd = float(np.sqrt(spread * (1 + 1 / len(years))))
    common = sd * random.standard_normal(members)
    verdicts = [verdicts_in(indicator, so_far, each)[:n_past] for each in so_far.monitors]
    past_valid = due[:, :n_past] & np.array([[v is not None for v in each] for each in verdicts])
    past_good = past_valid & np.array([[v is True for v in each] for each in verdicts])
    counts = np.zeros((2, len(so_far.monitors), members), dtype=np.int64)
    tables = _tables([levels[y] for y in years])
    peak_levels = _tables([_peaks(earlier[y]) for y in years]) if part == "night" else tables
    for i, monitor in enumerate(so_far.monitors):
        drawn = tables[i][of_year, place] + shifts[of_year, i] + common[:, None]
        named = (monitor.zones or [monitor.station.zone_class or "0"] * len(period))[n_past:]
        if part == "night":
            peaks = peak_levels[i][of_year, place] + shifts[of_year, i] + common[:, None]
            attains = night_verdicts(drawn, peaks, named, limits=limits, method=used)
        else:
            attains = attaining(drawn, limits_of(named, part, limits), used)
        counts[0, i] = past_valid[i].sum() + (due[i, n_past:] & (attains != NONE)).sum(axis=1)
        counts[1, i] = past_good[i].sum() + (due[i, n_past:] & (attains == 1)).sum(axis=1)
    ahead = due[:, n_past:].sum(axis=1)
    extremes = np.array(
        [
            [past_valid.sum(axis=1) + ahead, past_good.sum(axis=1) + ahead],
            [past_valid.sum(axis=1) + ahead, past_good.sum(axis=1)],
        ]
    ).transpose(1, 2, 0)
    return of_members(
        _rates(counts, used.pooling, used.rate_decimals), used.rate_decimals, held, unit=unit,
        method="blocks_of_nights_and_days", years=years, seed=seed,
        extremes=_rates(extremes, used.pooling, used.rate_decimals) if used.pooling == "point_times" else None,
        lack=_lack(so_far, due, past_valid, used.month_min_days), so_far=value_so_far,
    )  # fmt: skip


def _rates(counts: IntArray, pooling: str, decimals: int) -> IntArray:
    """Rates of attainment as printed, in units of their last decimal; NO_VALUE without a valid point-time.

    Parameters
    ----------
    counts : (2, n_monitors, n_members) int
        Valid point-times, and those that attain.
    """
    if pooling == "point_times":
        valid, good = counts.sum(axis=1)
        rates = divide_half_even(good * 100 * 10**decimals, np.maximum(valid, 1))
        return np.where(valid > 0, rates, NO_VALUE)
    found = []
    for member in range(counts.shape[2]):
        pairs = [noise.PointTimes(int(v), int(g)) for v, g in counts[:, :, member].T]
        rate = noise.attainment_rate(pairs, pooling="mean_of_stations")
        found.append(NO_VALUE if rate is None else int(half_even(rate, decimals).scaleb(decimals)))
    return np.array(found, dtype=np.int64)


def _lack(facts: Facts, due: BoolArray, past_valid: BoolArray, least: int) -> str | None:
    """Why the year cannot be judged any more, were all days to come valid; None where it can."""
    n_past = past_valid.shape[1]
    needed = 0
    for each in facts.period.months():
        first = (each.first - facts.period.first).days
        whole = due[:, first : first + len(each)]
        needed += sum(scaled(least, int(n), whole.shape[1]) for n in whole.sum(axis=1))
    most = int(past_valid.sum() + due[:, n_past:].sum())
    return None if most >= needed else "the year cannot have enough valid days any more"


def _levels(facts: Facts, part: PartOfDay) -> FloatArray:
    """Ld or Ln of the monitors, NaN where the day or night is not valid. (n_monitors, n_days) [dB]"""

    def of(monitor: MonitorDays) -> FloatArray:
        levels = monitor.ld if part == "day" else monitor.ln
        verdicts = monitor.day if part == "day" else monitor.night
        known = np.array([verdict is not None for verdict in verdicts])
        return np.where(known, np.nan if levels is None else levels, np.nan)

    return np.array([of(each) for each in facts.monitors]).reshape(-1, len(facts.period))


def _peaks(facts: Facts) -> FloatArray:
    """Largest levels of the nights of the monitors, NaN where not known. (n_monitors, n_days) [dB]"""
    none = np.full(len(facts.period), np.nan)
    return np.array([none if each.ln_max is None else each.ln_max for each in facts.monitors])


def _tables(years: list[FloatArray]) -> FloatArray:
    """Levels of years of 365 or 366 days as one array. (n_monitors, n_years, 366)"""
    longest = max(each.shape[1] for each in years)
    gaps = [np.pad(each, ((0, 0), (0, longest - each.shape[1])), constant_values=np.nan) for each in years]
    return np.stack(gaps, axis=1)


def _known_share(levels: FloatArray) -> BoolArray:
    """On which days at least half of the monitors have a level. (n_days,) bool"""
    return np.asarray(np.isfinite(levels).mean(axis=0) >= 0.5)


def _difference(now: FloatArray, before: FloatArray) -> FloatArray:
    """Mean level of each monitor this year less that of the same days before; 0 where too few are of both. [dB]"""
    found = np.zeros(len(now))
    for i, (mine, theirs) in enumerate(zip(now, before, strict=True)):
        both = (np.isfinite(mine) & np.isfinite(theirs)).nonzero()[0][-method.LEVEL_DAYS :]
        if len(both) >= method.MIN_PAIRS:
            found[i] = float((mine[both] - theirs[both]).mean())
    return found
