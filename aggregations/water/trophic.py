"""Trophic state of lakes: the comprehensive index TLI of chlorophyll a, phosphorus, nitrogen, transparency, CODMn."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.rounding import half_even
from aggregations.standards import TrophicRow, WaterTrophic


class Trophic(msgspec.Struct, frozen=True):
    """Trophic index of a lake and its state; None where there is no item.

    `index` is unrounded, `printed` has one decimal. `items` are the indexes of the items present, `missing` the others:
    with any missing the result is partial. May leave 0 to 100. [-]
    """

    index: float | None
    printed: Decimal | None
    state: TrophicRow | None
    items: dict[str, float]
    missing: list[str]

    @property
    def partial(self) -> bool:
        """Whether an item is missing."""
        return bool(self.missing)


def item_index(x: float, item: str, trophic: WaterTrophic) -> float:
    """Index of one item, 10 (a + b ln x). [-]

    Parameters
    ----------
    x : float
        In the unit of the formula, not that of the quantity: chlorophyll a in mg/m3 (which is ug/L), transparency in m.
        Chlorophyll in mg/L or transparency in cm give numbers that look plausible and are wrong. Positive. [its unit]

    References
    ----------
    .. [1] CNEMC 2004 (water.md, 2.5).
    """
    row = trophic.item[item]
    return float(trophic.scale) * (float(row.a) + float(row.b) * math.log(x))


def trophic_state(means: Mapping[str, Fraction | Decimal | float | None], trophic: WaterTrophic) -> Trophic:
    """Trophic index from the means of a lake, weighted by r squared over the items present.

    Parameters
    ----------
    means : mapping
        In the units of quantities.toml (chlorophyll a in mg/L, transparency in cm); they are converted here, and a
        configuration in which units disagree is refused. Missing, not finite or not positive: the item is missing
        (the formula has no value there; take half the detection limit before). [unit of the quantity]

    References
    ----------
    .. [1] CNEMC 2004 (water.md, 2.5). Weights over the items present: 3.7558 is the sum of all five squares.
    """
    items: dict[str, float] = {}
    for key, row in trophic.item.items():
        mean = means.get(key)
        if mean is not None and math.isfinite(mean) and mean > 0:
            items[key] = item_index(float(mean) * float(row.factor), key, trophic)
    missing = [key for key in trophic.item if key not in items]
    if not items:
        return Trophic(None, None, None, items, missing)
    squares = {key: float(trophic.item[key].r) ** 2 for key in items}
    index = math.fsum(squares[key] * items[key] for key in items) / math.fsum(squares.values())
    printed = half_even(Fraction(index), trophic.decimals)
    judged = printed if trophic.state_compares == "rounded" else Decimal(index)
    return Trophic(index, printed, state_of(judged, trophic), items, missing)


def state_of(index: Decimal, trophic: WaterTrophic) -> TrophicRow:
    """State of an index: below 30 oligotrophic, 30 and 50 mesotrophic, 60 and 70 the lighter state.

    References
    ----------
    .. [1] CNEMC 2004 (water.md, 2.5).
    """
    for row in trophic.row:
        if row.up_to is None or index < row.up_to or (row.inclusive and index == row.up_to):
            return row
    raise AssertionError("the last row has no end")
