"""Benchmark: the whole demonstration, installed. At most 60 s on 2 cores; the service below 300 MiB.

Run with `make bench` or `python tests/benchmarks/demo.py`.
"""

import subprocess
import sys
import tempfile
import time

import psutil
from measuring import ROOT, Watch, describe

BOUND_S = 60
BOUND_MIB = 300


def main() -> None:
    """Print how long the demonstration took and what its service needed."""
    describe("demonstration: 366 days, seed 1")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-m", "ingestor", "demo", "--directory", folder, "--json"]
        demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        watch = None
        while demo.poll() is None:
            if watch is None:
                children = psutil.Process(demo.pid).children()
                watch = Watch(children[0].pid) if children else None
            time.sleep(0.05)
        assert watch is not None
        watch.stop()
        took_s = time.perf_counter() - started
        print(f"  {'whole run':<44} {took_s:8.1f} s of at most {BOUND_S} s")
        print(f"  {'largest memory of collector and broker':<44} {watch.peak_mib:8.0f} MiB of at most {BOUND_MIB} MiB")
        if took_s > BOUND_S or watch.peak_mib > BOUND_MIB:
            sys.exit("a bound is exceeded")


if __name__ == "__main__":
    main()
