"""From final values of many members to a chance and a range."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from aggregations.outlook import Method, Outlook
from aggregations.outlook import method as numbers
from aggregations.rounding import BoolArray, IntArray, decimals_of

_COMPARISONS: Final = {
    "<=": np.less_equal, "<": np.less, ">=": np.greater_equal, ">": np.greater, "==": np.equal,
}  # fmt: skip
NO_VALUE: Final = -1
"""Stands for "no value" among printed values, which are never negative."""


class Held(msgspec.Struct, frozen=True):
    """What a target asks for: a comparison (`aggregations.plans.Comparison`) and its limit."""

    comparison: str
    limit: Decimal

    def by(self, printed: IntArray, decimals: int) -> BoolArray:
        """Whether printed values, in units of their last decimal, hold; (...) bool."""
        # Both sides over one denominator: a limit may have more decimals than a printed value.
        more = decimals_of(self.limit)
        limit = int(self.limit.scaleb(decimals + more))
        return np.asarray(_COMPARISONS[self.comparison](printed * 10**more, limit))


def of_members(
    printed: IntArray,
    decimals: int,
    held: Held,
    *,
    unit: str,
    method: Method,
    years: Sequence[int],
    seed: int,
    extremes: IntArray | None,
    lack: str | None,
    so_far: Decimal | None,
    independent: int | None = None,
) -> Outlook:
    """Return an outlook from the printed final values of the members.

    The chance is (k + 1/2) / (n + 1) for k of n members that hold: no number of members makes it 0 or 1. That only the
    extremes do: where the best rest of the year that can be does not hold, it is 0; where the worst does, 1.

    Parameters
    ----------
    printed : (n,) int
        In units of the last decimal, NO_VALUE where there is none.
    extremes : (2,) int
        Printed values of the best and the worst rest of the year; None where nothing is known of them.
    lack : why the year cannot be judged, whatever comes; then there is a range, but no chance.
    independent : of how many members the others are mixtures, n in the chance; None: all are for themselves.
    """
    there = printed[printed != NO_VALUE]
    if not there.size:
        return Outlook(
            chance=None, low=None, central=None, high=None, unit=unit, method="none", years=list(years),
            members=0, seed=seed, so_far=so_far, reason=lack or "no final value can be formed",
        )  # fmt: skip
    low, central, high = (
        Decimal(int(np.percentile(there, p, method="nearest"))).scaleb(-decimals)
        for p in (numbers.LOW, 50, numbers.HIGH)
    )
    n = len(there) if independent is None else independent
    chance: float | None = (float(held.by(there, decimals).mean()) * n + 0.5) / (n + 1)
    certain = False
    if extremes is not None and (extremes != NO_VALUE).all():
        best, worst = held.by(extremes, decimals).tolist()
        if best == worst and held.comparison != "==":
            chance, certain = float(best), True
    if lack is not None:
        chance, certain = None, False
    return Outlook(
        chance=chance, low=low, central=central, high=high, unit=unit, method=method, years=list(years),
        members=len(there), seed=seed, certain=certain, so_far=so_far, reason=lack,
    )  # fmt: skip
