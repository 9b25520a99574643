"""Claims about the automatic checks of hourly values. Expected flags are written by hand, or by plain loops."""

import math
from decimal import Decimal
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import checks, quantities
from sensors.arrays import FloatArray
from sensors.checks import CODES, REASONS, Checks
from sensors.errors import ConfigError
from sensors.flags import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT

CONFIG = Path(__file__).resolve().parents[3] / "config"
NAN = math.nan

QUANTITIES = quantities.parse((CONFIG / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
SHIPPED = (CONFIG / "checks.toml").read_text(encoding="utf-8")


def of(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


def parsed(text: str) -> Checks:
    return checks.parse(text, file="c.toml")


# --- range


@pytest.mark.parametrize(
    ("value", "flag"), [(0, GOOD), (-0.1, FAIL), (0.1, GOOD), (200, GOOD), (200.1, FAIL), (199.9, GOOD)]
)
def test_range_check_takes_both_ends_as_good(value: float, flag: int) -> None:
    assert checks.range_check(of(value), minimum=Decimal(0), maximum=Decimal(200)).tolist() == [flag]


@pytest.mark.parametrize(("value", "flag"), [(0.1, GOOD), (0.3, GOOD), (0.09, FAIL), (0.31, FAIL)])
def test_range_check_compares_decimals_as_they_are_written(value: float, flag: int) -> None:
    assert checks.range_check(of(value), minimum=Decimal("0.1"), maximum=Decimal("0.3")).tolist() == [flag]


def test_range_check_of_missing_hours_is_missing() -> None:
    found = checks.range_check(of(NAN, 1, math.inf, -math.inf), minimum=0, maximum=9)
    assert found.tolist() == [MISSING, GOOD, MISSING, MISSING]


# --- negative


def test_negative_check_takes_zero_as_good() -> None:
    assert checks.negative_check(of(0, -0.0, -0.000001, 0.000001, NAN)).tolist() == [GOOD, GOOD, FAIL, GOOD, MISSING]


# --- stuck


@pytest.mark.parametrize(("n", "flag"), [(1, GOOD), (2, GOOD), (3, SUSPECT), (4, SUSPECT)])
def test_stuck_check_objects_to_runs_of_the_hours_and_more(n: int, flag: int) -> None:
    assert checks.stuck_check(of(1, *[5] * n, 2), hours=3).tolist() == [GOOD, *[flag] * n, GOOD]


def test_stuck_check_run_may_begin_and_end_the_hours() -> None:
    assert checks.stuck_check(of(5, 5, 5), hours=3).tolist() == [SUSPECT] * 3


def test_stuck_check_run_is_ended_by_a_missing_hour() -> None:
    assert checks.stuck_check(of(5, 5, NAN, 5, 5), hours=3).tolist() == [GOOD, GOOD, MISSING, GOOD, GOOD]


def test_stuck_check_finds_runs_on_both_sides_of_a_missing_hour() -> None:
    assert checks.stuck_check(of(5, 5, NAN, 5, 5), hours=2).tolist() == [SUSPECT, SUSPECT, MISSING, SUSPECT, SUSPECT]


def test_stuck_check_counts_zeros() -> None:
    assert checks.stuck_check(of(0, -0.0, 0), hours=3).tolist() == [SUSPECT] * 3


def test_stuck_check_missing_hours_are_no_run() -> None:
    assert checks.stuck_check(of(NAN, NAN, NAN), hours=2).tolist() == [MISSING] * 3


def test_stuck_check_runs_that_touch_are_two() -> None:
    assert checks.stuck_check(of(5, 5, 6, 6), hours=3).tolist() == [GOOD] * 4


def test_stuck_check_values_that_differ_by_a_millionth_are_not_equal() -> None:
    assert checks.stuck_check(of(5, 5.000001, 5), hours=3).tolist() == [GOOD] * 3


# --- jump


@pytest.mark.parametrize(("second", "flag"), [(110, GOOD), (110.1, SUSPECT), (90, GOOD), (89.9, SUSPECT), (100, GOOD)])
def test_jump_check_takes_the_step_itself_as_good(second: float, flag: int) -> None:
    assert checks.jump_check(of(100, second), step=Decimal(10)).tolist() == [GOOD, flag]


def test_jump_check_compares_without_binary_dust() -> None:
    assert checks.jump_check(of(0.9, 1.1), step=Decimal("0.2")).tolist() == [GOOD, GOOD]  # 1.1 - 0.9 > 0.2 in binary


def test_jump_check_marks_the_way_up_and_the_way_back() -> None:
    assert checks.jump_check(of(1, 99, 1, 1), step=10).tolist() == [GOOD, SUSPECT, SUSPECT, GOOD]


def test_jump_check_compares_with_the_hour_directly_before_only() -> None:
    assert checks.jump_check(of(NAN, 1, NAN, 99), step=10).tolist() == [MISSING, GOOD, MISSING, GOOD]


# --- inversion


@pytest.mark.parametrize(("pm25", "flag"), [(49, GOOD), (50, GOOD), (55, GOOD), (55.1, SUSPECT)])
def test_inversion_check_takes_the_tolerance_itself_as_good(pm25: float, flag: int) -> None:
    found = checks.inversion_check(of(pm25), of(50), tolerance=Decimal(5))
    assert [f.tolist() for f in found] == [[flag], [flag]]


def test_inversion_check_without_tolerance_takes_equal_values_as_good() -> None:
    fine, coarse = checks.inversion_check(of(50, 50.000001), of(50, 50), tolerance=0)
    assert (fine.tolist(), coarse.tolist()) == ([GOOD, SUSPECT], [GOOD, SUSPECT])


def test_inversion_check_needs_both() -> None:
    fine, coarse = checks.inversion_check(of(99, NAN, NAN), of(NAN, 1, NAN), tolerance=0)
    assert (fine.tolist(), coarse.tolist()) == ([GOOD, MISSING, MISSING], [MISSING, GOOD, MISSING])


# --- neighbours


def neighbours_flag(value: float, *others: float, ratio: str = "3", floor: str = "50") -> int:
    found = checks.neighbour_check(of(value), of(*others)[:, None], ratio=Decimal(ratio), floor=Decimal(floor))
    return int(found[0])


@pytest.mark.parametrize(("value", "flag"), [(300, GOOD), (300.1, SUSPECT), (33.4, GOOD), (33.3, SUSPECT), (100, GOOD)])
def test_neighbour_check_takes_the_ratio_itself_as_good(value: float, flag: int) -> None:
    assert neighbours_flag(value, 100, 90, 110) == flag


def test_neighbour_check_takes_a_third_of_the_median_as_good() -> None:
    assert [neighbours_flag(30, 90, 90), neighbours_flag(29.999999, 90, 90)] == [GOOD, SUSPECT]


@pytest.mark.parametrize(("value", "flag"), [(49.9, GOOD), (50, SUSPECT)])
def test_neighbour_check_compares_from_the_floor_of_the_value_on(value: float, flag: int) -> None:
    assert neighbours_flag(value, 1, 1) == flag


@pytest.mark.parametrize(("others", "flag"), [(49.9, GOOD), (50, SUSPECT)])
def test_neighbour_check_compares_from_the_floor_of_the_median_on(others: float, flag: int) -> None:
    assert neighbours_flag(1, others, others) == flag


@pytest.mark.parametrize(
    ("others", "flag"), [((1,), GOOD), ((1, NAN), GOOD), ((1, 1), SUSPECT), ((NAN, 1, 1), SUSPECT)]
)
def test_neighbour_check_needs_two_others(others: tuple[float, ...], flag: int) -> None:
    assert neighbours_flag(500, *others) == flag


def test_neighbour_check_of_a_missing_hour_is_missing() -> None:
    assert neighbours_flag(NAN, 100, 100) == MISSING


def test_neighbour_check_takes_the_mean_of_the_middle_two_as_the_median() -> None:
    assert [neighbours_flag(v, 0, 100, 200, 9000) for v in (450, 450.1)] == [GOOD, SUSPECT]  # median 150


def test_neighbour_check_without_others_is_good() -> None:
    found = checks.neighbour_check(of(500, NAN), np.empty((0, 2)), ratio=3, floor=0)
    assert found.tolist() == [GOOD, MISSING]


# --- all checks: none, one and only missing hours

ALONE = {
    "range": lambda v: checks.range_check(v, minimum=0, maximum=9),
    "negative": checks.negative_check,
    "stuck": lambda v: checks.stuck_check(v, hours=2),
    "jump": lambda v: checks.jump_check(v, step=1),
    "pm25": lambda v: checks.inversion_check(v, v, tolerance=0)[0],
    "pm10": lambda v: checks.inversion_check(v, v, tolerance=0)[1],
    "neighbours": lambda v: checks.neighbour_check(v, np.array([v, v]), ratio=3, floor=0),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize(
    ("values", "flags"),
    [([], []), ([5.0], [GOOD]), ([NAN], [MISSING]), ([NAN] * 3, [MISSING] * 3)],
    ids=["none", "one", "missing", "all-missing"],
)
def test_check_of_few_hours_is_one_flag_an_hour(name: str, values: list[float], flags: list[int]) -> None:
    found = ALONE[name](np.array(values))  # type: ignore[no-untyped-call]
    assert (found.tolist(), found.dtype) == (flags, np.int8)


# --- combined


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([GOOD, GOOD], GOOD),
        ([GOOD, SUSPECT], SUSPECT),
        ([SUSPECT, FAIL], FAIL),
        ([FAIL, MISSING], MISSING),
        ([GOOD, MISSING], MISSING),
        ([GOOD, SUSPECT, FAIL, MISSING], MISSING),
        ([GOOD, SUSPECT, GOOD], SUSPECT),
        ([NOT_EVALUATED, GOOD], GOOD),
        ([NOT_EVALUATED, NOT_EVALUATED], NOT_EVALUATED),
        ([FAIL], FAIL),
    ],
)
def test_combined_is_the_strongest_flag_in_any_order(flags: list[int], expected: int) -> None:
    arrays = [np.array([flag], dtype=np.int8) for flag in flags]
    found = [checks.combined(*arrays), checks.combined(*reversed(arrays))]
    assert [(f.tolist(), f.dtype) for f in found] == [([expected], np.int8)] * 2


def test_combined_is_told_hour_by_hour() -> None:
    first, second = np.array([GOOD, FAIL], np.int8), np.array([SUSPECT, GOOD], np.int8)
    assert checks.combined(first, second).tolist() == [SUSPECT, FAIL]


# --- plain loops

hours = st.lists(
    st.one_of(st.just(NAN), st.integers(-4, 12).map(float), st.integers(-40, 120).map(lambda i: i / 10)), max_size=30
)


def micro(value: float) -> int:
    return round(value * 1_000_000)


def by_hand(values: list[float], objects: list[bool], flag: int) -> list[int]:
    return [MISSING if math.isnan(v) else flag if o else GOOD for v, o in zip(values, objects, strict=True)]


@given(hours, st.integers(2, 5))
@settings(max_examples=300, deadline=None)
def test_stuck_check_agrees_with_plain_loops(values: list[float], n: int) -> None:
    objects = []
    for i, value in enumerate(values):
        first = last = i
        while first > 0 and values[first - 1] == value:
            first -= 1
        while last + 1 < len(values) and values[last + 1] == value:
            last += 1
        objects.append(last - first + 1 >= n)
    assert checks.stuck_check(np.array(values), hours=n).tolist() == by_hand(values, objects, SUSPECT)


@given(hours, st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_jump_check_agrees_with_plain_loops(values: list[float], tenths: int) -> None:
    objects = [False] * len(values)
    for i in range(1, len(values)):
        if not math.isnan(values[i]) and not math.isnan(values[i - 1]):
            objects[i] = abs(micro(values[i]) - micro(values[i - 1])) > tenths * 100_000
    found = checks.jump_check(np.array(values), step=Decimal(tenths) / 10)
    assert found.tolist() == by_hand(values, objects, SUSPECT)


@given(hours, st.integers(-20, 20), st.integers(0, 80))
@settings(max_examples=200, deadline=None)
def test_range_and_negative_check_agree_with_plain_loops(values: list[float], low: int, width: int) -> None:
    minimum, maximum = Decimal(low) / 10, Decimal(low + width) / 10
    outside = [micro(v) < low * 100_000 or micro(v) > (low + width) * 100_000 if v == v else False for v in values]
    found = checks.range_check(np.array(values), minimum=minimum, maximum=maximum)
    assert found.tolist() == by_hand(values, outside, FAIL)
    assert checks.negative_check(np.array(values)).tolist() == by_hand(values, [v < 0 for v in values], FAIL)


@given(st.lists(st.tuples(*[st.one_of(st.just(NAN), st.integers(0, 60).map(lambda i: i / 10))] * 5), max_size=12))
@settings(max_examples=300, deadline=None)
def test_inversion_and_neighbour_check_agree_with_plain_loops(rows: list[tuple[float, ...]]) -> None:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    inverted, far = [], []
    for value, *others in rows:
        inverted.append(not math.isnan(value + others[0]) and micro(value) > micro(others[0]) + 500_000)
        present = [Decimal(str(other)) for other in others if not math.isnan(other)]
        is_far = False
        if not math.isnan(value) and len(present) >= 2:
            exact, middle = Decimal(str(value)), median(present)
            is_far = (exact > 2 * middle or exact * 2 < middle) and max(exact, middle) >= 3
        far.append(is_far)
    values = [row[0] for row in rows]
    fine, coarse = checks.inversion_check(table[0], table[1], tolerance=Decimal("0.5"))
    assert fine.tolist() == by_hand(values, inverted, SUSPECT)
    assert coarse.tolist() == by_hand([row[1] for row in rows], inverted, SUSPECT)
    assert checks.neighbour_check(table[0], table[1:], ratio=2, floor=3).tolist() == by_hand(values, far, SUSPECT)


# --- evaluate, reason, suspects

TEXT = """
[negative]
quantities = ["pm25"]
[stuck]
action = "suspect"
hours = { pm25 = 3 }
[jump]
action = "suspect"
step = { pm25 = 100, o3 = 50 }
[inversion]
action = "suspect"
tolerance = 5
[neighbours]
pm25 = { ratio = 3, floor = 50 }
[unit]
days = 2
[unit.air]
action = "suspect"
least = 5
ratio = { pm25 = 200 }
[unit.water]
least = 3
ratio = 300
"""


def evaluated(
    hours: dict[str, FloatArray], text: str = TEXT, neighbours: dict[str, FloatArray] | None = None
) -> dict[str, dict[str, list[int]]]:
    found = checks.evaluate(hours, checks=parsed(text), quantities=QUANTITIES.air, neighbours=neighbours)
    return {key: {name: flags.tolist() for name, flags in each.items()} for key, each in found.items()}


def test_evaluate_makes_the_checks_that_name_the_quantity_in_the_order_of_the_reasons() -> None:
    found = evaluated({q: of(1) for q in ("pm25", "pm10", "o3", "no2")}, neighbours={"pm25": np.ones((2, 1))})
    assert {key: list(each) for key, each in found.items()} == {
        "pm25": list(REASONS),
        "pm10": ["range", "inversion"],
        "o3": ["range", "jump"],
        "no2": ["range"],
    }


def test_evaluate_without_any_check_still_looks_at_the_plausible_range() -> None:
    assert evaluated({"co": of(200, 200.1, NAN)}, "") == {"co": {"range": [GOOD, FAIL, MISSING]}}


@pytest.mark.parametrize("quantity", ["pm25", "pm10"])
def test_evaluate_makes_no_inversion_of_one_quantity_alone(quantity: str) -> None:
    assert "inversion" not in evaluated({quantity: of(1)})[quantity]


def test_evaluate_implausible_hour_makes_no_jump_and_is_good_to_the_later_checks() -> None:
    found = evaluated({"o3": of(20, 9999, 20, NAN)})
    assert found == {"o3": {"range": [GOOD, FAIL, GOOD, MISSING], "jump": [GOOD, GOOD, GOOD, MISSING]}}


def test_evaluate_implausible_hour_makes_no_inversion() -> None:
    found = evaluated({"pm25": of(100, -1), "pm10": of(-1, 100)})
    assert [found[q]["inversion"] for q in ("pm25", "pm10")] == [[GOOD, GOOD], [GOOD, GOOD]]


def test_evaluate_implausible_hour_of_a_neighbour_counts_as_missing() -> None:
    found = evaluated({"pm25": of(600)}, neighbours={"pm25": np.array([[100.0], [-1.0]])})
    assert found["pm25"]["neighbours"] == [GOOD]


@pytest.mark.parametrize("value", [0.2, 8000.0])
def test_evaluate_marks_a_probable_unit_mistake_and_leaves_implausible_hours_to_the_range(value: float) -> None:
    found = evaluated({"pm25": of(*[40.0] * 60, value), "pm10": of(*[40.0] * 60, value)})
    inside = value < QUANTITIES.air["pm25"].maximum
    assert found["pm25"]["unit"] == [GOOD] * 60 + [SUSPECT if inside else GOOD]
    assert "unit" not in found["pm10"]


def test_taking_out_keeps_the_check_of_units_only_where_it_takes_out() -> None:
    assert checks.taking_out(parsed(TEXT)).unit is None
    failing = parsed(TEXT.replace('action = "suspect"\nleast', 'action = "fail"\nleast'))
    assert checks.taking_out(failing).unit is not None


def test_evaluate_neighbours_of_a_quantity_that_the_check_does_not_name_are_left() -> None:
    assert evaluated({"o3": of(600)}, neighbours={"o3": np.ones((2, 1)), "so2": np.ones((2, 1))})["o3"] == {
        "range": [GOOD],
        "jump": [GOOD],
    }


@pytest.mark.parametrize("check", ["stuck", "jump", "inversion"])
@pytest.mark.parametrize(("action", "flag"), [("suspect", SUSPECT), ("fail", FAIL)])
def test_evaluate_objection_marks_or_takes_out_as_the_action_says(check: str, action: str, flag: int) -> None:
    before, after = TEXT.split(f"[{check}]")
    text = before + f"[{check}]" + after.replace('"suspect"', f'"{action}"', 1)
    found = evaluated({"pm25": of(7, 7, 7, 300), "pm10": of(9, 9, 9, 10)}, text)["pm25"]
    objected = {"stuck": [flag] * 3 + [GOOD], "jump": [GOOD] * 3 + [flag], "inversion": [GOOD] * 3 + [flag]}
    assert found[check] == objected[check]


def test_evaluate_neighbours_never_take_an_hour_out() -> None:
    text = TEXT.replace('"suspect"', '"fail"')
    found = evaluated({"pm25": of(900)}, text, {"pm25": np.ones((3, 1))})
    assert found["pm25"]["neighbours"] == [SUSPECT]


def test_evaluate_does_not_change_its_input() -> None:
    values = of(20, 9999, NAN)
    evaluated({"o3": values})
    assert values[:2].tolist() == [20, 9999]


def test_reason_is_the_first_check_that_makes_an_hour_fail() -> None:
    text = TEXT.replace('"suspect"', '"fail"')
    found = checks.evaluate(
        {"pm25": of(7, 7, 7, 300, -1, 3001, NAN, 80), "pm10": of(9, 9, 9, 10, 9, 9, 9, 70)},
        checks=parsed(text),
        quantities=QUANTITIES.air,
    )
    assert checks.reason(found["pm25"]).tolist() == [
        *[CODES["stuck"]] * 3, CODES["jump"], CODES["negative"], CODES["range"], 0, CODES["inversion"],
    ]  # fmt: skip
    assert checks.reason(found["pm25"]).dtype == np.int8


def test_reason_of_suspects_is_none() -> None:
    found = checks.evaluate({"pm25": of(7, 7, 7)}, checks=parsed(TEXT), quantities=QUANTITIES.air)
    assert checks.reason(found["pm25"]).tolist() == [0, 0, 0]


def test_suspects_are_counted_by_check_where_no_check_makes_the_hour_fail() -> None:
    text = TEXT.replace('"suspect"\nstep', '"fail"\nstep')
    found = checks.evaluate(
        {"pm25": of(7, 7, 7, 300), "pm10": of(1, 9, 9, 10)}, checks=parsed(text), quantities=QUANTITIES.air
    )
    counted = {name: each.tolist() for name, each in checks.suspects(found["pm25"]).items()}
    none = [False] * 4
    assert counted == {
        "negative": none, "range": none, "jump": none, "stuck": [True, True, True, False],
        "inversion": [True, False, False, False], "unit": none,
    }  # fmt: skip


def test_codes_of_reasons_are_those_that_stores_hold() -> None:
    assert CODES == {"negative": 1, "range": 2, "stuck": 3, "jump": 4, "inversion": 5, "neighbours": 6, "unit": 7}


# --- the file


def test_checks_that_come_along_only_mark() -> None:
    shipped = parsed(SHIPPED)
    assert shipped.stuck is not None
    assert shipped.jump is not None
    assert shipped.inversion is not None
    assert shipped.unit is not None
    assert shipped.unit.air is not None
    tables = (shipped.stuck, shipped.jump, shipped.inversion, shipped.unit.air)
    assert {each.action for each in tables} == {"suspect"}


def test_checks_that_come_along_are_made_of_all_six_pollutants() -> None:
    shipped = parsed(SHIPPED)
    checks.check_quantities(shipped, QUANTITIES, file="c.toml")
    assert shipped.negative is not None
    assert shipped.stuck is not None
    assert shipped.jump is not None
    assert shipped.unit is not None
    assert shipped.unit.air is not None
    tables = [
        shipped.negative.quantities, shipped.stuck.hours, shipped.jump.step, shipped.neighbours, shipped.unit.air.ratio,
    ]  # fmt: skip
    assert all(sorted(table) == sorted(QUANTITIES.air) for table in tables)


def test_checks_of_an_empty_file_are_none() -> None:
    assert parsed("") == Checks()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("[stuck]", "[stucks]", "stucks: expected one of negative, stuck, jump, inversion, neighbours, unit, got 'stucks'"),  # noqa: E501
        ('action = "suspect"', 'action = "drop"', "stuck.action: expected one of suspect, fail, got 'drop'"),
        ('action = "suspect"\n', "", "stuck.action: expected a value, got nothing"),
        ("pm25 = 3 }", "pm25 = 1 }", "stuck.hours.pm25: expected int >= 2, got 1"),
        ("pm25 = 100,", "pm25 = 0,", "jump.step.pm25: expected more than 0, got 0"),
        ("o3 = 50", "o3 = -0.1", "jump.step.o3: expected more than 0, got -0.1"),
        ("tolerance = 5", "tolerance = -1", "inversion.tolerance: expected at least 0, got -1"),
        ("tolerance = 5", "", "inversion.tolerance: expected a value, got nothing"),
        ("ratio = 3", "ratio = 1", "neighbours.pm25.ratio: expected more than 1, got 1"),
        ("floor = 50", "floor = -1", "neighbours.pm25.floor: expected at least 0, got -1"),
        ("floor = 50", 'floor = 50, action = "fail"', "neighbours.pm25.action: expected one of ratio, floor, got 'action'"),  # noqa: E501
        ("ratio = { pm25 = 200 }", "ratio = { pm25 = 1 }", "unit.air.ratio.pm25: expected more than 1, got 1"),
        ("ratio = 300", "ratio = 0.5", "unit.water.ratio: expected more than 1, got 0.5"),
        ("least = 5", "least = 0", "unit.air.least: expected int >= 1, got 0"),
        ("days = 2", "days = 0", "unit.days: expected int >= 1, got 0"),
        ("[unit.water]", "[unit.noise]", "unit.noise: expected one of days, air, water, got 'noise'"),
        ("floor = 50", "floor = nan", "neighbours.pm25.floor: expected a finite number, got NaN"),
    ],
)  # fmt: skip
def test_checks_mistake_is_told_with_its_place(old: str, new: str, error: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError) as raised:
        parsed(TEXT.replace(old, new, 1))
    assert str(raised.value) == f"c.toml: {error}"


@pytest.mark.parametrize(("old", "new"), [("tolerance = 5", "tolerance = 0"), ("floor = 50", "floor = 0")])
def test_checks_number_at_its_end_is_taken(old: str, new: str) -> None:
    assert parsed(TEXT.replace(old, new)) is not None


@pytest.mark.parametrize(
    ("old", "place"),
    [
        ('["pm25"]', "negative.quantities"),
        ("{ pm25 = 3 }", "stuck.hours"),
        ("{ pm25 = 100", "jump.step"),
        ("\npm25 = { ratio", "neighbours"),
        ("{ pm25 = 200 }", "unit.air.ratio"),
    ],
)
def test_checks_unknown_quantity_is_told_with_the_known_ones(old: str, place: str) -> None:
    assert old in TEXT
    unknown = parsed(TEXT.replace(old, old.replace("pm25", "ph"), 1))
    with pytest.raises(ConfigError) as raised:
        checks.check_quantities(unknown, QUANTITIES, file="c.toml")
    assert str(raised.value) == (
        f"c.toml: {place}: expected quantities of air (pm25, pm10, so2, no2, o3, co), got 'ph'"
    )


def test_checks_of_inversion_need_both_quantities() -> None:
    air = {key: quantity for key, quantity in QUANTITIES.air.items() if key != "pm10"}
    with pytest.raises(ConfigError, match=r"^c\.toml: inversion: expected quantities of air \(.*\), got 'pm10'$"):
        checks.check_quantities(
            parsed('[inversion]\naction = "fail"\ntolerance = 1'),
            quantities.Quantities(air=air, water={}, noise={}),
            file="c.toml",
        )
