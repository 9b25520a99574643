"""The store as one SQLite file: the ledger, the raw readings and the derived tables together."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingestor.schema import DISPLAYS, HEALTH, TABLES, Table
from ingestor.store import arrivals, line_protocol, reviewed
from ingestor.store.ledger import BUSY_S, Ledger
from ingestor.store.ports import (
    EVER,
    NO_VALUE,
    Backlog,
    Block,
    RawSeries,
    Received,
    SeriesKey,
    raw_series,
    same_values,
    station_days,
)
from sensors import flags

DRAIN_READINGS = 10_000
DRAIN_AFTER_S = 1.0
"""The outbox is drained when it holds so many readings, or when it was not drained for so long."""
DRAIN_AT_ONCE = 50_000
"""Readings that one transaction drains at most, so that memory stays bounded after a long absence."""

Series = tuple[str, str, int, str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, medium TEXT NOT NULL, station TEXT NOT NULL, period_s INTEGER NOT NULL,
    quantity TEXT NOT NULL, UNIQUE (medium, station, period_s, quantity)
);
CREATE TABLE IF NOT EXISTS reading (
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL, flag INTEGER NOT NULL, PRIMARY KEY (series, time)
) WITHOUT ROWID;
"""

_ON_CONFLICT = "ON CONFLICT (series, time) DO UPDATE SET value = excluded.value, flag = excluded.flag"
_ONE = "INSERT INTO reading VALUES (?, ?, ?, ?)"
_UPSERT = f"{_ONE} {_ON_CONFLICT}"
ROWS_A_STATEMENT = 50
"""Rows of a series that one statement of `load` stores: twice as fast as one by one; of more nothing is gained."""
_MANY = f"INSERT INTO reading VALUES {', '.join(['(?1, ?, ?, ?)'] * ROWS_A_STATEMENT)}"
_UPSERT_MANY = f"{_MANY} {_ON_CONFLICT}"
_LEAVE = "ON CONFLICT (series, time) DO NOTHING"


_RECEIVED = (  # `quote` writes a number so that it is read back as the same bits
    "SELECT group_concat(time), group_concat(CASE WHEN flag = ? AND value >= ? AND value <= ? THEN NULL "
    "ELSE time || ' ' || quote(value) || ' ' || flag END) "
    "FROM reading WHERE series = ? AND time >= ? AND time < ?"  # read by the primary key: in the order of time
)


