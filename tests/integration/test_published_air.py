"""Air against what authorities published: real files in, the published index, level, pollutant or figure out.

The files lie beside the repository (shared/data, see its README); every count here comes from them. Expected values
are the published ones, never those of the program.
"""

import csv
import datetime as dt
import gzip
import io
import json
import math
import tarfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pandas as pd
import pytest

from aggregations import aqi, periods
from aggregations.air import MISSING
from aggregations.air.composite import composite
from aggregations.indicators import INDICATORS, AirDays, Facts, compute
from aggregations.rounding import MICRO, BoolArray, FloatArray, IntArray, divide_half_even, half_even, to_micros
from aggregations.standards import AirIndex, AirLimits, AirRanking, Standards
from ingestor.config import Config

OTHERS, NONE_UNLESS = "others", "none_unless_exceeding"


@pytest.fixture(scope="module")
def index(shipped: Config) -> AirIndex:
    """HJ 633-2012 as shipped."""
    found = shipped.standards.on(AirIndex, dt.date(2020, 4, 2))
    assert found.edition.id == "HJ 633-2012"
    return found


def units(values: Mapping[str, FloatArray], index: AirIndex) -> dict[str, IntArray]:
    """Concentrations as the index takes them, by item, from floats in ug/m3 and mg/m3; NaN is missing."""
    result = {}
    for item, floats in values.items():
        micros, there = to_micros(floats)
        rounded = divide_half_even(micros, MICRO // 10 ** index.item[item].decimals)
        result[item] = np.where(there, rounded, MISSING)
    return result


class Hours(msgspec.Struct, frozen=True):
    """Hours with what was published of them; arrays of one shape. `published_aqi` is MISSING where there is none."""

    values: dict[str, FloatArray]
    published_aqi: IntArray

    @property
    def published(self) -> BoolArray:
        """Hours with a published index; there is none without any concentration."""
        there = np.any([np.isfinite(v) for v in self.values.values()], axis=0)
        return np.asarray((self.published_aqi != MISSING) & there)

    @property
    def incomplete(self) -> BoolArray:
        """Hours in which an item is missing."""
        return np.asarray(np.any([np.isnan(v) for v in self.values.values()], axis=0))

    def index(self, index: AirIndex, **switches: str) -> aqi.Index:
        """Real-time index of the hours, with some switches of the edition set otherwise."""
        changed = msgspec.structs.replace(index, **switches)
        return aqi.of_hour(units(self.values, changed), changed)


# --- Beijing, 35 stations, hourly ---

BEIJING: Final = {"SO2": "so2_1h", "NO2": "no2_1h", "CO": "co_1h", "O3": "o3_1h", "PM10": "pm10", "PM2.5": "pm25"}


class Beijing(msgspec.Struct, frozen=True):
    """A year of Beijing; arrays (n_hours, 35)."""

    dates: IntArray
    hours: Hours

    def of(self, days: BoolArray) -> Hours:
        """Hours of some days."""
        return Hours({item: values[days] for item, values in self.hours.values.items()}, self.hours.published_aqi[days])


def beijing(folder: Path, year: int) -> Beijing:
    """Read a year of daily files, `date,hour,type` and one column a station."""
    headers, lines = set(), []
    with tarfile.open(folder / "air_beijing_bjmemc" / f"beijing_{year}0101-{year}1231.tar.xz") as archive:
        for member in archive:
            if (file := archive.extractfile(member)) is not None:
                header, *rows = file.read().decode("utf-8-sig").splitlines()
                headers.add(header)
                lines += rows
    assert len(headers) == 1, "the columns are the same stations all year"
    frame = pd.read_csv(io.StringIO("\n".join([*headers, *lines])))
    frame = frame[frame["type"].isin([*BEIJING, "AQI"])].set_index(["date", "hour"]).sort_index()
    by_type = {str(key): part for key, part in frame.groupby("type")}
    first = by_type["AQI"]
    assert all(part.index.equals(first.index) for part in by_type.values())
    columns = {key: part.drop(columns="type").to_numpy(dtype=float) for key, part in by_type.items()}
    published = np.where(np.isnan(columns["AQI"]), MISSING, columns["AQI"]).astype(np.int64)
    hours = Hours({item: columns[key] for key, item in BEIJING.items()}, published)
    return Beijing(first.index.get_level_values("date").to_numpy(), hours)


@pytest.fixture(scope="module")
def beijing_2023(data_folder: Path) -> Hours:
    """All hours of 2023."""
    return beijing(data_folder, 2023).hours


@pytest.fixture(scope="module")
def beijing_2018(data_folder: Path) -> Beijing:
    """All hours of 2018."""
    return beijing(data_folder, 2018)


def test_beijing_2023_index_is_reproduced(beijing_2023: Hours, index: AirIndex) -> None:
    found, published = beijing_2023.index(index).aqi, beijing_2023.published

    equal = published & (found == beijing_2023.published_aqi)
    assert (int(published.sum()), int(equal.sum())) == (295_881, 295_877)  # shared/data/README.md


def test_beijing_2023_differs_only_where_the_authority_computed_in_floats(beijing_2023: Hours, index: AirIndex) -> None:
    # Up to 5 mg/m3 the sub-index of carbon monoxide is 50 / 5 x C. In binary 50 x 2.2 / 5 is a little more than 22 and
    # was rounded up to 23; so it is with 1.1, 4.4 and 4.9, and with no other tenth.
    found = beijing_2023.index(index)
    tenths = units(beijing_2023.values, index)["co_1h"]
    decides = beijing_2023.published & (found.sub["co_1h"] == found.aqi) & (tenths <= 50)
    in_floats = np.array([math.ceil(50 * (c / 10) / 5) for c in tenths[decides].tolist()])

    assert in_floats.tolist() == beijing_2023.published_aqi[decides].tolist()
    differs = beijing_2023.published & (found.aqi != beijing_2023.published_aqi)
    assert not (differs & ~decides).any()
    pairs = zip(tenths[differs].tolist(), beijing_2023.published_aqi[differs].tolist(), strict=True)
    assert sorted(pairs) == [(22, 23), (22, 23), (44, 45), (49, 50)]


def test_beijing_2023_publishes_an_hour_with_a_missing_item_from_the_others(
    beijing_2023: Hours, index: AirIndex
) -> None:
    partial = beijing_2023.published & beijing_2023.incomplete
    assert index.hourly_missing_item == OTHERS

    others = beijing_2023.index(index).aqi
    assert (int(partial.sum()), int((partial & (others == beijing_2023.published_aqi)).sum())) == (19_234, 19_234)
    # By the rule of days, none up to 100 would have been published.
    strict = beijing_2023.index(index, hourly_missing_item=NONE_UNLESS).aqi
    good = partial & (beijing_2023.published_aqi <= index.good_up_to)
    assert int(good.sum()) == 14_632
    assert (beijing_2023.published & (strict == aqi.NONE)).tolist() == good.tolist()


def test_beijing_2023_was_not_rounded_half_up(beijing_2023: Hours, index: AirIndex) -> None:
    found = beijing_2023.index(index, sub_index_rounding="half_up").aqi

    below = beijing_2023.published & (found < beijing_2023.published_aqi)
    assert below.sum() > 0.1 * beijing_2023.published.sum()


def test_beijing_2018_index_is_reproduced_rounded_half_up(beijing_2018: Beijing, index: AirIndex) -> None:
    hours = beijing_2018.of((beijing_2018.dates < 20181026) | (beijing_2018.dates > 20181108))
    published = hours.published

    half_up = hours.index(index, sub_index_rounding="half_up").aqi
    assert (int(published.sum()), int((published & (half_up == hours.published_aqi)).sum())) == (277_275, 277_275)
    # Rounded up as the standard says, what is not equal is one more.
    up = hours.index(index).aqi
    more = (up - hours.published_aqi)[published]
    assert set(more.tolist()) == {0, 1}
    assert more.sum() > 0.1 * published.sum()


def test_beijing_2018_publishes_an_hour_with_a_missing_item_from_the_others(
    beijing_2018: Beijing, index: AirIndex
) -> None:
    hours = beijing_2018.of((beijing_2018.dates < 20181026) | (beijing_2018.dates > 20181108))
    partial = hours.published & hours.incomplete

    found = hours.index(index, sub_index_rounding="half_up").aqi
    assert (int(partial.sum()), int((partial & (found == hours.published_aqi)).sum())) == (65_062, 65_062)


def test_beijing_differs_on_each_of_14_days_of_2018_and_on_no_other(beijing_2018: Beijing, index: AirIndex) -> None:
    hours = beijing_2018.hours
    found = hours.index(index, sub_index_rounding="half_up").aqi

    differs = (hours.published & (found != hours.published_aqi)).any(axis=1)
    days = [*range(20181026, 20181032), *range(20181101, 20181109)]  # shared/data/README.md
    assert np.unique(beijing_2018.dates[differs]).tolist() == days


# --- national stations ---

STATIONS: Final = {
    "SO2": "so2_1h", "NO2": "no2_1h", "CO": "co_1h", "O3_1h": "o3_1h", "PM10": "pm10", "PM2.5": "pm25",
}  # fmt: skip
POLLUTANTS: Final = {
    "二氧化硫": "so2", "二氧化氮": "no2", "一氧化碳": "co", "臭氧1小时": "o3",
    "颗粒物(PM10)": "pm10", "细颗粒物(PM2.5)": "pm25",
}  # fmt: skip


class Judged(msgspec.Struct, frozen=True):
    """Hours with the published level and primary pollutants, too; arrays (n,)."""

    hours: Hours
    level: list[str]
    primary: list[frozenset[str]]


def named(text: str, separator: str) -> frozenset[str]:
    """Quantities of published names; an unknown name is an error."""
    return frozenset(POLLUTANTS[name] for name in text.split(separator)) if text not in ("", "—", "-;") else frozenset()


def levels_of(found: aqi.Index, index: AirIndex) -> list[str]:
    names = ["", *(level.name for level in index.level)]
    return [names[number] for number in aqi.levels(found.aqi, index).tolist()]


def primaries_of(found: aqi.Index, index: AirIndex) -> list[frozenset[str]]:
    masks = {q: aqi.is_primary(found, q, index).tolist() for q in POLLUTANTS.values()}
    return [frozenset(q for q, mask in masks.items() if mask[i]) for i in range(found.aqi.size)]


@pytest.fixture(scope="module")
def stations_2020(data_folder: Path) -> Judged:
    """National stations, 2 to 8 April 2020."""
    frame = pd.read_csv(
        data_folder / "air_stations_2020_04" / "stations_hourly.csv.gz",
        na_values=["NaN", "—"], keep_default_na=False, encoding="utf-8-sig",
        dtype=dict.fromkeys(("city", "WatchPoint", "Level", "PrimaryPollution"), str),
    )  # fmt: skip
    published = frame["AQI"].fillna(MISSING).astype(np.int64).to_numpy()
    hours = Hours({item: frame[name].to_numpy(dtype=float) for name, item in STATIONS.items()}, published)
    text = frame["PrimaryPollution"].fillna("").tolist()
    return Judged(hours, frame["Level"].fillna("").tolist(), [named(each, "|") for each in text])


def test_index_of_national_stations_is_reproduced(stations_2020: Judged, index: AirIndex) -> None:
    hours = stations_2020.hours

    equal = hours.published & (hours.index(index).aqi == hours.published_aqi)
    assert (int(hours.published.sum()), int(equal.sum())) == (144_012, 144_012)
    assert int((hours.published_aqi != MISSING).sum()) == 144_012  # none was published without a concentration


def test_national_stations_publish_an_hour_with_a_missing_item_from_the_others(
    stations_2020: Judged, index: AirIndex
) -> None:
    hours = stations_2020.hours
    good = hours.published & hours.incomplete & (hours.published_aqi <= index.good_up_to)

    strict = hours.index(index, hourly_missing_item=NONE_UNLESS).aqi
    assert int(good.sum()) == 11_371
    assert (hours.published & (strict == aqi.NONE)).tolist() == good.tolist()


def test_level_of_national_stations_is_reproduced(stations_2020: Judged, index: AirIndex) -> None:
    # 2,144 hours have a level but no index, 4 a level and no item of the index.
    found = stations_2020.hours.index(index)
    there = (found.aqi != aqi.NONE).tolist()
    pairs = [
        (ours, published)
        for ours, published, known in zip(levels_of(found, index), stations_2020.level, there, strict=True)
        if known and published
    ]

    assert (len(pairs), sum(ours == published for ours, published in pairs)) == (146_156, 146_156)


def test_primary_pollutants_of_national_stations_are_reproduced(stations_2020: Judged, index: AirIndex) -> None:
    found = stations_2020.hours.index(index)
    there = (found.aqi != aqi.NONE).tolist()
    pairs = [
        (ours, published)
        for ours, published, known, level in zip(
            primaries_of(found, index), stations_2020.primary, there, stations_2020.level, strict=True
        )
        if known and level
    ]

    assert (len(pairs), sum(ours == published for ours, published in pairs)) == (146_156, 146_154)
    # Two hours of one station have an index of 500, name PM10 beside PM2.5, and hold no value of PM10.
    both = frozenset({"pm10", "pm25"})
    assert [(a, b) for a, b in pairs if a != b] == [(frozenset({"pm25"}), both)] * 2
    assert sum(len(published) > 1 for _, published in pairs) == 1_410  # ties, all listed


@pytest.fixture(scope="module")
def snapshot(data_folder: Path) -> list[dict[str, Any]]:
    """All national stations at one hour of 2018, as published."""
    text = gzip.decompress((data_folder / "air_cnemc_snapshot" / "2018-02-20T07.geojson.gz").read_bytes())
    return [feature["properties"] for feature in json.loads(text)["features"]]


def of_snapshot(records: Sequence[Mapping[str, str]], *, ozone: str) -> Judged:
    """The snapshot with the ozone of one hour taken from a field."""
    fields = {
        "so2": "so2_1h", "no2": "no2_1h", "co": "co_1h", ozone: "o3_1h", "pm10": "pm10", "pm2_5": "pm25",
    }  # fmt: skip

    def number(text: str) -> float:
        return math.nan if text == "-;" else float(text)

    hours = Hours(
        {item: np.array([number(record[field]) for record in records]) for field, item in fields.items()},
        np.array([MISSING if record["aqi"] == "-;" else int(record["aqi"]) for record in records]),
    )
    primary = [named(record["primarypollutant"], ",") for record in records]
    return Judged(hours, [record["quality"] for record in records], primary)


def test_snapshot_of_2018_is_reproduced_with_its_swapped_ozone_put_right(
    snapshot: list[dict[str, Any]], index: AirIndex
) -> None:
    judged = of_snapshot(snapshot, ozone="o3_24h")
    found, published = judged.hours.index(index), judged.hours.published
    levels, primaries = levels_of(found, index), primaries_of(found, index)
    rows = np.flatnonzero(published).tolist()

    assert (len(snapshot), len(rows)) == (1_495, 1_475)
    assert sum(found.aqi[i] == judged.hours.published_aqi[i] for i in rows) == 1_475
    assert sum(levels[i] == judged.level[i] for i in rows) == 1_475
    assert sum(primaries[i] == judged.primary[i] for i in rows) == 1_475
    assert sum(len(judged.primary[i]) > 1 for i in rows) == 5  # ties


def test_snapshot_of_2018_is_not_reproduced_with_its_ozone_as_labelled(
    snapshot: list[dict[str, Any]], index: AirIndex
) -> None:
    hours = of_snapshot(snapshot, ozone="o3").hours

    assert int((hours.published & (hours.index(index).aqi != hours.published_aqi)).sum()) > 100


# --- Guangzhou, daily ---

DAILY: Final = {"so2": "so2", "no2": "no2", "co": "co", "o3": "o3_8h", "pm10": "pm10", "pm2_5": "pm25"}


@pytest.fixture(scope="module")
def guangzhou(data_folder: Path) -> pd.DataFrame:
    """Guangzhou, 2014 to 2018, by day."""
    file = data_folder / "air_city_daily" / "guangzhou_2014_2018_daily.csv"
    return pd.read_csv(file, parse_dates=["time_point"]).set_index("time_point").sort_index()


@pytest.mark.parametrize(("year", "days"), [("2016", 366), ("2018", 365)])
def test_daily_index_and_level_of_guangzhou_are_reproduced(
    guangzhou: pd.DataFrame, index: AirIndex, year: str, days: int
) -> None:
    part = guangzhou.loc[year]
    found = aqi.of_day(units({item: part[name].to_numpy(dtype=float) for name, item in DAILY.items()}, index), index)

    assert len(part) == days
    assert found.aqi.tolist() == part["aqi"].tolist()
    assert levels_of(found, index) == part["quality"].tolist()


# --- figures of bulletins ---

NAMES: Final = {
    "good_days": "air.good_days", "good_ratio": "air.good_day_ratio", "I_days": "air.level_days.1",
    "II_days": "air.level_days.2", "III_days": "air.level_days.3", "IV_days": "air.level_days.4",
    "V_days": "air.level_days.5", "VI_days": "air.level_days.6", "PM25": "air.annual_mean.pm25",
    "PM10": "air.annual_mean.pm10", "NO2": "air.annual_mean.no2", "SO2": "air.annual_mean.so2",
    "CO_p95": "air.percentile.co", "O3_p90": "air.percentile.o3", "composite_index": "air.composite_index",
}  # fmt: skip
"""Indicators by what the file of published figures calls them."""

Key = tuple[str, str, str]

GZ, SZ = "Guangzhou", "Shenzhen"
YEAR_2017 = "2017 (year stripped from the copy; values match 2017)"

REPRODUCED = "reproduced"
# Causes are inferred from the figures beside each other. Those of its own months a bulletin takes from final values,
# revised within the first third of the next month, those of the year before were restated; the file holds what was
# published day by day. By more than its decimals: PM10 of 2016-09 is 55 in the bulletin, 56.8 from the file.
REVISED = "final values differ from those of the day"
# The P90 of ozone of 2017-09 is 229 in the bulletin, 234 from the file: with final ozone lower, a fourth day can be of
# level 1 (the file has 105 on 2017-09-13).
REVISED_OZONE = "final ozone is lower than that of the day"
# Ozone of 267 on 2017-09-28 and of 266 on 2016-09-25 is index 200.37 and 200.19: rounded up 201, level 5. The bulletins
# count level 4: final ozone was at most 265, or the index was rounded half up.
EDGE = "one day of ozone just above 265 is level 5 rounded up"
# Of 30 days the P95 is 1.1 + 0.55 x 0.1 = 1.155, between a day of 1.1 and one of 1.2; from values of more decimals it
# can be 1.105 to 1.205.
ONE_DECIMAL = "the file has one decimal, and the percentile lies at the edge"
# The bulletin has 294 of 365 days. The file has no ozone on 12 days of December (0 instead), 10 of them without index,
# and more days exceed by ozone, as in August and September.
NO_OZONE = "the file lacks ozone of 12 days, and final ozone is lower"
# 27 of 31 days. In the file 5 days exceed, all by ozone, the least of them at 165 and 167. PM2.5 and PM10 are those of
# the bulletin.
AUGUST = "final ozone of August is lower than that of the day"
# The bulletin of 2018-11 states everything at 273.15 K, the file since 2018-09-01 gases at 298.15 K.
STATE = "the bulletin is at 273.15 K"
# The same; particles have no fixed factor. 1.073 to 1.089 fits both of them: 20 to 24 degC on the spot. The composite
# index follows from them.
STATE_PM = "the bulletin is at 273.15 K, and particles have no fixed factor"
NO_DATA = "no data of this city and time here"
NO_8H = "the file of 366 cities is of 2013-12 to 2017-01, and its ozone is no 8-hour maximum"
NO_NOISE = "no data of noise of this place here, and the figure is none of functional zones by station"

FIGURES: Final[dict[Key, str]] = {
    (GZ, "2017-09", "good_days"): REPRODUCED,
    (GZ, "2017-09", "I_days"): REVISED_OZONE,
    (GZ, "2017-09", "II_days"): REVISED_OZONE,
    (GZ, "2017-09", "III_days"): REPRODUCED,
    (GZ, "2017-09", "IV_days"): EDGE,
    (GZ, "2017-09", "V_days"): EDGE,
    (GZ, "2017-09", "VI_days"): REPRODUCED,
    (GZ, "2017-09", "good_ratio"): REPRODUCED,
    (GZ, "2017-09", "PM25"): REPRODUCED,
    (GZ, "2017-09", "PM10"): REPRODUCED,
    (GZ, "2017-09", "NO2"): REPRODUCED,
    (GZ, "2017-09", "SO2"): REPRODUCED,
    (GZ, "2017-09", "CO_p95"): ONE_DECIMAL,
    (GZ, "2017-09", "O3_p90"): REVISED_OZONE,
    (GZ, "2016-09", "good_days"): REPRODUCED,
    (GZ, "2016-09", "I_days"): REVISED,
    (GZ, "2016-09", "II_days"): REVISED,
    (GZ, "2016-09", "III_days"): REPRODUCED,
    (GZ, "2016-09", "IV_days"): EDGE,
    (GZ, "2016-09", "good_ratio"): REPRODUCED,
    (GZ, "2016-09", "PM25"): REPRODUCED,
    (GZ, "2016-09", "PM10"): REVISED,
    (GZ, "2016-09", "NO2"): REPRODUCED,
    (GZ, "2016-09", "SO2"): REPRODUCED,
    (GZ, "2016-09", "CO_p95"): REPRODUCED,
    (GZ, "2016-09", "O3_p90"): REPRODUCED,
    (GZ, "2018-11", "I_days"): STATE,
    (GZ, "2018-11", "II_days"): STATE,
    (GZ, "2018-11", "III_days"): STATE,
    (GZ, "2018-11", "good_days"): STATE,
    (GZ, "2018-11", "good_ratio"): STATE,
    (GZ, "2018-11", "PM25"): STATE_PM,
    (GZ, "2018-11", "PM10"): STATE_PM,
    (GZ, "2018-11", "NO2"): STATE,
    (GZ, "2018-11", "SO2"): STATE,
    (GZ, "2018-11", "O3_p90"): STATE,
    (GZ, "2018-11", "CO_p95"): STATE,
    (GZ, "2018-11", "composite_index"): STATE_PM,
    (GZ, YEAR_2017, "PM25"): REPRODUCED,
    (GZ, YEAR_2017, "PM10"): REPRODUCED,
    (GZ, YEAR_2017, "SO2"): REPRODUCED,
    (GZ, YEAR_2017, "NO2"): REPRODUCED,
    (GZ, YEAR_2017, "good_ratio"): NO_OZONE,
    (GZ, YEAR_2017, "area_noise_day_Leq_mean"): NO_NOISE,
    (GZ, YEAR_2017, "road_noise_Leq_mean"): NO_NOISE,
    (GZ, "2017-08", "PM10"): REPRODUCED,
    (GZ, "2017-08", "PM25"): REPRODUCED,
    (GZ, "2017-08", "composite_index"): AUGUST,
    (GZ, "2017-08", "good_ratio"): AUGUST,
    (SZ, "2017-08", "PM10"): NO_DATA,
    (SZ, "2017-08", "PM25"): NO_DATA,
    (SZ, "2017-08", "composite_index"): NO_DATA,
    (SZ, "2017-08", "good_ratio"): NO_DATA,
    (SZ, "2018", "PM25"): NO_DATA,
    (SZ, "2018", "good_days"): NO_DATA,
    (SZ, "2018", "valid_days"): NO_DATA,
    (SZ, "2018", "good_ratio"): NO_DATA,
    (SZ, "2018", "O3_p90"): NO_DATA,
    (SZ, "2017", "O3_p90"): NO_8H,
    (SZ, "2013", "O3_p90"): NO_8H,
    ("China noise", "2017 (report for 2017)", "functional zones 322 cities"): NO_NOISE,
}
"""Every published figure, and whether the daily file reproduces it, or why not."""


@pytest.fixture(scope="module")
def figures(data_folder: Path) -> dict[Key, str]:
    """The published figures, as they are printed."""
    file = data_folder / "published_figures" / "published_figures_2016_2018.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = {(row["area"], row["period"], row["indicator"]): row["value"] for row in rows}
    assert len(found) == len(rows) == 61
    return found


def facts(guangzhou: pd.DataFrame, standards: Standards, period: str) -> Facts:
    """The days of Guangzhou of a period; ozone of 0 is none."""
    days = periods.parse(period[:4] if period == YEAR_2017 else period)
    part = guangzhou.loc[str(days.first) : str(days.last)]
    assert len(part) == len(days)
    values = {}
    for name, item in DAILY.items():
        micros, _ = to_micros(part[name].to_numpy(dtype=float))
        quantity = item.removesuffix("_8h")
        values[quantity] = np.where(micros == 0, MISSING, micros) if quantity == "o3" else micros
    return of_values(values, Facts(scope="city:guangzhou", period=days, standards=standards, staged=True))


def of_values(values: dict[str, IntArray], given: Facts) -> Facts:
    """The facts with other daily values."""
    days = AirDays(
        values,
        {q: [None if v == MISSING else Fraction(v) for v in a.tolist()] for q, a in values.items()},
        {q: np.where(a == MISSING, 0, 1) for q, a in values.items()},
        np.full(len(given.period), MISSING),
    )
    return msgspec.structs.replace(given, air=days)


def value_of(name: str, given: Facts) -> Decimal:
    value = compute(INDICATORS[NAMES[name]], given).value
    assert value is not None
    return value


def with_data() -> list[Key]:
    """Figures for which the file of Guangzhou has the days."""
    return [key for key, outcome in FIGURES.items() if outcome not in (NO_DATA, NO_8H, NO_NOISE)]


def test_every_published_figure_has_its_outcome(figures: dict[Key, str]) -> None:
    assert list(FIGURES) == list(figures)


def test_figures_that_the_daily_file_reproduces(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config
) -> None:
    keys = [key for key in with_data() if FIGURES[key] == REPRODUCED]

    found = {(a, p, n): value_of(n, facts(guangzhou, shipped.standards, p)) for a, p, n in keys}

    assert len(keys) == 22
    assert found == {key: Decimal(figures[key]) for key in keys}


def test_figures_said_not_to_be_reproduced_differ(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config
) -> None:
    keys = [key for key in with_data() if FIGURES[key] != REPRODUCED]

    found = {(a, p, n): value_of(n, facts(guangzhou, shipped.standards, p)) for a, p, n in keys}

    assert len(keys) == 25
    assert [key for key in keys if found[key] == Decimal(figures[key])] == []


def test_decimals_of_the_daily_file_explain_one_figure_and_no_other(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config
) -> None:
    explained = []
    for area, period, name in with_data():
        if FIGURES[area, period, name] in (REPRODUCED, STATE, STATE_PM) or not NAMES[name].startswith(
            ("air.annual_mean", "air.percentile")
        ):
            continue
        exact = compute(INDICATORS[NAMES[name]], facts(guangzhou, shipped.standards, period)).exact
        assert exact is not None
        unit = Fraction(1, 10) if name == "CO_p95" else 1  # half of it is lost in the file, half in the bulletin
        if abs(Fraction(exact) - Fraction(figures[area, period, name])) <= unit:
            explained.append((area, period, name))

    assert explained == [key for key, outcome in FIGURES.items() if outcome == ONE_DECIMAL]


def test_figures_without_data_have_none(data_folder: Path) -> None:
    by_outcome = {
        outcome: [key for key in FIGURES if FIGURES[key] == outcome] for outcome in (NO_DATA, NO_8H, NO_NOISE)
    }
    with tarfile.open(data_folder / "air_city_daily" / "aqistudy_366cities_2013-12_2017-01.tar.xz") as archive:
        file = archive.extractfile("data/深圳.csv")
        assert file is not None
        lines = file.read().decode("utf-8-sig").splitlines()
    days = sorted(dt.date.fromisoformat(line.split(",")[1]) for line in lines)

    assert [len(keys) for keys in by_outcome.values()] == [9, 2, 3]
    assert all(area == SZ and periods.parse(period).first > days[-1] for area, period, _ in by_outcome[NO_DATA])
    assert (days[0], days[-1]) == (dt.date(2013, 12, 2), dt.date(2017, 1, 31))
    assert [period for _, period, _ in by_outcome[NO_8H]] == ["2017", "2013"]  # a month of each
    assert not {name for _, _, name in by_outcome[NO_NOISE]} & set(NAMES)


def test_figures_of_2018_11_are_reproduced_at_273_kelvin(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config
) -> None:
    # GB 3095-2012 and its amendment: gases at 273.15 K before 2018-09-01, at 298.15 K since.
    given = facts(guangzhou, shipped.standards, "2018-11")
    limits = shipped.standards.on(AirLimits, dt.date(2018, 11, 1))
    now, before = limits.kelvin_on(dt.date(2018, 11, 1)), limits.kelvin_on(dt.date(2018, 8, 31))
    assert given.air is not None
    steps = {q: MICRO // (10 if q == "co" else 1) for q in given.air.values}
    colder = {
        q: values if q.startswith("pm") else divide_half_even(values * int(now * 100), int(before * 100) * steps[q])
        * steps[q]
        for q, values in given.air.values.items()
    }  # fmt: skip

    keys = [key for key, outcome in FIGURES.items() if outcome == STATE]
    found = {(a, p, n): value_of(n, of_values(colder, given)) for a, p, n in keys}

    assert len(keys) == 9
    assert found == {key: Decimal(figures[key]) for key in keys}


def test_one_factor_explains_both_particles_of_2018_11(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config
) -> None:
    given = facts(guangzhou, shipped.standards, "2018-11")
    spans = []
    for name in ("PM25", "PM10"):
        exact = compute(INDICATORS[NAMES[name]], given).exact
        assert exact is not None
        printed = Fraction(figures[GZ, "2018-11", name])
        spans.append(((printed - Fraction(1, 2)) / Fraction(exact), (printed + Fraction(1, 2)) / Fraction(exact)))

    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    assert 292 < low * Fraction("273.15") < high * Fraction("273.15") < 298  # [K]


@pytest.mark.parametrize("rounding", ["single_indices_first", "sum_first"])
def test_composite_index_of_2018_11_follows_from_the_other_figures_of_its_bulletin(
    figures: dict[Key, str], shipped: Config, rounding: str
) -> None:
    names = {"so2": "SO2", "no2": "NO2", "co": "CO_p95", "o3": "O3_p90", "pm10": "PM10", "pm25": "PM25"}
    values = {q: Decimal(figures[GZ, "2018-11", name]) for q, name in names.items()}
    day = dt.date(2018, 11, 30)
    rule = msgspec.structs.replace(shipped.standards.on(AirRanking, day), composite_rounding=rounding)

    found = composite(values, limits=shipped.standards.on(AirLimits, day), ranking=rule)

    assert half_even(found.index, rule.index_decimals) == Decimal(figures[GZ, "2018-11", "composite_index"])


def test_days_of_ozone_just_above_265_are_level_4_rounded_half_up(
    figures: dict[Key, str], guangzhou: pd.DataFrame, shipped: Config, index: AirIndex
) -> None:
    half_up = msgspec.structs.replace(index, sub_index_rounding="half_up")
    standards = Standards([half_up if each is index else each for each in shipped.standards.all], {})
    standards.digests.update(shipped.standards.digests)
    keys = [key for key, outcome in FIGURES.items() if outcome == EDGE]

    found = {(a, p, n): value_of(n, facts(guangzhou, standards, p)) for a, p, n in keys}

    assert len(keys) == 3
    assert found == {key: Decimal(figures[key]) for key in keys}


def test_good_day_ratio_of_shenzhen_follows_from_its_published_days(figures: dict[Key, str], shipped: Config) -> None:
    good, valid = (int(figures[SZ, "2018", name]) for name in ("good_days", "valid_days"))
    clean = {"so2": 8, "no2": 20, "co": 1, "o3": 80, "pm10": 30}
    values = {q: np.full(365, v * MICRO) for q, v in clean.items()}
    values["pm25"] = np.array([20 * MICRO] * good + [100 * MICRO] * (valid - good))
    given = Facts(scope="city:shenzhen", period=periods.parse("2018"), standards=shipped.standards, staged=True)

    assert value_of("good_ratio", of_values(values, given)) == Decimal(figures[SZ, "2018", "good_ratio"])
