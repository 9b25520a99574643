"""Evaluation of water agrees with the plain second implementation on random data, limits and ties included."""

import math
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import standards, water
from aggregations.standards import (
    BlackOdour,
    SeaLimits,
    SeaMethod,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)
from aggregations.water import attainment, black_odour, bodies, changes, cwqi, sea, sections, trophic
from tests.property import second_water as second

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "80")), deadline=None)
Body = Literal["river", "lake"]


def edition(stem: str) -> standards.Standard:
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


LIMITS = edition("gb3838-2002")
METHOD = edition("water-method-2011")
TROPHIC = edition("trophic-2004")
RANKING = edition("water-ranking-2017")
GUIDE = edition("black-odour-2015")
SEA_LIMITS = edition("gb3097-1997")
SEA_METHOD = edition("hj442")
assert isinstance(LIMITS, WaterLimits)
assert isinstance(METHOD, WaterMethod)
assert isinstance(TROPHIC, WaterTrophic)
assert isinstance(RANKING, WaterRanking)
assert isinstance(GUIDE, BlackOdour)


def near(item: str) -> st.SearchStrategy[Fraction]:
    """Means at, about and far from the limits, with ties of the rounding."""
    if item == "ph":
        return st.integers(0, 2800).map(lambda n: Fraction(n, 200))
    row, places = second.TABLE[item]
    bounds = [Fraction(each) for each in [*row.split(), *(second.LAKE_TP.split() if item == "tp" else [])]]
    step = Fraction(1, 20 * 10**places)
    about = st.tuples(st.sampled_from(bounds), st.integers(-30, 30)).map(lambda t: max(Fraction(0), t[0] + t[1] * step))
    return st.one_of(about, st.sampled_from(bounds).flatmap(lambda b: st.integers(0, 40).map(lambda n: b * n / 20)))


def means_of(*, missing: bool) -> st.SearchStrategy[dict[str, Fraction | None]]:
    absent = [st.none()] if missing else []
    required = {item: st.one_of(*[near(item)] * 6, *absent) for item in second.REQUIRED}
    others = {item: st.one_of(near(item), *absent * 2) for item in second.ITEMS if item not in required}
    return st.fixed_dictionaries({**required, **others})


anybody = st.sampled_from(["river", "lake"])


@MODEST
@given(means=means_of(missing=True), body=anybody)
def test_class_values_and_main_items_agree(means: dict[str, Fraction | None], body: Body) -> None:
    found = water.evaluate(means, body, limits=LIMITS, method=METHOD)
    main = sections.main_items(found, body, limits=LIMITS, method=METHOD)

    overall, classes, values = second.section(means, body)
    assert (found.overall, found.items) == (overall, classes)
    assert {item: Fraction(value) for item, value in found.values.items()} == values
    assert [
        (each.item, each.multiple, None if each.printed is None else Fraction(each.printed)) for each in main
    ] == second.main_items(means, body)
    row = sections.class_row(found.overall, METHOD)
    assert (row.state if row else None) == (second.STATES[overall - 1] if overall else None)


@MODEST
@given(many=st.lists(st.tuples(means_of(missing=True), st.booleans()), min_size=1, max_size=5))
def test_classes_of_many_sections_agree(many: list[tuple[dict[str, Fraction | None], bool]]) -> None:
    rounded = {}
    for item in second.ITEMS:
        exact = [means[item] for means, _ in many]
        values = np.array([math.nan if each is None else float(each) for each in exact])
        rounded[item] = water.rounded_means(values, METHOD.decimals[item], exact=lambda at, e=exact: e[at[0]])
    lakes = np.array([lake for _, lake in many])

    found = water.section_classes(rounded, lakes, limits=LIMITS, method=METHOD)

    assert found.tolist() == [second.section(means, "lake" if lake else "river")[0] for means, lake in many]


six = st.lists(st.integers(0, 30), min_size=6, max_size=6).filter(any)


