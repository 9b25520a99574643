"""Benchmark: a year of hourly readings in memory to all annual figures and daily AQI, beside plain pandas.

Run with `make bench` or `python tests/benchmarks/air_year.py [--stations N ...] [--rounds N]`.

ours       `aggregations.air.year.station_years` in parts of at most 100 stations: days by the rules of validity, ozone
           by its 8-hour windows, indexes, levels, primary pollutants, all figures of a year; on 2 threads, and on 1
pandas     daily means of the six columns by station and day, then the mean and three percentiles by station. No rule
           of validity, no ozone windows, no index. Written in several ways; the fastest counts. Keys are columns of
           the frame: neither they nor the frame are in its time
by number  pandas given one number for station and day as its key, made by hand beforehand
wide       pandas on a frame of a column for each station and quantity: resampled, no group-by of stations
same       pandas with daily values as ours: 20 hours a day, ozone by windows; its means and percentiles must be ours

Ours and pandas take turns in one process, on the same values; the best of the rounds counts. Memory is the largest
resident set of a process that does ours alone, with the hours and all results in it. MB are 10^6 bytes.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from measuring import ROOT, describe

from aggregations import periods
from aggregations.air.year import StationYears, station_years
from aggregations.rounding import FloatArray
from aggregations.standards import AirEvaluation, Standards
from ingestor import config as configuration

STATIONS = (100, 600, 1800)
YEAR = periods.parse("2025")
HOURS = len(YEAR) * 24
THREADS = 2
PART = 100
BOUND_S, BOUND_MB, BOUND_RATIO = 8.0, 4000.0, 5.0
BOUND_GROWTH = 1.3
"""Time a station with most stations, to that with fewest."""
TOLERANCE = 1e-6
WIDTH = 14
LEVELS = {"so2": (9, 0), "no2": (35, 0), "co": (0.8, 1), "o3": (60, 0), "pm10": (70, 0), "pm25": (40, 1)}
"""Mean level [ug/m3; CO mg/m3] and decimals of the hours."""
MEANS = ["so2", "no2", "co", "pm10", "pm25"]
PERCENTS = [0.90, 0.95, 0.98]

Hours = dict[str, FloatArray]


def generated(stations: int) -> Hours:
    """Hours of a year with seasons, days and noise; 3 % are missing, half of them in outages of a day to two weeks."""
    hours = {q: np.empty((stations, HOURS)) for q in LEVELS}
    of_year = np.arange(HOURS) / HOURS * 2 * np.pi
    of_day = np.arange(HOURS) / 24 * 2 * np.pi
    for station in range(stations):
        random = np.random.default_rng([2025, station])
        weather = np.repeat(random.gamma(4, 0.25, size=HOURS // 12), 12)
        down = np.zeros(HOURS, dtype=bool)
        for start in random.integers(0, HOURS, size=random.poisson(1.6)):
            down[start : start + random.integers(24, 14 * 24) // random.integers(1, 4)] = True
        for q, (level, decimals) in LEVELS.items():
            sign = -1 if q == "o3" else 1
            shape = (1 + sign * 0.4 * np.cos(of_year)) * (1 + sign * 0.3 * np.cos(of_day))
            values = np.round(level * shape * weather * random.uniform(0.7, 1.3, size=HOURS), decimals)
            values[down | (random.random(HOURS) < 0.015)] = np.nan
            hours[q][station] = values
    return hours


def ours(hours: Hours, standards: Standards, threads: int) -> list[StationYears]:
    """Everything, in parts."""
    stations = len(hours["so2"])
    size = min(PART, math.ceil(stations / threads))
    parts = [{q: values[i : i + size] for q, values in hours.items()} for i in range(0, stations, size)]
    if threads == 1:
        return [station_years(part, YEAR, standards=standards) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda part: station_years(part, YEAR, standards=standards), parts))


def frame_of(hours: Hours) -> pd.DataFrame:
    """One row a station and hour, six columns, and the keys that the variants group by, ready made."""
    stations = len(hours["so2"])
    frame = pd.DataFrame({q: values.ravel() for q, values in hours.items()}, copy=False)
    codes = np.repeat(np.arange(stations), HOURS)
    days = np.tile(np.repeat(np.arange(len(YEAR)), 24), stations)
    frame["station"] = pd.Categorical.from_codes(codes, categories=[f"S{i:04}" for i in range(stations)])
    frame["time"] = np.tile(pd.date_range(str(YEAR.first), periods=HOURS, freq="h"), stations)
    frame["day"] = frame["time"].dt.floor("D")
    frame["day_category"] = pd.Categorical.from_codes(days, categories=[str(day) for day in YEAR.days()])
    frame["number"] = codes * len(YEAR) + days
    return frame


def by_station_and_day(frame: pd.DataFrame) -> pd.DataFrame:
    """Station as a category, day as a time."""
    return frame.groupby(["station", "day"], observed=True, sort=False)[list(LEVELS)].mean()


def by_two_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Station and day as categories."""
    return frame.groupby(["station", "day_category"], observed=True, sort=False)[list(LEVELS)].mean()


