"""Nearshore sea water: classes 1 to 4, shares of area, state."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.rounding import half_even
from aggregations.standards import N_SEA_CLASSES, SeaLimits, SeaMethod, SeaRow, Survey

WORSE_THAN_4 = N_SEA_CLASSES + 1
"""Class code beside 1 to 4."""
NO_CLASS = 0

Number = Fraction | Decimal | int


class SeaShares(msgspec.Struct, frozen=True):
    """Exact shares of class 1, of classes 1 and 2 (good), and of worse than 4, of the area or points judged. [%]"""

    first: Fraction
    good: Fraction
    worst: Fraction

    def printed_good(self, method: SeaMethod) -> Decimal:
        """Return the good area ratio, rounded once. [%]"""
        return half_even(self.good, method.share_decimals)


def item_class(value: Number | float | None, item: str, limits: SeaLimits) -> int:
    """Class of one item: the best whose limit it meets; oxygen must be above its limit.

    Parameters
    ----------
    value : number
        None, not finite or negative where missing. [unit of the item]

    Returns
    -------
    int
        1 to 4, WORSE_THAN_4, or NO_CLASS where missing. [-]

    References
    ----------
    .. [1] GB 3097-1997 (water.md, section 6, mostly recalled).
    """
    if value is None or not math.isfinite(value) or value < 0:
        return NO_CLASS
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    row = limits.item[item]
    for class_, bound in enumerate(row.limits, 1):
        if isinstance(bound, tuple):
            met = bound[0] <= exact <= bound[1]
        else:
            limit = Fraction(bound)
            met = (exact > limit if row.good == "high" else exact < limit) or (row.inclusive and exact == limit)
        if met:
            return class_
    return WORSE_THAN_4


def station_class(values: Mapping[str, Number | float | None], limits: SeaLimits) -> int:
    """Class of a station or area by its worst item; NO_CLASS without any.

    References
    ----------
    .. [1] GB 3097-1997; the worst item: recalled.
    """
    return max((item_class(values.get(item), item, limits) for item in limits.item), default=NO_CLASS)


def season_of(month: int, method: SeaMethod) -> Survey | None:
    """Return the survey that a month of the year belongs to; None where it belongs to none.

    References
    ----------
    .. [1] Rule surveys (config/standards/hj442.toml), assumed.
    """
    return next((season for season, months in method.surveys.items() if month in months), None)


def class_areas(classes: Sequence[int], areas: Sequence[Number]) -> tuple[Fraction, ...]:
    """Area of each class of one survey, 1 to 4 and worse than 4; of points, each of area 1, their numbers.

    Parameters
    ----------
    classes : (n_areas,)
        1 to 5, NO_CLASS where not judged.
    areas : (n_areas,)
        [km2]
    """
    found = [Fraction(0)] * WORSE_THAN_4
    for class_, area in zip(classes, areas, strict=True):
        if class_ != NO_CLASS:
            found[class_ - 1] += Fraction(area)
    return tuple(found)


def shares_of_areas(areas: Sequence[Fraction], method: SeaMethod) -> SeaShares | None:
    """Shares of one survey from the areas of its classes; None where nothing was judged."""
    total = sum(areas, Fraction(0))
    if not total:
        return None
    first, good, worst = (
        100 * sum(part, Fraction(0)) / total for part in (areas[:1], areas[: method.good_class], areas[-1:])
    )
    return SeaShares(first, good, worst)


def sea_shares(classes: Sequence[int], areas: Sequence[Number], method: SeaMethod) -> SeaShares | None:
    """Shares of one survey by area (or by points, each of area 1); None where nothing was judged.

    Parameters
    ----------
    classes : (n_areas,)
        1 to 5, NO_CLASS where not judged.
    areas : (n_areas,)
        [km2]
    """
    return shares_of_areas(class_areas(classes, areas), method)


def mean_of_surveys(surveys: Sequence[SeaShares | None]) -> SeaShares | None:
    """Mean of the shares of surveys, as of spring, summer and autumn; None where one is missing, or there is none.

    References
    ----------
    .. [1] Bulletin of 2020: good area ratio as the mean of three seasons (water.md, section 6).
    """
    there = [each for each in surveys if each is not None]
    if not there or len(there) < len(surveys):
        return None
    n = len(there)
    first, good, worst = (
        sum((getattr(each, share) for each in there), Fraction(0)) / n for share in ("first", "good", "worst")
    )
    return SeaShares(first, good, worst)


def sea_state(shares: SeaShares, method: SeaMethod) -> SeaRow:
    """State of a sea by its exact shares: the first row whose bounds are all met, ends inclusive.

    References
    ----------
    .. [1] HJ 442 (recalled; agrees with the published results of 2017).
    """
    for row in method.row:
        if (
            (row.first_from is None or shares.first >= row.first_from)
            and (row.good_from is None or shares.good >= row.good_from)
            and (row.worst_up_to is None or shares.worst <= row.worst_up_to)
        ):
            return row
    raise AssertionError("the last row has no bounds")
