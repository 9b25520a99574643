"""The service: broker (where none is configured), collector, store, beside them jobs and board, until it is stopped."""

import contextlib
import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import iotcore

from ingestor import broker, health_server
from ingestor.collector import Collector
from ingestor.config import Config
from ingestor.data_directory import alone
from ingestor.health import Health
from ingestor.jobs import catalogue
from ingestor.jobs.beside import Worker
from ingestor.jobs.clocks import SystemClock
from ingestor.jobs.states import states
from ingestor.reloading import Reloading
from ingestor.stopping import Stop
from ingestor.store import InfluxStore, migrating, open_store, store_file

log = logging.getLogger(__name__)

BUSY_S = 2.0
"""How long the collector waits for a command that writes to the ledger; then it tends the broker and tries again."""


def run(config: Config, data: Path, *, stop_with_stdin: bool = False) -> None:
    """Collect until told to stop; then commit what has arrived and return.

    A store of an earlier version is brought up to date first.

    With `stop_with_stdin` the end of standard input stops it, too: a parent that dies takes it along.

    Raises
    ------
    StoreError
        If the store cannot be opened, or another service runs on the same data directory.
    broker.BrokerError
        If the embedded broker cannot be started.
    """
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    orphaned = threading.Event()
    if stop_with_stdin:
        threading.Thread(target=_wait_for_end_of_stdin, args=(orphaned, stop), daemon=True).start()
    settings = config.settings.broker
    embedded = settings.host is None
    health = Health()
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone(data))
        migrating.bring_up_to_date(store_file(data))
        store = open_store(config.settings.store, data, busy_s=BUSY_S, create=True)
        stack.callback(store.close)
        if isinstance(store, InfluxStore):
            store.start()
        port = config.settings.collector.health_port
        if port:
            jobs = catalogue.jobs(config, data)
            clock = SystemClock()
            server = health_server.start(health, port=port, jobs=lambda: states(store_file(data), jobs, clock=clock))
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        own = None
        if embedded:
            own = stack.enter_context(broker.embedded(config.embedded_broker, port=settings.port, directory=data))
        collector = Collector(config, store, host=settings.host or broker.HOST, port=settings.port, health=health)
        log.info("collecting into %s; stop with Ctrl-C", store.place)
        died = threading.Event()
        if own is not None:
            threading.Thread(target=_stop_without, args=(own, died, stop), daemon=True).start()

        def refuse(why: str | None) -> None:
            health.config_refused = why

        def without_jobs(why: str | None) -> None:
            health.jobs_away = why

        def without_board(why: str | None) -> None:
            health.board_away = why

        Reloading(config, take=collector.reconfigure, refuse=refuse, stop=stop).start()
        if config.settings.jobs.enabled:
            worker = Worker(config, data, stop=stop, told=without_jobs)
            stack.callback(worker.close)
            worker.start()
        if config.settings.board.port:
            beside = Worker(
                config, data, stop=stop, told=without_board, name="board",
                command=("board", "--port", str(config.settings.board.port), "--stop-with-stdin"),
            )  # fmt: skip
            stack.callback(beside.close)
            beside.start()
        with short_of_garbage():
            collector.run(stop, linger=lambda: embedded and not orphaned.is_set())
        if died.is_set():
            raise broker.BrokerError("the embedded broker died; what was committed is stored, start again")
    log.info("stopped")


@contextlib.contextmanager
def short_of_garbage() -> Iterator[None]:
    """Look for reference cycles seldom: messages and readings make none, and looking costs more than decoding."""
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _stop_without(own: iotcore.Broker, died: threading.Event, stop: Stop) -> None:
    """Set `died` and `stop` when the embedded broker has died: a service that collects nothing must not look alive.

    A signal to the whole process group ends the broker, too; then `stop` comes at the same time and nothing died.
    """
    while not stop.wait(1.0):
        if not own.is_running and not stop.wait(1.0):
            died.set()
            stop.set()


def _wait_for_end_of_stdin(orphaned: threading.Event, stop: Stop) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    orphaned.set()
    stop.set()
