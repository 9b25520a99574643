"""Stations that are silent, or whose readings come late, now: what the checks of every 30 s look for."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from ingestor.config import DAY_S, Config
from ingestor.jobs.ledger import JobLedger
from ingestor.store import Store
from ingestor.store.arrivals import day_of
from ingestor.store.runs import StationState
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

log = logging.getLogger(__name__)

BACK_S: Final = 400 * DAY_S
"""How far back the last reading of a station is looked for."""
LOOKED_AT_S: Final[dict[Medium, tuple[int, ...]]] = {
    "air": (DAY_S, 8 * DAY_S),
    "water": (2 * DAY_S, 60 * DAY_S),
    "noise": (3600, 8 * DAY_S),
}
"""Stretches before the last reading in which the interval is looked for, the next one where the first has too few."""
TOLD: Final = 20
LEARN_EVERY_S: Final = 3600.0

NEVER: Final = 0.0
"""Since when a station is silent that never sent anything."""


class Silence:
    """Looks for silent and late stations; intervals are learnt from the readings, and anew after an hour."""

    def __init__(self) -> None:
        self._intervals: dict[tuple[Medium, str], int | None] = {}
        self._learnt_at = -LEARN_EVERY_S

    def look(self, config: Config, store: Store, ledger: JobLedger, *, alive: Callable[[], None]) -> str:
        """Keep which stations are silent or late, log what has changed, and return the counts in words.

        Raises
        ------
        StoreError
            If store or ledger cannot be used.
        """
        now, ticks = ledger.clock.now(), ledger.clock.ticks()
        if not 0 <= ticks - self._learnt_at < LEARN_EVERY_S:
            self._intervals, self._learnt_at = {}, ticks
        found: list[StationState] = []
        looked_at = 0
        for medium in MEDIA:
            expected = [s for s in config.register.of(medium) if s.expected_on(config.local_day(int(now)))]
            ends = store.extents(medium, [s.id for s in expected], int(now) - BACK_S, int(now) + DAY_S)
            looked_at += len(expected)
            for station in expected:
                alive()
                last = ends.get(station.id)
                state = self._state(config, store, ledger, station, None if last is None else last[1], now)
                found += [state] if state is not None else []
        before = ledger.station_states()
        known = {(each.medium, each.station): each for each in before if each.state == "late"}
        found = [  # one that goes on being late is late since it was first found so
            known.get((each.medium, each.station), each) if each.state == "late" else each for each in found
        ]
        _tell(before, found)
        if found != before:
            ledger.set_station_states(found)
        silent = sum(s.state == "silent" for s in found)
        return f"{silent} silent, {len(found) - silent} late, of {looked_at} stations"

    def _state(
        self, config: Config, store: Store, ledger: JobLedger, station: Station, last: int | None, now: float
    ) -> StationState | None:
        jobs = config.settings.jobs
        if last is None:
            return None if station.medium == "water" else StationState(station.medium, station.id, "silent", NEVER)
        key = (station.medium, station.id)
        if key not in self._intervals:
            self._intervals[key] = interval_of(store, station, last)
        interval_s = self._intervals[key]
        if interval_s is None:
            return None
        if is_silent(last, interval_s, now, after=jobs.silent_after):
            return StationState(station.medium, station.id, "silent", float(last + interval_s))
        arrived = ledger.arrived_at(station.medium, station.id, day_of(last))
        if arrived is not None and arrived - (last + interval_s) > 60 * jobs.late_after_min:
            return StationState(station.medium, station.id, "late", now)
        return None


def is_silent(last: int, interval_s: int, now: float, *, after: int) -> bool:
    """Whether a station whose last reading began at `last` has missed more than `after` readings. [s]"""
    return now - (last + interval_s) > after * interval_s


def interval_of(store: Store, station: Station, last: int) -> int | None:
    """Return the interval at which a station has sent readings up to its last one; None where it has no automatic ones.

    It is the commonest step between the times of its readings, all quantities together; with one reading alone its
    period. [s]
    """
    longest = None
    for back_s in LOOKED_AT_S[station.medium]:
        raw = store.raw_of(station.medium, [station.id], last - back_s, last + 1)
        automatic = {key: series for key, series in raw.items() if key.period_s > 0}
        if automatic:
            step = modal_step(np.unique(np.concatenate([series.times for series in automatic.values()])))
            if step is not None:
                return step
            longest = max(key.period_s for key in automatic)
    return longest


def modal_step(times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int | None:
    """Return the commonest step between ascending times, the shortest of several; None of fewer than two. [s]"""
    if len(times) < 2:
        return None
    between = np.diff(times)
    few = sorted(between[:: 1 + len(between) // 9].tolist())
    some: int = few[len(few) // 2]
    if 2 * int((between == some).sum()) > len(between):  # that of more than half of them; faster than counting each
        return some
    steps, counts = np.unique(between, return_counts=True)
    return int(steps[np.argmax(counts)])


def _tell(before: Iterable[StationState], now: Iterable[StationState]) -> None:
    """Log what has changed, each once; of very many changes the first ones and how many more."""
    was = {(s.medium, s.station): s.state for s in before}
    is_ = {(s.medium, s.station): s.state for s in now}
    changed = [key for key in sorted(was.keys() | is_.keys()) if was.get(key) != is_.get(key)]
    for medium, station in changed[:TOLD]:
        state = is_.get((medium, station))
        if state is None:
            log.info("station %s %s: sends again in time", medium, station)
        else:
            log.warning("station %s %s: %s", medium, station, state)
    if len(changed) > TOLD:
        log.warning("and %d more stations that changed; see `qingjing gaps`", len(changed) - TOLD)
