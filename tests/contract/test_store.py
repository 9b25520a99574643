"""What every store promises, run on every implementation: the ports `Intake` and `Tables`."""

import math
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations.targets import Report
from ingestor.config import Config
from ingestor.jobs.ledger import JobLedger
from ingestor.notices.ledger import NoticeLedger
from ingestor.schema import HEALTH, TABLES, Table
from ingestor.store import (
    EVER,
    Arrival,
    Backlog,
    InfluxServer,
    InfluxStore,
    Needed,
    SeriesKey,
    SqliteStore,
    Store,
    StoreError,
    influx_tables,
    open_store,
    store_file,
)
from ingestor.store.arrivals import Derived, Due, StationDay
from ingestor.store.ports import Block
from ingestor.store.reported import UnknownReportError
from ingestor.store.reviewed import Locked, UnknownReviewError
from sensors import flags
from sensors.reading import DAY_S, Reading, Refusal
from sensors.reviews import Review

KEY = SeriesKey("air", "a1", 3600, "pm25")


def opened(kind: str, file: Path, database: str) -> Store:
    return SqliteStore(file) if kind == "sqlite" else InfluxStore(file, InfluxServer(database))


@pytest.fixture(params=["sqlite", "influxdb"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "influxdb":
        request.getfixturevalue("influx_url")
    return str(request.param)


@pytest.fixture
def database() -> str:
    return f"t{uuid.uuid4().hex}"


@pytest.fixture
def store(kind: str, tmp_path: Path, database: str) -> Iterator[Store]:
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as each:
        yield each


Query = Callable[[str, str], list[dict[str, str]]]


@pytest.fixture
def influx_query(kind: str) -> Query:
    """Rows of an InfluxQL statement, of the server under test."""
    if kind == "sqlite":
        return lambda *_: []
    return lambda statement, database: list(InfluxServer(database).query(statement))


def reading(at: int, value: float | None, *, flag: int = 1, quantity: str = "pm25") -> Reading:
    return Reading("air", "a1", 3600, at, ((quantity, value, flag),))


def arrival(
    *readings: Reading, payload: bytes = b"{}", refusals: list[Refusal] | None = None, at: float = 1.0
) -> Arrival:
    return Arrival("native", "env/v1/air/a1", at, payload, list(readings), refusals or [])


def test_intake_keeps_what_was_committed_when_opened_again(kind: str, tmp_path: Path, database: str) -> None:
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        store.commit([arrival(reading(0, 15.1))])
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as again:
        assert again.backlog().readings == 1
        again.drain()
        assert again.raw(KEY).values.tolist() == [15.1]


def test_intake_keeps_nothing_in_a_file_that_was_moved_away_until_it_is_back(
    kind: str, tmp_path: Path, database: str
) -> None:
    file, elsewhere = tmp_path / "data" / "store.sqlite3", tmp_path / "gone"
    with closing(opened(kind, file, database)) as store:
        store.commit([arrival(reading(0, 1.0))])
        file.parent.rename(elsewhere)
        for act in (lambda: store.commit([arrival(reading(3600, 2.0))]), store.tend):
            with pytest.raises(StoreError, match="expected the file that was opened, got none"):
                act()
        assert "got none" in str(store.backlog().failing)
        assert not file.parent.exists()
        with closing(opened(kind, file, database)) as other:
            assert "got another one" in str(store.backlog().failing)
            with pytest.raises(StoreError, match="expected the file that was opened, got another one"):
                store.commit([arrival(reading(3600, 2.0))])
            assert other.counts() == {}
        shutil.rmtree(file.parent)
        elsewhere.rename(file.parent)
        assert store.backlog().failing is None
        store.commit([arrival(reading(3600, 3.0))])
        assert store.counts()["messages"] == 2


def test_store_that_is_not_to_be_made_is_not_made(kind: str, tmp_path: Path, database: str, shipped: Config) -> None:
    settings = msgspec.structs.replace(
        shipped.settings.store, kind="sqlite" if kind == "sqlite" else "influxdb", database=database
    )
    for attempt in (
        lambda: open_store(settings, tmp_path / "data"),
        lambda: JobLedger(store_file(tmp_path / "data")),
        lambda: NoticeLedger(store_file(tmp_path / "data")),
    ):
        with pytest.raises(StoreError, match="expected a store, got none; `qingjing run` makes it"):
            attempt()
    assert not (tmp_path / "data").exists()
    open_store(settings, tmp_path / "data", create=True).close()
    open_store(settings, tmp_path / "data").close()


def test_intake_keeps_the_last_needed_message_of_each_topic_in_order_and_over_a_restart(
    kind: str, tmp_path: Path, database: str
) -> None:
    def born(topic: str, payload: bytes, *, needed: bool = True) -> Arrival:
        return Arrival("s", topic, 1.0, payload, [], [Refusal("no_data", "payload")], needed_later=needed)

    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        store.commit([born("t/1", b"first"), born("t/2", b"second"), born("t/3", b"data", needed=False)])
        store.commit([born("t/1", b"third")])
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as again:
        assert again.needed() == [Needed("t/2", b"second", 1.0), Needed("t/1", b"third", 1.0)]


def test_intake_gives_raw_values_ascending_in_time(store: Store) -> None:
    store.commit([arrival(reading(7200, 3.0), reading(0, 1.0)), arrival(reading(3600, 2.0))])
    store.drain()
    series = store.raw(KEY)
    assert (series.times.tolist(), series.values.tolist()) == ([0, 3600, 7200], [1.0, 2.0, 3.0])


def test_intake_writes_the_same_point_once(store: Store) -> None:
    for _ in range(2):
        store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 1.0))])
        store.drain()
    assert store.stored_values() == 1


