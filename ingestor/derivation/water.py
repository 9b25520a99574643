"""Water: class of each automatic reading, daily means of a section, its manual samples."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from aggregations import water
from aggregations.rounding import BoolArray, FloatArray, IntArray
from aggregations.standards import WaterLimits, WaterMethod
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import BELOW, MANUAL_S, Found, Rows, Span, by_edition, nullable
from ingestor.schema import WATER_CIRCUMSTANCES, WATER_ITEMS
from sensors.register import Station
from sensors.unit_mistakes import unit_slips

Grid = dict[str, tuple[FloatArray, BoolArray, BoolArray]]
"""Of each item, at all moments: values, which of them lie below the detection limit, which are suspect."""
BELOW_LIMIT: Final = 1
SUSPECT: Final = 2
"""Where those stand in a `Grid`."""


def derive_station(config: Config, station: Station, span: Span, found: Found) -> list[Rows]:
    """Return `water_reading`, `water_day` and `water_manual` of a section on some days; `found` as of `usable`."""
    automatic = [each for each in found if each[0].period_s != MANUAL_S]
    manual = [each for each in found if each[0].period_s == MANUAL_S]
    moments, grid = _grid(config, span, automatic)
    days = (moments - span.start) // DAY_S
    classes: list[int] = []
    columns: dict[str, list[Any]] = {}
    for cut, limits in by_edition(config, WaterLimits, span):
        for inner, method in by_edition(config, WaterMethod, span.part(cut.start, cut.stop - cut.start)):
            first, end = cut.start + inner.start, cut.start + inner.stop
            inside = (days >= first) & (days < end)
            readings = {item: values[inside] for item, (values, _, _) in grid.items()}
            classes += water.realtime_classes(readings, station.body, limits=limits, method=method).tolist()
            for item in WATER_ITEMS:
                values = readings.get(item, np.full(int(inside.sum()), np.nan))
                means, counts = water.day_means(
                    values, days[inside] - first, end - first, item=item, min_results=method.day_min_results
                )
                columns.setdefault(item, []).extend(nullable(means))
                columns.setdefault(f"{item}_count", []).extend(counts.tolist())
    columns["suspect"] = _told(grid, SUSPECT, days, span.n)
    columns["below"] = _told(grid, BELOW_LIMIT, days, span.n)
    return [
        Rows("water_reading", station.id, moments.tolist(), {"class": classes}),
        Rows("water_day", station.id, span.times(), columns),
        _manual_rows(station, *_grid(config, span, manual)),
    ]


def _grid(config: Config, span: Span, found: Found) -> tuple[IntArray, Grid]:
    """Moments of some series, and their items at all of these; results below the detection limit as half of it."""
    moments = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(times for _, times, _, _ in found)]))
    grid: Grid = {}
    for key, times, values, reasons in found:
        if key.quantity not in grid:
            n = len(moments)
            grid[key.quantity] = (np.full(n, np.nan), np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_))
        there = np.isfinite(values)
        at = np.searchsorted(moments, times[there])
        grid[key.quantity][0][at] = values[there]
        grid[key.quantity][1][at] = reasons[there] == BELOW
    days = (moments - span.start) // DAY_S
    unit = config.checks.unit
    for values, below, suspect in grid.values():
        if unit and unit.water:
            ratio = float(unit.water.ratio)
            suspect |= unit_slips(moments, values, ratio=ratio, days=unit.days, least=unit.water.least) & ~below
        for cut, method in by_edition(config, WaterMethod, span):
            of_it = below & (days >= cut.start) & (days < cut.stop)
            if of_it.any():
                values[of_it] = water.half_detection_limit(values[of_it], of_it[of_it], values[of_it], method=method)
    return moments, grid


def _told(grid: Grid, kind: int, rows: IntArray, n: int) -> list[str | None]:
    """Values of one kind in each of `n` rows, as text; None where there are none."""
    found: dict[int, list[str]] = {}
    for item, of_item in grid.items():
        if of_item[kind].any():
            counts = np.bincount(rows[of_item[kind] != 0], minlength=n)
            for row in np.flatnonzero(counts).tolist():
                found.setdefault(row, []).append(f"{item} {counts[row]}")
    return [",".join(found[row]) if row in found else None for row in range(n)]


def _manual_rows(station: Station, moments: IntArray, grid: Grid) -> Rows:
    n = len(moments)
    columns: dict[str, list[Any]] = {}
    for item in WATER_ITEMS:
        values, below, _ = grid.get(item, (np.full(n, np.nan), np.zeros(n), np.zeros(n)))
        columns[item] = nullable(values)
        columns[f"{item}_below"] = _where_there(values, below.tolist())
    columns["suspect"] = _told(grid, SUSPECT, np.arange(n), n)
    # A sample none of whose results count is no sample.
    results = [item for item in WATER_ITEMS if item not in WATER_CIRCUMSTANCES]
    kept = [i for i in range(n) if any(columns[item][i] is not None for item in results)]
    return Rows(
        "water_manual", station.id, moments[kept].tolist(), {k: [v[i] for i in kept] for k, v in columns.items()}
    )


def _where_there(values: FloatArray, flags: Iterable[object]) -> list[int | None]:
    return [int(bool(flag)) if there else None for flag, there in zip(flags, np.isfinite(values), strict=True)]
