"""Back-test: outlooks of rates of attainment of noise, on the monitors of Dublin, 2015 to 2018.

Run with `make bench` or `python tests/benchmarks/outlook_noise_backtest.py [--train]`.

Made at the end of June and of September for days (06-22 h) and nights of each of 9 monitors, taken to lie in zones of
class 1, and of all together. The numbers were chosen on 2016 (`--train`), the tables are of 2017 and 2018. Columns
as of `outlook_backtest.py`, covered as printed; chances are of attaining no less than the year before.
"""

import argparse
import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
from measuring import DATA, ROOT, describe
from outlook_backtest import ENDS, HEAD, Score, line

from aggregations.indicators import INDICATORS, Facts, MonitorDays, compute
from aggregations.noise.judging import attains
from aggregations.outlook.chances import Held
from aggregations.outlook.noise import outlook_of
from aggregations.periods import Period, year
from aggregations.standards import NoiseLimits, NoiseMethod, Standards
from ingestor import config as configuration
from sensors.register import Station

NAMES = ("noise.day_attainment", "noise.night_attainment")
NIGHT_HOURS = (22, 23, 0, 1, 2, 3, 4, 5)
LEAST = 0.75


def monitors(standards: Standards) -> dict[str, dict[int, Facts]]:
    """Facts of each year of each monitor."""
    frame = pd.read_csv(DATA / "noise_dublin" / "dublin_hourly_2015_2018.tsv.gz", sep="\t", index_col="datetime")
    frame.index = pd.to_datetime(frame.index)
    frame = frame.reindex(pd.date_range("2015-01-01", "2018-12-31 23:00", freq="h"))
    found: dict[str, dict[int, Facts]] = {}
    for name in (column for column in frame.columns if column.startswith("laeq")):
        hours = frame[name].to_numpy(dtype=float).reshape(-1, 24)
        at_night = np.isin(np.arange(24), NIGHT_HOURS)
        levels = {"day": energy_mean(hours[:, ~at_night]), "night": energy_mean(hours[:, at_night])}
        station = Station(
            medium="noise", id=name, name=name, name_en=name, city="x", district="", lon=None, lat=None, since=None,
            until=None, zone_class="1",
        )  # fmt: skip
        found[name] = {}
        for number in range(2015, 2019):
            period = year(number)
            start = (period.first - dt.date(2015, 1, 1)).days
            limits, method = (standards.on(role, period.last) for role in (NoiseLimits, NoiseMethod))
            ld, ln = (levels[part][start : start + len(period)] for part in ("day", "night"))
            days = MonitorDays(
                station,
                attains(ld, "1", "day", limits=limits, method=method),
                attains(ln, "1", "night", limits=limits, method=method),
                ld=ld,
                ln=ln,
            )
            found[name][number] = Facts(
                scope="city:x", period=period, standards=standards, staged=False, monitors=[days]
            )
    return found


def energy_mean(hours: np.ndarray) -> np.ndarray:
    """Energy mean of each row, NaN where fewer than three quarters of its hours are there."""
    enough = np.isfinite(hours).mean(axis=1) >= LEAST
    power = np.nanmean(np.where(enough[:, None], 10 ** (hours / 10), 1.0), axis=1)
    return np.where(enough, 10 * np.log10(power), np.nan)


def cut(facts: Facts, as_of: dt.date) -> Facts:
    """The part of a year that is known at the end of a day."""
    period = Period(facts.period.first, as_of)
    n = len(period)
    days = [MonitorDays(each.station, each.day[:n], each.night[:n]) for each in facts.monitors]
    return Facts(scope=facts.scope, period=period, standards=facts.standards, staged=False, monitors=days)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", action="store_true", help="the year that the numbers were chosen on")
    given = parser.parse_args()
    single = monitors(configuration.load(ROOT / "config").standards)
    together = {
        number: Facts(
            scope="city:x", period=year(number), standards=next(iter(single.values()))[number].standards, staged=False,
            monitors=[of[number].monitors[0] for of in single.values()],
        )
        for number in range(2015, 2019)
    }  # fmt: skip
    describe("outlooks of noise: Dublin")
    print(HEAD)
    for label, places in (("each monitor", single), ("all together", {"all": together})):
        found: list[Score] = []
        for years in places.values():
            for number in (2016,) if given.train else (2017, 2018):
                found += [
                    score
                    for month, day in ENDS
                    for name in NAMES
                    if (score := scored(years, number, dt.date(number, month, day), name)) is not None
                ]
        print(line(label, found))


def scored(years: dict[int, Facts], number: int, as_of: dt.date, name: str) -> Score | None:
    """Score of one outlook; None where there is none."""
    indicator, ended = INDICATORS[name], years[number]
    final, so_far = compute(indicator, ended), compute(indicator, cut(ended, as_of))
    last = compute(indicator, years[number - 1])
    if final.value is None or so_far.value is None or last.value is None or final.valid < LEAST * final.expected:
        return None
    held = Held(">=", last.value)
    before = {y: facts for y, facts in years.items() if y < number}
    found = outlook_of(indicator, ended, before, as_of, held, value_so_far=so_far.value)
    if found.low is None or found.central is None or found.high is None or found.chance is None:
        return None

    def holds(value: Decimal) -> bool:
        return value >= held.limit

    inside = found.low <= final.value <= found.high
    return Score(
        inside,
        inside,
        abs(float(found.central - final.value)),
        abs(float(so_far.value - final.value)),
        found.chance,
        holds(so_far.value),
        holds(final.value),
    )


if __name__ == "__main__":
    main()
