"""Times as payloads write them. Expected seconds are those of `date -u -d ... +%s`."""

import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.decoders import times
from sensors.decoders.taking import RefusedError

EIGHT = 1_605_916_800
"""2020-11-21T08:00:00+08:00."""
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("raw", "form", "expected"),
    [
        ("2020-11-21T08:00:00+08:00", "iso", (EIGHT, None)),
        ("2020-11-21T00:00:00.999999Z", "iso", (EIGHT, None)),
        ("2020-11-21 08:00:00", "iso", (EIGHT, None)),
        ("2020-11-21T08:00", "iso", (EIGHT, None)),
        ("2020-11-21T08:00:00+0800", "iso", (EIGHT, None)),
        ("2020-11-21T00:00:00,5z", "iso", (EIGHT, None)),
        ("2020-11-21T00:00:00Z/2020-11-21T01:00:00Z", "iso", (EIGHT, 3600)),
        ("2020-11-21T00:00:00Z/2020-11-21T00:00:00Z", "iso", (EIGHT, None)),
        (EIGHT, "unix", (EIGHT, None)),
        (EIGHT + 0.75, "unix", (EIGHT, None)),
        (str(EIGHT), "unix", (EIGHT, None)),
        (EIGHT * 1000 + 999, "unix_ms", (EIGHT, None)),
        (f"{EIGHT}999999", "unix_us", (EIGHT, None)),
        (EIGHT * 10**9 + 999_999_999, "unix_ns", (EIGHT, None)),
        ("20201121080000", "%Y%m%d%H%M%S", (EIGHT, None)),
        (20201121080000, "%Y%m%d%H%M%S", (EIGHT, None)),
        ("21.11.2020 01:00 +0100", "%d.%m.%Y %H:%M %z", (EIGHT, None)),
    ],
)
def test_moment_is_read_in_its_form(raw: Any, form: str, expected: tuple[int, int | None]) -> None:
    assert times.moment(raw, form, SHANGHAI, at="time") == expected


@pytest.mark.parametrize(
    ("raw", "form", "code", "detail"),
    [
        ("2020-11-21T08:00:00", "iso", "naive_time", "or `zone` in sources.toml, got '2020-11-21T08:00:00'"),
        ("20201121080000", "%Y%m%d%H%M%S", "naive_time", "got '2020-11-21T08:00:00'"),
        ("2020-11-21", "iso", "bad_time", "expected a time such as 2020-11-21T08:00:00+08:00, got '2020-11-21'"),
        ("2020-02-30T08:00:00.5Z", "iso", "bad_time", "expected a time of the calendar, got '2020-02-30T08:00:00.5Z'"),
        ("2020-11-21T01:00:00Z/2020-11-21T00:00:00Z", "iso", "bad_time", "expected an interval that ends after its"),
        ("2020-11-21T00:00:00Z/PT1H", "iso", "bad_time", "expected a time such as"),
        ("\ud800", "iso", "bad_time", "got '\\ud800'"),
        ("1" * 200, "iso", "bad_time", "expected a time, got '111"),
        (EIGHT, "iso", "bad_time", "expected a time, got 1605916800"),
        (None, "iso", "bad_time", "expected a time, got nothing"),
        (True, "unix", "bad_time", "expected seconds or parts of one since 1970, got True"),
        (math.nan, "unix", "bad_time", "expected seconds or parts of one since 1970, got nan"),
        (math.inf, "unix_ms", "bad_time", "expected seconds or parts of one since 1970, got inf"),
        (10**400, "unix_ns", "bad_time", "got a number beyond all bounds"),
        ("0x10", "unix", "bad_time", "expected seconds or parts of one since 1970, got '0x10'"),
        ([1], "unix", "bad_time", "got an array"),
        (10**400, "%Y", "bad_time", "got a number beyond all bounds"),
        ("2020", "%Y%m", "bad_time", "expected a time such as %Y%m, got '2020'"),
    ],
)
def test_moment_that_is_none_is_refused(raw: Any, form: str, code: str, detail: str) -> None:
    with pytest.raises(RefusedError) as refused:
        times.moment(raw, form, None, at="time")
    assert refused.value.refusal.code == code
    assert detail in refused.value.refusal.detail


@pytest.mark.parametrize("local", ["2023-10-29T02:00:00", "2023-10-29T02:59:59", "2023-03-26T02:00:00"])
def test_local_time_that_clocks_show_twice_or_never_is_refused(local: str) -> None:
    with pytest.raises(RefusedError, match="expected a time that clocks show once"):
        times.moment(local, "iso", BERLIN, at="time")


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2023-10-29T01:59:59", "2023-10-28T23:59:59Z"),
        ("2023-10-29T03:00:00", "2023-10-29T02:00:00Z"),
        ("2023-03-26T03:00:00", "2023-03-26T01:00:00Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00+00:53:28"),
    ],
)
def test_local_time_beside_a_change_of_the_clocks_is_taken(local: str, utc: str) -> None:
    expected = dt.datetime.fromisoformat(utc) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert times.moment(local, "iso", BERLIN, at="time") == (expected // dt.timedelta(seconds=1), None)


@given(st.datetimes(timezones=st.one_of(st.none(), st.timezones())))
@settings(max_examples=200, deadline=None)
def test_seconds_are_those_of_the_library(moment: dt.datetime) -> None:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    expected = (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(seconds=1)
    assert times.seconds(moment, SHANGHAI, "time") == expected
