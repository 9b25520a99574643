"""Files of version 4 are taken: what is in them stays, and the next revision has the right reason."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ingestor import auditing, derivation, publishing, service
from ingestor.config import Config
from ingestor.data_directory import InUseError, alone, is_running
from ingestor.notices.ledger import NoticeLedger
from ingestor.store import EVER, Ledger, SqliteStore, StoreError, open_store
from ingestor.store.marks import marks
from ingestor.store.migrating import SCHEMA_VERSION, bring_up_to_date
from ingestor.store.reviewed import Locked
from tests.integration.test_derivation import HOUR, air, put, start_of, whole_day
from tests.integration.test_publishing import publish, review, revisions

AS_OF_4 = """
CREATE TABLE derived_unit (
    unit TEXT PRIMARY KEY, digest TEXT NOT NULL, spans BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE month_lock (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, entered_by TEXT NOT NULL, reason TEXT NOT NULL,
    month TEXT NOT NULL, medium TEXT NOT NULL, city TEXT NOT NULL, locked INTEGER NOT NULL
);
CREATE TABLE target (
    target TEXT NOT NULL, time INTEGER NOT NULL, "plan" TEXT, "indicator" TEXT, "name" TEXT, "value" REAL, "unit" TEXT,
    "bound" REAL, "asked" TEXT, "status" INTEGER, "rule" TEXT, "room" TEXT, "chance" REAL, "low" REAL, "high" REAL,
    "data_at" INTEGER, PRIMARY KEY (target, time)
) WITHOUT ROWID;
CREATE TABLE indicator (
    indicator TEXT NOT NULL, time INTEGER NOT NULL, "name" TEXT, "value" REAL, "unit" TEXT, "label" TEXT,
    "sufficient" INTEGER, "valid" INTEGER, "expected" INTEGER, "data_at" INTEGER, PRIMARY KEY (indicator, time)
) WITHOUT ROWID;
"""
CHANGED = ("derived_unit", "month_lock", "target", "indicator")
"""The tables that version 5 changed, as qingjing of commit 935e136 made them."""
LOCK, OPENED = (
    Locked(month="2020-01", medium="air", city="shenzhen", locked=locked, reason="audited", by="Han")
    for locked in (True, False)
)


def as_of_4(store: SqliteStore) -> Path:
    """Close a store and make its file one of version 4."""
    store.close()
    with closing(sqlite3.connect(store.file)) as db:
        for table in CHANGED:
            db.execute(f"ALTER TABLE {table} RENAME TO new_{table}")
        db.executescript(AS_OF_4)
        for table in CHANGED:
            names = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
            db.execute(f"INSERT INTO {table} SELECT {names} FROM new_{table}")
            db.execute(f"DROP TABLE new_{table}")
        for id_, blob in db.execute("SELECT id, piece FROM derived_piece").fetchall():
            piece = {name: value for name, value in json.loads(blob).items() if name not in ("after", "upto")}
            db.execute("UPDATE derived_piece SET piece = ? WHERE id = ?", (json.dumps(piece).encode(), id_))
        db.execute("PRAGMA user_version = 4")
        db.commit()
    return store.file


def upgraded(file: Path) -> SqliteStore:
    """Bring a file of version 4 up to date as `qingjing run` does, and open it."""
    bring_up_to_date(file)
    return SqliteStore(file)


def version_of(file: Path) -> int:
    """The version of a file."""
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
def earlier(tmp_path: Path, shipped: Config) -> Iterator[SqliteStore]:
    """Three days of 10 ug/m3, of which figures are published, one of them with a late reading and a review since."""
    with closing(SqliteStore(tmp_path / "qingjing.sqlite3")) as store:
        put(store, *[r for d in (10, 11, 12) for r in whole_day("sz-a01", f"2020-01-{d}", {"pm25": 10.0})])
        derivation.derive(shipped, store)
        publish(shipped, store)
        put(store, *[air("sz-a01", start_of(f"2020-01-{d}") + 5 * HOUR, {"pm25": 41.0}) for d in (10, 11, 12)])
        publishing.bring_up_to_date(shipped, store)
        store.add_reviews([review("2020-01-10", "Li Lei")])
        publishing.bring_up_to_date(shipped, store)
        yield store


def last_reason(file: Path, config: Config) -> str:
    """Bring a file up to date, derive, and return the reason of the last revision."""
    with closing(upgraded(file)) as store:
        publishing.bring_up_to_date(config, store)
        return revisions(store)[-1][2]


def test_file_of_version_4_keeps_its_figures_reviews_and_publications(earlier: SqliteStore, shipped: Config) -> None:
    before = earlier.publications(), earlier.entered_reviews(), earlier.derived_units(), earlier.stored_values()
    rows = list(earlier.read("air_day", "sz-a01", *whole_time(), ["pm25", "aqi"]))
    with closing(upgraded(as_of_4(earlier))) as store:
        after = store.publications(), store.entered_reviews(), store.derived_units(), store.stored_values()
        assert after == before
        assert list(store.read("air_day", "sz-a01", *whole_time(), ["pm25", "aqi"])) == rows
        assert len(rows) == 3
        assert not derivation.is_stale(shipped, store)
        assert publishing.follow(shipped, store) == []


def whole_time() -> tuple[int, int]:
    """Moments around January 2020."""
    return start_of("2020-01-01"), start_of("2020-02-01")


def test_daily_history_of_targets_and_figures_of_version_4_stays(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "qingjing.sqlite3")) as store, store.replacing():
        for table in ("target", "indicator"):
            store.replace(table, "x", [0, 86400, 172800], {"name": ["a", "b", "c"], "value": [1.5, 2.5, None]})
    with closing(upgraded(as_of_4(store))) as store:
        for table in ("target", "indicator"):
            found = list(store.read(table, "x", *EVER, ["name", "value", "audited"]))
            assert found == [(0, "a", 1.5, None), (86400, "b", 2.5, None), (172800, "c", None, None)]
        with store.replacing():
            store.replace("target", "x", [86400], {"name": ["b"], "audited": [1]}, start=86400, end=86401)
        assert list(store.read("target", "x", 86400, 86401, ["value", "audited"])) == [(86400, None, 1)]


def test_review_that_waited_for_derivation_in_version_4_is_the_reason_and_no_other(
    earlier: SqliteStore, shipped: Config
) -> None:
    earlier.add_reviews([review("2020-01-11", "Wang")])
    assert last_reason(as_of_4(earlier), shipped) == "review by Wang"


def test_late_reading_of_version_4_is_the_reason_though_a_review_of_its_day_came_before(
    earlier: SqliteStore, shipped: Config
) -> None:
    put(earlier, air("sz-a01", start_of("2020-01-10") + 8 * HOUR, {"pm25": 41.0}))
    assert last_reason(as_of_4(earlier), shipped) == "late readings for 1 day at 1 station"


def test_review_that_waits_for_a_month_locked_in_version_4_is_the_reason_once_it_is_unlocked(
    earlier: SqliteStore, shipped: Config
) -> None:
    earlier.lock([LOCK])
    publishing.follow(shipped, earlier)
    earlier.add_reviews([review("2020-01-11", "Wang")])
    publishing.bring_up_to_date(shipped, earlier)
    with closing(upgraded(as_of_4(earlier))) as store:
        auditing.unlock(shipped, store, [OPENED])
        publishing.bring_up_to_date(shipped, store)
        assert revisions(store)[-1][2] == "month unlocked: 2020-01 by Han; review by Wang"


def test_what_version_4_derived_and_no_figure_followed_is_followed_with_its_reason(
    earlier: SqliteStore, shipped: Config
) -> None:
    earlier.add_reviews([review("2020-01-11", "Wang")])
    derivation.derive(shipped, earlier)  # and is ended before published figures follow
    assert last_reason(as_of_4(earlier), shipped) == "review by Wang"


def test_file_of_version_4_that_cannot_be_upgraded_stays_as_it_was(earlier: SqliteStore) -> None:
    file = as_of_4(earlier)
    with closing(sqlite3.connect(file)) as db:
        db.execute("INSERT INTO derived_piece (piece) VALUES (x'00')")
        db.commit()
        before = list(db.iterdump())
        with pytest.raises(StoreError, match=r"expected a usable SQLite file of version 4, .* it stays as it was"):
            bring_up_to_date(file)
        assert (list(db.iterdump()), db.execute("PRAGMA user_version").fetchone()) == (before, (4,))


def test_file_of_version_4_is_refused_by_all_but_the_service_and_stays_as_it_was(
    earlier: SqliteStore, shipped: Config
) -> None:
    file = as_of_4(earlier)
    expected = f"version {SCHEMA_VERSION}, got 4; end the service of the earlier version and start `qingjing run`"
    for attempt in (
        lambda: Ledger(file, create=False),  # as `doctor` and `quarantine` do
        lambda: open_store(shipped.settings.store, file.parent),
        lambda: open_store(shipped.settings.store, file.parent, create=True),  # as `import` does
        lambda: NoticeLedger(file),
        lambda: marks(file),
    ):
        with pytest.raises(StoreError, match=expected):
            attempt()
    assert version_of(file) == 4


def test_service_brings_a_file_of_version_4_up_to_date_and_keeps_a_copy(
    earlier: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = as_of_4(earlier)
    copy = file.with_name("qingjing.sqlite3.v4")
    with closing(sqlite3.connect(file)) as db:
        before = list(db.iterdump())
    monkeypatch.setattr("ingestor.service.signal.signal", lambda *_: None)
    monkeypatch.setattr("ingestor.service.alone", partial(alone, wait_s=0.0))
    with alone(file.parent), pytest.raises(InUseError):
        service.run(shipped, file.parent)
    assert (version_of(file), copy.exists()) == (4, False)

    def opened(*_: object, **__: object) -> None:
        assert (version_of(file), is_running(file.parent)) == (SCHEMA_VERSION, True)
        raise StoreError("enough")

    monkeypatch.setattr("ingestor.service.open_store", opened)
    with pytest.raises(StoreError, match="enough"):
        service.run(shipped, file.parent)
    with closing(sqlite3.connect(copy)) as db:
        assert (list(db.iterdump()), version_of(copy)) == (before, 4)
    assert [each.name for each in file.parent.glob("*.v4*")] == [copy.name]
    copied_at = copy.stat().st_mtime_ns
    bring_up_to_date(file)
    assert copy.stat().st_mtime_ns == copied_at


def test_file_of_version_4_without_room_for_a_copy_is_brought_up_to_date(
    earlier: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = as_of_4(earlier)
    monkeypatch.setattr("ingestor.store.migrating.ROOM", 2**60)
    bring_up_to_date(file)
    assert (version_of(file), list(file.parent.glob("*.v4*"))) == (SCHEMA_VERSION, [])
    assert "without a copy" in caplog.text
