"""Real files of air quality: UCI Beijing, Beijing's daily files, the national stations, Guangzhou's days."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestor.backfill.building import Item, by_station, civil, timed, values, whole_file
from ingestor.backfill.columns import Layout, expect, names_of, parse
from ingestor.backfill.lines import Advance, BrokenFileError, chunks, members, opened
from ingestor.backfill.parts import Bools, Fault, Floats, Longs, Part, Settings
from ingestor.formats import uci_beijing
from ingestor.formats.message import station_id
from sensors.reading import DAY_S

HOUR_S = 3600
CHINA_S = 8 * HOUR_S
"""Offset of the times in files of China. [s]"""

_UCI = Layout(("year", "month", "day", "hour", *uci_beijing.VARIABLES), ("station",))


def uci(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the hours of a UCI file; see `ingestor.formats.uci_beijing` for labels and units.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk)
            expect(names, uci_beijing.COLUMNS)
            rows = parse(chunk, names, _UCI)
            yield from rows.faults
            year, month, day, hour = (rows.numbers[name] for name in ("year", "month", "day", "hour"))
            local, good = civil(year, month, day, hour * HOUR_S)
            rows, local, faults = timed(rows, local, good, "expected year, month, day and hour of a calendar")
            yield from faults
            columns = {
                quantity: values(rows, column, 1000.0 if quantity == "co" else 1.0)
                for column, quantity in uci_beijing.VARIABLES.items()
            }
            times = local - settings.offset(CHINA_S)
            yield from by_station(rows, rows.texts["station"], times, columns, medium="air", period_s=HOUR_S)


_DAILY_KEYS = ("date", "hour", "type")
_DAILY = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "O3": "o3", "CO": "co"}
"""Types of rows of Beijing's daily files; the others are means of 24 hours, which are empty, and the AQI."""


def beijing_days(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the hours of an archive of Beijing's daily files, a column a station.

    The label of an hour is taken as its end, as on the national platform, where the same stations are published.

    Raises
    ------
    BrokenFileError
        If it is no such archive, or cut off.
    """
    for name, text in members(file, advance):
        for chunk in chunks(io.BytesIO(text), place=name):
            names = names_of(chunk)
            try:
                expect(names, _DAILY_KEYS)
            except BrokenFileError as error:
                yield whole_file("broken_table", f"{name}: {error}", chunk)
                break
            stations = names[len(_DAILY_KEYS) :]
            rows = parse(chunk, names, Layout(("date", "hour", *stations), ("type",)))
            yield from rows.faults
            local, good = _day_and_hour(rows.numbers["date"], rows.numbers["hour"])
            rows, local, faults = timed(rows, local, good, "expected a date such as 20180101 and an hour")
            yield from faults
            kinds = rows.texts["type"].to_numpy(zero_copy_only=False)
            times = local - HOUR_S - settings.offset(CHINA_S)
            of_kind = {quantity: kinds == kind for kind, quantity in _DAILY.items() if (kinds == kind).any()}
            for station in stations:
                cells, codes = values(rows, station)
                for quantity, chosen in of_kind.items():
                    column = {quantity: (cells[chosen], codes[chosen])}
                    place = station_id(station)
                    yield Part("air", place, HOUR_S, times[chosen], column, rows.lines[chosen], chunk)


_NATIONAL = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3_1h": "o3"}
_NATIONAL_COLUMNS = (
    "city", "WatchPoint", "Date", "Hour", "AQI", "Level", "PrimaryPollution", "PM2.5", "PM10", "SO2", "NO2", "CO",
    "O3_1h", "O3_8h",
)  # fmt: skip
_NATIONAL_LAYOUT = Layout(
    ("Date", "Hour", *_NATIONAL), ("city", "WatchPoint"), missing=("", "NaN", "-", "--", "—", "_")
)


def national_hours(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the hours of the national stations; a station is named CITY-STATION, an hour by its end.

    The running means of ozone (`O3_8h`) are no readings and are left out, as are the index and its level.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk)
            expect(names, _NATIONAL_COLUMNS)
            rows = parse(chunk, names, _NATIONAL_LAYOUT)
            yield from rows.faults
            local, good = _day_and_hour(rows.numbers["Date"], rows.numbers["Hour"])
            rows, local, faults = timed(rows, local, good, "expected a date such as 20200402 and an hour")
            yield from faults
            pairs = pc.binary_join_element_wise(rows.texts["city"], rows.texts["WatchPoint"], "-").dictionary_encode()
            ids = pa.array([station_id(name) for name in pairs.dictionary.to_pylist()], type=pa.string())
            columns = {quantity: values(rows, column) for column, quantity in _NATIONAL.items()}
            times = local - HOUR_S - settings.offset(CHINA_S)
            yield from by_station(rows, ids.take(pairs.indices), times, columns, medium="air", period_s=HOUR_S)


_CITY_DAY_COLUMNS = ("aqi", "co", "no2", "o3", "pm10", "pm2_5", "quality", "rank", "so2", "time_point")
_CITY_DAY = {"pm2_5": "pm25", "pm10": "pm10", "so2": "so2", "no2": "no2", "co": "co"}
_CITY_DAY_LAYOUT = Layout((*_CITY_DAY, "o3"), ("time_point",))


def guangzhou_days(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the days of a city as readings of a day, at a station that stands for the city.

    There are no hours, so nothing is derived from them. Ozone is refused: it is the largest 8-hour mean, no mean of
    the day.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    station = settings.station or GUANGZHOU
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk)
            expect(names, _CITY_DAY_COLUMNS)
            rows = parse(chunk, names, _CITY_DAY_LAYOUT)
            yield from rows.faults
            local, good = days_of(rows.texts["time_point"])
            rows, local, faults = timed(rows, local, good, "expected a day such as 2014-01-01")
            yield from faults
            ozone = rows.there["o3"]
            if ozone.any():
                detail = "o3: expected means of the day, got largest 8-hour means: they are no readings"
                yield Fault("unknown_quantity", detail, "o3", rows.lines[ozone], chunk)
            columns = {quantity: values(rows, column) for column, quantity in _CITY_DAY.items()}
            times = local - settings.offset(CHINA_S)
            yield Part("air", station, DAY_S, times, columns, rows.lines, chunk)


GUANGZHOU = "guangzhou-city"
"""The station that stands for the city where no other is named."""


def days_of(words: Any) -> tuple[Longs, Bools]:
    """Return the seconds since 1970 of days such as 2014-01-01, and which could be read."""
    good = pc.match_substring_regex(words, r"^\d{4}-\d{2}-\d{2}$")
    parts = [pc.if_else(good, pc.utf8_slice_codeunits(words, *ends), "0") for ends in ((0, 4), (5, 7), (8, 10))]
    year, month, day = (part.cast(pa.float64()).to_numpy() for part in parts)
    return civil(year, month, day, np.zeros(len(words)))


def _day_and_hour(day: Floats, hour: Floats) -> tuple[Longs, Bools]:
    """Seconds since 1970 of dates such as 20180101 and hours, and which there are."""
    return civil(day // 10_000, day // 100 % 100, day % 100, hour * HOUR_S)
