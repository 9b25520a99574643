"""From the columns of a file to parts: moments, stations, values with flags."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ingestor.backfill.columns import Rows, only
from ingestor.backfill.parts import Bools, Columns, Fault, Floats, Longs, Part, Source
from ingestor.store.ports import NO_VALUE
from sensors import flags

Item = Part | Fault


def civil(year: Floats, month: Floats, day: Floats, second: Floats) -> tuple[Longs, Bools]:
    """Return seconds since 1970 of local dates and seconds of the day, and which of them there are.

    Numbers that are no whole ones, and days that the calendar does not have, are none.
    """
    given = np.stack([year, month, day, second])
    good = np.isfinite(given).all(axis=0)
    whole = np.where(good, given, 1).round()
    good &= (whole == np.where(good, given, 1)).all(axis=0)
    y, m, d, s = np.clip(whole, 0, 99_999).astype(np.int64)
    good &= (y >= 1) & (y <= 9999) & (m >= 1) & (m <= 12) & (d >= 1) & (d <= 31) & (s < 86_400)
    months = (np.clip(y, 1, 9999) - 1970) * 12 + np.clip(m, 1, 12) - 1
    first = months.astype("M8[M]")
    days = first.astype("M8[D]") + (np.clip(d, 1, 31) - 1)
    good &= days.astype("M8[M]") == first
    return days.astype(np.int64) * 86_400 + s, good


def values(rows: Rows, column: str, factor: float = 1.0) -> tuple[Floats, Longs]:
    """Return the values of a column, divided by a factor, and flags: good where something stands."""
    there = rows.there[column]
    numbers = rows.numbers[column]
    return (numbers if factor == 1 else numbers / factor), np.where(there, flags.GOOD, NO_VALUE)


def timed(rows: Rows, times: Longs, good: Bools, wrong: str) -> tuple[Rows, Longs, list[Fault]]:
    """Return the rows whose time could be read, and a fault of the others that says `wrong`."""
    if good.all():
        return rows, times, []
    fault = Fault("bad_time", wrong, "time", rows.lines[~good], rows.chunk)
    return only(rows, good), times[good], [fault]


def by_station(
    rows: Rows, names: Any, times: Longs, columns: Mapping[str, tuple[Floats, Longs]], *, medium: str, period_s: int
) -> Iterator[Part]:
    """Yield a part a station, which an Arrow array names row by row."""
    encoded = names.dictionary_encode()
    stations = encoded.dictionary.to_pylist()
    if len(stations) == 1:
        yield Part(medium, stations[0], period_s, times, dict(columns), rows.lines, rows.chunk)
        return
    index = encoded.indices.to_numpy()
    for station, chosen in zip(stations, groups(index, len(stations)), strict=True):
        yield Part(medium, station, period_s, times[chosen], picked(columns, chosen), rows.lines[chosen], rows.chunk)


def groups(index: Longs, count: int) -> Iterable[Longs]:
    """Return by number, of `count` in all, the places at which it stands, ascending."""
    order = np.argsort(index, kind="stable")
    return np.split(order, np.searchsorted(index[order], np.arange(1, count)))


def picked(columns: Mapping[str, tuple[Floats, Longs]], chosen: Longs | Bools) -> Columns:
    """Return some rows of columns."""
    return {quantity: (numbers[chosen], codes[chosen]) for quantity, (numbers, codes) in columns.items()}


def whole_file(code: str, detail: str, source: Source) -> Fault:
    """Return the fault of all of a file, or of the rest of it."""
    return Fault(code, detail, "file", np.array([], dtype=np.int64), source)
