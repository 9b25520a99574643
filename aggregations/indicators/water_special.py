"""Indicators of water beside classes: lakes, ranking of cities, sources, black-odorous bodies."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from aggregations import water
from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, ManualSample, Rules, SectionDays, figure
from aggregations.indicators.water import CLASS, TOO_FEW, of_role, water_standards
from aggregations.indicators.water_means import SYMBOLS, areas_of, means_of, remarks, section_means, several_lakes
from aggregations.periods import DAY, Period
from aggregations.rounding import IntArray
from aggregations.standards import BlackOdour, WaterLimits, WaterMethod, WaterRanking, WaterTrophic
from aggregations.water import black_odour, bodies, cwqi, sources, trophic

MEANS: Rules = {WaterMethod: ("means", "ph_mean", "minima", "automatic_first", "week", "detection_limit")}
TROPHIC: Rules = {
    WaterMethod: (*MEANS[WaterMethod], "lake_points", "several_lakes"),
    WaterTrophic: ("index", "weights", "missing_item", "states", "rounding", "range", "first_day"),
}
INDEX: Rules = {
    **MEANS,
    WaterLimits: ("limits", "lake_phosphorus", "river_reservoirs"),
    WaterRanking: (
        "items", "single_index", "ph_index", "sum", "means", "city", "missing_item", "ordering", "first_day",
    ),
}  # fmt: skip
SOURCES: Rules = {
    **CLASS,
    WaterMethod: (*CLASS[WaterMethod], "sources", "sources_without", "source_decimals"),
}
SAMPLES: Rules = {
    BlackOdour: (
        "bounds", "edges", "edges_potential", "point", "point_any", "samples", "reach", "body", "body_light",
        "shallow", "shallow_reading",
    ),
    WaterMethod: ("detection_limit",),
}  # fmt: skip
DEPTH, CLEAR = "depth", "clear_to_bottom"
"""What samples tell of the water where they were taken: its depth [cm], and whether the bottom is seen (not 0)."""
NO_SAMPLE: Final = "fewer samples than the guide asks for"


def trophic_index(indicator: Indicator, facts: Facts) -> Figure:
    """Trophic index of the lakes of the scope: of the means over their sections, with the state as the label."""
    _, method = water_standards(facts)
    rules = facts.standards.on(WaterTrophic, facts.period.last)
    lakes = [each for each in facts.sections if each.station.body == "lake"]
    means = bodies.means_of_sections(
        [section_means(each, facts.period, method) for each in lakes], areas_of(lakes, method)
    )  # fmt: skip
    found = trophic.trophic_state(means, rules)
    label = (found.state.state, found.state.state_en) if found.state else ("", "")
    valid = sum(any(section_means(each, facts.period, method).get(i) is not None for i in rules.item) for each in lakes)
    return figure(
        indicator, facts, (rules, method), None if found.index is None else Fraction(found.index), rules.decimals,
        valid=valid, expected=len(lakes), counted="sections",
        sufficient=found.index is not None and not found.partial and valid == len(lakes), excluded={}, rules=TROPHIC,
        reasons=_missing(found.missing) if lakes else ["no lake or reservoir"],
        provisional=[*remarks(lakes, facts.period, method, items=list(rules.item)), *several_lakes(lakes)], label=label,
    )  # fmt: skip


def water_quality_index(indicator: Indicator, facts: Facts) -> Figure:
    """Water quality index of a city's sections; none where one of its items is missing."""
    limits, method = water_standards(facts)
    rules = facts.standards.on(WaterRanking, facts.period.last)
    those = of_role(facts, "section")
    with_means = [each for each in those if _has_means(each, facts, method)]
    rivers, lakes = (
        [_means(each, facts, method) for each in with_means if each.station.body == body] for body in ("river", "lake")
    )
    found = cwqi.city_index(rivers, lakes, limits=limits, ranking=rules)
    missing = [item for part in (found.rivers, found.lakes) if part for item in part.missing]
    without = len(those) - len(with_means)
    return figure(
        indicator, facts, (rules, limits, method), found.index, rules.index_decimals,
        valid=len(with_means), expected=len(those), counted="sections",
        sufficient=found.index is not None and not without, excluded={TOO_FEW: without} if without else {},
        rules=INDEX, reasons=_missing([i for i in rules.items if i in missing]),
        provisional=remarks(those, facts.period, method, items=rules.items),
    )  # fmt: skip


def indexes_without_each(facts: Facts) -> list[Fraction | None]:
    """Return the water quality index of the scope without each of its sections in turn, exact; None where refused."""
    limits, method = water_standards(facts)
    rules = facts.standards.on(WaterRanking, facts.period.last)
    those = of_role(facts, "section")
    rivers, lakes = (
        [each for each in those if each.station.body == body and _has_means(each, facts, method)]
        for body in ("river", "lake")
    )
    of_rivers, of_lakes = ([_means(each, facts, method) for each in some] for some in (rivers, lakes))
    less = cwqi.indexes_without_each(of_rivers, of_lakes, limits=limits, ranking=rules)
    found = {each.station.id: index for each, index in zip([*rivers, *lakes], less, strict=True)}
    whole = cwqi.city_index(of_rivers, of_lakes, limits=limits, ranking=rules).index
    return [found.get(each.station.id, whole) for each in those]


