"""Completeness: expected against received values of each station and quantity, gaps, data capture, silence, lateness.

How often a station reports is learnt from its readings: the commonest step of a series. An expected value is one of
that step whose interval lies wholly in the period, in the days on which the station counts, and before the moment asked
for. Values of several averaging periods are one quantity: those of the one that covers most say the step, the others
fill its gaps. Manual samples are expected at no interval and are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from aggregations.periods import Period
from ingestor.config import DAY_S, Config
from ingestor.derivation.archived import known_extents, of_period, of_stations, span_of_month
from ingestor.derivation.spans import IMPLAUSIBLE, Span, usable
from ingestor.derivation.stale import by_station
from ingestor.silence import is_silent, modal_step
from ingestor.store import EVER, SeriesKey, Store
from ingestor.store.archives import Archived
from ingestor.store.arrivals import day_of, moments_of
from ingestor.unit_mistakes import history_days, of_implausible
from sensors.quantities import MEDIA, Medium
from sensors.register import Station
from sensors.reviews import Review

DAYS_SHIFTED: Final = 2
"""Days that must all come late by the offset from UTC before the zone is named."""
STATIONS_AT_ONCE: Final[dict[Medium, int]] = {"air": 10, "water": 10, "noise": 2}
"""Stations that are read at once, so that memory stays bounded."""
DEFAULT_INTERVAL_S: Final = 3600
"""Interval of a quantity that should be measured and never was, at a station that never sent any other."""

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Gap(msgspec.Struct, frozen=True):
    """An interval without values, from the first that is missing to the next that is there; UTC since 1970. [s]"""

    start: int
    end: int
    missing: int


class Capture(msgspec.Struct, frozen=True):
    """How much of a quantity came: valid values are those that may enter statistics, flags and ranges considered.

    `other_unit` counts those that are not for lying outside the plausible range by a probable unit mistake.
    """

    medium: Medium
    station: str
    quantity: str
    interval_s: int
    expected: int
    received: int
    valid: int
    gaps: list[Gap]
    other_unit: int = 0

    @property
    def percent(self) -> float:
        """Data capture, valid of expected values; 100 where none is expected. [%]"""
        return 100.0 * self.valid / self.expected if self.expected else 100.0


class Silent(msgspec.Struct, frozen=True):
    """A station that was silent at the moment asked for; `last` is the end of its last interval, None without any."""

    medium: Medium
    station: str
    interval_s: int
    last: int | None


class Late(msgspec.Struct, frozen=True):
    """A station of which readings came late: of how many of the days with readings, and the longest delay. [s]

    A day counts with what came last for it; days are those of Beijing time. `shifted_s` is the city's offset from UTC
    where every one of two days or more came late by that much: its zone is probably taken wrongly. [s]
    """

    medium: Medium
    station: str
    days_late: int
    days: int
    longest_s: float
    shifted_s: int | None = None


class Completeness(msgspec.Struct, frozen=True):
    """What a period holds, up to a moment. Nothing is expected in months whose readings are `archived`."""

    period: str
    as_of: float
    captures: list[Capture]
    silent: list[Silent]
    late: list[Late]
    archived: list[Archived] = []


class Sent(NamedTuple):
    """Values of a quantity of one averaging period: when, which of them are valid, how many are of another unit."""

    period_s: int
    times: Times
    valid: Mask
    other_unit: int = 0


def completeness(
    config: Config,
    store: Store,
    stations: Sequence[Station],
    period: Period,
    *,
    as_of: float,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Completeness:
    """Return what came from some stations in a period; `progress` gets how many stations are done, and of how many.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    start = config.start_of(period.first)
    end = min(config.start_of(period.last) + DAY_S, int(as_of))
    gone = of_period(config, store.archived(), period)
    found = Completeness(str(period), as_of, [], [], [], gone_of(gone, stations))
    done = 0
    reviews = by_station(store.reviews())
    for medium in MEDIA:
        of_medium = [station for station in stations if station.medium == medium]
        if not of_medium:
            continue
        known: dict[str, list[SeriesKey]] = {}
        for key in store.series(medium):
            if key.period_s > 0:
                known.setdefault(key.station, []).append(key)
        ends = known_extents(store, medium, [s.id for s in of_medium], EVER[0], int(as_of))
        found.late.extend(_late(config, store, of_medium, ends, start, end))
        for first in range(0, len(of_medium), STATIONS_AT_ONCE[medium]):
            some = of_medium[first : first + STATIONS_AT_ONCE[medium]]
            sent = _sent(config, store, some, reviews, start, end) if end > start else {}
            for station in some:
                months = [span_of_month(config, each.month) for each in of_stations(gone, medium, [station.id])]
                captures = list(
                    _captures(config, station, known.get(station.id, []), sent.get(station.id, {}), months, start, end)
                )
                found.captures.extend(captures)
                last = ends[station.id][1] if station.id in ends else None
                found.silent.extend(_silent(config, station, captures, last, as_of))
            done += len(some)
            progress(done, len(stations))
    return found


