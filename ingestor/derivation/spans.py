"""What all media share: the days that a station has, its usable values, hours, and runs of days under one edition."""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from aggregations.air.hours import FIRST_CHECK, FLAGGED, NOT_COUNTED, VALID
from aggregations.periods import Period
from aggregations.rounding import FloatArray, IntArray
from aggregations.standards import (
    AirEvaluation,
    AirIndex,
    AirLimits,
    NoiseLimits,
    NoiseMethod,
    Standard,
    WaterLimits,
    WaterMethod,
)
from ingestor.config import DAY_S, Config
from ingestor.store import EVER, RawSeries, SeriesKey, Tables
from sensors import checks, flags
from sensors.quantities import Medium
from sensors.register import Station

HOUR_S = 3600
HOURS = 24
NEGATIVE: Final = FIRST_CHECK + checks.CODES["negative"]
IMPLAUSIBLE: Final = FIRST_CHECK + checks.CODES["range"]
BELOW: Final = 1000
"""A result of water below the detection limit, which is its value: it counts, as what the method makes of it."""
NEVER_BELOW: Final = ("temperature", "ph", "do", "sd", "depth", "clear_to_bottom")
"""Items of water that have no detection limit: a result that claims to lie below one does not count."""

S = TypeVar("S", bound=Standard)
Found = list[tuple[SeriesKey, IntArray, FloatArray, IntArray]]
"""Of each series times, values (NaN where they do not count), and why they do not (`aggregations.air.hours`)."""


class Span(msgspec.Struct, frozen=True):
    """Local days from `first`, `n` of them; `start` is the moment at which the first begins."""

    first: dt.date
    start: int
    n: int

    @property
    def period(self) -> Period:
        """The days as a period."""
        return Period(self.first, self.first + dt.timedelta(days=self.n - 1))

    def times(self) -> list[int]:
        """Return the moment at which each day begins."""
        return list(range(self.start, self.start + self.n * DAY_S, DAY_S))


class Rows(msgspec.Struct, frozen=True):
    """What replaces the rows of one object in a derived table."""

    table: str
    key: str
    times: list[int]
    columns: dict[str, list[Any]]


ROLES: Final[dict[Medium, tuple[type[Standard], ...]]] = {
    "air": (AirLimits, AirEvaluation, AirIndex),
    "water": (WaterLimits, WaterMethod),
    "noise": (NoiseLimits, NoiseMethod),
}
"""Standards that the days of a medium are derived with."""


def usable(
    config: Config,
    store: Tables,
    station: Station,
    series: list[SeriesKey],
    *,
    start: int = EVER[0],
    end: int = EVER[1],
) -> tuple[Span | None, Found, int]:
    """Return the span of a station's readings, each series with its reasons, and how many come too early.

    Readings before the first day that all standards of the medium cover are left out and counted; the span is None
    where nothing is left. A value does not count where it is flagged out, implausible, or outside the days on which
    the station counts. Only readings from `start` up to but not including `end` [s] are read.
    """
    first_covered = config.start_of(
        config.standards.first_day(ROLES[station.medium], staged=config.staged(station.city))
    )
    found: Found = []
    before = 0
    for key in series:
        raw = store.raw(key, start, end)
        reasons = _reasons(config, station, key.quantity, raw)
        covered = raw.times >= first_covered
        before += int((~covered).sum())
        if covered.any():
            values = np.where(np.isin(reasons, (VALID, BELOW)), raw.values, np.nan)
            found.append((key, raw.times[covered], values[covered], reasons[covered]))
    if not found:
        return None, found, before
    first = config.local_day(min(int(times[0]) for _, times, _, _ in found))
    last = config.local_day(max(int(times[-1]) for _, times, _, _ in found))
    return Span(first, config.start_of(first), (last - first).days + 1), found, before


def _reasons(config: Config, station: Station, name: str, raw: RawSeries) -> IntArray:
    """Why each value of a series does not count; VALID where it does, and BELOW, of water only."""
    quantity = config.quantities.of(station.medium)[name]
    since = config.start_of(station.since or dt.date.min)
    until = config.start_of(station.until or dt.date.max)
    below = raw.flags == flags.BELOW_DETECTION
    never = station.medium == "water" and name in NEVER_BELOW
    low, high = raw.values < float(quantity.minimum), raw.values > float(quantity.maximum)
    return np.select(
        [
            (raw.times < since) | (raw.times >= until),
            ~np.isin(raw.flags, flags.USABLE) | (below & never),
            low & (raw.values < 0),
            low | high,
            below,
        ],
        [NOT_COUNTED, FLAGGED, NEGATIVE, IMPLAUSIBLE, BELOW],
        VALID,
    )


def part_of(span: Span, cut: slice) -> Span:
    """Return some days of a span as a span."""
    return Span(span.first + dt.timedelta(days=cut.start), span.start + cut.start * DAY_S, cut.stop - cut.start)


def by_edition(config: Config, role: type[S], span: Span, *, staged: bool = False) -> Iterator[tuple[slice, S]]:
    """Yield runs of days under one edition, as slices of the span."""
    return config.standards.runs(role, span.period, staged=staged)


def nullable(values: FloatArray) -> list[float | None]:
    """Values as a list in which None stands for NaN."""
    return [None if math.isnan(v) else v for v in values.tolist()]
