"""Noise: hours, day and night levels of a monitor, and their verdicts by the zone class of each day."""

from typing import Any, Final

import numpy as np

from aggregations import noise
from aggregations.air.hours import FLAGGED, NO_READING, NOT_COUNTED, NOT_ON_THE_HOUR, REVIEWED, TOO_SHORT, VALID
from aggregations.noise import DayHours
from aggregations.rounding import FloatArray, IntArray
from aggregations.standards import NoiseLimits, NoiseMethod
from ingestor.config import Config
from ingestor.derivation.noise_hours import PERCENT, WEATHER, Hours, hours_of
from ingestor.derivation.spans import HOUR_S, HOURS, IMPLAUSIBLE, NEGATIVE, Found, Rows, Span, by_edition, nullable
from sensors.register import Station, ZoneClass

REASONS: Final[dict[int, str]] = {
    NO_READING: "no_reading",
    FLAGGED: "flagged",
    TOO_SHORT: "too_short",
    NOT_COUNTED: "not_counted",
    NOT_ON_THE_HOUR: "not_on_the_hour",
    WEATHER: "weather",
    NEGATIVE: "negative",
    IMPLAUSIBLE: "range",
    REVIEWED: "reviewed",
}
"""Why an hour is not valid, as the column `reason` of `noise_hour` says it."""


def derive_station(config: Config, station: Station, span: Span, found: Found) -> list[Rows]:
    """Return `noise_hour` and `noise_day` of a monitor on some days; `found` as of `usable`."""
    parts = []
    days: dict[str, list[Any]] = {}
    for cut, method in by_edition(config, NoiseMethod, span):
        hours = hours_of(found, span, method)
        parts.append(_hour_columns(hours, cut))
        for inner, limits in by_edition(config, NoiseLimits, span):
            both = slice(max(cut.start, inner.start), min(cut.stop, inner.stop))
            if both.start < both.stop:
                local = config.noise_hours(station.city) or limits
                zones = config.zone_changes.classes(station, span.period.days())
                for name, values in day_columns(hours, zones, local, limits, method).items():
                    days.setdefault(name, []).extend(values[both])
    columns = {name: [v for part in parts for v in part[name]] for name in parts[0]}
    times = columns.pop("time")
    starts = [span.start + place * HOUR_S for place in times]
    return [Rows("noise_hour", station.id, starts, columns), Rows("noise_day", station.id, span.times(), days)]


def _hour_columns(hours: Hours, days: slice) -> dict[str, list[Any]]:
    """Columns of the hours with a reading on some days; `time` is the number of the hour."""
    some = np.flatnonzero(hours.reasons != NO_READING)
    some = some[(some >= days.start * HOURS) & (some < days.stop * HOURS)]
    return {
        "time": some.tolist(),
        **{name: nullable(level[some]) for name, level in hours.levels.items()},
        "vdr": (PERCENT * hours.collected[some]).tolist(),
        "weather_vdr": (PERCENT * hours.entered[some]).tolist(),
        "valid_minutes": (60.0 * hours.entered[some]).tolist(),
        "reason": [None if code == VALID else REASONS[code] for code in hours.reasons[some].tolist()],
    }


def day_columns(
    hours: Hours, zones: list[ZoneClass], local: DayHours, limits: NoiseLimits, method: NoiseMethod
) -> dict[str, list[Any]]:
    """Columns of `noise_day` of consecutive dates, all under one edition; `zones` has the class of each."""
    leq = hours.levels["leq"].reshape(-1, HOURS)
    valid = hours.valid.reshape(-1, HOURS)
    ld, ld_hours = noise.part_levels(leq, valid, "day", limits=limits, method=method, hours=local)
    ln, ln_hours = noise.part_levels(leq, valid, "night", limits=limits, method=method, hours=local)
    peaks = _largest(noise.part_of(hours.levels["lmax"].reshape(-1, HOURS), "night", local, method))
    collected = hours.collected.reshape(-1, HOURS)
    nights = noise.night_verdicts(ln, peaks, zones, limits=limits, method=method)
    return {
        "ld": nullable(ld),
        "ln": nullable(ln),
        "ldn": nullable(noise.day_night_level(ld, ln, local)),
        "ln_max": nullable(peaks),
        "ld_hours": ld_hours.tolist(),
        "ln_hours": ln_hours.tolist(),
        "vdr": (PERCENT * collected.mean(axis=1)).tolist(),
        "vdr_day": _rate(noise.part_of(collected, "day", local, method)),
        "vdr_night": _rate(noise.part_of(collected, "night", local, method)),
        "weather_vdr": (PERCENT * hours.entered.reshape(-1, HOURS).mean(axis=1)).tolist(),
        "zone_class": list(zones),
        "day_attains": [
            None if v is None else int(v) for v in noise.attains(ld, zones, "day", limits=limits, method=method)
        ],
        "night_attains": _verdicts(nights),
        "peak_attains": _verdicts(noise.peaks_attaining(peaks, zones, limits=limits, method=method)),
    }


def _largest(values: FloatArray) -> FloatArray:
    found = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    return np.where(np.isfinite(found), found, np.nan)


def _rate(collected: FloatArray) -> list[float]:
    rates: list[float] = (PERCENT * np.nan_to_num(collected).mean(axis=1)).tolist()
    return rates


def _verdicts(codes: IntArray) -> list[int | None]:
    return [None if code == noise.NONE else code for code in codes.tolist()]
