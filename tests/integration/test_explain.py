"""Explaining a figure and showing the index, from readings in a real store to what the command prints."""

import datetime as dt
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from aggregations import periods
from ingestor import config, derivation
from ingestor.config import Config
from ingestor.explanation import Explanation, explanation
from ingestor.explanation_air import AirBasis
from ingestor.store import Arrival, SqliteStore
from sensors.reading import Reading
from tests.conftest import Qingjing

HOUR = 3600
ITEMS = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 40.0, "pm25": 30.0}  # air.md, vector 23: index 43
STATIONS = "id,name,name_en,city,district,lon,lat,since,until\n" + "".join(
    f"a{n},站{n},Station {n},shenzhen,,,,,\n" for n in range(1, 5)
)


@pytest.fixture
def four(config_copy: Path) -> Config:
    """Four stations of one city; the shipped plans and gateways, which name others, are gone."""
    (config_copy / "stations" / "air.csv").write_text(STATIONS, encoding="utf-8")
    (config_copy / "gateways.csv").write_text("gateway,medium,station\n", encoding="utf-8")
    return config.load(config_copy)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "qingjing.sqlite3")
    yield opened
    opened.close()


def start_of(day: str) -> int:
    """Midnight in Shanghai, as seconds since 1970."""
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def readings(station: str, day: str, *, hours: range = range(24), flag: int = 1, **items: float) -> list[Reading]:
    values = tuple((quantity, value, flag) for quantity, value in (ITEMS | items).items())
    return [Reading("air", station, HOUR, start_of(day) + hour * HOUR, values) for hour in hours]


def put(store: SqliteStore, found: list[Reading]) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", found, [])])
    store.drain()


def fill(
    store: SqliteStore, station: str, day: str, *, hours: range = range(24), flag: int = 1, **items: float
) -> None:
    put(store, readings(station, day, hours=hours, flag=flag, **items))


def june(store: SqliteStore, *stations: str) -> None:
    days = [f"2020-06-{n:02}" for n in range(1, 31)]
    put(store, [each for day in days for station in stations for each in readings(station, day)])


def explained(loaded: Config, store: SqliteStore, name: str, scope: str, period: str = "2020-06") -> Explanation:
    derivation.derive(loaded, store)
    return explanation(loaded, store, name, scope, periods.parse(period))


def air(found: Explanation) -> AirBasis:
    assert isinstance(found.basis, AirBasis)
    return found.basis


def test_days_are_listed_by_what_the_figure_were_without_them(four: Config, store: SqliteStore) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", pm25=90.0)
    fill(store, "a1", "2020-06-20", pm25=0.0)

    found = explained(four, store, "air.annual_mean.pm25", "station:a1")

    # 28 days of 30, one of 90 and one of 0 make 930 / 30 = 31; without the 90: 840 / 29; without the 0: 930 / 29.
    assert found.figure.exact == "31"
    first, second = air(found).moved_most[:2]
    assert (first.day, float(first.moved)) == (dt.date(2020, 6, 10), pytest.approx(31 - 840 / 29, abs=0.005))
    assert (second.day, float(second.moved)) == (dt.date(2020, 6, 20), pytest.approx(31 - 930 / 29, abs=0.005))


def test_days_that_are_not_good_stand_first_in_the_number_of_good_days(four: Config, store: SqliteStore) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", pm25=90.0)  # above 75: index above 100

    found = explained(four, store, "air.good_days", "station:a1")

    assert (str(found.figure.value), [m.day for m in air(found).moved_most]) == ("29", [dt.date(2020, 6, 10)])
    assert air(found).moved_most[0].moved == -1  # 29 less the 30 that there were had the day been good
    assert (air(found).moved_most[0].level, air(found).moved_most[0].aqi) == (3, 119)  # 100 + 50/40 x 15 = 118.75


def test_a_day_of_a_station_says_how_many_hours_it_lacks_and_why(four: Config, store: SqliteStore) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", hours=range(3), flag=4)
    fill(store, "a1", "2020-06-10", hours=range(3, 5), pm25=5000.0)

    found = explained(four, store, "air.annual_mean.pm25", "station:a1")

    assert [(e.first, e.last) for e in air(found).excluded_days] == [(dt.date(2020, 6, 10), dt.date(2020, 6, 10))]
    (lack,) = air(found).excluded_days[0].lacks
    assert (lack.quantity, lack.unit, lack.valid, lack.needed) == ("pm25", "hours", 19, 20)
    assert lack.why == {
        "flagged by the gateway: maintenance, calibration, fault or missing": 3,
        "outside the plausible range of config/quantities.toml": 2,
    }


def test_a_day_of_ozone_says_how_many_windows_it_lacks(four: Config, store: SqliteStore) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", hours=range(6), flag=4)

    found = explained(four, store, "air.percentile.o3", "station:a1")

    (lack,) = air(found).excluded_days[0].lacks
    assert (lack.unit, lack.valid, lack.needed) == ("windows", 13, 14)  # air.md, vector 28


