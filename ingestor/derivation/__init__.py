"""Derivation: from raw readings to hours and days, for every registered station and city.

Everything is a pure function of the readings, the reviews, the register and the standards, but for locked months, which
keep the rows that they had. What is stale (`stale.py`) is computed again and replaced, some days of a unit
(`units.py`) at a time, so that the collector never waits long; the rest stays. The mark of what a unit was derived from
is set with the last of its rows: a derivation that dies half-way leaves it stale, and the next one completes it.
Deriving little by little gives the same rows as deriving everything at once.
"""

import bisect
import contextlib
import datetime as dt
import gc
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from aggregations.periods import DAY
from ingestor.config import DAY_S, EPOCH, Config
from ingestor.derivation import air, noise, stale, water
from ingestor.derivation.air_days import averaged
from ingestor.derivation.spans import Rows, Span, usable
from ingestor.derivation.stale import Pending, Plan, Work, covering, days_held, first_covered, pending, plan
from ingestor.derivation.units import Reach, keys_of, reach_of, tables_of, units
from ingestor.store import EVER, RawSeries, SeriesKey, StoreError, Tables
from ingestor.store.archives import Archived
from ingestor.store.arrivals import Derived
from ingestor.store.reviewed import Locked, LockKey
from sensors.quantities import MEDIA

__all__ = ["Done", "Pending", "Piece", "Plan", "Work", "days_held", "derive", "is_stale", "pending", "piece", "plan"]


ROWS_A_TRANSACTION = 15_000
"""Rows that one transaction replaces, more or less: the collector waits for its end before it commits."""


class Piece(msgspec.Struct, frozen=True):
    """What is, or was, derived of a unit: why, of how many of its stations and station-days, from when to when.

    `late` has by station the days for which readings had arrived.
    """

    unit: str
    why: stale.Why
    stations: int
    station_days: int
    first: dt.date | None
    last: dt.date | None
    late: dict[str, list[dt.date]] = {}


class Done(msgspec.Struct, frozen=True):
    """What a derivation did: stations and station-days by medium, days of cities of air, and each piece.

    `before_standards` counts, by station, the readings left out because they lie before the first edition of a
    standard: those of a gateway whose clock was wrong, as a rule. `pending` is what waits for locked months, `archived`
    what cannot be derived before it is restored (`Plan.archived`).
    """

    stations: dict[str, int]
    station_days: dict[str, int]
    city_days: int
    before_standards: dict[str, int]
    pieces: list[Piece]
    gone: list[str]
    pending: list[Pending] = []
    archived: list[Archived] = []


def derive(
    config: Config,
    store: Tables,
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
    between: Callable[[], None] = lambda: None,
) -> Done:
    """Derive what is stale, or everything; `progress` is called with the station-days done and those to be done.

    `between` is called before each transaction: there another process that waits to write can be let in.

    Raises
    ------
    ConfigError
        If the editions of a standard leave a day between them uncovered.
    StoreError
        If the store cannot be read or written; what was derived so far stays, the rest stays stale.
    """
    todo = plan(config, store, everything=everything)
    done = Done({}, {}, 0, {}, [piece(work) for work in todo.work], todo.gone)
    city_days = days_done = 0
    days_to_do = sum(each.station_days for each in done.pieces)
    for work, each in zip(todo.work, done.pieces, strict=True):
        medium = work.unit.medium
        done.stations[medium] = done.stations.get(medium, 0) + each.stations
        done.station_days[medium] = done.station_days.get(medium, 0) + each.station_days
        done.before_standards.update(_before_standards(config, store, work))
        of_city = {station.id for station in averaged(work.unit.stations)} & work.spans.keys()
        with _no_cycles():
            for run in _carry_out(config, store, work, todo.locks, between):
                days_done += sum(span.inside(run).n for id_, span in work.spans.items() if id_ in work.stations)
                city_days += run.n if medium == "air" and of_city else 0
                progress(days_done, days_to_do)
    if todo.gone or any(work.whole for work in todo.work):
        _forget(config, store, todo.gone)
    return msgspec.structs.replace(done, city_days=city_days, pending=pending(config, store), archived=todo.archived)


