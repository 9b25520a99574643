"""Noise monitors whose zone class was changed by a new zoning of the city: from which day which class holds."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.register import Station, ZoneClass

COLUMNS: Final = ("station", "from", "zone_class")
"""Columns of zone-changes.csv, in order."""


class ZoneChange(msgspec.Struct, frozen=True):
    """A monitor is of `zone_class` from `first_day` on."""

    station: str
    first_day: dt.date
    zone_class: ZoneClass


class ZoneChanges(msgspec.Struct, frozen=True):
    """What zone-changes.csv says; the changes of a monitor in the order of their days."""

    all: tuple[ZoneChange, ...] = ()

    def class_on(self, station: Station, day: dt.date) -> ZoneClass:
        """Return the class of a monitor on a local day: that of the register until its first change."""
        assert station.zone_class is not None  # every monitor of the register has one
        found = station.zone_class
        for change in self.all:
            if change.station == station.id and change.first_day <= day:
                found = change.zone_class
        return found

    def classes(self, station: Station, days: Sequence[dt.date]) -> list[ZoneClass]:
        """Return the class of a monitor on each of some local days."""
        if all(change.station != station.id for change in self.all):
            assert station.zone_class is not None
            return [station.zone_class] * len(days)
        return [self.class_on(station, day) for day in days]


def parse(text: str, monitors: Sequence[Station], *, file: str) -> ZoneChanges:
    """Return the changes declared by a CSV text; `monitors` are those of the register of noise.

    Raises
    ------
    ConfigError
        If a column, date or class is wrong, a monitor is not registered, its days do not rise or lie outside those on
        which it counts, or its class does not change.
    """
    by_id = {monitor.id: monitor for monitor in monitors}
    changes: list[ZoneChange] = []
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        monitor = by_id.get(row["station"])
        if monitor is None:
            raise ConfigError(
                f"{at}: station: expected a station of the register of noise, got {shown(row['station'])}"
            )
        first_day = strict.day(row["from"], place=f"{at}: from")
        classes: tuple[ZoneClass, ...] = get_args(ZoneClass)
        zone = next((each for each in classes if each == row["zone_class"]), None)
        if zone is None:
            raise ConfigError(f"{at}: zone_class: expected one of {', '.join(classes)}, got {shown(row['zone_class'])}")
        earlier = [change for change in changes if change.station == monitor.id]
        after = earlier[-1].first_day if earlier else monitor.since
        if after is not None and first_day <= after:
            raise ConfigError(f"{at}: from: expected a day after {after}, got {first_day}")
        if monitor.until is not None and first_day >= monitor.until:
            raise ConfigError(f"{at}: from: expected a day before {monitor.until}, got {first_day}")
        if zone == (earlier[-1].zone_class if earlier else monitor.zone_class):
            raise ConfigError(f"{at}: zone_class: expected another class than before, got {shown(zone)} again")
        changes.append(ZoneChange(monitor.id, first_day, zone))
    return ZoneChanges(tuple(changes))
