"""Figures of noise: classes, levels, rates, manual surveys. Vectors: shared/standards/noise.md, section 6."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, MonitorDays
from aggregations.standards import NoiseMethod, Standards
from sensors.noise_surveys import ComplaintReport, FunctionalResult, NoiseSurveys, RegionalResult, RoadResult
from sensors.register import Station, ZoneClass

Compute = Callable[..., Figure]


@pytest.fixture
def compute(editions: Standards) -> Compute:
    def run(
        name: str,
        period: str,
        *,
        monitors: Sequence[MonitorDays] = (),
        surveys: NoiseSurveys | None = None,
        switches: dict[str, object] | None = None,
    ) -> Figure:
        chosen = editions
        if switches:
            every = [msgspec.structs.replace(s, **switches) if isinstance(s, NoiseMethod) else s for s in editions.all]
            chosen = Standards(every, editions.digests)
        given = Facts(
            scope="city:town", period=periods.parse(period), standards=chosen, staged=False, monitors=list(monitors),
            surveys=surveys or NoiseSurveys(),
        )  # fmt: skip
        return INDICATORS[name].compute(INDICATORS[name], given)

    return run


def station(zone: ZoneClass = "2", **dates: dt.date) -> Station:
    return Station(
        medium="noise", id="n1", name="", name_en="", city="town", district="", lon=None, lat=None, zone_class=zone,
        since=dates.get("since"), until=dates.get("until"),
    )  # fmt: skip


def monitor(
    period: str, zone: ZoneClass, *, day: tuple[int, int] = (0, 0), night: tuple[int, int] = (0, 0), **more: object
) -> MonitorDays:
    """A monitor with (valid, attained) days and nights; the valid ones come first."""
    n = len(periods.parse(period))

    def verdicts(valid: int, attained: int) -> list[bool | None]:
        return [True] * attained + [False] * (valid - attained) + [None] * (n - valid)

    return MonitorDays(station(zone), verdicts(*day), verdicts(*night), **more)  # type: ignore[arg-type]


A13 = [
    monitor("2025-04", "1", day=(28, 25), night=(29, 20)),
    monitor("2025-04", "2", day=(30, 30), night=(30, 28)),
    monitor("2025-04", "4a", day=(27, 27), night=(26, 17)),
]


@pytest.mark.parametrize(
    ("name", "printed", "valid"),
    [
        ("noise.day_attainment", "96.5", 85),
        ("noise.night_attainment", "76.5", 85),
        ("noise.day_attainment.1", "89.3", 28),  # 25/28
        ("noise.night_attainment.1", "69.0", 29),  # 20/29
        ("noise.night_attainment.2", "93.3", 30),  # 28/30
        ("noise.night_attainment.4a", "65.4", 26),  # 17/26
        ("noise.point_times.day", "85", 85),
        ("noise.point_times.night", "85", 85),
    ],
)
def test_a13_month_in_total_and_by_class(compute: Compute, name: str, printed: str, valid: int) -> None:
    figure = compute(name, "2025-04", monitors=A13)

    assert (str(figure.value), figure.valid, figure.sufficient) == (printed, valid, True)


def test_a13_mean_of_the_rates_is_a_switch(compute: Compute) -> None:
    figure = compute("noise.night_attainment", "2025-04", monitors=A13, switches={"pooling": "mean_of_stations"})

    assert str(figure.value) == "75.9"


def test_a14_plan_year_prints_85_and_keeps_the_raw_value(compute: Compute) -> None:
    # 2999 of 3530 nights, over ten monitors of 353 valid nights
    monitors = [monitor("2025", "2", night=(353, 300 if i < 9 else 299)) for i in range(10)]

    figure = compute("noise.night_attainment", "2025", monitors=monitors)

    assert (str(figure.value), figure.valid) == ("85.0", 3530)
    assert figure.exact == "29990/353"


def test_class_that_nobody_has_gives_no_value(compute: Compute) -> None:
    figure = compute("noise.night_attainment.0", "2025-04", monitors=A13)

    assert (figure.value, figure.expected, figure.sufficient, figure.reasons) == (None, 0, False, ["no valid night"])


def test_classes_that_are_not_counted_do_not_enter_the_total(compute: Compute) -> None:
    figure = compute("noise.day_attainment", "2025-04", monitors=A13, switches={"classes": ["1", "2"]})

    assert (str(figure.value), figure.valid) == ("94.8", 58)  # 55 of 58
    assert str(compute("noise.day_attainment.4a", "2025-04", monitors=A13).value) == "100.0"


def test_days_count_for_the_class_that_they_have(compute: Compute) -> None:
    zones: list[ZoneClass] = ["1"] * 15 + ["2"] * 15
    one = monitor("2025-04", "1", night=(30, 15), zones=zones)  # all nights of class 1 attain, none of class 2

    found = {z: compute(f"noise.night_attainment.{z}", "2025-04", monitors=[one]) for z in ("1", "2")}

    assert {z: (f.value, f.valid, f.expected) for z, f in found.items()} == {"1": (100, 15, 15), "2": (0, 15, 15)}


@pytest.mark.parametrize(("part", "levels"), [("day", "ld"), ("night", "ln")])
def test_a19_level_of_a_monitor_and_of_its_class(compute: Compute, part: str, levels: str) -> None:
    known = np.array([48.2, 49.0, 51.5, 50.1])
    one = monitor("2025-04-01..2025-04-04", "2", **{levels: known})

    total = compute(f"noise.mean_level.{part}", "2025-04-01..2025-04-04", monitors=[one])
    of_class = compute(f"noise.mean_level.{part}.2", "2025-04-01..2025-04-04", monitors=[one])
    of_other = compute(f"noise.mean_level.{part}.3", "2025-04-01..2025-04-04", monitors=[one])

    assert (str(total.value), str(of_class.value), of_other.value) == ("49.9", "49.9", None)  # 49.88
    assert (total.valid, total.sufficient) == (4, True)


def test_level_leaves_days_out_that_are_not_valid(compute: Compute) -> None:
    one = monitor("2025-04-01..2025-04-03", "2", ld=np.array([60.0, np.nan, 60.0]))

    figure = compute("noise.mean_level.day", "2025-04-01..2025-04-03", monitors=[one])

    assert (str(figure.value), figure.valid, figure.excluded) == ("60.0", 2, {"too few valid hours": 1})


@pytest.mark.parametrize(("name", "printed"), [("collection_rate", "75.0"), ("valid_collection_rate", "60.0")])
def test_collection_rate_is_of_all_days_due(compute: Compute, name: str, printed: str) -> None:
    one = monitor(
        "2025-04-01..2025-04-04", "2",
        collected=np.array([100.0, 100.0, 100.0, np.nan]), entered=np.array([100.0, 80.0, 60.0, np.nan]),
    )  # fmt: skip

    figure = compute(f"noise.{name}", "2025-04-01..2025-04-04", monitors=[one])

    assert (str(figure.value), figure.valid, figure.expected) == (printed, 3, 4)
    assert figure.excluded == {"nothing collected": 1}


def test_figure_names_the_rules_it_rests_on(compute: Compute) -> None:
    night = compute("noise.night_attainment", "2025-04", monitors=A13)
    day = compute("noise.day_attainment.2", "2025-04", monitors=A13)

    assert night.rules["GB 3096-2008"] == ["limits", "night_peak", "day_hours"]
    rules = night.rules["Noise, automatic monitors 2024"]
    assert {"hour_minimum", "part_minima", "statistical_day", "pooling", "classes", "judged", "weather"} <= set(rules)
    assert "statistical_day" not in day.rules["Noise, automatic monitors 2024"]
    assert "classes" not in day.rules["Noise, automatic monitors 2024"]
    assert any("75 %" in each for each in night.assumed)
    assert not any("HJ 906" in each for each in night.assumed)


def test_month_with_too_few_nights_says_why(compute: Compute) -> None:
    figure = compute("noise.night_attainment", "2025-04", monitors=[monitor("2025-04", "2", night=(19, 19))])

    assert (figure.value, figure.sufficient) == (100, False)
    assert figure.reasons == ["the period: 19 of at least 20 valid nights of monitors"]


def test_largest_levels_of_the_nights_are_a_rate_of_their_own(compute: Compute) -> None:
    # class 2: 65 dB attains, 66 does not (noise.md, A15); of the last night no largest level is known
    known = monitor("2025-04", "2", night=(30, 30), peak=[True] * 27 + [False] * 2 + [None])

    figure = compute("noise.night_peak_attainment", "2025-04", monitors=[known])

    assert (str(figure.value), figure.valid, figure.expected) == ("93.1", 29, 30)  # 27 of 29
    assert figure.excluded == {"too few valid hours, or no largest level": 1}
    assert figure.rules["GB 3096-2008"] == ["limits", "night_peak", "day_hours"]
    assert str(compute("noise.night_attainment", "2025-04", monitors=[known]).value) == "100.0"


def test_level_of_day_and_night_together_is_the_energy_mean_of_its_days(compute: Compute) -> None:
    # A19 gives 49.88 of these four
    known = monitor("2025-04", "2", ldn=np.array([48.2, 49.0, 51.5, 50.1, *[np.nan] * 26]))

    figure = compute("noise.mean_level.day_night", "2025-04", monitors=[known])

    assert (str(figure.value), figure.valid, figure.sufficient) == ("49.9", 4, False)


def test_month_of_one_monitor_that_is_thin_is_marked_and_pooled(compute: Compute) -> None:
    months = [(30, 30), (19, 0), (20, 20)]
    found = [
        msgspec.structs.replace(
            monitor("2025-04", "2", night=each), station=msgspec.structs.replace(station(), id=f"n{i}")
        )
        for i, each in enumerate(months)
    ]

    figure = compute("noise.night_attainment", "2025-04", monitors=found)

    assert (str(figure.value), figure.valid, figure.sufficient, figure.reasons) == ("72.5", 69, True, [])
    assert figure.provisional == ["too few valid nights, pooled all the same: n1 2025-04 (1)"]
    assert compute("noise.night_attainment", "2025-04", monitors=found[::2]).provisional == []


def test_only_the_first_thin_months_are_named(compute: Compute) -> None:
    one = monitor("2025", "2", night=(365 - 31, 0))  # none in December
    found = [msgspec.structs.replace(one, station=msgspec.structs.replace(station(), id=f"n{i}")) for i in range(4)]

    figure = compute("noise.night_attainment", "2025", monitors=found)

    assert figure.provisional == [
        "too few valid nights, pooled all the same: n0 2025-12, n1 2025-12, n2 2025-12, ... (4)"
    ]


def test_monitor_whose_class_changed_is_told(compute: Compute) -> None:
    changed = monitor("2025-04", "2", day=(30, 30), zones=["2"] * 10 + ["1"] * 20)

    for name in ("noise.day_attainment", "noise.day_attainment.1"):
        assert compute(name, "2025-04", monitors=[changed]).provisional == [
            "n1: class 2 before 2025-04-11, 1 from then on"
        ]


def test_running_month_is_provisional(compute: Compute) -> None:
    running = compute("noise.day_attainment", "2025-04-01..2025-04-10")
    whole = compute("noise.day_attainment", "2025-04")

    assert (running.provisional, whole.provisional) == (["2025-04 is not whole: up to 2025-04-10"], [])


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"since": dt.date(2025, 4, 11)}, 20),
        ({"until": dt.date(2025, 4, 11)}, 10),
        ({"since": dt.date(2025, 4, 30)}, 1),
        ({"until": dt.date(2025, 4, 1)}, 0),
        ({"until": dt.date(2025, 5, 1)}, 30),
    ],
)
def test_monitor_is_due_from_its_first_day_up_to_but_not_including_the_last(
    compute: Compute, dates: dict[str, dt.date], expected: int
) -> None:
    known = MonitorDays(station("2", **dates), [True] * 30, [True] * 30)

    figure = compute("noise.night_attainment", "2025-04", monitors=[known])

    assert (figure.valid, figure.expected) == (expected, expected)


# --- complaints ---


def report(period: str, first: int, n: int, received: int, settled: int | None = None) -> ComplaintReport:
    return ComplaintReport("town", period, 2023, first, n, received, settled, "hotline")


FIVE = NoiseSurveys(
    complaints=(
        report("2023-01", 1, 1, 100, 90), report("2023-02", 2, 1, 79, 79), report("2023-03", 3, 1, 60),
        report("2023-Q2", 4, 3, 300, 270), report("2023-05", 5, 1, 999, 0),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("period", "value", "valid", "expected", "sufficient"),
    [
        pytest.param("2023-01", "100", 1, 1, True, id="a month of its own"),
        pytest.param("2023-Q1", "239", 3, 3, True, id="a quarter of its months"),
        pytest.param("2023-Q2", "300", 3, 3, True, id="a quarter with a row of its own"),
        pytest.param("2023-05", "999", 1, 1, True, id="a month inside of it"),
        pytest.param("2023-H1", "539", 6, 6, True, id="no month twice"),
        pytest.param("2023", "539", 6, 12, False, id="a year that lacks six months"),
        pytest.param("2023-04-01..2023-05-31", "999", 1, 2, False, id="the quarter does not end inside"),
    ],
)
def test_complaints_are_the_sum_of_what_was_reported(
    compute: Compute, period: str, value: str, valid: int, expected: int, sufficient: bool
) -> None:
    figure = compute("noise.complaints", period, surveys=FIVE)

    assert (str(figure.value), figure.valid, figure.expected, figure.sufficient) == (value, valid, expected, sufficient)
    assert (figure.reasons == []) is sufficient
    assert (figure.editions, figure.assumed) == ({}, [])


def test_month_that_runs_is_provisional_in_the_reports(compute: Compute) -> None:
    figure = compute("noise.complaints", "2023-01-01..2023-02-10", surveys=FIVE)

    assert (str(figure.value), figure.sufficient) == ("100", True)
    assert figure.provisional == ["2023-02 is not whole: up to 2023-02-10"]


@pytest.mark.parametrize(
    ("period", "printed", "sufficient"),
    [
        ("2023-01", "90.0", True),
        ("2023-Q1", "94.4", False),  # (90 + 79) / 179: shared/plans.md has 169 of 179 settled; March does not tell
        ("2023-Q2", "90.0", True),
        ("2023-12", "None", False),
    ],
)
def test_share_of_complaints_settled(compute: Compute, period: str, printed: str, sufficient: bool) -> None:
    figure = compute("noise.complaints_settled", period, surveys=FIVE)

    assert (str(figure.value), figure.sufficient) == (printed, sufficient)


def test_share_of_no_complaints_at_all_has_no_value(compute: Compute) -> None:
    none = NoiseSurveys(complaints=(report("2023-01", 1, 1, 0, 0),))

    assert str(compute("noise.complaints", "2023-01", surveys=none).value) == "0"
    assert compute("noise.complaints_settled", "2023-01", surveys=none).value is None


# --- manual surveys ---


def quarter(point: str, number: int, ld: str | None, ln: str | None, zone: ZoneClass = "2") -> FunctionalResult:
    day, night = (None if level is None else Decimal(level) for level in (ld, ln))
    return FunctionalResult("town", point, 2023, number, zone, day, night)


def a11() -> NoiseSurveys:
    """Ten points and four quarters: 38 days and 33 nights attain in class 2."""
    results = []
    for i in range(40):
        ld, ln = "61.0" if i < 2 else "60.5", "51.0" if i < 7 else "50.5"  # 60.5 and 50.5 are judged as the even
        results.append(quarter(f"p{i % 10}", i // 10 + 1, ld, ln))
    return NoiseSurveys(functional=tuple(results))


@pytest.mark.parametrize(("part", "printed"), [("day", "95.0"), ("night", "82.5")])
def test_a11_manual_year_is_pooled_over_its_quarters(compute: Compute, part: str, printed: str) -> None:
    figure = compute(f"noise.manual.{part}_attainment", "2023", surveys=a11())

    assert (str(figure.value), figure.valid, figure.expected, figure.sufficient) == (printed, 40, 40, True)
    assert figure.rules["HJ 640-2012"]


def test_a12_manual_quarter_by_class(compute: Compute) -> None:
    # Hunan, fourth quarter of 2021: classes 1, 2, 3 and 4a with (points, nights that attain)
    counts: dict[ZoneClass, tuple[int, int]] = {"1": (18, 14), "2": (85, 82), "3": (29, 28), "4a": (24, 15)}
    results = [
        FunctionalResult("town", f"{zone}-{i}", 2021, 4, zone, None, Decimal(40 if i < attained else 80))
        for zone, (n, attained) in counts.items()
        for i in range(n)
    ]
    surveys = NoiseSurveys(functional=tuple(results))

    printed = {z: str(compute(f"noise.manual.night_attainment.{z}", "2021-Q4", surveys=surveys).value) for z in counts}
    total = compute("noise.manual.night_attainment", "2021-Q4", surveys=surveys)

    assert printed == {"1": "77.8", "2": "96.5", "3": "96.6", "4a": "62.5"}
    assert (str(total.value), total.valid) == ("89.1", 156)


def test_manual_and_automatic_series_are_not_joined(compute: Compute) -> None:
    automatic = compute("noise.night_attainment", "2025-04", monitors=A13, surveys=a11())
    manual = compute("noise.manual.night_attainment", "2025-04", monitors=A13, surveys=a11())

    assert (str(automatic.value), automatic.valid, manual.value, manual.valid) == ("76.5", 85, None, 0)


def test_quarter_that_lacks_a_point_is_not_enough(compute: Compute) -> None:
    surveys = NoiseSurveys(functional=(quarter("p1", 1, "50", "40"), quarter("p2", 1, "50", None)))

    day = compute("noise.manual.day_attainment", "2023-Q1", surveys=surveys)
    night = compute("noise.manual.night_attainment", "2023-Q1", surveys=surveys)

    assert (day.sufficient, night.sufficient, night.valid, night.value) == (True, False, 1, 100)
    assert night.reasons == ["2023-Q1: 1 of 2 points"]


def test_quarter_that_runs_is_provisional(compute: Compute) -> None:
    surveys = NoiseSurveys(functional=(quarter("p1", 1, "50", "40"), quarter("p1", 2, "50", "40")))

    figure = compute("noise.manual.day_attainment", "2023-01-01..2023-05-31", surveys=surveys)

    assert (figure.valid, figure.sufficient, figure.provisional) == (2, True, ["2023-Q2 is not over"])


def grids(levels: Sequence[str], *, n: int, year: int = 2023) -> NoiseSurveys:
    repeated = [levels[i % len(levels)] for i in range(n)]
    return NoiseSurveys(
        regional=tuple(RegionalResult("town", f"g{i}", year, "day", Decimal(v)) for i, v in enumerate(repeated))
    )


@pytest.mark.parametrize(("n", "sufficient"), [(105, True), (100, False)])
def test_a8_regional_mean_and_grade(compute: Compute, n: int, sufficient: bool) -> None:
    surveys = grids(["52.3", "55.1", "57.8", "54.0", "53.9"], n=n)

    mean = compute("noise.regional_mean.day", "2023", surveys=surveys)
    grade = compute("noise.regional_grade.day", "2023", surveys=surveys)

    assert (str(mean.value), str(grade.value), mean.sufficient) == ("54.6", "2", sufficient)
    assert compute("noise.regional_mean.night", "2023", surveys=surveys).value is None


A9 = NoiseSurveys(
    road=tuple(
        RoadResult("town", f"r{i}", 2023, "day", Decimal(km), Decimal(leq))
        for i, (km, leq) in enumerate([("2.4", "69.8"), ("1.1", "72.4"), ("4.0", "67.2")])
    )
)


@pytest.mark.parametrize(
    ("name", "printed"), [("road_mean.day", "68.8"), ("road_grade.day", "2"), ("road_share_above_70.day", "14.7")]
)
def test_a9_road_mean_grade_and_share(compute: Compute, name: str, printed: str) -> None:
    figure = compute(f"noise.{name}", "2023", surveys=A9)

    assert (str(figure.value), figure.valid, figure.sufficient) == (printed, 3, True)


@pytest.mark.parametrize(
    ("grade", "printed"),
    [(1, "53.3"), (2, "32.0"), (3, "0.0"), (4, "14.7"), (5, "0.0")],  # 4.0, 2.4 and 1.1 of 7.5 km
)
def test_a9_share_of_road_of_each_grade(compute: Compute, grade: int, printed: str) -> None:
    assert str(compute(f"noise.road_share.day.{grade}", "2023", surveys=A9).value) == printed
    assert compute(f"noise.road_share.night.{grade}", "2023", surveys=A9).value is None


@pytest.mark.parametrize(
    ("part", "leq", "grade"),
    [("day", "68.0", 1), ("day", "68.1", 2), ("day", "74.0", 4), ("day", "74.1", 5), ("day", "70.05", 2),
     ("night", "58.0", 1), ("night", "64.1", 5)],
)  # fmt: skip
def test_a_road_on_the_bound_is_of_the_better_grade(compute: Compute, part: str, leq: str, grade: int) -> None:
    road = RoadResult("town", "r", 2023, part, Decimal(1), Decimal(leq))  # type: ignore[arg-type]

    shares = [
        str(compute(f"noise.road_share.{part}.{each}", "2023", surveys=NoiseSurveys(road=(road,))).value)
        for each in range(1, 6)
    ]

    assert shares == ["100.0" if each == grade else "0.0" for each in range(1, 6)]


def test_the_last_year_surveyed_is_taken(compute: Compute) -> None:
    both = NoiseSurveys(regional=grids(["50.0"], n=101).regional + grids(["60.0"], n=101, year=2024).regional)

    assert str(compute("noise.regional_mean.day", "2023-01-01..2024-12-31", surveys=both).value) == "60.0"
    assert str(compute("noise.regional_mean.day", "2023", surveys=both).value) == "50.0"
    assert compute("noise.regional_mean.day", "2024-06", surveys=both).value is None


def test_year_that_runs_is_provisional(compute: Compute) -> None:
    figure = compute("noise.road_mean.day", "2023-01-01..2023-06-30", surveys=A9)

    assert (str(figure.value), figure.provisional) == ("68.8", ["2023 is not over"])


@pytest.mark.parametrize(
    "name", ["manual.day_attainment", "regional_mean.day", "road_grade.day", "road_share_above_70.day"]
)
def test_before_hj_640_there_is_no_figure_of_surveys(compute: Compute, name: str) -> None:
    figure = compute(f"noise.{name}", "2012")

    assert (figure.value, figure.reasons) == (None, ["no edition of noise.survey in force on 2012-12-31"])


@pytest.mark.parametrize("name", [name for name in INDICATORS if name.startswith("noise.")])
def test_nothing_at_all_gives_no_value_and_a_reason(compute: Compute, name: str) -> None:
    figure = compute(name, "2025")

    assert (figure.value, figure.sufficient) == (None, False)
    assert figure.reasons
