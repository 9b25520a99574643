"""Broker, store and collector as real processes that can be hurt, and waiting for what must come."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import psutil

from tests.support import ROOT, Influxd, Mosquitto

DATABASE = "faults"
STORE_TIMEOUT_MS = 500
STOP_S = 10.0


class UnreachedError(AssertionError):
    """The world did not come to what was promised."""


class Broker(Mosquitto):
    """Mosquitto with its persistence on."""

    def __init__(self, folder: Path, *, autosave_s: int) -> None:
        super().__init__(folder)
        self._saved = folder / "mosquitto.db"
        with self._file.open("a") as conf:
            conf.write(f"autosave_interval {autosave_s}\n")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once; what it has not saved is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def save(self) -> None:
        """Have it save its sessions, and wait until it has."""
        before = self._saved.stat().st_mtime_ns if self._saved.exists() else None
        self.signal(signal.SIGUSR1)
        reach(lambda: self._saved.exists() and self._saved.stat().st_mtime_ns != before, what="the broker to save")


class Store(Influxd):
    """InfluxDB, with what the test itself does to it."""

    def command(self, statement: str) -> None:
        """Run a statement that changes something."""
        self._post("/query?" + urllib.parse.urlencode({"q": statement}), b"", HTTPStatus.OK)

    def write(self, line: str, *, database: str) -> None:
        """Write a line with its time in seconds; the service may not have made the database yet."""
        self.command(f'CREATE DATABASE "{database}"')
        self._post(f"/write?db={database}&precision=s", line.encode(), HTTPStatus.NO_CONTENT)

    def _post(self, path: str, body: bytes, expected: HTTPStatus) -> None:
        with self._connection() as connection:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            assert answer.status == expected, answer.read()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)


class Collector:
    """`qingjing run` as a process; its log goes through a pipe, so that no quota of files touches it."""

    def __init__(self, folder: Path, *, broker_port: int, store_port: int, protocol: str) -> None:
        self._config, self._data = folder / "config", folder / "data"
        shutil.copytree(ROOT / "config", self._config)
        settings = self._config / "settings.toml"
        text = settings.read_text()
        for old, new in (
            ("port = 1883", f'host = "127.0.0.1"\nport = {broker_port}\nprotocol = "{protocol}"'),
            ('kind = "sqlite"', 'kind = "influxdb"'),
            ('database = "qingjing"', f'database = "{DATABASE}"'),
        ):
            assert old in text
            text = text.replace(old, new, 1)
        settings.write_text(text)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("QINGJING_", "INFLUXDB_"))},
            "INFLUXDB_V2_URL": f"http://127.0.0.1:{store_port}",
            "INFLUXDB_V2_TIMEOUT": str(STORE_TIMEOUT_MS),
            "PYTHONPATH": str(ROOT),
        }
        self.file = self._data / "qingjing.sqlite3"
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start it; it need not be ready when this returns."""
        command = [sys.executable, "-m", "ingestor", "--config", str(self._config), "--data", str(self._data)]
        self.process = subprocess.Popen(
            [*command, "run", "--health-port", "0", "--board-port", "0"],
            cwd=self._config.parent,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log.append(f"--- started as {self.process.pid}")
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as log:
            for line in log:
                if "quarantined:" not in line:
                    now = dt.datetime.now(dt.UTC).strftime("%M:%S.%f")[:-3]
                    self.log.append(f"{now} {line.rstrip()}")

    def has_said(self, words: str, *, after: int) -> bool:
        """Whether words stand in its log after so many lines."""
        return any(words in line for line in self.log[after:])

    @property
    def tracebacks(self) -> str:
        """What its log says of errors that nobody caught, or that it calls its own faults."""
        at = [i for i, line in enumerate(self.log) if "Traceback" in line or "fault of qingjing" in line]
        return "\n".join(line for i, line in enumerate(self.log) if any(-2 <= i - start < 40 for start in at))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self._ended(10)

    def stop(self) -> None:
        """End it in an orderly way, which takes at most STOP_S and gives code 0."""
        self.signal(signal.SIGTERM)
        try:
            code = self._ended(STOP_S)
        except subprocess.TimeoutExpired as error:
            raise UnreachedError(f"collector: expected it to end within {STOP_S:.0f} s, got none") from error
        if code:
            raise UnreachedError(f"collector: expected code 0 after SIGTERM, got {code}")

    def _ended(self, within_s: float) -> int:
        assert self.process is not None
        assert self._reader is not None
        code = self.process.wait(within_s)
        self._reader.join(10)
        self.log.append(f"--- ended with {code}")
        self.process = None
        return code

    def limit_files(self, size: int) -> None:
        """Let it write no file beyond a size."""
        assert self.process is not None
        psutil.Process(self.process.pid).rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))

    def unlimit_files(self) -> None:
        """Lift the limit."""
        self.limit_files(psutil.RLIM_INFINITY)


def reach(reached: Callable[[], object], *, what: str, timeout_s: float = 30.0) -> None:
    """Wait until `reached` returns something true."""
    deadline = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > deadline:
            raise UnreachedError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(0.02)
