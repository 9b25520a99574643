"""Figures agree with plain loops over the days, sections and monitors; statuses agree with the comparison."""

import datetime as dt
import math
import random
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregations import periods, plans, standards
from aggregations.figures import Figure, scaled
from aggregations.indicators import INDICATORS, AirDays, Facts, MonitorDays
from aggregations.plans import Comparison, Target
from aggregations.standards import Standards
from sensors.register import Station

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"
MODEST = settings(max_examples=40, deadline=None)

_PARSED = [standards.parse(f.read_text(encoding="utf-8"), file=f.name) for f in sorted(CONFIG.glob("*.toml"))]
EDITIONS = Standards(_PARSED, {each.edition.id: "sha" for each in _PARSED})


def compute(name: str, period: periods.Period, **facts: object) -> Figure:
    given_facts = Facts(scope="city:x", period=period, standards=EDITIONS, staged=False, **facts)  # type: ignore[arg-type]
    return INDICATORS[name].compute(INDICATORS[name], given_facts)


def half_even(value: Fraction, decimals: int) -> Decimal:
    # Denominators are small here: 60 digits hold every tie exactly.
    places = Decimal(1).scaleb(-decimals)
    scaled_value = value * 10**decimals
    whole, rest = divmod(scaled_value.numerator, scaled_value.denominator)
    up = 2 * rest > scaled_value.denominator or (2 * rest == scaled_value.denominator and whole % 2 == 1)
    return (Decimal(whole + up) * places).quantize(places, ROUND_HALF_EVEN)


