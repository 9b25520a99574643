"""Changes against the year before, on air vector 41 and the published bulletin values of air.md, 7.3 and 10."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from aggregations import periods
from aggregations.air import MISSING
from aggregations.comparison import Change, change, compared, kind_of
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, Facts
from aggregations.rounding import MICRO
from aggregations.standards import Mode, Standards

ITEMS = ("so2", "no2", "co", "o3", "pm10", "pm25")


def figure(name: str, value: str | None, *, period: str = "2022", sufficient: bool = True) -> Figure:
    return Figure(
        indicator=name, scope="city:town", period=period, value=None if value is None else Decimal(value), exact=value,
        unit=INDICATORS[name].unit, valid=1, expected=1, counted="days", sufficient=sufficient, excluded={},
        editions={}, assumed=[],
    )  # fmt: skip


def changed(name: str, now: str | None, before: str | None, **more: bool) -> Change:
    return change(INDICATORS[name], figure(name, now, **more), figure(name, before, period="2021"), 1)


@pytest.mark.parametrize(
    ("name", "now", "before", "printed", "direction"),
    [
        pytest.param("air.annual_mean.pm25", "28.0", "29.3", "-4.4", "better", id="air vector 41"),
        pytest.param("air.annual_mean.pm25", "16", "17", "-5.9", "better", id="bulletin of 2022: PM2.5"),
        pytest.param("air.annual_mean.no2", "14", "15", "-6.7", "better", id="bulletin of 2022: NO2"),
        pytest.param("air.annual_mean.pm10", "49", "53", "-7.5", "better", id="bulletin of 2022: PM10"),
        pytest.param("air.percentile.co", "0.7", "0.8", "-12.5", "better", id="bulletin of 2022: CO"),
        pytest.param("air.composite_index", "3.14", "3.00", "4.7", "worse", id="composite index"),
        pytest.param("air.single_index.o3", "0.60", "0.50", "20.0", "worse", id="single index"),
        pytest.param("air.good_day_ratio", "89.3", "88.1", "1.2", "better", id="more good days are better"),
        pytest.param("air.good_day_ratio", "83.6", "88.1", "-4.5", "worse", id="2025 by the limits of 2026 (air 10)"),
        pytest.param("air.heavy_pollution_days", "3", "5", "-2", "better", id="a count is a difference"),
        pytest.param("air.level_days.1", "3", "5", "-2", "worse", id="fewer excellent days are worse"),
        pytest.param("air.exceedance_multiple.mean.pm25", "0.09", "0.00", "0.09", "worse", id="a multiple, from 0"),
        pytest.param("air.attainment", "1", "0", "1", "better", id="attains now"),
        pytest.param("water.good_ratio", "84.6", "76.9", "7.7", "better", id="more good sections are better"),
        pytest.param("water.worst_class", "4", "3", "1", "worse", id="a worse class is worse"),
        pytest.param("noise.night_attainment", "85.0", "86.4", "-1.4", "worse", id="less attainment is worse"),
    ],
)
def test_change_is_of_the_printed_values(name: str, now: str, before: str, printed: str, direction: str) -> None:
    found = changed(name, now, before)
    assert (str(found.change), found.direction, found.why) == (printed, direction, [])


@pytest.mark.parametrize(
    ("name", "now", "before", "printed"),
    [
        pytest.param("air.annual_mean.pm25", "30", "30", "0.0", id="equal"),
        pytest.param("air.annual_mean.pm25", "30.0", "30", "0.0", id="equal, other decimals"),
        pytest.param("air.annual_mean.pm25", "0", "0", "0.0", id="0 from 0"),
        pytest.param("air.annual_mean.pm25", "2001", "2000", "0.0", id="0.05 % is printed as 0.0"),
        pytest.param("air.good_day_ratio", "88.1", "88.1", "0.0", id="a ratio"),
        pytest.param("air.heavy_pollution_days", "0", "0", "0", id="a count"),
        pytest.param("water.good_ratio", "84.6", "84.6", "0.0", id="of water"),
    ],
)
def test_no_change_is_flat(name: str, now: str, before: str, printed: str) -> None:
    found = changed(name, now, before)
    assert (str(found.change), found.direction) == (printed, "flat")


def test_change_in_percent_from_0_is_none_but_has_a_direction() -> None:
    found = changed("air.annual_mean.so2", "5", "0")
    assert (found.change, found.direction, found.why) == (None, "worse", ["before is 0"])


@pytest.mark.parametrize(
    ("now", "before", "sufficient", "why"),
    [
        pytest.param("16", "17", False, ["now is insufficient"], id="too little data now"),
        pytest.param("16", None, True, ["before is insufficient"], id="none before"),
        pytest.param(None, None, True, ["now is insufficient", "before is insufficient"], id="none at all"),
        pytest.param("16", "16", False, ["now is insufficient"], id="equal, but on too little data"),
    ],
)
def test_insufficient_figure_gives_no_change_but_says_why(
    now: str | None, before: str | None, sufficient: bool, why: list[str]
) -> None:
    found = changed("air.annual_mean.pm25", now, before, sufficient=sufficient)
    assert (found.change, found.direction, found.why) == (None, None, why)


def test_every_indicator_has_a_kind_of_change_that_its_unit_bears() -> None:
    kinds = {(kind_of(each), each.unit) for each in INDICATORS.values()}
    assert {unit for kind, unit in kinds if kind == "points"} == {"%"}
    assert {unit for kind, unit in kinds if kind == "percent"} == {"ug/m3", "mg/m3", "1"}
    of_water = {"class", "bodies", "state", "items", "months", "mg/L", "1/L", "degC", "km2"}
    of_noise = {"dB", "grade", "point-times", "complaints"}
    assert {unit for kind, unit in kinds if kind == "difference"} == {"1", "d", "h", "yes=1"} | of_water | of_noise


def facts(editions: Standards, period: str, value: int, *, mode: Mode = "by_date", events: bool = False) -> Facts:
    """Every day of the period has the same value of each item. [ug/m3; CO mg/m3]"""
    days = periods.parse(period)
    n = len(days)
    all_days = AirDays(
        {q: np.full(n, value * MICRO, dtype=np.int64) for q in ITEMS}, {q: [None] * n for q in ITEMS},
        {q: np.full(n, 24, dtype=np.int64) for q in ITEMS}, np.full(n, MISSING, dtype=np.int64),
    )  # fmt: skip
    return Facts(
        scope="station:s", period=days, standards=editions.under(mode), staged=False, mode=mode, air=all_days,
        air_without_events=all_days if events else None,
    )  # fmt: skip


PM25 = INDICATORS["air.annual_mean.pm25"]


@pytest.mark.parametrize(("name", "printed"), [("air.annual_mean.pm25", "-5.9"), ("air.composite_index", "-5.7")])
def test_compared_takes_the_decimals_of_the_edition(editions: Standards, name: str, printed: str) -> None:
    found = compared(INDICATORS[name], facts(editions, "2022", 16), facts(editions, "2021", 17))
    assert str(found.change) == printed  # the index: 0.27+0.40+4.00+0.10+0.23+0.46 = 5.46 after 5.79


@pytest.mark.parametrize(
    ("name", "edition"), [("air.annual_mean.pm25", "HJ 663-2013"), ("air.composite_index", "Air ranking 2014")]
)
def test_compared_names_its_rule_where_it_was_recalled(editions: Standards, name: str, edition: str) -> None:
    found = compared(INDICATORS[name], facts(editions, "2022", 16), facts(editions, "2021", 17))
    rule = next(each for each in editions.all if each.edition.id == edition).rule["change"]
    assert found.assumed == ([] if rule.confirmed else [f"{edition}: {rule.text}"])


@pytest.mark.parametrize(
    ("period", "before", "mode", "differ"),
    [
        pytest.param("2022", "2021", "by_date", False, id="both by the editions of 2012"),
        pytest.param("2026-04", "2025-04", "by_date", True, id="across March 2026"),
        pytest.param("2026-04", "2025-04", "all_2026", False, id="across March 2026, by one mode"),
        pytest.param("2026-02", "2025-02", "by_date", False, id="February 2026 is judged by the old ones"),
    ],
)
def test_compared_tells_whether_both_periods_are_judged_alike(
    editions: Standards, period: str, before: str, mode: Mode, differ: bool
) -> None:
    found = compared(PM25, facts(editions, period, 16, mode=mode), facts(editions, before, 17, mode=mode))
    assert (found.editions_differ, found.now.mode, found.before.mode) == (differ, mode, mode)


def test_events_in_one_of_the_years_alone_are_no_other_edition(editions: Standards) -> None:
    found = compared(PM25, facts(editions, "2022", 16, events=True), facts(editions, "2021", 17))
    assert found.now.counterpart is not None
    assert not found.editions_differ


def test_compared_of_all_missing_has_no_change(editions: Standards) -> None:
    empty = msgspec.structs.replace(facts(editions, "2022", 16), air=None)
    assert compared(PM25, empty, empty).why == ["now is insufficient", "before is insufficient"]


def test_nothing_is_compared_with_a_year_in_which_nothing_was_there() -> None:
    name = "noise.collection_rate"
    nothing = msgspec.structs.replace(figure(name, "0.0", period="2021"), valid=0)
    found = change(INDICATORS[name], figure(name, "99.1"), nothing, 1)
    assert (found.change, found.direction, found.why) == (None, None, ["before is insufficient"])
