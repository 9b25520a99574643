"""What runs on a worker: it reads, computes and writes InfluxDB.

Secrets do not pass through the scheduler: a worker reads INFLUXDB_V2_* from its own environment, and files that are
named there. The configuration does, checked and packed, with each task: it holds names of files of secrets only, and
a worker that joins late, or again, needs nothing else.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import pickle
import platform
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from ingestor.backfill.importing import Head, Imported, import_files
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cluster import ClusterError
from ingestor.config import Config
from ingestor.derivation.stale import Work
from ingestor.derivation.steps import Step, carry_out_step, no_cycles
from ingestor.derivation.units import digest_of
from ingestor.store import Arrival, InfluxServer, RawSeries, SeriesKey
from ingestor.store.arrivals import StationDay
from ingestor.store.influx_server import URL
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.ports import Block, station_days

PACKAGES: Final = ("sensors", "aggregations", "ingestor")


class Identity(msgspec.Struct, frozen=True):
    """What must be the same in all processes, so that all compute the same and write the same store."""

    qingjing: str
    source: str
    python: str
    numpy: str
    pyarrow: str
    influxdb: str


class Shipment(msgspec.Struct, frozen=True):
    """What goes with each task: who sends it, and the configuration, packed."""

    sender: Identity
    config: bytes


def identity() -> Identity:
    """Return what this process is."""
    address = os.environ.get(URL, "").rstrip("/").rpartition("@")[2]
    python = ".".join(platform.python_version_tuple()[:2])
    return Identity(importlib.metadata.version("qingjing"), _source(), python, np.__version__, pa.__version__, address)


@functools.cache
def _source() -> str:
    """Digest of all modules of qingjing: a version may have been changed by hand."""
    root = Path(__file__).parent.parent.parent
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


NAMES: Final = {
    "qingjing": "qingjing",
    "source": "modules of qingjing with the digest",
    "python": "Python",
    "numpy": "numpy",
    "pyarrow": "pyarrow",
    "influxdb": URL,
}


def check(found: Identity, expected: Identity, *, at: str) -> None:
    """Make sure that a worker is like the process that hands out the work.

    Raises
    ------
    ClusterError
        If it is not.
    """
    for field, name in NAMES.items():
        ours, theirs = getattr(expected, field), getattr(found, field)
        if ours != theirs:
            raise ClusterError(
                f"worker {at}: expected {name} {ours or 'not set'} as where the command runs, got "
                f"{theirs or 'not set'}; nothing was done there: make both the same and start again"
            )


def shipment(config: Config) -> Shipment:
    """Return what goes with each task."""
    return Shipment(identity(), zlib.compress(pickle.dumps(config)))


@functools.lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Config:
    config: Config = pickle.loads(zlib.decompress(packed))  # noqa: S301  # as the task itself: Dask's are pickles
    return config


@contextlib.contextmanager
def _opened(shipped: Shipment) -> Iterator[tuple[Config, InfluxTables]]:
    """Yield the configuration and the tables on the server, by the environment of the worker."""
    check(identity(), shipped.sender, at=_address())
    config = _unpacked(shipped.config)
    settings = config.settings.store
    tables = InfluxTables(InfluxServer(settings.database, retention_policy=settings.retention_policy))
    with contextlib.closing(tables):
        yield config, tables


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def wanting() -> Callable[[], None]:
    """Return what makes sure, in any thread, that the scheduler still waits for the task that calls this.

    Where the command ended, another one may derive the same days by now: what was read before must not be written.
    Where nobody waits it raises ClusterError.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def still_wanted() -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state not in ("executing", "long-running"):
            raise ClusterError(
                f"worker {worker.address}: expected a task that somebody waits for, got one that was given up"
            )

    return still_wanted


def running(prefix: str, dask_worker: Any) -> int:
    """Return how many tasks whose keys begin so run on a worker now, those given up included."""
    return sum(str(task.key).startswith(prefix) for task in dask_worker.state.executing)


def derive_step(shipped: Shipment, work: Work, step: Step) -> None:
    """Carry out a step of a derivation.

    Raises
    ------
    ClusterError
        If this process is not like the one that planned it.
    StoreError
        If the server cannot be read or written.
    """
    with _opened(shipped) as (config, tables), no_cycles():
        if digest_of(config, work.unit) != work.digest:
            raise ClusterError(
                f"worker {_address()}: {work.unit.name}: expected a configuration of digest {work.digest}, got "
                f"{digest_of(config, work.unit)}; nothing was done there"
            )
        still_wanted = wanting()
        tables.guard(still_wanted)
        carry_out_step(config, tables, work, step, still_wanted)


