"""Derivation little by little: whatever arrives in whatever order, it ends in what deriving from scratch gives.

`QINGJING_PROPERTY_EXAMPLES` sets how many cases are tried.
"""

import contextlib
import datetime as dt
import os
import shutil
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregations import periods
from ingestor import auditing, config, derivation
from ingestor.config import Config
from ingestor.derivation import stale
from ingestor.derivation.units import tables_of
from ingestor.schema import TABLES
from ingestor.store import EVER, Arrival, InfluxServer, InfluxStore, SqliteStore, Store
from ingestor.store.reviewed import Locked, UnknownReviewError
from sensors.quantities import MEDIA, Medium
from sensors.reading import Reading
from sensors.reviews import ACTIONS, READINGS, Review
from tests.support import ROOT

HOUR = 3600
MIDNIGHT = int(dt.datetime.fromisoformat("2020-02-20T00:00:00+08:00").timestamp())
"""The days below are counted from here, over a leap day."""


@pytest.fixture(scope="module")
def reaching(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A configuration in which a reading reaches as far as it can: checks take hours out, nights have two dates."""
    folder = Path(shutil.copytree(ROOT / "config", tmp_path_factory.mktemp("reaching") / "config"))
    checks = folder / "checks.toml"
    checks.write_text(checks.read_text(encoding="utf-8").replace('action = "suspect"', 'action = "fail"'), "utf-8")
    stations = folder / "stations" / "air.csv"
    lines = stations.read_text(encoding="utf-8").splitlines(keepends=True)
    places = {"sz-a01": "南山区", "sz-a02": "福田区", "sz-a03": "南山区", "sz-a04": ""}
    kept = [line.replace(",shenzhen,,", f",shenzhen,{places[line[:6]]},") for line in lines if line[:6] in places]
    kept[-1] = kept[-1].replace(",shenzhen,", ",beijing,")
    stations.write_text("".join([*lines[:2], *kept]), encoding="utf-8")
    for plan in folder.glob("plans/*.toml"):  # they name stations that are gone
        plan.unlink()
    (edition,) = folder.glob("standards/noise-automatic-2024*.toml")
    text = edition.read_text(encoding="utf-8")
    assert 'statistical_day = "calendar"' in text
    edition.write_text(text.replace('statistical_day = "calendar"', 'statistical_day = "night_starting"'), "utf-8")
    return config.load(folder)


def contents(store: Store, loaded: Config) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived, by table and key."""
    areas = {f"{s.city}/{s.district}" for s in loaded.register.of("air") if s.district}
    keys = [s.id for s in loaded.register.stations] + [c.id for c in loaded.settings.city] + sorted(areas)
    return {
        f"{name} {key}": rows
        for name, table in TABLES.items()
        for key in keys
        if (rows := list(store.read(name, key, *EVER, list(table.columns))))
    }


days = st.one_of(st.integers(0, 9), st.integers(60, 69))
air_values = st.sampled_from([0.0, 10.0, 10.0, 10.0, 35.5, 900.0, -1.0])
flags = st.sampled_from([1, 1, 1, 4, 9])


@st.composite
def hours_of_air(draw: st.DrawFn) -> list[Reading]:
    """Hours of a station in a row, often equal ones, so that a check finds them stuck."""
    stations = draw(st.lists(st.sampled_from(["sz-a01", "sz-a02", "sz-a03", "sz-a04"]), min_size=1, unique=True))
    first = MIDNIGHT + draw(days) * 24 * HOUR + draw(st.integers(0, 23)) * HOUR
    value, flag = draw(air_values), draw(flags)
    return [
        Reading("air", station, HOUR, first + i * HOUR, (("pm25", value, flag), ("o3", value + i % 3, 1)))
        for i in range(draw(st.integers(1, 50)))
        for station in stations
    ]


@st.composite
def samples_of_water(draw: st.DrawFn) -> list[Reading]:
    first = MIDNIGHT + draw(days) * 24 * HOUR + draw(st.integers(0, 5)) * 4 * HOUR
    value = draw(st.sampled_from([0.1, 0.11, 100.0]))
    period = draw(st.sampled_from([0, 4 * HOUR]))
    return [Reading("water", "sz-w01", period, first + i * 4 * HOUR, (("tp", value, 1), ("ph", 7.0, 1)))
            for i in range(draw(st.integers(1, 12)))]  # fmt: skip


@st.composite
def levels_of_noise(draw: st.DrawFn) -> list[Reading]:
    first = MIDNIGHT + draw(days) * 24 * HOUR + draw(st.integers(0, 23)) * HOUR
    value = draw(st.sampled_from([40.0, 55.5, 71.0]))
    rain = draw(st.booleans())
    rows = [Reading("noise", "sz-n01", HOUR, first + i * HOUR, (("leq", value, 1), ("lmax", value + 9, 1)))
            for i in range(draw(st.integers(1, 30)))]  # fmt: skip
    if rain:
        rows.append(Reading("noise", "sz-n01", HOUR, first - HOUR // 2, (("rain", 1.0, 1),)))
    return rows


QUANTITIES = {"air": ["pm25", "o3"], "water": ["tp", "ph"], "noise": ["leq", "lmax", "rain"]}


@st.composite
def reviewed(draw: st.DrawFn) -> Review:
    """A review of some hours or days of a station, or of half an hour; it may be of days without readings."""
    station = draw(st.sampled_from(["sz-a01", "sz-a02", "sz-a03", "sz-w01", "sz-n01"]))
    medium: Medium = {"a": "air", "w": "water", "n": "noise"}[station[3]]  # type: ignore[assignment]
    first = MIDNIGHT + draw(days) * 24 * HOUR + draw(st.integers(0, 47)) * HOUR // 2
    return Review(
        medium=medium,
        station=station,
        quantities=(draw(st.sampled_from(["all", *QUANTITIES[medium]])),),
        from_s=first,
        until_s=first + draw(st.integers(1, 120)) * HOUR // 2,
        action=draw(st.sampled_from(ACTIONS)),
        reason="checked",
        by="li",
        readings=draw(st.sampled_from(READINGS)),
    )


steps = st.lists(
    st.one_of(
        hours_of_air(), hours_of_air(), samples_of_water(), levels_of_noise(), st.just("derive"),
        reviewed(), reviewed(), st.integers(1, 4).map(lambda n: ("undo", n)),
    ),
    min_size=2, max_size=16,
)  # fmt: skip


def take(store: Store, step: Any) -> None:
    """Readings, a review, or the undoing of one, which may not be there or be undone already."""
    if isinstance(step, Review):
        store.add_reviews([step])
    elif isinstance(step, tuple):
        with contextlib.suppress(UnknownReviewError):
            store.undo_review(step[1], reason="a mistake", by="wang")
    else:
        put(store, step)


def put(store: Store, readings: list[Reading]) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", [reading], []) for reading in readings])
    store.drain()


@settings(
    max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps, chunk=st.sampled_from([5, 40, 12_000]))
def test_deriving_little_by_little_ends_in_what_deriving_from_scratch_gives(
    steps: list[Any], chunk: int, reaching: Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("increments")
    with closing(SqliteStore(folder / "a.sqlite3")) as little, closing(SqliteStore(folder / "b.sqlite3")) as scratch:
        end_alike(steps, chunk, reaching, little, scratch)
    shutil.rmtree(folder)


@pytest.mark.usefixtures("influx_url")
@settings(
    max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "4")),
    derandomize="QINGJING_PROPERTY_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps, chunk=st.sampled_from([5, 40, 12_000]))
def test_deriving_little_by_little_on_influxdb_ends_in_what_deriving_from_scratch_on_sqlite_gives(
    steps: list[Any], chunk: int, reaching: Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("increments")
    server = InfluxServer(f"t{uuid.uuid4().hex}")
    with closing(InfluxStore(folder / "a.sqlite3", server)) as little, closing(SqliteStore(folder / "b.sqlite3")) as b:
        end_alike(steps, chunk, reaching, little, b)
        server.command(f'DROP DATABASE "{server.database}"')
    shutil.rmtree(folder)


def end_alike(steps: list[Any], chunk: int, reaching: Config, little: Store, scratch: Store) -> None:
    """Take steps in one store, deriving between them, and in another that derives at the end: both have the same."""
    with pytest.MonkeyPatch.context() as patched:
        for step in steps:
            if step == "derive":
                derivation.derive(reaching, little)
            else:
                take(little, step)
                take(scratch, step)
        derivation.derive(reaching, little)
        assert not derivation.is_stale(reaching, little)
        patched.setattr(stale, "CHUNK_STATION_DAYS", dict.fromkeys(stale.CHUNK_STATION_DAYS, chunk))
        patched.setattr(stale, "CHUNK_MIN_DAYS", min(5, chunk))
        derivation.derive(reaching, scratch)
        assert contents(little, reaching) == contents(scratch, reaching)


MONTHS = ["2020-02", "2020-03", "2020-04", "2020-05"]
locking = st.tuples(st.sampled_from(["lock", "lock", "unlock"]), st.sampled_from(MONTHS), st.sampled_from(MEDIA))


def rows_of(store: SqliteStore, loaded: Config, month: str, medium: Medium) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived of a month of a medium."""
    period = periods.parse(month)
    start, end = loaded.start_of(period.first), loaded.start_of(period.last) + 24 * HOUR
    every = contents(store, loaded)
    return {
        name: [row for row in rows if start <= row[0] < end]
        for name, rows in every.items()
        if name.split()[0] in tables_of(medium)
    }


@settings(
    max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.one_of(steps.map(tuple), locking), min_size=2, max_size=8))
def test_locked_months_keep_their_rows_and_unlocked_ones_end_in_what_deriving_from_scratch_gives(
    steps: list[Any], reaching: Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("locks")
    kept: dict[tuple[str, Medium], Any] = {}
    with (
        closing(SqliteStore(folder / "a.sqlite3")) as little,
        closing(SqliteStore(folder / "b.sqlite3")) as scratch,
    ):

        def derive(*, everything: bool = False) -> None:
            derivation.derive(reaching, little, everything=everything)
            assert not derivation.is_stale(reaching, little)
            for (month, medium), rows in kept.items():
                now = rows_of(little, reaching, month, medium)
                assert {name: found for name, found in now.items() if found} == rows

        def lock(month: str, medium: Medium, *, locked: bool) -> None:
            entries = [
                Locked(month=month, medium=medium, city=city.id, locked=locked, reason="r", by="li")
                for city in reaching.settings.city
            ]
            if locked:
                derive()
                little.lock(entries)
                found = rows_of(little, reaching, month, medium)
                kept[month, medium] = {name: rows for name, rows in found.items() if rows}
            else:
                auditing.unlock(reaching, little, entries)
                kept.pop((month, medium), None)

        for step in steps:
            if step[0] in ("lock", "unlock") and len(step) == 3:
                lock(step[1], step[2], locked=step[0] == "lock")
                continue
            for inner in step:
                if inner == "derive":
                    derive(everything=len(step) % 2 == 0)
                else:
                    take(little, inner)
                    take(scratch, inner)
        derive()
        for month, medium in list(kept):
            lock(month, medium, locked=False)
        derive()
        assert derivation.pending(reaching, little) == []
        assert little.waiting() == []
        derivation.derive(reaching, scratch)
        assert contents(little, reaching) == contents(scratch, reaching)
    shutil.rmtree(folder)
