"""Explaining figures of noise, from readings in a real store to what the command prints; expected by hand."""

import datetime as dt
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations import periods
from ingestor import config, derivation
from ingestor.config import Config
from ingestor.explanation import explanation
from ingestor.explanation_noise import NoiseBasis
from ingestor.store import Arrival, SqliteStore
from sensors.reading import Reading
from tests.conftest import Qingjing

HOUR = 3600
STATION = "n1"  # class 2: 60 by day, 50 at night


@pytest.fixture
def one(config_copy: Path) -> Config:
    """One monitor of class 2, from class 1 on 5 March on."""
    head = "id,name,name_en,city,district,lon,lat,zone_class,since,until\n"
    (config_copy / "stations" / "noise.csv").write_text(f"{head}n1,站1,Monitor 1,shenzhen,,,,2,,\n", encoding="utf-8")
    (config_copy / "gateways.csv").write_text("gateway,medium,station\n", encoding="utf-8")
    changes = config_copy / "zone-changes.csv"
    changes.write_text(changes.read_text(encoding="utf-8") + "n1,2025-03-05,1\n", encoding="utf-8")
    return config.load(config_copy)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "qingjing.sqlite3")
    yield opened
    opened.close()


def put(store: SqliteStore, day: int, level: float, *, hours: range = range(24), flag: int = 1, **more: float) -> None:
    start = int(dt.datetime.fromisoformat(f"2025-03-{day:02}T00:00:00+08:00").timestamp())
    values = (("leq", level, flag), *((name, value, 1) for name, value in more.items()))
    found = [Reading("noise", STATION, HOUR, start + hour * HOUR, values) for hour in hours]
    store.commit([Arrival("native", "t", 0.0, b"", found, [])])
    store.drain()


def basis(loaded: Config, store: SqliteStore, name: str, period: str = "2025-03-01..2025-03-04") -> NoiseBasis:
    derivation.derive(loaded, store)
    found = explanation(loaded, store, name, f"station:{STATION}", periods.parse(period)).basis
    assert isinstance(found, NoiseBasis)
    return found


def test_nights_that_failed_come_first_with_their_excess(one: Config, store: SqliteStore) -> None:
    for day, level in ((1, 45.0), (2, 53.0), (3, 57.4), (4, 50.0)):
        put(store, day, level)

    first, second, third, fourth = basis(one, store, "noise.night_attainment").moved_most

    # 2 of 4 attain, 50 %; without one that failed 2 of 3, 66.7 %; without one that attained 1 of 3, 33.3 %
    assert (first.day, str(first.level), first.limit, str(first.excess)) == (dt.date(2025, 3, 3), "57.4", 50, "7")
    assert (second.day, str(second.excess), str(second.moved)) == (dt.date(2025, 3, 2), "3", "-16.7")
    assert [(each.attains, str(each.moved)) for each in (third, fourth)] == [(True, "16.7")] * 2
    assert str(third.excess) == "0"  # at the limit, then the quieter one


def test_limit_is_that_of_the_class_of_the_day(one: Config, store: SqliteStore) -> None:
    for day in (4, 5):
        put(store, day, 48.0)

    found = basis(one, store, "noise.night_attainment", "2025-03-04..2025-03-05")

    assert [(e.day.day, e.zone_class, e.limit, str(e.excess)) for e in found.moved_most] == [
        (5, "1", 45, "3"), (4, "2", 50, "-2"),
    ]  # fmt: skip
    assert found.monitors[0].zone_classes == {"2": 1, "1": 1}


def test_a_night_says_how_many_hours_it_lacks_and_why(one: Config, store: SqliteStore) -> None:
    for day in (1, 2, 4):
        put(store, day, 45.0)
    put(store, 3, 45.0, hours=range(2, 24))  # no reading at 0 and 1
    put(store, 3, 45.0, hours=range(2, 3), flag=4)

    found = basis(one, store, "noise.night_attainment")

    (night,) = found.excluded_days
    assert (night.first, night.last, night.part, night.valid, night.needed) == (
        dt.date(2025, 3, 3), dt.date(2025, 3, 3), "night", 5, 6,
    )  # fmt: skip
    assert night.why == {"no reading": 2, "flagged by the gateway: maintenance, calibration, fault or missing": 1}
    (monitor,) = found.monitors
    assert (monitor.valid, monitor.expected) == (3, 4)
    (hours,) = found.stations
    assert (hours.hours, hours.valid, sum(hours.excluded.values())) == (32, 29, 3)
    assert [(run.first.hour, run.hours) for run in found.excluded_hours] == [(0, 2), (2, 1)]


