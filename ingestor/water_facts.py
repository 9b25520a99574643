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
    members = scope.stations["water"]
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


def section_days(config: Config, store: Tables, station: Station, period: Period) -> SectionDays:
    """Return the days of a section over a period; items without any result are left out."""
    start, n = config.start_of(period.first), len(period)
    end = start + n * DAY_S
    means: dict[str, np.ndarray] = {}
    counts: dict[str, np.ndarray] = {}
    suspect: Counter[str] = Counter()
    columns = [*WATER_ITEMS, *(f"{item}_count" for item in WATER_ITEMS), "suspect"]
    for time, *row in store.read("water_day", station.id, start, end, columns):
        i = (time - start) // DAY_S
        for item, value, count in zip(WATER_ITEMS, row, row[len(WATER_ITEMS) : -1], strict=False):
            if count:
                if item not in means:
                    means[item], counts[item] = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
                means[item][i] = np.nan if value is None else value
                counts[item][i] = count
        suspect.update(_suspects(row[-1]))
    manual = []
    for time, *row in store.read("water_manual", station.id, start, end, [*WATER_ITEMS, "suspect"]):
        values = {item: value for item, value in zip(WATER_ITEMS, row, strict=False) if value is not None}
        manual.append(ManualSample((time - start) // DAY_S, values))
        suspect.update(_suspects(row[-1]))
    return SectionDays(
        station, means, counts, manual,
        targets=[CLASS_NAMES.index(config.target_class(station, day) or "-") for day in period.days()],
        suspect=dict(suspect),
        last_sample=_last_sample(config, store, station, end),
    )  # fmt: skip


def _last_sample(config: Config, store: Tables, station: Station, end: int) -> dt.date | None:
    """Day of the last sample of a body that has to be sampled, before a moment."""
    if station.patrol_days is None:
        return None
    # InfluxDB gives no row where the columns asked for are all empty.
    times = [time for time, *_ in store.read("water_manual", station.id, _FIRST_MOMENT, end, WATER_ITEMS)]
    return config.local_day(times[-1]) if times else None


def _suspects(text: str | None) -> dict[str, int]:
    """Numbers of suspect values by item, from the text of the column."""
    parts = (part.partition(" ") for part in text.split(",")) if text else ()
    return {item: int(n) for item, _, n in parts}
