"""The board under load: 100 requests a second for figures while readings arrive, and its memory.

Run: python -m tests.benchmarks.board_api [SECONDS]. Prints percentiles of the time of an answer, and the memory of the
board before and after so many updates to listeners. The promise is a p95 under 50 ms for indicators on 2 cores.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import psutil

from ingestor.store import SqliteStore, store_file
from ingestor.store.ports import Block
from tests import board_world
from tests.bulletin_world import CITY
from tests.support import ROOT, accepts, free_port, wait_for

RATE_HZ = 100
LISTENERS = 20
PATHS = (
    f"/api/indicators?scope=city:{CITY}&period=2020-06",
    f"/api/indicators?scope=city:{CITY}&to_date=2020-06-20",
    "/api/indicators?scope=station:c-a002&period=2020-06",
    "/api/targets",
)


async def ask(client: httpx.AsyncClient, path: str, due: float, took: list[float]) -> None:
    """Ask once when it is due; the time counts from then, however late it was sent. [s]"""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    (await client.get(path)).raise_for_status()
    took.append(time.perf_counter() - due)


async def listen(client: httpx.AsyncClient, heard: list[int]) -> None:
    """Count the changes that are told of."""
    async with client.stream("GET", "/events", timeout=None) as stream:
        async for line in stream.aiter_lines():
            heard[0] += line.startswith("event: changed")


async def load(address: str, seconds: int, file: Path, start: int) -> tuple[list[float], int]:
    """Ask and listen for some seconds while a reading a second arrives."""
    took: list[float] = []
    heard = [0]
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as client:
        listeners = [asyncio.create_task(listen(client, heard)) for _ in range(LISTENERS)]
        first = time.perf_counter() + 0.5
        requests = [
            asyncio.create_task(ask(client, PATHS[i % len(PATHS)], first + i / RATE_HZ, took))
            for i in range(seconds * RATE_HZ)
        ]
        with contextlib.closing(SqliteStore(file)) as store:
            for n in range(seconds):
                one = (np.array([20.0 + n % 10]), np.array([1]))
                store.load([Block("air", "c-a002", 60, np.array([start + 60 * n]), {"pm25": one})])
                await asyncio.sleep(1.0)
        await asyncio.gather(*requests)
        for each in listeners:
            each.cancel()
    return took, heard[0]


def main() -> None:
    """Measure and print."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
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
                httpx.get(f"http://127.0.0.1:{port}/wall", timeout=30).raise_for_status()
                print(f"first wall {1000 * (time.perf_counter() - started):.0f} ms")
                process = psutil.Process(board.pid)
                start = loaded.start_of(loaded.local_day(int(time.time()))) - 86_400 * 3000
                address, file = f"http://127.0.0.1:{port}", store_file(folder / "data")
                asyncio.run(load(address, 3, file, start))
                before, cpu = process.memory_info().rss, process.cpu_times().user
                took, heard = asyncio.run(load(address, seconds, file, start))
                milliseconds = np.array(sorted(took)) * 1000
                p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
                print(f"{len(took)} answers at {RATE_HZ}/s: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
                print(f"processor {100 * (process.cpu_times().user - cpu) / seconds:.0f} % of one core")
                print(f"{heard} changes told to {LISTENERS} listeners")
                print(f"memory {before / 2**20:.1f} MiB before, {process.memory_info().rss / 2**20:.1f} MiB after")
            finally:
                board.terminate()


if __name__ == "__main__":
    main()
