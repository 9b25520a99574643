"""The tables of the store on InfluxDB: raw readings and derived rows, through InfluxQL."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice, pairwise
from typing import Any, Final, TypeVar

import numpy as np

from ingestor.schema import TABLES, Kind, Table
from ingestor.store import line_protocol
from ingestor.store.influx_server import InfluxServer, QueryTable, literal, quoted
from ingestor.store.ports import EVER, NO_VALUE, Block, RawSeries, Received, SeriesKey, raw_series, received
from sensors import flags
from sensors.quantities import MEDIA

LINES_AT_ONCE = 5000
BLOCK_REQUESTS_AT_ONCE = 4
"""What `write_blocks` sends at once: while the server works, the next lines are made."""
STATIONS_AT_ONCE = 50
REQUESTS_AT_ONCE = 3
"""To the server: what is written, and what is read ahead."""
ROWS_COMPARED = 50_000
"""Rows that wait at most until what is on the server is compared with them."""
FLAG: Final = "_flag"

_READ: Final[dict[Kind, Callable[[Any], Any]]] = {"REAL": float, "INTEGER": int, "TEXT": str}


T = TypeVar("T")
Columns = tuple[Sequence[int], Mapping[str, Sequence[Any]]]
"""Times, and columns by name."""


class InfluxTables:
    """Implements `Tables` but for counters and `replacing`, which need the ledger."""

    def __init__(self, server: InfluxServer) -> None:
        self._server = server
        self._requests = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="influxdb")
        self._waiting: dict[tuple[str, int, int], dict[str, Columns]] = {}
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

    def close(self) -> None:
        """End what waits to be sent, and the connections."""
        self._requests.shutdown(cancel_futures=True)
        self._server.close()

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

    def received_of(
        self, medium: str, stations: Collection[str], start: int, end: int, ranges: Mapping[str, tuple[float, float]]
    ) -> dict[SeriesKey, Received]:
        """See `Tables.received_of`."""
        return {
            key: received(raw, *ranges[key.quantity]) for key, raw in self.raw_of(medium, stations, start, end).items()
        }

    def raw_ranges(
        self, medium: str, stations: Collection[str], ranges: Sequence[tuple[int, int]]
    ) -> Iterator[dict[SeriesKey, RawSeries]]:
        """See `Tables.raw_ranges`: the server looks for the next range while the last one is worked on."""
        coming: Future[dict[SeriesKey, RawSeries]] | None = None
        for start, end in ranges:
            now, coming = coming, self._requests.submit(self.raw_of, medium, stations, start, end)
            if now is not None:
                yield now.result()
        if coming is not None:
            yield coming.result()

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

    def write_blocks(self, blocks: Sequence[Block]) -> int:
        """Write readings in bulk; return the number of values. The ledger knows nothing of them.

        Raises
        ------
        StoreError
            If some could not be written.
        """
        from ingestor.store import bulk_lines

        self._server.probe()  # makes a missing database before several requests ask for it at once
        with ThreadPoolExecutor(BLOCK_REQUESTS_AT_ONCE) as pool:
            under_way: deque[Future[None]] = deque()
            for batch in (batch for block in blocks for batch in bulk_lines.batches(block, LINES_AT_ONCE)):
                under_way.append(pool.submit(self._server.write_all, batch))
                if len(under_way) > BLOCK_REQUESTS_AT_ONCE:
                    under_way.popleft().result()
            for each in under_way:
                each.result()
        return sum(int((codes != NO_VALUE).sum()) for block in blocks for _, codes in block.columns.values())

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
        self._waiting.setdefault((table, start, end), {})[key] = (times, columns)
        self._rows_waiting += len(times)
        if self._rows_waiting >= ROWS_COMPARED:
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

    def _replace(self, table: Table, now: dict[str, Columns], start: int, end: int) -> None:
        before = self._rows_of(table, now, start, end)
        lines = []
        for key, (times, columns) in now.items():
            there = before.get(key, {})
            if there:
                times, columns = self._changed(table, key, there, times, columns)
            lines += _lines(table, key, times, columns)
        self._write(lines)

    def _changed(
        self, table: Table, key: str, there: dict[int, dict[str, Any]], times: Sequence[int], columns: Mapping[str, Any]
    ) -> Columns:
        """Delete rows of `key` that lose a value, which overwriting keeps; return those to be written."""
        rows = dict(zip(times, zip(*columns.values(), strict=True), strict=True))
        kept = {
            at: {name: value for name, value in zip(columns, row, strict=True) if value is not None}
            for at, row in rows.items()
        }
        deleted = {at for at, row in there.items() if row.keys() - kept.get(at, {}).keys()}
        self._delete(table, key, sorted(deleted))
        changed = [i for i, at in enumerate(times) if at in deleted or there.get(at) != kept[at]]
        return [times[i] for i in changed], {name: [each[i] for i in changed] for name, each in columns.items()}

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

    def delete_raw(self, medium: str, station: str, kept: Mapping[int, Collection[int]], start: int, end: int) -> None:
        """Delete readings of a station with start <= time < end, but those of the moments to be kept, by period."""
        for period_s, moments in kept.items():
            edges = [start - 1, *sorted(moments), end]
            for before, after in pairwise(edges):
                if before + 1 < after:
                    self._server.command(
                        f'DELETE FROM {quoted(medium)} WHERE "station" = {literal(station)} AND "period_s" = '
                        f"'{period_s}' AND time > {_moment(before)} AND time < {_moment(after)}"
                    )

    def _write(self, lines: list[str]) -> None:
        """Write lines; the server works on some while others are on their way."""
        sent = [
            self._requests.submit(self._server.write_all, "".join(lines[start : start + LINES_AT_ONCE]).encode())
            for start in range(0, len(lines), LINES_AT_ONCE)
        ]
        wait(sent)  # none may be on its way any more when a failure is told: what comes after it must win
        for each in sent:
            each.result()


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


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the items in tuples of a size, the last perhaps smaller: as `itertools.batched` of Python 3.12."""
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some


def _any_of(tag: str, values: Iterable[str]) -> str:
    return " OR ".join(f"{quoted(tag)} = {literal(value)}" for value in values)


def _lines(table: Table, key: str, times: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the lines of rows; a row without any value has none."""
    head = f"{table.name},{table.key}={key}"
    fields = [_fields(name, table.columns[name], values) for name, values in columns.items()]
    rows = zip(*fields, times, strict=True)
    return [f"{head} {','.join(filter(None, of_row))} {at}\n" for *of_row, at in rows if any(of_row)]


def _fields(name: str, kind: Kind, values: Sequence[Any]) -> list[str]:
    """Return a field a value, empty where it is None."""
    if kind == "REAL":
        known = iter(line_protocol.numbers([float(value) for value in values if value is not None]))
        return ["" if value is None else f"{name}={next(known)}" for value in values]
    if kind == "INTEGER":
        return ["" if value is None else f"{name}={value}i" for value in values]
    texts = {value: f"{name}={line_protocol.text(value)}" for value in set(values) if value is not None}
    return [texts.get(value, "") for value in values]


def _moment(seconds: int) -> str:
    return "'" + dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") + "'"
