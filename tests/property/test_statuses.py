"""A status that is met or missed before the end of the year never turns, whatever comes after it.

Years of air, noise and water with gaps of their own; what follows a day is exchanged for other days: clean, dirty,
missing, or any. A year whose rest brings too little data may end as insufficient after missed, never after met.
"""

import datetime as dt
import os
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregations import indicators, judging, periods, prospects, standards
from aggregations.indicators import INDICATORS, AirDays, Facts, MonitorDays, SectionDays
from aggregations.periods import DAY, Period
from aggregations.standards import Standards
from aggregations.targets import Status, Target
from sensors.register import Station

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "8")), deadline=None)
ALL = [standards.parse(file.read_text(encoding="utf-8"), file=file.name) for file in sorted(CONFIG.glob("*.toml"))]
EDITIONS = Standards(ALL, {each.edition.id: "" for each in ALL})
SIX = ("so2", "no2", "co", "o3", "pm10", "pm25")
YEAR = periods.year(2021)
MICRO = 1_000_000
Rest = Literal["clean", "dirty", "missing", "any"]
RESTS: tuple[Rest, ...] = ("clean", "dirty", "missing", "any")

AIR = [
    ("air.annual_mean.pm25", "<=", 35),
    ("air.annual_mean.pm25", "<", 12),
    ("air.good_day_ratio", ">=", 80),
    ("air.heavy_pollution_day_ratio", "<=", 10),
    ("air.good_days", ">=", 300),
    ("air.heavy_pollution_days", "<=", 3),
    ("air.percentile.pm25", "<=", 75),
    ("air.longest_run.heavy", "<=", 2),
    ("air.daily_attainment.pm25", "==", 100),
]
"""Indicator, comparison, limit: of each arithmetic, some that are met or missed early."""


def target(name: str, comparison: str, limit: int) -> Target:
    return Target(
        id="t", name="t", name_en="t", comparison=comparison, limit=Decimal(limit), unit=INDICATORS[name].unit,  # type: ignore[arg-type]
        text="t", indicator=name, scope="city:x",
    )  # fmt: skip


def cut(facts: Facts, last: dt.date) -> Facts:
    """The facts of the year as they are asked for up to a day, as a service reads them."""
    n = (last - facts.period.first).days + 1

    def air(days: AirDays | None) -> AirDays | None:
        if days is None:
            return None
        return AirDays(
            {q: v[:n] for q, v in days.values.items()},
            {q: v[:n] for q, v in days.exact.items()},
            {q: v[:n] for q, v in days.counts.items()},
            days.ozone_hour_max[:n],
        )

    return msgspec.structs.replace(
        facts,
        period=Period(facts.period.first, last),
        air=air(facts.air),
        monitors=[MonitorDays(m.station, m.day[:n], m.night[:n]) for m in facts.monitors],
        sections=[
            SectionDays(
                s.station, {k: v[:n] for k, v in s.means.items()}, {k: v[:n] for k, v in s.counts.items()},
                targets=s.targets[:n],
            )
            for s in facts.sections
        ],
    )  # fmt: skip


def status(facts: Facts, last: dt.date, of: Target) -> Status:
    """The status on a day, from the facts of the whole year of which only those up to it may be used."""
    indicator = INDICATORS[of.indicator or ""]
    figure = indicators.compute(indicator, cut(facts, last))
    prospect = None
    if last != facts.period.last:
        assert of.limit is not None
        prospect = prospects.prospect(indicator, facts, figure, last, of.comparison, of.limit)
    return judging.judge(of, figure, final=last == facts.period.last, prospect=prospect).status


def check(world: Callable[[int, dt.date | None, Rest], Facts], seed: int, day: dt.date, of: Target) -> Status:
    """Hold the status on a day against those of the rest of the year, whatever that brings; return it."""
    before = status(world(seed, None, "any"), day, of)
    for rest in RESTS:
        facts = world(seed, day, rest)
        assert status(facts, day, of) == before, "what comes after a day is used on it"
        for later in (min(day + 9 * DAY, YEAR.last), YEAR.last):
            after = status(facts, later, of)
            if before == "met":
                assert after == "met", (rest, later)
            elif before == "missed":
                assert after in ("missed", "insufficient"), (rest, later)
    return before


days_of_year = st.one_of(
    st.integers(5, 364), st.integers(340, 363), st.sampled_from([30, 58, 89, 180, 333])
).map(lambda n: YEAR.first + n * DAY)  # fmt: skip


