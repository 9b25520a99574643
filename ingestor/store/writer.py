"""The writer: a thread that delivers the outbox to InfluxDB, group after group, in the order of their commits.

It only reads the ledger's file. What it has delivered it hands to the collector's thread, which deletes it there:
the file keeps one thread that writes. As both name groups by their ids, both must have the same file open: nothing is
delivered while another one, or none, lies in its place.
"""

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from ingestor.store.delivery import deliver
from ingestor.store.influx_server import InfluxServer
from ingestor.store.ports import Backlog, StoreError
from ingestor.store.trying import Pauses
from sensors.reading import Refusal

log = logging.getLogger(__name__)

BATCH_READINGS = 5000
BATCH_BYTES = 4 * 2**20
GATHER_S = 0.1
"""How long it waits for more where there is little: a request costs the server more than a line."""
IDLE_S = 1.0
PROBE_AFTER_S = 15.0
"""How long after the last answer the server is asked whether it is there, where nothing is to be delivered."""


class Batch(msgspec.Struct, frozen=True):
    """The oldest groups of the outbox after some id: the last one's id, how many readings, their lines."""

    last_id: int
    readings: int
    lines: bytes


class Delivered(msgspec.Struct, frozen=True):
    """What has left the outbox, up to an id: how many values, and which of them the server refused."""

    last_id: int
    values: int
    refused: list[tuple[bytes, Refusal]]


class Writer:
    """Delivers in a thread of its own from `start` until `stop`.

    `check_in_place` raises StoreError where the ledger's file does not lie in its place.
    """

    def __init__(
        self,
        file: Path,
        server: InfluxServer,
        *,
        backlog: Callable[[], Backlog],
        check_in_place: Callable[[], None],
    ) -> None:
        self._uri = f"{file.absolute().as_uri()}?mode=ro"
        self._server = server
        self._backlog = backlog
        self._check_in_place = check_in_place
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._tasks: deque[Callable[[], None]] = deque(maxlen=10)
        self.delivered: deque[Delivered] = deque()
        self._pauses = Pauses()
        self._heard_at = -PROBE_AFTER_S
        self._failed_at = 0.0
        self.last_id = 0
        self.retried = 0
        self.failing: str | None = None

    def start(self) -> None:
        """Start delivering."""
        self._thread.start()

    def wake(self) -> None:
        """Tell that something was committed."""
        self._wake.set()

    def soon(self, task: Callable[[], None]) -> None:
        """Have a task done between two batches; one that fails because the server is away is given up."""
        self._tasks.append(task)
        self._wake.set()

    def stop(self, *, within_s: float) -> None:
        """Stop; a request that is on its way is waited for, as long as that."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._in_place():
                    self._deliver_from_file()
                else:
                    self._stopping.wait(IDLE_S)
            except Exception as error:  # the thread must outlive whatever a server answers
                if not isinstance(error, StoreError | sqlite3.Error):
                    log.exception("the writer failed; this is a fault of qingjing, please report it")
                wait_s = self._pauses.after(error)
                self.failing = str(error)
                self._failed_at = time.monotonic()
                self._heard_at = -PROBE_AFTER_S
                self.retried += 1
                waiting = self._backlog().readings
                log.warning("%s; %s readings kept in the outbox, next try in %.1f s", error, f"{waiting:,}", wait_s)
                self._stopping.wait(wait_s)

    def _in_place(self) -> bool:
        try:
            self._check_in_place()
        except StoreError:  # the ledger tells of it
            return False
        return True

    def _deliver_from_file(self) -> None:
        """Deliver as long as the file lies in its place."""
        with closing(sqlite3.connect(self._uri, uri=True, timeout=30)) as db:
            while self._in_place() and not self._stopping.is_set():
                self._wake.wait(IDLE_S)  # then look in any case: another process may have put something there
                self._wake.clear()
                self._deliver_all(db)

    def _deliver_all(self, db: sqlite3.Connection) -> None:
        """Deliver batches until the outbox has no more, or is not the ledger's any more."""
        while not self._stopping.is_set():
            batch = oldest(db, after=self.last_id)
            if not self._in_place():
                return
            if batch is None and time.monotonic() - self._heard_at >= PROBE_AFTER_S:
                self._server.probe()
                self._heard_at = time.monotonic()
            if batch is not None:
                refused = deliver(self._server, batch.lines)
                self.last_id = batch.last_id
                self.delivered.append(Delivered(batch.last_id, values_in(batch.lines), refused))
                self._pauses.reset()
                self._heard_at = time.monotonic()
            if self.failing is not None and self._heard_at > self._failed_at:
                log.info("store %s: takes readings again", self._server.url)
                self.failing = None
            while self._tasks:
                self._do(self._tasks.popleft())
            if batch is None:
                return
            if batch.readings < BATCH_READINGS // 2:
                self._stopping.wait(GATHER_S)

    def _do(self, task: Callable[[], None]) -> None:
        try:
            task()
        except StoreError as error:
            log.warning("%s; given up", error)


def oldest(db: sqlite3.Connection, *, after: int) -> Batch | None:
    """Return the oldest groups of an outbox after an id, as many as make a batch; None where there are none."""
    lines: list[bytes] = []
    last_id = readings = size = 0
    groups = db.execute("SELECT id, readings, lines FROM outbox WHERE id > ? ORDER BY id", (after,))
    for group, count, found in groups:
        if lines and (readings + count > BATCH_READINGS or size + len(found) > BATCH_BYTES):
            break
        last_id, readings, size = group, readings + count, size + len(found)
        lines.append(found)
    groups.close()
    return Batch(last_id, readings, b"".join(lines)) if lines else None


def values_in(lines: bytes) -> int:
    """Return the number of values in lines: each has one flag."""
    return lines.count(b"_flag=")