Days = dict[tuple[str, str], list[int]]
"""Days of arrivals by medium and station, ascending."""


def by_station(days: Iterable[StationDay]) -> Days:
    """Return station-days by medium and station."""
    found: Days = {}
    for medium, station, day in sorted(days):
        found.setdefault((medium, station), []).append(day)
    return found


def station_days_of(days: Days) -> set[StationDay]:
    """Return what `by_station` was made of."""
    return {(medium, station, day) for (medium, station), of_it in days.items() for day in of_it}


class ImportTask(msgspec.Struct, frozen=True):
    """A file to import: where it is on every machine, its bytes, and how it is read."""

    file: Path
    size: int
    file_format: str
    settings: Settings
    force: bool


class Surveyed(msgspec.Struct, frozen=True):
    """What a file would give: as an import that stores nothing tells it, with its moments by head and its days."""

    imported: Imported
    moments: dict[Head, tuple[int, int]]
    days: Days


class Stored(msgspec.Struct, frozen=True):
    """What a file gave: results, what quarantine is to keep, and the values and days that are on the server now."""

    imported: Imported
    quarantined: list[Arrival]
    values: int
    days: Days


class _Survey:
    """Implements `importing.Target`: holds nothing, keeps nothing but what the blocks are about."""

    def __init__(self) -> None:
        self.moments: dict[Head, tuple[int, int]] = {}
        self.days: set[StationDay] = set()

    def load(self, blocks: Sequence[Block]) -> int:
        self.days |= station_days(blocks)
        for block in blocks:
            head = (block.medium, block.station, block.period_s)
            first, last = int(block.times[0]), int(block.times[-1])
            known = self.moments.get(head, (first, last))
            self.moments[head] = (min(first, known[0]), max(last, known[1]))
        return 0

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        pass

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:  # noqa: ARG002
        return {}

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:  # noqa: ARG002
        return {}


class _Readings:
    """Implements `importing.Target` on the server; what belongs into the ledger is kept for the command."""

    def __init__(self, tables: InfluxTables, announced: set[StationDay]) -> None:
        self.raw_of, self.extents = tables.raw_of, tables.extents
        self.quarantined: list[Arrival] = []
        self.days: set[StationDay] = set()
        self.values = 0
        self._tables, self._announced = tables, announced
        self._still_wanted = wanting()
        tables.guard(self._still_wanted)

    def load(self, blocks: Sequence[Block]) -> int:
        days = station_days(blocks)
        if not days <= self._announced:
            raise ClusterError(
                f"worker {_address()}: expected the file as it was when it was looked at, got one with other days; "
                "import it again"
            )
        self._still_wanted()
        values = self._tables.write_blocks(blocks)
        self.days |= days
        self.values += values
        return values

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        self.quarantined += arrivals


def survey(shipped: Shipment, task: ImportTask) -> Surveyed:
    """Read and check a file; nothing is stored.

    Raises
    ------
    ClusterError
        If the file is not there, or this process is not like the one that asks.
    """
    found = _Survey()
    with _opened(shipped) as (config, _):
        return Surveyed(_imported(config, task, found), found.moments, by_station(found.days))


def store_file(shipped: Shipment, task: ImportTask, announced: Days) -> Stored:
    """Import a file, whose days the ledger knows as stale already.

    Raises
    ------
    ClusterError
        If the file is not there, or has other days, or this process is not like the one that asks.
    StoreError
        If the server cannot be read or written.
    """
    with _opened(shipped) as (config, tables):
        target = _Readings(tables, station_days_of(announced))
        imported = _imported(config, task, target)
        return Stored(imported, target.quarantined, target.values, by_station(target.days))


def _imported(config: Config, task: ImportTask, target: "_Survey | _Readings") -> Imported:
    size = task.file.stat().st_size if task.file.is_file() else None
    if size != task.size:
        raise ClusterError(
            f"worker {_address()}: {task.file}: expected the file of {task.size:,} bytes that is to be imported, got "
            f"{'none' if size is None else f'one of {size:,}'}; workers need it at the same path"
        )
    read = FORMATS[task.file_format].read
    return import_files(config, [task.file], read, target, settings=task.settings, force=task.force)
