"""Import of the 12 UCI Beijing files in bulk, 2.5 million values, into SQLite and InfluxDB.

Bounds: 150,000 values/s into SQLite, 300,000 values/s into InfluxDB (real influxd), on 2 cores. Beside it, in the same
run: pandas reads the same files and writes them with to_sql; ready-made lines are written to the same influxd. Where
other programs use the machine the CPU seconds tell more than the time.

    python tests/benchmarks/import_beijing.py [--store sqlite|influxdb|both]
"""

import argparse
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil
from measuring import DATA, ROOT, describe

sys.path.insert(0, str(ROOT))

from ingestor import config
from ingestor.backfill.checks import ordered
from ingestor.backfill.importing import import_files
from ingestor.backfill.parts import Part, Settings
from ingestor.backfill.reading import FORMATS
from ingestor.config import Config
from ingestor.formats import uci_beijing
from ingestor.store import InfluxServer, InfluxStore, SqliteStore, Store, bulk_lines
from sensors import register
from tests.support import Influxd

FILES = sorted((DATA / "air_beijing_uci").glob("*.csv.gz"))
READ = FORMATS["uci-beijing"].read
BOUNDS = {"sqlite": 150_000, "influxdb": 300_000}


def configuration(folder: Path) -> Config:
    """The shipped configuration with the 12 stations."""
    shutil.copytree(ROOT / "config", folder)
    for plan in (folder / "plans").glob("*.toml"):
        plan.unlink()
    stations = [station for file in FILES for station in uci_beijing.stations(file, "beijing")]
    (folder / "stations" / "air.csv").write_text(register.as_csv(stations), encoding="utf-8")
    return config.load(folder)


def measured(what: str, work: Callable[[], int], server: psutil.Process | None = None) -> float:
    """Print values, time and CPU of some work; return values a second."""
    before = sum(server.cpu_times()[:2]) if server else 0.0
    started, used = time.perf_counter(), time.process_time()
    values = work()
    took, cpu = time.perf_counter() - started, time.process_time() - used
    of_server = f", influxd {sum(server.cpu_times()[:2]) - before:.1f} s" if server else ""
    print(f"  {what:<44} {values:,} values in {took:.1f} s: {values / took:,.0f} values/s; CPU {cpu:.1f} s{of_server}")
    return values / took


def imported(loaded: Config, store: Store) -> int:
    """Import all files; return the number of values."""
    done = import_files(loaded, FILES, READ, store, settings=Settings(loaded.offset_s))
    assert not done.refused
    return sum(results.values for results in done.files)


def with_pandas(file: Path) -> int:
    """Read the files with pandas and write one row a value, indexed, with to_sql."""
    values = 0
    with contextlib.closing(sqlite3.connect(file)) as db:
        for each in FILES:
            frame = pd.read_csv(each)
            parts = ["year", "month", "day", "hour"]
            frame["time"] = pd.to_datetime(frame[parts]).astype("datetime64[s]").astype("int64") - 8 * 3600
            long = frame.melt(["station", "time"], list(uci_beijing.VARIABLES)).dropna()
            long.to_sql("reading", db, if_exists="append", index=False)
            values += len(long)
        db.execute("CREATE UNIQUE INDEX by_time ON reading (station, variable, time)")
        db.commit()
    return values


def ready_lines(loaded: Config) -> tuple[list[bytes], int]:
    """The lines of all files, made before anything is measured, and the number of their values."""

    def blocks() -> Iterator[tuple[bytes, int]]:
        for file in FILES:
            for part in READ(file, Settings(loaded.offset_s), lambda _: None):
                assert isinstance(part, Part)
                block = ordered(part, part.times, part.columns)
                assert block is not None
                values = sum(int((codes > 0).sum()) for _, codes in block.columns.values())
                lines = list(bulk_lines.batches(block, 5000))
                yield from zip(lines, [values, *[0] * (len(lines) - 1)], strict=True)

    lines, counts = zip(*blocks(), strict=True)
    return list(lines), sum(counts)


def on_influxdb(loaded: Config, folder: Path) -> float:
    """Measure the import into a real influxd, and beside it lines that are there already."""
    (folder / "influxdb").mkdir()
    influxd = Influxd(folder / "influxdb")
    influxd.start()
    assert influxd.process is not None
    server = psutil.Process(influxd.process.pid)
    os.environ["INFLUXDB_V2_URL"], os.environ["INFLUXDB_V2_TIMEOUT"] = influxd.url, "120000"
    try:
        with contextlib.closing(InfluxStore(folder / "l.sqlite3", InfluxServer("bench"))) as store:
            rate = measured("import into InfluxDB", lambda: imported(loaded, store), server)
        lines, values = ready_lines(loaded)
        baseline = InfluxServer("baseline")
        baseline.probe()

        def write() -> int:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(baseline.write_all, lines))
            return values

        measured("ready-made lines, 4 requests in flight", write, server)
    finally:
        influxd.kill()
    return rate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "influxdb", "both"), default="both")
    chosen = parser.parse_args().store
    describe(f"import of {len(FILES)} files of {DATA / 'air_beijing_uci'}; load {os.getloadavg()[0]:.1f} before")
    rates = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        loaded = configuration(folder / "config")
        if chosen != "influxdb":
            with contextlib.closing(SqliteStore(folder / "s.sqlite3")) as store:
                rates["sqlite"] = measured("import into SQLite", lambda: imported(loaded, store))
            measured("pandas: read_csv, to_sql, index", lambda: with_pandas(folder / "pandas.sqlite3"))
        if chosen != "sqlite":
            rates["influxdb"] = on_influxdb(loaded, folder)
    for store_kind, rate in rates.items():
        print(f"  {store_kind}: {rate:,.0f} values/s, bound {BOUNDS[store_kind]:,}")
    return 0 if all(rate >= BOUNDS[store_kind] for store_kind, rate in rates.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
