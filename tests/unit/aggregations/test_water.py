"""Surface water. Vectors: shared/standards/water.md, section 7; limits: 1.1; decimals: section 4."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import water
from aggregations.standards import BlackOdour, Standard, WaterLimits, WaterMethod
from aggregations.water import NO_CLASS, WORSE_THAN_V
from sensors.sections import WaterBody

NAN = float("nan")
Editions = Callable[[str], Standard]


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


def judged(
    limits: WaterLimits, method: WaterMethod, body: WaterBody = "river", required: list[str] | None = None, **means: str
) -> water.SectionClass:
    """Class of a section from means written as decimals; `required` replaces the required items."""
    if required is not None:
        method = msgspec.structs.replace(method, required_items=required)
    return water.evaluate({k: Fraction(v) for k, v in means.items()}, body, limits=limits, method=method)


@pytest.mark.parametrize(
    ("means", "classes", "overall"),
    [
        pytest.param(
            {"ph": "7.62", "do": "8.1", "codmn": "2.4", "nh3n": "0.21", "tp": "0.064"},
            {"ph": 1, "do": 1, "codmn": 2, "nh3n": 2, "tp": 2}, 2, id="V1",
        ),
        pytest.param(
            {"ph": "9.0", "do": "5.0", "codmn": "6.0", "cod": "20.0", "nh3n": "1.00", "tp": "0.200"},
            {"ph": 1, "do": 3, "codmn": 3, "cod": 3, "nh3n": 3, "tp": 3}, 3, id="V2: limits exactly met",
        ),
        pytest.param(
            {"ph": "7.9", "do": "5.6", "codmn": "7.2", "cod": "26.0", "nh3n": "1.36", "tp": "0.23"},
            {"ph": 1, "do": 3, "codmn": 4, "cod": 4, "nh3n": 4, "tp": 4}, 4, id="V3",
        ),
        pytest.param(
            {"ph": "7.4", "do": "1.6", "codmn": "9.1", "cod": "36.0", "nh3n": "3.2", "tp": "0.52"},
            {"ph": 1, "do": 6, "codmn": 4, "cod": 5, "nh3n": 6, "tp": 6}, WORSE_THAN_V, id="V4",
        ),
        pytest.param(
            {"ph": "7.1", "do": "6.2", "codmn": "8.0", "cod": "28.0", "nh3n": "1.45", "hg": "0.00012", "pb": "0.060"},
            {"ph": 1, "do": 2, "codmn": 4, "cod": 4, "nh3n": 4, "hg": 4, "pb": 5}, 5, id="V5: heavy metals",
        ),
        pytest.param(
            {"nh3n": "1.475", "codmn": "5.7", "do": "5.4", "tp": "0.185"},
            {"nh3n": 4, "codmn": 3, "do": 3, "tp": 3}, 4, id="V10: means of four sections",
        ),
    ],
)  # fmt: skip
def test_section_class_is_that_of_the_vectors(
    limits: WaterLimits, method: WaterMethod, means: dict[str, str], classes: dict[str, int], overall: int
) -> None:
    found = judged(limits, method, required=[], **means)

    assert (found.items, found.overall) == (classes, overall)


@pytest.mark.parametrize(
    ("item", "mean", "value", "class_"),
    [
        pytest.param("tp", "0.2005", "0.200", 3, id="V7: TP 0.2005"),
        pytest.param("tp", "0.2006", "0.201", 4, id="V7: TP 0.2006"),
        pytest.param("nh3n", "1.005", "1.00", 3, id="V7: NH3-N 1.005"),
        pytest.param("nh3n", "1.015", "1.02", 4, id="V7: NH3-N 1.015"),
        pytest.param("do", "4.95", "5.0", 3, id="V7: DO 4.95"),
        pytest.param("do", "4.94", "4.9", 4, id="V7: DO 4.94"),
        pytest.param("codmn", "6.05", "6.0", 3, id="V7: CODMn 6.05"),
        pytest.param("codmn", "6.051", "6.1", 4, id="V7: CODMn 6.051"),
        pytest.param("ph", "9.49", "9", 1, id="V7: pH 9.49"),
        pytest.param("ph", "9.5", "10", WORSE_THAN_V, id="V7: pH 9.5"),
        pytest.param("ph", "5.50", "6", 1, id="section 4: pH 5.50"),
        pytest.param("ph", "5.49", "5", WORSE_THAN_V, id="section 4: pH 5.49"),
        pytest.param("cr6", "0.0004", "0.0004", 1, id="V7: Cr6 0.0004"),
        pytest.param("hg", "0.00003", "0.00003", 1, id="V8: mean with half detection limits"),
    ],
)
def test_mean_is_rounded_once_before_it_is_judged(
    limits: WaterLimits, method: WaterMethod, item: str, mean: str, value: str, class_: int
) -> None:
    found = judged(limits, method, required=[], **{item: mean})

    assert (str(found.values[item]), found.items[item]) == (value, class_)


@pytest.mark.parametrize(("body", "class_"), [("river", 2), ("lake", 4)])
def test_total_phosphorus_has_limits_of_its_own_in_lakes(
    limits: WaterLimits, method: WaterMethod, body: WaterBody, class_: int
) -> None:
    assert judged(limits, method, body, required=[], tp="0.062").items["tp"] == class_  # V9


@pytest.mark.parametrize("item", ["do", "codmn", "nh3n", "ph"])
def test_items_without_lake_limits_are_judged_alike_in_lakes(
    limits: WaterLimits, method: WaterMethod, item: str
) -> None:
    values = ["0.1", "1.2", "4", "5.5", "7", "9", "14"]

    rivers = [judged(limits, method, "river", required=[], **{item: v}).overall for v in values]
    assert [judged(limits, method, "lake", required=[], **{item: v}).overall for v in values] == rivers


# water.md, 1.1: (item, body, limits of I to V, smallest step of the evaluation decimals).
LIMITS = [
    ("codmn", "river", (2, 4, 6, 10, 15), "0.1"),
    ("nh3n", "river", ("0.15", "0.5", "1.0", "1.5", "2.0"), "0.01"),
    ("tp", "river", ("0.02", "0.1", "0.2", "0.3", "0.4"), "0.001"),
    ("tp", "lake", ("0.01", "0.025", "0.05", "0.1", "0.2"), "0.001"),
    ("cod", "river", (15, 20, 30, 40), "0.1"),  # the limits of I and II are the same
]


@pytest.mark.parametrize(("item", "body", "bounds", "step"), LIMITS)
def test_a_limit_that_is_met_gives_its_class_and_a_step_more_the_next(
    limits: WaterLimits,
    method: WaterMethod,
    item: str,
    body: WaterBody,
    bounds: tuple[str | int, ...],
    step: str,
) -> None:
    first = [1, 2, 3, 4, 5] if len(bounds) == 5 else [1, 3, 4, 5]
    following = [*first[1:], WORSE_THAN_V]

    at = [judged(limits, method, body, required=[], **{item: str(b)}).overall for b in bounds]
    above = [
        judged(limits, method, body, required=[], **{item: str(Decimal(str(b)) + Decimal(step))}).overall
        for b in bounds
    ]
    assert (at, above) == (first, following)


def test_oxygen_meets_a_class_at_its_limit_and_a_step_less_misses_it(limits: WaterLimits, method: WaterMethod) -> None:
    bounds = ["7.5", "6", "5", "3", "2"]

    at = [judged(limits, method, required=[], do=b).overall for b in bounds]
    below = [judged(limits, method, required=[], do=str(Decimal(b) - Decimal("0.1"))).overall for b in bounds]
    assert (at, below) == ([1, 2, 3, 4, 5], [2, 3, 4, 5, WORSE_THAN_V])


def test_total_nitrogen_and_temperature_do_not_enter_the_class(limits: WaterLimits, method: WaterMethod) -> None:
    found = judged(limits, method, required=[], do="8", tn="9.9", temperature="40", turbidity="900")

    assert (found.overall, found.items) == (1, {"do": 1})


@pytest.mark.parametrize("missing", ["ph", "do", "codmn", "nh3n", "tp"])
def test_a_section_without_a_required_item_has_no_class(limits: WaterLimits, method: WaterMethod, missing: str) -> None:
    means = {"ph": Fraction(7), "do": Fraction(1), "codmn": Fraction(2), "nh3n": Fraction(1), "tp": Fraction(1)}
    found = water.evaluate({**means, missing: None}, "river", limits=limits, method=method)

    assert (found.overall, missing in found.items) == (NO_CLASS, False)


def test_a_section_without_any_item_has_no_class(limits: WaterLimits, method: WaterMethod) -> None:
    assert judged(limits, method, required=[]).overall == NO_CLASS


def test_realtime_class_takes_the_raw_value(limits: WaterLimits, method: WaterMethod) -> None:
    # water.md, "What the authority's own data show": 0.2005 is above 0.2, though it prints as 0.200.
    values = {"tp": np.array([0.2, 0.2005]), "do": np.array([8.0, 8.0])}

    assert water.realtime_classes(values, "river", limits=limits, method=method).tolist() == [3, 4]


def test_realtime_class_uses_the_items_present(limits: WaterLimits, method: WaterMethod) -> None:
    values = {"ph": np.array([7.0, NAN, NAN]), "do": np.array([NAN, 4.0, NAN]), "nh3n": np.array([0.6, NAN, NAN])}

    assert water.realtime_classes(values, "river", limits=limits, method=method).tolist() == [3, 4, NO_CLASS]


def test_realtime_class_ignores_items_outside_the_five(limits: WaterLimits, method: WaterMethod) -> None:
    values = {"tn": np.array([9.0]), "cod": np.array([99.0])}

    assert water.realtime_classes(values, "river", limits=limits, method=method).tolist() == [NO_CLASS]


@pytest.mark.parametrize(
    ("ph", "class_"), [(5.99, WORSE_THAN_V), (6.0, 1), (9.0, 1), (9.01, WORSE_THAN_V), (NAN, NO_CLASS)]
)
def test_realtime_ph_is_inside_its_range_or_worse_than_v(
    limits: WaterLimits, method: WaterMethod, ph: float, class_: int
) -> None:
    found = water.realtime_classes({"ph": np.array([ph])}, "river", limits=limits, method=method)

    assert found.tolist() == [class_]


def day(values: list[float], item: str, min_results: int = 4) -> float:
    means, _ = water.day_means(
        np.array(values), np.zeros(len(values), dtype=np.int64), 1, item=item, min_results=min_results
    )
    return float(means[0])


def test_mean_of_ph_goes_through_the_hydrogen_ions() -> None:
    # V6; unit test of source S5
    assert round(day([6.5, 7.9, 8.8, 9.0, 6.78, 8.87], "ph"), 2) == 7.08


@pytest.mark.parametrize(
    ("n_results", "known"),
    [pytest.param(5, True, id="5"), pytest.param(4, True, id="4: at equality"), pytest.param(3, False, id="3")],
)
@pytest.mark.parametrize("item", ["ph", "do"])
def test_day_needs_four_results(method: WaterMethod, item: str, n_results: int, known: bool) -> None:
    values = np.array([7.0] * n_results + [NAN] * (6 - n_results))
    means, counts = water.day_means(
        values, np.zeros(6, dtype=np.int64), 1, item=item, min_results=method.day_min_results
    )

    assert (bool(np.isfinite(means[0])), counts.tolist()) == (known, [n_results])


def test_day_means_keep_the_days_apart() -> None:
    values = np.array([1.0, 3.0, NAN, 10.0, 20.0, 5.0])
    means, counts = water.day_means(values, np.array([0, 0, 0, 2, 2, 3]), 5, item="tp", min_results=2)

    assert (counts.tolist(), np.nan_to_num(means, nan=-1).tolist()) == ([2, 0, 2, 1, 0], [2.0, -1.0, 15.0, -1.0, -1.0])


def test_day_mean_of_the_largest_plausible_algal_density_is_itself() -> None:
    # config/quantities.toml: up to 1e11 cells/L; a day of hourly results.
    assert day([1e11] * 24, "algae") == 1e11


def month(values: list[list[float]], item: str, min_days: int = 1, min_results: int = 1) -> Fraction | None:
    """Mean of a month from the results of each of its days."""
    days = np.concatenate([np.full(len(v), i) for i, v in enumerate(values)]).astype(np.int64)
    means, counts = water.day_means(np.concatenate(values), days, len(values), item=item, min_results=min_results)
    return water.month_mean(means, counts, item=item, min_days=min_days)


def test_month_mean_is_the_mean_of_the_daily_means_not_of_the_results() -> None:
    assert month([[1.0, 1.0, 1.0, 1.0], [4.0]], "tp") == Fraction(5, 2)


def test_month_mean_is_exact() -> None:
    # 0.2005 from results of three decimals, over days with 4, 5 and 6 of them: a binary mean is not 0.2005.
    days = [[0.2, 0.201] * 2, [0.2, 0.201, 0.2005, 0.199, 0.202], [0.2, 0.201] * 3] * 10

    assert month(days, "tp") == Fraction(2005, 10000)


@pytest.mark.parametrize(
    ("n_days", "known"),
    [pytest.param(19, True, id="19"), pytest.param(18, True, id="18: at equality"), pytest.param(17, False, id="17")],
)
@pytest.mark.parametrize("item", ["ph", "do"])
def test_month_needs_18_days(method: WaterMethod, item: str, n_days: int, known: bool) -> None:
    found = month([[7.0]] * n_days + [[NAN]] * (30 - n_days), item, min_days=method.month_min_days)

    assert (found is not None) is known


@pytest.mark.parametrize(
    ("n_months", "known"),
    [pytest.param(9, True, id="9"), pytest.param(8, True, id="8: at equality"), pytest.param(7, False, id="7")],
)
@pytest.mark.parametrize("item", ["ph", "do"])
def test_year_needs_8_months(method: WaterMethod, item: str, n_months: int, known: bool) -> None:
    months: list[Fraction | None] = [Fraction(7)] * n_months + [None] * (12 - n_months)

    assert (water.year_mean(months, item=item, min_months=method.year_min_months) is not None) is known


def test_year_mean_gives_each_valid_month_the_same_weight() -> None:
    assert water.year_mean([Fraction(1), None, Fraction(2), Fraction(6)], item="tp", min_months=3) == 3


@pytest.mark.parametrize("ph", [5.5, 6.5, 9.5])
@pytest.mark.parametrize("results", [4, 5, 6, 24])
def test_ph_that_never_changes_is_its_own_mean(ph: float, results: int) -> None:
    monthly = month([[ph] * results] * 31, "ph")
    assert monthly is not None

    # Ties of V7: an error of one bit would turn 9.5 (10, worse than V) into 9 (class I).
    assert (monthly, water.year_mean([monthly] * 12, item="ph", min_months=8)) == (Fraction(ph), Fraction(ph))


def test_ph_of_months_and_years_goes_through_the_hydrogen_ions() -> None:
    # One month at 6 and one at 8: 10^-6 and 10^-8, mean 5.05e-7, pH 6.2967.
    monthly = month([[6.0], [8.0]], "ph")
    yearly = water.year_mean([Fraction(6), Fraction(8)], item="ph", min_months=2)

    assert (round(float(monthly or 0), 4), round(float(yearly or 0), 4)) == (6.2967, 6.2967)


def test_mean_with_half_detection_limits_is_that_of_the_vector(limits: WaterLimits, method: WaterMethod) -> None:
    # V8: <0.00004 counts as 0.00002.
    months: list[Fraction | None] = [Fraction(v) for v in ("0.00002", "0.00006", "0.00002", "0.00002")]
    mean = water.year_mean(months, item="hg", min_months=4)

    assert (mean, judged(limits, method, required=[], hg=str(mean)).overall) == (Fraction("0.00003"), 1)


@pytest.mark.parametrize(
    ("means", "odorous"),
    [
        pytest.param({"do": "2.1", "nh3n": "7.9"}, False, id="just inside both bounds"),
        pytest.param({"do": "2.0", "nh3n": "8.0"}, False, id="at both bounds"),
        pytest.param({"do": "1.99", "nh3n": "8.0"}, True, id="oxygen just beyond"),
        pytest.param({"do": "2.0", "nh3n": "8.01"}, True, id="ammonia just beyond"),
        pytest.param({"do": "1.0", "nh3n": "20"}, True, id="V21: one sample, light and heavy"),
        pytest.param({"nh3n": "8.01"}, True, id="one indicator is enough"),
        pytest.param({"tp": "5"}, None, id="no indicator"),
        pytest.param({"do": "0.1", "nh3n": "1"}, True, id="the heavy range, too"),
    ],
)
def test_water_is_black_odorous_beyond_a_bound(guide: BlackOdour, means: dict[str, str], odorous: bool | None) -> None:
    assert water.is_black_odorous({k: Fraction(v) for k, v in means.items()}, guide) is odorous  # water.md, 5.1


def test_a_missing_indicator_does_not_hide_the_other(guide: BlackOdour) -> None:
    assert water.is_black_odorous({"do": Fraction(1), "nh3n": None}, guide) is True