def enough(valid: list[bool], first: dt.date) -> bool:
    """324 of 365 days in proportion; of each whole month 27 days, of February 25 (air.md, 2.3)."""
    days = [first + dt.timedelta(days=i) for i in range(len(valid))]
    by_month: dict[tuple[int, int], list[bool]] = {}
    for day, ok in zip(days, valid, strict=True):
        by_month.setdefault((day.year, day.month), []).append(ok)
    for (year, month), flags in by_month.items():
        following = dt.date(year + month // 12, month % 12 + 1, 1)
        whole = len(flags) == (following - dt.date(year, month, 1)).days
        if whole and sum(flags) < (25 if month == 2 else 27):
            return False
    only_month = len(by_month) == 1 and whole
    asked = 1 if only_month else math.ceil(Fraction(324 * min(len(days), 365), 365))
    return sum(valid) >= max(asked, 1)


@st.composite
def air_days(draw: st.DrawFn) -> tuple[periods.Period, list[int | None]]:
    """An index, or none, on each day of a month, a running year or a year."""
    year = draw(st.integers(2016, 2025))
    period = draw(
        st.one_of(
            st.integers(1, 12).map(lambda m: periods.month(year, m)),
            st.integers(0, 300).map(
                lambda n: periods.Period(dt.date(year, 1, 1), dt.date(year, 1, 1) + dt.timedelta(days=n))
            ),
            st.just(periods.year(year)),
        )
    )
    drawn = random.Random(draw(st.integers(0, 2**32)))  # 366 separate draws are slow
    missing = draw(st.sampled_from([0.0, 0.03, 0.08, 0.11, 0.15, 1.0]))
    return period, [None if drawn.random() < missing else drawn.randint(20, 130) for _ in range(len(period))]


def days_of(**values: list[int | None]) -> AirDays:
    """Days with whole published values; items that are not named are 0."""
    n = len(next(iter(values.values())))
    given = {q: values.get(q, [0] * n) for q in ("so2", "no2", "co", "o3", "pm10", "pm25")}
    micros = {q: np.array([-1 if v is None else v * 1_000_000 for v in vs]) for q, vs in given.items()}
    exact = {q: [None if v is None else Fraction(v * 1_000_000) for v in vs] for q, vs in given.items()}
    return AirDays(micros, exact, {q: np.where(each == -1, 0, 3) for q, each in micros.items()}, micros["o3"])


@MODEST
@given(drawn=air_days())
def test_good_day_ratio_agrees_with_plain_loops(drawn: tuple[periods.Period, list[int | None]]) -> None:
    period, index = drawn

    # PM10 with that sub-index in 2012 to 2025 (air.md, 3.1): 50 at 50, 100 at 150, 150 at 250
    pm10 = [i if i is None or i <= 50 else 50 + 2 * (i - 50) for i in index]
    figure = compute("air.good_day_ratio", period, air=days_of(pm10=pm10))

    valid = [i for i in index if i is not None]
    good = [i for i in valid if i <= 100]
    assert figure.value == (half_even(Fraction(100 * len(good), len(valid)), 1) if valid else None)
    assert figure.sufficient == enough([i is not None for i in index], period.first)
    assert figure.valid + sum(figure.excluded.values()) == figure.expected == len(period)


@MODEST
@given(drawn=air_days())
def test_mean_of_daily_values_agrees_with_plain_loops(drawn: tuple[periods.Period, list[int | None]]) -> None:
    period, values = drawn

    figure = compute("air.annual_mean.pm25", period, air=days_of(pm25=values))

    valid = [v for v in values if v is not None]
    assert figure.value == (half_even(Fraction(sum(valid), len(valid)), 0) if valid else None)
    assert figure.sufficient == enough([v is not None for v in values], period.first)


verdicts = st.integers(0, 2**32).map(lambda seed: random.Random(seed).choices([True, True, False, None], k=30))


@pytest.mark.parametrize("part", ["day", "night"])
@MODEST
@given(monitors=st.lists(st.tuples(verdicts, verdicts, st.integers(0, 31), st.integers(0, 31)), max_size=5))
def test_attainment_of_zones_agrees_with_plain_loops(
    part: str, monitors: list[tuple[list[bool | None], list[bool | None], int, int]]
) -> None:
    first = dt.date(2025, 4, 1)
    built = []
    expected = valid = attained = 0
    for day, night, begin, length in monitors:
        built.append(
            MonitorDays(
                Station(
                    medium="noise", id="n", name="n", name_en="n", city="x", district="", lon=None, lat=None,
                    since=first + dt.timedelta(days=begin), until=first + dt.timedelta(days=begin + length),
                    zone_class="2",
                ),
                day,
                night,
            )
        )  # fmt: skip
        for i in range(30):
            if begin <= i < begin + length:
                verdict = (day if part == "day" else night)[i]
                expected += 1
                valid += verdict is not None
                attained += verdict is True

    figure = compute(f"noise.{part}_attainment", periods.month(2025, 4), monitors=built)

    assert (figure.value, figure.valid, figure.expected) == (
        half_even(Fraction(100 * attained, valid), 1) if valid else None, valid, expected,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    comparison=st.sampled_from(["<=", "<", ">=", ">", "=="]),
    value=st.integers(240, 260),
    limit=st.integers(240, 260),
    sufficient=st.booleans(),
    final=st.booleans(),
)
@example(comparison="<=", value=250, limit=250, sufficient=True, final=True)
def test_status_agrees_with_the_comparison_of_integers(
    comparison: Comparison, value: int, limit: int, sufficient: bool, final: bool
) -> None:
    target = Target(id="t", name="t", name_en="t", comparison=comparison, limit=Decimal(limit) / 10, unit="%", text="t")
    figure = Figure(
        indicator="i", scope="s", period="2020", value=Decimal(value) / 10, exact=None, unit="%", valid=1, expected=1,
        counted="days", sufficient=sufficient, excluded={}, editions={}, assumed=[],
    )  # fmt: skip

    status = plans.judge(target, figure, final=final).status

    less, equal = value < limit, value == limit
    holds = {"<=": less or equal, "<": less, ">=": not less, ">": not less and not equal, "==": equal}[comparison]
    expected = {(True, True): "met", (True, False): "missed", (False, True): "on_track", (False, False): "at_risk"}
    assert status == (expected[final, holds] if sufficient else "insufficient")


@MODEST
@given(least=st.integers(1, 400), part=st.integers(1, 400), whole=st.integers(1, 400))
def test_scaled_is_the_least_number_in_proportion(least: int, part: int, whole: int) -> None:
    n = scaled(least, part, whole)

    assert n * whole >= least * part > (n - 1) * whole
