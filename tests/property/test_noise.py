"""Levels and attainment of noise agree with plain loops in 50-digit decimals, from shared/standards/noise.md."""

import decimal
import os
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import noise, standards
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import ZoneClass

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "40")), deadline=None)


def edition(stem: str) -> standards.Standard:
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


LIMITS = edition("gb3096-2008")
METHOD = edition("noise-automatic-2024")
assert isinstance(LIMITS, NoiseLimits)
assert isinstance(METHOD, NoiseMethod)

NIGHT_HOURS = (0, 1, 2, 3, 4, 5, 22, 23)  # noise.md, 1.2
TABLE: dict[ZoneClass, tuple[int, int]] = {  # noise.md, 1.1
    "0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60),
}  # fmt: skip

Levels = list[Decimal | None]


def level(levels: Levels) -> Decimal | None:
    """10 lg of the mean energy of the levels that are present, to 20 decimals."""
    present = [v for v in levels if v is not None]
    if not present:
        return None
    with decimal.localcontext(prec=50):
        energy = sum((Decimal(10) ** (v / 10) for v in present), Decimal(0)) / len(present)
        return (10 * energy.log10()).quantize(Decimal("1e-20"))


def part_level(day: Levels, part: str) -> Decimal | None:
    """Ld of at least 12 of 16 hours, Ln of at least 6 of 8."""
    chosen = [day[h] for h in range(24) if (h in NIGHT_HOURS) == (part == "night")]
    if sum(v is not None for v in chosen) < (6 if part == "night" else 12):
        return None
    return level(chosen)


tenths = st.integers(300, 900).map(lambda n: Decimal(n) / 10)


@st.composite
def days(draw: st.DrawFn) -> Levels:
    """24 hours in tenths of a decibel: all alike, or different, with missing ones."""
    levels: Levels = [draw(tenths)] * 24 if draw(st.booleans()) else draw(st.lists(tenths, min_size=24, max_size=24))
    gone = draw(st.sets(st.integers(0, 23), max_size=14))
    return [None if hour in gone else v for hour, v in enumerate(levels)]


def array(levels: list[Levels]) -> np.ndarray:
    return np.array([[np.nan if v is None else float(v) for v in each] for each in levels])


@MODEST
@given(levels=st.lists(st.one_of(st.none(), tenths), min_size=1, max_size=60))
@example(levels=[None])
@example(levels=[Decimal(30), Decimal(90)])
def test_energy_mean_agrees_with_decimals_of_50_digits(levels: Levels) -> None:
    values = array([levels])

    computed = float(noise.energy_mean(values, np.isfinite(values))[0])

    expected = level(levels)
    assert computed == pytest.approx(np.nan if expected is None else float(expected), abs=1e-9, nan_ok=True)


@MODEST
@given(levels=st.lists(tenths, min_size=1, max_size=30))
def test_energy_mean_lies_between_the_arithmetic_mean_and_the_largest_level(levels: list[Decimal]) -> None:
    values = np.array([float(v) for v in levels])

    computed = float(noise.energy_mean(values, np.ones(len(values), dtype=bool)))

    assert values.mean() - 1e-9 <= computed <= values.max() + 1e-9


@pytest.mark.parametrize("part", ["day", "night"])
@MODEST
@given(found=st.lists(days(), min_size=1, max_size=4))
def test_levels_of_day_and_night_agree_with_plain_loops(part: noise.PartOfDay, found: list[Levels]) -> None:
    values = array(found)

    computed, _ = noise.part_levels(values, np.isfinite(values), part, limits=LIMITS, method=METHOD)

    expected = [part_level(day, part) for day in found]
    assert computed == pytest.approx([np.nan if e is None else float(e) for e in expected], abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("part", ["day", "night"])
@MODEST
@given(found=st.lists(days(), min_size=1, max_size=4), zone=st.sampled_from(list(TABLE)))
def test_attainment_agrees_with_plain_loops(part: noise.PartOfDay, found: list[Levels], zone: ZoneClass) -> None:
    values = array(found)
    levels, _ = noise.part_levels(values, np.isfinite(values), part, limits=LIMITS, method=METHOD)

    computed = noise.attains(levels, zone, part, limits=LIMITS, method=METHOD)

    limit = TABLE[zone][part == "night"]
    exact = [part_level(day, part) for day in found]
    assert computed == [None if e is None else e.quantize(Decimal(1), ROUND_HALF_EVEN) <= limit for e in exact]


@MODEST
@given(value=tenths, zone=st.sampled_from(list(TABLE)), n_hours=st.integers(6, 8))
@example(value=Decimal("50.5"), zone="2", n_hours=7)
@example(value=Decimal("45.5"), zone="1", n_hours=6)
def test_equal_hours_are_judged_by_their_own_level(value: Decimal, zone: ZoneClass, n_hours: int) -> None:
    day: Levels = [None] * 24
    for hour in NIGHT_HOURS[:n_hours]:
        day[hour] = value
    values = array([day])
    levels, _ = noise.part_levels(values, np.isfinite(values), "night", limits=LIMITS, method=METHOD)

    judged = noise.attains(levels, zone, "night", limits=LIMITS, method=METHOD)

    assert judged == [value.quantize(Decimal(1), ROUND_HALF_EVEN) <= TABLE[zone][1]]
