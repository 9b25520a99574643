"""What the benchmarks of ingest run on: Mosquitto, InfluxDB, the service and the load generator, each a process."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
from load_generator import FIRST, QUANTITIES, Published, key_of, pm25_of
from measuring import ROOT, qingjing

from ingestor.mqtt_publisher import Publisher
from tests.support import Influxd, Mosquitto

HERE = Path(__file__).parent
DATABASE = "qingjing"
POLL_S = 0.1
LONGEST_S = 900.0
STATUS = "qingjing/qingjing-collector/status"


class Broker(Mosquitto):
    """Mosquitto with persistence, and room for a backlog of two million messages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        super().__init__(folder)
        text = re.sub(r"max_\w+_messages \d+\n", "", self._file.read_text())
        self._file.write_text(f"{text}max_inflight_messages 5000\nmax_queued_messages 2000000\n")

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """Run a broker."""
    running = Broker(folder / "mosquitto")
    running.start()
    try:
        yield running
    finally:
        running.stop()


class Stack(NamedTuple):
    """Everything that runs for one measurement, and the stations whose readings are published."""

    broker: Broker
    influxd: Influxd
    collector: psutil.Process
    config: Path
    data: Path
    stations: Sequence[str]

    def cpu_s(self) -> dict[str, float]:
        """CPU that each process has used since it started. [s]"""
        assert self.influxd.process is not None
        processes = {
            "collector": self.collector,
            "mosquitto": psutil.Process(self.broker.pid),
            "influxd": psutil.Process(self.influxd.process.pid),
        }
        return {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}

    def committed(self) -> int:
        """Messages that the collector has committed, as its ledger counts them."""
        with contextlib.closing(self._ledger()) as db:
            return (db.execute("SELECT value FROM counter WHERE name = 'messages'").fetchone() or (0,))[0]

    def waiting(self) -> int:
        """Groups in the outbox, those included that are stored but not deleted yet."""
        with contextlib.closing(self._ledger()) as db:
            return int(db.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def _ledger(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.data}/qingjing.sqlite3?mode=ro", uri=True, timeout=30)

    def stored(self, fields: str, where: str = "") -> list[dict[str, str]]:
        """Rows of a SELECT from the readings of air; none while there is no database."""
        found = self.influxd.query(
            f"SELECT {fields} FROM air WHERE time >= {FIRST}s {where}",
            database=DATABASE,
        )
        return [row for row in found if row.get("time")]

    def wait_until_stored(self, messages: int) -> float:
        """Return when all messages were readable in the store. [s, monotonic]

        The collector keeps the order, so the last message is asked for every 100 ms (a query of one point), and once it
        is there all are counted; then the sum of PM2.5 is checked as well.
        """
        station, at = key_of(messages - 1, self.stations)
        wait_until(
            lambda: self.stored("pm25", f"AND station = '{station}' AND time = {at}s"),
            what=f"the last of {messages:,} messages in the store",
        )
        readable_at = time.monotonic()
        if not self._complete(messages):
            wait_until(lambda: self._complete(messages), what=f"{messages:,} messages in the store")
            readable_at = time.monotonic()
        expected = sum(map(pm25_of, range(messages)))
        found = float(self.stored("sum(pm25)")[0]["sum"])
        if abs(found - expected) > 1e-6 * expected:
            sys.exit(f"store: expected PM2.5 to add up to {expected}, got {found}")
        return readable_at

    def _complete(self, messages: int) -> bool:
        counts = self.stored(",".join(f"count({quantity}) AS {quantity}" for quantity in QUANTITIES))
        return bool(counts) and all(int(counts[0][quantity]) == messages for quantity in QUANTITIES)


@contextlib.contextmanager
def stack(folder: Path, stations: Sequence[str]) -> Iterator[Stack]:
    """Run broker, store and service, with the shipped configuration but for broker and store."""
    folder.mkdir()
    config, data = copy_of_config(folder), folder / "data"
    with broker(folder) as running, influxdb(folder) as store:
        settings = config / "settings.toml"
        text = re.sub(r"(?m)^port = .*$", f'host = "127.0.0.1"\nport = {running.port}', settings.read_text(), count=1)
        settings.write_text(re.sub(r"(?m)^kind = .*$", 'kind = "influxdb"', text, count=1))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("QINGJING_", "INFLU"))}
        with (folder / "service.log").open("w") as log:
            process = subprocess.Popen(
                [*qingjing(config, data), "run", "--health-port", "0", "--board-port", "0"],
                cwd=ROOT, env={**environment, "INFLUXDB_V2_URL": store.url}, stderr=log,
            )  # fmt: skip
        try:
            _wait_until_it_collects(running.port)
            yield Stack(running, store, psutil.Process(process.pid), config, data, stations)
        finally:
            process.terminate()
            code = process.wait(30)
            if code:
                sys.stderr.write((folder / "service.log").read_text()[-2000:])
        if code:
            sys.exit(f"the service ended with {code}")


@contextlib.contextmanager
def influxdb(folder: Path) -> Iterator[Influxd]:
    """Run an InfluxDB."""
    (folder / "influxdb").mkdir()
    running = Influxd(folder / "influxdb")
    running.start()
    try:
        yield running
    finally:
        running.kill()


def copy_of_config(folder: Path) -> Path:
    """A copy of the shipped configuration."""
    return Path(shutil.copytree(ROOT / "config", folder / "config"))


def _wait_until_it_collects(port: int) -> None:
    told: list[bytes] = []
    listener = Publisher("127.0.0.1", port, client_id="benchmark", timeout_s=10)
    listener.listen(STATUS, told.append, timeout_s=10)
    listener.wait(lambda: any(told), timeout_s=30)
    listener.close()


class Load:
    """A process that publishes messages from `go` on; its packets are built when this returns."""

    def __init__(self, port: int, stations: Sequence[str], messages: int, *, rate: int = 0) -> None:
        arguments = ["--port", str(port), "--messages", str(messages), "--rate", str(rate), *stations]
        self._process = start_script("load_generator.py", *arguments)

    def go(self) -> None:
        """Start publishing."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def published(self) -> Published:
        """Wait until all is acknowledged by the broker; return how it went."""
        return Published(*json.loads(last_line(self._process)))


def start_script(name: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script of this folder and wait until it says `ready`."""
    command = [sys.executable, str(HERE / name), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        sys.exit(f"{name}: did not start")
    return process


def last_line(process: subprocess.Popen[str]) -> str:
    """What a script says at its end."""
    said, _ = process.communicate(timeout=LONGEST_S)
    if process.returncode:
        sys.exit(f"{process.args}: ended with {process.returncode}")
    return said


def busy_s() -> float:
    """CPU that the whole machine has used. [s]"""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def wait_until(reached: Callable[[], object], *, what: str) -> None:
    """Ask until something true comes; end the benchmark at the deadline."""
    deadline = time.monotonic() + LONGEST_S
    while not reached():
        if time.monotonic() > deadline:
            sys.exit(f"waited {LONGEST_S:.0f} s for {what}")
        time.sleep(POLL_S)
