"""Water: class of each reading, daily means of a section."""

import datetime as dt
from typing import Any

import numpy as np

from aggregations import water
from aggregations.rounding import FloatArray
from aggregations.standards import WaterLimits, WaterMethod
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import Span, by_edition, nullable, usable
from ingestor.schema import WATER_ITEMS
from ingestor.store import SeriesKey, Tables
from sensors.register import Station


def derive_station(config: Config, store: Tables, station: Station, series: list[SeriesKey]) -> Span:
    """Replace `water_reading` and `water_day` of a section; return the span of its days."""
    span, found = usable(config, store, station, series)
    moments = np.unique(np.concatenate([times for _, times, _ in found]))
    by_item: dict[str, FloatArray] = {}
    for key, times, values in found:
        grid = by_item.setdefault(key.quantity, np.full(len(moments), np.nan))
        grid[np.searchsorted(moments, times)] = values
    days = (moments - span.start) // DAY_S
    classes: list[int] = []
    columns: dict[str, list[Any]] = {}
    for cut, limits in by_edition(config, WaterLimits, span):
        inside = (days >= cut.start) & (days < cut.stop)
        method = config.standards.on(WaterMethod, span.first + dt.timedelta(days=cut.start))
        readings = {item: values[inside] for item, values in by_item.items()}
        classes += water.realtime_classes(readings, station.body, limits=limits, method=method).tolist()
        for item in WATER_ITEMS:
            values = readings.get(item, np.full(int(inside.sum()), np.nan))
            means, counts = water.day_means(
                values, days[inside] - cut.start, cut.stop - cut.start, item=item, min_results=method.day_min_results
            )
            columns.setdefault(item, []).extend(nullable(means))
            columns.setdefault(f"{item}_count", []).extend(counts.tolist())
    store.replace("water_reading", station.id, moments.tolist(), {"class": classes})
    store.replace("water_day", station.id, span.times(), columns)
    return span
