"""Room left: what the rest of a year may bring for a target still to be met, and what it can bring at all.

Units are days, point-times or months of sections. What is past is taken as it is; each unit of the rest may be valid
or not, good or bad. Figures are exact fractions, rounded once, half to even, where they are held against the limit.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import msgspec
import numpy as np

from aggregations.air import statistics
from aggregations.rounding import MICRO, IntArray, half_even

Comparison = Literal["<=", "<", ">=", ">", "=="]
Kind = Literal["mean", "share", "count", "percentile", "growing", "sections"]

HOLDS: Final[dict[Comparison, Callable[[Decimal, Decimal], bool]]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "==": lambda value, limit: value == limit,
}
HUGE: Final = 2**50
"""Stands for a concentration that knows no bound. [micros]"""
MORE_DECIMALS: Final = 1
"""A mean that is allowed has so many decimals more than the figure."""


class Promise(msgspec.Struct, frozen=True):
    """What a printed figure of so many decimals is held against."""

    comparison: Comparison
    limit: Decimal
    decimals: int

    @property
    def upper(self) -> bool:
        """Whether the figure must not be too large."""
        return self.comparison in ("<=", "<")

    @property
    def lower(self) -> bool:
        """Whether the figure must not be too small."""
        return self.comparison in (">=", ">")

    def holds(self, exact: Fraction) -> bool:
        """Whether a figure holds, rounded once to its decimals."""
        return HOLDS[self.comparison](half_even(exact, self.decimals), self.limit)

    def edge(self) -> tuple[Fraction, bool]:
        """Return the exact figure at which it begins to fail, and whether that one still holds.

        The last printed figure that holds is half a step away; a figure just between two is rounded to the even one.
        """
        scale = 10**self.decimals
        steps = Fraction(self.limit) * scale
        if self.upper:
            last = math.ceil(steps) - 1 if self.comparison == "<" else math.floor(steps)
            return (last + Fraction(1, 2)) / scale, last % 2 == 0
        last = math.floor(steps) + 1 if self.comparison == ">" else math.ceil(steps)
        return (last - Fraction(1, 2)) / scale, last % 2 == 0


class Range(msgspec.Struct, frozen=True):
    """Between what the figure at the end of the year can lie, both included; None: it knows no bound."""

    low: Fraction | None
    high: Fraction | None

    def can_hold(self, promise: Promise) -> bool:
        """Whether a figure of the range may hold; that not every figure between occurs is not asked."""
        if promise.upper:
            return self.low is None or promise.holds(self.low)
        if promise.lower:
            return self.high is None or promise.holds(self.high)
        below = self.low is None or half_even(self.low, promise.decimals) <= promise.limit
        above = self.high is None or half_even(self.high, promise.decimals) >= promise.limit
        return below and above

    def can_fail(self, promise: Promise) -> bool:
        """Whether a figure of the range may fail."""
        ends = (self.high,) if promise.upper else (self.low,) if promise.lower else (self.low, self.high)
        return any(end is None or not promise.holds(end) for end in ends)


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed over `units` further valid units.

    `mean` is the largest mean of them that still holds (the smallest, where more is better); `may_fail` how many of
    them may be bad. Both None: none is enough.
    """

    units: int
    mean: Decimal | None = None
    may_fail: int | None = None

    @property
    def none_is_enough(self) -> bool:
        """Whether nothing that the units can bring meets the target."""
        return self.mean is None and self.may_fail is None


