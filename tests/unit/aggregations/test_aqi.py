"""Air quality index. Vectors: shared/standards/air.md, section 12; tables: 3.1, 3.4 and 4.2."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import aqi
from aggregations.rounding import half_even
from aggregations.standards import AirIndex, AirLimits, IndexItem, Standards

E2012 = "HJ 633-2012"
E2026 = "HJ 633-2026"
BOTH = pytest.mark.parametrize("edition_id", [E2012, E2026])

Editions = Callable[[str], AirIndex]


def one_sub_index(value: Decimal | Fraction, item: str, index: AirIndex) -> int:
    scaled = Fraction(value) * 10 ** index.item[item].decimals
    assert scaled.denominator == 1, "the concentration must be rounded first"
    return int(aqi.sub_index(np.array([int(scaled)]), item, index)[0])


def day_of(index: AirIndex, **values: str) -> aqi.Index:
    """Index of one day from concentrations by item; what is not named is missing."""
    concentrations = {}
    for key, item in index.item.items():
        text = values.get(key)
        concentrations[key] = np.array([-1 if text is None else int(Decimal(text) * 10**item.decimals)])
    return aqi.of_day(concentrations, index)


def six(so2: str | None, no2: str | None, co: str, o3_8h: str, pm10: str, pm25: str) -> dict[str, str]:
    """The six items in the order of the table of vectors 20 to 25; None is missing."""
    given = {"so2": so2, "no2": no2, "co": co, "o3_8h": o3_8h, "pm10": pm10, "pm25": pm25}
    return {key: value for key, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("item", "concentration", "sub_2012", "sub_2026"),
    [
        pytest.param("pm25", "36", 52, 52, id="vector 1: PM2.5 36"),
        pytest.param("pm25", "60", 82, 100, id="vector 2: PM2.5 60"),
        pytest.param("pm25", "61", 83, 101, id="vector 3: PM2.5 61"),
        pytest.param("pm25", "75", 100, 114, id="vector 4: PM2.5 75"),
        pytest.param("pm25", "600", 500, 500, id="vector 5: PM2.5 600"),
        pytest.param("pm10", "121", 86, 101, id="vector 6: PM10 121"),
        pytest.param("pm10", "150", 100, 112, id="vector 7: PM10 150"),
        pytest.param("pm10", "380", 243, 243, id="vector 8: PM10 380"),
        pytest.param("so2", "450", 147, 147, id="vector 9: SO2 450"),
        pytest.param("co", "2.2", 55, 55, id="vector 13: CO 2.2"),
        pytest.param("o3_8h", "161", 101, 101, id="vector 15: O3 8 h 161"),
        pytest.param("o3_1h", "250", 125, 125, id="vector 17: O3 1 h 250"),
        pytest.param("pm25", "60.5", 82, 100, id="vector 18: PM2.5 60.5"),
        pytest.param("pm25", "60.51", 83, 101, id="vector 18: PM2.5 60.51"),
        pytest.param("pm25", "61.5", 84, 102, id="vector 18: PM2.5 61.5"),
        pytest.param("co", "4.05", 100, 100, id="vector 19: CO 4.05"),
        pytest.param("co", "4.15", 101, 101, id="vector 19: CO 4.15"),
    ],
)
def test_sub_index_is_that_of_the_vectors(
    edition: Editions, item: str, concentration: str, sub_2012: int, sub_2026: int
) -> None:
    found = []
    for index in (edition(E2012), edition(E2026)):
        rounded = half_even(Decimal(concentration), index.item[item].decimals)
        found.append(one_sub_index(rounded, item, index))

    assert found == [sub_2012, sub_2026]


@pytest.mark.parametrize(
    ("decimals", "breakpoints", "concentration", "expected"),
    [
        pytest.param(0, [0, 150, 500, 650, 800], 475, 97, id="vector 10: SO2 1 h 475"),
        pytest.param(0, [0, 150, 500, 650, 800], 801, 200, id="vector 11: SO2 1 h 801, 2026"),
        pytest.param(0, [0, 100, 200, 700, 1200, 2340, 3090, 3840], 350, 115, id="vector 12: NO2 1 h 350"),
        pytest.param(1, [0, 5, 10, 35, 60, 90, 120, 150], 654, 218, id="vector 14: CO 1 h 65.4"),
    ],
)
def test_sub_index_serves_the_hourly_columns_too(
    edition: Editions, decimals: int, breakpoints: list[int], concentration: int, expected: int
) -> None:
    column = IndexItem(quantity="any", decimals=decimals, breakpoints=[Decimal(b) for b in breakpoints])
    index = msgspec.structs.replace(edition(E2026), item={"hourly": column})

    assert aqi.sub_index(np.array([concentration]), "hourly", index).tolist() == [expected]


def test_sub_index_of_so2_1h_above_800_is_none_where_the_table_hands_over(edition: Editions) -> None:
    breakpoints = [Decimal(b) for b in (0, 150, 500, 650, 800)]
    column = IndexItem(quantity="so2", decimals=0, breakpoints=breakpoints, above="so2")
    index = msgspec.structs.replace(edition(E2012), item={"so2_1h": column})

    # vector 11, 2012
    assert aqi.sub_index(np.array([800, 801]), "so2_1h", index).tolist() == [200, aqi.NONE]


@pytest.mark.parametrize(
    ("edition_id", "o3_8h", "o3_1h", "sub"),
    [
        pytest.param(E2026, "801", "950", 300, id="vector 16: 2026 stays at 300"),
        pytest.param(E2012, "801", "950", 375, id="vector 16: 2012 takes the 1 h index"),  # 300 + 100/200 x 150
        pytest.param(E2026, "800", "950", 300, id="800 is still in the table, 2026"),
        pytest.param(E2012, "800", "950", 300, id="800 is still in the table, 2012"),
    ],
)
def test_ozone_above_the_8h_table_is_as_the_edition_says(
    edition: Editions, edition_id: str, o3_8h: str, o3_1h: str, sub: int
) -> None:
    day = day_of(edition(edition_id), so2="10", no2="20", co="0.6", pm10="60", pm25="30", o3_8h=o3_8h, o3_1h=o3_1h)

    assert (day.sub["o3_8h"].tolist(), day.aqi.tolist()) == ([sub], [sub])


def test_missing_8h_ozone_is_not_replaced_by_1h_ozone(edition: Editions) -> None:
    day = day_of(edition(E2012), so2="10", no2="20", co="0.6", pm10="60", pm25="30", o3_1h="150")

    assert (day.sub["o3_8h"].tolist(), day.aqi.tolist()) == ([aqi.NONE], [aqi.NONE])


@pytest.mark.parametrize(
    ("edition_id", "values", "subs", "index_value", "level", "primary"),
    [
        pytest.param(
            E2012,
            six("12", "38", "0.9", "158", "95", "52"),
            [12, 48, 23, 99, 73, 72],
            99,
            "good",
            ["o3"],
            id="vector 20, 2012",
        ),
        pytest.param(
            E2026,
            six("12", "38", "0.9", "158", "95", "52"),
            [12, 48, 23, 99, 83, 84],
            99,
            "good",
            ["o3"],
            id="vector 20, 2026",
        ),
        pytest.param(
            E2012,
            six("10", "20", "0.6", "80", "120", "60"),
            [10, 25, 15, 40, 85, 82],
            85,
            "good",
            ["pm10"],
            id="vector 21, 2012",
        ),
        pytest.param(
            E2026,
            six("10", "20", "0.6", "80", "120", "60"),
            [10, 25, 15, 40, 100, 100],
            100,
            "good",
            ["pm10", "pm25"],
            id="vector 21, 2026: a tie",
        ),
        pytest.param(
            E2012,
            six("10", "20", "0.6", "80", "60", "68"),
            [10, 25, 15, 40, 55, 92],
            92,
            "good",
            ["pm25"],
            id="vector 22, 2012: a good day",
        ),
        pytest.param(
            E2026,
            six("10", "20", "0.6", "80", "60", "68"),
            [10, 25, 15, 40, 58, 108],
            108,
            "light pollution",
            ["pm25"],
            id="vector 22, 2026: no longer a good day",
        ),
        pytest.param(
            E2012,
            six("10", "20", "0.6", "80", "40", "30"),
            [10, 25, 15, 40, 40, 43],
            43,
            "excellent",
            [],
            id="vector 23, 2012",
        ),
        pytest.param(
            E2026,
            six("10", "20", "0.6", "80", "40", "30"),
            [10, 25, 15, 40, 40, 43],
            43,
            "excellent",
            [],
            id="vector 23, 2026",
        ),
    ],
)
def test_index_of_a_day_is_that_of_the_vectors(
    edition: Editions,
    edition_id: str,
    values: dict[str, str],
    subs: list[int],
    index_value: int,
    level: str,
    primary: list[str],
) -> None:
    index = edition(edition_id)
    day = day_of(index, **values)
    by_item = {key: int(sub[0]) for key, sub in day.sub.items()}
    value = int(day.aqi[0])

    found = (
        [by_item[key] for key in ("so2", "no2", "co", "o3_8h", "pm10", "pm25")],
        value,
        aqi.level(value, index).name_en,
        sorted(aqi.primary(by_item, value, index)),
    )
    assert found == (subs, index_value, level, primary)


def test_a_day_with_a_missing_item_has_sub_indices_but_no_index(edition: Editions) -> None:
    day = day_of(edition(E2026), **six("10", None, "0.6", "80", "40", "52"))  # vector 24

    assert ({k: v.tolist() for k, v in day.sub.items()}, day.aqi.tolist()) == (
        {"so2": [10], "no2": [aqi.NONE], "pm10": [40], "pm25": [84], "co": [15], "o3_8h": [40]},
        [aqi.NONE],
    )


def test_a_day_with_a_missing_item_that_exceeds_has_an_index(edition: Editions) -> None:
    index = edition(E2026)
    day = day_of(index, **six("10", None, "0.6", "80", "40", "80"))  # vector 25
    value = int(day.aqi[0])

    assert (
        value,
        aqi.level(value, index).name,
        aqi.primary({k: int(v[0]) for k, v in day.sub.items()}, value, index),
    ) == (
        119,
        "轻度污染",
        ["pm25"],
    )


@pytest.mark.parametrize(
    ("pm25", "value"),
    [
        pytest.param("59", aqi.NONE, id="98: inside"),
        pytest.param("60", aqi.NONE, id="100: at equality a good day is not excluded"),
        pytest.param("61", 101, id="101: outside"),
    ],
)
def test_a_missing_item_matters_up_to_index_100(edition: Editions, pm25: str, value: int) -> None:
    day = day_of(edition(E2026), **six(None, "20", "0.6", "80", "40", pm25))  # HJ 633-2026, 5.3.1

    assert day.aqi.tolist() == [value]


@BOTH
def test_a_day_without_any_item_has_no_index(edition: Editions, edition_id: str) -> None:
    assert day_of(edition(edition_id)).aqi.tolist() == [aqi.NONE]


def test_a_day_of_the_final_limits_can_be_good_and_not_attain(editions: Standards, edition: Editions) -> None:
    # vector 48: PM2.5 55 on 2031-01-02; the sub-index is 90, the daily limit is 50.
    limit = editions.on(AirLimits, dt.date(2031, 1, 2)).day_limit["pm25"]
    index = edition(E2026)
    sub = one_sub_index(Decimal(55), "pm25", index)

    assert (sub, sub <= index.good_up_to, Decimal(55) <= limit) == (90, True, False)


@BOTH
def test_sub_index_at_each_breakpoint_is_that_of_its_row(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    rows = [0, 50, 100, 150, 200, 300, 400, 500]  # air.md, 3.1

    for key, item in index.item.items():
        nodes = np.array([int(b * 10**item.decimals) for b in item.breakpoints])
        assert aqi.sub_index(nodes, key, index).tolist() == rows[: len(nodes)], key


@BOTH
def test_sub_index_just_above_a_breakpoint_is_rounded_up(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)

    for key, item in index.item.items():
        nodes = np.array([int(b * 10**item.decimals) for b in item.breakpoints][:-1])
        assert (aqi.sub_index(nodes + 1, key, index) > aqi.sub_index(nodes, key, index)).all(), key


@BOTH
def test_sub_index_of_a_missing_concentration_is_none(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)

    assert all(aqi.sub_index(np.array([-1]), key, index).tolist() == [aqi.NONE] for key in index.item)


def test_sub_index_keeps_the_shape(edition: Editions) -> None:
    assert aqi.sub_index(np.zeros((2, 3), dtype=np.int64), "co", edition(E2012)).shape == (2, 3)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0, "优"),
        (1, "优"),
        (50, "优"),
        (51, "良"),
        (100, "良"),
        (101, "轻度污染"),
        (150, "轻度污染"),
        (151, "中度污染"),
        (200, "中度污染"),
        (201, "重度污染"),
        (300, "重度污染"),
        (301, "严重污染"),
        (500, "严重污染"),
    ],
)
@BOTH
def test_level_changes_just_above_its_bound(edition: Editions, edition_id: str, value: int, name: str) -> None:
    assert aqi.level(value, edition(edition_id)).name == name  # air.md, 3.4


@pytest.mark.parametrize(("pm25", "primary"), [("35", []), ("36", ["pm25"])])
@BOTH
def test_primary_pollutants_are_named_above_50_only(
    edition: Editions, edition_id: str, pm25: str, primary: list[str]
) -> None:
    index = edition(edition_id)
    day = day_of(index, **six("10", "20", "0.6", "80", "40", pm25))  # 35 is index 50, 36 is 52

    assert aqi.primary({k: int(v[0]) for k, v in day.sub.items()}, int(day.aqi[0]), index) == primary


def test_primary_pollutant_of_ozone_is_named_by_its_quantity(edition: Editions) -> None:
    index = edition(E2026)
    day = day_of(index, **six("10", "20", "0.6", "170", "40", "30"))

    assert aqi.primary({k: int(v[0]) for k, v in day.sub.items()}, int(day.aqi[0]), index) == ["o3"]
