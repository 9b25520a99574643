"""Means and classes of water sections agree with plain loops, written from shared/standards/water.md."""

import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import standards, water
from aggregations.standards import WaterLimits, WaterMethod
from sensors.sections import WaterBody

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=40, deadline=None)


def edition(stem: str) -> standards.Standard:
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


LIMITS = edition("gb3838-2002")
METHOD = edition("water-method-2011")
assert isinstance(LIMITS, WaterLimits)
assert isinstance(METHOD, WaterMethod)

# --- the second implementation ---

TABLE = {  # water.md, 1.1; decimals of section 4
    "codmn": (["2", "4", "6", "10", "15"], 1),
    "nh3n": (["0.15", "0.5", "1.0", "1.5", "2.0"], 2),
    "tp": (["0.02", "0.1", "0.2", "0.3", "0.4"], 3),
    "do": (["7.5", "6", "5", "3", "2"], 1),
}
LAKE_TP = ["0.01", "0.025", "0.05", "0.1", "0.2"]

Results = list[list[Fraction]]


def rounded(value: Fraction, places: int) -> Fraction:
    """Half to even; one significant digit where that would be zero."""
    scaled = value * 10**places
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    if whole == 0 and value > 0:
        return rounded(value, next(p for p in range(places + 1, 40) if value * 10**p >= 1))
    return Fraction(whole, 10**places)


def class_of(item: str, body: WaterBody, value: Fraction) -> int:
    """Best class whose limit the value meets; 6 if none."""
    if item == "ph":
        return 1 if 6 <= value <= 9 else 6
    limits = LAKE_TP if (item, body) == ("tp", "lake") else TABLE[item][0]
    for number, limit in enumerate(limits, 1):
        if value >= Fraction(limit) if item == "do" else value <= Fraction(limit):
            return number
    return 6


