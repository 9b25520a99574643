"""All worked vectors of water, V1 to V25 of shared/standards/water.md, section 7, each under its number.

Expected values are typed from the note; where it says where a vector comes from (a published figure, a unit test of
another program), so does the test.
"""

import csv
import gzip
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations import water
from aggregations.rounding import half_even
from aggregations.standards import (
    BlackOdour,
    SeaLimits,
    SeaMethod,
    Standard,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)
from aggregations.water import attainment, black_odour, bodies, changes, cwqi, sea, sections, sources, trophic
from aggregations.water.black_odour import HEAVY, LIGHT, NONE, Sample
from ingestor.formats import cnemc_water

Editions = Callable[[str], Standard]
Means = dict[str, Fraction | None]

NAMES = {  # water.md, 1.1
    "ph": "pH值", "do": "溶解氧", "codmn": "高锰酸盐指数", "cod": "化学需氧量", "nh3n": "氨氮", "tp": "总磷",
    "hg": "汞", "pb": "铅", "fluoride": "氟化物",
}  # fmt: skip


def of(**values: str) -> Means:
    return {item: Fraction(value) for item, value in values.items()}


@pytest.fixture(scope="module")
def limits(edition: Editions) -> WaterLimits:
    found = edition("GB 3838-2002")
    assert isinstance(found, WaterLimits)
    return found


@pytest.fixture(scope="module")
def method(edition: Editions) -> WaterMethod:
    """The method; vectors leave items out, so none is required."""
    found = edition("Water method 2011")
    assert isinstance(found, WaterMethod)
    return msgspec.structs.replace(found, required_items=[])


@pytest.fixture(scope="module")
def guide(edition: Editions) -> BlackOdour:
    found = edition("Black-odour guide 2015")
    assert isinstance(found, BlackOdour)
    return found


@pytest.fixture(scope="module")
def index(edition: Editions) -> WaterTrophic:
    found = edition("Trophic state 2004")
    assert isinstance(found, WaterTrophic)
    return found


@pytest.fixture(scope="module")
def ranking(edition: Editions) -> WaterRanking:
    found = edition("Water ranking 2017")
    assert isinstance(found, WaterRanking)
    return found


# --- V1 to V5: sections


@pytest.mark.parametrize(
    ("means", "items", "name", "state", "main"),
    [
        pytest.param(
            of(ph="7.62", do="8.1", codmn="2.4", nh3n="0.21", tp="0.064"),
            {"ph": 1, "do": 1, "codmn": 2, "nh3n": 2, "tp": 2}, "Ⅱ", "优", "", id="V1",
        ),
        pytest.param(
            of(ph="9.0", do="5.0", codmn="6.0", cod="20.0", nh3n="1.00", tp="0.200"),
            {"ph": 1, "do": 3, "codmn": 3, "cod": 3, "nh3n": 3, "tp": 3}, "Ⅲ", "良好", "", id="V2: limits exactly met",
        ),
        pytest.param(
            of(ph="7.9", do="5.6", codmn="7.2", cod="26.0", nh3n="1.36", tp="0.23"),
            {"ph": 1, "do": 3, "codmn": 4, "cod": 4, "nh3n": 4, "tp": 4}, "Ⅳ", "轻度污染",
            "氨氮(0.4)、化学需氧量(0.3)、高锰酸盐指数(0.2)", id="V3",
        ),
        pytest.param(
            of(ph="7.4", do="1.6", codmn="9.1", cod="36.0", nh3n="3.2", tp="0.52"),
            {"ph": 1, "do": 6, "codmn": 4, "cod": 5, "nh3n": 6, "tp": 6}, "劣Ⅴ", "重度污染",
            "氨氮(2.2)、总磷(1.6)、溶解氧", id="V4",
        ),
        pytest.param(
            of(ph="7.1", do="6.2", codmn="8.0", cod="28.0", nh3n="1.45", hg="0.00012", pb="0.060"),
            {"ph": 1, "do": 2, "codmn": 4, "cod": 4, "nh3n": 4, "hg": 4, "pb": 5}, "Ⅴ", "中度污染",
            "铅(0.2)、汞(0.2)、氨氮(0.4)", id="V5: heavy metals first",
        ),
    ],
)  # fmt: skip
def test_section_has_class_state_and_main_items_of_the_vectors(
    limits: WaterLimits, method: WaterMethod, means: Means, items: dict[str, int], name: str, state: str, main: str
) -> None:
    found = water.evaluate(means, "river", limits=limits, method=method)
    row = sections.class_row(found.overall, method)

    assert row is not None
    assert (found.items, row.name, row.state, found.profile) == (items, name, state, "evaluation")
    printed = sections.printed_items(sections.main_items(found, "river", limits=limits, method=method), NAMES)
    assert printed == main