@settings(max_examples=300, deadline=None)
@given(counts=six)
@example(counts=[0, 0, 1, 1, 1, 0])  # three equal remainders
@example(counts=[1, 0, 0, 0, 0, 0])
@example(counts=[0, 0, 14, 3, 0, 3])
@example(counts=[1, 1, 1, 1, 1, 1])
def test_shares_and_state_agree(counts: list[int]) -> None:
    found = bodies.class_shares(counts, METHOD)

    assert [Fraction(each) for each in found.printed] == second.shares(counts)
    assert sum(found.printed) == 100
    assert all(abs(Fraction(p) - found.exact(i)) < Fraction(1, 10) for i, p in enumerate(found.printed, 1))
    assert bodies.state_of_shares(found.good, found.worse, METHOD).name == second.state_of_shares(counts)


@MODEST
@given(rows=st.lists(means_of(missing=True), min_size=0, max_size=3), more=st.integers(0, 3), body=anybody)
def test_state_of_a_body_agrees(rows: list[dict[str, Fraction | None]], more: int, body: Body) -> None:
    rows = rows * (1 + more)  # up to 12 sections
    found = bodies.body_class(rows, body, limits=LIMITS, method=METHOD)

    classes = [second.section(each, body)[0] for each in rows]
    counts = [classes.count(each) for each in range(1, 7)]
    assert list(found.shares.counts) == counts
    if body == "lake" or sum(counts) < 5:
        assert found.rule == "means"
        assert (found.state is None) == (found.section is None or found.section.overall == 0)
    else:
        assert found.state is not None
        rates = [each for each in found.main if isinstance(each, bodies.ExceedanceRate)]
        assert (found.rule, found.state.name) == ("shares", second.state_of_shares(counts))
        assert [(each.item, each.sections) for each in rates] == second.body_rates(rows, body)
        assert [each.rate for each in rates] == [Fraction(100 * each.sections, sum(counts)) for each in rates]


@settings(max_examples=300, deadline=None)
@given(before=six, now=six)
@example(before=[0, 0, 8, 2, 0, 0], now=[0, 0, 9, 1, 0, 0])  # x is 10
@example(before=[0, 0, 8, 2, 0, 0], now=[0, 0, 10, 0, 0, 0])  # x is 20
@example(before=[0, 0, 15, 5, 0, 0], now=[0, 0, 15, 0, 0, 5])  # state alike, shares far apart
@example(before=[0, 0, 74, 26, 0, 0], now=[0, 0, 75, 10, 0, 15])  # better by state, worse by shares
def test_comparison_of_two_periods_agrees(before: list[int], now: list[int]) -> None:
    first, then = (bodies.class_shares(counts, METHOD) for counts in (before, now))
    states = [bodies.state_of_shares(each.good, each.worse, METHOD) for each in (first, then)]

    found = changes.compare(
        *states,
        METHOD,
        shares_before=changes.Shares(first.good, first.worse),
        shares=changes.Shares(then.good, then.worse),
    )

    grades = [
        ("优", "良好", "轻度污染", "中度污染", "重度污染").index(second.state_of_shares(c)) for c in (before, now)
    ]
    assert found.verdict == second.verdict((first.good, first.worse, grades[0]), (then.good, then.worse, grades[1]))


positive = st.one_of(
    st.integers(1, 100_000).map(lambda n: Fraction(n, 1000)), st.integers(1, 1000).map(lambda n: Fraction(n, 10**6))
)


@settings(max_examples=200, deadline=None)
@given(means=st.dictionaries(st.sampled_from(list(second.TLI)), positive, min_size=1))
def test_trophic_index_agrees(means: dict[str, Fraction]) -> None:
    found = trophic.trophic_state(means, TROPHIC)
    assert found.state is not None

    expected = second.tli(means)
    assert found.index == pytest.approx(float(expected), abs=1e-9)
    assert found.partial == (len(means) < 5)
    printed = second.rounded(Fraction(round(expected, 9)), 1) if expected > 0 else None
    if printed is not None:
        assert found.printed is not None
        assert abs(Fraction(found.printed) - printed) == 0
        assert found.state.state == second.trophic_state(Decimal(printed.numerator) / Decimal(printed.denominator))


