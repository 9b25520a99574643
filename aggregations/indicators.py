"""Indicators: what a plan can ask of the readings. One table of names; one function a kind.

A function takes the `Facts` of its scope and period and returns a `Figure`. It never asks whether a target is met:
that is `aggregations.plans`.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final, Literal

import msgspec

from aggregations import water
from aggregations.figures import Figure, scaled
from aggregations.periods import Period, month
from aggregations.rounding import FloatArray, IntArray, half_even
from aggregations.standards import (
    AirEvaluation,
    AirIndex,
    AirLimits,
    BlackOdour,
    NoiseLimits,
    NoiseMethod,
    Standard,
    Standards,
    WaterLimits,
    WaterMethod,
)
from sensors.quantities import Medium
from sensors.register import Station


class AirDays(msgspec.Struct, frozen=True):
    """Days of a city or station, one entry a day of the period; None where not valid.

    `values` are rounded to the decimals of their edition. [ug/m3; CO mg/m3]
    """

    values: dict[str, list[Decimal | None]]
    aqi: list[int | None]


class SectionDays(msgspec.Struct, frozen=True):
    """Daily means of one section (NaN where not valid) and numbers of results, by item; (n_days,) each."""

    station: Station
    means: dict[str, FloatArray]
    counts: dict[str, IntArray]


class MonitorDays(msgspec.Struct, frozen=True):
    """Whether each day and each night of one monitor attains; None where not valid."""

    station: Station
    day: list[bool | None]
    night: list[bool | None]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator is computed from: the derived days of a scope over a period, and the standards."""

    scope: str
    period: Period
    standards: Standards
    staged: bool
    air: AirDays | None = None
    sections: list[SectionDays] = []
    monitors: list[MonitorDays] = []


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: names, unit, medium and the function that computes it."""

    name: str
    name_zh: str
    name_en: str
    unit: str
    medium: Medium
    compute: Callable[["Indicator", Facts], Figure]


def air_mean(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Mean of the daily values, as published, of the valid days of the period.

    References
    ----------
    .. [1] GB 3095-2026, 3.11-3.13 and table 4 (least days); HJ 663 (decimals).
    """
    limits, evaluation, index = _air_standards(facts)
    days = facts.air.values[quantity] if facts.air else [None] * len(facts.period)
    valid = [Fraction(v) for v in days if v is not None]
    exact = sum(valid, Fraction(0)) / len(valid) if valid else None
    sufficient, excluded = _enough_days([v is not None for v in days], facts.period, limits)
    return _figure(
        indicator, facts, (limits, evaluation, index), exact, evaluation.mean_decimals[quantity],
        valid=len(valid), expected=len(days), counted="days", sufficient=sufficient, excluded=excluded,
    )  # fmt: skip


def good_day_ratio(indicator: Indicator, facts: Facts) -> Figure:
    """Share of the valid days whose air quality index is that of a good day. [%]

    References
    ----------
    .. [1] HJ 633 (levels 1 and 2); HJ 663 by practice: the denominator is the number of valid days.
    """
    limits, evaluation, index = _air_standards(facts)
    days = facts.air.aqi if facts.air else [None] * len(facts.period)
    valid = [aqi for aqi in days if aqi is not None]
    exact = Fraction(100 * sum(aqi <= index.good_up_to for aqi in valid), len(valid)) if valid else None
    sufficient, excluded = _enough_days([aqi is not None for aqi in days], facts.period, limits)
    return _figure(
        indicator, facts, (limits, evaluation, index), exact, index.ratio_decimals,
        valid=len(valid), expected=len(days), counted="days", sufficient=sufficient, excluded=excluded,
    )  # fmt: skip


def section_class(section: SectionDays, period: Period, limits: WaterLimits, method: WaterMethod) -> water.SectionClass:
    """Class of a section over a period: of a month from its days, of anything longer from its months.

    References
    ----------
    .. [1] Assessment method of 2011: month from results, year from months (config/standards/method-2011.toml).
    """
    return water.evaluate(section_means(section, period, method), section.station.body, limits=limits, method=method)


def section_means(section: SectionDays, period: Period, method: WaterMethod) -> dict[str, Fraction | None]:
    """Means of all items of a section over a period; None where there are too few days or months."""
    months = period.months()
    needed = scaled(method.year_min_months, len(months), 12)
    means: dict[str, Fraction | None] = {}
    for item, days in section.means.items():
        monthly = []
        for each in months:
            cut = slice((each.first - period.first).days, (each.last - period.first).days + 1)
            least = scaled(method.month_min_days, len(each), len(month(each.first.year, each.first.month)))
            monthly.append(water.month_mean(days[cut], section.counts[item][cut], item=item, min_days=least))
        means[item] = monthly[0] if len(months) == 1 else water.year_mean(monthly, item=item, min_months=needed)
    return means


