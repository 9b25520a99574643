"""qingjing's own files: CSV and Parquet, long (a row a value) and wide (a row a time).

    medium,station,period_s,quantity,time,value,flag        long
    medium,station,period_s,time,pm25,pm25_flag,o3,...      wide

`time` starts the period, RFC 3339 with an offset (Parquet: a timestamp with a zone). `flag` is a code of
`sensors.flags`, 1 where the column or the field is missing. A value that is missing is 9 in a long file; in a wide one
an empty field is no value at all, unless its flag says 9. `qingjing export` writes long ones.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ingestor.backfill import columns as texts
from ingestor.backfill.building import Item, groups, picked
from ingestor.backfill.columns import Layout
from ingestor.backfill.lines import Advance, BrokenFileError, Chunk, chunks, opened
from ingestor.backfill.parts import SHOWN_BYTES, Bools, Columns, Fault, Longs, Part, Settings, Source
from ingestor.store.ports import NO_VALUE
from sensors import flags
from sensors.errors import shown

LONG: Final = ("medium", "station", "period_s", "quantity", "time", "value", "flag")
WIDE: Final = ("medium", "station", "period_s", "time")
ROWS_A_BATCH: Final = 262_144
_FLAG: Final = "_flag"


class _Table(msgspec.Struct, frozen=True):
    """Rows of either kind of file: texts as Arrow arrays, moments in seconds, numbers with what stands there."""

    source: Source
    lines: Longs
    texts: dict[str, Any]
    period_s: Longs
    times: Longs
    numbers: dict[str, Any]
    there: dict[str, Bools]


class _Rows(msgspec.Struct, frozen=True):
    """Rows of a Parquet file. Implements `Source`; rows are numbered from 1."""

    table: Any
    first: int
    place: str = ""

    @property
    def header(self) -> bytes:
        """See `Source.header`."""
        return ",".join(self.table.schema.names).encode()[: 10 * SHOWN_BYTES]

    def row(self, line: int) -> bytes:
        """See `Source.row`."""
        row = self.table.slice(line - self.first, 1).to_pylist()[0]
        return ",".join("" if value is None else str(value) for value in row.values()).encode()[:SHOWN_BYTES]


def read_csv(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the parts of a CSV file, packed with gzip or not.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = texts.names_of(chunk)
            is_long = _is_long(names)
            words = ("medium", "station", "time", *(["quantity"] if is_long else []))
            layout = Layout(tuple(name for name in names if name not in words), words)
            rows = texts.parse(chunk, names, layout)
            yield from rows.faults
            period = rows.numbers["period_s"]
            whole = np.isfinite(period) & (period == np.floor(period)) & (np.abs(period) < 2**31)
            times, timed, faults = _moments(rows.texts["time"], rows.lines, chunk, settings)
            yield from faults
            if not whole.all():
                detail = "period_s: expected whole seconds, got something else"
                yield Fault("wrong_type", detail, "period_s", rows.lines[~whole], chunk)
            good = whole & timed
            rows = texts.only(rows, good)
            table = _Table(
                chunk,
                rows.lines,
                rows.texts,
                period[good].astype(np.int64),
                times[good],
                {name: values for name, values in rows.numbers.items() if name != "period_s"},
                rows.there,
            )
            yield from _long(table) if is_long else _wide(table)


def read_parquet(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the parts of a Parquet file.

    Raises
    ------
    BrokenFileError
        If it is none, has other columns or types, or cannot be read to its end.
    """
    size = file.stat().st_size
    try:
        with parquet.ParquetFile(file) as opened_file:
            names = opened_file.schema_arrow.names
            texts.expect_once(names)
            is_long = _is_long(names)
            first, rows = 1, max(1, opened_file.metadata.num_rows)
            for batch in opened_file.iter_batches(ROWS_A_BATCH):
                table, faults = _parquet_table(pa.Table.from_batches([batch]), first, settings, is_long=is_long)
                yield from faults
                yield from _long(table) if is_long else _wide(table)
                advance(size * batch.num_rows // rows)
                first += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError) as error:
        told = " ".join(str(error).split())
        raise BrokenFileError(f"file: expected a whole Parquet file, got {shown(told, 200)}") from error


