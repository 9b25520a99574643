"""Files of the archive: the raw readings of a month of a medium and city, as `qingjing import parquet` reads them.

A row group holds all quantities of some days of one station, so that a file is read back piece by piece. The digest
of the values is that of each series' times, bits of values and flags, whatever the pieces.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ingestor.backfill import exporting
from ingestor.config import DAY_S
from ingestor.derivation.spans import Span
from ingestor.store import RawSeries, SeriesKey, StoreError, Tables
from ingestor.store.archives import Extent
from sensors.errors import shown
from sensors.quantities import Medium

METADATA: Final = b"qingjing.archive"
WINDOW_S: Final[dict[Medium, int]] = {"air": 31 * DAY_S, "water": 31 * DAY_S, "noise": 3 * DAY_S}
"""Length of time of one station that a row group holds at most. [s]"""

Piece = dict[SeriesKey, RawSeries]


class ArchiveError(StoreError):
    """A file of the archive is not what it should be; nothing that it holds is deleted from the store."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds: its own name for good, the digest of its values, and what there is of each station."""

    uid: str
    digest: str
    stations: dict[str, Extent]


class _Digest:
    """Adds up what pieces hold."""

    def __init__(self) -> None:
        self._of: dict[SeriesKey, Any] = {}
        self.stations: dict[str, Extent] = {}

    def add(self, piece: Piece) -> None:
        for key, series in piece.items():
            rows = np.zeros(len(series.times), dtype=[("time", "<i8"), ("value", "<f8"), ("flag", "<i8")])
            rows["time"], rows["flag"] = series.times, series.flags
            rows["value"] = np.where(np.isnan(series.values), np.nan, series.values)
            self._of.setdefault(key, hashlib.sha256()).update(rows.tobytes())
            ends = Extent(int(series.times[0]), int(series.times[-1]), len(series.times))
            known = self.stations.get(key.station)
            self.stations[key.station] = ends if known is None else known.joined(ends)

    def contents(self, uid: str) -> Contents:
        every = hashlib.sha256()
        for key, each in sorted(self._of.items()):
            every.update(f"{tuple(key)} {each.hexdigest()}\n".encode())
        return Contents(uid=uid, digest=every.hexdigest(), stations=self.stations)


def write(
    store: Tables, medium: Medium, stations: list[str], month: Span, file: Path, advance: Callable[[int], None]
) -> Contents:
    """Write the raw readings of a month to a file, and make sure that they are on the disk.

    `advance` is told of stations done.

    Raises
    ------
    StoreError
        If the store cannot be read.
    OSError
        If the file cannot be written.
    """
    digest = _Digest()
    uid = uuid.uuid4().hex
    schema = exporting.RAW.with_metadata({METADATA: json.dumps({"uid": uid}).encode()})
    with file.open("wb") as out:
        with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
            for station in stations:
                for start in range(month.start, month.end, WINDOW_S[medium]):
                    end = min(start + WINDOW_S[medium], month.end)
                    piece = store.raw_of(medium, [station], start, end)
                    if piece:
                        digest.add(piece)
                        batches = [exporting.raw_batch(key, series) for key, series in piece.items()]
                        table = pa.Table.from_batches(batches, exporting.RAW).unify_dictionaries()
                        writer.write_table(table, row_group_size=table.num_rows)  # else cut after 2**20 rows
                advance(1)
        out.flush()
        os.fsync(out.fileno())
    return digest.contents(uid)


def put_in_place(part: Path, file: Path) -> None:
    """Give a file its name, and make sure that this is on the disk, too."""
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def uid_of(file: Path) -> str | None:
    """Return the name for good that a file of an archive has; None of any other file."""
    if not file.is_file():
        return None
    try:
        metadata = parquet.read_schema(file).metadata or {}
        return str(json.loads(metadata[METADATA])["uid"])
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowException):
        return None


def contents(file: Path) -> Contents:
    """Return what a file holds, all of it read.

    Raises
    ------
    ArchiveError
        If it is not there, or is no whole file of an archive.
    """
    digest = _Digest()
    for piece in pieces(file):
        digest.add(piece)
    return digest.contents(uid_of(file) or "")


def pieces(file: Path) -> Iterator[Piece]:
    """Yield what a file holds, each piece of one station.

    Raises
    ------
    ArchiveError
        As `contents`.
    """
    try:
        with parquet.ParquetFile(file) as opened:
            for number in range(opened.num_row_groups):
                yield _series(opened.read_row_group(number))
    except (OSError, pa.ArrowException) as error:
        told = shown(" ".join(str(error).split()), 200)
        raise ArchiveError(
            f"archive {file}: expected a whole file, got {told}; put it back, nothing is deleted"
        ) from error


def _series(table: Any) -> Piece:
    names = {name: table.column(name).combine_chunks() for name in ("medium", "station", "quantity")}
    encoded = {name: (each.dictionary.to_pylist(), each.indices.to_numpy()) for name, each in names.items()}
    periods = table.column("period_s").to_numpy()
    times = table.column("time").cast(pa.int64()).to_numpy() // 1000
    values = pc.fill_null(table.column("value"), float("nan")).to_numpy()
    codes = table.column("flag").to_numpy().astype(np.int64)
    number = np.stack([each for _, each in encoded.values()] + [periods])
    starts = np.flatnonzero(np.diff(number, axis=1, prepend=number[:, :1] - 1).any(axis=0))
    found = {}
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(times)], strict=True):
        medium, station, quantity = (known[index[first]] for known, index in encoded.values())
        key = SeriesKey(medium, station, int(periods[first]), quantity)
        found[key] = RawSeries(times[first:end], values[first:end], codes[first:end])
    return found
