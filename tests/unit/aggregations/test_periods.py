"""Periods: days, months, quarters, half years, years and ranges of local days, both ends inclusive."""

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
        ("2020-06-01", dt.date(2020, 6, 1), dt.date(2020, 6, 1), 1),
        ("2020-02-29", dt.date(2020, 2, 29), dt.date(2020, 2, 29), 1),
        ("2020-12-31", dt.date(2020, 12, 31), dt.date(2020, 12, 31), 1),
        ("2020-Q1", dt.date(2020, 1, 1), dt.date(2020, 3, 31), 91),
        ("2021-Q1", dt.date(2021, 1, 1), dt.date(2021, 3, 31), 90),
        ("2020-Q2", dt.date(2020, 4, 1), dt.date(2020, 6, 30), 91),
        ("2020-Q3", dt.date(2020, 7, 1), dt.date(2020, 9, 30), 92),
        ("2020-Q4", dt.date(2020, 10, 1), dt.date(2020, 12, 31), 92),
        ("2020-H1", dt.date(2020, 1, 1), dt.date(2020, 6, 30), 182),
        ("2021-H1", dt.date(2021, 1, 1), dt.date(2021, 6, 30), 181),
        ("2020-H2", dt.date(2020, 7, 1), dt.date(2020, 12, 31), 184),
    ],
)
def test_parse_reads_years_parts_of_them_months_days_and_ranges(
    text: str, first: dt.date, last: dt.date, days: int
) -> None:
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
        "2020-Q0",
        "2020-Q5",
        "2020-Q",
        "2020-Q11",
        "2020Q1",
        "2020-q1",
        "2020-H0",
        "2020-H3",
        "2020-h1",
        "0000-Q1",
        "2020-Q1..2020-Q2",
        "2021-02-29",
        "2020-06-31",
        "2020-6-1",
        "2020-06-01\n",
        "2020-06-01T00:00",
        "20200601",
        pytest.param("2020-W01-1", id="a day by week"),
        pytest.param("２０２０-06-01", id="a day in full-width digits"),
        pytest.param("2020-Q１", id="a quarter in full-width digits"),
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
    known = r"2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, 2020-06-03 or 2020-01-01\.\.2020-06-30"
    with pytest.raises(ConfigError, match=rf"^period: expected {known}, got '"):
        periods.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "2020",
        "2021-02",
        "2020-02-29",
        "2021-01-01",
        "2021-12-31",
        *(f"{year}-{part}" for year in (2020, 2021) for part in ("Q1", "Q2", "Q3", "Q4", "H1", "H2")),
        *(f"2020-{number:02}" for number in range(1, 13)),
        "2020-02-01..2020-02-28",
        "2020-01-01..2020-12-30",
        pytest.param("2020-01-01..2020-03-30", id="all but a day of a quarter"),
        pytest.param("2020-04-02..2020-06-30", id="a quarter but its first day"),
        pytest.param("2020-02-01..2020-04-30", id="three months that are no quarter"),
        pytest.param("2020-04-01..2020-09-30", id="six months that are no half year"),
        pytest.param("2020-01-01..2021-03-31", id="a quarter and a year"),
        pytest.param("2019-07-01..2020-12-31", id="a half year and a year"),
        pytest.param("2020-01-01..2021-12-31", id="two years"),
    ],
)
def test_a_period_prints_as_it_is_written(text: str) -> None:
    assert str(periods.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("2020-01-01..2020-12-31", "2020"),
        ("2020-02-01..2020-02-29", "2020-02"),
        ("2020-01-01..2020-06-30", "2020-H1"),
        ("2020-07-01..2020-12-31", "2020-H2"),
        ("2021-01-01..2021-03-31", "2021-Q1"),
        ("2020-10-01..2020-12-31", "2020-Q4"),
        ("2020-02-29..2020-02-29", "2020-02-29"),
    ],
)
def test_a_range_of_a_whole_year_part_of_it_month_or_day_is_that(text: str, short: str) -> None:
    assert (periods.parse(text), str(periods.parse(text))) == (periods.parse(short), short)


