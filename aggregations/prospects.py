"""From the facts of a year so far to what its rest may bring: the range of the final figure, and the room left."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec
import numpy as np

from aggregations import indicators, room
from aggregations.air.days import MISSING
from aggregations.figures import Figure
from aggregations.indicators import AirDays, Facts, Indicator, MonitorDays, SectionDays
from aggregations.indicators.air_base import days_of, last_day
from aggregations.periods import DAY, month
from aggregations.room import Comparison, Kind, Promise, Range, Room, Tally
from aggregations.rounding import FloatArray, decimals_of
from aggregations.standards import NoiseMethod

KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("air.annual_mean.", "mean"),
    ("air.good_day_ratio", "share"),
    ("air.heavy_pollution_day_ratio", "share"),
    ("air.exceeding_day_ratio", "share"),
    ("air.daily_attainment", "share"),
    ("noise.day_attainment", "share"),
    ("noise.night_attainment", "share"),
    ("noise.night_peak_attainment", "share"),
    ("water.month_attainment", "share"),
    ("air.good_days", "count"),
    ("air.heavy_pollution_days", "count"),
    ("air.exceeding_days", "count"),
    ("air.level_days.", "count"),
    ("air.primary_days.", "count"),
    ("air.exceeding_primary_days.", "count"),
    ("air.percentile.", "percentile"),
    ("air.longest_run.", "growing"),
    ("water.black_odorous_bodies", "growing"),
    ("water.returned_bodies", "growing"),
    ("water.months_failed_run", "growing"),
    ("water.good_ratio", "sections"),
    ("water.v_or_better_ratio", "sections"),
    ("water.worse_than_v_ratio", "sections"),
    ("water.target_attainment", "sections"),
    ("water.source_attainment", "sections"),
)
"""By the start of an indicator's name how its figure comes about; of any other nothing is said of the rest."""


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of the year may bring.

    `enough` says that the valid units so far suffice for the year, whatever comes. `pace` is what a count comes to if
    it goes on as so far, None of other figures.
    """

    range: Range
    promise: Promise
    enough: bool
    pace: Fraction | None = None
    room: Room | None = None


def kind_of(indicator: Indicator, facts: Facts) -> Kind | None:
    """Return how the figure of an indicator comes about; None where nothing is said of the rest of the year."""
    found = next((kind for start, kind in KINDS if indicator.name.startswith(start)), None)
    by_volume = indicator.name == "water.source_attainment_by_volume"
    if by_volume or indicator.needs != "days":
        return None
    if indicator.medium == "noise" and found is not None:
        pooled = facts.standards.on(NoiseMethod, facts.period.last).pooling == "point_times"
        return found if pooled else None
    return found


def prospect(
    indicator: Indicator, year: Facts, so_far: Figure, as_of: date, comparison: Comparison, limit: Decimal
) -> Prospect | None:
    """Return what the rest of the year may bring for a target; None where nothing is said of it.

    Parameters
    ----------
    year : Facts
        The facts of the whole year of the plan; what is after `as_of` is not looked at.
    so_far : Figure
        The figure of the year up to `as_of`.
    """
    kind = kind_of(indicator, year)
    if kind is None:
        return None
    if kind == "sections":
        return _of_sections(indicator, so_far, comparison, limit)
    of_months = indicator.medium == "water"
    day = _last_whole_month(as_of) if of_months else as_of
    known, tally = _tally(indicator, year, kind, day)
    if known.value is None:
        return None
    promise = Promise(comparison, limit, decimals_of(known.value))
    good = indicator.less_is_better is False
    if of_months:
        whole_months = day.month if day >= year.period.first else 0
        rest = known.expected * (12 - whole_months) // 12
        expected = known.expected * whole_months // 12
        last = None
    else:
        rest, expected = known.expected - so_far.expected, so_far.expected
        last = _last_day_alone(indicator, year, kind, day, tally)
    at_capture = rest * tally.valid // expected if expected else 0
    exact = room.figure_of(tally)
    pace = None
    if kind == "count" and exact is not None:
        pace = exact * (tally.valid + at_capture) / tally.valid
    return Prospect(
        range=room.final_range(tally, rest),
        promise=promise,
        enough=known.sufficient,
        pace=pace,
        room=room.room(
            tally, rest=rest, at_capture=at_capture, promise=promise, good=good, counted=known.counted, last=last
        ),
    )


def _of_sections(indicator: Indicator, so_far: Figure, comparison: Comparison, limit: Decimal) -> Prospect | None:
    if so_far.value is None or so_far.exact is None:
        return None
    promise = Promise(comparison, limit, decimals_of(so_far.value))
    counts_good = indicator.less_is_better is False
    share = int(Fraction(so_far.exact) * so_far.valid / 100)
    left = None
    if (promise.lower and counts_good) or (promise.upper and not counts_good):
        good = share if counts_good else so_far.valid - share
        left = room.of_sections(good, so_far.valid, promise, counts_good=counts_good)
    return Prospect(range=Range(None, None), promise=promise, enough=False, room=left)


def _tally(indicator: Indicator, year: Facts, kind: Kind, day: date) -> tuple[Figure, Tally]:
    """Figure of the year with nothing after a day, and what it is made of."""
    cut = without_after(year, day)
    known = indicators.compute(indicator, cut)
    exact = Fraction(known.exact or 0)
    if kind == "mean":
        return known, Tally(kind, exact * known.valid, known.valid)
    if kind == "share":
        return known, Tally(kind, exact * known.valid / 100, known.valid)
    if kind == "percentile":
        (quantity,) = indicator.quantities
        used = cut.without_events() if known.events == "excluded" else cut
        values = days_of(used).values[quantity]
        percent = last_day(used).evaluation.percentile[quantity]
        return known, Tally(kind, Fraction(0), known.valid, values[values != MISSING], percent)
    return known, Tally(kind, exact, known.valid)


def _last_day_alone(indicator: Indicator, year: Facts, kind: Kind, day: date, tally: Tally) -> Tally | None:
    """What the last day added; None of a figure that has no day alone."""
    if kind == "growing":
        return None
    _, before = _tally(indicator, year, kind, day - DAY)
    valid = tally.valid - before.valid
    if tally.values is not None:
        return Tally(kind, Fraction(int(tally.values[-1]) if valid else 0), valid, tally.values[-1:], tally.percent)
    return Tally(kind, tally.total - before.total, valid)


def _last_whole_month(as_of: date) -> date:
    """Last day of the last month of the year that is over at the end of a day; the day before the year without one."""
    last = month(as_of.year, as_of.month).last
    return as_of if as_of == last else as_of.replace(day=1) - DAY


def without_after(facts: Facts, day: date) -> Facts:
    """Return facts in which nothing is known of the days after one; that of the year is told from them as if it ended.

    Hours and earlier years are left as they are.
    """
    n = max(0, (day - facts.period.first).days + 1)
    if n >= len(facts.period):
        return facts
    return msgspec.structs.replace(
        facts,
        air=None if facts.air is None else _air(facts.air, n),
        air_without_events=None if facts.air_without_events is None else _air(facts.air_without_events, n),
        monitors=[_monitor(each, n) for each in facts.monitors],
        sections=[_section(each, n) for each in facts.sections],
        sea=[_section(each, n) for each in facts.sea],
    )


def _air(days: AirDays, n: int) -> AirDays:
    values = {quantity: each.copy() for quantity, each in days.values.items()}
    counts = {quantity: each.copy() for quantity, each in days.counts.items()}
    largest = days.ozone_hour_max.copy()
    for array, nothing in (*((v, MISSING) for v in values.values()), *((c, 0) for c in counts.values())):
        array[n:] = nothing
    largest[n:] = MISSING
    exact = {quantity: [*each[:n], *[None] * (len(each) - n)] for quantity, each in days.exact.items()}
    return AirDays(values, exact, counts, largest)


def _levels(levels: FloatArray | None, n: int) -> FloatArray | None:
    if levels is None:
        return None
    cut = levels.copy()
    cut[n:] = np.nan
    return cut


def _monitor(monitor: MonitorDays, n: int) -> MonitorDays:
    def verdicts(each: list[bool | None]) -> list[bool | None]:
        return [*each[:n], *[None] * (len(each) - n)]

    return msgspec.structs.replace(
        monitor,
        day=verdicts(monitor.day),
        night=verdicts(monitor.night),
        peak=verdicts(monitor.peak) if monitor.peak else [],
        ld=_levels(monitor.ld, n),
        ln=_levels(monitor.ln, n),
        collected=_levels(monitor.collected, n),
        entered=_levels(monitor.entered, n),
        ldn=_levels(monitor.ldn, n),
        ln_max=_levels(monitor.ln_max, n),
    )


def _section(section: SectionDays, n: int) -> SectionDays:
    means, counts = {}, {}
    for item, each in section.means.items():
        cut = _levels(each, n)
        assert cut is not None
        means[item] = cut
    for item, number in section.counts.items():
        counts[item] = number.copy()
        counts[item][n:] = 0
    return msgspec.structs.replace(
        section, means=means, counts=counts, manual=[each for each in section.manual if each.day < n], memo={}
    )
