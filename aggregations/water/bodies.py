"""Rivers, basins and water systems: shares of classes, state, main pollution items, share of river length."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from aggregations.rounding import IntArray, half_even
from aggregations.standards import WaterLimits, WaterMethod
from aggregations.water.classes import NO_CLASS, WORSE_THAN_V, SectionClass, evaluate
from aggregations.water.means import mean_of, without_each
from aggregations.water.sections import MainItem, class_row, main_items
from sensors.sections import WaterBody

CLASSES = range(1, WORSE_THAN_V + 1)


class ClassShares(msgspec.Struct, frozen=True):
    """Shares of the six classes, of the sections that have a class.

    `counts` goes from class I to worse than V. `printed` has one decimal each and adds up to exactly 100.0, so that a
    table of classes is honest; it is empty where there is no section. `good` (class III or better) and `worse` (than V)
    are exact: each is to be rounded once on its own where it stands alone, and may then differ from the sum of what
    is printed of its classes. [%]
    """

    counts: tuple[int, ...]
    printed: tuple[Decimal, ...]
    good: Fraction
    worse: Fraction

    @property
    def evaluated(self) -> int:
        """Number of sections that have a class."""
        return sum(self.counts)

    def exact(self, class_: int) -> Fraction:
        """Return the exact share of a class, 0 where there is no section. [%]"""
        return Fraction(100 * self.counts[class_ - 1], self.evaluated) if self.evaluated else Fraction(0)


class State(msgspec.Struct, frozen=True):
    """A state of a body: `grade` 0 is the best."""

    grade: int
    name: str
    name_en: str
    colour: str
    colour_en: str


class ExceedanceRate(msgspec.Struct, frozen=True):
    """An item of a river or basin: in how many of its sections it is worse than class III. [%]"""

    item: str
    sections: int
    rate: Fraction
    printed: Decimal


class BodyClass(msgspec.Struct, frozen=True):
    """State of a river or basin, and what it rests on.

    By "means" where it has fewer sections than the method asks for shares: `section` is the class of the means and
    `main` its items. By "shares" else: `main` are the items by exceedance rate. `state` is None without any section.
    """

    rule: Literal["means", "shares"]
    state: State | None
    shares: ClassShares
    section: SectionClass | None
    main: list[MainItem] | list[ExceedanceRate]


def class_counts(classes: IntArray) -> IntArray:
    """Count the sections of each class.

    Parameters
    ----------
    classes : (n_sections, ...) int
        1 to 6, NO_CLASS where not evaluated.

    Returns
    -------
    (6, ...) int
        Sections of class I to worse than V. [-]
    """
    return np.stack([(classes == each).sum(axis=0) for each in CLASSES])


def class_shares(counts: Sequence[int], method: WaterMethod) -> ClassShares:
    """Shares from the numbers of sections of class I to worse than V, printed so that they add up to 100.0.

    Each share is cut to its decimals, and what is missing to 100.0 goes, a step each, to the largest remainders
    (of equal ones to the better class).

    References
    ----------
    .. [1] Assessment method of 2011: shares are of the sections evaluated. That they add up is this program's choice.
    """
    counts = tuple(int(each) for each in counts)
    n = sum(counts)
    good, worse = sum(counts[: method.good_class]), counts[-1]
    if not n:
        return ClassShares(counts, (), Fraction(0), Fraction(0))
    whole = 100 * 10**method.share_decimals
    steps = [each * whole // n for each in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: (-(counts[i] * whole % n), i))
    for i in by_remainder[: whole - sum(steps)]:
        steps[i] += 1
    printed = tuple(Decimal(each).scaleb(-method.share_decimals) for each in steps)
    return ClassShares(counts, printed, Fraction(100 * good, n), Fraction(100 * worse, n))


def state_of_shares(good: Fraction, worse: Fraction, method: WaterMethod) -> State:
    """State of a river or basin by the exact shares of class III or better and of worse than V. [%]

    References
    ----------
    .. [1] Assessment method of 2011, shares of classes; bounds inclusive at 90, 75, 20 and 40 %.
    """
    for grade, row in enumerate(method.body_row):
        if (row.good_from is None or good >= row.good_from) and (row.worse_below is None or worse < row.worse_below):
            return State(grade, row.state, row.state_en, row.colour, row.colour_en)
    raise AssertionError("the last row has no bounds")


def state_of_class(class_: int, method: WaterMethod) -> State | None:
    """State of a body by the class of its means; None for NO_CLASS. Grades are those of `state_of_shares`.

    References
    ----------
    .. [1] Assessment method of 2011, states of sections.
    """
    row = class_row(class_, method)
    if row is None:
        return None
    grade = list(dict.fromkeys(each.state for each in method.class_row)).index(row.state)
    return State(grade, row.state, row.state_en, row.colour, row.colour_en)


def means_of_sections(
    sections: Sequence[Mapping[str, Fraction | None]], areas: Sequence[Decimal] | None = None
) -> dict[str, Fraction]:
    """Mean of each item over the sections that have it, exact; of pH through the hydrogen ions.

    Parameters
    ----------
    areas : (n_sections,)
        By which they are weighted; None: all alike. [km2]
    """
    items = dict.fromkeys(item for section in sections for item in section)
    found = {}
    for item in items:
        at = [i for i, section in enumerate(sections) if section.get(item) is not None]
        means = [mean for section in sections if (mean := section.get(item)) is not None]
        if means:
            found[item] = mean_of(means, item=item, weights=None if areas is None else [areas[i] for i in at])
    return found


def means_without_each(sections: Sequence[Mapping[str, Fraction | None]]) -> Iterator[dict[str, Fraction]]:
    """Yield the means of each item, as `means_of_sections` gives them, without each of the sections in turn."""
    items = dict.fromkeys(item for section in sections for item in section)
    less = {item: without_each([section.get(item) for section in sections], item=item) for item in items}
    for i in range(len(sections)):
        yield {item: mean for item, means in less.items() if (mean := means[i]) is not None}


def body_class(
    sections: Sequence[Mapping[str, Fraction | None]],
    body: WaterBody,
    *,
    limits: WaterLimits,
    method: WaterMethod,
    areas: Sequence[Decimal] | None = None,
) -> BodyClass:
    """State of a river, basin or lake from the unrounded means of its sections or points.

    Sections without a class (a required item missing, dry, broken) leave the evaluation; the number of the others
    says whether the means or the shares are judged. All points of a lake are averaged, whatever each of them lacks.

    Parameters
    ----------
    sections : sequence of mapping
        The means of each section by item, None where missing. [unit of the item]
    areas : (n_sections,)
        By which points of a lake are weighted; None: all alike. [km2]

    References
    ----------
    .. [1] Assessment method of 2011: fewer than 5 sections by means, else by shares of classes; lakes by means.
    """
    judged = [(means, evaluate(means, body, limits=limits, method=method)) for means in sections]
    judged = [each for each in judged if each[1].overall != NO_CLASS]
    counts = class_counts(np.array([each.overall for _, each in judged], dtype=np.int64))
    shares = class_shares(counts.tolist(), method)
    if body == "lake" or len(judged) < method.proportions_from:
        lake = body == "lake"
        averaged = means_of_sections(sections, areas) if lake else means_of_sections([means for means, _ in judged])
        found = evaluate(averaged, body, limits=limits, method=method)
        main = main_items(found, body, limits=limits, method=method)
        return BodyClass("means", state_of_class(found.overall, method), shares, found, main)
    rates = exceedance_rates([each for _, each in judged], limits=limits, method=method)
    return BodyClass("shares", state_of_shares(shares.good, shares.worse, method), shares, None, rates)


def exceedance_rates(
    sections: Sequence[SectionClass], *, limits: WaterLimits, method: WaterMethod
) -> list[ExceedanceRate]:
    """Main pollution items of a river or basin: the three with the largest shares of sections worse than class III.

    The share is of all sections that have a class. Equal ones stand as in table 1.

    References
    ----------
    .. [1] Assessment method of 2011, main pollution items of rivers and basins (recalled).
    """
    valid = [each for each in sections if each.overall != NO_CLASS]
    over = {item: sum(each.items.get(item, NO_CLASS) > method.good_class for each in valid) for item in limits.item}
    rates = [
        ExceedanceRate(item, n, rate, half_even(rate, method.share_decimals))
        for item, n in over.items()
        if n and (rate := Fraction(100 * n, len(valid)))
    ]
    return sorted(rates, key=lambda each: -each.sections)[: method.main_items_max]


def good_length_share(
    classes: Sequence[int], lengths: Sequence[Decimal | Fraction | int], method: WaterMethod
) -> Fraction | None:
    """Share of the evaluated river length at class III or better, exact; None where none is evaluated. [%]

    Parameters
    ----------
    classes : (n_reaches,)
        1 to 6, NO_CLASS where not evaluated.
    lengths : (n_reaches,)
        Lengths of the reaches. [km]

    References
    ----------
    .. [1] Bulletin on water resources 2018: good length by evaluated length.
    """
    there = [(class_, Fraction(km)) for class_, km in zip(classes, lengths, strict=True) if class_ != NO_CLASS]
    total = sum((km for _, km in there), Fraction(0))
    good = sum((km for class_, km in there if class_ <= method.good_class), Fraction(0))
    return 100 * good / total if total else None
