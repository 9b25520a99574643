"""Derivation: from raw readings to hours and days, for every registered station and city.

Everything is a pure function of the readings, the register and the standards; it is computed from scratch and
replaces what was derived before, all of it or nothing. `is_stale` tells whether readings arrived, or the
configuration changed, since.
"""

from collections.abc import Callable, Iterator

import msgspec

from ingestor.config import Config
from ingestor.derivation import air, noise, water
from ingestor.derivation.spans import Span
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
        If the store cannot be written; it then holds what was derived before.
    """
    stations: dict[str, int] = {}
    days: dict[str, int] = {}

    def done(station: Station, span: Span) -> None:
        stations[station.medium] = stations.get(station.medium, 0) + 1
        days[station.medium] = days.get(station.medium, 0) + span.n
        progress(station.id)

    with store.replacing():
        values = store.counts().get("values", 0)
        members: dict[str, list[air.StationOfCity]] = {}
        for station, series in _with_readings(config, store, "air"):
            member = air.derive_station(config, store, station, series)
            members.setdefault(station.city, []).append(member)
            done(station, member.span)
        city_days = sum(air.derive_city(config, store, city, each) for city, each in members.items())
        for station, series in _with_readings(config, store, "water"):
            done(station, water.derive_station(config, store, station, series))
        for station, series in _with_readings(config, store, "noise"):
            done(station, noise.derive_station(config, store, station, series))
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


def _with_readings(config: Config, store: SqliteStore, medium: Medium) -> Iterator[tuple[Station, list[SeriesKey]]]:
    """Yield registered stations that have readings, with their series."""
    by_station: dict[str, list[SeriesKey]] = {}
    for key in store.series(medium):
        by_station.setdefault(key.station, []).append(key)
    for station in config.register.of(medium):
        if station.id in by_station:
            yield station, by_station[station.id]
