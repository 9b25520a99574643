"""Exceptional events that were decided: which rows are there twice, which figures leave their hours out.

Rules: shared/standards/air.md, section 9; config/standards/air-events-2016.toml. Expected numbers are worked by hand.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestor import derivation
from ingestor.config import Config
from ingestor.store import SqliteStore
from tests.air_world import CITY, CLEAN, day_of, days, days_in, figure, put, row, start_of, station, stations, world

BEFORE, DAY, AFTER = "2021-03-14", "2021-03-15", "2021-03-16"
PERIOD = f"{BEFORE}..{AFTER}"
GASES = ("so2", "no2", "co", "o3")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def dust(first: str, until: str, *, of: str = "", quantities: str = "pm10;pm25", name: str = "e1") -> str:
    """A row of events.csv; `first` and `until` such as 2021-03-15T06."""
    return f"{name},{CITY},{of},{quantities},{first}:00+08:00,{until}:00+08:00,dust,CNEMC,letter 12,2021-04-02"


def dusty(hours: range, value: float) -> dict[str, Any]:
    """A day whose PM10 is 100, and `value` in the hours; PM2.5 a quarter of it."""
    pm10 = [value if hour in hours else 100.0 for hour in range(24)]
    return CLEAN | {"pm10": pm10, "pm25": [each / 4 for each in pm10]}


def put_three_days(store: SqliteStore, names: list[str], hours: range, value: float = 700.0) -> None:
    for name in names:
        put(store, *day_of(name, BEFORE, dusty(hours, 100.0)), *day_of(name, AFTER, dusty(hours, 100.0)))
        put(store, *day_of(name, DAY, dusty(hours, value)))


TABLES = [("air_day", "a01"), ("district_air_day", f"{CITY}/D"), ("city_air_day", CITY)]


@pytest.mark.parametrize(("table", "key"), TABLES)
def test_days_that_an_event_touches_are_there_once_more_without_its_hours(
    table: str, key: str, store: SqliteStore, shipped: Config
) -> None:
    # Four hours of 700: (20 x 100 + 4 x 700) / 24 = 200 with them, 100 of the twenty without.
    put_three_days(store, ["a01", "a02"], range(6, 10))
    loaded = world(shipped, stations(2, district="D"), events_csv=[dust(f"{DAY}T06:00", f"{DAY}T10:00")])
    derivation.derive(loaded, store)

    assert days_in(store, table, key) == [BEFORE, DAY, AFTER]
    assert days_in(store, f"{table}_without_events", key) == [DAY]
    count = 2 if key != "a01" else 24
    assert row(store, table, key, DAY, "pm10", "pm25", "pm10_count", "aqi") == (200, 50, count, 125)
    count = 2 if key != "a01" else 20
    assert row(store, f"{table}_without_events", key, DAY, "pm10", "pm25", "pm10_count", "aqi") == (100, 25, count, 75)


@pytest.mark.parametrize(("table", "key"), TABLES)
def test_gases_of_a_day_that_an_event_touches_are_the_same_without_it(
    table: str, key: str, store: SqliteStore, shipped: Config
) -> None:
    put_three_days(store, ["a01", "a02"], range(6, 10))
    loaded = world(shipped, stations(2, district="D"), events_csv=[dust(f"{DAY}T06:00", f"{DAY}T10:00")])
    derivation.derive(loaded, store)
    columns = [f"{q}{end}" for q in GASES for end in ("", "_exact", "_count")] + ["o3_hour_max"]
    assert row(store, table, key, DAY, *columns) == row(store, f"{table}_without_events", key, DAY, *columns)


@pytest.mark.parametrize("quantities", ["so2", "so2;pm10", "o3;co;no2;so2;pm10"])
def test_rule_on_dust_leaves_gases_in_though_the_event_names_them(
    quantities: str, store: SqliteStore, shipped: Config
) -> None:
    # air-events-2016: PM10 and PM2.5 only; the four gases stay
    put_three_days(store, ["a01"], range(6, 11))
    event = dust(f"{DAY}T06:00", f"{DAY}T11:00", quantities=quantities)
    derivation.derive(world(shipped, stations(1), events_csv=[event]), store)

    if "pm10" not in quantities:
        assert days_in(store, "air_day_without_events", "a01") == []
        return
    counts = [f"{q}_count" for q in (*GASES, "pm25", "pm10")]
    assert row(store, "air_day_without_events", "a01", DAY, *counts) == (24, 24, 24, 24, 24, 19)


@pytest.mark.parametrize(
    ("first", "until", "kept"),
    [
        pytest.param("00:00", "04:00", True, id="20 hours are kept: at equality"),
        pytest.param("20:00", "24:00", True, id="the last four"),
        pytest.param("00:00", "05:00", False, id="19 hours are kept"),
        pytest.param("00:00", "24:00", False, id="the whole day"),
    ],
)
def test_day_that_keeps_fewer_than_20_hours_is_not_valid_without_the_event(
    first: str, until: str, kept: bool, store: SqliteStore, shipped: Config
) -> None:
    put_three_days(store, ["a01"], range(0))
    end = f"{AFTER}T00:00" if until == "24:00" else f"{DAY}T{until}"
    loaded = world(shipped, stations(1), events_csv=[dust(f"{DAY}T{first}", end)])
    derivation.derive(loaded, store)

    assert row(store, "air_day", "a01", DAY, "pm10", "pm25") == (100, 25)
    assert row(store, "air_day_without_events", "a01", DAY, "pm10", "pm25") == ((100, 25) if kept else (None, None))
    assert row(store, "city_air_day_without_events", CITY, DAY, "pm10") == (100 if kept else None)
    mean = figure(loaded, store, "air.annual_mean.pm10", "station:a01", PERIOD)
    assert mean.counterpart is not None
    assert (mean.events, mean.valid, mean.counterpart.valid) == ("excluded", 3 if kept else 2, 3)


@pytest.mark.parametrize(("scope"), ["station:a01", f"district:{CITY}/D", f"city:{CITY}"])
def test_figures_come_in_pairs_and_show_the_one_that_the_rule_says(
    scope: str, store: SqliteStore, shipped: Config
) -> None:
    # PM10 of the days 100, 200, 100 with the event; 100, 100, 100 without. Index of 200: 125, of 100: 75.
    put_three_days(store, ["a01", "a02"], range(6, 10))
    loaded = world(shipped, stations(2, district="D"), events_csv=[dust(f"{DAY}T06:00", f"{DAY}T10:00")])
    derivation.derive(loaded, store)

    def pair(name: str) -> tuple[object, ...]:
        found = figure(loaded, store, name, scope, PERIOD)
        assert found.counterpart is not None
        assert "Sand dust 2016" in found.editions
        return found.events, found.value, found.counterpart.events, found.counterpart.value

    # (100 + 200 + 100) / 3 = 133.33; P95 of 100, 100, 200: 100 + 0.9 x 100 = 190
    assert pair("air.annual_mean.pm10") == ("excluded", 100, "kept", 133)
    assert pair("air.percentile.pm10") == ("excluded", 100, "kept", 190)
    assert pair("air.good_day_ratio") == ("kept", Decimal("66.7"), "excluded", 100)
    assert pair("air.exceeding_days") == ("kept", 1, "excluded", 0)
    assert pair("air.primary_days.pm10") == ("kept", 3, "excluded", 3)
    assert pair("air.daily_attainment.pm10") == ("kept", Decimal("66.7"), "excluded", 100)
    assert pair("air.attainment.pm10") == ("excluded", 0, "kept", 0)  # the mean of 100 is above 70 either way
    assert pair("air.composite_index")[::2] == ("excluded", "kept")


def test_figures_of_a_period_without_events_have_no_counterpart(store: SqliteStore, shipped: Config) -> None:
    put_three_days(store, ["a01"], range(6, 10))
    loaded = world(shipped, stations(1), events_csv=[dust(f"{DAY}T06:00", f"{DAY}T10:00")])
    derivation.derive(loaded, store)
    for period in (BEFORE, AFTER):
        mean = figure(loaded, store, "air.annual_mean.pm10", f"city:{CITY}", period)
        assert (mean.events, mean.counterpart, mean.value) == ("none", None, 100)


def test_event_across_midnight_touches_both_days(store: SqliteStore, shipped: Config) -> None:
    put_three_days(store, ["a01"], range(0))
    loaded = world(shipped, stations(1), events_csv=[dust(f"{BEFORE}T23:00", f"{DAY}T01:00")])
    derivation.derive(loaded, store)
    assert days_in(store, "air_day_without_events", "a01") == [BEFORE, DAY]
    assert [row(store, "air_day_without_events", "a01", day, "pm10_count") for day in (BEFORE, DAY)] == [23, 23]


def test_event_that_ends_at_midnight_leaves_the_next_day_alone(store: SqliteStore, shipped: Config) -> None:
    put_three_days(store, ["a01"], range(0))
    derivation.derive(world(shipped, stations(1), events_csv=[dust(f"{DAY}T20:00", f"{AFTER}T00:00")]), store)
    assert days_in(store, "air_day_without_events", "a01") == [DAY]


def test_events_of_one_day_are_left_out_together(store: SqliteStore, shipped: Config) -> None:
    # Hours 0 to 2 and 2 to 4 of PM10, 2 to 3 overlapping; PM2.5 in the second only.
    put_three_days(store, ["a01"], range(0))
    rows = [
        dust(f"{DAY}T00:00", f"{DAY}T03:00", quantities="pm10"),
        dust(f"{DAY}T02:00", f"{DAY}T04:00", name="e2"),
    ]
    derivation.derive(world(shipped, stations(1), events_csv=rows), store)
    assert row(store, "air_day_without_events", "a01", DAY, "pm10_count", "pm25_count") == (20, 22)


def test_event_of_one_station_touches_its_district_and_city_and_no_other_station(
    store: SqliteStore, shipped: Config
) -> None:
    # a01 600 for five hours and so no day without them: the city is then (100 + 100) / 2, two of three.
    registered = [station("a01", district="D"), station("a02", district="E"), station("a03", district="E")]
    for name in ("a01", "a02", "a03"):
        put(store, *day_of(name, DAY, dusty(range(5) if name == "a01" else range(0), 580.0)))
    event = dust(f"{DAY}T00:00", f"{DAY}T05:00", of="a01")
    derivation.derive(world(shipped, registered, events_csv=[event]), store)

    kept = {name: days_in(store, "air_day_without_events", name) for name in ("a01", "a02", "a03")}
    assert kept == {"a01": [DAY], "a02": [], "a03": []}
    areas = {d: days_in(store, "district_air_day_without_events", f"{CITY}/{d}") for d in ("D", "E")}
    assert areas == {"D": [DAY], "E": []}
    assert row(store, "district_air_day_without_events", f"{CITY}/D", DAY, "pm10") is None
    # (5 x 580 + 19 x 100) / 24 = 200: (200 + 100 + 100) / 3 = 133.33 with the event
    assert row(store, "city_air_day", CITY, DAY, "pm10", "pm10_count") == (133, 3)
    assert row(store, "city_air_day_without_events", CITY, DAY, "pm10", "pm10_count") == (100, 2)


def test_event_of_a_control_station_touches_no_area(store: SqliteStore, shipped: Config) -> None:
    registered = [station("a01", district="D"), station("c01", district="D", role="control")]
    put_three_days(store, ["a01", "c01"], range(6, 10))
    event = dust(f"{DAY}T06:00", f"{DAY}T10:00", of="c01")
    derivation.derive(world(shipped, registered, events_csv=[event]), store)
    assert days_in(store, "air_day_without_events", "c01") == [DAY]
    assert days_in(store, "district_air_day_without_events", f"{CITY}/D") == []
    assert days_in(store, "city_air_day_without_events", CITY) == []


def test_event_of_a_day_without_readings_makes_no_row_of_the_station(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("a01", DAY, CLEAN), *[r for day in (BEFORE, DAY) for r in day_of("a02", day, CLEAN)])
    event = dust(f"{BEFORE}T06:00", f"{BEFORE}T10:00")
    derivation.derive(world(shipped, stations(2), events_csv=[event]), store)
    assert days_in(store, "air_day_without_events", "a01") == []
    assert days_in(store, "air_day_without_events", "a02") == [BEFORE]


def test_hours_of_an_event_are_in_the_tables_of_hours(store: SqliteStore, shipped: Config) -> None:
    put_three_days(store, ["a01"], range(6, 10))
    derivation.derive(world(shipped, stations(1), events_csv=[dust(f"{DAY}T06:00", f"{DAY}T10:00")]), store)
    assert row(store, "air_hour", "a01", start_of(DAY) + 6 * 3600, "pm10") == 700
    assert row(store, "city_air_hour", CITY, start_of(DAY) + 6 * 3600, "pm10") == 700


def test_events_before_the_rule_was_in_force_are_kept(store: SqliteStore, shipped: Config) -> None:
    # Rules on sand dust from 2017-01-01
    for day in ("2016-12-31", "2017-01-01"):
        put(store, *day_of("a01", day, dusty(range(4), 700.0)))
    rows = [dust("2016-12-31T00:00", "2016-12-31T04:00"), dust("2017-01-01T00:00", "2017-01-01T04:00", name="e2")]
    loaded = world(shipped, stations(1), events_csv=rows)
    derivation.derive(loaded, store)

    means = [figure(loaded, store, "air.annual_mean.pm10", f"city:{CITY}", day) for day in ("2016-12-31", "2017-01-01")]
    assert [(mean.events, mean.value) for mean in means] == [("kept", 200), ("excluded", 100)]
    assert [mean.counterpart.value for mean in means if mean.counterpart] == [100, 200]
    assert "Sand dust 2016" not in means[0].editions


def test_moving_mean_leaves_events_out_in_each_of_its_years(store: SqliteStore, shipped: Config) -> None:
    # Every day of PM10 80 but one of 5000, in 2024 of 366 days: (365 x 80 + 5000) / 366 = 93.44.
    spanned = days("2024-01-01", "2026-12-31")
    values = {day: {"pm10": 5000.0 if day == "2024-03-15" else 80.0} for day in spanned}
    put(store, *[r for day in spanned for r in day_of("a01", day, values[day], hours=range(20))])
    loaded = world(shipped, stations(1), events_csv=[dust("2024-03-15T00:00", "2024-03-16T00:00")])
    derivation.derive(loaded, store)

    of_three = figure(loaded, store, "air.moving_mean.pm10", f"city:{CITY}", "2026")
    assert of_three.counterpart is not None
    assert (of_three.events, of_three.value, of_three.valid) == ("excluded", 80, 3 * 365)
    # (93 + 80 + 80) / 3 = 84.33 of the printed figures
    assert (of_three.counterpart.events, of_three.counterpart.value) == ("kept", 84)
    assert figure(loaded, store, "air.annual_mean.pm10", f"city:{CITY}", "2026").events == "none"
