"""Rounding agrees with decimal's ROUND_HALF_EVEN and with plain loops, on any numbers (GB/T 8170-2008)."""

import decimal
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations.rounding import MICRO, divide_half_even, half_even, half_even_keeping_one_digit, to_micros

MODEST = settings(max_examples=100, deadline=None)

# Numbers of a gateway: up to six decimals, many of them exactly between two rounded values.
numbers = st.one_of(
    st.decimals(min_value=-100_000, max_value=100_000, places=6),
    st.integers(-2_000, 2_000).map(lambda n: Decimal(n) / 8),
    st.integers(-2_000, 2_000).map(lambda n: Decimal(5 * n).scaleb(-4)),
)


@MODEST
@given(value=numbers, decimals=st.integers(0, 5))
def test_half_even_agrees_with_decimal(value: Decimal, decimals: int) -> None:
    with decimal.localcontext(prec=60):
        expected = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)

    assert half_even(value, decimals) == expected


@MODEST
@given(part=st.integers(-(10**15), 10**15), whole=st.integers(1, 400), decimals=st.integers(0, 3))
@example(part=1, whole=16, decimals=2)
def test_half_even_of_a_fraction_is_a_nearest_number(part: int, whole: int, decimals: int) -> None:
    value = Fraction(part, whole)
    step = Fraction(1, 10**decimals)

    found = Fraction(half_even(value, decimals))

    distance = abs(found - value)
    assert distance < step / 2 or (distance == step / 2 and (found / step) % 2 == 0)


def keeping_one_digit(value: Fraction, decimals: int) -> Fraction:
    """Half to even; where that is zero, the one significant digit of `value` (water.md, section 4)."""

    def rounded(places: int) -> Fraction:
        scaled = value * 10**places
        whole = scaled.numerator // scaled.denominator
        rest = scaled - whole
        if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
            whole += 1
        return Fraction(whole, 10**places)

    if value == 0 or rounded(decimals) != 0:
        return rounded(decimals)
    first_digit = next(places for places in range(30) if abs(value) * 10**places >= 1)
    return rounded(first_digit)


@MODEST
@given(micros=st.one_of(st.integers(-3_000, 3_000), st.integers(0, 10**9)), decimals=st.integers(0, 5))
@example(micros=60, decimals=3)
@example(micros=500, decimals=3)
def test_half_even_keeping_one_digit_agrees_with_plain_fractions(micros: int, decimals: int) -> None:
    value = Fraction(micros, MICRO)

    assert half_even_keeping_one_digit(value, decimals) == keeping_one_digit(value, decimals)


@MODEST
@given(
    pairs=st.lists(
        st.one_of(
            st.tuples(st.integers(-(10**17), 10**17), st.integers(1, 10**9)),
            st.integers(-1_000, 1_000).flatmap(lambda n: st.sampled_from([(n, 2), (3 * n, 6), (n, 4), (5 * n, 10)])),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_divide_half_even_agrees_with_decimal(pairs: list[tuple[int, int]]) -> None:
    numerators, denominators = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))

    with decimal.localcontext(prec=60):
        expected = [
            int((Decimal(n) / Decimal(d)).quantize(Decimal(1), ROUND_HALF_EVEN))
            for n, d in pairs
        ]  # fmt: skip
    assert divide_half_even(numerators, denominators).tolist() == expected


@MODEST
@given(
    quotient=st.integers(-(2**31), 2**31),
    denominator=st.one_of(st.integers(1, 2**20), st.sampled_from([24_000_000, 840_000_000, 3, 2**20])),
    beside=st.sampled_from([-1, 0, 1]),
)
@example(quotient=2**31, denominator=2**21 - 1, beside=-1)
@example(quotient=0, denominator=2**52, beside=-1)
def test_divide_half_even_tells_a_tie_from_what_is_beside_it(quotient: int, denominator: int, beside: int) -> None:
    numerator = quotient * denominator + denominator // 2 + beside

    found = divide_half_even(np.array([numerator]), denominator).tolist()

    assert found == [round(Fraction(numerator, denominator))]


@MODEST
@given(values=st.lists(st.one_of(st.none(), st.decimals(-20_000, 20_000, places=6)), min_size=1, max_size=30))
def test_micros_are_the_written_decimals(values: list[Decimal | None]) -> None:
    micros, present = to_micros(np.array([np.nan if v is None else float(v) for v in values]))

    assert (micros.tolist(), present.tolist()) == (
        [0 if v is None else int(v * MICRO) for v in values],
        [v is not None for v in values],
    )