def test_hours_of_the_other_part_of_the_day_are_not_told(one: Config, store: SqliteStore) -> None:
    for day in range(1, 5):
        put(store, day, 45.0, hours=range(6, 22))

    found = basis(one, store, "noise.day_attainment")

    assert (found.stations[0].hours, found.stations[0].valid) == (64, 64)
    assert (found.excluded_days, found.excluded_hours) == ([], [])


def test_hours_are_left_out_for_weather_rate_and_range(one: Config, store: SqliteStore) -> None:
    for day in range(1, 5):
        put(store, day, 55.0)
    put(store, 1, 55.0, hours=range(8, 9), rain=2.0)
    put(store, 1, 55.0, hours=range(9, 10), vdr=74.0)
    put(store, 1, 500.0, hours=range(10, 11))

    found = basis(one, store, "noise.day_attainment")

    assert found.stations[0].excluded == {
        "too many samples taken out by weather": 1,
        "too few valid samples in the hour": 1,
        "outside the plausible range of config/quantities.toml": 1,
    }
    assert found.excluded_days == []  # 13 of 16 hours, 12 are needed


def test_suspect_hours_are_counted_and_stay_in(one: Config, store: SqliteStore) -> None:
    put(store, 1, 55.0)
    put(store, 1, 55.0, hours=range(6, 9), flag=3)

    (hours,) = basis(one, store, "noise.day_attainment", "2025-03-01").stations

    assert (hours.valid, hours.suspect) == (16, {"flagged as suspect by the gateway": 3})


def test_days_that_move_the_mean_level_are_by_energy(one: Config, store: SqliteStore) -> None:
    for day, level in ((1, 50.0), (2, 50.0), (3, 60.0)):
        put(store, day, level)

    first = basis(one, store, "noise.mean_level.day", "2025-03-01..2025-03-03").moved_most[0]

    # (1e5 + 1e5 + 1e6) / 3 = 4e5: 56.02 dB; without the third 50 dB
    assert first.day == dt.date(2025, 3, 3)
    assert float(first.moved) == pytest.approx(10 * math.log10(4e5) - 50, abs=0.005)


def test_days_with_the_least_rate_move_the_collection_rate(one: Config, store: SqliteStore) -> None:
    for day in (1, 2, 3):
        put(store, day, 50.0)
    put(store, 4, 50.0, hours=range(12))

    found = basis(one, store, "noise.collection_rate")

    # 87.5 %; without the fourth 100 %
    assert (found.moved_most[0].day.day, str(found.moved_most[0].rate)) == (4, "50.0")
    assert found.moved_most[0].moved == Decimal("-12.5")
    assert (found.stations[0].hours, found.stations[0].excluded) == (96, {"no reading": 12})


def test_results_of_a_survey_that_moved_its_mean(one: Config, store: SqliteStore) -> None:
    path = one.directory / "noise-surveys" / "road.csv"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "shenzhen,r1,2023,day,2.0,70.0\nshenzhen,r2,2023,day,1.0,73.0\nshenzhen,r1,2022,day,9.0,90.0\n",
        encoding="utf-8",
    )
    found = explanation(
        config.load(one.directory), store, "noise.road_mean.day", "city:shenzhen", periods.parse("2023")
    ).basis

    assert isinstance(found, NoiseBasis)
    # (2 x 70 + 73) / 3 = 71; without the second 70, without the first 73
    assert [(each.point, str(each.moved)) for each in found.moved_results] == [("r1", "-2"), ("r2", "1")]
    assert found.monitors == []


def test_nights_with_too_loud_a_peak_are_told_against_15_db_more(one: Config, store: SqliteStore) -> None:
    for day, lmax in ((1, 60.0), (2, 75.0)):
        put(store, day, 50.0, lmax=lmax)

    found = basis(one, store, "noise.night_peak_attainment")

    loud = found.moved_most[0]  # class 2: 50 dB and 15 dB more
    assert (loud.day.day, str(loud.level), loud.limit, loud.excess) == (2, "75.0", 65, 10)
    assert (loud.attains, str(loud.moved)) == (False, "-50")


