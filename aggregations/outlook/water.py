"""Outlook of indicators of rivers and lakes: the months to come of all sections drawn together from earlier years.

Chosen by no back-test: no water of two years was at hand (`docs/outlook.md`).
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from aggregations.indicators.facts import Facts, Indicator, ManualSample, SectionDays
from aggregations.indicators.water import water_standards
from aggregations.indicators.water_means import Means, month_means
from aggregations.outlook import NO_EARLIER_YEAR, Outlook, method, none
from aggregations.outlook.blocks import level_ratio, same_days
from aggregations.outlook.chances import NO_VALUE, Held, of_members
from aggregations.periods import DAY, Period
from aggregations.rounding import FloatArray, IntArray, decimals_of
from aggregations.standards import WaterMethod

KNOWN: Final = (
    "water.good_ratio", "water.v_or_better_ratio", "water.worse_than_v_ratio", "water.target_attainment",
    "water.class", "water.state", "water.worst_class", "water.class_share.", "water.good_length_ratio",
    "water.month_attainment", "water.mean.", "water.exceedance_multiple.", "water.black_odorous_bodies",
)  # fmt: skip
"""Beginnings of the names of indicators that are made of the means of months."""
_UNSCALED: Final = ("ph", "temperature", "orp", "depth", "clear_to_bottom")
"""Items whose level in one year is no multiple of that in the other."""
TOO_LITTLE: Final = "sections or months of them have too little data"


def knows(indicator: str) -> bool:
    """Whether there is an outlook of an indicator."""
    return indicator in KNOWN or indicator.startswith(tuple(name for name in KNOWN if name.endswith(".")))


def outlook_of(
    indicator: Indicator,
    so_far: Facts,
    earlier: Mapping[int, Facts],
    as_of: dt.date,
    held: Held,
    *,
    value_so_far: Decimal | None,
    members: int = method.WATER_MEMBERS,
    seed: int = method.SEED,
) -> Outlook:
    """Return the outlook of an indicator that is made of the means of months.

    Of each earlier year the rest is joined to the real days so far, each item of a section times the part that is kept
    of this year's level against that year's; the means of its months are those of the standard. A member draws the year
    of each month to come, the running one included, of all sections together, and its figure is that of the indicator.
    Members are mixtures of a few years: the chance is (share * n + 1/2) / (n + 1) for n years, and with fewer than
    `WATER_RANGE_YEARS` there is a median, but no range.

    Parameters
    ----------
    so_far : Facts
        Of the whole year of the target; what lies after `as_of` is not read.
    earlier : by year, Facts
        Of whole calendar years.
    """
    unit = indicator.unit
    _, used = water_standards(so_far)
    rest = Period(as_of + DAY, so_far.period.last)
    n_past = len(so_far.period) - len(rest)
    months: dict[int, list[list[tuple[Period, Means]]]] = {}
    for y, facts in earlier.items():
        before = {each.station.id: each for each in facts.sections}
        joined = [_joined(each, before.get(each.station.id), so_far.period, n_past, y) for each in so_far.sections]
        of_year = [month_means(each, so_far.period, used) for each in joined]
        ahead = [means.values for each in of_year for part, means in each if part.last > as_of]
        complete = [all(v.get(i) is not None for i in used.required_items) for v in ahead]
        if complete and np.mean(complete) >= method.MIN_SHARE:
            months[y] = of_year
    years = sorted(months)[-method.EARLIER_YEARS :]
    if not years:
        return none(unit, NO_EARLIER_YEAR, so_far=value_so_far)
    random = np.random.default_rng([seed, so_far.period.first.year, n_past])
    to_come = [i for i, part in enumerate(so_far.period.months()) if part.last > as_of]
    printed: dict[tuple[int, ...], Decimal | None] = {}
    drawn = [tuple(row) for row in random.integers(len(years), size=(members, len(to_come))).tolist()]
    for row in dict.fromkeys(drawn):
        of_month = {month: years[y] for month, y in zip(to_come, row, strict=True)}
        sections = [
            _with_months(
                each,
                [months[of_month.get(m, years[0])][i][m] for m in range(len(so_far.period.months()))],
                so_far.period,
                used,
            )
            for i, each in enumerate(so_far.sections)
        ]
        figure = indicator.compute(indicator, msgspec.structs.replace(so_far, sections=sections))
        printed[row] = figure.value if figure.sufficient else None
    values = [printed[row] for row in drawn]
    there = [value for value in values if value is not None]
    decimals = max(map(decimals_of, there), default=0)
    units = [NO_VALUE if value is None else int(value.scaleb(decimals)) for value in values]
    found = of_members(
        np.array(units, dtype=np.int64), decimals, held, unit=unit, method="months_of_sections", years=years, seed=seed,
        extremes=None, lack=None if 2 * len(there) > members else TOO_LITTLE, so_far=value_so_far,
        independent=len(years),
    )  # fmt: skip
    few = len(years) < method.WATER_RANGE_YEARS
    return msgspec.structs.replace(found, low=None, high=None) if few else found


def _joined(now: SectionDays, before: SectionDays | None, period: Period, n_past: int, of_year: int) -> SectionDays:
    """Real days so far, then those of an earlier year on this year's level; without it nothing comes after."""
    n = len(period)
    means: dict[str, FloatArray] = {}
    counts: dict[str, IntArray] = {}
    places = same_days(period, of_year)
    kept: dict[str, float] = {}
    for item in dict.fromkeys((*now.means, *(before.means if before else ()))):
        means[item], counts[item] = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
        if item in now.means:
            means[item][:n_past], counts[item][:n_past] = now.means[item][:n_past], now.counts[item][:n_past]
        if before is not None and item in before.means:
            earlier = before.means[item][places]
            if item not in _UNSCALED:
                kept[item] = method.WATER_KEPT * level_ratio(means[item][:n_past], earlier[:n_past])
            means[item][n_past:] = earlier[n_past:] * np.exp(kept.get(item, 0.0))
            counts[item][n_past:] = before.counts[item][places][n_past:]
    manual = [each for each in now.manual if each.day < n_past]
    place_of = {int(place): day for day, place in enumerate(places) if day >= n_past}
    for sample in before.manual if before else []:
        if sample.day in place_of:
            moved = {item: value * float(np.exp(kept.get(item, 0.0))) for item, value in sample.values.items()}
            manual.append(ManualSample(place_of[sample.day], moved, sample.below))
    return msgspec.structs.replace(now, means=means, counts=counts, manual=manual, memo={})


def _with_months(
    section: SectionDays, months: list[tuple[Period, Means]], period: Period, used: WaterMethod
) -> SectionDays:
    """Return a section whose months are given; nothing of its days is read any more."""
    memo = {("months", used.edition.id, period.first): months}
    return msgspec.structs.replace(section, memo=memo)
