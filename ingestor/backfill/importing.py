"""History in bulk: files past MQTT into the store, checked as messages are; what is refused goes to quarantine.

Whatever interrupts it, the same import again ends in the same store: everything is written again, and writing a value
again changes nothing. What is refused is told together by file and reason: an excerpt of its rows lies in quarantine.
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, Protocol

import msgspec
import numpy as np

from ingestor.backfill import shifts
from ingestor.backfill.ahead import read_ahead
from ingestor.backfill.building import Item, whole_file
from ingestor.backfill.checks import Bounds, joined, screened
from ingestor.backfill.lines import BrokenFileError
from ingestor.backfill.parts import SHOWN_BYTES, Fault, Longs, Part, Settings
from ingestor.backfill.reading import Reader
from ingestor.config import Config
from ingestor.retention import restoring
from ingestor.retention.files import uid_of
from ingestor.store import Arrival, InfluxStore, RawSeries, SeriesKey, SqliteStore, Store, StoreError
from ingestor.store.archives import Extent
from ingestor.store.ports import NO_VALUE, Block
from sensors.errors import ConfigError, shown
from sensors.reading import Refusal

SOURCE: Final = "(import)"
"""The source of what files of history put into quarantine; no source of config/ can have this name."""
MAX_AHEAD_S: Final = 300
NOT_BEFORE: Final = dt.date(2000, 1, 1)
VALUES_AT_ONCE: Final = 500_000
"""Values after which what was read is stored: in SQLite one transaction."""
ROWS_KEPT: Final = 20
"""Rows of a refusal that quarantine keeps."""
REFUSALS_KEPT: Final = 1000
"""Refusals of a file that are told one by one; others of the same code are told together."""


Head = tuple[str, str, int]
"""Medium, station and period of a block."""


class Target(Protocol):
    """Of a store, what an import needs. See `Intake` and `Tables`."""

    def load(self, blocks: Sequence[Block]) -> int:
        """Store readings; return the number of values."""

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """Keep what was refused."""

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """Return series of some stations."""

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """Return by station the first and the last moment."""


class Unchanged:
    """A store that is only compared with, of which nothing is changed: for a dry run. Implements `Target`.

    Where it cannot be read, `away` says why, and from then on it is taken for empty.
    """

    def __init__(self, store: shifts.Raw | None, *, away: str | None = None) -> None:
        self._store, self.away = store, away

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """See `Target.raw_of`."""
        with self._noticed():
            if self._store is not None:
                return self._store.raw_of(medium, list(stations), start, end)
        return {}

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """See `Target.extents`."""
        with self._noticed():
            if self._store is not None:
                return self._store.extents(medium, list(stations), start, end)
        return {}

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            self._store, self.away = None, str(error)

    def load(self, blocks: Sequence[Block]) -> int:  # noqa: ARG002
        """Store nothing."""
        return 0

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """Keep nothing."""


class Refused(msgspec.Struct, frozen=True):
    """What was refused of a file for one reason: how many rows, the first and the last (None: the whole file)."""

    file: str
    code: str
    detail: str
    rows: int
    first: int | None
    last: int | None


class FileResults(msgspec.Struct):
    """What a file gave: rows read, values stored (or good, where nothing is stored), rows refused in part or whole."""

    file: str
    rows: int = 0
    values: int = 0
    rows_refused: int = 0


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A month whose readings are in the store again, but for those of stations that are `missing`: not all of them
    could be stored."""

    file: str
    month: str
    medium: str
    city: str
    missing: list[str]


class Imported(msgspec.Struct, frozen=True):
    """What became of some files."""

    files: list[FileResults]
    refused: list[Refused]
    restored: list[Restored] = []


class _Group:
    """Faults of a file that are told together."""

    def __init__(self, fault: Fault, file: Path) -> None:
        self.code, self.file, self.rows = fault.code, file, 0
        self.place, self.header = fault.source.place, fault.source.header
        self.detail = fault.detail
        self.first = self.last = int(fault.lines[0]) if len(fault.lines) else None
        self.excerpt: list[bytes] = []

    def add(self, fault: Fault) -> None:
        self.rows += len(fault.lines)
        if len(fault.lines):
            self.last = int(fault.lines[-1])
        for line in fault.lines[: ROWS_KEPT - len(self.excerpt)].tolist():
            self.excerpt.append(fault.source.row(line))

    def refused(self) -> Refused:
        place = f"{self.place}: " if self.place else ""
        return Refused(str(self.file), self.code, f"{place}{self.detail}", self.rows, self.first, self.last)

    def arrival(self, now: float) -> Arrival:
        """What quarantine keeps: the header and the first rows."""
        return Arrival(
            SOURCE,
            f"{self.file.name}: {self.place}" if self.place else self.file.name,
            now,
            b"\n".join([self.header[: 10 * SHOWN_BYTES], *self.excerpt, b""]),
            [],
            [Refusal(self.code, told(self.refused()))],
        )


