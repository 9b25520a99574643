"""From the derived days and manual samples of sections in the store to the facts that indicators are computed from."""

import datetime as dt
from collections import Counter

import numpy as np

from aggregations.indicators import Facts, ManualSample, SectionDays
from aggregations.periods import Period
from aggregations.standards import Mode
from aggregations.water import CLASS_NAMES
from ingestor.config import DAY_S, Config
from ingestor.schema import WATER_ITEMS
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.register import Station

_FIRST_MOMENT = 0


def water_facts(config: Config, store: Tables, scope: Scope, period: Period, *, mode: Mode) -> Facts:
    """Return the facts of water of a scope over a period."""
    registered = scope.stations["water"]
    members = [each for each in registered if counts_in(each, period)] or registered
    days = [section_days(config, store, station, period) for station in members]
    return Facts(
        scope=scope.text,
        period=period,
        standards=config.standards.under(mode),
        staged=any(config.staged(station.city) for station in members),
        mode=mode,
        sections=[each for each in days if each.station.body != "sea"],
        sea=[each for each in days if each.station.body == "sea"],
    )


def counts_in(station: Station, period: Period) -> bool:
    """Whether a station counts on any day of a period."""
    since, until = station.since, station.until
    return (since is None or since <= period.last) and (until is None or until > period.first)


def section_days(config: Config, store: Tables, station: Station, period: Period) -> SectionDays:
    """Return the days of a section over a period; items without any result are left out."""
    start, n = config.start_of(period.first), len(period)
    end = start + n * DAY_S
    counts: dict[str, np.ndarray] = {}
    suspect: Counter[str] = Counter()
    below: Counter[str] = Counter()
    suspect_days: dict[str, list[int]] = {}

    def doubt(i: int, text: str | None) -> None:
        for item, number in _counts(text).items() if text else ():
            suspect[item] += number
            suspect_days.setdefault(item, []).append(i)

    counted = [*(f"{item}_count" for item in WATER_ITEMS), "suspect", "below"]
    rows = list(store.read("water_day", station.id, start, end, counted))
    at = [(time - start) // DAY_S for time, *_ in rows]
    for item, results in zip(WATER_ITEMS, list(zip(*rows, strict=True))[1:], strict=False):
        if any(results):
            counts[item] = np.zeros(n, dtype=np.int64)
            counts[item][at] = [count or 0 for count in results]
    for i, (*_, doubted, beneath_of_day) in zip(at, rows, strict=True):
        doubt(i, doubted)
        if beneath_of_day:
            below.update(_counts(beneath_of_day))
    # A second read: of most items a section has nothing.
    means = {item: np.full(n, np.nan) for item in counts}
    rows = list(store.read("water_day", station.id, start, end, [*means])) if means else []
    at = [(time - start) // DAY_S for time, *_ in rows]
    for item, column in zip(means, list(zip(*rows, strict=True))[1:], strict=False):
        means[item][at] = np.array(column, dtype=np.float64)
        means[item][counts[item] == 0] = np.nan
    manual = []
    columns = [*WATER_ITEMS, *(f"{item}_below" for item in WATER_ITEMS), "suspect"]
    for time, *row in store.read("water_manual", station.id, start, end, columns):
        i = (time - start) // DAY_S
        values = {item: value for item, value in zip(WATER_ITEMS, row, strict=False) if value is not None}
        beneath = [item for item, flag in zip(WATER_ITEMS, row[len(WATER_ITEMS) : -1], strict=True) if flag]
        manual.append(ManualSample(i, values, tuple(beneath)))
        below.update(beneath)
        doubt(i, row[-1])
    return SectionDays(
        station, means, counts, manual,
        targets=[CLASS_NAMES.index(config.target_class(station, day) or "-") for day in period.days()],
        suspect=dict(suspect),
        suspect_days={item: sorted(set(days)) for item, days in suspect_days.items()},
        below=dict(below),
        last_sample=_last_sample(config, store, station, end),
    )  # fmt: skip


def _last_sample(config: Config, store: Tables, station: Station, end: int) -> dt.date | None:
    """Day of the last sample of a body that has to be sampled, before a moment."""
    if station.patrol_days is None:
        return None
    # InfluxDB gives no row where the columns asked for are all empty.
    times = [time for time, *_ in store.read("water_manual", station.id, _FIRST_MOMENT, end, WATER_ITEMS)]
    return config.local_day(times[-1]) if times else None


def _counts(text: str | None) -> dict[str, int]:
    """Numbers by item, from the text of a column such as `tp 2,nh3n 1`."""
    parts = (part.partition(" ") for part in text.split(",")) if text else ()
    return {item: int(n) for item, _, n in parts}
