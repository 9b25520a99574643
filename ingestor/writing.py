"""How numbers, promises, months and days are written: on a screen, and on paper, as bulletins and notices are."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from aggregations.periods import Period
from aggregations.room import Comparison
from aggregations.rounding import fraction, half_even
from ingestor.words import Language, unit, word
from sensors.quantities import Quantity

_PAPER_UNITS: Final = {"ug/m3": "μg/m³", "mg/m3": "mg/m³", "degC": "℃", "uS/cm": "μS/cm"}
_MONTHS: Final = (
    "", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class Named(Protocol):
    """What has a name in both languages."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


class Promised(Named, Protocol):
    """What a target asks for."""

    @property
    def comparison(self) -> Comparison: ...
    @property
    def limit(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """A way of writing: `value` writes a number and its unit, `apart` stands before a limit, `none` for nothing."""

    value: Callable[[Decimal | None, str, Language], str]
    signs: dict[Comparison, str]
    apart: dict[Language, str]
    none: str


def value_printed(value: Decimal | None, of_unit: str, language: Language) -> str:
    """A value and its unit; that of a pure number is not printed, of yes or no neither number is."""
    if value is None:
        return SCREEN.none
    if of_unit == "yes=1":
        return word("yes" if value else "no", language)
    return f"{value} {unit(of_unit, language)}".rstrip()


def value_on_paper(value: Decimal | int | str | None, of_unit: str, language: Language) -> str:
    """A value and its unit as bulletins write them: 24 μg/m³, 96.0%, 30天."""
    if value is None:
        return PAPER.none
    if of_unit == "yes=1":
        return word("yes" if value else "no", language)
    name = unit_on_paper(of_unit, language)
    apart = "" if not name or name == "%" or (language == "zh" and not name.isascii() and "/" not in name) else " "
    return f"{value}{apart}{name}"


def reading_on_paper(value: float, quantity: Quantity, language: Language) -> str:
    """A reading and its unit, with the decimals that quantities.toml shows its quantity with, half to even."""
    return value_on_paper(half_even(fraction(value), quantity.decimals), quantity.unit, language)


def unit_on_paper(of_unit: str, language: Language) -> str:
    """A unit as bulletins write it; that of pure numbers is empty."""
    return _PAPER_UNITS.get(of_unit) or unit(of_unit, language)


SCREEN: Final = Style(
    value=value_printed, signs={"<=": "<=", "<": "<", ">=": ">=", ">": ">", "==": "=="},
    apart={"zh": " ", "en": " "}, none="-",
)  # fmt: skip
PAPER: Final = Style(
    value=value_on_paper, signs={"<=": "≤", "<": "<", ">=": "≥", ">": ">", "==": "="},
    apart={"zh": "", "en": " "}, none="—",
)  # fmt: skip


def name_of(named: Named, language: Language) -> str:
    """Return the name in a language; without an English one the Chinese."""
    return named.name if language == "zh" else named.name_en or named.name


def limit_of(target: Promised, language: Language, style: Style = SCREEN) -> str:
    """Return what a target asks: comparison, limit, unit; of yes or no that alone."""
    if target.limit is None:
        return style.none
    value = style.value(target.limit, target.unit, language)
    if target.unit == "yes=1":
        return value
    return style.signs[target.comparison] + style.apart[language] + value


def month_named(month: Period, language: Language) -> str:
    """Return a month with its year: 2020年6月, June 2020."""
    first = month.first
    return f"{first.year}年{first.month}月" if language == "zh" else f"{_MONTHS[first.month]} {first.year}"


def month_short(month: Period, language: Language) -> str:
    """Return a month without its year: 6月, Jun."""
    return f"{month.first.month}月" if language == "zh" else _MONTHS[month.first.month][:3]


def day_named(day: dt.date, language: Language) -> str:
    """Return a day: 2020年6月30日, 30 June 2020."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month]} {day.year}"


def days_named(period: Period, language: Language) -> str:
    """Return a period of days: 2020年6月1日—30日."""
    first, last = period.first, period.last
    if first == last:
        return day_named(first, language)
    if language == "zh":
        until = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
        return f"{day_named(first, language)}—{until}"
    from_ = str(first.day) if first.month == last.month else f"{first.day} {_MONTHS[first.month]}"
    return f"{from_} to {day_named(last, language)}"


def days_short(period: Period, language: Language) -> str:
    """Return days of one month without the year: 6月, of a part of it 7月1日—12日."""
    if period.is_month:
        return month_short(period, language)
    first, last = period.first, period.last
    if language == "zh":
        return f"{first.month}月{first.day}日" + (f"—{last.day}日" if last != first else "")
    return (f"{first.day} to {last.day}" if last != first else str(first.day)) + f" {month_short(period, language)}"


def to_date_named(period: Period, language: Language) -> str:
    """Return the days of a year from 1 January on: 1—6月, January to June; to a day where the last month is not whole.

    `period` are the days of the last month.
    """
    last = period.last
    if not period.is_month:
        return (
            f"1月1日—{last.month}月{last.day}日"
            if language == "zh"
            else f"1 January to {last.day} {_MONTHS[last.month]}"
        )
    if last.month == 1:
        return "1月" if language == "zh" else _MONTHS[1]
    return f"1—{last.month}月" if language == "zh" else f"January to {_MONTHS[last.month]}"
