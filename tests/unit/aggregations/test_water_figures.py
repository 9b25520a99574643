"""Indicators of water beside shares: vectors of shared/standards/water.md, section 7, as figures."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import periods, water
from aggregations.comparison import compared
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, ManualSample, SectionDays
from aggregations.indicators.water_means import areas_of, section_means
from aggregations.rounding import half_even
from aggregations.standards import BlackOdour, Standards, WaterMethod
from aggregations.trends import yearly_water_trend
from aggregations.water import bodies
from sensors.register import Station

Compute = Callable[..., Figure]
CLEAN = {"ph": 7.5, "do": 8.0, "codmn": 1.5, "nh3n": 0.1, "tp": 0.01}


def station(name: str = "s", **more: object) -> Station:
    base: dict[str, object] = {
        "medium": "water", "id": name, "name": name, "name_en": name, "city": "town", "district": "", "lon": None,
        "lat": None, "since": None, "until": None,
    }  # fmt: skip
    return Station(**(base | more))  # type: ignore[arg-type]


def section(
    period: str,
    items: Mapping[str, float] | Sequence[Mapping[str, float] | None] = (),
    *,
    manual: Sequence[tuple[int, Mapping[str, float]]] = (),
    targets: Sequence[int] = (),
    last_sample: dt.date | None = None,
    **more: object,
) -> SectionDays:
    """A section with the same means on every day, or those of each month (None: no data), and manual samples."""
    days = periods.parse(period).days()
    of_day = (
        [items] * len(days) if isinstance(items, Mapping) else [items[d.month - 1] if items else None for d in days]
    )
    keys = dict.fromkeys(key for each in of_day if each for key in each)
    means = {key: np.array([each[key] if each else np.nan for each in of_day]) for key in keys}
    counts = {key: np.where(np.isnan(values), 0, 6) for key, values in means.items()}
    samples = [ManualSample(day, dict(values)) for day, values in manual]
    return SectionDays(
        station(**more), means, counts, samples, list(targets), last_sample=last_sample  # type: ignore[arg-type]
    )  # fmt: skip


def given(editions: Standards, period: str, sections: Sequence[SectionDays]) -> Facts:
    return Facts(
        scope="city:town", period=periods.parse(period), standards=editions, staged=False, sections=list(sections)
    )


@pytest.fixture(scope="module")
def compute(editions: Standards) -> Compute:
    def figure(name: str, period: str, *sections: SectionDays) -> Figure:
        return INDICATORS[name].compute(INDICATORS[name], given(editions, period, sections))

    return figure


V10 = [
    {"ph": 7.0, "do": 7.2, "codmn": 3.2, "nh3n": 0.6, "tp": 0.08},
    {"ph": 7.0, "do": 6.1, "codmn": 4.1, "nh3n": 0.9, "tp": 0.12},
    {"ph": 7.0, "do": 4.4, "codmn": 6.6, "nh3n": 1.8, "tp": 0.21},
    {"ph": 7.0, "do": 3.9, "codmn": 8.9, "nh3n": 2.6, "tp": 0.33},
]


def test_river_of_four_sections_is_judged_by_its_means(compute: Compute) -> None:
    those = [section("2020-06", items) for items in V10]  # V10
    class_, state, main = (compute(f"water.{name}", "2020-06", *those) for name in ("class", "state", "main_items"))

    assert (class_.value, class_.label, class_.label_en) == (4, "Ⅳ类", "IV")
    assert (state.value, state.label) == (3, "轻度污染（黄色）")
    assert (main.value, main.label, main.label_en) == (1, "氨氮(0.5)", "NH3-N(0.5)")
    assert str(compute("water.exceedance_multiple.nh3n", "2020-06", *those).value) == "0.5"
    assert str(compute("water.exceedance_multiple.codmn", "2020-06", *those).value) == "0.0"


OF_CLASS = [{**CLEAN, "nh3n": value} for value in (0.1, 0.4, 0.9, 1.4, 1.9, 2.4)]


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ((0, 5, 3, 1, 0, 1), "良好（绿色）"),  # V11
        ((0, 0, 14, 3, 0, 3), "轻度污染（黄色）"),  # V12
        ((0, 0, 12, 4, 0, 4), "中度污染（橙色）"),  # V13
        ((0, 0, 3, 3, 0, 4), "重度污染（红色）"),  # V14
        ((9, 0, 0, 0, 0, 1), "优（蓝色）"),  # V14b
        ((0, 0, 9, 8, 5, 24), "重度污染（红色）"),  # V15, the Fen River
    ],
)
def test_body_of_five_sections_or_more_is_judged_by_shares(
    compute: Compute, counts: Sequence[int], state: str
) -> None:  # fmt: skip
    those = [section("2020-06", OF_CLASS[i]) for i, n in enumerate(counts) for _ in range(n)]
    figure = compute("water.state", "2020-06", *those)
    shares = [compute(f"water.class_share.{i}", "2020-06", *those).value for i in range(1, 7)]

    assert figure.label == state
    assert sum(share for share in shares if share is not None) == Decimal("100.0")
    assert compute("water.class", "2020-06", *those).reasons == [
        "judged by shares of classes: it has a state, not a class"
    ]


@pytest.mark.parametrize(("switch", "decides"), [("insufficient", False), ("left_out", True)])
def test_sections_without_a_class_are_named_and_the_switch_says_whether_the_others_decide(
    editions: Standards, switch: str, decides: bool
) -> None:
    changed = [
        msgspec.structs.replace(each, sections_without_class=switch) if isinstance(each, WaterMethod) else each
        for each in editions.all
    ]
    rows = [*OF_CLASS[:4], *OF_CLASS[2:4], {}, {}]
    those = [section("2020-06", items, id=f"s{i}", target_class="III") for i, items in enumerate(rows)]
    facts = given(Standards(changed, editions.digests), "2020-06", those)
    names = ("good_ratio", "class_share.3", "state", "worst_class", "target_attainment")
    for name in names:
        indicator = INDICATORS[f"water.{name}"]
        figure = indicator.compute(indicator, facts)
        assert (figure.valid, figure.expected, figure.sufficient) == (6, 8, decides), name
        assert figure.provisional == ["no class: s6, s7"], name
    none = given(Standards(changed, editions.digests), "2020-06", those[6:])
    indicator = INDICATORS["water.good_ratio"]
    assert not indicator.compute(indicator, none).sufficient


def test_main_items_of_a_basin_are_those_of_the_largest_exceedance_rates(compute: Compute) -> None:
    # V16: of 20 sections TP is over in 6, COD in 5, NH3-N in 4, CODMn in 3, F in 1
    over = {"tp": (0.3, 6), "cod": (25.0, 5), "nh3n": (1.4, 4), "codmn": (8.0, 3), "fluoride": (1.4, 1)}
    clean = {**CLEAN, "cod": 10.0, "fluoride": 0.5}
    those = [section("2020-06", clean | {k: v for k, (v, n) in over.items() if i < n}) for i in range(20)]

    assert compute("water.main_items", "2020-06", *those).label == "总磷(30.0%)、化学需氧量(25.0%)、氨氮(20.0%)"


def test_rivers_and_lakes_below_five_sections_have_no_state_together(compute: Compute) -> None:
    figure = compute("water.state", "2020-06", section("2020-06", CLEAN), section("2020-06", CLEAN, body="lake"))

    assert (figure.value, figure.sufficient, len(figure.reasons)) == (None, False, 1)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        # V17b: good 76 to 88 %, worse than V 4 to 0 %: both 良好, x = 16
        ((0, 0, 19, 5, 0, 1), (0, 0, 22, 3, 0, 0), "有所好转"),
        # V17: good 72 to 80 %, worse 8 to 4 %: 轻度污染 to 良好, x = 12
        ((0, 0, 18, 5, 0, 2), (0, 0, 20, 4, 0, 1), "有所好转"),
        ((0, 0, 22, 3, 0, 0), (0, 0, 22, 3, 0, 0), "无明显变化"),
        ((0, 0, 25, 0, 0, 0), (0, 0, 10, 5, 0, 10), "明显变差"),
    ],
)
def test_two_periods_of_a_river_are_compared_by_states_and_shares(
    editions: Standards, before: Sequence[int], now: Sequence[int], verdict: str
) -> None:
    def facts(period: str, counts: Sequence[int]) -> Facts:
        those = [section(period, OF_CLASS[i]) for i, n in enumerate(counts) for _ in range(n)]
        return given(editions, period, those)

    found = compared(INDICATORS["water.state"], facts("2020-06", now), facts("2019-06", before))

    assert found.label == verdict


V22 = [OF_CLASS[c - 1] if c else None for c in (2, 3, 3, 4, 3, 2, 0, 3, 4, 3, 3, 2)]


def test_months_of_a_section_against_its_target_are_those_of_the_vector(compute: Compute) -> None:
    those = [section("2020", V22, target_class="III")]
    months = compute("water.month_attainment", "2020", *those)

    assert (str(months.value), months.valid, months.expected, months.sufficient) == ("81.8", 11, 12, True)  # V22
    assert compute("water.target_attainment", "2020", *those).value == 100  # V22: of the year
    assert compute("water.months_failed_run", "2020", *those).value == 1
    assert compute("water.months_failing", "2020", *those).value == 0


@pytest.mark.parametrize(
    ("months", "value", "said"),
    [
        ([OF_CLASS[3]] * 12, 12, []),
        ([*[OF_CLASS[3]] * 5, None, *[OF_CLASS[3]] * 6], 6, ["a month without a class ends a run: 1"]),
    ],
)
def test_a_month_without_a_class_ends_a_run_and_the_figure_says_so(
    compute: Compute, months: list[Mapping[str, float] | None], value: int, said: list[str]
) -> None:
    found = compute("water.months_failed_run", "2020", section("2020", months, target_class="III"))
    assert (found.value, [each for each in found.provisional if "run" in each]) == (value, said)


WITH_X = {**CLEAN, "cod": 35.0, "fluoride": 1.4, "cu": 0.005}  # COD class V, fluoride IV


@pytest.mark.parametrize(
    ("own", "class_", "main"),
    [
        ((), "Ⅴ类", "化学需氧量(0.8)、氟化物(0.4)"),
        (("fluoride",), "Ⅳ类", "氟化物(0.4)"),
        (("fluoride", "cod"), "Ⅴ类", "化学需氧量(0.8)、氟化物(0.4)"),
        (("cu",), "Ⅰ类", ""),
    ],
)
def test_section_with_items_of_its_own_is_judged_by_the_five_and_these(
    compute: Compute, own: tuple[str, ...], class_: str, main: str
) -> None:
    one = section("2020-06", WITH_X, own_items=own, target_class="III")
    attains = class_ == "Ⅰ类"

    assert compute("water.class", "2020-06", one).label == class_
    assert compute("water.main_items", "2020-06", one).label == main
    assert compute("water.good_ratio", "2020-06", one).value == 100 * attains
    assert compute("water.month_attainment", "2020-06", one).value == 100 * attains
    assert compute("water.mean.cod", "2020-06", one).value == Decimal("35.0")  # means and multiples are of all items


def test_river_is_averaged_over_the_items_that_its_sections_are_judged_by(compute: Compute) -> None:
    # COD is judged in the second only, 35 mg/L: class V. With the first, 5 mg/L, it were 20: class III.
    those = [
        section("2020-06", {**CLEAN, "cod": 5.0, "cu": 0.005}, own_items=("cu",)),
        section("2020-06", {**CLEAN, "cod": 35.0}, own_items=("cod",)),
    ]
    assert compute("water.class", "2020-06", *those).label == "Ⅴ类"


def test_switch_judges_every_section_by_all_class_items(editions: Standards) -> None:
    changed = [
        msgspec.structs.replace(each, section_items="class") if isinstance(each, WaterMethod) else each
        for each in editions.all
    ]
    one = section("2020-06", WITH_X, own_items=("fluoride",))
    facts = given(Standards(changed, editions.digests), "2020-06", [one])

    assert INDICATORS["water.class"].compute(INDICATORS["water.class"], facts).label == "Ⅴ类"


def test_own_item_without_a_mean_is_told_and_items_that_are_not_judged_are_not(compute: Compute) -> None:
    one = section("2020-06", CLEAN, manual=[(3, {"cod": 35.0, "fluoride": 1.4})], own_items=("fluoride", "hg"))
    figure = compute("water.class", "2020-06", one)

    assert (figure.label, figure.provisional) == ("Ⅳ类", ["manual: F", "s: no mean of its own items Hg"])
    assert compute("water.cwqi", "2020-06", one).provisional == ["manual: COD, F"]


def test_each_month_is_held_against_the_target_of_its_last_day(compute: Compute) -> None:
    # IV until the end of June, III from July: class IV attains six months and fails six.
    targets = [4 if day.month <= 6 else 3 for day in periods.parse("2020").days()]
    moved = section("2020", OF_CLASS[3], targets=targets)
    months = compute("water.month_attainment", "2020", moved)

    assert str(months.value) == "50.0"
    assert months.provisional == ["s: target IV before 2020-07-01, III from then on"]
    assert compute("water.target_attainment", "2020", moved).value == 0  # of the year by its last day
    assert compute("water.months_failing", "2020", moved).value == 6


def test_month_without_enough_automatic_days_takes_the_manual_samples(compute: Compute) -> None:
    sampled = section("2020-06", manual=[(3, {**CLEAN, "nh3n": 1.2}), (20, {**CLEAN, "nh3n": 1.6})])
    figure = compute("water.class", "2020-06", sampled)

    assert (figure.label_en, figure.sufficient) == ("IV", True)
    assert figure.provisional == ["manual: pH, DO, CODMn, NH3-N, TP"]


def test_automatic_results_go_first_for_the_items_of_the_method_and_manual_ones_for_others(compute: Compute) -> None:
    both = section("2020-06", {**CLEAN, "cod": 10.0}, manual=[(3, {"nh3n": 3.0, "cod": 35.0})])
    figure = compute("water.main_items", "2020-06", both)

    assert (figure.label_en, figure.provisional) == ("COD(0.8)", ["manual: COD"])
    assert str(compute("water.mean.nh3n", "2020-06", both).value) == "0.10"


def test_week_is_the_mean_of_its_days_across_two_months(compute: Compute) -> None:
    assert str(periods.parse("2020-W27")) == "2020-W27"  # 29 June to 5 July
    assert compute("water.class", "2020-W27", section("2020-W27", OF_CLASS[2])).label_en == "III"


def test_source_attainment_is_by_number_and_by_volume(compute: Compute) -> None:
    five = {"so4": 50.0, "cl": 50.0, "no3n": 2.0, "fe": 0.1, "mn": 0.05}
    v23 = [("620", OF_CLASS[1] | five), ("310", OF_CLASS[2] | five), ("127.3", OF_CLASS[1] | five | {"mn": 0.11})]
    those = [section("2020-06", items, intake=Decimal(n), section_role="source") for n, items in v23]
    number = compute("water.source_attainment", "2020-06", *those)
    volume = compute("water.source_attainment_by_volume", "2020-06", *those)

    assert (str(number.value), str(volume.value), number.provisional) == ("66.7", "88.0", [])  # V23
    seven = [section("2020-06", OF_CLASS[2], intake=Decimal(5), section_role="source")] * 7
    assert str(compute("water.source_attainment", "2020-06", *seven).value) == "100.0"  # V23: seven of seven


def test_source_without_its_five_items_is_judged_by_the_others_and_says_so(compute: Compute) -> None:
    figure = compute("water.source_attainment", "2020-06", section("2020-06", CLEAN, section_role="source"))

    assert (figure.value, figure.provisional) == (
        100, ["not measured at some sources: sulphate, chloride, nitrate, Fe, Mn"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["water.source_attainment", "water.source_attainment_by_volume"])
def test_sources_are_those_of_the_role_else_those_with_an_intake_and_never_other_sections(
    compute: Compute, name: str
) -> None:  # fmt: skip
    bad = OF_CLASS[5]
    ordinary, called = section("2020-06", bad), section("2020-06", CLEAN, intake=Decimal(5), section_role="source")
    with_intake = section("2020-06", CLEAN, intake=Decimal(5))
    none = compute(name, "2020-06", ordinary)

    assert (none.value, none.expected, none.sufficient) == (None, 0, False)
    assert none.reasons == ["no drinking-water source in the register"]
    assert [compute(name, "2020-06", ordinary, each).value for each in (called, with_intake)] == [100, 100]
    failing = section("2020-06", bad, intake=Decimal(5))
    assert compute(name, "2020-06", called, failing).expected == 1  # a role comes before an intake


def test_trophic_index_is_that_of_the_vector(compute: Compute) -> None:
    v19 = {"chla": 0.026, "tp": 0.075, "tn": 1.35, "sd": 55.0, "codmn": 4.8}  # V19, in mg/L and cm
    figure = compute("water.trophic_index", "2020-06", section("2020-06", v19, body="lake"))
    partial = compute("water.trophic_index", "2020-06", section("2020-06", {**v19, "sd": 0.0}, body="lake"))

    assert (str(figure.value), figure.label, figure.sufficient) == ("55.9", "轻度富营养", True)
    assert (partial.sufficient, partial.reasons) == (False, ["no mean of transparency"])


@pytest.mark.parametrize(
    ("switch", "areas", "nh3n", "label"),
    [
        ("equal", ("90", "10"), "1.10", "Ⅳ类"),
        ("area", ("90", "10"), "0.38", "Ⅱ类"),  # (90 x 0.2 + 10 x 2.0) / 100 = 0.38
        ("area", ("90", None), "1.10", "Ⅳ类"),
        ("area", ("7.5", "7.5"), "1.10", "Ⅳ类"),
    ],
)
def test_points_of_a_lake_are_weighted_by_their_areas_where_the_switch_says_so(
    editions: Standards, switch: str, areas: tuple[str, str | None], nh3n: str, label: str
) -> None:
    changed = [
        msgspec.structs.replace(each, lake_points=switch) if isinstance(each, WaterMethod) else each
        for each in editions.all
    ]
    points = [
        section("2020-06", {**CLEAN, "nh3n": value}, body="lake", area_km2=Decimal(area) if area else None)
        for value, area in zip((0.2, 2.0), areas, strict=True)
    ]
    facts = given(Standards(changed, editions.digests), "2020-06", points)
    method = facts.standards.on(WaterMethod, facts.period.last)
    found = bodies.means_of_sections(
        [section_means(each, facts.period, method) for each in points], areas_of(points, method)
    )

    assert str(half_even(found["nh3n"], 2)) == nh3n
    assert INDICATORS["water.class"].compute(INDICATORS["water.class"], facts).label == label


def test_area_weighs_the_trophic_index_and_only_points_that_have_the_item(editions: Standards) -> None:
    # pH through ions: 0.9 x 1e-7 + 0.1 x 1e-6 = 1.9e-7, pH 6.72; tp is of the first point alone.
    means = bodies.means_of_sections(
        [{"ph": Fraction(7), "tp": Fraction("0.03")}, {"ph": Fraction(6), "tp": None}], [Decimal(90), Decimal(10)]
    )
    assert (str(half_even(means["ph"], 2)), means["tp"]) == ("6.72", Fraction("0.03"))
    method = [m for m in editions.all if isinstance(m, WaterMethod)]
    weighted = [msgspec.structs.replace(m, lake_points="area") for m in method]
    v19 = {"chla": 0.026, "tp": 0.075, "tn": 1.35, "sd": 55.0, "codmn": 4.8}  # V19: 55.9; V19b: 28.7
    v19b = {"chla": 0.0021, "tp": 0.012, "tn": 0.42, "sd": 320.0, "codmn": 1.9}
    points = [
        section("2020-06", items, body="lake", area_km2=area)
        for items, area in ((v19, Decimal(999999)), (v19b, Decimal("0.000001")))
    ]
    standards = Standards([*weighted, *(each for each in editions.all if each not in method)], editions.digests)
    figure = INDICATORS["water.trophic_index"]

    assert str(figure.compute(figure, given(standards, "2020-06", points)).value) == "55.9"


REST = {
    "cu": 0.0025, "zn": 0.02, "fluoride": 0.45, "se": 0.0002, "arsenic": 0.0015, "hg": 0.00002, "cd": 0.00005,
    "cr6": 0.002, "pb": 0.0005, "cn": 0.002, "vp": 0.0003, "oil": 0.01, "las": 0.03, "sulfide": 0.005,
}  # fmt: skip
V20 = {"ph": 7.8, "do": 7.2, "codmn": 3.6, "cod": 14.0, "bod5": 2.2, "nh3n": 0.42, "tp": 0.096, **REST}
V20_LAKE = {"ph": 8.1, "do": 8.4, "codmn": 3.0, "cod": 12.0, "bod5": 1.8, "nh3n": 0.12, "tp": 0.041, **REST}


def test_index_of_a_city_is_that_of_the_vector(compute: Compute) -> None:
    lake = section("2020-06", manual=[(0, V20_LAKE)], body="lake")
    figure = compute("water.cwqi", "2020-06", *[section("2020-06", V20)] * 4, lake)

    assert (str(figure.value), figure.sufficient) == ("5.0301", True)  # V20


def test_index_is_refused_without_one_of_its_items(compute: Compute) -> None:
    figure = compute("water.cwqi", "2020-06", section("2020-06", {k: v for k, v in V20.items() if k != "hg"}))

    assert (figure.value, figure.sufficient, figure.reasons) == (None, False, ["no mean of Hg"])


def odour(samples: Sequence[Mapping[str, float]], **more: object) -> SectionDays:
    manual = [(3 * i, each) for i, each in enumerate(samples)]
    return section("2020-06", manual=manual, section_role="black_odour", **more)  # type: ignore[arg-type]


GOOD = {"sd": 40.0, "do": 5.0, "orp": 100.0, "nh3n": 1.0}
HEAVY = [{**GOOD, "sd": 5.0}] * 6 + [GOOD] * 4  # V21: 60 %
TWO = [{**GOOD, "sd": 5.0, "nh3n": 16.0}] * 3 + [GOOD] * 7  # V21: two indicators at 30 %
LIGHT = [{**GOOD, "sd": 5.0}] * 5 + [GOOD] * 5  # V21


@pytest.mark.parametrize(
    ("points", "label"),
    [
        ([HEAVY], "轻度0、重度1"), ([TWO], "轻度0、重度1"), ([LIGHT], "轻度1、重度0"), ([[GOOD] * 3], "轻度0、重度0"),
        ([HEAVY, HEAVY, TWO, LIGHT, LIGHT], "轻度0、重度1"), ([HEAVY, HEAVY, LIGHT, LIGHT], "轻度1、重度0"),
    ],
)  # fmt: skip
def test_bodies_are_graded_by_their_samples(compute: Compute, points: list[list[dict[str, float]]], label: str) -> None:
    those = [odour(samples, water="brook") for samples in points]
    figure = compute("water.black_odorous", "2020-06", *those)

    assert (figure.label, figure.expected, figure.sufficient) == (label, 1, True)


def test_body_that_is_black_odorous_after_a_clean_month_has_returned(compute: Compute) -> None:
    back = section("2020", manual=[(10, GOOD), (40, LIGHT[0])], section_role="black_odour", water="brook")
    never_clean = section("2020", manual=[(10, LIGHT[0]), (40, GOOD)], section_role="black_odour", water="ditch")
    figure = compute("water.returned_bodies", "2020", back, never_clean)

    assert (figure.value, figure.label) == (1, "brook")
    assert figure.provisional == ["no day of treatment in the register, by their first clean month: 2"]


@pytest.mark.parametrize(
    ("treated", "days", "value"),
    [
        ("2020-02-08", [10, 40], 1),  # black-odorous on 10 February
        ("2020-02-10", [10, 40], 0),  # on the day itself it was not completed yet
        ("2020-02-09", [10, 40], 1),
        ("2019-06-30", [10, 40], 1),
        ("2020-01-31", [10], 0),  # black-odorous before, clean after
    ],
)
def test_treated_body_returns_by_samples_after_its_day_of_treatment(
    compute: Compute, treated: str, days: list[int], value: int
) -> None:
    manual = [(day, LIGHT[0]) for day in days] + [(50, GOOD)]
    body = section(
        "2020", manual=manual, section_role="black_odour", water="brook", treated=dt.date.fromisoformat(treated)
    )
    figure = compute("water.returned_bodies", "2020", body)

    assert (figure.value, figure.sufficient, figure.provisional) == (value, True, [])


def test_body_whose_treatment_is_not_completed_cannot_return(compute: Compute) -> None:
    more = {"section_role": "black_odour", "manual": [(10, GOOD), (40, LIGHT[0])]}
    open_, done = (
        section("2020", water=name, treated=dt.date.fromisoformat(day), **more)  # type: ignore[arg-type]
        for name, day in (("open", "2020-12-31"), ("done", "2020-01-01"))
    )
    both, alone = compute("water.returned_bodies", "2020", open_, done), compute("water.returned_bodies", "2020", open_)

    assert (both.value, both.expected, both.label, both.provisional) == (1, 1, "done", ["treatment not completed: 1"])
    assert (alone.value, alone.reasons) == (None, ["no body whose treatment was completed"])


def test_treatment_of_a_body_is_completed_with_that_of_its_last_point(compute: Compute) -> None:
    points = [
        section(
            "2020", manual=[(40, LIGHT[0]), (60, GOOD)], section_role="black_odour", water="brook",
            treated=dt.date.fromisoformat(day),
        )
        for day in ("2020-01-01", "2020-02-20")
    ]  # fmt: skip
    assert compute("water.returned_bodies", "2020", *points).value == 0
    assert compute("water.returned_bodies", "2020", points[0]).value == 1


@pytest.mark.parametrize(
    ("sd", "depth", "label"),
    [
        (9.0, None, "轻度0、重度1"),
        (9.0, 20.0, "轻度0、重度0"),  # 9 cm of 20: 8 cm is 40 %
        (8.0, 20.0, "轻度0、重度0"),
        (7.9, 20.0, "轻度1、重度0"),
        (9.9, 24.9, "轻度1、重度0"),  # 40 % is 9.96 cm
        (9.9, 25.0, "轻度0、重度1"),  # not shallow
    ],
)
def test_transparency_of_shallow_water_is_held_against_its_depth(
    compute: Compute, sd: float, depth: float | None, label: str
) -> None:
    sample = {**GOOD, "sd": sd} | ({} if depth is None else {"depth": depth})
    assert compute("water.black_odorous", "2020-06", odour([sample] * 3)).label == label


@pytest.mark.parametrize(("clear", "label"), [(1.0, "轻度0、重度0"), (0.0, "轻度1、重度0"), (None, "轻度1、重度0")])
def test_shallow_water_that_is_clear_to_the_bottom_is_not_black_by_the_other_reading(
    editions: Standards, clear: float | None, label: str
) -> None:
    # Source S3 (water.md, 5.1): from 40 % of the depth on light, unless clear to the bottom.
    changed = [
        msgspec.structs.replace(each, shallow_rule="heavy_below") if isinstance(each, BlackOdour) else each
        for each in editions.all
    ]
    sample = {**GOOD, "sd": 15.0, "depth": 20.0} | ({} if clear is None else {"clear_to_bottom": clear})
    indicator = INDICATORS["water.black_odorous"]
    facts = given(Standards(changed, editions.digests), "2020-06", [odour([sample] * 3)])

    assert indicator.compute(indicator, facts).label == label


@pytest.mark.parametrize(
    ("last", "late"), [("2020-06-23", 0), ("2020-06-22", 1), (None, 1)]
)  # the seventh day keeps the interval
def test_patrol_is_overdue_after_its_interval(compute: Compute, last: str | None, late: int) -> None:
    sampled = dt.date.fromisoformat(last) if last else None
    body = section("2020-06", section_role="black_odour", patrol_days=7, last_sample=sampled)

    assert compute("water.patrol_overdue", "2020-06", body).value == late


@pytest.mark.parametrize(
    ("days", "last", "due"),
    [
        (7, "2020-06-23", 1), (7, "2020-06-22", 0), (7, "2020-06-24", 0), (7, None, 0),
        (1, "2020-06-29", 1), (1, "2020-06-30", 0), (1, "2020-06-28", 0),
    ],
)  # fmt: skip
def test_patrol_is_due_on_the_last_day_of_its_interval(
    compute: Compute, days: int, last: str | None, due: int
) -> None:  # fmt: skip
    sampled = dt.date.fromisoformat(last) if last else None
    body = section("2020-06", section_role="black_odour", patrol_days=days, last_sample=sampled)
    figure = compute("water.patrol_due", "2020-06", body)

    assert (figure.value, figure.label) == (due, "s" if due else "")


def test_length_ratio_is_of_the_rivers_that_have_a_length(compute: Compute) -> None:
    those = [
        section("2020-06", OF_CLASS[2], length_km=Decimal(30)), section("2020-06", OF_CLASS[4], length_km=Decimal(10)),
        section("2020-06", OF_CLASS[2], body="lake"),
    ]  # fmt: skip
    figure = compute("water.good_length_ratio", "2020-06", *those)

    assert (str(figure.value), figure.sufficient) == ("75.0", True)


def test_trend_of_water_needs_four_years_and_is_that_of_the_vector(compute: Compute, editions: Standards) -> None:
    yearly = [1.42, 1.31, 1.35, 1.10, 0.98, 1.02, 0.80, 0.74]  # V18
    indicator = INDICATORS["water.mean.nh3n"]
    figures = [
        compute("water.mean.nh3n", str(2013 + i), section(str(2013 + i), {"nh3n": v})) for i, v in enumerate(yearly)
    ]
    method = editions.on(WaterMethod, dt.date(2020, 12, 31))
    found = yearly_water_trend(indicator, figures, method, digest="")
    few = yearly_water_trend(indicator, figures[:3], method, digest="")

    assert (str(found.coefficient), found.says, found.better, str(found.critical_05)) == (
        "-0.952", "falling", True, "0.643",
    )  # fmt: skip
    assert (few.says, few.least) == (None, 4)


def test_worst_class_is_named_as_a_class(compute: Compute) -> None:
    figure = compute("water.worst_class", "2020-06", section("2020-06", OF_CLASS[0]), section("2020-06", OF_CLASS[5]))
    assert (figure.value, figure.label, figure.label_en) == (6, "劣Ⅴ类", "worse than V")


@pytest.mark.parametrize(
    ("item", "direction"), [("ph", None), ("temperature", None), ("nh3n", "worse"), ("do", "better")]
)
def test_no_change_of_ph_or_temperature_is_for_the_better(
    editions: Standards, item: str, direction: str | None
) -> None:
    name = f"water.mean.{item}"
    now, before = (given(editions, p, [section(p, {item: v})]) for p, v in (("2020-06", 9.0), ("2019-06", 7.0)))
    found = compared(INDICATORS[name], now, before)

    assert (found.change, found.direction) == (Decimal(found.change or 0), direction)
    assert found.change is not None
    years = [given(editions, str(2015 + i), [section(str(2015 + i), {item: 6.0 + i})]) for i in range(5)]
    figures = [INDICATORS[name].compute(INDICATORS[name], each) for each in years]
    (method,) = (m for m in editions.all if isinstance(m, WaterMethod))
    trend = yearly_water_trend(INDICATORS[name], figures, method, digest="")
    assert (trend.says, trend.better) == ("rising", {None: None, "worse": False, "better": True}[direction])


def test_sources_and_black_odorous_bodies_enter_neither_means_nor_remarks_of_sections(compute: Compute) -> None:
    hand = {"cod": 30.0}
    those = [
        section("2020-06", {**CLEAN, "nh3n": 0.4}),
        section("2020-06", {**CLEAN, "nh3n": 9.0}, manual=[(3, hand)], name="k", section_role="black_odour"),
        section("2020-06", {**CLEAN, "nh3n": 0.1}, manual=[(3, hand)], name="w", section_role="source"),
    ]
    mean, class_ = (compute(f"water.{name}", "2020-06", *those) for name in ("mean.nh3n", "class"))

    assert (str(mean.value), mean.valid, mean.expected, mean.label) == ("0.40", 1, 1, "Ⅱ类")
    assert (class_.label, class_.provisional) == ("Ⅱ类", [])
    assert compute("water.source_attainment", "2020-06", *those).provisional[0] == "manual: COD"


def lakes(*counts: int, values: Sequence[float]) -> list[SectionDays]:
    """Lakes with so many points each, of one ammonia nitrogen each."""
    return [
        section("2020-06", {**CLEAN, "nh3n": value}, name=f"l{i}-{k}", water=f"lake {i}", body="lake")
        for i, (n, value) in enumerate(zip(counts, values, strict=True))
        for k in range(n)
    ]


def test_several_lakes_are_judged_as_a_region_and_say_so(compute: Compute) -> None:
    # Six points: 4 of class I, 2 worse than V: good 66.7 %, worse 33.3 %: moderately polluted (2.4). As one lake their
    # means were (4 x 0.1 + 2 x 2.4) / 6 = 0.87, class III.
    many = lakes(4, 2, values=(0.1, 2.4))
    state, class_ = (compute(f"water.{name}", "2020-06", *many) for name in ("state", "class"))
    assert (state.label, class_.value) == ("中度污染（橙色）", None)
    assert state.provisional == ["several lakes together, each to be judged apart: 2"]
    one = compute("water.state", "2020-06", *[each for each in many if each.station.water == "lake 0"])
    assert (one.label, one.provisional) == ("优（蓝色）", [])

    few = compute("water.class", "2020-06", *lakes(1, 1, values=(0.2, 2.0)))
    assert (few.label, few.provisional) == ("Ⅳ类", ["several lakes together, each to be judged apart: 2"])  # 1.10
    assert "several lakes" in compute("water.trophic_index", "2020-06", *many).provisional[-1]


def test_areas_weigh_points_of_one_lake_only(editions: Standards) -> None:
    method = msgspec.structs.replace(
        next(m for m in editions.all if isinstance(m, WaterMethod)), lake_points="area"
    )  # fmt: skip
    points = [section("2020-06", CLEAN, water=w, body="lake", area_km2=Decimal(9)) for w in ("a", "a", "b")]

    assert areas_of(points[:2], method) == [9, 9]
    assert areas_of(points, method) is None


def test_months_at_once_have_the_means_of_each() -> None:
    drawn = np.random.default_rng(5)
    counts = drawn.integers(0, 25, 90)
    for item in ("tp", "ph", "fcoli"):
        sums = drawn.integers(1, 9 * 10**6, 90) * (10**9 if item == "fcoli" else 1)  # too large for 64 bits
        days = np.where(counts > 3, sums / np.maximum(counts, 1) / 10**6, np.nan)
        months, least = [slice(0, 31), slice(31, 59), slice(59, 90)], [18, 28, 18]
        assert water.month_means(days, counts, item=item, months=months, min_days=least) == [
            water.month_mean(days[cut], counts[cut], item=item, min_days=n)
            for cut, n in zip(months, least, strict=True)
        ]


def test_sections_evaluated_and_not_registered_decide_between_means_and_shares(compute: Compute) -> None:
    # Six sections, two without data: four are judged by their means, (0.1 x 3 + 2.4) / 4 = 0.675 mg/L, class III.
    those = [section("2020-06", {**CLEAN, "nh3n": value}) for value in (0.1, 0.1, 0.1, 2.4)]
    figure = compute("water.class", "2020-06", *those, section("2020-06"), section("2020-06"))

    assert (figure.label, figure.valid, figure.expected) == ("Ⅲ类", 4, 6)
