"""Claims about the writer, on a real ledger: it delivers the ledger's own file, wherever that lies."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from ingestor.store import Arrival, InfluxServer, InfluxStore, UnavailableError, influx, trying, writer
from sensors.reading import Reading
from tests.support import wait_for


class Server:
    """Takes lines while it is up; remembers them, and how often it was asked."""

    url = "http://influxdb:8086"
    database = "qingjing"

    def __init__(self) -> None:
        self.up = True
        self.asked = 0
        self.lines: list[bytes] = []

    def write(self, lines: bytes) -> None:
        self.probe()
        self.lines += lines.splitlines()

    def probe(self) -> None:
        self.asked += 1
        if not self.up:
            raise UnavailableError("store http://influxdb:8086: unavailable", passes=True)

    def close(self) -> None:
        """Have nothing to close."""

    def stations(self) -> list[str]:
        """Of the lines, in their order."""
        return [line.partition(b"station=")[2].partition(b" ")[0].decode() for line in self.lines]


class Watched(InfluxStore):
    """Counts how often it is looked whether the file lies in its place."""

    looked = 0

    def check_in_place(self) -> None:
        self.looked += 1
        super().check_in_place()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(writer, "IDLE_S", 0.01)
    monkeypatch.setattr(writer, "GATHER_S", 0.0)
    monkeypatch.setattr(influx, "SETTLE_S", 0.0)
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(trying, "LONGEST_PAUSE_S", 0.01)


@pytest.fixture
def server() -> Server:
    return Server()


def opened(file: Path, server: Server) -> Watched:
    return Watched(file, cast("InfluxServer", server))


@pytest.fixture
def store(tmp_path: Path, server: Server) -> Iterator[Watched]:
    with closing(opened(tmp_path / "data" / "store.sqlite3", server)) as each:
        each.start()
        yield each


def commit(store: Watched, station: str, hours: int, *, first: int = 0) -> None:
    """Commit a group for each of some hours."""
    for hour in range(first, first + hours):
        store.commit(
            [Arrival("s", "t", 1.0, b"", [Reading("air", station, 3600, 3600 * hour, (("pm25", 1.0, 1),))], [])]
        )


def wait_until_delivered(store: Watched) -> None:
    def delivered() -> bool:
        store.tend()
        return not store.backlog().readings

    wait_for(delivered, what="an empty outbox", timeout_s=10)


def test_groups_of_another_file_in_the_place_of_the_ledgers_are_not_delivered_for_its_own(
    store: Watched, server: Server, tmp_path: Path
) -> None:
    place, other, away = store.file.parent, tmp_path / "other", tmp_path / "away"
    with closing(opened(other / "store.sqlite3", server)) as another:
        commit(another, "other", 5)
    server.up = False
    commit(store, "own", 3)
    wait_for(lambda: server.asked, what="a try", timeout_s=10)
    place.rename(away)
    other.rename(place)
    server.up = True
    enough = store.looked + 5
    wait_for(lambda: server.lines or store.looked >= enough, what="lines, or looks at the file", timeout_s=10)
    assert "got another one" in str(store.backlog().failing)
    place.rename(other)
    away.rename(place)
    wait_until_delivered(store)
    assert server.stations() == ["own"] * 3
    commit(store, "own", 4, first=3)
    wait_until_delivered(store)
    assert server.stations() == ["own"] * 7
    assert store.backlog().failing is None


def test_file_in_a_folder_whose_name_means_something_else_in_a_uri_is_delivered(tmp_path: Path, server: Server) -> None:
    with closing(opened(tmp_path / "data #1?%41" / "store.sqlite3", server)) as store:
        store.start()
        commit(store, "own", 1)
        wait_until_delivered(store)
    assert server.stations() == ["own"]


def test_store_that_is_finished_while_its_file_is_away_waits_for_nothing(tmp_path: Path, server: Server) -> None:
    with closing(opened(tmp_path / "data" / "store.sqlite3", server)) as store:
        commit(store, "own", 1)
        store.file.parent.rename(tmp_path / "away")
        store.start()
        began = time.monotonic()
        store.finish(within_s=5.0)
        assert time.monotonic() - began < 4.0
        assert (server.lines, store.backlog().readings) == ([], 1)