def gone_of(gone: Sequence[Archived], stations: Sequence[Station]) -> list[Archived]:
    """Return the archives with readings of some stations."""
    ids = {(station.medium, station.id) for station in stations}
    return [each for each in gone if any((each.medium, id_) in ids for id_ in each.stations)]


def _sent(
    config: Config,
    store: Store,
    stations: Sequence[Station],
    reviews: Mapping[tuple[str, str], list[Review]],
    start: int,
    end: int,
) -> dict[str, dict[str, list[Sent]]]:
    """Return by station and quantity what automatic instruments sent.

    Good values in the plausible range are valid without being looked at, but at stations with reviews or calibrations.
    """
    medium = stations[0].medium
    judged = [s.id for s in stations if (medium, s.id) in reviews or config.calibrations.of(medium, s.id)]
    raw = store.raw_of(medium, judged, start, end) if judged else {}
    plain = [station.id for station in stations if station.id not in judged]
    quantities = config.quantities.of(medium)
    ranges = {name: (float(each.minimum), float(each.maximum)) for name, each in quantities.items()}
    received = store.received_of(medium, plain, start, end, ranges) if plain else {}
    found: dict[str, dict[str, list[Sent]]] = {}
    for station in stations:
        since, until = _bounds(config, station, start, end)
        of_it = found.setdefault(station.id, {})
        of_station = reviews.get((medium, station.id), [])
        for key, times, values, why in usable(config, station, raw, of_station):
            if key.period_s > 0:
                slips = _other_unit(config, store, station, key, why, of_station, start, end)
                of_it.setdefault(key.quantity, []).append(Sent(key.period_s, times, np.isfinite(values), slips))
        doubtful = {key: each.doubtful for key, each in received.items() if key.station == station.id}
        for key, times, values, why in usable(config, station, doubtful):
            if key.period_s > 0:
                every = received[key].times
                valid = (every >= since) & (every < until)
                valid[np.searchsorted(every, times[np.isnan(values)])] = False
                slips = _other_unit(config, store, station, key, why, [], start, end)
                of_it.setdefault(key.quantity, []).append(Sent(key.period_s, every, valid, slips))
    return found


def _other_unit(
    config: Config, store: Store, station: Station, key: SeriesKey, why: Times, reviews: list[Review],
    start: int, end: int,
) -> int:  # fmt: skip
    """How many implausible values of a series are probably of another unit; the history is read only where there are
    any."""
    if not (why == IMPLAUSIBLE).any():
        return 0
    back, ahead = history_days(config, key.medium)
    raw = store.raw(key, start - back * DAY_S, end + ahead * DAY_S)
    ((_, times, _, reasons),) = usable(config, station, {key: raw}, reviews)
    return int((of_implausible(config, key, raw, reasons) & (times >= start) & (times < end)).sum())


def _bounds(config: Config, station: Station, start: int, end: int) -> tuple[int, int]:
    """Return the part of some time in which a station counts."""
    since = config.start_of(station.since) if station.since else start
    until = config.start_of(station.until) if station.until else end
    return max(start, since), min(end, until)


def _captures(
    config: Config,
    station: Station,
    known: Sequence[SeriesKey],
    sent: Mapping[str, Sequence[Sent]],
    archived: Sequence[Span],
    start: int,
    end: int,
) -> Iterator[Capture]:
    """Yield what came of each quantity that is expected of a station; nothing is in months that are archived."""
    start, end = _bounds(config, station, start, end)
    steps = [step for each in sent.values() for one in each if (step := modal_step(one.times)) is not None]
    usual = min(steps, default=min((key.period_s for key in known), default=DEFAULT_INTERVAL_S))
    for quantity in _expected(config, station, known):
        of_it = sent.get(quantity, [])
        interval_s, phase = _rhythm(of_it, fallback_s=usual, midnight=start % DAY_S)
        covered, valid = slots(of_it, interval_s=interval_s, phase=phase, start=start, end=end)
        first = _label(start, interval_s, phase)
        times = first + interval_s * np.arange(len(covered), dtype=np.int64)
        here = np.ones(len(covered), dtype=np.bool_)
        for month in archived:
            here &= (times < month.start) | (times >= month.end)
        yield Capture(
            station.medium, station.id, quantity, interval_s,
            int(here.sum()), int((covered & here).sum()), int((valid & here).sum()),
            list(gaps_of(covered | ~here, interval_s=interval_s, first=first)), sum(each.other_unit for each in of_it),
        )  # fmt: skip


