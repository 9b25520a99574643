"""Devices: what a source calls a device, and the stations that its readings belong to.

A device that is no row here is the station of the same id, where the register has one.
"""

from collections.abc import Collection
from typing import Final

from sensors import strict
from sensors.errors import ConfigError, shown

COLUMNS: Final = ("source", "device", "medium", "station")
"""Columns of devices.csv, in order: a row for each medium that a device measures."""

Devices = dict[str, dict[str, dict[str, str]]]
"""Stations by medium, by device, by source."""


def parse(text: str, stations: Collection[tuple[str, str]], *, sources: Collection[str], file: str) -> Devices:
    """Return the devices declared by a CSV text; `stations` are (medium, id) of the register.

    Raises
    ------
    ConfigError
        If a column is wrong, a source or station does not exist, or a device has two stations of one medium.
    """
    found: Devices = {}
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        if row["source"] not in sources:
            raise ConfigError(f"{at}: source: expected one of {', '.join(sources)}, got {shown(row['source'])}")
        if not row["device"]:
            raise ConfigError(f"{at}: device: expected a text, got ''")
        if (row["medium"], row["station"]) not in stations:
            raise ConfigError(
                f"{at}: station: expected a medium and a station of the register, "
                f"got {shown((row['medium'], row['station']))}"
            )
        of_device = found.setdefault(row["source"], {}).setdefault(row["device"], {})
        if row["medium"] in of_device:
            raise ConfigError(
                f"{at}: device: expected each device once a medium, got {shown(row['device'])} again for "
                f"{row['medium']}"
            )
        of_device[row["medium"]] = row["station"]
    return found
