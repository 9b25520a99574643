"""What is said of a section beside its class: state, colour, main pollution items."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.rounding import half_even
from aggregations.standards import ClassRow, WaterLimits, WaterMethod
from aggregations.water.classes import NO_CLASS, SectionClass, bounds_of
from sensors.sections import WaterBody


class MainItem(msgspec.Struct, frozen=True):
    """A main pollution item: its class, and by what part of the class III limit it is beyond it.

    `multiple` is exact and `printed` is it rounded; None for items that have none (pH, dissolved oxygen). [-]
    """

    item: str
    class_: int
    multiple: Fraction | None
    printed: Decimal | None


def class_row(class_: int, method: WaterMethod) -> ClassRow | None:
    """Return name, state and colour of a class 1 to 6; None for NO_CLASS.

    References
    ----------
    .. [1] Assessment method of 2011, states of sections.
    """
    return None if class_ == NO_CLASS else method.class_row[class_ - 1]


def limit_of(item: str, body: WaterBody, *, class_: int, limits: WaterLimits) -> Decimal:
    """Return the limit of a class of an item that is good when low or high. [unit of the item]

    Raises
    ------
    ValueError
        If the item has none in the body, or is good inside a range.
    """
    bounds = bounds_of(limits.item[item], body)
    if bounds is None or limits.item[item].good == "range":
        raise ValueError(f"{item} of a {body}: expected one limit of a class, got {bounds}")
    return bounds[class_ - 1]


def multiple(
    value: Decimal, item: str, body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> Fraction | None:
    """(C - S) / S by the class III limit, where C exceeds it; None where not, and for items that have no multiple. [-]

    References
    ----------
    .. [1] Assessment method of 2011, main pollution items (recalled). pH and oxygen have none: HJ 2.3-2018 practice.
    """
    if item in method.without_multiple:
        return None
    limit = Fraction(limit_of(item, body, class_=method.good_class, limits=limits))
    return (Fraction(value) - limit) / limit if value > limit else None


def main_items(section: SectionClass, body: WaterBody, *, limits: WaterLimits, method: WaterMethod) -> list[MainItem]:
    """Main pollution items of a section, at most three; none where it is class III or better or has no class.

    Of the items worse than class III, cyanide and heavy metals come first; then by class, the worst first; then by
    multiple, the larger first; then oxygen and pH, which have none; then as in table 1. Always by the limits of class
    III, whatever class is the target.

    References
    ----------
    .. [1] Assessment method of 2011, main pollution items (recalled); water.md, 2.3.
    """
    if section.overall <= method.good_class:
        return []
    order = list(limits.item)
    found = []
    for item, class_ in section.items.items():
        if class_ > method.good_class:
            exact = multiple(section.values[item], item, body, limits=limits, method=method)
            printed = None if exact is None else half_even(exact, method.multiple_decimals)
            found.append(MainItem(item, class_, exact, printed))

    def place(main: MainItem) -> tuple[bool, int, int, Fraction, int]:
        late = 1 + method.without_multiple.index(main.item) if main.item in method.without_multiple else 0
        return (
            main.item not in method.first_items,
            -main.class_,
            late,
            -(main.multiple or Fraction(0)),
            order.index(main.item),
        )

    return sorted(found, key=place)[: method.main_items_max]


def printed_items(items: Sequence[MainItem], names: Mapping[str, str], *, separator: str = "、") -> str:
    """Return main items as they are printed: 氨氮(0.4)、溶解氧; `names` are those of the items in the language."""
    return separator.join(
        names[each.item] if each.printed is None else f"{names[each.item]}({each.printed})" for each in items
    )