@pytest.mark.parametrize(
    ("means", "multiples"),
    [
        pytest.param(
            of(codmn="7.2", cod="26.0", nh3n="1.36", tp="0.23", do="5.6"),
            {"codmn": "0.20", "cod": "0.30", "nh3n": "0.36", "tp": "0.15", "do": None}, id="V3",
        ),
        pytest.param(
            of(codmn="9.1", cod="36.0", nh3n="3.2", tp="0.52", do="1.6", ph="4"),
            {"nh3n": "2.2", "tp": "1.6", "cod": "0.8", "do": None, "ph": None}, id="V4",  # CODMn is 0.5 rounded
        ),
        pytest.param(
            of(codmn="8.0", cod="28.0", nh3n="1.45", hg="0.00012", pb="0.060"),
            {"pb": "0.2", "hg": "0.2", "nh3n": "0.45", "cod": "0.40"}, id="V5",  # CODMn is 1/3
        ),
    ],
)  # fmt: skip
def test_multiples_are_those_of_the_vectors(
    limits: WaterLimits, method: WaterMethod, means: Means, multiples: dict[str, str | None]
) -> None:
    found = water.evaluate(means, "river", limits=limits, method=method)

    computed = {
        item: sections.multiple(found.values[item], item, "river", limits=limits, method=method) for item in multiples
    }
    assert computed == {item: None if text is None else Fraction(text) for item, text in multiples.items()}


# --- V6 to V9: means, rounding, detection limits, lakes


def test_ph_mean_goes_through_hydrogen_ions() -> None:
    values = [Fraction(v) for v in ("6.5", "7.9", "8.8", "9.0", "6.78", "8.87")]

    assert round(float(water.mean_of(values, item="ph")), 2) == 7.08  # V6; unit test of source S5
    assert half_even(water.mean_of(values, item="do"), 2) == Decimal("7.98")  # arithmetic, which that of pH must not be


V7 = [
    ("tp", "0.2005", "0.200", 3),
    ("tp", "0.2006", "0.201", 4),
    ("nh3n", "1.005", "1.00", 3),
    ("nh3n", "1.015", "1.02", 4),
    ("do", "4.95", "5.0", 3),
    ("do", "4.94", "4.9", 4),
    ("codmn", "6.05", "6.0", 3),
    ("codmn", "6.051", "6.1", 4),
    ("ph", "9.49", "9", 1),
    ("ph", "9.5", "10", 6),
    ("cr6", "0.0004", "0.0004", 1),
]


@pytest.mark.parametrize(("item", "mean", "value", "class_"), V7, ids=[f"V7: {row[0]} {row[1]}" for row in V7])
def test_rounding_is_that_of_the_vector(
    limits: WaterLimits, method: WaterMethod, item: str, mean: str, value: str, class_: int
) -> None:
    found = water.evaluate(of(**{item: mean}), "river", limits=limits, method=method)

    assert (str(found.values[item]), found.items[item]) == (value, class_)


