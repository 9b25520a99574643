"""The store on InfluxDB: the ledger beside it on disk, a writer that delivers, tables on the server."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ingestor.schema import HEALTH
from ingestor.store import arrivals
from ingestor.store.arrivals import Derived, StationDay
from ingestor.store.delivery import deliver
from ingestor.store.influx_server import InfluxServer
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.ledger import BUSY_S, Ledger
from ingestor.store.ports import (
    NO_VALUE,
    Arrival,
    Backlog,
    Block,
    RawSeries,
    SeriesKey,
    StoreError,
    same_values,
    station_days,
)
from ingestor.store.writer import Delivered, Writer, oldest, values_in

DELETING: Final = ("1", "2")
"""Generations of InfluxDB whose InfluxQL has DELETE."""
SETTLE_S = 0.5
"""How often what was delivered is deleted from the outbox where no commit comes along."""


class InfluxStore(Ledger, InfluxTables):
    """Implements `Intake`, `Tables` and the quarantine; used from one thread, the writer has its own."""

    def __init__(self, file: Path, server: InfluxServer, *, busy_s: float = BUSY_S, create: bool = True) -> None:
        """Open the ledger; the server need not be there yet. Closed, it closes the server's connections, too."""
        Ledger.__init__(self, file, busy_s=busy_s, create=create)
        InfluxTables.__init__(self, server)
        self._server = server
        self._settled_at = time.monotonic()
        self._writer: Writer | None = None

    @property
    def place(self) -> str:
        """See `Ledger.place`."""
        return f"{self._server.url}, database {self._server.database} (outbox {self.file})"

    def start(self) -> None:
        """Start the writer: from now on the outbox is delivered by itself. One process at a time may do so."""
        self._writer = Writer(self.file, self._server, backlog=self.backlog, check_in_place=self.check_in_place)
        self._writer.start()

    def close(self) -> None:
        """Stop the writer, close the file and the connections."""
        if self._writer is not None:
            self._writer.stop(within_s=0.0)
        Ledger.close(self)
        InfluxTables.close(self)

    def backlog(self) -> Backlog:
        """See `Intake.backlog`."""
        backlog = super().backlog()
        if self._writer is None:
            return backlog
        failing = backlog.failing or self._writer.failing
        return msgspec.structs.replace(backlog, retried=self._writer.retried, failing=failing)

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """See `Intake.commit`."""
        super().commit(arrivals)
        if self._writer is not None:
            self._writer.wake()

    def tend(self) -> None:
        """See `Intake.tend`: delete from the outbox what the writer has delivered."""
        self.check_in_place()
        if self._writer is None or not self._writer.delivered or time.monotonic() - self._settled_at < SETTLE_S:
            return
        self._settle(self._writer)

    def _settle(self, writer: Writer) -> None:
        self._settled_at = time.monotonic()
        done = [writer.delivered[i] for i in range(len(writer.delivered))]
        if not done:
            return
        self._drop_delivered(
            Delivered(done[-1].last_id, sum(d.values for d in done), [line for d in done for line in d.refused])
        )
        for _ in done:
            writer.delivered.popleft()

    def _drop_delivered(self, done: Delivered) -> None:
        with self._noticed(), self._usable("outbox not shortened"), self._transaction():
            left = self._delivered(done.last_id, done.refused, {"values_drained": done.values})
        self._backlog = left

    def finish(self, *, within_s: float) -> None:
        """See `Intake.finish`."""
        writer = self._writer
        if writer is None:
            return
        deadline = time.monotonic() + within_s
        waiting = threading.Event()
        while (left := self.backlog()).readings and left.failing is None and time.monotonic() < deadline:
            writer.wake()
            waiting.wait(0.05)
            self._settle(writer)
        writer.stop(within_s=max(0.1, deadline - time.monotonic()))
        self._settle(writer)

    def drain(self) -> None:
        """Deliver all of the outbox here and now; only where no service with its writer runs on the same file.

        Raises
        ------
        StoreError
            If the server is away; what was not delivered stays in the outbox.
        """
        while True:
            with self._usable("outbox cannot be read"):
                batch = oldest(self._db, after=0)
            if batch is None:
                return
            refused = deliver(self._server, batch.lines)
            self._drop_delivered(Delivered(batch.last_id, values_in(batch.lines), refused))

    def load(self, blocks: Sequence[Block], *, restoring: bool = False) -> int:
        """See `Intake.load`. Its days are stale before it begins, so that none is forgotten where it fails half-way."""
        if restoring:
            blocks = [self._not_held(block) for block in blocks]
        days = set() if restoring else station_days(blocks)
        self.make_stale(days)
        stored = self.write_blocks(blocks)
        self.loaded(days, stored)
        return stored

    def loaded(self, days: Iterable[StationDay], values: int) -> None:
        """Take note of readings that are on the server already: their days are stale, and so many values came."""
        with self._usable("days not made stale"), self._transaction():
            arrivals.mark(self._db, days, at=time.time())
            self._count({"values": values, "values_drained": values})

    def _not_held(self, block: Block) -> Block:
        """Return a block without the values that the server has."""
        held = self.raw_of(block.medium, [block.station], int(block.times[0]), int(block.times[-1]) + 1)
        columns = {}
        for quantity, (values, codes) in block.columns.items():
            series = held.get(SeriesKey(block.medium, block.station, block.period_s, quantity))
            known = np.isin(block.times, series.times) if series else np.zeros(len(block.times), dtype=np.bool_)
            columns[quantity] = (values, np.where(known, NO_VALUE, codes))
        return msgspec.structs.replace(block, columns=columns)

    def check_can_remove(self) -> None:
        """See `Tables.check_can_remove`: InfluxDB 1 and 2 can."""
        version = self._server.version()
        if version.partition(".")[0] not in DELETING:
            raise StoreError(
                f"store {self._server.url}: expected InfluxDB {' or '.join(DELETING)}, which can delete readings, got "
                f"{version or 'another one'}; all readings stay"
            )

    def remove_raw(self, archived: Mapping[SeriesKey, RawSeries], start: int, end: int) -> int:
        """See `Tables.remove_raw`. While it looks and deletes, nothing can be committed to the outbox.

        A moment at which any value differs keeps all values of its averaging period.
        """
        names = {(key.medium, key.station) for key in archived}
        removed = 0
        for medium, station in names:
            with self._usable("readings not deleted"), self._transaction():
                if arrivals.on_their_way(self._db, medium, station, start, end):
                    raise StoreError(
                        f"store {self._server.url}: expected no readings of {station} on their way to the days that "
                        "are archived, got some; they stay, the next run goes on"
                    )
                held = self.raw_of(medium, [station], start, end)
                kept: dict[int, set[int]] = {key.period_s: set() for key in held}
                for key, series in held.items():
                    same = same_values(series, archived[key]) if key in archived else np.zeros(len(series.times), bool)
                    kept[key.period_s].update(series.times[~same].tolist())
                self.delete_raw(medium, station, kept, start, end)
                left = self.raw_of(medium, [station], start, end)
                if any(not set(series.times.tolist()) <= kept[key.period_s] for key, series in left.items()):
                    raise StoreError(
                        f"store {self._server.url}: expected readings of {station} to be deleted, got them again; "
                        "they are archived, the next run tries again"
                    )
                removed += sum(len(each.times) for each in held.values()) - sum(len(e.times) for e in left.values())
        return removed

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """See `Tables.replacing`."""
        self._marks: list[Callable[[], None]] = []
        if self._overlapped:
            yield
            if self._marks:
                self.flush()
        else:
            with self.overlapping():
                yield
        with self._usable("marks of derivation not kept"), self._transaction():
            for mark in self._marks:
                mark()

    def set_derived(
        self,
        unit: str,
        derived: Derived,
        stations: Iterable[tuple[str, str]],
        *,
        piece: bytes,
        held: Iterable[StationDay] = (),
    ) -> None:
        """See `Tables.set_derived`."""
        marked = partial(super().set_derived, unit, derived, list(stations), piece=piece, held=list(held))
        self._marks.append(marked)

    def forget_derived(self, units: Iterable[str]) -> None:
        """See `Tables.forget_derived`."""
        self._marks.append(partial(super().forget_derived, list(units)))

    def record_health(self, collector: str, at: int, columns: Mapping[str, float]) -> None:
        """See `Intake.record_health`; written between two batches of the writer."""
        fields = ",".join(
            f"{name}={int(value)}i" if HEALTH.columns[name] == "INTEGER" else f"{name}={float(value)!r}"
            for name, value in columns.items()
        )
        line = f"{HEALTH.name},{HEALTH.key}={collector} {fields} {at}\n".encode()
        if self._writer is None:
            self._server.write_all(line)
        else:
            self._writer.soon(lambda: self._server.write_all(line))
