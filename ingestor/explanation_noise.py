"""What a figure of noise rests on: days, nights and hours of each monitor, what did not count, what moved it most."""

import datetime as dt
from typing import Final

import msgspec
import numpy as np

from aggregations import explain_noise, noise
from aggregations.air.hours import (
    FLAGGED,
    NO_READING,
    NOT_COUNTED,
    NOT_ON_THE_HOUR,
    REASONS,
    REVIEWED,
    TOO_SHORT,
    VALID,
)
from aggregations.explain_noise import MovedPointTime, MovedResult
from aggregations.indicators import Facts, Indicator, MonitorDays
from aggregations.indicators.noise import PEAK, standards_of
from aggregations.noise import PartOfDay
from aggregations.periods import DAY
from aggregations.rounding import BoolArray, IntArray
from ingestor.config import Config
from ingestor.derivation.air_hours import REVIEW
from ingestor.derivation.noise import REASONS as STORED
from ingestor.derivation.noise_hours import WEATHER
from ingestor.derivation.spans import HOUR_S, HOURS, IMPLAUSIBLE, NEGATIVE
from ingestor.derivation.stale import by_station
from ingestor.explanation_hours import ExcludedHours, StationHours, counted, excluded_hours
from ingestor.store import Tables
from sensors import checks, flags, reviews
from sensors.register import ZoneClass

WHY: Final[dict[int, str]] = {
    **{code: REASONS[code] for code in (NO_READING, FLAGGED, NOT_COUNTED, NOT_ON_THE_HOUR, REVIEWED)},
    TOO_SHORT: "too few valid samples in the hour",
    WEATHER: "too many samples taken out by weather",
    NEGATIVE: checks.REASONS["negative"],
    IMPLAUSIBLE: checks.REASONS["range"],
}
"""Why an hour does not count, by its code."""
NO_PEAK: Final = "no largest level"
"""Why a night with enough valid hours has no verdict on its largest level."""
SUSPECT: Final = "flagged as suspect by the gateway"

_CODES: Final = {text: code for code, text in STORED.items()}


class MonitorPointTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Days or nights of one monitor: those due by zone class, and how many of them entered."""

    station: str
    name: str
    name_en: str
    part: PartOfDay | None
    zone_classes: dict[ZoneClass, int]
    valid: int
    expected: int


class ExcludedPointTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive days or nights of a monitor that did not enter, alike in what they lack: valid of needed hours.

    `why` counts their other hours by reason, of one day or night. Of collection rates, `part` is None and every hour
    of the day is told.
    """

    station: str
    part: PartOfDay | None
    first: dt.date
    last: dt.date
    zone_class: ZoneClass
    valid: int
    needed: int
    why: dict[str, int]


class NoiseBasis(msgspec.Struct, frozen=True, kw_only=True, tag_field="medium", tag="noise"):
    """What a figure of noise rests on; of manual surveys there are only results that moved it."""

    monitors: list[MonitorPointTimes]
    stations: list[StationHours]
    excluded_days: list[ExcludedPointTimes]
    excluded_hours: list[ExcludedHours]
    moved_most: list[MovedPointTime]
    moved_results: list[MovedResult]


def noise_basis(config: Config, store: Tables, indicator: Indicator, facts: Facts, *, most: int) -> NoiseBasis:
    """Return what a figure of noise rests on, from the hours and days that were derived last."""
    start = config.start_of(facts.period.first)
    monitors, stations, days, hours = [], [], [], []
    for monitor in [] if indicator.of_surveys else facts.monitors:
        station = monitor.station
        valid, due = explain_noise.valid_days(indicator, facts, monitor)
        if not due.any():
            continue
        codes, doubted = _hours(config, store, facts, monitor)
        index = _index(config, indicator, facts, monitor)
        classes = [explain_noise.class_of(monitor, i) for i in np.flatnonzero(due).tolist()]
        monitors.append(
            MonitorPointTimes(
                station=station.id,
                name=station.name,
                name_en=station.name_en,
                part=indicator.part,
                zone_classes={zone: classes.count(zone) for zone in dict.fromkeys(classes)},
                valid=int(valid.sum()),
                expected=len(classes),
            )
        )
        told = np.full(len(codes), VALID)
        told[index[due]] = codes[index[due]]
        suspect = {
            name: n
            for name, hours_of_it in doubted.items()
            if (n := int((hours_of_it[index[due]] & (codes[index[due]] == VALID)).sum()))
        }
        stations.append(
            StationHours(
                station=station.id,
                name=station.name,
                name_en=station.name_en,
                quantity="leq",
                hours=index[due].size,
                valid=int((codes[index[due]] == VALID).sum()),
                excluded=counted(told, WHY),
                suspect=suspect,
            )
        )
        days += _excluded(config, indicator, facts, monitor, due & ~valid, codes[index])
        hours += excluded_hours(config, station.id, "leq", start, told, WHY)
    return NoiseBasis(
        monitors=monitors,
        stations=stations,
        excluded_days=days,
        excluded_hours=hours,
        moved_most=explain_noise.moved_most(indicator, facts, most=most),
        moved_results=explain_noise.moved_results(indicator, facts, most=most),
    )


