"""Trends over years: Spearman's rank correlation of yearly figures, and what it says."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from aggregations.figures import Figure
from aggregations.indicators import Indicator
from aggregations.ranking import Trend, trend
from aggregations.rounding import half_even
from aggregations.standards import AirEvaluation, WaterMethod
from aggregations.water import changes

Says = Literal["falling", "rising", "none", "unknown"]

COEFFICIENT_DECIMALS = 3
"""Decimals of a printed coefficient, as of the critical values; it is held against them before it is rounded."""


class YearlyTrend(msgspec.Struct, frozen=True, kw_only=True):
    """The trend of an indicator of a scope over years.

    `years` are those whose figures suffice and enter, `left_out` the others. `coefficient` is printed, `exact` before
    rounding; with them `says` is None where fewer than `least` years enter. `says` is "unknown" where the standard
    has no critical value for so many years. `better` tells whether a significant trend is for the better.
    """

    indicator: str
    scope: str
    figures: list[Figure]
    years: list[int]
    left_out: list[int]
    least: int
    coefficient: Decimal | None = None
    exact: str | None = None
    critical_05: Decimal | None = None
    critical_01: Decimal | None = None
    significant: bool | None = None
    says: Says | None = None
    better: bool | None = None
    editions: dict[str, str]
    assumed: list[str]


def yearly_trend(
    indicator: Indicator, figures: Sequence[Figure], evaluation: AirEvaluation, *, digest: str
) -> YearlyTrend:
    """Return the trend of yearly figures, in the order of the years; those that do not suffice are left out.

    Parameters
    ----------
    figures
        One a calendar year, at least one.
    evaluation
        Edition by which the trend is judged.
    digest
        Of its file.

    References
    ----------
    .. [1] HJ 663-2013, annex B.
    """
    result, values = _prepared(indicator, figures, evaluation, digest=digest)
    if len(values) < evaluation.trend_min_years:
        return result
    return _said(indicator, result, trend(values, evaluation))


def yearly_water_trend(
    indicator: Indicator, figures: Sequence[Figure], method: WaterMethod, *, digest: str
) -> YearlyTrend:
    """Return the trend of yearly figures of water as `yearly_trend` does, by the assessment method of water.

    References
    ----------
    .. [1] Assessment method of 2011, rank correlation (recalled); water.md, 2.7.
    """
    result, values = _prepared(indicator, figures, method, digest=digest)
    if len(values) < method.trend_min_years:
        return result
    found = changes.trend(values, indicator.name, method)
    significant = None if found.direction is None else found.direction != "none"
    return _said(
        indicator, result,
        Trend(found.coefficient, found.critical_05, found.critical_01, significant, found.direction),
    )  # fmt: skip


def _prepared(
    indicator: Indicator, figures: Sequence[Figure], evaluation: AirEvaluation | WaterMethod, *, digest: str
) -> tuple[YearlyTrend, list[Decimal]]:
    """A trend that says nothing yet, and the values of the years that enter."""
    values = {int(each.period): each.value for each in figures if each.sufficient and each.value is not None}
    rule = evaluation.rule["trend"]
    unread = [] if rule.confirmed else [f"{evaluation.edition.id}: {rule.text}"]
    assumed = dict.fromkeys([*unread, *(text for each in figures for text in each.assumed)])
    result = YearlyTrend(
        indicator=indicator.name,
        scope=figures[0].scope,
        figures=list(figures),
        years=list(values),
        left_out=[int(each.period) for each in figures if int(each.period) not in values],
        least=evaluation.trend_min_years,
        editions={k: v for each in figures for k, v in each.editions.items()} | {evaluation.edition.id: digest},
        assumed=list(assumed),
    )
    return result, list(values.values())


def _said(indicator: Indicator, result: YearlyTrend, found: Trend) -> YearlyTrend:
    says: Says = found.direction or "unknown"
    return msgspec.structs.replace(
        result,
        coefficient=half_even(found.coefficient, COEFFICIENT_DECIMALS),
        exact=str(found.coefficient),
        critical_05=found.critical_05,
        critical_01=found.critical_01,
        significant=found.significant,
        says=says,
        better=(says == "falling") == indicator.less_is_better
        if says in ("falling", "rising") and indicator.less_is_better is not None
        else None,
    )