def _is_long(names: Sequence[str]) -> bool:
    if set(LONG[:-1]) <= set(names) <= set(LONG):
        return True
    if set(WIDE) <= set(names) and len(names) > len(WIDE) and "quantity" not in names:
        return False
    raise BrokenFileError(
        f"line 1: expected columns {', '.join(LONG)}, or {', '.join(WIDE)} and quantities, "
        f"got {shown(', '.join(names))}"
    )


def _parquet_table(table: Any, first: int, settings: Settings, *, is_long: bool) -> tuple[_Table, list[Fault]]:
    source = _Rows(table, first)
    lines = np.arange(first, first + table.num_rows, dtype=np.int64)
    stamps = table.column("time")
    if not pa.types.is_timestamp(stamps.type):
        raise BrokenFileError(f"time: expected timestamps, got {stamps.type}")
    if stamps.type.tz is None and settings.offset_s is None:
        raise BrokenFileError("time: expected timestamps with a zone, got none; --zone says which offset they have")
    shift = 0 if stamps.type.tz is not None else settings.offset_s or 0
    micros = stamps.cast(pa.timestamp("us", stamps.type.tz), safe=False).cast(pa.int64())
    timed = ~micros.is_null().to_numpy()
    times = np.floor_divide(pc.fill_null(micros, 0).to_numpy(), 1_000_000) - shift
    words = {name: table.column(name).cast(pa.string()) for name in ("medium", "station")}
    if is_long:
        words["quantity"] = table.column("quantity").cast(pa.string())
    good = timed.copy()
    for name, column in words.items():
        words[name] = pc.fill_null(column, "").combine_chunks()
    periods = table.column("period_s")
    if not pa.types.is_integer(periods.type):
        raise BrokenFileError(f"period_s: expected integers, got {periods.type}")
    good &= ~periods.is_null().to_numpy()
    faults = [] if good.all() else [Fault("wrong_type", "time, period_s: got nothing", "time", lines[~good], source)]
    named = {*words, "time", "period_s"}
    numbers, there = {}, {}
    for name in table.column_names:
        if name not in named:
            column = table.column(name)
            there[name] = ~column.is_null().to_numpy()[good]
            numbers[name] = pc.fill_null(column.cast(pa.float64()), math.nan).to_numpy()[good]
    mask = pa.array(good)
    return _Table(
        source,
        lines[good],
        {name: column.filter(mask) for name, column in words.items()},
        pc.fill_null(periods.cast(pa.int64()), 0).to_numpy()[good],
        times[good],
        numbers,
        there,
    ), faults


def _long(table: _Table) -> Iterator[Part]:
    values, there = table.numbers["value"], table.there["value"]
    codes = _codes(table, "flag", np.where(there, flags.GOOD, flags.MISSING))
    codes = np.where(codes == NO_VALUE, -1, codes)  # a code of the store that no file may say
    for key, chosen in _series(table, "quantity"):
        medium, station, period_s, quantity = key
        column = {quantity: (values[chosen], codes[chosen])}
        yield Part(medium, station, period_s, table.times[chosen], column, table.lines[chosen], table.source)


def _wide(table: _Table) -> Iterator[Part]:
    quantities = [name for name in table.numbers if not name.endswith(_FLAG)]
    columns: Columns = {}
    for quantity in quantities:
        there = table.there[quantity]
        usual = np.where(there, flags.GOOD, NO_VALUE)
        columns[quantity] = (table.numbers[quantity], _codes(table, f"{quantity}{_FLAG}", usual))
    for name in table.numbers:
        if name.endswith(_FLAG) and name.removesuffix(_FLAG) not in quantities:
            raise BrokenFileError(f"line 1: {name}: expected the column {name.removesuffix(_FLAG)} beside it, got none")
    for (medium, station, period_s, _), chosen in _series(table, None):
        yield Part(
            medium,
            station,
            period_s,
            table.times[chosen],
            picked(columns, chosen),
            table.lines[chosen],
            table.source,
        )


