"""Indicators of air from concentrations: means, percentiles, attainment, multiples, composite index."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations.air import statistics
from aggregations.air.composite import composite, single_index
from aggregations.air.days import MISSING
from aggregations.figures import Figure
from aggregations.indicators.air_base import days_of, last_day, merge, of_days
from aggregations.indicators.facts import AirDays, Facts, Indicator, Rules
from aggregations.rounding import MICRO, BoolArray, IntArray, half_even
from aggregations.standards import AirEvaluation, AirLimits, AirRanking, Statistic

MEAN: Rules = {AirLimits: ("period_mean",), AirEvaluation: ("statistics", "period_mean_from", "decimals")}
PERCENTILE: Rules = {AirEvaluation: ("statistics", "percentile", "percentile_days", "decimals")}
ATTAINMENT: Rules = {AirLimits: ("limits",), AirEvaluation: ("attainment",)}
MULTIPLE: Rules = {AirLimits: ("limits",), AirEvaluation: ("multiple",)}
COMPOSITE: Rules = {
    AirLimits: ("limits",),
    AirRanking: ("single_index", "composite", "rounding", "earlier"),
}


def air_mean(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Mean of the daily values of the valid days of the period.

    References
    ----------
    .. [1] GB 3095-2026, 3.11-3.13 and table 4 (least days); HJ 663 (decimals).
    """
    exact, valid = exact_mean(facts, quantity)
    return of_days(indicator, facts, exact, last_day(facts).evaluation.mean_decimals[quantity], valid, rules=MEAN)


