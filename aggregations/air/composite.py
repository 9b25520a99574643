"""Composite index of air quality: the sum of each item's statistic divided by its limit.

Source: technical regulation on ranking of urban ambient air quality, Huanban [2014] No. 64.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.rounding import half_even
from aggregations.standards import AirLimits, AirRanking, Averaging


class Composite(msgspec.Struct, frozen=True):
    """The composite index and what it is made of; `index` is exact before its one rounding.

    `single` holds the single index of each item as it is printed, `largest` the items with the largest: the primary
    pollutants of the period, ties all listed.
    """

    index: Fraction
    single: dict[str, Decimal]
    largest: list[str]


def single_index(value: Decimal, quantity: str, *, limits: AirLimits, ranking: AirRanking) -> Fraction:
    """Printed statistic of an item divided by its class II limit, exact. [-]"""
    averaging: Averaging = "year" if ranking.statistic[quantity] == "mean" else "day"
    limit = limits.limit(quantity, averaging)
    assert limit is not None  # `check_quantities` wants the limits of the basic items
    return Fraction(value) / Fraction(limit)


def composite(values: Mapping[str, Decimal], *, limits: AirLimits, ranking: AirRanking) -> Composite:
    """Return the composite index of a period.

    Parameters
    ----------
    values : mapping of Decimal
        The printed statistic of every item of `ranking.statistic`. [ug/m3; CO mg/m3]
    """
    exact = {q: single_index(values[q], q, limits=limits, ranking=ranking) for q in ranking.statistic}
    printed = {q: half_even(index, ranking.index_decimals) for q, index in exact.items()}
    rounds_first = ranking.composite_rounding == "single_indices_first"
    parts = {q: Fraction(printed[q]) if rounds_first else exact[q] for q in exact}
    largest = max(printed.values())
    return Composite(
        sum((ranking.weight[q] * part for q, part in parts.items()), Fraction(0)),
        printed,
        [q for q, index in printed.items() if index == largest],
    )