class SqliteStore(Ledger):
    """Implements `Intake`, `Tables` and the quarantine on one file; used from one thread."""

    def __init__(self, file: Path, *, busy_s: float = BUSY_S, create: bool = True, read_only: bool = False) -> None:
        """See `Ledger`."""
        self._ids: dict[Series, int] = {}
        self._drained_at = time.monotonic()
        super().__init__(file, busy_s=busy_s, create=create, read_only=read_only)

    def _create_or_check(self) -> None:
        super()._create_or_check()
        for table in filter(self._has_other_columns, TABLES.values()):
            if table.name in DISPLAYS and self._completed(table):
                continue
            self._db.execute(f"DROP TABLE {table.name}")
            if table.name in DISPLAYS:
                continue
            reviewed.unlock_all(
                self._db,
                by="qingjing",
                reason=f"this version of qingjing keeps {table.name} in another way: all of it is derived again",
            )
        derived = [
            f"CREATE TABLE IF NOT EXISTS {table.name} ({table.key} TEXT NOT NULL, time INTEGER NOT NULL, "
            + "".join(f'"{name}" {kind}, ' for name, kind in table.columns.items())
            + f"PRIMARY KEY ({table.key}, time)) WITHOUT ROWID"
            for table in (*TABLES.values(), HEALTH)
        ]
        for statement in (*_SCHEMA.split(";"), *derived):
            self._db.execute(statement)

    def _has_other_columns(self, table: Table) -> bool:
        """Whether a derived table is there as another version of qingjing made it."""
        return self._columns(table) not in ({}, {table.key: "TEXT", "time": "INTEGER", **table.columns})

    def _columns(self, table: Table) -> dict[str, str]:
        """Names and kinds of the columns that a table has, none where it is not there."""
        return {name: kind for _, name, kind, *_ in self._db.execute(f"PRAGMA table_info({table.name})")}

    def _completed(self, table: Table) -> bool:
        """Add the columns that a table lacks, NULL in the rows that are there; whether no other differ.

        The history that displays show cannot be derived again.
        """
        there = self._columns(table)
        if not there.items() <= {table.key: "TEXT", "time": "INTEGER", **table.columns}.items():
            return False
        for name, kind in table.columns.items():
            if name not in there:
                self._db.execute(f'ALTER TABLE {table.name} ADD COLUMN "{name}" {kind}')
        return True

    # Intake

    def tend(self) -> None:
        """See `Intake.tend`."""
        self.check_in_place()
        now = time.monotonic()
        waiting = self.backlog().readings
        if not waiting:
            self._drained_at = now
        elif waiting >= DRAIN_READINGS or now - self._drained_at >= DRAIN_AFTER_S:
            self._drained_at = now
            with self._noticed():
                self.drain()

    def finish(self, *, within_s: float) -> None:
        """See `Intake.finish`; the whole outbox of an hour takes a few seconds."""
        deadline = time.monotonic() + within_s
        with self._usable("outbox not drained"):
            while time.monotonic() < deadline and self._drain_some():
                pass

    def load(self, blocks: Sequence[Block], *, restoring: bool = False) -> int:
        """See `Intake.load`."""
        new_ids: dict[Series, int] = {}
        values_stored = 0
        with self._usable("readings not stored"), self._transaction():
            for block in blocks:
                for quantity, (values, codes) in block.columns.items():
                    key = (block.medium, block.station, block.period_s, quantity)
                    series = self._ids.get(key) or self._id(key, new_ids)
                    there = codes != NO_VALUE
                    before = self._db.total_changes
                    self._upsert(series, block.times[there], values[there], codes[there], leave=restoring)
                    values_stored += self._db.total_changes - before
            if not restoring:
                arrivals.mark(self._db, station_days(blocks), at=time.time())
            self._count({"values": values_stored, "values_drained": values_stored})
        self._ids.update(new_ids)
        return values_stored

    def _upsert(
        self,
        series: int,
        times: npt.NDArray[np.int64],
        values: npt.NDArray[np.float64],
        codes: npt.NDArray[np.int64],
        *,
        leave: bool,
    ) -> None:
        """Write values of one series, or where asked leave those that are there; inside a transaction.

        SQLite keeps NaN as NULL.
        """
        many, one = (f"{_MANY} {_LEAVE}", f"{_ONE} {_LEAVE}") if leave else (_UPSERT_MANY, _UPSERT)
        fields: list[int | float] = [0] * (3 * len(times))
        fields[0::3], fields[1::3], fields[2::3] = times.tolist(), values.tolist(), codes.tolist()
        width = 3 * ROWS_A_STATEMENT
        whole = len(fields) // width * width
        self._db.executemany(many, ([series, *fields[i : i + width]] for i in range(0, whole, width)))
        self._db.executemany(one, ([series, *fields[i : i + 3]] for i in range(whole, len(fields), 3)))

    def record_health(self, collector: str, at: int, columns: Mapping[str, float]) -> None:
        """See `Intake.record_health`."""
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in range(len(columns) + 2))
        with self._usable("health not kept"), self._transaction():
            self._db.execute(
                f"INSERT OR REPLACE INTO {HEALTH.name} ({HEALTH.key}, time, {names}) VALUES ({marks})",
                (collector, at, *columns.values()),
            )

    def drain(self) -> None:
        """Move all of the outbox into the raw readings. Anyone may call it at any time.

        Raises
        ------
        StoreError
            If it could not be moved; what was not stays in the outbox.
        """
        with self._usable("outbox not drained"):
            while self._drain_some():
                pass

    def _drain_some(self) -> bool:
        """Move the oldest groups of the outbox in one transaction; whether there was anything."""
        new_ids: dict[Series, int] = {}
        rows: list[tuple[int, int, float | None, int]] = []
        with self._transaction():
            last_id = waiting = 0
            for group, count, lines in self._db.execute("SELECT id, readings, lines FROM outbox ORDER BY id"):
                if waiting and waiting + count > DRAIN_AT_ONCE:
                    break
                last_id, waiting = group, waiting + count
                for reading in line_protocol.decode(lines):
                    for quantity, value, flag in reading.values:
                        key = (reading.medium, reading.station, reading.period_s, quantity)
                        rows.append((self._ids.get(key) or self._id(key, new_ids), reading.time, value, flag))
            if not last_id:  # another process may have moved it
                self._backlog = Backlog(moved=self._backlog.moved)
                return False
            rows.sort(key=itemgetter(0, 1))  # stable: of one series and time the last stays last
            self._db.executemany(_UPSERT, rows)
            left = self._delivered(last_id, [], {"values_drained": len(rows)})
        self._backlog = left
        self._ids.update(new_ids)
        return True

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

    def raw(self, key: SeriesKey, start: int = EVER[0], end: int = EVER[1]) -> RawSeries:
        """See `Tables.raw`."""
        with self._usable("readings cannot be read"):
            rows = self._db.execute(
                "SELECT time, value, flag FROM reading WHERE series = "
                "(SELECT id FROM series WHERE medium = ? AND station = ? AND period_s = ? AND quantity = ?) "
                "AND time >= ? AND time < ? ORDER BY time",
                (*key, start, end),
            ).fetchall()
            return raw_series(rows)

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """See `Tables.raw_of`."""
        found = {key: self.raw(key, start, end) for _, key in self._keys(medium, stations)}
        return {key: series for key, series in found.items() if len(series.times)}

    def _keys(self, medium: str, stations: Collection[str]) -> list[tuple[int, SeriesKey]]:
        """Ids and names of the series of some stations, in the order of `series`."""
        found: list[tuple[int, SeriesKey]] = []
        with self._usable("series cannot be read"):
            for station in sorted(set(stations)):
                rows = self._db.execute(
                    "SELECT id, medium, station, period_s, quantity FROM series WHERE medium = ? AND station = ? "
                    "ORDER BY period_s, quantity",
                    (medium, station),
                )
                found += [(series, SeriesKey(*key)) for series, *key in rows]
        return found

    def received_of(
        self, medium: str, stations: Collection[str], start: int, end: int, ranges: Mapping[str, tuple[float, float]]
    ) -> dict[SeriesKey, Received]:
        """See `Tables.received_of`: SQLite joins the times into one text, which costs a fifth of a row a value."""
        found = {}
        for series, key in self._keys(medium, stations):
            with self._usable("readings cannot be read"):
                low, high = ranges[key.quantity]
                times, doubtful = self._db.execute(_RECEIVED, (flags.GOOD, low, high, series, start, end)).fetchone()
            if times is not None:
                found[key] = Received(np.fromstring(times, dtype=np.int64, sep=","), _doubtful(doubtful or ""))
        return found

    def raw_ranges(
        self, medium: str, stations: Collection[str], ranges: Sequence[tuple[int, int]]
    ) -> Iterator[dict[SeriesKey, RawSeries]]:
        """See `Tables.raw_ranges`."""
        for start, end in ranges:
            yield self.raw_of(medium, stations, start, end)

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """See `Tables.extents`."""
        found: dict[str, tuple[int, int]] = {}
        with self._usable("readings cannot be read"):
            for station in stations:
                ends = self._db.execute(
                    "SELECT min((SELECT min(time) FROM reading WHERE series = id AND time >= ? AND time < ?)), "
                    "max((SELECT max(time) FROM reading WHERE series = id AND time >= ? AND time < ?)) "
                    "FROM series WHERE medium = ? AND station = ?",
                    (start, end, start, end, medium, station),
                ).fetchone()
                if ends[0] is not None:
                    found[station] = (ends[0], ends[1])
        return found

    def check_can_remove(self) -> None:
        """See `Tables.check_can_remove`: SQLite always can."""

    def remove_raw(self, archived: Mapping[SeriesKey, RawSeries], start: int, end: int) -> int:
        """See `Tables.remove_raw`: one transaction looks and deletes."""
        removed = 0
        with self._usable("readings not deleted"), self._transaction():
            for key, series in archived.items():
                held = self.raw(key, start, end)
                same = same_values(held, series)
                number = self._id(key, {})
                if same.all():
                    self._db.execute(
                        "DELETE FROM reading WHERE series = ? AND time >= ? AND time < ?", (number, start, end)
                    )
                else:
                    rows = [(number, at) for at in held.times[same].tolist()]
                    self._db.executemany("DELETE FROM reading WHERE series = ? AND time = ?", rows)
                removed += int(same.sum())
        return removed

    def overlapping(self) -> AbstractContextManager[None]:
        """See `Tables.overlapping`: nothing is ever on its way."""
        return nullcontext()

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """See `Tables.replacing`."""
        with self._usable("nothing derived was kept"), self._transaction():
            yield

    def replace(
        self,
        table: str,
        key: str,
        times: Sequence[int],
        columns: Mapping[str, Sequence[Any]],
        *,
        start: int = EVER[0],
        end: int = EVER[1],
    ) -> None:
        """See `Tables.replace`."""
        declared = TABLES[table]
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" for _ in range(len(columns) + 2))
        self._db.execute(
            f"DELETE FROM {declared.name} WHERE {declared.key} = ? AND time >= ? AND time < ?", (key, start, end)
        )
        if not times:
            return
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

    def stored_values(self) -> int:
        """Return the number of raw values in the store."""
        with self._usable("readings cannot be counted"):
            return int(self._db.execute("SELECT count(*) FROM reading").fetchone()[0])


def _doubtful(text: str) -> RawSeries:
    """Return the rows that `_RECEIVED` has joined."""
    rows = [row.split(" ") for row in text.split(",") if row]
    return raw_series([(int(time), None if value == "NULL" else float(value), int(flag)) for time, value, flag in rows])