class Tomorrow(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a figure if the next day is as the last one was; `allowed` is then left for the rest."""

    value: Decimal
    holds: bool
    allowed: Allowance


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the year may bring.

    `rest` units (`counted`) are left; `all_valid` supposes that all of them become valid, `at_capture` only the share
    that was valid so far. `short` is how many sections more must attain, of those judged by means over the year.
    `tomorrow` is None where the last day is not valid, or none is left.
    """

    kind: Kind
    counted: str
    rest: int
    all_valid: Allowance
    at_capture: Allowance
    tomorrow: Tomorrow | None = None
    short: int | None = None


class Tally(msgspec.Struct, frozen=True):
    """What a figure is made of: `total` over `valid` units (a sum, or good or bad units), of `expected` so far.

    `values` are those of a percentile, and `percent` which one. [micros]
    """

    kind: Kind
    total: Fraction
    valid: int
    values: IntArray | None = None
    percent: int = 0


def figure_of(tally: Tally) -> Fraction | None:
    """Return the exact figure that a tally makes; None without a valid unit."""
    if not tally.valid:
        return None
    if tally.kind == "mean":
        return tally.total / tally.valid
    if tally.kind == "share":
        return 100 * tally.total / tally.valid
    if tally.kind == "percentile":
        assert tally.values is not None
        return statistics.percentile(tally.values, tally.percent).fraction()
    return tally.total


def with_more(tally: Tally, units: int, total: Fraction) -> Tally:
    """Return a tally with further valid units; of a percentile they all have the value `total`."""
    values = tally.values
    if values is not None:
        values = np.concatenate([values, np.full(units, int(total), dtype=np.int64)])
    return msgspec.structs.replace(tally, total=tally.total + total, valid=tally.valid + units, values=values)


def final_range(tally: Tally, rest: int) -> Range:
    """Return between what the figure can lie once `rest` further units are over, however many of them are valid.

    Concentrations are not negative and know no upper bound. A figure that is `growing` can only become larger.
    """
    if tally.kind == "growing":
        return Range(tally.total, None)
    if tally.kind == "sections":
        return Range(None, None)
    if tally.kind == "percentile":
        assert tally.values is not None
        low, high = (figure_of(with_more(tally, rest, Fraction(value))) for value in (0, HUGE))
        unbounded = high is None or high * MICRO > max((int(v) for v in tally.values), default=0)
        return Range(low or Fraction(0), None if unbounded else high)
    low = figure_of(with_more(tally, rest, Fraction(0)))
    if tally.kind == "mean":
        return Range(low, figure_of(tally) if not rest else None)
    return Range(low, figure_of(with_more(tally, rest, Fraction(rest))))


def allowance(tally: Tally, units: int, promise: Promise, *, good: bool) -> Allowance:
    """Return what is allowed over so many further valid units.

    Parameters
    ----------
    tally : Tally
        `total` counts good units, or bad ones (shares and counts).
    good : bool
        Whether it counts good ones.
    """
    if tally.kind == "mean":
        return Allowance(units=units, mean=_allowed_mean(tally, units, promise))

    def still_holds(bad: int) -> bool:
        if tally.kind == "percentile":
            edge, inclusive = promise.edge()
            at_limit = math.floor(edge * MICRO) - (not inclusive)
            exact = figure_of(with_more(with_more(tally, units - bad, Fraction(at_limit)), bad, Fraction(HUGE)))
        else:
            exact = figure_of(with_more(tally, units, Fraction(units - bad if good else bad)))
        return exact is not None and promise.holds(exact)

    return Allowance(units=units, may_fail=_most(still_holds, units))


def _allowed_mean(tally: Tally, units: int, promise: Promise) -> Decimal | None:
    """Mean of further days at which the figure just holds, rounded to the safe side; None where there is none."""
    if not units or not (promise.upper or promise.lower):
        return None
    edge, inclusive = promise.edge()
    exact = (edge * (tally.valid + units) - tally.total) / units
    decimals = promise.decimals + MORE_DECIMALS
    steps = exact * 10**decimals
    whole = math.floor(steps) if promise.upper else math.ceil(steps)
    if whole == steps and not inclusive:
        whole += -1 if promise.upper else 1
    return Decimal(whole).scaleb(-decimals) if whole >= 0 else None if promise.upper else Decimal(0)


def _most(holds: Callable[[int], bool], units: int) -> int | None:
    """Return the largest number up to `units` for which something holds that fails from some number on."""
    if not holds(0):
        return None
    low, high = 0, units
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def of_sections(good: int, valid: int, promise: Promise, *, counts_good: bool) -> Room:
    """Room of a share of sections that are judged by their means over the year: how many more may fail, or must not.

    Nothing is said of what the rest of the year must be like for a section to attain. `counts_good` says whether the
    share is that of those which attain; else it is of the others.
    """

    def holds(n: int) -> bool:
        return promise.holds(Fraction(100 * (n if counts_good else valid - n), valid))

    may_fail = _most(lambda bad: holds(good - bad), good)
    allowed = Allowance(units=valid, may_fail=may_fail)
    gains = (n for n in range(1, valid - good + 1) if holds(good + n))
    return Room(
        kind="sections", counted="sections", rest=valid, all_valid=allowed, at_capture=allowed,
        short=None if may_fail is not None else next(gains, None),
    )  # fmt: skip


def room(
    tally: Tally, *, rest: int, at_capture: int, promise: Promise, good: bool, counted: str, last: Tally | None
) -> Room | None:
    """Return the room that is left; None where there is none to speak of.

    Parameters
    ----------
    rest, at_capture : int
        Units left, and those of them that become valid at the capture so far.
    last : Tally or None
        The valid units of the last day alone.
    """
    if tally.kind == "growing" or promise.comparison == "==" or (good and promise.upper):
        return None
    if promise.lower and (tally.kind == "percentile" or (tally.kind != "mean" and not good)):
        return None
    tomorrow = None
    if last is not None and last.valid and last.valid <= rest:
        then = with_more(tally, last.valid, last.total)
        exact = figure_of(then)
        assert exact is not None
        tomorrow = Tomorrow(
            value=half_even(exact, promise.decimals),
            holds=promise.holds(exact),
            allowed=allowance(then, rest - last.valid, promise, good=good),
        )
    return Room(
        kind=tally.kind,
        counted=counted,
        rest=rest,
        all_valid=allowance(tally, rest, promise, good=good),
        at_capture=allowance(tally, at_capture, promise, good=good),
        tomorrow=tomorrow,
    )
