"""Hours, days and point-times of noise agree with the second implementation of `second_noise` on any data."""

import os
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregations import noise, periods, standards
from aggregations.indicators import INDICATORS, Facts, MonitorDays
from aggregations.noise import LocalHours
from aggregations.standards import NoiseLimits, NoiseMethod
from sensors.register import Station, ZoneClass
from tests.property import second_noise as second

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "40")), deadline=None)


def edition(stem: str) -> standards.Standard:
    return standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)


LIMITS = edition("gb3096-2008")
METHOD = edition("noise-automatic-2024")
assert isinstance(LIMITS, NoiseLimits)
assert isinstance(METHOD, NoiseMethod)

tenths = st.integers(300, 900).map(lambda n: Decimal(n) / 10)
zones = st.sampled_from(list(second.LIMITS))
local_hours = st.tuples(st.integers(4, 8), st.integers(19, 23))


@st.composite
def samples(draw: st.DrawFn, most: int = 60) -> second.Levels:
    """Samples of an hour: all alike or different, any of them missing."""
    n = draw(st.integers(1, most))
    levels: second.Levels = list(
        [draw(tenths)] * n if draw(st.booleans()) else draw(st.lists(tenths, min_size=n, max_size=n))
    )
    for i in draw(st.sets(st.integers(0, n - 1), max_size=n)):
        levels[i] = None
    return levels


