"""Sections whose target class was changed: from which day which class is wanted."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.register import Station
from sensors.sections import WaterClass

COLUMNS: Final = ("station", "from", "target_class")
"""Columns of target-changes.csv, in order."""


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
    by_id = {section.id: section for section in sections}
    latest: dict[str, TargetChange] = {}
    changes: list[TargetChange] = []
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        section = by_id.get(row["station"])
        if section is None:
            raise ConfigError(
                f"{at}: station: expected a station of the register of water, got {shown(row['station'])}"
            )
        first_day = strict.day(row["from"], place=f"{at}: from")
        classes: tuple[WaterClass, ...] = get_args(WaterClass)
        wanted = next((each for each in classes if each == row["target_class"]), None)
        if wanted is None:
            raise ConfigError(
                f"{at}: target_class: expected one of {', '.join(classes)}, got {shown(row['target_class'])}"
            )
        before = latest.get(section.id)
        after = before.first_day if before else section.since
        if after is not None and first_day <= after:
            raise ConfigError(f"{at}: from: expected a day after {after}, got {first_day}")
        if section.until is not None and first_day >= section.until:
            raise ConfigError(f"{at}: from: expected a day before {section.until}, got {first_day}")
        if wanted == (before.target_class if before else section.target_class):
            raise ConfigError(f"{at}: target_class: expected another class than before, got {shown(wanted)} again")
        latest[section.id] = TargetChange(section.id, first_day, wanted)
        changes.append(latest[section.id])
    return TargetChanges(tuple(changes))
