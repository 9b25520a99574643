"""The service: broker (where none is configured), collector and store, until SIGTERM or SIGINT."""

import contextlib
import fcntl
import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from ingestor import broker
from ingestor.collector import Collector
from ingestor.config import Config
from ingestor.store import SqliteStore, StoreError

log = logging.getLogger(__name__)


def store_file(data: Path) -> Path:
    """Where the SQLite store lies in a data directory."""
    return data / "qingjing.sqlite3"


def run(config: Config, data: Path) -> None:
    """Collect until told to stop; then drain and return.

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
    settings = config.settings.broker
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(data))
        store = SqliteStore(store_file(data))
        stack.callback(store.close)
        store.drain()
        if settings.host is None:
            stack.enter_context(broker.embedded(config.embedded_broker, port=settings.port, directory=data))
        collector = Collector(config, store, host=settings.host or broker.HOST, port=settings.port)
        log.info("collecting into %s; stop with Ctrl-C", store.file)
        collector.run(stop)
    log.info("stopped; everything that was acknowledged is stored")


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data directory for this process."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "service.lock").open("w")
    except OSError as error:
        raise StoreError(f"data {data}: expected a directory that can be written, got {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(f"data {data}: another qingjing run collects there; stop it or give --data") from error
        yield
