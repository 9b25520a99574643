"""Periods: months, years and ranges of local days, both ends inclusive."""

import datetime as dt

import pytest

from aggregations import periods
from aggregations.periods import Period
from sensors.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "first", "last", "days"),
    [
        ("2020", dt.date(2020, 1, 1), dt.date(2020, 12, 31), 366),
        ("2021", dt.date(2021, 1, 1), dt.date(2021, 12, 31), 365),
        ("2000", dt.date(2000, 1, 1), dt.date(2000, 12, 31), 366),
        ("2100", dt.date(2100, 1, 1), dt.date(2100, 12, 31), 365),
        ("2020-02", dt.date(2020, 2, 1), dt.date(2020, 2, 29), 29),
        ("2021-02", dt.date(2021, 2, 1), dt.date(2021, 2, 28), 28),
        ("2020-12", dt.date(2020, 12, 1), dt.date(2020, 12, 31), 31),
        ("2020-02-28..2020-03-01", dt.date(2020, 2, 28), dt.date(2020, 3, 1), 3),
        ("2019-12-31..2020-01-01", dt.date(2019, 12, 31), dt.date(2020, 1, 1), 2),
        ("2020-06-01..2020-06-01", dt.date(2020, 6, 1), dt.date(2020, 6, 1), 1),
    ],
)
def test_parse_reads_years_months_and_ranges(text: str, first: dt.date, last: dt.date, days: int) -> None:
    period = periods.parse(text)

    assert (period.first, period.last, len(period)) == (first, last, days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "20200",
        "2020-6",
        "2020-00",
        "2020-13",
        "2020-006",
        "0000",
        " 2020",
        "2020\n",
        "2020-02-30..2020-03-01",
        "2020-06-02..2020-06-01",
        "2020-06-01",
        "2020-06-01...2020-06-02",
        "2020-01-01..2020-02-01..2020-03-01",
        "2020-01-01..",
        "..2020-01-01",
        "latest",
        "2020..2021",
        "2020-01..2020-02",
        "-2020",
        pytest.param("20200101..20200630", id="dates without hyphens"),
        pytest.param("2020-W01-1..2020-W02-1", id="dates by week"),
        pytest.param("２０２０", id="full-width digits"),
    ],
)
def test_parse_refuses_anything_else(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^period: expected 2020, 2020-06 or 2020-01-01\.\.2020-06-30, got '"):
        periods.parse(text)


@pytest.mark.parametrize("text", ["2020", "2021-02", "2020-02-01..2020-02-28", "2020-01-01..2020-12-30"])
def test_a_period_prints_as_it_is_written(text: str) -> None:
    assert str(periods.parse(text)) == text


@pytest.mark.parametrize(("text", "short"), [("2020-01-01..2020-12-31", "2020"), ("2020-02-01..2020-02-29", "2020-02")])
def test_a_range_of_a_whole_year_or_month_is_that_year_or_month(text: str, short: str) -> None:
    assert periods.parse(text) == periods.parse(short)


@pytest.mark.parametrize(
    ("text", "is_month", "is_year"),
    [
        ("2020-02", True, False),
        ("2020-02-01..2020-02-28", False, False),
        ("2021-02-01..2021-02-28", True, False),
        ("2020-02-02..2020-02-29", False, False),
        ("2020", False, True),
        ("2020-01-01..2020-12-30", False, False),
        ("2020-01-02..2020-12-31", False, False),
        ("2020-01-01..2021-12-31", False, False),
    ],
)
def test_only_whole_calendar_months_and_years_are_such(text: str, is_month: bool, is_year: bool) -> None:
    period = periods.parse(text)

    assert (period.is_month, period.is_year) == (is_month, is_year)


def test_days_of_a_leap_february_are_29_in_order() -> None:
    days = periods.month(2024, 2).days()

    assert (len(days), days[0], days[27], days[28]) == (
        29,
        dt.date(2024, 2, 1),
        dt.date(2024, 2, 28),
        dt.date(2024, 2, 29),
    )


def test_months_of_a_year_are_its_twelve_calendar_months() -> None:
    assert [len(m) for m in periods.year(2024).months()] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_months_are_cut_at_both_ends_of_the_period() -> None:
    months = periods.parse("2019-12-31..2020-02-01").months()

    assert [str(m) for m in months] == ["2019-12-31..2019-12-31", "2020-01", "2020-02-01..2020-02-01"]


def test_months_of_a_single_day_are_that_day() -> None:
    day = Period(dt.date(2020, 2, 29), dt.date(2020, 2, 29))

    assert day.months() == [day]


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (dt.date(2020, 1, 31), False),
        (dt.date(2020, 2, 1), True),
        (dt.date(2020, 2, 29), True),
        (dt.date(2020, 3, 1), False),
    ],
)
def test_both_ends_belong_to_the_period(day: dt.date, inside: bool) -> None:
    assert (day in periods.month(2020, 2)) is inside
