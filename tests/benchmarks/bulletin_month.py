"""A month's bulletin of 300 stations: 100 of air, 100 sections, 100 monitors, two years of hours in one SQLite file.

Readings are made and loaded past MQTT and derived first; that is not counted. Counted is the command as a user runs it,
start of Python included, in both languages. Bound: 10 s of the wall a bulletin. December has the most behind it: a
year of days and the year before.

    python tests/benchmarks/bulletin_month.py [--stations 100] [--months 2020-06 2020-12] [--data DIR]
"""

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, describe, qingjing

sys.path.insert(0, str(ROOT))

from ingestor import config, derivation
from ingestor.store import SqliteStore
from tests.bulletin_world import PLAN, configuration, fill

LIMIT_S = 10.0
FIRST, LAST = "2019-01-01", "2020-12-31"


def prepare(folder: Path, stations: int) -> None:
    """Make the city and its store, so many stations a medium."""
    loaded = config.load(configuration(folder / "config", air=stations, water=stations, noise=stations))
    (folder / "data").mkdir()
    with contextlib.closing(SqliteStore(folder / "data" / "qingjing.sqlite3")) as store:
        started = time.perf_counter()
        values = fill(store, loaded.register, FIRST, LAST)
        derivation.derive(loaded, store)
        print(f"  {values:,} values loaded and derived in {time.perf_counter() - started:.0f} s (not counted)")


def main() -> int:
    """Measure and print; fail where the bound is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=100, help="of each medium")
    parser.add_argument("--months", nargs="+", default=["2020-06", "2020-12"])
    parser.add_argument("--data", type=Path, help="keep the city here, or take the one that is there")
    asked = parser.parse_args()
    describe(f"a month's bulletin of {3 * asked.stations} stations")
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = asked.data or Path(name)
        if not (folder / "data").is_dir():
            prepare(folder, asked.stations)
        for month in asked.months:
            for language in ("zh", "en"):
                command = [*qingjing(folder / "config", folder / "data"), "bulletin", "--plan", PLAN, "--month", month]
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                started = time.perf_counter()
                subprocess.run(
                    [*command, "--lang", language, "--out", str(folder / "out")],
                    check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                )  # fmt: skip
                wall = time.perf_counter() - started
                used = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
                print(f"  {month} {language}: {wall:.1f} s of the wall, {cpu:.1f} s of CPU")
                good = good and wall <= LIMIT_S
        sizes = {file.suffix: file.stat().st_size for file in (folder / "out").iterdir()}
        print(f"  {', '.join(f'{suffix[1:]} {size / 1024:.0f} kB' for suffix, size in sorted(sizes.items()))}")
    waiting = os.getloadavg()[0]
    print(f"  largest memory {used.ru_maxrss / 1024:.0f} MiB; load of the machine {waiting:.1f}")
    print(f"  {'the bound holds' if good else 'the bound does not hold'}: {LIMIT_S:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
