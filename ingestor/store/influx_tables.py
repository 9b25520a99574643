"""The tables of the store on InfluxDB: raw readings and derived rows, through InfluxQL."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from ingestor.schema import TABLES, Kind, Table
from ingestor.store import line_protocol
from ingestor.store.influx_server import InfluxServer, literal, quoted
from ingestor.store.ports import EVER, RawSeries, SeriesKey, raw_series
from sensors.quantities import MEDIA

LINES_AT_ONCE = 5000

_READ: Final[dict[Kind, Callable[[str], Any]]] = {"REAL": float, "INTEGER": int, "TEXT": str}


class InfluxTables:
    """Implements `Tables` but for counters and `replacing`, which need the ledger."""

    def __init__(self, server: InfluxServer) -> None:
        self._server = server

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

    def stored_values(self) -> int:
        """See `Tables.stored_values`."""
        rows = [row for medium in MEDIA for row in self._server.query(f"SELECT count(/_flag$/) FROM {quoted(medium)}")]
        return sum(int(float(n)) for row in rows for name, n in row.items() if name.startswith("count_") and n)

    def replace(self, table: str, key: str, times: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """See `Tables.replace`: what is the same is not written, what is there no more is deleted."""
        declared = TABLES[table]
        before = dict(self._rows(declared, key))
        now = dict(zip(times, zip(*columns.values(), strict=True), strict=True))
        names = list(columns)
        deleted = [at for at, row in before.items() if _loses(row, dict(zip(names, now.get(at, ()), strict=False)))]
        gone = set(deleted)
        head = f"{declared.name},{declared.key}={key}"
        lines = []
        for at, row in now.items():
            values = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            if values and (at in gone or before.get(at) != values):
                fields = ",".join(f"{name}={_field(declared.columns[name], value)}" for name, value in values.items())
                lines.append(f"{head} {fields} {at}\n")
        self._delete(declared, key, deleted)
        self._write(lines)

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """See `Tables.keep_only`."""
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

    def _delete(self, table: Table, key: str, times: list[int]) -> None:
        for at in times:
            self._server.command(
                f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key)} = {literal(key)} AND time = {_moment(at)}"
            )

    def _write(self, lines: list[str]) -> None:
        for start in range(0, len(lines), LINES_AT_ONCE):
            self._server.write_all("".join(lines[start : start + LINES_AT_ONCE]).encode())


def _loses(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether a row that is overwritten would keep a value that it should not have any more."""
    return any(now.get(name) is None for name in before)


def _field(kind: Kind, value: Any) -> str:
    if kind == "TEXT":
        return line_protocol.text(value)
    return f"{int(value)}i" if kind == "INTEGER" else repr(float(value))


def _moment(seconds: int) -> str:
    return "'" + dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") + "'"