@contextlib.contextmanager
def _no_cycles() -> Iterator[None]:
    """Look for no garbage in cycles: millions of rows hold none, and looking takes a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def piece(work: Work) -> Piece:
    """Return what some work is about, as people are told."""
    first = work.runs[0].first if work.runs else None
    last = work.runs[-1].last if work.runs else None
    stations = len(set(work.stations) & work.spans.keys())
    return Piece(work.unit.name, work.why, stations, work.station_days, first, last, work.late)


def is_stale(config: Config, store: Tables) -> bool:
    """Whether since the last derivation readings arrived, or the configuration or the columns of the tables changed."""
    todo = plan(config, store)
    return bool(todo.work or todo.gone)


def _carry_out(
    config: Config, store: Tables, work: Work, locks: dict[LockKey, Locked], between: Callable[[], None]
) -> Iterator[Span]:
    """Derive the days of some work and yield those done; the last of them with the mark of what they rest on."""
    unit = work.unit
    steps = _steps(work)
    keys = [
        (table, key) for table, key in keys_of(config, unit) if key not in unit.ids or key in work.stations
    ]  # of a city all areas, of its stations those that are derived again
    reach = reach_of(config, unit.medium)
    covered = first_covered(config, unit)
    windows = [_window(run, reach, covering(work.spans.values())) for run, _, _ in steps if run is not None]
    ranges = [(max(window.start, covered), window.end) for window in windows]
    raw = zip(windows, store.raw_ranges(unit.medium, sorted(work.spans), ranges), strict=True)
    for i, (run, start, end) in enumerate(steps):
        found = {} if run is None else {(each.table, each.key): each for each in _rows(config, work, *next(raw))}
        batches = list(_batches(keys, found)) if start < end else [[]]
        for n, batch in enumerate(batches, 1):
            between()
            with store.replacing():
                if store.locks() != locks:
                    raise StoreError(
                        f"derivation of {unit.name}: expected no month to be locked or unlocked meanwhile, got one; "
                        "what was derived stays, derive again for the rest"
                    )
                for table, key in batch:
                    rows = found.get((table, key))
                    times, columns = _between(rows, start, end) if rows else ([], {})
                    store.replace(table, key, times, columns, start=start, end=end)
                if n == len(batches) and i + 1 == len(steps):
                    _set_derived(store, work)
        if run is not None:
            yield run


def _steps(work: Work) -> list[tuple[Span | None, int, int]]:
    """Return days that are derived at once, with the range of moments in which they replace all rows; at least one.

    Where the whole unit is replaced the ranges are all time but for locked months; one may have no days to derive.
    """
    chunks = list(work.chunks())
    if not work.whole:
        return [(run, run.start, run.end) for run in chunks] or [(None, 0, 0)]
    edges = [EVER[0], *(moment for span in work.locked for moment in (span.start, span.end)), EVER[1]]
    steps: list[tuple[Span | None, int, int]] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inside: list[Span | None] = [run for run in chunks if start <= run.start < end]
        cuts = [start, *(run.start for run in inside[1:] if run is not None), end]
        steps += zip(inside or [None], cuts[:-1], cuts[1:], strict=True)
    return steps


def _batches(keys: list[tuple[str, str]], found: dict[tuple[str, str], Rows]) -> Iterator[list[tuple[str, str]]]:
    """Yield tables and keys, of about `ROWS_A_TRANSACTION` rows together, at least once."""
    batch: list[tuple[str, str]] = []
    waiting = 0
    for each in keys:
        batch.append(each)
        waiting += len(found[each].times) if each in found else 0
        if waiting >= ROWS_A_TRANSACTION:
            yield batch
            batch, waiting = [], 0
    yield batch


def _set_derived(store: Tables, work: Work) -> None:
    unit = work.unit
    marks = Derived(work.digest, {id_: _kept(span) for id_, span in work.spans.items()})
    stations = [(unit.medium, id_) for id_ in unit.ids]
    note = msgspec.json.encode(piece(work))
    store.set_derived(unit.name, marks, stations, upto=work.upto, piece=note, held=work.held)


def _window(run: Span, reach: Reach, every: Span) -> Span:
    """Return the days whose readings have a part in rows of a run."""
    first = run.first - reach.ahead * DAY
    around = Span(first, run.start - reach.ahead * DAY_S, reach.ahead + run.n + reach.back)
    return around.inside(every)


def _rows(config: Config, work: Work, window: Span, raw: dict[SeriesKey, RawSeries]) -> Iterator[Rows]:
    """Yield the derived rows of some days; those at the ends may lack what lies outside of them."""
    unit = work.unit
    if unit.medium == "air":
        observed = [
            air.Observed(station, work.spans[station.id], usable(config, station, raw, reviewed), reviewed)
            for station in unit.stations
            if station.id in work.spans
            for reviewed in [work.reviews.get(station.id, [])]
        ]
        for rows in air.derive_city(config, unit.city, observed, window, work.stations):
            yield from rows
        return
    derive_station = water.derive_station if unit.medium == "water" else noise.derive_station
    for station in unit.stations:
        found = usable(config, station, raw, work.reviews.get(station.id, []))
        yield from derive_station(config, station, window, found)


def _between(rows: Rows, start: int, end: int) -> tuple[list[int], dict[str, list[Any]]]:
    """Return times and columns of the rows with start <= time < end."""
    inside = slice(bisect.bisect_left(rows.times, start), bisect.bisect_left(rows.times, end))
    return rows.times[inside], {name: values[inside] for name, values in rows.columns.items()}


def _kept(span: Span) -> tuple[int, int]:
    return (span.first - EPOCH).days, span.n


def _before_standards(config: Config, store: Tables, work: Work) -> dict[str, int]:
    """Return by station how many readings lie before the first edition of a standard."""
    counts: dict[str, int] = {}
    for key, series in store.raw_of(work.unit.medium, work.stations, EVER[0], first_covered(config, work.unit)).items():
        counts[key.station] = counts.get(key.station, 0) + len(series.times)
    return counts


def _forget(config: Config, store: Tables, gone: list[str]) -> None:
    """Remove what was derived of stations and areas that are there no more."""
    keys: dict[str, set[str]] = {table: set() for medium in MEDIA for table in tables_of(medium)}
    for unit in units(config):
        for table, key in keys_of(config, unit):
            keys[table].add(key)
    with store.replacing():
        for table, those in keys.items():
            store.keep_only(table, those)
        store.forget_derived(gone)
