"""Derivation: from raw readings to hours and days, for every registered station and city.

Everything is a pure function of the readings, the register and the standards; it is computed from scratch and
replaces what was derived before, a station or a city at a time, so that the collector never waits long. The mark of
what it was derived from is set last: a derivation that dies half-way leaves `is_stale` true, and the next one
completes it.
"""

import zlib
from collections.abc import Callable, Iterator

import msgspec

from ingestor.config import Config
from ingestor.derivation import air, noise, water
from ingestor.derivation.spans import Rows, usable
from ingestor.schema import TABLES
from ingestor.store import SeriesKey, Tables
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

_VALUES = "derived_from_values"
_CONFIG = "derived_with_config"


class Done(msgspec.Struct, frozen=True):
    """What a derivation did: stations and station-days by medium, and city-days.

    `before_standards` counts, by station, the readings left out because they lie before the first edition of a
    standard: those of a gateway whose clock was wrong, as a rule.
    """

    stations: dict[str, int]
    station_days: dict[str, int]
    city_days: int
    before_standards: dict[str, int]


def derive(config: Config, store: Tables, *, progress: Callable[[str], None] = lambda _: None) -> Done:
    """Derive all hours and days; `progress` is called with the id of each station done.

    Raises
    ------
    ConfigError
        If the editions of a standard leave a day between them uncovered.
    StoreError
        If the store cannot be written; what was derived so far stays, and `is_stale` stays true.
    """
    done = Done({}, {}, 0, {})
    kept: dict[str, set[str]] = {table: set() for table in TABLES}

    def keep(derived: list[Rows]) -> None:
        with store.replacing():
            for rows in derived:
                store.replace(rows.table, rows.key, rows.times, rows.columns)
                kept[rows.table].add(rows.key)

    values = store.counts().get("values_drained", 0)
    observed: dict[str, list[air.Observed]] = {}
    for medium in MEDIA:
        for station, series in _with_readings(config, store, medium):
            span, found, before = usable(config, store, station, series)
            if before:
                done.before_standards[station.id] = before
            if span is None:
                continue
            done.stations[medium] = done.stations.get(medium, 0) + 1
            done.station_days[medium] = done.station_days.get(medium, 0) + span.n
            if medium == "air":
                observed.setdefault(station.city, []).append(air.Observed(station, span, found))
                continue
            derive_station = water.derive_station if medium == "water" else noise.derive_station
            keep(derive_station(config, station, span, found))
            progress(station.id)
    city_days = 0
    for city, stations in observed.items():
        for of_station, rows in air.derive_city(config, city, stations):
            keep(rows)
            if of_station is not None:
                progress(of_station.id)
        city_days += sum(len(each.times) for each in rows if each.table == "city_air_day")
    with store.replacing():
        for table, keys in kept.items():
            store.keep_only(table, keys)
        store.set_counter(_VALUES, values)
        store.set_counter(_CONFIG, _mark(config))
    return msgspec.structs.replace(done, city_days=city_days)


def is_stale(config: Config, store: Tables) -> bool:
    """Whether since the last derivation readings arrived, or the configuration or the columns of the tables changed."""
    counts, mark = store.counts(), _mark(config)
    return (counts.get(_VALUES, 0), counts.get(_CONFIG, mark)) != (counts.get("values", 0), mark)


def _mark(config: Config) -> int:
    """Number made of what the derived rows depend on beside the readings."""
    return config.fingerprint ^ zlib.crc32(repr(TABLES).encode())


def _with_readings(config: Config, store: Tables, medium: Medium) -> Iterator[tuple[Station, list[SeriesKey]]]:
    """Yield registered stations that have readings, with their series."""
    by_station: dict[str, list[SeriesKey]] = {}
    for key in store.series(medium):
        by_station.setdefault(key.station, []).append(key)
    for station in config.register.of(medium):
        if station.id in by_station:
            yield station, by_station[station.id]
