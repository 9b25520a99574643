"""Which earlier days a day that has begun is held against."""

import datetime as dt

import numpy as np

from aggregations.outlook import method
from aggregations.periods import DAY
from aggregations.rounding import IntArray


def windows_before(day: dt.date) -> list[tuple[dt.date, dt.date]]:
    """First and last days that a day is held against, the earliest first: the season of earlier years, and lately.

    29 February is 28 February of a year that has none.
    """
    found = []
    for n in range(method.EARLIER_YEARS, 0, -1):
        last_of_month = (day.month, day.day) == (2, 29)
        middle = dt.date(day.year - n, day.month, 28 if last_of_month else day.day)
        found.append((middle - method.SEASON_DAYS * DAY, middle + method.SEASON_DAYS * DAY))
    found.append((day - method.RECENT_DAYS * DAY, day - DAY))
    return found


def days_like(day: dt.date, first: dt.date) -> IntArray:
    """Return the places of the days that a day is held against in a series that begins on `first`. (n_days,) int"""
    places = [
        np.arange(max((start - first).days, 0), (end - first).days + 1)
        for start, end in windows_before(day)
        if end >= first
    ]
    return np.unique(np.concatenate(places)) if places else np.empty(0, dtype=np.int64)
