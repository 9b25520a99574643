"""The store as files: raw readings as `native` reads them, derived tables, figures; in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from aggregations.figures import Figure
from ingestor.config import Config
from ingestor.schema import TABLES, Kind
from ingestor.scopes import Scope
from ingestor.store.ports import RawSeries, SeriesKey, Tables
from sensors.quantities import MEDIA

WINDOW_S: Final = 92 * 86_400
"""Length of time of one station that is read at once. [s]"""
ROWS_A_BATCH: Final = 50_000

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_TIME: Final = pa.timestamp("ms", "UTC")
RAW: Final = pa.schema(
    [
        ("medium", _TEXT), ("station", _TEXT), ("period_s", pa.int32()), ("quantity", _TEXT), ("time", _TIME),
        ("value", pa.float64()), ("flag", pa.int8()),
    ]
)  # fmt: skip
_KINDS: Final[dict[Kind, Any]] = {"REAL": pa.float64(), "INTEGER": pa.int64(), "TEXT": pa.string()}
FIGURES: Final = pa.schema(
    [
        ("scope", pa.string()), ("period", pa.string()), ("mode", pa.string()), ("indicator", pa.string()),
        ("value", pa.string()), ("unit", pa.string()), ("valid", pa.int64()), ("expected", pa.int64()),
        ("sufficient", pa.bool_()), ("audited", pa.bool_()), ("label", pa.string()), ("editions", pa.string()),
        ("revision", pa.int64()),
    ]
)  # fmt: skip


def raw_batches(store: Tables, scope: Scope | None, start: int, end: int) -> Iterator[Any]:
    """Yield the raw readings with start <= time < end as batches of `RAW`: by station, then 92 days at a time.

    Without a scope those of all stations that the store holds, registered or not.
    """
    for medium in MEDIA:
        chosen = None if scope is None else {station.id for station in scope.stations[medium]}
        held = dict.fromkeys(key.station for key in store.series(medium))
        for station in (each for each in held if chosen is None or each in chosen):
            found = store.extents(medium, [station], start, end).get(station)
            if found is None:
                continue
            for first in range(found[0], found[1] + 1, WINDOW_S):
                until = min(first + WINDOW_S, found[1] + 1)
                for key, series in store.raw_of(medium, [station], first, until).items():
                    yield raw_batch(key, series)


def raw_batch(key: SeriesKey, series: RawSeries) -> Any:
    """Return a series as a batch of `RAW`."""
    count = len(series.times)

    def same(text: str) -> Any:
        return pa.DictionaryArray.from_arrays(np.zeros(count, dtype=np.int32), pa.array([text]))

    return pa.record_batch(
        [
            same(key.medium),
            same(key.station),
            pa.array(np.full(count, key.period_s, dtype=np.int32)),
            same(key.quantity),
            pa.array(series.times * 1000).cast(_TIME),
            pa.array(series.values, mask=np.isnan(series.values)),
            pa.array(series.flags.astype(np.int8)),
        ],
        schema=RAW,
    )


def table_schema(name: str) -> Any:
    """Return the columns of a derived table as a file has them."""
    table = TABLES[name]
    columns = [(column, _KINDS[kind]) for column, kind in table.columns.items()]
    return pa.schema([(table.key, pa.string()), ("time", _TIME), *columns])


def table_batches(store: Tables, name: str, keys: Iterable[str], start: int, end: int) -> Iterator[Any]:
    """Yield the rows of a derived table of some keys, with start <= time < end, in batches of its schema."""
    schema, columns = table_schema(name), list(TABLES[name].columns)
    for key in keys:
        rows = store.read(name, key, start, end, columns)
        while some := list(islice(rows, ROWS_A_BATCH)):
            times, *cells = zip(*some, strict=True)
            arrays = [pa.array([key] * len(some)), pa.array([at * 1000 for at in times]).cast(_TIME)]
            kinds = TABLES[name].columns.values()
            arrays += [pa.array(column, type=_KINDS[kind]) for column, kind in zip(cells, kinds, strict=True)]
            yield pa.record_batch(arrays, schema=schema)


def figures_batch(figures: Sequence[Figure], revisions: Sequence[int | None]) -> Any:
    """Return figures as one batch of `FIGURES`; values are decimals as they are published.

    Editions stand with the digests of their files. `revisions` are those that say what the figures say, None where
    nobody published them.
    """
    rows = [
        {
            **{name: getattr(figure, name, None) for name in FIGURES.names},
            "value": None if figure.value is None else str(figure.value),
            "editions": "; ".join(f"{edition} ({digest})" for edition, digest in figure.editions.items()),
            "revision": revision,
        }
        for figure, revision in zip(figures, revisions, strict=True)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=FIGURES)


def keys_of(config: Config, table: str, scope: Scope | None) -> list[str]:
    """Return the keys of a derived table's rows: stations, cities, or districts, of a scope or all."""
    medium = next((each for each in MEDIA if f"{each}_" in table), MEDIA[0])
    stations = config.register.of(medium) if scope is None else scope.stations[medium]
    if TABLES[table].key == "station":
        return [station.id for station in stations]
    if TABLES[table].key == "city":
        return list(dict.fromkeys(station.city for station in stations))
    return list(dict.fromkeys(f"{station.city}/{station.district}" for station in stations if station.district))


def write_csv(
    batches: Iterable[Any], schema: Any, out: IO[bytes], progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write batches as CSV with times such as 2020-06-02T16:00:00Z; return the number of rows.

    Numbers have the fewest digits that give the same bits when they are read back.
    """
    plain = pa.schema(
        [
            (field.name, pa.string() if pa.types.is_timestamp(field.type) or field.type == _TEXT else field.type)
            for field in schema
        ]
    )
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    out.write((",".join(schema.names) + "\n").encode())
    rows = 0
    for batch in batches:
        columns = [_as_text(column) for column in batch.columns]
        arrow_csv.write_csv(pa.RecordBatch.from_arrays(columns, schema=plain), out, options)
        rows += batch.num_rows
        progress(batch.num_rows)
    return rows


def _as_text(column: Any) -> Any:
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s", "UTC"))
        return pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    return column.cast(pa.string()) if column.type == _TEXT else column


def write_parquet(
    batches: Iterable[Any], schema: Any, file: Path, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write batches as Parquet, some together in a row group; return the number of rows."""
    rows = waiting = 0
    together: list[Any] = []
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            together.append(batch)
            waiting += batch.num_rows
            rows += batch.num_rows
            progress(batch.num_rows)
            if waiting >= ROWS_A_BATCH * 5:
                writer.write_table(pa.Table.from_batches(together, schema).unify_dictionaries())
                together, waiting = [], 0
        writer.write_table(pa.Table.from_batches(together, schema).unify_dictionaries())
    return rows
