"""Room left: what may still come, against trying out every continuation."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregations import room
from aggregations.room import Comparison, Promise, Tally

MICRO = 1_000_000
UPPER: list[Comparison] = ["<=", "<"]
LOWER: list[Comparison] = [">=", ">"]


def printed(exact: Fraction, decimals: int) -> Decimal:
    """Half to even by decimal arithmetic of its own: the quotient to 40 digits is enough for small numbers."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
        Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN
    )


def holds(exact: Fraction, comparison: Comparison, limit: Decimal, decimals: int) -> bool:
    value = printed(exact, decimals)
    return {"<=": value <= limit, "<": value < limit, ">=": value >= limit, ">": value > limit}[comparison]


def continuations(units: int, of: list[int]) -> Iterator[tuple[int, ...]]:
    """Every continuation of up to `units` valid units; those that are missing are no units."""
    for n in range(units + 1):
        yield from product(of, repeat=n)


# --- worked by hand ---


def test_allowed_mean_of_a_year_half_over_is_rounded_to_the_safe_side() -> None:
    # 182 days sum to 4,000; 366 days may print as 25, so have a mean of at most 25.5, which rounds to 26: below it.
    allowed = room.allowance(Tally("mean", Fraction(4000), 182), 184, Promise("<=", Decimal(25), 0), good=False)

    assert (Fraction(51, 2) * 366 - 4000) / 184 == Fraction(5333, 184)  # 28.98
    assert allowed.mean == Decimal("28.9")


@pytest.mark.parametrize(
    ("limit", "mean"),
    [
        pytest.param("24", "25.0", id="24.5 is rounded to the even 24, and is allowed"),
        pytest.param("25", "26.9", id="25.5 is rounded to the even 26, and is not"),
    ],
)
def test_allowed_mean_at_a_tie_follows_half_to_even(limit: str, mean: str) -> None:
    # One day of 24; with a second one the mean of both is half their sum: (24 + 25) / 2 = 24.5, (24 + 27) / 2 = 25.5.
    allowed = room.allowance(Tally("mean", Fraction(24), 1), 1, Promise("<=", Decimal(limit), 0), good=False)

    assert allowed.mean == Decimal(mean)


def test_bad_days_that_a_good_day_ratio_of_96_can_afford() -> None:
    # 182 valid days of 366, all good: 14 bad ones leave 352 of 366 = 96.2 %, 15 leave 95.9 %.
    allowed = room.allowance(Tally("share", Fraction(182), 182), 184, Promise(">=", Decimal(96), 1), good=True)

    assert (allowed.units, allowed.may_fail) == (184, 14)


def test_room_that_is_used_up_says_that_none_is_enough() -> None:
    # 20 bad days of 360: six further good ones leave 346 of 366 = 94.5 %.
    allowed = room.allowance(Tally("share", Fraction(340), 360), 6, Promise(">=", Decimal(96), 1), good=True)

    assert allowed.none_is_enough


def test_sections_that_may_fail_of_thirteen() -> None:
    # guangzhou-2020: at least 61.5 % (8 of 13)
    left = room.of_sections(11, 13, Promise(">=", Decimal("61.5"), 1), counts_good=True)
    lacking = room.of_sections(6, 13, Promise(">=", Decimal("61.5"), 1), counts_good=True)

    assert (left.all_valid.may_fail, left.short) == (3, None)
    assert (lacking.all_valid.may_fail, lacking.short) == (None, 2)


def test_sections_worse_than_v_that_a_plan_allows() -> None:
    none = room.of_sections(13, 13, Promise("<=", Decimal(0), 1), counts_good=False)
    one_too_many = room.of_sections(12, 13, Promise("<=", Decimal(0), 1), counts_good=False)

    assert (none.all_valid.may_fail, none.short) == (0, None)
    assert (one_too_many.all_valid.may_fail, one_too_many.short) == (None, 1)


def test_tomorrow_like_today_moves_the_figure_and_the_room() -> None:
    left = room.room(
        Tally("mean", Fraction(100), 4), rest=6, at_capture=3, promise=Promise("<=", Decimal(30), 0), good=False,
        counted="days", last=Tally("mean", Fraction(60), 1),
    )  # fmt: skip

    assert left is not None
    assert left.tomorrow is not None
    assert (left.tomorrow.value, left.tomorrow.holds) == (Decimal(32), False)  # 160 / 5
    assert left.all_valid.mean == Decimal("34.1")  # 30.5 * 10 - 100 = 205 over 6: 34.17
    assert left.tomorrow.allowed.mean == Decimal("29.0")  # 30.5 * 10 - 160 = 145 over 5
    assert left.at_capture.mean == Decimal("37.8")  # 30.5 * 7 - 100 = 113.5 over 3: 37.83


def test_no_day_left_leaves_no_mean() -> None:
    allowed = room.allowance(Tally("mean", Fraction(100), 4), 0, Promise("<=", Decimal(30), 0), good=False)

    assert allowed.mean is None


# --- every continuation ---


