"""From the store to the section of air."""

from collections.abc import Sequence
from typing import Final

import msgspec

from aggregations import indicators, periods, standings
from aggregations.air import QUANTITIES
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts
from aggregations.periods import Period
from aggregations.standards import AirIndex
from aggregations.standings import COMPOSITE
from ingestor import air_quality, comparisons
from ingestor.bulletin.contents import Air, AirMonth, AirPlace, State
from ingestor.bulletin.facts import Ground, four, rows
from sensors.register import Station

PM25, OZONE, GOOD_DAYS = "air.annual_mean.pm25", "air.percentile.o3", "air.good_day_ratio"
N_LEVELS: Final = 6
FIGURES: Final = (
    GOOD_DAYS,
    "air.good_days",
    *(f"air.level_days.{level + 1}" for level in range(N_LEVELS)),
    "air.heavy_pollution_days",
    PM25,
    "air.annual_mean.pm10",
    "air.annual_mean.so2",
    "air.annual_mean.no2",
    "air.percentile.co",
    OZONE,
    COMPOSITE,
    *(f"air.primary_days.{quantity}" for quantity in QUANTITIES),
)
"""Indicators of the section, as bulletins of cities have them."""
_OF_PLACES: Final = (COMPOSITE, PM25, OZONE, GOOD_DAYS)


def air(ground: Ground, month: Period, state: State) -> Air:
    """Return the section of air; without stations, or without data, only what it is called."""
    stations = ground.scope.stations["air"]
    empty = Air(
        medium="air", stations=stations, state=state, rows={}, days=[None] * len(month), levels=[], months=[],
        districts=[], places=[],
    )  # fmt: skip
    if state != "data":
        return empty
    found = {
        each.start.date(): each
        for each in air_quality.of_days(ground.config, ground.store, ground.scope, ground.period)
    }  # fmt: skip
    city = ground.scope.name
    index = ground.config.standards.on(AirIndex, ground.period.last, staged=ground.config.staged(city))
    in_districts = any(each.district for each in stations)
    return msgspec.structs.replace(
        empty,
        rows=rows(FIGURES, four(ground, "air", FIGURES)),
        days=[found.get(day) for day in month.days()],
        levels=index.level,
        months=[_month(ground, each) for each in ground.year.months()],
        districts=_ranked(ground, f"districts:{city}", []) if in_districts else [],
        places=_ranked(ground, f"stations:{city}", stations),
    )


def _month(ground: Ground, month: Period) -> AirMonth:
    def of(period: Period) -> tuple[Figure, Figure]:
        facts = ground.facts("air", period, (PM25, GOOD_DAYS))
        return _figure(PM25, facts), _figure(GOOD_DAYS, facts)

    pm25, good_days = of(month)
    before = month.years_before(1)
    pm25_before, good_days_before = of(before) if ground.covered("air", before) else (None, None)
    return AirMonth(
        month=periods.month(month.first.year, month.first.month), pm25=pm25, good_days=good_days,
        pm25_before=pm25_before, good_days_before=good_days_before,
    )  # fmt: skip


def _ranked(ground: Ground, among: str, stations: Sequence[Station]) -> list[AirPlace]:
    """Places by the composite index, the best first; of stations with where they are."""
    known = {f"station:{each.id}": each for each in stations}
    more: dict[str, Facts] = {}
    found = []
    for scope, name, name_en in comparisons.contenders(ground.config, among, "air"):
        facts = more[scope.text] = ground.facts("air", ground.period, _OF_PLACES, scope=scope)
        found.append(standings.standing(INDICATORS[COMPOSITE], facts, name=name, name_en=name_en))
    return [
        AirPlace(
            name=each.name, name_en=each.name_en or each.name, station=known.get(each.scope), place=each.place,
            composite=each.figure, pm25=_figure(PM25, more[each.scope]), ozone=_figure(OZONE, more[each.scope]),
            good_days=_figure(GOOD_DAYS, more[each.scope]), largest=each.largest,
        )
        for each in standings.placed(found, INDICATORS[COMPOSITE])
    ]  # fmt: skip


def _figure(name: str, facts: Facts) -> Figure:
    return indicators.compute(INDICATORS[name], facts)
