"""Periods: calendar months, years, and ranges of days, in local days of the city."""

import calendar
import contextlib
import datetime as dt
import functools
import re

import msgspec

from sensors.errors import ConfigError, shown

DAY = dt.timedelta(days=1)


class Period(msgspec.Struct, frozen=True, order=True):
    """Days from `first` to `last`, both inclusive."""

    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        if self.is_year:
            return f"{self.first:%Y}"
        if self.is_month:
            return f"{self.first:%Y-%m}"
        for parts, letter in ((4, "Q"), (2, "H")):
            number = (self.first.month - 1) * parts // 12 + 1
            if self == part_of_year(self.first.year, number, parts):
                return f"{self.first:%Y}-{letter}{number}"
        if len(self) == 7 and self.first.isoweekday() == 1:
            of_year, week, _ = self.first.isocalendar()
            return f"{of_year}-W{week:02}"
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}..{self.last}"

    @property
    def is_month(self) -> bool:
        """Whether the period is one whole calendar month."""
        return self == month(self.first.year, self.first.month)

    @property
    def is_year(self) -> bool:
        """Whether the period is one whole calendar year."""
        return self == year(self.first.year)

    def years_before(self, n: int) -> "Period":
        """Return the same period `n` years before; the end of February is its end in every year.

        A single day stays one: 28 February, and 29 February of a leap year, are 28 February of other years.
        """

        def moved(day: dt.date, *, end: bool) -> dt.date:
            days = calendar.monthrange(day.year - n, day.month)[1]
            is_end = end and day.day == calendar.monthrange(day.year, day.month)[1]
            return dt.date(day.year - n, day.month, days if is_end else min(day.day, days))

        return Period(moved(self.first, end=False), moved(self.last, end=self.first < self.last))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> list[dt.date]:
        """Return all days of the period, in order."""
        return list(_days(self.first, len(self)))

    def years(self) -> list["Period"]:
        """Return the calendar years that the period touches, each cut to the period."""
        wholes = [year(number) for number in range(self.first.year, self.last.year + 1)]
        return [Period(max(each.first, self.first), min(each.last, self.last)) for each in wholes]

    def months(self) -> list["Period"]:
        """Return the calendar months that the period touches, each cut to the period."""
        count = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        numbers = range(self.first.month - 1, self.first.month - 1 + count)
        wholes = [month(self.first.year + n // 12, n % 12 + 1) for n in numbers]
        return [Period(max(each.first, self.first), min(each.last, self.last)) for each in wholes]

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@functools.lru_cache(maxsize=64)
def _days(first: dt.date, n: int) -> tuple[dt.date, ...]:
    """The days of a period; kept, as each of a city's sections asks for the same."""
    return tuple(first + i * DAY for i in range(n))


def year(number: int) -> Period:
    """Return a calendar year."""
    return Period(dt.date(number, 1, 1), dt.date(number, 12, 31))


def month(of_year: int, number: int) -> Period:
    """Return a calendar month."""
    return Period(dt.date(of_year, number, 1), dt.date(of_year, number, calendar.monthrange(of_year, number)[1]))


def part_of_year(of_year: int, number: int, parts: int) -> Period:
    """Return a quarter (`parts` 4) or a half year (2) of a calendar year, counted from 1."""
    months = 12 // parts
    if not 1 <= number <= parts:
        raise ValueError(number)
    last = number * months
    return Period(month(of_year, last - months + 1).first, month(of_year, last).last)


YEARS = range(1900, 2201)
"""Years that periods may lie in: years before and after them must be years, too."""


def parse_day(text: str, *, place: str) -> dt.date:
    """Return the date that a text names; `place` is the option or parameter that an error begins with.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{place}: expected a date such as 2020-12-31, got {shown(text)}") from error


def parse(text: str) -> Period:
    """Return the period that a text names: `2020`, `2020-H1`, `2020-Q2`, `2020-06`, `2020-W23`, a day, or a range.

    A week is that of ISO 8601, from Monday.

    Raises
    ------
    ConfigError
        If the text is none of these, or names a year that is not of `YEARS`.
    """
    period = _named(text)
    if period is None:
        raise ConfigError(
            "period: expected 2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, 2020-06-03 or 2020-01-01..2020-06-30, "
            f"got {shown(text)}"
        )
    if period.first.year not in YEARS or period.last.year not in YEARS:
        raise ConfigError(f"period: expected years from {YEARS[0]} to {YEARS[-1]}, got {shown(text)}")
    return period


def _named(text: str) -> Period | None:
    with contextlib.suppress(ValueError, calendar.IllegalMonthError):
        if re.fullmatch(r"[0-9]{4}", text):
            return year(int(text))
        if found := re.fullmatch(r"([0-9]{4})-([0-9]{2})", text):
            return month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text):
            monday = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period(monday, monday + 6 * DAY)
        if found := re.fullmatch(r"([0-9]{4})-Q([1-4])", text):
            return part_of_year(int(found[1]), int(found[2]), 4)
        if found := re.fullmatch(r"([0-9]{4})-H([12])", text):
            return part_of_year(int(found[1]), int(found[2]), 2)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return Period(dt.date.fromisoformat(text), dt.date.fromisoformat(text))
        if found := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})", text):
            first, last = dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2])
            if first <= last:
                return Period(first, last)
    return None