def test_night_without_a_largest_level_says_so(one: Config, store: SqliteStore) -> None:
    put(store, 1, 50.0)
    put(store, 2, 50.0, hours=range(5), lmax=60.0)

    found = basis(one, store, "noise.night_peak_attainment", "2025-03-01..2025-03-02").excluded_days

    assert [(each.valid, each.needed, each.why) for each in found] == [
        (8, 6, {"no largest level": 8}),
        (5, 6, {"no reading": 3}),
    ]


def test_days_that_moved_ldn_have_no_limit(one: Config, store: SqliteStore) -> None:
    for day, level in ((1, 50.0), (2, 50.0), (3, 60.0)):
        put(store, day, level)

    found = basis(one, store, "noise.mean_level.day_night")

    loud = found.moved_most[0]
    assert (loud.day.day, loud.limit, loud.excess, loud.part) == (3, None, None, None)
    # levels all alike: Ldn is (16 + 8 x 10) / 24 = 4 times the energy, 6.02 dB more
    assert str(loud.level) == "66.0"
    assert (found.excluded_days[0].first.day, found.excluded_days[0].needed) == (4, 18)


def test_reports_of_complaints_that_moved_the_figure(one: Config, store: SqliteStore) -> None:
    path = one.directory / "noise-surveys" / "complaints.csv"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "shenzhen,2023-01,30,30,hotline\nshenzhen,2023-02,10,5,hotline\nshenzhen,2022-02,99,5,hotline\n",
        encoding="utf-8",
    )

    def moved(name: str) -> list[tuple[str, str, str]]:
        found = explanation(config.load(one.directory), store, name, "city:shenzhen", periods.parse("2023")).basis
        assert isinstance(found, NoiseBasis)
        return [(each.point, each.when, str(each.moved)) for each in found.moved_results]

    assert moved("noise.complaints") == [("hotline", "2023-01", "30"), ("hotline", "2023-02", "10")]
    # 35 of 40 are 87.5 %; without January 50 %, without February 100 %
    assert moved("noise.complaints_settled") == [("hotline", "2023-01", "37.5"), ("hotline", "2023-02", "-12.5")]


@pytest.mark.usefixtures("store")
def test_the_command_prints_reports_of_complaints(qingjing: Qingjing, one: Config, tmp_path: Path) -> None:
    path = one.directory / "noise-surveys" / "complaints.csv"
    path.write_text(path.read_text(encoding="utf-8") + "shenzhen,2023-01,30,30,12345热线\n", encoding="utf-8")
    options = ("--config", one.directory, "--data", tmp_path)
    command = ("explain", "noise.complaints", "--scope", "city:shenzhen", "--period", "2023-Q1")

    printed = qingjing(*options, "--lang", "zh", *command).stdout

    assert all(text in printed for text in ("12345热线", "2023-02 未上报", "+30"))


@pytest.mark.parametrize(("language", "text"), [("zh", "未计入的点次"), ("en", "point-times left out")])
def test_the_command_prints_the_explanation_and_json_has_the_same(
    language: str, text: str, qingjing: Qingjing, one: Config, store: SqliteStore, tmp_path: Path
) -> None:
    for day in (1, 2):
        put(store, day, 53.0)
    derivation.derive(one, store)
    options = ("--config", one.directory, "--data", tmp_path, "--lang", language)
    command = (
        "explain",
        "noise.night_attainment",
        "--scope",
        f"station:{STATION}",
        "--period",
        "2025-03-01..2025-03-04",
    )

    printed = qingjing(*options, *command).stdout

    for each in (text, "+3", "n1", "2025-03-03..2025-03-04", "GB 3096-2008"):
        assert each in printed
    if language == "en":
        told = json.loads(qingjing(*options, *command, "--json").stdout)["basis"]
        # both fail: neither moves 0 %, and both are told
        assert (told["medium"], [each["moved"] for each in told["moved_most"]]) == ("noise", [0, 0])
