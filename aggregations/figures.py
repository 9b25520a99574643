"""A figure: one indicator's value for a scope and a period, with what is needed to judge and to explain it."""

import math
from decimal import Decimal
from typing import Literal

import msgspec

from aggregations.standards import Mode


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """The other of a pair of figures, with or without the hours of exceptional events; fields as of `Figure`."""

    events: Literal["kept", "excluded"]
    value: Decimal | None
    exact: str | None
    valid: int
    sufficient: bool


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one indicator.

    `value` is printed: rounded once; None where nothing can be computed. `exact` is the value before that
    rounding. `valid` of `expected` units (`counted`: days, sections, ...) entered it; `excluded` says why the
    others did not. Where `sufficient` is false the value must not be shown without a mark, and `reasons` says which
    rule is not met; `provisional` says what still runs. `editions` maps each standard used to the digest of its file;
    `rules` names by edition all that were used, and `assumed` lists those that were recalled, not read. `mode` names
    how a period is evaluated in which editions change. `events` tells whether hours of decided exceptional events,
    where there were any, are in the figure; `counterpart` is then the figure with the other choice.
    `label` and `label_en` say in words what the number stands for: a class, a state, main pollution items.
    `audited` tells that all months of the period are locked: reviewed, and not to change any more.
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
    rules: dict[str, list[str]] = {}
    reasons: list[str] = []
    provisional: list[str] = []
    mode: Mode = "by_date"
    events: Literal["none", "kept", "excluded"] = "none"
    counterpart: Variant | None = None
    label: str = ""
    label_en: str = ""
    audited: bool = False


def scaled(least: int, part: int, whole: int) -> int:
    """The least number for `part` of a period whose `whole` needs `least`, rounded up: 18 of 30 days is 9 of 15."""
    return math.ceil(least * part / whole)
