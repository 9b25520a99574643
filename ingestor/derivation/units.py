"""Units of derivation: what is derived together, what else it depends on, and how far one reading reaches."""

import hashlib
import math
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from aggregations.standards import AirEvents, Standard
from ingestor.config import Config
from ingestor.derivation.air_days import CITY_TABLES, areas
from ingestor.derivation.air_rows import WITHOUT_EVENTS
from ingestor.derivation.spans import HOURS, ROLES
from ingestor.schema import TABLES
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

_AIR_ENDINGS: Final = ("_hour", "_day", f"_day{WITHOUT_EVENTS}")
_TABLES: Final[dict[Medium, tuple[str, ...]]] = {
    "air": tuple(f"air{ending}" for ending in _AIR_ENDINGS),
    "water": ("water_reading", "water_day", "water_manual"),
    "noise": ("noise_hour", "noise_day"),
}
COMPUTED: Final[dict[Medium, int]] = {"air": 1, "water": 1, "noise": 1}
"""Version of the code that computes rows and figures of a medium; a change that may make one other raises it, by hand.

With an update of qingjing all of the medium is then derived anew, and published figures get their revisions.
"""
_AREA_TABLES: Final = (CITY_TABLES, "district_air")


class Unit(msgspec.Struct, frozen=True):
    """What is derived together: the air stations of a city, a section, or a monitor. `name` is such as `air:CITY`."""

    name: str
    medium: Medium
    city: str
    stations: list[Station]

    @property
    def ids(self) -> list[str]:
        """Ids of the stations."""
        return [station.id for station in self.stations]


class Reach(msgspec.Struct, frozen=True):
    """A reading of a day has a part in derived rows from `back` days before it to `ahead` days after it. [d]"""

    back: int
    ahead: int


def units(config: Config) -> Iterator[Unit]:
    """Yield all units, in the order of the register."""
    for medium in MEDIA:
        if medium == "air":
            for city in config.settings.city:
                stations = config.register.of(medium, city.id)
                if stations:
                    yield Unit(unit_of(stations[0]), medium, city.id, list(stations))
        else:
            for station in config.register.of(medium):
                yield Unit(unit_of(station), medium, station.city, [station])


def unit_of(station: Station) -> str:
    """Return the name of the unit that a station is derived in."""
    return f"{station.medium}:{station.city if station.medium == 'air' else station.id}"


def reach_of(config: Config, medium: Medium) -> Reach:
    """Return how far a reading reaches.

    Air: a check that takes hours out may look at a run of equal values, or for mistakes of the unit among the values
    around; the index of an hour at the day before it. Water: mistakes of the unit are found among the values around.
    Noise: a night may belong to the day on which it began.
    """
    unit = config.checks.unit
    if medium == "water":
        return Reach(unit.days, 2 * unit.days) if unit and unit.water else Reach(0, 0)
    if medium == "noise":
        return Reach(1, 1)
    stuck = config.checks.stuck
    taken_out = max(stuck.hours.values(), default=0) if stuck and stuck.action == "fail" else 0
    jump = 1 if config.checks.jump and config.checks.jump.action == "fail" else 0
    days = math.ceil(max(taken_out, jump) / HOURS)
    around = unit.days if unit and unit.air and unit.air.action == "fail" else 0
    return Reach(max(days, around), max(days + 1, 2 * around))


def digest_of(config: Config, unit: Unit) -> str:
    """Return a digest of all that the rows of a unit depend on beside its readings."""
    roles: tuple[type[Standard], ...] = ROLES[unit.medium]
    parts: list[Any] = [
        COMPUTED[unit.medium],
        repr([TABLES[name] for name in tables_of(unit.medium)]),
        unit.stations,
        [city for city in config.settings.city if city.id == unit.city],
        config.offset_s,
        config.quantities.of(unit.medium),
    ]
    if unit.medium == "air":
        roles = (*roles, AirEvents)
        parts += [
            config.checks,
            [config.events.of(unit.city, id_) for id_ in unit.ids],
            [state for state in config.gas_states.all if state.station in unit.ids],
        ]
    if unit.medium == "water":
        rule = config.checks.unit
        parts.append([rule.days, rule.water] if rule and rule.water else [])
    if unit.medium == "noise":
        parts.append([change for change in config.zone_changes.all if change.station in unit.ids])
    calibrated = [each.bears_on for id_ in unit.ids for each in config.calibrations.of(unit.medium, id_)]
    if calibrated:  # units without any keep the digest that they had before there were calibrations
        parts.append(sorted(calibrated, key=repr))
    parts.append(sorted(config.standards.digests[s.edition.id] for s in config.standards.all if isinstance(s, roles)))
    return hashlib.sha256(msgspec.json.encode(parts, enc_hook=str)).hexdigest()[:16]


def tables_of(medium: Medium) -> list[str]:
    """Return the names of the derived tables of a medium."""
    areas_too = [f"{area}{ending}" for area in _AREA_TABLES for ending in _AIR_ENDINGS] if medium == "air" else []
    return [*_TABLES[medium], *areas_too]


def keys_of(config: Config, unit: Unit) -> Iterator[tuple[str, str]]:
    """Yield table and key of all rows that a unit may have."""
    for id_ in unit.ids:
        for table in _TABLES[unit.medium]:
            yield table, id_
    if unit.medium == "air":
        for area in areas(config, unit.city):
            for ending in _AIR_ENDINGS:
                yield f"{area.tables}{ending}", area.key
