"""Manual surveys of HJ 640-2012: means of regions and roads, their grades, the share of loud roads. All exact."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from aggregations.rounding import half_even
from aggregations.standards import NoiseSurvey

Stretch = tuple[Decimal, Decimal]
"""Length of road that a point stands for, and its equivalent level. [km], [dB]"""


def regional_mean(levels: Sequence[Decimal]) -> Fraction | None:
    """Arithmetic mean of the grids' equivalent levels; None without one. [dB]

    References
    ----------
    .. [1] HJ 640-2012, 4 (recalled): not by energy.
    """
    return sum((Fraction(level) for level in levels), Fraction(0)) / len(levels) if levels else None


def road_mean(stretches: Sequence[Stretch], survey: NoiseSurvey) -> Fraction | None:
    """Arithmetic mean weighted by length; None without a stretch. [dB]

    References
    ----------
    .. [1] HJ 640-2012, 5.
    """
    if survey.road_weights == "equal":
        return regional_mean([level for _, level in stretches])
    length = sum((Fraction(km) for km, _ in stretches), Fraction(0))
    return sum((Fraction(km) * Fraction(level) for km, level in stretches), Fraction(0)) / length if length else None


def loud_share(stretches: Sequence[Stretch], survey: NoiseSurvey) -> Fraction | None:
    """Share of the length of road above the level that counts as loud, itself not; None without a stretch. [%]"""
    length = sum((Fraction(km) for km, _ in stretches), Fraction(0))
    loud = sum((Fraction(km) for km, level in stretches if level > survey.loud_above), Fraction(0))
    return 100 * loud / length if length else None


def grade_of(mean: Fraction, bounds: Sequence[Decimal], survey: NoiseSurvey) -> int:
    """Grade of a mean, 1 the best: the mean is rounded to 0.1 dB first, and the bound itself belongs to the better one.

    References
    ----------
    .. [1] HJ 640-2012, 4 and 5: no value lies between 50.0 and 50.1.
    """
    return bisect_left(bounds, half_even(mean, survey.level_decimals)) + 1


def grade_share(
    stretches: Sequence[Stretch], bounds: Sequence[Decimal], grade: int, survey: NoiseSurvey
) -> Fraction | None:
    """Share of the length of road whose own level is of a grade; None without a stretch. [%]

    References
    ----------
    .. [1] HJ 640-2012, 5; noise.md, 2.3.
    """
    length = sum((Fraction(km) for km, _ in stretches), Fraction(0))
    of_it = sum(
        (Fraction(km) for km, leq in stretches if grade_of(Fraction(leq), bounds, survey) == grade), Fraction(0)
    )
    return 100 * of_it / length if length else None
