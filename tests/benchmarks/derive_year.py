"""Derivation of 300 air stations: a year from scratch, and one late reading in a store of three years.

The hours are made and loaded past MQTT; loading is not counted. Bounds: from scratch 60 s on SQLite, 90 s on InfluxDB,
2 GB; one late reading 2 s on both. With fewer stations less time is allowed from scratch, in proportion. Beside it the
baseline: pandas reads the same values of SQLite and makes the daily means, no more.

    python tests/benchmarks/derive_year.py [--store sqlite|influxdb] [--stations 300] [--years 3]
"""

import argparse
import contextlib
import datetime as dt
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import ROOT, describe

sys.path.insert(0, str(ROOT))

from ingestor import config, derivation
from ingestor.config import Config
from ingestor.store import InfluxServer, InfluxStore, SqliteStore, Store
from ingestor.store.ports import Block
from tests.support import Influxd

QUANTITIES = {"pm25": 35.0, "pm10": 60.0, "so2": 9.0, "no2": 30.0, "o3": 90.0, "co": 0.8}
HOUR_S, DAY_S = 3600, 86_400
FIRST = int(dt.datetime.fromisoformat("2020-01-01T00:00:00+08:00").timestamp())
MISSING = 0.02
STATIONS = 300
LIMITS_S = {"sqlite": 60.0, "influxdb": 90.0}
LATE_S, LIMIT_GIB = 2.0, 2.0


def configuration(folder: Path, stations: int) -> Config:
    """The shipped configuration with so many air stations in six districts of one city."""
    shutil.copytree(ROOT / "config", folder)
    for plan in (folder / "plans").glob("*.toml"):
        plan.unlink()
    head = "id,name,name_en,city,district,lon,lat,since,until\n"
    rows = [f"b-a{i:03d},站{i},Station {i},shenzhen,区{i % 6},114.0,22.5,2019-01-01,\n" for i in range(stations)]
    (folder / "stations" / "air.csv").write_text(head + "".join(rows), encoding="utf-8")
    return config.load(folder)


def fill(store: Store, loaded: Config, days: int) -> int:
    """Load hours of all stations; return the number of values."""
    rng = np.random.default_rng(1)
    times = FIRST + HOUR_S * np.arange(days * 24, dtype=np.int64)
    shape = 1 + 0.4 * np.sin(np.arange(len(times)) / 24 * 2 * np.pi) + 0.6 * rng.random(len(times))
    stored = 0
    for number, station in enumerate(loaded.register.of("air")):
        columns = {}
        for quantity, level in QUANTITIES.items():
            values = np.round(level * np.roll(shape, 31 * number) * rng.uniform(0.8, 1.2), 1)
            codes = np.ones(len(times), dtype=np.int64)
            codes[rng.random(len(times)) < MISSING] = 0
            columns[quantity] = (values, codes)
        stored += store.load([Block("air", station.id, HOUR_S, times, columns)])
    return stored


def baseline(file: Path, days: int) -> float:
    """Seconds that pandas takes for daily means of the same values."""
    started = time.perf_counter()
    with contextlib.closing(sqlite3.connect(file)) as db:
        end = FIRST + days * DAY_S
        frame = pd.read_sql_query("SELECT series, time, value FROM reading WHERE time < ?", db, params=(end,))
    frame.groupby(["series", (frame.time - FIRST) // DAY_S]).value.mean()
    return time.perf_counter() - started


def measured(store: Store, loaded: Config, args: argparse.Namespace, folder: Path) -> bool:
    """Print what each step took; whether all bounds hold."""
    n = len(loaded.register.of("air"))
    started = time.perf_counter()
    values = fill(store, loaded, 365)
    print(f"  load {values:,} values: {values / (time.perf_counter() - started):,.0f} values/s")
    started = time.perf_counter()
    done = derivation.derive(loaded, store)
    whole_s = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  from scratch: {n} stations, {done.station_days['air']:,} station-days in {whole_s:.1f} s, {peak:.2f} GiB")
    if args.store == "sqlite":
        pandas_s = baseline(folder / "s.sqlite3", 365)
        print(f"  pandas, daily means of the same values only: {pandas_s:.1f} s, ratio {whole_s / pandas_s:.2f}")
    if args.years > 1:
        fill(store, loaded, 365 * args.years + 1)
        derivation.derive(loaded, store)
    late = FIRST + 200 * DAY_S + 5 * HOUR_S
    station = loaded.register.of("air")[n // 2].id
    one = {"pm25": (np.array([71.5]), np.array([1]))}
    store.load([Block("air", station, HOUR_S, np.array([late]), one)])
    started = time.perf_counter()
    again = derivation.derive(loaded, store)
    late_s = time.perf_counter() - started
    print(f"  one late reading among {args.years} years: {again.station_days['air']} station-days in {late_s:.2f} s")
    started = time.perf_counter()
    derivation.derive(loaded, store)
    print(f"  nothing stale: {time.perf_counter() - started:.2f} s")
    return whole_s <= LIMITS_S[args.store] * n / STATIONS and late_s <= LATE_S and peak <= LIMIT_GIB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "influxdb"), default="sqlite")
    parser.add_argument("--stations", type=int, default=STATIONS)
    parser.add_argument("--years", type=int, default=3)
    args = parser.parse_args()
    describe(f"derivation of {args.stations} air stations from {args.store}; load {os.getloadavg()[0]:.1f} before")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        loaded = configuration(folder / "config", args.stations)
        if args.store == "sqlite":
            with contextlib.closing(SqliteStore(folder / "s.sqlite3")) as store:
                good = measured(store, loaded, args, folder)
        else:
            (folder / "influxdb").mkdir()
            influxd = Influxd(folder / "influxdb")
            influxd.start()
            os.environ["INFLUXDB_V2_URL"] = influxd.url
            os.environ["INFLUXDB_V2_TIMEOUT"] = "120000"
            try:
                with contextlib.closing(InfluxStore(folder / "l.sqlite3", InfluxServer("bench"))) as influx:
                    good = measured(influx, loaded, args, folder)
            finally:
                influxd.kill()
    print("  all bounds hold" if good else "  a bound does not hold")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
