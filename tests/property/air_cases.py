"""Random cases of air for `test_air_statistics`: Hypothesis draws a seed and a shape, the seed makes the data."""

import datetime as dt
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from hypothesis import strategies as st

from tests.property.second_air_index import BREAKPOINTS, ITEMS, LIMITS, SINCE, Case, Days, Series, Switches, Value

MILLION = 1_000_000


@dataclass(frozen=True)
class Shape:
    """What a case is like; the seed says the rest."""

    period: str = "month"
    values: str = "mixed"
    gaps: str = "few"
    area_class: str = "II"
    not_monitored: tuple[str, ...] = ()
    mode: str = "by_date"
    switches: Switches = field(default_factory=Switches)
    events: bool = False


def _from(first: dt.date, n: int) -> tuple[dt.date, int]:
    return first, n


def _whole(first: dt.date, months: int) -> tuple[dt.date, int]:
    month = first.month - 1 + months
    return first, (dt.date(first.year + month // 12, month % 12 + 1, 1) - first).days


# First day and number of days.
PERIODS: dict[str, Callable[[random.Random], tuple[dt.date, int]]] = {
    "a day": lambda r: _from(dt.date(2018, 1, 1) + dt.timedelta(r.randrange(5000)), 1),
    "two days": lambda r: _from(dt.date(2018, 1, 1) + dt.timedelta(r.randrange(5000)), 2),
    "some days": lambda r: _from(dt.date(2018, 1, 1) + dt.timedelta(r.randrange(5000)), r.randint(3, 40)),
    "month": lambda r: _whole(dt.date(r.randint(2018, 2033), r.randint(1, 12), 1), 1),
    "February": lambda r: _whole(dt.date(r.randint(2018, 2033), 2, 1), 1),
    "quarter": lambda r: _whole(dt.date(r.randint(2018, 2033), r.choice([1, 4, 7, 10]), 1), 3),
    "half year": lambda r: _whole(dt.date(r.randint(2018, 2033), r.choice([1, 7]), 1), 6),
    "cut months": lambda r: _from(dt.date(2018, 1, 2) + dt.timedelta(r.randrange(5000)), r.randint(32, 300)),
    "year": lambda r: _whole(dt.date(r.randint(2018, 2033), 1, 1), 12),
    "first years": lambda r: _whole(dt.date(r.choice([2016, 2017]), 1, 1), 12),
    "leap year": lambda r: _whole(dt.date(r.choice([2020, 2024, 2028, 2032]), 1, 1), 12),
    "year of an early stage": lambda _: _whole(dt.date(2015, 1, 1), 12),
    "year of two editions": lambda _: _whole(dt.date(2026, 1, 1), 12),
    "across 2026-03-01": lambda r: _from(dt.date(2026, 3, 1) - dt.timedelta(r.randint(1, 90)), r.randint(91, 250)),
    "across 2031-01-01": lambda r: _from(dt.date(2031, 1, 1) - dt.timedelta(r.randint(1, 90)), r.randint(91, 250)),
    "three years": lambda r: _whole(dt.date(r.choice([2018, 2024, 2025, 2029]), 1, 1), 36),
    "about three years": lambda r: _from(dt.date(2018, 1, 1) + dt.timedelta(r.randrange(4000)), r.randint(367, 1096)),
}
VALUES = ("mixed", "near", "halves", "nodes", "same", "wide", "top", "zero")
GAPS = ("none", "few", "around least", "equality", "half", "months", "an item", "one value", "all")
MODES = ("by_date", "by_date", "all_2012", "all_2026", "all_2031")
switches = st.one_of(st.just(Switches()), st.builds(Switches, *[st.booleans()] * 8))

seeds = st.integers(0, 2**32)
shapes = st.builds(
    Shape,
    period=st.sampled_from(sorted(PERIODS)),
    values=st.sampled_from(VALUES),
    gaps=st.sampled_from(GAPS),
    area_class=st.sampled_from(["II", "I"]),
    not_monitored=st.sampled_from([(), (), ("so2",), ("no2", "co"), ("o3",), ("pm10", "pm25"), ITEMS]),
    mode=st.sampled_from(MODES),
    switches=switches,
    events=st.booleans(),
)


def unit(item: str) -> Fraction:
    """The last decimal of a published day."""
    return Fraction(1, 10) if item == "co" else Fraction(1)


def marks(item: str) -> list[Fraction]:
    """Limits and breakpoints of an item."""
    limits = {limit for (_, _, q, _), limit in LIMITS.items() if q == item}
    nodes = {Fraction(n) for edition in ("2012", "2026") for n in BREAKPOINTS[edition][item]}
    return sorted(limits | nodes)


def published(r: random.Random, item: str, style: str, rows: list[int]) -> list[Fraction]:
    """A value each day; `rows` are rows of the table of breakpoints, the same for all items of a day."""
    step, known = unit(item), marks(item)
    mark = r.choice(known[1:8])
    near = [max(r.choice(known) + r.choice([-1, 0, 0, 1]) * step, Fraction(0)) for _ in range(r.randint(1, 5))]
    n = len(rows)
    if style == "near":
        return [r.choice(near) for _ in range(n)]
    if style == "halves":  # by turns one step apart: with as many of each the mean lies half a step above
        return [mark + (i % 2) * step for i in range(n)]
    if style == "nodes":
        table = BREAKPOINTS[r.choice(["2012", "2026"])][item]
        return [Fraction(table[min(row, len(table) - 1)]) for row in rows]
    if style == "same":
        return [mark] * n
    if style == "wide":
        return [r.randint(0, int(known[-5] / step)) * step for _ in range(n)]
    if style == "top":
        return [known[-1] + r.randint(-2, 2) * r.choice([1, 50]) * step for _ in range(n)]
    return [Fraction(0)] * n


def unrounded(r: random.Random, item: str, value: Fraction) -> Fraction:
    """A value that is published as `value`: within half a step, at the half where that rounds to even."""
    step = unit(item)
    parts = [Fraction(0), Fraction(1, 3), Fraction(-1, 7), Fraction(499_999, MILLION), Fraction(-2, 5)]
    if int(value / step) % 2 == 0:
        parts += [Fraction(1, 2), Fraction(-1, 2)]
    return max(value + r.choice(parts) * step, Fraction(0))


def present(r: random.Random, gaps: str, dates: list[dt.date]) -> list[bool]:
    """Which days have a value."""
    n = len(dates)
    if gaps == "all":
        return [False] * n
    if gaps == "one value":
        there = r.randrange(n)
        return [i == there for i in range(n)]
    if gaps == "around least":  # each month loses two to five days
        lost = {(m, d) for m in range(1, 13) for d in r.sample(range(1, 29), r.choice([2, 3, 3, 4, 4, 5]))}
        return [(day.month, day.day) not in lost for day in dates]
    if (
        gaps == "equality"
    ):  # as many days in all as are asked for, or one fewer, and where it can be enough of each month
        months: dict[tuple[int, int], list[int]] = {}
        for i, day in enumerate(dates):
            months.setdefault((day.year, day.month), []).append(i)
        spare = [
            i for (_, month), days in months.items() for i in days[: max(len(days) - (25 if month == 2 else 27), 0)]
        ]
        n_lost = n - math.ceil(Fraction(324 * min(n, 365), 365)) + r.choice([0, 1])
        absent = set(r.sample(spare, min(n_lost, len(spare))))
        return [i not in absent for i in range(n)]
    gone = {r.randint(1, 12) for _ in range(r.randint(1, 3))} if gaps == "months" else set()
    rate = {"none": 0.0, "few": 0.02, "half": 0.5}.get(gaps, 0.01)
    return [day.month not in gone and r.random() >= rate for day in dates]


def random_days(r: random.Random, shape: Shape, first: dt.date, n: int) -> Days:
    dates = [first + dt.timedelta(days=i) for i in range(n)]
    rows = [r.choice([1, 1, 2, 2, 3, 4, 5, 6, 7]) for _ in range(n)]
    shared = present(r, shape.gaps, dates)
    without = r.choice(ITEMS) if shape.gaps == "an item" else None
    values: Series = {}
    exact: Series = {}
    for item in ITEMS:
        style = r.choice(VALUES[1:]) if shape.values == "mixed" else shape.values
        there = shared if r.random() < 0.5 else present(r, shape.gaps, dates)
        if item == without or (item in shape.not_monitored and r.random() < 0.8):
            there = [False] * n
        found = published(r, item, style, rows)
        values[item] = [v if ok else None for v, ok in zip(found, there, strict=True)]
        exact[item] = [None if v is None else unrounded(r, item, v) for v in values[item]]
    hours = [Fraction(h, 10) for h in (1607, 2007, 7995, 8005, 10_006, 13_000)]
    hour = [
        None if v is None else r.choice([v, v + Fraction(1, 2), v + Fraction(7, 10), *hours, None])
        for v in values["o3"]
    ]
    return Days(first, values, exact, hour)


def random_hours(r: random.Random, shape: Shape, first: dt.date, n_days: int) -> Series:
    """Hours from a few rows, so that there are many ties.

    All hours of the first and last days and of those about new editions, of the others a few: they are many.
    """
    drawn: list[dict[str, Value]] = []
    rate = {"none": 0.0, "all": 1.0, "half": 0.3}.get(shape.gaps, 0.02)
    high = shape.values in ("top", "mixed")
    for _ in range(30):
        row: dict[str, Value] = {}
        k = r.randint(0, 4)
        for item in ITEMS:
            column = item if item in ("pm10", "pm25") else f"{item}_1h"
            table = BREAKPOINTS[r.choice(["2012", "2026"])][column]
            node = Fraction(table[min(k, len(table) - 1)])
            near = node + Fraction(r.choice(["0", "0", "1", "-1", "1/2", "-1/2", "3/7"])) * unit(item)
            value = max(Fraction(int(near * MILLION), MILLION), Fraction(0))
            if high and r.random() < 0.3:
                value = table[-1] + Fraction(r.choice(["1/2", "1", "30"]))
            gone = r.random() < rate or (item in shape.not_monitored and r.random() < 0.8)
            row[item] = None if gone else value
        drawn.append(row)
    empty: dict[str, Value] = dict.fromkeys(ITEMS)
    chosen = []
    for i in range(n_days):
        day = first + dt.timedelta(days=i)
        change = min(abs(day - dt.date(2026, 3, 1)), abs(day - dt.date(2031, 1, 1)))
        whole = i < 10 or i >= n_days - 10 or change.days < 3
        few = set(range(24)) if whole else {r.randrange(24) for _ in range(r.choice([0, 1, 1, 1, 1, 1, 1, 1]))}
        chosen += [r.choice(drawn) if hour in few else empty for hour in range(24)]
    return {item: [row[item] for row in chosen] for item in ITEMS}


def without_events(r: random.Random, days: Days) -> Days:
    """The days without PM where there were events: gone, or made of fewer hours."""
    values: Series = {**days.published}
    exact: Series = {**days.exact}
    for item in ("pm10", "pm25"):
        fewer = [v if v is None or r.random() < 0.8 else r.choice([None, Fraction(v // 2)]) for v in values[item]]
        exact[item] = [e if v == was else v for e, v, was in zip(exact[item], fewer, values[item], strict=True)]
        values[item] = fewer
    return replace(days, published=values, exact=exact)


def random_case(seed: int, shape: Shape) -> Case:
    r = random.Random(seed)
    first, n = PERIODS[shape.period](r)
    days = random_days(r, shape, first, n)
    earlier = []
    if first.day == 1 and days.last.month == 12 and n in (365, 366):
        for year in (first.year - 1, first.year - 2)[: r.choice([2, 2, 2, 1, 0])]:
            whole, length = _whole(dt.date(year, 1, 1), 12)
            earlier.append(random_days(r, shape if r.random() < 0.7 else replace(shape, gaps="none"), whole, length))
    return Case(
        days=days,
        hours=random_hours(r, shape, first, n),
        earlier=earlier,
        without_events=without_events(r, days) if shape.events else None,
        area_class=shape.area_class,
        not_monitored=shape.not_monitored,
        mode=shape.mode,
        since=SINCE if first >= SINCE else dt.date(2012, 12, 31),
        switches=shape.switches,
    )