def told(refused: Refused) -> str:
    """Return where a refusal begins, its reason, and how many rows it holds for."""
    at = "" if refused.first is None else f"line {refused.first}: "
    more = "" if refused.rows <= 1 else f" (and {refused.rows - 1:,} more rows, the last {refused.last})"
    return f"{at}{refused.detail}{more}"


class _Import:
    """One run over some files; `store` None only checks."""

    def __init__(self, config: Config, store: Target | None, *, force: bool) -> None:
        self._bounds = Bounds(
            config.quantities,
            config.register,
            config.start_of(NOT_BEFORE),
            int(time.time()) + MAX_AHEAD_S,
            config.offset_s,
        )
        self._store = store
        self._shift_s = 0 if force else config.offset_s
        self._waiting: dict[Head, list[Block]] = {}
        self._values_waiting = 0
        self._of_earlier_files: set[Head] = set()
        self._shifted_here: set[Head] = set()
        self._groups: dict[tuple[str, str], _Group] = {}
        self._restoring = False
        self.taken: dict[tuple[str, str], Extent] = {}
        self.added = 0

    def begin(self, *, restoring: bool) -> None:
        """Begin a file: one of the archive leaves values that the store has."""
        if restoring or self._restoring:
            self.flush()
        self._restoring = restoring
        self.taken = {}
        self.added = 0

    def file(self, file: Path, items: Iterator[Item]) -> tuple[FileResults, list[Refused]]:
        """Import one file, whose parts and faults are given."""
        results = FileResults(str(file))
        self._groups.clear()
        self._shifted_here.clear()
        self._of_earlier_files |= self._waiting.keys()
        seen, refused_rows = _Rows(), _Rows()
        for item in items:
            faults = [item] if isinstance(item, Fault) else self._part(item, results)
            if isinstance(item, Part):
                seen.add(item.source, item.lines)
            for fault in faults:
                self._note(fault, file)
                seen.add(fault.source, fault.lines)
                refused_rows.add(fault.source, fault.lines)
        results.rows, results.rows_refused = seen.count(), refused_rows.count()
        groups = list(self._groups.values())
        if self._store is not None and groups:
            now = time.time()
            self._store.commit([group.arrival(now) for group in groups])
        return results, [group.refused() for group in groups]

    def flush(self) -> None:
        """Store what waits."""
        if self._store is not None and self._waiting:
            blocks = [joined(blocks) for blocks in self._waiting.values()]
            if self._restoring:
                assert isinstance(self._store, SqliteStore | InfluxStore)  # as `import_files` made sure
                self.added += self._store.load(blocks, restoring=True)
            else:
                self.added += self._store.load(blocks)
        self._waiting, self._values_waiting = {}, 0
        self._of_earlier_files.clear()

    def _part(self, part: Part, results: FileResults) -> list[Fault]:
        block, faults = screened(part, self._bounds)
        if block is None:
            return faults
        key = (block.medium, block.station, block.period_s)
        if key in self._of_earlier_files:  # so that it is compared with what those brought
            self.flush()
        shifted = self._shifted(block, part, key)
        if shifted is not None:
            return [*faults, shifted]
        values = sum(int((codes != NO_VALUE).sum()) for _, codes in block.columns.values())
        results.values += values
        self._take(block, values)
        if self._store is not None:
            self._waiting.setdefault(key, []).append(block)
            self._values_waiting += values
            if self._values_waiting >= VALUES_AT_ONCE:
                self.flush()
        return faults

    def _take(self, block: Block, values: int) -> None:
        """Remember what a file gave of a station; a part of it may have come before."""
        of = (block.medium, block.station)
        ends = Extent(int(block.times[0]), int(block.times[-1]), values)
        self.taken[of] = self.taken[of].joined(ends) if of in self.taken else ends

    def _shifted(self, block: Block, part: Part, key: Head) -> Fault | None:
        """The fault of hours that the store holds at another time; then all of the station's in this file."""
        if self._store is None or self._restoring or key in self._waiting:
            return None
        known = key in self._shifted_here
        found = None if known else shifts.shift_of(block, self._store, self._shift_s)
        if found is None and not known:
            return None
        self._shifted_here.add(key)
        way = "" if found is None else " later" if found > 0 else " earlier"
        detail = (
            f"{block.station}: expected hours at the times at which the store has them, got equal values "
            f"{abs(self._shift_s) / 3600:g} h{way}: is its zone right? --zone says it, --force takes it as it is"
        )
        return Fault("shifted_time", detail, f"{block.station} shifted", part.lines, part.source)

    def _note(self, fault: Fault, file: Path) -> None:
        key = (fault.code, fault.about)
        if key not in self._groups and len(self._groups) >= REFUSALS_KEPT:
            key = (fault.code, "")
        if key not in self._groups:
            self._groups[key] = _Group(fault, file)
        self._groups[key].add(fault)