def test_a_day_of_a_city_says_which_stations_it_lacks(four: Config, store: SqliteStore) -> None:
    june(store, "a1", "a2", "a3")
    fill(store, "a3", "2020-06-10", hours=range(10), flag=4)

    found = explained(four, store, "air.annual_mean.pm25", "city:shenzhen")

    # a4 has never sent anything; with a3 gone two of four are left, three are needed (75 %)
    (lack,) = air(found).excluded_days[0].lacks
    assert (lack.unit, lack.valid, lack.needed, lack.why) == ("stations", 2, 3, {"a4": 0, "a3": 14})
    assert found.figure.valid == 29


def test_a_day_of_ozone_of_a_city_names_the_stations_that_lack_windows(four: Config, store: SqliteStore) -> None:
    june(store, "a1", "a2", "a3", "a4")
    for station in ("a1", "a2"):  # 18 hours, but windows 12 to 24 only: air.md, vector 28
        fill(store, station, "2020-06-10", hours=range(6), flag=4)
    for station in ("a3", "a4"):  # 17 hours, but 16 windows: only that from 16 to 24 has fewer than 6
        for hour in (0, 4, 8, 12, 16, 20, 23):
            fill(store, station, "2020-06-10", hours=range(hour, hour + 1), flag=4)

    found = explained(four, store, "air.percentile.o3", "city:shenzhen")

    (lack,) = air(found).excluded_days[0].lacks
    assert (lack.valid, lack.needed, lack.why) == (2, 3, {"a1": 13, "a2": 13})


def test_the_day_that_decides_a_sum_of_items_is_named_though_an_item_is_missing(
    four: Config, store: SqliteStore
) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", so2=20_000.0, pm25=300.0)  # SO2 is not plausible: missing

    found = explained(four, store, "air.composite_index", "station:a1")

    assert (found.figure.valid, air(found).excluded_days) == (30, [])
    assert air(found).moved_most[0].day == dt.date(2020, 6, 10)


def test_hours_left_out_are_listed_as_runs_in_local_time(four: Config, store: SqliteStore) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", hours=range(6, 9), flag=4)

    found = explained(four, store, "air.annual_mean.pm25", "station:a1")

    (run,) = air(found).excluded_hours
    assert (run.first.isoformat(), run.until.isoformat(), run.hours) == (
        "2020-06-10T06:00:00+08:00", "2020-06-10T09:00:00+08:00", 3,
    )  # fmt: skip


def test_counts_of_the_stations_agree_with_the_hours(four: Config, store: SqliteStore) -> None:
    june(store, "a1", "a2", "a3")
    fill(store, "a2", "2020-06-10", hours=range(2), flag=4)

    found = explained(four, store, "air.good_day_ratio", "city:shenzhen")

    valid = {(s.station, s.quantity): s.valid for s in air(found).stations}
    assert (valid["a1", "pm25"], valid["a2", "pm25"], valid["a2", "o3"]) == (720, 718, 718)
    assert all(s.valid + sum(s.excluded.values()) == s.hours == 720 for s in air(found).stations)


def test_doubted_hours_are_counted_and_stay_in(four: Config, store: SqliteStore) -> None:
    june(store, "a1")  # thirty days of one value each: stuck, as config/checks.toml says, but not left out

    found = explained(four, store, "air.annual_mean.pm25", "station:a1")

    (station,) = air(found).stations
    assert (station.valid, station.suspect["stuck"]) == (720, 720)


def test_every_rule_has_its_edition_and_whether_it_was_read(four: Config, store: SqliteStore) -> None:
    june(store, "a1")

    found = explained(four, store, "air.annual_mean.pm25", "station:a1")

    by_name = {(rule.edition, rule.rule): rule for rule in found.rules}
    assert by_name["GB 3095-2012", "day_hours"].clause == "table 4"
    assert by_name["GB 3095-2012", "day_hours"].confirmed
    assert not by_name["HJ 663-2013", "period_mean_from"].confirmed
    assert {f"{r.edition}: {r.text}" for r in found.rules if not r.confirmed} == set(found.figure.assumed)


