"""Hours of a file that the store holds 8 hours away: a zone that was taken wrongly.

A logger or an export that writes UTC where local time is meant, or the other way round, moves whole days by the
city's offset from UTC. Where the store holds the same station already, equal values tell: at most of the hours the
file says what the store has that much earlier or later, and not what it has at the same time.
"""

from typing import Final, Protocol

import numpy as np

from ingestor.backfill.parts import Floats, Longs
from ingestor.store.ports import Block, RawSeries, SeriesKey
from sensors import flags

HOUR_S: Final = 3600
MEDIA: Final = ("air", "noise")
FEWEST: Final = 96
"""Hours that must be there at both places, of one quantity or several together, before anything is said."""
ALIKE: Final = 0.9
"""Share of them that must be equal at the other time."""
AT_ITS_TIME: Final = 0.5
"""Share above which the values at the same time are equal, too: then nothing was shifted."""
WINDOW_S: Final = 30 * 86_400
WINDOWS: Final = 4
"""So many windows, spread over the file's time, are compared: enough to tell, whatever the file's length."""


class Raw(Protocol):
    """Of a store, what is needed here."""

    def raw_of(self, medium: str, stations: list[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """See `Tables.raw_of`."""

    def extents(self, medium: str, stations: list[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """See `Tables.extents`."""


def shift_of(block: Block, store: Raw, shift_s: int) -> int | None:
    """Return by how much a block's hours lie after what the store holds, +shift_s or -shift_s; None where not. [s]"""
    if block.period_s != HOUR_S or block.medium not in MEDIA or shift_s == 0 or not len(block.times):
        return None
    around = (int(block.times[0]) - abs(shift_s), int(block.times[-1]) + abs(shift_s) + 1)
    held = store.extents(block.medium, [block.station], *around).get(block.station)
    if held is None:
        return None
    first, last = max(held[0], around[0]), min(held[1] + 1, around[1])
    equal = {0: 0, shift_s: 0, -shift_s: 0}
    compared = dict.fromkeys(equal, 0)
    starts = [first] if last - first <= WINDOW_S * WINDOWS else np.linspace(first, last - WINDOW_S, WINDOWS).tolist()
    length = last - first if len(starts) == 1 else WINDOW_S
    for start in map(int, starts):
        for key, series in store.raw_of(block.medium, [block.station], start, start + length).items():
            if key.period_s != HOUR_S or key.quantity not in block.columns:
                continue
            values, codes = block.columns[key.quantity]
            there = np.isin(codes, flags.USABLE)
            mine = (block.times[there], values[there])
            for shift in equal:
                alike, both = _alike(mine[0] - shift, mine[1], series)
                equal[shift] += alike
                compared[shift] += both
    if compared[0] and equal[0] / compared[0] > AT_ITS_TIME:
        return None
    for shift in (shift_s, -shift_s):
        if compared[shift] >= FEWEST and equal[shift] >= ALIKE * compared[shift]:
            return shift
    return None


def _alike(times: Longs, values: Floats, series: RawSeries) -> tuple[int, int]:
    _, mine, theirs = np.intersect1d(times, series.times, assume_unique=True, return_indices=True)
    a, b = values[mine], series.values[theirs]
    both = np.isfinite(a) & np.isfinite(b)
    return int((np.abs(a[both] - b[both]) <= 1e-6).sum()), int(both.sum())
