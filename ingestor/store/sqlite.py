"""The store as one SQLite file (WAL, full sync): intake, quarantine, counts and derived tables."""

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ingestor.schema import TABLES
from ingestor.store.ports import Arrival, Quarantined, RawSeries, SeriesKey, StoreError
from sensors.reading import Refusal

SCHEMA_VERSION = 1
DRAIN_GROUPS = 500
"""Groups of the outbox that one transaction drains, so that memory stays bounded after a long absence."""

Series = tuple[str, str, int, str]

_SCHEMA = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY, medium TEXT NOT NULL, station TEXT NOT NULL, period_s INTEGER NOT NULL,
    quantity TEXT NOT NULL, UNIQUE (medium, station, period_s, quantity)
);
CREATE TABLE reading (
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL, flag INTEGER NOT NULL, PRIMARY KEY (series, time)
) WITHOUT ROWID;
CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, readings BLOB NOT NULL);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, first_at REAL NOT NULL, last_at REAL NOT NULL,
    seen INTEGER NOT NULL, source TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, refusals BLOB NOT NULL
);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

_UPSERT = (
    "INSERT INTO reading VALUES (?, ?, ?, ?) "
    "ON CONFLICT (series, time) DO UPDATE SET value = excluded.value, flag = excluded.flag"
)
_QUARANTINE = (
    "INSERT INTO quarantine (digest, first_at, last_at, seen, source, topic, payload, refusals) "
    "VALUES (?, ?, ?, 1, ?, ?, ?, ?) "
    "ON CONFLICT (digest) DO UPDATE SET seen = seen + 1, last_at = max(last_at, excluded.last_at), "
    "refusals = excluded.refusals"
)
_COUNT = "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"

_encode = msgspec.msgpack.Encoder().encode
_readings = msgspec.msgpack.Decoder(
    list[tuple[str, str, int, int, list[tuple[str, float | None, int]]]]
)  # of `Reading`
_refusals = msgspec.msgpack.Decoder(list[Refusal])