@MODEST
@given(means=means_of(missing=False), body=anybody)
def test_water_quality_index_agrees(means: dict[str, Fraction | None], body: Body) -> None:
    there = {item: mean for item, mean in means.items() if mean is not None}
    found = cwqi.water_index(means, body, limits=LIMITS, ranking=RANKING)

    assert found.index == (second.cwqi(there, body) if there["do"] else None)
    assert found.missing == ([] if there["do"] else ["do"])


values_of_odour = {
    "sd": st.sampled_from([0, 9, 10, 11, 24, 25, 26, 80]),
    "do": st.sampled_from([0, "0.1", "0.2", "0.3", "1.9", "2.0", "2.1", 8]),
    "orp": st.sampled_from([-400, -201, -200, -199, 49, 50, 51, 300]),
    "nh3n": st.sampled_from([0, "7.9", "8.0", "8.1", "14.9", 15, "15.1", 40]),
}
sample_values = st.fixed_dictionaries({}, optional=values_of_odour)


@settings(max_examples=200, deadline=None)
@given(samples=st.lists(sample_values, max_size=10))
def test_grade_of_a_point_agrees(samples: list[dict[str, int | str]]) -> None:
    ours = [black_odour.Sample({k: float(v) for k, v in each.items()}) for each in samples]
    theirs = [{k: Fraction(v) for k, v in each.items()} for each in samples]

    assert black_odour.point_grade(ours, GUIDE).grade == second.point(theirs)
    assert [black_odour.sample_grade(each, GUIDE) for each in ours] == [
        max((second.odour(k, v) for k, v in each.items()), default=-1) for each in theirs
    ]


@settings(max_examples=300, deadline=None)
@given(points=st.lists(st.sampled_from([-1, 0, 1, 2, 2, 2]), max_size=12))
@example(points=[2, 2, 2, 1, 1])
@example(points=[2, 2, -1, 2])
@example(points=[2] * 6)
def test_grade_of_a_body_agrees(points: list[int]) -> None:
    found = black_odour.body_grade(points, GUIDE)

    assert (found.grade, found.heavy_reaches) == second.body_of_points(points)


@MODEST
@given(
    seed=st.integers(0, 2**32),
    n_sections=st.integers(1, 4),
    item=st.sampled_from(["tp", "nh3n", "do", "ph", "codmn"]),
    present=st.sampled_from([1.0, 0.8, 0.6, 0.0]),
)
@example(seed=1, n_sections=2, item="tp", present=1.0)
def test_means_of_many_sections_are_those_of_each(seed: int, n_sections: int, item: str, present: float) -> None:
    """Rounded to integers, ties included; one section at a time they are exact fractions."""
    drawn = np.random.default_rng(seed)
    n_days, decimals = 90, METHOD.decimals[item]
    steps = drawn.integers(1, 60, (n_sections, n_days))  # half steps of the last decimal: many ties
    days = np.where(drawn.random(steps.shape) < present, steps / (2 * 10**decimals), np.nan)
    counts = np.where(np.isfinite(days), 1, 0)
    months = [slice(0, 31), slice(31, 59), slice(59, 90)]
    many = water.SectionMeans(item, days, counts, months, [18, 18, 18])

    by_month = many.rounded_months(decimals)
    by_year = many.rounded_year(decimals, min_months=2)

    for s in range(n_sections):
        exact = [water.month_mean(days[s, cut], counts[s, cut], item=item, min_days=18) for cut in months]
        year = water.year_mean(exact, item=item, min_months=2)
        expected = [water.NO_VALUE if m is None else int(second.rounded(m, decimals) * 10**decimals) for m in exact]
        assert by_month[s].tolist() == expected
        assert by_year[s] == (water.NO_VALUE if year is None else int(second.rounded(year, decimals) * 10**decimals))