def by_number(frame: pd.DataFrame) -> pd.DataFrame:
    """One number for station and day."""
    days = frame.groupby("number", sort=False)[list(LEVELS)].mean()
    days.index = pd.CategoricalIndex(frame["station"].array[::24], name="station")
    return days


def by_grouper(frame: pd.DataFrame) -> pd.DataFrame:
    """Station as a category, the day cut out of the time."""
    day = pd.Grouper(key="time", freq="D")
    return frame.groupby(["station", day], observed=True, sort=False)[list(LEVELS)].mean()


def by_resample(frame: pd.DataFrame) -> pd.DataFrame:
    """Each station resampled."""
    return frame.set_index("time").groupby("station", observed=True)[list(LEVELS)].resample("D").mean()


VARIANTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "groupby([station, day])": by_station_and_day,
    "groupby of two categories": by_two_categories,
    "groupby([station, Grouper])": by_grouper,
    "groupby(station).resample": by_resample,
}


NUMBER, WIDE, SAME = "groupby of one number", "wide resample", "same results"
OURS, ONE_THREAD = f"ours on {THREADS} threads", "ours on 1 thread"
PANDAS = {"pandas": list(VARIANTS), "by number": [NUMBER], "wide": [WIDE], "same": [SAME]}
SLOW = ("groupby([station, Grouper])", "groupby(station).resample")
"""Tens of seconds with most stations, and far from the fastest: once is enough."""


