"""Claims about stations that are silent or late now."""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingestor.config import Config
from ingestor.jobs.ledger import JobLedger
from ingestor.silence import NEVER, Silence, is_silent, modal_step
from ingestor.store import Arrival, SqliteStore
from ingestor.store.runs import StationState
from sensors.reading import Reading
from tests.air_world import HOUR, station, world
from tests.jobs_world import FakeClock, moment

NOON = "2026-03-02T12:00"


class Watched:
    """Stations a01 and a02, a store, and a clock at noon."""

    def __init__(self, shipped: Config, file: Path, store: SqliteStore, ledger: JobLedger, clock: FakeClock) -> None:
        self.config = world(shipped, [station("a01"), station("a02")])
        self.file, self.store, self.ledger, self.clock = file, store, ledger, clock
        self.silence = Silence()

    def send(self, name: str, *hours: int, arrived: float | None = None) -> None:
        """Store readings of the hours that began so many hours before noon."""
        readings = [Reading("air", name, HOUR, int(moment(NOON)) - h * HOUR, (("pm25", 9.0, 1),)) for h in hours]
        self.store.commit([Arrival("native", "t", 0.0, b"", readings, [])])
        self.store.drain()
        at = self.clock.now() if arrived is None else arrived
        self.store._db.execute("UPDATE arrival SET at = ? WHERE station = ?", (at, name))  # noqa: SLF001

    def states(self) -> list[tuple[str, str]]:
        self.silence.look(self.config, self.store, self.ledger, alive=lambda: None)
        return [(each.station, each.state) for each in self.ledger.station_states()]


@pytest.fixture
def watched(shipped: Config, tmp_path: Path) -> Iterator[Watched]:
    file, clock = tmp_path / "store.sqlite3", FakeClock(NOON)
    with closing(SqliteStore(file)) as store, closing(JobLedger(file, clock=clock)) as ledger:
        yield Watched(shipped, file, store, ledger, clock)


def test_station_that_never_sent_is_silent_since_ever(watched: Watched) -> None:
    watched.send("a01", 3, 2, 1)
    assert watched.states() == [("a02", "silent")]
    assert watched.ledger.station_states() == [StationState("air", "a02", "silent", NEVER)]


@pytest.mark.parametrize(("later_s", "silent"), [(3 * HOUR, False), (3 * HOUR + 1, True)])
def test_station_is_silent_after_three_of_its_own_intervals(watched: Watched, later_s: int, silent: bool) -> None:
    watched.send("a01", 3, 2, 1)
    watched.send("a02", 3, 2, 1)
    watched.clock.pass_by(later_s)
    assert watched.states() == ([("a01", "silent"), ("a02", "silent")] if silent else [])


def test_station_is_late_where_its_last_reading_came_long_after_its_end(watched: Watched) -> None:
    watched.send("a01", 3, 2, 1)
    watched.send("a02", 4, 3, 2, arrived=moment("2026-03-02T13:00:01"))  # the hour that ended at 11
    assert watched.states() == [("a02", "late")]


def test_station_outside_its_days_is_neither(watched: Watched, shipped: Config) -> None:
    watched.config = world(shipped, [station("a01", until=dt.date(2026, 3, 2))])
    assert watched.states() == []


def test_change_of_a_station_is_told_once_and_its_return_too(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.send("a01", 3, 2, 1)
    watched.send("a02", 3, 2, 1)
    watched.clock.pass_by(5 * HOUR)
    watched.send("a01", -2, -3, -4)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            watched.states()
        assert [r.message for r in caplog.records] == ["station air a02: silent"]
        watched.send("a02", -2, -3, -4)
        watched.states()
    assert caplog.records[-1].message == "station air a02: sends again in time"


def test_station_that_goes_on_being_late_is_late_since_the_first_time(watched: Watched) -> None:
    for name in ("a01", "a02"):
        watched.send(name, 3, 2, 1, arrived=watched.clock.now() + 3 * HOUR)
    watched.states()
    first = [each.since for each in watched.ledger.station_states()]
    watched.clock.pass_by(60)
    watched.states()
    assert [each.since for each in watched.ledger.station_states()] == first


@pytest.mark.parametrize(
    ("times", "step"),
    [([], None), ([0], None), ([0, 60], 60), ([0, 60, 120, 3600], 60), ([0, 60, 180], 60), ([0, 300, 600, 601], 300)],
)
def test_interval_is_the_commonest_step(times: list[int], step: int | None) -> None:
    assert modal_step(np.array(times, dtype=np.int64)) == step


def test_silence_begins_only_after_the_last_interval_missed() -> None:
    assert [is_silent(0, 60, now, after=3) for now in (240, 240.5)] == [False, True]
