"""UCI Beijing multi-site air quality (UCI repository no. 501): 12 stations, hourly, 2013-03 to 2017-02.

Times are local and label the start of the hour: each file begins at hour 0 of a day and ends at hour 23. Carbon
monoxide stands in ug/m3; the rules use mg/m3.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ingestor.formats.message import FileMessage, number, table
from sensors.errors import ConfigError
from sensors.register import Station

COLUMNS = (
    "No",
    "year",
    "month",
    "day",
    "hour",
    "PM2.5",
    "PM10",
    "SO2",
    "NO2",
    "CO",
    "O3",
    "TEMP",
    "PRES",
    "DEWP",
    "RAIN",
    "wd",
    "WSPM",
    "station",
)
VARIABLES = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
OFFSET = "+08:00"


def messages(file: Path) -> Iterator[FileMessage]:
    """Yield one message a row; a row without any of the six pollutants has no values.

    Raises
    ------
    ConfigError
        If the file has another form.
    """
    places = {quantity: COLUMNS.index(column) for column, quantity in VARIABLES.items()}
    for line, row in islice(table(file, COLUMNS), 1, None):
        try:
            time = f"{int(row[1]):04d}-{int(row[2]):02d}-{int(row[3]):02d}T{int(row[4]):02d}:00:00{OFFSET}"
            values = {quantity: number(row[i]) for quantity, i in places.items()}
        except ValueError as error:
            raise ConfigError(f"{file}: line {line}: expected numbers or NA, got {error}") from error
        present = {quantity: value for quantity, value in values.items() if value is not None}
        if "co" in present:
            present["co"] /= 1000
        yield FileMessage("air", row[17], time, 3600, {**present})


def stations(file: Path, city: str) -> list[Station]:
    """Return the one station of a file."""
    first = next(islice(table(file, COLUMNS), 1, None), None)
    if first is None:
        raise ConfigError(f"{file}: line 2: expected at least one row, got none")
    name = first[1][17]
    return [
        Station(
            medium="air",
            id=name,
            name=name,
            name_en=name,
            city=city,
            district="",
            lon=None,
            lat=None,
            since=None,
            until=None,
        )
    ]
