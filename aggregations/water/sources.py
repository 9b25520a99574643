"""Drinking-water sources: whether one attains, and the rates by number and by volume."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water.classes import SectionClass, evaluate
from sensors.sections import WaterBody


class SourceVerdict(msgspec.Struct, frozen=True):
    """Whether a source attains; None where nothing failed, but a required or supplementary item is missing.

    `basic` is its class by the basic items, `failed` all items beyond class III or their limit, `missing` those that
    must be there and are not.
    """

    attains: bool | None
    basic: SectionClass
    failed: list[str]
    missing: list[str]


class SourceRates(msgspec.Struct, frozen=True):
    """Rates of sources that attain, of those evaluated, exact; None where nothing was evaluated. [%]"""

    attained: int
    evaluated: int
    by_number: Fraction | None
    by_volume: Fraction | None


def source_verdict(
    means: Mapping[str, Fraction | None], body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> SourceVerdict:
    """Hold a source against class III (basic items) and the limits of its five items.

    Temperature, total nitrogen and faecal coliforms do not count. The five items are judged unrounded, ends inclusive.
    A negative mean is missing.

    References
    ----------
    .. [1] GB 3838-2002, tables 1 and 2; reports on sources (water.md, section 3).
    """
    basic = evaluate(means, body, limits=limits, method=method)
    failed = [item for item, class_ in basic.items.items() if class_ > method.good_class]
    missing = list(basic.missing)
    for item, row in limits.source_item.items():
        mean = means.get(item)
        if mean is None or mean < 0:
            missing.append(item)
        elif mean > row.limit:
            failed.append(item)
    return SourceVerdict(False if failed else None if missing else True, basic, failed, missing)


def source_rates(attains: Sequence[bool | None], volumes: Sequence[Fraction | Decimal | int]) -> SourceRates:
    """Rates of sources by number and by the volume taken from them.

    Parameters
    ----------
    attains : (n_sources,)
        None where not evaluated: left out of both rates.
    volumes : (n_sources,)
        Water taken. [any one unit]

    References
    ----------
    .. [1] Reports on sources (water.md, section 3): attained by total intake.
    """
    there = [(each, Fraction(volume)) for each, volume in zip(attains, volumes, strict=True) if each is not None]
    attained = sum(each for each, _ in there)
    total = sum((volume for _, volume in there), Fraction(0))
    good = sum((volume for each, volume in there if each), Fraction(0))
    by_number = Fraction(100 * attained, len(there)) if there else None
    return SourceRates(attained, len(there), by_number, 100 * good / total if total else None)