def air_percentile(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Percentile of the daily values of the valid days of the period, at the percent of HJ 663, table 1.

    References
    ----------
    .. [1] HJ 663-2013, annex A.
    """
    evaluation = last_day(facts).evaluation
    exact, valid = exact_percentile(facts, quantity)
    return of_days(indicator, facts, exact, evaluation.percentile_decimals[quantity], valid, rules=PERCENTILE)


def moving_mean(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Mean of the printed figures of three years, the last of which is the period; each year must suffice by itself.

    Of carbon monoxide and ozone the figures of a year are their percentiles, of the others their means. A year that
    begins before the standards has no figure.

    References
    ----------
    .. [1] HJ 663-2026 (three-year moving mean; its text was not obtained).
    """
    evaluation = last_day(facts).evaluation
    one = air_mean if quantity in last_day(facts).limits.year_limit else air_percentile
    n_years = max(evaluation.moving_years, 3)
    periods = [facts.period.years_before(n) for n in range(n_years)]
    days = [facts.air, *facts.earlier, *[None] * n_years]
    first_day = facts.standards.first_day((AirLimits, AirEvaluation), staged=facts.staged)
    years = [
        msgspec.structs.replace(facts, period=period, air=of_year, earlier=[])
        for period, of_year in zip(periods, days, strict=False)
        if period.first >= first_day
    ]
    found = [one(indicator, each, quantity=quantity) for each in years]
    values = [Fraction(each.value) for each in found if each.value is not None]
    whole = len(values) == n_years and facts.period.is_year
    exact = sum(values, Fraction(0)) / n_years if whole else None
    short = [f"{each.period}: not enough valid days" for each in found if not each.sufficient]
    too_early = [period for period in periods if period.first < first_day]
    short += [f"{period}: before the standards" for period in too_early]
    if not facts.period.is_year:
        short.append("a moving mean is of whole years")
    decimals = evaluation.mean_decimals if one is air_mean else evaluation.percentile_decimals
    _, valid = exact_mean(facts, quantity)
    result = of_days(
        indicator, facts, exact, decimals[quantity], valid,
        rules=merge(MEAN if one is air_mean else PERCENTILE, {AirEvaluation: ("moving_years",)}),
    )  # fmt: skip
    excluded = {"before the standards": sum(map(len, too_early))} if too_early else {}
    editions: dict[str, str] = {}
    assumed: list[str] = []
    used: dict[str, list[str]] = {}
    for each in (result, *found):
        editions |= each.editions
        assumed += each.assumed
        used |= {edition: [*used.get(edition, ()), *keys] for edition, keys in each.rules.items()}
    for each in found:
        excluded |= {reason: n + excluded.get(reason, 0) for reason, n in each.excluded.items()}
    return msgspec.structs.replace(
        result,
        valid=sum(each.valid for each in found),
        expected=sum(map(len, periods)),
        sufficient=whole and not short,
        excluded=excluded,
        editions=editions,
        assumed=list(dict.fromkeys(assumed)),
        rules={edition: list(dict.fromkeys(keys)) for edition, keys in used.items()},
        reasons=short,
    )


def multiple(indicator: Indicator, facts: Facts, *, quantity: str, statistic: Statistic) -> Figure:
    """Multiple by which the mean, or percentile, of the period exceeds its limit, as it is judged; 0 where it attains.

    References
    ----------
    .. [1] air.md, 5.5: (C - S) / S.
    """
    used = last_day(facts)
    found, valid = exact_mean(facts, quantity) if statistic == "mean" else exact_percentile(facts, quantity)
    limit = used.limits.limit(quantity, "year" if statistic == "mean" else "day", facts.area_class)
    assert limit is not None  # the table of indicators names only what has a limit
    exact = None
    if found is not None:
        judged = half_even(found, used.evaluation.judged_decimals[quantity])
        exact = statistics.exceedance_multiple(Fraction(judged), Fraction(limit))
    rules = merge(MULTIPLE, MEAN if statistic == "mean" else PERCENTILE)
    return of_days(indicator, facts, exact, used.evaluation.multiple_decimals, valid, rules=rules)


def largest_day_multiple(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Multiple by which the largest daily value of the period exceeds the limit of its day; 0 where none does."""
    used = last_day(facts)
    values = days_of(facts).values[quantity]
    valid = values != MISSING
    largest = None
    for cut, limits in facts.standards.runs(AirLimits, facts.period, staged=facts.staged):
        limit = Fraction(limits.limit(quantity, "day", facts.area_class) or 0)
        if valid[cut].any():
            found = statistics.exceedance_multiple(Fraction(int(values[cut].max()), MICRO), limit)
            largest = found if largest is None else max(largest, found)
    return of_days(indicator, facts, largest, used.evaluation.multiple_decimals, valid, rules=MULTIPLE)


def attainment(indicator: Indicator, facts: Facts, *, quantities: tuple[str, ...]) -> Figure:
    """Whether items attain over the period: 1 where every statistic of each is within its limit, else 0.

    Of SO2, NO2, PM10 and PM2.5 both the mean and the percentile are held against limits, of CO and ozone the
    percentile. Where an item does not attain the whole does not, whatever else is missing.

    References
    ----------
    .. [1] HJ 663-2013 (recalled); GB 3095, table 1.
    """
    verdicts = [item_attains(facts, quantity) for quantity in quantities]
    known = [verdict for verdict, _ in verdicts if verdict is not None]
    exact = Fraction(0) if False in known else Fraction(1) if len(known) == len(quantities) else None
    valid = np.all([mask for _, mask in verdicts], axis=0)
    rules = merge(ATTAINMENT, MEAN, PERCENTILE)
    result = of_days(indicator, facts, exact, 0, valid, rules=rules)
    short = [q for q, (_, mask) in zip(quantities, verdicts, strict=True) if not _enough(facts, mask)]
    reasons = [f"{q}: not enough valid days" for q in short] if len(quantities) > 1 else result.reasons
    return msgspec.structs.replace(result, sufficient=exact is not None and not short, reasons=reasons)


def item_attains(facts: Facts, quantity: str) -> tuple[bool | None, BoolArray]:
    """Whether one item attains over the period (None without a valid day), and its valid days."""
    used = last_day(facts)
    percentile, valid = exact_percentile(facts, quantity)
    held = [(percentile, used.limits.limit(quantity, "day", facts.area_class))]
    year_limit = used.limits.limit(quantity, "year", facts.area_class)
    if year_limit is not None:
        held.append((exact_mean(facts, quantity)[0], year_limit))
    if percentile is None:
        return None, valid
    decimals = used.evaluation.judged_decimals[quantity]
    rounds = used.evaluation.attainment_compares == "rounded"
    return all(
        (half_even(value, decimals) if rounds else value) <= Fraction(limit)
        for value, limit in held
        if value is not None and limit is not None
    ), valid


def single(indicator: Indicator, facts: Facts, *, quantity: str) -> Figure:
    """Single index of an item: its printed statistic divided by its class II limit.

    References
    ----------
    .. [1] Huanban [2014] No. 64.
    """
    ranking = facts.standards.on(AirRanking, facts.period.last)
    value, valid = printed(facts, quantity, ranking.statistic[quantity])
    exact = None
    if value is not None:
        exact = single_index(value, quantity, limits=last_day(facts).limits, ranking=ranking)
    rules = merge(COMPOSITE, MEAN if ranking.statistic[quantity] == "mean" else PERCENTILE)
    return of_days(indicator, facts, exact, ranking.index_decimals, valid, rules=rules, more_standards=[ranking])


def composite_index(indicator: Indicator, facts: Facts) -> Figure:
    """Composite index: the sum of the six single indices; none where an item is missing.

    References
    ----------
    .. [1] Huanban [2014] No. 64.
    """
    ranking = facts.standards.on(AirRanking, facts.period.last)
    found = {q: printed(facts, q, statistic) for q, statistic in ranking.statistic.items()}
    values: dict[str, Decimal] = {q: value for q, (value, _) in found.items() if value is not None}
    exact = None
    if len(values) == len(found):
        exact = composite(values, limits=last_day(facts).limits, ranking=ranking).index
    valid = np.all([mask for _, mask in found.values()], axis=0)
    short = [q for q, (_, mask) in found.items() if not _enough(facts, mask)]
    result = of_days(
        indicator, facts, exact, ranking.index_decimals, valid, rules=merge(COMPOSITE, MEAN, PERCENTILE),
        more_standards=[ranking],
    )  # fmt: skip
    return msgspec.structs.replace(
        result, sufficient=exact is not None and not short, reasons=[f"{q}: not enough valid days" for q in short]
    )


def printed(facts: Facts, quantity: str, statistic: Statistic) -> tuple[Decimal | None, BoolArray]:
    """Mean or percentile of the period as it is printed, and the valid days."""
    evaluation = last_day(facts).evaluation
    if statistic == "mean":
        exact, valid = exact_mean(facts, quantity)
        decimals = evaluation.mean_decimals[quantity]
    else:
        exact, valid = exact_percentile(facts, quantity)
        decimals = evaluation.percentile_decimals[quantity]
    return None if exact is None else half_even(exact, decimals), valid


def exact_mean(facts: Facts, quantity: str) -> tuple[Fraction | None, BoolArray]:
    """Mean of the daily values, published or exact as `period_mean_from` says, and the valid days."""
    days = days_of(facts)
    valid = days.values[quantity] != MISSING
    if last_day(facts).evaluation.period_mean_from == "exact_days":
        exact = _exact(days, quantity, valid)
        return (sum(exact, Fraction(0)) / len(exact) / MICRO if exact else None), valid
    return statistics.mean(days.values[quantity]).fraction(), valid


def exact_percentile(facts: Facts, quantity: str) -> tuple[Fraction | None, BoolArray]:
    """Percentile of the published daily values, and the valid days."""
    values: IntArray = days_of(facts).values[quantity]
    percent = last_day(facts).evaluation.percentile[quantity]
    return statistics.percentile(values, percent).fraction(), values != MISSING


def _exact(days: AirDays, quantity: str, valid: BoolArray) -> list[Fraction]:
    return [v for v, ok in zip(days.exact[quantity], valid.tolist(), strict=True) if ok and v is not None]


def _enough(facts: Facts, valid: BoolArray) -> bool:
    return bool(statistics.least_days(valid, facts.period, last_day(facts).limits).enough())
