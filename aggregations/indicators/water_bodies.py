"""Indicators of water in words: class, state and colour, main pollution items; of a section, a river, a basin, a city.

A scope of one section is judged as a section; one of several rivers' or lakes' sections as a body.
"""

from fractions import Fraction
from typing import Final

import msgspec
import numpy as np

from aggregations import water
from aggregations.figures import Figure, scaled
from aggregations.indicators.facts import Facts, Indicator, Rules, SectionDays, figure
from aggregations.indicators.water import CLASS, CLASS_LABELS, SHARES, TOO_FEW, WORST, of_role, water_standards
from aggregations.indicators.water_means import (
    SYMBOLS,
    areas_of,
    decides,
    judged_means,
    month_classes,
    month_means,
    remarks,
    section_class,
    section_means,
    several_lakes,
    target_at_end,
    waters_of,
    without_class,
)
from aggregations.periods import Period
from aggregations.rounding import half_even
from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water import attainment, bodies, sections
from aggregations.water.bodies import BodyClass, ExceedanceRate

ENDS_A_RUN: Final = "a month without a class ends a run"
MIXED: Final = "fewer than five sections, rivers and lakes together: judge them apart"
BY_SHARES: Final = "judged by shares of classes: it has a state, not a class"

BODY: Rules = {
    **CLASS,
    WaterMethod: (
        *CLASS[WaterMethod], "states", "colours", "proportions", "five_sections", "lake_points", "several_lakes",
        "body_states", "body_colours", "shares", "sections_without_class",
    ),
}  # fmt: skip
MAIN: Rules = {
    **BODY,
    WaterMethod: (
        *BODY[WaterMethod], "main_items", "metals_first", "multiple", "without_multiple", "main_items_order",
        "body_main_items",
    ),
}  # fmt: skip
MULTIPLE: Rules = {**CLASS, WaterMethod: (*CLASS[WaterMethod], "multiple", "without_multiple")}
TARGETS: Rules = {**CLASS, WaterMethod: (*CLASS[WaterMethod], "month_attainment", "target_change")}


class Judged(msgspec.Struct, frozen=True):
    """A scope as a body; `body` is None where it has fewer than five sections of rivers and lakes together."""

    body: BodyClass | None
    sections: list[SectionDays]
    evaluated: int
    classes: list[int]

    @property
    def class_(self) -> int:
        """Class 1 to 6; NO_CLASS where judged by shares, and without any."""
        return water.NO_CLASS if self.body is None or self.body.section is None else self.body.section.overall


def judged(facts: Facts, limits: WaterLimits, method: WaterMethod) -> Judged:
    """Judge the sections of a scope as a body, each by the limits of its own kind.

    References
    ----------
    .. [1] Assessment method of 2011: fewer than 5 sections by means, else by shares of classes; one lake by means.
       Several lakes are a region: by shares of their points from five on (rule several_lakes, assumed).
    """
    those = of_role(facts, "section")
    found = [section_class(each, facts.period, limits, method) for each in those]
    classes = [each.overall for each in found]
    evaluated = [each for each in found if each.overall != water.NO_CLASS]
    kinds = {each.station.body for each in those}
    few = len(evaluated) < method.proportions_from
    one_lake = kinds == {"lake"} and len(waters_of(those)) == 1
    if one_lake or (few and len(kinds) == 1):
        # Of a river those without a class leave it anyway; their means are not judged once more.
        judges = [
            each for each, of in zip(those, found, strict=True) if kinds == {"lake"} or of.overall != water.NO_CLASS
        ]
        means = [judged_means(each, section_means(each, facts.period, method), method) for each in judges]
        body = bodies.body_class(
            means, kinds.pop(), limits=limits, method=method, areas=areas_of(judges, method)
        )  # fmt: skip
        return Judged(body, those, len(evaluated), classes)
    if few:
        return Judged(None, those, len(evaluated), classes)
    counts = bodies.class_counts(np.array([each.overall for each in evaluated], dtype=np.int64))
    shares = bodies.class_shares(counts.tolist(), method)
    state = bodies.state_of_shares(shares.good, shares.worse, method)
    rates = bodies.exceedance_rates(evaluated, limits=limits, method=method)
    return Judged(BodyClass("shares", state, shares, None, rates), those, len(evaluated), classes)


