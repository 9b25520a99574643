"""Noise: GB 3096, functional zones from automatic monitors."""

from decimal import Decimal
from typing import Literal

from aggregations.standards.edition import Count, Positive, Roles, Table


class ZoneLimit(Table, frozen=True, kw_only=True):
    """Limits of one zone class. [dB]"""

    name: str
    day: int
    night: int


class NoiseLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="noise.limits"):
    """GB 3096: limits by zone class; local hours of the day period."""

    day_first_hour: Count
    night_first_hour: Count
    zone: dict[str, ZoneLimit]


class NoiseMethod(Roles, frozen=True, kw_only=True, tag_field="role", tag="noise.method"):
    """Functional zones from automatic monitors: least data, rounding, which night belongs to which date."""

    hour_min_share: Decimal
    day_min_hours: Positive
    night_min_hours: Positive
    month_min_days: Positive
    judge_decimals: Count
    rate_decimals: Count
    statistical_day: Literal["calendar"]
