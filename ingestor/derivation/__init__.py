"""Derivation: from raw readings to hours and days, for every registered station and city.

Everything is a pure function of the readings, the register and the standards; it is computed from scratch and
replaces what was derived before, a station or a city at a time, so that the collector never waits long. The mark of
what it was derived from is set last: a derivation that dies half-way leaves `is_stale` true, and the next one
completes it.
"""

from collections.abc import Callable, Collection, Iterator

import msgspec

from ingestor.config import Config
from ingestor.derivation import air, noise, water
from ingestor.derivation.spans import Span
from ingestor.schema import TABLES
from ingestor.store import SeriesKey, SqliteStore
from sensors.quantities import Medium
from sensors.register import Station

_VALUES = "derived_from_values"
_CONFIG = "derived_with_config"


class Done(msgspec.Struct, frozen=True):
    """What a derivation did: stations and station-days by medium, and city-days."""

    stations: dict[str, int]
    station_days: dict[str, int]
    city_days: int


def derive(config: Config, store: SqliteStore, *, progress: Callable[[str], None] = lambda _: None) -> Done:
    """Derive all hours and days; `progress` is called with the id of each station done.

    Raises
    ------
    ConfigError
        If readings lie on days that no edition of a standard covers.
    StoreError
        If the store cannot be written; what was derived so far stays, and `is_stale` stays true.
    """
    stations: dict[str, int] = {}
    days: dict[str, int] = {}

    def done(station: Station, span: Span) -> None:
        stations[station.medium] = stations.get(station.medium, 0) + 1
        days[station.medium] = days.get(station.medium, 0) + span.n
        progress(station.id)

    values = store.counts().get("values", 0)
    members: dict[str, list[air.StationOfCity]] = {}
    for station, series in _with_readings(config, store, "air"):
        with store.replacing():
            member = air.derive_station(config, store, station, series)
        members.setdefault(station.city, []).append(member)
        done(station, member.span)
    city_days = 0
    for city, stations_of_city in members.items():
        with store.replacing():
            city_days += air.derive_city(config, store, city, stations_of_city)
    for station, series in _with_readings(config, store, "water"):
        with store.replacing():
            span = water.derive_station(config, store, station, series)
        done(station, span)
    for station, series in _with_readings(config, store, "noise"):
        with store.replacing():
            span = noise.derive_station(config, store, station, series)
        done(station, span)
    with store.replacing():
        _forget_others(config, store, cities=members.keys())
        store.set_counter(_VALUES, values)
        store.set_counter(_CONFIG, config.fingerprint)
    return Done(stations, days, city_days)


def is_stale(config: Config, store: SqliteStore) -> bool:
    """Whether readings arrived or the configuration changed since the last derivation."""
    counts = store.counts()
    return (counts.get(_VALUES, 0), counts.get(_CONFIG, config.fingerprint)) != (
        counts.get("values", 0),
        config.fingerprint,
    )


def _forget_others(config: Config, store: SqliteStore, *, cities: Collection[str]) -> None:
    """Remove what was derived for stations and cities that are no longer registered."""
    for table in TABLES.values():
        medium = table.name.removeprefix("city_").split("_")[0]
        registered = {station.id for station in config.register.stations if station.medium == medium}
        store.keep_only(table.name, cities if table.key == "city" else registered)


def _with_readings(config: Config, store: SqliteStore, medium: Medium) -> Iterator[tuple[Station, list[SeriesKey]]]:
    """Yield registered stations that have readings, with their series."""
    by_station: dict[str, list[SeriesKey]] = {}
    for key in store.series(medium):
        by_station.setdefault(key.station, []).append(key)
    for station in config.register.of(medium):
        if station.id in by_station:
            yield station, by_station[station.id]
