"""Figures beside those of the same period of the year before: how they changed, and whether for the better."""

from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import msgspec

from aggregations.figures import Figure
from aggregations.indicators import Facts, Indicator, compute
from aggregations.indicators.water import water_standards
from aggregations.indicators.water_bodies import judged
from aggregations.ranking import change_percent, change_points
from aggregations.rounding import decimals_of
from aggregations.standards import AirEvaluation, AirEvents, AirRanking, WaterMethod, WaterRanking
from aggregations.water import changes, cwqi

Kind = Literal["percent", "points", "difference"]
Direction = Literal["better", "worse", "flat"]
Why = Literal["now is insufficient", "before is insufficient", "before is 0"]

CWQI: Final = "water.cwqi"
STATE: Final = "water.state"
_CONCENTRATIONS: Final = ("ug/m3", "mg/m3")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, that of the same period of the year before, and how the first differs from the second.

    `change` is of the printed values: in percent, in percentage points, or a plain difference, as `kind` says; None
    for the reasons of `why`. `direction` is None then, and where neither a larger nor a smaller value is better, as of
    pH. `editions_differ` where the two periods are judged by different editions, those on
    exceptional events aside. `assumed` lists what the change alone rests on that was recalled, not read.
    `label` and `label_en` say how the state of a body of water changed, by the rule of the assessment method.
    """

    now: Figure
    before: Figure
    kind: Kind
    change: Decimal | None
    direction: Direction | None
    why: list[Why]
    editions_differ: bool
    assumed: list[str] = []
    label: str = ""
    label_en: str = ""


def kind_of(indicator: Indicator) -> Kind:
    """Return how a change of an indicator is expressed.

    References
    ----------
    .. [1] Bulletins of the ministry (2022): concentrations and indexes in percent, ratios in percentage points.
    """
    if indicator.unit == "%":
        return "points"
    if indicator.unit in _CONCENTRATIONS or indicator.affected == "composite_index" or indicator.name == CWQI:
        return "percent"
    return "difference"


def compared(indicator: Indicator, facts: Facts, before: Facts) -> Change:
    """Return the figure of an indicator beside that of the facts of the year before."""
    decimals, assumed = _rule(indicator, facts)
    earlier, now = compute(indicator, before), compute(indicator, facts)
    events = {standard.edition.id for standard in facts.standards.all if isinstance(standard, AirEvents)}
    found = change(indicator, now, earlier, decimals)
    if indicator.name == CWQI and found.change is not None and now.exact and earlier.exact:
        rules = facts.standards.on(WaterRanking, facts.period.last)
        exact = cwqi.change(Fraction(now.exact), Fraction(earlier.exact), rules)
        direction: Direction = "flat" if not exact else "better" if exact < 0 else "worse"
        found = msgspec.structs.replace(found, change=exact, direction=direction)
    if indicator.name == STATE and found.change is not None:
        found = _of_states(found, facts, before)
    return msgspec.structs.replace(
        found,
        editions_differ=now.editions.keys() - events != earlier.editions.keys() - events,
        assumed=assumed,
    )


def _of_states(found: Change, facts: Facts, before: Facts) -> Change:
    """Add the verdict on two states of a body: by states and, where both are judged by them, by shares of classes."""
    limits, method = water_standards(facts)
    now, earlier = judged(facts, limits, method).body, judged(before, *water_standards(before)).body
    if now is None or earlier is None or now.state is None or earlier.state is None:
        return found
    by_shares = now.rule == earlier.rule == "shares"
    shares, shares_before = (
        changes.Shares(each.shares.good, each.shares.worse) if by_shares else None for each in (now, earlier)
    )
    verdict = changes.compare(earlier.state, now.state, method, shares=shares, shares_before=shares_before).verdict
    direction: Direction = "flat" if not verdict else "better" if verdict > 0 else "worse"
    zh, en = changes.CHANGES[verdict]
    return msgspec.structs.replace(found, direction=direction, label=zh, label_en=en)


def change(indicator: Indicator, now: Figure, before: Figure, decimals: int | None) -> Change:
    """Return how a figure changed; where one of the two rests on too little data, or
    nothing at all was there before (a collection rate of 0), why there is no change.

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
    if before.value is None or not before.sufficient or not before.valid:
        why.append("before is insufficient")
    found: Decimal | None = None
    direction: Direction | None = None
    if not why and now.value is not None and before.value is not None:
        found = _change(kind, now.value, before.value, decimals)
        if found is None:
            why.append("before is 0")
        if now.value == before.value or found == 0:
            direction = "flat"
        elif indicator.less_is_better is not None:
            direction = "better" if (now.value < before.value) == indicator.less_is_better else "worse"
    return Change(
        now=now, before=before, kind=kind, change=found, direction=direction, why=why, editions_differ=False
    )  # fmt: skip


def _change(kind: Kind, now: Decimal, before: Decimal, decimals: int | None) -> Decimal | None:
    own = max(map(decimals_of, (now, before)))
    if kind == "difference" or (kind == "points" and decimals is None):
        return change_points(now, before, max(own, 0))
    if kind == "points":
        return change_points(now, before, decimals or 0)
    if now == before:
        return change_points(now, before, decimals or 0)
    return change_percent(now, before, decimals or 0)


def _rule(indicator: Indicator, facts: Facts) -> tuple[int | None, list[str]]:
    """Decimals of a change by the edition that holds at the period's end, and its rule where it was recalled."""
    if indicator.name == CWQI:
        ranking = facts.standards.on(WaterRanking, facts.period.last)
        unread = [ranking.rule[key] for key in ("change_sign", "change") if not ranking.rule[key].confirmed]
        return ranking.change_decimals, [f"{ranking.edition.id}: {rule.text}" for rule in unread]
    if indicator.name == STATE:
        method = facts.standards.on(WaterMethod, facts.period.last)
        keys = ("change_states", "change_shares", "change_larger")
        return None, [
            f"{method.edition.id}: {method.rule[key].text}" for key in keys if not method.rule[key].confirmed
        ]  # fmt: skip
    if indicator.medium != "air" or kind_of(indicator) == "difference":
        return None, []
    standard: AirRanking | AirEvaluation
    if indicator.affected == "composite_index":
        standard = facts.standards.on(AirRanking, facts.period.last)
    else:
        standard = facts.standards.on(AirEvaluation, facts.period.last, staged=facts.staged)
    rule = standard.rule["change"]
    return standard.change_decimals, [] if rule.confirmed else [f"{standard.edition.id}: {rule.text}"]
