"""Air quality index: sub-indices, index, level, primary pollutants, of days and of hours.

Source: HJ 633-2012 and HJ 633-2026, formulas 1 and 2. Everything is computed in integers: binary floats
would put 2.2 mg/m3 of CO at 56 instead of 55.
"""

import functools
from collections.abc import Collection
from typing import Final, Literal

import msgspec
import numpy as np

from aggregations.rounding import BoolArray, IntArray
from aggregations.standards import AirIndex, Level

NONE: Final = -1
"""Stands for "no index" in integer arrays."""

Missing = Literal["none_unless_exceeding", "others"]


class Index(msgspec.Struct, frozen=True):
    """Index of days or hours; all arrays of one shape (...), `sub` by item.

    `aqi` is NONE where no index can be published; `sub` is NONE where the item is missing.
    """

    sub: dict[str, IntArray]
    aqi: IntArray


def daily_items(index: AirIndex) -> list[str]:
    """Items of the daily index."""
    return [*index.daily_items, "o3_1h"] if index.daily_o3_uses_1h else index.daily_items


def hourly_items(index: AirIndex) -> list[str]:
    """Items of the real-time index."""
    return [*index.hourly_items, "o3_8h"] if index.hourly_o3_uses_8h else index.hourly_items


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
    bounds = tuple(int(b * 10**column.decimals) for b in column.breakpoints)
    values = tuple(index.index[: len(bounds)])
    top = values[-1] if column.above == "top" else NONE
    if concentration.size <= bounds[-1]:
        return _sub_index(concentration, bounds, values, top, index.sub_index_rounding)
    table = _sub_indices(bounds, values, top, index.sub_index_rounding)
    return np.take(table, concentration + 1, mode="clip")


@functools.lru_cache(maxsize=64)
def _sub_indices(bounds: tuple[int, ...], values: tuple[int, ...], top: int, rounding: str) -> IntArray:
    """Return the sub-index of every concentration from -1 (missing) to the first above the last breakpoint."""
    table = _sub_index(np.arange(-1, bounds[-1] + 2), bounds, values, top, rounding)
    table.setflags(write=False)
    return table


def _sub_index(
    concentration: IntArray, bounds: tuple[int, ...], values: tuple[int, ...], top: int, rounding: str
) -> IntArray:
    nodes, index = np.array(bounds, dtype=np.int64), np.array(values, dtype=np.int64)
    part = np.clip(np.searchsorted(nodes, concentration), 1, len(nodes) - 1)
    width = nodes[part] - nodes[part - 1]
    rise = (index[part] - index[part - 1]) * (concentration - nodes[part - 1])
    step = -(-rise // width) if rounding == "ceil" else (2 * rise + width) // (2 * width)
    result = np.where(concentration > nodes[-1], top, index[part - 1] + step)
    return np.where(concentration < 0, NONE, result)


def of_day(concentrations: dict[str, IntArray], index: AirIndex, *, not_monitored: Collection[str] = ()) -> Index:
    """Index of days from rounded daily concentrations.

    A day on which an item is missing has an index only where the other items already put it above
    `index.good_up_to`; it is then known to be no good day. Items of the quantities `not_monitored` are not missed.

    Parameters
    ----------
    concentrations : dict of (...) int
        By item of the edition's table, as `sub_index` takes them; negative where missing.

    References
    ----------
    .. [1] HJ 633-2026, 5.3.1 and 5.3.2; HJ 633-2012 by practice.
    """
    return _of(concentrations, daily_items(index), index, index.daily_missing_item, not_monitored)


def of_hour(concentrations: dict[str, IntArray], index: AirIndex, *, not_monitored: Collection[str] = ()) -> Index:
    """Real-time index of hours from rounded hour means; `concentrations` as of `of_day`, by `hourly_items`.

    Where an item hands over to one that `concentrations` does not hold, it has no sub-index.

    References
    ----------
    .. [1] HJ 633-2026, 4.2, 5.3.1 and 5.3.2; HJ 633-2012, 5.1.3, as it is practised.
    """
    return _of(concentrations, hourly_items(index), index, index.hourly_missing_item, not_monitored)


def _of(
    concentrations: dict[str, IntArray],
    items: Collection[str],
    index: AirIndex,
    missing: Missing,
    not_monitored: Collection[str],
) -> Index:
    sub = {}
    for item in items:
        value = sub_index(concentrations[item], item, index)
        above = index.item[item].above
        if above in concentrations:
            handed_over = sub_index(concentrations[above], above, index)
            value = np.where((value == NONE) & (concentrations[item] >= 0), handed_over, value)
        sub[item] = value
    needed = [values for item, values in sub.items() if index.item[item].quantity not in not_monitored]
    largest = functools.reduce(np.maximum, sub.values())
    if index.index_at_least_one:
        largest = np.where(largest == 0, 1, largest)
    if missing == "none_unless_exceeding":
        least = functools.reduce(np.minimum, needed, largest)
        largest = np.where((least != NONE) | (largest > index.good_up_to), largest, NONE)
    return Index(sub, largest)


def primary(sub: dict[str, int], aqi: int, index: AirIndex) -> list[str]:
    """Quantities with the largest sub-index, ties all listed; none up to `index.primary_above`."""
    if aqi <= index.primary_above:
        return []
    return list(dict.fromkeys(index.item[item].quantity for item, value in sub.items() if value == aqi))


def is_primary(found: Index, quantity: str, index: AirIndex) -> BoolArray:
    """Whether a quantity is a primary pollutant, in the shape of the index; ties all are."""
    largest = [values == found.aqi for item, values in found.sub.items() if index.item[item].quantity == quantity]
    return np.asarray(functools.reduce(np.logical_or, largest, np.False_) & (found.aqi > index.primary_above))


def level(aqi: int, index: AirIndex) -> Level:
    """Level of an index."""
    return next((each for each in index.level if aqi <= each.up_to), index.level[-1])


def levels(aqi: IntArray, index: AirIndex) -> IntArray:
    """Number of the level of each index, 1 the best; 0 where there is no index."""
    bounds = np.array([each.up_to for each in index.level])
    number = 1 + np.minimum(np.searchsorted(bounds, aqi), len(bounds) - 1)
    return np.where(aqi == NONE, 0, number)
