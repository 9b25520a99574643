"""Periods: calendar months, years, and ranges of days, in local days of the city."""

import calendar
import datetime as dt
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
        return f"{self.first}..{self.last}"

    @property
    def is_month(self) -> bool:
        """Whether the period is one whole calendar month."""
        return self == month(self.first.year, self.first.month)

    @property
    def is_year(self) -> bool:
        """Whether the period is one whole calendar year."""
        return self == year(self.first.year)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> list[dt.date]:
        """Return all days of the period, in order."""
        return [self.first + i * DAY for i in range(len(self))]

    def months(self) -> list["Period"]:
        """Return the calendar months that the period touches, each cut to the period."""
        count = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        numbers = range(self.first.month - 1, self.first.month - 1 + count)
        wholes = [month(self.first.year + n // 12, n % 12 + 1) for n in numbers]
        return [Period(max(each.first, self.first), min(each.last, self.last)) for each in wholes]

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


def year(number: int) -> Period:
    """Return a calendar year."""
    return Period(dt.date(number, 1, 1), dt.date(number, 12, 31))


def month(of_year: int, number: int) -> Period:
    """Return a calendar month."""
    return Period(dt.date(of_year, number, 1), dt.date(of_year, number, calendar.monthrange(of_year, number)[1]))


def parse(text: str) -> Period:
    """Return the period that `2020`, `2020-06` or `2020-01-01..2020-06-30` names.

    Raises
    ------
    ConfigError
        If the text is none of these.
    """
    try:
        if re.fullmatch(r"[0-9]{4}", text):
            return year(int(text))
        if found := re.fullmatch(r"([0-9]{4})-([0-9]{2})", text):
            return month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})", text):
            first, last = dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2])
            if first <= last:
                return Period(first, last)
    except (ValueError, calendar.IllegalMonthError):
        pass
    raise ConfigError(f"period: expected 2020, 2020-06 or 2020-01-01..2020-06-30, got {shown(text)}")
