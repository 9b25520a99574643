"""Claims about calibrations of monitors: the file, and factor * reading + offset, exact in millionths."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import calibrations, quantities
from sensors.calibrations import Calibrations, calibrated
from sensors.errors import ConfigError
from sensors.quantities import LARGEST, MEDIA, Medium

CONFIG = Path(__file__).resolve().parents[3] / "config"
KNOWN = quantities.parse((CONFIG / "quantities.toml").read_text(encoding="utf-8"), file="q.toml")
HEADER = "medium,station,quantities,from,until,factor,offset,by,certificate,remark\n"
STATIONS: dict[Medium, list[str]] = {"air": ["a1", "a2"], "water": ["w1"], "noise": ["n1", "a1"]}
MIDNIGHT = 1_780_243_200
"""2026-06-01T00:00+08:00, by date -d."""


def parsed(rows: str) -> Calibrations:
    return calibrations.parse(HEADER + rows, stations=STATIONS, quantities=KNOWN, offset_s=28_800, file="c.csv")


def error_of(rows: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parsed(rows)
    return str(raised.value)


def row(
    medium: str = "air", station: str = "a1", quantity: str = "pm25", first: str = "", until: str = "",
    factor: str = "1", offset: str = "0", by: str = "Li Na", certificate: str = "17",
) -> str:  # fmt: skip
    return f"{medium},{station},{quantity},{first},{until},{factor},{offset},{by},{certificate},\n"


def made_of(values: list[float], text: str, *, medium: Medium = "air", times: list[int] | None = None) -> list[float]:
    rows = parsed(text).of(medium, "a1")
    at = np.array(times if times is not None else [0] * len(values))
    left = np.zeros(len(values), dtype=np.bool_)
    return calibrated(rows, at, np.array(values), medium=medium, as_it_is=left).tolist()


# --- the file


def test_calibrations_that_come_along_are_none_and_their_example_is_one() -> None:
    text = (CONFIG / "calibrations.csv").read_text(encoding="utf-8")
    known: dict[Medium, list[str]] = {medium: ["sz-a01"] for medium in MEDIA}
    read = {"stations": known, "quantities": KNOWN, "offset_s": 28_800, "file": "c.csv"}
    assert len(calibrations.parse(text, **read)) == 0  # type: ignore[arg-type]
    (example,) = (line[2:] for line in text.splitlines() if line.startswith("# air,"))
    (found,) = calibrations.parse(f"{text}{example}\n", **read).of("air", "sz-a01")  # type: ignore[arg-type]
    assert (found.factor, found.offset, found.from_s) == (Decimal("0.873"), Decimal("-1.4"), MIDNIGHT)


def test_calibration_is_of_its_medium_station_and_quantities() -> None:
    found = parsed(row("noise", "a1", "leq;lmax", offset="-1"))
    assert len(found.of("noise", "a1", "lmax")) == 1
    assert [len(found.of(*of)) for of in (("noise", "a1", "l10"), ("air", "a1"), ("noise", "n1"))] == [0, 0, 0]


@pytest.mark.parametrize(
    ("first", "until"), [("2026-06-01", "2026-06-02"), ("2026-06-01T00:00+08:00", "2026-06-01T16:00Z")]
)
def test_calibration_holds_from_its_moment_up_to_but_not_including_until(first: str, until: str) -> None:
    times = [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_399, MIDNIGHT + 86_400]
    assert made_of([1.0] * 4, row(first=first, until=until, offset="2"), times=times) == [1, 3, 3, 1]


def test_calibrations_follow_one_another_in_any_order() -> None:
    text = row(first="2026-06-02", factor="3") + row(until="2026-06-01", factor="2") + row(
        first="2026-06-01", until="2026-06-02", offset="5"
    )  # fmt: skip
    times = [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_400]
    assert made_of([10.0] * 3, text, times=times) == [20, 15, 30]


@pytest.mark.parametrize(
    ("first", "second", "begins"),
    [
        (row(first="2026-01-01", until="2026-03-01"), row(first="2026-02-28"), "2026-02-28"),
        (row(first="2026-02-28"), row(until="2026-03-01"), "no beginning"),
        (row(), row(), "no beginning"),
        (row(), row(quantity="o3;pm25", first="2030-01-01"), "2030-01-01"),
        (
            row(first="2026-01-01T10:00+08:00"),
            row(first="2026-01-01", until="2026-01-01T10:00:01+08:00"),
            "2026-01-01",
        ),
    ],
)
def test_calibrations_that_overlap_are_refused(first: str, second: str, begins: str) -> None:
    assert error_of(first + second) == f"c.csv: line 3: from: expected no time of line 2 again for 'a1', got {begins}"


@pytest.mark.parametrize(
    "second",
    [row(quantity="pm10"), row(station="a2"), row("noise", "a1", "leq"), row(until="2026-06-01")],
)
def test_calibrations_of_others_or_other_times_do_not_overlap(second: str) -> None:
    assert len(parsed(row(first="2026-06-01") + second)) == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (row("soil"), "medium: expected one of air, water, noise, got 'soil'"),
        (row(station="w1"), "station: expected a station of the register of air, got 'w1'"),
        (row(quantity="ph"), r"quantities: expected quantities of air (pm25, "),
        (row(quantity="pm25;pm25"), "quantities: expected each once, got 'pm25' again"),
        (row("noise", "n1", "vdr"), "quantities: expected quantities of noise (leq, "),
        (row("noise", "n1", "sd"), "quantities: expected quantities of noise (leq, "),
        (row(first="2026-02-30"), "from: expected a date such as 2020-01-01, got '2026-02-30'"),
        (row(until="2026-02-01T10:00"), "until: expected a local day such as 2020-01-01 or a moment such as "),
        (row(first="2026-01-02", until="2026-01-02"), "until: expected a time after from 2026-01-02, got '2026-01-02'"),
        (row(first="2026-01-02", until="2026-01-01"), "until: expected a time after from 2026-01-02, got '2026-01-01'"),
        (row(factor="0"), "factor: expected 0.1 to 10, got 0; another unit belongs in sources.toml"),
        (row(factor="0.099999"), "factor: expected 0.1 to 10, got 0.099999"),
        (row(factor="10.000001"), "factor: expected 0.1 to 10, got 10.000001"),
        (row(factor="-1"), "factor: expected 0.1 to 10, got -1"),
        (row(factor=""), "factor: expected a number of at most 6 decimals, such as -1.25, got ''"),
        (row(factor="1e0"), "factor: expected a number of at most 6 decimals"),
        (row(factor="0.1234567"), "factor: expected a number of at most 6 decimals"),
        (row(offset="nan"), "offset: expected a number of at most 6 decimals"),
        (row(offset="１"), "offset: expected a number of at most 6 decimals"),
        (
            row("noise", "n1", "leq", factor="1.01"),
            "factor: expected 1 of a level, which is only shifted (leq), got 1.01",
        ),
        (
            row("noise", "n1", "rain;lmax", factor="1.01"),
            "factor: expected 1 of a level, which is only shifted (lmax), ",
        ),
        (row(by=""), "by: expected a text, got ''"),
        (row(certificate=""), "certificate: expected a text, got ''"),
        ("air,a1,pm25,,,1\n", "expected 10 fields, got 6"),
    ],
)
def test_calibration_mistake_is_told_with_its_line(text: str, error: str) -> None:
    assert error_of(f"# a comment\n{text}").startswith(f"c.csv: line 3: {error}")


@pytest.mark.parametrize("factor", ["0.1", "10"])
def test_ends_of_the_possible_factors_are_inside(factor: str) -> None:
    assert len(parsed(row(factor=factor))) == 1


def test_factor_of_a_quantity_of_noise_that_is_no_level_is_taken() -> None:
    assert len(parsed(row("noise", "n1", "rain", factor="1.05"))) == 1


def test_what_values_depend_on_is_neither_the_texts_nor_the_place_nor_how_numbers_are_written() -> None:
    one = parsed(row(factor="1.50", quantity="o3;co", by="Li Na")).of("air", "a1")[0]
    other = parsed("\n" + row(factor="1.5", quantity="co;o3", by="Wu", certificate="18")).of("air", "a1")[0]
    assert one.bears_on == other.bears_on
    for text in (row(factor="1.500001", quantity="o3;co"), row(factor="1.5", quantity="o3")):
        assert parsed(text).of("air", "a1")[0].bears_on != one.bears_on


# --- the arithmetic


@pytest.mark.parametrize(
    ("value", "factor", "offset", "expected"),
    [
        (30.0, "0.873", "-1.4", 24.79),  # worked by hand
        (0.0, "0.873", "-1.4", -1.4),
        (58.3, "1", "-1.2", 57.1),  # a level
        (0.1, "3", "0", 0.3),  # 0.30000000000000004 in binary
        (0.000005, "0.5", "0", 0.000002),  # 2.5 millionths: to the even one
        (0.000005, "0.5", "0.000001", 0.000004),  # 3.5 millionths: rounded once, with the offset
        (-0.000005, "0.5", "0", -0.000002),
    ],
)
def test_reading_times_factor_and_offset(value: float, factor: str, offset: str, expected: float) -> None:
    assert made_of([value], row(factor=factor, offset=offset)) == [expected]


def test_missing_infinite_and_impossible_values_stay_as_they_are() -> None:
    values = [np.nan, np.inf, -np.inf, 2.0 * LARGEST["air"], 1.0]
    found = made_of(values, row(factor="0.1"))
    assert np.isnan(found[0])
    assert found[1:] == [np.inf, -np.inf, 2.0 * LARGEST["air"], 0.1]


def test_what_is_no_reading_stays_as_it_is() -> None:
    rows = parsed(row("water", "w1", "tp", factor="2")).of("water", "w1")
    left = np.array([True, False])
    assert calibrated(rows, np.zeros(2), np.array([0.01, 0.01]), medium="water", as_it_is=left).tolist() == [0.01, 0.02]


def test_calibrated_leaves_what_was_sent() -> None:
    values = np.array([1.0, 2.0])
    calibrated(parsed(row(factor="2")).of("air", "a1"), np.zeros(2), values, medium="air", as_it_is=values > 9)
    assert values.tolist() == [1, 2]


@settings(max_examples=100, deadline=None)
@given(
    medium=st.sampled_from(MEDIA),
    micros=st.lists(st.integers(-(10**15), 10**15) | st.integers(-(10**6), 10**6), max_size=5),
    edge=st.booleans(),
    factor=st.decimals("0.1", 10, places=6),
    offset=st.decimals(-(10**9) + 1, 10**9 - 1, places=6),
)
def test_calibrated_agrees_with_fractions_rounded_half_to_even(
    medium: Medium, micros: list[int], edge: bool, factor: Decimal, offset: Decimal
) -> None:
    largest = LARGEST[medium] * 10**6
    all_micros = [*micros, largest, -largest] if edge else micros
    exact = [round(Fraction(m) * Fraction(factor) + Fraction(offset) * 10**6) for m in all_micros]
    expected = [float(m) / 1e6 for m in exact]  # beyond 2**53 millionths a float holds no millionth
    text = f"air,a1,pm25,,,{factor:f},{offset:f},x,x,\n"
    rows = parsed(text).of("air", "a1")
    values = np.array(all_micros, dtype=np.float64) / 10**6
    no = np.zeros(len(values), dtype=np.bool_)
    found = calibrated(rows, np.zeros(len(values)), values, medium=medium, as_it_is=no)
    assert found.tolist() == expected
