"""What displays show: a small simulated city, January of two years, as the job writes it to the store."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingestor import config, derivation, evaluation
from ingestor.config import Config
from ingestor.displays import STATUSES, Displays
from ingestor.schema import DISPLAYS
from ingestor.store import SqliteStore, store_file
from ingestor.store.reviewed import Locked
from ingestor.store.runs import StationState
from sensors.register import Register
from tests import bulletin_world
from tests.bulletin_world import CITY, DAY_S, HOUR_S, PLAN

FIRST, LAST = "2020-01-01", "2020-02-10"
NOW = int(dt.datetime.fromisoformat("2020-02-11T00:00:00+08:00").timestamp())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("displays") / "config"
    return config.load(bulletin_world.configuration(folder, air=2, water=2, noise=2))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, loaded: Config) -> Iterator[SqliteStore]:
    """A store with readings up to midnight of 11 February, derived; what displays show is written."""
    with closing(SqliteStore(store_file(tmp_path_factory.mktemp("data")))) as opened:
        bulletin_world.fill(opened, loaded.register, FIRST, LAST)
        derivation.derive(loaded, opened)
        silent = [StationState("noise", "c-n002", "silent", 0.0)]
        assert Displays().write(loaded, opened, NOW, states=silent).startswith("6 stations, ")
        yield opened


@pytest.fixture
def own(tmp_path: Path, store: SqliteStore) -> Iterator[SqliteStore]:
    """A copy of the store that a test may change."""
    with closing(sqlite3.connect(store.file)) as source, closing(sqlite3.connect(store_file(tmp_path))) as copy:
        source.backup(copy)
    with closing(SqliteStore(store_file(tmp_path))) as opened:
        yield opened


def rows(store: SqliteStore, table: str, key: str) -> list[dict[str, Any]]:
    names = list(DISPLAYS[table].columns)
    return [
        dict(zip(("time", *names), row, strict=True)) for row in store.read(table, key, -(2**40), 2**40, names)
    ]  # fmt: skip


def test_targets_are_those_of_the_command_on_the_last_day(store: SqliteStore, loaded: Config) -> None:
    verdicts = evaluation.evaluate(loaded, store, loaded.plans[PLAN], dt.date(2020, 2, 10))
    assert len(verdicts) == 5
    for verdict in verdicts:
        row = rows(store, "target", f"{PLAN}/{verdict.target.id}")[-1]
        assert row["time"] == NOW - DAY_S
        assert row["value"] == (None if verdict.figure is None else float(verdict.figure.value or 0))
        status = "reported" if verdict.rule == "not_reported" else verdict.status
        assert STATUSES[row["status"]] == status
        assert row["data_at"] == 1000 * (NOW - HOUR_S)


def test_targets_have_a_history_from_the_first_month(store: SqliteStore) -> None:
    january, now = rows(store, "target", f"{PLAN}/pm25")
    assert january["time"] == int(dt.datetime.fromisoformat("2020-01-31T00:00:00+08:00").timestamp())
    assert january["value"] is not None
    assert january["data_at"] is None
    assert now["asked"] == "<= 25 ug/m3"


def test_targets_of_a_year_that_is_over_are_as_old_as_its_end(loaded: Config, own: SqliteStore) -> None:
    plan = msgspec.structs.replace(loaded.plans[PLAN], id="city-2019", year=2019)
    Displays().write(msgspec.structs.replace(loaded, plans={plan.id: plan}), own, NOW)
    row = rows(own, "target", "city-2019/pm25")[-1]
    end = int(dt.datetime.fromisoformat("2020-01-01T00:00:00+08:00").timestamp())
    assert (row["time"], row["data_at"]) == (end - DAY_S, 1000 * end)


def test_figures_of_the_year_are_those_of_the_command(store: SqliteStore, loaded: Config) -> None:
    period = evaluation.Period(dt.date(2020, 1, 1), dt.date(2020, 2, 10))
    figure = evaluation.compute(loaded, store, "air.good_day_ratio", f"city:{CITY}", period)
    (row,) = rows(store, "indicator", f"{CITY}/air.good_day_ratio")
    assert (row["value"], row["valid"], row["name"]) == (float(figure.value or 0), figure.valid, "优良天数比例")


def test_figures_and_targets_are_audited_where_their_months_are_locked(loaded: Config, own: SqliteStore) -> None:
    def audited() -> list[int]:
        shown = (
            ("indicator", f"{CITY}/air.good_day_ratio"),
            ("target", f"{PLAN}/pm25"),
            ("target", f"{PLAN}/night-noise"),
        )
        return [rows(own, *each)[-1]["audited"] for each in shown]

    assert audited() == [0, 0, 0]
    own.lock(
        [
            Locked(month=month, medium="air", city=CITY, locked=True, reason="audited", by="li")
            for month in ("2020-01", "2020-02")
        ]
    )
    Displays().write(loaded, own, NOW)
    assert audited() == [1, 1, 0]


def test_stations_show_their_last_reading_and_who_is_silent(store: SqliteStore) -> None:
    (air,), (noise,) = rows(store, "station", "air/c-a001"), rows(store, "station", "noise/c-n002")
    last_hour = dict(store.read("air_hour", "c-a001", NOW - HOUR_S, NOW, ["aqi"]))
    assert air["aqi"] == last_hour[NOW - HOUR_S]
    assert air["level"] == 1 + (air["aqi"] > 50)
    assert (air["state"], noise["state"]) == (0, 1)
    assert noise["leq"] == pytest.approx(
        dict(store.read("noise_hour", "c-n002", NOW - DAY_S, NOW, ["leq"]))[NOW - HOUR_S]
    )


def test_sections_have_a_class_a_month(store: SqliteStore) -> None:
    found = rows(store, "section_month", "c-w001")
    assert [row["attains"] for row in found] == [int(row["class"] <= row["target"]) for row in found]
    assert [1 <= row["class"] <= 6 for row in found] == [True, True]


def test_nothing_is_written_again_before_anything_changes(loaded: Config, own: SqliteStore) -> None:
    shown = Displays()
    shown.write(loaded, own, NOW)
    assert shown.write(loaded, own, NOW) == "0 stations"
    bulletin_world.fill(own, Register(list(loaded.register.stations)[:1]), "2020-02-11", "2020-02-11")
    derivation.derive(loaded, own)
    assert shown.write(loaded, own, NOW + HOUR_S + 1).startswith("1 stations, ")


def test_a_station_that_is_registered_no_more_is_shown_no_more(loaded: Config, own: SqliteStore) -> None:
    kept = [each for each in loaded.register.stations if each.id != "c-a002"]
    fewer = msgspec.structs.replace(loaded, register=Register(kept))
    Displays().write(fewer, own, NOW)
    assert rows(own, "station", "air/c-a002") == []
    assert len(rows(own, "station", "air/c-a001")) == 1


def test_an_empty_store_gives_no_rows(tmp_path: Path, loaded: Config) -> None:
    with closing(SqliteStore(store_file(tmp_path))) as empty:
        assert Displays().write(loaded, empty, NOW) == "0 stations, 0 figures and targets"
