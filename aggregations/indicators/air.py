"""Indicators of air: means and the good-day ratio."""

from fractions import Fraction

from aggregations.figures import Figure, scaled
from aggregations.indicators.facts import Facts, Indicator, figure
from aggregations.periods import Period
from aggregations.standards import AirEvaluation, AirIndex, AirLimits


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
    return figure(
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
    return figure(
        indicator, facts, (limits, evaluation, index), exact, index.ratio_decimals,
        valid=len(valid), expected=len(days), counted="days", sufficient=sufficient, excluded=excluded,
    )  # fmt: skip


def _air_standards(facts: Facts) -> tuple[AirLimits, AirEvaluation, AirIndex]:
    day = facts.period.last
    return (
        facts.standards.on(AirLimits, day, staged=facts.staged),
        facts.standards.on(AirEvaluation, day, staged=facts.staged),
        facts.standards.on(AirIndex, day, staged=facts.staged),
    )


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
