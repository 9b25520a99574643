"""Why a figure of noise is what it is: the days and nights of monitors, and the manual results, that moved it most."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import msgspec
import numpy as np

from aggregations import noise
from aggregations.explain import exact_of, significant
from aggregations.indicators.facts import Facts, Indicator, MonitorDays
from aggregations.indicators.noise import PEAK, classes_of, due_days, levels_of, standards_of, verdicts_in, verdicts_of
from aggregations.noise import PartOfDay, PointTimes
from aggregations.periods import DAY
from aggregations.rounding import BoolArray, FloatArray, half_even
from aggregations.standards import NoiseLimits, NoiseMethod, NoiseSurvey
from sensors.noise_surveys import ComplaintReport, FunctionalResult, RegionalResult, RoadResult
from sensors.register import ZoneClass

Result = FunctionalResult | RegionalResult | RoadResult | ComplaintReport
COLLECTED: Final = "noise.collection_rate"


class MovedPointTime(msgspec.Struct, frozen=True, kw_only=True):
    """A day or night of a monitor, and by how much the figure is different for it.

    `level` is Ld or Ln as it is printed, `judged` as it is held against `limit`, `excess` by how much it is above,
    or where negative below. [dB] Of collection rates `part` is None and `rate` that of the day. [%]
    """

    station: str
    day: dt.date
    part: PartOfDay | None
    zone_class: ZoneClass
    level: Decimal | None = None
    judged: Decimal | None = None
    limit: int | None = None
    excess: Decimal | None = None
    attains: bool | None = None
    rate: Decimal | None = None
    moved: Decimal


class MovedResult(msgspec.Struct, frozen=True, kw_only=True):
    """A result of a manual survey, and by how much the figure is different for it. `when` is a quarter or year. [dB]

    Of reported complaints `point` is the source, and there is no level.
    """

    point: str
    when: str
    level: Decimal | None
    zone_class: ZoneClass | None = None
    limit: int | None = None
    excess: Decimal | None = None
    length_km: Decimal | None = None
    moved: Decimal


def valid_days(indicator: Indicator, facts: Facts, monitor: MonitorDays) -> tuple[BoolArray, BoolArray]:
    """Which days of a monitor enter an indicator, and which are due. (n_days,)"""
    _, method = standards_of(facts)
    classes = classes_of(indicator.zone, method)
    due = due_days(monitor, facts, classes)
    if indicator.unit == "dB":
        return due & np.isfinite(levels_of(indicator, facts, monitor)), due
    if indicator.part is None:
        return due & (_rates(indicator, facts, monitor) > 0), due
    return verdicts_of(indicator, monitor, facts, classes)[0], due


def class_of(monitor: MonitorDays, i: int) -> ZoneClass:
    """Return the zone class of a monitor on a day of the period."""
    zone = monitor.zones[i] if monitor.zones else monitor.station.zone_class
    assert zone is not None  # every monitor of the register has one
    return zone


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[MovedPointTime]:
    """Return the days or nights whose absence would change an indicator of automatic monitors most.

    Of attainment those that failed come first, the largest excess first, even where none attains and none moves it;
    else those that move it most. Of a number of point-times, which each moves by one, there are none.
    """
    if indicator.of_surveys or indicator.unit == "point-times":
        return []
    if indicator.unit == "dB":
        effects = _by_level(indicator, facts)
    elif indicator.part is None:
        effects = _by_rate(indicator, facts)
    else:
        effects = _by_attainment(indicator, facts)
    by_attainment = indicator.part is not None and indicator.unit == "%"
    found: list[tuple[int, int, Fraction | float]] = [(m, i, by) for m, i, by in effects if by or by_attainment]
    if len(found) > most and not by_attainment:
        found = sorted(found, key=lambda each: -abs(float(each[2])))[:most]
    limits, method = standards_of(facts)
    told = [_moved(indicator, facts, facts.monitors[m], i, by, limits, method) for m, i, by in found]

    def place(each: MovedPointTime) -> tuple[bool, Decimal, Decimal, dt.date]:
        if by_attainment:
            return each.attains is True, -abs(each.moved), -(each.excess or Decimal(0)), each.day
        return False, -abs(each.moved), Decimal(0), each.day

    return sorted((each for each in told if each.moved or each.attains is False), key=place)[:most]


def moved_results(indicator: Indicator, facts: Facts, *, most: int) -> list[MovedResult]:
    """Return the results of manual surveys whose absence would change an indicator of surveys most."""
    if not indicator.of_surveys:
        return []
    kind: Literal["functional", "regional", "road", "complaints"] = "road"
    if indicator.name.startswith("noise.complaints"):
        kind = "complaints"
    elif indicator.name.startswith("noise.manual."):
        kind = "functional"
    elif indicator.name.startswith("noise.regional_"):
        kind = "regional"
    results: Sequence[Result] = getattr(facts.surveys, kind)
    whole = exact_of(indicator, facts)
    found = []
    for i, result in enumerate(results):
        if whole is None or not _in_years(result.year, facts):
            continue
        less = msgspec.structs.replace(facts.surveys, **{kind: (*results[:i], *results[i + 1 :])})
        without = exact_of(indicator, msgspec.structs.replace(facts, surveys=less))
        if by := whole - (without if without is not None else 0):
            found.append((by, result))
    found.sort(key=lambda each: -abs(each[0]))
    return [told for by, result in found[:most] if (told := _result(indicator, facts, result, by)) is not None]


def _in_years(year: int, facts: Facts) -> bool:
    return facts.period.first.year <= year <= facts.period.last.year


def _rates(indicator: Indicator, facts: Facts, monitor: MonitorDays) -> FloatArray:
    known = monitor.collected if indicator.name == COLLECTED else monitor.entered
    return np.zeros(len(facts.period)) if known is None else np.nan_to_num(known)


Effects = Iterator[tuple[int, int, Fraction | float]]
"""Monitor, day, and by how much the figure is different for it; numbers of the facts."""


def _by_attainment(indicator: Indicator, facts: Facts) -> Effects:
    """Leave one point-time out: of one monitor all that attain move the rate alike, and all that fail."""
    _, method = standards_of(facts)
    classes = classes_of(indicator.zone, method)
    pairs = [verdicts_of(indicator, monitor, facts, classes) for monitor in facts.monitors]
    counts = [PointTimes(int(valid.sum()), int(attained.sum())) for valid, attained in pairs]
    whole = noise.attainment_rate(counts, pooling=method.pooling)
    for m, (valid, attained) in enumerate(pairs):
        for one, of in ((0, valid & ~attained), (1, attained)):
            if whole is None or not of.any():
                continue
            less = PointTimes(counts[m].valid - 1, counts[m].attained - one)
            without = noise.attainment_rate([*counts[:m], less, *counts[m + 1 :]], pooling=method.pooling)
            by = whole - (without if without is not None else 0)
            yield from ((m, i, by) for i in np.flatnonzero(of).tolist())


def _by_level(indicator: Indicator, facts: Facts) -> Effects:
    """Leave one day out of the energy mean."""
    at, values = _entering([
        (valid_days(indicator, facts, monitor)[0], levels_of(indicator, facts, monitor)) for monitor in facts.monitors
    ])  # fmt: skip
    energies = 10.0 ** (values / 10)
    if len(values) < 2:
        yield from ((m, i, float(level)) for (m, i), level in zip(at, values, strict=True))
        return
    left = (energies.sum() - energies) / (len(values) - 1)
    moved = 10 * np.log10(energies.mean()) - 10 * np.log10(left)
    yield from ((m, i, by) for (m, i), by in zip(at, moved.tolist(), strict=True))


def _by_rate(indicator: Indicator, facts: Facts) -> Effects:
    """Leave one day, which is due, out of the mean of the rates."""
    at, values = _entering([
        (valid_days(indicator, facts, monitor)[1], _rates(indicator, facts, monitor)) for monitor in facts.monitors
    ])  # fmt: skip
    if len(values) < 2:
        yield from ((m, i, float(rate)) for (m, i), rate in zip(at, values, strict=True))
        return
    moved = values.mean() - (values.sum() - values) / (len(values) - 1)
    yield from ((m, i, by) for (m, i), by in zip(at, moved.tolist(), strict=True))


def _entering(chosen: list[tuple[BoolArray, FloatArray]]) -> tuple[list[tuple[int, int]], FloatArray]:
    at = [(m, i) for m, (mask, _) in enumerate(chosen) for i in np.flatnonzero(mask).tolist()]
    parts = [values[mask] for mask, values in chosen]
    return at, np.concatenate(parts) if parts else np.empty(0)


def _moved(
    indicator: Indicator,
    facts: Facts,
    monitor: MonitorDays,
    i: int,
    by: Fraction | float,
    limits: NoiseLimits,
    method: NoiseMethod,
) -> MovedPointTime:
    zone, day, moved = class_of(monitor, i), facts.period.first + i * DAY, significant(by)
    part = indicator.part
    if part is None and indicator.unit != "dB":
        rate = half_even(noise.without_noise(float(_rates(indicator, facts, monitor)[i])), method.rate_decimals)
        return MovedPointTime(
            station=monitor.station.id, day=day, part=None, zone_class=zone, rate=rate, moved=moved
        )  # fmt: skip
    level = float(levels_of(indicator, facts, monitor)[i])
    known = bool(np.isfinite(level))
    shown = half_even(noise.without_noise(level), method.level_decimals) if known else None
    if part is None:  # Ldn, which has no limit
        return MovedPointTime(station=monitor.station.id, day=day, part=None, zone_class=zone, level=shown, moved=moved)
    limit = int(getattr(limits.zone[zone], part)) + (limits.night_peak_excess if indicator.name == PEAK else 0)
    judged = Decimal(int(noise.judged(np.array([level]), method)[0])).scaleb(-method.judge_decimals)
    verdict = verdicts_in(indicator, facts, monitor)[i]
    return MovedPointTime(
        station=monitor.station.id,
        day=day,
        part=part,
        zone_class=zone,
        level=shown,
        judged=judged if known else None,
        limit=limit,
        excess=judged - limit if known else None,
        attains=verdict,
        moved=moved,
    )


def _result(indicator: Indicator, facts: Facts, result: Result, by: Fraction) -> MovedResult | None:
    if isinstance(result, ComplaintReport):
        return MovedResult(point=result.source, when=result.period, level=None, moved=significant(by))
    if not isinstance(result, FunctionalResult):
        point, length = (result.segment, result.length_km) if isinstance(result, RoadResult) else (result.point, None)
        return MovedResult(
            point=point, when=str(result.year), level=result.leq, length_km=length, moved=significant(by)
        )  # fmt: skip
    part = indicator.part or "day"
    level = result.ld if part == "day" else result.ln
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if level is None or survey is None:
        return None
    limit = int(getattr(facts.standards.on(NoiseLimits, facts.period.last).zone[result.zone_class], part))
    judged = Decimal(int(noise.judged(np.array([float(level)]), survey)[0])).scaleb(-survey.judge_decimals)
    return MovedResult(
        point=result.point,
        when=f"{result.year}-Q{result.quarter}",
        level=level,
        zone_class=result.zone_class,
        limit=limit,
        excess=judged - limit,
        moved=significant(by),
    )
