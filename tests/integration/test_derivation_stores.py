"""Derivation on both stores where it is cut off, and on one InfluxDB that two ledgers share."""

import datetime as dt
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestor import derivation
from ingestor.config import Config
from ingestor.jobs.ledger import LostError
from ingestor.schema import TABLES
from ingestor.store import InfluxServer, InfluxStore, SqliteStore, Store
from ingestor.store.reviewed import Locked
from tests.air_world import put
from tests.integration.test_derivation import HOUR, ITEMS, air, start_of, whole_day

KEYS = ("sz-a01", "sz-a02", "shenzhen")


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived of air."""
    return {
        f"{name} {key}": list(store.read(name, key, start_of("2020-01-01"), start_of("2021-01-01"), [*table.columns]))
        for name, table in TABLES.items()
        if "air" in name
        for key in KEYS
    }


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


def test_derivation_that_dies_between_two_batches_of_a_unit_is_completed_by_the_next(
    store: Store, shipped: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = [r for id_ in KEYS[:2] for day in ("2020-06-01", "2020-06-02") for r in whole_day(id_, day, ITEMS)]
    late = air("sz-a01", start_of("2020-06-01") + 5 * HOUR, {"pm25": 99.0})
    with closing(SqliteStore(tmp_path / "whole.sqlite3")) as whole:
        put(whole, *readings, late)
        derivation.derive(shipped, whole)
        expected = contents(whole)
    monkeypatch.setattr(derivation.steps, "ROWS_A_TRANSACTION", 1)
    put(store, *readings)
    calls: list[None] = []
    derivation.derive(shipped, store, between=lambda: calls.append(None))
    assert len(calls) > 4
    put(store, late)
    for batch in range(1, 4):
        left = iter(range(batch))

        def dies_at_the_last(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            derivation.derive(shipped, store, between=dies_at_the_last)
        assert derivation.is_stale(shipped, store)
    derivation.derive(shipped, store)
    assert not derivation.is_stale(shipped, store)
    assert contents(store) == expected


def test_derivation_whose_lane_is_lost_while_it_waits_to_write_sets_no_mark(store: Store, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-06-01", ITEMS))
    lost = threading.Event()

    def alive() -> None:
        if lost.is_set():
            raise LostError("jobs: lane 'derivation' is not ours any more")

    with closing(sqlite3.connect(store.file, isolation_level=None, check_same_thread=False)) as other:

        def end() -> None:
            lost.set()
            other.execute("ROLLBACK")

        def between() -> None:
            alive()
            if not other.in_transaction:
                other.execute("BEGIN IMMEDIATE")
                threading.Timer(0.2, end).start()

        store.guard(alive)
        with pytest.raises(LostError):
            derivation.derive(shipped, store, between=between)
    assert store.derived_units() == {}
    if isinstance(store, SqliteStore):  # on a server rows may have been there before
        assert not any(contents(store).values())


@pytest.mark.usefixtures("influx_url")
def test_days_since_a_day_take_in_what_another_ledger_wrote_into_the_same_influxdb(
    shipped: Config, tmp_path: Path
) -> None:
    database = f"t{uuid.uuid4().hex}"
    with (
        closing(InfluxStore(tmp_path / "a.sqlite3", InfluxServer(database))) as ours,
        closing(InfluxStore(tmp_path / "b.sqlite3", InfluxServer(database))) as other,
        closing(SqliteStore(tmp_path / "c.sqlite3")) as alone,
    ):
        first, second = whole_day("sz-a01", "2020-06-01", ITEMS), whole_day("sz-a02", "2020-06-02", ITEMS)
        put(ours, *first)
        derivation.derive(shipped, ours)
        put(other, *second)  # a station that ours has never seen
        assert not derivation.is_stale(shipped, ours)
        ours.make_stale(derivation.days_held(shipped, ours, dt.date(2020, 6, 2)))
        derivation.derive(shipped, ours)
        put(alone, *first, *second)
        derivation.derive(shipped, alone)
        assert contents(ours) == contents(alone)
        ours.lock([Locked(month="2020-06", medium="air", city="shenzhen", locked=True, reason="audited", by="Li Lei")])
        assert list(derivation.days_held(shipped, ours, dt.date(2020, 1, 1))) == []