@pytest.mark.parametrize(("item", "mean", "value", "class_"), V7, ids=[f"V7: {row[0]} {row[1]}" for row in V7])
def test_rounding_of_many_sections_is_that_of_the_vector(
    limits: WaterLimits, method: WaterMethod, item: str, mean: str, value: str, class_: int
) -> None:
    decimals = method.decimals[item]
    rounded = water.rounded_means(np.array([float(mean)]), decimals, exact=lambda _: Fraction(mean))
    classes = water.rounded_classes(rounded, limits.item[item], decimals=decimals, lakes=np.array([False]))

    kept_digit = "0.000" if value == "0.0004" else value  # no class depends on the digit that one section keeps
    assert (rounded.tolist(), classes.tolist()) == ([int(Decimal(kept_digit).scaleb(decimals))], [class_])


def test_results_below_the_detection_limit_are_half_of_it(limits: WaterLimits, method: WaterMethod) -> None:
    months = water.half_detection_limit(  # V8: <0.00004, 0.00006, <0.00004, <0.00004
        np.array([np.nan, 0.00006, 0.0, 0.00004]),
        np.array([True, False, True, True]),
        np.full(4, 0.00004),
        method=method,
    )
    mean = water.year_mean([Fraction(repr(v)) for v in months.tolist()], item="hg", min_months=4)

    assert months.tolist() == [0.00002, 0.00006, 0.00002, 0.00002]
    assert mean == Fraction("0.00003")
    assert water.evaluate({"hg": mean}, "river", limits=limits, method=method).overall == 1


def test_phosphorus_of_a_lake_is_worse_than_of_a_river(limits: WaterLimits, method: WaterMethod) -> None:
    river, lake = (water.evaluate(of(tp="0.062"), b, limits=limits, method=method) for b in ("river", "lake"))  # V9
    (main,) = sections.main_items(lake, "lake", limits=limits, method=method)

    assert (river.overall, lake.overall, main.multiple) == (2, 4, Fraction("0.24"))


# --- V10 to V16: rivers and basins


def test_river_of_four_sections_is_judged_by_means(limits: WaterLimits, method: WaterMethod) -> None:
    rows = zip(  # V10
        ("0.6", "0.9", "1.8", "2.6"), ("3.2", "4.1", "6.6", "8.9"), ("7.2", "6.1", "4.4", "3.9"),
        ("0.08", "0.12", "0.21", "0.33"), strict=True,
    )  # fmt: skip
    four = [of(nh3n=n, codmn=c, do=d, tp=p) for n, c, d, p in rows]

    found = bodies.body_class(four, "river", limits=limits, method=method)

    assert found.section is not None
    assert found.state is not None
    assert (found.rule, found.section.items) == ("means", {"nh3n": 4, "codmn": 3, "do": 3, "tp": 3})
    # 0.185 has three decimals: it stays
    assert {k: str(v) for k, v in found.section.values.items()} == {
        "nh3n": "1.48", "codmn": "5.7", "do": "5.4", "tp": "0.185",
    }  # fmt: skip
    main = [each for each in found.main if isinstance(each, sections.MainItem)]
    assert (found.state.name, sections.printed_items(main, NAMES)) == ("轻度污染", "氨氮(0.5)")
    alone = [water.evaluate(each, "river", limits=limits, method=method).overall for each in four]
    assert alone == [3, 3, 5, 6]


@pytest.mark.parametrize(
    ("counts", "good", "worse", "state"),
    [
        pytest.param((0, 5, 3, 1, 0, 1), "80.0", "10.0", "良好", id="V11"),
        pytest.param((0, 0, 14, 3, 0, 3), "70.0", "15.0", "轻度污染", id="V12"),
        pytest.param((0, 0, 12, 4, 0, 4), "60.0", "20.0", "中度污染", id="V13"),
        pytest.param((0, 0, 3, 3, 0, 4), "30.0", "40.0", "重度污染", id="V14"),
        pytest.param((0, 0, 9, 0, 0, 1), "90.0", "10.0", "优", id="V14b"),
        pytest.param((0, 0, 49, 22, 11, 38), "40.8", "31.7", "中度污染", id="V15: Shanxi, published (S21)"),
        pytest.param((0, 0, 9, 8, 5, 24), "19.6", "52.2", "重度污染", id="V15: Fen River, published (S21)"),
    ],
)
def test_state_of_a_river_is_that_of_the_vectors(
    method: WaterMethod, counts: tuple[int, ...], good: str, worse: str, state: str
) -> None:
    shares = bodies.class_shares(counts, method)

    assert (f"{float(shares.good):.1f}", f"{float(shares.worse):.1f}") == (good, worse)
    assert bodies.state_of_shares(shares.good, shares.worse, method).name == state


