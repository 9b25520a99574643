"""Why a figure of water is what it is: sections with their items, months and days, what moved it most."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations import water
from aggregations.explain import exact_of, significant
from aggregations.figures import scaled
from aggregations.indicators import Facts, Indicator, SectionDays, section_class
from aggregations.periods import DAY, Period, month
from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water.sections import limit_of, main_items

MONTHS_OF_YEAR = 12


class MainPollution(msgspec.Struct, frozen=True, kw_only=True):
    """A main pollution item, its class, and its multiple of exceedance; None where it has none. [-]"""

    item: str
    water_class: int
    multiple: Decimal | None


class MonthLack(msgspec.Struct, frozen=True, kw_only=True):
    """A month with too few valid days of an item."""

    month: str
    days: int
    needed: int


class ItemBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What a section has of an item: results, valid days and months, the mean as it is judged, its class.

    `limit` is that of the item's class, that of class V where it is worse; None of a range and without a
    class. `limit_3` is that of class III. [unit of the item]
    """

    item: str
    results: int
    days: int
    days_expected: int
    months: int
    months_expected: int
    months_needed: int
    mean: Decimal | None
    water_class: int
    limit: Decimal | None
    limit_3: Decimal | None
    lacks: list[MonthLack]


class SectionBasis(msgspec.Struct, frozen=True, kw_only=True):
    """A section over the period: class 1 to 6 (0: none), required items that are missing, main items, months, items."""

    station: str
    name: str
    name_en: str
    body: str
    target_class: str | None
    water_class: int
    missing: list[str]
    main_items: list[MainPollution]
    months: dict[str, int]
    items: list[ItemBasis]


class MovedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section, or a month of the only one, and by how much the figure is different for it."""

    station: str
    month: str | None = None
    water_class: int
    moved: Decimal


def section_basis(section: SectionDays, facts: Facts) -> SectionBasis:
    """Return what is known of a section over the period."""
    limits, method = _standards(facts)
    found = section_class(section, facts.period, limits, method)
    months = [(each, of_month(section, facts.period, each, limits, method)) for each in facts.period.months()]
    station = section.station
    mains = main_items(found, station.body, limits=limits, method=method)
    items = [
        _item(section, facts, item, found, months, limits, method)
        for item in dict.fromkeys((*method.required_items, *method.class_items))
        if item in method.required_items or (item in section.counts and section.counts[item].any())
    ]
    return SectionBasis(
        station=station.id,
        name=station.name,
        name_en=station.name_en,
        body=station.body,
        target_class=station.target_class,
        water_class=found.overall,
        missing=found.missing,
        main_items=[MainPollution(item=m.item, water_class=m.class_, multiple=m.printed) for m in mains],
        months={f"{each.first:%Y-%m}": of.overall for each, of in months},
        items=items,
    )


def of_month(
    section: SectionDays, period: Period, each: Period, limits: WaterLimits, method: WaterMethod
) -> water.SectionClass:
    """Return the class of a section in one month of the period."""
    cut = _cut(period, each)
    days = _changed(
        section,
        means={item: values[cut] for item, values in section.means.items()},
        counts={item: values[cut] for item, values in section.counts.items()},
    )
    return section_class(days, each, limits, method)


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[MovedSection]:
    """Return the sections whose absence would change an indicator of water most; of a single section the months.

    Months without which nothing can be computed are not told.
    """
    whole = exact_of(indicator, facts)
    if whole is None:
        return []
    limits, method = _standards(facts)
    found: list[tuple[Fraction, MovedSection]] = []

    def keep(less: SectionDays | None, section: SectionDays, class_: int, of: str | None = None) -> None:
        sections = [less if each is section else each for each in facts.sections]
        without = exact_of(
            indicator, msgspec.structs.replace(facts, sections=[each for each in sections if each is not None])
        )
        by = whole - (without if without is not None else Fraction(0))
        if by and (without is not None or of is None):
            told = MovedSection(station=section.station.id, month=of, water_class=class_, moved=significant(by))
            found.append((by, told))

    if len(facts.sections) == 1:
        (section,) = facts.sections
        for each in facts.period.months() if len(facts.period.months()) > 1 else []:
            class_ = of_month(section, facts.period, each, limits, method).overall
            keep(without_month(section, facts.period, each), section, class_, f"{each.first:%Y-%m}")
    else:
        for section in facts.sections:
            keep(None, section, section_class(section, facts.period, limits, method).overall)
    found.sort(key=lambda each: (-abs(each[0]), -each[1].water_class))
    return [told for _, told in found[:most]]


def without_month(section: SectionDays, period: Period, each: Period) -> SectionDays:
    """Return a section without anything of one month of the period."""
    cut = _cut(period, each)
    means = {item: values.copy() for item, values in section.means.items()}
    counts = {item: values.copy() for item, values in section.counts.items()}
    for item in means:
        means[item][cut] = np.nan
        counts[item][cut] = 0
    return _changed(section, means=means, counts=counts)


def _item(
    section: SectionDays,
    facts: Facts,
    item: str,
    found: water.SectionClass,
    months: list[tuple[Period, water.SectionClass]],
    limits: WaterLimits,
    method: WaterMethod,
) -> ItemBasis:
    n = len(facts.period)
    valid = np.isfinite(section.means[item]) if item in section.means else np.zeros(n, dtype=np.bool_)
    lacks = [
        MonthLack(
            month=f"{each.first:%Y-%m}",
            days=int(valid[_cut(facts.period, each)].sum()),
            needed=scaled(method.month_min_days, len(each), len(month(each.first.year, each.first.month))),
        )
        for each, of in months
        if item not in of.values
    ]
    body, class_ = section.station.body, found.items.get(item, water.NO_CLASS)
    ranged = limits.item[item].good == "range"
    return ItemBasis(
        item=item,
        results=int(section.counts[item].sum()) if item in section.counts else 0,
        days=int(valid.sum()),
        days_expected=sum(section.station.expected_on(facts.period.first + i * DAY) for i in range(n)),
        months=len(months) - len(lacks),
        months_expected=len(months),
        months_needed=scaled(method.year_min_months, len(months), MONTHS_OF_YEAR),
        mean=found.values.get(item),
        water_class=class_,
        limit=None if ranged or not class_ else limit_of(item, body, class_=min(class_, 5), limits=limits),
        limit_3=None if ranged or not class_ else limit_of(item, body, class_=method.good_class, limits=limits),
        lacks=lacks,
    )


def _changed(section: SectionDays, **changes: object) -> SectionDays:
    """A section with other days, made anew: nothing that it keeps of its former ones goes along."""
    kept = {name: getattr(section, name) for name in SectionDays.__struct_fields__ if name != "memo"}
    return SectionDays(**(kept | changes))


def _cut(period: Period, each: Period) -> slice:
    return slice((each.first - period.first).days, (each.last - period.first).days + 1)


def _standards(facts: Facts) -> tuple[WaterLimits, WaterMethod]:
    last: dt.date = facts.period.last
    return facts.standards.on(WaterLimits, last), facts.standards.on(WaterMethod, last)