def body_class(indicator: Indicator, facts: Facts) -> Figure:
    """Class of a section, a lake, or a body of fewer than five sections: 1 to 5, 6 worse than V."""
    limits, method = water_standards(facts)
    found = judged(facts, limits, method)
    value = found.class_ or None
    by_shares = found.body is not None and found.body.rule == "shares" and found.evaluated
    label = ("", "") if value is None else (CLASS_LABELS[value], water.CLASS_NAMES[value])
    reasons = [BY_SHARES] if by_shares else []
    return _figure(indicator, facts, found, value, label, WORST, reasons)


def body_state(indicator: Indicator, facts: Facts) -> Figure:
    """State of a section or body with its colour: 1 excellent to 5 heavily polluted."""
    limits, method = water_standards(facts)
    found = judged(facts, limits, method)
    state = found.body.state if found.body else None
    label = ("", "") if state is None else (f"{state.name}（{state.colour}）", f"{state.name_en} ({state.colour_en})")
    return _figure(indicator, facts, found, None if state is None else state.grade + 1, label, BODY)


def main_items(indicator: Indicator, facts: Facts) -> Figure:
    """Number of main pollution items, at most three, and which: with multiples, or exceedance rates by shares."""
    limits, method = water_standards(facts)
    found = judged(facts, limits, method)
    known = found.body is not None and found.body.state is not None
    main = found.body.main if found.body else []
    labels = []
    for i, separator in enumerate(("、", ", ")):
        names = {item: symbols[i] for item, symbols in SYMBOLS.items()}
        rates = [f"{names[m.item]}({m.printed}%)" for m in main if isinstance(m, ExceedanceRate)]
        with_multiples = [m for m in main if not isinstance(m, ExceedanceRate)]
        text = separator.join(rates) or sections.printed_items(with_multiples, names, separator=separator)
        labels.append(text)
    return _figure(indicator, facts, found, len(main) if known else None, (labels[0], labels[1]), MAIN)


def _figure(
    indicator: Indicator,
    facts: Facts,
    found: Judged,
    value: int | None,
    label: tuple[str, str],
    rules: Rules,
    reasons: list[str] | None = None,
) -> Figure:
    limits, method = water_standards(facts)
    missing = len(found.sections) - found.evaluated
    why = reasons or ([MIXED] if found.body is None and found.evaluated else [])
    return figure(
        indicator, facts, (limits, method), None if value is None else Fraction(value), 0,
        valid=found.evaluated, expected=len(found.sections), counted="sections",
        sufficient=value is not None and decides(missing, method), excluded={TOO_FEW: missing} if missing else {},
        rules=rules, reasons=why, label=label,
        provisional=[
            *without_class(found.sections, found.classes), *remarks(found.sections, facts.period, method),
            *several_lakes(found.sections),
        ],
    )  # fmt: skip


def honest_share(indicator: Indicator, facts: Facts, *, class_: int) -> Figure:
    """Share of the evaluated sections in a class; the six as printed add up to 100.0. [%]"""
    limits, method = water_standards(facts)
    those = of_role(facts, "section")
    classes = [section_class(each, facts.period, limits, method).overall for each in those]
    counts = bodies.class_counts(np.array(classes, dtype=np.int64))
    shares = bodies.class_shares(counts.tolist(), method)
    missing = len(those) - shares.evaluated
    made = figure(
        indicator, facts, (limits, method), shares.exact(class_) if shares.evaluated else None, method.share_decimals,
        valid=shares.evaluated, expected=len(those), counted="sections",
        sufficient=bool(shares.evaluated) and decides(missing, method), excluded={TOO_FEW: missing} if missing else {},
        rules={**SHARES, WaterMethod: (*SHARES[WaterMethod], "shares_sum")},
        provisional=[*without_class(those, classes), *remarks(those, facts.period, method)],
    )  # fmt: skip
    return msgspec.structs.replace(made, value=shares.printed[class_ - 1]) if shares.printed else made