@pytest.mark.parametrize("drained_between", [True, False])
def test_intake_lets_the_last_write_win(store: Store, drained_between: bool) -> None:
    store.commit([arrival(reading(0, 9.0))])
    if drained_between:
        store.drain()
    store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 2.0, flag=4))])
    store.drain()
    series = store.raw(KEY)
    assert (series.values.tolist(), series.flags.tolist()) == ([2.0], [4])


def test_intake_keeps_other_quantities_of_the_same_time(store: Store) -> None:
    store.commit([arrival(reading(0, 1.0)), arrival(reading(0, 80.0, quantity="o3"))])
    store.drain()
    assert store.series("air") == [SeriesKey("air", "a1", 3600, "o3"), KEY]


def test_intake_keeps_a_missing_value_as_nan_with_its_flag(store: Store) -> None:
    store.commit([arrival(reading(0, None, flag=9))])
    store.drain()
    series = store.raw(KEY)
    assert math.isnan(series.values[0])
    assert series.flags.tolist() == [9]


def test_received_tells_times_and_the_values_that_are_not_plainly_good(store: Store) -> None:
    cases = [(15.1, 1), (0.0, 1), (500.0, 1), (500.0000000000001, 1), (-5e-324, 1), (0.1, 3), (0.3, 4), (None, 9)]
    for i, (value, flag) in enumerate(cases):
        store.commit([arrival(reading(3600 * i, value, flag=flag))])
    store.drain()
    found = store.received_of("air", ["a1", "a2"], 0, 3600 * len(cases), {"pm25": (0.0, 500.0)})
    assert list(found) == [KEY]
    assert found[KEY].times.tolist() == [3600 * i for i in range(len(cases))]
    doubtful = found[KEY].doubtful
    assert (doubtful.times // 3600).tolist() == [3, 4, 5, 6, 7]
    assert doubtful.values[:4].tolist() == [500.0000000000001, -5e-324, 0.1, 0.3]
    assert math.isnan(doubtful.values[4])
    assert doubtful.flags.tolist() == [1, 1, 3, 4, 9]
    assert store.received_of("air", ["a1"], 3600 * len(cases), 10**6, {"pm25": (0.0, 500.0)}) == {}


def test_intake_keeps_a_grab_sample_apart_from_a_period_at_the_same_time(store: Store) -> None:
    grab, hour = (Reading("water", "w1", period_s, 0, (("tp", 0.1 + period_s, 1),)) for period_s in (0, 3600))
    store.commit([arrival(grab, hour)])
    store.drain()
    keys = [SeriesKey("water", "w1", period_s, "tp") for period_s in (0, 3600)]
    assert store.series("water") == keys
    assert [store.raw(key).values.tolist() for key in keys] == [[0.1], [3600.1]]


def test_intake_keeps_a_detection_limit_with_the_flag_that_says_so(store: Store) -> None:
    store.commit([arrival(Reading("water", "w1", 0, 0, (("hg", 0.00004, flags.BELOW_DETECTION),)))])
    store.drain()
    series = store.raw(SeriesKey("water", "w1", 0, "hg"))
    assert (series.values.tolist(), series.flags.tolist()) == ([0.00004], [5])


def test_intake_keeps_both_the_readings_and_the_refusal_of_one_message(store: Store) -> None:
    store.commit([arrival(reading(0, 1.0), payload=b"[1]", refusals=[Refusal("naive_time", "[1].time")])])
    store.drain()
    assert store.stored_values() == 1
    assert [q.payload for q in store.quarantined()] == [b"[1]"]


def test_quarantine_keeps_a_message_once_and_counts_its_arrivals(store: Store) -> None:
    for at in (1.0, 5.0):
        store.commit([arrival(payload=b"\x00\xff", refusals=[Refusal("broken_json", "payload")], at=at)])
    (kept,) = store.quarantined()
    assert (kept.seen, kept.first_at, kept.last_at, kept.payload) == (2, 1.0, 5.0, b"\x00\xff")


def test_quarantine_keeps_the_same_bytes_of_two_topics_apart(store: Store) -> None:
    refusals = [Refusal("broken_json", "payload")]
    store.commit([Arrival("native", topic, 1.0, b"x", [], refusals) for topic in ("env/v1/air/a1", "env/v1/air/a2")])
    assert store.quarantine_reasons() == {"broken_json": 2}


def test_counts_tell_messages_values_quarantined_and_ignored(store: Store) -> None:
    refused = arrival(refusals=[Refusal("broken_json", "payload")])
    store.commit([arrival(reading(0, 1.0), reading(3600, 2.0)), refused, arrival()])
    assert store.counts() == {"messages": 3, "messages_quarantined": 1, "messages_ignored": 1, "values": 2}


def test_backlog_tells_readings_bytes_and_age_until_they_are_moved(store: Store) -> None:
    assert store.backlog() == Backlog()
    before = time.time()
    store.commit([arrival(reading(0, 1.0), reading(3600, 2.0))])
    waiting = store.backlog()
    assert (waiting.readings, waiting.moved) == (2, 0)
    assert waiting.size > 0
    assert waiting.oldest_at is not None
    assert before <= waiting.oldest_at <= time.time()
    store.drain()
    assert store.backlog() == Backlog(moved=2)


def test_oldest_of_the_backlog_is_what_was_committed_first_whatever_the_clock_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (5000.0, 100.0):
        monkeypatch.setattr("time.time", lambda now=at: now)
        with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
            store.commit([arrival(reading(0, 1.0))])
            assert store.backlog().oldest_at == 5000.0
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        assert store.backlog().oldest_at == 5000.0


def test_counts_tell_messages_that_were_delivered_again(store: Store) -> None:
    store.commit([msgspec.structs.replace(arrival(reading(0, 1.0)), again=True), arrival(reading(0, 1.0))])
    assert store.counts()["messages_again"] == 1


def test_subscriptions_are_remembered_by_client(kind: str, tmp_path: Path, database: str) -> None:
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        store.remember_subscriptions("c1", {"a/+", "b"})
        store.remember_subscriptions("c1", {"b", "c"})
        store.remember_subscriptions("c2", {"d"})
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as again:
        assert (again.subscriptions("c1"), again.subscriptions("c2")) == ({"b", "c"}, {"d"})


def test_health_is_a_row_of_its_table(kind: str, store: Store, influx_query: Query, database: str) -> None:
    columns = {name: 7.5 if type_ == "REAL" else 7 for name, type_ in HEALTH.columns.items()}
    store.record_health("collector-1", 1_577_808_000, columns)
    statement = f"SELECT {', '.join(columns)} FROM ingest_health WHERE collector = 'collector-1'"
    if kind == "sqlite":
        with closing(sqlite3.connect(store.file)) as db:
            assert db.execute(f"{statement} AND time = 1577808000").fetchall() == [tuple(columns.values())]
    else:
        (row,) = influx_query(statement, database)
        assert row["time"] == "1577808000"
        assert {name: float(row[name]) for name in columns} == columns


def test_replace_removes_rows_that_are_derived_no_more(store: Store) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0, 3600], {"leq": [50.0, 51.0]})
        store.replace("noise_hour", "n2", [0], {"leq": [60.0]})
    with store.replacing():
        store.replace("noise_hour", "n1", [3600], {"leq": [52.0]})
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(3600, 52.0)]
    assert list(store.read("noise_hour", "n2", 0, 9999, ["leq"])) == [(0, 60.0)]


