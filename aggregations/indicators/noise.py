"""Indicators of noise: attainment of functional zones."""

from fractions import Fraction
from typing import Literal

from aggregations.figures import Figure, scaled
from aggregations.indicators.facts import Facts, Indicator, figure
from aggregations.periods import month
from aggregations.standards import NoiseLimits, NoiseMethod


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
        for each in facts.period.months():
            days_due = sum(monitor.station.expected_on(day) for day in each.days())
            needed += scaled(method.month_min_days, days_due, len(month(each.first.year, each.first.month)))
    missing = expected - valid
    return figure(
        indicator, facts, (limits, method), Fraction(100 * attained, valid) if valid else None, method.rate_decimals,
        valid=valid, expected=expected, counted=f"{part}s of monitors", sufficient=bool(valid) and valid >= needed,
        excluded={"too few valid hours": missing} if missing else {},
    )  # fmt: skip