@pytest.mark.parametrize(
    ("of_year", "number", "parts", "first", "last"),
    [
        (2020, 1, 4, dt.date(2020, 1, 1), dt.date(2020, 3, 31)),
        (2020, 2, 4, dt.date(2020, 4, 1), dt.date(2020, 6, 30)),
        (2020, 3, 4, dt.date(2020, 7, 1), dt.date(2020, 9, 30)),
        (2020, 4, 4, dt.date(2020, 10, 1), dt.date(2020, 12, 31)),
        (2021, 1, 2, dt.date(2021, 1, 1), dt.date(2021, 6, 30)),
        (2021, 2, 2, dt.date(2021, 7, 1), dt.date(2021, 12, 31)),
    ],
)
def test_part_of_a_year_is_that_quarter_or_half_year(
    of_year: int, number: int, parts: int, first: dt.date, last: dt.date
) -> None:
    assert periods.part_of_year(of_year, number, parts) == Period(first, last)


@pytest.mark.parametrize(("number", "parts"), [(0, 4), (5, 4), (-1, 4), (0, 2), (3, 2)])
def test_a_part_that_a_year_does_not_have_is_an_error(number: int, parts: int) -> None:
    with pytest.raises(ValueError, match=f"^{number}$"):
        periods.part_of_year(2020, number, parts)


@pytest.mark.parametrize(
    ("text", "n", "before"),
    [
        pytest.param("2020", 1, "2019", id="a year"),
        pytest.param("2020", 3, "2017", id="three years"),
        pytest.param("2020-06", 0, "2020-06", id="no year"),
        pytest.param("2020-H2", 1, "2019-H2", id="a half year"),
        pytest.param("2020-Q1", 1, "2019-Q1", id="a quarter with a leap day"),
        pytest.param("2021-Q1", 1, "2020-Q1", id="a quarter before one with a leap day"),
        pytest.param("2020-06", 2, "2018-06", id="a month"),
        pytest.param("2020-02", 1, "2019-02", id="29 days of February become 28"),
        pytest.param("2021-02", 1, "2020-02", id="28 days of February become 29"),
        pytest.param("2024-02", 4, "2020-02", id="29 days stay 29"),
        pytest.param("2020-06-15", 1, "2019-06-15", id="a day"),
        pytest.param("2020-02-29", 1, "2019-02-28", id="29 February"),
        pytest.param("2020-02-29", 4, "2016-02-29", id="29 February four years before"),
        pytest.param("2021-02-28", 1, "2020-02-28", id="28 February is one day before a leap year's, too"),
        pytest.param("2020-02-28", 1, "2019-02-28", id="28 February of a leap year"),
        pytest.param("2020-06-30", 1, "2019-06-30", id="last day of a month"),
        pytest.param("2020-01-01..2020-02-29", 1, "2019-01-01..2019-02-28", id="to date: end of February"),
        pytest.param("2021-01-01..2021-02-28", 1, "2020-01-01..2020-02-29", id="to date: end of February is its end"),
        pytest.param("2020-01-01..2020-02-28", 1, "2019-01-01..2019-02-28", id="to date: the day before the last"),
        pytest.param("2021-01-01..2021-02-27", 1, "2020-01-01..2020-02-27", id="to date: within February"),
        pytest.param("2020-02-29..2020-03-31", 1, "2019-02-28..2019-03-31", id="from 29 February"),
        pytest.param("2021-02-28..2021-03-31", 1, "2020-02-28..2020-03-31", id="from 28 February"),
        pytest.param("2020-01-15..2020-04-30", 1, "2019-01-15..2019-04-30", id="end of a month of 30 days"),
        pytest.param("2019-10-01..2020-03-31", 1, "2018-10-01..2019-03-31", id="a season across the year"),
        pytest.param("2019-10-01..2020-02-29", 1, "2018-10-01..2019-02-28", id="a season to the end of February"),
        pytest.param("2000-02", 100, "1900-02", id="1900 was no leap year"),
    ],
)
def test_years_before_is_the_same_part_of_an_earlier_year(text: str, n: int, before: str) -> None:
    assert str(periods.parse(text).years_before(n)) == before


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

    assert [str(m) for m in months] == ["2019-12-31", "2020-01", "2020-02-01"]


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