def mean(values: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for value in values:
        total += value
    return total / len(values)


def month_of(days: Results) -> Fraction | None:
    """Mean of the daily means: 4 results a day, 18 days a month."""
    valid = [mean(results) for results in days if len(results) >= 4]
    return mean(valid) if len(valid) >= 18 else None


def ph_mean(values: list[float]) -> float:
    """Through the hydrogen ions."""
    return -math.log10(math.fsum(10.0**-v for v in values) / len(values))


def ph_month(days: list[list[float]]) -> float | None:
    valid = [ph_mean(results) for results in days if len(results) >= 4]
    return ph_mean(valid) if len(valid) >= 18 else None


# --- data: a month is drawn from a seed, because thousands of separate draws are slow ---


def results_of_month(seed: int, *, present: float, decimals: int, top: int, n_days: int = 31) -> Results:
    drawn = random.Random(seed)
    unit = 10**decimals
    return [
        [Fraction(drawn.randint(0, top * unit), unit) for _ in range(6) if drawn.random() < present]
        for _ in range(n_days)
    ]


def day_means(days: list[list[Fraction]] | list[list[float]], item: str) -> tuple[np.ndarray, np.ndarray]:
    """Our daily means from results that are mixed over the month, with missing ones between them."""
    pairs = [(i, float(v)) for i, results in enumerate(days) for v in results]
    pairs += [(i, math.nan) for i in range(len(days))]
    random.Random(len(pairs)).shuffle(pairs)
    return water.day_means(
        np.array([v for _, v in pairs]),
        np.array([i for i, _ in pairs], dtype=np.int64),
        len(days),
        item=item,
        min_results=METHOD.day_min_results,
    )


months = st.builds(
    results_of_month,
    st.integers(0, 2**32),
    present=st.sampled_from([1.0, 0.9, 0.75, 0.7, 0.6, 0.3]),
    decimals=st.sampled_from([1, 2, 3, 4]),
    top=st.sampled_from([1, 2, 20]),
    n_days=st.sampled_from([28, 29, 30, 31]),
)


@MODEST
@given(days=months)
def test_day_means_agree_with_plain_loops(days: Results) -> None:
    means, counts = day_means(days, "tp")

    expected = [float(mean(results)) if len(results) >= 4 else math.nan for results in days]
    assert counts.tolist() == [len(results) for results in days]
    assert means == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@MODEST
@given(days=months)
@example(days=[[Fraction(1, 3000) * 3] * 4] * 18 + [[]] * 13)
@example(days=[[Fraction(1)] * 4] * 17 + [[Fraction(1)] * 3] * 14)
def test_month_mean_is_exactly_that_of_plain_loops(days: Results) -> None:
    means, counts = day_means(days, "tp")

    assert water.month_mean(means, counts, item="tp", min_days=METHOD.month_min_days) == month_of(days)


fractions_of_months = st.lists(
    st.one_of(st.none(), st.integers(0, 20_000).map(lambda n: Fraction(n, 4000))), min_size=12, max_size=12
)


@MODEST
@given(monthly=fractions_of_months)
@example(monthly=[Fraction(1)] * 8 + [None] * 4)
@example(monthly=[Fraction(1)] * 7 + [None] * 5)
@example(monthly=[None] * 12)
def test_year_mean_is_exactly_that_of_plain_loops(monthly: list[Fraction | None]) -> None:
    valid = [m for m in monthly if m is not None]

    computed = water.year_mean(monthly, item="tp", min_months=METHOD.year_min_months)

    assert computed == (mean(valid) if len(valid) >= 8 else None)


@MODEST
@given(seed=st.integers(0, 2**32), present=st.sampled_from([1.0, 0.8, 0.7, 0.6]))
def test_month_mean_of_ph_agrees_with_plain_loops(seed: int, present: float) -> None:
    drawn = random.Random(seed)
    days = [[drawn.randint(400, 1000) / 100 for _ in range(6) if drawn.random() < present] for _ in range(30)]
    means, counts = day_means(days, "ph")

    computed = water.month_mean(means, counts, item="ph", min_days=METHOD.month_min_days)

    expected = ph_month(days)
    assert (computed is None) == (expected is None)
    if computed is not None:
        assert float(computed) == pytest.approx(expected, abs=1e-9)


@MODEST
@given(monthly=st.lists(st.one_of(st.none(), st.integers(40, 100)), min_size=12, max_size=12))
def test_year_mean_of_ph_agrees_with_plain_loops(monthly: list[int | None]) -> None:
    tenths = [None if m is None else Fraction(m, 10) for m in monthly]
    valid = [float(m) for m in tenths if m is not None]

    computed = water.year_mean(tenths, item="ph", min_months=METHOD.year_min_months)

    assert (computed is None) == (len(valid) < 8)
    if computed is not None:
        assert float(computed) == pytest.approx(ph_mean(valid), abs=1e-9)


def near(item: str) -> st.SearchStrategy[Fraction]:
    """Means anywhere and close about the limits, in steps that hit limits and ties."""
    if item == "ph":
        return st.integers(100, 2800).map(lambda n: Fraction(n, 200))
    limits, places = TABLE[item]
    bounds = [Fraction(b) for b in (*limits, *(LAKE_TP if item == "tp" else ()))]
    step = Fraction(1, 20 * 10**places)
    about = st.tuples(st.sampled_from(bounds), st.integers(-30, 30)).map(lambda t: max(Fraction(0), t[0] + t[1] * step))
    # Means below half a step are the business of test_rounding.
    return st.one_of(about, st.just(Fraction(0)), st.integers(2_000, 400_000).map(lambda n: Fraction(n, 20_000)))


section_means = st.fixed_dictionaries(
    {item: st.one_of(near(item), near(item), near(item), near(item), st.none()) for item in (*TABLE, "ph")}
)


@settings(max_examples=150, deadline=None)
@given(means=section_means, body=st.sampled_from(["river", "lake"]))
def test_class_of_a_section_agrees_with_plain_loops(means: dict[str, Fraction | None], body: WaterBody) -> None:
    computed = water.evaluate(means, body, limits=LIMITS, method=METHOD)

    places = {item: decimals for item, (_, decimals) in TABLE.items()} | {"ph": 0}
    values = {item: rounded(m, places[item]) for item, m in means.items() if m is not None}
    classes = {item: class_of(item, body, value) for item, value in values.items()}
    overall = max(classes.values()) if len(classes) == 5 else 0  # all five are required
    assert ({k: Fraction(v) for k, v in computed.values.items()}, computed.items, computed.overall) == (
        values, classes, overall,
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(readings=st.lists(section_means, min_size=1, max_size=4), body=st.sampled_from(["river", "lake"]))
def test_realtime_class_agrees_with_plain_loops(readings: list[dict[str, Fraction | None]], body: WaterBody) -> None:
    arrays = {
        item: np.array([math.nan if r[item] is None else float(r[item]) for r in readings])  # type: ignore[arg-type]
        for item in (*TABLE, "ph")
    }

    computed = water.realtime_classes(arrays, body, limits=LIMITS, method=METHOD)

    expected = [
        max((class_of(item, body, value) for item, value in r.items() if value is not None), default=0)
        for r in readings
    ]
    assert computed.tolist() == expected
