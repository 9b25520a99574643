"""Two periods of a river or basin compared, and trends of an item over the years."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from aggregations.ranking import Direction, spearman
from aggregations.standards import WaterMethod
from aggregations.water.bodies import State

Size = Literal[0, 1, 2]
"""No clear change, some, marked."""
CHANGES = {
    -2: ("明显变差", "clearly worse"),
    -1: ("有所变差", "somewhat worse"),
    0: ("无明显变化", "no clear change"),
    1: ("有所好转", "somewhat better"),
    2: ("明显好转", "clearly better"),
}
"""What a change is called in Chinese and English."""
BETTER_WHEN_RISING = ("do", "sd")


class Change(msgspec.Struct, frozen=True):
    """Change from an earlier period: -2 clearly worse to 2 clearly better (`CHANGES`).

    `by_state` is by grades of state, `by_shares` by shares of classes; None where the bodies were not judged by shares.
    `points` is the change of the good share less that of the share worse than V. [percentage points]
    """

    verdict: int
    by_state: int
    by_shares: int | None
    points: Fraction | None


class Shares(msgspec.Struct, frozen=True):
    """Shares of class III or better, and of worse than V, of one period. [%]"""

    good: Fraction
    worse: Fraction


def change_by_states(before: State, now: State, method: WaterMethod) -> int:
    """Change by the grade of state: one grade some, two or more marked; positive is better.

    References
    ----------
    .. [1] Assessment method of 2011, comparison of periods (recalled).
    """
    grades = before.grade - now.grade
    size = (abs(grades) > 0) + (abs(grades) >= method.change_marked_grades)
    return size if grades > 0 else -size


def change_by_shares(points: Fraction, method: WaterMethod) -> int:
    """Change by x = dG - dD: to 10 points none, to 20 some, beyond marked; bounds belong to the smaller change.

    References
    ----------
    .. [1] Assessment method of 2011, comparison of periods (recalled).
    """
    size = (abs(points) > method.change_some_above) + (abs(points) > method.change_marked_above)
    return size if points > 0 else -size


def compare(
    before: State, now: State, method: WaterMethod, *, shares_before: Shares | None = None, shares: Shares | None = None
) -> Change:
    """Compare a body with an earlier period: same items, (nearly) the same sections.

    Where grades of state and shares of classes differ the larger change counts; where they are as large and opposed,
    that by shares.

    Parameters
    ----------
    shares_before, shares : Shares
        None where a period was not judged by shares; then the states alone count.

    References
    ----------
    .. [1] Assessment method of 2011, comparison of periods (recalled); opposed changes: this program's choice.
    """
    by_state = change_by_states(before, now, method)
    if shares_before is None or shares is None:
        return Change(by_state, by_state, None, None)
    points = (shares.good - shares_before.good) - (shares.worse - shares_before.worse)
    by_shares = change_by_shares(points, method)
    return Change(by_state if abs(by_state) > abs(by_shares) else by_shares, by_state, by_shares, points)


class WaterTrend(msgspec.Struct, frozen=True):
    """Spearman's rank correlation of an item with time, exact; `better` says whether its direction is an improvement.

    `n_of_critical` is the number of periods whose critical value was taken. None where the table gives none.
    """

    coefficient: Fraction
    n_of_critical: int | None
    critical_05: Decimal | None
    critical_01: Decimal | None
    direction: Direction | None
    better: bool | None


def trend(values: Sequence[Decimal], item: str, method: WaterMethod) -> WaterTrend:
    """Trend of an item over periods, in their order; ties share the mean of their ranks.

    Falling is better, but of oxygen and transparency rising is.

    Raises
    ------
    ValueError
        If there are fewer periods than `method.trend_min_years`.

    References
    ----------
    .. [1] Assessment method of 2011, rank correlation (recalled); water.md, 2.7.
    """
    if len(values) < method.trend_min_years:
        raise ValueError(f"trend of {item}: expected at least {method.trend_min_years} periods, got {len(values)}")
    coefficient = spearman(values)
    smaller = [each for each in method.trend if each.n <= len(values)]
    row = (
        smaller[-1] if smaller and (smaller[-1].n == len(values) or method.trend_missing_n == "next_smaller") else None
    )
    if row is None:
        return WaterTrend(coefficient, None, None, None, None, None)
    size, critical = abs(coefficient), Fraction(row.p05)
    significant = size > critical or (size == critical and method.trend_equality_is_significant)
    direction: Direction = "none" if not significant else "falling" if coefficient < 0 else "rising"
    better = None if direction == "none" else (direction == "rising") == (item in BETTER_WHEN_RISING)
    return WaterTrend(coefficient, row.n, row.p05, row.p01, direction, better)
