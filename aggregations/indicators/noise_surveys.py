"""Indicators of manual noise surveys (HJ 640): a series of their own, never joined to that of automatic monitors."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import numpy as np

from aggregations import noise
from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, Rules, figure
from aggregations.noise import NONE, PartOfDay, PointTimes
from aggregations.periods import Period, part_of_year, year
from aggregations.standards import NoiseLimits, NoiseSurvey, Standard
from sensors.noise_surveys import FunctionalResult, RegionalResult, RoadResult
from sensors.register import ZoneClass

QUARTERS = 4

Dated = TypeVar("Dated", RegionalResult, RoadResult)


def survey_attainment(indicator: Indicator, facts: Facts, *, part: PartOfDay, zone: ZoneClass | None = None) -> Figure:
    """Share of the point-times of the quarters that begin in the period that attain, pooled. [%]

    References
    ----------
    .. [1] HJ 640-2012, 6.4; noise.md, 5.
    """
    limits = facts.standards.on(NoiseLimits, facts.period.last)
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if survey is None:
        return _none(indicator, facts, "point-times")
    quarters = _quarters(facts.period)
    results = [
        each
        for each in facts.surveys.functional
        if part_of_year(each.year, each.quarter, QUARTERS) in quarters and zone in (None, each.zone_class)
    ]
    counts = []
    for each in results:
        level = each.ld if part == "day" else each.ln
        if level is not None:
            verdict = noise.attaining(np.array([float(level)]), getattr(limits.zone[each.zone_class], part), survey)[0]
            counts.append(PointTimes(1, int(verdict != NONE and verdict == 1)))
    exact = noise.attainment_rate(counts, pooling="point_times")
    expected = len({each.point for each in results}) * len(quarters)
    reasons = _lacking(results, quarters, facts.period.last, part)
    rules: Rules = {
        NoiseLimits: ("limits", "day_hours"),
        NoiseSurvey: ("frequency", "functional_rate", "functional_year", "functional_points", "judged"),
    }
    return figure(
        indicator, facts, (limits, survey), exact, survey.rate_decimals,
        valid=len(counts), expected=expected, counted="point-times", sufficient=bool(counts) and not reasons,
        excluded={"not measured": expected - len(counts)} if len(counts) < expected else {}, rules=rules,
        reasons=reasons, provisional=[f"{q} is not over" for q in quarters if q.last > facts.period.last],
    )  # fmt: skip


def regional_mean(indicator: Indicator, facts: Facts, *, part: PartOfDay, graded: bool) -> Figure:
    """Arithmetic mean of the grids of the last year surveyed that begins in the period [dB], or its grade, 1 the best.

    References
    ----------
    .. [1] HJ 640-2012, 4.
    """
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if survey is None:
        return _none(indicator, facts, "grids")
    results = _last_year(facts.surveys.regional, facts.period, part)
    mean = noise.regional_mean([each.leq for each in results])
    bounds = survey.regional.day if part == "day" else survey.regional.night
    keys = ("regional_mean", "regional_points", "frequency", *(("regional_grades",) if graded else ()))
    n = len(results)
    few = [f"{n} of at least {survey.regional_points} grids"] if n < survey.regional_points else []
    return _of_year(indicator, facts, survey, mean, bounds if graded else None, results, "grids", few, keys)


def road_mean(indicator: Indicator, facts: Facts, *, part: PartOfDay, graded: bool) -> Figure:
    """Mean of roads weighted by length, of the last year surveyed that begins in the period [dB], or its grade.

    References
    ----------
    .. [1] HJ 640-2012, 5.
    """
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if survey is None:
        return _none(indicator, facts, "stretches of road")
    results = _last_year(facts.surveys.road, facts.period, part)
    mean = noise.road_mean([(each.length_km, each.leq) for each in results], survey)
    bounds = survey.road.day if part == "day" else survey.road.night
    keys = ("road_mean", "road_decimals", "road_points", "frequency", *(("road_grades",) if graded else ()))
    few = [] if results else ["no result"]
    return _of_year(indicator, facts, survey, mean, bounds if graded else None, results, "stretches of road", few, keys)


def loud_road_share(indicator: Indicator, facts: Facts, *, part: PartOfDay) -> Figure:
    """Share of the length of road above 70 dB, of the last year surveyed that begins in the period. [%]"""
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if survey is None:
        return _none(indicator, facts, "stretches of road")
    results = _last_year(facts.surveys.road, facts.period, part)
    share = noise.loud_share([(each.length_km, each.leq) for each in results], survey)
    few = [] if results else ["no result"]
    keys = ("road_share", "road_points", "frequency")
    return _of_year(
        indicator, facts, survey, share, None, results, "stretches of road", few, keys, survey.rate_decimals
    )


def road_grade_share(indicator: Indicator, facts: Facts, *, part: PartOfDay, grade: int) -> Figure:
    """Share of the length of road of a grade, of the last year surveyed that begins in the period. [%]"""
    survey = facts.standards.find(NoiseSurvey, facts.period.last)
    if survey is None:
        return _none(indicator, facts, "stretches of road")
    results = _last_year(facts.surveys.road, facts.period, part)
    bounds = survey.road.day if part == "day" else survey.road.night
    share = noise.grade_share([(each.length_km, each.leq) for each in results], bounds, grade, survey)
    few = [] if results else ["no result"]
    keys = ("road_grades", "road_share", "road_points", "frequency")
    return _of_year(
        indicator, facts, survey, share, None, results, "stretches of road", few, keys, survey.rate_decimals
    )


def _of_year(
    indicator: Indicator,
    facts: Facts,
    survey: NoiseSurvey,
    exact: Fraction | None,
    bounds: Sequence[Decimal] | None,
    results: Sequence[RegionalResult | RoadResult],
    counted: str,
    reasons: list[str],
    keys: tuple[str, ...],
    decimals: int | None = None,
) -> Figure:
    """Figure of the results of one year; its grade where there are bounds."""
    places = survey.level_decimals if decimals is None else decimals
    if bounds is not None and exact is not None:
        exact, places = Fraction(noise.grade_of(exact, bounds, survey)), 0
    running = [
        f"{each} is not over" for each in sorted({each.year for each in results}) if year(each).last > facts.period.last
    ]
    return figure(
        indicator, facts, (survey,), exact, places, valid=len(results), expected=len(results), counted=counted,
        sufficient=bool(results) and not reasons, excluded={}, rules={NoiseSurvey: keys}, reasons=reasons,
        provisional=running,
    )  # fmt: skip


def _last_year(results: Sequence[Dated], period: Period, part: PartOfDay) -> list[Dated]:
    """Results of the last year that has any, of those whose first day lies in the period."""
    inside = [each for each in results if each.part == part and dt.date(each.year, 1, 1) in period]
    last = max((each.year for each in inside), default=None)
    return [each for each in inside if each.year == last]


def _quarters(period: Period) -> list[Period]:
    """Quarters that begin in the period, in order."""
    years = range(period.first.year, period.last.year + 1)
    every = [part_of_year(each, number, QUARTERS) for each in years for number in range(1, QUARTERS + 1)]
    return [quarter for quarter in every if quarter.first in period]


def _lacking(
    results: Sequence[FunctionalResult], quarters: Sequence[Period], last: dt.date, part: PartOfDay
) -> list[str]:
    """Quarters that are over and lack points that another one has."""
    points = {each.point for each in results}
    if not points:
        return ["no result"]
    found = []
    for quarter in quarters:
        of = [
            each
            for each in results
            if part_of_year(each.year, each.quarter, QUARTERS) == quarter
            and (each.ld if part == "day" else each.ln) is not None
        ]
        if quarter.last <= last and len(of) < len(points):
            found.append(f"{quarter}: {len(of)} of {len(points)} points")
    return found


def _none(indicator: Indicator, facts: Facts, counted: str) -> Figure:
    """Figure of days before the standard of surveys."""
    none: tuple[Standard, ...] = ()
    return figure(
        indicator, facts, none, None, 0, valid=0, expected=0, counted=counted, sufficient=False, excluded={},
        reasons=[f"no edition of noise.survey in force on {facts.period.last}"],
    )  # fmt: skip
