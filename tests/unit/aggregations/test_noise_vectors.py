"""The worked vectors A1 to A20 of shared/standards/noise.md, section 6, by number."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import noise
from aggregations.noise import LocalHours, PointTimes
from aggregations.rounding import half_even
from aggregations.standards import NoiseLimits, NoiseMethod, NoiseSurvey

NAN = float("nan")
A1 = [
    47.8, 46.0, 45.2, 44.9, 45.6, 48.7, 53.1, 56.4, 58.2, 59.0, 58.8, 58.1, 57.6, 57.9, 58.4, 58.7, 59.3, 59.6, 58.9,
    57.2, 55.8, 53.9, 50.2, 49.1,
]  # fmt: skip


@pytest.fixture(scope="module")
def limits(edition: Callable[[str], NoiseLimits]) -> NoiseLimits:
    return edition("GB 3096-2008")


@pytest.fixture(scope="module")
def method(edition: Callable[[str], NoiseMethod]) -> NoiseMethod:
    return edition("Noise, automatic monitors 2024")


@pytest.fixture(scope="module")
def survey(edition: Callable[[str], NoiseSurvey]) -> NoiseSurvey:
    return edition("HJ 640-2012")


def hour(samples: list[float], **more: object) -> noise.HourLevels:
    return noise.hour_levels(np.array([samples]), **more)  # type: ignore[arg-type]


def level(
    hours: list[float], part: noise.PartOfDay, limits: NoiseLimits, method: NoiseMethod, local: LocalHours | None = None
) -> float:
    values = np.array([hours])
    found, _ = noise.part_levels(values, np.isfinite(values), part, limits=limits, method=method, hours=local)
    return float(found[0])


def energy(levels: list[float]) -> float:
    array = np.array(levels)
    return float(noise.energy_mean(array, np.isfinite(array)))


def judged(level_: float, method: NoiseMethod, **switches: object) -> int:
    return int(noise.judged(np.array([level_]), msgspec.structs.replace(method, **switches))[0])


def test_a1_day_night_and_both_together(limits: NoiseLimits, method: NoiseMethod) -> None:
    ld, ln = level(A1, "day", limits, method), level(A1, "night", limits, method)
    ldn = float(noise.day_night_level(np.array([ld]), np.array([ln]), limits)[0])

    assert (f"{ld:.2f}", f"{ln:.2f}", f"{ldn:.2f}") == ("57.88", "47.60", "57.79")
    assert (judged(ld, method), judged(ln, method)) == (58, 48)
    assert 16 * 10 ** (ld / 10) == pytest.approx(9_814_983.007, abs=1e-3)
    assert 8 * 10 ** (ln / 10) == pytest.approx(460_517.478, abs=1e-3)


@pytest.mark.parametrize(
    ("ln", "switches", "attains"),
    [
        (50.4, {}, True),
        (50.4, {"judge_decimals": 1}, False),
        (50.5, {}, True),
        (50.5, {"judge_rounding": "half_up"}, False),
    ],
)
def test_a2_switch_of_rounding(
    limits: NoiseLimits, method: NoiseMethod, ln: float, switches: dict[str, object], attains: bool
) -> None:
    chosen = msgspec.structs.replace(method, **switches)

    assert noise.attains(np.array([ln]), "2", "night", limits=limits, method=chosen) == [attains]


@pytest.mark.parametrize(
    ("level_", "rounding", "once", "as_stored"),
    [
        pytest.param(51.46, "half_even", 51, 52, id="51.46 is 51.5, and that 52"),
        pytest.param(50.54, "half_even", 51, 50, id="50.54 is 50.5, and that 50"),
        pytest.param(50.54, "half_up", 51, 51, id="50.54 is 50.5, half up 51"),
        pytest.param(50.46, "half_up", 50, 51, id="50.46 is 50.5, half up 51"),
        pytest.param(50.40, "half_even", 50, 50, id="far from the half both are one"),
    ],
)
def test_level_as_computed_is_rounded_once_and_as_stored_twice(
    method: NoiseMethod, level_: float, rounding: str, once: int, as_stored: int
) -> None:
    switches = {"judge_rounding": rounding}

    assert judged(level_, method, **switches) == once
    assert judged(level_, method, **switches, judge_from="stored") == as_stored


@pytest.mark.parametrize(
    ("ln", "half_even_", "half_up", "attains"), [(45.4, 45, 45, True), (45.5, 46, 46, False), (44.5, 44, 45, True)]
)
def test_a3_night_of_class_1(
    limits: NoiseLimits, method: NoiseMethod, ln: float, half_even_: int, half_up: int, attains: bool
) -> None:
    assert (judged(ln, method), judged(ln, method, judge_rounding="half_up")) == (half_even_, half_up)
    assert noise.attains(np.array([ln]), "1", "night", limits=limits, method=method) == [attains]


def test_a4_half_an_hour_each_equal_and_unequal_durations() -> None:
    assert f"{energy([50.0] * 30 + [60.0] * 30):.2f}" == "57.40"
    found = noise.weighted_energy_mean(np.array([50.0, 60.0]), np.array([30.0, 30.0]))
    assert f"{float(found):.2f}" == "57.40"


def test_a5_valid_data_rate_and_level_of_the_valid_seconds() -> None:
    found = hour([55.0] * 2400 + [65.0] * 600 + [NAN] * 600)

    assert (f"{found.collected[0]:.3f}", f"{found.leq[0]:.2f}") == ("0.833", "59.47")


def test_a5_from_minutes_with_unequal_numbers_of_samples() -> None:
    # 40 minutes of 60 s and 20 minutes of 30 s are the same 2400 and 600 seconds
    found = hour([55.0] * 40 + [65.0] * 20, shares=np.array([[1.0] * 40 + [0.5] * 20]))

    assert (f"{found.collected[0]:.3f}", f"{found.leq[0]:.2f}") == ("0.833", "59.47")


def test_a6_levels_exceeded_by_rank() -> None:
    found = hour([50 + k / 10 for k in range(1, 101)])

    by_rank = {n: f"{float(levels[0]):.1f}" for n, levels in found.exceeded.items()}
    assert by_rank == {5: "59.6", 10: "59.1", 50: "55.1", 90: "51.1", 95: "50.6"}
    assert (f"{found.leq[0]:.2f}", f"{found.sd[0]:.2f}") == ("55.97", "2.89")
    assert (found.lmax[0], found.lmin[0]) == (60.0, 50.1)


def test_a6_deviation_of_a_sample_is_over_one_less() -> None:
    assert f"{hour([50 + k / 10 for k in range(1, 101)], deviation='sample').sd[0]:.2f}" == "2.90"


@pytest.mark.parametrize(("hours", "printed"), [((16, 8), "58.77"), ((15, 9), "58.86")])
def test_a7_day_and_night_together(hours: tuple[int, int], printed: str) -> None:
    found = noise.mixed_level([np.array(58.0), np.array(50.0)], hours=hours, penalties=(0, 10))

    assert f"{float(found):.2f}" == printed


@pytest.mark.parametrize(
    ("levels", "mean", "grade"),
    [(["52.3", "55.1", "57.8", "54.0", "53.9"], "54.6", 2), (["48.0", "52.0", "60.5", "62.0", "51.0"], "54.7", 2)],
)
def test_a8_regional_mean_is_arithmetic(survey: NoiseSurvey, levels: list[str], mean: str, grade: int) -> None:
    found = noise.regional_mean([Decimal(each) for each in levels])

    assert found is not None
    assert str(half_even(found, 1)) == mean
    assert noise.grade_of(found, survey.regional.day, survey) == grade
    assert survey.grade[grade - 1].name == "二级 较好"


A9 = [(Decimal("2.4"), Decimal("69.8")), (Decimal("1.1"), Decimal("72.4")), (Decimal("4.0"), Decimal("67.2"))]


def test_a9_road_mean_is_weighted_by_length(survey: NoiseSurvey) -> None:
    found = noise.road_mean(A9, survey)

    assert found == Fraction("515.96") / Fraction("7.5")
    assert str(half_even(found, 1)) == "68.8"
    assert noise.grade_of(found, survey.road.day, survey) == 2


def test_a9_road_mean_without_weights_is_another(survey: NoiseSurvey) -> None:
    found = noise.road_mean(A9, msgspec.structs.replace(survey, road_weights="equal"))

    assert found is not None
    assert str(half_even(found, 1)) == "69.8"


@pytest.mark.parametrize(
    ("level_", "above"), [("69.8", Fraction(1100, 75)), ("70.0", Fraction(1100, 75)), ("70.1", Fraction(3500, 75))]
)
def test_share_of_roads_above_70_leaves_70_itself_out(survey: NoiseSurvey, level_: str, above: Fraction) -> None:
    stretches = [(A9[0][0], Decimal(level_)), *A9[1:]]

    assert noise.loud_share(stretches, survey) == above  # 1.1 km, or 3.5 km, of 7.5 km


@pytest.mark.parametrize(
    ("table", "part", "mean", "name"),
    [
        ("regional", "day", "50.0", "好"),
        ("regional", "day", "50.1", "较好"),
        ("regional", "day", "50.05", "好"),
        ("road", "day", "70.0", "较好"),
        ("road", "day", "70.1", "一般"),
        ("road", "night", "58.0", "好"),
        ("regional", "night", "45.1", "一般"),
        ("road", "day", "68.05", "好"),
        ("road", "day", "74.0", "较差"),
        ("road", "day", "74.1", "差"),
    ],
)
def test_a10_edges_of_the_grades(survey: NoiseSurvey, table: str, part: str, mean: str, name: str) -> None:
    bounds = getattr(getattr(survey, table), part)

    assert survey.grade[noise.grade_of(Fraction(mean), bounds, survey) - 1].name.split()[1] == name


@pytest.mark.parametrize(("attained", "rate"), [(38, "95.0"), (33, "82.5")])
def test_a11_manual_year(attained: int, rate: str) -> None:
    found = noise.attainment_rate([PointTimes(40, attained)], pooling="point_times")

    assert found is not None
    assert str(half_even(found, 1)) == rate


@pytest.mark.parametrize(
    ("valid", "attained", "rate"),
    [(156, 151, "96.8"), (156, 139, "89.1"), (18, 15, "83.3"), (18, 14, "77.8"), (85, 83, "97.6"), (85, 82, "96.5"),
     (29, 29, "100.0"), (29, 28, "96.6"), (24, 24, "100.0"), (24, 15, "62.5"), (143, 123, "86.0"), (143, 94, "65.7")],
)  # fmt: skip
def test_a12_published_quarters_of_hunan(valid: int, attained: int, rate: str) -> None:
    found = noise.attainment_rate([PointTimes(valid, attained)], pooling="point_times")

    assert found is not None
    assert str(half_even(found, 1)) == rate


@pytest.mark.parametrize(
    ("pooling", "day", "night"), [("point_times", "96.5", "76.5"), ("mean_of_stations", "96.4", "75.9")]
)
def test_a13_automatic_month(pooling: str, day: str, night: str) -> None:
    days = [PointTimes(28, 25), PointTimes(30, 30), PointTimes(27, 27)]
    nights = [PointTimes(29, 20), PointTimes(30, 28), PointTimes(26, 17)]

    found = [noise.attainment_rate(each, pooling=pooling) for each in (days, nights)]  # type: ignore[arg-type]

    assert [str(half_even(each, 1)) for each in found if each is not None] == [day, night]


@pytest.mark.parametrize(("valid", "attained"), [(3540, 3010), (3530, 2999)])
def test_a14_plan_year_prints_85(valid: int, attained: int) -> None:
    found = noise.attainment_rate([PointTimes(valid, attained)], pooling="point_times")

    assert found is not None
    assert str(half_even(found, 1)) == "85.0"
    assert (found >= 85) is (valid == 3540)  # the raw value is kept, too


@pytest.mark.parametrize(
    ("zone", "peak", "attains"), [("2", 65.0, 1), ("2", 66.0, 0), ("4b", 75.0, 1), ("4b", 76.0, 0)]
)
def test_a15_night_peak(limits: NoiseLimits, method: NoiseMethod, zone: str, peak: float, attains: int) -> None:
    found = noise.peaks_attaining(np.array([peak]), zone, limits=limits, method=method)  # type: ignore[arg-type]

    assert found.tolist() == [attains]


@pytest.mark.parametrize(
    ("ln", "peak", "in_rate", "verdict"),
    [
        pytest.param(48.0, 66.0, False, 1, id="the peak is judged apart"),
        pytest.param(48.0, 66.0, True, 0, id="the peak is part of the rate"),
        pytest.param(48.0, 65.0, True, 1, id="both attain"),
        pytest.param(48.0, NAN, True, noise.NONE, id="no peak known"),
        pytest.param(52.0, NAN, True, 0, id="no peak known, but the level exceeds"),
        pytest.param(NAN, 66.0, True, noise.NONE, id="too few hours: the night is not valid"),
        pytest.param(NAN, NAN, False, noise.NONE, id="nothing known"),
    ],
)
def test_a15_peak_in_the_verdict_of_the_night(
    limits: NoiseLimits, method: NoiseMethod, ln: float, peak: float, in_rate: bool, verdict: int
) -> None:
    chosen = msgspec.structs.replace(method, night_peak_in_attainment=in_rate)

    found = noise.night_verdicts(np.array([ln]), np.array([peak]), "2", limits=limits, method=chosen)

    assert found.tolist() == [verdict]


def test_a16_windy_minutes_do_not_enter_and_lower_the_rate(method: NoiseMethod) -> None:
    minutes, windy = [52.0] * 40 + [61.0] * 20, np.array([[False] * 40 + [True] * 20])

    screened, plain = hour(minutes, excluded=windy), hour(minutes)

    assert (f"{screened.leq[0]:.2f}", f"{plain.leq[0]:.2f}") == ("52.00", "57.20")
    assert (f"{screened.entered[0]:.3f}", screened.collected[0]) == ("0.667", 1.0)
    assert noise.valid_hours(screened.collected, screened.entered, method).tolist() == [False]


def test_a16_weather_that_does_not_lower_the_rate(method: NoiseMethod) -> None:
    found = hour([52.0] * 40 + [61.0] * 20, excluded=np.array([[False] * 40 + [True] * 20]))
    chosen = msgspec.structs.replace(method, weather_lowers_vdr=False)

    assert noise.valid_hours(found.collected, found.entered, chosen).tolist() == [True]


@pytest.mark.parametrize(("minutes", "valid"), [(44, False), (45, True), (60, True), (0, False)])
def test_an_hour_needs_45_minutes(method: NoiseMethod, minutes: int, valid: bool) -> None:
    found = hour([52.0] * minutes + [NAN] * (60 - minutes))

    assert noise.valid_hours(found.collected, found.entered, method).tolist() == [valid]


def test_a17_local_night_from_21_to_7(limits: NoiseLimits, method: NoiseMethod) -> None:
    local = LocalHours(7, 21)

    found = (level(A1, "day", limits, method, local), level(A1, "night", limits, method, local))

    assert tuple(f"{each:.2f}" for each in found) == ("58.25", "49.59")


@pytest.mark.parametrize(
    ("part", "missing", "known"),
    [
        pytest.param("day", 3, True, id="11 of 14 hours of the day: 12 of 16 in proportion"),
        pytest.param("day", 4, False, id="10 of 14"),
        pytest.param("night", 2, True, id="8 of 10 hours of the night: 6 of 8 in proportion"),
        pytest.param("night", 3, False, id="7 of 10"),
    ],
)
def test_a17_least_hours_are_those_of_the_standard_in_proportion(
    limits: NoiseLimits, method: NoiseMethod, part: noise.PartOfDay, missing: int, known: bool
) -> None:
    local = LocalHours(7, 21)
    inside = np.flatnonzero(noise.hours_of(part, local))
    hours = [NAN if h in inside[:missing] else 50.0 for h in range(24)]

    assert np.isfinite(level(hours, part, limits, method, local)) == known


def test_a18_missing_hour_is_not_divided_by(limits: NoiseLimits, method: NoiseMethod) -> None:
    assert f"{level([*A1[:5], NAN, *A1[6:]], 'night', limits, method):.2f}" == "47.42"


def test_a19_level_of_a_period_is_the_energy_mean_of_its_days() -> None:
    assert f"{noise.period_level(np.array([48.2, 49.0, 51.5, NAN, 50.1])):.2f}" == "49.88"


def test_a20_day_evening_and_night() -> None:
    parts = [energy(A1[6:18]), energy(A1[18:22]), energy([*A1[22:], *A1[:6]])]

    lden = noise.mixed_level([np.array(each) for each in parts], hours=(12, 4, 8), penalties=(0, 5, 10))

    assert [f"{each:.2f}" for each in (parts[0], parts[1], float(lden))] == ["58.18", "56.83", "58.89"]


# --- beyond the vectors ---


def test_night_that_starts_on_the_date_ends_on_the_next(limits: NoiseLimits, method: NoiseMethod) -> None:
    chosen = msgspec.structs.replace(method, statistical_day="night_starting")
    hours = np.array([[40.0] * 24, [60.0] * 24])

    found, counts = noise.part_levels(hours, np.isfinite(hours), "night", limits=limits, method=chosen)

    # two hours of 40 dB and six of 60 dB; of the last night only two hours are known
    assert f"{found[0]:.2f}" == f"{energy([40.0] * 2 + [60.0] * 6):.2f}"
    assert np.isnan(found[1])
    assert counts.tolist() == [8, 2]


def test_night_from_23_has_seven_hours_and_needs_six_of_them(limits: NoiseLimits, method: NoiseMethod) -> None:
    local = LocalHours(6, 23)
    assert np.flatnonzero(noise.hours_of("night", local)).tolist() == [0, 1, 2, 3, 4, 5, 23]
    hours = [*A1[:6], *[70.0] * 17, A1[23]]

    assert f"{level(hours, 'night', limits, method, local):.2f}" == f"{energy([*A1[:6], A1[23]]):.2f}"
    assert f"{level([NAN, *hours[1:]], 'night', limits, method, local):.2f}" == f"{energy([*A1[1:6], A1[23]]):.2f}"
    assert np.isnan(level([NAN, NAN, *hours[2:]], "night", limits, method, local))


def test_minute_of_which_nothing_was_collected_is_no_sample_at_all() -> None:
    found = hour([55.0, 90.0], shares=np.array([[1.0, 0.0]]))

    assert (found.leq[0], found.lmax[0], found.sd[0], found.exceeded[5][0]) == (pytest.approx(55.0), 55.0, 0.0, 55.0)
    assert (found.collected[0], found.entered[0]) == (0.5, 0.5)


def test_hours_without_a_sample_have_no_level_and_a_rate_of_zero() -> None:
    found = hour([NAN] * 60)

    assert np.isnan([found.leq[0], found.lmax[0], found.lmin[0], found.sd[0], found.exceeded[10][0]]).all()
    assert (found.collected[0], found.entered[0]) == (0, 0)


def test_one_sample_is_every_level_and_deviates_by_nothing() -> None:
    found = hour([61.5])

    levels = [found.leq[0], found.lmax[0], found.lmin[0], *(each[0] for each in found.exceeded.values())]
    assert levels == pytest.approx([61.5] * 8, abs=1e-9)
    assert found.sd[0] == 0
    assert np.isnan(hour([61.5], deviation="sample").sd[0])


def test_infinite_levels_are_not_collected() -> None:
    found = hour([52.0, float("inf"), float("-inf"), NAN])

    assert (f"{found.leq[0]:.2f}", found.lmax[0], found.collected[0]) == ("52.00", 52.0, 0.25)


def test_blocks_do_not_change_the_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.round(np.random.default_rng(1).normal(55, 8, (50, 60)), 1)
    levels[7] = NAN
    whole = noise.hour_levels(levels)
    monkeypatch.setattr("aggregations.noise.hours.BLOCK", 180)

    cut = noise.hour_levels(levels)

    for name in ("leq", "lmax", "lmin", "sd", "collected", "entered"):
        assert getattr(cut, name) == pytest.approx(getattr(whole, name), abs=1e-12, nan_ok=True)
    assert cut.exceeded[10] == pytest.approx(whole.exceeded[10], nan_ok=True)


def test_statistics_of_nothing_are_nothing(survey: NoiseSurvey) -> None:
    assert noise.attainment_rate([PointTimes(0, 0)], pooling="point_times") is None
    assert noise.attainment_rate([], pooling="mean_of_stations") is None
    assert (noise.regional_mean([]), noise.road_mean([], survey), noise.loud_share([], survey)) == (None, None, None)
    assert np.isnan(noise.period_level(np.array([NAN])))