def test_event_hours_are_left_out_where_the_figure_leaves_them_out(config_copy: Path, store: SqliteStore) -> None:
    (config_copy / "stations" / "air.csv").write_text(STATIONS, encoding="utf-8")
    (config_copy / "gateways.csv").write_text("gateway,medium,station\n", encoding="utf-8")
    events = config_copy / "events.csv"
    events.write_text(
        events.read_text(encoding="utf-8")
        + "d1,shenzhen,,pm10;pm25,2020-06-10T00:00+08:00,2020-06-10T12:00+08:00,dust,CNEMC,doc 1,2020-06-11\n",
        encoding="utf-8",
    )
    loaded = config.load(config_copy)
    june(store, "a1")

    mean = explained(loaded, store, "air.annual_mean.pm25", "station:a1")
    good = explained(loaded, store, "air.good_days", "station:a1")

    assert mean.figure.events == "excluded"
    assert [run.reason for run in air(mean).excluded_hours] == ["in a decided exceptional event"]
    assert (good.figure.events, air(good).excluded_hours) == ("kept", [])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_the_explanation_and_json_has_the_same(
    language: str, qingjing: Qingjing, four: Config, store: SqliteStore, tmp_path: Path
) -> None:
    june(store, "a1")
    fill(store, "a1", "2020-06-10", hours=range(6), flag=4, pm25=90.0)
    derivation.derive(four, store)
    options = ("--config", four.directory, "--data", tmp_path, "--lang", language)
    command = ("explain", "air.annual_mean.pm25", "--scope", "station:a1", "--period", "2020-06")

    printed = qingjing(*options, *command).stdout
    told = json.loads(qingjing(*options, *command, "--json").stdout)

    assert Fraction(told["figure"]["exact"]) == 30
    assert told["basis"]["excluded_days"][0]["first"] == "2020-06-10"
    for text in ("2020-06-10", "GB 3095-2012", "30 ug/m3", "29/30"):
        assert text in printed


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("air.annual_mean.*", "--scope", "city:shenzhen", "--period", "2020"), "expected the name of one indicator"),
        (
            ("air.mean", "--scope", "city:shenzhen", "--period", "2020"),
            "NAME: expected the name of one indicator that `qingjing indicators --list` prints (close to it: air.",
        ),
        (("air.good_days", "--scope", "city:nowhere", "--period", "2020"), "scope: expected city:shenzhen"),
        (("air.good_days", "--scope", "city:shenzhen", "--period", "2020-13"), "period: expected 2020, 2020-H1"),
    ],
)
@pytest.mark.usefixtures("store")
def test_a_mistake_in_the_command_is_told(
    arguments: tuple[str, ...], text: str, qingjing: Qingjing, tmp_path: Path
) -> None:
    assert text in qingjing("--data", tmp_path, "explain", *arguments, code=2).stderr


def test_the_index_of_days_shows_missing_items_as_na(
    qingjing: Qingjing, four: Config, store: SqliteStore, tmp_path: Path
) -> None:
    fill(store, "a1", "2020-06-01")
    fill(store, "a1", "2020-06-02", no2=20_000.0)  # never plausible: missing, and no other item exceeds
    derivation.derive(four, store)

    command = ("--config", four.directory, "--data", tmp_path, "aqi", "--scope", "station:a1", "--period", "2020-06")
    days = json.loads(qingjing(*command, "--json").stdout)
    printed = qingjing(*command).stdout

    assert [(d["aqi"], d["level"], d["colour"], d["primary"]) for d in days] == [
        (43, 1, "#00E400", []), (None, None, None, None),
    ]  # fmt: skip
    assert days[1]["sub"] == {"so2": 10, "no2": None, "co": 15, "pm10": 40, "pm25": 43, "o3": 40}  # air.md, vector 23
    assert "NA" in printed


def test_the_index_of_an_hour_takes_items_that_are_not_monitored_as_given(
    qingjing: Qingjing, config_copy: Path, store: SqliteStore, tmp_path: Path
) -> None:
    text = STATIONS.replace("since,until\n", "since,until,not_monitored\n").replace(",,,,,\n", ",,,,,,\n")
    text = text.replace("a1,站1,Station 1,shenzhen,,,,,,", "a1,站1,Station 1,shenzhen,,,,,,co")
    (config_copy / "stations" / "air.csv").write_text(text, encoding="utf-8")
    (config_copy / "gateways.csv").write_text("gateway,medium,station\n", encoding="utf-8")
    loaded = config.load(config_copy)
    fill(store, "a1", "2026-06-01", co=-1.0)  # not plausible: missing
    derivation.derive(loaded, store)

    command = ("--config", config_copy, "--data", tmp_path, "aqi", "--scope", "station:a1", "--hour", "2026-06-01T08")
    (hour,) = json.loads(qingjing(*command, "--json").stdout)

    assert (hour["aqi"], hour["start"], hour["not_monitored"]) == (43, "2026-06-01T08:00:00+08:00", ["co"])
    assert "/" in qingjing(*command).stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--hour", "8"), "--hour: expected a local hour such as 2020-06-03T14, got '8'"),
        (("--hour", "2020-06-03T14", "--period", "2020"), "--hour: expected nothing beside --period"),
    ],
)
@pytest.mark.usefixtures("store")
def test_a_mistake_in_the_time_of_an_index_is_told(
    arguments: tuple[str, ...], text: str, qingjing: Qingjing, tmp_path: Path
) -> None:
    assert text in qingjing("--data", tmp_path, "aqi", "--scope", "city:shenzhen", *arguments, code=2).stderr