def test_replace_keeps_rows_that_are_the_same_between_rows_that_lose_values(store: Store) -> None:
    hours = [0, 3600, 7200, 10_800]
    with store.replacing():
        store.replace("noise_hour", "n1", hours, {"leq": [50.0, 51.0, 52.0, 53.0], "lmax": [60.0, 61.0, 62.0, 63.0]})
        store.replace("noise_hour", "n2", hours, {"leq": [70.0] * 4})
    with store.replacing():
        store.replace("noise_hour", "n1", hours, {"leq": [50.0, 51.0, 52.0, 53.0], "lmax": [None, 61.0, None, 63.0]})
    assert list(store.read("noise_hour", "n1", 0, 99_999, ["leq", "lmax"])) == [
        (0, 50.0, None), (3600, 51.0, 61.0), (7200, 52.0, None), (10_800, 53.0, 63.0),
    ]  # fmt: skip
    assert len(list(store.read("noise_hour", "n2", 0, 99_999, ["leq"]))) == 4


def test_replacing_keeps_nothing_of_a_derivation_that_fails_in_sqlite(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        with store.replacing():
            store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
        with pytest.raises(StoreError, match="nothing derived was kept"), store.replacing():
            store.replace("noise_hour", "n1", [0, 0], {"leq": [99.0, 98.0]})
        assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(0, 50.0)]


