"""Noise. Vectors: shared/standards/noise.md, section 6."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from aggregations import noise
from aggregations.standards import NoiseLimits, NoiseMethod

NAN = float("nan")

# A1: hours 0 to 23 of a class 2 point.
A1 = [
    47.8, 46.0, 45.2, 44.9, 45.6, 48.7, 53.1, 56.4, 58.2, 59.0, 58.8, 58.1, 57.6, 57.9, 58.4, 58.7, 59.3, 59.6, 58.9,
    57.2, 55.8, 53.9, 50.2, 49.1,
]  # fmt: skip


@pytest.fixture(scope="module")
def limits(edition: Callable[[str], NoiseLimits]) -> NoiseLimits:
    return edition("GB 3096-2008")


@pytest.fixture(scope="module")
def method(edition: Callable[[str], NoiseMethod]) -> NoiseMethod:
    return edition("Noise, automatic monitors 2024")


def mean(levels: list[float]) -> float:
    array = np.array(levels)
    return float(noise.energy_mean(array, np.isfinite(array)))


def part(levels: list[float], part_of_day: noise.PartOfDay, limits: NoiseLimits, method: NoiseMethod) -> float:
    array = np.array([levels])
    found, _ = noise.part_levels(array, np.isfinite(array), part_of_day, limits=limits, method=method)
    return float(found[0])


@pytest.mark.parametrize(
    ("levels", "printed"),
    [
        pytest.param([50.0] * 30 + [60.0] * 30, "57.40", id="A4: half an hour each"),
        pytest.param([55.0] * 2400 + [65.0] * 600 + [NAN] * 600, "59.47", id="A5: the valid seconds"),
        pytest.param([52.0] * 40 + [NAN] * 20, "52.00", id="A16: windy minutes are missing"),
        pytest.param([52.0] * 40 + [61.0] * 20, "57.20", id="A16: unscreened"),
        pytest.param([48.2, 49.0, 51.5, 50.1], "49.88", id="A19: four nights"),
        pytest.param([61.3], "61.30", id="one level"),
    ],
)
def test_energy_mean_is_that_of_the_vectors(levels: list[float], printed: str) -> None:
    assert f"{mean(levels):.2f}" == printed


def test_energy_mean_without_a_valid_level_is_nan() -> None:
    assert np.isnan(mean([NAN, NAN]))


def test_energy_mean_ignores_levels_that_are_not_valid() -> None:
    found = noise.energy_mean(np.array([50.0, 99.0]), np.array([True, False]))

    assert float(found) == pytest.approx(50.0, abs=1e-9)


def test_energy_mean_runs_along_the_last_axis() -> None:
    levels = np.array([[40.0, 40.0], [70.0, NAN]])

    assert noise.energy_mean(levels, np.isfinite(levels)) == pytest.approx([40.0, 70.0], abs=1e-9)


def test_levels_of_a_day_are_those_of_the_vector(limits: NoiseLimits, method: NoiseMethod) -> None:
    found = (f"{part(A1, 'day', limits, method):.2f}", f"{part(A1, 'night', limits, method):.2f}")

    assert found == ("57.88", "47.60")  # A1; reviutils 1.4.2 gives the same


def test_levels_of_the_vector_attain_in_class_2(limits: NoiseLimits, method: NoiseMethod) -> None:
    day = noise.attains(np.array([part(A1, "day", limits, method)]), "2", "day", limits=limits, method=method)
    night = noise.attains(np.array([part(A1, "night", limits, method)]), "2", "night", limits=limits, method=method)

    assert (day, night) == ([True], [True])  # A1


def test_night_with_a_missing_hour_divides_by_the_hours_present(limits: NoiseLimits, method: NoiseMethod) -> None:
    levels = [*A1[:5], NAN, *A1[6:]]

    assert f"{part(levels, 'night', limits, method):.2f}" == "47.42"  # A18


def test_a_local_night_from_21_to_7_moves_both_levels(limits: NoiseLimits, method: NoiseMethod) -> None:
    local = msgspec.structs.replace(limits, day_first_hour=7, night_first_hour=21)

    found = (f"{part(A1, 'day', local, method):.2f}", f"{part(A1, 'night', local, method):.2f}")
    assert found == ("58.25", "49.59")  # A17


def test_day_is_the_hours_from_6_to_21(limits: NoiseLimits) -> None:
    assert np.flatnonzero(noise.hours_of("day", limits)).tolist() == list(range(6, 22))  # GB 3096-2008, 3.4


def test_night_is_the_hours_before_6_and_from_22(limits: NoiseLimits) -> None:
    assert np.flatnonzero(noise.hours_of("night", limits)).tolist() == [0, 1, 2, 3, 4, 5, 22, 23]


@pytest.mark.parametrize(
    ("part_of_day", "first", "n_hours", "known"),
    [
        pytest.param("day", 6, 13, True, id="13 hours of the day"),
        pytest.param("day", 6, 12, True, id="12 hours of the day: at equality"),
        pytest.param("day", 6, 11, False, id="11 hours of the day"),
        pytest.param("night", 0, 6, True, id="6 hours of the night: at equality"),
        pytest.param("night", 0, 5, False, id="5 hours of the night"),
        pytest.param("night", 0, 0, False, id="no hour of the night"),
    ],
)
def test_level_needs_enough_hours(
    limits: NoiseLimits, method: NoiseMethod, part_of_day: noise.PartOfDay, first: int, n_hours: int, known: bool
) -> None:
    levels = np.full((1, 24), NAN)
    levels[0, first : first + n_hours] = 50.0

    found, hours = noise.part_levels(levels, np.isfinite(levels), part_of_day, limits=limits, method=method)

    assert (bool(np.isfinite(found[0])), hours.tolist()) == (known, [n_hours])


def test_hours_of_the_day_do_not_count_for_the_night(limits: NoiseLimits, method: NoiseMethod) -> None:
    levels = [NAN] * 6 + [70.0] * 16 + [NAN] * 2

    assert np.isnan(part(levels, "night", limits, method))


@pytest.mark.parametrize(
    ("zone", "level", "attains"),
    [
        pytest.param("2", 50.4, True, id="A2: 50.4 is judged as 50"),
        pytest.param("2", 50.5, True, id="A2: 50.5 is judged as the even 50"),
        pytest.param("2", 50.51, False, id="A2: just above the tie"),
        pytest.param("1", 45.4, True, id="A3: 45.4 is judged as 45"),
        pytest.param("1", 45.5, False, id="A3: 45.5 is judged as the even 46"),
        pytest.param("1", 44.5, True, id="A3: 44.5 is judged as the even 44"),
    ],
)
def test_night_level_is_judged_as_an_integer_half_even(
    limits: NoiseLimits, method: NoiseMethod, zone: str, level: float, attains: bool
) -> None:
    assert noise.attains(np.array([level]), zone, "night", limits=limits, method=method) == [attains]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("level", "attains"), [pytest.param(50.0, True, id="at equality"), pytest.param(50.4, False, id="A2: fails by 0.4")]
)
def test_night_level_is_judged_at_a_tenth_where_the_method_says_so(
    limits: NoiseLimits, method: NoiseMethod, level: float, attains: bool
) -> None:
    tenth = msgspec.structs.replace(method, judge_decimals=1)

    assert noise.attains(np.array([level]), "2", "night", limits=limits, method=tenth) == [attains]


@pytest.mark.parametrize(
    ("zone", "day", "night"),
    [("0", 50, 40), ("1", 55, 45), ("2", 60, 50), ("3", 65, 55), ("4a", 70, 55), ("4b", 70, 60)],
)
def test_the_limit_itself_attains_and_one_decibel_more_does_not(
    limits: NoiseLimits, method: NoiseMethod, zone: str, day: int, night: int
) -> None:
    found = [
        noise.attains(np.array([bound, bound + 1.0, bound - 1.0]), zone, part_of_day, limits=limits, method=method)  # type: ignore[arg-type]
        for part_of_day, bound in (("day", float(day)), ("night", float(night)))
    ]

    assert found == [[True, False, True], [True, False, True]]  # noise.md, 1.1; GB 3096-2008, 5.1


def test_a_level_that_is_not_known_is_not_judged(limits: NoiseLimits, method: NoiseMethod) -> None:
    assert noise.attains(np.array([NAN]), "2", "day", limits=limits, method=method) == [None]


@pytest.mark.parametrize(
    ("part_of_day", "level", "attains"),
    [
        pytest.param("night", 50.5, True, id="night of 50.5 is judged as the even 50"),
        pytest.param("night", 51.5, False, id="night of 51.5 is judged as the even 52"),
        pytest.param("day", 60.5, True, id="day of 60.5 is judged as the even 60"),
        pytest.param("day", 61.5, False, id="day of 61.5 is judged as the even 62"),
    ],
)
def test_equal_hours_are_judged_by_exactly_their_own_level(
    limits: NoiseLimits, method: NoiseMethod, part_of_day: noise.PartOfDay, level: float, attains: bool
) -> None:
    # The energy mean of equal binary floats is 50.50000000000001 dB, which would be judged as 51.
    levels = np.full((1, 24), level)
    means, _ = noise.part_levels(levels, np.isfinite(levels), part_of_day, limits=limits, method=method)

    assert noise.attains(means, "2", part_of_day, limits=limits, method=method) == [attains]