@pytest.mark.parametrize("comparison", [*UPPER, *LOWER])
@given(
    total=st.integers(0, 60), valid=st.integers(1, 5), rest=st.integers(1, 3), limit=st.integers(0, 14),
    decimals=st.integers(0, 1),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_allowed_mean_parts_continuations_that_hold_from_those_that_fail(
    comparison: Comparison, total: int, valid: int, rest: int, limit: int, decimals: int
) -> None:
    promise = Promise(comparison, Decimal(limit), decimals)
    allowed = room.allowance(Tally("mean", Fraction(total), valid), rest, promise, good=False).mean

    edge = int((allowed or 0) * 10 * rest)
    for tenths in {*range(0, 300 * rest, 17), *range(max(0, edge - 12), edge + 12)}:
        mean = Fraction(tenths, 10 * rest)
        held = holds(Fraction(total + mean * rest) / (valid + rest), comparison, Decimal(limit), decimals)
        if allowed is None:
            assert not held
        elif comparison in UPPER:
            # The printed mean is one step of its own below the edge at most.
            assert held if mean <= allowed else not held or mean < Fraction(allowed) + Fraction(1, 10 ** (decimals + 1))
        else:
            assert held if mean >= allowed else not held or mean > Fraction(allowed) - Fraction(1, 10 ** (decimals + 1))


@pytest.mark.parametrize("kind", ["share", "count"])
@pytest.mark.parametrize("good", [True, False])
@given(counted=st.integers(0, 9), more=st.integers(0, 9), rest=st.integers(0, 9), limit=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_units_that_may_fail_are_those_with_which_it_still_holds(
    kind: room.Kind, good: bool, counted: int, more: int, rest: int, limit: int
) -> None:
    valid = max(1, counted + more)
    comparison: Comparison = ">=" if good else "<="
    bound = Decimal(limit if kind == "share" else limit // 5)
    promise = Promise(comparison, bound, 1 if kind == "share" else 0)
    allowed = room.allowance(Tally(kind, Fraction(counted), valid), rest, promise, good=good).may_fail

    def final(bad: int) -> Fraction:
        n = Fraction(counted + (rest - bad if good else bad))
        return 100 * n / (valid + rest) if kind == "share" else n

    enough = [bad for bad in range(rest + 1) if holds(final(bad), comparison, bound, promise.decimals)]
    assert allowed == (max(enough) if enough else None)


@pytest.mark.parametrize("comparison", [*UPPER, *LOWER, "=="])
@pytest.mark.parametrize("kind", ["mean", "share", "count", "percentile"])
@given(values=st.lists(st.integers(0, 1), min_size=1, max_size=6), rest=st.integers(0, 4), limit=st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_range_holds_what_every_continuation_ends_in(
    comparison: Comparison, kind: room.Kind, values: list[int], rest: int, limit: int
) -> None:
    scale = {"mean": 50, "share": 1, "count": 1, "percentile": 50}[kind]
    past = [scale * v for v in values]
    bound = Decimal(limit if kind != "count" else limit // 10)
    promise = Promise(comparison, bound, 0)
    micros = np.array(past, dtype=np.int64) * MICRO if kind == "percentile" else None
    tally = Tally(kind, Fraction(sum(past)), len(past), micros, 90)
    found = room.final_range(tally, rest)
    possible = [0, scale, 10 * scale] if kind in ("mean", "percentile") else [0, 1]
    outcomes = []
    for more in continuations(rest, possible):
        n, total = len(past) + len(more), sum(past) + sum(more)
        if kind == "percentile":
            ordered = sorted([*past, *more])
            k = Fraction((n - 1) * 90, 100)
            low = ordered[int(k)]
            high = ordered[min(int(k) + 1, n - 1)]
            exact = low + (high - low) * (k - int(k))
        else:
            exact = {"mean": Fraction(total, n), "share": Fraction(100 * total, n), "count": Fraction(total)}[kind]
        value = printed(exact, 0)
        outcomes.append(value == bound if comparison == "==" else holds(exact, comparison, bound, 0))
        assert found.low is None or found.low <= exact
        assert found.high is None or exact <= found.high
    if not found.can_hold(promise):
        assert not any(outcomes)
    if not found.can_fail(promise):
        assert all(outcomes)
    if comparison != "==" and kind in ("share", "count"):
        # Both ends of these occur, so that nothing is left undecided without need.
        assert found.can_hold(promise) == any(outcomes)
        assert found.can_fail(promise) == (not all(outcomes))


@given(values=st.lists(st.integers(0, 300), min_size=1, max_size=12), rest=st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_days_above_a_percentiles_limit_may_be_as_high_as_they_like(values: list[int], rest: int) -> None:
    promise = Promise("<=", Decimal(160), 0)
    tally = Tally("percentile", Fraction(0), len(values), np.array(values, dtype=np.int64) * MICRO, 90)
    allowed = room.allowance(tally, rest, promise, good=False).may_fail

    def percentile(of: list[Fraction]) -> Fraction:
        ordered = sorted(of)
        k = Fraction((len(ordered) - 1) * 90, 100)
        low, high = ordered[int(k)], ordered[min(int(k) + 1, len(ordered) - 1)]
        return low + (high - low) * (k - int(k))

    def with_bad(bad: int) -> bool:
        at_limit = [Fraction(1605, 10)] * (rest - bad)  # rounds to the even 160
        high = [Fraction(10**8)] * bad
        return printed(percentile([*map(Fraction, values), *at_limit, *high]), 0) <= 160

    enough = [bad for bad in range(rest + 1) if with_bad(bad)]
    assert allowed == (max(enough) if enough else None)
