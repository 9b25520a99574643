"""Which periods a closing job has, and when each of them is due."""

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from aggregations import periods
from aggregations.periods import DAY, Period
from ingestor.config import DAY_S, EPOCH

Kind = Literal["daily", "monthly", "quarterly", "yearly"]

SANE_YEARS: Final = range(2000, 2200)
"""A clock that says another year is wrong: nothing is closed."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Periods of a kind; each is due at `at_s` of the local day `after_days` after the day that follows it. [s]

    `offset_s` is the zone's offset from UTC. [s]
    """

    kind: Kind
    after_days: int
    at_s: int
    offset_s: int

    def containing(self, day: dt.date) -> Period:
        """Return the period that a day lies in."""
        if self.kind == "daily":
            return Period(day, day)
        if self.kind == "monthly":
            return periods.month(day.year, day.month)
        if self.kind == "quarterly":
            return periods.part_of_year(day.year, (day.month + 2) // 3, 4)
        return periods.year(day.year)

    def starting(self, first: int) -> Period:
        """Return the period that a day lies in, counted from 1970."""
        return self.containing(EPOCH + first * DAY)

    def after(self, period: Period) -> Period:
        """Return the period that follows."""
        return self.containing(period.last + DAY)

    def due_at(self, period: Period) -> float:
        """Return the moment from which on a period may be closed: it is over, and so is the delay. [s since 1970]"""
        following = (period.last - EPOCH).days + 1 + self.after_days
        return following * DAY_S - self.offset_s + self.at_s

    def due(self, first: int, now: float) -> Iterator[Period]:
        """Yield the periods that are due, in order, from the one that begins on a day on (counted from 1970)."""
        if not self.is_sane(now):
            return
        period = self.starting(first)
        while self.due_at(period) <= now:
            yield period
            period = self.after(period)

    def current(self, now: float) -> Period | None:
        """Return the period that a moment lies in; None where the clock cannot be right."""
        return self.containing(self._day(now)) if self.is_sane(now) else None

    def is_sane(self, now: float) -> bool:
        """Whether a clock that says so can be right."""
        first, end = (dt.date(year, 1, 1) for year in (SANE_YEARS.start, SANE_YEARS.stop))
        return (first - EPOCH).days * DAY_S <= now + self.offset_s < (end - EPOCH).days * DAY_S

    def _day(self, now: float) -> dt.date:
        return EPOCH + int((now + self.offset_s) // DAY_S) * DAY