def _codes(table: _Table, column: str, usual: Longs) -> Longs:
    """Flags of a column, `usual` where it says nothing; what is no small whole number becomes -1."""
    if column not in table.numbers:
        return usual
    said, there = table.numbers[column], table.there[column]
    whole = there & (np.abs(said) < 100) & (said == np.round(said))
    return np.where(there, np.where(whole, np.where(whole, said, 0).astype(np.int64), -1), usual)


def _series(table: _Table, by: str | None) -> Iterator[tuple[tuple[str, str, int, str], Longs]]:
    """Yield (medium, station, period_s, quantity) and the rows of each, in the order in which they first stand."""
    parts = [table.texts["medium"], table.texts["station"], *([table.texts[by]] if by else [])]
    encoded = [part.dictionary_encode() for part in parts]
    periods, period_of = np.unique(table.period_s, return_inverse=True)
    index = period_of.astype(np.int64)
    for each in encoded:
        index = index * len(each.dictionary) + each.indices.to_numpy().astype(np.int64)
    _, first, compact = np.unique(index, return_index=True, return_inverse=True)
    names = [(each.dictionary.to_pylist(), each.indices.to_numpy()) for each in encoded]
    found = list(groups(compact.astype(np.int64), len(first))) if len(first) else []
    for number in np.argsort(first, kind="stable").tolist():
        row = first[number]
        medium, station, *rest = [known[places[row]] for known, places in names]
        yield (medium, station, int(periods[period_of[row]]), rest[0] if rest else ""), found[number]


def _moments(column: Any, lines: Longs, chunk: Chunk, settings: Settings) -> tuple[Longs, Bools, list[Fault]]:
    """Seconds since 1970 of texts, which of them could be read, and why the others could not."""
    encoded = column.dictionary_encode()  # few moments stand in many rows
    known = encoded.dictionary
    try:
        seconds = np.floor_divide(known.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(), 1_000_000)
        wrong: dict[int, tuple[str, str]] = {}
    except pa.ArrowInvalid:
        seconds, wrong = _moments_one_by_one(known.to_pylist(), settings)
    index = encoded.indices.to_numpy()
    faults = []
    good = np.ones(len(index), dtype=np.bool_)
    if wrong:
        good = ~np.isin(index, list(wrong))
        for code in dict.fromkeys(code for code, _ in wrong.values()):
            of_it = np.isin(index, [i for i, (each, _) in wrong.items() if each == code])
            detail = wrong[int(index[np.argmax(of_it)])][1]
            faults.append(Fault(code, detail, "time", lines[of_it], chunk))
    return (seconds[index] if len(known) else np.zeros(0, dtype=np.int64)), good, faults


def _moments_one_by_one(words: Sequence[str], settings: Settings) -> tuple[Longs, dict[int, tuple[str, str]]]:
    found = np.zeros(len(words), dtype=np.int64)
    wrong = {}
    for i, word in enumerate(words):
        try:
            moment = dt.datetime.fromisoformat(word)
        except ValueError:
            wrong[i] = ("bad_time", f"time: expected a time such as 2020-01-01T08:00:00+08:00, got {shown(word)}")
            continue
        if moment.tzinfo is None:
            if settings.offset_s is None:
                wrong[i] = ("naive_time", f"time: expected an offset such as +08:00, or --zone, got {shown(word)}")
                continue
            moment = moment.replace(tzinfo=dt.timezone(dt.timedelta(seconds=settings.offset_s)))
        found[i] = math.floor(moment.timestamp())
    return found, wrong
