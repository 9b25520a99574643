"""Water: GB 3838, the assessment method, the guide on black-odorous water."""

from decimal import Decimal
from typing import Literal

from aggregations.standards.edition import Count, Positive, Roles, Table

N_CLASSES = 5
"""Water classes that have limits, I to V."""


class WaterItem(Table, frozen=True, kw_only=True):
    """Limits of one item for classes I to V, best first. `good` is "low", "high" (oxygen) or "range" (pH)."""

    name: str
    good: Literal["low", "high", "range"]
    river: list[Decimal]
    lake: list[Decimal] | None = None
    evaluated: bool


class WaterLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.limits"):
    """GB 3838: class limits of the basic items."""

    item: dict[str, WaterItem]


class WaterMethod(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.method"):
    """The assessment method: items, decimals, least data."""

    realtime_items: list[str]
    required_items: list[str]
    decimals: dict[str, Count]
    share_decimals: Count
    day_min_results: Positive
    month_min_days: Positive
    year_min_months: Positive


class BlackOdour(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.black_odour"):
    """The guide on black-odorous urban water: bounds of light pollution."""

    below: dict[str, Decimal]
    above: dict[str, Decimal]