class SqliteStore:
    """Implements `Intake`, `Tables` and the quarantine on one file; used from one thread."""

    def __init__(self, file: Path) -> None:
        """Open `file`, creating it and its folder where they are missing.

        Raises
        ------
        StoreError
            If it cannot be opened, is no database, or was made by another version of qingjing.
        """
        self.file = file
        self._ids: dict[Series, int] = {}
        self._undrained = 0
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {file}: expected a usable SQLite file, got {error}") from error
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA wal_autocheckpoint = 8000")
            self._db.execute("PRAGMA cache_size = -32768")
            with self._transaction():
                self._create_or_check()
        except (sqlite3.Error, StoreError) as error:
            self._db.close()
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"store {file}: expected a usable SQLite file, got {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _create_or_check(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            for table in TABLES.values():
                columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
                self._db.execute(
                    f"CREATE TABLE {table.name} ({table.key} TEXT NOT NULL, time INTEGER NOT NULL, {columns}, "
                    f"PRIMARY KEY ({table.key}, time)) WITHOUT ROWID"
                )
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise StoreError(f"store {self.file}: expected schema version {SCHEMA_VERSION}, got {version}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back where the disk is full
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _usable(self, what: str) -> Iterator[None]:
        """Translate errors of SQLite, and of what lies in it, into StoreError."""
        try:
            yield
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StoreError(f"store {self.file}: {what}: {error}") from error

    # Intake

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """See `Intake.commit`."""
        readings = [reading for arrival in arrivals for reading in arrival.readings]
        refused = [arrival for arrival in arrivals if arrival.refusals]
        counts = {
            "messages": len(arrivals),
            "messages_quarantined": len(refused),
            "values": sum(len(reading.values) for reading in readings),
        }
        with self._usable(f"{len(arrivals)} messages not kept"), self._transaction():
            if readings:
                self._db.execute("INSERT INTO outbox (readings) VALUES (?)", (_encode(readings),))
            self._db.executemany(
                _QUARANTINE,
                [
                    (_digest(a), a.received_at, a.received_at, a.source, a.topic, a.payload, _encode(a.refusals))
                    for a in refused
                ],
            )
            self._db.executemany(_COUNT, counts.items())
        self._undrained += len(readings)

    @property
    def undrained(self) -> int:
        """Readings that this object has put into the outbox and not drained yet."""
        return self._undrained

    def drain(self) -> None:
        """See `Intake.drain`."""
        with self._usable("outbox not drained"):
            while self._drain_some():
                pass
        self._undrained = 0

    def _drain_some(self) -> bool:
        """Drain the oldest groups of the outbox in one transaction; whether there was anything."""
        new_ids: dict[Series, int] = {}
        with self._transaction():
            groups = self._db.execute("SELECT id, readings FROM outbox ORDER BY id LIMIT ?", (DRAIN_GROUPS,)).fetchall()
            rows = []
            for _, blob in groups:
                for medium, station, period_s, time, values in _readings.decode(blob):
                    for quantity, value, flag in values:
                        key = (medium, station, period_s, quantity)
                        rows.append((self._ids.get(key) or self._id(key, new_ids), time, value, flag))
            count = len(rows)
            rows.sort(key=itemgetter(0, 1))  # stable: of one series and time the last stays last
            self._db.executemany(_UPSERT, rows)
            if groups:
                self._db.execute("DELETE FROM outbox WHERE id <= ?", (groups[-1][0],))
                self._db.execute(_COUNT, ("values_drained", count))
        self._ids.update(new_ids)
        return bool(groups)

    def _id(self, key: Series, new_ids: dict[Series, int]) -> int:
        """Id of a series, made where it is new; `new_ids` join the known ones once the transaction holds."""
        if key not in new_ids:
            self._db.execute(
                "INSERT OR IGNORE INTO series (medium, station, period_s, quantity) VALUES (?, ?, ?, ?)", key
            )
            row = self._db.execute(
                "SELECT id FROM series WHERE medium = ? AND station = ? AND period_s = ? AND quantity = ?", key
            ).fetchone()
            new_ids[key] = row[0]
        return new_ids[key]

    # Tables

    def series(self, medium: str) -> list[SeriesKey]:
        """See `Tables.series`."""
        with self._usable("series cannot be read"):
            rows = self._db.execute(
                "SELECT medium, station, period_s, quantity FROM series WHERE medium = ? "
                "ORDER BY station, period_s, quantity",
                (medium,),
            )
            return [SeriesKey(*row) for row in rows]

    def raw(self, key: SeriesKey) -> RawSeries:
        """See `Tables.raw`."""
        with self._usable("readings cannot be read"):
            rows = self._db.execute(
                "SELECT time, value, flag FROM reading WHERE series = "
                "(SELECT id FROM series WHERE medium = ? AND station = ? AND period_s = ? AND quantity = ?) "
                "ORDER BY time",
                key,
            ).fetchall()
            times, values, flags = zip(*rows, strict=True) if rows else ((), (), ())
            return RawSeries(
                np.array(times, dtype=np.int64), np.array(values, dtype=np.float64), np.array(flags, dtype=np.int64)
            )

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """See `Tables.replacing`."""
        with self._usable("nothing derived was kept"), self._transaction():
            yield

    def replace(self, table: str, key: str, times: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """See `Tables.replace`."""
        declared = TABLES[table]
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" for _ in range(len(columns) + 2))
        self._db.execute(f"DELETE FROM {declared.name} WHERE {declared.key} = ?", (key,))
        self._db.executemany(
            f"INSERT INTO {declared.name} ({declared.key}, time, {names}) VALUES ({marks})",
            zip([key] * len(times), times, *columns.values(), strict=True),
        )

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """See `Tables.keep_only`."""
        declared = TABLES[table]
        found = [key for (key,) in self._db.execute(f"SELECT DISTINCT {declared.key} FROM {declared.name}")]
        removed = [(key,) for key in found if key not in keys]
        self._db.executemany(f"DELETE FROM {declared.name} WHERE {declared.key} = ?", removed)

    def read(self, table: str, key: str, start: int, end: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """See `Tables.read`."""
        with self._usable("derived rows cannot be read"):
            declared = TABLES[table]
            names = ", ".join(f'"{name}"' for name in columns if name in declared.columns)
            yield from self._db.execute(
                f"SELECT time, {names} FROM {declared.name} "
                f"WHERE {declared.key} = ? AND time >= ? AND time < ? ORDER BY time",
                (key, start, end),
            )

    # Counts and quarantine

    def counts(self) -> dict[str, int]:
        """Return the counters kept since the file was made, and the marks of derivation."""
        with self._usable("counts cannot be read"):
            return dict(self._db.execute("SELECT name, value FROM counter ORDER BY name").fetchall())

    def stored_values(self) -> int:
        """Return the number of raw values in the store."""
        with self._usable("readings cannot be counted"):
            return int(self._db.execute("SELECT count(*) FROM reading").fetchone()[0])

    def set_counter(self, name: str, value: int) -> None:
        """Set a counter, inside `replacing`."""
        self._db.execute("INSERT OR REPLACE INTO counter VALUES (?, ?)", (name, value))

    def quarantined(self, *, limit: int | None = None) -> list[Quarantined]:
        """Return messages in quarantine, the newest first."""
        return self._quarantine("ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,))

    def quarantined_one(self, number: int) -> Quarantined | None:
        """Return one message in quarantine by its id."""
        return next(iter(self._quarantine("WHERE id = ?", (number,))), None)

    def _quarantine(self, clause: str, arguments: tuple[int, ...]) -> list[Quarantined]:
        rows = self._db.execute(
            f"SELECT id, first_at, last_at, seen, source, topic, payload, refusals FROM quarantine {clause}", arguments
        )
        return [
            Quarantined(number, first, last, seen, source, topic, payload, _refusals.decode(refusals))
            for number, first, last, seen, source, topic, payload, refusals in rows
        ]

    def quarantine_reasons(self) -> dict[str, int]:
        """Return the number of distinct messages in quarantine by the code of their first refusal."""
        with self._usable("quarantine cannot be read"), self._usable("quarantine cannot be read"):
            reasons: dict[str, int] = {}
            for (text,) in self._db.execute("SELECT refusals FROM quarantine"):
                code = _refusals.decode(text)[0].code
                reasons[code] = reasons.get(code, 0) + 1
            return dict(sorted(reasons.items()))


def _digest(arrival: Arrival) -> bytes:
    digest = hashlib.sha256(arrival.topic.encode("utf-8", "surrogateescape"))
    digest.update(b"\0")
    digest.update(arrival.payload)
    return digest.digest()