def good_length_ratio(indicator: Indicator, facts: Facts) -> Figure:
    """Share of the evaluated river length at class III or better. [%]"""
    limits, method = water_standards(facts)
    rivers = [each for each in of_role(facts, "section") if each.station.body == "river"]
    with_length = [(each, km) for each in rivers if (km := each.station.length_km) is not None]
    classes = [section_class(each, facts.period, limits, method).overall for each, _ in with_length]
    share = bodies.good_length_share(classes, [km for _, km in with_length], method)
    excluded = {
        "no river length in the register": len(rivers) - len(with_length),
        TOO_FEW: classes.count(water.NO_CLASS),
    }
    excluded = {why: n for why, n in excluded.items() if n}
    return figure(
        indicator, facts, (limits, method), share, method.share_decimals,
        valid=len(rivers) - sum(excluded.values()), expected=len(rivers), counted="sections",
        sufficient=share is not None and not excluded.keys() - {TOO_FEW} and decides(excluded.get(TOO_FEW, 0), method),
        excluded=excluded,
        rules={**SHARES, WaterMethod: (*SHARES[WaterMethod], "river_length")},
        provisional=[
            *without_class([each for each, _ in with_length], classes), *remarks(rivers, facts.period, method)
        ],
    )  # fmt: skip


def item_mean(indicator: Indicator, facts: Facts, *, item: str) -> Figure:
    """Mean of an item over the sections of the scope, with its class as the label. [unit of the item]"""
    limits, method = water_standards(facts)
    means, exact = _item(facts, item, method)
    decimals = method.decimals.get(item, 2)
    kinds = {each.station.body for each in of_role(facts, "section")}
    label = ("", "")
    if exact is not None and item in limits.item and len(kinds) == 1:
        rounded = np.array([float(half_even(exact, decimals))])
        class_ = int(water.item_classes(rounded, limits.item[item], kinds.pop())[0])
        label = (CLASS_LABELS[class_], water.CLASS_NAMES[class_]) if class_ else label
    return _item_figure(indicator, facts, means, exact, decimals, CLASS, label, item)


def multiple(indicator: Indicator, facts: Facts, *, item: str) -> Figure:
    """Multiple of exceedance of the mean of an item over the sections, by the limit of class III; 0 within it.

    Rivers and lakes together have none: their limits may differ.
    """
    limits, method = water_standards(facts)
    means, exact = _item(facts, item, method)
    kinds = {each.station.body for each in of_role(facts, "section")}
    found: Fraction | None = None
    if exact is not None and len(kinds) == 1:
        value = half_even(exact, method.decimals[item])
        found = sections.multiple(value, item, kinds.pop(), limits=limits, method=method) or Fraction(0)
    return _item_figure(indicator, facts, means, found, method.multiple_decimals, MULTIPLE, ("", ""), item)


def _item(facts: Facts, item: str, method: WaterMethod) -> tuple[list[Fraction], Fraction | None]:
    means = [section_means(each, facts.period, method).get(item) for each in of_role(facts, "section")]
    there = [mean for mean in means if mean is not None]
    return there, water.mean_of(there, item=item) if there else None


