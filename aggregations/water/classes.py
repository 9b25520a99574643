"""Classes of surface water by single factor: of items, of single readings, of sections by their means.

Two profiles exist. `realtime` takes the raw values of one reading and the items present. `evaluation` takes
means, rounds each once to the item's decimals, and asks for the required items.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from aggregations.rounding import BoolArray, FloatArray, IntArray, half_even_keeping_one_digit
from aggregations.standards import Saturation, WaterItem, WaterLimits, WaterMethod
from aggregations.water.means import NO_VALUE
from sensors.sections import WaterBody

WORSE_THAN_V = 6
"""Class code beside 1 to 5 for classes I to V."""
NO_CLASS = 0
CLASS_NAMES = ("-", "I", "II", "III", "IV", "V", "worse than V")

OXYGEN = "do"
TEMPERATURE = "temperature"

Profile = Literal["realtime", "evaluation"]


class SectionClass(msgspec.Struct, frozen=True):
    """Class of a section over a period: of each item and overall (the worst); NO_CLASS where not valid.

    `values` are the means, rounded as they were judged. `missing` are the required items that are not there.
    """

    overall: int
    items: dict[str, int]
    values: dict[str, Decimal]
    missing: list[str] = []
    profile: Profile = "evaluation"


def bounds_of(item: WaterItem, body: WaterBody) -> list[Decimal] | None:
    """Return the limits of an item in a body: a lake's own, else those of rivers; None where it is not judged there.

    In the sea nothing is judged by them: it has limits of its own (`sea`).

    References
    ----------
    .. [1] GB 3838-2002, table 1: total phosphorus has limits of its own in lakes, total nitrogen only there.
    """
    if body == "sea":
        return None
    return item.lake if body == "lake" and item.lake else item.river


def item_classes(values: FloatArray, item: WaterItem, body: WaterBody) -> IntArray:
    """Class of each value of one item: the best class whose limit the value meets (limits inclusive).

    Parameters
    ----------
    values : (...) float
        NaN, infinite or negative where missing. [unit of the item]

    Returns
    -------
    (...) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where missing and where the item is not judged in the body. [-]

    References
    ----------
    .. [1] GB 3838-2002, table 1.
    """
    limits = bounds_of(item, body)
    if limits is None:
        return np.full(np.shape(values), NO_CLASS, dtype=np.int64)
    there = np.isfinite(values) & (values >= 0)
    bounds = [float(b) for b in limits]
    if item.good == "range":
        return np.where(there, np.where((values >= bounds[0]) & (values <= bounds[1]), 1, WORSE_THAN_V), NO_CLASS)
    worse = [values < bound if item.good == "high" else values > bound for bound in bounds]
    return np.where(there, 1 + np.sum(worse, axis=0), NO_CLASS).astype(np.int64)


def _class_of(value: Decimal, item: WaterItem, body: WaterBody) -> int:
    """Class of one value, not negative, of an item that has limits in the body: what `item_classes` gives for it."""
    bounds = bounds_of(item, body) or []
    if item.good == "range":
        return 1 if bounds[0] <= value <= bounds[1] else WORSE_THAN_V
    return 1 + sum(value < bound if item.good == "high" else value > bound for bound in bounds)


def saturated_oxygen(temperature: Fraction, saturation: Saturation, *, salinity: Fraction | None = None) -> Fraction:
    """Dissolved oxygen of saturated water at sea level, exact. [mg/L]

    Parameters
    ----------
    temperature : Fraction
        [degC]
    salinity : Fraction
        None: fresh water. [-]

    Raises
    ------
    ValueError
        If it is so cold that the formula has no value.

    References
    ----------
    .. [1] HJ 2.3-2018: 468 / (31.6 + T); with salinity (491 - 2.65 S) / (33.5 + T).
    """
    offset = Fraction(saturation.offset if salinity is None else saturation.salt_offset)
    if offset + temperature <= 0:
        raise ValueError(f"saturated oxygen: expected more than {-float(offset)} degC, got {float(temperature)}")
    if salinity is None:
        return Fraction(saturation.numerator) / (offset + temperature)
    salted = Fraction(saturation.salt_numerator) - Fraction(saturation.salt_slope) * salinity
    return salted / (offset + temperature)


def is_saturated(oxygen: FloatArray, temperature: FloatArray, saturation: Saturation) -> BoolArray:
    """Whether fresh water holds the share of saturated oxygen that class I asks for, that share included.

    Parameters
    ----------
    oxygen : (...) float
        NaN where missing. [mg/L]
    temperature : (...) float
        NaN where missing; then false. [degC]

    References
    ----------
    .. [1] GB 3838-2002, table 1 (saturation 90 %); HJ 2.3-2018 (saturated oxygen).
    """
    warmth = temperature + float(saturation.offset)
    needed = float(saturation.share * saturation.numerator)
    return np.asarray(np.isfinite(oxygen) & (oxygen >= 0) & (warmth > 0) & (oxygen * warmth >= needed))


def realtime_classes(
    values: Mapping[str, FloatArray], body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> IntArray:
    """Class of single readings by the worst of the items present, on the raw values (profile `realtime`).

    Parameters
    ----------
    values : mapping of (n,) float
        By item; NaN where missing. Temperatures count only where the method judges oxygen by saturation.

    Returns
    -------
    (n,) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where no item is present. [-]

    References
    ----------
    .. [1] The national platform's published classes (water.md, section 0).
    """
    items = [key for key in method.realtime_items if key in values]
    if not items:
        return np.zeros(len(next(iter(values.values()), np.empty(0))), dtype=np.int64)
    found = {key: item_classes(values[key], limits.item[key], body) for key in items}
    if method.oxygen_by_saturation and OXYGEN in found and TEMPERATURE in values:
        saturated = is_saturated(values[OXYGEN], values[TEMPERATURE], limits.oxygen_saturation)
        found[OXYGEN] = np.where(saturated, 1, found[OXYGEN])
    classes: IntArray = np.max(list(found.values()), axis=0)
    return classes


def evaluate(
    means: Mapping[str, Fraction | None], body: WaterBody, *, limits: WaterLimits, method: WaterMethod
) -> SectionClass:
    """Class of a section from its means: each rounded once, judged, and the worst of them taken.

    NO_CLASS overall where a required item is missing. A negative mean is missing. Temperature counts only where the
    method judges oxygen by saturation.

    References
    ----------
    .. [1] Assessment method of 2011, section rule (single factor); letter 82 of 2020 (decimals).
    """
    classes: dict[str, int] = {}
    values: dict[str, Decimal] = {}
    for key, mean in means.items():
        if mean is None or mean < 0 or key not in method.class_items or bounds_of(limits.item[key], body) is None:
            continue
        values[key] = half_even_keeping_one_digit(mean, method.decimals[key])
        classes[key] = _class_of(values[key], limits.item[key], body)
    warmth, saturation = means.get(TEMPERATURE), limits.oxygen_saturation
    if method.oxygen_by_saturation and OXYGEN in values and warmth is not None and warmth > -saturation.offset:
        saturated = Fraction(values[OXYGEN]) >= Fraction(saturation.share) * saturated_oxygen(warmth, saturation)
        classes[OXYGEN] = 1 if saturated else classes[OXYGEN]
    missing = [key for key in method.required_items if key not in classes]
    return SectionClass(NO_CLASS if missing else max(classes.values(), default=NO_CLASS), classes, values, missing)


def rounded_classes(rounded: IntArray, item: WaterItem, *, decimals: int, lakes: BoolArray) -> IntArray:
    """Class of rounded means of one item of many sections, in integers.

    Parameters
    ----------
    rounded : (n_sections, ...) int
        As `rounded_means` gives them; NO_VALUE or negative where missing. [10 ** -decimals of the unit]
    lakes : (n_sections,) bool
        Whether limits of lakes hold.

    Returns
    -------
    (n_sections, ...) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where missing and where the item is not judged in the body. [-]

    References
    ----------
    .. [1] GB 3838-2002, table 1.
    """
    classes = [_rounded_classes(rounded, item, bounds_of(item, body), decimals) for body in ("river", "lake")]
    return np.where(lakes.reshape(-1, *[1] * (rounded.ndim - 1)), classes[1], classes[0])


def section_classes(
    rounded: Mapping[str, IntArray], lakes: BoolArray, *, limits: WaterLimits, method: WaterMethod
) -> IntArray:
    """Class of many sections from rounded means: what `evaluate` gives for each, without oxygen by saturation.

    Parameters
    ----------
    rounded : mapping of (n_sections, ...) int
        By item, as `rounded_means` gives them with the decimals of the method; other items than those of the class
        are not read.
    lakes : (n_sections,) bool
        Whether limits of lakes hold.

    Returns
    -------
    (n_sections, ...) int
        1 to 5, WORSE_THAN_V, or NO_CLASS where a required item is missing. [-]

    Raises
    ------
    ValueError
        If the method judges oxygen by saturation.

    References
    ----------
    .. [1] Assessment method of 2011, section rule (single factor).
    """
    if method.oxygen_by_saturation:
        raise ValueError("section_classes: expected oxygen by its limits only, got oxygen_by_saturation = true")
    found = {
        key: rounded_classes(values, limits.item[key], decimals=method.decimals[key], lakes=lakes)
        for key, values in rounded.items()
        if key in method.class_items
    }
    shape = next((values.shape for values in rounded.values()), lakes.shape)
    worst = np.max(list(found.values()), axis=0) if found else np.zeros(shape, dtype=np.int64)
    for key in method.required_items:
        worst = np.where(found[key] == NO_CLASS, NO_CLASS, worst) if key in found else np.zeros(shape, dtype=np.int64)
    return np.asarray(worst, dtype=np.int64)


def _rounded_classes(rounded: IntArray, item: WaterItem, limits: list[Decimal] | None, decimals: int) -> IntArray:
    if limits is None:
        return np.full(rounded.shape, NO_CLASS, dtype=np.int64)
    low, high = ([f(bound.scaleb(decimals)) for bound in limits] for f in (math.ceil, math.floor))
    there = (rounded != NO_VALUE) & (rounded >= 0)
    if item.good == "range":
        classes = np.where((rounded >= low[0]) & (rounded <= high[1]), 1, WORSE_THAN_V)
    elif item.good == "high":
        classes = 1 + np.sum([rounded < bound for bound in low], axis=0)
    else:
        classes = 1 + np.sum([rounded > bound for bound in high], axis=0)
    return np.where(there, classes, NO_CLASS)
