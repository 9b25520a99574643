"""A year of one-minute levels of 300 monitors, 158 million values, to hours, LN, Ld, Ln, verdicts and rates.

Levels are made ten monitors at a time; making them is not counted. Two threads work, as numpy lets go of the
interpreter. Beside it the baseline: the same hours, days and rates in plain pandas.

    python tests/benchmarks/noise_year.py [--monitors 300] [--baseline 6]
"""

import argparse
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import describe

from aggregations import noise, standards
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import ZoneClass

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
DAYS, DAY_MINUTES = 365, 1440
MISSING, WINDY = 0.01, 0.02
LIMIT_S, LIMIT_GIB = 25.0, 4.0
THREADS = 2
ZONES: tuple[ZoneClass, ...] = ("1", "2", "2", "3", "4a")
LEVEL = {"1": 51.0, "2": 56.0, "3": 60.0, "4a": 66.0}


def edition(stem: str) -> standards.Standard:
    """An edition as the program parses it."""
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


def year_of(monitor: int, base: np.ndarray) -> tuple[np.ndarray, np.ndarray, ZoneClass]:
    """Levels of a monitor's year and which minutes were windy; one series made once, moved for each monitor."""
    zone = ZONES[monitor % len(ZONES)]
    shift = 977 * monitor
    levels = np.roll(base, shift) + np.float64(round(LEVEL[zone] + monitor % 7 / 10, 1))
    night = (np.arange(levels.size) // 60 % 24 < 6) | (np.arange(levels.size) // 60 % 24 >= 22)
    levels[night] -= 9
    windy = np.roll(np.random.default_rng(monitor).random(levels.size) < WINDY, shift)
    return levels, windy, zone


def of_monitor(
    levels: np.ndarray, windy: np.ndarray, zone: ZoneClass, limits: NoiseLimits, method: NoiseMethod
) -> tuple[noise.PointTimes, noise.PointTimes, float, np.ndarray]:
    """Days and nights of one monitor, its mean L10 and its Ld."""
    hours = noise.hour_levels(levels.reshape(-1, 60), excluded=windy.reshape(-1, 60))
    valid = noise.valid_hours(hours.collected, hours.entered, method).reshape(-1, noise.HOURS)
    leq = hours.leq.reshape(-1, noise.HOURS)
    found = []
    daily = []
    for part in ("day", "night"):
        level, _ = noise.part_levels(leq, valid, part, limits=limits, method=method)  # type: ignore[arg-type]
        verdicts = noise.attaining(level, getattr(limits.zone[zone], part), method)
        found.append(noise.PointTimes(int((verdicts != noise.NONE).sum()), int((verdicts == 1).sum())))
        daily.append(level)
    noise.day_night_level(daily[0], daily[1], limits)
    return found[0], found[1], float(np.nanmean(hours.exceeded[10])), daily[0]


def of_monitor_plainly(
    levels: np.ndarray, windy: np.ndarray, zone: ZoneClass, limits: NoiseLimits, _: NoiseMethod
) -> tuple[noise.PointTimes, noise.PointTimes, float, np.ndarray]:
    """The same with pandas as one would write it: resample, quantiles of each hour, group by day."""
    index = pd.date_range("2025-01-01", periods=levels.size, freq="min")
    series = pd.Series(np.where(windy, np.nan, levels), index=index)
    energy = (10 ** (series / 10)).resample("h")
    leq = 10 * np.log10(energy.mean()).where(energy.count() >= 45)
    quantiles = series.resample("h").quantile([0.95, 0.9, 0.5, 0.1, 0.05]).unstack()
    series.resample("h").agg(["max", "min", "std"])
    is_day = (leq.index.hour >= 6) & (leq.index.hour < 22)
    found = []
    daily = []
    for part, inside, least in (("day", is_day, 12), ("night", ~is_day, 6)):
        parts = (10 ** (leq[inside] / 10)).resample("D")
        level = 10 * np.log10(parts.mean()).where(parts.count() >= least)
        known = level.dropna()
        found.append(noise.PointTimes(len(known), int((known.round() <= getattr(limits.zone[zone], part)).sum())))
        daily.append(level.to_numpy())
    return found[0], found[1], float(quantiles[0.9].mean()), daily[0]


def run(compute: Callable[..., tuple], monitors: int, *, threads: int) -> tuple[float, float, list[tuple]]:
    """Seconds of the wall and of the processor that the monitors take, and what came out."""
    limits, method = edition("gb3096-2008"), edition("noise-automatic-2024")
    random = np.random.default_rng(0)
    base = np.repeat(random.normal(0, 2, DAYS), DAY_MINUTES) + random.normal(0, 4, DAYS * DAY_MINUTES)
    base = np.round(base, 1)
    base[random.random(base.size) < MISSING] = np.nan
    results: list[tuple] = []
    wall = cpu = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, monitors, 10):
            years = [year_of(each, base) for each in range(first, min(first + 10, monitors))]
            started, used = time.perf_counter(), time.process_time()
            results += pool.map(lambda year: compute(*year, limits, method), years)
            wall += time.perf_counter() - started
            cpu += time.process_time() - used
    return wall, cpu, results


def rates(results: list[tuple]) -> list[str]:
    """Pooled rates of days and nights, as printed."""
    found = [noise.attainment_rate([each[i] for each in results], pooling="point_times") for i in (0, 1)]
    return [f"{float(rate):.1f} %" for rate in found if rate is not None]


def main() -> None:
    """Measure and print; fail where a bound is passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--monitors", type=int, default=300)
    parser.add_argument("--baseline", type=int, default=6, help="monitors of the baseline; its time is scaled up")
    asked = parser.parse_args()
    n = asked.monitors * DAYS * DAY_MINUTES
    describe(f"noise: {n:,} one-minute levels of {asked.monitors} monitors in {DAYS} days")
    wall, cpu, results = run(of_monitor, asked.monitors, threads=THREADS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"  qingjing, {THREADS} threads: {wall:.1f} s of the wall, {cpu:.1f} s of CPU, {n / wall / 1e6:.1f} M values/s"
    )
    print(f"  largest memory of the process: {peak:.2f} GiB; day and night attainment: {', '.join(rates(results))}")
    few = asked.baseline
    plain_wall, plain_cpu, plain = run(of_monitor_plainly, few, threads=1)
    scale = asked.monitors / few
    print(
        f"  pandas, 1 thread, {few} monitors: {plain_wall:.1f} s, {plain_cpu:.1f} s of CPU; of {asked.monitors}:",
        end=" ",
    )
    print(f"{plain_wall * scale:.0f} s, {plain_cpu * scale:.0f} s of CPU")
    for ours, theirs in zip(results, plain, strict=False):
        assert ours[:2] == theirs[:2], "the same point-times"
        np.testing.assert_allclose(ours[3], theirs[3], atol=1e-9)
        assert abs(ours[2] - theirs[2]) < 0.5, "L10 by rank and by interpolation are less than a step apart"
    assert wall <= LIMIT_S, f"expected at most {LIMIT_S} s, got {wall:.1f} s"
    assert peak <= LIMIT_GIB, f"expected at most {LIMIT_GIB} GiB, got {peak:.2f} GiB"


if __name__ == "__main__":
    main()
