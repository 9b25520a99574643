"""Claims about rows of a laboratory's tables."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sensors import quantities, register
from sensors.lab import Cell, CellRefusal, Outcome, Results, Row, layout
from sensors.lab.rows import sections_by_name
from sensors.reading import Reading

ROOT = Path(__file__).resolve().parents[4]
WATER = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml").water
SECTIONS = register.parse(
    "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until\n"
    "w1,河口,,sz,,,,河,river,V,,\nw2,大桥,,sz,,,,河,river,,,\nw3,大桥,,sz,,,,河,river,,,\nw4,w1,,sz,,,,河,river,,,\n",
    "water",
    file="r.csv",
)
NOW = 1_600_000_000  # 2020-09-13T20:26:40+08:00
JUNE_3 = 1_591_113_600  # 2020-06-03T00:00+08:00
RESULTS = Results(
    quantities=WATER,
    sections=sections_by_name(SECTIONS),
    offset_s=28_800,
    not_before=946_656_000,  # 2000-01-01T00:00+08:00
    not_after=NOW + 300,
)
WIDE = ("station", "time", "nh3n", "总磷(ug/L)", "ph")
LONG = ("station", "time", "quantity", "value", "unit")


def outcomes(header: Sequence[Cell], *rows: Sequence[Cell]) -> list[Outcome]:
    found = layout(header, "auto", WATER)
    return list(RESULTS.outcomes(found, [Row(line, cells) for line, cells in enumerate(rows, 2)]))


def one(header: Sequence[Cell], *cells: Cell) -> Outcome:
    (found,) = outcomes(header, cells)
    return found


def grab(*values: tuple[str, float, int], station: str = "w1", time: int = JUNE_3) -> Reading:
    return Reading("water", station, 0, time, values)


# --- readings


def test_row_of_a_wide_table_is_a_reading_with_a_period_of_zero() -> None:
    found = one(WIDE, "w1", "2020-06-03", "0.42", "<10", "7.2")
    assert (found.reading, found.refusals) == (grab(("nh3n", 0.42, 1), ("tp", 0.01, 5), ("ph", 7.2, 1)), [])


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "taken"),
    [
        ("nh3n", "0.42", "mg/L", ("nh3n", 0.42, 1)),
        ("总磷", "<10", "ug/L", ("tp", 0.01, 5)),
        ("总磷(ug/L)", "10", "", ("tp", 0.01, 1)),
        ("总磷(ug/L)", "10", "μg/L", ("tp", 0.01, 1)),
        ("pH", "7.2", "", ("ph", 7.2, 1)),
        ("pH", 7.2, None, ("ph", 7.2, 1)),
    ],
)
def test_row_of_a_long_table_is_a_reading(
    quantity: str, value: Cell, unit: Cell, taken: tuple[str, float, int]
) -> None:
    found = one(LONG, "w1", "2020-06-03", quantity, value, unit)
    assert (found.reading, found.refusals) == (grab(taken), [])


def test_row_of_a_long_table_without_a_column_of_units_is_in_the_quantities_own() -> None:
    assert one(LONG[:4], "w1", "2020-06-03", "tp", "0.01").reading == grab(("tp", 0.01, 1))


@pytest.mark.parametrize("cells", [("", "", ""), (None, None, None)])
def test_sample_without_results_is_no_reading_and_no_refusal(cells: Sequence[Cell]) -> None:
    found = one(WIDE, "w1", "2020-06-03", *cells)
    assert (found.reading, found.refusals) == (None, [])


def test_empty_value_of_a_long_table_is_no_reading_and_no_refusal_whatever_its_quantity() -> None:
    found = one(LONG, "w1", "2020-06-03", "zz", "", "x")
    assert (found.reading, found.refusals) == (None, [])


@pytest.mark.parametrize(("name", "station"), [("w1", "w1"), (" w2 ", "w2"), ("河口", "w1"), ("ｗ１", "w1")])
def test_section_is_found_by_its_id_or_a_name_that_only_it_has(name: str, station: str) -> None:
    reading = one(WIDE, name, "2020-06-03", "1", "", "").reading
    assert reading is not None
    assert reading.station == station  # w4 is called w1: an id comes before a name


# --- refusals


@pytest.mark.parametrize("name", ["w9", "", None, "大桥", "W1"])
def test_row_of_an_unknown_section_is_refused(name: Cell) -> None:
    found = one(WIDE, name, "2020-06-03", "0.42", "", "")
    shown = repr(name or "")
    assert (found.reading, found.refusals) == (
        None,
        [CellRefusal("station", "unknown_station", f"expected a section of the register of water, got {shown}")],
    )


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("x", "bad_time"),
        ("", "bad_time"),
        ("1999-12-31 23:59:59", "bad_time"),
        ("2020-09-13 20:31:41", "future_time"),
        ("2099-01-01", "future_time"),
    ],
)
def test_row_with_a_wrong_time_is_refused(time: str, code: str) -> None:
    found = one(WIDE, "w1", time, "0.42", "", "")
    assert found.reading is None
    assert [(r.column, r.code) for r in found.refusals] == [("time", code)]


@pytest.mark.parametrize("time", ["2000-01-01", "2020-09-13 20:31:40"])
def test_row_at_the_first_and_at_the_last_moment_is_taken(time: str) -> None:
    assert one(WIDE, "w1", time, "0.42", "", "").reading is not None


def test_value_that_is_refused_leaves_the_others_of_its_row() -> None:
    found = one(WIDE, "w1", "2020-06-03", "ND", "x", "7.2")
    assert found.reading == grab(("ph", 7.2, 1))
    assert [(r.column, r.code) for r in found.refusals] == [("nh3n", "wrong_type"), ("'总磷(ug/L)'", "wrong_type")]


def test_every_reason_of_a_row_is_told() -> None:
    found = one(WIDE, "w9", "x", "y", "", "")
    assert [(r.column, r.code) for r in found.refusals] == [
        ("station", "unknown_station"),
        ("time", "bad_time"),
        ("nh3n", "wrong_type"),
    ]


def test_values_of_a_column_that_is_no_quantity_are_refused_and_the_others_kept() -> None:
    header = ("station", "time", "nh3n", "河流", "总磷(mg)", None)
    with_values, without = outcomes(
        header, ("w1", "2020-06-03", "1", "a", "2", "b"), ("w1", "2020-06-04", "1", "", None, " ")
    )
    assert with_values.reading == grab(("nh3n", 1.0, 1))
    assert [(r.column, r.code) for r in with_values.refusals] == [
        ("'河流'", "unknown_quantity"),
        ("'总磷(mg)'", "unknown_unit"),
        ("6", "unknown_quantity"),
    ]
    assert without.refusals == []


@pytest.mark.parametrize(
    ("quantity", "unit", "refused"),
    [
        ("zz", "mg/L", ("quantity", "unknown_quantity")),
        ("", "", ("quantity", "unknown_quantity")),
        ("tp", "mg", ("unit", "unknown_unit")),
        ("总磷(mg)", "", ("quantity", "unknown_unit")),
        ("总磷(ug/L)", "mg/L", ("unit", "unknown_unit")),
    ],
)
def test_row_of_a_long_table_with_a_wrong_quantity_or_unit_is_refused(
    quantity: str, unit: str, refused: tuple[str, str]
) -> None:
    found = one(LONG, "w1", "2020-06-03", quantity, "1", unit)
    assert found.reading is None
    assert [(r.column, r.code) for r in found.refusals] == [refused]


@pytest.mark.parametrize("cells", [("w1", "2020-06-03"), ("w1", "2020-06-03", "1", "2", "3", "4"), ()])
def test_row_of_another_width_than_the_header_is_refused(cells: Sequence[Cell]) -> None:
    found = one(WIDE, *cells)
    detail = f"expected 5 cells as in the header, got {len(cells)}"
    assert (found.reading, found.refusals) == (None, [CellRefusal("", "wrong_type", detail)])


# --- the same sample twice


def test_second_different_result_of_a_sample_is_refused_and_the_first_kept() -> None:
    first, second = outcomes(WIDE, ("w1", "2020-06-03", "0.4", "", "7"), ("河口", "2020-06-03 00:00", "0.5", "9", "7"))
    assert first.reading == grab(("nh3n", 0.4, 1), ("ph", 7.0, 1))
    assert second.reading == grab(("tp", 0.009, 1), ("ph", 7.0, 1))
    detail = "expected one result of nh3n, got another than in line 2"
    assert second.refusals == [CellRefusal("nh3n", "ambiguous", detail)]


def test_second_result_that_differs_in_being_a_limit_is_refused() -> None:
    found = outcomes(LONG, ("w1", "2020-06-03", "tp", "0.01", ""), ("w1", "2020-06-03", "tp", "<0.01", ""))
    assert found[1].reading is None
    assert [(r.column, r.code) for r in found[1].refusals] == [("value", "ambiguous")]


def test_second_equal_result_of_a_sample_is_taken() -> None:
    found = outcomes(LONG, ("w1", "2020-06-03", "tp", "0.01", ""), ("w1", "2020-06-03", "tp", "10", "ug/L"))
    assert [(o.reading, o.refusals) for o in found] == [(grab(("tp", 0.01, 1)), [])] * 2


def test_results_of_other_sections_times_and_quantities_are_no_second_ones() -> None:
    rows = [("w1", "2020-06-03", "1", "2", ""), ("w2", "2020-06-03", "3", "", ""), ("w1", "2020-06-04", "4", "", "")]
    assert all(outcome.refusals == [] for outcome in outcomes(WIDE, *rows))
