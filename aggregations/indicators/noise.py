"""Indicators of noise from automatic monitors: attainment by point-times, levels of periods, collection rates."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from aggregations import noise
from aggregations.figures import Figure, scaled
from aggregations.indicators.facts import Facts, Indicator, MonitorDays, Rules, figure
from aggregations.noise import PartOfDay, PointTimes
from aggregations.periods import DAY, month
from aggregations.rounding import BoolArray, FloatArray
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import ZoneClass

_HOURS: Final = ("vdr", "samples", "weather", "weather_vdr", "hour_minimum", "applied_before")
_LEVELS: Final = (*_HOURS, "energy_mean", "part_minima", "month_minimum")

PEAK: Final = "noise.night_peak_attainment"
DAY_NIGHT: Final = "noise.mean_level.day_night"
TOLD: Final = 3
"""How many months of monitors with too few valid days a figure names."""


def zone_attainment(indicator: Indicator, facts: Facts, *, part: PartOfDay, zone: ZoneClass | None = None) -> Figure:
    """Share of the valid point-times (one monitor on one day or night) that attain; of one class or all counted. [%]

    References
    ----------
    .. [1] GB 3096-2008, 5.1; config/standards/noise-automatic-2024.toml (assumed minima).
    """
    _, method = standards_of(facts)
    pairs = [verdicts_of(indicator, monitor, facts, classes_of(zone, method)) for monitor in facts.monitors]
    counts = [PointTimes(int(valid.sum()), int(attained.sum())) for valid, attained in pairs]
    exact = noise.attainment_rate(counts, pooling=method.pooling)
    more = ("judged", "point_times", "pooling", "rates", "night_peak", *(("peak",) if indicator.name == PEAK else ()))
    return _of_point_times(
        indicator, facts, exact, method.rate_decimals, [valid for valid, _ in pairs], part=part, zone=zone, more=more,
        limits=("limits",),
    )  # fmt: skip


def mean_level(indicator: Indicator, facts: Facts, *, part: PartOfDay, zone: ZoneClass | None = None) -> Figure:
    """Energy mean of the valid daily levels (Ld, Ln or Ldn) of the monitors, all their days together. [dB]

    References
    ----------
    .. [1] noise.md, 3.2, rule 4 (recalled).
    """
    _, method = standards_of(facts)
    levels = []
    valid = []
    for monitor in facts.monitors:
        values = levels_of(indicator, facts, monitor)
        valid.append(due_days(monitor, facts, classes_of(zone, method)) & np.isfinite(values))
        levels.append(values[valid[-1]])
    mean = noise.period_level(np.concatenate(levels) if levels else np.empty(0))
    exact = None if np.isnan(mean) else noise.without_noise(mean)
    return _of_point_times(
        indicator, facts, exact, method.level_decimals, valid, part=part, zone=zone, limits=(),
        more=("period_level", "statistical_day") if indicator.name == DAY_NIGHT else ("period_level",),
    )  # fmt: skip


def point_times(indicator: Indicator, facts: Facts, *, part: PartOfDay, zone: ZoneClass | None = None) -> Figure:
    """Number of valid point-times. [point-times]"""
    _, method = standards_of(facts)
    valid = [verdicts_of(indicator, monitor, facts, classes_of(zone, method))[0] for monitor in facts.monitors]
    exact = Fraction(sum(int(each.sum()) for each in valid)) if valid else None
    return _of_point_times(indicator, facts, exact, 0, valid, part=part, zone=zone, more=("point_times",), limits=())


def collection_rate(indicator: Indicator, facts: Facts) -> Figure:
    """Samples collected of those due on the days of the monitors. [%]

    References
    ----------
    .. [1] HJ 906-2017, 3: valid data rate.
    """
    return _rate(indicator, facts, [monitor.collected for monitor in facts.monitors])


def valid_collection_rate(indicator: Indicator, facts: Facts) -> Figure:
    """Samples collected and not taken out by weather, of those due on the days of the monitors. [%]"""
    return _rate(indicator, facts, [monitor.entered for monitor in facts.monitors])


def standards_of(facts: Facts) -> tuple[NoiseLimits, NoiseMethod]:
    """Return the limits and the method of the last day of the period."""
    return facts.standards.on(NoiseLimits, facts.period.last), facts.standards.on(NoiseMethod, facts.period.last)


def classes_of(zone: ZoneClass | None, method: NoiseMethod) -> Collection[ZoneClass]:
    """Return the classes that are counted: one, or all that the method names."""
    return (zone,) if zone else method.classes


def due_days(monitor: MonitorDays, facts: Facts, classes: Collection[ZoneClass]) -> BoolArray:
    """On which days of the period the monitor counts and is of one of the classes. (n_days,)"""
    station, period = monitor.station, facts.period
    day = np.arange(len(period))
    due = np.ones(len(period), dtype=np.bool_)
    if station.since is not None:
        due &= day >= (station.since - period.first).days
    if station.until is not None:
        due &= day < (station.until - period.first).days
    zones: set[ZoneClass | None] = {*monitor.zones} if monitor.zones else {station.zone_class}
    if zones.isdisjoint(classes):
        return np.zeros_like(due)
    if zones.issubset(classes):
        return due
    return due & np.array([zone in classes for zone in monitor.zones], dtype=np.bool_)


def verdicts_of(
    indicator: Indicator, monitor: MonitorDays, facts: Facts, classes: Collection[ZoneClass]
) -> tuple[BoolArray, BoolArray]:
    """Which days or nights that count have the verdict that an indicator is of, and which of them attain. (n_days,)"""
    verdicts = verdicts_in(indicator, facts, monitor)
    due = due_days(monitor, facts, classes)
    return due & np.array([v is not None for v in verdicts]), due & np.array([v is True for v in verdicts])


def verdicts_in(indicator: Indicator, facts: Facts, monitor: MonitorDays) -> list[bool | None]:
    """Return the verdicts that an indicator is of: on days, on nights, or on the largest levels of nights."""
    if indicator.name == PEAK:
        return monitor.peak or [None] * len(facts.period)
    return monitor.day if indicator.part == "day" else monitor.night


def levels_of(indicator: Indicator, facts: Facts, monitor: MonitorDays) -> FloatArray:
    """Return the levels that an indicator is of; NaN where there is none. (n_days,) [dB]"""
    if indicator.name == DAY_NIGHT:
        known = monitor.ldn
    elif indicator.name == PEAK:
        known = monitor.ln_max
    else:
        known = monitor.ld if indicator.part == "day" else monitor.ln
    return np.full(len(facts.period), np.nan) if known is None else known


def _of_point_times(
    indicator: Indicator,
    facts: Facts,
    exact: Fraction | None,
    decimals: int,
    valid: Sequence[BoolArray],
    *,
    part: PartOfDay,
    zone: ZoneClass | None,
    more: tuple[str, ...],
    limits: tuple[str, ...],
) -> Figure:
    """Figure of valid point-times, held against the least days of each month."""
    used = standards_of(facts)
    method = used[1]
    due = [due_days(monitor, facts, classes_of(zone, method)) for monitor in facts.monitors]
    n, expected = sum(int(each.sum()) for each in valid), sum(int(each.sum()) for each in due)
    months = _months(valid, due, facts, method)
    needed = sum(least for each in months for _, _, least in each)
    rules: Rules = {
        NoiseLimits: ("day_hours", *limits, *(("night_peak",) if "night_peak" in more and part == "night" else ())),
        NoiseMethod: (
            *_LEVELS,
            *(("statistical_day",) if part == "night" else ()),
            *(("classes",) if zone is None else ()),
            *(each for each in more if each != "night_peak" or part == "night"),
        ),
    }
    reasons = []
    if not n:
        reasons = [f"no valid {part}"]
    elif n < needed:
        reasons = [f"the period: {n} of at least {needed} valid {part}s of monitors"]
    thin = [
        f"{monitor.station.id} {name}"
        for monitor, each in zip(facts.monitors, months, strict=True)
        for name, found, least in each
        if found < least
    ]
    lacks = "too few valid hours, or no largest level" if indicator.name == PEAK else "too few valid hours"
    more_ = ", ..." if len(thin) > TOLD else ""
    marks = [f"too few valid {part}s, pooled all the same: {', '.join(thin[:TOLD])}{more_} ({len(thin)})"]
    return figure(
        indicator, facts, used, exact, decimals,
        valid=n, expected=expected, counted=f"{part}s of monitors", sufficient=bool(n) and n >= needed,
        excluded={lacks: expected - n} if n < expected else {}, rules=rules, reasons=reasons,
        provisional=[*_running(facts), *(marks if thin and not reasons else []), *_changes(facts)],
    )  # fmt: skip


def _months(
    valid: Sequence[BoolArray], due: Sequence[BoolArray], facts: Facts, method: NoiseMethod
) -> list[list[tuple[str, int, int]]]:
    """Of each monitor name, valid days and the least that its days due ask for, of each month."""
    if not valid:
        return []
    months = facts.period.months()
    starts = [(each.first - facts.period.first).days for each in months]
    n_valid, n_due = (np.add.reduceat(np.stack(days), starts, axis=1, dtype=np.int64).tolist() for days in (valid, due))
    names = [f"{each.first:%Y-%m}" for each in months]
    whole = [len(month(each.first.year, each.first.month)) for each in months]
    return [
        [
            (name, n, scaled(method.month_min_days, m, days))
            for name, n, m, days in zip(names, of_valid, of_due, whole, strict=True)
        ]
        for of_valid, of_due in zip(n_valid, n_due, strict=True)
    ]


def _changes(facts: Facts) -> list[str]:
    """Monitors whose zone class changed in the period."""
    return [
        f"{monitor.station.id}: class {before} before {facts.period.first + i * DAY}, {now} from then on"
        for monitor in facts.monitors
        if len({*monitor.zones}) > 1
        for i, (before, now) in enumerate(zip(monitor.zones, monitor.zones[1:], strict=False), 1)
        if before != now
    ]


def _running(facts: Facts) -> list[str]:
    """The month that the period ends in the middle of."""
    last = facts.period.last
    if last == month(last.year, last.month).last:
        return []
    return [f"{last:%Y-%m} is not whole: up to {last}"]


def _rate(indicator: Indicator, facts: Facts, rates: Sequence[FloatArray | None]) -> Figure:
    used = standards_of(facts)
    total = 0.0
    expected = n = 0
    for monitor, known in zip(facts.monitors, rates, strict=True):
        due = due_days(monitor, facts, used[1].classes)
        values = np.zeros(len(facts.period)) if known is None else np.nan_to_num(known)
        total += float(values[due].sum())
        expected += int(due.sum())
        n += int((values[due] > 0).sum())
    exact = noise.without_noise(total / expected) if expected else None
    rules: Rules = {NoiseMethod: ("vdr", "samples", "weather", "weather_vdr", "rates", "applied_before")}
    return figure(
        indicator, facts, (used[1],), exact, used[1].rate_decimals,
        valid=n, expected=expected, counted="days of monitors", sufficient=bool(expected),
        excluded={"nothing collected": expected - n} if n < expected else {}, rules=rules,
        reasons=[] if expected else ["no monitor"], provisional=_running(facts),
    )  # fmt: skip
