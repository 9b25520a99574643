"""What the benchmarks share: a running service whose memory and CPU are watched, and the machine they ran on."""

import contextlib
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data"


class Watch:
    """Largest memory of a process and its children together, and the CPU that each used."""

    def __init__(self, pid: int) -> None:
        self.peak_mib = 0.0
        self.cpu_s: dict[str, float] = {}
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            with contextlib.suppress(psutil.Error):
                family = [self._root, *self._root.children(recursive=True)]
                self.peak_mib = max(self.peak_mib, sum(p.memory_info().rss for p in family) / 2**20)
                for process in family:
                    used = process.cpu_times()
                    name = "collector" if "run" in process.cmdline() else "broker"
                    self.cpu_s[name] = used.user + used.system


@contextlib.contextmanager
def service(config: Path, data: Path, port: int) -> Iterator[Watch]:
    """Run `qingjing run` and watch it."""
    command = [*qingjing(config, data), "run", "--board-port", "0", "--port", str(port)]
    with (data.parent / "service.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        watch = Watch(process.pid)
        try:
            yield watch
        finally:
            watch.stop()
            process.terminate()
            process.wait(30)


def qingjing(config: Path, data: Path) -> list[str]:
    """The command with its common options."""
    return [sys.executable, "-m", "ingestor", "--config", str(config), "--data", str(data)]


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a step took."""
    started = time.perf_counter()
    yield
    print(f"  {what:<44} {time.perf_counter() - started:8.1f} s")


def judged(*bounds: tuple[str, float, float]) -> int:
    """Print what was measured beside its bound, and the load of the machine; 1 where a bound is exceeded, else 0."""
    for what, measured, most in bounds:
        print(f"  {what}: {measured:.4g}, at most {most:g}: {'holds' if measured <= most else 'EXCEEDED'}")
    print(f"  load of the machine {os.getloadavg()[0]:.1f}; bounds of time ask for two cores that are free")
    return int(any(measured > most for _, measured, most in bounds))


def describe(what: str) -> None:
    """Print what is measured, and where."""
    memory = psutil.virtual_memory().total / 2**30
    print(f"\n{what}")
    print(f"  {platform.platform()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}")
