"""Hour means of a station from readings of any period, why an hour does not count, and the real-time index of hours."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np

from aggregations import aqi
from aggregations.air.days import MISSING, WINDOW
from aggregations.air.statistics import Ratios
from aggregations.rounding import MICRO, BoolArray, IntArray, divide_half_even
from aggregations.standards import AirIndex, AirLimits

HOUR_S = 3600
DAY_HOURS = 24

VALID: Final = 0
NO_READING: Final = 1
FLAGGED: Final = 2
TOO_SHORT: Final = 3
NOT_COUNTED: Final = 4
NOT_ON_THE_HOUR: Final = 5
EVENT: Final = 6
REVIEWED: Final = 8
FIRST_CHECK: Final = 10
"""Code of an hour that a check took out: this and the code of the check (`sensors.checks.CODES`)."""

REASONS: Final[dict[int, str]] = {
    NO_READING: "no reading",
    FLAGGED: "flagged by the gateway: maintenance, calibration, fault or missing",
    TOO_SHORT: "too few minutes of samples",
    NOT_COUNTED: "before or after the days on which the station counts",
    NOT_ON_THE_HOUR: "a reading of an hour that does not start on the hour",
    EVENT: "in a decided exceptional event",
    REVIEWED: "taken out by a review",
}
"""Why an hour does not count."""


class Readings(NamedTuple):
    """Readings of one quantity and averaging period, ascending in time; all arrays (n,).

    `micros` of readings whose `reasons` is not VALID may hold anything.
    """

    period_s: int
    times: IntArray
    micros: IntArray
    reasons: IntArray


class Hours(msgspec.Struct, frozen=True):
    """Consecutive hours of one quantity; both (n_hours,). `micros` holds anything where `reasons` is not VALID."""

    micros: IntArray
    reasons: IntArray

    @property
    def valid(self) -> BoolArray:
        """Which hours count."""
        return np.asarray(self.reasons == VALID)


def hour_means(readings: Iterable[Readings], *, start: int, n_hours: int, min_minutes: int) -> Hours:
    """Mean of each hour, and why an hour has none.

    A reading of the whole hour comes first; where there is none, or none that counts, shorter ones are averaged,
    the longest periods first. Readings of more than an hour make no hours. A mean of shorter readings is kept to a
    millionth of the unit, half to even.

    Parameters
    ----------
    start : int
        Moment at which the first hour starts. [s since 1970 in UTC]
    min_minutes : int
        Minutes of samples that an hour needs, inclusive. [min]

    References
    ----------
    .. [1] GB 3095-2026, table 4: at least 45 minutes.
    """
    micros = np.zeros(n_hours, dtype=np.int64)
    reasons = np.full(n_hours, NO_READING, dtype=np.int64)
    for each in sorted(readings, key=lambda r: -r.period_s):
        places, rest = np.divmod(each.times - start, HOUR_S)
        if each.period_s == HOUR_S:
            found = np.where(rest != 0, NOT_ON_THE_HOUR, each.reasons)
            for order in (found != VALID, found == VALID):  # what counts comes last and wins
                reasons[places[order]] = found[order]
            micros[places[found == VALID]] = each.micros[found == VALID]
        elif each.period_s < HOUR_S:
            _fill(micros, reasons, each, places, min_minutes)
    return Hours(micros, reasons)


def _fill(micros: IntArray, reasons: IntArray, shorter: Readings, places: IntArray, min_minutes: int) -> None:
    """Fill hours that have no mean yet from shorter readings."""
    n_hours = len(micros)
    ok = shorter.reasons == VALID
    counts = np.bincount(places[ok], minlength=n_hours)
    sums = np.zeros(n_hours, dtype=np.int64)
    np.add.at(sums, places[ok], shorter.micros[ok])
    open_ = reasons != VALID
    enough = (counts > 0) & (counts * shorter.period_s >= min_minutes * 60)
    means = divide_half_even(sums, np.maximum(counts, 1))
    why = np.full(n_hours, NO_READING, dtype=np.int64)
    why[places[~ok]] = shorter.reasons[~ok]
    why[counts > 0] = TOO_SHORT
    better = open_ & ~enough & (why != NO_READING)
    reasons[better] = why[better]
    micros[open_ & enough] = means[open_ & enough]
    reasons[open_ & enough] = VALID


def moving_mean(micros: IntArray, valid: BoolArray, *, hours: int, min_hours: int) -> Ratios:
    """Mean of the `hours` hours that end with each hour; none where fewer than `min_hours` of them are valid.

    Parameters
    ----------
    micros, valid : (n_hours,) int and bool
        [1e-6 of the unit]

    Returns
    -------
    Ratios of (n_hours,) int
        Exact. [1e-6 of the unit]
    """

    def windows(values: IntArray) -> IntArray:
        total = np.concatenate([np.zeros(hours, dtype=np.int64), np.cumsum(values)])
        return np.asarray(total[hours:] - total[:-hours])

    counts = windows(valid.astype(np.int64))
    return Ratios(windows(np.where(valid, micros, 0)), np.where(counts >= min_hours, counts, 0))


def index_of_hours(
    values: dict[str, IntArray],
    index: AirIndex,
    limits: AirLimits,
    *,
    lead: int = 0,
    not_monitored: Collection[str] = (),
) -> aqi.Index:
    """Real-time index of consecutive hours by one edition.

    Parameters
    ----------
    values : dict of (lead + n_hours,) int
        Hour means by quantity, MISSING where not valid. [1e-6 of the unit]
    lead : int
        How many hours come first that only moving means reach back to; they have no index. [h]

    References
    ----------
    .. [1] HJ 633-2026, 4.2; HJ 633-2012, 5.1.3: moving means over 24 and 8 hours where the edition's switches say so,
       and where sulphur dioxide of an hour is above its table.
    """
    items = aqi.hourly_items(index)
    handed_over = [index.item[item].above for item in items if index.item[item].above != "top"]
    concentrations = {}
    for key in dict.fromkeys((*items, *handed_over)):
        item = index.item[key]
        micros = values[item.quantity]
        valid = micros != MISSING
        # `o3_1h` is what `o3_8h` hands over to: an hour all the same
        by_hour = key.endswith("_1h") or (item.quantity in ("pm10", "pm25") and index.hourly_pm_input == "1h")
        if key == "o3_8h":
            means = moving_mean(micros, valid, hours=WINDOW, min_hours=limits.window_min_hours)
        elif not by_hour:
            means = moving_mean(micros, valid, hours=DAY_HOURS, min_hours=limits.day_min_hours)
        else:
            means = Ratios(micros, valid.astype(np.int64))
        rounded = means.rounded(item.decimals)[lead:]
        concentrations[key] = np.where(rounded == MISSING, MISSING, rounded // (MICRO // 10**item.decimals))
    return aqi.of_hour(concentrations, index, not_monitored=not_monitored)
