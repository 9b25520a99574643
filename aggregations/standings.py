"""Standings: cities, districts or stations in the order of a figure, or of how it changed in a year."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.comparison import CWQI, Change, compared
from aggregations.explain import counted
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, Indicator, compute
from aggregations.indicators.air import composite_of
from aggregations.ranking import places

COMPOSITE = "air.composite_index"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scope stands; `place` is None where its figure, or that of the year before, rests on too little data.

    `largest` are the items with the largest single index, where the figure is the composite index. `change` is there
    in a ranking by change; `attains` then tells that every item attains by now, so that the scope is not among the
    worsening.
    """

    scope: str
    name: str
    name_en: str
    place: int | None = None
    figure: Figure
    largest: list[str] = []
    change: Change | None = None
    attains: bool = False

    @property
    def ranked_by(self) -> Decimal | Fraction | None:
        """What the place is given for, as printed, but a water quality index unrounded; None without a place."""
        if self.change is not None:
            return self.change.change
        if self.figure.indicator == CWQI and self.figure.sufficient and self.figure.exact:
            return Fraction(self.figure.exact)
        return self.figure.value if self.figure.sufficient else None


def standing(indicator: Indicator, facts: Facts, *, name: str, name_en: str) -> Standing:
    """Return the standing of a scope by its figure, without its place."""
    figure = compute(indicator, facts)
    return Standing(
        scope=facts.scope, name=name, name_en=name_en, figure=figure, largest=_largest(indicator, facts, figure)
    )


def standing_by_change(indicator: Indicator, facts: Facts, before: Facts, *, name: str, name_en: str) -> Standing:
    """Return the standing of a scope by the change against the year before, without its place.

    References
    ----------
    .. [1] Plan of 2017-02-12 on ranking (air.md, 8): cities that attain in every item are not among the worsening.
    """
    found = compared(indicator, facts, before)
    attains = False
    if indicator.name == COMPOSITE:
        every = compute(INDICATORS["air.attainment"], facts)
        attains = bool(every.value) and every.sufficient
    return Standing(
        scope=facts.scope, name=name, name_en=name_en, figure=found.now, change=found, attains=attains,
        largest=_largest(indicator, facts, found.now),
    )  # fmt: skip


def placed(standings: Sequence[Standing], indicator: Indicator) -> list[Standing]:
    """Return the standings with their places, the best first; those without a place come last.

    Equal printed values share a place and the next is left out.

    References
    ----------
    .. [1] Huanban [2014] No. 64 by published tables.
    """
    found = places([each.ranked_by for each in standings], descending=not indicator.less_is_better)
    rows = [msgspec.structs.replace(each, place=place) for each, place in zip(standings, found, strict=True)]
    return sorted(rows, key=lambda row: (row.place is None, row.place or 0))


def best(standings: Sequence[Standing], n: int) -> list[Standing]:
    """Return those on the first `n` places, ties included; by change only those that became better."""
    there = [s for s in standings if s.place is not None and (s.change is None or s.change.direction == "better")]
    return [each for each in there if sum(_place(other) < _place(each) for other in there) < n]


def worst(standings: Sequence[Standing], n: int) -> list[Standing]:
    """Return those on the last `n` places, ties included, the worst last.

    By change only those that became worse and do not attain in every item.
    """
    there = [
        s
        for s in standings
        if s.place is not None and (s.change is None or (s.change.direction == "worse" and not s.attains))
    ]
    return [each for each in there if sum(_place(other) > _place(each) for other in there) < n]


def _place(standing: Standing) -> int:
    return standing.place or 0


def _largest(indicator: Indicator, facts: Facts, figure: Figure) -> list[str]:
    if indicator.name != COMPOSITE:
        return []
    found = composite_of(counted(facts, figure))
    return found.largest if found else []
