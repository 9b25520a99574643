"""From the store to the section of surface water."""

from collections.abc import Sequence
from typing import Final

import msgspec

from aggregations.indicators import Facts, SectionDays, section_class
from aggregations.indicators.water import water_standards
from aggregations.indicators.water_means import SYMBOLS, month_classes, target_at_end
from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water import NO_CLASS, WORSE_THAN_V
from aggregations.water.sections import main_items, printed_items
from ingestor.bulletin.contents import SectionMonth, State, Water, WaterSection
from ingestor.bulletin.facts import Ground, four, rows
from sensors.register import Station

GOOD, WORSE, ATTAINED = "water.good_ratio", "water.worse_than_v_ratio", "water.target_attainment"
_ALWAYS: Final = (
    GOOD,
    WORSE,
    ATTAINED,
    *(f"water.class_share.{class_}" for class_ in range(1, WORSE_THAN_V + 1)),
    "water.state",
    "water.main_items",
)


def water(ground: Ground, state: State) -> Water:
    """Return the section of surface water; without stations, or without data, only what it is called."""
    stations = ground.scope.stations["water"]
    empty = Water(
        medium="water", stations=stations, state=state, rows={}, months=[], sections=[], classes=[]
    )  # fmt: skip
    if state != "data":
        return empty
    names = names_for(stations)
    facts = four(ground, "water", names)
    limits, method = water_standards(facts.month)
    of_year = facts.year or facts.month
    before = {} if facts.before is None else {each.station.id: each for each in facts.before.sections}
    return msgspec.structs.replace(
        empty,
        rows=rows(names, facts),
        months=ground.year.months(),
        sections=[
            _section(each, of_year, limits, method, _class_before(before.get(each.station.id), facts.before))
            for each in of_year.sections
        ],
        classes=method.class_row,
    )


def names_for(stations: Sequence[Station]) -> list[str]:
    """Return the indicators of the section that the sections of a city are of."""
    fresh = [each for each in stations if each.body != "sea"]
    names = [*_ALWAYS] if fresh else []
    if any(each.length_km is not None for each in fresh):
        names.append("water.good_length_ratio")
    if any(each.section_role == "source" or each.intake is not None for each in fresh):
        names.append("water.source_attainment")
    if any(each.section_role == "black_odour" for each in fresh):
        names.append("water.black_odorous_bodies")
    if len(fresh) < len(stations):
        names.append("water.sea_good_ratio")
    return names


def _section(
    section: SectionDays, facts: Facts, limits: WaterLimits, method: WaterMethod, before: int
) -> WaterSection:  # fmt: skip
    found = month_classes(section, facts.period, limits, method)
    months = []
    for part, of in found:
        target = target_at_end(section, (part.last - facts.period.first).days)
        known = target and of.overall != NO_CLASS
        months.append(SectionMonth(class_=of.overall, attains=of.overall <= target if known else None))
    main = main_items(found[-1][1], section.station.body, limits=limits, method=method)
    zh, en = (
        printed_items(main, {item: symbols[i] for item, symbols in SYMBOLS.items()}, separator=separator)
        for i, separator in enumerate(("、", ", "))
    )
    return WaterSection(
        station=section.station, target=target_at_end(section), months=months, before=before, main_items=(zh, en)
    )  # fmt: skip


def _class_before(section: SectionDays | None, facts: Facts | None) -> int:
    if section is None or facts is None:
        return NO_CLASS
    return section_class(section, facts.period, *water_standards(facts)).overall
