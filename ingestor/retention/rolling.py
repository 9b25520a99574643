"""Rolling: from the store to the archive, in an order that loses nothing wherever the process dies.

The file is written under another name and synced, read back and compared with what the store gave, renamed, noted in
the ledger, and then the readings are deleted a piece at a time, each only where it is bit by bit what the file holds.
What arrives meanwhile stays. The next run goes on where this one ended: a file without a note is written again, a note
without all deletions is completed.
"""

import contextlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ingestor.config import Config
from ingestor.derivation.archived import span_of_month
from ingestor.retention import files
from ingestor.retention.planning import Month, outlook, raw_days
from ingestor.store import Store, StoreError
from ingestor.store.archives import Archived
from ingestor.store.sqlite import SqliteStore

VALUES_AT_ONCE: Final = 15_000
"""Values that one transaction of SQLite deletes at most, more or less: the collector waits for its end."""


class Rolled(msgspec.Struct, frozen=True, kw_only=True):
    """A month that was rolled: its file, the values in it, and how many of them were deleted from the store now."""

    month: str
    medium: str
    city: str
    file: str
    values: int
    deleted: int


class BadFilesError(StoreError):
    """Files of the archive that are not what they should be, each on a line; `rolled` are the months of the others."""

    def __init__(self, bad: list[files.ArchiveError], rolled: list[Rolled]) -> None:
        super().__init__("\n".join(map(str, bad)))
        self.bad, self.rolled = bad, rolled


def roll(
    config: Config,
    store: Store,
    folder: Path,
    *,
    now: float,
    between: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Rolled]:
    """Roll the months that are due at a moment, and complete those that an earlier run did not. [s since 1970]

    Whoever calls holds the lane of derivation. `between` is called before each transaction, `progress` with the months
    done and those to be done.

    Raises
    ------
    ConfigError
        If no setting says how long readings stay.
    BadFilesError
        At the end, if files do not hold what they should: their months were left out.
    StoreError
        If the store cannot delete readings, or cannot be used.
    OSError
        If a file cannot be written.
    """
    raw_days(config)
    store.check_can_remove()
    todo = [each for each in outlook(config, store, str(folder), now=now).months if each.state in ("due", "unfinished")]
    done: list[Rolled] = []
    bad: list[files.ArchiveError] = []
    for number, each in enumerate(todo):
        progress(number, len(todo))
        key = (each.month, each.medium, each.city)
        try:
            if each.state == "due":
                _archive(config, store, each, folder, between)
            noted = [a for a in store.archived() if (a.month, a.medium, a.city) == key and not a.deleted]
            done += [_delete(config, store, archived, folder, between) for archived in noted]
        except files.ArchiveError as error:
            bad.append(error)
        progress(number + 1, len(todo))
    if bad:
        raise BadFilesError(bad, done)
    return done


def _archive(config: Config, store: Store, month: Month, folder: Path, between: Callable[[], None]) -> None:
    """Write the file of a month and note it; of one that is there already and holds the same only the note."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [station.id for station in config.register.of(month.medium, month.city)]
    span = span_of_month(config, month.month)
    name = f"{month.month}-{month.medium}-{month.city}"
    part = folder / f"{name}.parquet.part"
    try:
        written = files.write(store, month.medium, ids, span, part, lambda _: between())
        if files.contents(part) != written:
            raise files.ArchiveError(
                f"archive {part}: expected what was written, got something else; nothing is deleted"
            )
        for file in _names(folder, name):
            if not file.exists():
                files.put_in_place(part, file)
                break
            with contextlib.suppress(files.ArchiveError):
                there = files.contents(file)
                if there.digest == written.digest and there.uid:  # of a run that died before its note
                    written = there
                    break
    finally:
        part.unlink(missing_ok=True)
    between()
    store.add_archive(
        Archived(
            uid=written.uid, month=month.month, medium=month.medium, city=month.city, file=file.name,
            digest=written.digest, stations=written.stations,
        )
    )  # fmt: skip


def _names(folder: Path, name: str) -> Iterator[Path]:
    """Yield names for a file, the first that is free to be taken: what is there is never written over."""
    yield folder / f"{name}.parquet"
    number = 2
    while True:
        yield folder / f"{name}-{number}.parquet"
        number += 1


def _delete(
    config: Config, store: Store, archived: Archived, folder: Path, between: Callable[[], None]
) -> Rolled:  # fmt: skip
    """Delete from the store what the file of a month holds, once all of the file was read and found right."""
    file = folder / archived.file
    there = files.contents(file)
    if (there.uid, there.digest) != (archived.uid, archived.digest):
        raise files.ArchiveError(
            f"archive {file}: expected the file that was written, got another; nothing more is deleted"
        )
    span = span_of_month(config, archived.month)
    start, end = span.start, span.end
    deleted = 0
    for piece in files.pieces(file):
        if next(iter(piece)).station not in archived.stations:
            continue
        for first, until in _windows(piece, start, end, store):
            between()
            deleted += store.remove_raw(piece, first, until)
    between()
    store.set_archive_deleted(archived.uid)
    values = archived.values
    return Rolled(
        month=archived.month, medium=archived.medium, city=archived.city, file=str(file), values=values, deleted=deleted
    )


def _windows(piece: files.Piece, start: int, end: int, store: Store) -> Iterator[tuple[int, int]]:
    """Yield ranges of time that together hold a piece; InfluxDB deletes many values at once as fast as few."""
    times = np.sort(np.concatenate([series.times for series in piece.values()]))
    first, last = max(start, int(times[0])), min(end, int(times[-1]) + 1)
    cuts = np.unique(times[VALUES_AT_ONCE::VALUES_AT_ONCE]).tolist() if isinstance(store, SqliteStore) else []
    edges = [first, *(cut for cut in cuts if first < cut < last), last]
    yield from pairwise(edges)
