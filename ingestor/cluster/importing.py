"""Import on a cluster: workers read files, check and store them; this process keeps the ledger.

A file is read twice. At first a worker only looks what is in it: so its days are stale before the first of its readings
is stored, and files that have values of the same times are stored one after the other, in the order given, as one
process does.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ingestor.backfill.importing import Head, Imported, existing
from ingestor.backfill.parts import Settings
from ingestor.cluster import worker
from ingestor.cluster.tasks import Task, completed
from ingestor.cluster.worker import ImportTask, Stored, Surveyed
from ingestor.config import Config
from ingestor.store.influx import InfluxStore

if TYPE_CHECKING:
    from distributed import Client


def import_files(
    client: "Client",
    config: Config,
    files: Sequence[Path],
    file_format: str,
    store: InfluxStore | None,
    *,
    settings: Settings,
    force: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Check files and store what can be taken, as `backfill.importing.import_files`; files are tasks.

    Raises
    ------
    ConfigError
        If a file is not there, or the format needs to be told what a file does not say.
    ClusterError
        If the cluster cannot do it.
    StoreError
        If some values could not be stored.
    """
    existing(files)
    shipped = worker.shipment(config)
    tasks = [ImportTask(each.resolve(), each.stat().st_size, file_format, settings, force) for each in files]
    looks = iter(range(len(tasks)))

    def next_look() -> Task[int] | None:
        number = next(looks, None)
        if number is None:
            return None
        return Task(number, str(files[number]), worker.survey, (shipped, tasks[number]))

    surveyed: dict[int, Surveyed] = {}
    with contextlib.closing(completed(client, next_look)) as looks_done:
        for number, found in looks_done:
            surveyed[number] = found
            advance(tasks[number].size if store is None else tasks[number].size // 2)
    if store is None:
        return _together(files, [surveyed[number].imported for number in range(len(files))])
    before = earlier_of_same_times([surveyed[number].moments for number in range(len(files))])
    store.write_blocks([])  # makes a missing database before several workers ask for it at once
    stored: dict[int, Stored] = {}
    waiting = list(range(len(files)))

    def next_file() -> Task[int] | None:
        number = next((each for each in waiting if before[each] <= stored.keys()), None)
        if number is None:
            return None
        waiting.remove(number)
        days = surveyed[number].days
        store.make_stale(worker.station_days_of(days))
        return Task(number, str(files[number]), worker.store_file, (shipped, tasks[number], days))

    with contextlib.closing(completed(client, next_file)) as files_done:
        for number, done in files_done:
            stored[number] = done
            if done.values:
                store.loaded(worker.station_days_of(done.days), done.values)
            if done.quarantined:
                store.commit(done.quarantined)
            advance(tasks[number].size - tasks[number].size // 2)
    return _together(files, [stored[number].imported for number in range(len(files))])


def earlier_of_same_times(moments: Sequence[dict[Head, tuple[int, int]]]) -> list[set[int]]:
    """Return by file the earlier ones that must be stored before it: with values of the same series and times."""
    of_head: dict[Head, list[tuple[int, int, int]]] = {}
    before: list[set[int]] = []
    for number, of_file in enumerate(moments):
        before.append(set())
        for head, (first, last) in of_file.items():
            earlier = of_head.setdefault(head, [])
            before[number] |= {other for other, start, end in earlier if start <= last and first <= end}
            earlier.append((number, first, last))
    return before


def _together(files: Sequence[Path], each: Sequence[Imported]) -> Imported:
    """Results of files as one, named as they were given."""
    found = Imported([], [])
    for file, imported in zip(files, each, strict=True):
        found.files.extend(msgspec.structs.replace(results, file=str(file)) for results in imported.files)
        found.refused.extend(msgspec.structs.replace(refused, file=str(file)) for refused in imported.refused)
    return found
