"""A year of 600 air stations from Parquet to derived rows on a Dask cluster: two workers against one, and the slope.

A task is a city of 25 stations, as a worker does it with `--scheduler`: its Parquet file is read and checked as
`import` does, its hours and days are derived step by step and written as lines of InfluxDB. The lines go nowhere, so
that it is the workers that are measured and no server beside them on the same cores. Every run must give the same lines
as this process alone (a checksum of all requests, whatever their order).

Bounds: two workers at least 1.6 times as fast as one; cost by the number of stations linear (R² at least 0.99 of the
CPU time). Each worker has one thread. Where other programs use the machine the CPU seconds tell more than the time.

    python tests/benchmarks/cluster_year.py [--stations 75 150 300 600] [--rounds 2]
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from measuring import ROOT, describe
from pyarrow import parquet

sys.path.insert(0, str(ROOT))

from ingestor import config
from ingestor.backfill.importing import import_files
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cluster.connection import connected
from ingestor.cluster.tasks import Task, completed
from ingestor.config import Config
from ingestor.derivation.stale import Work, covering, span_of
from ingestor.derivation.steps import carry_out_step, no_cycles, steps_of
from ingestor.derivation.units import Unit, digest_of
from ingestor.store import Arrival, RawSeries, SeriesKey
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.ports import NO_VALUE, Block

QUANTITIES = {"pm25": 35.0, "pm10": 60.0, "so2": 9.0, "no2": 30.0, "o3": 90.0, "co": 0.8}
HOUR_S = 3600
START = np.datetime64("2020-12-31T16:00:00", "s")  # 2021-01-01 in Shanghai
HOURS = 365 * 24
A_CITY = 25
MISSING = 0.02
LEAST_RATIO, LEAST_R2 = 1.6, 0.99


class Result(NamedTuple):
    """Values read, lines written and a checksum of them."""

    values: int
    lines: int
    checksum: int

    def plus(self, other: "Result") -> "Result":
        return Result(*(a + b for a, b in zip(self, other, strict=True)))


class Run(NamedTuple):
    """What a run took: time, CPU of each worker [s], memory of the largest at its peak [GiB]."""

    time_s: float
    cpu_s: list[float]
    peak_gib: float
    result: Result


class Nowhere:
    """In place of a server: it holds nothing, and counts what is written."""

    def __init__(self) -> None:
        self.lines = self.checksum = 0
        self._counting = threading.Lock()

    def tables(self, _: str) -> list[Any]:
        return []

    def write_all(self, lines: bytes) -> None:
        with self._counting:  # several threads send
            self.lines += lines.count(b"\n")
            self.checksum += zlib.crc32(lines)

    def close(self) -> None:
        pass


class Memory(InfluxTables):
    """Readings of a file in memory; what is derived goes nowhere. Also what an import stores into."""

    def __init__(self) -> None:
        self.nowhere = Nowhere()
        super().__init__(self.nowhere)  # type: ignore[arg-type]
        self.raw: dict[SeriesKey, RawSeries] = {}
        self.values = 0

    def load(self, blocks: Sequence[Block]) -> int:
        for block in blocks:
            for quantity, (values, codes) in block.columns.items():
                there = codes != NO_VALUE
                key = SeriesKey(block.medium, block.station, block.period_s, quantity)
                self.raw[key] = RawSeries(block.times[there], values[there], codes[there])
                self.values += int(there.sum())
        return 0

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        raise AssertionError(arrivals)

    def extents(self, *_: Any) -> dict[str, tuple[int, int]]:
        return {}

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        found = {}
        for key, series in self.raw.items():
            if key.medium == medium and key.station in stations:
                inside = slice(*np.searchsorted(series.times, (start, end)))
                found[key] = RawSeries(series.times[inside], series.values[inside], series.flags[inside])
        return found


def configuration(folder: Path, stations: int) -> Config:
    """The shipped configuration with so many air stations, in cities of 25 and districts of five."""
    shutil.copytree(ROOT / "config", folder)
    for plan in (folder / "plans").glob("*.toml"):
        plan.unlink()
    cities = [f"city{i:02d}" for i in range(stations // A_CITY)]
    settings = folder / "settings.toml"
    text = settings.read_text("utf-8").replace('kind = "sqlite"', 'kind = "influxdb"')
    more = "".join(f'[[city]]\nid = "{city}"\nname = "{city}"\nname_en = "{city}"\n\n' for city in cities)
    settings.write_text(text.replace("[[city]]", more + "[[city]]", 1), "utf-8")
    head = "id,name,name_en,city,district,lon,lat,since,until\n"
    rows = [
        f"{city}-a{i:02d},站{i},Station {i},{city},区{i % 5},114.0,22.5,2019-01-01,\n"
        for city in cities
        for i in range(A_CITY)
    ]
    (folder / "stations" / "air.csv").write_text(head + "".join(rows), encoding="utf-8")
    return config.load(folder)


def fill(folder: Path, loaded: Config) -> dict[str, Path]:
    """Write a Parquet file a city, a row a station and hour; return them by city."""
    rng = np.random.default_rng(1)
    times = pa.array(START + np.arange(HOURS) * np.timedelta64(HOUR_S, "s"), pa.timestamp("s", "UTC"))
    shape = 1 + 0.4 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi) + 0.6 * rng.random(HOURS)
    files: dict[str, Path] = {}
    writers: dict[str, parquet.ParquetWriter] = {}
    for number, station in enumerate(loaded.register.of("air")):
        columns: dict[str, Any] = {"medium": ["air"] * HOURS, "station": [station.id] * HOURS}
        columns |= {"period_s": np.full(HOURS, HOUR_S), "time": times}
        for quantity, level in QUANTITIES.items():
            values = np.round(level * np.roll(shape, 31 * number) * rng.uniform(0.8, 1.2), 1)
            columns[quantity] = pa.array(values, mask=rng.random(HOURS) < MISSING)
        table = pa.table(columns)
        if station.city not in writers:
            files[station.city] = folder / f"{station.city}.parquet"
            writers[station.city] = parquet.ParquetWriter(files[station.city], table.schema)
        writers[station.city].write_table(table)
    for writer in writers.values():
        writer.close()
    return files


def derive_city(loaded: Config, city: str, file: Path) -> Result:
    """Read, check and derive the year of a city."""
    memory = Memory()
    done = import_files(loaded, [file], FORMATS["parquet"].read, memory, settings=Settings(loaded.offset_s))
    assert not done.refused
    stations = list(loaded.register.of("air", city))
    ends: dict[str, list[int]] = {}
    for key, series in memory.raw.items():
        ends.setdefault(key.station, []).extend((int(series.times[0]), int(series.times[-1])))
    spans = {id_: span_of(loaded, min(of_it), max(of_it)) for id_, of_it in ends.items()}
    unit = Unit(f"air:{city}", "air", city, stations)
    work = Work(
        unit=unit, why="new", digest=digest_of(loaded, unit), spans=spans, runs=[covering(spans.values())],
        stations=unit.ids, late={}, whole=True, after=0, upto=0,
    )  # fmt: skip
    with no_cycles():
        for step in steps_of(work):
            carry_out_step(loaded, memory, work, step, lambda: None)
    memory.close()
    return Result(memory.values, memory.nowhere.lines, memory.nowhere.checksum)


def on_cluster(loaded: Config, files: dict[str, Path], workers: int) -> Run:
    """Derive some cities; starting the cluster is not counted, nor the first task of each worker, which warms it."""
    with connected(loaded, f"local:{workers}") as client:
        shipped = client.scatter(loaded, broadcast=True)
        first = next(iter(files))
        for warm in [client.submit(derive_city, shipped, first, files[first], pure=False, workers=[address])
                     for address in client.nthreads()]:  # fmt: skip
            warm.result()
        before = client.run(time.process_time)
        waiting = iter(files.items())

        def ready() -> Task[str] | None:
            city, file = next(waiting, (None, None))
            return None if city is None else Task(city, city, derive_city, (shipped, city, file))

        started = time.perf_counter()
        found = Result(0, 0, 0)
        for _, result in completed(client, ready):
            found = found.plus(result)
        took = time.perf_counter() - started
        after = client.run(time.process_time)
        peak = max(client.run(peak_gib).values())
    return Run(took, [after[each] - before[each] for each in after], peak, found)


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def slope(sizes: list[int], costs: list[float]) -> tuple[float, float, float]:
    """Cost a station, cost of nothing, and R² of the straight line through them."""
    each, constant = np.polyfit(sizes, costs, 1)
    off = np.array(costs) - (each * np.array(sizes) + constant)
    r2 = 1 - (off**2).sum() / ((np.array(costs) - np.mean(costs)) ** 2).sum()
    return float(each), float(constant), float(r2)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def told(what: str, run: Run) -> None:
    cpu = " + ".join(f"{each:.1f}" for each in run.cpu_s)
    print(f"  {what:<28} {run.time_s:7.1f} s, CPU of the workers {cpu} s, {run.peak_gib:.1f} GiB; {load()}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, nargs="+", default=[75, 150, 300, 600])
    parser.add_argument("--rounds", type=int, default=2, help="of the comparison; the best of each counts")
    args = parser.parse_args()
    sizes = sorted(args.stations)
    describe(f"a year of {sizes[-1]} air stations from Parquet on Dask workers of one thread; {load()} before")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        loaded = configuration(folder / "config", sizes[-1])
        files = fill(folder, loaded)
        some = {n: dict(list(files.items())[: n // A_CITY]) for n in sizes}
        smallest = Result(0, 0, 0)
        for city, file in some[sizes[0]].items():
            smallest = smallest.plus(derive_city(loaded, city, file))
        costs = {}
        for n in sizes:
            costs[n] = on_cluster(loaded, some[n], 1)
            told(f"{n} stations, 1 worker", costs[n])
        alike = costs[sizes[0]].result == smallest
        ones, twos = [costs[sizes[-1]]], [on_cluster(loaded, files, 2)]
        told(f"{sizes[-1]} stations, 2 workers", twos[-1])
        for _ in range(1, args.rounds):
            ones.append(on_cluster(loaded, files, 1))
            told(f"{sizes[-1]} stations, 1 worker", ones[-1])
            twos.append(on_cluster(loaded, files, 2))
            told(f"{sizes[-1]} stations, 2 workers", twos[-1])
        alike &= len({run.result for run in (*ones, *twos)}) == 1
    ratio = min(run.time_s for run in ones) / min(run.time_s for run in twos)
    busiest = min(sum(run.cpu_s) for run in ones) / min(max(run.cpu_s) for run in twos)
    result = ones[0].result
    print(f"  {result.values:,} values to {result.lines:,} rows; the same in all runs: {'yes' if alike else 'NO'}")
    print(f"  2 workers against 1: {ratio:.2f} times as fast (bound {LEAST_RATIO}); by CPU of the busier {busiest:.2f}")
    cpu = [sum(costs[n].cpu_s) for n in sizes]
    each, constant, r2 = slope(sizes, cpu)
    _, _, time_r2 = slope(sizes, [costs[n].time_s for n in sizes])
    print(
        f"  cost: {1000 * each:.0f} ms of CPU a station-year, and {constant:.1f} s; R² {r2:.4f} (time: {time_r2:.4f})"
    )
    values = result.values / sizes[-1]
    print(f"  that is {each / values * 1e9:.0f} s of CPU a thousand million values")
    good = alike and ratio >= LEAST_RATIO and r2 >= LEAST_R2
    print("  all bounds hold" if good else "  a bound does not hold")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
