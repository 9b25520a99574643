"""Claims about units at the edge. Vectors: 24.465 L/mol at 25 degC and 1 atm is the textbook's molar volume."""

import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import quantities, units
from sensors.quantities import Quantity
from sensors.units import SourceUnit

CONFIG = Path(__file__).resolve().parents[3] / "config"
AIR = quantities.parse((CONFIG / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml").air


def test_molar_volume_is_that_of_298_15_k_and_1013_25_hpa() -> None:
    assert round(float(units.MOLAR_VOLUME), 3) == 24.465


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "expected", "decimals"),
    [
        ("o3", "ppb", 100, 196.2, 1),  # 47.998 / 24.465 * 100
        ("o3", "ppm", 0.1, 196.2, 1),
        ("co", "ppm", 1, 1.145, 3),  # 28.010 / 24.465
        ("co", "ppb", 1000, 1.145, 3),
        ("no2", "ppb", 100, 188.0, 1),  # 46.0055 / 24.465 * 100
        ("so2", "ppb", 100, 261.9, 1),  # 64.066 / 24.465 * 100
        ("o3", "mg/m3", 0.0151, 15.1, 9),
        ("pm25", "mg/m3", 0.035, 35.0, 9),
        ("co", "ug/m3", 700, 0.7, 9),
    ],
)
def test_unit_is_converted(quantity: str, unit: SourceUnit, value: float, expected: float, decimals: int) -> None:
    by = units.factors({quantity: unit}, AIR)
    converted = units.converted({quantity: value}, by)[quantity]
    assert converted is not None
    assert round(converted, decimals) == expected


@pytest.mark.parametrize(("quantity", "unit"), [("o3", "ug/m3"), ("co", "mg/m3")])
def test_unit_of_the_quantity_itself_needs_no_factor(quantity: str, unit: SourceUnit) -> None:
    assert units.factors({quantity: unit}, AIR) == {}


@pytest.mark.parametrize("micros", [1, 151, 15_100_000, 999_999_999])
def test_unit_of_mass_is_converted_without_binary_dust(micros: int) -> None:
    converted = units.converted({"pm25": micros / 1e9}, units.factors({"pm25": "mg/m3"}, AIR))
    assert converted == {"pm25": micros / 1e6}


def test_converted_leaves_missing_values_and_other_quantities() -> None:
    values = {"o3": None, "pm25": 15.123456789, "co": 1.0}
    assert units.converted(values, {"o3": 2.0, "co": 3.0}) == {"o3": None, "pm25": 15.123456789, "co": 3.0}


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e308])
def test_converted_value_beyond_the_floats_is_infinite(value: float) -> None:
    (converted,) = units.converted({"o3": value}, {"o3": 1000.0}).values()
    assert converted == math.copysign(math.inf, value)


def _quantity(unit: str, molar_mass: Decimal | None) -> Quantity:
    return Quantity(
        name="x", name_en="x", unit=unit, hj212="x", minimum=Decimal(0), maximum=Decimal(1), decimals=0,  # type: ignore[arg-type]
        molar_mass=molar_mass,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "molar_mass", "expected"),
    [
        ("ug/m3", None, ["ug/m3", "mg/m3"]),
        ("mg/m3", Decimal(28), ["ug/m3", "mg/m3", "ppb", "ppm"]),
        ("degC", None, []),
    ],
)
def test_possible_units_are_those_of_mass_and_for_gases_those_of_moles(
    unit: str, molar_mass: Decimal | None, expected: list[str]
) -> None:
    assert units.possible(_quantity(unit, molar_mass)) == expected


# --- gases in another state. Worked by hand: value * kelvin / 298.15 * 101325 / pascal.


@pytest.mark.parametrize(
    ("value", "kelvin", "pascal", "expected"),
    [
        (100, 273.15, 101_325, 91.614959),  # 27315 / 29815 = 0.91614959...
        (100, 293.15, 101_325, 98.322992),  # 29315 / 29815 = 0.98322992...
        (80, 298.15, 101_325, 80.0),
        (100, 298.15, 81_060, 125.0),  # four fifths of the pressure
        (60, 308.1, 98_000, 64.105999),  # 60 * 3081/2981.5 * 101325/98000 = 62.0023... * 1.0339...
        (0.7, 263.15, 65_000, 0.963097),  # a winter's night at 3,650 m: 0.7 * 26315/29815 * 101325/65000
        (-3, 273.15, 101_325, -2.748449),
        (0, 250, 90_000, 0.0),
    ],
)
def test_gas_is_stated_in_the_reference_state(value: float, kelvin: float, pascal: float, expected: float) -> None:
    assert units.to_reference(value, kelvin=kelvin, pascal=pascal) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("0.000002", 2e-6), ("0.000006", 8e-6), ("-0.000002", -2e-6), ("0.00000200001", 3e-6)]
)
def test_gas_between_two_millionths_is_rounded_to_the_even_one(value: str, expected: float) -> None:
    # At four fifths of the pressure it is 5/4 of the value: 2.5, 7.5 and a little more than 2.5 millionths.
    assert units.to_reference(Decimal(value), kelvin=Decimal("298.15"), pascal=81_060) == expected