@st.composite
def days(draw: st.DrawFn) -> list[second.Levels]:
    """Some dates of 24 hours."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        hours: second.Levels = draw(st.lists(tenths, min_size=24, max_size=24))
        for hour in draw(st.sets(st.integers(0, 23), max_size=14)):
            hours[hour] = None
        found.append(hours)
    return found


def array(levels: second.Levels) -> np.ndarray:
    return np.array([np.nan if v is None else float(v) for v in levels])


def floats(levels: list[Decimal | None]) -> object:
    return pytest.approx([np.nan if v is None else float(v) for v in levels], abs=1e-9, nan_ok=True)


@MODEST
@given(levels=samples())
def test_levels_exceeded_are_those_of_the_second_implementation(levels: second.Levels) -> None:
    found = noise.hour_levels(array(levels)[np.newaxis])

    for percent in noise.PERCENTILES:
        assert found.exceeded[percent].tolist() == floats([second.exceeded(levels, percent)])
    assert found.leq.tolist() == floats([second.energy_mean(levels)])
    assert [found.lmax[0], found.lmin[0]] == floats(list(second.extremes(levels)))


@MODEST
@given(levels=samples(), sample=st.booleans())
def test_deviation_is_that_of_the_second_implementation(levels: second.Levels, sample: bool) -> None:
    found = noise.hour_levels(array(levels)[np.newaxis], deviation="sample" if sample else "population")

    assert found.sd.tolist() == floats([second.deviation(levels, less=int(sample))])


@MODEST
@given(levels=samples(), data=st.data(), lowers=st.booleans())
def test_rates_and_validity_are_those_of_the_second_implementation(
    levels: second.Levels, data: st.DataObject, lowers: bool
) -> None:
    windy = data.draw(st.lists(st.booleans(), min_size=len(levels), max_size=len(levels)))
    method = msgspec.structs.replace(METHOD, weather_lowers_vdr=lowers)

    found = noise.hour_levels(array(levels)[np.newaxis], excluded=np.array([windy]))
    valid = noise.valid_hours(found.collected, found.entered, method)

    collected, entered = second.rates(levels, windy)
    assert (found.collected[0], found.entered[0]) == pytest.approx((float(collected), float(entered)), abs=1e-12)
    expected = second.hour(levels, windy, weather_lowers=lowers)
    assert np.where(valid, found.leq, np.nan).tolist() == floats([expected])


@MODEST
@given(levels=st.lists(tenths, min_size=1, max_size=30), data=st.data())
def test_unequal_durations_are_those_of_the_second_implementation(levels: list[Decimal], data: st.DataObject) -> None:
    durations = data.draw(st.lists(st.integers(1, 3600), min_size=len(levels), max_size=len(levels)))

    found = noise.weighted_energy_mean(array(list(levels)), np.array(durations, dtype=float))

    assert [float(found)] == floats([second.energy_mean(list(levels), [Decimal(d) for d in durations])])


@pytest.mark.parametrize("starting", [False, True])
@pytest.mark.parametrize("part", ["day", "night"])
@MODEST
@given(found=days(), hours=local_hours)
def test_day_and_night_are_those_of_the_second_implementation(
    part: noise.PartOfDay, starting: bool, found: list[second.Levels], hours: tuple[int, int]
) -> None:
    method = msgspec.structs.replace(METHOD, statistical_day="night_starting" if starting else "calendar")
    values = np.array([array(each) for each in found])

    levels, counts = noise.part_levels(
        values, np.isfinite(values), part, limits=LIMITS, method=method, hours=LocalHours(*hours)
    )

    expected = [
        second.part_level(found, i, part, first=hours[0], night=hours[1], starting=starting) for i in range(len(found))
    ]
    assert levels.tolist() == floats([level for level, _ in expected])
    assert counts.tolist() == [n for _, n in expected]


@MODEST
@given(ld=st.one_of(st.none(), tenths), ln=st.one_of(st.none(), tenths), hours=local_hours)
def test_day_and_night_together_are_those_of_the_second_implementation(
    ld: Decimal | None, ln: Decimal | None, hours: tuple[int, int]
) -> None:
    found = noise.day_night_level(array([ld]), array([ln]), LocalHours(*hours))

    assert found.tolist() == floats([second.day_night(ld, ln, hours[1] - hours[0])])


@MODEST
@given(
    level=st.one_of(st.none(), st.integers(3000, 9000).map(lambda n: Decimal(n) / 100)),
    zone=zones,
    part=st.sampled_from(["day", "night"]),
    decimals=st.sampled_from([0, 1]),
    half_up=st.booleans(),
    stored=st.booleans(),
)
def test_verdicts_are_those_of_the_second_implementation(
    level: Decimal | None, zone: ZoneClass, part: noise.PartOfDay, decimals: int, half_up: bool, stored: bool
) -> None:
    method = msgspec.structs.replace(
        METHOD,
        judge_decimals=decimals,
        judge_rounding="half_up" if half_up else "half_even",
        judge_from="stored" if stored else "computed",
    )

    found = noise.attains(array([level]), zone, part, limits=LIMITS, method=method)

    limit = second.LIMITS[zone][part == "night"]
    assert found == [second.attains(level, limit, decimals=decimals, half_up=half_up, stored=stored)]


hundredths = st.one_of(st.none(), st.integers(3000, 9000).map(lambda n: Decimal(n) / 100))


@MODEST
@given(
    ln=hundredths,
    peak=hundredths,
    zone=zones,
    with_peak=st.booleans(),
    decimals=st.sampled_from([0, 1]),
    half_up=st.booleans(),
)
def test_nights_and_their_peaks_are_judged_as_in_the_second_implementation(
    ln: Decimal | None, peak: Decimal | None, zone: ZoneClass, with_peak: bool, decimals: int, half_up: bool
) -> None:
    method = msgspec.structs.replace(
        METHOD,
        judge_decimals=decimals,
        judge_rounding="half_up" if half_up else "half_even",
        night_peak_in_attainment=with_peak,
    )

    nights = noise.night_verdicts(array([ln]), array([peak]), zone, limits=LIMITS, method=method)
    peaks = noise.peaks_attaining(array([peak]), zone, limits=LIMITS, method=method)

    limit = second.LIMITS[zone][1]
    expected = (
        second.night_attains(ln, peak, limit, with_peak=with_peak, decimals=decimals, half_up=half_up),
        second.peak_attains(peak, limit, decimals=decimals, half_up=half_up),
    )
    assert (nights[0], peaks[0]) == tuple(noise.NONE if each is None else int(each) for each in expected)


@MODEST
@given(
    verdicts=st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.lists(st.tuples(zones, st.sampled_from([True, False, None])), min_size=9, max_size=9),
        max_size=4,
    ),
    classes=st.lists(zones, min_size=1, unique=True),
    mean_of_stations=st.booleans(),
)
def test_point_times_of_classes_are_those_of_the_second_implementation(
    verdicts: dict[str, list[tuple[ZoneClass, bool | None]]], classes: list[ZoneClass], mean_of_stations: bool
) -> None:
    method = msgspec.structs.replace(
        METHOD, classes=classes, pooling="mean_of_stations" if mean_of_stations else "point_times"
    )
    monitors = [
        MonitorDays(
            Station(
                medium="noise", id=name, name="", name_en="", city="t", district="", lon=None, lat=None, zone_class="2",
                since=None, until=None,
            ),
            [None] * 9, [verdict for _, verdict in days], [zone for zone, _ in days],
        )
        for name, days in verdicts.items()
    ]  # fmt: skip
    facts = Facts(
        scope="city:t", period=periods.parse("2025-04-01..2025-04-09"),
        standards=standards.Standards([LIMITS, method], {LIMITS.edition.id: "", METHOD.edition.id: ""}), staged=False,
        monitors=monitors,
    )  # fmt: skip

    expected = second.point_times(verdicts)
    for zone in ("all", *second.LIMITS):
        indicator = INDICATORS["noise.night_attainment" if zone == "all" else f"noise.night_attainment.{zone}"]
        figure = indicator.compute(indicator, facts)
        counted = classes if zone == "all" else [zone]
        rate = second.rate(verdicts, list(counted), mean_of_stations=mean_of_stations)
        assert figure.valid == sum(expected.get(each, (0, 0))[0] for each in counted)
        assert figure.exact == (None if rate is None else str(rate))
