"""Derived air in both stores: derived twice it is the same, text and all; what an event made goes with the event."""

import random
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestor import config, derivation
from ingestor.config import Config
from ingestor.store import InfluxServer, InfluxStore, SqliteStore, Store
from sensors.reading import Reading
from tests.air_world import CITY, contents, day_of, days, days_in, put, row, station, world

STATIONS = [
    station("a1", district="南山区"),
    station("a2", district="南山区", not_monitored=("so2",)),
    station("a3", district="futian-2"),
    station("c1", district="futian-2", role="control"),
]
DUST = "e1,shenzhen,,pm10;pm25,2026-02-28T20:00+08:00,2026-03-01T03:00+08:00,dust,CNEMC,letter 12,2026-04-02"
OF_ONE = "e2,shenzhen,a3,pm10,2026-03-02T00:00+08:00,2026-03-02T02:00+08:00,dust,CNEMC,letter 13,2026-04-02"
SPANNED = days("2026-02-28", "2026-03-02")


def some_readings() -> list[Reading]:
    rng = random.Random(3095)
    found = []
    for each in STATIONS:
        for day in SPANNED:
            values: dict[str, Any] = {
                q: [None if rng.random() < 0.1 else round(rng.random() * top, 3) for _ in range(24)]
                for q, top in {"so2": 100, "no2": 80, "co": 2, "o3": 250, "pm10": 200, "pm25": 90}.items()
                if q not in each.not_monitored
            }
            found += day_of(each.id, day, values)
    return found


READINGS = some_readings()
CLEANEST = day_of("a1", "2026-03-03", {"so2": 5.0, "no2": 5.0, "co": 0.1, "o3": 20.0, "pm10": 5.0, "pm25": 5.0})
"""A day without primary pollutants."""


