"""The tables of the store on InfluxDB: raw readings and derived rows, through InfluxQL."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from ingestor.schema import TABLES, Kind, Table
from ingestor.store.influx_server import InfluxServer, literal, quoted
from ingestor.store.ports import EVER, NO_VALUE, Block, RawSeries, Received, SeriesKey, raw_series, received
from ingestor.store.trying import Insisting
from sensors import flags
from sensors.quantities import MEDIA
from sensors.reading import DAY_S

if TYPE_CHECKING:
    from ingestor.store.influx_columns import Group

LINES_AT_ONCE = 5000
BYTES_AT_ONCE = 4_000_000
"""Of derived rows in one request: the server syncs its disk once a request and shard, and generation 3 takes 10 MB."""
BLOCK_REQUESTS_AT_ONCE = 4
"""What `write_blocks` sends at once: while the server works, the next lines are made."""
STATIONS_AT_ONCE = 50
STATION_DAYS_AT_ONCE = 400
"""Of readings in one request, but at least `STATIONS_LEAST`: the server merges the weeks of all stations one by one."""
STATIONS_LEAST = 5
REQUESTS_AT_ONCE = 3
"""To the server: what is written, and what is read ahead."""
ROWS_COMPARED = 50_000
"""Rows that wait at most until what is on the server is compared with them."""
ROWS_UNDER_WAY = 400_000
"""Rows that are compared and written at most while the next ones are computed."""
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
        self._replacements = ThreadPoolExecutor(1, thread_name_prefix="influxdb rows")
        self._waiting: dict[tuple[str, int, int], dict[str, Columns]] = {}
        self._rows_waiting = 0
        self._under_way: deque[tuple[int, Future[None]]] = deque()
        self._overlapped = False
        self._guard: Callable[[], None] = lambda: None
        self._insist = Insisting(lambda: self._guard())

    def guard(self, check: Callable[[], None]) -> None:
        """See `Tables.guard`; it may be called from other threads."""
        self._guard = check

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
        self._replacements.shutdown(cancel_futures=True)
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
        fitting = STATION_DAYS_AT_ONCE * DAY_S // max(1, end - start)
        for some in batched(sorted(stations), min(STATIONS_AT_ONCE, max(STATIONS_LEAST, fitting))):
            statement = (
                f"SELECT * FROM {quoted(medium)} WHERE ({_any_of('station', some)})"
                f' AND time >= {_moment(start)} AND time < {_moment(end)} GROUP BY "station", "period_s"'
            )
            for group in self._server.columns(statement, _of_readings):
                station, period = group.tags.get("station", ""), group.tags.get("period_s", "")
                if station and period.isdecimal():  # others are another program's
                    found |= _series_of(medium, station, int(period), group)
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

        self._insist.forget()
        self._insist(self._server.probe)  # makes a missing database before several requests ask for it at once
        with ThreadPoolExecutor(BLOCK_REQUESTS_AT_ONCE) as pool:
            under_way: set[Future[None]] = set()
            try:
                for batch in (batch for block in blocks for batch in bulk_lines.batches(block, LINES_AT_ONCE)):
                    under_way.add(pool.submit(self._insist, partial(self._server.write_all, batch)))
                    if len(under_way) > BLOCK_REQUESTS_AT_ONCE:
                        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                        for each in done:
                            each.result()
                done, _ = wait(under_way, return_when=FIRST_EXCEPTION)  # others may rest for long before they are tried
                for each in done:
                    each.result()
            except BaseException:
                with self._insist.over():
                    pool.shutdown(cancel_futures=True)
                raise
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
            self._hand_on()

    def flush(self) -> None:
        """Replace what waits, and return when nothing is on its way any more.

        Raises
        ------
        StoreError
            If some could not be replaced; the rest may be.
        """
        self._hand_on()
        while self._under_way:
            self._under_way[0][1].result()
            self._under_way.popleft()

    @contextmanager
    def overlapping(self) -> Iterator[None]:
        """See `Tables.overlapping`."""
        self._discard()
        self._overlapped = True
        try:
            yield
            self.flush()
        finally:
            self._overlapped = False
            self._discard()

    def _discard(self) -> None:
        """Forget what waits, of a derivation that failed; nothing is on its way any more when this returns."""
        self._waiting, self._rows_waiting = {}, 0
        for _, each in self._under_way:
            each.cancel()
        with self._insist.over():
            wait([each for _, each in self._under_way])
        self._under_way.clear()

    def _hand_on(self) -> None:
        """Have what waits replaced beside what the caller does; raises what failed of the rows before."""
        waiting, self._waiting, self._rows_waiting = self._waiting, {}, 0
        for (table, start, end), of_keys in waiting.items():
            for some in batched(of_keys, STATIONS_AT_ONCE):
                rows = {key: of_keys[key] for key in some}
                while self._under_way and sum(n for n, _ in self._under_way) > ROWS_UNDER_WAY:
                    self._under_way[0][1].result()
                    self._under_way.popleft()
                under_way = self._replacements.submit(self._replace, TABLES[table], rows, start, end)
                self._under_way.append((sum(len(times) for times, _ in rows.values()), under_way))

    def _replace(self, table: Table, now: dict[str, Columns], start: int, end: int) -> None:
        """Replace rows: what is the same is not written, what is there no more is deleted."""
        from ingestor.store import row_lines

        before = self._rows_of(table, now, start, end)
        self._guard()
        for key, there in before.items():
            now[key] = self._changed(table, key, there, *now[key])
        self._write(row_lines.batches(table, now, most_bytes=BYTES_AT_ONCE))

    def _changed(
        self, table: Table, key: str, there: dict[int, dict[str, Any]], times: Sequence[int], columns: Mapping[str, Any]
    ) -> Columns:
        """Delete rows of `key` that lose a value, which overwriting keeps; return those to be written.

        A deletion costs the server far more than rows do, so one takes all rows from the first of those to the last.
        """
        rows = dict(zip(times, zip(*columns.values(), strict=True), strict=True))
        kept = {
            at: {name: value for name, value in zip(columns, row, strict=True) if value is not None}
            for at, row in rows.items()
        }
        lost = [at for at, row in there.items() if row.keys() - kept.get(at, {}).keys()]
        first, last = (min(lost), max(lost)) if lost else (0, -1)
        if lost:
            statement = (
                f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key)} = {literal(key)}"
                f" AND time >= {_moment(first)} AND time <= {_moment(last)}"
            )
            self._insist(partial(self._server.command, statement))
        changed = [i for i, at in enumerate(times) if first <= at <= last or there.get(at) != kept[at]]
        return [times[i] for i in changed], {name: [each[i] for i in changed] for name, each in columns.items()}

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """See `Tables.keep_only`."""
        self.flush()
        self._insist.forget()
        declared = TABLES[table]
        statement = f"SHOW TAG VALUES FROM {quoted(declared.name)} WITH KEY = {quoted(declared.key)}"
        for row in self._server.query(statement):
            if row["value"] not in keys:
                condition = f"{quoted(declared.key)} = {literal(row['value'])}"
                self._insist(partial(self._server.command, f"DELETE FROM {quoted(declared.name)} WHERE {condition}"))

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

    def _write(self, batches: Iterable[bytes]) -> None:
        """Write lines; the server works on some while others are made and on their way."""
        sent = [self._requests.submit(self._insist, partial(self._server.write_all, batch)) for batch in batches]
        wait(sent)  # none may be on its way any more when a failure is told: what comes after it must win
        for each in sent:
            each.result()


def _of_readings(names: Sequence[str]) -> list[str]:
    """Return the names of flags, and of the values that have flags."""
    return [name for name in names if name.endswith(FLAG) or f"{name}{FLAG}" in names]


def _series_of(medium: str, station: str, period_s: int, group: "Group") -> dict[SeriesKey, RawSeries]:
    """Return the series of one station and period, of which every row has some values and their flags."""
    found = {}
    for name, flagged in group.fields.items():
        there = np.isfinite(flagged)
        if name.endswith(FLAG) and there.any():
            quantity = name.removesuffix(FLAG)
            values = group.fields.get(quantity, np.full(len(there), np.nan))[there]
            kept = flagged[there].astype(np.int64)
            missing = np.where(kept == flags.MISSING, np.nan, values)
            found[SeriesKey(medium, station, period_s, quantity)] = RawSeries(group.times[there], missing, kept)
    return found


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the items in tuples of a size, the last perhaps smaller: as `itertools.batched` of Python 3.12."""
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some


def _any_of(tag: str, values: Iterable[str]) -> str:
    return " OR ".join(f"{quoted(tag)} = {literal(value)}" for value in values)


def _moment(seconds: int) -> str:
    return "'" + dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") + "'"
