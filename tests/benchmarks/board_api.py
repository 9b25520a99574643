"""The board under load: 100 requests a second for figures while readings arrive, and its memory.

Run: python tests/benchmarks/board_api.py [SECONDS [EVERY]]. With EVERY, figures change every so many seconds, as with a
derivation, and are computed again. Prints percentiles of the time of an answer, and the memory of the
board before and after so many updates to listeners. The promise is a p95 under 50 ms for indicators on 2 cores.

Beside them stands what is not the board's doing where other programs take the processors: how late questions were sent,
and how long the board's event loop was ready to run and got no processor. On a busy machine these two make the figure.
"""

import contextlib
import http.client
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from measuring import ROOT, describe, judged

sys.path.insert(0, str(ROOT))

from ingestor.store import SqliteStore, store_file
from ingestor.store.arrivals import DERIVATIONS
from ingestor.store.ports import Block
from tests import board_world
from tests.bulletin_world import CITY
from tests.support import accepts, free_port, wait_for

RATE_HZ = 100
ASKERS = 10
LISTENERS = 20
LIMIT_MS = 50.0
PATHS = (
    f"/api/indicators?scope=city:{CITY}&period=2020-06",
    f"/api/indicators?scope=city:{CITY}&to_date=2020-06-20",
    "/api/indicators?scope=station:c-a002&period=2020-06",
    "/api/targets",
)


def ask(port: int, first: float, numbers: range, took: list[float], late: list[float]) -> None:
    """Ask when each question is due, on one connection; the time counts from then, however late it was sent. [s]"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        for number in numbers:
            due = first + number / RATE_HZ
            time.sleep(max(0.0, due - time.perf_counter()))
            late.append(time.perf_counter() - due)
            connection.request("GET", PATHS[number % len(PATHS)])
            answer = connection.getresponse()
            assert answer.status == http.HTTPStatus.OK
            answer.read()
            took.append(time.perf_counter() - due)


def listen(port: int, until: float, heard: list[int]) -> None:
    """Count the changes that are told of, up to a moment."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/events")
        stream = connection.getresponse()
        while time.perf_counter() < until:
            if stream.readline().startswith(b"event: changed"):
                heard.append(1)


def fill(seconds: int, file: Path, start: int, every: int | None) -> None:
    """Store a reading a second, and note a derivation every so many."""
    with contextlib.closing(SqliteStore(file)) as store, contextlib.closing(sqlite3.connect(file)) as ledger:
        for n in range(seconds):
            if every is not None and n % every == 0:
                with ledger:
                    ledger.execute("UPDATE counter SET value = value + 1 WHERE name = ?", (DERIVATIONS,))
            one = (np.array([20.0 + n % 10]), np.array([1]))
            store.load([Block("air", "c-a002", 60, np.array([start + 60 * n]), {"pm25": one})])
            time.sleep(1.0)


def waited_s(process: int) -> float:
    """How long the main thread of a process was ready to run and got no processor since its start. [s]"""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9


def load(
    port: int, seconds: int, file: Path, start: int, every: int | None = None
) -> tuple[list[float], list[float], int]:  # fmt: skip
    """Ask and listen for some seconds while a reading a second arrives."""
    took: list[float] = []
    late: list[float] = []
    heard: list[int] = []
    first = time.perf_counter() + 0.5
    n = seconds * RATE_HZ
    with ThreadPoolExecutor(ASKERS + LISTENERS + 1) as threads:
        work = [threads.submit(listen, port, first + seconds, heard) for _ in range(LISTENERS)]
        work.append(threads.submit(fill, seconds + 2, file, start, every))
        work += [threads.submit(ask, port, first, range(i, n, ASKERS), took, late) for i in range(ASKERS)]
        for each in work:
            each.result()
    return took, late, len(heard)


def main() -> int:
    """Measure and print; 1 where the bound does not hold."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    every = int(sys.argv[2]) if len(sys.argv) > 2 else None
    describe(f"the API of the board, {RATE_HZ} questions a second for {seconds} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = board_world.made(folder)
        port = free_port()
        command = [sys.executable, "-m", "ingestor", "--config", str(folder / "config"), "--data", str(folder / "data")]
        command += ["board", "--port", str(port), "--as-of", board_world.LAST]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as board:
            try:
                wait_for(lambda: accepts(port), what="the board to listen")
                started = time.perf_counter()
                urllib.request.urlopen(f"http://127.0.0.1:{port}/wall").read()
                print(f"first wall {1000 * (time.perf_counter() - started):.0f} ms")
                process = psutil.Process(board.pid)
                start = loaded.start_of(loaded.local_day(int(time.time()))) - 86_400 * 3000
                file = store_file(folder / "data")
                load(port, 3, file, start)
                before, cpu, waited = process.memory_info().rss, process.cpu_times().user, waited_s(board.pid)
                took, late, heard = load(port, seconds, file, start, every)
                milliseconds = np.array(sorted(took)) * 1000
                p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
                print(f"{len(took)} answers at {RATE_HZ}/s: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
                print(f"of it sent late: p95 {1000 * np.percentile(late, 95):.1f} ms")
                waits = 1000 * (waited_s(board.pid) - waited)
                print(f"board without a processor: {waits:.0f} ms, {waits / len(took):.2f} ms an answer")
                print(f"processor {100 * (process.cpu_times().user - cpu) / seconds:.0f} % of one core")
                print(f"{heard} changes told to {LISTENERS} listeners")
                print(f"memory {before / 2**20:.1f} MiB before, {process.memory_info().rss / 2**20:.1f} MiB after")
            finally:
                board.terminate()
    return judged(("p95 of an answer [ms]", float(p95), LIMIT_MS))


if __name__ == "__main__":
    sys.exit(main())
