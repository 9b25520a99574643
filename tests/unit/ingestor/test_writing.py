"""How readings are written: with which decimals and unit."""

import datetime as dt

import pytest

from aggregations.standards import AirIndex, NoiseMethod
from ingestor.config import Config
from ingestor.words import Language
from ingestor.writing import reading_on_paper
from sensors.quantities import Medium


@pytest.mark.parametrize(
    ("medium", "quantity", "value", "language", "written"),
    [
        ("air", "pm25", 15.123456, "zh", "15 μg/m³"),
        ("air", "pm25", 12.5, "zh", "12 μg/m³"),
        ("air", "pm25", 13.5, "zh", "14 μg/m³"),
        ("air", "co", 0.35, "en", "0.4 mg/m³"),
        ("air", "co", 2.0, "en", "2.0 mg/m³"),
        ("water", "temperature", -0.04, "zh", "0.0℃"),
        ("water", "ph", 7.005, "en", "7.00"),
        ("water", "nh3n", 0.0015, "en", "0.002 mg/L"),
        ("water", "algae", 1234567.0, "en", "1234567 cells/L"),
        ("noise", "leq", 54.25, "zh", "54.2 dB"),
    ],
)
def test_reading_is_rounded_half_to_even_in_decimal_and_has_its_unit(
    shipped: Config, medium: Medium, quantity: str, value: float, language: Language, written: str
) -> None:
    """Ties go to the even digit and 0.35 is a tie (GB/T 8170-2008, 3.2), though its binary number lies below."""
    assert reading_on_paper(value, shipped.quantities.of(medium)[quantity], language) == written


def test_readings_of_air_and_noise_have_the_decimals_of_their_standards(shipped: Config) -> None:
    day = dt.date(2026, 11, 1)
    for item in shipped.standards.on(AirIndex, day).item.values():
        assert shipped.quantities.air[item.quantity].decimals == item.decimals, item.quantity
    levels = [each.decimals for each in shipped.quantities.noise.values() if each.unit == "dB"]
    assert {*levels} == {shipped.standards.on(NoiseMethod, day).level_decimals}
