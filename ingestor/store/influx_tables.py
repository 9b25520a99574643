"""The tables of the store on InfluxDB: raw readings and derived rows, through InfluxQL."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

import numpy as np

from ingestor.schema import TABLES, Kind, Table
from ingestor.store import line_protocol
from ingestor.store.influx_server import InfluxServer, QueryTable, literal, quoted
from ingestor.store.ports import EVER, RawSeries, SeriesKey, raw_series
from sensors import flags
from sensors.quantities import MEDIA

LINES_AT_ONCE = 5000
STATIONS_AT_ONCE = 50
ROWS_AT_ONCE = 50_000
"""Rows that wait at most until what is on the server is compared with them."""
FLAG: Final = "_flag"

_READ: Final[dict[Kind, Callable[[Any], Any]]] = {"REAL": float, "INTEGER": int, "TEXT": str}


class InfluxTables:
    """Implements `Tables` but for counters and `replacing`, which need the ledger."""

    def __init__(self, server: InfluxServer) -> None:
        self._server = server
        self._waiting: dict[tuple[str, int, int], dict[str, dict[int, dict[str, Any]]]] = {}
        self._rows_waiting = 0

    def series(self, medium: str) -> list[SeriesKey]:
        """See `Tables.series`."""
        found = []
        statement = f'SELECT last(/_flag$/) FROM {quoted(medium)} GROUP BY "station", "period_s"'
        for row in self._server.query(statement):
            tags = dict(tag.partition("=")[::2] for tag in row["tags"].split(","))
            if not tags.get("station") or not tags.get("period_s", "").isdecimal():  # another program's
                continue
            found += [
                SeriesKey(medium, tags["station"], int(tags["period_s"]), name[len("last_") : -len("_flag")])
                for name, value in row.items()
                if value and name.startswith("last_") and name.endswith("_flag")
            ]
        return sorted(found, key=lambda key: (key.station, key.period_s, key.quantity))

    def raw(self, key: SeriesKey, start: int = EVER[0], end: int = EVER[1]) -> RawSeries:
        """See `Tables.raw`."""
        flag = f"{key.quantity}_flag"
        statement = (
            f"SELECT {quoted(key.quantity)}, {quoted(flag)} FROM {quoted(key.medium)} "
            f'WHERE "station" = {literal(key.station)} AND "period_s" = \'{key.period_s}\''
            f" AND time >= {_moment(start)} AND time < {_moment(end)}"
        )
        return raw_series(
            [
                (int(row["time"]), float(row[key.quantity]) if row[key.quantity] else None, int(row[flag]))
                for row in self._server.query(statement)
                if row[flag]
            ]
        )

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """See `Tables.raw_of`."""
        found: dict[SeriesKey, RawSeries] = {}
        for some in batched(sorted(stations), STATIONS_AT_ONCE):
            statement = (
                f"SELECT * FROM {quoted(medium)} WHERE ({_any_of('station', some)})"
                f' AND time >= {_moment(start)} AND time < {_moment(end)} GROUP BY "station", "period_s"'
            )
            for table in self._server.tables(statement):
                station, period = table.tags.get("station", ""), table.tags.get("period_s", "")
                if station and period.isdecimal():  # others are another program's
                    found |= _series_of(medium, station, int(period), table)
        return dict(sorted(found.items(), key=lambda item: (item[0].station, item[0].period_s, item[0].quantity)))

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """See `Tables.extents`."""
        moments: dict[str, list[int]] = {}
        for order in ("ASC", "DESC"):
            for some in batched(sorted(stations), STATIONS_AT_ONCE):
                statement = (
                    f"SELECT * FROM {quoted(medium)} WHERE ({_any_of('station', some)})"
                    f" AND time >= {_moment(start)} AND time < {_moment(end)}"
                    f' GROUP BY "station", "period_s" ORDER BY time {order} LIMIT 1'
                )
                for table in self._server.tables(statement):
                    if table.tags.get("period_s", "").isdecimal():
                        moments.setdefault(table.tags["station"], []).append(table.values[0][0])
        return {station: (min(of_it), max(of_it)) for station, of_it in moments.items() if station}

    def stored_values(self) -> int:
        """See `Tables.stored_values`."""
        rows = [row for medium in MEDIA for row in self._server.query(f"SELECT count(/_flag$/) FROM {quoted(medium)}")]
        return sum(int(float(n)) for row in rows for name, n in row.items() if name.startswith("count_") and n)

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
        """See `Tables.replace`: it takes effect with others of the same table and range, at the latest in `flush`."""
        declared = TABLES[table]
        names = list(columns)
        rows = {
            at: {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for at, row in zip(times, zip(*columns.values(), strict=True), strict=True)
        }
        self._waiting.setdefault((declared.name, start, end), {})[key] = rows
        self._rows_waiting += len(rows)
        if self._rows_waiting >= ROWS_AT_ONCE:
            self.flush()

    def discard(self) -> None:
        """Forget what waits, of a derivation that failed."""
        self._waiting, self._rows_waiting = {}, 0

    def flush(self) -> None:
        """Replace what waits: what is the same is not written, what is there no more is deleted."""
        waiting, self._waiting, self._rows_waiting = self._waiting, {}, 0
        for (table, start, end), of_keys in waiting.items():
            for some in batched(of_keys, STATIONS_AT_ONCE):
                self._replace(TABLES[table], {key: of_keys[key] for key in some}, start, end)

    def _replace(self, table: Table, now: dict[str, dict[int, dict[str, Any]]], start: int, end: int) -> None:
        before = self._rows_of(table, now, start, end)
        lines = []
        for key, rows in now.items():
            head = f"{table.name},{table.key}={key}"
            there = before.get(key, {})
            # A row that is overwritten would keep a value that it should not have any more.
            deleted = {at for at, row in there.items() if row.keys() - rows.get(at, {}).keys()}
            self._delete(table, key, sorted(deleted))
            for at, row in rows.items():
                if row and (at in deleted or there.get(at) != row):
                    fields = ",".join(f"{name}={_field(table.columns[name], value)}" for name, value in row.items())
                    lines.append(f"{head} {fields} {at}\n")
        self._write(lines)

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """See `Tables.keep_only`."""
        self.flush()
        declared = TABLES[table]
        statement = f"SHOW TAG VALUES FROM {quoted(declared.name)} WITH KEY = {quoted(declared.key)}"
        for row in self._server.query(statement):
            if row["value"] not in keys:
                self._server.command(
                    f"DELETE FROM {quoted(declared.name)} WHERE {quoted(declared.key)} = {literal(row['value'])}"
                )

    def read(self, table: str, key: str, start: int, end: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """See `Tables.read`."""
        declared = TABLES[table]
        names = [name for name in columns if name in declared.columns]
        for at, row in self._rows(declared, key, names, f" AND time >= {_moment(start)} AND time < {_moment(end)}"):
            yield (at, *(row.get(name) for name in names))

    def _rows(
        self, table: Table, key: str, names: Sequence[str] = (), condition: str = ""
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield time and values, those that are there, of the rows of `key`."""
        chosen = ", ".join(map(quoted, names or table.columns))
        statement = f"SELECT {chosen} FROM {quoted(table.name)} WHERE {quoted(table.key)} = {literal(key)}{condition}"
        for row in self._server.query(statement):
            yield (
                int(row["time"]),
                {name: _READ[table.columns[name]](row[name]) for name in names or table.columns if row.get(name)},
            )

    def _rows_of(
        self, table: Table, keys: Collection[str], start: int, end: int
    ) -> dict[str, dict[int, dict[str, Any]]]:
        """Values that are there of the rows of some keys, by key and time."""
        if not keys:
            return {}
        chosen = ", ".join(map(quoted, table.columns))
        statement = (
            f"SELECT {chosen} FROM {quoted(table.name)} WHERE ({_any_of(table.key, keys)})"
            f" AND time >= {_moment(start)} AND time < {_moment(end)} GROUP BY {quoted(table.key)}"
        )
        return {
            found.tags[table.key]: {
                at: {
                    name: _READ[table.columns[name]](value)
                    for name, value in zip(found.columns[1:], row, strict=True)
                    if value is not None
                }
                for at, *row in found.values
            }
            for found in self._server.tables(statement)
        }

    def _delete(self, table: Table, key: str, times: list[int]) -> None:
        for at in times:
            self._server.command(
                f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key)} = {literal(key)} AND time = {_moment(at)}"
            )

    def _write(self, lines: list[str]) -> None:
        for start in range(0, len(lines), LINES_AT_ONCE):
            self._server.write_all("".join(lines[start : start + LINES_AT_ONCE]).encode())


