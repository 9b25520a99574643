"""Claims about the temperature at which gases come. 273.15/298.15 = 0.91615."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors import gas_states
from sensors.errors import ConfigError
from sensors.gas_states import KELVINS, GasStates

HEADER = "station,from,until,kelvin\n"
SHIPPED = Path(__file__).resolve().parents[3] / "config" / "gas-states.csv"
COLD, ROOM, WARM = KELVINS


def parsed(rows: str) -> GasStates:
    return gas_states.parse(HEADER + rows, ["a1", "a2"], file="g.csv")


def error_of(rows: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parsed(rows)
    return str(raised.value)


# --- the table


def test_gas_states_that_come_along_are_none() -> None:
    assert gas_states.parse(SHIPPED.read_text(encoding="utf-8"), [], file="g.csv") == GasStates()


@pytest.mark.parametrize(
    ("day", "kelvin"),
    [
        (dt.date(2017, 12, 31), None),
        (dt.date(2018, 1, 1), WARM),
        (dt.date(2018, 8, 31), WARM),
        (dt.date(2018, 9, 1), None),
    ],
    ids=["before", "from", "last", "until"],
)
def test_gas_state_holds_from_its_day_up_to_but_not_including_until(day: dt.date, kelvin: Decimal | None) -> None:
    assert parsed("a1,2018-01-01,2018-09-01,298.15\n").kelvin_on("a1", day) == kelvin


@pytest.mark.parametrize("day", [dt.date.min, dt.date(2020, 2, 29), dt.date.max])
def test_gas_state_without_days_always_holds(day: dt.date) -> None:
    assert parsed("a1,,,273.15\n").kelvin_on("a1", day) == COLD


def test_gas_state_of_another_station_does_not_hold() -> None:
    assert parsed("a1,,,273.15\n").kelvin_on("a2", dt.date(2020, 1, 1)) is None


def test_gas_states_of_a_station_follow_one_another_in_any_order() -> None:
    states = parsed(
        "a1,2019-01-01,,273.15\na2,2017-01-01,,298.15\na1,,2018-01-01,298.15\na1,2018-01-01,2019-01-01,293.15\n"
    )
    days = [dt.date(2017, 12, 31), dt.date(2018, 1, 1), dt.date(2018, 12, 31), dt.date(2019, 1, 1)]
    assert [states.kelvin_on("a1", day) for day in days] == [WARM, ROOM, ROOM, COLD]


@pytest.mark.parametrize(
    ("first", "second", "begins"),
    [
        ("a1,2018-01-01,2018-03-01,273.15", "a1,2018-02-28,2018-04-01,298.15", "2018-02-28"),
        ("a1,,2018-03-01,273.15", "a1,2018-02-28,,298.15", "2018-02-28"),
        ("a1,2018-01-01,,273.15", "a1,2030-01-01,,273.15", "2030-01-01"),
        ("a1,,,273.15", "a1,,,298.15", "no beginning"),
        ("a1,2018-01-01,2018-03-01,273.15", "a1,2018-01-01,2018-03-01,273.15", "2018-01-01"),
    ],
)
def test_gas_states_that_overlap_are_refused(first: str, second: str, begins: str) -> None:
    error = error_of(f"{first}\n{second}\n")
    assert error == f"g.csv: line 3: from: expected no day of line 2 again for 'a1', got {begins}"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("a3,,,273.15", "station: expected a station of the register of air, got 'a3'"),
        (",,,273.15", "station: expected a station of the register of air, got ''"),
        ("a1,2018-02-30,,273.15", "from: expected a date such as 2020-01-01, got '2018-02-30'"),
        ("a1,,20180230,273.15", "until: expected a date such as 2020-01-01, got '20180230'"),
        ("a1,2018-01-01,2018-01-01,273.15", "until: expected a day after from 2018-01-01, got 2018-01-01"),
        ("a1,2018-01-02,2018-01-01,273.15", "until: expected a day after from 2018-01-02, got 2018-01-01"),
        ("a1,,,273", "kelvin: expected one of 273.15, 293.15, 298.15, got '273'"),
        ("a1,,,273.150", "kelvin: expected one of 273.15, 293.15, 298.15, got '273.150'"),
        ("a1,,,", "kelvin: expected one of 273.15, 293.15, 298.15, got ''"),
        ("a1,,273.15", "expected 4 fields, got 3"),
    ],
)
def test_gas_state_mistake_is_told_with_its_line(row: str, error: str) -> None:
    assert error_of(f"# a comment\n{row}\n") == f"g.csv: line 3: {error}"


# --- the conversion


def test_converted_from_the_old_to_the_new_reference_state() -> None:
    (value,) = gas_states.converted(np.array([100_000_000]), delivered=COLD, prescribed=WARM)
    assert value == 91_614_959  # 27315 / 29815 = 0.916149589...


def test_converted_at_the_prescribed_temperature_is_unchanged() -> None:
    micros = np.array([0, 1, 15_100_000, 10**15])
    assert gas_states.converted(micros, delivered=WARM, prescribed=WARM).tolist() == micros.tolist()


def test_converted_of_nothing_is_nothing() -> None:
    assert gas_states.converted(np.empty((0, 24), dtype=np.int64), delivered=COLD, prescribed=WARM).shape == (0, 24)


@pytest.mark.parametrize(("micros", "expected"), [(5963, 5463), (-5963, -5463)])
def test_converted_ratio_is_exact(micros: int, expected: int) -> None:
    assert gas_states.converted(np.array([micros]), delivered=COLD, prescribed=WARM).tolist() == [expected]


@given(
    st.lists(st.one_of(st.integers(-(10**15), 10**15), st.sampled_from([10**15, -(10**15)])), max_size=9),
    st.sampled_from(KELVINS),
    st.sampled_from(KELVINS),
)
def test_converted_agrees_with_fractions_rounded_half_to_even(
    micros: list[int], delivered: Decimal, prescribed: Decimal
) -> None:
    found = gas_states.converted(np.array(micros, dtype=np.int64), delivered=delivered, prescribed=prescribed)
    assert found.tolist() == [round(Fraction(m) * Fraction(delivered) / Fraction(prescribed)) for m in micros]


def test_converted_tie_goes_to_the_even_millionth() -> None:
    # The ratios of KELVINS have odd denominators, so no ties; another ratio shows how one would be rounded.
    found = gas_states.converted(np.array([1, 3, 5, -1, -3]), delivered=Decimal(1), prescribed=Decimal(2))
    assert found.tolist() == [0, 2, 2, 0, -2]
