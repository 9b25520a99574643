"""Indicators of complaints about noise: figures that a city reports, not measured; sums of months, quarters, years."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, figure
from aggregations.periods import Period, month
from aggregations.standards import NoiseMethod
from sensors.noise_surveys import ComplaintReport


def complaints(indicator: Indicator, facts: Facts) -> Figure:
    """Complaints received, as reported. [complaints]"""
    reports = chosen_reports(facts.surveys.complaints, facts.period)
    exact = Fraction(sum(each.received for each in reports)) if reports else None
    return _reported(indicator, facts, exact, 0, reports)


def settled_share(indicator: Indicator, facts: Facts) -> Figure:
    """Share of the complaints received that are settled, of the reports that tell both. [%]"""
    method = facts.standards.on(NoiseMethod, facts.period.last)
    told = [each for each in facts.surveys.complaints if each.settled is not None]
    reports = chosen_reports(told, facts.period)
    received = sum(each.received for each in reports)
    settled = sum(each.settled or 0 for each in reports)
    exact = Fraction(100 * settled, received) if received else None
    return _reported(indicator, facts, exact, method.rate_decimals, reports, method)


def chosen_reports(reports: Sequence[ComplaintReport], period: Period) -> list[ComplaintReport]:
    """Return the reports that make up a period without overlap: from each month on the longest that ends inside."""
    by_month: dict[dt.date, ComplaintReport] = {}
    for each in reports:
        first, last = _first(each), _last(each)
        if period.first <= first and last <= period.last:
            known = by_month.get(first)
            if known is None or known.n_months < each.n_months:
                by_month[first] = each
    found: list[ComplaintReport] = []
    for first, each in sorted(by_month.items()):
        if not found or first > _last(found[-1]):
            found.append(each)
    return found


def _reported(
    indicator: Indicator,
    facts: Facts,
    exact: Fraction | None,
    decimals: int,
    reports: Sequence[ComplaintReport],
    *standards: NoiseMethod,
) -> Figure:
    covered = {part.first for each in reports for part in Period(_first(each), _last(each)).months()}
    parts = facts.period.months()
    missing = [part for part in parts if part.first not in covered]
    last = facts.period.last
    runs = bool(missing) and missing[-1].last == last and last != month(last.year, last.month).last
    lacking = missing[:-1] if runs else missing
    reasons = ["no report"] if exact is None else [f"{part}: no report" for part in lacking]
    return figure(
        indicator, facts, standards, exact, decimals, valid=len(covered), expected=len(parts), counted="months",
        sufficient=exact is not None and not lacking, excluded={"no report": len(missing)} if missing else {},
        rules={NoiseMethod: ("rates",)}, reasons=reasons,
        provisional=[f"{last:%Y-%m} is not whole: up to {last}"] if runs else [],
    )  # fmt: skip


def _first(report: ComplaintReport) -> dt.date:
    return dt.date(report.year, report.first_month, 1)


def _last(report: ComplaintReport) -> dt.date:
    return month(report.year, report.first_month + report.n_months - 1).last
