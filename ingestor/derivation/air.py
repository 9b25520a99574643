"""Air: hours, days and indexes of the stations of a city, of its districts, and of the city itself."""

from collections.abc import Collection, Iterator

import numpy as np

from aggregations.air import MISSING, StationDays
from aggregations.rounding import BoolArray
from ingestor.config import DAY_S, Config
from ingestor.derivation.air_days import (
    Area,
    HoursOfStations,
    area_days,
    area_hours,
    areas,
    of_station,
    station_days,
)
from ingestor.derivation.air_hours import Observed, city_hours, event_hours, leave_out
from ingestor.derivation.air_rows import day_rows, hour_rows
from ingestor.derivation.spans import HOURS, Rows, Span

__all__ = ["Observed", "derive_city"]


def derive_city(
    config: Config, city: str, observed: list[Observed], whole: Span, stations: Collection[str]
) -> Iterator[list[Rows]]:
    """Yield the rows of some stations of a city on some days, then of each of its districts and of the city itself.

    Averaged into districts and the city are the stations whose role is assessment. `observed` are all stations that
    ever had a reading, with those of the days; who has none on them counts as expected all the same.
    """
    found = city_hours(config, observed, whole)
    kept: dict[str, dict[str, StationDays]] = {}
    without: dict[str, dict[str, StationDays]] = {}
    touched: dict[str, BoolArray] = {}
    values: HoursOfStations = {}
    for station, span, *_ in observed:
        hours = found.hours[station.id]
        in_events = event_hours(config, station, whole)
        kept[station.id] = without[station.id] = station_days(config, station, whole, hours)
        if in_events:
            without[station.id] = station_days(config, station, whole, leave_out(hours, in_events))
        touched[station.id] = _days_touched(in_events, whole)
        values[station.id] = {q: np.where(h.valid, h.micros, MISSING) for q, h in hours.items()}
        if station.id not in stations:
            continue
        days = span.inside(whole)
        first = (days.start - whole.start) // DAY_S
        own = np.arange(first, first + days.n)
        area = Area("air", station.id, config.staged(city), [station])
        rows = [hour_rows(config, area, whole, values[station.id], {})]
        rows.append(day_rows(config, area, whole, of_station(kept[station.id]), own))
        if in_events:
            excluded = of_station(without[station.id])
            rows.append(day_rows(config, area, whole, excluded, own[touched[station.id][own]], without_events=True))
        yield rows
    for area in areas(config, city):
        present = [member.id for member in area.members if member.id in kept]
        if present:
            yield _area_rows(config, area, whole, values, kept, without, np.any([touched[i] for i in present], 0))


def _area_rows(
    config: Config,
    area: Area,
    whole: Span,
    values: HoursOfStations,
    kept: dict[str, dict[str, StationDays]],
    without: dict[str, dict[str, StationDays]],
    touched: BoolArray,
) -> list[Rows]:
    all_days = np.arange(whole.n)
    means, counts = area_hours(config, area, whole, values)
    rows = [
        hour_rows(config, area, whole, means, counts),
        day_rows(config, area, whole, area_days(config, area, whole, kept, values), all_days),
    ]
    if touched.any():
        excluded = area_days(config, area, whole, without, values)
        rows.append(day_rows(config, area, whole, excluded, all_days[touched], without_events=True))
    return rows


def _days_touched(touched: dict[str, BoolArray], whole: Span) -> BoolArray:
    days = np.zeros(whole.n, dtype=np.bool_)
    for hours in touched.values():
        days |= hours.reshape(-1, HOURS).any(axis=1)
    return days