def test_shares_of_classes_add_up_to_a_hundred(method: WaterMethod) -> None:
    shanxi = bodies.class_shares((0, 0, 49, 22, 11, 38), method)  # V15, as published
    fen = bodies.class_shares((0, 0, 9, 8, 5, 24), method)  # V15: published 19.6, 17.4, 10.9, 52.2, which is 100.1

    assert [str(each) for each in shanxi.printed[2:]] == ["40.8", "18.3", "9.2", "31.7"]
    assert [str(each) for each in fen.printed[2:]] == ["19.5", "17.4", "10.9", "52.2"]
    assert (sum(shanxi.printed), sum(fen.printed)) == (100, 100)
    assert fen.exact(3) == fen.good == Fraction(900, 46)


def test_main_items_of_a_basin_go_by_exceedance_rate(limits: WaterLimits, method: WaterMethod) -> None:
    over = {"tp": ("0.3", 6), "cod": ("25", 5), "nh3n": ("1.2", 4), "codmn": ("8", 3), "fluoride": ("1.2", 1)}  # V16
    twenty = [of(do="9", **{item: value for item, (value, n) in over.items() if i < n}) for i in range(20)]

    found = bodies.body_class(twenty, "river", limits=limits, method=method)

    rates = [each for each in found.main if isinstance(each, bodies.ExceedanceRate)]
    assert found.rule == "shares"
    assert [(NAMES[each.item], str(each.printed)) for each in rates] == [
        ("总磷", "30.0"),
        ("化学需氧量", "25.0"),
        ("氨氮", "20.0"),
    ]


# --- V17, V18: two periods, trends


@pytest.mark.parametrize(
    ("before", "now", "points", "by_state", "by_shares"),
    [
        pytest.param(("72.0", "6.0"), ("81.0", "3.5"), "11.5", 1, 1, id="V17"),
        pytest.param(("76", "5"), ("89", "0"), "18", 0, 1, id="V17b: the larger change counts"),
    ],
)
def test_two_periods_compare_as_the_vectors_do(
    method: WaterMethod, before: tuple[str, str], now: tuple[str, str], points: str, by_state: int, by_shares: int
) -> None:
    first, second = (changes.Shares(Fraction(g), Fraction(w)) for g, w in (before, now))

    found = changes.compare(
        bodies.state_of_shares(first.good, first.worse, method),
        bodies.state_of_shares(second.good, second.worse, method),
        method,
        shares_before=first,
        shares=second,
    )

    assert (found.points, found.by_state, found.by_shares) == (Fraction(points), by_state, by_shares)
    assert changes.CHANGES[found.verdict][0] == "有所好转"


def test_trend_is_that_of_the_vector(method: WaterMethod) -> None:
    yearly = [Decimal(v) for v in ("1.42", "1.31", "1.35", "1.10", "0.98", "1.02", "0.80", "0.74")]  # V18

    found = changes.trend(yearly, "nh3n", method)

    assert found.coefficient == 1 - Fraction(984, 504)
    assert f"{float(found.coefficient):.3f}" == "-0.952"
    assert (found.n_of_critical, found.critical_05, found.direction) == (8, Decimal("0.643"), "falling")
    assert found.better is True
    assert changes.trend(yearly, "do", method).better is False  # 2.7: for oxygen the wording is reversed


# --- V19: trophic state


