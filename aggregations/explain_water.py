"""Why a figure of water is what it is: sections with their items, months and days, what moved it most."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations import water
from aggregations.explain import exact_of, significant
from aggregations.figures import scaled
from aggregations.indicators import Facts, Indicator, ManualSample, SectionDays, section_class
from aggregations.indicators.water import of_role
from aggregations.indicators.water_means import (
    Means,
    judged_items,
    means_of,
    month_classes,
    month_means,
    target_at_end,
)
from aggregations.indicators.water_special import DEPTH, indexes_without_each, odour_sample, sources_of
from aggregations.periods import DAY, Period, month
from aggregations.rounding import half_even
from aggregations.standards import BlackOdour, WaterLimits, WaterMethod, WaterRanking, WaterTrophic
from aggregations.water import black_odour
from aggregations.water.sections import limit_of, main_items, multiple
from aggregations.water.sources import SourceVerdict, source_verdict

MONTHS_OF_YEAR = 12
OF_ITEMS = ("water.mean.", "water.exceedance_multiple.")
"""Beginnings of the names of indicators of a single item."""
PATROLS = ("water.patrol_due", "water.patrol_overdue")
"""Indicators of points whose next sample is due or overdue."""
OF_SAMPLES = ("water.black_odorous", "water.returned_bodies", *PATROLS)
"""Indicators that rest on manual samples alone, one by one."""
SOURCES = ("water.source_attainment", "water.source_attainment_by_volume")
INDEX = "water.cwqi"
OF_TARGETS = ("water.target_attainment", "water.month_attainment", "water.months_failed_run", "water.months_failing")
"""Indicators that hold sections against their target classes."""
BLACK_ODOUR = ("water.black_odorous", "water.returned_bodies", "water.black_odorous_bodies")


class MainPollution(msgspec.Struct, frozen=True, kw_only=True):
    """A main pollution item, its class, and its multiple of exceedance; None where it has none. [-]"""

    item: str
    water_class: int
    multiple: Decimal | None


class MonthLack(msgspec.Struct, frozen=True, kw_only=True):
    """A month with too few valid days of an item, and no manual sample in their place."""

    month: str
    days: int
    needed: int


class TargetFrom(msgspec.Struct, frozen=True, kw_only=True):
    """The target class of a section from a day of the period on, to the next change; None: none was set."""

    first: dt.date
    target_class: str | None


class ItemBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What a section has of an item: results, valid days and months, the mean as it is judged, its class.

    `results` and `days` are of automatic stations, `samples` manual. `manual_months` are the months whose mean is that
    of manual samples. `below` counts the results below the detection limit, `suspect` the values that look like a slip
    of the unit, both of either kind, `suspect_days` the days of the latter. `limit` is that of the item's class, that
    of class V where it is worse; None of a range and without a class. `limit_3` is that of class III. The mean of what
    has no class is rounded for reading. `judged` is false where the item does not enter the class of a section that has
    items of its own. Of black odour `limit` is where the light range begins. [unit of the item]
    """

    item: str
    results: int
    days: int
    days_expected: int
    samples: int
    months: int
    months_expected: int
    months_needed: int
    manual_months: list[str]
    below: int
    suspect: int
    suspect_days: list[dt.date]
    mean: Decimal | None
    water_class: int
    limit: Decimal | None
    limit_3: Decimal | None
    lacks: list[MonthLack]
    judged: bool = True


class SampleBasis(msgspec.Struct, frozen=True, kw_only=True):
    """A manual sample of a body under the black-odour programme: its items, its grade (-1 none, 0 not, 1, 2 heavy)."""

    day: dt.date
    values: dict[str, Decimal]
    below: list[str]
    grade: int


class SectionBasis(msgspec.Struct, frozen=True, kw_only=True):
    """A section over the period: class 1 to 6 (0: none), required items that are missing, main items, months, items.

    `target_class` is that of the last day, `targets` all of them where it changed. `months_failed` are those worse
    than the target of their last day. Of a source the class is that of its basic items, and `main_items` are all that
    it fails by, the five of sources without a class. `samples` are told of bodies under the black-odour programme,
    `last_sample` and `patrol_days` where they have to be sampled.
    """

    station: str
    name: str
    name_en: str
    body: str
    target_class: str | None
    targets: list[TargetFrom]
    water_class: int
    missing: list[str]
    main_items: list[MainPollution]
    months: dict[str, int]
    months_failed: list[str]
    items: list[ItemBasis]
    samples: list[SampleBasis]
    last_sample: dt.date | None
    patrol_days: int | None


class MovedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section, or a month of the only one, and by how much the figure is different for it.

    `moved` is None where without it nothing could be computed.
    """

    station: str
    month: str | None = None
    water_class: int
    moved: Decimal | None


def members(indicator: Indicator, facts: Facts) -> list[SectionDays]:
    """Return the sections of the scope that an indicator is about, by their role or body; of the sea its points."""
    name = indicator.name
    if indicator.of_sea:
        return facts.sea
    if name in SOURCES:
        return sources_of(facts)
    if name in PATROLS:
        last = facts.period.last
        return [s for s in facts.sections if s.station.patrol_days is not None and s.station.expected_on(last)]
    if name in BLACK_ODOUR:
        return of_role(facts, "black_odour")
    if name == "water.trophic_index":
        return [each for each in facts.sections if each.station.body == "lake"]
    found = of_role(facts, "section")
    if name == "water.good_length_ratio":
        return [each for each in found if each.station.body == "river"]
    return found


def section_basis(section: SectionDays, indicator: Indicator, facts: Facts) -> SectionBasis:
    """Return what is known of a section over the period, as far as it is of interest to an indicator."""
    limits, method = _standards(facts)
    found = _class(section, indicator, facts)
    months = month_classes(section, facts.period, limits, method)
    station = section.station
    names = water.CLASS_NAMES
    return SectionBasis(
        station=station.id,
        name=station.name,
        name_en=station.name_en,
        body=station.body,
        target_class=names[target] if (target := target_at_end(section)) else None,
        targets=_targets(section, facts.period),
        water_class=found.overall,
        missing=found.missing,
        main_items=_main(section, indicator, facts, found),
        months={named(each): of.overall for each, of in months},
        months_failed=[
            named(each)
            for each, of in months
            if 0 < target_at_end(section, (each.last - facts.period.first).days) < of.overall
        ],
        items=_items(section, indicator, facts, found),
        samples=_samples(section, facts) if indicator.name in OF_SAMPLES else [],
        last_sample=section.last_sample,
        patrol_days=station.patrol_days,
    )


def _class(section: SectionDays, indicator: Indicator, facts: Facts) -> water.SectionClass:
    """Class of a section over the period; of a source by all its basic items, whatever items it has of its own."""
    limits, method = _standards(facts)
    if indicator.name in SOURCES:
        return _verdict(section, facts).basic
    return section_class(section, facts.period, limits, method)


def _verdict(section: SectionDays, facts: Facts) -> SourceVerdict:
    limits, method = _standards(facts)
    means = means_of(section, facts.period, method).values
    return source_verdict(means, section.station.body, limits=limits, method=method)


def _main(
    section: SectionDays, indicator: Indicator, facts: Facts, found: water.SectionClass
) -> list[MainPollution]:  # fmt: skip
    """Main pollution items of a section; of a source all items that it fails by."""
    limits, method = _standards(facts)
    body = section.station.body
    if indicator.name not in SOURCES:
        mains = main_items(found, body, limits=limits, method=method)
        return [MainPollution(item=m.item, water_class=m.class_, multiple=m.printed) for m in mains]
    means = means_of(section, facts.period, method).values
    told = []
    for item in _verdict(section, facts).failed:
        if item in limits.source_item:
            limit, mean = Fraction(limits.source_item[item].limit), means[item]
            exact = None if mean is None else (mean - limit) / limit
        else:
            exact = multiple(found.values[item], item, body, limits=limits, method=method)
        printed = None if exact is None else half_even(exact, method.multiple_decimals)
        told.append(MainPollution(item=item, water_class=found.items.get(item, water.NO_CLASS), multiple=printed))
    return told


def named(part: Period) -> str:
    """Name of a month of a period, whole or not; of a week or ten days its days."""
    return str(part) if part.first.month != part.last.month else f"{part.first:%Y-%m}"


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[MovedSection]:
    """Return the sections whose absence would change an indicator of water most; of a single section the months.

    Months without which nothing can be computed are not told.
    """
    those = members(indicator, facts)
    # Only those: were the last of a role taken out, the figure would be that of all others.
    facts = msgspec.structs.replace(facts, sections=those)
    whole = exact_of(indicator, facts)
    if whole is None:
        return []
    limits, method = _standards(facts)
    found: list[tuple[Fraction | None, MovedSection]] = []

    def keep(sections: Sequence[SectionDays], section: SectionDays, class_: int, of: str | None = None) -> None:
        told(exact_of(indicator, msgspec.structs.replace(facts, sections=list(sections))), section, class_, of)

    def told(without: Fraction | None, section: SectionDays, class_: int, of: str | None = None) -> None:
        by = None if without is None else whole - without
        if by or (by is None and of is None):
            moved = None if by is None else significant(by)
            found.append(
                (by, MovedSection(station=section.station.id, month=of, water_class=class_, moved=moved))
            )  # fmt: skip

    if len(those) == 1:
        (section,) = those
        parts = month_classes(section, facts.period, limits, method)
        for each, of in parts if len(parts) > 1 else []:
            keep([without_month(section, facts.period, each, method)], section, of.overall, named(each))
    elif indicator.name == INDEX:
        for section, without in zip(those, indexes_without_each(facts), strict=True):
            told(without, section, section_class(section, facts.period, limits, method).overall)
    else:
        for i, section in enumerate(those):
            class_ = _class(section, indicator, facts).overall
            keep([*those[:i], *those[i + 1 :]], section, class_)
    found.sort(key=lambda each: (each[0] is not None, -abs(each[0] or 0), -each[1].water_class))
    return [each for _, each in found[:most]]


def without_month(section: SectionDays, period: Period, each: Period, method: WaterMethod) -> SectionDays:
    """Return a section without anything of one month of the period, automatic or manual; its targets stay.

    The means of the other months, where they are known, are not taken anew.
    """
    first, end = _cut(period, each)
    means = {item: values.copy() for item, values in section.means.items()}
    counts = {item: values.copy() for item, values in section.counts.items()}
    for item in means:
        means[item][first:end] = np.nan
        counts[item][first:end] = 0
    manual = [sample for sample in section.manual if not first <= sample.day < end]
    kept = {name: getattr(section, name) for name in SectionDays.__struct_fields__ if name != "memo"}
    less = SectionDays(**(kept | {"means": means, "counts": counts, "manual": manual}))
    parts = [
        (part, Means({}, frozenset()) if part == each else of) for part, of in month_means(section, period, method)
    ]
    less.memo["months", method.edition.id, period.first] = parts
    return less


def _targets(section: SectionDays, period: Period) -> list[TargetFrom]:
    """Targets of a section where they changed in the period, else nothing."""
    starts = [
        i for i, target in enumerate(section.targets) if i == 0 or target != section.targets[i - 1]
    ]  # fmt: skip
    if len(starts) < 2:
        return []
    return [
        TargetFrom(
            first=period.first + i * DAY,
            target_class=water.CLASS_NAMES[section.targets[i]] if section.targets[i] else None,
        )
        for i in starts
    ]


def _items(
    section: SectionDays, indicator: Indicator, facts: Facts, found: water.SectionClass
) -> list[ItemBasis]:  # fmt: skip
    """The items that matter to an indicator: those that must be there, and the others that the section has."""
    limits, method = _standards(facts)
    name = indicator.name
    wanted: tuple[str, ...] = (*method.required_items, *method.class_items)
    must: tuple[str, ...] = tuple(method.required_items)
    if name.startswith(OF_ITEMS):
        wanted = must = (name.rpartition(".")[2],)
    elif name == "water.trophic_index":
        wanted = must = tuple(facts.standards.on(WaterTrophic, facts.period.last).item)
    elif name in BLACK_ODOUR:
        guide = facts.standards.on(BlackOdour, facts.period.last)
        wanted = must = tuple(guide.indicator if name in OF_SAMPLES else guide.month_indicators)
    elif name in PATROLS:
        wanted = must = ()
    elif name == INDEX:
        wanted = must = tuple(facts.standards.on(WaterRanking, facts.period.last).items)
    elif name in SOURCES:
        wanted, must = (*wanted, *limits.source_item), (*must, *limits.source_item)
    has = {item for item in wanted if item in section.counts and section.counts[item].any()}
    has |= {item for sample in section.manual for item in sample.values}
    expected = sum(section.station.expected_on(facts.period.first + i * DAY) for i in range(len(facts.period)))
    chosen = [item for item in dict.fromkeys(wanted) if item in must or item in has]
    items = [_item(section, facts, item, found, expected) for item in chosen]
    if not name.startswith(OF_ITEMS) and name not in (INDEX, *SOURCES, *BLACK_ODOUR, "water.trophic_index"):
        own = judged_items(section, method)
        items = [msgspec.structs.replace(each, judged=each.item in own) for each in items]
    if name in BLACK_ODOUR:
        bounds = facts.standards.on(BlackOdour, facts.period.last).indicator
        change = msgspec.structs.replace
        items = [change(each, water_class=0, limit=bounds[each.item].light, limit_3=None) for each in items]
    return items


def _item(
    section: SectionDays, facts: Facts, item: str, found: water.SectionClass, expected: int
) -> ItemBasis:  # fmt: skip
    limits, method = _standards(facts)
    period = facts.period
    valid = np.isfinite(section.means[item]) if item in section.means else np.zeros(len(period), dtype=np.bool_)
    months = month_means(section, period, method)
    lacks = [
        MonthLack(
            month=named(each),
            days=int(valid[slice(*_cut(period, each))].sum()),
            needed=scaled(method.month_min_days, len(each), len(month(each.first.year, each.first.month))),
        )
        for each, of in months
        if of.values.get(item) is None
    ]
    body, class_ = section.station.body, found.items.get(item, water.NO_CLASS)
    judged = bool(class_) and limits.item[item].good != "range"
    exact = means_of(section, period, method).values.get(item)
    source = limits.source_item.get(item)
    return ItemBasis(
        item=item,
        results=int(section.counts[item].sum()) if item in section.counts else 0,
        days=int(valid.sum()),
        days_expected=expected,
        samples=sum(item in sample.values for sample in section.manual),
        months=len(months) - len(lacks),
        months_expected=len(months),
        months_needed=scaled(method.year_min_months, len(months), MONTHS_OF_YEAR),
        manual_months=[named(each) for each, of in months if item in of.manual],
        below=section.below.get(item, 0),
        suspect=section.suspect.get(item, 0),
        suspect_days=[period.first + day * DAY for day in section.suspect_days.get(item, [])],
        mean=found.values.get(item) or (None if exact is None else _readable(exact, item, method)),
        water_class=class_,
        limit=source.limit
        if source
        else limit_of(item, body, class_=min(class_, 5), limits=limits)
        if judged
        else None,
        limit_3=limit_of(item, body, class_=method.good_class, limits=limits) if judged else None,
        lacks=lacks,
    )


def _readable(exact: Fraction, item: str, method: WaterMethod) -> Decimal:
    return half_even(exact, method.decimals[item]) if item in method.decimals else significant(exact, 4)


def _samples(section: SectionDays, facts: Facts) -> list[SampleBasis]:
    guide = facts.standards.on(BlackOdour, facts.period.last)
    return [_sample(each, facts.period, guide) for each in section.manual]


def _sample(sample: ManualSample, period: Period, guide: BlackOdour) -> SampleBasis:
    wanted = (*guide.indicator, DEPTH)  # 40 % of a shallow depth is the bound of transparency
    there = {item: Decimal(repr(sample.values[item])) for item in wanted if item in sample.values}
    return SampleBasis(
        day=period.first + sample.day * DAY,
        values=there,
        below=[item for item in there if item in sample.below],
        grade=black_odour.sample_grade(odour_sample(sample), guide),
    )


def _cut(period: Period, each: Period) -> tuple[int, int]:
    return (each.first - period.first).days, (each.last - period.first).days + 1


def _standards(facts: Facts) -> tuple[WaterLimits, WaterMethod]:
    last: dt.date = facts.period.last
    return facts.standards.on(WaterLimits, last), facts.standards.on(WaterMethod, last)