def test_replacing_sets_no_mark_where_a_derivation_fails(store: Store) -> None:
    with suppress(ZeroDivisionError), store.replacing():
        store.set_derived("noise:n1", Derived("a", {}, 1), [("noise", "n1")], piece=b"{}")
        raise ZeroDivisionError
    assert store.derived_units() == {}
    with store.replacing():
        store.set_derived("noise:n1", Derived("b", {"n1": (3, 2)}, 1), [("noise", "n1")], piece=b"{}")
    assert store.derived_units() == {"noise:n1": Derived("b", {"n1": (3, 2)}, 1)}


def test_overlapping_replacements_are_all_there_at_the_end_and_with_each_mark(store: Store) -> None:
    with store.overlapping():
        for hour in range(3):
            with store.replacing():
                start = 3600 * hour
                store.replace("noise_hour", "n1", [start], {"leq": [50.0 + hour]}, start=start, end=start + 3600)
                if hour == 1:
                    store.set_derived("noise:n1", Derived("a", {}, 1), [("noise", "n1")], piece=b"{}")
            if hour == 1:
                assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(0, 50.0), (3600, 51.0)]
                assert store.derived_units() == {"noise:n1": Derived("a", {}, 1)}
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(0, 50.0), (3600, 51.0), (7200, 52.0)]