def _has_means(section: SectionDays, facts: Facts, method: WaterMethod) -> bool:
    return any(mean is not None for mean in _means(section, facts, method).values())


def _means(section: SectionDays, facts: Facts, method: WaterMethod) -> dict[str, Fraction | None]:
    return means_of(section, facts.period, method).values


def _missing(items: Sequence[str]) -> list[str]:
    return [f"no mean of {', '.join(SYMBOLS[item][1] for item in items)}"] if items else []


def source_attainment(indicator: Indicator, facts: Facts, *, by_volume: bool) -> Figure:
    """Share of the drinking-water sources that attain, by number or by the water taken from them. [%]

    Basic items at class III or better, and the five items of sources that were measured within their limits. Sources
    are the stations that the register calls so; where it calls none so, those that have an intake.
    """
    limits, method = water_standards(facts)
    those = sources_of(facts)
    excluded = {"no intake in the register": 0, TOO_FEW: 0}
    attains: list[bool | None] = []
    volumes: list[Decimal | int] = []
    unmeasured: set[str] = set()
    for each in those:
        means = section_means(each, facts.period, method)
        verdict = sources.source_verdict(means, each.station.body, limits=limits, method=method)
        basic = verdict.basic.overall != water.NO_CLASS
        attained = False if verdict.failed else True if basic else None
        if by_volume and each.station.intake is None:
            excluded["no intake in the register"] += 1
        elif not basic:
            excluded[TOO_FEW] += 1
        else:
            attains.append(attained)
            volumes.append(each.station.intake or 1)
            unmeasured |= {item for item in limits.source_item if item in verdict.missing}
    rates = sources.source_rates(attains, volumes)
    excluded = {why: n for why, n in excluded.items() if n}
    share = rates.by_volume if by_volume else rates.by_number
    names = ", ".join(SYMBOLS[item][1] for item in limits.source_item if item in unmeasured)
    return figure(
        indicator, facts, (limits, method), share, method.share_decimals, valid=rates.evaluated, expected=len(those),
        counted="sources", sufficient=share is not None and not excluded, excluded=excluded, rules=SOURCES,
        reasons=[] if those else ["no drinking-water source in the register"],
        provisional=[
            *remarks(those, facts.period, method, items=[*method.class_items, *limits.source_item]),
            *([f"not measured at some sources: {names}"] if names else []),
        ],
    )  # fmt: skip


def sources_of(facts: Facts) -> list[SectionDays]:
    """Return the drinking-water sources: what the register calls so; where it calls none so, those with an intake."""
    sources = [each for each in facts.sections if each.station.section_role == "source"]
    return sources or [each for each in facts.sections if each.station.intake is not None]


def _bodies(facts: Facts) -> list[list[SectionDays]]:
    """Points of each black-odorous body in the order of the register; a body is what a city calls one water."""
    found: dict[object, list[SectionDays]] = {}
    for each in of_role(facts, "black_odour"):
        station = each.station
        found.setdefault((station.city, station.water) if station.water else station.id, []).append(each)
    return list(found.values())


def odour_sample(sample: ManualSample) -> black_odour.Sample:
    """Return a manual sample as the guide grades it, with the depth of the water and whether its bottom was seen."""
    return black_odour.Sample(sample.values, sample.values.get(DEPTH), bool(sample.values.get(CLEAR)))


def _grade(points: Sequence[SectionDays], facts: Facts, part: Period, guide: BlackOdour) -> tuple[int, bool]:
    """Grade of a body by its manual samples of a part of the period, and whether every point has enough of them."""
    first, end = (part.first - facts.period.first).days, (part.last - facts.period.first).days + 1
    of_body = ("odour of the body", guide.edition.id, facts.period.first, first, end, *(p.station.id for p in points))
    if of_body in points[0].memo:
        known: tuple[int, bool] = points[0].memo[of_body]
        return known
    grades = []
    for each in points:
        key = ("odour", guide.edition.id, facts.period.first, first, end)
        if key not in each.memo:
            samples = [odour_sample(s) for s in each.manual if first <= s.day < end]
            each.memo[key] = black_odour.point_grade(samples, guide)
        grades.append(each.memo[key])
    body = black_odour.body_grade([each.grade for each in grades], guide)
    points[0].memo[of_body] = body.grade, all(each.sufficient for each in grades)
    return body.grade, all(each.sufficient for each in grades)


