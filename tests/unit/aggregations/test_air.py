"""Air: days of stations and cities. Vectors: shared/standards/air.md, section 12; rules: 2.3, 5.3 and 5.4."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import air
from aggregations.air import StationDays
from aggregations.rounding import MICRO, to_micros
from aggregations.standards import AirEvaluation, AirLimits, Standard

Editions = Callable[[str], Standard]

# air.md, "Ozone day": hours 1 to 24, label = end of the hour.
A = [50, 48, 46, 44, 42, 40, 45, 55, 70, 90, 110, 130, 150, 165, 175, 180, 178, 170, 150, 120, 100, 85, 70, 60]
B = [value - 10 for value in A]
C = [60, 57, 55, 52, 50, 48, 54, 66, 84, 108, 132, 156, 180, 198, 210, 216, 213, 204, 180, 144, 120, 102, 84, 72]

EDITIONS = pytest.mark.parametrize(
    ("limits_id", "evaluation_id"),
    [
        pytest.param("GB 3095-2012", "HJ 663-2013", id="2012"),
        pytest.param("GB 3095-2026 transitional", "HJ 663-2026", id="2026"),
        pytest.param("GB 3095-2026 final", "HJ 663-2026", id="2031"),
    ],
)


def without(series: Sequence[float], hours_ending: Sequence[int]) -> list[float]:
    """A series of hours 1 to 24 (label = end) in which some are missing."""
    return [float("nan") if hour in hours_ending else float(value) for hour, value in enumerate(series, 1)]


def hours(*days: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    return to_micros(np.array(days, dtype=float))


def ozone(
    edition: Editions,
    *days: Sequence[float],
    limits_id: str = "GB 3095-2012",
    evaluation_id: str = "HJ 663-2013",
    compares: str = "rounded",
) -> StationDays:
    limits, evaluation = edition(limits_id), edition(evaluation_id)
    assert isinstance(limits, AirLimits)
    assert isinstance(evaluation, AirEvaluation)
    evaluation = msgspec.structs.replace(evaluation, ozone_exception_compares=compares)
    return air.ozone_daily_max_8h(*hours(*days), limits=limits, evaluation=evaluation)


def exact(days: StationDays, day: int = 0) -> Fraction:
    """Value of a day, in the unit of the reading."""
    return Fraction(int(days.sums[day]), int(days.counts[day]) * MICRO)


@pytest.mark.parametrize(
    ("n_hours", "valid"),
    [
        pytest.param(24, True, id="24"),
        pytest.param(21, True, id="21: inside"),
        pytest.param(20, True, id="vector 37: 20"),
        pytest.param(19, False, id="vector 37: 19"),
        pytest.param(0, False, id="none"),
    ],
)
def test_daily_mean_needs_20_hours(edition: Editions, n_hours: int, valid: bool) -> None:
    limits = edition("GB 3095-2012")
    assert isinstance(limits, AirLimits)

    days = air.daily_mean(*hours(without([35.0] * 24, range(n_hours + 1, 25))), min_hours=limits.day_min_hours)

    assert (days.valid.tolist(), days.hours.tolist()) == ([valid], [n_hours])


def test_daily_mean_divides_by_the_hours_present() -> None:
    days = air.daily_mean(*hours(without([10.0] * 20 + [34.0] * 4, [1, 2, 3, 4])), min_hours=20)

    assert exact(days) == Fraction(16 * 10 + 4 * 34, 20)


def test_daily_mean_takes_each_day_for_itself() -> None:
    days = air.daily_mean(*hours([10.0] * 24, without([20.0] * 24, range(1, 6)), [30.0] * 24), min_hours=20)

    assert (days.valid.tolist(), exact(days, 0), exact(days, 2)) == ([True, False, True], 10, 30)


@pytest.mark.parametrize(
    ("values", "decimals", "printed"),
    [
        pytest.param([60.0, 61.0] * 12, 0, 60, id="60.5 to the even 60"),
        pytest.param([61.0, 62.0] * 12, 0, 62, id="61.5 to the even 62"),
        pytest.param([4.0, 4.1] * 12, 1, 40, id="CO 4.05 to 4.0 (vector 19)"),
        pytest.param([4.1, 4.2] * 12, 1, 42, id="CO 4.15 to 4.2 (vector 19)"),
        pytest.param([60.0] * 12 + [61.0] * 11 + [61.1], 0, 61, id="just above a tie"),
    ],
)
def test_rounded_daily_values_are_half_even_in_the_last_decimal(
    values: list[float], decimals: int, printed: int
) -> None:
    days = air.daily_mean(*hours(values), min_hours=20)

    assert air.rounded(days, decimals).tolist() == [printed]


def test_rounded_daily_value_that_is_not_valid_is_minus_one() -> None:
    days = air.daily_mean(*hours(without([50.0] * 24, range(1, 6))), min_hours=20)

    assert air.rounded(days, 0).tolist() == [-1]


def test_largest_hour_ignores_missing_hours() -> None:
    days = air.daily_mean(*hours(without(A, [15, 16, 17])), min_hours=20)

    assert days.hour_max.tolist() == [170 * MICRO]


def test_largest_hour_of_an_empty_day_is_minus_one() -> None:
    days = air.daily_mean(*hours([float("nan")] * 24), min_hours=20)

    assert days.hour_max.tolist() == [-1]


@pytest.mark.parametrize(
    ("series", "missing", "mean", "rounded"),
    [
        pytest.param(A, [], Fraction(1298, 8), 162, id="vector 26: A complete"),
        pytest.param(A, range(1, 6), Fraction(1298, 8), 162, id="vector 27: exactly 14 windows"),
        pytest.param(B, range(1, 7), Fraction(1218, 8), -1, id="vector 28: 13 windows, 152 does not exceed"),
        pytest.param(A, range(1, 7), Fraction(1298, 8), 162, id="vector 29: 13 windows, 162 exceeds"),
        pytest.param(A, range(10, 13), Fraction(1018, 6), 170, id="vector 30: 11 windows, 170 exceeds"),
        pytest.param(A, [14, 15], Fraction(958, 6), 160, id="vector 31: 17 windows"),
        pytest.param(C, range(14, 17), Fraction(963, 6), -1, id="vector 32: 160.5 rounds to 160"),
    ],
)
@EDITIONS
def test_ozone_day_is_that_of_the_vectors(
    edition: Editions,
    limits_id: str,
    evaluation_id: str,
    series: list[int],
    missing: Sequence[int],
    mean: Fraction,
    rounded: int,
) -> None:
    days = ozone(edition, without(series, missing), limits_id=limits_id, evaluation_id=evaluation_id)

    assert (exact(days), air.rounded(days, 0).tolist()) == (mean, [rounded])


def test_ozone_exception_compares_the_exact_value_where_the_edition_says_so(edition: Editions) -> None:
    days = ozone(edition, without(C, range(14, 17)), compares="exact")  # vector 32, unrounded: 160.5 > 160

    assert days.valid.tolist() == [True]


@pytest.mark.parametrize(
    ("value", "compares", "valid"),
    [
        (160.0, "rounded", False),
        (160.5, "rounded", False),
        (160.6, "rounded", True),
        (161.0, "rounded", True),
        (159.9, "exact", False),
        (160.0, "exact", False),
        (160.1, "exact", True),
    ],
)
def test_ozone_exception_needs_more_than_the_limit(edition: Editions, value: float, compares: str, valid: bool) -> None:
    days = ozone(edition, without([value] * 24, range(1, 7)), compares=compares)  # 13 windows

    assert days.valid.tolist() == [valid]


@pytest.mark.parametrize(
    ("missing", "valid"),
    [
        pytest.param(range(1, 5), True, id="15 windows"),
        pytest.param(range(1, 6), True, id="14 windows: at equality"),
        pytest.param(range(1, 7), False, id="13 windows"),
    ],
)
def test_ozone_day_needs_14_windows(edition: Editions, missing: Sequence[int], valid: bool) -> None:
    days = ozone(edition, without([100.0] * 24, missing))

    assert days.valid.tolist() == [valid]


@pytest.mark.parametrize(
    ("present", "valid"),
    [
        pytest.param(range(1, 7), True, id="6 of 8 hours: at equality"),
        pytest.param(range(1, 6), False, id="5 of 8 hours"),
    ],
)
def test_ozone_window_needs_6_hours(edition: Editions, present: Sequence[int], valid: bool) -> None:
    days = ozone(edition, without([300.0] * 24, [hour for hour in range(1, 25) if hour not in present]))

    assert days.valid.tolist() == [valid]  # one window at most; valid because 300 exceeds


def test_ozone_windows_lie_inside_the_day(edition: Editions) -> None:
    # 300 in the last 7 hours of one day and the first of the next: no window across midnight has eight of them.
    days = ozone(edition, [0.0] * 17 + [300.0] * 7, [300.0] + [0.0] * 23)

    assert [exact(days, 0), exact(days, 1)] == [Fraction(2100, 8), Fraction(300, 8)]


@pytest.mark.parametrize("first", [0, 16])
def test_ozone_first_and_last_window_of_the_day_count(edition: Editions, first: int) -> None:
    series = [0.0] * 24
    series[first : first + 8] = [200.0] * 8

    assert exact(ozone(edition, series)) == 200


def test_ozone_day_without_a_window_is_not_valid(edition: Editions) -> None:
    days = ozone(edition, [float("nan")] * 24, without([500.0] * 24, range(3, 25)))

    assert (days.valid.tolist(), days.hours.tolist(), days.hour_max.tolist()) == (
        [False, False], [0, 2], [-1, 500 * MICRO],
    )  # fmt: skip


def test_ozone_takes_the_larger_mean_not_the_larger_sum(edition: Editions) -> None:
    # Hours 17 to 24 hold 8 x 150 = 1200, hours 1 to 6 hold 6 x 180 = 1080 with 7 to 12 missing.
    series = without([180.0] * 12 + [0.0] * 4 + [150.0] * 8, range(7, 13))

    assert exact(ozone(edition, series)) == 180


def station(value: float, *, valid: bool = True) -> StationDays:
    """A station with one day."""
    one = np.ones(1, dtype=np.int64)
    micros, _ = to_micros(np.array([value]))
    return StationDays(micros * 3, one * 3, np.array([valid]), one * 24, micros)


@pytest.mark.parametrize(
    ("expected", "n_valid", "known"),
    [
        pytest.param(1, 1, True, id="1 of 1"),
        pytest.param(2, 1, True, id="1 of 2: 50 % at equality"),
        pytest.param(3, 2, True, id="2 of 3"),
        pytest.param(3, 1, False, id="1 of 3: below 50 %"),
        pytest.param(4, 3, True, id="3 of 4: 75 % at equality"),
        pytest.param(4, 2, False, id="2 of 4: 50 % is not enough from four on"),
        pytest.param(5, 4, True, id="4 of 5"),
        pytest.param(5, 3, False, id="3 of 5: 60 %"),
        pytest.param(8, 6, True, id="6 of 8: 75 % at equality"),
        pytest.param(8, 5, False, id="5 of 8: below 75 %"),
        pytest.param(2, 0, False, id="none of 2"),
        pytest.param(0, 0, False, id="a city without stations"),
    ],
)
@pytest.mark.parametrize("evaluation_id", ["HJ 663-2013", "HJ 663-2026"])
def test_city_day_needs_75_percent_of_the_stations_or_half_below_four(
    edition: Editions, evaluation_id: str, expected: int, n_valid: int, known: bool
) -> None:
    evaluation = edition(evaluation_id)
    assert isinstance(evaluation, AirEvaluation)
    stations = [station(30.0, valid=i < n_valid) for i in range(expected)]

    value = air.city_days(stations, [expected], evaluation)[0]

    assert value == (30 * MICRO if known else None)


def test_city_day_is_the_mean_of_the_valid_stations(edition: Editions) -> None:
    evaluation = edition("HJ 663-2013")
    assert isinstance(evaluation, AirEvaluation)
    stations = [station(30.0), station(40.0), station(999.0, valid=False), station(53.0)]

    assert air.city_days(stations, [4], evaluation)[0] == Fraction(123, 3) * MICRO


def test_city_day_is_rounded_once_from_exact_station_days(edition: Editions) -> None:
    # 30.4 + 30.4 + 30.8 = 91.6, mean 30.53 -> 31; from rounded station days (30, 30, 31) it would be 30.
    evaluation = edition("HJ 663-2013")
    assert isinstance(evaluation, AirEvaluation)

    value = air.city_days([station(30.4), station(30.4), station(30.8)], [3], evaluation)[0]

    assert value == Fraction("91.6") / 3 * MICRO


def test_city_ozone_is_the_mean_of_each_stations_own_maximum(edition: Editions) -> None:
    evaluation = edition("HJ 663-2013")
    assert isinstance(evaluation, AirEvaluation)
    morning = ozone(edition, [160.0] * 8 + [0.0] * 16)
    evening = ozone(edition, [0.0] * 16 + [100.0] * 8)

    # air.md, 5.4: the maximum of the city's mean series would be 80.
    assert air.city_days([morning, evening], [2], evaluation)[0] == 130 * MICRO