@pytest.mark.parametrize(
    ("lake", "items", "index_of", "state"),
    [
        pytest.param(
            {"chla": "0.026", "tp": "0.075", "tn": "1.35", "sd": "55", "codmn": "4.8"},  # 26 mg/m3, 0.55 m
            {"chla": 60.383, "tp": 52.294, "tn": 59.614, "sd": 62.778, "codmn": 42.831}, "55.9", "轻度富营养", id="V19",
        ),
        pytest.param(
            {"chla": "0.0021", "tp": "0.012", "tn": "0.42", "sd": "320", "codmn": "1.9"},  # 2.1 mg/m3, 3.2 m
            {"chla": 33.057, "tp": 22.533, "tn": 39.835, "sd": 28.615, "codmn": 18.170}, "28.7", "贫营养", id="V19b",
        ),
    ],
)  # fmt: skip
def test_trophic_state_is_that_of_the_vectors(
    index: WaterTrophic, lake: dict[str, str], items: dict[str, float], index_of: str, state: str
) -> None:
    found = trophic.trophic_state({key: Fraction(value) for key, value in lake.items()}, index)

    assert found.state is not None
    assert {key: round(value, 3) for key, value in found.items.items()} == items
    assert (str(found.printed), found.state.state, found.partial) == (index_of, state, False)


def test_trophic_index_has_the_exact_weights(index: WaterTrophic) -> None:
    lake = {"chla": 0.026, "tp": 0.075, "tn": 1.35, "sd": 55, "codmn": 4.8}  # V19: 55.95 with printed weights

    assert f"{trophic.trophic_state(lake, index).index:.3f}" == "55.945"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"chla": 0.026}, "36.0", id="V19: chlorophyll in mg/L as mg/m3"),
        pytest.param({"sd": 55.0}, "39.6", id="V19: transparency in cm as m"),
    ],
)
def test_units_of_the_formula_are_a_trap(index: WaterTrophic, wrong: dict[str, float], told: str) -> None:
    right = {"chla": 26, "tp": 0.075, "tn": 1.35, "sd": 0.55, "codmn": 4.8}
    squares = {"chla": 1, "tp": 0.7056, "tn": 0.6724, "sd": 0.6889, "codmn": 0.6889}

    values = right | wrong
    weighted = sum(squares[key] * trophic.item_index(x, key, index) for key, x in values.items())
    # What comes out of the wrong unit, to warn; `trophic_state` takes the quantities' own units instead.
    assert f"{weighted / 3.7558:.1f}" == told


# --- V20: city ranking

V20_RIVER = {
    "ph": "7.8", "do": "7.2", "codmn": "3.6", "cod": "14", "bod5": "2.2", "nh3n": "0.42", "tp": "0.096", "cu": "0.0025",
    "zn": "0.02", "fluoride": "0.45", "se": "0.0002", "arsenic": "0.0015", "hg": "0.00002", "cd": "0.00005",
    "cr6": "0.002", "pb": "0.0005", "cn": "0.002", "vp": "0.0003", "oil": "0.01", "las": "0.03", "sulfide": "0.005",
}  # fmt: skip
V20_LAKE = V20_RIVER | {
    "ph": "8.1", "do": "8.4", "codmn": "3.0", "cod": "12", "bod5": "1.8", "nh3n": "0.12", "tp": "0.041"
}  # fmt: skip
V20_SINGLE = "0.4 0.6944 0.6 0.7 0.55 0.42 0.48 0.0025 0.02 0.45 0.02 0.03 0.2 0.01 0.04 0.01 0.01 0.06 0.2 0.15 0.025"


def test_water_quality_index_is_that_of_the_vector(limits: WaterLimits, ranking: WaterRanking) -> None:
    river = cwqi.water_index(of(**V20_RIVER), "river", limits=limits, ranking=ranking)  # V20
    lake = cwqi.water_index(of(**V20_LAKE), "lake", limits=limits, ranking=ranking)

    assert [round(float(each), 4) for each in river.single.values()] == [float(v) for v in V20_SINGLE.split()]
    assert (str(river.printed), str(lake.printed), river.missing, river.partial) == ("5.0719", "4.8627", [], False)
    assert lake.single["tp"] == Fraction("0.82")