def sampled_bodies(indicator: Indicator, facts: Facts) -> Figure:
    """Number of bodies that are black-odorous by their manual samples of the period, light and heavy as the label."""
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = water_standards(facts)
    found = [_grade(each, facts, facts.period, guide) for each in _bodies(facts)]
    grades = [grade for grade, _ in found]
    light, heavy = grades.count(black_odour.LIGHT), grades.count(black_odour.HEAVY)
    valid = len(grades) - grades.count(black_odour.UNKNOWN)
    few = sum(not enough for _, enough in found)
    return figure(
        indicator, facts, (guide, method), Fraction(light + heavy) if valid else None, 0, valid=valid,
        expected=len(grades), counted="bodies", sufficient=bool(valid) and not few,
        excluded={NO_SAMPLE: few} if few else {}, rules=SAMPLES,
        label=(f"轻度{light}、重度{heavy}", f"light {light}, heavy {heavy}") if valid else ("", ""),
    )  # fmt: skip


def returned_bodies(indicator: Indicator, facts: Facts) -> Figure:
    """Number of treated bodies that are black-odorous in a month, by the manual samples after their treatment.

    Of a body whose day of treatment the register does not tell, a month of the period in which it was not
    black-odorous stands for it. Bodies whose treatment was not completed before the last day are left out.

    References
    ----------
    .. [1] Rule returned (config/standards/black-odour-2015.toml), assumed.
    """
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = water_standards(facts)
    every = [(each, _treated(each)) for each in _bodies(facts)]
    untreated = sum(day is not None and day >= facts.period.last for _, day in every)
    every = [(each, day) for each, day in every if day is None or day < facts.period.last]
    back, known = [], 0
    for points, day in every:
        grades = _grades_after(points, facts, day, guide)
        clean = (grades == black_odour.NONE).ravel()
        since = 0 if day is not None else int(clean.argmax()) if clean.any() else len(clean)
        known += bool((grades != black_odour.UNKNOWN).any())
        if black_odour.returned(grades, np.array([since]))[0]:
            back.append(points[0].station)
    missing = len(every) - known
    without_day = sum(day is None for _, day in every)
    return figure(
        indicator, facts, (guide, method), Fraction(len(back)) if known else None, 0,
        valid=known, expected=len(every), counted="bodies", sufficient=bool(known) and not missing,
        excluded={NO_SAMPLE: missing} if missing else {},
        rules={**SAMPLES, BlackOdour: (*SAMPLES[BlackOdour], "returned", "returned_without_day")},
        reasons=[] if every or not untreated else ["no body whose treatment was completed"],
        provisional=[
            text
            for text, n in (
                (f"no day of treatment in the register, by their first clean month: {without_day}", without_day),
                (f"treatment not completed: {untreated}", untreated),
            )
            if n
        ],
        label=("、".join(s.water or s.name for s in back), ", ".join(s.water or s.name_en for s in back)),
    )  # fmt: skip


def _treated(points: Sequence[SectionDays]) -> dt.date | None:
    """Day on which the treatment of a body was completed, the last of its points'; None where none is told."""
    return max((each.station.treated for each in points if each.station.treated is not None), default=None)


def _grades_after(points: Sequence[SectionDays], facts: Facts, day: dt.date | None, guide: BlackOdour) -> IntArray:
    """Grades of a body, (1, n_months), in the months of the period from the day after `day` on."""
    first = facts.period.first if day is None else max(facts.period.first, day + DAY)
    months = Period(first, facts.period.last).months()
    return np.array([[_grade(points, facts, month, guide)[0] for month in months]], dtype=np.int64)


def patrols(indicator: Indicator, facts: Facts, *, state: Literal["due", "overdue"]) -> Figure:
    """Number of points whose next manual sample is due, or overdue, on the last day of the period, and which.

    A point that was never sampled is overdue. Those that need no patrol, or do not count on that day, are left out.

    References
    ----------
    .. [1] Rule patrol (config/standards/black-odour-2015.toml), assumed: due on the last day that keeps the interval.
    """
    guide = facts.standards.on(BlackOdour, facts.period.last)
    last = facts.period.last
    those = [s for s in facts.sections if s.station.patrol_days is not None and s.station.expected_on(last)]
    found = [each.station for each in those if _patrol_state(each, last, guide) == state]
    return figure(
        indicator, facts, (guide,), Fraction(len(found)) if those else None, 0, valid=len(those), expected=len(those),
        counted="bodies", sufficient=bool(those), excluded={}, rules={BlackOdour: ("samples", "patrol")},
        reasons=[] if those else ["no body that has to be sampled"],
        label=("、".join(s.name for s in found), ", ".join(s.name_en for s in found)),
    )  # fmt: skip


def _patrol_state(point: SectionDays, day: dt.date, guide: BlackOdour) -> Literal["waiting", "due", "overdue"]:
    if point.last_sample is None:
        return "overdue"
    interval: Literal["daily", "weekly"] = (
        "daily" if point.station.patrol_days == guide.interval_days["daily"] else "weekly"
    )
    return black_odour.patrol(point.last_sample, day, interval, guide).state