def test_state_of_a_source_is_at_the_pressure_of_the_reference_unless_it_says_another() -> None:
    assert units.state_factor(Decimal("273.15")) == Fraction(5463, 5963)
    assert units.state_factor(273.15, 101_325) == Fraction(5463, 5963)


@pytest.mark.parametrize("kelvin", [25.0, 179.9, 350.1, math.nan, math.inf, 0, Decimal("nan")])
def test_temperature_that_no_air_has_is_refused(kelvin: Decimal | float) -> None:
    with pytest.raises(ValueError, match=r"temperature: expected 180 to 350 K, got"):
        units.to_reference(1.0, kelvin=kelvin)


@pytest.mark.parametrize("pascal", [1013.25, 101.325, 29_999, 120_001, math.nan, 0, -101_325])
def test_pressure_that_no_air_has_is_refused(pascal: float) -> None:
    with pytest.raises(ValueError, match=r"pressure: expected 30000 to 120000 Pa, got"):
        units.to_reference(1.0, kelvin=298.15, pascal=pascal)


@pytest.mark.parametrize(("kelvin", "pascal"), [(180, 30_000), (350, 120_000)])
def test_ends_of_what_air_has_are_inside(kelvin: float, pascal: float) -> None:
    assert units.to_reference(0.0, kelvin=kelvin, pascal=pascal) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    value=st.decimals(-(10**9), 10**9, places=7),
    kelvin=st.decimals(180, 350, places=3),
    pascal=st.decimals(30_000, 120_000, places=2),
)
def test_gas_in_any_state_is_the_fraction_rounded_once(value: Decimal, kelvin: Decimal, pascal: Decimal) -> None:
    exact = Fraction(value) * Fraction(kelvin) * 101_325 / (Fraction("298.15") * Fraction(pascal))
    assert units.to_reference(value, kelvin=kelvin, pascal=pascal) == float(round(exact, 6))
    assert Fraction(value) * units.state_factor(kelvin, pascal) == exact


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_value_that_is_no_finite_number_stays_so_in_any_state(value: float) -> None:
    assert units.to_reference(value, kelvin=273.15) == value
    assert math.isnan(units.to_reference(math.nan, kelvin=273.15))


@pytest.mark.parametrize("value", [1.7e308, -1.7e308])
def test_gas_beyond_the_floats_is_infinite(value: float) -> None:
    assert units.to_reference(value, kelvin=340, pascal=90_000) == math.copysign(math.inf, value)


# --- what a laboratory writes


def of_water(unit: str) -> Quantity:
    return Quantity(
        name="x",
        name_en="x",
        unit=unit,
        hj212="x",
        minimum=Decimal(0),
        maximum=Decimal(1),
        decimals=0,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("own", ["mg/L", "1", "degC", "uS/cm", "NTU", "cells/L"])
def test_quantity_of_water_can_be_given_in_its_own_unit_and_without_one(own: str) -> None:
    assert units.possible_in_water(of_water(own))[0] == own
    assert [units.factor_in_water(unit, of_water(own)) for unit in (own, own.upper(), "", " ")] == [1, 1, 1, 1]


@pytest.mark.parametrize(("unit", "factor"), [("g/L", "1000"), ("ug/L", "0.001"), ("ng/L", "1e-6"), ("mg/m3", "0.001")])
def test_factor_in_water_is_that_of_the_prefixes(unit: str, factor: str) -> None:
    assert units.factor_in_water(unit, of_water("mg/L")) == Decimal(factor)


@pytest.mark.parametrize(
    ("unit", "own"), [("mg", "mg/L"), ("ug/m3", "mg/L"), ("mg/L", "1"), ("°F", "degC"), ("x", "NTU")]
)
def test_unit_that_cannot_be_converted_has_no_factor(unit: str, own: str) -> None:
    assert units.factor_in_water(unit, of_water(own)) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [("µg/L", "ug/l"), ("μg/L", "ug/L"), ("mg / L", "mg/L"), ("ｍｇ／Ｌ", "mg/L"), ("mg/m³", "mg/m3"), ("℃", "°C")],
)
def test_unit_is_the_same_in_any_spelling(first: str, second: str) -> None:
    assert units.spelled(first) == units.spelled(second)
