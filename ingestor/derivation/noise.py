"""Noise: hours, day and night levels of a monitor."""

from typing import Any, Final

import numpy as np

from aggregations import noise
from aggregations.standards import NoiseLimits, NoiseMethod
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S, Found, Rows, Span, by_edition, energy_hour_means, nullable, part_of
from sensors.register import Station

PARTS: Final[tuple[tuple[noise.PartOfDay, str, str], ...]] = (
    ("day", "ld", "day_attains"),
    ("night", "ln", "night_attains"),
)
"""Part of the day, and the columns of its level and of its verdict."""


def derive_station(config: Config, station: Station, span: Span, found: Found) -> list[Rows]:
    """Return `noise_hour` and `noise_day` of a monitor; `span` and `found` as `spans.usable` gives them."""
    assert station.zone_class is not None
    method_at_first = config.standards.on(NoiseMethod, span.first)
    hours = energy_hour_means(found, span, min_share=float(method_at_first.hour_min_share))
    levels = hours["leq"]
    valid = np.isfinite(levels)
    columns: dict[str, list[Any]] = {}
    for cut, limits in by_edition(config, NoiseLimits, span):
        for inner, method in by_edition(config, NoiseMethod, part_of(span, cut)):
            days = slice(cut.start + inner.start, cut.start + inner.stop)
            for part, level_name, attains_name in PARTS:
                means, n_hours = noise.part_levels(levels[days], valid[days], part, limits=limits, method=method)
                verdicts = noise.attains(means, station.zone_class, part, limits=limits, method=method)
                columns.setdefault(level_name, []).extend(nullable(means))
                columns.setdefault(f"{level_name}_hours", []).extend(n_hours.tolist())
                columns.setdefault(attains_name, []).extend(None if v is None else int(v) for v in verdicts)
    flat = levels.ravel()
    present = np.isfinite(flat).nonzero()[0]
    hour_times = (span.start + present * HOUR_S).tolist()
    return [
        Rows("noise_hour", station.id, hour_times, {"leq": flat[present].tolist()}),
        Rows("noise_day", station.id, span.times(), columns),
    ]
