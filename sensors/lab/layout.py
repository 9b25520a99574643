"""The header of a laboratory's table: which columns hold what, in which unit."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple, get_args

from sensors import strict, units
from sensors.errors import shown
from sensors.lab.cells import Cell, CellError, text
from sensors.quantities import Quantity

Form = Literal["auto", "long", "wide"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "station": ("station", "断面", "断面名称", "断面编码", "站点", "点位"),
    "time": ("time", "时间", "日期", "采样时间", "采样日期", "监测时间", "监测日期"),
    "quantity": ("quantity", "项目", "监测项目", "指标"),
    "value": ("value", "数值", "结果", "监测结果", "监测值"),
    "unit": ("unit", "单位"),
}
"""Columns that are no quantity, and what they may be called."""
IGNORED: Final = ("remark", "remarks", "note", "备注", "说明", "序号")
"""Columns that hold no result."""


class Measured(NamedTuple):
    """A quantity, and what a value is multiplied by to be in its unit."""

    key: str
    factor: Decimal


class Layout(NamedTuple):
    """Where things are: indices of columns, and for each column its header as it is told to people.

    `measured` are the columns of a wide table, each a quantity or why it is none; in a long one `fields` has them.
    """

    labels: tuple[str, ...]
    fields: Mapping[str, int]
    measured: Mapping[int, Measured | CellError]


def layout(header: Sequence[Cell], form: Form, quantities: Mapping[str, Quantity]) -> Layout:
    """Return the layout that a header says; `quantities` are those of water.

    A quantity is named by its key, or its Chinese or English name, a unit behind it in parentheses. With the form
    `auto` a table with columns `quantity` and `value` is long.

    Raises
    ------
    CellError
        If a column that the form needs is missing or stands twice, or a wide table has no quantity.
    """
    names = [text(cell) for cell in header]
    labels = tuple(strict.named(name) if name else str(i + 1) for i, name in enumerate(names))
    fields: dict[str, int] = {}
    others: dict[int, str] = {}
    long = form == "long" or (form == "auto" and {"quantity", "value"} <= {_field(name) for name in names})
    known = FIELDS if long else ("station", "time")
    for i, name in enumerate(names):
        field = _field(name)
        if field is None or field not in known:
            others[i] = name
        elif field in fields:
            raise CellError("broken_table", f"expected one column {field}, got {shown([names[fields[field]], name])}")
        else:
            fields[field] = i
    wanted = ("station", "time", "quantity", "value") if long else ("station", "time")
    if missing := [field for field in wanted if field not in fields]:
        rest = "" if long else " and quantities, or station, time, quantity, value[, unit]"
        raise CellError(
            "broken_table",
            f"expected columns {', '.join(wanted)}{rest}, got no {', '.join(missing)} in {shown(','.join(names))}",
        )
    measured: dict[int, Measured | CellError] = {}
    for i, name in others.items():
        if name.casefold() not in IGNORED:
            measured[i] = _no_field(name) if long else _measured_or_why_not(name, quantities)
    _check_once(measured, names)
    if not long and not any(isinstance(each, Measured) for each in measured.values()):
        raise CellError(
            "broken_table", f"expected at least one quantity of water by key or name, got {shown(','.join(names))}"
        )
    return Layout(labels, fields, measured)


def measured_as(name: str, unit: str, quantities: Mapping[str, Quantity]) -> Measured:
    """Return the quantity of a name that may have a unit behind it in parentheses; `unit` is one beside it, or ''.

    Raises
    ------
    CellError
        If there is no such quantity, or the unit cannot be converted to the quantity's.
    """
    key = _key(name, quantities)
    if key is None and name.endswith(")"):
        before, _, behind = name[:-1].rpartition("(")
        key = _key(before.rstrip(), quantities)
        if unit and key is not None and units.spelled(unit) != units.spelled(behind):
            raise CellError("unknown_unit", f"expected the unit of {shown(name)}, got {shown(unit)}")
        unit = behind
    if key is None:
        raise CellError("unknown_quantity", f"expected a quantity of water by key or name, got {shown(name)}")
    factor = units.factor_in_water(unit, quantities[key])
    if factor is None:
        possible = ", ".join(units.possible_in_water(quantities[key]))
        raise CellError("unknown_unit", f"expected {possible} as unit of {key}, got {shown(unit)}")
    return Measured(key, factor)


def _measured_or_why_not(name: str, quantities: Mapping[str, Quantity]) -> Measured | CellError:
    try:
        return measured_as(name, "", quantities)
    except CellError as error:
        return error


def _no_field(name: str) -> CellError:
    return CellError("unknown_quantity", f"expected columns {', '.join(FIELDS)}, got {shown(name)}")


def _check_once(measured: Mapping[int, Measured | CellError], names: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for i, each in measured.items():
        if isinstance(each, Measured) and first.setdefault(each.key, i) != i:
            twice = shown([names[first[each.key]], names[i]])
            raise CellError("broken_table", f"expected one column of {each.key}, got {twice}")


def _field(name: str) -> str | None:
    return next((field for field, known in FIELDS.items() if name.casefold() in known), None)


def _key(name: str, quantities: Mapping[str, Quantity]) -> str | None:
    """The key of the quantity that has this key or, if it is the only one, this name."""
    if name.casefold() in quantities:
        return name.casefold()
    found = [
        key
        for key, quantity in quantities.items()
        if name.casefold() in (text(quantity.name).casefold(), text(quantity.name_en).casefold())
    ]
    return found[0] if len(found) == 1 else None
