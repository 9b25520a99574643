"""Results of sections that are stored and count in nothing: flagged out, implausible, or taken out by a review."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
import numpy as np

from aggregations.air.hours import FLAGGED, NOT_COUNTED, REASONS, REVIEWED, VALID
from aggregations.periods import DAY, Period
from ingestor.config import Config
from ingestor.derivation.spans import BELOW, IMPLAUSIBLE, MANUAL_S, NEGATIVE, usable
from ingestor.derivation.stale import by_station
from ingestor.store import Tables
from sensors import checks
from sensors.register import Station

WHY: Final[dict[int, str]] = {
    **{code: REASONS[code] for code in (FLAGGED, NOT_COUNTED, REVIEWED)},
    NEGATIVE: checks.REASONS["negative"],
    IMPLAUSIBLE: checks.REASONS["range"],
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
        raw = store.raw_of("water", [station.id], start, end)
        of_it: list[LeftOut] = []
        for key, times, _, reasons in usable(config, station, raw, reviews.get(("water", station.id), [])):
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