def _series_of(medium: str, station: str, period_s: int, table: QueryTable) -> dict[SeriesKey, RawSeries]:
    """Return the series of one station and period, of which every row has some values and their flags."""
    columns = dict(zip(table.columns, zip(*table.values, strict=True), strict=True))
    times = np.array(columns["time"], dtype=np.int64)
    found = {}
    for name, codes in columns.items():
        if not name.endswith(FLAG):
            continue
        flagged = np.array(codes, dtype=np.float64)
        there = np.isfinite(flagged)
        if there.any():
            quantity = name.removesuffix(FLAG)
            values = np.array(columns.get(quantity, (None,) * len(times)), dtype=np.float64)[there]
            kept = flagged[there].astype(np.int64)
            missing = np.where(kept == flags.MISSING, np.nan, values)
            found[SeriesKey(medium, station, period_s, quantity)] = RawSeries(times[there], missing, kept)
    return found


T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the items in tuples of a size, the last perhaps smaller: as `itertools.batched` of Python 3.12."""
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some


def _any_of(tag: str, values: Iterable[str]) -> str:
    return " OR ".join(f"{quoted(tag)} = {literal(value)}" for value in values)


def _field(kind: Kind, value: Any) -> str:
    if kind == "TEXT":
        return line_protocol.text(value)
    return f"{int(value)}i" if kind == "INTEGER" else repr(float(value))


def _moment(seconds: int) -> str:
    return "'" + dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") + "'"
