"""What holds of any period."""

import datetime as dt

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import periods
from aggregations.periods import Period

MODEST = settings(max_examples=50, deadline=None)

first_days = st.dates(dt.date(1999, 1, 1), dt.date(2101, 12, 31))
ranges = st.builds(lambda first, n: Period(first, first + dt.timedelta(days=n)), first_days, st.integers(0, 800))
months = st.builds(periods.month, st.integers(1999, 2101), st.integers(1, 12))
years = st.builds(periods.year, st.integers(1999, 2101))
quarters = st.builds(lambda y, n: periods.part_of_year(y, n, 4), st.integers(1999, 2101), st.integers(1, 4))
half_years = st.builds(lambda y, n: periods.part_of_year(y, n, 2), st.integers(1999, 2101), st.integers(1, 2))
single_days = first_days.map(lambda day: Period(day, day))
calendar_periods = st.one_of(months, quarters, half_years, years)
any_period = st.one_of(ranges, single_days, calendar_periods)


@MODEST
@given(period=any_period)
def test_what_a_period_prints_is_read_as_the_same_period(period: Period) -> None:
    assert periods.parse(str(period)) == period


@MODEST
@given(period=any_period)
def test_months_of_a_period_hold_each_of_its_days_once(period: Period) -> None:
    assert [day for month in period.months() for day in month.days()] == period.days()


@MODEST
@given(period=any_period)
def test_months_of_a_period_do_not_cross_a_month(period: Period) -> None:
    assert all((m.first.year, m.first.month) == (m.last.year, m.last.month) for m in period.months())


@MODEST
@given(period=any_period, day=first_days)
def test_a_day_is_in_a_period_where_it_is_one_of_its_days(period: Period, day: dt.date) -> None:
    assert (day in period) == (day in set(period.days()))


@MODEST
@given(period=any_period)
def test_length_is_the_number_of_days(period: Period) -> None:
    assert len(period) == len(period.days())


@MODEST
@given(period=any_period, n=st.integers(0, 30))
def test_an_earlier_period_touches_as_many_months(period: Period, n: int) -> None:
    earlier = period.years_before(n)

    assert [(m.first.year + n, m.first.month) for m in earlier.months()] == [
        (m.first.year, m.first.month) for m in period.months()
    ]


@MODEST
@given(period=calendar_periods, n=st.integers(0, 30))
def test_a_whole_month_quarter_or_year_is_whole_in_earlier_years(period: Period, n: int) -> None:
    earlier = str(period.years_before(n))

    assert earlier == f"{period.first.year - n}{str(period)[4:]}"


@MODEST
@given(day=first_days, n=st.integers(0, 30))
@example(day=dt.date(2021, 2, 28), n=1)
def test_a_single_day_is_a_single_day_in_earlier_years(day: dt.date, n: int) -> None:
    assert len(Period(day, day).years_before(n)) == 1