@pytest.mark.parametrize("kind", ["influxdb"], indirect=True)
def test_overlapping_replacements_set_no_mark_where_one_before_failed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = threading.Event()

    def refuse(_: InfluxServer, lines: bytes) -> None:
        late.wait(10)
        raise StoreError(f"no room for {lines!r}")

    def replace() -> None:
        with store.overlapping():
            with store.replacing():
                store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
            with store.replacing():
                late.set()
                store.set_derived("noise:n1", Derived("a", {}, 1), [("noise", "n1")], piece=b"{}")

    monkeypatch.setattr(InfluxServer, "write_all", refuse)
    with pytest.raises(StoreError, match="no room for b'noise_hour,station=n1"):
        replace()
    assert store.derived_units() == {}


@pytest.mark.parametrize("kind", ["influxdb"], indirect=True)
def test_overlapping_that_dies_leaves_nothing_on_its_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, written = threading.Event(), threading.Event()
    write_all = InfluxServer.write_all

    def slowly(server: InfluxServer, lines: bytes) -> None:
        begun.set()
        written.wait(0.3)
        write_all(server, lines)
        written.set()

    monkeypatch.setattr(InfluxServer, "write_all", slowly)
    monkeypatch.setattr(influx_tables, "ROWS_COMPARED", 1)
    with suppress(ZeroDivisionError), store.overlapping(), store.replacing():
        store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
        store.replace("noise_hour", "n2", [0], {"leq": [60.0]})
        assert begun.wait(10)
        raise ZeroDivisionError
    assert written.is_set()
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == [(0, 50.0)]
    assert list(store.read("noise_hour", "n2", 0, 9999, ["leq"])) == []


def test_replace_forgets_a_value_that_is_not_valid_any_more(store: Store) -> None:
    with store.replacing():
        store.replace(
            "air_day", "a1", [0, 86_400], {"pm25": [1.5, 2.5], "aqi": [10, 20], "edition": ["x", 'it\'s "y"']}
        )
    with store.replacing():
        store.replace("air_day", "a1", [0, 86_400], {"pm25": [None, 2.5], "aqi": [11, None], "edition": ["x", "z"]})
    rows = list(store.read("air_day", "a1", 0, 10**9, ["pm25", "aqi", "edition"]))
    assert rows == [(0, None, 11, "x"), (86_400, 2.5, None, "z")]


VALUES = {"REAL": [0.1 + 0.2, -1e-6, None], "INTEGER": [0, 2**53 + 1, None], "TEXT": ["pm10,pm25", "一/3", None]}
"""Of each kind of column what must come back to the last bit."""


@pytest.mark.parametrize("key", ["sz-a01", "shenzhen/南山区"])
def test_replace_keeps_every_column_of_every_table(store: Store, key: str) -> None:
    for table in TABLES.values():
        columns = {name: VALUES[kind] for name, kind in table.columns.items()}
        times = [1_577_808_000, 1_577_894_400, 1_577_980_800]
        with store.replacing():
            store.replace(table.name, key, times, columns)
        rows = list(store.read(table.name, key, 0, 2**33, list(columns)))
        there = [row for row in rows if any(value is not None for value in row[1:])]
        assert there == list(zip(times, *columns.values(), strict=True))[:2]


def test_replace_leaves_rows_outside_of_its_range(store: Store) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0, 3600, 7200], {"leq": [1.0, 2.0, 3.0]})
    with store.replacing():
        store.replace("noise_hour", "n1", [], {}, start=3600, end=7200)
        store.replace("noise_hour", "n2", [3600], {"leq": [9.0]}, start=3600, end=7200)
    found = [list(store.read("noise_hour", key, 0, 9999, ["leq"])) for key in ("n1", "n2")]
    assert found == [[(0, 1.0), (7200, 3.0)], [(3600, 9.0)]]


