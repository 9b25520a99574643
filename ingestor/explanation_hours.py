"""Hours that an explanation tells of: those of a station that count, those that do not and why, as runs."""

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import numpy as np

from aggregations.air.hours import HOUR_S, VALID
from aggregations.rounding import IntArray
from ingestor.config import Config


class ExcludedHours(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive hours of a station that do not count, from `first` up to but not including `until`."""

    station: str
    quantity: str
    first: dt.datetime
    until: dt.datetime
    hours: int
    reason: str


class StationHours(msgspec.Struct, frozen=True, kw_only=True):
    """What a station gave of one quantity: hours that count, those that do not by reason, those that are doubted."""

    station: str
    name: str
    name_en: str
    quantity: str
    hours: int
    valid: int
    excluded: dict[str, int]
    suspect: dict[str, int]


def counted(reasons: IntArray, why: Mapping[int, str]) -> dict[str, int]:
    """Count the hours that do not count, by what `why` calls their codes."""
    codes, counts = np.unique(reasons[reasons != VALID], return_counts=True)
    return {why[code]: n for code, n in zip(codes.tolist(), counts.tolist(), strict=True)}


def excluded_hours(
    config: Config, station: str, quantity: str, start: int, reasons: IntArray, why: Mapping[int, str]
) -> list[ExcludedHours]:
    """Return the runs of consecutive hours from `start` on that do not count, a reason each."""
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    edges = [0, *(np.flatnonzero(np.diff(reasons)) + 1).tolist(), len(reasons)]
    return [
        ExcludedHours(
            station=station,
            quantity=quantity,
            first=dt.datetime.fromtimestamp(start + first * HOUR_S, zone),
            until=dt.datetime.fromtimestamp(start + end * HOUR_S, zone),
            hours=end - first,
            reason=why[int(reasons[first])],
        )
        for first, end in pairwise(edges)
        if reasons[first] != VALID
    ]
