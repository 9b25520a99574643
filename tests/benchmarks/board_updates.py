"""The wall in a browser: first paint, how soon a reading that a gateway publishes is seen, and memory over an hour.

Run: python tests/benchmarks/board_updates.py [UPDATES]. The promises are a first paint under 1 s, a reading within 5 s,
and no growth over the 720 updates that an hour of one every 5 s makes. Those come without a pause: the board looks at
its store, and the page asks, 20 times as often as in operation. What allocators keep may grow by a little. Beside the
paint stands that of a page of one line, which is what the browser takes here by itself.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from measuring import ROOT, describe, judged
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(ROOT))

from ingestor.config import Config
from ingestor.mqtt_publisher import Publisher
from ingestor.store import SqliteStore, store_file
from ingestor.store.ports import Block
from tests import board_world
from tests.support import accepts, free_port, server, wait_for

UPDATES = 720
WARM_UP = 60
READINGS = 10
PAINTS = 5
SIZE = (1920, 1080)
PAINT_MS, SEEN_S = 1000.0, 5.0
GROWN_BOARD_MIB, GROWN_PAGE_MIB, GROWN_NODES = 2.0, 0.5, 10
HURRY = (
    "import runpy, sys; from ingestor.board import events, source; "
    "source.LOOK_EVERY_S = events.LOOK_EVERY_S = 0.05; sys.argv[0] = 'qingjing'; "
    "runpy.run_module('ingestor', run_name='__main__')"
)
HURRY_PAGE = "window.setTimeout = ((set) => (work, ms) => set(work, ms / 20))(window.setTimeout)"


@contextlib.contextmanager
def running(folder: Path, port: int, *command: str, code: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run qingjing until the block ends."""
    program = [sys.executable, *(["-m", "ingestor"] if code is None else ["-c", code])]
    program += ["--config", str(folder / "config"), "--data", str(folder / "data"), *command]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: accepts(port), what="the board to listen")
            yield process
        finally:
            process.terminate()


def opened(browser: Browser, url: str, script: str = "") -> Page:
    """A page in a profile of its own, with nothing cached."""
    page = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}).new_page()
    page.add_init_script(script)
    page.goto(url, wait_until="load")
    return page


def painted(browser: Browser, url: str) -> tuple[float, float]:
    """When the first byte of a page came, and when something of it was seen. [ms]"""
    page = opened(browser, url)
    asked = (
        "[performance.getEntriesByType('navigation')[0].responseStart, "
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0]"
    )
    wait_for(lambda: page.evaluate(asked)[1] > 0, what="a paint")
    first, seen = page.evaluate(asked)
    page.context.close()
    return float(first), float(seen)


def paints(browser: Browser, address: str) -> tuple[float, float]:
    """Print and return the paint of the wall of a board that was just started, and the median of later ones. [ms]"""
    found = [painted(browser, f"{address}/wall") for _ in range(PAINTS + 1)]
    bare = [painted(browser, f"{address}/bulletins/none/none")[1] for _ in range(PAINTS)]
    later = np.median(found[1:], axis=0)
    for name, (first, seen) in (("just started", found[0]), ("later, median", later)):
        print(f"  wall, {name}: first byte {first:.0f} ms, first paint {seen:.0f} ms")
    print(f"  a page of one line, median: first paint {np.median(bare):.0f} ms")
    return found[0][1], float(later[1])


def delays(browser: Browser, folder: Path) -> float:
    """Print how long readings take from a gateway to the wall, through broker, collector and store; the longest. [s]"""
    port, board = free_port(), free_port()
    with running(folder, board, "run", "--port", str(port), "--health-port", "0", "--board-port", str(board)):
        wait_for(lambda: accepts(port), what="the broker")
        page = opened(browser, f"http://127.0.0.1:{board}/wall")
        gateway = Publisher("127.0.0.1", port, client_id="gateway", timeout_s=10)
        took = []
        for n in range(READINGS):
            time.sleep(0.7 * n % 2.0)  # so that they come at any moment of the board's seconds
            start = time.strftime("%Y-%m-%dT%H:%M:00+00:00", time.gmtime(time.time() - 120))
            value = 500 + n
            began = time.perf_counter()
            reading = {"time": start, "period_s": 60, "values": {"pm25": value}}
            gateway.publish("env/v1/air/c-a002", json.dumps(reading).encode())
            gateway.wait(lambda: gateway.unacknowledged == 0, timeout_s=10)
            expect(page.locator(".newest")).to_contain_text(f"PM2.5 {value}", timeout=30_000)
            took.append(time.perf_counter() - began)
        gateway.close()
        page.context.close()
    print(f"  published to seen, {READINGS} readings: median {np.median(took):.1f} s, most {max(took):.1f} s")
    return max(took)


def heap(page: Page) -> tuple[float, int]:
    """What the scripts of a page hold after a collection of garbage [MiB], and how many nodes it has."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSHeapUsedSize"] / 2**20, int(found["Nodes"])


def memory(browser: Browser, folder: Path, loaded: Config, updates: int) -> tuple[float, float, int]:
    """Print the memory of board and page before and after so many updates, each seen on the page.

    Returns by how much the board [MiB], the scripts of the page [MiB] and the number of its nodes have grown.
    """
    port = free_port()
    start = loaded.start_of(loaded.local_day(int(time.time()))) - 86_400 * 300
    with (
        contextlib.closing(SqliteStore(store_file(folder / "data"))) as store,
        running(folder, port, "board", "--port", str(port), code=HURRY) as board,
    ):
        page = opened(browser, f"http://127.0.0.1:{port}/wall", HURRY_PAGE)
        process = psutil.Process(board.pid)
        found = []
        for n in range(WARM_UP + updates + 1):
            if n in (WARM_UP, WARM_UP + updates):
                used, nodes = heap(page)
                when = "before" if n == WARM_UP else f"after {updates} updates"
                board_mib = process.memory_info().rss / 2**20
                print(f"  {when}: board {board_mib:.1f} MiB, page {used:.2f} MiB of scripts, {nodes} nodes")
                found.append((board_mib, used, nodes))
            one = (np.array([float(n + 1000)]), np.array([1]))
            store.load([Block("air", "c-a003", 60, np.array([start + 60 * n]), {"pm25": one})])
            expect(page.locator(".newest")).to_contain_text(f"PM2.5 {n + 1000}", timeout=30_000)
        page.context.close()
    before, after = found
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


def main() -> int:
    """Measure and print; 1 where a bound does not hold."""
    updates = int(sys.argv[1]) if len(sys.argv) > 1 else UPDATES
    describe(f"the wall in Chromium, {updates} updates")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        loaded = board_world.made(folder)
        browser = playwright.chromium.launch(executable_path=server("chromium"), args=["--no-sandbox"])
        port = free_port()
        with running(folder, port, "board", "--port", str(port), "--as-of", board_world.LAST):
            first, later = paints(browser, f"http://127.0.0.1:{port}")
        of_board, of_page, nodes = memory(browser, folder, loaded, updates)
        longest = delays(browser, folder)
        browser.close()
    return judged(
        ("first paint of a board that was just started [ms]", first, PAINT_MS),
        ("first paint, median of later ones [ms]", later, PAINT_MS),
        ("from a gateway to the wall, the longest [s]", longest, SEEN_S),
        ("growth of the board [MiB]", of_board, GROWN_BOARD_MIB),
        ("growth of the page's scripts [MiB]", of_page, GROWN_PAGE_MIB),
        ("growth of the page's nodes", nodes, GROWN_NODES),
    )


if __name__ == "__main__":
    sys.exit(main())
