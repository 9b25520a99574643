"""Derived air in both stores: derived twice it is the same, text and all; what an event made goes with the event."""

import random
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestor import derivation
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
