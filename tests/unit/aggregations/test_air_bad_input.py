"""Air from bad or hardly any input: absurd values, nothing, zeros, one value, one day, 29 February.

Rules: shared/standards/air.md, 2.3 (least data), 3.1 and 4.2 (breakpoints), 5.2 (percentile).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations import air, aqi, periods
from aggregations.air import MISSING, statistics
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, AirHours, Facts, compute
from aggregations.rounding import MICRO, IntArray, to_micros
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, Standard, Standards
from sensors import quantities

Editions = Callable[[str], Standard]

ABSURD = 553_405
"""A PM2.5 of a broken instrument. [ug/m3]"""
CLEAN = {"so2": "8", "no2": "20", "co": "0.6", "o3": "80", "pm10": "30", "pm25": "20"}
AIR = [name for name in INDICATORS if name.startswith("air.")]
EDITIONS = pytest.mark.parametrize("edition_id", ["HJ 633-2012", "HJ 633-2026"])
PERIODS = pytest.mark.parametrize(
    "period", ["2020-02-29", "2020-02", "2020-Q1", "2020", "2026-02-20..2026-03-10", "2031-01-02"]
)


@pytest.fixture(scope="module")
def figure(editions: Standards) -> Callable[..., Figure]:
    """Figure of an indicator from daily values by quantity; None is a missing day, one value stands for all days."""

    def of(indicator: str, period: str, **values: Sequence[str | None] | str | None) -> Figure:
        span = periods.parse(period)
        given = {q: [v] * len(span) if v is None or isinstance(v, str) else v for q, v in (CLEAN | values).items()}
        facts = facts_of(span, editions, {q: micros(v) for q, v in given.items()})
        return compute(INDICATORS[indicator], facts)

    return of


def facts_of(period: periods.Period, editions: Standards, values: dict[str, IntArray]) -> Facts:
    """Facts of a city from daily values; its hours hold the value of their day."""
    days = AirDays(
        values,
        {q: [None if v == MISSING else Fraction(v) for v in a.tolist()] for q, a in values.items()},
        {q: np.where(a == MISSING, 0, 1) for q, a in values.items()},
        np.full(len(period), MISSING),
    )
    hours = AirHours({q: np.repeat(a, 24) for q, a in values.items()})
    return Facts(scope="city:town", period=period, standards=editions, staged=False, air=days, hours=hours)


def micros(values: Sequence[str | None]) -> IntArray:
    return np.array([MISSING if v is None else int(Decimal(v) * MICRO) for v in values], dtype=np.int64)


def day_of(edition: Editions, edition_id: str, **values: int | None) -> tuple[aqi.Index, AirIndex]:
    """Index of one day of integers in units of the last decimal; what is not named is 0, None is missing."""
    index = edition(edition_id)
    assert isinstance(index, AirIndex)
    given = {key: values.get(key, 0) for key in index.item}
    return aqi.of_day({k: np.array([MISSING if v is None else v]) for k, v in given.items()}, index), index


# --- absurd values ---


@pytest.mark.parametrize("value", [501, 3_000, ABSURD, 10**9])
@EDITIONS
def test_pm25_above_its_table_has_index_500(edition: Editions, edition_id: str, value: int) -> None:
    day, index = day_of(edition, edition_id, pm25=value)

    assert (day.sub["pm25"].tolist(), day.aqi.tolist()) == ([500], [500])
    assert aqi.levels(day.aqi, index).tolist() == [6]
    assert aqi.level(500, index).name_en == "severe pollution"
    assert aqi.primary({k: int(v[0]) for k, v in day.sub.items()}, 500, index) == ["pm25"]


def test_absurd_pm25_is_outside_what_an_instrument_can_report(config: Path) -> None:
    # The range takes it out of the readings that days are made of (test_derivation.py, "stays raw and enters nothing").
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")

    assert known.air["pm25"].maximum < ABSURD


@pytest.mark.parametrize("value", [ABSURD, quantities.LARGEST["air"]])
def test_days_of_absurd_hours_are_exact(edition: Editions, value: int) -> None:
    limits, evaluation = edition("GB 3095-2012"), edition("HJ 663-2013")
    assert isinstance(limits, AirLimits)
    assert isinstance(evaluation, AirEvaluation)
    hours = to_micros(np.full((366, 24), float(value)))

    mean = air.daily_mean(*hours, min_hours=limits.day_min_hours)
    ozone = air.ozone_daily_max_8h(*hours, limits=limits, evaluation=evaluation)

    assert air.rounded(mean, 0).tolist() == air.rounded(ozone, 0).tolist() == [value] * 366
    days = air.published(mean, 0)
    assert statistics.mean(days).fraction() == value
    assert {statistics.percentile(days, p).fraction() for p in (90, 95, 98)} == {value}
    assert statistics.percentile(days, 98).rounded(0).tolist() == value * MICRO


def test_one_absurd_day_does_not_wrap_round(figure: Callable[..., Figure]) -> None:
    days = ["20"] * 30 + [str(ABSURD)]

    assert figure("air.annual_mean.pm25", "2020-01", pm25=days).exact == str(Fraction(20 * 30 + ABSURD, 31))
    # k = 1 + 30 x 0.95 = 29.5 and stays below the last
    assert figure("air.percentile.pm25", "2020-01", pm25=days).value == 20
    assert figure("air.exceedance_multiple.day.pm25", "2020-01", pm25=days).exact == str(Fraction(ABSURD - 75, 75))
    assert figure("air.level_days.6", "2020-01", pm25=days).value == 1


# --- nothing ---


@EDITIONS
def test_a_day_without_any_item_has_nothing(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)
    nothing = {key: np.array([MISSING]) for key in index.item}

    for report in (aqi.of_day, aqi.of_hour):
        found = report(nothing, index)
        assert {k: v.tolist() for k, v in found.sub.items()} == {key: [aqi.NONE] for key in found.sub}
        assert (found.aqi.tolist(), aqi.levels(found.aqi, index).tolist()) == ([aqi.NONE], [0])
        assert not any(aqi.is_primary(found, q, index)[0] for q in air.QUANTITIES)


@PERIODS
def test_a_period_of_missing_days_has_no_figure(editions: Standards, period: str) -> None:
    span = periods.parse(period)
    missing = facts_of(span, editions, {q: np.full(len(span), MISSING) for q in air.QUANTITIES})

    found = [compute(INDICATORS[name], missing) for name in AIR]

    assert [f.indicator for f in found if f.value is not None or f.exact is not None or f.valid] == []
    assert [f.indicator for f in found if f.sufficient or not f.reasons] == []


def test_a_period_without_derived_days_has_no_figure(editions: Standards) -> None:
    facts = Facts(scope="city:town", period=periods.parse("2020-02"), standards=editions, staged=False)

    found = [compute(INDICATORS[name], facts) for name in AIR if INDICATORS[name].needs != "hours"]

    assert [f.indicator for f in found if f.value is not None or f.valid or f.sufficient] == []


def test_statistics_of_missing_days_are_missing() -> None:
    nothing = np.full((2, 3), MISSING)

    for ratios in (statistics.mean(nothing), statistics.percentile(nothing, 98)):
        assert ratios.rounded(0).tolist() == [MISSING, MISSING]
    assert statistics.percentile(nothing[0], 98).fraction() is None
    assert statistics.mean(nothing[0]).fraction() is None


def test_missing_days_do_not_move_a_percentile() -> None:
    values = micros([None, "30", None, "10", "20", None])  # k = 1 + 2 x 0.9 = 2.8

    assert statistics.percentile(values, 90).fraction() == 28


@pytest.mark.parametrize("absent", [-1.0, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_a_missing_hour(absent: float) -> None:
    values, there = to_micros(np.array([[absent] * 5 + [30.0] * 19]))

    day = air.daily_mean(values, there & (values >= 0), min_hours=20)

    assert (day.hours.tolist(), air.rounded(day, 0).tolist()) == ([19], [MISSING])


# --- zeros ---


@EDITIONS
def test_a_day_of_zeros_has_index_0_of_level_1_and_no_primary_pollutant(edition: Editions, edition_id: str) -> None:
    day, index = day_of(edition, edition_id)

    assert (day.aqi.tolist(), aqi.levels(day.aqi, index).tolist()) == ([0], [1])
    assert aqi.primary({k: int(v[0]) for k, v in day.sub.items()}, 0, index) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, 1, id="zeros"),
        pytest.param({"pm25": 1}, 2, id="what is above 0 is left as it is"),  # 50 / 35 rounded up
        pytest.param({"so2": None}, aqi.NONE, id="zeros and one missing"),
    ],
)
@EDITIONS
def test_index_is_at_least_one_where_the_switch_says_so(
    edition: Editions, edition_id: str, values: dict[str, int | None], expected: int
) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)
    switched = msgspec.structs.replace(index, index_at_least_one=True)

    day, _ = day_of(lambda _: switched, edition_id, **values)

    assert day.aqi.tolist() == [expected]
    assert day.sub["no2"].tolist() == [0]


def test_a_month_of_zeros_is_good_and_attains(figure: Callable[..., Figure]) -> None:
    zeros = dict.fromkeys(CLEAN, "0")

    found = {
        name: str(figure(f"air.{name}", "2020-02", **zeros).value)
        for name in ("annual_mean.pm25", "percentile.co", "good_day_ratio", "attainment", "composite_index",
                     "exceedance_multiple.mean.pm25", "level_days.1", "primary_days.pm25", "longest_run.good")
    }  # fmt: skip

    assert found == {
        "annual_mean.pm25": "0", "percentile.co": "0.0", "good_day_ratio": "100.0", "attainment": "1",
        "composite_index": "0.00", "exceedance_multiple.mean.pm25": "0.00", "level_days.1": "29",
        "primary_days.pm25": "0", "longest_run.good": "29",
    }  # fmt: skip


# --- one value, one day ---


def test_a_month_of_one_value_has_it_as_every_statistic_but_does_not_suffice(figure: Callable[..., Figure]) -> None:
    one = [None] * 16 + ["61"] + [None] * 14

    found = [figure(f"air.{name}.pm25", "2020-01", pm25=one) for name in ("annual_mean", "percentile")]

    assert [(str(each.value), each.valid, each.sufficient) for each in found] == [("61", 1, False)] * 2
    assert all("2020-01: 1 of at least 27 valid days" in each.reasons for each in found)


@pytest.mark.parametrize(
    ("indicator", "value"),
    [
        ("air.annual_mean.pm25", "61"),
        ("air.percentile.pm25", "61"),
        ("air.good_day_ratio", "100.0"),  # index 83 by HJ 633-2012
        ("air.level_days.2", "1"),
        ("air.primary_days.pm25", "1"),
        ("air.longest_run.good", "1"),
        ("air.daily_attainment.pm25", "100.0"),
    ],
)
def test_a_period_of_one_day_is_that_day(figure: Callable[..., Figure], indicator: str, value: str) -> None:
    found = figure(indicator, "2020-02-29", pm25=["61"])

    assert (str(found.value), found.valid, found.expected, found.period) == (value, 1, 1, "2020-02-29")


@pytest.mark.parametrize("indicator", ["air.annual_mean.pm25", "air.good_day_ratio", "air.longest_run.good"])
def test_a_period_of_one_missing_day_has_no_value_and_does_not_suffice(
    figure: Callable[..., Figure], indicator: str
) -> None:
    found = figure(indicator, "2020-02-29", **dict.fromkeys(CLEAN))

    assert (found.value, found.valid, found.expected, found.sufficient) == (None, 0, 1, False)


# --- 29 February ---


@pytest.mark.parametrize(
    ("period", "valid", "sufficient"),
    [
        pytest.param("2020-02", 25, True, id="25 of 29: at equality"),
        pytest.param("2020-02", 24, False, id="24 of 29"),
        pytest.param("2019-02", 25, True, id="25 of 28: at equality"),
        pytest.param("2019-02", 24, False, id="24 of 28"),
    ],
)
@pytest.mark.parametrize("indicator", ["air.annual_mean.pm25", "air.percentile.pm25", "air.good_day_ratio"])
def test_a_february_needs_25_days_in_a_leap_year_too(
    figure: Callable[..., Figure], indicator: str, period: str, valid: int, sufficient: bool
) -> None:
    n = len(periods.parse(period))

    found = figure(indicator, period, pm25=["20"] * valid + [None] * (n - valid))

    assert (found.valid, found.expected, found.sufficient) == (valid, n, sufficient)


@pytest.mark.parametrize(
    ("lost", "sufficient"),
    [
        # 31-day months can lose 4 days, 30-day months 3, a February of 29 days 4.
        pytest.param((4, 4, 4, 3, 4, 3, 4, 4, 3, 4, 3, 2), True, id="324 of 366: at equality"),
        pytest.param((4, 4, 4, 3, 4, 3, 4, 4, 3, 4, 3, 3), False, id="323 of 366"),
        pytest.param((0, 4), True, id="362 of 366, 25 in February"),
        pytest.param((0, 5), False, id="361 of 366, 24 in February"),
    ],
)
def test_a_year_of_366_days_needs_324(figure: Callable[..., Figure], lost: Sequence[int], sufficient: bool) -> None:
    gone = {dt.date(2020, month, day) for month, n in enumerate(lost, 1) for day in range(1, n + 1)}
    days = [None if day in gone else "20" for day in periods.parse("2020").days()]

    found = figure("air.annual_mean.pm25", "2020", pm25=days)

    assert (found.valid, found.expected, found.sufficient) == (366 - sum(lost), 366, sufficient)


def test_29_february_enters_its_month_quarter_and_year(figure: Callable[..., Figure]) -> None:
    for period in ("2020-02", "2020-Q1", "2020"):
        span = periods.parse(period)
        days = ["386" if day == dt.date(2020, 2, 29) else "20" for day in span.days()]

        found = figure("air.annual_mean.pm25", period, pm25=days)

        assert found.exact == str(20 + Fraction(366, len(span))), period
        assert figure("air.level_days.6", period, pm25=days).value == 1, period  # 400 + 100/150 x 36


def test_hours_of_29_february_are_counted(editions: Standards) -> None:
    span = periods.parse("2020-02")
    values = {q: micros([v] * 29) for q, v in CLEAN.items()}
    values["pm25"][28] = 61 * MICRO  # index 83; the others are at most 43

    found = compute(INDICATORS["air.primary_hours.pm25"], facts_of(span, editions, values))

    assert (str(found.value), found.valid, found.expected) == ("24", 29 * 24, 29 * 24)
