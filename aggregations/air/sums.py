"""Hours as they are summed: micros in which a missing hour is a number so large that a sum tells how many are missing.

One array holds values and gaps, so that a day or a window is added up once. With `ABSENT` = 2**58, a sum of up to 24
hours is `n * ABSENT + rest`; readings are at most 10**9 either way (`sensors.quantities.LARGEST`), so the rest is
below 2**57 either way, `n` is the number of missing hours and the rest the exact sum of the others.
"""

from typing import Final

import numpy as np

from aggregations.rounding import MICRO, BoolArray, FloatArray, IntArray

_BITS: Final = 58
ABSENT: Final = 2**_BITS
"""Stands for a missing hour among micros that are summed."""
_HALF: Final = ABSENT // 2
"""Above every sum of hours that are there."""
_TOP: Final = 2**63

_ROUNDING = np.float64(1.5 * 2**52)
"""A float of this size has no fraction left: adding it rounds half to even, and leaves the integer in the low bits."""
_ROUNDING_BITS = _ROUNDING.view(np.uint64)
_ABSENT_BITS = _ROUNDING_BITS + np.uint64(ABSENT)


def coded(values: FloatArray) -> IntArray:
    """Return hour means in millionths of their unit, `ABSENT` where they are NaN or infinite.

    The same integers as of `rounding.to_micros`, in four passes over one array: multiplied, rounded by adding
    1.5 * 2**52, cut at `ABSENT` as bits (NaN and both infinities are larger than any number as unsigned integers), and
    freed of the bits that were added.

    Parameters
    ----------
    values : (...) float
        Hour means, at most 10**9 either way.
    """
    scaled = np.multiply(values, MICRO, out=np.empty(values.shape))
    scaled += _ROUNDING
    bits = scaled.view(np.uint64)
    np.minimum(bits, _ABSENT_BITS, out=bits)
    bits -= _ROUNDING_BITS
    return bits.view(np.int64)


def coded_micros(micros: IntArray, valid: BoolArray) -> IntArray:
    """Return micros, `ABSENT` where not valid."""
    return np.where(valid, micros, ABSENT)


def split(sums: IntArray) -> tuple[IntArray, IntArray]:
    """Return sums of at most 24 coded hours as the sum of those that are there, and the number of those missing."""
    absent = (sums + _HALF) >> _BITS
    return sums - (absent << _BITS), absent


def day_sums(hours: IntArray) -> IntArray:
    """Return the sums of the coded hours of each day, (..., 24) to (...)."""
    return np.asarray(np.einsum("...h->...", hours))  # twice as fast as sum(axis=-1)


def top(sums: IntArray, absent: int) -> IntArray:
    """Return the largest along the first axis of the sums with so many hours missing, coded for `from_top`.

    All are moved up until those with more hours missing wrap around to negative numbers; the largest is then one of
    those asked for, if there is any.

    Parameters
    ----------
    sums : (n, ...) int
        Sums of at most 24 coded hours.
    absent : int
        Number of hours missing.
    """
    return np.asarray((sums + (_TOP - _HALF - absent * ABSENT)).max(axis=0))


def from_top(tops: IntArray) -> tuple[IntArray, BoolArray]:
    """Return what `top` found, and whether it found any."""
    return tops - (_TOP - _HALF), tops >= _TOP - ABSENT
