"""The service: broker (where none is configured), collector and store, until SIGTERM or SIGINT."""

import contextlib
import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import iotcore

from ingestor import broker
from ingestor.collector import Collector
from ingestor.config import Config
from ingestor.store import SqliteStore, StoreError

log = logging.getLogger(__name__)

LOCK_S = 5.0
"""How long to wait for another service on the same data to end."""


def store_file(data: Path) -> Path:
    """Where the SQLite store lies in a data directory."""
    return data / "qingjing.sqlite3"


def run(config: Config, data: Path, *, stop_with_stdin: bool = False) -> None:
    """Collect until told to stop; then commit what has arrived and return.

    With `stop_with_stdin` the end of standard input stops it, too: a parent that dies takes it along.

    Raises
    ------
    StoreError
        If the store cannot be opened, or another service runs on the same data directory.
    broker.BrokerError
        If the embedded broker cannot be started.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    orphaned = threading.Event()
    if stop_with_stdin:
        threading.Thread(target=_wait_for_end_of_stdin, args=(orphaned, stop), daemon=True).start()
    settings = config.settings.broker
    embedded = settings.host is None
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(data))
        store = SqliteStore(store_file(data))
        stack.callback(store.close)
        store.drain()
        own = None
        if embedded:
            own = stack.enter_context(broker.embedded(config.embedded_broker, port=settings.port, directory=data))
        collector = Collector(config, store, host=settings.host or broker.HOST, port=settings.port)
        log.info("collecting into %s; stop with Ctrl-C", store.file)
        died = threading.Event()
        if own is not None:
            threading.Thread(target=_stop_without, args=(own, died, stop), daemon=True).start()
        collector.run(stop, linger=lambda: embedded and not orphaned.is_set())
        if died.is_set():
            raise broker.BrokerError("the embedded broker died; what was committed is stored, start again")
    log.info("stopped")


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data directory for this process."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "service.lock").open("w")
    except OSError as error:
        raise StoreError(f"data {data}: expected a directory that can be written, got {error}") from error
    with lock:
        deadline = time.monotonic() + LOCK_S
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise StoreError(f"data {data}: another qingjing run collects there; stop it or give --data")
            time.sleep(0.1)
        yield


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop_without(own: iotcore.Broker, died: threading.Event, stop: threading.Event) -> None:
    """Set `died` and `stop` when the embedded broker has died: a service that collects nothing must not look alive.

    A signal to the whole process group ends the broker, too; then `stop` comes at the same time and nothing died.
    """
    while not stop.wait(1.0):
        if not own.is_running and not stop.wait(1.0):
            died.set()
            stop.set()


def _wait_for_end_of_stdin(orphaned: threading.Event, stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    orphaned.set()
    stop.set()
