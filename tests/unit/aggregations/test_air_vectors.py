"""The 48 worked vectors of shared/standards/air.md, section 12, each under its number; nothing else.

"12" is HJ 633-2012, "26" is HJ 633-2026. The note worked them out with exact fractions.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations import air, aqi, periods, ranking
from aggregations.air import statistics
from aggregations.air.composite import composite
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, Facts, compute
from aggregations.ranking import Direction
from aggregations.rounding import MICRO, IntArray, half_even, to_micros
from aggregations.standards import (
    AirEvaluation,
    AirIndex,
    AirLimits,
    AirRanking,
    Averaging,
    Standard,
    Standards,
)

Editions = Callable[[str], Standard]

BOTH = ("HJ 633-2012", "HJ 633-2026")
NONE = aqi.NONE
ORDER = ("so2", "no2", "co", "o3_8h", "pm10", "pm25")


def test_every_vector_has_a_test() -> None:
    numbers = re.findall(r'id="vector (\d+)', Path(__file__).read_text(encoding="utf-8"))

    assert sorted({int(number) for number in numbers}) == list(range(1, 49))


# --- sub-indices ---


def index_of(edition: Editions, name: str) -> AirIndex:
    found = edition(name)
    assert isinstance(found, AirIndex)
    return found


def rounded_first(given: Mapping[str, str | None], index: AirIndex) -> dict[str, IntArray]:
    """Concentrations as the index takes them, rounded half to even; every item that is not given is missing."""
    result = {}
    for key, item in index.item.items():
        text = given.get(key)
        units = -1 if text is None else int(half_even(Decimal(text), item.decimals) * 10**item.decimals)
        result[key] = np.array([units])
    return result


@pytest.mark.parametrize(
    ("item", "concentration", "expected"),
    [
        pytest.param("pm25", "36", (52, 52), id="vector 1"),
        pytest.param("pm25", "60", (82, 100), id="vector 2"),
        pytest.param("pm25", "61", (83, 101), id="vector 3"),
        pytest.param("pm25", "75", (100, 114), id="vector 4"),
        pytest.param("pm25", "600", (500, 500), id="vector 5"),
        pytest.param("pm10", "121", (86, 101), id="vector 6"),
        pytest.param("pm10", "150", (100, 112), id="vector 7"),
        pytest.param("pm10", "380", (243, 243), id="vector 8"),
        pytest.param("so2", "450", (147, 147), id="vector 9"),
        pytest.param("so2_1h", "475", (97, 97), id="vector 10"),
        pytest.param("so2_1h", "801", (NONE, 200), id="vector 11: none of its own in 2012"),
        pytest.param("no2_1h", "350", (115, 115), id="vector 12"),
        pytest.param("co", "2.2", (55, 55), id="vector 13: binary floats give 56"),
        pytest.param("co_1h", "65.4", (218, 218), id="vector 14: binary floats give 219"),
        pytest.param("o3_8h", "161", (101, 101), id="vector 15"),
        pytest.param("o3_8h", "801", (NONE, 300), id="vector 16: none of its own in 2012"),
        pytest.param("o3_1h", "250", (125, 125), id="vector 17"),
        pytest.param("pm25", "60.5", (82, 100), id="vector 18: 60.5 is 60"),
        pytest.param("pm25", "60.51", (83, 101), id="vector 18: 60.51 is 61"),
        pytest.param("pm25", "61.5", (84, 102), id="vector 18: 61.5 is 62"),
        pytest.param("co", "4.05", (100, 100), id="vector 19: 4.05 is 4.0"),
        pytest.param("co", "4.15", (101, 101), id="vector 19: 4.15 is 4.2"),
    ],
)
def test_sub_index(edition: Editions, item: str, concentration: str, expected: tuple[int, int]) -> None:
    found = []
    for name in BOTH:
        index = index_of(edition, name)
        given = rounded_first({item: concentration}, index)
        found.append(int(aqi.sub_index(given[item], item, index)[0]))
        report = aqi.of_day if item in aqi.daily_items(index) else aqi.of_hour
        assert report(given, index).sub[item].tolist() == found[-1:]

    assert tuple(found) == expected


@pytest.mark.parametrize(
    ("report", "given", "item", "expected"),
    [
        # vector 9: SO2 450 of the day is 147
        pytest.param(aqi.of_hour, {"so2_1h": "801", "so2": "450"}, "so2_1h", (147, 200), id="vector 11: hands over"),
        pytest.param(aqi.of_hour, {"so2_1h": "801"}, "so2_1h", (NONE, 200), id="vector 11: nothing to hand over to"),
        # O3 1 h 1000 is the node of 400
        pytest.param(aqi.of_day, {"o3_8h": "801", "o3_1h": "1000"}, "o3_8h", (400, 300), id="vector 16: hands over"),
        pytest.param(aqi.of_day, {"o3_8h": "801"}, "o3_8h", (NONE, 300), id="vector 16: nothing to hand over to"),
    ],
)
def test_item_above_its_table_hands_over_in_2012_and_stops_in_2026(
    edition: Editions,
    report: Callable[..., aqi.Index],
    given: dict[str, str],
    item: str,
    expected: tuple[int, int],
) -> None:
    indexes = [index_of(edition, name) for name in BOTH]

    found = [report(rounded_first(given, index), index).sub[item].tolist() for index in indexes]

    assert found == [[each] for each in expected]


# --- daily index ---


@pytest.mark.parametrize(
    ("name", "values", "subs", "expected"),
    [
        pytest.param(
            "HJ 633-2012", ("12", "38", "0.9", "158", "95", "52"), (12, 48, 23, 99, 73, 72),
            (99, 2, {"o3"}), id="vector 20: 2012",
        ),
        pytest.param(
            "HJ 633-2026", ("12", "38", "0.9", "158", "95", "52"), (12, 48, 23, 99, 83, 84),
            (99, 2, {"o3"}), id="vector 20: 2026",
        ),
        pytest.param(
            "HJ 633-2012", ("10", "20", "0.6", "80", "120", "60"), (10, 25, 15, 40, 85, 82),
            (85, 2, {"pm10"}), id="vector 21: 2012",
        ),
        pytest.param(
            "HJ 633-2026", ("10", "20", "0.6", "80", "120", "60"), (10, 25, 15, 40, 100, 100),
            (100, 2, {"pm10", "pm25"}), id="vector 21: 2026, a tie",
        ),
        pytest.param(
            "HJ 633-2012", ("10", "20", "0.6", "80", "60", "68"), (10, 25, 15, 40, 55, 92),
            (92, 2, {"pm25"}), id="vector 22: 2012, a good day",
        ),
        pytest.param(
            "HJ 633-2026", ("10", "20", "0.6", "80", "60", "68"), (10, 25, 15, 40, 58, 108),
            (108, 3, {"pm25"}), id="vector 22: 2026, no longer",
        ),
        pytest.param(
            "HJ 633-2012", ("10", "20", "0.6", "80", "40", "30"), (10, 25, 15, 40, 40, 43),
            (43, 1, set()), id="vector 23: 2012",
        ),
        pytest.param(
            "HJ 633-2026", ("10", "20", "0.6", "80", "40", "30"), (10, 25, 15, 40, 40, 43),
            (43, 1, set()), id="vector 23: 2026",
        ),
        pytest.param(
            "HJ 633-2026", ("10", None, "0.6", "80", "40", "52"), (10, NONE, 15, 40, 40, 84),
            (NONE, 0, set()), id="vector 24: NA, the items are published",
        ),
        pytest.param(
            "HJ 633-2026", ("10", None, "0.6", "80", "40", "80"), (10, NONE, 15, 40, 40, 119),
            (119, 3, {"pm25"}), id="vector 25: exceeds all the same",
        ),
    ],
)  # fmt: skip
def test_index_of_a_day(
    edition: Editions,
    name: str,
    values: Sequence[str | None],
    subs: Sequence[int],
    expected: tuple[int, int, set[str]],
) -> None:
    index = index_of(edition, name)
    day = aqi.of_day(rounded_first(dict(zip(ORDER, values, strict=True)), index), index)
    by_item = {key: int(values[0]) for key, values in day.sub.items()}
    value = int(day.aqi[0])

    assert tuple(by_item[key] for key in ORDER) == subs
    assert (value, int(aqi.levels(day.aqi, index)[0]), set(aqi.primary(by_item, value, index))) == expected
    assert {q for q in air.QUANTITIES if aqi.is_primary(day, q, index)[0]} == expected[2]
    if value != NONE:
        assert aqi.level(value, index) is index.level[expected[1] - 1]


# --- ozone of a day ---

# Hours 1 to 24, the label is the end of the hour.
A = [50, 48, 46, 44, 42, 40, 45, 55, 70, 90, 110, 130, 150, 165, 175, 180, 178, 170, 150, 120, 100, 85, 70, 60]
B = [value - 10 for value in A]
C = [60, 57, 55, 52, 50, 48, 54, 66, 84, 108, 132, 156, 180, 198, 210, 216, 213, 204, 180, 144, 120, 102, 84, 72]


@pytest.mark.parametrize(
    ("series", "missing", "compares", "windows", "mean", "result"),
    [
        pytest.param(A, [], "rounded", 17, Fraction(1298, 8), 162, id="vector 26"),
        pytest.param(A, range(1, 6), "rounded", 14, Fraction(1298, 8), 162, id="vector 27"),
        pytest.param(B, range(1, 7), "rounded", 13, Fraction(1218, 8), None, id="vector 28"),
        pytest.param(A, range(1, 7), "rounded", 13, Fraction(1298, 8), 162, id="vector 29"),
        pytest.param(A, range(10, 13), "rounded", 11, Fraction(1018, 6), 170, id="vector 30"),
        pytest.param(A, [14, 15], "rounded", 17, Fraction(958, 6), 160, id="vector 31"),
        pytest.param(C, range(14, 17), "rounded", 11, Fraction(963, 6), None, id="vector 32: rounded"),
        pytest.param(C, range(14, 17), "exact", 11, Fraction(963, 6), 160, id="vector 32: exact"),
    ],
)
@pytest.mark.parametrize(
    ("limits_id", "evaluation_id"),
    [
        pytest.param("GB 3095-2012", "HJ 663-2013", id="2012"),
        pytest.param("GB 3095-2026 transitional", "HJ 663-2026", id="2026"),
        pytest.param("GB 3095-2026 final", "HJ 663-2026", id="2031"),
    ],
)
def test_ozone_of_a_day(
    edition: Editions,
    limits_id: str,
    evaluation_id: str,
    series: list[int],
    missing: Sequence[int],
    compares: str,
    windows: int,
    mean: Fraction,
    result: int | None,
) -> None:
    limits, evaluation = edition(limits_id), edition(evaluation_id)
    assert isinstance(limits, AirLimits)
    assert isinstance(evaluation, AirEvaluation)
    evaluation = msgspec.structs.replace(evaluation, ozone_exception_compares=compares)
    hours = to_micros(np.array([[np.nan if h in missing else v for h, v in enumerate(series, 1)]], dtype=float))

    day = air.ozone_daily_max_8h(*hours, limits=limits, evaluation=evaluation)

    assert Fraction(int(day.sums[0]), int(day.counts[0]) * MICRO) == mean
    assert air.rounded(day, 0).tolist() == [air.MISSING if result is None else result]
    # How many windows are valid: with a limit that nothing exceeds, as many as the rule may ask for.
    high = msgspec.structs.replace(limits, day_limit=limits.day_limit | {"o3": Decimal(10**6)})
    asked = [msgspec.structs.replace(evaluation, ozone_min_windows=n) for n in (windows, windows + 1)]
    found = [air.ozone_daily_max_8h(*hours, limits=high, evaluation=each).valid.tolist() for each in asked]
    assert found == [[True], [False]]


# --- statistics ---


def micros(*values: str | int) -> IntArray:
    return np.array([int(Decimal(value) * MICRO) for value in values], dtype=np.int64)


TWENTY = (31, 45, 62, 58, 77, 80, 95, 101, 120, 133, 142, 150, 155, 161, 163, 170, 171, 180, 188, 201)


@pytest.mark.parametrize(
    ("values", "percent", "exact", "printed"),
    [
        pytest.param(range(10, 101, 10), 90, "91", 91, id="vector 33"),
        pytest.param(range(1, 32), 90, "28", 28, id="vector 34: k is whole"),
        pytest.param(TWENTY, 90, "180.8", 181, id="vector 35: P90"),
        pytest.param(TWENTY, 95, "188.65", 189, id="vector 35: P95"),
        pytest.param(TWENTY, 98, "196.06", 196, id="vector 35: P98"),
        *(pytest.param([37], percent, "37", 37, id="vector 36") for percent in (1, 50, 90, 95, 98, 100)),
    ],
)
def test_percentile(values: Sequence[int], percent: int, exact: str, printed: int) -> None:
    found = statistics.percentile(micros(*values), percent)

    assert (found.fraction(), found.rounded(0).tolist()) == (Fraction(exact), printed * MICRO)


@pytest.mark.parametrize(
    ("n_hours", "valid"),
    [pytest.param(20, True, id="vector 37: 20 hours"), pytest.param(19, False, id="vector 37: 19 hours")],
)
@pytest.mark.parametrize("name", ["GB 3095-2012", "GB 3095-2026 transitional", "GB 3095-2026 final"])
def test_daily_mean(edition: Editions, name: str, n_hours: int, valid: bool) -> None:
    limits = edition(name)
    assert isinstance(limits, AirLimits)
    hours = to_micros(np.array([[35.0] * n_hours + [np.nan] * (24 - n_hours)]))

    day = air.daily_mean(*hours, min_hours=limits.day_min_hours)

    assert (day.valid.tolist(), air.rounded(day, 0).tolist()) == ([valid], [35 if valid else air.MISSING])


def of_days(editions: Standards, period: str, indicator: str, **values: Sequence[str | None]) -> Figure:
    """The figure of an indicator from published daily values by quantity, None where not valid."""
    days = {
        q: np.array([air.MISSING if v is None else int(Decimal(v) * MICRO) for v in vs]) for q, vs in values.items()
    }
    given = AirDays(
        days,
        {q: [None if v is None else Fraction(v) * MICRO for v in vs] for q, vs in values.items()},
        {q: np.where(v == air.MISSING, 0, 1) for q, v in days.items()},
        np.full(len(periods.parse(period)), air.MISSING),
    )
    facts = Facts(scope="city:town", period=periods.parse(period), standards=editions, staged=False, air=given)
    return compute(INDICATORS[indicator], facts)


def clean(days: int, **instead: Sequence[str | None]) -> dict[str, Sequence[str | None]]:
    """Values far below every limit, but for the quantities given."""
    low = {"so2": "8", "no2": "20", "co": "0.6", "o3": "80", "pm10": "30", "pm25": "20"}
    return {q: instead.get(q, [v] * days) for q, v in low.items()}


@pytest.mark.parametrize("period", [pytest.param("2017-08", id="vector 38")])
def test_good_day_ratio_is_of_the_valid_days(editions: Standards, period: str) -> None:
    # 26 good days, 2 that exceed, 3 that lack an item
    days = clean(31, pm25=["20"] * 26 + ["80"] * 2 + [None] * 3)

    figure = of_days(editions, period, "air.good_day_ratio", **days)

    assert (figure.value, figure.valid, figure.expected) == (Decimal("92.9"), 28, 31)


@pytest.mark.parametrize(
    ("limits_id", "evaluation_id", "averaging", "value", "expected"),
    [
        pytest.param("GB 3095-2026 transitional", "HJ 663-2026", "day", 75, "0.25", id="vector 39"),
        pytest.param("GB 3095-2012", "HJ 663-2013", "year", 38, "0.09", id="vector 40"),
    ],
)
def test_multiple_of_exceedance(
    edition: Editions, limits_id: str, evaluation_id: str, averaging: Averaging, value: int, expected: str
) -> None:
    limits, evaluation = edition(limits_id), edition(evaluation_id)
    assert isinstance(limits, AirLimits)
    assert isinstance(evaluation, AirEvaluation)
    limit = limits.limit("pm25", averaging)
    assert limit is not None

    multiple = statistics.exceedance_multiple(Fraction(value), Fraction(limit))

    assert str(half_even(multiple, evaluation.multiple_decimals)) == expected


@pytest.mark.parametrize(
    ("period", "indicator", "value", "expected"),
    [
        pytest.param("2026-04-02", "air.exceedance_multiple.day.pm25", "75", "0.25", id="vector 39: as an indicator"),
        pytest.param("2019", "air.exceedance_multiple.mean.pm25", "38", "0.09", id="vector 40: as an indicator"),
    ],
)
def test_multiple_of_exceedance_of_a_period(
    editions: Standards, period: str, indicator: str, value: str, expected: str
) -> None:
    n = len(periods.parse(period))

    assert str(of_days(editions, period, indicator, **clean(n, pm25=[value] * n)).value) == expected


@pytest.mark.parametrize(("now", "before", "expected"), [pytest.param("28.0", "29.3", "-4.4", id="vector 41")])
def test_year_on_year(edition: Editions, now: str, before: str, expected: str) -> None:
    evaluation = edition("HJ 663-2013")
    assert isinstance(evaluation, AirEvaluation)

    found = ranking.change_percent(Decimal(now), Decimal(before), evaluation.change_decimals)

    assert str(found) == expected


@pytest.mark.parametrize(
    ("limits_id", "values", "singles", "first", "last"),
    [
        pytest.param(
            "GB 3095-2012", ("9", "14", "77", "1.1", "96", "23"), "0.15 0.35 1.10 0.28 0.60 0.66", "3.14", "3.13",
            id="vector 42",
        ),
        pytest.param(
            "GB 3095-2026 transitional", ("9", "14", "77", "1.1", "96", "23"), "0.15 0.35 1.28 0.28 0.60 0.77",
            "3.43", "3.42", id="vector 43",
        ),
        pytest.param(
            "GB 3095-2012", ("9", "15", "39", "0.7", "192", "21"), "0.15 0.38 0.56 0.18 1.20 0.60", "3.07", "3.06",
            id="vector 44",
        ),
    ],
)  # fmt: skip
def test_composite_index(
    edition: Editions, limits_id: str, values: Sequence[str], singles: str, first: str, last: str
) -> None:
    limits, rule = edition(limits_id), edition("Air ranking 2014")
    assert isinstance(limits, AirLimits)
    assert isinstance(rule, AirRanking)
    order = ("so2", "no2", "pm10", "co", "o3", "pm25")
    given = dict(zip(order, map(Decimal, values), strict=True))

    found = {
        each: composite(given, limits=limits, ranking=msgspec.structs.replace(rule, composite_rounding=each))
        for each in ("single_indices_first", "sum_first")
    }

    assert {k: str(half_even(v.index, rule.index_decimals)) for k, v in found.items()} == {
        "single_indices_first": first,
        "sum_first": last,
    }
    assert " ".join(str(found["single_indices_first"].single[q]) for q in order) == singles


@pytest.mark.parametrize("values", [pytest.param(("2.87", "2.88", "2.88", "2.93"), id="vector 45")])
def test_places(values: Sequence[str]) -> None:
    ahead = [Decimal(n) / 4 for n in range(1, 9)]  # eight places before them

    assert ranking.places([*ahead, *map(Decimal, values)])[8:] == [9, 10, 10, 12]


@pytest.mark.parametrize(
    ("values", "equality", "coefficient", "significant", "direction"),
    [
        pytest.param((50, 47, 45, 41, 38), True, "-1", True, "falling", id="vector 46: equality is significant"),
        pytest.param((50, 47, 45, 41, 38), False, "-1", True, "falling", id="vector 46: equality is not"),
        pytest.param((45, 42, 43, 40, 38), True, "-0.9", True, "falling", id="vector 47: equality is significant"),
        pytest.param((45, 42, 43, 40, 38), False, "-0.9", False, "none", id="vector 47: equality is not"),
    ],
)
def test_trend(
    edition: Editions, values: Sequence[int], equality: bool, coefficient: str, significant: bool, direction: Direction
) -> None:
    evaluation = edition("HJ 663-2013")
    assert isinstance(evaluation, AirEvaluation)
    evaluation = msgspec.structs.replace(evaluation, trend_equality_is_significant=equality)

    found = ranking.trend([Decimal(value) for value in values], evaluation)

    assert found == ranking.Trend(
        Fraction(coefficient), Decimal("0.900"), Decimal("1.000"), significant, direction
    )  # fmt: skip


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        pytest.param("air.good_days", "1", id="vector 48: a good day"),
        pytest.param("air.good_day_ratio", "100.0", id="vector 48: a good day, as a ratio"),
        pytest.param("air.daily_attainment.pm25", "0.0", id="vector 48: PM2.5 does not attain"),
        pytest.param("air.daily_attainment", "0.0", id="vector 48: so the day does not attain"),
        pytest.param("air.exceeding_day_ratio", "0.0", id="vector 48: not an exceeding day"),
    ],
)
def test_a_day_of_the_final_limits(editions: Standards, indicator: str, expected: str) -> None:
    figure = of_days(editions, "2031-01-02", indicator, **clean(1, pm25=["55"]))

    assert str(figure.value) == expected


@pytest.mark.parametrize("expected", [pytest.param(90, id="vector 48: sub-index 90")])
def test_sub_index_of_a_day_of_the_final_limits(editions: Standards, expected: int) -> None:
    index = editions.on(AirIndex, periods.parse("2031-01-02").first)

    found = aqi.sub_index(np.array([55]), "pm25", index)

    assert (found.tolist(), index.edition.id) == ([expected], "HJ 633-2026")
