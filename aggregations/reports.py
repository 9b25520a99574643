"""Reported figures: what no sensor gives, or an authority said; their arithmetic and which of several counts."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from aggregations.figures import Figure
from aggregations.rounding import decimals_of, half_even
from aggregations.targets import Plan, Report, Target
from sensors.errors import ConfigError, shown

SHARE_DECIMALS: Final = 1
"""Decimals of a percentage made of two numbers, as bulletins print it."""
DECIMALS: Final = 6
"""A reported figure has so many decimals at most."""
COUNTED: Final = "reported figures"


def share(count: int, of: int, *, decimals: int = SHARE_DECIMALS) -> Decimal:
    """Return the percentage that `count` of `of` is, rounded half to even: 327 of 365 is 89.6. [%]"""
    return half_even(Fraction(100 * count, of), decimals)


def check_share(value: Decimal, unit: str, count: int | None, of: int | None, *, places: Mapping[str, str]) -> None:
    """Check that a percentage is the one that its two numbers make, to its own decimals.

    `places` names value, count and of in errors.

    Raises
    ------
    ConfigError
        If it is not, one of the numbers is missing, they are no part and whole, or the unit is not %.
    """
    decimals = decimals_of(value)
    if decimals > DECIMALS:
        raise ConfigError(f"{places['value']}: expected at most {DECIMALS} decimals, got {value}")
    if count is None and of is None:
        return
    if count is None or of is None:
        lacking, other = ("count", "of") if count is None else ("of", "count")
        raise ConfigError(f"{places[lacking]}: expected it beside {other}, got nothing")
    if unit != "%":
        raise ConfigError(f"{places['count']}: expected it of a percentage only, got unit {shown(unit)}")
    if not 0 <= count <= of or of == 0:
        raise ConfigError(f"{places['count']}: expected a part of {of}, got {count}")
    made = share(count, of, decimals=decimals)
    if made != value:
        raise ConfigError(f"{places['value']}: expected {made}, which {count} of {of} is, got {value}")


def check_percentage(value: Decimal, target: Target, *, place: str) -> None:
    """Check that a percentage lies between 0 and 100 where the target is no change, which may be below 0.

    Raises
    ------
    ConfigError
        If it does not.
    """
    is_change = target.limit is not None and target.limit < 0
    if target.unit == "%" and not is_change and not 0 <= value <= 100:
        raise ConfigError(f"{place}: expected a percentage from 0 to 100, got {value}")


def in_force(entries: Iterable[Report]) -> list[Report]:
    """Return the entries that hold, in their order: neither undone nor undoings."""
    every = list(entries)
    undone = {each.undoes for each in every if each.undoes is not None}
    return [each for each in every if each.undoes is None and (not each.id or each.id not in undone)]


def latest(reports: Iterable[Report], target: str, as_of: dt.date) -> Report | None:
    """Return the report of a target that counts on a day: the latest on or before it; on one day what came last."""
    those = [each for each in reports if each.target == target and each.as_of <= as_of]
    return max(those, key=lambda each: (each.as_of, each.id), default=None)


def figure_of(report: Report, target: Target, plan: Plan) -> Figure:
    """Return a report as the figure of its target: always sufficient, it is what was said."""
    of_count = report.count is not None and report.of is not None
    exact = Fraction(100 * (report.count or 0), report.of or 1) if of_count else Fraction(report.value)
    return Figure(
        indicator="", scope=plan.jurisdiction, period=f"{plan.year}-01-01..{report.as_of}", value=report.value,
        exact=str(exact), unit=target.unit, valid=report.count if report.count is not None else 1,
        expected=report.of or 1, counted=COUNTED, sufficient=True, excluded={}, editions={}, assumed=[],
    )  # fmt: skip
