"""Places, changes and trends, on the vectors of shared/standards/air.md (12) and its bulletins (7.3)."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest

from aggregations import ranking
from aggregations.standards import AirEvaluation, Standard


@pytest.fixture(scope="module", params=["HJ 663-2013", "HJ 663-2026"])
def evaluation(edition: Callable[[str], Standard], request: pytest.FixtureRequest) -> AirEvaluation:
    found = edition(request.param)
    assert isinstance(found, AirEvaluation)
    return found


def decimals(*texts: str | None) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


def values(*texts: str | int) -> list[Decimal]:
    return [Decimal(text) for text in texts]


# --- places ---


@pytest.mark.parametrize(
    ("given", "places"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param(("3.06",), [1], id="one"),
        pytest.param(("3.06", "2.87", "2.93"), [3, 1, 2], id="the smallest first, in the order given"),
        pytest.param(("1", "1", "3"), [1, 1, 3], id="1, 1, 3 (air 8)"),
        pytest.param(("2", "1", "2", "2", "3"), [2, 1, 2, 2, 5], id="three share a place"),
        pytest.param(("2", "2", "2"), [1, 1, 1], id="all share a place"),
        pytest.param(("2.80", "2.8"), [1, 1], id="2.80 is 2.8"),
        pytest.param(("-1.5", "0.0", "-7.2"), [2, 3, 1], id="rates of change"),
    ],
)
def test_places_are_shared_and_the_next_is_left_out(given: tuple[str, ...], places: list[int]) -> None:
    assert ranking.places(values(*given)) == places


def test_places_are_those_of_the_vector() -> None:
    # air vector 45: 2.87, 2.88, 2.88, 2.93 take the places from 9 on
    better = [f"2.0{i}" for i in range(8)]

    assert ranking.places(values(*better, "2.87", "2.88", "2.88", "2.93"))[8:] == [9, 10, 10, 12]


@pytest.mark.parametrize(
    ("given", "places"),
    [
        pytest.param(("89.3", "100.0", "89.3", "70.1"), [2, 1, 2, 4], id="ties"),
        pytest.param(("89.3", None, "100.0"), [2, None, 1], id="a gap"),
        pytest.param((None, None), [None, None], id="nothing but gaps"),
    ],
)
def test_descending_places_begin_with_the_largest(given: tuple[str | None, ...], places: list[int | None]) -> None:
    assert ranking.places(decimals(*given), descending=True) == places


@pytest.mark.parametrize(
    ("given", "places"),
    [
        pytest.param((None, "2", "1"), [None, 2, 1], id="first"),
        pytest.param(("1", None, "1", None, "2"), [1, None, 1, None, 3], id="between ties"),
        pytest.param((None,), [None], id="alone"),
    ],
)
def test_a_figure_without_a_value_has_no_place_and_takes_none(
    given: tuple[str | None, ...], places: list[int | None]
) -> None:
    assert ranking.places(decimals(*given)) == places


# --- change ---


@pytest.mark.parametrize(
    ("now", "before", "printed"),
    [
        pytest.param("28.0", "29.3", "-4.4", id="air vector 41"),
        pytest.param("16", "17", "-5.9", id="bulletin of 2022: PM2.5"),
        pytest.param("14", "15", "-6.7", id="bulletin of 2022: NO2"),
        pytest.param("49", "53", "-7.5", id="bulletin of 2022: PM10"),
        pytest.param("0.7", "0.8", "-12.5", id="bulletin of 2022: CO"),
        pytest.param("30", "30", "0.0", id="no change"),
        pytest.param("30.0", "30", "0.0", id="no change, other decimals"),
        pytest.param("0", "30", "-100.0", id="to 0"),
        pytest.param("60", "30", "100.0", id="twice as much"),
        pytest.param("2001", "2000", "0.0", id="0.05 to the even 0.0"),
        pytest.param("2003", "2000", "0.2", id="0.15 to the even 0.2"),
        pytest.param("1999", "2000", "0.0", id="-0.05 has no sign when it is 0.0"),
        pytest.param("1997", "2000", "-0.2", id="-0.15 to the even -0.2"),
    ],
)
def test_change_in_percent_is_of_the_printed_values(now: str, before: str, printed: str) -> None:
    assert str(ranking.change_percent(Decimal(now), Decimal(before), 1)) == printed


@pytest.mark.parametrize("before", ["0", "0.0"])
@pytest.mark.parametrize("now", ["0", "5"])
def test_change_from_0_has_no_percent(now: str, before: str) -> None:
    assert ranking.change_percent(Decimal(now), Decimal(before), 1) is None


@pytest.mark.parametrize(
    ("now", "before", "printed"),
    [
        pytest.param("89.3", "88.1", "1.2", id="more"),
        pytest.param("83.6", "88.1", "-4.5", id="less: the good-day ratio of 2025 by the limits of 2026 (air 10)"),
        pytest.param("88.1", "88.1", "0.0", id="flat"),
        pytest.param("5.0", "0.0", "5.0", id="from 0"),
        pytest.param("0.0", "0.0", "0.0", id="0 from 0"),
    ],
)
def test_change_of_a_ratio_is_in_points(now: str, before: str, printed: str) -> None:
    assert str(ranking.change_points(Decimal(now), Decimal(before), 1)) == printed


# --- trend ---


@pytest.mark.parametrize(
    ("given", "coefficient", "direction"),
    [
        pytest.param((50, 47, 45, 41, 38), Fraction(-1), "falling", id="air vector 46"),
        pytest.param((45, 42, 43, 40, 38), Fraction(-9, 10), "falling", id="air vector 47: equal to 0.900"),
        pytest.param((38, 41, 45, 47, 50), Fraction(1), "rising", id="rising"),
        # ranks 1, 3, 2, 4, 5: sum d2 = 2, 1 - 12/120
        pytest.param((38, 45, 41, 47, 50), Fraction(9, 10), "rising", id="rising, equal to 0.900"),
        # ranks 5, 4, 1, 3, 2: d = -4, -2, 2, 1, 3; sum d2 = 34, 1 - 204/120
        pytest.param((50, 45, 36, 41, 38), Fraction(-7, 10), "none", id="falling, but less than 0.900"),
        # all ranks 3: d = -2, -1, 0, 1, 2; sum d2 = 10, 1 - 60/120
        pytest.param((40, 40, 40, 40, 40), Fraction(1, 2), "none", id="all equal"),
        # ranks 4.5, 4.5, 3, 1.5, 1.5: d = -3.5, -2.5, 0, 2.5, 3.5; sum d2 = 37, 1 - 222/120
        pytest.param((50, 50, 45, 40, 40), Fraction(-17, 20), "none", id="two ties share the mean of their ranks"),
        # ranks 5, 4, 2, 2, 2: d = -4, -2, 1, 2, 3; sum d2 = 34, 1 - 204/120
        pytest.param((50, 47, 40, 40, 40), Fraction(-7, 10), "none", id="a tie of three"),
        pytest.param(("1.5", "1.50", "2", "3", "4"), Fraction(39, 40), "rising", id="1.5 and 1.50 are a tie"),
        # N = 6, ranks 6, 5, 4, 3, 1, 2: d = -5, -3, -1, 1, 4, 4; sum d2 = 68, 1 - 408/210; |-0.943| > 0.829
        pytest.param((60, 50, 40, 30, 10, 20), Fraction(-33, 35), "falling", id="six years"),
    ],
)
def test_trend_is_that_of_the_ranks(
    evaluation: AirEvaluation, given: tuple[str | int, ...], coefficient: Fraction, direction: str
) -> None:
    found = ranking.trend(values(*given), evaluation)

    assert (found.coefficient, found.direction) == (coefficient, direction)
    assert found.significant is (direction != "none")


@pytest.mark.parametrize(
    ("counts", "significant", "direction"), [(True, True, "falling"), (False, False, "none")]
)  # fmt: skip
def test_a_coefficient_equal_to_the_critical_value_is_significant_by_a_switch(
    evaluation: AirEvaluation, counts: bool, significant: bool, direction: str
) -> None:
    switched = msgspec.structs.replace(evaluation, trend_equality_is_significant=counts)

    found = ranking.trend(values(45, 42, 43, 40, 38), switched)  # air vector 47

    assert (found.significant, found.direction) == (significant, direction)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_trend_of_fewer_than_five_years_is_an_error(evaluation: AirEvaluation, n: int) -> None:
    with pytest.raises(ValueError, match=rf"^trend: expected at least 5 years, got {n}$"):
        ranking.trend(values(*range(n)), evaluation)


# air.md, 5.6: critical values of N years at 0.05 and 0.01
CRITICAL = """5 0.900 1.000, 6 0.829 0.943, 7 0.714 0.893, 8 0.643 0.833, 9 0.600 0.783, 10 0.564 0.746,
12 0.506 0.712, 14 0.456 0.645, 16 0.425 0.601, 18 0.399 0.564, 20 0.377 0.534, 22 0.359 0.508, 24 0.343 0.485,
26 0.329 0.465, 28 0.317 0.448, 30 0.306 0.432"""
ROWS = {int(n): (Decimal(p05), Decimal(p01)) for n, p05, p01 in (row.split() for row in CRITICAL.split(","))}


@pytest.mark.parametrize("n", range(5, 33))
def test_critical_values_are_those_of_the_note_and_nothing_between_them(evaluation: AirEvaluation, n: int) -> None:
    found = ranking.trend(values(*range(n, 0, -1)), evaluation)

    assert found.coefficient == -1
    if n in ROWS:
        assert (found.critical_05, found.critical_01, found.significant, found.direction) == (
            *ROWS[n], True, "falling",
        )  # fmt: skip
    else:  # 11, 13, ..., 31, 32
        assert (found.critical_05, found.critical_01, found.significant, found.direction) == (None, None, None, None)
