"""Units at the edge: what a source may send instead of a quantity's own unit, converted once by its decoder.

Mole fractions become mass concentrations at 298.15 K and 1013.25 hPa, the reference state of GB 3095-2026 [1]_.

.. [1] GB 3095-2026, 3.14 and 4.3; the same since the amendment of GB 3095-2012 that holds from 2018-09-01.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from sensors.quantities import Quantity

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


def factors(units: Mapping[str, SourceUnit], quantities: Mapping[str, Quantity]) -> dict[str, float]:
    """Return the factor of each quantity that a source sends in another unit than the quantity's own."""
    return {key: float(factor(unit, quantities[key])) for key, unit in units.items() if unit != quantities[key].unit}


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
