"""Rounding: GB/T 8170-2008. Examples: shared/standards/air.md, 7.1 and 7.3; water.md, section 4 and V7."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregations.rounding import (
    MICRO,
    divide_half_even,
    fraction,
    half_even,
    half_even_keeping_one_digit,
    half_even_multiple,
    to_micros,
)


@pytest.mark.parametrize(
    ("text", "decimals", "printed"),
    [
        pytest.param("12.1498", 0, "12", id="air 7.1: 12.1498 to units"),
        pytest.param("12.1498", 1, "12.1", id="air 7.1: 12.1498 to one decimal"),
        pytest.param("10.5002", 0, "11", id="air 7.1: 10.5002"),
        pytest.param("1.050", 1, "1.0", id="air 7.1: 1.050"),
        pytest.param("0.35", 1, "0.4", id="air 7.1: 0.35"),
        pytest.param("2500", -3, "2E+3", id="air 7.1: 2500 to thousands"),
        pytest.param("3500", -3, "4E+3", id="air 7.1: 3500 to thousands"),
        pytest.param("-0.0365", 3, "-0.036", id="air 7.1: -0.0365"),
        pytest.param("15.4546", 0, "15", id="air 7.1: 15.4546 once, not in a chain"),
        pytest.param("2.675", 2, "2.68", id="air 7.1: 2.675 in decimal"),
        pytest.param("30.4", 0, "30", id="air 7.3: 30.4"),
        pytest.param("30.5", 0, "30", id="air 7.3: 30.5"),
        pytest.param("30.51", 0, "31", id="air 7.3: 30.51"),
        pytest.param("68.05", 1, "68.0", id="noise A10: 68.05"),
    ],
)
def test_half_even_prints_the_examples_of_gbt_8170(text: str, decimals: int, printed: str) -> None:
    assert str(half_even(Decimal(text), decimals)) == printed


def test_half_even_takes_a_fraction_without_an_end() -> None:
    assert str(half_even(Fraction(2, 3), 2)) == "0.67"


def test_half_even_keeps_the_decimals_of_a_whole_number() -> None:
    assert str(half_even(Fraction(28), 1)) == "28.0"


def test_half_even_rounds_negative_numbers_by_magnitude() -> None:
    values = ["-0.5", "-1.5", "-2.5", "-2.51"]

    assert [half_even(Decimal(v), 0) for v in values] == [0, -2, -2, -3]  # GB/T 8170-2008, 3.2


@pytest.mark.parametrize(
    ("text", "decimals", "printed"),
    [
        pytest.param("0.0004", 3, "0.0004", id="water V7: Cr6"),
        pytest.param("0.2005", 3, "0.200", id="water V7: TP 0.2005"),
        pytest.param("0.2006", 3, "0.201", id="water V7: TP 0.2006"),
        pytest.param("1.005", 2, "1.00", id="water V7: NH3-N 1.005"),
        pytest.param("1.015", 2, "1.02", id="water V7: NH3-N 1.015"),
        pytest.param("4.95", 1, "5.0", id="water V7: DO 4.95"),
        pytest.param("4.94", 1, "4.9", id="water V7: DO 4.94"),
        pytest.param("6.05", 1, "6.0", id="water V7: CODMn 6.05"),
        pytest.param("6.051", 1, "6.1", id="water V7: CODMn 6.051"),
        pytest.param("9.49", 0, "9", id="water V7: pH 9.49"),
        pytest.param("9.5", 0, "10", id="water V7: pH 9.5"),
        pytest.param("0.0005", 3, "0.0005", id="tie that would become zero"),
        pytest.param("0.0006", 3, "0.001", id="would not become zero"),
        pytest.param("0.00046", 3, "0.0005", id="one digit of two"),
        # Silence.SurfaceWater, MathUtility.BankersRound (source S4 of water.md): 5 places for 0.00006.
        pytest.param("0.00006", 3, "0.00006", id="one digit two places further"),
        pytest.param("0.000096", 3, "0.0001", id="one digit that carries"),
        pytest.param("-0.0004", 3, "-0.0004", id="negative"),
        pytest.param("0", 3, "0.000", id="zero stays zero"),
    ],
)
def test_half_even_keeping_one_digit_never_turns_a_value_into_zero(text: str, decimals: int, printed: str) -> None:
    assert half_even_keeping_one_digit(Fraction(text), decimals) == Decimal(printed)


def test_micros_are_the_decimal_number_not_the_binary_one() -> None:
    micros, _ = to_micros(np.array([15.1, 0.1 + 0.2, 65.4, -3.25]))

    assert micros.tolist() == [15_100_000, 300_000, 65_400_000, -3_250_000]


def test_micros_mask_what_is_no_number() -> None:
    micros, present = to_micros(np.array([np.nan, 1.0, np.inf, -np.inf, 0.0]))

    assert (micros.tolist(), present.tolist()) == ([0, MICRO, 0, 0, 0], [False, True, False, False, True])


def test_micros_keep_the_shape() -> None:
    micros, present = to_micros(np.zeros((3, 24)))

    assert micros.shape == present.shape == (3, 24)


@pytest.mark.parametrize(
    "value", [0.1, Decimal("0.1"), pytest.param(np.float64(0.1), id="numpy float, a subclass of float")]
)
def test_fraction_is_the_decimal_that_a_value_prints_as(value: float | Decimal) -> None:
    assert fraction(value) == Fraction(1, 10)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        (1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (-1, 2, 0), (-3, 2, -2), (-5, 2, -2), (-7, 2, -4),
        (4, 3, 1), (5, 3, 2), (-4, 3, -1), (-5, 3, -2), (6, 3, 2), (0, 7, 0), (121, 242, 0), (122, 242, 1),
    ],
)  # fmt: skip
def test_divide_half_even_rounds_ties_to_the_even_neighbour(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_even(np.array([numerator]), denominator).tolist() == [quotient]


def test_divide_half_even_is_exact_beyond_binary_floats() -> None:
    # 2**53 + 1 is the first whole number that a binary float does not hold.
    assert divide_half_even(np.array([3 * (2**53 + 1)]), 3).tolist() == [9_007_199_254_740_993]


def test_divide_half_even_takes_a_denominator_for_each_numerator() -> None:
    assert divide_half_even(np.array([5, 5, 5]), np.array([2, 3, 4])).tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("part", "whole", "printed"),
    [
        pytest.param(26, 28, "92.9", id="air vector 38 (Guangdong, August 2017)"),
        pytest.param(27, 31, "87.1", id="air S15: 27 of 31"),
        pytest.param(28, 31, "90.3", id="air S15: 28 of 31"),
        pytest.param(49, 120, "40.8", id="water V15: I-III"),
        pytest.param(22, 120, "18.3", id="water V15: IV"),
        pytest.param(11, 120, "9.2", id="water V15: V"),
        pytest.param(38, 120, "31.7", id="water V15: worse than V"),
        pytest.param(24, 46, "52.2", id="water V15: Fen River, worse than V"),
        pytest.param(9, 11, "81.8", id="water V22"),
        pytest.param(2, 3, "66.7", id="water V23: by number"),
        pytest.param(9300, 10573, "88.0", id="water V23: by volume"),
        pytest.param(3000, 3600, "83.3", id="noise A5: VDR"),
        pytest.param(38, 40, "95.0", id="noise A11: day"),
        pytest.param(33, 40, "82.5", id="noise A11: night"),
        pytest.param(151, 156, "96.8", id="noise A12: day"),
        pytest.param(139, 156, "89.1", id="noise A12: night"),
        pytest.param(83, 85, "97.6", id="noise A12: class 2 day"),
        pytest.param(15, 24, "62.5", id="noise A12: class 4a night"),
        pytest.param(3010, 3540, "85.0", id="noise A14: 85.03"),
        pytest.param(2999, 3530, "85.0", id="noise A14: 84.96"),
        pytest.param(1, 16, "6.2", id="tie to even: 6.25"),
        pytest.param(3, 16, "18.8", id="tie to even: 18.75"),
    ],
)
def test_half_even_prints_the_published_shares(part: int, whole: int, printed: str) -> None:
    assert str(half_even(Fraction(100 * part, whole), 1)) == printed


@given(st.integers(-(10**13), 10**13), st.integers(1, 10**4), st.sampled_from([1, 7, 100_000, 1_000_000]))
def test_half_even_multiple_is_what_rounding_the_fraction_gives(numerator: int, denominator: int, step: int) -> None:
    for value in (Fraction(numerator, denominator), Fraction((2 * numerator + 1) * step, 2)):
        assert half_even_multiple(value, step) == round(value / step) * step
