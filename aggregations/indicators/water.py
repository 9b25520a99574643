"""Indicators of water: class of a section, shares of sections, black-odorous bodies."""

from collections import Counter
from fractions import Fraction
from typing import Final

from aggregations import water
from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, Rules, SectionDays, figure
from aggregations.indicators.water_means import (
    decides,
    month_means,
    remarks,
    section_class,
    target_at_end,
    without_class,
)
from aggregations.standards import BlackOdour, WaterLimits, WaterMethod
from sensors.sections import SectionRole

CLASS: Rules = {
    WaterLimits: ("limits", "inclusive", "ph", "oxygen_class_one", "lake_phosphorus", "river_reservoirs"),
    WaterMethod: (
        "class_items", "required_items", "section_items", "missing_item", "section", "means", "ph_mean", "minima",
        "rounding", "decimals", "ph_decimals", "automatic_first", "week", "detection_limit",
    ),
}  # fmt: skip
"""Rules that the class of a section rests on."""
CLASS_LABELS: Final = ("-", "Ⅰ类", "Ⅱ类", "Ⅲ类", "Ⅳ类", "Ⅴ类", "劣Ⅴ类")
WORST: Rules = {**CLASS, WaterMethod: (*CLASS[WaterMethod], "sections_without_class")}
SHARES: Rules = {**CLASS, WaterMethod: (*CLASS[WaterMethod], "shares", "sections_without_class")}
TARGETS: Rules = {**CLASS, WaterMethod: (*SHARES[WaterMethod], "target_change")}
TOO_FEW: Final = "too few valid months, days or items"
ODOUR: Rules = {BlackOdour: ("bounds", "edges", "month", "items"), WaterMethod: ("means", "minima")}


def of_role(facts: Facts, role: SectionRole) -> list[SectionDays]:
    """Return the sections of the scope that have a role; all of them where none has it.

    So a list of sources, or of black-odorous bodies, that the register does not call so is evaluated as one.
    """
    return [each for each in facts.sections if each.station.section_role == role] or facts.sections


def class_share(indicator: Indicator, facts: Facts, *, at_least: int | None = None, worse: bool = False) -> Figure:
    """Share of the evaluated sections at class `at_least` or better; their target class where it is None. [%]

    With `worse`, the share of sections that are worse than class `at_least`.

    References
    ----------
    .. [1] Assessment method of 2011: shares are of the sections evaluated.
    """
    limits, method = water_standards(facts)
    good = 0
    excluded: Counter[str] = Counter()
    sections = of_role(facts, "section")
    classes = [section_class(each, facts.period, limits, method).overall for each in sections]
    for section, result in zip(sections, classes, strict=True):
        target = at_least or target_at_end(section)
        if not target:
            excluded["no target class in the register"] += 1
        elif result == water.NO_CLASS:
            excluded[TOO_FEW] += 1
        else:
            good += (result > target) if worse else (result <= target)
    valid = len(sections) - sum(excluded.values())
    return figure(
        indicator, facts, (limits, method), Fraction(100 * good, valid) if valid else None, method.share_decimals,
        valid=valid, expected=len(sections), counted="sections",
        sufficient=bool(valid) and not excluded.keys() - {TOO_FEW} and decides(excluded[TOO_FEW], method),
        excluded={why: n for why, n in excluded.items() if n}, rules=SHARES if at_least else TARGETS,
        provisional=[
            *without_class(sections, classes), *remarks(sections, facts.period, method, targets=not at_least)
        ],
    )  # fmt: skip


def worst_class(indicator: Indicator, facts: Facts) -> Figure:
    """Worst class of the sections of the scope, as a number: 1 to 5 for I to V, 6 for worse than V."""
    limits, method = water_standards(facts)
    sections = of_role(facts, "section")
    classes = [section_class(s, facts.period, limits, method).overall for s in sections]
    valid = [c for c in classes if c != water.NO_CLASS]
    missing = len(classes) - len(valid)
    worst = max(valid, default=water.NO_CLASS)
    return figure(
        indicator, facts, (limits, method), Fraction(worst) if valid else None, 0,
        valid=len(valid), expected=len(classes), counted="sections",
        sufficient=bool(valid) and decides(missing, method), excluded={TOO_FEW: missing} if missing else {},
        rules=WORST,
        provisional=[*without_class(sections, classes), *remarks(sections, facts.period, method)],
        label=(CLASS_LABELS[worst], water.CLASS_NAMES[worst]) if valid else ("", ""),
    )  # fmt: skip


def black_odorous_bodies(indicator: Indicator, facts: Facts) -> Figure:
    """Number of water bodies that were black-odorous in a month of the period, by the month's means."""
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = water_standards(facts)
    sections = of_role(facts, "black_odour")
    found = 0
    missing = 0
    for section in sections:
        key = ("black-odorous months", method.edition.id, guide.edition.id, facts.period.first)
        if key not in section.memo:
            months = month_means(section, facts.period, method)
            section.memo[key] = [water.is_black_odorous(means.values, guide) for _, means in months]
        verdicts: list[bool | None] = section.memo[key]
        found += any(verdicts)
        missing += not any(verdicts) and None in verdicts
    valid = len(sections) - missing
    return figure(
        indicator, facts, (guide, method), Fraction(found) if valid else None, 0,
        valid=valid, expected=len(sections), counted="bodies", sufficient=bool(valid) and not missing,
        excluded={"a month with too few valid days": missing} if missing else {}, rules=ODOUR,
    )  # fmt: skip


def water_standards(facts: Facts) -> tuple[WaterLimits, WaterMethod]:
    """Limits and method that hold at the end of the period."""
    return facts.standards.on(WaterLimits, facts.period.last), facts.standards.on(WaterMethod, facts.period.last)