def test_city_index_and_change_are_those_of_the_vector(limits: WaterLimits, ranking: WaterRanking) -> None:
    found = cwqi.city_index([of(**V20_RIVER)] * 4, [of(**V20_LAKE)], limits=limits, ranking=ranking)  # V20
    assert found.index is not None

    # pH of four equal sections comes back through the ions as itself
    assert (str(found.printed), found.n_rivers, found.n_lakes) == ("5.0301", 4, 1)
    assert str(cwqi.change(found.index, Fraction("6.1020"), ranking)) == "-17.57"


@pytest.mark.parametrize(
    ("ph", "single"), [pytest.param("6.4", "0.6", id="V20: 6.4"), pytest.param("7.0", "0", id="V20: 7.0")]
)
def test_index_of_ph_is_its_distance_from_seven(
    limits: WaterLimits, ranking: WaterRanking, ph: str, single: str
) -> None:
    found = cwqi.single_index(Fraction(ph), "ph", "river", limits=limits, ranking=ranking)

    assert found == Fraction(single)


# --- V21: black odour


def samples(n: int, **values: list[float]) -> list[Sample]:
    """`n` samples; each indicator has the given values first and clear water after them."""
    clear = {"sd": 50.0, "do": 8.0, "orp": 200.0, "nh3n": 1.0}
    return [
        Sample({key: values.get(key, [])[i] if i < len(values.get(key, [])) else good for key, good in clear.items()})
        for i in range(n)
    ]


@pytest.mark.parametrize(
    ("bad", "grade"),
    [
        pytest.param({"sd": [9.0] * 6}, HEAVY, id="V21: 60 % of one indicator"),
        pytest.param({"sd": [9.0] * 3, "nh3n": [16.0] * 3}, HEAVY, id="V21: 30 % of two"),
        pytest.param({"sd": [9.0] * 5}, LIGHT, id="V21: 50 % of one"),
    ],
)
def test_point_is_graded_as_the_vector(guide: BlackOdour, bad: dict[str, list[float]], grade: int) -> None:
    assert black_odour.point_grade(samples(10, **bad), guide).grade == grade


def test_body_is_graded_as_the_vector(guide: BlackOdour) -> None:
    found = black_odour.body_grade([HEAVY, HEAVY, HEAVY, LIGHT, LIGHT], guide)  # V21

    assert (found.grade, found.heavy_reaches, found.heavy_share) == (HEAVY, [(0, 2)], 60)


def test_one_sample_is_graded_by_its_worst_indicator(guide: BlackOdour) -> None:
    sample = Sample({"sd": 30, "do": 1.0, "nh3n": 20}, depth=50)  # V21; unit test of source S3

    assert black_odour.sample_grades(sample, guide) == {"sd": NONE, "do": LIGHT, "nh3n": HEAVY}
    assert black_odour.sample_grade(sample, guide) == HEAVY


# --- V22, V23: targets, sources


def test_monthly_attainment_is_that_of_the_vector() -> None:
    months = np.array([[2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 0]])  # V22
    found = attainment.monthly_attainment(months, np.array([3]))

    assert (found.attained.tolist(), found.evaluated.tolist()) == ([9], [11])
    assert f"{float(found.rate(0) or 0):.1f}" == "81.8"
    attained, judged = attainment.attains(np.array([3]), np.array([3]))
    assert (attained.tolist(), judged.tolist()) == ([True], [True])


@pytest.mark.parametrize(
    ("attains", "volumes", "by_number", "by_volume"),
    [
        pytest.param([True, True, False], ["620", "310", "127.3"], "66.7", "88.0", id="V23"),
        pytest.param([True] * 7, ["151", "151", "151", "151", "151", "151", "151.3"], "100.0", "100.0", id="V23: S18"),
    ],
)
def test_rates_of_sources_are_those_of_the_vector(
    attains: list[bool | None], volumes: list[str], by_number: str, by_volume: str
) -> None:
    found = sources.source_rates(attains, [Decimal(v) for v in volumes])

    assert found.by_number is not None
    assert found.by_volume is not None
    assert (f"{float(found.by_number):.1f}", f"{float(found.by_volume):.1f}") == (by_number, by_volume)


# --- V24, V25: saturation, sea


