"""Claims about headers of a laboratory's tables."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from sensors import quantities
from sensors.lab import Cell, Form, layout
from sensors.lab.cells import CellError
from sensors.lab.layout import Layout, Measured
from sensors.quantities import Quantity

ROOT = Path(__file__).resolve().parents[4]
WATER = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml").water


ALL_OF_LONG = "expected columns station, time, quantity, value"
EITHER = "expected columns station, time and quantities, or station, time, quantity, value[, unit]"


def of(*header: Cell, form: Form = "auto", water: dict[str, Quantity] = WATER) -> Layout:
    return layout(header, form, water)


def error_of(header: Sequence[Cell], form: Form = "auto") -> str:
    with pytest.raises(CellError) as raised:
        of(*header, form=form)
    assert raised.value.code == "broken_table"
    return raised.value.detail


def column(name: str) -> Measured | CellError:
    """What a column of a wide table measures, beside one that is good."""
    return of("station", "time", "tn", name).measured[3]


# --- which form


def test_layout_with_quantity_and_value_is_long() -> None:
    assert of("station", "time", "quantity", "value", "unit").fields == {
        "station": 0, "time": 1, "quantity": 2, "value": 3, "unit": 4,
    }  # fmt: skip


def test_layout_in_any_order_and_in_chinese() -> None:
    found = of("单位", "监测结果", "监测项目", "采样时间", "断面名称")
    assert found.fields == {"unit": 0, "value": 1, "quantity": 2, "time": 3, "station": 4}


def test_layout_without_them_is_wide() -> None:
    found = of("station", "time", "nh3n", "tp")
    assert (found.fields, found.measured) == (
        {"station": 0, "time": 1},
        {2: Measured("nh3n", Decimal(1)), 3: Measured("tp", Decimal(1))},
    )


def test_layout_needs_no_unit() -> None:
    assert "unit" not in of("station", "time", "quantity", "value").fields


@pytest.mark.parametrize("name", ["remark", "备注", "Note", "序号"])
def test_layout_leaves_remarks_out(name: str) -> None:
    assert 3 not in of("station", "time", "nh3n", name).measured


@pytest.mark.parametrize(
    ("header", "form", "error"),
    [
        (("time", "nh3n"), "auto", f"{EITHER}, got no station in 'time,nh3n'"),
        (("x",), "auto", f"{EITHER}, got no station, time in 'x'"),
        (("station", "time", "value"), "long", f"{ALL_OF_LONG}, got no quantity in 'station,time,value'"),
        (("station", "time"), "auto", "expected at least one quantity of water by key or name, got 'station,time'"),
        (("station", "time", "x"), "wide", "expected at least one quantity of water by key or name, got "),
        (("station", "time", "quantity", "value"), "wide", "expected at least one quantity of water by key or name, "),
        (("station", "断面", "time", "tp"), "auto", "expected one column station, got ['station', '断面']"),
        (("station", "time", "tp", "总磷(ug/L)"), "auto", "expected one column of tp, got ['tp', '总磷(ug/L)']"),
    ],
)  # fmt: skip
def test_layout_that_cannot_be_used_is_refused(header: Sequence[Cell], form: Form, error: str) -> None:
    assert error_of(header, form).startswith(error)


def test_layout_names_columns_as_they_are_and_those_without_a_name_by_their_number() -> None:
    assert of("station", "time", "nh3n", "总磷(ug/L)", None).labels == (
        "station", "time", "nh3n", "'总磷(ug/L)'", "5",
    )  # fmt: skip


# --- quantities and units


@pytest.mark.parametrize(
    "name", ["nh3n", "NH3N", "氨氮", "ammonia nitrogen", "Ammonia Nitrogen", " 氨氮 ", "氨氮(mg/L)", "氨氮（mg/l）",
             "氨氮 (MG/L)", "氨氮(毫克/升)", "氨氮()", "氨氮（ｍｇ／Ｌ）"]
)  # fmt: skip
def test_quantity_is_found_by_key_and_name_in_its_own_unit(name: str) -> None:
    assert column(name) == Measured("nh3n", Decimal(1))


@pytest.mark.parametrize(
    ("name", "key", "factor"),
    [
        ("总磷(ug/L)", "tp", "0.001"),
        ("总磷（μg/L）", "tp", "0.001"),  # Greek mu
        ("总磷(µg/L)", "tp", "0.001"),  # micro sign
        ("总磷(ng/L)", "tp", "0.000001"),
        ("叶绿素a(mg/m³)", "chla", "0.001"),
        ("叶绿素a(mg/m3)", "chla", "0.001"),
        ("高锰酸盐指数(g/L)", "codmn", "1000"),
        ("pH值(无量纲)", "ph", "1"),
        ("水温(℃)", "temperature", "1"),
        ("电导率(mS/m)", "conductivity", "10"),
        ("藻密度(个/L)", "algae", "1"),
    ],
)
def test_quantity_in_another_unit_has_its_factor(name: str, key: str, factor: str) -> None:
    assert column(name) == Measured(key, Decimal(factor))


def test_quantity_with_parentheses_in_its_name_is_found_with_and_without_a_unit() -> None:
    named = {**WATER, "cr6": Quantity(
        name="铬（六价）", name_en="x", unit="mg/L", hj212="x", minimum=Decimal(0), maximum=Decimal(1), decimals=3
    )}  # fmt: skip
    for name, factor in (("铬(六价)", "1"), ("铬（六价）（ug/L）", "0.001")):
        assert of("station", "time", name, water=named).measured[2] == Measured("cr6", Decimal(factor))


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        ("河流", "unknown_quantity", "expected a quantity of water by key or name, got '河流'"),
        ("pm25", "unknown_quantity", "expected a quantity of water by key or name, got 'pm25'"),
        ("氨(mg/L)", "unknown_quantity", "expected a quantity of water by key or name, got '氨(mg/L)'"),
        (
            "氨氮(mg)",
            "unknown_unit",
            "expected mg/L, g/L, ug/L, ng/L, mg/m3, 毫克/升, 微克/升 as unit of nh3n, got 'mg'",
        ),
        ("pH值(mg/L)", "unknown_unit", "expected 1, 无量纲, -, / as unit of ph, got 'mg/L'"),
        ("水温(K)", "unknown_unit", "expected degC, °C as unit of temperature, got 'K'"),
        ("浊度(FTU)", "unknown_unit", "expected NTU as unit of turbidity, got 'FTU'"),
    ],
)
def test_column_that_is_no_quantity_or_has_another_unit_says_why(name: str, code: str, detail: str) -> None:
    found = column(name)
    assert isinstance(found, CellError)
    assert (found.code, found.detail) == (code, detail)


def test_name_of_two_quantities_is_none_of_them() -> None:
    twice = {key: Quantity(
        name="磷", name_en=key, unit="mg/L", hj212="x", minimum=Decimal(0), maximum=Decimal(1), decimals=3
    ) for key in ("a", "b")}  # fmt: skip
    found = of("station", "time", "a", "磷", water=twice).measured[3]
    assert isinstance(found, CellError)
    assert found.code == "unknown_quantity"
