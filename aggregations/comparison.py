"""Figures beside those of the same period of the year before: how they changed, and whether for the better."""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from aggregations.figures import Figure
from aggregations.indicators import Facts, Indicator, compute
from aggregations.ranking import change_percent, change_points
from aggregations.standards import AirEvaluation, AirEvents, AirRanking

Kind = Literal["percent", "points", "difference"]
Direction = Literal["better", "worse", "flat"]
Why = Literal["now is insufficient", "before is insufficient", "before is 0"]

_CONCENTRATIONS: Final = ("ug/m3", "mg/m3")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, that of the same period of the year before, and how the first differs from the second.

    `change` is of the printed values: in percent, in percentage points, or a plain difference, as `kind` says; None
    for the reasons of `why`. `editions_differ` where the two periods are judged by different editions, those on
    exceptional events aside. `assumed` lists what the change alone rests on that was recalled, not read.
    """

    now: Figure
    before: Figure
    kind: Kind
    change: Decimal | None
    direction: Direction | None
    why: list[Why]
    editions_differ: bool
    assumed: list[str] = []


def kind_of(indicator: Indicator) -> Kind:
    """Return how a change of an indicator is expressed.

    References
    ----------
    .. [1] Bulletins of the ministry (2022): concentrations and indexes in percent, ratios in percentage points.
    """
    if indicator.unit == "%":
        return "points"
    if indicator.unit in _CONCENTRATIONS or indicator.affected == "composite_index":
        return "percent"
    return "difference"


def compared(indicator: Indicator, facts: Facts, before: Facts) -> Change:
    """Return the figure of an indicator beside that of the facts of the year before."""
    decimals, assumed = _rule(indicator, facts)
    earlier, now = compute(indicator, before), compute(indicator, facts)
    events = {standard.edition.id for standard in facts.standards.all if isinstance(standard, AirEvents)}
    return msgspec.structs.replace(
        change(indicator, now, earlier, decimals),
        editions_differ=now.editions.keys() - events != earlier.editions.keys() - events,
        assumed=assumed,
    )


def change(indicator: Indicator, now: Figure, before: Figure, decimals: int | None) -> Change:
    """Return how a figure changed; where one of the two rests on too little data, why there is no change.

    Parameters
    ----------
    decimals : int or None
        Decimals of a change in percent or in points; None keeps those of the printed values. A difference always does.

    References
    ----------
    .. [1] Bulletins of the ministry (2022, 2024): from printed values; no change is "flat".
    """
    kind = kind_of(indicator)
    why: list[Why] = []
    if now.value is None or not now.sufficient:
        why.append("now is insufficient")
    if before.value is None or not before.sufficient:
        why.append("before is insufficient")
    found: Decimal | None = None
    direction: Direction | None = None
    if not why and now.value is not None and before.value is not None:
        found = _change(kind, now.value, before.value, decimals)
        if found is None:
            why.append("before is 0")
        if now.value == before.value or found == 0:
            direction = "flat"
        else:
            direction = "better" if (now.value < before.value) == indicator.less_is_better else "worse"
    return Change(
        now=now, before=before, kind=kind, change=found, direction=direction, why=why, editions_differ=False
    )  # fmt: skip


def _change(kind: Kind, now: Decimal, before: Decimal, decimals: int | None) -> Decimal | None:
    own = max(-int(each.as_tuple().exponent) for each in (now, before))
    if kind == "difference" or (kind == "points" and decimals is None):
        return change_points(now, before, max(own, 0))
    if kind == "points":
        return change_points(now, before, decimals or 0)
    if now == before:
        return change_points(now, before, decimals or 0)
    return change_percent(now, before, decimals or 0)


def _rule(indicator: Indicator, facts: Facts) -> tuple[int | None, list[str]]:
    """Decimals of a change by the edition that holds at the period's end, and its rule where it was recalled."""
    if indicator.medium != "air" or kind_of(indicator) == "difference":
        return None, []
    standard: AirRanking | AirEvaluation
    if indicator.affected == "composite_index":
        standard = facts.standards.on(AirRanking, facts.period.last)
    else:
        standard = facts.standards.on(AirEvaluation, facts.period.last, staged=facts.staged)
    rule = standard.rule["change"]
    return standard.change_decimals, [] if rule.confirmed else [f"{standard.edition.id}: {rule.text}"]
