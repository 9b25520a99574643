"""Noise: hours, day and night levels of a monitor."""

import datetime as dt
from typing import Any, Final

import numpy as np

from aggregations import noise
from aggregations.standards import NoiseLimits, NoiseMethod
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S, Span, by_edition, hour_means, nullable, usable
from ingestor.store import SeriesKey, Tables
from sensors.register import Station

PARTS: Final[tuple[tuple[noise.PartOfDay, str, str], ...]] = (
    ("day", "ld", "day_attains"),
    ("night", "ln", "night_attains"),
)
"""Part of the day, and the columns of its level and of its verdict."""


def derive_station(config: Config, store: Tables, station: Station, series: list[SeriesKey]) -> Span:
    """Replace `noise_hour` and `noise_day` of a monitor; return the span of its days."""
    assert station.zone_class is not None
    span, found = usable(config, store, station, series)
    method_at_first = config.standards.on(NoiseMethod, span.first)
    hours = hour_means(found, span, min_share=float(method_at_first.hour_min_share), energy=True)
    levels = hours["leq"]
    valid = np.isfinite(levels)
    columns: dict[str, list[Any]] = {}
    for cut, limits in by_edition(config, NoiseLimits, span):
        method = config.standards.on(NoiseMethod, span.first + dt.timedelta(days=cut.start))
        for part, level_name, attains_name in PARTS:
            means, n_hours = noise.part_levels(levels[cut], valid[cut], part, limits=limits, method=method)
            verdicts = noise.attains(means, station.zone_class, part, limits=limits, method=method)
            columns.setdefault(level_name, []).extend(nullable(means))
            columns.setdefault(f"{level_name}_hours", []).extend(n_hours.tolist())
            columns.setdefault(attains_name, []).extend(None if v is None else int(v) for v in verdicts)
    flat = levels.ravel()
    present = np.isfinite(flat).nonzero()[0]
    store.replace("noise_hour", station.id, (span.start + present * HOUR_S).tolist(), {"leq": flat[present].tolist()})
    store.replace("noise_day", station.id, span.times(), columns)
    return span
