"""What tests share beside fixtures: where things are, waiting, ports, real servers."""

import contextlib
import csv
import getpass
import http.client
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
ALL_KILLS = "QINGJING_ALL_KILLS" in os.environ
"""Kill at all moments, as `make faults` does; else at some."""


def wait_for(reached: Callable[[], object], *, what: str, timeout_s: float = 60) -> None:
    """Wait until `reached` returns something true; fail with `what` at the deadline."""
    deadline = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that is free on loopback now.

    Tests that run beside each other take theirs from ranges of their own, below those of the kernel.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20_000 + worker % 10 * 1_000
    while True:
        port = random.SystemRandom().randrange(first, first + 1_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def server(name: str) -> str:
    """Return the path of a real server; skip the test where it is not installed, fail under CI."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        reason = f"{name} is not installed; as root `make test` installs it"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return path


class Mosquitto:
    """A real Mosquitto on a free loopback port, with persistence, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\n"
            f"user {getpass.getuser()}\n"  # else, as root, it becomes a user that may not write here
            "max_inflight_messages 1000\nmax_queued_messages 1000000\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self._process = subprocess.Popen(
            [server("mosquitto"), "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: accepts(self.port), what="mosquitto to listen")

    def send_signal(self, number: signal.Signals) -> None:
        """Stop it in the middle, or kill it; `start` starts another."""
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait(10)

    def stop(self) -> None:
        """Stop it gently, so that it saves its sessions."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


class Influxd:
    """A real InfluxDB 1 (Debian's) on a free loopback port with its own folder, that can be stopped and started."""

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._file = folder / "influxdb.conf"
        self._log = folder / "influxd.log"
        self._file.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            "query-log-enabled = false\n[monitor]\nstore-enabled = false\n[continuous_queries]\nenabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\nflux-enabled = false\n'
            f"auth-enabled = {str(auth).lower()}\n"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([server("influxd"), "-config", str(self._file)], stdout=log, stderr=log)
        wait_for(self.answers, what="influxd to answer")

    def answers(self) -> bool:
        """Whether it answers a ping."""
        with contextlib.suppress(OSError, http.client.HTTPException), self._connection() as connection:
            connection.request("GET", "/ping")
            return connection.getresponse().status == HTTPStatus.NO_CONTENT
        return False

    def query(self, statement: str, *, database: str) -> list[dict[str, str]]:
        """Rows of an InfluxQL statement, read without qingjing's own client."""
        with self._connection() as connection:
            asked = urllib.parse.urlencode({"db": database, "epoch": "s", "q": statement})
            connection.request("GET", f"/query?{asked}", headers={"Accept": "application/csv"})
            return list(csv.DictReader(io.StringIO(connection.getresponse().read().decode())))

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def _connection(self) -> contextlib.closing[http.client.HTTPConnection]:
        return contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30))


def accepts(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return True
    return False


class FalseBroker:
    """A listener that speaks just enough MQTT to misbehave; `answer` gets each connection and its number."""

    def __init__(self, answer: Callable[[socket.socket, int], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                connection.recv(1024)  # CONNECT
                self._answer(connection, self.connections)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
