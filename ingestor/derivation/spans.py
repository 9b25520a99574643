"""What all media share: the days that a station has, its usable values, hours, and runs of days under one edition."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from aggregations.air.hours import FIRST_CHECK, FLAGGED, NOT_COUNTED, REVIEWED, VALID
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
from ingestor.store import RawSeries, SeriesKey
from sensors import calibrations, checks, flags, reviews
from sensors.quantities import LARGEST, Medium
from sensors.register import Station
from sensors.reviews import Review

HOUR_S = 3600
HOURS = 24
NEGATIVE: Final = FIRST_CHECK + checks.CODES["negative"]
IMPLAUSIBLE: Final = FIRST_CHECK + checks.CODES["range"]
MANUAL_S: Final = 0
"""Period of manual laboratory samples of water."""
BELOW: Final = 1000
"""A result of water below the detection limit, which is its value: it counts, as what the method makes of it."""
NEVER_BELOW: Final = ("temperature", "ph", "do", "sd", "depth", "clear_to_bottom")
"""Items of water that have no detection limit: a result that claims to lie below one does not count."""
RESTORED_MOST: Final = 10
"""A value above so many times the plausible maximum is of another unit or of no instrument: no review restores it."""

S = TypeVar("S", bound=Standard)
Found = list[tuple[SeriesKey, IntArray, FloatArray, IntArray]]
"""Of each series times, values (NaN where they do not count), and why they do not (`aggregations.air.hours`)."""


class Span(msgspec.Struct, frozen=True):
    """Local days from `first`, `n` of them; `start` is the moment at which the first begins."""

    first: dt.date
    start: int
    n: int

    @property
    def end(self) -> int:
        """The moment at which the last day ends."""
        return self.start + self.n * DAY_S

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.first + dt.timedelta(days=self.n - 1)

    @property
    def period(self) -> Period:
        """The days as a period."""
        return Period(self.first, self.last)

    def part(self, first: int, n: int) -> "Span":
        """Return `n` of the days from the one of a number on, counted from 0."""
        return Span(self.first + dt.timedelta(days=first), self.start + first * DAY_S, n)

    def inside(self, other: "Span") -> "Span":
        """Return the days that are in another span, too; one of no days where there are none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return self.part((start - self.start) // DAY_S, max(0, (end - start) // DAY_S))

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


def usable(config: Config, station: Station, raw: dict[SeriesKey, RawSeries], reviewed: Sequence[Review] = ()) -> Found:
    """Return the series of a station, calibrated, with the reasons why values do not count.

    A value does not count where it is flagged out, implausible, or outside the days on which the station counts. Of
    reviews in force (`reviewed`, those of the station in the order of their entry) the last about a value holds: it
    takes the value out, or brings in what was flagged out or implausible.
    """
    found: Found = []
    for key, sent in raw.items():
        if key.station == station.id:
            series = calibrated(config, key, sent)
            reasons = _reasons(config, station, key.quantity, series)
            if reviewed:
                reasons = _reviewed(config, key, station.medium, series, reasons, reviewed)
            values = np.where(np.isin(reasons, (VALID, BELOW)), series.values, np.nan)
            found.append((key, series.times, values, reasons))
    return found


def calibrated(config: Config, key: SeriesKey, raw: RawSeries) -> RawSeries:
    """Return a series as its calibrations make it; manual samples and results below a detection limit stay."""
    rows = config.calibrations.of(key.medium, key.station, key.quantity)
    if not rows or key.period_s == MANUAL_S:
        return raw
    below = raw.flags == flags.BELOW_DETECTION
    medium: Medium = key.medium  # type: ignore[assignment]  # one that has calibrations
    return RawSeries(
        raw.times, calibrations.calibrated(rows, raw.times, raw.values, medium=medium, as_it_is=below), raw.flags
    )


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


def _reviewed(
    config: Config, key: SeriesKey, medium: Medium, raw: RawSeries, reasons: IntArray, reviewed: Sequence[Review]
) -> IntArray:
    """Why each value does not count after reviews.

    Nothing restores what is missing, a claim to lie below a detection limit that there is not, what is negative and
    cannot be, or what lies beyond `RESTORED_MOST` (of a share: beyond the plausible maximum); nothing concerns days on
    which the station does not count.
    """
    actions = reviews.actions_at(reviewed, key.quantity, key.period_s, raw.times)
    quantity = config.quantities.of(medium)[key.quantity]
    times = 1 if quantity.unit == "%" else RESTORED_MOST
    most = min(float(times * quantity.maximum), LARGEST[medium])
    possible = np.isfinite(raw.values) & (raw.flags != flags.BELOW_DETECTION) & (raw.values <= most)
    possible &= (raw.values >= 0) | (raw.values >= float(quantity.minimum))
    return np.select(
        [
            reasons == NOT_COUNTED,
            actions == reviews.CODES["invalidate"],
            (actions == reviews.CODES["restore"]) & possible & (reasons != BELOW),
        ],
        [NOT_COUNTED, REVIEWED, VALID],
        reasons,
    )


def by_edition(config: Config, role: type[S], span: Span, *, staged: bool = False) -> Iterator[tuple[slice, S]]:
    """Yield runs of days under one edition, as slices of the span."""
    return config.standards.runs(role, span.period, staged=staged)


def nullable(values: FloatArray) -> list[float | None]:
    """Values as a list in which None stands for NaN."""
    return [None if math.isnan(v) else v for v in values.tolist()]
