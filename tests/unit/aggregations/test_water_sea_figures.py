"""Indicators of the nearshore sea: shares by area or points of a period's surveys (shared/standards/water.md, 6)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import pytest

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, ManualSample, SectionDays
from aggregations.standards import Standards
from sensors.register import Station

Compute = Callable[..., Figure]
OF_CLASS = [{"din": din, "po4p": 0.010} for din in (0.20, 0.30, 0.40, 0.50, 0.51)]  # GB 3097-1997: 1 to 4, worse
SURVEYS = ("05-10", "08-10", "10-20")


def point(
    period: str,
    samples: Mapping[str, Mapping[str, float]],
    *,
    area: str | None = None,
    since: str | None = None,
    until: str | None = None,
    body: str = "sea",
) -> SectionDays:
    """A point with samples by day."""
    first = periods.parse(period).first
    manual = [ManualSample((dt.date.fromisoformat(day) - first).days, dict(v)) for day, v in samples.items()]
    station = Station(
        medium="water", id="p", name="p", name_en="p", city="town", district="", lon=None, lat=None,
        since=dt.date.fromisoformat(since) if since else None, until=dt.date.fromisoformat(until) if until else None,
        body=body, area_km2=Decimal(area) if area else None,  # type: ignore[arg-type]
    )  # fmt: skip
    return SectionDays(station, {}, {}, manual)


def of_classes(year: int, spring: int, summer: int, autumn: int, **more: str) -> SectionDays:
    """A point with a sample of a class in each survey of a year; 0: none."""
    days = zip(SURVEYS, (spring, summer, autumn), strict=True)
    return point(str(year), {f"{year}-{day}": OF_CLASS[class_ - 1] for day, class_ in days if class_}, **more)


@pytest.fixture(scope="module")
def compute(editions: Standards) -> Compute:
    def figure(name: str, period: str, *points: SectionDays) -> Figure:
        facts = Facts(
            scope="city:town", period=periods.parse(period), standards=editions, staged=False, sea=list(points)
        )
        return INDICATORS[f"water.sea_{name}"].compute(INDICATORS[f"water.sea_{name}"], facts)

    return figure


def test_bohai_of_2017_by_points_is_that_published(compute: Compute) -> None:
    # V25: 19.8 + 48.1 = 67.9 %, worse than 4 9.9 %, fair. 16, 39 and 8 of 81 points have those shares; the other 18
    # are of class 3 or 4. Points have areas, but before 2018 they do not count.
    counts = (16, 39, 10, 8, 8)
    points = [of_classes(2017, c, c, c, area="7.5") for c, n in enumerate(counts, 1) for _ in range(n)]
    shares = [str(compute(f"class_share.{c}", "2017", *points).value) for c in (1, 2, 5)]
    good, state = compute("good_ratio", "2017", *points), compute("state", "2017", *points)

    assert (shares, str(good.value)) == (["19.8", "48.1", "9.9"], "67.9")
    assert (state.label, state.label_en, state.value) == ("一般", "fair", 3)
    assert (good.sufficient, good.valid, good.expected) == (True, 243, 243)
    assert good.provisional[0] == "by number of points, as before 2018-01-01"


def test_shares_are_by_area_from_2018_on_and_areas_in_square_kilometres(compute: Compute) -> None:
    # 30.5 of 100 km2 at class 1 or 2, 39.5 worse than 4
    points = [of_classes(2018, c, c, c, area=a) for c, a in ((1, "10.5"), (2, "20"), (3, "30"), (5, "39.5"))]

    assert str(compute("good_ratio", "2018", *points).value) == "30.5"
    assert [str(compute(f"class_area.{c}", "2018", *points).value) for c in range(1, 6)] == [
        "10.50", "20.00", "30.00", "0.00", "39.50",
    ]  # fmt: skip
    assert compute("state", "2018", *points).label_en == "poor"  # worse than 4: 30 to 40 %


def test_year_is_the_mean_of_its_three_surveys(compute: Compute) -> None:
    # good areas of 70, 80 and 76 %: 75.3 %
    areas = ((70, (1, 1, 1)), (6, (3, 2, 2)), (4, (3, 2, 3)), (20, (3, 3, 3)))
    points = [of_classes(2020, *classes, area=str(area)) for area, classes in areas]
    of_season = [str(compute(f"good_ratio.{each}", "2020", *points).value) for each in ("spring", "summer", "autumn")]

    assert of_season == ["70.0", "80.0", "76.0"]
    assert str(compute("good_ratio", "2020", *points).value) == "75.3"
    assert (compute("good_ratio.spring", "2020", *points).expected, compute("good_ratio", "2020", *points).valid) == (
        4, 12,
    )  # fmt: skip


def test_without_areas_points_are_counted_and_the_figure_says_so(compute: Compute) -> None:
    points = [of_classes(2020, c, c, c) for c in (1, 2, 3)]
    good, area = compute("good_ratio", "2020", *points), compute("class_area.1", "2020", *points)

    assert (str(good.value), good.sufficient) == ("66.7", True)
    assert good.provisional[0] == "no sea area in the register: by number of points"
    assert (area.value, area.sufficient) == (None, False)


def test_point_without_an_area_beside_others_is_left_out(compute: Compute) -> None:
    good = compute("good_ratio", "2020", of_classes(2020, 1, 1, 1, area="5"), of_classes(2020, 5, 5, 5))

    assert (str(good.value), good.sufficient, good.excluded) == ("100.0", False, {"no sea area in the register": 3})


def test_survey_without_samples_makes_the_year_insufficient(compute: Compute) -> None:
    good = compute("good_ratio", "2020", of_classes(2020, 1, 5, 0, area="5"))

    assert (str(good.value), good.sufficient, good.reasons) == ("50.0", False, ["autumn 2020: no sample"])
    assert compute("state", "2020", of_classes(2020, 1, 5, 0, area="5")).sufficient is False


@pytest.mark.parametrize(
    ("period", "seasons"),
    [
        ("2020", 3), ("2020-H1", 1), ("2020-05", 1), ("2020-Q2", 1), ("2020-Q3", 1), ("2020-08-10", 1),
        ("2020-01", 0), ("2020-03-01..2020-05-31", 1), ("2020-09", 0),
    ],
)  # fmt: skip
def test_surveys_of_a_period_are_the_whole_ones_and_those_sampled_in_it(
    compute: Compute, period: str, seasons: int
) -> None:
    days = [f"2020-{day}" for day in SURVEYS if dt.date.fromisoformat(f"2020-{day}") in periods.parse(period)]
    good = compute("good_ratio", period, point(period, dict.fromkeys(days, OF_CLASS[0]), area="5"))

    assert (good.valid, good.sufficient) == (seasons, bool(seasons))
    assert good.reasons == ([] if seasons else ["no survey of the sea in the period"])


def test_months_belong_to_the_surveys_to_their_last_day(compute: Compute) -> None:
    days = ("2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01", "2020-11-30", "2020-12-01")
    worse = dict.fromkeys(days, OF_CLASS[4])
    assert [
        [compute(f"good_ratio.{s}", "2020", point("2020", {day: worse[day]}, area="5")).valid for day in days]
        for s in ("spring", "summer", "autumn")
    ] == [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0]]


def test_samples_of_a_point_in_a_survey_are_averaged(compute: Compute) -> None:
    # inorganic nitrogen (0.20 + 0.40) / 2 = 0.30: class 2. pH 7.5 and 8.1 through ions: 7.70 < 7.8, class 3; their
    # arithmetic mean, 7.8, were class 1
    samples = {"2020-05-01": {"din": 0.20, "po4p": 0.01}, "2020-05-20": {"din": 0.40, "po4p": 0.01}}
    acid = {day: {**v, "ph": ph} for (day, v), ph in zip(samples.items(), (7.5, 8.1), strict=True)}

    assert compute("class_share.2", "2020-05", point("2020-05", samples, area="5")).value == 100
    assert compute("class_share.3", "2020-05", point("2020-05", acid, area="5")).value == 100


def test_point_without_a_required_item_has_no_class(compute: Compute) -> None:
    lacking = point("2020-05", {"2020-05-01": {"din": 0.1, "do": 7.0}}, area="5")
    good = compute("good_ratio", "2020-05", lacking, point("2020-05", {"2020-05-01": OF_CLASS[1]}, area="5"))

    assert (good.value, good.valid, good.excluded) == (100, 1, {"a required item is missing": 1})
    assert good.provisional == [
        "not measured at some points: pH, DO, CODMn, BOD5, oil, Hg, Cd, Pb, Cu, Zn, As"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [("2020-05-31", None, 3), ("2020-06-01", None, 2), (None, "2020-09-01", 2), (None, "2020-09-02", 3)],
)
def test_point_is_expected_in_surveys_of_which_it_counts_on_a_day(
    compute: Compute, since: str | None, until: str | None, expected: int
) -> None:
    whole = of_classes(2020, 1, 1, 1, area="5")
    part = point("2020", {}, area="5", since=since, until=until)  # type: ignore[arg-type]

    assert compute("good_ratio", "2020", whole, part).expected == 3 + expected


def test_scope_without_points_of_the_sea_has_no_figure(compute: Compute) -> None:
    found = compute("state", "2020")

    assert (found.value, found.expected, found.reasons) == (None, 0, ["no point of the sea in the register"])


NAMES: Sequence[str] = [name for name, each in INDICATORS.items() if each.of_sea]


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_the_sea_tell_editions_and_what_was_assumed(compute: Compute, name: str) -> None:
    found = compute(name.removeprefix("water.sea_"), "2020", of_classes(2020, 1, 1, 1, area="5"))

    assert {"GB 3097-1997", "HJ 442"} <= found.editions.keys()
    assert any("surveys of spring" in each for each in found.assumed)
