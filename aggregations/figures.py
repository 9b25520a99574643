"""A figure: one indicator's value for a scope and a period, with what is needed to judge and to explain it."""

import math
from decimal import Decimal

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one indicator.

    `value` is printed: rounded once; None where nothing can be computed. `exact` is the value before that
    rounding. `valid` of `expected` units (`counted`: days, sections, ...) entered it; `excluded` says why the
    others did not. Where `sufficient` is false the value must not be shown without a mark. `editions` maps
    each standard used to the digest of its file; `assumed` lists rules that were recalled, not read.
    """

    indicator: str
    scope: str
    period: str
    value: Decimal | None
    exact: str | None
    unit: str
    valid: int
    expected: int
    counted: str
    sufficient: bool
    excluded: dict[str, int]
    editions: dict[str, str]
    assumed: list[str]


def scaled(least: int, part: int, whole: int) -> int:
    """The least number for `part` of a period whose `whole` needs `least`, rounded up: 18 of 30 days is 9 of 15."""
    return math.ceil(least * part / whole)
