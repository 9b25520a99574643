"""The store on InfluxDB: the ledger beside it on disk, a writer that delivers, tables on the server."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from ingestor.schema import HEALTH
from ingestor.store import arrivals
from ingestor.store.arrivals import Derived, StationDay
from ingestor.store.delivery import deliver
from ingestor.store.influx_server import InfluxServer
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.ledger import BUSY_S, Ledger
from ingestor.store.ports import Arrival, Backlog, Block, station_days
from ingestor.store.writer import Delivered, Writer, oldest, values_in

SETTLE_S = 0.5
"""How often what was delivered is deleted from the outbox where no commit comes along."""


class InfluxStore(Ledger, InfluxTables):
    """Implements `Intake`, `Tables` and the quarantine; used from one thread, the writer has its own."""

    def __init__(self, file: Path, server: InfluxServer, *, busy_s: float = BUSY_S) -> None:
        """Open the ledger; the server need not be there yet. Closed, it closes the server's connections, too."""
        Ledger.__init__(self, file, busy_s=busy_s)
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
        self._writer = Writer(self.file, self._server, backlog=self.backlog)
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
        while self.backlog().readings and time.monotonic() < deadline and writer.failing is None:
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

    def load(self, blocks: Sequence[Block]) -> int:
        """See `Intake.load`. Its days are stale before it begins, so that none is forgotten where it fails half-way."""
        days = station_days(blocks)
        self.make_stale(days)
        stored = self.write_blocks(blocks)
        self.loaded(days, stored)
        return stored

    def loaded(self, days: Iterable[StationDay], values: int) -> None:
        """Take note of readings that are on the server already: their days are stale, and so many values came."""
        with self._usable("days not made stale"), self._transaction():
            arrivals.mark(self._db, days, at=time.time())
            self._count({"values": values, "values_drained": values})

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """See `Tables.replacing`."""
        self._marks: list[Callable[[], None]] = []
        self.discard()
        yield
        self.flush()
        with self._usable("marks of derivation not kept"), self._transaction():
            for mark in self._marks:
                mark()

    def set_derived(
        self,
        unit: str,
        derived: Derived,
        stations: Iterable[tuple[str, str]],
        *,
        upto: int,
        piece: bytes,
        held: Iterable[StationDay] = (),
    ) -> None:
        """See `Tables.set_derived`."""
        marked = partial(super().set_derived, unit, derived, list(stations), upto=upto, piece=piece, held=list(held))
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
