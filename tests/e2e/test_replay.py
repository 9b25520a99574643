"""Real files of all three media, replayed through a real broker, against figures computed here by other means.

The computations here know nothing of qingjing's code: pandas or csv reads the files, `fractions` and `decimal`
compute, and the numbers of the standards are typed from `shared/standards`.
"""

import csv
import functools
import gzip
import json
import math
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from aggregations import periods
from aggregations.figures import Figure
from ingestor import config, evaluation
from ingestor.formats import cnemc_water
from ingestor.store import SqliteStore
from tests.support import ROOT, Mosquitto, accepts, free_port, wait_for


class Replayed(NamedTuple):
    """A city after a replay: its configuration, its data, and what `qingjing replay --json` said."""

    config: Path
    data: Path
    said: dict[str, Any]

    def run(self, *arguments: object) -> str:
        command = [sys.executable, "-m", "ingestor", "--config", self.config, "--data", self.data, *arguments]
        return subprocess.run(
            [str(a) for a in command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
        ).stdout

    def figure(self, name: str, scope: str, period: str) -> Figure:
        """As `qingjing indicators` prints it, without a process for each."""
        with self.store() as store:
            return evaluation.compute(load_config(self.config), store, name, scope, periods.parse(period))

    def store(self) -> closing[SqliteStore]:
        return closing(SqliteStore(self.data / "qingjing.sqlite3"))


Replay = Callable[..., Replayed]
load_config = functools.cache(config.load)


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Register the stations of files, collect, replay the files as a gateway would, and derive."""

    def run(
        form: str, medium: str, files: list[Path], *, city: str, port: int, embedded: bool, edit: Any = None
    ) -> Replayed:
        folder = tmp_path_factory.mktemp(form)
        config = Path(shutil.copytree(ROOT / "config", folder / "config"))
        for plan in (config / "plans").glob("*.toml"):
            plan.unlink()
        if not embedded:
            settings = config / "settings.toml"
            settings.write_text(settings.read_text().replace("# host =", "host = '127.0.0.1' #"))
        if edit:
            edit(config)
        city_of = Replayed(config, folder / "data", {})
        register = city_of.run("register", "--format", form, "--city", city, *files)
        (config / "stations" / f"{medium}.csv").write_text(register)
        command = [
            sys.executable,
            "-m",
            "ingestor",
            "--config",
            config,
            "--data",
            folder / "data",
            "run",
            "--health-port",
            "0",
            "--board-port",
            "0",
            "--port",
            port,
        ]
        with (folder / "log").open("w") as log:
            service = subprocess.Popen([str(c) for c in command], cwd=ROOT, stderr=log)
            try:
                wait_for(lambda: accepts(port) and (folder / "data" / "qingjing.sqlite3").exists(), what="the service")
                said = json.loads(city_of.run("replay", "--format", form, "--port", port, "--json", *files))
            finally:
                service.terminate()
                assert service.wait(30) == 0
        city_of.run("derive")
        return city_of._replace(said=said)

    return run


# Air: Beijing


POLLUTANTS = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
NODES = (0, 50, 100, 150, 200, 300, 400, 500)
HJ633_2012 = {  # air.md, 3.1
    "SO2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "NO2": (0, 40, 80, 180, 280, 565, 750, 940),
    "PM10": (0, 50, 150, 250, 350, 420, 500, 600),
    "PM2.5": (0, 35, 75, 115, 150, 250, 350, 500),
    "CO": (0, 2, 4, 14, 24, 36, 48, 60),
    "O3": (0, 100, 160, 215, 265, 800),
}
YEARS = ("2014", "2015", "2016")


def half_even(value: Fraction, places: int = 0) -> Decimal:
    """Rounded through decimal, 60 digits wide: other code than `aggregations.rounding`."""
    quotient = (Decimal(value.numerator) / Decimal(value.denominator)) if value else Decimal(0)
    return quotient.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def iaqi(pollutant: str, value: Decimal) -> int | None:
    nodes = HJ633_2012[pollutant]
    for low, high, i_low, i_high in zip(nodes, nodes[1:], NODES, NODES[1:], strict=False):
        if low <= value <= high:
            exact = Fraction(i_high - i_low, high - low) * (Fraction(value) - low) + i_low
            return math.ceil(exact)
    return None if pollutant == "O3" else 500


@functools.cache
def millionths(text: str) -> int | None:
    """A value of the files in ug/m3, exactly, as a whole number of 10^-6; None for NA."""
    if text == "NA":
        return None
    scaled = Decimal(text).scaleb(6)
    assert scaled == int(scaled)
    return int(scaled)


def beijing_days(files: list[Path]) -> dict[str, dict[str, list[Fraction]]]:
    """Valid daily values of each station, by day and pollutant: one Fraction a station, mg/m3 for CO."""
    days: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        stamps = frame["year"] + "-" + frame["month"].str.zfill(2) + "-" + frame["day"].str.zfill(2)
        for pollutant in POLLUTANTS:
            for day, hours in frame[pollutant].groupby(stamps):
                values = [millionths(text) for text in hours]
                assert len(values) == 24
                value = ozone_day(values) if pollutant == "O3" else mean_day(values)
                if value is not None:
                    days[str(day)][pollutant].append(value / 1000 if pollutant == "CO" else value)
    return days


def mean_of(millionths: list[int]) -> Fraction:
    return Fraction(sum(millionths), 10**6 * len(millionths))


def mean_day(values: list[int | None]) -> Fraction | None:
    present = [v for v in values if v is not None]
    return mean_of(present) if len(present) >= 20 else None


def ozone_day(values: list[int | None]) -> Fraction | None:
    means = []
    for end in range(8, 25):
        window = [v for v in values[end - 8 : end] if v is not None]
        if len(window) >= 6:
            means.append(mean_of(window))
    if not means:
        return None
    return max(means) if len(means) >= 14 or half_even(max(means)) > 160 else None


@pytest.fixture(scope="module")
def beijing_files(data_folder: Path) -> list[Path]:
    return sorted((data_folder / "air_beijing_uci").glob("*.csv.gz"))


@pytest.fixture(scope="module")
def beijing(beijing_files: list[Path], replay: Replay) -> Replayed:
    return replay("uci-beijing", "air", beijing_files, city="beijing", port=free_port(), embedded=True)


@pytest.fixture(scope="module")
def city_days(beijing_files: list[Path]) -> dict[str, dict[str, Decimal]]:
    """City daily values, rounded: where at least 9 of the 12 stations (75 %) are valid."""
    days = {}
    for day, pollutants in beijing_days(beijing_files).items():
        days[day] = {
            p: half_even(sum(values, Fraction(0)) / len(values), 1 if p == "CO" else 0)
            for p, values in pollutants.items()
            if len(values) >= 9
        }
    return days


def test_replay_of_beijing_sends_every_row_that_holds_a_value(beijing: Replayed, beijing_files: list[Path]) -> None:
    frames = [pd.read_csv(file) for file in beijing_files]
    with_values = sum(int(frame[list(POLLUTANTS)].notna().any(axis=1).sum()) for frame in frames)
    assert sum(map(len, frames)) == 420_768
    assert beijing.said == {"sent": with_values, "without_values": 420_768 - with_values, "committed": True}


def test_replay_of_beijing_stores_every_value_once_and_quarantines_nothing(
    beijing: Replayed, beijing_files: list[Path]
) -> None:
    values = sum(int(pd.read_csv(file)[list(POLLUTANTS)].notna().sum().sum()) for file in beijing_files)
    with beijing.store() as store:
        assert (store.stored_values(), store.quarantine_reasons()) == (values, {})


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("pollutant", ["PM2.5", "PM10", "SO2", "NO2"])
def test_beijing_annual_mean_is_that_of_the_files(
    pollutant: str, year: str, beijing: Replayed, city_days: dict[str, dict[str, Decimal]]
) -> None:
    of_year = [v[pollutant] for day, v in city_days.items() if day.startswith(year) and pollutant in v]
    figure = beijing.figure(f"air.annual_mean.{POLLUTANTS[pollutant]}", "city:beijing", year)
    assert Fraction(figure.exact) == sum(map(Fraction, of_year), Fraction(0)) / len(of_year)
    assert (figure.value, figure.valid) == (half_even(Fraction(figure.exact)), len(of_year))


@pytest.mark.parametrize("year", YEARS)
def test_beijing_good_day_ratio_is_that_of_the_files(
    year: str, beijing: Replayed, city_days: dict[str, dict[str, Decimal]]
) -> None:
    good = valid = 0
    for day, values in city_days.items():
        if day.startswith(year):
            indices = [i for i in (iaqi(p, v) for p, v in values.items()) if i is not None]
            if len(indices) == 6 or max(indices, default=0) > 100:
                valid += 1
                good += max(indices) <= 100
    figure = beijing.figure("air.good_day_ratio", "city:beijing", year)
    assert (figure.valid, Fraction(figure.exact)) == (valid, Fraction(100 * good, valid))
    assert figure.value == half_even(Fraction(100 * good, valid), 1)


def test_beijing_month_with_too_few_days_is_not_sufficient(
    beijing: Replayed, city_days: dict[str, dict[str, Decimal]]
) -> None:
    for month in (f"2014-{m:02d}" for m in range(1, 13)):
        valid = sum("NO2" in v for day, v in city_days.items() if day.startswith(month))
        figure = beijing.figure("air.annual_mean.no2", "city:beijing", month)
        assert (figure.valid, figure.sufficient) == (valid, valid >= (25 if month.endswith("-02") else 27))


# Water: national sections


CLASSES = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "Ⅴ": 5, "劣Ⅴ": 6}
LIMITS = {  # water.md, 1.1
    "codmn": (2, 4, 6, 10, 15),
    "nh3n": (Decimal("0.15"), Decimal("0.5"), 1, Decimal("1.5"), 2),
    "tp": (Decimal("0.02"), Decimal("0.1"), Decimal("0.2"), Decimal("0.3"), Decimal("0.4")),
}
LAKE_TP = (Decimal("0.01"), Decimal("0.025"), Decimal("0.05"), Decimal("0.1"), Decimal("0.2"))
OXYGEN = (Decimal("7.5"), 6, 5, 3, 2)
COLUMNS = {"ph": "pH_raw", "do": "DO_mgL_raw", "codmn": "CODMn_mgL_raw", "nh3n": "NH3N_mgL_raw", "tp": "TP_mgL_raw"}
LAKES = "岗南水库 汤河水库 急水港桥 西山 湖滨(老) 陶岔 坝上中(胡家岭) 西苑隧道 观音山 裕溪口(老) 蛤蟆石 岳阳楼"


def water_class(item: str, value: Decimal, *, lake: bool) -> int:
    if item == "ph":
        return 1 if 6 <= value <= 9 else 6
    if item == "do":
        return 1 + sum(value < bound for bound in OXYGEN)
    return 1 + sum(value > bound for bound in (LAKE_TP if lake and item == "tp" else LIMITS[item]))


def relaxed(config: Path) -> None:
    """One snapshot a day makes a day, and one day a month: the files hold no more."""
    method = config / "standards" / "water-method-2011.toml"
    text = method.read_text()
    for key, value in (("day_min_results = 4", "day_min_results = 1"), ("month_min_days = 18", "month_min_days = 1")):
        assert key in text
        text = text.replace(key, value)
    method.write_text(text)


@pytest.fixture(scope="module")
def snapshots(data_folder: Path) -> list[dict[str, str]]:
    file = data_folder / "water_sections_2020" / "daily_snapshots_2020-05_2020-09.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8-sig") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def sections(data_folder: Path, replay: Replay) -> Replayed:
    file = data_folder / "water_sections_2020" / "daily_snapshots_2020-05_2020-09.csv.gz"
    return replay("cnemc-water", "water", [file], city="beijing", port=free_port(), embedded=True, edit=relaxed)


def moment(row: dict[str, str]) -> int:
    year = 2020 if row["obs_time_mmdd_hhmm"][:5] <= row["file_date"][5:] else 2019
    stamp = f"{year}-{row['obs_time_mmdd_hhmm'].replace(' ', 'T')}:00+08:00"
    return int(pd.Timestamp(stamp).timestamp())


def section_id(row: dict[str, str]) -> str:
    return f"{row['province']}-{row['section']}".replace("#", "-")


def test_water_classes_equal_the_published_ones(sections: Replayed, snapshots: list[dict[str, str]]) -> None:
    """Without the sections taken as lakes because of their published class: that would be circular."""
    inferred = {section for lakes in cnemc_water.LAKES.values() for section in lakes}
    inferred -= {section_id(row) for row in snapshots if row["section"] in LAKES.split()}
    equal = compared = 0
    with sections.store() as store:
        for row in snapshots:
            published = CLASSES.get(row["class_published"])
            if published is None or not row["obs_time_mmdd_hhmm"] or section_id(row) in inferred:
                continue
            time = moment(row)
            found = list(store.read("water_reading", section_id(row), time, time + 1, ["class"]))
            compared += 1
            equal += found == [(time, published)]
    assert compared > 11_000
    assert equal / compared >= 0.999, f"{equal} of {compared}"


def test_water_rows_without_a_time_are_counted_and_not_sent(
    sections: Replayed, snapshots: list[dict[str, str]]
) -> None:
    raw = [column for column in snapshots[0] if column.endswith("_raw")]
    sendable = [row for row in snapshots if row["obs_time_mmdd_hhmm"] and any(row[column] for column in raw)]
    assert sections.said == {
        "sent": len(sendable), "without_values": len(snapshots) - len(sendable), "committed": True,
    }  # fmt: skip


@pytest.mark.parametrize("month", ["2020-06", "2020-08"])
def test_month_class_of_sections_is_that_of_the_means(
    month: str, sections: Replayed, snapshots: list[dict[str, str]]
) -> None:
    readings: dict[str, dict[int, dict[str, str]]] = defaultdict(dict)
    for row in snapshots:
        if row["obs_time_mmdd_hhmm"].startswith(month[5:]):
            readings[section_id(row)][moment(row)] = row
    compared = 0
    for section, rows in sorted(readings.items())[::6]:
        classes = []
        for item, column in COLUMNS.items():
            mean = month_mean(item, [(time, row[column]) for time, row in sorted(rows.items())])
            if mean is not None:
                lake = next(iter(rows.values()))["section"] in LAKES.split()
                classes.append(water_class(item, mean, lake=lake))
        figure = sections.figure("water.worst_class", f"station:{section}", month)
        assert figure.value == (max(classes) if len(classes) == len(COLUMNS) else None), section
        compared += 1
    assert compared >= 10


def month_mean(item: str, readings: list[tuple[int, str]]) -> Decimal | None:
    """Mean of the daily means, rounded once: pH to 0 decimals by hydrogen ions, TP 3, ammonia 2, others 1."""
    days: dict[int, list[str]] = defaultdict(list)
    for time, text in readings:
        if text and not (item == "ph" and not 1 <= float(text) <= 14):
            days[(time + 8 * 3600) // 86_400].append(text)
    if not days:
        return None
    places = {"ph": 0, "nh3n": 2, "tp": 3}.get(item, 1)
    if item == "ph":
        ions = [sum(10 ** -float(t) for t in texts) / len(texts) for texts in days.values()]
        return Decimal(repr(-math.log10(sum(ions) / len(ions)))).quantize(Decimal(1), ROUND_HALF_EVEN)
    means = [sum(map(Fraction, texts), Fraction(0)) / len(texts) for texts in days.values()]
    exact = sum(means, Fraction(0)) / len(means)
    while exact and not half_even(exact, places):
        places += 1
    return half_even(exact, places)


# Noise: Dublin


@pytest.fixture(scope="module")
def dublin_file(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of 2016 of the real file, as they stand there."""
    cut = tmp_path_factory.mktemp("dublin") / "2016.tsv"
    with gzip.open(data_folder / "noise_dublin" / "dublin_hourly_2015_2018.tsv.gz", "rt", encoding="utf-8") as text:
        lines = text.readlines()
    cut.write_text("".join([lines[0], *(line for line in lines if "\t2016-" in line)]), encoding="utf-8")
    return cut


@pytest.fixture(scope="module")
def dublin(dublin_file: Path, replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """Through Mosquitto, where air and water went through the embedded broker."""
    mosquitto = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    mosquitto.start()
    yield replay("dublin-noise", "noise", [dublin_file], city="shenzhen", port=mosquitto.port, embedded=False)
    mosquitto.stop()


@pytest.mark.parametrize(("part", "hours", "least", "limit"), [("day", range(6, 22), 12, 60), ("night", None, 6, 50)])
def test_dublin_attainment_is_that_of_the_file(
    part: str, hours: range | None, least: int, limit: int, dublin: Replayed, dublin_file: Path
) -> None:
    chosen = set(hours or (0, 1, 2, 3, 4, 5, 22, 23))
    frame = pd.read_csv(dublin_file, sep="\t", dtype=str)
    stamps = pd.to_datetime(frame["datetime"])
    valid = attained = 0
    for column in frame.columns[2:]:
        for _, levels in frame[column][stamps.dt.hour.isin(chosen)].groupby(stamps.dt.date):
            present = [float(level) for level in levels.dropna() if 10 <= float(level) <= 140]
            if len(present) >= least:
                level = 10 * math.log10(math.fsum(10 ** (x / 10) for x in present) / len(present))
                valid += 1
                attained += Decimal(f"{level:.9f}").quantize(Decimal(1), ROUND_HALF_EVEN) <= limit
    figure = dublin.figure(f"noise.{part}_attainment", "city:shenzhen", "2016")
    assert valid > 2500
    assert (figure.valid, figure.expected) == (valid, 9 * 366)
    assert figure.value == half_even(Fraction(100 * attained, valid), 1)
