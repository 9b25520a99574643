"""Statistics of air once more: plain loops over fractions, dates, dicts and lists, to hold the program against.

Written from shared/standards/air.md; numbers in brackets are its sections. Nothing here is taken from the program.
"""

import calendar
import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.property.second_air_index import (
    DAY_DECIMALS,
    DUST_RULES,
    ITEMS,
    LIMITS,
    MEAN_DECIMALS,
    PERCENT,
    WITH_YEAR_LIMIT,
    Case,
    Index,
    Value,
    edition_on,
    index_of_day,
    index_of_hour,
    phase_on,
    rounded,
    text,
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The figure of one indicator."""

    exact: Value
    decimals: int
    valid: int
    expected: int
    sufficient: bool

    @property
    def printed(self) -> str | None:
        """The value as it is printed."""
        return None if self.exact is None else text(self.exact, self.decimals)


@dataclass(frozen=True)
class Pair:
    """A figure with its counterpart, where there were exceptional events."""

    chosen: Found
    events: str
    counterpart: Found | None


def enough(valid: list[bool], first: dt.date) -> bool:
    """Least data (2.3, 5.3): 27 days of each whole month, 25 of February; of a year 324, of a part in proportion.

    A month on its own is asked for its days only, a month that the period cuts for none of its own. A period of several
    calendar years is asked for what each of them is.
    """
    dates = [first + dt.timedelta(days=i) for i in range(len(valid))]
    of_month: dict[tuple[int, int], list[bool]] = {}
    for day, ok in zip(dates, valid, strict=True):
        of_month.setdefault((day.year, day.month), []).append(ok)
    for (year, month), flags in of_month.items():
        next_month = dt.date(year + 1, 1, 1) if month == 12 else dt.date(year, month + 1, 1)
        is_whole = len(flags) == (next_month - dt.date(year, month, 1)).days
        if is_whole and flags.count(True) < (25 if month == 2 else 27):
            return False
        if is_whole and len(of_month) == 1:
            return True
    of_year: dict[int, int] = {}
    for day in dates:
        of_year[day.year] = of_year.get(day.year, 0) + 1
    least = sum(-(-324 * min(days, 365) // 365) for days in of_year.values())
    return valid.count(True) >= max(least, 1)


def mean_of(values: list[Value]) -> Value:
    """Mean of the valid days."""
    there = [v for v in values if v is not None]
    return sum(there, Fraction(0)) / len(there) if there else None


def percentile_of(values: list[Value], percent: int) -> Value:
    """Percentile of the valid days, annex A (5.2)."""
    ordered = sorted(v for v in values if v is not None)
    if not ordered:
        return None
    k = 1 + (len(ordered) - 1) * Fraction(percent, 100)
    s = k.numerator // k.denominator
    if k == s:
        return ordered[s - 1]
    return ordered[s - 1] + (ordered[s] - ordered[s - 1]) * (k - s)


class Second:
    """All figures of air of a case."""

    def __init__(self, case: Case, hours: list[Index]) -> None:
        self.case = case
        self.hours = hours
        self.days = case.days
        self.edition = edition_on(case.days.last, case.mode)
        self.phase = phase_on(case.days.last, case.mode)
        self.indexes = [index_of_day(case.days, i, case) for i in range(len(case.days))]
        values = case.days.exact if case.switches.means_of_exact_days else case.days.published
        self.means = {q: mean_of(values[q]) for q in ITEMS}
        self.percentiles = {q: percentile_of(case.days.published[q], PERCENT[q]) for q in ITEMS}

    # what several figures take

    def limit(self, item: str, averaging: str, area_class: str) -> Fraction:
        return LIMITS[self.phase, area_class, item, averaging]

    def valid_days(self, *items: str) -> list[bool]:
        return [all(self.days.published[q][i] is not None for q in items) for i in range(len(self.days))]

    def any_days(self, *items: str) -> list[bool]:
        return [any(self.days.published[q][i] is not None for q in items) for i in range(len(self.days))]

    def found(self, exact: Value, decimals: int, valid: list[bool]) -> Found:
        return Found(exact, decimals, valid.count(True), len(valid), enough(valid, self.days.first))

    def printed_statistic(self, item: str, statistic: str) -> Value:
        exact = self.means[item] if statistic == "mean" else self.percentiles[item]
        decimals = MEAN_DECIMALS[self.edition][item] if statistic == "mean" else DAY_DECIMALS[item]
        return None if exact is None else rounded(exact, decimals)

    def ranked_statistic(self, item: str) -> Value:
        """Means; of CO and ozone their percentiles (8)."""
        return self.printed_statistic(item, "mean" if item in WITH_YEAR_LIMIT else "percentile")

    # concentrations

    def annual_mean(self, item: str) -> Found:
        return self.found(self.means[item], MEAN_DECIMALS[self.edition][item], self.valid_days(item))

    def percentile(self, item: str) -> Found:
        return self.found(self.percentiles[item], DAY_DECIMALS[item], self.valid_days(item))

    def moving_mean(self, item: str) -> Found:
        """Mean of the figures of three whole years as printed, each by itself sufficient (6).

        A year before the standards (0.1) has no figure.
        """
        if self.edition == "2012":  # no moving mean over years before 2026 (6)
            decimals = MEAN_DECIMALS[self.edition] if item in WITH_YEAR_LIMIT else DAY_DECIMALS
            return replace(self.found(None, decimals[item], self.valid_days(item)), sufficient=False)
        covered = [days for days in self.case.earlier if self.case.mode != "by_date" or days.first >= self.case.since]
        years = [self, *(Second(replace(self.case, days=days, earlier=[]), []) for days in covered)]
        figures = [y.annual_mean(item) if item in WITH_YEAR_LIMIT else y.percentile(item) for y in years]
        values = [y.ranked_statistic(item) for y in years]
        first, last = self.days.first, self.days.last
        is_year = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year
        exact = None
        if is_year and len(values) == 3 and None not in values:
            exact = mean_of(values)
        return Found(
            exact,
            figures[0].decimals,
            sum(f.valid for f in figures),
            sum((earlier(last, n, end=last > first) - earlier(first, n, end=False)).days + 1 for n in range(3)),
            exact is not None and all(f.sufficient for f in figures),
        )

    def multiple(self, item: str, statistic: str) -> Found:
        """(C - S) / S of the statistic as it is judged (7.3), where C > S (5.5): 0 for what attains."""
        value = self.means[item] if statistic == "mean" else self.percentiles[item]
        c = None if value is None else rounded(value, DAY_DECIMALS[item])
        s = self.limit(item, "year" if statistic == "mean" else "day", self.case.area_class)
        exact = None if c is None else (c - s) / s if c > s else Fraction(0)
        return self.found(exact, 2, self.valid_days(item))

    def largest_day_multiple(self, item: str) -> Found:
        largest: Value = None
        for i, c in enumerate(self.days.published[item]):
            if c is None:
                continue
            s = LIMITS[phase_on(self.days.date(i), self.case.mode), self.case.area_class, item, "day"]
            multiple = (c - s) / s if c > s else Fraction(0)
            if largest is None or multiple > largest:
                largest = multiple
        return self.found(largest, 2, self.valid_days(item))

    def item_attains(self, item: str) -> bool | None:
        """Mean and percentile within their limits; of CO and ozone the percentile (5.1), after rounding (7.3)."""
        compared = [(self.percentiles[item], self.limit(item, "day", self.case.area_class))]
        if item in WITH_YEAR_LIMIT:
            compared.append((self.means[item], self.limit(item, "year", self.case.area_class)))
        for value, limit in compared:
            if value is None:
                return None
            if (value if self.case.switches.attainment_exact else rounded(value, DAY_DECIMALS[item])) > limit:
                return False
        return True

    def attainment(self, *items: str) -> Found:
        """Whether all items attain (5.1): 1, or 0 where one does not."""
        verdicts = [self.item_attains(item) for item in items]
        exact: Value = Fraction(1)
        if False in verdicts:
            exact = Fraction(0)
        elif None in verdicts:
            exact = None
        suffices = exact is not None and all(enough(self.valid_days(q), self.days.first) for q in items)
        return replace(self.found(exact, 0, self.any_days(*items)), sufficient=suffices)

    def exact_single(self, item: str) -> Value:
        """Printed statistic divided by the class II limit (8)."""
        c = self.ranked_statistic(item)
        s = self.limit(item, "year" if item in WITH_YEAR_LIMIT else "day", "II")
        return None if c is None else c / s

    def single_index(self, item: str) -> Found:
        return self.found(self.exact_single(item), 2, self.valid_days(item))

    def composite_index(self) -> Found:
        """Sum of the six, each rounded first or the sum alone; all six are needed (8)."""
        total: Value = Fraction(0)
        for item in ITEMS:
            single = self.exact_single(item)
            if single is None or total is None:
                total = None
            else:
                total += single if self.case.switches.composite_sum_first else rounded(single, 2)
        suffices = total is not None and all(enough(self.valid_days(q), self.days.first) for q in ITEMS)
        return replace(self.found(total, 2, self.any_days(*ITEMS)), sufficient=suffices)

    # days and hours by their index

    def _of_indexes(self, exact: Value, decimals: int = 0) -> Found:
        valid = [each.aqi is not None for each in self.indexes]
        return self.found(exact if True in valid else None, decimals, valid)

    def day_ratio(self, kind: str) -> Found:
        """Share of the valid days (5.5)."""
        n = sum(each.aqi is not None for each in self.indexes)
        share = Fraction(100 * sum(each.is_kind(kind) for each in self.indexes), max(n, 1))
        return self._of_indexes(share, 1)

    def day_count(self, kind: str) -> Found:
        return self._of_indexes(Fraction(sum(each.is_kind(kind) for each in self.indexes)))

    def longest_run(self, kind: str) -> Found:
        longest = run = 0
        for each in self.indexes:
            run = run + 1 if each.is_kind(kind) else 0
            longest = max(longest, run)
        return self._of_indexes(Fraction(longest))

    def level_days(self, level: int) -> Found:
        return self._of_indexes(Fraction(sum(each.level == level for each in self.indexes)))

    def primary_days(self, item: str, *, exceeding: bool) -> Found:
        """Days with the item as primary pollutant; a tie counts for each (10)."""
        days = [each for each in self.indexes if item in each.primary]
        return self._of_indexes(Fraction(sum(not exceeding or each.is_kind("exceeding") for each in days)))

    def primary_hours(self, item: str) -> Found:
        """Hours with the item as primary pollutant; a day with the index of 20 hours is a valid day (2.3)."""
        found = self.hours
        there = [each.aqi is not None for each in found]
        days = [there[24 * i : 24 * i + 24].count(True) >= 20 for i in range(len(self.days))]
        exact = Fraction(sum(item in each.primary for each in found)) if True in there else None
        return Found(exact, 0, there.count(True), len(there), enough(days, self.days.first))

    def daily_attainment(self, *items: str) -> Found:
        """Share of the valid days within all daily limits (4.1, 2).

        A day with an item missing is valid where another exceeds (5.3); an item not monitored by plan is not missed.
        """
        valid, n = [], 0
        for i in range(len(self.days)):
            phase = phase_on(self.days.date(i), self.case.mode)
            values = {q: self.days.published[q][i] for q in items}
            there = {q: v for q, v in values.items() if v is not None}
            exceeds = any(v > LIMITS[phase, self.case.area_class, q, "day"] for q, v in there.items())
            missed = [q for q in items if q not in there and q not in self.case.not_monitored]
            valid.append(bool(there) and (exceeds or not missed))
            n += valid[-1] and not exceeds
        exact = Fraction(100 * n, valid.count(True)) if True in valid else None
        return self.found(exact, 1, valid)

    # all of them

    def figures(self) -> dict[str, Found]:
        """Figures by the name of their indicator."""
        found = {
            "air.composite_index": self.composite_index(),
            "air.attainment": self.attainment(*ITEMS),
            "air.daily_attainment": self.daily_attainment(*ITEMS),
        }
        for kind, name in (("good", "good_day"), ("heavy", "heavy_pollution_day"), ("exceeding", "exceeding_day")):
            found[f"air.{name}_ratio"] = self.day_ratio(kind)
            found[f"air.{name}s"] = self.day_count(kind)
            found[f"air.longest_run.{kind}"] = self.longest_run(kind)
        for level in range(1, 7):
            found[f"air.level_days.{level}"] = self.level_days(level)
        for item in ITEMS:
            found |= {
                f"air.percentile.{item}": self.percentile(item),
                f"air.moving_mean.{item}": self.moving_mean(item),
                f"air.attainment.{item}": self.attainment(item),
                f"air.daily_attainment.{item}": self.daily_attainment(item),
                f"air.single_index.{item}": self.single_index(item),
                f"air.exceedance_multiple.percentile.{item}": self.multiple(item, "percentile"),
                f"air.exceedance_multiple.day.{item}": self.largest_day_multiple(item),
                f"air.primary_days.{item}": self.primary_days(item, exceeding=False),
                f"air.exceeding_primary_days.{item}": self.primary_days(item, exceeding=True),
                f"air.primary_hours.{item}": self.primary_hours(item),
            }
        for item in WITH_YEAR_LIMIT:
            found[f"air.annual_mean.{item}"] = self.annual_mean(item)
            found[f"air.exceedance_multiple.mean.{item}"] = self.multiple(item, "mean")
        return found


def earlier(day: dt.date, years: int, *, end: bool) -> dt.date:
    """The same day some years before; at the end of a period of several days the last of a month stays the last."""
    last, last_then = (calendar.monthrange(year, day.month)[1] for year in (day.year, day.year - years))
    return dt.date(day.year - years, day.month, last_then if end and day.day == last else min(day.day, last_then))


# Statistics without the hours of events (9); the others keep them.
WITHOUT_EVENTS = (
    "annual_mean", "moving_mean", "percentile", "attainment", "composite_index", "single_index",
    "exceedance_multiple.mean", "exceedance_multiple.percentile",
)  # fmt: skip


# Of one item; dust touches PM only (9), so those of gases have no pair. Hours keep the events and have none either.
OF_ONE_ITEM = (
    "annual_mean", "moving_mean", "percentile", "attainment", "single_index", "daily_attainment",
    "exceedance_multiple.mean", "exceedance_multiple.percentile", "exceedance_multiple.day",
)  # fmt: skip
GASES = ("so2", "no2", "co", "o3")


def pairs(case: Case) -> dict[str, Pair]:
    """Figures by the name of their indicator, where there were events with their counterparts."""
    hours = [index_of_hour(case.days.date(h // 24), h, case) for h in range(24 * len(case.days))]
    kept = Second(case, hours).figures()
    if case.without_events is None:
        return {name: Pair(figure, "none", None) for name, figure in kept.items()}
    excluded = Second(replace(case, days=case.without_events), hours).figures()
    found = {}
    for name in kept:
        stem = name.removeprefix("air.")
        kind, _, item = stem.rpartition(".")
        of_gas = kind in OF_ONE_ITEM and item in GASES and case.days.last >= DUST_RULES
        if of_gas or kind == "primary_hours":
            found[name] = Pair(kept[name], "none", None)
            continue
        leaves_out = any(stem == kind or stem.startswith(f"{kind}.") for kind in WITHOUT_EVENTS)
        if leaves_out and case.days.last >= DUST_RULES:
            found[name] = Pair(excluded[name], "excluded", kept[name])
        else:
            found[name] = Pair(kept[name], "kept", excluded[name])
    return found


# --- places, change, trend ---


def places(values: list[Value], *, descending: bool) -> list[int | None]:
    """Equal values share a place, the next is left out; a gap is not ranked (8)."""
    order = sorted((v for v in values if v is not None), reverse=descending)
    return [None if v is None else order.index(v) + 1 for v in values]


def change_percent(now: Fraction, before: Fraction) -> str | None:
    """Change of printed values in percent, one decimal (7.3); None from 0."""
    return None if before == 0 else text((now - before) / before * 100, 1)


def spearman(values: list[Fraction]) -> Fraction:
    """Rank correlation with the years (5.6); ties share the mean of their ranks."""
    order = sorted(values)
    n = len(values)
    total = Fraction(0)
    for year, value in enumerate(values, 1):
        ranks = [rank for rank, other in enumerate(order, 1) if other == value]
        total += (year - Fraction(sum(ranks), len(ranks))) ** 2
    return 1 - 6 * total / (n**3 - n)
