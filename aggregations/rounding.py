"""Exact arithmetic and the rounding of GB/T 8170-2008: once, half to even, in decimal.

Readings enter as *micros*: integers of a millionth of their unit, so that sums are exact and 15.1 is 15.1.
A mean stays a fraction until the one rounding. NaN has no micro: keep a mask beside the integers.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MICRO = 1_000_000
_FLOAT_IS_EXACT = 2**52


def to_micros(values: FloatArray) -> tuple[IntArray, BoolArray]:
    """Return `values` in millionths of their unit, and which of them are numbers.

    Parameters
    ----------
    values : (...) float
        NaN or infinite where missing.

    Returns
    -------
    (...) int
        Zero where missing.
    (...) bool
        True where `values` is finite.
    """
    present = np.isfinite(values)
    scaled = np.where(present, values, 0.0)
    scaled *= MICRO
    return np.rint(scaled, out=scaled).astype(np.int64), present


def fraction(value: float | Decimal) -> Fraction:
    """Return the decimal that `value` prints as, exactly: 0.1 becomes 1/10."""
    return Fraction(value if isinstance(value, Decimal) else Decimal(repr(float(value))))


def half_even(value: Fraction | Decimal, decimals: int) -> Decimal:
    """Return `value` rounded once to `decimals`, half to even.

    Negative values are rounded by magnitude (GB/T 8170-2008, 3.2), which half to even does by itself.
    """
    scale = 10**decimals
    return Decimal(round(Fraction(value) * scale)).scaleb(-decimals)


def half_even_keeping_one_digit(value: Fraction, decimals: int) -> Decimal:
    """Return `value` rounded half to even, but to one significant digit where the result would be zero.

    References
    ----------
    .. [1] HJ water evaluation decimals, letter 82 of 2020 (see config/standards/water-method-2011.toml).
    """
    rounded = half_even(value, decimals)
    if rounded or not value:
        return rounded
    while abs(value) * 10**decimals < 1:
        decimals += 1
    return half_even(value, decimals)


def divide_half_even(numerator: IntArray, denominator: IntArray | int) -> IntArray:
    """Return numerator / denominator rounded half to even, exactly; denominators are positive.

    Numerators below 2**52 are divided as floats, ten times as fast. A tie is then a float, and the quotient meets it
    only by being one: any other is at least 1 / (2 * denominator) away, more than a float's error of
    numerator / denominator / 2**53.
    """
    numerator = np.asarray(numerator)
    if numerator.size == 0 or max(int(numerator.max()), -int(numerator.min())) < _FLOAT_IS_EXACT:
        return np.asarray(np.rint(numerator / denominator), dtype=np.int64)
    quotient, rest = np.divmod(numerator, denominator)
    twice = 2 * rest
    up = (twice > denominator) | ((twice == denominator) & (quotient & 1 != 0))
    return np.asarray(quotient + up, dtype=np.int64)


def half_even_multiple(value: Fraction, step: int) -> int:
    """Return the nearest multiple of a positive step, of two as near the even one; faster than dividing fractions."""
    denominator = value.denominator * step
    quotient, rest = divmod(value.numerator, denominator)
    twice = 2 * rest
    return (quotient + (twice > denominator or (twice == denominator and quotient & 1))) * step


def decimals_of(value: Decimal) -> int:
    """Return how many decimals a finite number is written with."""
    return max(0, -int(value.as_tuple().exponent))
