"""Air quality index: sub-indices, index, level, primary pollutants.

Source: HJ 633-2012 and HJ 633-2026, formulas 1 and 2. Everything is computed in integers: binary floats
would put 2.2 mg/m3 of CO at 56 instead of 55.
"""

import msgspec
import numpy as np

from aggregations.rounding import IntArray
from aggregations.standards import AirIndex, Level

NONE = -1
"""Stands for "no index" in integer arrays."""


class DayIndex(msgspec.Struct, frozen=True):
    """Index of days; all arrays of one shape (...), `sub` by item.

    `aqi` is NONE where no index can be published; `sub` is NONE where the item is missing.
    """

    sub: dict[str, IntArray]
    aqi: IntArray


def sub_index(concentration: IntArray, item: str, index: AirIndex) -> IntArray:
    """Sub-index of concentrations that are already rounded to the item's decimals.

    Parameters
    ----------
    concentration : (...) int
        In units of the last decimal of the item: 1 ug/m3, or 0.1 mg/m3 for CO. Negative where missing.

    Returns
    -------
    (...) int
        NONE where missing, or above a table that hands over to another item. [-]

    References
    ----------
    .. [1] HJ 633-2026, 4.2.6 and table 3: rounded up; above the last breakpoint its index.
    """
    column = index.item[item]
    scale = 10**column.decimals
    bounds = [int(b * scale) for b in column.breakpoints]
    result = np.full(np.shape(concentration), NONE, dtype=np.int64)
    for low, high, index_low, index_high in zip(bounds, bounds[1:], index.index, index.index[1:], strict=False):
        inside = (concentration >= low) & (concentration <= high) & (result == NONE)
        rise = (index_high - index_low) * (concentration - low)
        result = np.where(inside, index_low - (-rise // (high - low)), result)
    if column.above == "top":
        result = np.where(concentration > bounds[-1], index.index[len(bounds) - 1], result)
    return result


def of_day(concentrations: dict[str, IntArray], index: AirIndex) -> DayIndex:
    """Index of days from rounded daily concentrations.

    A day on which an item is missing has an index only where the other items already put it above
    `index.good_up_to`; it is then known to be no good day.

    Parameters
    ----------
    concentrations : dict of (...) int
        By item of the edition's table, as `sub_index` takes them; negative where missing.

    References
    ----------
    .. [1] HJ 633-2026, 5.3.1; HJ 633-2012 by practice.
    """
    sub = {}
    for item in index.daily_items:
        value = sub_index(concentrations[item], item, index)
        above = index.item[item].above
        if above != "top":
            handed_over = sub_index(concentrations[above], above, index)
            value = np.where((value == NONE) & (concentrations[item] >= 0), handed_over, value)
        sub[item] = value
    stacked = np.stack(list(sub.values()))
    largest = stacked.max(axis=0)
    complete = (stacked != NONE).all(axis=0)
    return DayIndex(sub, np.where(complete | (largest > index.good_up_to), largest, NONE))


def primary(sub: dict[str, int], aqi: int, index: AirIndex) -> list[str]:
    """Quantities with the largest sub-index, ties all listed; none up to `index.primary_above`."""
    if aqi <= index.primary_above:
        return []
    return [index.item[item].quantity for item, value in sub.items() if value == aqi]


def level(aqi: int, index: AirIndex) -> Level:
    """Level of an index."""
    return next((each for each in index.level if aqi <= each.up_to), index.level[-1])
