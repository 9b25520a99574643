"""Water at the edges: bad input, nothing there, one section, ties, both sides of each bound."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np
import pytest

from aggregations import water
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
from aggregations.water.black_odour import HEAVY, LIGHT, NONE, UNKNOWN, Sample
from aggregations.water.classes import NO_CLASS, WORSE_THAN_V, bounds_of
from sensors.sections import WaterBody

Editions = Callable[[str], Standard]
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def limits(edition: Editions) -> WaterLimits:
    found = edition("GB 3838-2002")
    assert isinstance(found, WaterLimits)
    return found


@pytest.fixture(scope="module")
def method(edition: Editions) -> WaterMethod:
    found = edition("Water method 2011")
    assert isinstance(found, WaterMethod)
    return found


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


def five(**others: str) -> dict[str, Fraction | None]:
    """Means of the required items, all class I."""
    good = {"ph": "7", "do": "9", "codmn": "1", "nh3n": "0.1", "tp": "0.01"}
    return {item: Fraction(value) for item, value in (good | others).items()}


# --- classes


@pytest.mark.parametrize("bad", [NAN, INF, -INF, -0.001], ids=str)
@pytest.mark.parametrize("item", ["ph", "do", "nh3n", "hg"])
def test_value_that_cannot_be_has_no_class(limits: WaterLimits, item: str, bad: float) -> None:
    assert water.item_classes(np.array([bad, 7.0]), limits.item[item], "river")[0] == NO_CLASS


@pytest.mark.parametrize(("item", "class_"), [("ph", WORSE_THAN_V), ("do", WORSE_THAN_V), ("nh3n", 1), ("hg", 1)])
def test_zero_is_a_value(limits: WaterLimits, item: str, class_: int) -> None:
    assert water.item_classes(np.zeros(1), limits.item[item], "lake").tolist() == [class_]


def test_nitrogen_has_no_class_in_rivers_and_none_that_counts_in_lakes(
    limits: WaterLimits, method: WaterMethod
) -> None:
    values = np.array([0.2, 0.21, 2.0, 2.01])

    assert water.item_classes(values, limits.item["tn"], "river").tolist() == [0, 0, 0, 0]
    assert water.item_classes(values, limits.item["tn"], "lake").tolist() == [1, 2, 5, 6]
    assert water.evaluate(five(tn="9"), "lake", limits=limits, method=method).overall == 1


@pytest.mark.parametrize("required", ["ph", "do", "codmn", "nh3n", "tp"])
def test_section_tells_what_it_lacks(limits: WaterLimits, method: WaterMethod, required: str) -> None:
    found = water.evaluate(five() | {required: None}, "river", limits=limits, method=method)

    assert (found.overall, found.missing) == (NO_CLASS, [required])


def test_negative_mean_is_missing(limits: WaterLimits, method: WaterMethod) -> None:
    found = water.evaluate(five(nh3n="-0.02"), "river", limits=limits, method=method)

    assert (found.overall, found.missing) == (NO_CLASS, ["nh3n"])


def test_section_without_means_has_no_class(limits: WaterLimits, method: WaterMethod) -> None:
    found = water.evaluate({}, "river", limits=limits, method=method)

    assert (found.overall, sections.main_items(found, "river", limits=limits, method=method)) == (NO_CLASS, [])
    assert sections.class_row(found.overall, method) is None


def test_many_sections_have_no_class_without_a_required_item(limits: WaterLimits, method: WaterMethod) -> None:
    lakes = np.array([False, True])
    rounded = {item: np.array([1, 1]) for item in ("do", "codmn", "nh3n", "tp")}

    assert water.section_classes(rounded, lakes, limits=limits, method=method).tolist() == [0, 0]
    assert water.section_classes({}, lakes, limits=limits, method=method).tolist() == [0, 0]


def test_many_sections_are_not_judged_by_saturation(limits: WaterLimits, method: WaterMethod) -> None:
    switched = msgspec.structs.replace(method, oxygen_by_saturation=True)

    with pytest.raises(ValueError, match=r"^section_classes: expected oxygen by its limits only, got "):
        water.section_classes({}, np.array([False]), limits=limits, method=switched)


def test_lakes_of_many_months_have_limits_of_their_own(limits: WaterLimits) -> None:
    thousandths = np.array([[62, 25], [62, 25]])

    found = water.rounded_classes(thousandths, limits.item["tp"], decimals=3, lakes=np.array([False, True]))
    assert found.tolist() == [[2, 2], [4, 2]]


@pytest.mark.parametrize(("temperature", "salinity", "told"), [("-31.6", None, "-31.6"), ("-34", "10", "-33.5")])
def test_saturation_has_an_end_in_the_cold(
    limits: WaterLimits, temperature: str, salinity: str | None, told: str
) -> None:
    salt = None if salinity is None else Fraction(salinity)

    with pytest.raises(ValueError, match=rf"^saturated oxygen: expected more than {told} degC, got "):
        water.saturated_oxygen(Fraction(temperature), limits.oxygen_saturation, salinity=salt)


def test_salt_takes_oxygen_out(limits: WaterLimits) -> None:
    # water.md, 1.1, rule 4: (491 - 2.65 x 35) / (33.5 + 20)
    found = water.saturated_oxygen(Fraction(20), limits.oxygen_saturation, salinity=Fraction(35))

    assert found == (491 - Fraction("2.65") * 35) / Fraction("53.5")


def test_water_too_cold_for_the_formula_is_judged_by_the_limits(limits: WaterLimits, method: WaterMethod) -> None:
    switched = msgspec.structs.replace(method, oxygen_by_saturation=True)
    reading = {"do": np.array([7.2]), "temperature": np.array([-40.0])}

    assert water.evaluate(five(do="7.2", temperature="-40"), "river", limits=limits, method=switched).overall == 2
    assert water.realtime_classes(reading, "river", limits=limits, method=switched).tolist() == [2]


# --- means


def test_months_without_a_valid_day_have_no_mean() -> None:
    days = np.full((1, 59), NAN)
    many = water.SectionMeans("do", days, np.zeros_like(days, dtype=np.int64), [slice(0, 31), slice(31, 59)], [0, 0])

    assert np.isnan(many.of_months()).all()
    assert many.rounded_months(1).tolist() == [[water.NO_VALUE, water.NO_VALUE]]
    assert many.rounded_year(1, min_months=0).tolist() == [water.NO_VALUE]


def test_no_months_have_no_mean() -> None:
    many = water.SectionMeans("do", np.ones((2, 3)), np.ones((2, 3), dtype=np.int64), [], [])

    assert many.of_months().shape == (2, 0)
    assert many.rounded_year(1, min_months=1).tolist() == [water.NO_VALUE] * 2
    assert water.year_mean([], item="do", min_months=0) is None


@pytest.mark.parametrize("item", ["do", "ph"])
def test_month_mean_of_nothing_is_none_even_if_nothing_is_asked(item: str) -> None:
    assert water.month_mean(np.full(31, NAN), np.zeros(31, dtype=np.int64), item=item, min_days=0) is None


def test_half_detection_limit_is_exact_in_decimal(method: WaterMethod) -> None:
    halves = water.half_detection_limit(np.zeros(2), np.array([True, True]), np.array([0.0003, 0.015]), method=method)

    assert halves.tolist() == [0.00015, 0.0075]


# --- main items


def main_of(limits: WaterLimits, method: WaterMethod, body: WaterBody = "river", **means: str) -> list[str]:
    found = water.evaluate(five(**means), body, limits=limits, method=method)
    return [each.item for each in sections.main_items(found, body, limits=limits, method=method)]


def test_three_items_at_most_are_told(limits: WaterLimits, method: WaterMethod) -> None:
    assert main_of(limits, method, codmn="7", cod="24", nh3n="1.3", tp="0.29", bod5="5.2") == ["tp", "bod5", "nh3n"]


def test_equal_multiples_stand_as_in_table_1(limits: WaterLimits, method: WaterMethod) -> None:
    assert main_of(limits, method, cod="24", nh3n="1.2", codmn="7.2") == ["codmn", "cod", "nh3n"]  # each 0.2


def test_oxygen_and_ph_follow_items_of_their_class(limits: WaterLimits, method: WaterMethod) -> None:
    assert main_of(limits, method, ph="4", do="1", nh3n="2.1") == ["nh3n", "do", "ph"]  # all worse than V


def test_cyanide_goes_before_a_worse_class(limits: WaterLimits, method: WaterMethod) -> None:
    assert main_of(limits, method, cn="0.3", do="1", nh3n="9") == ["cn", "nh3n", "do"]


def test_item_within_class_three_is_not_told(limits: WaterLimits, method: WaterMethod) -> None:
    assert main_of(limits, method, nh3n="1.01", tp="0.2") == ["nh3n"]
    assert main_of(limits, method, nh3n="1.0", tp="0.2") == []


def test_limit_of_an_item_with_a_range_is_refused(limits: WaterLimits) -> None:
    with pytest.raises(ValueError, match=r"^ph of a river: expected one limit of a class, got "):
        sections.limit_of("ph", "river", class_=3, limits=limits)
    with pytest.raises(ValueError, match=r"^tn of a river: expected one limit of a class, got None"):
        sections.limit_of("tn", "river", class_=3, limits=limits)


# --- rivers and basins


@pytest.mark.parametrize(
    ("good", "worse", "state"),
    [
        ("90", "10", "优"), ("89.9", "0", "良好"), ("75", "25", "良好"), ("74.9", "19.9", "轻度污染"),
        ("74.9", "20", "中度污染"), ("0", "39.9", "中度污染"), ("60", "40", "重度污染"), ("0", "0", "轻度污染"),
    ],
)  # fmt: skip
def test_bounds_of_states_belong_to_the_better_good_share_and_the_worse_bad_one(
    method: WaterMethod, good: str, worse: str, state: str
) -> None:
    assert bodies.state_of_shares(Fraction(good), Fraction(worse), method).name == state


def test_share_is_not_rounded_before_it_is_judged(method: WaterMethod) -> None:
    almost = bodies.class_shares((0, 0, 8999, 1001, 0, 0), method)  # 89.99 %, printed 90.0

    assert (str(almost.printed[2]), bodies.state_of_shares(almost.good, almost.worse, method).name) == ("90.0", "良好")


@pytest.mark.parametrize(("n", "rule"), [(1, "means"), (4, "means"), (5, "shares"), (6, "shares")])
def test_rivers_of_five_sections_are_judged_by_shares(
    limits: WaterLimits, method: WaterMethod, n: int, rule: str
) -> None:
    assert bodies.body_class([five()] * n, "river", limits=limits, method=method).rule == rule


def test_section_without_a_class_leaves_the_evaluation(limits: WaterLimits, method: WaterMethod) -> None:
    dry: dict[str, Fraction | None] = {}
    broken = five(nh3n="9") | {"do": None}

    found = bodies.body_class([five()] * 4 + [dry, broken], "river", limits=limits, method=method)

    assert found.section is not None
    assert (found.rule, found.shares.evaluated, found.section.overall) == ("means", 4, 1)


def test_body_without_sections_has_no_state(limits: WaterLimits, method: WaterMethod) -> None:
    found = bodies.body_class([], "river", limits=limits, method=method)

    assert (found.state, found.main, found.shares.printed, found.shares.exact(1)) == (None, [], (), 0)


def test_points_of_a_lake_are_averaged_however_many(limits: WaterLimits, method: WaterMethod) -> None:
    points = [five(tp="0.02")] * 5 + [five(tp="0.1")]  # mean 0.0333..., class III of lakes
    found = bodies.body_class(points, "lake", limits=limits, method=method)

    assert found.section is not None
    assert (found.rule, found.section.overall, str(found.section.values["tp"])) == ("means", 3, "0.033")


def test_ph_of_a_river_goes_through_hydrogen_ions(limits: WaterLimits, method: WaterMethod) -> None:
    found = bodies.body_class([five(ph="5"), five(ph="9")], "river", limits=limits, method=method)

    assert found.section is not None
    assert str(found.section.values["ph"]) == "5"  # 5.30; the arithmetic mean is 7


def test_sections_of_each_class_are_counted_month_by_month() -> None:
    classes = np.array([[1, 6], [1, 0], [6, 6]])

    assert bodies.class_counts(classes).T.tolist() == [[2, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 2]]


def test_good_length_is_by_evaluated_length(method: WaterMethod) -> None:
    lengths = [Decimal("12.5"), Decimal("7.5"), Decimal(100)]

    assert bodies.good_length_share([3, 4, NO_CLASS], lengths, method) == Fraction(125, 2)
    assert bodies.good_length_share([0], [Decimal(1)], method) is None


# --- two periods, trends


@pytest.mark.parametrize(
    ("x", "change"),
    [("10", 0), ("10.1", 1), ("20", 1), ("20.1", 2), ("0", 0), ("-10", 0), ("-10.1", -1), ("-20", -1), ("-20.1", -2)],
)
def test_change_by_shares_has_bounds_that_belong_to_the_smaller(method: WaterMethod, x: str, change: int) -> None:
    assert changes.change_by_shares(Fraction(x), method) == change


def test_without_shares_the_states_alone_compare(method: WaterMethod) -> None:
    good, heavy = (bodies.state_of_class(class_, method) for class_ in (3, 6))
    assert good is not None
    assert heavy is not None

    assert changes.compare(heavy, good, method) == changes.Change(2, 2, None, None)
    assert changes.compare(good, heavy, method).verdict == -2
    assert bodies.state_of_class(NO_CLASS, method) is None


def test_trend_needs_four_periods(method: WaterMethod) -> None:
    with pytest.raises(ValueError, match=r"^trend of tp: expected at least 4 periods, got 3$"):
        changes.trend([Decimal(1)] * 3, "tp", method)


@pytest.mark.parametrize(
    ("values", "n", "direction", "better"),
    [
        pytest.param([1, 2, 3, 4], 4, "rising", False, id="4: equality with 1.000 counts"),
        pytest.param([4, 3, 2, 1], 4, "falling", True, id="4, falling"),
        pytest.param([1, 2, 4, 3], 4, "none", None, id="4: below 1.000"),
        pytest.param([5, 5, 5, 5, 5], 5, "none", None, id="all equal"),
        pytest.param(list(range(11)), 10, "rising", False, id="11: that of 10"),
        pytest.param(list(range(40)), 30, "rising", False, id="40: that of 30"),
    ],
)
def test_trend_takes_the_critical_value_of_the_next_smaller_number(
    method: WaterMethod, values: list[int], n: int, direction: str, better: bool | None
) -> None:
    found = changes.trend([Decimal(v) for v in values], "tp", method)

    assert (found.n_of_critical, found.direction, found.better) == (n, direction, better)


def test_trend_without_a_critical_value_says_nothing(method: WaterMethod) -> None:
    strict = msgspec.structs.replace(method, trend_missing_n="none")

    found = changes.trend([Decimal(v) for v in range(11)], "tp", strict)
    assert (found.coefficient, found.direction, found.better) == (1, None, None)


# --- targets


def test_month_without_a_class_ends_a_run_of_failures() -> None:
    classes = np.array([[4, 4, 0, 4, 3, 4, 5], [0] * 7, [3] * 7, [4] * 7])
    found = attainment.monthly_attainment(classes, np.array([3, 3, 3, 0]))

    assert found.longest_failed.tolist() == [2, 0, 0, 0]
    assert found.failed_at_end.tolist() == [2, 0, 0, 0]
    assert (found.attained.tolist(), found.evaluated.tolist()) == ([1, 0, 7, 0], [6, 0, 7, 0])
    assert [found.rate(i) for i in range(4)] == [Fraction(100, 6), None, 100, None]


def test_no_months_are_no_failures() -> None:
    found = attainment.monthly_attainment(np.empty((2, 0), dtype=np.int64), np.array([3, 3]))

    assert (found.longest_failed.tolist(), found.rate(0)) == ([0, 0], None)


# --- trophic state


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("29.9", "贫营养"), ("30.0", "中营养"), ("50.0", "中营养"), ("50.1", "轻度富营养"), ("60.0", "轻度富营养"),
        ("60.1", "中度富营养"), ("70.0", "中度富营养"), ("70.1", "重度富营养"), ("-20", "贫营养"),
        ("140", "重度富营养"),
    ],
)  # fmt: skip
def test_bounds_of_trophic_states(index: WaterTrophic, value: str, state: str) -> None:
    assert trophic.state_of(Decimal(value), index).state == state


@pytest.mark.parametrize("bad", [None, 0, -1, NAN, INF], ids=str)
def test_trophic_item_without_an_index_is_missing(index: WaterTrophic, bad: float | None) -> None:
    lake = {"chla": bad, "tp": 0.075, "tn": 1.35, "sd": 55, "codmn": 4.8}
    found = trophic.trophic_state(lake, index)

    assert (found.missing, found.partial) == (["chla"], True)
    # weights over what is there: (0.7056 x 52.294 + 0.6724 x 59.614 + 0.6889 x (62.778 + 42.831)) / 2.7558
    assert f"{found.index:.2f}" == "54.34"


def test_lake_without_any_item_has_no_trophic_state(index: WaterTrophic) -> None:
    found = trophic.trophic_state({}, index)

    assert (found.index, found.printed, found.state, len(found.missing)) == (None, None, None, 5)


def test_trophic_state_may_be_that_of_the_unrounded_index(index: WaterTrophic) -> None:
    # 10 (9.436 + 1.624 ln x) is 50.04 for this phosphorus: printed 50.0
    x = {"tp": float(np.exp((5.004 - 9.436) / 1.624))}
    exact = msgspec.structs.replace(index, state_compares="exact")

    found = [trophic.trophic_state(x, each) for each in (index, exact)]
    assert [(str(each.printed), each.state.state if each.state else None) for each in found] == [
        ("50.0", "中营养"),
        ("50.0", "轻度富营养"),
    ]


# --- ranking


def all_items(ranking: WaterRanking, **others: str) -> dict[str, Fraction | None]:
    return {item: Fraction(others.get(item, "5" if item in ("ph", "do") else "0")) for item in ranking.items}


def test_index_is_refused_without_an_item(limits: WaterLimits, ranking: WaterRanking) -> None:
    means = all_items(ranking) | {"hg": None}
    refused = cwqi.water_index(means, "river", limits=limits, ranking=ranking)
    partial = cwqi.water_index(means, "river", limits=limits, ranking=ranking, partial=True)

    assert (refused.index, refused.missing, refused.partial) == (None, ["hg"], False)
    assert (partial.index, partial.missing, partial.partial) == (3, ["hg"], True)  # pH 5: 2; oxygen 5: 1


@pytest.mark.parametrize(("item", "value"), [("do", "0"), ("do", "-1"), ("nh3n", "-0.1")])
def test_value_without_an_index_is_missing(limits: WaterLimits, ranking: WaterRanking, item: str, value: str) -> None:
    found = cwqi.water_index(all_items(ranking, **{item: value}), "river", limits=limits, ranking=ranking)

    assert (found.index, found.missing) == (None, [item])
    with pytest.raises(ValueError, match=rf"^index of {item}: expected a value that has one, got "):
        cwqi.single_index(Fraction(value), item, "river", limits=limits, ranking=ranking)


def test_city_without_sections_has_no_index(limits: WaterLimits, ranking: WaterRanking) -> None:
    found = cwqi.city_index([], [], limits=limits, ranking=ranking)

    assert (found.index, found.rivers, found.lakes, found.partial) == (None, None, None, False)


def test_city_with_a_refused_part_is_refused(limits: WaterLimits, ranking: WaterRanking) -> None:
    lake = all_items(ranking) | {"cu": None}
    refused = cwqi.city_index([all_items(ranking)], [lake], limits=limits, ranking=ranking)
    partial = cwqi.city_index([all_items(ranking)], [lake], limits=limits, ranking=ranking, partial=True)

    assert (refused.index, refused.partial, partial.index, partial.partial) == (None, False, 3, True)


def test_cities_rank_by_the_unrounded_index_and_partial_ones_do_not(limits: WaterLimits, ranking: WaterRanking) -> None:
    def city(nh3n: str, *, without: tuple[str, ...] = ()) -> cwqi.CityIndex:
        means = {k: v for k, v in all_items(ranking, nh3n=nh3n).items() if k not in without}
        return cwqi.city_index([means], [], limits=limits, ranking=ranking, partial=True)

    found = {
        "a": city("0.10001"),
        "b": city("0.1"),
        "c": city("0.10001"),
        "d": city("0"),
        "e": city("0", without=("cu",)),
    }

    assert str(found["a"].printed) == str(found["b"].printed)
    assert cwqi.ranks(found) == {"a": 3, "b": 2, "c": 3, "d": 1, "e": None}


def test_cities_rank_by_change_the_largest_improvement_first() -> None:
    found = cwqi.change_ranks({"a": Decimal("-3.10"), "b": None, "c": Decimal("4.00"), "d": Decimal("-17.57")})

    assert found == {"a": 2, "b": None, "c": 3, "d": 1}


@pytest.mark.parametrize("before", [0, -1])
def test_change_against_nothing_is_refused(ranking: WaterRanking, before: int) -> None:
    with pytest.raises(ValueError, match=r"^earlier water quality index: expected a positive number, got "):
        cwqi.change(Fraction(5), Fraction(before), ranking)


# --- black odour


@pytest.mark.parametrize(
    ("indicator", "value", "grade"),
    [
        ("sd", 25, NONE), ("sd", 24.9, LIGHT), ("sd", 10, LIGHT), ("sd", 9.9, HEAVY),
        ("do", 2.0, NONE), ("do", 1.99, LIGHT), ("do", 0.2, LIGHT), ("do", 0.19, HEAVY),
        ("orp", 50, NONE), ("orp", 49, LIGHT), ("orp", -200, LIGHT), ("orp", -201, HEAVY),
        ("nh3n", 8.0, NONE), ("nh3n", 8.01, LIGHT), ("nh3n", 15, LIGHT), ("nh3n", 15.1, HEAVY),
    ],
)  # fmt: skip
def test_value_at_a_bound_is_on_its_better_side(guide: BlackOdour, indicator: str, value: float, grade: int) -> None:
    assert black_odour.sample_grades(Sample({indicator: value}), guide) == {indicator: grade}  # water.md, 5.1


@pytest.mark.parametrize(
    ("values", "grades"),
    [
        ({"sd": -1, "do": -0.1, "nh3n": INF, "orp": NAN}, {}),
        ({"orp": -300, "tp": 9}, {"orp": HEAVY}),
        ({"do": None, "sd": 0}, {"sd": HEAVY}),
        ({}, {}),
    ],
)
def test_value_that_cannot_be_is_no_data(
    guide: BlackOdour, values: dict[str, float | None], grades: dict[str, int]
) -> None:
    assert black_odour.sample_grades(Sample(values), guide) == grades


@pytest.mark.parametrize(
    ("sd", "depth", "clear", "light_only", "heavy_below"),
    [
        pytest.param(7.9, 20, False, LIGHT, HEAVY, id="below 40 % of the depth"),
        pytest.param(8, 20, False, NONE, LIGHT, id="at 40 % of the depth"),
        pytest.param(20, 20, True, NONE, NONE, id="clear to the bottom"),
        pytest.param(9, 25, False, HEAVY, HEAVY, id="25 cm are not shallow"),
        pytest.param(9, 24.9, False, LIGHT, HEAVY, id="just shallow"),
        pytest.param(9, None, False, HEAVY, HEAVY, id="depth not known"),
    ],
)
def test_shallow_water_is_held_against_its_depth(
    guide: BlackOdour, sd: float, depth: float | None, clear: bool, light_only: int, heavy_below: int
) -> None:
    sample = Sample({"sd": sd}, depth=depth, clear_to_bottom=clear)
    other = msgspec.structs.replace(guide, shallow_rule="heavy_below")

    assert [black_odour.sample_grade(sample, each) for each in (guide, other)] == [light_only, heavy_below]


@pytest.mark.parametrize(
    ("heavy_sd", "heavy_do", "n", "grade"),
    [(6, 0, 10, HEAVY), (3, 3, 10, HEAVY), (3, 2, 10, LIGHT), (5, 2, 10, LIGHT), (3, 0, 5, HEAVY), (0, 0, 3, NONE)],
)
def test_shares_of_samples_are_inclusive(guide: BlackOdour, heavy_sd: int, heavy_do: int, n: int, grade: int) -> None:
    samples = [Sample({"sd": 9 if i < heavy_sd else 50, "do": 0.1 if i < heavy_do else 8}) for i in range(n)]

    assert black_odour.point_grade(samples, guide).grade == grade


@pytest.mark.parametrize(("n", "sufficient"), [(2, False), (3, True)])
def test_point_needs_three_samples(guide: BlackOdour, n: int, sufficient: bool) -> None:
    found = black_odour.point_grade([Sample({"do": 8})] * n + [Sample({})], guide)

    assert (found.samples, found.sufficient) == (n, sufficient)


def test_point_without_samples_has_no_grade(guide: BlackOdour) -> None:
    assert black_odour.point_grade([], guide).grade == UNKNOWN
    assert black_odour.body_grade([], guide) == black_odour.BodyGrade(UNKNOWN, [], None, False)


@pytest.mark.parametrize(
    ("points", "grade", "reaches"),
    [
        ([HEAVY] * 3 + [NONE] * 2, HEAVY, [(0, 2)]),
        ([HEAVY] * 3 + [NONE] * 3, LIGHT, [(0, 2)]),
        ([HEAVY, HEAVY, NONE, NONE, NONE], LIGHT, []),
        ([NONE, LIGHT, NONE], LIGHT, []),
        ([NONE] * 3, NONE, []),
        ([HEAVY, HEAVY, UNKNOWN, HEAVY], HEAVY, []),
        ([NONE, HEAVY, HEAVY, HEAVY, HEAVY, NONE, NONE], LIGHT, [(1, 4)]),
    ],
)
def test_body_is_graded_by_points_and_runs(
    guide: BlackOdour, points: list[int], grade: int, reaches: list[tuple[int, int]]
) -> None:
    found = black_odour.body_grade(points, guide)

    assert (found.grade, found.heavy_reaches) == (grade, reaches)


@pytest.mark.parametrize(("n", "sufficient"), [(2, False), (3, True)])
def test_body_needs_three_points(guide: BlackOdour, n: int, sufficient: bool) -> None:
    assert black_odour.body_grade([NONE] * n + [UNKNOWN], guide).sufficient is sufficient


def test_treated_body_returns_where_it_is_black_odorous_afterwards() -> None:
    grades = np.array([[2, 2, 0, 0], [2, 0, 0, 1], [2, 0, 2, 0], [0, 0, -1, -1], [2, 2, 2, 2]])

    assert black_odour.returned(grades, np.array([2, 1, 1, 0, 4])).tolist() == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("interval", "days", "state", "overdue"),
    [
        ("daily", 0, "waiting", 0), ("daily", 1, "due", 0), ("daily", 2, "overdue", 1),
        ("weekly", 6, "waiting", 0), ("weekly", 7, "due", 0), ("weekly", 10, "overdue", 3),
    ],
)  # fmt: skip
def test_sample_is_due_when_the_interval_is_over(
    guide: BlackOdour, interval: Literal["daily", "weekly"], days: int, state: str, overdue: int
) -> None:
    last = dt.date(2024, 2, 28)  # over a leap day
    found = black_odour.patrol(last, last + dt.timedelta(days=days), interval, guide)

    assert (found.state, found.overdue_days) == (state, overdue)


# --- sea


@pytest.fixture(scope="module")
def sea_limits(edition: Editions) -> SeaLimits:
    found = edition("GB 3097-1997")
    assert isinstance(found, SeaLimits)
    return found


@pytest.fixture(scope="module")
def sea_method(edition: Editions) -> SeaMethod:
    found = edition("HJ 442")
    assert isinstance(found, SeaMethod)
    return found


@pytest.mark.parametrize(
    ("item", "value", "class_"),
    [
        ("do", "6.01", 1), ("do", "6", 2), ("do", "3.01", 4), ("do", "3", 5), ("ph", "7.8", 1), ("ph", "7.7", 3),
        ("ph", "8.5", 1), ("ph", "8.6", 3), ("ph", "8.9", 5), ("ph", "6.7", 5), ("din", "0.20", 1), ("din", "0.201", 2),
        ("din", "0.5", 4), ("din", "0.51", 5), ("po4p", "0.03", 2), ("po4p", "0.031", 4), ("oil", "0.05", 1),
        ("hg", "0.00021", 4), ("codmn", "-1", 0),
    ],
)  # fmt: skip
def test_class_of_an_item_of_the_sea(sea_limits: SeaLimits, item: str, value: str, class_: int) -> None:
    assert sea.item_class(Fraction(value), item, sea_limits) == class_
    assert sea.item_class(float(value), item, sea_limits) == class_


@pytest.mark.parametrize("bad", [None, NAN, INF], ids=str)
def test_missing_item_of_the_sea_has_no_class(sea_limits: SeaLimits, bad: float | None) -> None:
    assert sea.station_class({"do": bad}, sea_limits) == sea.NO_CLASS


def test_good_area_is_by_the_area_judged(sea_method: SeaMethod) -> None:
    found = sea.sea_shares([1, 2, 3, 5, 0], [Decimal("10.5"), 20, 30, Decimal("39.5"), 500], sea_method)

    assert found == sea.SeaShares(Fraction("10.5"), Fraction("30.5"), Fraction("39.5"))
    assert str(found.printed_good(sea_method)) == "30.5"
    assert sea.sea_shares([0], [5], sea_method) is None


def test_good_area_of_a_year_is_the_mean_of_three_surveys(sea_method: SeaMethod) -> None:
    spring, summer, autumn = (
        sea.SeaShares(Fraction(0), Fraction(g), Fraction(w)) for g, w in ((70, 9), (80, 6), (76, 0))
    )
    found = sea.mean_of_surveys([spring, summer, autumn])

    assert found is not None
    assert (str(found.printed_good(sea_method)), found.worst) == ("75.3", 5)
    assert sea.mean_of_surveys([spring, None, autumn]) is None
    assert sea.mean_of_surveys([]) is None


@pytest.mark.parametrize(
    ("first", "good", "worst", "state"),
    [
        ("60", "90", "0", "优"), ("59.9", "90", "0", "良好"), ("60", "89.9", "0", "良好"), ("0", "80", "20", "良好"),
        ("0", "79.9", "0", "一般"), ("0", "60", "30", "一般"), ("0", "59.9", "30", "差"), ("0", "60", "30.1", "差"),
        ("0", "20", "40", "差"), ("0", "20", "40.1", "极差"),
    ],
)  # fmt: skip
def test_bounds_of_states_of_the_sea(sea_method: SeaMethod, first: str, good: str, worst: str, state: str) -> None:
    assert sea.sea_state(sea.SeaShares(Fraction(first), Fraction(good), Fraction(worst)), sea_method).state == state


# --- sources

FIVE_MORE = {"so4": "250", "cl": "250", "no3n": "10", "fe": "0.3", "mn": "0.1"}


def test_source_at_every_limit_attains(limits: WaterLimits, method: WaterMethod) -> None:
    means = five(do="5", codmn="6", nh3n="1.0", tp="0.2", **FIVE_MORE)

    assert sources.source_verdict(means, "river", limits=limits, method=method).attains is True


@pytest.mark.parametrize("item", FIVE_MORE)
def test_source_beyond_a_limit_of_table_2_fails(limits: WaterLimits, method: WaterMethod, item: str) -> None:
    means = five(
        **FIVE_MORE | {item: FIVE_MORE[item] + ".0001" if "." not in FIVE_MORE[item] else FIVE_MORE[item] + "1"}
    )

    found = sources.source_verdict(means, "river", limits=limits, method=method)
    assert (found.attains, found.failed) == (False, [item])


def test_source_is_not_held_against_nitrogen_and_coliforms(limits: WaterLimits, method: WaterMethod) -> None:
    means = five(tn="9", fcoli="90000", temperature="40", **FIVE_MORE)

    assert sources.source_verdict(means, "lake", limits=limits, method=method).attains is True


@pytest.mark.parametrize(("nh3n", "attains"), [("0.5", None), ("1.1", False)])
def test_source_with_a_missing_item_attains_only_if_nothing_fails(
    limits: WaterLimits, method: WaterMethod, nh3n: str, attains: bool | None
) -> None:
    means = five(nh3n=nh3n, **FIVE_MORE) | {"fe": None, "ph": None, "mn": Fraction(-1)}
    found = sources.source_verdict(means, "river", limits=limits, method=method)

    assert (found.attains, found.missing) == (attains, ["ph", "fe", "mn"])


def test_sources_that_were_not_evaluated_leave_both_rates() -> None:
    assert sources.source_rates([True, None, False], [1, 98, 1]) == sources.SourceRates(
        1, 2, Fraction(50), Fraction(50)
    )
    assert sources.source_rates([None], [5]) == sources.SourceRates(0, 0, None, None)
    assert sources.source_rates([True], [0]).by_volume is None


@pytest.mark.parametrize("body", ["river", "lake"])
def test_a_mean_has_the_class_that_its_value_has_among_many(
    body: WaterBody, limits: WaterLimits, method: WaterMethod
) -> None:
    for item in method.class_items:
        bounds = bounds_of(limits.item[item], body) or []
        step = Decimal(1).scaleb(-method.decimals[item])
        for value in (each for bound in bounds for each in (bound - step, bound, bound + step) if each >= 0):
            alone = water.evaluate({item: Fraction(value)}, body, limits=limits, method=method)
            together = water.item_classes(np.array([float(alone.values[item])]), limits.item[item], body)
            assert alone.items[item] == together[0], (item, value)
