"""Places, change against an earlier period, and trends over years: what is read off printed figures."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

import msgspec

from aggregations.rounding import half_even
from aggregations.standards import AirEvaluation

Direction = Literal["falling", "rising", "none"]
Number = TypeVar("Number", Decimal, Fraction)


def places(values: Sequence[Decimal | Fraction | None], *, descending: bool = False) -> list[int | None]:
    """Return the place of each value, the smallest first; equal values share a place, the next is left out.

    Values are as they are ranked, of air as they are printed. None, a figure that rests on too little data, has no
    place: 9, 10, 10, 12.

    References
    ----------
    .. [1] Huanban [2014] No. 64 by published tables.
    """
    there = [value for value in values if value is not None]
    ahead = {value: sum(other > value if descending else other < value for other in there) for value in set(there)}
    return [None if value is None else 1 + ahead[value] for value in values]


def change_percent(now: Decimal, before: Decimal, decimals: int) -> Decimal | None:
    """Change of a printed value against that of the earlier period, in percent; None where that was 0.

    References
    ----------
    .. [1] Bulletins of the ministry (2022, 2024): computed from printed values; 0 is "flat".
    """
    if not before:
        return None
    return half_even(Fraction(now - before) / Fraction(before) * 100, decimals)


def change_points(now: Decimal, before: Decimal, decimals: int) -> Decimal:
    """Change of a printed share in percentage points, or of a printed count."""
    return half_even(now - before, decimals)


def spearman(values: Sequence[Decimal]) -> Fraction:
    """Spearman's rank correlation of values with their order, exact; ties share the mean of their ranks. [-]

    At least two values: 1 - 6 sum(d^2) / (N^3 - N).
    """
    n = len(values)
    ranks = [Fraction(1 + 2 * sum(v < x for v in values) + sum(v == x for v in values), 2) for x in values]
    squares = sum(((place - rank) ** 2 for place, rank in enumerate(ranks, 1)), Fraction(0))
    return 1 - 6 * squares / (n**3 - n)


class Trend(msgspec.Struct, frozen=True):
    """Spearman's rank correlation of values with their years, exact, and whether it is significant.

    `critical_05` and `critical_01` are the critical values for so many years. Where the table has none for that number
    they are None, and so are `significant` and `direction`.
    """

    coefficient: Fraction
    critical_05: Decimal | None
    critical_01: Decimal | None
    significant: bool | None
    direction: Direction | None


def trend(values: Sequence[Decimal], evaluation: AirEvaluation) -> Trend:
    """Spearman's rank correlation of yearly values, in the order of the years; ties share the mean of their ranks.

    Raises
    ------
    ValueError
        If there are fewer years than `evaluation.trend_min_years`.

    References
    ----------
    .. [1] HJ 663-2013, annex B: 1 - 6 sum(d^2) / (N^3 - N).
    """
    n = len(values)
    if n < evaluation.trend_min_years:
        raise ValueError(f"trend: expected at least {evaluation.trend_min_years} years, got {n}")
    coefficient = spearman(values)
    row = next((each for each in evaluation.trend if each.n == n), None)
    if row is None:
        return Trend(coefficient, None, None, None, None)
    size, critical = abs(coefficient), Fraction(row.p05)
    significant = size > critical or (size == critical and evaluation.trend_equality_is_significant)
    direction: Direction = "none" if not significant else "falling" if coefficient < 0 else "rising"
    return Trend(coefficient, row.p05, row.p01, significant, direction)