def class_share(indicator: Indicator, facts: Facts, *, at_least: int | None = None, worse: bool = False) -> Figure:
    """Share of the evaluated sections at class `at_least` or better; their target class where it is None. [%]

    With `worse`, the share of sections that are worse than class `at_least`.

    References
    ----------
    .. [1] Assessment method of 2011: shares are of the sections evaluated.
    """
    limits, method = _water_standards(facts)
    good = 0
    excluded: Counter[str] = Counter()
    for section in facts.sections:
        target = at_least or water.CLASS_NAMES.index(section.station.target_class or "-")
        result = section_class(section, facts.period, limits, method).overall
        if not target:
            excluded["no target class in the register"] += 1
        elif result == water.NO_CLASS:
            excluded["too few valid months, days or items"] += 1
        else:
            good += (result > target) if worse else (result <= target)
    valid = len(facts.sections) - sum(excluded.values())
    return _figure(
        indicator, facts, (limits, method), Fraction(100 * good, valid) if valid else None, method.share_decimals,
        valid=valid, expected=len(facts.sections), counted="sections",
        sufficient=bool(valid) and not excluded, excluded=dict(excluded),
    )  # fmt: skip


def worst_class(indicator: Indicator, facts: Facts) -> Figure:
    """Worst class of the sections of the scope, as a number: 1 to 5 for I to V, 6 for worse than V."""
    limits, method = _water_standards(facts)
    classes = [section_class(s, facts.period, limits, method).overall for s in facts.sections]
    valid = [c for c in classes if c != water.NO_CLASS]
    missing = len(classes) - len(valid)
    return _figure(
        indicator, facts, (limits, method), Fraction(max(valid)) if valid else None, 0,
        valid=len(valid), expected=len(classes), counted="sections", sufficient=bool(valid) and not missing,
        excluded={"too few valid months, days or items": missing} if missing else {},
    )  # fmt: skip


def black_odorous_bodies(indicator: Indicator, facts: Facts) -> Figure:
    """Number of water bodies that were black-odorous in a month of the period, by the month's means."""
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = _water_standards(facts)
    returned = 0
    missing = 0
    for section in facts.sections:
        verdicts = []
        for each in facts.period.months():
            cut = slice((each.first - facts.period.first).days, (each.last - facts.period.first).days + 1)
            part = SectionDays(
                section.station,
                {k: v[cut] for k, v in section.means.items()},
                {k: v[cut] for k, v in section.counts.items()},
            )
            verdicts.append(water.is_black_odorous(section_means(part, each, method), guide))
        returned += any(verdicts)
        missing += not any(verdicts) and None in verdicts
    valid = len(facts.sections) - missing
    return _figure(
        indicator, facts, (guide, method), Fraction(returned) if valid else None, 0,
        valid=valid, expected=len(facts.sections), counted="bodies", sufficient=bool(valid) and not missing,
        excluded={"a month with too few valid days": missing} if missing else {},
    )  # fmt: skip


def zone_attainment(indicator: Indicator, facts: Facts, *, part: Literal["day", "night"]) -> Figure:
    """Share of the valid point-times (one monitor on one day or night) that attain, pooled. [%]

    References
    ----------
    .. [1] GB 3096-2008, 5.1; config/standards/noise-automatic-2024.toml (assumed minima).
    """
    limits = facts.standards.on(NoiseLimits, facts.period.last)
    method = facts.standards.on(NoiseMethod, facts.period.last)
    expected = valid = attained = needed = 0
    for monitor in facts.monitors:
        verdicts = monitor.day if part == "day" else monitor.night
        due = [monitor.station.expected_on(day) for day in facts.period.days()]
        expected += sum(due)
        known = [v for v, is_due in zip(verdicts, due, strict=True) if is_due and v is not None]
        valid += len(known)
        attained += sum(known)
        needed += sum(
            scaled(method.month_min_days, len(each), len(month(each.first.year, each.first.month)))
            for each in facts.period.months()
            if monitor.station.expected_on(each.first)
        )
    missing = expected - valid
    return _figure(
        indicator, facts, (limits, method), Fraction(100 * attained, valid) if valid else None, method.rate_decimals,
        valid=valid, expected=expected, counted=f"{part}s of monitors", sufficient=bool(valid) and valid >= needed,
        excluded={"too few valid hours": missing} if missing else {},
    )  # fmt: skip


