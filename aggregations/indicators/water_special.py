"""Indicators of water beside classes: lakes, ranking of cities, sources, black-odorous bodies."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from aggregations import water
from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, Rules, SectionDays, figure
from aggregations.indicators.water import CLASS, of_role, water_standards
from aggregations.indicators.water_bodies import TOO_FEW
from aggregations.indicators.water_means import SYMBOLS, means_of, remarks, section_means
from aggregations.periods import Period
from aggregations.standards import BlackOdour, WaterLimits, WaterMethod, WaterRanking, WaterTrophic
from aggregations.water import black_odour, bodies, cwqi, sources, trophic

MEANS: Rules = {WaterMethod: ("means", "ph_mean", "minima", "automatic_first", "week", "detection_limit")}
TROPHIC: Rules = {
    **MEANS,
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
NO_SAMPLE: Final = "fewer samples than the guide asks for"


def trophic_index(indicator: Indicator, facts: Facts) -> Figure:
    """Trophic index of the lakes of the scope: of the means over their sections, with the state as the label."""
    _, method = water_standards(facts)
    rules = facts.standards.on(WaterTrophic, facts.period.last)
    lakes = [each for each in facts.sections if each.station.body == "lake"]
    means = bodies.means_of_sections([section_means(each, facts.period, method) for each in lakes])
    found = trophic.trophic_state(means, rules)
    label = (found.state.state, found.state.state_en) if found.state else ("", "")
    valid = sum(any(section_means(each, facts.period, method).get(i) is not None for i in rules.item) for each in lakes)
    return figure(
        indicator, facts, (rules, method), None if found.index is None else Fraction(found.index), rules.decimals,
        valid=valid, expected=len(lakes), counted="sections",
        sufficient=found.index is not None and not found.partial and valid == len(lakes), excluded={}, rules=TROPHIC,
        reasons=_missing(found.missing) if lakes else ["no lake or reservoir"],
        provisional=remarks(facts, method, items=list(rules.item)), label=label,
    )  # fmt: skip


def water_quality_index(indicator: Indicator, facts: Facts) -> Figure:
    """Water quality index of a city's sections; none where one of its items is missing."""
    limits, method = water_standards(facts)
    rules = facts.standards.on(WaterRanking, facts.period.last)
    those = of_role(facts, "section")
    with_means = [each for each in those if any(v is not None for v in _means(each, facts, method).values())]
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
        rules=INDEX, reasons=_missing([i for i in rules.items if i in missing]), provisional=remarks(facts, method),
    )  # fmt: skip


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
    those = [each for each in facts.sections if each.station.section_role == "source"]
    those = those or [each for each in facts.sections if each.station.intake is not None]
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
            *remarks(facts, method, items=[*method.class_items, *limits.source_item]),
            *([f"not measured at some sources: {names}"] if names else []),
        ],
    )  # fmt: skip


def _bodies(facts: Facts) -> list[list[SectionDays]]:
    """Points of each black-odorous body in the order of the register; a body is what a city calls one water."""
    found: dict[object, list[SectionDays]] = {}
    for each in of_role(facts, "black_odour"):
        station = each.station
        found.setdefault((station.city, station.water) if station.water else station.id, []).append(each)
    return list(found.values())


def _grade(points: Sequence[SectionDays], facts: Facts, part: Period, guide: BlackOdour) -> tuple[int, bool]:
    """Grade of a body by its manual samples of a part of the period, and whether every point has enough of them."""
    first, end = (part.first - facts.period.first).days, (part.last - facts.period.first).days + 1
    grades = []
    for each in points:
        samples = [black_odour.Sample(s.values) for s in each.manual if first <= s.day < end]
        grades.append(black_odour.point_grade(samples, guide))
    body = black_odour.body_grade([each.grade for each in grades], guide)
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
    """Number of bodies black-odorous in a month after one, of the period, in which they were not; by manual samples."""
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = water_standards(facts)
    months = facts.period.months()
    every = _bodies(facts)
    grades = np.array([[_grade(each, facts, m, guide)[0] for m in months] for each in every], dtype=np.int64)
    grades = grades.reshape(len(every), len(months))
    clean = grades == black_odour.NONE
    treated_from = np.where(clean.any(axis=1), clean.argmax(axis=1), len(months))
    back = black_odour.returned(grades, treated_from)
    known = (grades != black_odour.UNKNOWN).any(axis=1)
    names = [each[0].station for each, it in zip(every, back.tolist(), strict=True) if it]
    missing = len(every) - int(known.sum())
    return figure(
        indicator, facts, (guide, method), Fraction(int(back.sum())) if known.any() else None, 0,
        valid=int(known.sum()), expected=len(every), counted="bodies", sufficient=bool(known.any()) and not missing,
        excluded={NO_SAMPLE: missing} if missing else {},
        rules={**SAMPLES, BlackOdour: (*SAMPLES[BlackOdour], "returned")},
        label=("、".join(s.water or s.name for s in names), ", ".join(s.water or s.name_en for s in names)),
    )  # fmt: skip


def patrol_overdue(indicator: Indicator, facts: Facts) -> Figure:
    """Number of points whose next manual sample is overdue on the last day of the period, and which.

    A point that was never sampled is overdue. Those that need no patrol, or do not count on that day, are left out.
    """
    guide = facts.standards.on(BlackOdour, facts.period.last)
    last = facts.period.last
    those = [s for s in facts.sections if s.station.patrol_days is not None and s.station.expected_on(last)]
    late = []
    for each in those:
        interval = "daily" if each.station.patrol_days == guide.interval_days["daily"] else "weekly"
        sampled = each.last_sample
        if sampled is None or black_odour.patrol(sampled, last, interval, guide).state == "overdue":  # type: ignore[arg-type]
            late.append(each.station)
    return figure(
        indicator, facts, (guide,), Fraction(len(late)) if those else None, 0, valid=len(those), expected=len(those),
        counted="bodies", sufficient=bool(those), excluded={}, rules={BlackOdour: ("samples", "patrol")},
        reasons=[] if those else ["no body that has to be sampled"],
        label=("、".join(s.name for s in late), ", ".join(s.name_en for s in late)),
    )  # fmt: skip