def _item_figure(
    indicator: Indicator,
    facts: Facts,
    means: list[Fraction],
    exact: Fraction | None,
    decimals: int,
    rules: Rules,
    label: tuple[str, str],
    item: str,
) -> Figure:
    those = of_role(facts, "section")
    missing = len(those) - len(means)
    limits, method = water_standards(facts)
    return figure(
        indicator, facts, (limits, method), exact, decimals, valid=len(means), expected=len(those),
        counted="sections", sufficient=exact is not None and not missing,
        excluded={TOO_FEW: missing} if missing else {}, rules=rules,
        reasons=[MIXED] if exact is None and means else [],
        provisional=remarks(those, facts.period, method, items=[item]), label=label,
    )  # fmt: skip


def monthly(facts: Facts) -> attainment.MonthlyAttainment:
    """Months of the sections against their targets, each month against that of its last day."""
    limits, method = water_standards(facts)
    rows = [_months_attained(each, facts.period, limits, method) for each in of_role(facts, "section")]
    n = len(rows[0]) if rows else 0
    classes = np.array(rows, dtype=np.int64).reshape(len(rows), n)
    return attainment.monthly_attainment(classes, np.ones(len(rows), dtype=np.int64))


def _months_attained(section: SectionDays, period: Period, limits: WaterLimits, method: WaterMethod) -> list[int]:
    """Of each month: NO_CLASS without a class or a target, 1 where it attains, 2 where it does not."""
    key = ("months attained", method.edition.id, limits.edition.id, period.first)
    if key not in section.memo:
        # As 1 and 2 against a target of 1: attained or not, whatever the target of the month.
        section.memo[key] = [
            water.NO_CLASS if not target or of.overall == water.NO_CLASS else 1 + (of.overall > target)
            for part, of in month_classes(section, period, limits, method)
            for target in (target_at_end(section, (part.last - period.first).days),)
        ]
    found: list[int] = section.memo[key]
    return found


def month_attainment(indicator: Indicator, facts: Facts) -> Figure:
    """Share of the evaluated months of the sections that attained their target class. [%]"""
    found = monthly(facts)
    attained, evaluated = int(found.attained.sum()), int(found.evaluated.sum())
    share = Fraction(100 * attained, evaluated) if evaluated else None
    _, method = water_standards(facts)
    return _months(indicator, facts, found, share, method.share_decimals, ("", ""))


def months_failed(indicator: Indicator, facts: Facts, *, at_end: bool) -> Figure:
    """Most consecutive months in which a section failed its target, and which; `at_end`: that the last month ends."""
    found = monthly(facts)
    runs = found.failed_at_end if at_end else found.longest_failed
    worst = int(runs.max()) if len(runs) else 0
    those = of_role(facts, "section")
    worst_ones = [each.station for each, n in zip(those, runs.tolist(), strict=True) if worst and n == worst]
    several = len(those) > 1
    label = (
        "、".join(each.name for each in worst_ones) if several else "",
        ", ".join(each.name_en for each in worst_ones) if several else "",
    )
    value = Fraction(worst) if found.evaluated.sum() else None
    return _months(indicator, facts, found, value, 0, label, of_runs=True)


def _months(
    indicator: Indicator,
    facts: Facts,
    found: attainment.MonthlyAttainment,
    value: Fraction | None,
    decimals: int,
    label: tuple[str, str],
    *,
    of_runs: bool = False,
) -> Figure:
    limits, method = water_standards(facts)
    evaluated = int(found.evaluated.sum())
    months = len(month_means(facts.sections[0], facts.period, method)) if facts.sections else 0
    expected = months * len(found.evaluated)
    missing = expected - evaluated
    needed = scaled(method.year_min_months, months, 12)
    return figure(
        indicator, facts, (limits, method), value, decimals, valid=evaluated, expected=expected,
        counted="months of sections", sufficient=value is not None and bool((found.evaluated >= needed).all()),
        excluded={"months without a class or a target": missing} if missing else {}, rules=TARGETS,
        provisional=[
            *remarks(of_role(facts, "section"), facts.period, method, targets=True),
            *([f"{ENDS_A_RUN}: {missing}"] if of_runs and missing else []),
        ],
        label=label,
    )  # fmt: skip
