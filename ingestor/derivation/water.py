"""Water: class of each reading, daily means of a section."""

from typing import Any

import numpy as np

from aggregations import water
from aggregations.rounding import FloatArray
from aggregations.standards import WaterLimits, WaterMethod
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import Found, Rows, Span, by_edition, nullable, part_of
from ingestor.schema import WATER_ITEMS
from sensors.register import Station


def derive_station(config: Config, station: Station, span: Span, found: Found) -> list[Rows]:
    """Return `water_reading` and `water_day` of a section; `span` and `found` as `spans.usable` gives them."""
    moments = np.unique(np.concatenate([times for _, times, _, _ in found]))
    by_item: dict[str, FloatArray] = {}
    for key, times, values, _ in found:
        grid = by_item.setdefault(key.quantity, np.full(len(moments), np.nan))
        present = np.isfinite(values)
        grid[np.searchsorted(moments, times[present])] = values[present]
    days = (moments - span.start) // DAY_S
    classes: list[int] = []
    columns: dict[str, list[Any]] = {}
    for cut, limits in by_edition(config, WaterLimits, span):
        for inner, method in by_edition(config, WaterMethod, part_of(span, cut)):
            first, end = cut.start + inner.start, cut.start + inner.stop
            inside = (days >= first) & (days < end)
            readings = {item: values[inside] for item, values in by_item.items()}
            classes += water.realtime_classes(readings, station.body, limits=limits, method=method).tolist()
            for item in WATER_ITEMS:
                values = readings.get(item, np.full(int(inside.sum()), np.nan))
                means, counts = water.day_means(
                    values, days[inside] - first, end - first, item=item, min_results=method.day_min_results
                )
                columns.setdefault(item, []).extend(nullable(means))
                columns.setdefault(f"{item}_count", []).extend(counts.tolist())
    return [
        Rows("water_reading", station.id, moments.tolist(), {"class": classes}),
        Rows("water_day", station.id, span.times(), columns),
    ]