def _hours(config: Config, store: Tables, facts: Facts, monitor: MonitorDays) -> tuple[IntArray, dict[str, BoolArray]]:
    """Why each hour of the period and the day after does not count, and which hours are doubted, by what."""
    start = config.start_of(facts.period.first)
    n = (len(facts.period) + 1) * HOURS
    codes = np.full(n, NO_READING)
    for time, reason, _ in store.read(
        "noise_hour", monitor.station.id, start, start + n * HOUR_S, ["reason", "vdr"]
    ):  # fmt: skip
        codes[(time - start) // HOUR_S] = VALID if reason is None else _CODES[reason]
    doubted = np.zeros(n, dtype=np.bool_)
    for key in store.series("noise"):
        if (key.station, key.quantity) == (monitor.station.id, "leq"):
            raw = store.raw(key, start, start + n * HOUR_S)
            near = raw.flags == flags.SUSPECT
            doubted[(raw.times[near] - start) // HOUR_S] = True
    reviewed = by_station(store.reviews()).get(("noise", monitor.station.id), [])
    by_review = reviews.hours_with(reviewed, "leq", "flag", start=start, n_hours=n, whole=False)
    return codes, {SUSPECT: doubted, REVIEW: by_review}


def _index(config: Config, indicator: Indicator, facts: Facts, monitor: MonitorDays) -> IntArray:
    """Number of each hour of the part of each day, (n_days, n_hours_of_part); all hours without a part."""
    numbers = np.arange((len(facts.period) + 1) * HOURS, dtype=np.float64).reshape(-1, HOURS)
    if indicator.part is not None:
        limits, method = standards_of(facts)
        numbers = noise.part_of(numbers, indicator.part, config.noise_hours(monitor.station.city) or limits, method)
    return numbers[:-1].astype(np.int64)


def _excluded(
    config: Config, indicator: Indicator, facts: Facts, monitor: MonitorDays, out: BoolArray, codes: IntArray
) -> list[ExcludedPointTimes]:
    """Days or nights that did not enter, `codes` (n_days, n_hours) being those of their hours."""
    limits, method = standards_of(facts)
    needed = 1
    if indicator.part is not None:
        local = config.noise_hours(monitor.station.city)
        needed = noise.least_hours(indicator.part, limits=limits, method=method, hours=local)
    elif indicator.unit == "dB":  # Ldn is of a day and a night that are both valid
        local = config.noise_hours(monitor.station.city)
        parts: tuple[PartOfDay, ...] = ("day", "night")
        needed = sum(noise.least_hours(each, limits=limits, method=method, hours=local) for each in parts)
    found: list[ExcludedPointTimes] = []
    for i in np.flatnonzero(out).tolist():
        day = facts.period.first + i * DAY
        n_valid = int((codes[i] == VALID).sum())
        why = counted(codes[i], WHY)
        if indicator.name == PEAK and n_valid >= needed:
            why = {NO_PEAK: n_valid, **why}
        each = ExcludedPointTimes(
            station=monitor.station.id,
            part=indicator.part,
            first=day,
            last=day,
            zone_class=explain_noise.class_of(monitor, i),
            valid=n_valid,
            needed=needed,
            why=why,
        )
        last = found[-1] if found else None
        if last is not None and msgspec.structs.replace(last, first=day, last=day) == each and last.last + DAY == day:
            found[-1] = msgspec.structs.replace(last, last=day)
        else:
            found.append(each)
    return found
