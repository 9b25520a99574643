"""A year of four-hourly readings of 3,700 sections, nine items, 73 million values, to classes, shares and rankings.

Of each section the class of each month and of the year, by means rounded once; shares of the six classes of each month
and of the year; months that attained a target and the longest run that failed; places of 333 cities by the share of
good sections and by a (partial) water quality index. Readings are made a part of the sections at a time; making them is
not counted. Two threads work. Beside it the baseline: means of days, months and years and classes in plain pandas, on
fewer sections and scaled up, without rules of validity or ties.

    python tests/benchmarks/water_year.py [--sections 3700] [--baseline 370]
"""

import argparse
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pandas as pd
from measuring import ROOT, describe

from aggregations import periods, standards, water
from aggregations.ranking import places
from aggregations.rounding import FloatArray, IntArray
from aggregations.standards import WaterLimits, WaterMethod, WaterRanking
from aggregations.water import attainment, bodies, cwqi

YEAR = periods.parse("2025")
DAYS, A_DAY = len(YEAR), 6
PART = 185
THREADS = 2
CITIES = 333
MISSING = 0.02
LIMIT_S, LIMIT_GIB = 10.0, 4.0
TARGET = 3
AGREE = 0.999
"""Least share of classes that plain pandas, which rounds binary means, must find as well."""
ITEMS = {
    "temperature": (18, 1), "ph": (7.6, 2), "do": (7.0, 2), "conductivity": (400, 1), "turbidity": (20, 1),
    "codmn": (4.0, 2), "nh3n": (0.6, 3), "tp": (0.12, 3), "tn": (2.0, 2),
}  # fmt: skip
"""Mean level and decimals of what stations measure."""
MONTHS = [slice((m.first - YEAR.first).days, (m.last - YEAR.first).days + 1) for m in YEAR.months()]

Readings = dict[str, FloatArray]