def of_stations(days: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means and percentiles of the year by station."""
    grouped = days.groupby(level="station", observed=True, sort=False)
    return grouped.mean(), grouped.quantile(PERCENTS)


def wide(frame: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """The same from a column a station and quantity."""
    days = frame.resample("D").mean()
    return days.mean(), days.quantile(PERCENTS)


def same(frame: pd.DataFrame, *, decimals: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Daily values that obey the rules of validity, and the statistics of them."""
    grouped = frame.groupby(["station", "day_category"], observed=True, sort=False)
    days = grouped[MEANS].mean().where(grouped[MEANS].count() >= 20)
    inside = np.arange(len(frame)) % 24 >= 7  # windows that end in the day and began in it
    windows = frame[["station", "day_category"]].assign(o3=frame["o3"].rolling(8, min_periods=6).mean())[inside]
    ozone = windows.groupby(["station", "day_category"], observed=True, sort=False)["o3"].agg(["max", "count"])
    days["o3"] = ozone["max"].where((ozone["count"] >= 14) | (ozone["max"].round(decimals) > 160))
    return of_stations(days)


def check(hours: Hours, frame: pd.DataFrame, standards: Standards) -> float:
    """Largest difference of means and percentiles between ours, with daily values to the micro, and pandas'."""
    finer = [
        msgspec.structs.replace(s, decimals=dict.fromkeys(s.decimals, 6)) if isinstance(s, AirEvaluation) else s
        for s in standards.all
    ]
    found = ours(hours, Standards(finer, standards.digests), THREADS)
    means, percentiles = same(frame, decimals=6)
    evaluation = standards.on(AirEvaluation, YEAR.last)
    expected = {f"air.annual_mean.{q}": means[q] for q in ("so2", "no2", "pm10", "pm25")}
    for q in LEVELS:
        expected[f"air.percentile.{q}"] = percentiles[q].xs(evaluation.percentile[q] / 100, level=1)
    largest = 0.0
    for name, values in expected.items():
        numerators, denominators = (
            np.concatenate([getattr(each.figures[name], part) for each in found])
            for part in ("numerators", "denominators")
        )
        largest = max(largest, float(np.abs(numerators / denominators - values.to_numpy()).max()))
    return largest


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Wall time and CPU. [s]"""
    began, used = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - began, time.process_time() - used


def compare(stations: int, rounds: int) -> dict[str, Any]:
    """Let ours and pandas take turns."""
    standards = configuration.load(ROOT / "config").standards
    hours = generated(stations)
    frame = frame_of(hours)
    columns = pd.DataFrame(
        np.concatenate([values.T for values in hours.values()], axis=1), index=frame["time"].array[:HOURS]
    )
    missing = sum(int(np.isnan(values).sum()) for values in hours.values()) / sum(v.size for v in hours.values())
    tasks: dict[str, Callable[[], object]] = {
        OURS: lambda: ours(hours, standards, THREADS),
        ONE_THREAD: lambda: ours(hours, standards, 1),
        **{name: lambda make=make: of_stations(make(frame)) for name, make in VARIANTS.items()},
        NUMBER: lambda: of_stations(by_number(frame)),
        WIDE: lambda: wide(columns),
        SAME: lambda: same(frame),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            if name in SLOW and found[name]:
                continue
            found[name].append(timed(task))
    return {
        "best": {name: min(each) for name, each in found.items()},
        "missing": missing,
        "difference": check(hours, frame, standards),
    }


def memory(stations: int) -> dict[str, Any]:
    """Do ours alone, once."""
    standards = configuration.load(ROOT / "config").standards
    hours = generated(stations)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    results: list[StationYears] = []
    wall_s, cpu_s = timed(lambda: results.extend(ours(hours, standards, THREADS)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_mb": peak * 1024 / 1e6, "before_mb": before * 1024 / 1e6, "wall_s": wall_s, "cpu_s": cpu_s}


def child(what: str, stations: int, rounds: int) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--measure", what, "--stations", str(stations), "--rounds", str(rounds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def main() -> None:
    """Measure every size; end with 1 where a bound is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, nargs="+", default=STATIONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=("compare", "memory"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        (stations,) = given.stations
        print(json.dumps(compare(stations, given.rounds) if given.measure == "compare" else memory(stations)))
        return
    describe(f"a year of {YEAR} in memory: 6 quantities, {HOURS:,} hours, ours beside pandas {pd.__version__}")
    columns = ("stations", "values", "s", "values/s", "s/1,000", "CPU s", "1 thread", "peak MB", *PANDAS)
    print("  " + " ".join(f"{column:>{WIDTH}}" for column in columns))
    a_station, notes, exceeded = [], [], set()
    for stations in given.stations:
        alone, compared = child("memory", stations, 1), child("compare", stations, given.rounds)
        best = compared["best"]
        wall_s, cpu_s = best[OURS]
        others = {kind: min(best[name][0] for name in names if name in best) for kind, names in PANDAS.items()}
        values = stations * HOURS * len(LEVELS)
        cells = [
            f"{stations:,}", f"{values:,}", f"{wall_s:.3f}", f"{values / wall_s:,.0f}",
            f"{wall_s / stations * 1000:.3f}", f"{cpu_s:.2f}", f"{best[ONE_THREAD][0]:.3f}", f"{alone['peak_mb']:,.0f}",
            *(f"{other_s:.2f} = {other_s / wall_s:.1f} x" for other_s in others.values()),
        ]  # fmt: skip
        print("  " + " ".join(f"{cell:>{WIDTH}}" for cell in cells), flush=True)
        a_station.append(wall_s / stations)
        notes.append(
            f"{stations:,} stations: {compared['missing']:.1%} of the hours missing; the hours alone take "
            f"{alone['before_mb']:,.0f} MB; means and percentiles are pandas' to {compared['difference']:.1e}; best of "
            f"{given.rounds}: " + ", ".join(f"{name} {each[0]:.2f} s" for name, each in best.items())
        )
        if compared["difference"] > TOLERANCE:
            exceeded.add("difference from pandas")
        if wall_s > BOUND_S or alone["peak_mb"] > BOUND_MB:
            exceeded.add("seconds or memory")
        if stations == max(given.stations) and others["pandas"] < BOUND_RATIO * wall_s:
            exceeded.add("ratio to pandas")
    growth = a_station[-1] / a_station[0]
    print(f"  s is wall time on {THREADS} threads, CPU s what they used together; n x: how much longer pandas took")
    print(f"  at most {BOUND_S:g} s and {BOUND_MB:,.0f} MB, and with most stations {BOUND_RATIO:g} times pandas")
    print(f"  time a station with most stations to that with fewest: {growth:.2f} of at most {BOUND_GROWTH}")
    print("\n".join(f"  {note}" for note in notes))
    if growth > BOUND_GROWTH:
        exceeded.add("growth")
    if exceeded:
        sys.exit(f"a bound is exceeded: {', '.join(sorted(exceeded))}")


if __name__ == "__main__":
    main()
