"""Probable unit mistakes are suspect, never a pollution that could be real."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors import checks
from sensors.arrays import FloatArray
from sensors.reading import DAY_S
from sensors.unit_mistakes import unit_slips


def slips(values: list[float], *, step_s: int = DAY_S) -> list[bool]:
    times = np.arange(len(values), dtype=np.int64) * step_s
    return unit_slips(times, np.array(values), ratio=300.0, days=30, least=3).tolist()


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


def test_history_may_be_of_some_values_only() -> None:
    # The unit slipped for longer than half of the days that the median is of.
    values = np.array([0.1] * 10 + [100.0] * 20)
    times = np.arange(30, dtype=np.int64) * DAY_S
    every, some = (
        unit_slips(times, values, ratio=300, days=30, least=3, history=history) for history in (None, values < 1)
    )
    assert (every[10:].all(), some.tolist()) == (False, [False] * 10 + [True] * 20)


@example([(0, 0.0), (1, 1.0), (2, 20.0)], 9, 2)  # the median is the mean of a zero and a value
@example([(0, -1.0), (1, 1.2), (2, 20.0)], 9, 2)  # or of two of different signs
@example([(0, 0.01), (1, 1.0), (2, 400.0), (3, 30.0)], 9, 3)
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([-1.0, 0.0, 0.01, 1.0, 1.2, 20.0, 30.0, 400.0, np.nan])),
        max_size=12,
    ),
    st.integers(1, 9),
    st.integers(1, 3),
)
def test_verdicts_are_those_of_each_value_held_against_its_median(
    series: list[tuple[int, float]], days: int, least: int
) -> None:
    # A second implementation: lists, no shortcut.
    by_day = dict(sorted(series))
    times, values = [day * DAY_S for day in by_day], list(by_day.values())
    expected = []
    for at, value in zip(times, values, strict=True):
        there = [(t, v) for t, v in zip(times, values, strict=True) if v == v and t != at]
        before = [v for t, v in there if 0 < at - t <= days * DAY_S]
        older = [v for t, v in there if days * DAY_S < at - t <= 2 * days * DAY_S]
        window = before
        if len(before) < least or not older:
            window = before + [v for t, v in there if 0 < t - at <= days * DAY_S]
        median = float(np.median(window)) if len(window) >= least else 0.0
        expected.append(bool(value > 0 and median > 0 and (value >= 30 * median or value * 30 <= median)))
    found = unit_slips(np.array(times, dtype=np.int64), np.array(values), ratio=30, days=days, least=least)
    assert found.tolist() == expected


# --- hours of air, with the numbers that come along

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "checks.toml"


@pytest.fixture(scope="module")
def guanyuan(data_folder: Path) -> dict[str, FloatArray]:
    """Four years of a Beijing station; CO in mg/m3."""
    columns = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    file = data_folder / "air_beijing_uci" / "PRSA_Data_Guanyuan_20130301-20170228.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    return {
        key: np.array([float("nan") if row[name] == "NA" else float(row[name]) for row in rows])
        / (1000 if key == "co" else 1)
        for name, key in columns.items()
    }


def test_no_hour_of_four_years_in_beijing_is_a_unit_mistake_and_one_sent_in_mg_is(
    guanyuan: dict[str, FloatArray],
) -> None:
    unit = checks.parse(SHIPPED.read_text(encoding="utf-8"), file="c.toml").unit
    assert unit is not None
    assert unit.air is not None
    week = slice(20_000, 20_000 + 7 * 24)
    for key, values in guanyuan.items():
        numbers = {"ratio": unit.air.ratio[key], "days": unit.days, "least": unit.air.least}
        assert (checks.unit_check(values, **numbers) == checks.SUSPECT).sum() == 0, key  # type: ignore[arg-type]
        slipped = values[: week.stop].copy()
        slipped[week] /= 1000
        marked = checks.unit_check(slipped, **numbers)[week] == checks.SUSPECT  # type: ignore[arg-type]
        assert marked.sum() >= 0.7 * np.isfinite(slipped[week]).sum(), key
