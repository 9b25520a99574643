"""Indicators of water: class of a section, shares of sections, black-odorous bodies."""

from collections import Counter
from fractions import Fraction

from aggregations import water
from aggregations.figures import Figure, scaled
from aggregations.indicators.facts import Facts, Indicator, Rules, SectionDays, figure
from aggregations.periods import Period, month
from aggregations.standards import BlackOdour, WaterLimits, WaterMethod

CLASS: Rules = {
    WaterLimits: ("limits", "inclusive", "ph", "oxygen_class_one", "lake_phosphorus", "river_reservoirs"),
    WaterMethod: (
        "class_items", "required_items", "missing_item", "section", "means", "ph_mean", "minima", "rounding",
        "decimals", "ph_decimals",
    ),
}  # fmt: skip
"""Rules that the class of a section rests on."""
SHARES: Rules = {**CLASS, WaterMethod: (*CLASS[WaterMethod], "shares")}
ODOUR: Rules = {BlackOdour: ("bounds", "edges", "month", "items"), WaterMethod: ("means", "minima")}


def section_class(section: SectionDays, period: Period, limits: WaterLimits, method: WaterMethod) -> water.SectionClass:
    """Class of a section over a period: of a month from its days, of anything longer from its months.

    References
    ----------
    .. [1] Assessment method of 2011: month from results, year from months (config/standards/water-method-2011.toml).
    """
    return water.evaluate(section_means(section, period, method), section.station.body, limits=limits, method=method)


def section_means(section: SectionDays, period: Period, method: WaterMethod) -> dict[str, Fraction | None]:
    """Means of all items of a section over a period; None where there are too few days or months."""
    months = period.months()
    needed = scaled(method.year_min_months, len(months), 12)
    means: dict[str, Fraction | None] = {}
    for item, days in section.means.items():
        monthly = []
        for each in months:
            cut = slice((each.first - period.first).days, (each.last - period.first).days + 1)
            least = scaled(method.month_min_days, len(each), len(month(each.first.year, each.first.month)))
            monthly.append(water.month_mean(days[cut], section.counts[item][cut], item=item, min_days=least))
        means[item] = monthly[0] if len(months) == 1 else water.year_mean(monthly, item=item, min_months=needed)
    return means


def class_share(indicator: Indicator, facts: Facts, *, at_least: int | None = None, worse: bool = False) -> Figure:
    """Share of the evaluated sections at class `at_least` or better; their target class where it is None. [%]

    With `worse`, the share of sections that are worse than class `at_least`.

    References
    ----------
    .. [1] Assessment method of 2011: shares are of the sections evaluated.
    """
    limits, method = _water_standards(facts)
    good = 0
    excluded: Counter[str] = Counter()
    for section in facts.sections:
        target = at_least or water.CLASS_NAMES.index(section.station.target_class or "-")
        result = section_class(section, facts.period, limits, method).overall
        if not target:
            excluded["no target class in the register"] += 1
        elif result == water.NO_CLASS:
            excluded["too few valid months, days or items"] += 1
        else:
            good += (result > target) if worse else (result <= target)
    valid = len(facts.sections) - sum(excluded.values())
    return figure(
        indicator, facts, (limits, method), Fraction(100 * good, valid) if valid else None, method.share_decimals,
        valid=valid, expected=len(facts.sections), counted="sections",
        sufficient=bool(valid) and not excluded, excluded=dict(excluded), rules=SHARES,
    )  # fmt: skip


def worst_class(indicator: Indicator, facts: Facts) -> Figure:
    """Worst class of the sections of the scope, as a number: 1 to 5 for I to V, 6 for worse than V."""
    limits, method = _water_standards(facts)
    classes = [section_class(s, facts.period, limits, method).overall for s in facts.sections]
    valid = [c for c in classes if c != water.NO_CLASS]
    missing = len(classes) - len(valid)
    return figure(
        indicator, facts, (limits, method), Fraction(max(valid)) if valid else None, 0,
        valid=len(valid), expected=len(classes), counted="sections", sufficient=bool(valid) and not missing,
        excluded={"too few valid months, days or items": missing} if missing else {}, rules=CLASS,
    )  # fmt: skip


def black_odorous_bodies(indicator: Indicator, facts: Facts) -> Figure:
    """Number of water bodies that were black-odorous in a month of the period, by the month's means."""
    guide = facts.standards.on(BlackOdour, facts.period.last)
    _, method = _water_standards(facts)
    returned = 0
    missing = 0
    for section in facts.sections:
        verdicts = []
        for each in facts.period.months():
            cut = slice((each.first - facts.period.first).days, (each.last - facts.period.first).days + 1)
            part = SectionDays(
                section.station,
                {k: v[cut] for k, v in section.means.items()},
                {k: v[cut] for k, v in section.counts.items()},
            )
            verdicts.append(water.is_black_odorous(section_means(part, each, method), guide))
        returned += any(verdicts)
        missing += not any(verdicts) and None in verdicts
    valid = len(facts.sections) - missing
    return figure(
        indicator, facts, (guide, method), Fraction(returned) if valid else None, 0,
        valid=valid, expected=len(facts.sections), counted="bodies", sufficient=bool(valid) and not missing,
        excluded={"a month with too few valid days": missing} if missing else {}, rules=ODOUR,
    )  # fmt: skip


def _water_standards(facts: Facts) -> tuple[WaterLimits, WaterMethod]:
    return facts.standards.on(WaterLimits, facts.period.last), facts.standards.on(WaterMethod, facts.period.last)