BLOCK = Block(
    "air", "a1", 3600, np.array([0, 3600, 7200]),
    {
        "pm25": (np.array([0.1 + 0.2, np.nan, 3.0]), np.array([1, 9, 5])),
        "co": (np.array([1.0, 2.0, np.nan]), np.array([1, 4, 0])),
    },
)  # fmt: skip
"""With a value that is missing, one flagged out, and no value at all."""


def test_load_stores_what_commit_would(store: Store, kind: str, tmp_path: Path) -> None:
    assert store.load([BLOCK]) == 5
    with closing(opened(kind, tmp_path / "other.sqlite3", f"t{uuid.uuid4().hex}")) as other:
        values = [(("pm25", 0.1 + 0.2, 1), ("co", 1.0, 1)), (("pm25", None, 9), ("co", 2.0, 4)), (("pm25", 3.0, 5),)]
        other.commit([arrival(Reading("air", "a1", 3600, 3600 * i, each)) for i, each in enumerate(values)])
        other.drain()
        loaded, committed = (each.raw_of("air", ["a1"], 0, 9999) for each in (store, other))
        assert list(loaded) == list(committed) == store.series("air")
        for key, series in loaded.items():
            for name in ("times", "values", "flags"):
                np.testing.assert_array_equal(getattr(series, name), getattr(committed[key], name))
        assert store.due().days == other.due().days == {("air", "a1"): [0]}


def test_raw_of_gives_the_series_of_some_stations_in_a_range(store: Store) -> None:
    store.load([BLOCK, msgspec.structs.replace(BLOCK, station="a2"), msgspec.structs.replace(BLOCK, station="a3")])
    found = store.raw_of("air", ["a3", "a1"], 3600, 7200)
    assert [(key.station, key.quantity, series.times.tolist()) for key, series in found.items()] == [
        ("a1", "co", [3600]), ("a1", "pm25", [3600]), ("a3", "co", [3600]), ("a3", "pm25", [3600]),
    ]  # fmt: skip


def test_extents_are_the_ends_of_all_readings_of_a_station(store: Store) -> None:
    grab = Block("air", "a1", 0, np.array([-7200, 86_400]), {"o3": (np.array([1.0, 1.0]), np.array([1, 1]))})
    store.load([BLOCK, grab])
    assert store.extents("air", ["a1", "a2"], *EVER) == {"a1": (-7200, 86_400)}
    assert store.extents("air", ["a1"], 1, 86_400) == {"a1": (3600, 7200)}
    assert store.extents("air", ["a1"], 7201, 86_400) == {}


def test_days_are_due_from_their_delivery_until_they_are_derived(store: Store) -> None:
    store.commit([arrival(reading(0, 1.0), reading(86_400, 1.0))])
    assert store.due().days == {}
    store.drain()
    due = store.due()
    assert due.days == {("air", "a1"): [0, 1]}
    store.commit([arrival(reading(86_400, 2.0))])
    store.drain()
    with store.replacing():
        store.set_derived("air:x", Derived("d", {}, due.upto), [("air", "a1")], piece=b"{}")
    assert store.due().days == {("air", "a1"): [1]}
    store.make_stale([("noise", "n1", 7)])
    assert store.due().days == {("air", "a1"): [1], ("noise", "n1"): [7]}


def review(first: int, until: int, *, station: str = "a1") -> Review:
    return Review(
        medium="air", station=station, quantities=("pm25", "o3"), from_s=first, until_s=until, action="flag",
        reason="why", by="li", readings="automatic",
    )  # fmt: skip


