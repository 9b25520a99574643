"""Units at the edge: what a source may send instead of a quantity's own unit, converted once by its decoder; and what
a laboratory may write.

Mole fractions become mass concentrations at 298.15 K and 1013.25 hPa, the reference state of GB 3095-2026 [1]_.

.. [1] GB 3095-2026, 3.14 and 4.3; the same since the amendment of GB 3095-2012 that holds from 2018-09-01.
"""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, cast

from sensors.quantities import Medium, Quantity

SourceUnit = Literal["ug/m3", "mg/m3", "ppb", "ppm"]

GAS_CONSTANT: Final = Fraction(Decimal("8.314462618"))
"""CODATA 2018. [J/(mol K)]"""
REFERENCE_KELVIN: Final = Fraction(Decimal("298.15"))
REFERENCE_PASCAL: Final = Fraction(101_325)
MOLAR_VOLUME: Final = 1000 * GAS_CONSTANT * REFERENCE_KELVIN / REFERENCE_PASCAL
"""Volume of a mole of gas at the reference state: 24.465. [L/mol]"""

MASS: Final[dict[str, int]] = {"ug/m3": 1, "mg/m3": 1000}
"""Micrograms of each unit of mass per cubic metre."""
MOLE_FRACTION: Final[dict[str, int]] = {"ppb": 1, "ppm": 1000}
"""Parts in 10^9 of each unit of mole fraction."""

IN_WATER: Final[dict[str, dict[str, Decimal]]] = {
    "mg/L": {
        "g/L": Decimal(1000),
        "ug/L": Decimal("0.001"),
        "ng/L": Decimal("0.000001"),
        "mg/m3": Decimal("0.001"),
        "毫克/升": Decimal(1),
        "微克/升": Decimal("0.001"),
    },
    "1": {"无量纲": Decimal(1), "-": Decimal(1), "/": Decimal(1)},
    "degC": {"°C": Decimal(1)},
    "uS/cm": {"mS/cm": Decimal(1000), "mS/m": Decimal(10)},
    "cm": {"m": Decimal(100), "厘米": Decimal(1), "米": Decimal(100)},
    "cells/L": {"个/L": Decimal(1)},
    "1/L": {"个/L": Decimal(1), "MPN/L": Decimal(1), "CFU/L": Decimal(1)},
}
"""By the unit of a quantity of water, others that a laboratory may write, and what a value is then multiplied by."""

DECIMALS = 6
"""Decimals of a converted value: sums are taken in millionths."""


def possible(quantity: Quantity) -> list[SourceUnit]:
    """Return the units in which a source may send a quantity: of a gas, with `molar_mass`, ppb and ppm as well."""
    units: list[SourceUnit] = []
    if quantity.unit in MASS:
        units += ["ug/m3", "mg/m3"]
        if quantity.molar_mass is not None:
            units += ["ppb", "ppm"]
    return units


def factor(unit: SourceUnit, quantity: Quantity) -> Fraction:
    """Return what a value in `unit`, one of `possible`, is multiplied by to be in the quantity's unit."""
    if unit in MASS:
        return Fraction(MASS[unit], MASS[quantity.unit])
    assert quantity.molar_mass is not None
    return MOLE_FRACTION[unit] * Fraction(quantity.molar_mass) / MOLAR_VOLUME / MASS[quantity.unit]


def factor_of(unit: str, medium: Medium, quantity: Quantity) -> Fraction | None:
    """Return what a value in `unit` is multiplied by to be in a quantity's unit; None of a unit it cannot have.

    Air: also ng/m3, and ppb and ppm of gases; water: those that a laboratory may write; any: its own unit.
    """
    if spelled(unit) == spelled(quantity.unit):
        return Fraction(1)
    if medium == "air":
        if quantity.unit in MASS and spelled(unit) == "ng/m3":
            return Fraction(1, 1000 * MASS[quantity.unit])
        match = next((known for known in possible(quantity) if spelled(known) == spelled(unit)), None)
        return None if match is None else factor(match, quantity)
    exact = factor_in_water(unit, quantity) if medium == "water" else None
    return None if exact is None else Fraction(exact)


def factors(units: Mapping[str, str], quantities: Mapping[str, Quantity]) -> dict[str, float]:
    """Return the factor of each quantity that a source sends in another unit than the quantity's own."""
    return {
        key: float(factor(cast(SourceUnit, unit), quantities[key]))
        for key, unit in units.items()
        if unit != quantities[key].unit
    }


def converted(values: Mapping[str, float | None], by: Mapping[str, float]) -> dict[str, float | None]:
    """Return the values of an item in the units of their quantities, to a millionth; None stays None.

    Parameters
    ----------
    values : {quantity: value}
        In the units of the source.
    by : {quantity: factor}
        As `factors` returns them; quantities without one stay as they are.
    """
    return {
        key: value if value is None or key not in by else round(value * by[key], DECIMALS)
        for key, value in values.items()
    }


def spelled(unit: str) -> str:
    """Return a unit as two are compared: without blanks, full-width and micro signs and capitals."""
    folded = unicodedata.normalize("NFKC", unit).casefold().replace("μ", "u")
    return "".join(folded.split())


def possible_in_water(quantity: Quantity) -> list[str]:
    """Return the units in which a laboratory may give a quantity of water."""
    return [quantity.unit, *IN_WATER.get(quantity.unit, {})]


def factor_in_water(unit: str, quantity: Quantity) -> Decimal | None:
    """Return what a laboratory's value is multiplied by to be in the quantity's unit; None of a unit it cannot have.

    An empty unit is the quantity's own.
    """
    if not unit.strip() or spelled(unit) == spelled(quantity.unit):
        return Decimal(1)
    others = IN_WATER.get(quantity.unit, {})
    return next((factor for name, factor in others.items() if spelled(name) == spelled(unit)), None)