def test_oxygen_by_saturation_is_a_switch(limits: WaterLimits, method: WaterMethod) -> None:
    means = of(do="7.2", temperature="28")  # V24
    switched = msgspec.structs.replace(method, oxygen_by_saturation=True)
    reading = {"do": np.array([7.2, 7.06, 7.2]), "temperature": np.array([28, 28, np.nan])}

    saturated = water.saturated_oxygen(Fraction(28), limits.oxygen_saturation)
    assert (f"{float(saturated):.3f}", f"{float(saturated * Fraction('0.9')):.3f}") == ("7.852", "7.067")
    assert [water.evaluate(means, "river", limits=limits, method=m).overall for m in (method, switched)] == [2, 1]
    assert water.realtime_classes(reading, "river", limits=limits, method=method).tolist() == [2, 2, 2]
    assert water.realtime_classes(reading, "river", limits=limits, method=switched).tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("good", "worst", "state"),
    [
        pytest.param("67.9", "9.9", "一般", id="V25: Bohai"),
        pytest.param("82.5", "0", "良好", id="V25: Yellow Sea"),
        pytest.param("46.9", "31.0", "差", id="V25: East China Sea"),
        pytest.param("75.8", "15.2", "一般", id="V25: South China Sea"),
        pytest.param("67.8", "15.6", "一般", id="V25: the country"),
    ],
)
def test_state_of_the_sea_is_that_published_for_2017(edition: Editions, good: str, worst: str, state: str) -> None:
    found = edition("HJ 442")
    assert isinstance(found, SeaMethod)

    shares = sea.SeaShares(Fraction("19.8"), Fraction(good), Fraction(worst))  # Bohai: 19.8 + 48.1
    assert sea.sea_state(shares, found).state == state


def test_class_of_the_sea_is_that_of_its_worst_item(edition: Editions) -> None:
    found = edition("GB 3097-1997")
    assert isinstance(found, SeaLimits)

    # water.md, section 6: class 2 values, at the limit and (oxygen) just above it
    values = of(ph="7.8", do="5.01", codmn="3", bod5="3", din="0.30", po4p="0.030", oil="0.05")
    assert sea.station_class(values, found) == 2
    assert sea.station_class(values | of(do="5"), found) == 3
    assert sea.station_class(values | of(din="0.51"), found) == sea.WORSE_THAN_4


# --- what the authority published (water.md, section 0); the lakes: README of the data

LAKES = "岗南水库 汤河水库 急水港桥 西山 湖滨(老) 陶岔 坝上中(胡家岭) 西苑隧道 观音山 裕溪口(老) 蛤蟆石 岳阳楼"
PUBLISHED = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "Ⅴ": 5, "劣Ⅴ": 6}


def test_realtime_class_is_the_one_published(data_folder: Path, limits: WaterLimits, edition: Editions) -> None:
    """Without the sections taken as lakes because of their published class: that would be circular."""
    method = edition("Water method 2011")
    assert isinstance(method, WaterMethod)
    (file,) = (data_folder / "water_sections_2020").glob("daily_snapshots_*.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8") as text:
        rows = [row for row in csv.DictReader(text) if row["class_published"] in PUBLISHED]
    inferred = {section.split("-", 1)[1] for of_lake in cnemc_water.LAKES.values() for section in of_lake}
    rows = [row for row in rows if row["section"] in LAKES.split() or row["section"] not in inferred]

    columns = {"ph": "pH_raw", "do": "DO_mgL_raw", "codmn": "CODMn_mgL_raw", "nh3n": "NH3N_mgL_raw", "tp": "TP_mgL_raw"}
    published = np.array([PUBLISHED[row["class_published"]] for row in rows])
    lakes = np.array([row["section"] in LAKES.split() for row in rows])
    values = {item: np.array([number(row[column]) for row in rows]) for item, column in columns.items()}
    by_body = [water.realtime_classes(values, b, limits=limits, method=method) for b in ("river", "lake")]

    same = int((np.where(lakes, by_body[1], by_body[0]) == published).sum())
    assert len(rows) > 11_000  # of the 23,752 of the note, those that lie beside the repository
    assert same / len(rows) >= 0.999, same


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
