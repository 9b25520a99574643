"""Water quality index of cities (CWQI, 2017) and their ranking. It is not the Canadian index of the same letters."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.ranking import places
from aggregations.rounding import half_even
from aggregations.standards import WaterLimits, WaterRanking
from aggregations.water.bodies import means_of_sections, means_without_each
from aggregations.water.classes import OXYGEN
from aggregations.water.means import PH
from aggregations.water.sections import limit_of
from sensors.sections import WaterBody

Means = Mapping[str, Fraction | None]


class WaterIndex(msgspec.Struct, frozen=True):
    """Water quality index of the rivers or lakes of a city, or of both; the smaller the better. [-]

    `index` is exact, None where it was refused; `printed` is rounded. `single` are the indexes of the items, `missing`
    the items that have none; with any missing an index is `partial`, and only there where that was asked for.
    """

    index: Fraction | None
    printed: Decimal | None
    single: dict[str, Fraction]
    missing: list[str]
    partial: bool


class CityIndex(msgspec.Struct, frozen=True):
    """Index of a city: `rivers` of `n_rivers` sections and `lakes` of `n_lakes` points, weighted by these numbers.

    None for `rivers` or `lakes` where there are none. `index` is None where either was refused. [-]
    """

    index: Fraction | None
    printed: Decimal | None
    rivers: WaterIndex | None
    lakes: WaterIndex | None
    n_rivers: int
    n_lakes: int
    partial: bool


def single_index(
    value: Fraction, item: str, body: WaterBody, *, limits: WaterLimits, ranking: WaterRanking
) -> Fraction:
    """Index of one item, exact: C / S with the limit of class III; of oxygen S / C; of pH the distance from 7. [-]

    Raises
    ------
    ValueError
        If the value is negative, or of oxygen 0: there is no index.

    References
    ----------
    .. [1] Ranking of cities 2017 (water.md, section 3).
    """
    if value < 0 or (item == OXYGEN and not value):
        raise ValueError(f"index of {item}: expected a value that has one, got {float(value)}")
    if item == PH:
        low, high = (Fraction(bound) for bound in limits.item[PH].river or ())
        neutral = Fraction(ranking.neutral_ph)
        return (neutral - value) / (neutral - low) if value <= neutral else (value - neutral) / (high - neutral)
    limit = Fraction(limit_of(item, body, class_=ranking.limit_class, limits=limits))
    return limit / value if item == OXYGEN else value / limit


def water_index(
    means: Means, body: WaterBody, *, limits: WaterLimits, ranking: WaterRanking, partial: bool = False
) -> WaterIndex:
    """Sum of the single indexes of all items; refused where one is missing, unless `partial` asks for what is there.

    Parameters
    ----------
    means : mapping of Fraction
        Means over the sections of the city, unrounded; None, negative, or oxygen of 0 where missing.

    References
    ----------
    .. [1] Ranking of cities 2017 (water.md, section 3). That missing items refuse the sum is this program's choice.
    """
    single: dict[str, Fraction] = {}
    for item in ranking.items:
        mean = means.get(item)
        if mean is not None and (mean > 0 or (mean == 0 and item != OXYGEN)):
            single[item] = single_index(mean, item, body, limits=limits, ranking=ranking)
    missing = [item for item in ranking.items if item not in single]
    index = sum(single.values(), Fraction(0)) if single and (partial or not missing) else None
    return WaterIndex(index, _printed(index, ranking), single, missing, partial=index is not None and bool(missing))


def city_index(
    rivers: Sequence[Means],
    lakes: Sequence[Means],
    *,
    limits: WaterLimits,
    ranking: WaterRanking,
    partial: bool = False,
) -> CityIndex:
    """Index of a city from the means of its river sections and lake points.

    Each item is first averaged over the sections that have it (pH through the hydrogen ions).

    Returns
    -------
    CityIndex
        (rivers M + lakes N) / (M + N) by M sections and N points.

    References
    ----------
    .. [1] Ranking of cities 2017 (water.md, section 3; averaging and weights recalled).
    """

    def of(sections: Sequence[Means], body: WaterBody) -> WaterIndex | None:
        means = means_of_sections(sections)
        return water_index(means, body, limits=limits, ranking=ranking, partial=partial) if sections else None

    of_rivers, of_lakes = of(rivers, "river"), of(lakes, "lake")
    parts = [(part, n) for part, n in ((of_rivers, len(rivers)), (of_lakes, len(lakes))) if part is not None]
    index = _weighted([(part.index, n) for part, n in parts])
    marked = index is not None and any(part.partial for part, _ in parts)
    return CityIndex(index, _printed(index, ranking), of_rivers, of_lakes, len(rivers), len(lakes), marked)


def indexes_without_each(
    rivers: Sequence[Means], lakes: Sequence[Means], *, limits: WaterLimits, ranking: WaterRanking
) -> list[Fraction | None]:
    """Index of a city, as `city_index` gives it, without each of its sections in turn: of rivers, then of lakes.

    Returns
    -------
    (n_rivers + n_lakes,)
        None where the index is refused, or no section is left.
    """

    def index_of(means: Means, body: WaterBody) -> Fraction | None:
        return water_index(means, body, limits=limits, ranking=ranking).index

    found: list[Fraction | None] = []
    for those, body, others, other in ((rivers, "river", lakes, "lake"), (lakes, "lake", rivers, "river")):
        beside = (index_of(means_of_sections(others), other), len(others))  # type: ignore[arg-type]
        for means in means_without_each(those):
            part = (index_of(means, body), len(those) - 1)  # type: ignore[arg-type]
            found.append(_weighted([each for each in (part, beside) if each[1]]))
    return found


def _weighted(parts: Sequence[tuple[Fraction | None, int]]) -> Fraction | None:
    """Mean of the indexes of parts weighted by their numbers; None where one was refused, or there is none."""
    weighted = [index * n for index, n in parts if index is not None]
    complete = parts and len(weighted) == len(parts)
    return sum(weighted, Fraction(0)) / sum(n for _, n in parts) if complete else None


def change(now: Fraction, before: Fraction, ranking: WaterRanking) -> Decimal:
    """Change of an index against the earlier one; negative is better. [%]

    Raises
    ------
    ValueError
        If the earlier index is not positive.

    References
    ----------
    .. [1] Ranking of cities 2017 (water.md, section 3): (index - earlier) / earlier.
    """
    if before <= 0:
        raise ValueError(f"earlier water quality index: expected a positive number, got {before}")
    return half_even((now - before) / before * 100, ranking.change_decimals)


def ranks(cities: Mapping[str, CityIndex]) -> dict[str, int | None]:
    """Places of cities by their unrounded index, the smallest first; none for a refused or partial index.

    References
    ----------
    .. [1] Ranking of cities 2017 (water.md, section 3): smaller is better.
    """
    found = places([None if each.partial else each.index for each in cities.values()])
    return dict(zip(cities, found, strict=True))


def change_ranks(changes: Mapping[str, Decimal | None]) -> dict[str, int | None]:
    """Places of cities by the change of their index, the largest improvement first; none for None."""
    return dict(zip(changes, places(list(changes.values())), strict=True))


def _printed(index: Fraction | None, ranking: WaterRanking) -> Decimal | None:
    return None if index is None else half_even(index, ranking.index_decimals)