def test_reviews_are_kept_as_entered_and_make_days_with_readings_stale(
    kind: str, tmp_path: Path, database: str
) -> None:
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        store.commit([arrival(reading(DAY_S, 1.0), reading(3 * DAY_S, 1.0), reading(5 * DAY_S, 1.0))])
        store.drain()
        before = store.due().upto
        with store.replacing():
            store.set_derived("air:x", Derived("d", {}, before), [("air", "a1")], piece=b"{}")
        midnight = 3 * DAY_S - 8 * 3600  # in Beijing
        new = [review(DAY_S + 9, midnight), review(5 * DAY_S, 6 * DAY_S), review(0, 9 * DAY_S, station="a2")]
        assert store.add_reviews(new) == ([1, 2, 3], 2)
        assert store.due() == Due(before + 1, {("air", "a1"): [1, 5]})
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as again:
        assert again.reviews(upto=before) == []
        found = again.reviews(upto=before + 1)
        assert found == again.reviews()
        assert [each.says_what(one) for each, one in zip(found, new, strict=True)] == [True] * 3
        assert [each.id for each in found] == [1, 2, 3]
        assert abs(found[0].at - time.time()) < 600


def test_review_of_days_that_were_derived_without_arriving_makes_them_stale(store: Store) -> None:
    with store.replacing():  # as of readings on a server whose ledger was lost
        store.set_derived("air:x", Derived("d", {"a1": (10, 3)}, 0), [("air", "a1")], piece=b"{}")
    assert store.add_reviews([review(0, 99 * DAY_S)])[1] == 5  # days 10 to 12, and those around them
    assert store.due().days == {("air", "a1"): [9, 10, 11, 12, 13]}


def test_days_to_be_made_stale_are_looked_for_before_the_file_is_locked(store: Store) -> None:
    # `derive --since` asks the server for them, station by station; the collector must not wait for that
    def days() -> Iterator[StationDay]:
        with closing(sqlite3.connect(store.file, timeout=0)) as collector:
            collector.execute("INSERT INTO counter VALUES ('messages', 1)")
            collector.commit()
        yield "air", "a1", 7

    store.make_stale(days())
    assert store.due().days == {("air", "a1"): [7]}


def test_undoing_a_review_is_an_entry_and_leaves_the_others_in_force(store: Store) -> None:
    store.add_reviews([review(0, 1), review(0, 2)])
    assert store.undo_review(1, reason="wrong", by="wang") == (3, 0)
    assert [each.id for each in store.reviews()] == [2]
    assert [(e.review.id, e.review.undoes, e.review.by) for e in store.entered_reviews()] == [
        (1, None, "li"), (2, None, "li"), (3, 1, "wang"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "why"), [(1, "it was undone by 2"), (2, "it is the undoing of 1"), (9, "there is none")]
)
def test_review_that_is_not_in_force_cannot_be_undone(number: int, why: str, store: Store) -> None:
    store.add_reviews([review(0, 1)])
    store.undo_review(1, reason="wrong", by="wang")
    with pytest.raises(UnknownReviewError, match=why):
        store.undo_review(number, reason="again", by="wang")
    assert len(store.entered_reviews()) == 2


def test_held_days_wait_from_what_was_derived_until_they_are_released(store: Store) -> None:
    def derive(held: list[tuple[str, str, int]]) -> None:
        with store.replacing():
            store.set_derived("air:x", Derived("d", {}, store.due().upto), [("air", "a1")], piece=b"{}", held=held)

    store.make_stale([("air", "a1", 1), ("air", "a1", 2)])
    derive([])
    first = store.due().upto
    assert store.waiting() == []
    for _ in range(2):
        store.make_stale([("air", "a1", 1), ("air", "a1", 2)])
        assert {each.applied for each in store.waiting() if each.day == 1} == {first}
        derive([("air", "a1", 1)])
        assert (store.due().days, store.waiting()) == ({}, [("air", "a1", 1, first)])
    entry = Locked(month="1970-01", medium="air", city="x", locked=False, reason="r", by="li")
    assert store.unlock([entry], [("air", "a1", 0, 2)]) == 1
    assert store.due().days == {("air", "a1"): [1]}
    derive([])
    assert store.waiting() == []


def test_locks_are_the_last_word_of_each_month_medium_and_city(kind: str, tmp_path: Path, database: str) -> None:
    one = Locked(month="2020-01", medium="air", city="x", locked=True, reason="r", by="li")
    other = msgspec.structs.replace(one, city="y")
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        store.lock([one, other])
        store.unlock([msgspec.structs.replace(one, locked=False)], [])
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as again:
        assert list(again.locks()) == [("2020-01", "air", "y")]
        assert [each.locked for each in again.entered_locks()] == [True, True, False]


