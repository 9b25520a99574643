"""Units at the edge: what a source may send instead of a quantity's own unit, converted once by its decoder; and what
a laboratory may write.

Mole fractions become mass concentrations at 298.15 K and 1013.25 hPa, the reference state of GB 3095-2026 [1]_; so do
mass concentrations of gases in the state of the air that was sampled, or in another that a source declares.

.. [1] GB 3095-2026, 3.14 and 4.3; the same since the amendment of GB 3095-2012 that holds from 2018-09-01.
"""

import math
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

_PASCAL_PER_KELVIN: Final = REFERENCE_PASCAL / REFERENCE_KELVIN

COLDEST_KELVIN: Final = 180
HOTTEST_KELVIN: Final = 350
"""Between these lies the temperature of any air that is sampled, heated inlets included; degC never do. [K]"""
THINNEST_PASCAL: Final = 30_000
DENSEST_PASCAL: Final = 120_000
"""Between these lies the pressure of any air on land; neither hPa nor kPa do. [Pa]"""

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

DECIMALS: Final = 6
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


def state_factor(kelvin: Decimal | float, pascal: Decimal | float = Decimal(101_325)) -> Fraction:
    """Return what a mass concentration of a gas in a state is multiplied by to be in the reference state.

    A gas takes up the more room the warmer and the thinner it is: so it is `kelvin` / 298.15 K times 1013.25 hPa /
    `pascal`. Numbers are taken as the decimals that they are written with: 293.15 is no binary fraction.

    Parameters
    ----------
    kelvin : Decimal or float
        Temperature that the concentration is stated at. [K]
    pascal : Decimal or float
        Pressure that it is stated at. [Pa]

    Raises
    ------
    ValueError
        If there is no such air: a temperature in degC, a pressure in hPa or kPa, or no finite number.

    References
    ----------
    .. [1] GB 3095-2026, 3.14; ideal gas, as the mole fractions above.
    """
    return Fraction(*_state_ratio(kelvin, pascal))


def to_reference(
    value: Decimal | float, *, kelvin: Decimal | float, pascal: Decimal | float = Decimal(101_325)
) -> float:
    """Return a mass concentration of a gas in the reference state, exact but for rounding to a millionth, half to even.

    Particles stay in the state of the air that was sampled: they are never converted. A value that is no finite number
    stays what it is; beyond the floats it is infinite.

    Parameters
    ----------
    value : Decimal or float
        Taken as the decimals that it is written with. [ug/m3 or mg/m3]
    kelvin, pascal : Decimal or float
        The state that it is stated at: that of the air, sent along, or one that the source declares (273.15 or 293.15 K
        and 1013.25 hPa). [K], [Pa]

    Raises
    ------
    ValueError
        As `state_factor`.
    """
    times, parts = _state_ratio(kelvin, pascal)
    if not math.isfinite(value):
        return float(value)
    numerator, denominator = Decimal(str(value)).as_integer_ratio()
    denominator *= parts
    quotient, rest = divmod(numerator * times * 10**DECIMALS, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        quotient += 1
    try:
        return quotient / 10**DECIMALS
    except OverflowError:
        return math.copysign(math.inf, value)


def _state_ratio(kelvin: Decimal | float, pascal: Decimal | float) -> tuple[int, int]:
    """Numerator and denominator of `state_factor`, not reduced."""
    if not COLDEST_KELVIN <= float(kelvin) <= HOTTEST_KELVIN:
        raise ValueError(f"temperature: expected {COLDEST_KELVIN} to {HOTTEST_KELVIN} K, got {kelvin}")
    if not THINNEST_PASCAL <= float(pascal) <= DENSEST_PASCAL:
        raise ValueError(f"pressure: expected {THINNEST_PASCAL} to {DENSEST_PASCAL} Pa, got {pascal}")
    warmth, of_warmth = Decimal(str(kelvin)).as_integer_ratio()
    push, of_push = Decimal(str(pascal)).as_integer_ratio()
    return warmth * of_push * _PASCAL_PER_KELVIN.numerator, of_warmth * push * _PASCAL_PER_KELVIN.denominator


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
