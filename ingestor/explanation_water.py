"""What a figure of water rests on: classes, items, months and days of each section, what moved it most."""

import msgspec

from aggregations import explain_water
from aggregations.explain_water import MovedSection, SectionBasis
from aggregations.indicators import Facts, Indicator
from ingestor.config import Config


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What an item is called, and its unit."""

    name: str
    name_en: str
    unit: str


class ExcludedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section that has no class, or no target: what it lacks, valid of needed days or months by item."""

    station: str
    reason: str
    lacks: dict[str, str]


class WaterBasis(msgspec.Struct, frozen=True, kw_only=True, tag_field="medium", tag="water"):
    """What a figure of water rests on. `items` names the items that the sections have."""

    items: dict[str, Item]
    sections: list[SectionBasis]
    excluded_sections: list[ExcludedSection]
    moved_most: list[MovedSection]


NO_CLASS = "too few valid months, days or items"
NO_TARGET = "no target class in the register"


def water_basis(config: Config, indicator: Indicator, facts: Facts, *, most: int) -> WaterBasis:
    """Return what a figure of water rests on."""
    sections = [explain_water.section_basis(each, facts) for each in facts.sections]
    known = config.quantities.of("water")
    names = dict.fromkeys(item.item for section in sections for item in section.items)
    return WaterBasis(
        items={i: Item(name=known[i].name, name_en=known[i].name_en, unit=known[i].unit) for i in names},
        sections=sections,
        excluded_sections=[
            told for section in sections if (told := _excluded(indicator, section)) is not None
        ],
        moved_most=explain_water.moved_most(indicator, facts, most=most),
    )  # fmt: skip


def _excluded(indicator: Indicator, section: SectionBasis) -> ExcludedSection | None:
    if not section.water_class:
        return ExcludedSection(
            station=section.station,
            reason=NO_CLASS,
            lacks={item.item: _lack(section, item.item) for item in section.items if item.item in section.missing},
        )
    if indicator.name == "water.target_attainment" and section.target_class is None:
        return ExcludedSection(station=section.station, reason=NO_TARGET, lacks={})
    return None


def _lack(section: SectionBasis, name: str) -> str:
    """Valid of needed: days in a single month, else months."""
    item = next(each for each in section.items if each.item == name)
    if item.months_expected == 1 and item.lacks:
        return f"{item.lacks[0].days}/{item.lacks[0].needed} d"
    return f"{item.months}/{item.months_needed} months"
