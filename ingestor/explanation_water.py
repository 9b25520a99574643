"""What a figure of water rests on: classes, items, months and days of each section, what moved it most."""

import msgspec

from aggregations import explain_sea, explain_water
from aggregations.explain_sea import SeaPoint
from aggregations.explain_water import ItemBasis, MovedSection, SectionBasis
from aggregations.indicators import Facts, Indicator
from ingestor.config import Config
from ingestor.explanation_water_results import LeftOut, left_out
from ingestor.store import Tables
from sensors.register import Station


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What an item is called, and its unit."""

    name: str
    name_en: str
    unit: str


class ExcludedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section that did not enter, why, and what it lacks: valid of needed days or months by item."""

    station: str
    reason: str
    lacks: dict[str, str]


class WaterBasis(msgspec.Struct, frozen=True, kw_only=True, tag_field="medium", tag="water"):
    """What a figure of water rests on. `items` names the items that are told of; `sections` are those it is about.

    A figure of the sea has `points`, survey by survey, and no sections. `left_out` are results that do not count.
    """

    items: dict[str, Item]
    sections: list[SectionBasis]
    excluded_sections: list[ExcludedSection]
    moved_most: list[MovedSection]
    points: list[SeaPoint] = []
    left_out: list[LeftOut] = []


NO_CLASS = "too few valid months, days or items"
NO_TARGET = "no target class in the register"
NO_MONTH = "months without a class or a target"
NO_LENGTH = "no river length in the register"
NO_INTAKE = "no intake in the register"
NO_SAMPLE = "no manual sample"
NOT_ABOUT = "not what the figure is about"


def water_basis(
    config: Config, store: Tables, indicator: Indicator, facts: Facts, *, most: int
) -> WaterBasis:  # fmt: skip
    """Return what a figure of water rests on."""
    if indicator.of_sea:
        return _sea_basis(config, store, indicator, facts, most=most)
    those = explain_water.members(indicator, facts)
    sections = [explain_water.section_basis(each, indicator, facts) for each in those]
    known, about = config.quantities.of("water"), {each.station.id for each in those}
    names = dict.fromkeys(
        name
        for section in sections
        for name in (
            *(item.item for item in section.items),
            *section.missing,
            *(main.item for main in section.main_items),
            *(item for sample in section.samples for item in sample.values),
        )
    )
    excluded = [
        told
        for section, of in zip(sections, those, strict=True)
        if (told := _excluded(indicator, section, of.station)) is not None
    ]
    excluded += [
        ExcludedSection(station=each.station.id, reason=NOT_ABOUT, lacks={})
        for each in facts.sections
        if each.station.id not in about
    ]
    return WaterBasis(
        items={i: Item(name=known[i].name, name_en=known[i].name_en, unit=known[i].unit) for i in names},
        sections=sections,
        excluded_sections=excluded,
        moved_most=explain_water.moved_most(indicator, facts, most=most),
        left_out=left_out(config, store, [each.station for each in those], facts.period, names),
    )


def _sea_basis(
    config: Config, store: Tables, indicator: Indicator, facts: Facts, *, most: int
) -> WaterBasis:  # fmt: skip
    points = explain_sea.points_of(indicator, facts)
    known = config.quantities.of("water")
    items = {item.item for point in points for item in point.items}
    stations = [each.station for each in explain_water.members(indicator, facts)]
    lost = left_out(config, store, stations, facts.period, items)
    names = dict.fromkeys(item.item for point in points for item in point.items)
    return WaterBasis(
        items={i: Item(name=known[i].name, name_en=known[i].name_en, unit=known[i].unit) for i in names},
        sections=[],
        excluded_sections=[],
        moved_most=explain_sea.moved_most(indicator, facts, most=most),
        points=points,
        left_out=lost,
    )


def _excluded(indicator: Indicator, section: SectionBasis, station: Station) -> ExcludedSection | None:
    """Why a section that the figure is about did not enter it; None where it did."""
    name = indicator.name
    reason, lacking = "", section.missing
    if name in explain_water.OF_SAMPLES:
        reason = NO_SAMPLE if name not in explain_water.PATROLS and not section.samples else ""
        lacking = []
    elif name.startswith(explain_water.OF_ITEMS) or name in ("water.trophic_index", "water.black_odorous_bodies"):
        lacking = [item.item for item in section.items if item.mean is None]
        several = name == "water.trophic_index"
        reason = NO_CLASS if lacking and not (several and len(lacking) < len(section.items)) else ""
    elif name == "water.cwqi":
        reason = NO_CLASS if all(item.mean is None for item in section.items) else ""
    elif name == "water.good_length_ratio" and station.length_km is None:
        reason, lacking = NO_LENGTH, []
    elif name == "water.source_attainment_by_volume" and station.intake is None:
        reason, lacking = NO_INTAKE, []
    elif name in explain_water.OF_TARGETS and section.target_class is None and not section.targets:
        reason, lacking = NO_TARGET, []
    elif name in explain_water.OF_TARGETS[1:]:
        reason = NO_MONTH if not any(section.months.values()) else ""
    elif not section.water_class:
        reason = NO_CLASS
    if not reason:
        return None
    lacks = {item.item: _lack(item) for item in section.items if item.item in lacking}
    return ExcludedSection(station=section.station, reason=reason, lacks=lacks)


def _lack(item: ItemBasis) -> str:
    """Valid of needed: days in a single month, else months."""
    if item.months_expected == 1 and item.lacks:
        return f"{item.lacks[0].days}/{item.lacks[0].needed} d"
    return f"{item.months}/{item.months_needed} months"
