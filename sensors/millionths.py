"""Exact arithmetic with integers of a millionth of a unit, as readings are summed."""

from fractions import Fraction
from typing import Final

import numpy as np

from sensors.arrays import IntArray

MICRO: Final = 1_000_000


def multiplied(micros: IntArray, ratio: Fraction, *, plus: int = 0) -> IntArray:
    """Return `micros` times a ratio, and `plus`, rounded once, half to even.

    Whole parts and remainders are multiplied apart, so that products stay as small as results. |result| and numerator
    times denominator of the ratio must stay below 2**62.

    Parameters
    ----------
    micros : (...) int
        [1e-6 of any unit]
    ratio : Fraction
        Positive. [1]
    plus : int
        [as micros]

    Returns
    -------
    (...) int
        [as micros]
    """
    whole, rest = np.divmod(micros, ratio.denominator)
    more, rest = np.divmod(rest * ratio.numerator, ratio.denominator)
    quotient = whole * ratio.numerator + more + plus
    twice = 2 * rest
    up = (twice > ratio.denominator) | ((twice == ratio.denominator) & (quotient % 2 != 0))
    return np.asarray(quotient + up, dtype=np.int64)
