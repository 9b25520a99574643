"""Claims about the table of quantities."""

from decimal import Decimal

import pytest

from sensors import quantities
from sensors.errors import ConfigError

TEXT = """
[air.pm25]
name = "细颗粒物"
name_en = "PM2.5"
unit = "ug/m3"
hj212 = "a34004"
minimum = 0
maximum = 0.5
decimals = 1

[water]

[noise]
"""


def error_of(old: str, new: str) -> str:
    assert old in TEXT
    with pytest.raises(ConfigError) as raised:
        quantities.parse(TEXT.replace(old, new), file="q.toml")
    return str(raised.value)


def test_quantities_are_found_by_medium_and_key() -> None:
    assert quantities.parse(TEXT, file="q.toml").of("air")["pm25"].hj212 == "a34004"


def test_quantities_of_a_medium_may_be_none() -> None:
    assert quantities.parse(TEXT, file="q.toml").of("noise") == {}


def test_quantity_range_is_exact() -> None:
    assert quantities.parse(TEXT, file="q.toml").air["pm25"].maximum == Decimal("0.5")


@pytest.mark.parametrize("maximum", ["0", "-1", "0.0"])
def test_quantity_with_an_empty_range_is_refused(maximum: str) -> None:
    error = error_of("maximum = 0.5", f"maximum = {maximum}")
    assert error == f"q.toml: air.pm25.maximum: expected more than minimum 0, got {maximum}"


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_quantity_range_that_is_not_finite_is_refused(number: str) -> None:
    assert error_of("minimum = 0", f"minimum = {number}").startswith("q.toml: air.pm25.")


@pytest.mark.parametrize("decimals", ["-1", "7", "1.5", '"1"', "true"])
def test_quantity_decimals_out_of_range_are_refused(decimals: str) -> None:
    error = error_of("decimals = 1", f"decimals = {decimals}")
    assert error.startswith("q.toml: air")
    assert ".decimals: expected int" in error


@pytest.mark.parametrize("decimals", [0, 6])
def test_quantity_decimals_at_the_ends_are_taken(decimals: int) -> None:
    text = TEXT.replace("decimals = 1", f"decimals = {decimals}")
    assert quantities.parse(text, file="q.toml").air["pm25"].decimals == decimals


@pytest.mark.parametrize("unit", ["µg/m³", "UG/M3", "ug/m3 ", ""])
def test_quantity_unknown_unit_is_refused(unit: str) -> None:
    error = error_of('unit = "ug/m3"', f'unit = "{unit}"')
    assert error.startswith("q.toml: air")
    assert ".unit: " in error
    assert repr(unit) in error


def test_quantity_unknown_key_is_told_with_the_known_ones() -> None:
    error = error_of("decimals = 1", "decimals = 1\ndecimal = 1")
    assert error.startswith("q.toml: air")
    assert error.endswith(
        ".decimal: expected one of name, name_en, unit, hj212, minimum, maximum, decimals, molar_mass, got 'decimal'"
    )


def test_quantities_of_an_unknown_medium_are_refused() -> None:
    error = error_of("[noise]", "[noise]\n[soil]")
    assert error == "q.toml: soil: expected one of air, water, noise, got 'soil'"


def test_quantities_need_each_medium() -> None:
    assert error_of("[noise]", "") == "q.toml: noise: expected a value, got nothing"


def test_quantity_with_a_molar_mass_is_a_gas() -> None:
    text = TEXT.replace("decimals = 1", "decimals = 1\nmolar_mass = 46.0055")
    assert quantities.parse(text, file="q.toml").air["pm25"].molar_mass == Decimal("46.0055")


@pytest.mark.parametrize("mass", ["0", "-1.5"])
def test_quantity_molar_mass_that_is_not_positive_is_refused(mass: str) -> None:
    error = error_of("decimals = 1", f"decimals = 1\nmolar_mass = {mass}")
    assert error == (
        f"q.toml: air.pm25.molar_mass: expected a positive number, of a quantity in ug/m3 or mg/m3, "
        f"got {mass} of one in ug/m3"
    )


def test_quantity_that_is_no_concentration_in_air_has_no_molar_mass() -> None:
    error = error_of('unit = "ug/m3"\nhj212 = "a34004"\n', 'unit = "degC"\nhj212 = "a34004"\nmolar_mass = 1\n')
    assert error.endswith("of a quantity in ug/m3 or mg/m3, got 1 of one in degC")


# --- keys: each becomes a field of InfluxDB, `<key>` with `<key>_flag` beside it


@pytest.mark.parametrize("key", ["a", "pm25", "o3_8h", "pm2_5", "a_", "flag", "flag_", "a_flags", "x" * 32])
def test_quantity_key_of_small_letters_digits_and_underscores_is_taken(key: str) -> None:
    assert list(quantities.parse(TEXT.replace("air.pm25", f"air.{key}"), file="q.toml").air) == [key]


@pytest.mark.parametrize(
    "key",
    [
        "PM25", "Pm25", "2pm", "_a", "pm2.5", "pm 25", "pm-25", "pm,25", "pm=25", "", "细颗粒物", "pm25\\n", "x" * 33,
        "pm25_flag", "a_flag", "a_flag_flag", "\\u00e9",
    ],
)  # fmt: skip
def test_quantity_key_that_cannot_be_a_field_beside_its_flag_is_refused(key: str) -> None:
    error = error_of("[air.pm25]", f'[air."{key}"]')
    told = key.encode().decode("unicode_escape") if "\\" in key else key
    assert error == (
        "q.toml: air: expected keys of small letters, digits and _ that do not end in _flag "
        f"and are none of name, tags, time, station, period_s, got {told!r}"
    )


@pytest.mark.parametrize("key", ["time", "station", "period_s", "name", "tags"])
def test_quantity_key_that_already_names_a_part_of_a_line_of_influxdb_is_refused(key: str) -> None:
    assert error_of("[air.pm25]", f"[air.{key}]").startswith("q.toml: air: expected keys ")
