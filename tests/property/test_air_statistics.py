"""Every indicator of air agrees with a second implementation (`second_air`), which was written from the note alone.

`QINGJING_PROPERTY_EXAMPLES` sets how many cases are tried.
"""

import datetime as dt
import functools
import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from aggregations import indicators, ranking, standards
from aggregations.air.hours import index_of_hours
from aggregations.indicators import INDICATORS, AirDays, AirHours, Facts
from aggregations.indicators.air_base import indexes, joined, judged
from aggregations.periods import Period
from aggregations.rounding import IntArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, AirRanking, Standard, Standards
from tests.property import second_air, second_air_index
from tests.property.air_cases import MILLION, Shape, random_case, seeds, shapes
from tests.property.second_air_index import ITEMS, SINCE, Case, Days, Series, Switches, Value

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
# A seed cannot be made smaller: nothing is shrunk.
SETTINGS = settings(
    max_examples=int(os.environ.get("QINGJING_PROPERTY_EXAMPLES", "10")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
AIR = [name for name in INDICATORS if name.startswith("air.")]

_PARSED = [standards.parse(f.read_text(encoding="utf-8"), file=f.name) for f in sorted(CONFIG.glob("*.toml"))]


@functools.cache
def editions(switches: Switches) -> Standards:
    """The editions of config/standards with their switches set."""

    def switched(standard: Standard) -> Standard:
        if isinstance(standard, AirIndex):
            is_2012 = "all_2012" in standard.edition.modes
            return msgspec.structs.replace(
                standard,
                sub_index_rounding="half_up" if switches.sub_index_half_up else "ceil",
                daily_o3_uses_1h=switches.daily_o3_uses_1h and is_2012,
                hourly_pm_input="24h_moving" if switches.hourly_pm_24h and is_2012 else "1h",
                hourly_o3_uses_8h=switches.hourly_o3_uses_8h and is_2012,
                index_at_least_one=switches.index_at_least_one,
            )
        if isinstance(standard, AirEvaluation):
            return msgspec.structs.replace(
                standard,
                attainment_compares="exact" if switches.attainment_exact else "rounded",
                period_mean_from="exact_days" if switches.means_of_exact_days else "rounded_days",
            )
        if isinstance(standard, AirRanking):
            rounding = "sum_first" if switches.composite_sum_first else "single_indices_first"
            return msgspec.structs.replace(standard, composite_rounding=rounding)
        return standard

    return Standards([switched(each) for each in _PARSED], {each.edition.id: "sha" for each in _PARSED})


# --- what the program is given ---


def micros(values: list[Value]) -> IntArray:
    return np.array([-1 if v is None else int(v * MILLION) for v in values], dtype=np.int64)


def air_days(days: Days) -> AirDays:
    return AirDays(
        {q: micros(days.published[q]) for q in ITEMS},
        {q: [None if v is None else v * MILLION for v in days.exact[q]] for q in ITEMS},
        {q: np.array([0 if v is None else 24 for v in days.published[q]]) for q in ITEMS},
        micros(days.ozone_hour),
    )


def facts_of(case: Case) -> Facts:
    return Facts(
        scope="station:s",
        period=Period(case.days.first, case.days.last),
        standards=editions(case.switches).under(case.mode),  # type: ignore[arg-type]
        staged=case.since < SINCE,
        mode=case.mode,  # type: ignore[arg-type]
        area_class=case.area_class,  # type: ignore[arg-type]
        not_monitored=case.not_monitored,
        air=air_days(case.days),
        air_without_events=None if case.without_events is None else air_days(case.without_events),
        hours=AirHours({q: micros(case.hours[q]) for q in ITEMS}),
        earlier=[air_days(days) for days in case.earlier],
    )


def differences(case: Case) -> dict[str, tuple[object, object]]:
    """What the program and the second implementation say where they differ, by indicator: (program, second)."""
    facts = facts_of(case)
    second = second_air.pairs(case)
    found: dict[str, tuple[object, object]] = {}
    for name in AIR:
        figure = indicators.compute(INDICATORS[name], facts)
        pair = second[name]
        of_program: list[object] = [figure.events]
        of_second: list[object] = [pair.events]
        for ours, theirs in ((figure, pair.chosen), (figure.counterpart, pair.counterpart)):
            if ours is None or theirs is None:
                of_program.append(ours)
                of_second.append(theirs)
                continue
            exact = None if ours.exact is None else Fraction(ours.exact)
            value = None if ours.value is None else str(ours.value)
            of_program += [exact, value, ours.valid, ours.sufficient]
            of_second += [theirs.exact, theirs.printed, theirs.valid, theirs.sufficient]
        of_program += [figure.expected, figure.valid + sum(figure.excluded.values())]
        of_second += [pair.chosen.expected, pair.chosen.expected]
        if of_program != of_second:
            found[name] = (of_program, of_second)
    return found


def index_differences(case: Case) -> dict[str, object]:
    """Index, level, primary pollutants and sub-indices of days and hours where the two differ: (program, second)."""
    facts = facts_of(case)
    assert facts.hours is not None
    n = len(case.days)
    parts = []
    for cut, index in facts.standards.runs(AirIndex, facts.period, staged=facts.staged):
        limits = facts.standards.on(AirLimits, case.days.date(cut.start), staged=facts.staged)
        hours = {q: values[24 * cut.start : 24 * cut.stop] for q, values in facts.hours.values.items()}
        parts.append(judged(index_of_hours(hours, index, limits, not_monitored=facts.not_monitored), index))
    second = {
        "days": (indexes(facts), [second_air_index.index_of_day(case.days, i, case) for i in range(n)]),
        "hours": (
            joined(parts),
            [second_air_index.index_of_hour(case.days.date(h // 24), h, case) for h in range(24 * n)],
        ),
    }
    found: dict[str, object] = {}
    for what, (ours, theirs) in second.items():
        subs = {q: values.tolist() for q, values in ours.sub.items()}
        primary = {q: values.tolist() for q, values in ours.primary.items()}
        for i, each in enumerate(theirs):
            of_program = (
                int(ours.aqi[i]), int(ours.level[i]), {q for q in ITEMS if primary[q][i]},
                {q: subs[q][i] for q in ITEMS},
            )  # fmt: skip
            of_second = (
                -1 if each.aqi is None else each.aqi, each.level or 0, set(each.primary),
                {q: -1 if sub is None else sub for q, sub in each.subs.items()},
            )  # fmt: skip
            if of_program != of_second:
                found[f"{what}[{i}]"] = (of_program, of_second)
    return found


# --- the second implementation is right ---


@pytest.mark.parametrize(
    ("column", "concentration", "of_2012", "of_2026"),
    [  # vectors 1 to 19
        ("pm25", "36", 52, 52),
        ("pm25", "60", 82, 100),
        ("pm25", "61", 83, 101),
        ("pm25", "75", 100, 114),
        ("pm25", "600", 500, 500),
        ("pm10", "121", 86, 101),
        ("pm10", "150", 100, 112),
        ("pm10", "380", 243, 243),
        ("so2", "450", 147, 147),
        ("so2_1h", "475", 97, 97),
        ("so2_1h", "801", None, 200),
        ("no2_1h", "350", 115, 115),
        ("co", "2.2", 55, 55),
        ("co_1h", "65.4", 218, 218),
        ("o3", "161", 101, 101),
        ("o3", "801", None, 300),
        ("o3_1h", "250", 125, 125),
        ("pm25", "60.5", 82, 100),
        ("pm25", "60.51", 83, 101),
        ("pm25", "61.5", 84, 102),
        ("co", "4.05", 100, 100),
        ("co", "4.15", 101, 101),
    ],
)
def test_second_sub_indices_are_those_of_the_vectors(
    column: str, concentration: str, of_2012: int | None, of_2026: int | None
) -> None:
    found = [
        second_air_index.sub_index(edition, column, Fraction(concentration), False) for edition in ("2012", "2026")
    ]

    assert found == [of_2012, of_2026]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [  # vectors 33 to 36
        (range(10, 101, 10), 90, "91"),
        (range(1, 32), 90, "28"),
        ((31, 45, 62, 58, 77, 80, 95, 101, 120, 133, 142, 150, 155, 161, 163, 170, 171, 180, 188, 201), 90, "180.8"),
        ((31, 45, 62, 58, 77, 80, 95, 101, 120, 133, 142, 150, 155, 161, 163, 170, 171, 180, 188, 201), 95, "188.65"),
        ((31, 45, 62, 58, 77, 80, 95, 101, 120, 133, 142, 150, 155, 161, 163, 170, 171, 180, 188, 201), 98, "196.06"),
        ((7,), 98, "7"),
    ],
)
def test_second_percentiles_are_those_of_the_vectors(values: Sequence[int], percent: int, expected: str) -> None:
    assert second_air.percentile_of([Fraction(v) for v in values], percent) == Fraction(expected)


def constant(first: dt.date, n: int, values: str) -> Case:
    """The same values on each day, in the order of ITEMS, which is that of the vectors; `-` is missing."""
    given = zip(ITEMS, values.split(), strict=True)
    series: Series = {q: [None if v == "-" else Fraction(v)] * n for q, v in given}
    empty: Series = {q: [None] * (24 * n) for q in ITEMS}
    return Case(Days(first, series, series, series["o3"]), empty)


def test_second_implementation_knows_every_indicator_of_air() -> None:
    assert set(second_air.pairs(constant(dt.date(2020, 1, 1), 1, "- - - - - -"))) == set(AIR)


DAYS = {  # vectors 20 to 25: values, index and primary pollutants of 2012 and of 2026
    20: ("12 38 0.9 158 95 52", (99, "o3"), (99, "o3")),
    21: ("10 20 0.6 80 120 60", (85, "pm10"), (100, "pm10 pm25")),
    22: ("10 20 0.6 80 60 68", (92, "pm25"), (108, "pm25")),
    23: ("10 20 0.6 80 40 30", (43, ""), (43, "")),
    24: ("10 - 0.6 80 40 52", (None, ""), (None, "")),
    25: ("10 - 0.6 80 40 80", (107, "pm25"), (119, "pm25")),  # 2012: 100 + 50 / 40 x 5 = 106.25
}


@pytest.mark.parametrize("vector", DAYS)
def test_index_of_a_day_is_that_of_the_vector(vector: int) -> None:
    values, *expected = DAYS[vector]

    for first, (aqi, primary) in zip((dt.date(2026, 2, 28), dt.date(2026, 3, 1)), expected, strict=True):
        case = constant(first, 1, values)
        found = second_air_index.index_of_day(case.days, 0, case)
        assert (found.aqi, found.primary) == (aqi, frozenset(primary.split()))
        assert differences(case) == index_differences(case) == {}


@pytest.mark.parametrize(
    ("vector", "first", "name", "values", "printed"),
    [
        (39, dt.date(2026, 3, 1), "exceedance_multiple.day.pm25", "- - - - - 75", "0.25"),
        (40, dt.date(2021, 4, 1), "exceedance_multiple.mean.pm25", "- - - - - 38", "0.09"),
        (42, dt.date(2021, 4, 1), "composite_index", "9 14 1.1 96 77 23", "3.14"),
        (43, dt.date(2026, 4, 1), "composite_index", "9 14 1.1 96 77 23", "3.43"),
        (44, dt.date(2021, 4, 1), "composite_index", "9 15 0.7 192 39 21", "3.07"),
        (48, dt.date(2031, 1, 2), "good_days", "10 20 0.6 80 40 55", "30"),
        (48, dt.date(2031, 1, 2), "daily_attainment", "10 20 0.6 80 40 55", "0.0"),
    ],
)
def test_figures_are_those_of_the_vectors(vector: int, first: dt.date, name: str, values: str, printed: str) -> None:
    case = constant(first, 30, values)

    assert second_air.pairs(case)[f"air.{name}"].chosen.printed == printed, vector
    assert differences(case) == {}


@pytest.mark.parametrize(
    ("mode", "exact"),
    [
        # 28 February 150 and 1 March 90: (150 - 75) / 75 of 2012, (90 - 60) / 60 and (150 - 60) / 60 of 2026,
        # (150 - 50) / 50 from 2031
        ("by_date", "1"),
        ("all_2012", "1"),
        ("all_2026", "3/2"),
        ("all_2031", "2"),
    ],
)
def test_each_day_is_held_against_the_limit_of_its_day_or_of_the_mode(mode: str, exact: str) -> None:
    case = constant(dt.date(2026, 2, 28), 2, "10 20 0.6 80 40 150")
    case.days.published["pm25"][1] = Fraction(90)
    case = replace(case, mode=mode)

    assert second_air.pairs(case)["air.exceedance_multiple.day.pm25"].chosen.exact == Fraction(exact)
    assert differences(case) == {}


@pytest.mark.parametrize(
    ("first", "values", "printed"),
    [
        (dt.date(2021, 4, 1), "9 14 1.1 96 77 23", "3.13"),
        (dt.date(2026, 4, 1), "9 14 1.1 96 77 23", "3.42"),
        (dt.date(2021, 4, 1), "9 15 0.7 192 39 21", "3.06"),
    ],
)
def test_composite_indices_that_are_added_first_are_those_of_the_vectors(
    first: dt.date, values: str, printed: str
) -> None:
    # vectors 42, 43 and 44, the other order of rounding
    case = constant(first, 30, values)
    case = replace(case, switches=Switches(composite_sum_first=True))

    assert second_air.pairs(case)["air.composite_index"].chosen.printed == printed
    assert differences(case) == {}


# --- the program agrees with it ---


@SETTINGS
@given(seed=seeds, shape=shapes)
@example(seed=1, shape=Shape("a day", gaps="all"))
@example(seed=2, shape=Shape("a day", "near", "none", events=True))
@example(seed=3, shape=Shape("month", "halves", "one value", events=True))
@example(seed=4, shape=Shape("February", "near", "around least"))
@example(seed=5, shape=Shape("February", "zero", "none", switches=Switches(index_at_least_one=True)))
@example(seed=17, shape=Shape("first years", "wide", "few"))
@example(seed=18, shape=Shape("year of an early stage", "wide", "few"))
@example(seed=6, shape=Shape("leap year", "mixed", "around least", area_class="I", events=True))
@example(seed=21, shape=Shape("leap year", "wide", "equality"))  # 324 days
@example(seed=23, shape=Shape("leap year", "wide", "equality"))  # 324 of PM10, 323 of the others
@example(seed=20, shape=Shape("year", "wide", "equality"))
@example(seed=22, shape=Shape("half year", "wide", "equality"))
@example(seed=7, shape=Shape("year of two editions", "halves", "none", events=True))
@example(seed=8, shape=Shape("year of two editions", "nodes", "few", mode="all_2012"))
@example(seed=9, shape=Shape("year of two editions", "nodes", "few", mode="all_2026"))
@example(seed=10, shape=Shape("year of two editions", "near", "few", mode="all_2031", area_class="I"))
@example(seed=11, shape=Shape("across 2031-01-01", "near", "few"))
@example(seed=12, shape=Shape("cut months", "top", "months", switches=Switches(daily_o3_uses_1h=True)))
@example(seed=13, shape=Shape("half year", "wide", "none", switches=Switches(True, attainment_exact=True)))
@example(seed=14, shape=Shape("quarter", "halves", "few", switches=Switches(means_of_exact_days=True)))
@example(seed=15, shape=Shape("some days", "mixed", "none", not_monitored=ITEMS))
@example(seed=16, shape=Shape("three years", "mixed", "few", not_monitored=("so2",)))
def test_every_indicator_of_air_agrees_with_the_second_implementation(seed: int, shape: Shape) -> None:
    assert differences(random_case(seed, shape)) == {}


@SETTINGS
@given(seed=seeds, shape=shapes)
@example(seed=1, shape=Shape("across 2026-03-01", "nodes", "few"))
@example(seed=2, shape=Shape("month", "top", "none", switches=Switches(daily_o3_uses_1h=True, hourly_pm_24h=True)))
@example(seed=3, shape=Shape("some days", "top", "few", mode="all_2012", switches=Switches(hourly_o3_uses_8h=True)))
@example(seed=4, shape=Shape("some days", "zero", "half", not_monitored=("so2",)))
def test_index_of_every_day_and_hour_agrees_with_the_second_implementation(seed: int, shape: Shape) -> None:
    assert index_differences(random_case(seed, shape)) == {}


prices = st.integers(-30, 300).map(lambda n: Fraction(n, 10))  # many ties


def decimal(value: Fraction) -> Decimal:
    return Decimal(int(value * 10)) / 10


@SETTINGS
@given(values=st.lists(st.none() | prices, max_size=30), descending=st.booleans())
def test_places_agree_with_the_second_implementation(values: list[Value], descending: bool) -> None:
    found = ranking.places([None if v is None else decimal(v) for v in values], descending=descending)

    assert found == second_air.places(values, descending=descending)


@SETTINGS
@given(now=st.integers(0, 4000), before=st.integers(0, 4000), decimals=st.integers(0, 2))
@example(now=0, before=0, decimals=0)
@example(now=2003, before=2000, decimals=0)  # 0.15
@example(now=1997, before=2000, decimals=1)  # -0.15
@example(now=1999, before=2000, decimals=2)  # -0.05
def test_change_agrees_with_the_second_implementation(now: int, before: int, decimals: int) -> None:
    found = ranking.change_percent(Decimal(now).scaleb(-decimals), Decimal(before).scaleb(-decimals), 1)

    scale = 10**decimals
    expected = second_air.change_percent(Fraction(now, scale), Fraction(before, scale))
    assert (None if found is None else str(found)) == expected


@SETTINGS
@given(values=st.lists(st.integers(10, 20).map(lambda n: Fraction(n, 10)), min_size=5, max_size=32))
@example(values=[Fraction(1)] * 5)
def test_trend_agrees_with_the_second_implementation(values: list[Fraction]) -> None:
    evaluation = editions(Switches()).on(AirEvaluation, dt.date(2020, 1, 1))

    assert ranking.trend([decimal(v) for v in values], evaluation).coefficient == second_air.spearman(values)
