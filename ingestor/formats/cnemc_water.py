"""Snapshots of the national automatic surface-water stations (CNEMC), 2020.

The time has no year; it is taken from the day of the snapshot. A row without a time has no values that could be
sent. Raw values are sent, not the rounded ones beside them. The status of a station (running, maintenance,
stopped) says why values are missing; those that are there are sent without a flag, as the platform uses them.
"""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ingestor.formats.message import FileMessage, number, station_id, table
from sensors.errors import ConfigError, shown
from sensors.register import Station

COLUMNS = ("file_date", "province", "basin", "section", "city", "river", "obs_time_mmdd_hhmm", "class_published")
VARIABLES = ("temperature", "ph", "do", "conductivity", "turbidity", "codmn", "nh3n", "tp", "tn", "chla", "algae")
"""Quantities in the order of the file: from column 8 on a raw and a shown value each."""
OFFSET = "+08:00"
PERIOD_S = 4 * 3600

LAKES = frozenset(
    (
        "岗南水库",
        "汤河水库",
        "急水港桥",
        "西山",
        "湖滨(老)",
        "陶岔",
        "坝上中(胡家岭)",
        "西苑隧道",
        "观音山",
        "裕溪口(老)",
        "蛤蟆石",
        "岳阳楼",
    )
)
"""Sections that the platform judges by the lake limits of total phosphorus (README of the data)."""

_TIME = re.compile(r"(\d\d)-(\d\d) (\d\d):(\d\d)")


def messages(file: Path) -> Iterator[FileMessage]:
    """Yield one message a row; without values where the row has no time or no value.

    Raises
    ------
    ConfigError
        If the file has another form.
    """
    for line, row in islice(table(file, COLUMNS), 1, None):
        time = _time(row[0], row[6], f"{file}: line {line}")
        try:
            values = {name: number(row[8 + 2 * i]) for i, name in enumerate(VARIABLES)}
        except ValueError as error:
            raise ConfigError(f"{file}: line {line}: expected numbers, got {error}") from error
        present = {name: value for name, value in values.items() if value is not None}
        yield FileMessage("water", section_id(row[1], row[3]), time or "", PERIOD_S, {**present} if time else {})


def stations(file: Path, city: str) -> list[Station]:
    """Return all sections of a file, in the order in which they first stand there."""
    found: dict[str, Station] = {}
    for _, row in islice(table(file, COLUMNS), 1, None):
        key = section_id(row[1], row[3])
        if key not in found:
            found[key] = Station(
                medium="water",
                id=key,
                name=row[3],
                name_en="",
                city=city,
                district=row[1],
                lon=None,
                lat=None,
                water=row[5],
                body="lake" if row[3] in LAKES else "river",
                since=None,
                until=None,
            )
    return list(found.values())


def section_id(province: str, section: str) -> str:
    """Return the id of a section: some names stand in several provinces."""
    return station_id(f"{province}-{section}")


def _time(file_date: str, text: str, at: str) -> str | None:
    """The time of a reading: in the year of the snapshot, or the year before where that lies after the snapshot."""
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise ConfigError(f"{at}: expected a time such as 05-08 15:00, got {shown(text)}")
    year = dt.date.fromisoformat(file_date).year
    month_day = f"{match[1]}-{match[2]}"
    if month_day > file_date[5:]:
        year -= 1
    return f"{year}-{month_day}T{match[3]}:{match[4]}:00{OFFSET}"
