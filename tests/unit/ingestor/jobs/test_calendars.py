"""Claims about the periods of closings and when each is due."""

import pytest

from aggregations import periods
from ingestor.jobs.calendars import Kind
from tests.jobs_world import calendar, moment


@pytest.mark.parametrize(
    ("kind", "inside", "name", "following", "due"),
    [
        ("daily", "2024-02-28T12:00", "2024-02-28", "2024-02-29", "2024-02-29T06:00"),
        ("monthly", "2024-02-28T12:00", "2024-02", "2024-03", "2024-03-01T06:00"),
        ("monthly", "2024-12-31T23:59:59", "2024-12", "2025-01", "2025-01-01T06:00"),
        ("quarterly", "2024-10-01T00:00", "2024-Q4", "2025-Q1", "2025-01-01T06:00"),
        ("yearly", "2024-01-01T00:00", "2024", "2025", "2025-01-01T06:00"),
    ],
)
def test_calendar_periods_follow_each_other_and_are_due_after_the_delay(
    kind: Kind, inside: str, name: str, following: str, due: str
) -> None:
    of_kind = calendar(kind)
    period = of_kind.current(moment(inside))
    assert period is not None
    assert (str(period), str(of_kind.after(period))) == (name, following)
    assert of_kind.due_at(period) == moment(due)


def test_calendar_delay_of_days_comes_after_the_day_that_follows() -> None:
    assert calendar("monthly", after_days=2).due_at(periods.parse("2024-02")) == moment("2024-03-03T06:00")


@pytest.mark.parametrize(("now", "due"), [("2024-03-01T05:59:59", []), ("2024-03-01T06:00:00", ["2024-02"])])
def test_calendar_period_is_due_from_the_very_moment_on(now: str, due: list[str]) -> None:
    of_kind = calendar("monthly")
    first = (periods.parse("2024-02").first - periods.parse("1970-01-01").first).days
    assert [str(period) for period in of_kind.due(first, moment(now))] == due


@pytest.mark.parametrize(
    ("now", "sane"),
    [
        ("1999-12-31T23:59:59", False), ("2000-01-01T00:00:00", True),
        ("2199-12-31T23:59:59", True), ("2200-01-01T00:00:00", False), ("1970-01-01T08:00:00", False),
    ],
)  # fmt: skip
def test_calendar_of_a_clock_that_cannot_be_right_has_no_period_and_nothing_due(now: str, sane: bool) -> None:
    of_kind = calendar("yearly")
    assert (of_kind.current(moment(now)) is not None) == sane
    if not sane:
        assert list(of_kind.due(0, moment(now))) == []
