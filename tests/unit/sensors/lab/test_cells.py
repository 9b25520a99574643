"""Claims about single cells of a laboratory's table. Moments are counts of seconds told by `date -d ... +%s`."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sensors.lab import cells
from sensors.lab.cells import Cell, CellError, Formula

ONE = Decimal(1)
MICRO = Decimal("0.001")
JUNE_3 = 1_591_113_600  # 2020-06-03T00:00+08:00
SHANGHAI = 28_800


def value_error_of(cell: Cell, factor: Decimal = ONE) -> tuple[str, str]:
    with pytest.raises(CellError) as raised:
        cells.value(cell, factor=factor)
    return raised.value.code, raised.value.detail


# --- values


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0.02", 0.02), (" 0.02 ", 0.02), ("7", 7.0), ("-120", -120.0), ("+5", 5.0), ("1e-3", 0.001), ("０．０２", 0.02),
     ("0", 0.0), (0.02, 0.02), (7, 7.0), (4e-05, 0.00004), (-0.0, 0.0)],
)  # fmt: skip
def test_number_is_a_good_value(cell: Cell, value: float) -> None:
    assert cells.value(cell, factor=ONE) == (value, 1)


@pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "\t"])
def test_empty_cell_is_no_value(cell: Cell) -> None:
    assert cells.value(cell, factor=ONE) is None


@pytest.mark.parametrize(
    ("cell", "limit"),
    [("<0.02", 0.02), ("< 0.02", 0.02), ("＜0.02", 0.02), ("0.02L", 0.02), ("0.02 L", 0.02), ("0.02l", 0.02),
     ("<5", 5.0), ("<4e-05", 0.00004), ("0.00004L", 0.00004), ("０．０２Ｌ", 0.02)],
)  # fmt: skip
def test_limit_is_a_value_below_detection(cell: Cell, limit: float) -> None:
    assert cells.value(cell, factor=ONE) == (limit, 5)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("10", 0.01), ("0.3", 0.0003), ("0.7", 0.0007), ("1.1", 0.0011), (20, 0.02), ("0.0123", 0.0000123)],
)
def test_value_in_another_unit_is_converted_as_a_decimal(cell: Cell, value: float) -> None:
    assert cells.value(cell, factor=MICRO) == (value, 1)  # 0.7 * 0.001 is not 0.0007 in binary


def test_limit_in_another_unit_is_converted() -> None:
    assert cells.value("<0.7", factor=MICRO) == (0.0007, 5)


@pytest.mark.parametrize("cell", ["ND", "nd", "N.D.", "未检出", "<DL", "<LOD", "<检出限", " ND ", "ＮＤ"])
def test_result_below_detection_without_its_limit_says_that_a_limit_is_needed(cell: str) -> None:
    code, detail = value_error_of(cell)
    assert code == "wrong_type"
    assert detail.startswith("expected the detection limit with it, such as <0.02 or 0.02L, got '")


@pytest.mark.parametrize(
    "cell",
    ["x", "-", "/", "0,02", "1 000", "0.02mg/L", "<", "L", "<-1", "-1L", "<0.02L", "<<1", ">1", "≤0.02", "0.02*", "NaN",
     "inf", "<inf", "null", ".5", "5.", "1e", "0x1", "#N/A", "<01", "=A1"],
)  # fmt: skip
def test_text_that_is_neither_number_nor_limit_is_refused(cell: str) -> None:
    code, detail = value_error_of(cell)
    assert code == "wrong_type"
    assert detail.startswith("expected a number, <0.02, 0.02L or nothing, got ")


@pytest.mark.parametrize("cell", ["<0", "0L", "<0.000", "<1e-999"])
def test_limit_of_zero_is_refused(cell: str) -> None:
    assert value_error_of(cell) == ("wrong_type", f"expected a positive number after <, got {cell!r}")


@pytest.mark.parametrize("cell", ["1e999", "<1e999", "-1e999", "9" * 400, "1e999999999"])
@pytest.mark.parametrize("factor", [ONE, MICRO])
def test_number_that_is_not_finite_is_refused(cell: str, factor: Decimal) -> None:
    code, detail = value_error_of(cell, factor)
    assert code == "not_finite"
    assert detail.startswith("expected a finite number, got '")


def test_number_that_leaves_the_floats_as_it_is_converted_is_refused() -> None:
    assert value_error_of("1e307", Decimal(1000))[0] == "not_finite"


@pytest.mark.parametrize("cell", [True, False, dt.datetime(2020, 6, 3), dt.date(2020, 6, 3), dt.time(8, 5)])  # noqa: DTZ001
def test_cell_of_a_workbook_that_is_no_number_is_refused(cell: Any) -> None:
    assert value_error_of(cell)[0] == "wrong_type"


def test_formula_that_was_never_computed_is_refused() -> None:
    detail = "expected a value, got the formula '=B2*2'; compute and save it"
    assert value_error_of(Formula("=B2*2")) == ("wrong_type", detail)


def test_value_is_shown_cut_at_80_characters() -> None:
    assert value_error_of("y" * 500)[1].endswith("got '" + "y" * 76 + "...")


# --- moments


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("2020-06-03", JUNE_3),
        ("2020/6/3", JUNE_3),
        ("2020.6.3", JUNE_3),
        ("2020年6月3日", JUNE_3),
        (" 2020-06-03 ", JUNE_3),
        ("2020-06-03 00:00", JUNE_3),
        ("2020-06-03 09:30", JUNE_3 + 34_200),
        ("2020-06-03T09:30:05", JUNE_3 + 34_205),
        ("2020/6/3 9:30", JUNE_3 + 34_200),
        ("2020年6月3日 9:30", JUNE_3 + 34_200),
        ("2020-06-03 09：30", JUNE_3 + 34_200),
        ("2020-06-03 23:59:59.9", JUNE_3 + 86_399),
        ("2020-06-03T00:00:00Z", JUNE_3 + SHANGHAI),
        ("2020-06-03 00:00+08:00", JUNE_3),
        ("2020-06-03T00:00-03:30", JUNE_3 + SHANGHAI + 12_600),
        ("2020-02-29", 1_582_905_600),
        (dt.date(2020, 6, 3), JUNE_3),
        (dt.datetime(2020, 6, 3), JUNE_3),  # noqa: DTZ001
        (dt.datetime(2020, 6, 3, 9, 30), JUNE_3 + 34_200),  # noqa: DTZ001
        (dt.datetime(2020, 6, 3, 9, 29, 59, 999_500), JUNE_3 + 34_200),  # noqa: DTZ001
        (dt.datetime(2020, 6, 3, 9, 30, 0, 400), JUNE_3 + 34_200),  # noqa: DTZ001
    ],
)
def test_moment_is_local_or_has_its_offset(cell: Cell, seconds: int) -> None:
    assert cells.moment(cell, offset_s=SHANGHAI) == seconds


def test_moment_with_an_offset_does_not_depend_on_the_zone() -> None:
    assert cells.moment("2020-06-03 00:00+08:00", offset_s=20_700) == JUNE_3


@pytest.mark.parametrize(
    "cell",
    ["", None, "x", "2020-06", "06-03", "03/06/2020", "20200603", "2020-13-01", "2020-02-30", "2019-02-29",
     "2020-06-03 24:00", "2020-06-03 09:60", "2020-06-03 9", "2020-06-03 09:30+24:00", "2020-06-03 09:30 AM", "43985",
     43985, 43985.5, True, dt.time(9, 30), Formula("=A1"), "0000-01-01", "2020-06-03\n2020-06-04"],
    ids=repr,
)  # fmt: skip
def test_moment_that_cannot_be_read_is_refused(cell: Any) -> None:
    with pytest.raises(CellError) as raised:
        cells.moment(cell, offset_s=SHANGHAI)
    assert raised.value.code == "bad_time"
    assert raised.value.detail.startswith("expected a time such as 2020-06-03 09:30 or 2020-06-03, got '")


@pytest.mark.parametrize("cell", ["0001-01-01", "9999-12-31 23:59:59", dt.datetime.min, dt.datetime.max])  # noqa: DTZ901
def test_moment_at_the_end_of_all_years_is_one(cell: Cell) -> None:
    assert isinstance(cells.moment(cell, offset_s=SHANGHAI), int)
