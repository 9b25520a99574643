"""Results of sections that are stored and count in nothing: flagged out, implausible, or taken out by a review."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from aggregations.air.hours import FLAGGED, NOT_COUNTED, REASONS, REVIEWED, VALID
from aggregations.periods import DAY, Period
from aggregations.rounding import IntArray
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import BELOW, IMPLAUSIBLE, MANUAL_S, NEGATIVE, usable
from ingestor.derivation.stale import by_station
from ingestor.store import SeriesKey, Tables
from ingestor.unit_mistakes import history_days, of_implausible
from sensors import checks, unit_mistakes
from sensors.register import Station
from sensors.reviews import Review

OTHER_UNIT: Final = 2001
"""A result outside the plausible range that is probably of another unit."""
WHY: Final[dict[int, str]] = {
    **{code: REASONS[code] for code in (FLAGGED, NOT_COUNTED, REVIEWED)},
    NEGATIVE: checks.REASONS["negative"],
    IMPLAUSIBLE: checks.REASONS["range"],
    OTHER_UNIT: unit_mistakes.OUTSIDE,
}


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Results of an item of a section that do not count, for one reason: how many, of samples or not, and the days."""

    station: str
    item: str
    reason: str
    manual: bool
    results: int
    days: list[dt.date]


def left_out(
    config: Config, store: Tables, stations: Iterable[Station], period: Period, items: Collection[str]
) -> list[LeftOut]:
    """Return the results of some items of sections in a period that do not count, the most first of each section."""
    start, end = config.start_of(period.first), config.start_of(period.last + DAY)
    reviews = by_station(store.reviews())
    found: list[LeftOut] = []
    for station in stations:
        of_it: list[LeftOut] = []
        for key, times, reasons in _judged(config, store, station, start, end, reviews.get(("water", station.id), [])):
            if key.quantity not in items:
                continue
            for code in np.unique(reasons[~np.isin(reasons, (VALID, BELOW))]).tolist():
                those = times[reasons == code]
                of_it.append(
                    LeftOut(
                        station=station.id,
                        item=key.quantity,
                        reason=WHY[code],
                        manual=key.period_s == MANUAL_S,
                        results=len(those),
                        days=sorted({config.local_day(time) for time in those.tolist()}),
                    )
                )
        found += sorted(of_it, key=lambda each: -each.results)
    return found


def _judged(
    config: Config, store: Tables, station: Station, start: int, end: int, reviewed: Sequence[Review]
) -> Iterator[tuple[SeriesKey, IntArray, IntArray]]:
    """Yield the series of a section in some time with the reasons why results do not count; times and reasons (n,)."""
    raw = store.raw_of("water", [station.id], start, end)
    found = usable(config, station, raw, reviewed)
    if any((reasons == IMPLAUSIBLE).any() for _, _, _, reasons in found):  # only then a history is needed
        back, ahead = history_days(config, "water")
        raw = store.raw_of("water", [station.id], start - back * DAY_S, end + ahead * DAY_S)
        found = usable(config, station, raw, reviewed)
    for key, times, _, reasons in found:
        inside = (times >= start) & (times < end)
        named = np.where(of_implausible(config, key, raw[key], reasons), OTHER_UNIT, reasons)
        yield key, times[inside], named[inside]
