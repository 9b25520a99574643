"""Means of sections over a period: months from automatic days or manual samples, longer periods from months."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from aggregations import water
from aggregations.figures import scaled
from aggregations.indicators.facts import SectionDays
from aggregations.periods import DAY, Period, month
from aggregations.rounding import fraction
from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water import SectionClass
from sensors.unit_mistakes import PROBABLE

SHORT_DAYS: Final = 10
"""A period of so many days at most, a week or ten days, is averaged over its days though it touch two months. [d]"""

SYMBOLS: Final[dict[str, tuple[str, str]]] = {
    "ph": ("pH", "pH"),
    "do": ("溶解氧", "DO"),
    "codmn": ("高锰酸盐指数", "CODMn"),
    "cod": ("化学需氧量", "COD"),
    "bod5": ("五日生化需氧量", "BOD5"),
    "nh3n": ("氨氮", "NH3-N"),
    "tp": ("总磷", "TP"),
    "cu": ("铜", "Cu"),
    "zn": ("锌", "Zn"),
    "fluoride": ("氟化物", "F"),
    "se": ("硒", "Se"),
    "arsenic": ("砷", "As"),
    "hg": ("汞", "Hg"),
    "cd": ("镉", "Cd"),
    "cr6": ("六价铬", "Cr(VI)"),
    "pb": ("铅", "Pb"),
    "cn": ("氰化物", "CN"),
    "vp": ("挥发酚", "volatile phenols"),
    "oil": ("石油类", "oil"),
    "las": ("阴离子表面活性剂", "LAS"),
    "sulfide": ("硫化物", "S2-"),
    "temperature": ("水温", "temperature"),
    "tn": ("总氮", "TN"),
    "fcoli": ("粪大肠菌群", "faecal coliforms"),
    "chla": ("叶绿素a", "chlorophyll a"),
    "sd": ("透明度", "transparency"),
    "so4": ("硫酸盐", "sulphate"),
    "cl": ("氯化物", "chloride"),
    "no3n": ("硝酸盐氮", "nitrate"),
    "fe": ("铁", "Fe"),
    "mn": ("锰", "Mn"),
    "orp": ("氧化还原电位", "ORP"),
    "din": ("无机氮", "inorganic nitrogen"),
    "po4p": ("活性磷酸盐", "active phosphate"),
    "depth": ("水深", "depth"),
    "clear_to_bottom": ("清澈见底", "clear to the bottom"),
}
"""What items are called in labels and remarks, in Chinese and English."""


class Means(msgspec.Struct, frozen=True):
    """Means of a section by item, None where there are too few days or months; `manual` are those from samples."""

    values: dict[str, Fraction | None]
    manual: frozenset[str]


def month_means(section: SectionDays, period: Period, method: WaterMethod) -> list[tuple[Period, Means]]:
    """Return the means of each month of a period; of a week or ten days as one.

    `period` is that of the section's days. Of an item that the method takes from automatic stations first, those days
    are averaged where there are enough, else the manual samples; of other items the other way round.
    """
    key = ("months", method.edition.id, period.first)
    if key not in section.memo:
        parts = [period] if len(period) <= SHORT_DAYS else period.months()
        section.memo[key] = list(zip(parts, _means_of_parts(section, period, parts, method), strict=True))
    found: list[tuple[Period, Means]] = section.memo[key]
    return found


def _means_of_parts(
    section: SectionDays, period: Period, parts: Sequence[Period], method: WaterMethod
) -> Iterator[Means]:
    cuts = [slice((part.first - period.first).days, (part.last - period.first).days + 1) for part in parts]
    least = [scaled(method.month_min_days, len(p), len(month(p.first.year, p.first.month))) for p in parts]
    automatic = {
        item: water.month_means(days, section.counts[item], item=item, months=cuts, min_days=least)
        for item, days in section.means.items()
    }
    for n, cut in enumerate(cuts):
        samples = [sample.values for sample in section.manual if cut.start <= sample.day < cut.stop]
        values = {item: means[n] for item, means in automatic.items()}
        by_hand = set()
        for item in dict.fromkeys(item for sample in samples for item in sample):
            if values.get(item) is None or item not in method.automatic_first:
                by_hand.add(item)
                values[item] = water.mean_of([fraction(s[item]) for s in samples if item in s], item=item)
        yield Means(values, frozenset(by_hand))


def means_of(section: SectionDays, period: Period, method: WaterMethod) -> Means:
    """Return the means of a section over a period: of a month or less its own, of anything longer of its months."""
    key = ("means", method.edition.id, period.first)
    if key not in section.memo:
        months = [means for _, means in month_means(section, period, method)]
        items = dict.fromkeys(item for each in months for item in each.values)
        manual = frozenset(item for each in months for item in each.manual)
        if len(months) == 1:
            values = months[0].values
        else:
            needed = scaled(method.year_min_months, len(months), 12)
            values = {
                item: water.year_mean([each.values.get(item) for each in months], item=item, min_months=needed)
                for item in items
            }
        section.memo[key] = Means(values, frozenset(item for item in manual if values[item] is not None))
    found: Means = section.memo[key]
    return found


def section_means(section: SectionDays, period: Period, method: WaterMethod) -> dict[str, Fraction | None]:
    """Means of all items of a section over a period; None where there are too few days or months."""
    return means_of(section, period, method).values


def judged_items(section: SectionDays, method: WaterMethod) -> list[str]:
    """Return the items that the class of a section is made of: the five and its own, or all of the class.

    References
    ----------
    .. [1] 环办监测函〔2020〕714号: 5+X; that sections without items of their own are judged by all is assumed.
    """
    own = section.station.own_items
    if method.section_items == "class" or not own:
        return method.class_items
    return [item for item in method.class_items if item in own or item in method.required_items]


def judged_means(
    section: SectionDays, means: Mapping[str, Fraction | None], method: WaterMethod
) -> dict[str, Fraction | None]:
    """Return the means without the class items that do not enter the class of the section."""
    judged = judged_items(section, method)
    return {item: mean for item, mean in means.items() if item in judged or item not in method.class_items}


def waters_of(sections: Sequence[SectionDays]) -> list[str]:
    """Return the waters that sections lie on, by the names of the register; one without a name is one of its own."""
    return list(dict.fromkeys(each.station.water or each.station.id for each in sections))


def several_lakes(sections: Sequence[SectionDays]) -> list[str]:
    """Return what a figure has to say where it is of points of more than one lake, and of nothing else."""
    lakes = waters_of(sections)
    only = all(each.station.body == "lake" for each in sections)
    return [f"several lakes together, each to be judged apart: {len(lakes)}"] if only and len(lakes) > 1 else []


def areas_of(lakes: Sequence[SectionDays], method: WaterMethod) -> list[Decimal] | None:
    """Return the areas that weigh the points of a lake [km2]; None where they count alike, or one has no area.

    Points of several lakes count alike: an area weighs a point of its own lake.

    References
    ----------
    .. [1] Assessment method of 2011: big lakes also by area (recalled; config/standards/water-method-2011.toml).
    """
    areas = [each.station.area_km2 for each in lakes]
    known = [area for area in areas if area is not None]
    by_area = method.lake_points == "area" and len(waters_of(lakes)) == 1
    return known if by_area and len(known) == len(areas) else None


def section_class(section: SectionDays, period: Period, limits: WaterLimits, method: WaterMethod) -> SectionClass:
    """Class of a section over a period: of a month from its days, of anything longer from its months.

    References
    ----------
    .. [1] Assessment method of 2011: month from results, year from months (config/standards/water-method-2011.toml).
    """
    key = ("class", method.edition.id, limits.edition.id, period.first)
    if key not in section.memo:
        means = judged_means(section, section_means(section, period, method), method)
        section.memo[key] = water.evaluate(means, section.station.body, limits=limits, method=method)
    found: SectionClass = section.memo[key]
    return found


def month_classes(
    section: SectionDays, period: Period, limits: WaterLimits, method: WaterMethod
) -> list[tuple[Period, SectionClass]]:
    """Class of a section in each month of a period; of a week or ten days as one."""
    key = ("month classes", method.edition.id, limits.edition.id, period.first)
    if key not in section.memo:
        body = section.station.body
        section.memo[key] = [
            (part, water.evaluate(judged_means(section, means.values, method), body, limits=limits, method=method))
            for part, means in month_means(section, period, method)
        ]
    found: list[tuple[Period, SectionClass]] = section.memo[key]
    return found


def target_at_end(section: SectionDays, day: int = -1) -> int:
    """Target class of a section on a day, the last where none is said: 1 to 5, 0 without one.

    References
    ----------
    .. [1] Rule target_change (config/standards/water-method-2011.toml): that of the last day of what is judged.
    """
    if section.targets:
        return section.targets[day]
    return water.CLASS_NAMES.index(section.station.target_class or "-")


def without_class(sections: Sequence[SectionDays], classes: Sequence[int]) -> list[str]:
    """What a figure has to say of sections that have no class: which they are."""
    found = [each.station.id for each, of in zip(sections, classes, strict=True) if of == water.NO_CLASS]
    return [f"no class: {', '.join(found)}"] if found else []


def decides(missing: int, method: WaterMethod) -> bool:
    """Whether a figure of several sections decides where `missing` of them have no class.

    References
    ----------
    .. [1] Rule sections_without_class (config/standards/water-method-2011.toml): that shares are of the sections
       evaluated is of the method; how many there must be is not.
    """
    return not missing or method.sections_without_class == "left_out"


def remarks(
    sections: Sequence[SectionDays],
    period: Period,
    method: WaterMethod,
    *,
    items: Sequence[str] = (),
    targets: bool = False,
) -> list[str]:
    """What a figure has to say of the data of the sections that it is about: manual, suspect, targets that changed.

    Without `items` of all that may enter the class of one of the sections, with the own items that have no mean.
    """
    judged = {item for each in sections for item in judged_items(each, method)}
    wanted = items or [item for item in method.class_items if item in judged]
    manual = {item for each in sections for item in means_of(each, period, method).manual}
    found = (
        [f"manual: {', '.join(SYMBOLS[item][1] for item in wanted if item in manual)}"] if manual & {*wanted} else []
    )
    for each in [] if items else sections:
        means = section_means(each, period, method)
        if lacking := [
            item for item in judged_items(each, method) if means.get(item) is None and item in each.station.own_items
        ]:
            lacks = ", ".join(SYMBOLS[item][1] for item in lacking)
            found.append(f"{each.station.id}: no mean of its own items {lacks}")
    counts = {item: sum(each.suspect.get(item, 0) for each in sections) for item in wanted}
    text = f"{PROBABLE}, and counted: {{}} ({{}})"
    found += [text.format(SYMBOLS[item][1], n) for item, n in counts.items() if n]
    if targets:
        for each in (section for section in sections if len(set(section.targets)) > 1):
            for day, (before, now) in enumerate(zip(each.targets, each.targets[1:], strict=False), 1):
                if before != now:
                    names, first = water.CLASS_NAMES, period.first + day * DAY
                    found.append(f"{each.station.id}: target {names[before]} before {first}, {names[now]} from then on")
    return found