def edition(stem: str) -> standards.Standard:
    """An edition as the program parses it."""
    return standards.parse((ROOT / "config" / "standards" / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


def generated(first: int, n: int) -> Readings:
    """Readings (n, days, 6) by item; every section has a level of its own."""
    random = np.random.default_rng(first)
    readings = {}
    for item, (level, decimals) in ITEMS.items():
        shape = (n, DAYS, A_DAY)
        if item == "ph":
            values = level + random.normal(0, 0.3, (n, 1, 1)) + random.normal(0, 0.1, shape)
        else:
            spread = 0.15 if item in ("do", "temperature") else 0.5
            values = level * np.exp(random.normal(0, spread, (n, 1, 1)) + random.normal(0, 0.2, shape))
        values = np.round(values, decimals)
        values[random.random(shape) < MISSING] = np.nan
        readings[item] = values
    return readings


def of_part(
    readings: Readings, limits: WaterLimits, method: WaterMethod
) -> tuple[IntArray, IntArray, dict[str, FloatArray]]:
    """Classes of the months (n, 12) and of the year (n,), and unrounded yearly means of all items."""
    n = len(readings["ph"])
    days = np.repeat(np.arange(n * DAYS), A_DAY)
    months, years, means = {}, {}, {}
    for item, values in readings.items():
        of_days, counts = water.day_means(
            values.ravel(), days, n * DAYS, item=item, min_results=method.day_min_results
        )  # fmt: skip
        section = water.SectionMeans(
            item, of_days.reshape(n, DAYS), counts.reshape(n, DAYS), MONTHS, [method.month_min_days] * len(MONTHS)
        )
        months[item] = section.rounded_months(method.decimals[item])
        years[item] = section.rounded_year(method.decimals[item], min_months=method.year_min_months)
        means[item] = section.of_year(method.year_min_months)
    lakes = np.zeros(n, dtype=np.bool_)
    of_months, of_year = (water.section_classes(each, lakes, limits=limits, method=method) for each in (months, years))
    return of_months, of_year, means


def plainly(readings: Readings, limits: WaterLimits, method: WaterMethod) -> tuple[IntArray, IntArray]:
    """Classes of months and of the year as one would write it in pandas."""
    n = len(readings["ph"])
    of_day = np.tile(np.repeat(np.arange(DAYS), A_DAY), n)
    frame = pd.DataFrame({item: values.ravel() for item, values in readings.items()})
    frame["ph"] = 10.0 ** -frame["ph"]
    frame["section"] = np.repeat(np.arange(n), DAYS * A_DAY)
    frame["day"] = of_day
    daily = frame.groupby(["section", "day"]).mean()
    first = pd.Timestamp(YEAR.first)
    month = (first + pd.to_timedelta(daily.index.get_level_values("day"), unit="D")).month
    monthly = daily.groupby([daily.index.get_level_values("section"), month]).mean()
    yearly = monthly.groupby(level=0).mean()
    found = []
    for means in (monthly, yearly):
        worst = np.zeros(len(means), dtype=np.int64)
        for item in method.required_items:
            values = -np.log10(means["ph"]) if item == "ph" else means[item]
            rounded = values.round(method.decimals[item]).to_numpy()
            worst = np.maximum(worst, water.item_classes(rounded, limits.item[item], "river"))
        found.append(worst)
    return found[0].reshape(n, len(MONTHS)), found[1]


def ranked(
    classes: IntArray, means: dict[str, FloatArray], limits: WaterLimits, ranking: WaterRanking
) -> tuple[list[int | None], list[int | None]]:
    """Places of the cities by their share of good sections, and by a water quality index of what stations measure."""
    city = np.arange(len(classes)) % CITIES
    shares: list[Fraction | None] = []
    indexes: list[Fraction | None] = []
    for each in range(CITIES):
        of_city = np.flatnonzero(city == each)
        valid = classes[of_city][classes[of_city] != water.NO_CLASS]
        shares.append(Fraction(100 * int((valid <= TARGET).sum()), len(valid)) if len(valid) else None)
        sections = [
            {item: Fraction(float(means[item][i])) for item in ranking.items if item in means and means[item][i] >= 0}
            for i in of_city
        ]
        indexes.append(cwqi.city_index(sections, [], limits=limits, ranking=ranking, partial=True).index)
    return places(shares, descending=True), places(indexes)


def main() -> None:
    """Measure and print; fail where a bound is passed or the baseline disagrees."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sections", type=int, default=3700)
    parser.add_argument("--baseline", type=int, default=370, help="sections of the baseline; its time is scaled up")
    asked = parser.parse_args()
    limits, method, ranking = edition("gb3838-2002"), edition("water-method-2011"), edition("water-ranking-2017")
    n = asked.sections * DAYS * A_DAY * len(ITEMS)
    describe(f"water: {n:,} four-hourly values of {asked.sections:,} sections, {len(ITEMS)} items, {DAYS} days")
    starts = range(0, asked.sections, PART)
    parts = []
    wall = cpu = 0.0
    with ThreadPoolExecutor(THREADS) as pool:
        for pair in range(0, len(starts), THREADS):
            some = [generated(s, min(PART, asked.sections - s)) for s in starts[pair : pair + THREADS]]
            started, used = time.perf_counter(), time.process_time()
            parts += pool.map(lambda readings: of_part(readings, limits, method), some)
            wall += time.perf_counter() - started
            cpu += time.process_time() - used
    started, used = time.perf_counter(), time.process_time()
    months, year = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    means = {item: np.concatenate([part[2][item] for part in parts]) for item in ITEMS}
    shares = [bodies.class_shares(counts.tolist(), method) for counts in bodies.class_counts(months).T]
    of_year = bodies.class_shares(bodies.class_counts(year).tolist(), method)
    attained = attainment.monthly_attainment(months, np.full(len(months), TARGET))
    by_share, by_index = ranked(year, means, limits, ranking)
    rest = time.perf_counter() - started
    wall, cpu = wall + rest, cpu + time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"  qingjing, {THREADS} threads: {wall:.1f} s of the wall, {cpu:.1f} s of CPU, {n / wall / 1e6:.1f} M values/s"
    )
    print(f"    of it shares, attainment and both rankings of {CITIES} cities: {rest:.1f} s")
    print(f"  largest memory of the process: {peak:.2f} GiB, with the readings of {THREADS * PART} sections at a time")
    good = sorted(float(each.good) for each in shares)
    print(
        f"  year: {' '.join(str(share) for share in of_year.printed)} %; "
        f"good months {good[0]:.1f} to {good[-1]:.1f} %; longest run failed {int(attained.longest_failed.max())}; "
        f"first by share {by_share.count(1)} cities, by index {by_index.count(1)}"
    )
    took = 0.0
    same = compared = 0
    used_sections = 0
    for part, first in enumerate(starts):
        if used_sections >= asked.baseline:
            break
        readings = generated(first, min(PART, asked.sections - first))
        used_sections += len(readings["ph"])
        started = time.perf_counter()
        plain_months, plain_year = plainly(readings, limits, method)
        took += time.perf_counter() - started
        for ours, theirs in ((parts[part][0], plain_months), (parts[part][1], plain_year)):
            same, compared = same + int((ours == theirs).sum()), compared + ours.size
    scaled = took * asked.sections / used_sections
    print(
        f"  pandas, 1 thread, {used_sections} sections: {took:.1f} s; of {asked.sections:,}: {scaled:.0f} s, "
        f"{scaled / wall:.1f} times ours; {100 * same / compared:.3f} % of classes alike"
    )
    assert same >= AGREE * compared, f"expected {AGREE:.1%} of classes alike, got {same / compared:.3%}"
    assert wall <= LIMIT_S, f"expected at most {LIMIT_S} s, got {wall:.1f} s"
    assert peak <= LIMIT_GIB, f"expected at most {LIMIT_GIB} GiB, got {peak:.2f} GiB"


if __name__ == "__main__":
    main()