def _expected(config: Config, station: Station, known: Sequence[SeriesKey]) -> list[str]:
    """Return the quantities that a station should send: those it ever sent, of air all that it measures by plan."""
    ever = {key.quantity for key in known}
    wanted = set(config.quantities.air) if station.medium == "air" else ever
    return [
        quantity
        for quantity in config.quantities.of(station.medium)
        if quantity in wanted | ever and quantity not in station.not_monitored
    ]


def _rhythm(sent: Sequence[Sent], *, fallback_s: int, midnight: int) -> tuple[int, int]:
    """Return interval and phase of a quantity: of the averaging period that covers most. [s]"""
    best = max(sent, key=lambda each: len(each.times) * (modal_step(each.times) or each.period_s), default=None)
    if best is None or not len(best.times):
        return fallback_s, midnight % fallback_s
    interval_s = modal_step(best.times) or best.period_s
    of_each = best.times % interval_s
    if (of_each == of_each[0]).all():
        return interval_s, int(of_each[0])
    phases, counts = np.unique(of_each, return_counts=True)
    return interval_s, int(phases[np.argmax(counts)])


def _label(moment: int, interval_s: int, phase: int) -> int:
    """Return the first moment of a rhythm that is not before another."""
    return moment + (phase - moment) % interval_s


def slots(sent: Sequence[Sent], *, interval_s: int, phase: int, start: int, end: int) -> tuple[Mask, Mask]:
    """Return which of the expected values came, and which of them are valid.

    Expected are intervals with start <= beginning and end of interval <= end. A value belongs to the interval whose
    beginning is nearest; one of a series that comes more often to the one it lies in, one of a longer averaging period
    to all those it covers.

    Returns
    -------
    (n,) bool, (n,) bool
    """
    first = _label(start, interval_s, phase)
    n = max(0, (end - first) // interval_s)
    covered, valid = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for each in sent:
        step = min(modal_step(each.times) or each.period_s, interval_s)
        at = (each.times - first + step // 2) // interval_s
        for further in range(max(1, round(each.period_s / interval_s))):
            inside = (at + further >= 0) & (at + further < n)
            covered[(at + further)[inside]] = True
            valid[(at + further)[inside & each.valid]] = True
    return covered, valid


def gaps_of(covered: Mask, *, interval_s: int, first: int) -> Iterator[Gap]:
    """Yield the runs of intervals without a value, in the order of time; the first interval begins at `first`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], covered, [True])).astype(np.int8)))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Gap(first + begin * interval_s, first + end * interval_s, end - begin)


def _silent(
    config: Config, station: Station, captures: Sequence[Capture], last: int | None, as_of: float
) -> Iterator[Silent]:
    """Yield the station where it was silent at a moment on whose day it counts; manual sections never are."""
    if not station.expected_on(config.local_day(int(as_of))) or (station.medium == "water" and not captures):
        return
    interval_s = min((each.interval_s for each in captures), default=DEFAULT_INTERVAL_S)
    if last is None or is_silent(last, interval_s, as_of, after=config.settings.jobs.silent_after):
        yield Silent(station.medium, station.id, interval_s, None if last is None else last + interval_s)


def _late(
    config: Config, store: Store, stations: Sequence[Station], ends: dict[str, tuple[int, int]], start: int, end: int
) -> Iterator[Late]:
    """Yield the stations of which what came last for a day came long after the day, or after its last reading."""
    if not stations or end <= start:
        return
    limit_s = 60 * config.settings.jobs.late_after_min
    arrivals = store.arrivals_of(stations[0].medium, day_of(start), day_of(end - 1))
    for station in stations:
        of_it = arrivals.get(station.id)
        if not of_it or station.id not in ends:
            continue
        delays = [at - min(moments_of(day)[1], ends[station.id][1]) for day, at in of_it]
        late = [delay for delay in delays if delay > limit_s]
        if late:
            shifted_s = _shift(delays, abs(config.offset_s), limit_s)
            yield Late(station.medium, station.id, len(late), len(of_it), max(late), shifted_s)


def _shift(delays: Sequence[float], offset_s: int, limit_s: int) -> int | None:
    """Return the offset from UTC where each of several days came later by it, and by the limit more at most. [s]"""
    if len(delays) < DAYS_SHIFTED or offset_s <= limit_s:
        return None
    return offset_s if all(0 <= delay - offset_s <= limit_s for delay in delays) else None


def longest_gaps(found: Completeness, *, at_least_s: int) -> list[tuple[Capture, Gap]]:
    """Return gaps of at least a length, the longest first, and of the same length in the order of the captures. [s]"""
    every = [(each, gap) for each in found.captures for gap in each.gaps if gap.end - gap.start >= at_least_s]
    return sorted(every, key=lambda item: item[1].start - item[1].end)