@pytest.fixture(params=["sqlite", "influxdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store
    if request.param == "sqlite":
        opened = SqliteStore(tmp_path / "store.sqlite3")
    else:
        request.getfixturevalue("influx_url")
        opened = InfluxStore(tmp_path / "store.sqlite3", InfluxServer(f"t{uuid.uuid4().hex}"))
    with closing(opened) as each:
        yield each


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, shipped: Config) -> dict[str, list[tuple[Any, ...]]]:
    """What is derived into a SQLite store, once."""
    with closing(SqliteStore(tmp_path_factory.mktemp("once") / "store.sqlite3")) as once:
        loaded = world(shipped, STATIONS, events_csv=[DUST, OF_ONE])
        put(once, *READINGS, *CLEANEST)
        derivation.derive(loaded, once)
        return contents(once, loaded)


def test_derived_rows_are_the_same_in_every_store_and_when_derived_twice(
    store: Store, shipped: Config, expected: dict[str, list[tuple[Any, ...]]]
) -> None:
    loaded = world(shipped, STATIONS, events_csv=[DUST, OF_ONE])
    put(store, *READINGS, *CLEANEST)
    for _ in range(2):
        derivation.derive(loaded, store)
        assert contents(store, loaded) == expected
    filled = {name.split()[0] for name, rows in expected.items() if rows}
    assert filled == {
        f"{of}air_{what}" for of in ("", "district_", "city_") for what in ("hour", "day", "day_without_events")
    }


def test_text_of_derived_rows_comes_back_as_it_was(store: Store, shipped: Config) -> None:
    put(store, *READINGS, *CLEANEST)
    derivation.derive(world(shipped, STATIONS), store)
    assert row(store, "air_day", "a1", "2026-03-03", "edition", "pm25_exact", "level", "primary") == (
        "HJ 633-2026", "5000000", 1, None,
    )  # fmt: skip
    assert row(store, "district_air_day", f"{CITY}/南山区", "2026-02-28", "edition") == "HJ 633-2012"
    numerator, _, denominator = row(store, "city_air_day", CITY, "2026-03-01", "no2_exact").partition("/")
    assert int(numerator) > 10**6
    assert int(denominator or 1) >= 1
    assert row(store, "city_air_day", CITY, "2026-03-01", "primary") in ("o3", "pm10", "pm25", "no2")


def test_rows_without_an_event_go_when_the_event_is_taken_away(store: Store, shipped: Config) -> None:
    put(store, *READINGS)
    tables = {
        "air_day": ("a1", "a3"),
        "district_air_day": (f"{CITY}/南山区", f"{CITY}/futian-2"),
        "city_air_day": (CITY,),
    }

    def touched() -> dict[str, list[str]]:
        return {key: days_in(store, f"{t}_without_events", key) for t, keys in tables.items() for key in keys}

    first, second, third = SPANNED
    derivation.derive(world(shipped, STATIONS, events_csv=[DUST, OF_ONE]), store)
    assert touched() == {
        "a1": [first, second],
        "a3": [first, second, third],
        f"{CITY}/南山区": [first, second],
        f"{CITY}/futian-2": [first, second, third],
        CITY: [first, second, third],
    }
    derivation.derive(world(shipped, STATIONS, events_csv=[OF_ONE]), store)
    assert touched() == {
        "a1": [], "a3": [third], f"{CITY}/南山区": [], f"{CITY}/futian-2": [third], CITY: [third],
    }  # fmt: skip
    derivation.derive(world(shipped, STATIONS), store)
    assert set(map(tuple, touched().values())) == {()}
    assert days_in(store, "air_day", "a1") == SPANNED


def test_rows_of_a_district_go_when_its_stations_move_to_another(store: Store, shipped: Config) -> None:
    put(store, *day_of("a1", "2026-03-03", {"pm25": 5.0}))
    for district in ("南山区", "福田区"):
        loaded = world(shipped, [station("a1", district=district)])
        derivation.derive(loaded, store)
        found = {d: days_in(store, "district_air_day", f"{CITY}/{d}") for d in ("南山区", "福田区")}
        assert found == {d: ["2026-03-03"] if d == district else [] for d in found}


HEADER = "id,name,name_en,city,district,lon,lat,since,until,area_class,role,not_monitored\n"


def test_what_the_files_of_a_configuration_say_is_what_is_derived(tmp_path: Path, config_copy: Path) -> None:
    def append(name: str, line: str) -> None:
        with (config_copy / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    (config_copy / "stations" / "air.csv").write_text(
        HEADER
        + "a1,一,,shenzhen,南山区,,,2020-01-02,,I,,\n"
        + "a2,二,,shenzhen,南山区,,,,2020-01-04,,assessment,so2;co\n"
        + "c1,三,,shenzhen,南山区,,,,,,control,\n",
        encoding="utf-8",
    )
    append("gas-states.csv", "a1,2020-01-02,,273.15")
    checks_toml = config_copy / "checks.toml"
    checks_toml.write_text(checks_toml.read_text().replace('action = "suspect"\nhours', 'action = "fail"\nhours'))
    standard = config_copy / "standards" / "hj663-2013.toml"
    text = standard.read_text().replace(
        'city_day_from = "exact_station_days"', 'city_day_from = "rounded_station_days"'
    )
    standard.write_text(text)
    wave, no2 = ([base + hour % 2 / 1000 for hour in range(24)] for base in (30.4, 100.0))

    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        for name in ("a1", "a2", "c1"):
            for day in days("2020-01-01", "2020-01-04"):
                stuck = name == "a1" and day == "2020-01-03"
                put(store, *day_of(name, day, {"no2": no2, "pm25": 30.4 if stuck else wave}))
        loaded = config.load(config_copy)
        derivation.derive(loaded, store)
        assert not derivation.is_stale(loaded, store)

        # a1 from the 2nd, converted: 91.6; stuck on the 3rd. a2 until the 3rd. c1 only as a station.
        spanned = days("2020-01-01", "2020-01-04")
        assert [row(store, "air_day", "a1", day, "no2", "pm25") for day in spanned] == [
            (None, None), (92, 30), (92, None), (92, 30),
        ]  # fmt: skip
        assert [row(store, "air_day", "a2", day, "no2", "pm25") for day in spanned] == [
            (100, 30), (100, 30), (100, 30), (None, None),
        ]  # fmt: skip
        # (92 + 100) / 2 of rounded days
        key = f"{CITY}/南山区"
        assert [row(store, "district_air_day", key, day, "no2_exact", "no2_count") for day in spanned] == [
            ("100000000", 1), ("96000000", 2), ("96000000", 2), ("92000000", 1),
        ]  # fmt: skip

        append("events.csv", DUST.replace("2026-02-28", "2020-01-02").replace("2026-03-01", "2020-01-03"))
        changed = config.load(config_copy)
        assert derivation.is_stale(changed, store)
        derivation.derive(changed, store)
        assert days_in(store, "city_air_day_without_events", CITY) == ["2020-01-02", "2020-01-03"]
