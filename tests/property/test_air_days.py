"""Days of air stations and cities agree with plain loops over fractions, written from shared/standards/air.md."""

import random
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import air, standards
from aggregations.air import StationDays
from aggregations.rounding import MICRO
from aggregations.standards import AirEvaluation, AirLimits, Standard

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=80, deadline=None)

Hours = list[int | None]


def edition(stem: str) -> Standard:
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


LIMITS = edition("gb3095-2026-transitional")
EVALUATION = edition("hj663-2026")
assert isinstance(LIMITS, AirLimits)
assert isinstance(EVALUATION, AirEvaluation)


# --- the second implementation ---


def rounded(value: Fraction) -> int:
    """Half to even, to an integer."""
    whole = value.numerator // value.denominator
    rest = value - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    return whole


def mean_of_day(hours: Hours) -> Fraction | None:
    """Mean of the hours; at least 20 of them (GB 3095, table 4)."""
    present = [Fraction(h, MICRO) for h in hours if h is not None]
    return sum(present, Fraction(0)) / len(present) if len(present) >= 20 else None


def ozone_of_day(hours: Hours, *, exact: bool = False) -> Fraction | None:
    """Largest mean of 8 hours ending at 8 to 24, of which 6 are present; 14 such windows, or more than 160."""
    means = []
    for end in range(8, 25):
        window = [Fraction(hours[i], MICRO) for i in range(end - 8, end) if hours[i] is not None]  # type: ignore[arg-type]
        if len(window) >= 6:
            means.append(sum(window, Fraction(0)) / len(window))
    if not means:
        return None
    largest = max(means)
    compared = largest if exact else Fraction(rounded(largest))
    return largest if len(means) >= 14 or compared > 160 else None


# --- data ---


def drawn_days(seed: int, *, n: int, missing: int, run: tuple[int, int], kind: str) -> list[Hours]:
    """Days of 24 hours; `missing` single hours and a `run` of hours (first, number) are absent from each."""
    drawn = random.Random(seed)

    def concentration() -> int:
        if kind == "whole":  # many ties among means
            return drawn.randint(0, 400) * MICRO
        if kind == "limit":  # 158 to 163 in halves: about the limit of ozone
            return drawn.randint(316, 326) * MICRO // 2
        return drawn.randint(0, 4_000_000) * 100  # four decimals

    found: list[Hours] = []
    for _ in range(n):
        gone = {*range(run[0], sum(run)), *drawn.sample(range(24), missing)}
        level = concentration()
        found.append([None if i in gone else level if kind == "level" else concentration() for i in range(24)])
    return found


# Hours are drawn from a seed, because thousands of separate draws are slow.
days = st.builds(
    drawn_days,
    st.integers(0, 2**32),
    n=st.integers(1, 4),
    missing=st.integers(0, 8),
    run=st.tuples(st.integers(0, 23), st.sampled_from([0, 0, 1, 3, 5, 6, 12, 24])),
    kind=st.sampled_from(["whole", "limit", "limit", "fine", "level"]),
)


def arrays(found: list[Hours]) -> tuple[np.ndarray, np.ndarray]:
    # Where an hour is missing there may be any number: only the mask counts.
    return (
        np.array([[987_654_321 if h is None else h for h in hours] for hours in found], dtype=np.int64),
        np.array([[h is not None for h in hours] for hours in found]),
    )


def values(found: StationDays) -> list[Fraction | None]:
    return [
        Fraction(int(s), int(c) * MICRO) if ok else None
        for s, c, ok in zip(found.sums, found.counts, found.valid, strict=True)
    ]


@MODEST
@given(found=days)
@example(found=[[None] * 24])
@example(found=[[None] * 4 + [MICRO] * 20, [None] * 5 + [MICRO] * 19])
def test_daily_mean_agrees_with_plain_loops(found: list[Hours]) -> None:
    computed = air.daily_mean(*arrays(found), min_hours=LIMITS.day_min_hours)

    assert values(computed) == [mean_of_day(hours) for hours in found]


@MODEST
@given(found=days, decimals=st.sampled_from([0, 1]))
def test_rounded_daily_mean_agrees_with_plain_loops(found: list[Hours], decimals: int) -> None:
    computed = air.daily_mean(*arrays(found), min_hours=LIMITS.day_min_hours)

    means = [mean_of_day(hours) for hours in found]
    expected = [-1 if mean is None else rounded(mean * 10**decimals) for mean in means]
    assert air.rounded(computed, decimals).tolist() == expected


@MODEST
@given(found=days)
def test_hours_and_largest_hour_agree_with_plain_loops(found: list[Hours]) -> None:
    computed = air.daily_mean(*arrays(found), min_hours=LIMITS.day_min_hours)

    assert (computed.hours.tolist(), computed.hour_max.tolist()) == (
        [sum(h is not None for h in hours) for hours in found],
        [max((h for h in hours if h is not None), default=-1) for hours in found],
    )


@pytest.mark.parametrize("compares", ["rounded", "exact"])
@settings(max_examples=120, deadline=None)
@given(found=days)
@example(found=[[160 * MICRO] * 24, [None] * 6 + [160 * MICRO] * 18, [None] * 6 + [161 * MICRO] * 18])
@example(found=[[None] * 5 + [100 * MICRO] * 19, [None] * 6 + [100 * MICRO] * 18])
@example(found=[[None] * 6 + [321 * MICRO // 2] * 18])
@example(found=[[None] * 24])
def test_ozone_day_agrees_with_plain_loops(compares: str, found: list[Hours]) -> None:
    evaluation = msgspec.structs.replace(EVALUATION, ozone_exception_compares=compares)

    computed = air.ozone_daily_max_8h(*arrays(found), limits=LIMITS, evaluation=evaluation)

    assert values(computed) == [ozone_of_day(hours, exact=compares == "exact") for hours in found]


@MODEST
@given(found=days)
def test_a_day_of_ozone_does_not_depend_on_its_neighbours(found: list[Hours]) -> None:
    together = air.ozone_daily_max_8h(*arrays(found), limits=LIMITS, evaluation=EVALUATION)
    alone = [air.ozone_daily_max_8h(*arrays([hours]), limits=LIMITS, evaluation=EVALUATION) for hours in found]

    assert values(together) == [value for each in alone for value in values(each)]


@MODEST
@given(
    stations=st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 4 * 10**10), st.integers(1, 24))), max_size=9),
    silent=st.integers(0, 3),
)
def test_city_day_agrees_with_plain_loops(stations: list[tuple[int, int] | None], silent: int) -> None:
    one = np.ones(1, dtype=np.int64)
    built = []
    for each in stations:
        total, count = (7, 1) if each is None else each
        built.append(StationDays(one * total, one * count, np.array([each is not None]), one, one))
    expected_stations = len(stations) + silent  # some have sent nothing at all

    computed = air.city_days(built, [expected_stations], EVALUATION)[0]

    valid = [Fraction(total, count) for s in stations if s is not None for total, count in [s]]
    # 75 % of the sites; 50 % where there are fewer than four (air.md, 5.3).
    enough = 4 * len(valid) >= 3 * expected_stations if expected_stations >= 4 else 2 * len(valid) >= expected_stations
    assert computed == (sum(valid, Fraction(0)) / len(valid) if valid and enough else None)
