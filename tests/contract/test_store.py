"""What every store promises, run on every implementation: the ports `Intake` and `Tables`."""

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestor.store import Arrival, SeriesKey, SqliteStore, StoreError
from sensors.reading import Reading, Refusal

KEY = SeriesKey("air", "a1", 3600, "pm25")


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    assert request.param == "sqlite"
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def reading(time: int, value: float | None, *, flag: int = 1, quantity: str = "pm25") -> Reading:
    return Reading("air", "a1", 3600, time, ((quantity, value, flag),))


def arrival(
    *readings: Reading, payload: bytes = b"{}", refusals: list[Refusal] | None = None, at: float = 1.0
) -> Arrival:
    return Arrival("native", "env/v1/air/a1", at, payload, list(readings), refusals or [])


def test_intake_keeps_what_was_committed_when_opened_again(store: SqliteStore) -> None:
    store.commit([arrival(reading(0, 15.1))])
    store.close()
    again = SqliteStore(store.file)
    again.drain()
    assert again.raw(KEY).values.tolist() == [15.1]
    again.close()


def test_intake_gives_raw_values_ascending_in_time(store: SqliteStore) -> None:
    store.commit([arrival(reading(7200, 3.0), reading(0, 1.0)), arrival(reading(3600, 2.0))])
    store.drain()
    series = store.raw(KEY)
    assert (series.times.tolist(), series.values.tolist()) == ([0, 3600, 7200], [1.0, 2.0, 3.0])


def test_intake_writes_the_same_point_once(store: SqliteStore) -> None:
    for _ in range(2):
        store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 1.0))])
        store.drain()
    assert store.stored_values() == 1


@pytest.mark.parametrize("drained_between", [True, False])
def test_intake_lets_the_last_write_win(store: SqliteStore, drained_between: bool) -> None:
    store.commit([arrival(reading(0, 9.0))])
    if drained_between:
        store.drain()
    store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 2.0, flag=4))])
    store.drain()
    series = store.raw(KEY)
    assert (series.values.tolist(), series.flags.tolist()) == ([2.0], [4])


def test_intake_keeps_other_quantities_of_the_same_time(store: SqliteStore) -> None:
    store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 80.0, quantity="o3"))])
    store.drain()
    assert store.series("air") == [SeriesKey("air", "a1", 3600, "o3"), KEY]


def test_intake_keeps_a_missing_value_as_nan_with_its_flag(store: SqliteStore) -> None:
    store.commit([arrival(reading(0, None, flag=9))])
    store.drain()
    series = store.raw(KEY)
    assert math.isnan(series.values[0])
    assert series.flags.tolist() == [9]


def test_intake_keeps_both_the_readings_and_the_refusal_of_one_message(store: SqliteStore) -> None:
    store.commit([arrival(reading(0, 1.0), payload=b"[1]", refusals=[Refusal("naive_time", "[1].time")])])
    store.drain()
    assert store.stored_values() == 1
    assert [q.payload for q in store.quarantined()] == [b"[1]"]


def test_quarantine_keeps_a_message_once_and_counts_its_arrivals(store: SqliteStore) -> None:
    for at in (1.0, 5.0):
        store.commit([arrival(payload=b"\x00\xff", refusals=[Refusal("broken_json", "payload")], at=at)])
    (kept,) = store.quarantined()
    assert (kept.seen, kept.first_at, kept.last_at, kept.payload) == (2, 1.0, 5.0, b"\x00\xff")


def test_quarantine_keeps_the_same_bytes_of_two_topics_apart(store: SqliteStore) -> None:
    refusals = [Refusal("broken_json", "payload")]
    store.commit([Arrival("native", topic, 1.0, b"x", [], refusals) for topic in ("env/v1/air/a1", "env/v1/air/a2")])
    assert store.quarantine_reasons() == {"broken_json": 2}


def test_counts_tell_messages_values_and_quarantined(store: SqliteStore) -> None:
    store.commit([arrival(reading(0, 1.0), reading(3600, 2.0)), arrival(refusals=[Refusal("broken_json", "payload")])])
    assert store.counts() == {"messages": 2, "messages_quarantined": 1, "values": 2}


def test_replace_removes_rows_that_are_derived_no_more(store: SqliteStore) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0, 3600], {"leq": [50.0, 51.0]})
        store.replace("noise_hour", "n2", [0], {"leq": [60.0]})
    with store.replacing():
        store.replace("noise_hour", "n1", [3600], {"leq": [52.0]})
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(3600, 52.0)]
    assert list(store.read("noise_hour", "n2", 0, 9999, ["leq"])) == [(0, 60.0)]


def test_replacing_keeps_nothing_of_a_derivation_that_fails(store: SqliteStore) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
    with pytest.raises(StoreError, match="nothing derived was kept"), store.replacing():
        store.replace("noise_hour", "n1", [0, 0], {"leq": [99.0, 98.0]})
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(0, 50.0)]


def test_keep_only_removes_what_is_not_named(store: SqliteStore) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
        store.replace("noise_hour", "n2", [0], {"leq": [60.0]})
        store.keep_only("noise_hour", {"n2", "n3"})
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == []
    assert list(store.read("noise_hour", "n2", 0, 9999, ["leq"])) == [(0, 60.0)]


def test_read_includes_the_start_and_excludes_the_end(store: SqliteStore) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0, 3600, 7200], {"leq": [1.0, 2.0, 3.0]})
    assert list(store.read("noise_hour", "n1", 0, 7200, ["leq"])) == [(0, 1.0), (3600, 2.0)]


def test_commit_that_fails_keeps_nothing_and_says_so(store: SqliteStore) -> None:
    blocker = sqlite3.connect(store.file, isolation_level=None)
    blocker.execute("DROP TABLE quarantine")
    blocker.close()
    with pytest.raises(StoreError, match=r"2 messages not kept: no such table: quarantine"):
        store.commit([arrival(reading(0, 1.0)), arrival(refusals=[Refusal("broken_json", "payload")])])
    store.drain()
    assert (store.stored_values(), store.counts()) == (0, {})


def test_opening_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match=r"expected a usable SQLite file, got file is not a database"):
        SqliteStore(file)


def test_opening_a_file_of_another_version_says_so(store: SqliteStore) -> None:
    other = sqlite3.connect(store.file)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StoreError, match="expected schema version 1, got 99"):
        SqliteStore(store.file)
