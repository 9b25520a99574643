"""Back-test: the chance, hour by hour, that a day of Beijing ends as a good day.

Run with `make bench` or `python tests/benchmarks/today_backtest.py [--train] [--every N]`.

The city of 12 stations, 2013-03 to 2017-02. Numbers of `aggregations/outlook/method.py` were chosen on 2014-09 to
2015-12 (`--train`), the tables are of 2016-01 to 2017-02: each day by what lies before it, and nothing else.

Brier       of the chance
yesterday   of "as yesterday": the verdict of the day before, taken for sure
stays       of "the day stays as it is so far": the verdict of its values so far, taken for sure
"""

import argparse
import datetime as dt
import itertools
import sys

import numpy as np
import pandas as pd
from measuring import DATA, ROOT, describe

from aggregations.air.days import HOURS, QUANTITIES
from aggregations.outlook import today
from aggregations.outlook.seasons import days_like
from aggregations.outlook.today import Rules
from aggregations.rounding import FloatArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor import config as configuration

FIRST = dt.date(2013, 3, 1)
N_DAYS = 1461
AT = (6, 9, 12, 15, 18, 21)
NOON = 12
MOST_STATIONS_MISSING = 3
COLUMNS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
SPANS = {True: (dt.date(2014, 9, 1), dt.date(2015, 12, 31)), False: (dt.date(2016, 1, 1), dt.date(2017, 2, 28))}
EDGES = np.array([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])


def city(rules: Rules) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Hours (n_days, 24) and daily values before rounding (n_days,) of the city, the mean of at least 9 stations."""
    stations = [
        pd.read_csv(file, usecols=[*COLUMNS.values()]) for file in sorted((DATA / "air_beijing_uci").glob("*.gz"))
    ]
    hours, days = {}, {}
    most = len(stations) - MOST_STATIONS_MISSING

    def mean(arrays: list[FloatArray]) -> FloatArray:
        stack = np.stack(arrays)
        n = np.isfinite(stack).sum(axis=0)
        return np.where(n >= most, np.nansum(stack, axis=0) / np.maximum(n, 1), np.nan)

    of_stations = []
    for frame in stations:
        one = {q: frame[c].to_numpy().reshape(N_DAYS, HOURS) / (1000 if q == "co" else 1) for q, c in COLUMNS.items()}
        of_stations.append((one, today.daily_values(one, rules)))
    for q in QUANTITIES:
        hours[q] = mean([one[q] for one, _ in of_stations])
    for key in (*QUANTITIES, "o3_1h"):
        days[key] = mean([values[key] for _, values in of_stations])
    return hours, days


def main() -> None:
    """Print the tables; end with 1 where a promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", action="store_true", help="the days that the numbers were chosen on")
    parser.add_argument("--every", type=int, default=1, help="only every n-th day")
    given = parser.parse_args()
    standards = configuration.load(ROOT / "config").standards
    rules = Rules(*(standards.on(role, FIRST, staged=True) for role in (AirLimits, AirEvaluation, AirIndex)))
    hours, days = city(rules)
    ended = today.verdicts_of(days, rules)
    pairs = {
        q: np.concatenate([np.vstack([np.full((1, HOURS), np.nan), each[:-1]]), each], axis=1)
        for q, each in hours.items()
    }
    first, last = SPANS[given.train]
    found: list[tuple[int, float, float, float, int]] = []
    for i in range((first - FIRST).days, (last - FIRST).days + 1, given.every):
        if ended[i] < 0 or ended[i - 1] < 0:
            continue
        like = days_like(FIRST + dt.timedelta(days=i), FIRST)
        earlier = {q: each[like] for q, each in pairs.items()}
        published = {q: days[q][like] for q in QUANTITIES}
        for n in AT:
            got = today.chance_of({q: each[i] for q, each in pairs.items()}, earlier, published, n, rules)
            if got.chance is not None and got.so_far_good is not None:
                found.append((n, got.chance, float(ended[i - 1]), float(got.so_far_good), int(ended[i])))
    describe(f"chance that a day ends as a good day: Beijing {first} to {last}")
    print(f"  {'':<8} {'n':>5} {'good':>6} {'Brier':>8} {'yesterday':>10} {'stays':>8} {'mean chance':>12}")
    missed = []
    rows = np.array(found)
    for n in AT:
        of = rows[rows[:, 0] == n]
        brier, yesterday, stays = (float(((of[:, k] - of[:, 4]) ** 2).mean()) for k in (1, 2, 3))
        print(
            f"  {n:02}:00 {len(of):>7} {of[:, 4].mean():>6.0%} {brier:>8.3f} {yesterday:>10.3f} {stays:>8.3f} "
            f"{of[:, 1].mean():>12.0%}"
        )
        if n >= NOON and brier >= min(yesterday, stays):
            missed.append(f"{n:02}:00")
    print(f"\n  {'chance said':<14} {'n':>6} {'mean said':>10} {'came':>8}   at all hours; from 12:00 on")
    for low, high in itertools.pairwise(EDGES):
        cells = []
        for of in (rows, rows[rows[:, 0] >= NOON]):
            inside = of[(of[:, 1] >= low) & (of[:, 1] < high)]
            said, came = (inside[:, 1].mean(), inside[:, 4].mean()) if len(inside) else (np.nan, np.nan)
            cells.append(f"{len(inside):>6} {said:>10.0%} {came:>8.0%}")
        print(f"  {low:>4.0%} to {high:<5.0%} {'  '.join(cells)}")
    if missed:
        sys.exit(f"no better than persistence at {', '.join(missed)}")


if __name__ == "__main__":
    main()
