"""Dublin City Council noise monitors: hourly LAeq of nine monitors, 2015-2018, one column a monitor.

The file states neither zone nor label. Its times are taken as local times of the city's zone that label the start
of the hour.
"""

from collections.abc import Iterator
from pathlib import Path

from ingestor.formats.message import FileMessage, number, table
from sensors.errors import ConfigError
from sensors.register import Station

COLUMNS = ("Unnamed: 0", "datetime")
PREFIX = "laeq_"
OFFSET = "+08:00"


def messages(file: Path) -> Iterator[FileMessage]:
    """Yield one message a monitor and hour; without values where the monitor has none.

    Raises
    ------
    ConfigError
        If the file has another form.
    """
    rows = table(file, COLUMNS, delimiter="\t")
    monitors = _monitors(next(rows)[1])
    for line, row in rows:
        time = row[1].replace(" ", "T") + OFFSET
        for monitor, field in zip(monitors, row[2:], strict=True):
            try:
                level = number(field)
            except ValueError as error:
                raise ConfigError(f"{file}: line {line}: expected levels, got {error}") from error
            yield FileMessage("noise", monitor, time, 3600, {} if level is None else {"leq": level})


def stations(file: Path, city: str) -> list[Station]:
    """Return the monitors of a file; their zone class is not stated and taken as 2."""
    return [
        Station(
            medium="noise",
            id=name,
            name=name,
            name_en=name,
            city=city,
            district="",
            lon=None,
            lat=None,
            zone_class="2",
            since=None,
            until=None,
        )
        for name in _monitors(next(table(file, COLUMNS, delimiter="\t"))[1])
    ]


def _monitors(header: list[str]) -> list[str]:
    return [column.removeprefix(PREFIX) for column in header[len(COLUMNS) :]]
