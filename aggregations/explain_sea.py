"""Why a figure of the nearshore sea is what it is: its points in each survey, what moved it most."""

from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.explain import exact_of, significant
from aggregations.explain_water import MovedSection
from aggregations.indicators import Facts, Indicator
from aggregations.indicators.water_sea import PointInSurvey, sea_standards, surveys_of
from aggregations.standards import SeaLimits, Survey
from aggregations.water import sea

DIGITS = 4
"""Digits of a mean, which is judged unrounded and cut for reading only."""


class SeaItem(msgspec.Struct, frozen=True, kw_only=True):
    """Mean of an item of a point in a survey, and its class 1 to 4, 5 worse than 4. [unit of the item]"""

    item: str
    mean: Decimal
    sea_class: int


class SeaPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the sea in one survey: samples, items, class (0: none, and `why`), area that it stands for.

    `area_km2` is what the register says, None where it says nothing. `worst` are the items of its class, where that is
    worse than the good ones.
    """

    station: str
    name: str
    name_en: str
    year: int
    survey: Survey
    samples: int
    area_km2: Decimal | None
    sea_class: int
    why: str
    worst: list[str]
    items: list[SeaItem]


def points_of(indicator: Indicator, facts: Facts) -> list[SeaPoint]:
    """Return the points of the surveys that a figure of the sea rests on, survey by survey."""
    limits, method = sea_standards(facts)
    only = _survey_of(indicator)
    return [
        _told(each, judged.first.year, judged.season, limits, good_class=method.good_class)
        for judged in surveys_of(facts, only)
        for each in judged.points
    ]


def moved_most(indicator: Indicator, facts: Facts, *, most: int) -> list[MovedSection]:
    """Return the points whose absence would change a figure of the sea most; of a single one nothing."""
    whole = exact_of(indicator, facts)
    if whole is None or len(facts.sea) == 1:
        return []
    found: list[tuple[Fraction | None, str]] = []
    for i, point in enumerate(facts.sea):
        less = msgspec.structs.replace(facts, sea=[*facts.sea[:i], *facts.sea[i + 1 :]])
        without = exact_of(indicator, less)
        by = None if without is None else whole - without
        if by is None or by:
            found.append((by, point.station.id))
    found.sort(key=lambda each: (each[0] is not None, -abs(each[0] or 0)))
    return [
        MovedSection(station=of, water_class=0, moved=None if by is None else significant(by))
        for by, of in found[:most]
    ]


def _survey_of(indicator: Indicator) -> Survey | None:
    seasons: dict[str, Survey] = {"spring": "spring", "summer": "summer", "autumn": "autumn"}
    return seasons.get(indicator.name.rpartition(".")[2])


def _told(each: PointInSurvey, year: int, season: Survey, limits: SeaLimits, *, good_class: int) -> SeaPoint:
    station = each.point.station
    items = [
        SeaItem(item=item, mean=significant(mean, DIGITS), sea_class=sea.item_class(mean, item, limits))
        for item in limits.item
        if (mean := each.means.get(item)) is not None
    ]
    bad = each.class_ > good_class
    return SeaPoint(
        station=station.id, name=station.name, name_en=station.name_en, year=year, survey=season,
        samples=each.samples, area_km2=station.area_km2, sea_class=each.class_, why=each.why,
        worst=[of.item for of in items if of.sea_class == each.class_] if bad else [], items=items,
    )  # fmt: skip