def test_edges_of_oxygen_by_saturation_are_exact() -> None:
    # 0.9 x 468 / (31.6 + T) is 6.5 at T = 33.2: class I at equality, and not a step below
    switched = msgspec.structs.replace(METHOD, oxygen_by_saturation=True, required_items=[])
    at = {"temperature": Fraction("33.2"), "do": Fraction("6.5")}

    found = [
        water.evaluate({**at, "do": Fraction(do)}, "river", limits=LIMITS, method=switched).overall
        for do in ("6.5", "6.4")
    ]
    assert found == [1, 2]


@settings(max_examples=200, deadline=None)
@given(classes=st.lists(st.integers(0, 6), min_size=1, max_size=14), target=st.integers(0, 5))
@example(classes=[2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 0], target=3)  # V22
def test_months_against_the_target_agree(classes: list[int], target: int) -> None:
    found = attainment.monthly_attainment(np.array([classes]), np.array([target]))

    told = (found.attained[0], found.evaluated[0], found.longest_failed[0], found.failed_at_end[0])
    assert told == second.months(classes, target)


def near_sea(item: str) -> st.SearchStrategy[Fraction]:
    """Values at and about the limits of the sea."""
    bounds = ["6.8", "7.8", "8.5", "8.8"] if item == "ph" else second.SEA[item].split()
    return st.tuples(st.sampled_from(bounds), st.integers(-2, 2)).map(
        lambda t: Fraction(t[0]) + t[1] * Fraction(1, 10**6)
    )


sea_values = st.fixed_dictionaries({}, optional={item: near_sea(item) for item in ("ph", *second.SEA)})


@settings(max_examples=200, deadline=None)
@given(values=sea_values)
def test_class_of_the_sea_agrees(values: dict[str, Fraction]) -> None:
    assert isinstance(SEA_LIMITS, SeaLimits)
    assert sea.station_class(values, SEA_LIMITS) == second.sea_class(values)


@settings(max_examples=300, deadline=None)
@given(areas=st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any))
@example(areas=[12, 6, 2, 0, 0])  # 60 and 90 %
@example(areas=[0, 16, 4, 0, 0])  # 80 %
@example(areas=[0, 12, 2, 0, 6])  # 60 and 30 %
@example(areas=[0, 12, 0, 0, 8])  # 40 %
@example(areas=[16, 0, 0, 0, 4])
def test_state_of_the_sea_agrees(areas: list[int]) -> None:
    assert isinstance(SEA_METHOD, SeaMethod)
    shares = sea.shares_of_areas([Fraction(each) for each in areas], SEA_METHOD)
    assert shares is not None

    n = sum(areas)
    parts = [Fraction(100 * part, n) for part in (areas[0], areas[0] + areas[1], areas[4])]
    assert [shares.first, shares.good, shares.worst] == parts
    assert sea.sea_state(shares, SEA_METHOD).state == second.sea_state(*parts)


@MODEST
@given(
    rivers=st.lists(means_of(missing=False), max_size=3),
    lakes=st.lists(means_of(missing=False), max_size=2),
    lacks=st.sampled_from(["ph", "tp", None]),
)
def test_index_of_a_city_without_each_section_is_that_of_the_others(
    rivers: list[dict[str, Fraction | None]], lakes: list[dict[str, Fraction | None]], lacks: str | None
) -> None:
    if rivers and lacks:
        rivers = [{**rivers[0], lacks: None}, *rivers[1:]]

    found = cwqi.indexes_without_each(rivers, lakes, limits=LIMITS, ranking=RANKING)

    others = [(rivers[:i] + rivers[i + 1 :], lakes) for i in range(len(rivers))]
    others += [(rivers, lakes[:i] + lakes[i + 1 :]) for i in range(len(lakes))]
    assert found == [cwqi.city_index(*each, limits=LIMITS, ranking=RANKING).index for each in others]