def air_world(seed: int, day: dt.date | None, rest: Rest) -> Facts:
    """A year of air from a seed; after a day another one."""
    random = np.random.default_rng(seed)
    level, gaps = random.choice([8, 30, 60, 110]), random.choice([0.0, 0.0, 0.03, 0.2])
    n = len(YEAR)
    pm25 = np.round(random.gamma(4.0, level / 4, n))
    valid = random.random(n) >= gaps
    if day is not None:
        later = np.arange(n) > (day - YEAR.first).days
        other = np.random.default_rng(seed + 1)
        replaced = {"clean": np.zeros(n), "dirty": np.full(n, 900.0), "missing": np.zeros(n)}
        pm25 = np.where(later, replaced.get(rest, np.round(other.gamma(1.0, 80, n))), pm25)
        kept = {"missing": np.zeros(n, bool), "any": other.random(n) > 0.3}.get(rest, np.ones(n, bool))
        valid = np.where(later, kept, valid)
    values = {q: np.where(valid, 10 * MICRO, -1) for q in SIX}
    values["pm25"] = np.where(valid, (pm25 * MICRO).astype(np.int64), -1)
    values["co"] = np.where(valid, MICRO // 2, -1)
    exact = {q: [Fraction(int(v)) if v >= 0 else None for v in values[q]] for q in SIX}
    counts = {q: np.where(valid, 4, 0) for q in SIX}
    return Facts(
        scope="city:x", period=YEAR, standards=EDITIONS, staged=False, air=AirDays(values, exact, counts, values["o3"])
    )


@pytest.mark.parametrize(("name", "comparison", "limit"), AIR)
@given(seed=st.integers(0, 10**6), day=days_of_year)
@MODEST
def test_status_of_air_never_turns(name: str, comparison: str, limit: int, seed: int, day: dt.date) -> None:
    check(air_world, seed, day, target(name, comparison, limit))


def noise_world(seed: int, day: dt.date | None, rest: Rest) -> Facts:
    random, other = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    share, gaps = random.choice([0.5, 0.84, 0.86, 1.0]), random.choice([0.0, 0.05, 0.3])
    n = len(YEAR)
    monitors = []
    for i in range(3):
        attains, valid = random.random(n) < share, random.random(n) >= gaps
        if day is not None:
            later = np.arange(n) > (day - YEAR.first).days
            attains = np.where(later, {"clean": True, "dirty": False}.get(rest, other.random(n) < 0.5), attains)
            valid = np.where(later, {"missing": False, "any": other.random(n) > 0.4}.get(rest, True), valid)
        verdicts = [bool(a) if v else None for a, v in zip(attains, valid, strict=True)]
        since = dt.date(2021, 3, 1) if i == 2 else None
        station = Station(
            medium="noise", id=f"n{i}", name="", name_en="", city="x", district="", lon=None, lat=None,
            zone_class="2", since=since, until=None,
        )  # fmt: skip
        monitors.append(MonitorDays(station, verdicts, verdicts))
    return Facts(scope="city:x", period=YEAR, standards=EDITIONS, staged=False, monitors=monitors)


@pytest.mark.parametrize("limit", [70, 85])
@given(seed=st.integers(0, 10**6), day=days_of_year)
@MODEST
def test_status_of_noise_never_turns(limit: int, seed: int, day: dt.date) -> None:
    check(noise_world, seed, day, target("noise.night_attainment", ">=", limit))


def water_world(seed: int, day: dt.date | None, rest: Rest) -> Facts:
    random, other = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    bad_share, gaps = random.choice([0.02, 0.3]), random.choice([0.0, 0.2])
    n = len(YEAR)
    sections = []
    for i in range(2):
        nh3n = random.choice([0.3, 4.0], p=[1 - bad_share, bad_share]) * np.ones(n)
        nh3n = np.where(random.random(n) < bad_share, 6.0, nh3n)
        valid = random.random(n) >= gaps
        if day is not None:
            later = np.arange(n) > (day - YEAR.first).days
            nh3n = np.where(later, {"clean": 0.1, "dirty": 60.0}.get(rest, other.choice([0.1, 9.0])), nh3n)
            valid = np.where(later, {"missing": False, "any": other.random(n) > 0.4}.get(rest, True), valid)
        items = {"ph": 7.5, "do": 8.0, "codmn": 1.5, "nh3n": 0.0, "tp": 0.01}
        means = {item: np.where(valid, nh3n if item == "nh3n" else value, np.nan) for item, value in items.items()}
        station = Station(
            medium="water", id=f"w{i}", name="", name_en="", city="x", district="", lon=None, lat=None, since=None,
            until=None, target_class="III", body="river",
        )  # fmt: skip
        counts = {item: np.where(valid, 6, 0) for item in items}
        sections.append(SectionDays(station, means, counts, targets=[3] * n))
    return Facts(scope="city:x", period=YEAR, standards=EDITIONS, staged=False, sections=sections)


@pytest.mark.parametrize(
    ("name", "comparison", "limit"),
    [
        ("water.month_attainment", ">=", 100),
        ("water.month_attainment", ">=", 60),
        ("water.months_failed_run", "<=", 1),
        ("water.black_odorous_bodies", "<=", 0),
    ],
)
@given(seed=st.integers(0, 10**6), day=days_of_year)
@MODEST
def test_status_of_water_never_turns(name: str, comparison: str, limit: int, seed: int, day: dt.date) -> None:
    check(water_world, seed, day, target(name, comparison, limit))


def test_every_arithmetic_is_met_or_missed_early_somewhere() -> None:
    # The properties above would hold of statuses that never decide: these do.
    found = {
        (name, comparison, limit): {
            status(air_world(seed, None, "any"), YEAR.first + n * DAY, target(name, comparison, limit))
            for seed in range(12)
            for n in (200, 363)
        }
        for name, comparison, limit in AIR
    }
    assert all("missed" in each for each in found.values()), found
    assert sum("met" in each for each in found.values()) >= 4, found
    noise = {status(noise_world(seed, None, "any"), YEAR.first + 355 * DAY, target("noise.night_attainment", ">=", 70))
             for seed in range(12)}  # fmt: skip
    assert {"met", "missed"} <= noise
    water = {status(water_world(seed, None, "any"), YEAR.first + 333 * DAY, target("water.month_attainment", ">=", 60))
             for seed in range(12)}  # fmt: skip
    assert {"met", "missed"} <= water
