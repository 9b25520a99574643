"""Air: days of stations and cities, statistics of periods, composite index.

Values are *micros* (see `aggregations.rounding`); `MISSING` stands for no value.
"""

from aggregations.air.days import (
    HOURS,
    MEANS,
    MISSING,
    OZONE,
    QUANTITIES,
    WINDOW,
    StationDays,
    city_days,
    daily_mean,
    enough_stations,
    ozone_daily_max_8h,
    published,
    rounded,
    valid_windows,
)

__all__ = [
    "HOURS",
    "MEANS",
    "MISSING",
    "OZONE",
    "QUANTITIES",
    "WINDOW",
    "StationDays",
    "city_days",
    "daily_mean",
    "enough_stations",
    "ozone_daily_max_8h",
    "published",
    "rounded",
    "valid_windows",
]