def test_months_are_unlocked_where_a_table_of_another_version_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(TABLES, "air_day", Table("air_day", "station", {"aqi": "INTEGER"}))
        with closing(SqliteStore(tmp_path / "store.sqlite3")) as earlier:
            earlier.lock([Locked(month="2020-01", medium="air", city="x", locked=True, reason="r", by="li")])
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        assert store.locks() == {}
        last = store.entered_locks()[-1]
        assert (last.by, last.locked) == ("qingjing", False)
        assert "air_day" in last.reason


@pytest.mark.parametrize("ending", ["day", "day_without_events", "hour"])
def test_keep_only_removes_the_rows_of_one_district_of_two(store: Store, ending: str) -> None:
    table = f"district_air_{ending}"
    with store.replacing():
        for district in ("shenzhen/南山区", "shenzhen/福田区"):
            store.replace(table, district, [0], {"pm25": [1.0], "primary": ["pm25"]})
        store.keep_only(table, {"shenzhen/福田区"})
    found = [list(store.read(table, f"shenzhen/{d}", 0, 1, ["pm25", "primary"])) for d in ("南山区", "福田区")]
    assert found == [[], [(0, 1.0, "pm25")]]


def test_keep_only_removes_what_is_not_named(store: Store) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0], {"leq": [50.0]})
        store.replace("noise_hour", "n2", [0], {"leq": [60.0]})
        store.keep_only("noise_hour", {"n2", "n3"})
    assert list(store.read("noise_hour", "n1", 0, 9999, ["leq"])) == []
    assert list(store.read("noise_hour", "n2", 0, 9999, ["leq"])) == [(0, 60.0)]


def test_read_includes_the_start_and_excludes_the_end(store: Store) -> None:
    with store.replacing():
        store.replace("noise_hour", "n1", [0, 3600, 7200], {"leq": [1.0, 2.0, 3.0]})
    assert list(store.read("noise_hour", "n1", 0, 7200, ["leq"])) == [(0, 1.0), (3600, 2.0)]


def test_commit_that_fails_keeps_nothing_and_says_so(store: Store) -> None:
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


def test_opening_a_file_of_another_version_says_so(store: Store) -> None:
    other = sqlite3.connect(store.file)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StoreError, match="expected schema version 5, got 99; use the qingjing that"):
        SqliteStore(store.file)


def test_reported_figures_are_only_added_to_and_survive(kind: str, tmp_path: Path, database: str) -> None:
    report = Report(
        plan="p", target="t", as_of=date(2020, 12, 31), value=Decimal("89.60"), unit="%", source="s", by="b",
        count=327, of=365,
    )  # fmt: skip
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        assert store.report([report, msgspec.structs.replace(report, count=None, of=None)]) == [1, 2]
        assert store.undo_report(1, reason="typo", by="c") == 3
        for number, text in ((1, "it was undone by 3"), (3, "it is the undoing of 1"), (9, "there is none")):
            with pytest.raises(UnknownReportError, match=text):
                store.undo_report(number, reason="typo", by="c")
    with closing(opened(kind, tmp_path / "store.sqlite3", database)) as store:
        first, second, undoing = store.reported_figures()
        assert all(each.at > 0 for each in (first, second, undoing))
        assert msgspec.structs.replace(first, at=0.0, id=0) == report
        assert str(first.value) == "89.60"
        assert (second.id, second.count, second.of) == (2, None, None)
        assert (undoing.undoes, undoing.source, undoing.by) == (1, "typo", "c")


def test_a_store_made_before_there_were_reported_figures_gets_their_table(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "store.sqlite3")):
        pass
    with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as db:
        db.execute("DROP TABLE reported_figure")
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        assert store.reported_figures() == []
