"""Sections whose target class was changed: from which day which class is wanted."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from sensors import class_changes
from sensors.register import Station
from sensors.sections import WaterClass


class TargetChange(msgspec.Struct, frozen=True):
    """A section's target is `target_class` from `first_day` on."""

    station: str
    first_day: dt.date
    target_class: WaterClass


class TargetChanges(msgspec.Struct, frozen=True):
    """What target-changes.csv says; the changes of a section in the order of their days."""

    all: tuple[TargetChange, ...] = ()

    def class_on(self, station: Station, day: dt.date) -> WaterClass | None:
        """Return the target of a section on a local day: that of the register until its first change."""
        found = station.target_class
        for change in self.all:
            if change.station == station.id and change.first_day <= day:
                found = change.target_class
        return found


def parse(text: str, sections: Sequence[Station], *, file: str) -> TargetChanges:
    """Return the changes declared by a CSV text; `sections` are those of rivers and lakes in the register.

    Raises
    ------
    ConfigError
        If a column, date or class is wrong, a section is not registered, its days do not rise or lie outside those on
        which it counts, or its target does not change.
    """
    rows: Iterator[tuple[str, dt.date, WaterClass]] = class_changes.parse(
        text,
        sections,
        WaterClass,
        column="target_class",
        of_register=lambda station: station.target_class,
        known_as="a station of the register of water",
        file=file,
    )
    return TargetChanges(tuple(TargetChange(*row) for row in rows))