class _Rows:
    """Counts rows of a file, each once, though several parts or faults of one source after the other name them."""

    def __init__(self) -> None:
        self._before = 0
        self._source: object = None
        self._lines: list[Longs] = []

    def add(self, source: object, lines: Longs) -> None:
        if source is not self._source:
            self._before, self._source, self._lines = self.count(), source, []
        self._lines.append(lines)

    def count(self) -> int:
        if len(self._lines) < 2:
            return self._before + sum(map(len, self._lines))
        return self._before + len(np.unique(np.concatenate(self._lines)))


class _Head(msgspec.Struct, frozen=True):
    """The beginning of a file that cannot be read. Implements `Source`."""

    file: Path
    place: str = ""

    @property
    def header(self) -> bytes:
        """See `Source.header`."""
        with self.file.open("rb") as opened:
            return opened.read(SHOWN_BYTES)

    def row(self, line: int) -> bytes:  # noqa: ARG002  # it has none
        """See `Source.row`."""
        return b""


def import_files(
    config: Config,
    files: Sequence[Path],
    reader: Reader,
    store: Target | None,
    *,
    settings: Settings,
    force: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Check files and store what can be taken; without a store nothing is stored.

    `advance` is told of bytes that were read. A file of the archive is restored: what the store has since stays. Who
    imports one holds the lane of derivation. With `force` hours that the store holds at another time are stored, too.

    Raises
    ------
    ConfigError
        If a file is not there, or the format needs to be told what a file does not say.
    StoreError
        If some values could not be stored; those before them are. If a file of the archive holds other values than
        were archived; then nothing is stored.
    """
    existing(files)
    uids = _of_archive(files, store)
    run = _Import(config, store, force=force)
    done = Imported([], [], [])

    def items() -> Iterator[tuple[int, Item]]:
        for number, file in enumerate(files):
            try:
                for item in reader(file, settings, advance):
                    yield number, item
            except BrokenFileError as error:
                yield number, whole_file("broken_table", str(error), _Head(file))

    by_file = groupby(read_ahead(items()), key=itemgetter(0))
    found = next(by_file, None)
    for number, (file, uid) in enumerate(zip(files, uids, strict=True)):
        of_it: Iterator[Item] = iter(())
        if found is not None and found[0] == number:
            of_it = map(itemgetter(1), found[1])
        run.begin(restoring=uid is not None)
        results, refused = run.file(file, of_it)
        if uid is not None:
            assert isinstance(store, SqliteStore | InfluxStore)
            run.flush()
            done.restored.extend(_restored(config, store, run, file, uid))
        if found is not None and found[0] == number:
            found = next(by_file, None)
        done.files.append(results)
        done.refused.extend(refused)
    run.flush()
    return done


def _of_archive(files: Sequence[Path], store: Target | None) -> list[str | None]:
    """Return by file its name for good, None where it is none of an archive, or the store restores none.

    Raises
    ------
    StoreError
        If one holds other values than were archived.
    """
    if not isinstance(store, SqliteStore | InfluxStore):
        return [None] * len(files)
    uids = [uid_of(file) for file in files]
    for file, uid in zip(files, uids, strict=True):
        archived = None if uid is None else restoring.known(store, uid)
        if archived is not None:
            restoring.check_unchanged(file, archived)
    return uids


def _restored(config: Config, store: Store, run: _Import, file: Path, uid: str) -> Iterator[Restored]:
    """Note that a file of the archive was imported; of one that the ledger does not know, its days become stale."""
    archived = restoring.known(store, uid)
    if archived is not None:
        missing = restoring.restored(config, store, archived, run.taken)
        yield Restored(
            file=str(file), month=archived.month, medium=archived.medium, city=archived.city, missing=missing
        )
    elif run.added:
        store.make_stale(
            {day for (medium, id_), extent in run.taken.items() for day in restoring.days_of(medium, id_, extent)}
        )


def existing(files: Sequence[Path]) -> None:
    """Make sure that files are there.

    Raises
    ------
    ConfigError
        If one is not.
    """
    for file in files:
        if not file.is_file():
            raise ConfigError(f"{shown(str(file))}: expected a file, got {'a directory' if file.is_dir() else 'none'}")
