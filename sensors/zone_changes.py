"""Noise monitors whose zone class was changed by a new zoning of the city: from which day which class holds."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from sensors import class_changes
from sensors.register import Station, ZoneClass


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
    rows: Iterator[tuple[str, dt.date, ZoneClass]] = class_changes.parse(
        text,
        monitors,
        ZoneClass,
        column="zone_class",
        of_register=lambda station: station.zone_class,
        known_as="a station of the register of noise",
        file=file,
    )
    return ZoneChanges(tuple(ZoneChange(*row) for row in rows))
