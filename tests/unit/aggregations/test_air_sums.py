"""Coded hours: the same integers as micros and a mask, and sums that tell what is missing."""

import numpy as np
import pytest

from aggregations.air.sums import ABSENT, coded, coded_micros, day_sums, from_top, split, top
from aggregations.rounding import MICRO, to_micros

LARGEST = 10**9
NEGATIVE_NAN = np.array([0xFFF8_0000_0000_0001], dtype=np.uint64).view(np.float64)[0]


def test_coded_values_are_micros_and_absent_where_there_is_no_number() -> None:
    values = np.array([0.0, -0.0, 15.1, -3.2, 0.0000005, 0.0000015, 2.5e-7, 1e-300, LARGEST, -LARGEST])
    gaps = np.array([np.nan, -np.nan, NEGATIVE_NAN, np.inf, -np.inf])
    both = np.concatenate([values, gaps, values])

    assert coded(both).tolist() == coded_micros(*to_micros(both)).tolist()
    assert coded(gaps).tolist() == [ABSENT] * len(gaps)


def test_coded_values_are_micros_of_any_reading() -> None:
    random = np.random.default_rng(1)
    values = np.concatenate([
        random.uniform(-1, 1, 20_000) * 10.0 ** random.integers(-7, 9, 20_000),
        np.round(random.gamma(3, 20, 20_000), 1),
        random.integers(-(10**6), 10**6, 20_000) / 2 / MICRO,  # halves of a millionth
    ])  # fmt: skip

    assert coded(values).tolist() == to_micros(values)[0].tolist()


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 0, 35])
def test_a_sum_of_a_day_tells_values_and_gaps_apart(value: int) -> None:
    days = np.array([[value] * (24 - gaps) + [np.nan] * gaps for gaps in range(25)], dtype=float)

    sums, absent = split(day_sums(coded(days)))

    assert (sums.tolist(), absent.tolist()) == ([value * MICRO * (24 - gaps) for gaps in range(25)], list(range(25)))


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 0])
def test_the_largest_is_of_those_with_so_many_missing(value: int) -> None:
    # Columns: sums of eight hours of which none, one, ... are missing, each beside a smaller one.
    hours = np.array([[value] * (8 - gaps) + [np.nan] * gaps for gaps in range(9)], dtype=float)
    sums = coded(hours).sum(axis=1)

    for gaps in range(9):
        found, there = from_top(top(np.concatenate([sums, sums - (sums < (gaps + 1) * ABSENT)])[:, None], gaps))
        _, without = from_top(top(np.delete(sums, gaps)[:, None], gaps))
        assert (found.tolist(), there.tolist(), without.tolist()) == ([value * MICRO * (8 - gaps)], [True], [False])
