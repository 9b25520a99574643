"""Checks of water: slips of the unit are suspect, never a pollution that could be real."""

import numpy as np
import pytest

from sensors.reading import DAY_S
from sensors.water_checks import unit_slips


def slips(values: list[float], *, step_s: int = DAY_S) -> list[bool]:
    times = np.arange(len(values), dtype=np.int64) * step_s
    return unit_slips(times, np.array(values)).tolist()


@pytest.mark.parametrize(
    ("last", "suspect"), [(29.9, False), (30.0, True), (100.0, True), (0.00034, False), (0.0003, True), (0.0, False)]
)
def test_value_is_suspect_from_three_hundred_times_the_median_of_thirty_days(last: float, suspect: bool) -> None:
    assert slips([0.1] * 40 + [last])[-1] is suspect


def test_median_is_of_the_thirty_days_before_only() -> None:
    # 0.0001 for long, then 1.0 for 31 days: the last 1.0 is judged by its own month.
    found = slips([0.0001] * 60 + [1.0] * 31)
    assert (found[60], found[-1]) == (True, False)


def test_short_series_is_held_against_itself() -> None:
    assert slips([0.1, 0.1, 100.0, 0.1]) == [False, False, True, False]


@pytest.mark.parametrize("values", [[], [5.0], [0.1, 100.0], [0.0, 0.0, 0.0, 9.0], [float("nan")] * 4])
def test_too_little_to_judge_by_is_not_suspect(values: list[float]) -> None:
    assert not any(slips(values))


def test_missing_values_are_passed_over() -> None:
    assert slips([0.1, float("nan"), 0.1, 0.1, 100.0]) == [False, False, False, False, True]
