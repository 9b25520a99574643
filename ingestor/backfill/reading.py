"""The formats of history: one reader each, and how it is asked for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ingestor.backfill import air_files, native, water_noise_files
from ingestor.backfill.building import Item
from ingestor.backfill.lines import Advance, BrokenFileError
from ingestor.backfill.parts import Part, Settings, as_medium
from sensors.errors import ConfigError
from sensors.quantities import MEDIA
from sensors.register import Station

Reader = Callable[[Path, Settings, Advance], Iterator[Item]]


class HistoryFormat(msgspec.Struct, frozen=True):
    """`what` it is, an `example` of its files, how its `times` are read, and the reader."""

    what: str
    example: str
    times: str
    read: Reader


FORMATS: Final[dict[str, HistoryFormat]] = {
    "csv": HistoryFormat("qingjing's own, long or wide", "readings.csv", "with an offset, or --zone", native.read_csv),
    "parquet": HistoryFormat(
        "the same columns as Parquet", "readings.parquet", "with a zone, or --zone", native.read_parquet
    ),
    "uci-beijing": HistoryFormat(
        "12 Beijing air stations, hourly, 2013-2017",
        "PRSA_Data_Aotizhongxin_20130301-20170228.csv.gz",
        "+08:00, start of the hour",
        air_files.uci,
    ),
    "beijing-days": HistoryFormat(
        "Beijing's archives of daily files, hourly",
        "beijing_20180101-20181231.tar.xz",
        "+08:00, end of the hour",
        air_files.beijing_days,
    ),
    "cnemc-air": HistoryFormat(
        "national air stations, hourly, 2020-04",
        "stations_hourly.csv.gz",
        "+08:00, end of the hour",
        air_files.national_hours,
    ),
    "guangzhou-days": HistoryFormat(
        "daily values of the city of Guangzhou, at one station",
        "guangzhou_2014_2018_daily.csv",
        "days of +08:00",
        air_files.guangzhou_days,
    ),
    "cnemc-water": HistoryFormat(
        "national water sections, snapshots, 2020",
        "daily_snapshots_2020-05_2020-09.csv.gz",
        "+08:00",
        water_noise_files.water,
    ),
    "dublin-noise": HistoryFormat(
        "Dublin monitors, hourly LAeq",
        "dublin_hourly_2015_2018.tsv.gz",
        "of the city's zone, start of the hour",
        water_noise_files.dublin,
    ),
    "madrid-noise": HistoryFormat(
        "Madrid stations, daily levels",
        "RuidoDiario2020Original.csv.gz",
        "days of the city's zone",
        water_noise_files.madrid,
    ),
    "noise-minutes": HistoryFormat(
        "levels of minutes of one monitor",
        "--station sz-n01 laeq1m.csv.gz",
        "of the city's zone, middle of the minute",
        water_noise_files.minutes,
    ),
    "noise-seconds": HistoryFormat(
        "levels of seconds of one monitor",
        "--station sz-n01 laeq1s.csv.gz",
        "of the city's zone",
        water_noise_files.seconds,
    ),
}
"""Formats by the name that `qingjing import` takes."""


def stations_of(file: Path, read: Reader, settings: Settings, city: str) -> list[Station]:
    """Return the stations of a file for a register, as they first stand there; a monitor's zone class is taken as 2.

    Raises
    ------
    ConfigError
        If the file cannot be read.
    """
    found: dict[tuple[str, str], None] = {}
    try:
        for item in read(file, settings, lambda _: None):
            if isinstance(item, Part) and item.medium in MEDIA:
                found.setdefault((item.medium, item.station))
    except BrokenFileError as error:
        raise ConfigError(f"{file}: {error}") from error
    return [
        Station(
            medium=as_medium(medium),
            id=name,
            name=name,
            name_en="",
            city=city,
            district="",
            lon=None,
            lat=None,
            since=None,
            until=None,
            zone_class="2" if medium == "noise" else None,
        )
        for medium, name in found
    ]