def _air_standards(facts: Facts) -> tuple[AirLimits, AirEvaluation, AirIndex]:
    day = facts.period.last
    return (
        facts.standards.on(AirLimits, day, staged=facts.staged),
        facts.standards.on(AirEvaluation, day, staged=facts.staged),
        facts.standards.on(AirIndex, day, staged=facts.staged),
    )


def _water_standards(facts: Facts) -> tuple[WaterLimits, WaterMethod]:
    return facts.standards.on(WaterLimits, facts.period.last), facts.standards.on(WaterMethod, facts.period.last)


def _enough_days(valid: list[bool], period: Period, limits: AirLimits) -> tuple[bool, dict[str, int]]:
    """Whether the valid days suffice: of each month, and of the year in proportion to the days of the period.

    A month that the period cuts is not asked for its days, so that a running month counts softly.
    """
    n = sum(valid)
    enough = n > 0
    for each in period.months():
        if each.is_month:
            least = limits.february_min_days if each.first.month == 2 else limits.month_min_days
            first = (each.first - period.first).days
            enough &= sum(valid[first : first + len(each)]) >= least
    if not period.is_month:
        enough &= n >= scaled(limits.year_min_days, min(len(period), 365), 365)
    missing = len(valid) - n
    return enough, {"too few valid hours or stations": missing} if missing else {}


def _figure(
    indicator: Indicator,
    facts: Facts,
    standards: tuple[Standard, ...],
    exact: Fraction | None,
    decimals: int,
    *,
    valid: int,
    expected: int,
    counted: str,
    sufficient: bool,
    excluded: dict[str, int],
) -> Figure:
    return Figure(
        indicator=indicator.name,
        scope=facts.scope,
        period=str(facts.period),
        value=None if exact is None else half_even(exact, decimals),
        exact=None if exact is None else str(exact),
        unit=indicator.unit,
        valid=valid,
        expected=expected,
        counted=counted,
        sufficient=sufficient,
        excluded=excluded,
        editions={s.edition.id: facts.standards.digests[s.edition.id] for s in standards},
        assumed=[f"{s.edition.id}: {rule}" for s in standards for rule in s.edition.assumed],
    )


def _air(name: str, zh: str, en: str, unit: str, compute: Callable[[Indicator, Facts], Figure]) -> Indicator:
    return Indicator(name=name, name_zh=zh, name_en=en, unit=unit, medium="air", compute=compute)


def _water(name: str, zh: str, en: str, unit: str, compute: Callable[[Indicator, Facts], Figure]) -> Indicator:
    return Indicator(name=name, name_zh=zh, name_en=en, unit=unit, medium="water", compute=compute)


def _noise(name: str, zh: str, en: str, unit: str, compute: Callable[[Indicator, Facts], Figure]) -> Indicator:
    return Indicator(name=name, name_zh=zh, name_en=en, unit=unit, medium="noise", compute=compute)


_TABLE = (
    *(
        _air(f"air.annual_mean.{key}", f"{zh}平均浓度", f"mean of {en}", "ug/m3", partial(air_mean, quantity=key))
        for key, zh, en in (("pm25", "PM2.5", "PM2.5"), ("pm10", "PM10", "PM10"), ("so2", "二氧化硫", "SO2"), ("no2", "二氧化氮", "NO2"))
    ),
    _air("air.good_day_ratio", "优良天数比例", "good-day ratio", "%", good_day_ratio),
    _water("water.good_ratio", "Ⅰ-Ⅲ类断面比例", "sections at class III or better", "%", partial(class_share, at_least=3)),
    _water("water.v_or_better_ratio", "Ⅰ-Ⅴ类断面比例", "sections at class V or better", "%", partial(class_share, at_least=5)),
    _water("water.worse_than_v_ratio", "劣Ⅴ类断面比例", "sections worse than class V", "%", partial(class_share, at_least=5, worse=True)),
    _water("water.target_attainment", "断面水质达标率", "sections at their target class", "%", class_share),
    _water("water.source_attainment", "饮用水水源水质达标率", "drinking-water sources attaining", "%", partial(class_share, at_least=3)),
    _water("water.worst_class", "最差水质类别", "worst class of the sections", "class", worst_class),
    _water("water.black_odorous_bodies", "黑臭水体数", "black-odorous water bodies", "bodies", black_odorous_bodies),
    _noise("noise.day_attainment", "功能区声环境昼间达标率", "day attainment of functional zones", "%", partial(zone_attainment, part="day")),
    _noise("noise.night_attainment", "功能区声环境夜间达标率", "night attainment of functional zones", "%", partial(zone_attainment, part="night")),
)  # fmt: skip

INDICATORS: Final[dict[str, Indicator]] = {indicator.name: indicator for indicator in _TABLE}
"""All indicators by name, in the order in which they are listed."""

