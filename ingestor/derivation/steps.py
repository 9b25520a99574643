"""The steps of a derivation: some days of a unit, read, computed and replaced; the mark comes behind the last of them.

A step rests on nothing that another one writes: so they may be carried out in any order, by any process that has the
configuration and the store, and carried out again.
"""

import bisect
import contextlib
import datetime as dt
import gc
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from aggregations.periods import DAY
from ingestor.config import DAY_S, EPOCH, Config
from ingestor.derivation import air, noise, stale, water
from ingestor.derivation.spans import Rows, Span, usable
from ingestor.derivation.stale import Plan, Work, covering, first_covered
from ingestor.derivation.units import keys_of, reach_of
from ingestor.store import EVER, RawSeries, SeriesKey, StoreError, Tables
from ingestor.store.arrivals import Derived
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.reviewed import Locked, LockKey

ROWS_A_TRANSACTION = 15_000
"""Rows that one transaction replaces, more or less: the collector waits for its end before it commits."""

Replaced = tuple[str, str, Rows | None]
"""Table and key, and the rows that replace those there, or none."""
CarryOut = Callable[[Config, Tables, Plan, Callable[[], None]], Generator[tuple[Work, Span], None, None]]
"""Derives all work of a plan and yields the days done; with the last of a unit's the mark of what they rest on is set.

What is given last is called before each transaction. Once it is closed, nothing is written any more.
"""


class Step(NamedTuple):
    """Days of a unit that are derived at once, or none, and the range of moments in which they replace all rows."""

    run: Span | None
    start: int
    end: int


class Piece(msgspec.Struct, frozen=True):
    """What is, or was, derived of a unit: why, of how many of its stations and station-days, from when to when.

    `late` has by station the days for which readings had arrived. What came with the sequence numbers above `after` up
    to `upto` was new to it; of a unit that was never derived before that is nothing: all of it is.
    """

    unit: str
    why: stale.Why
    stations: int
    station_days: int
    first: dt.date | None
    last: dt.date | None
    after: int
    upto: int
    late: dict[str, list[dt.date]] = {}


@contextlib.contextmanager
def no_cycles() -> Iterator[None]:
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
    return Piece(
        unit=work.unit.name, why=work.why, stations=stations, station_days=work.station_days, first=first, last=last,
        after=work.after, upto=work.upto, late=work.late,
    )  # fmt: skip


def one_by_one(
    config: Config, store: Tables, todo: Plan, between: Callable[[], None]
) -> Generator[tuple[Work, Span], None, None]:
    """Carry out a plan in this process. See `CarryOut`."""
    for work in todo.work:
        with no_cycles(), contextlib.closing(_carry_out(config, store, work, todo.locks, between)) as carried_out:
            for run in carried_out:
                yield work, run


def _carry_out(
    config: Config, store: Tables, work: Work, locks: dict[LockKey, Locked], between: Callable[[], None]
) -> Generator[Span, None, None]:
    """Derive the days of some work and yield those done; the last of them with the mark of what they rest on."""
    steps = steps_of(work)
    keys = _written(config, work)
    ranges = [read_range(config, work, run) for run, _, _ in steps if run is not None]
    raw = store.raw_ranges(work.unit.medium, sorted(work.spans), ranges)
    with store.overlapping():
        for i, (run, start, end) in enumerate(steps):
            found = _replaced(keys, () if run is None else rows_of(config, work, run, next(raw)))
            for batch, last in _with_last(_batches(found if start < end else ())):
                between()
                with store.replacing():
                    check_locks(store, work, locks)
                    for each in batch:
                        _replace(store, each, start, end)
                    if last and i + 1 == len(steps):
                        set_derived(store, work)
            if run is not None:
                yield run


def carry_out_step(config: Config, tables: InfluxTables, work: Work, step: Step, before: Callable[[], None]) -> None:
    """Read, compute and replace the rows of a step on a server; the mark is for the process that owns the ledger.

    `before` is called before anything is replaced, again and again; where it raises, the rest stays.

    Raises
    ------
    StoreError
        If the server cannot be read or written; some rows may be replaced.
    """
    run, start, end = step
    found: Iterable[Rows] = ()
    if run is not None:
        raw = tables.raw_of(work.unit.medium, sorted(work.spans), *read_range(config, work, run))
        found = rows_of(config, work, run, raw)
    with tables.overlapping():
        for each in _replaced(_written(config, work), found) if start < end else ():
            before()
            _replace(tables, each, start, end)
        before()


def check_locks(store: Tables, work: Work, locks: dict[LockKey, Locked]) -> None:
    """Make sure that the months locked are those of the plan.

    Raises
    ------
    StoreError
        If they are not.
    """
    if store.locks() != locks:
        raise StoreError(
            f"derivation of {work.unit.name}: expected no month to be locked or unlocked meanwhile, got one; "
            "what was derived stays, derive again for the rest"
        )


def set_derived(store: Tables, work: Work) -> None:
    """Set the mark of what a unit rests on, inside `replacing`."""
    unit = work.unit
    marks = Derived(work.digest, {id_: _kept(span) for id_, span in work.spans.items()}, work.upto)
    stations = [(unit.medium, id_) for id_ in unit.ids]
    note = msgspec.json.encode(piece(work))
    store.set_derived(unit.name, marks, stations, piece=note, held=work.held)


def steps_of(work: Work) -> list[Step]:
    """Return days that are derived at once, with the range of moments in which they replace all rows; at least one.

    Where the whole unit is replaced the ranges are all time but for locked months; one may have no days to derive.
    """
    chunks = list(work.chunks())
    if not work.whole:
        return [Step(run, run.start, run.end) for run in chunks] or [Step(None, 0, 0)]
    edges = [EVER[0], *(moment for span in work.locked for moment in (span.start, span.end)), EVER[1]]
    steps: list[Step] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inside: list[Span | None] = [run for run in chunks if start <= run.start < end]
        cuts = [start, *(run.start for run in inside[1:] if run is not None), end]
        steps += map(Step, inside or [None], cuts[:-1], cuts[1:])
    return steps


def _replaced(keys: list[tuple[str, str]], found: Iterable[Rows]) -> Iterator[Replaced]:
    """Yield what replaces the rows of each key as it is found; at the end those that have none any more."""
    left = dict.fromkeys(keys)
    for rows in found:
        if (rows.table, rows.key) in left:
            del left[rows.table, rows.key]
            yield rows.table, rows.key, rows
    for table, key in left:
        yield table, key, None


def _batches(replaced: Iterable[Replaced]) -> Iterator[list[Replaced]]:
    """Yield what is replaced in lists of about `ROWS_A_TRANSACTION` rows, at least one."""
    batch: list[Replaced] = []
    waiting = 0
    for each in replaced:
        if waiting >= ROWS_A_TRANSACTION:
            yield batch
            batch, waiting = [], 0
        batch.append(each)
        waiting += len(each[2].times) if each[2] else 0
    yield batch


def _with_last(batches: Iterator[list[Replaced]]) -> Iterator[tuple[list[Replaced], bool]]:
    """Yield each batch, and whether it is the last."""
    batch = next(batches)
    for following in batches:
        yield batch, False
        batch = following
    yield batch, True


def _written(config: Config, work: Work) -> list[tuple[str, str]]:
    """Tables and keys of the rows that are replaced: of a city all areas, of its stations those derived again."""
    unit = work.unit
    return [(table, key) for table, key in keys_of(config, unit) if key not in unit.ids or key in work.stations]


def _replace(store: Tables | InfluxTables, replaced: Replaced, start: int, end: int) -> None:
    table, key, rows = replaced
    times, columns = _between(rows, start, end) if rows else ([], {})
    store.replace(table, key, times, columns, start=start, end=end)


def read_range(config: Config, work: Work, run: Span) -> tuple[int, int]:
    """Return the first moment of which readings have a part in rows of a run, and the first after them."""
    window = _window(config, work, run)
    return max(window.start, first_covered(config, work.unit)), window.end


def _window(config: Config, work: Work, run: Span) -> Span:
    """Return the days whose readings have a part in rows of a run."""
    reach = reach_of(config, work.unit.medium)
    first = run.first - reach.ahead * DAY
    around = Span(first, run.start - reach.ahead * DAY_S, reach.ahead + run.n + reach.back)
    return around.inside(covering(work.spans.values()))


def rows_of(config: Config, work: Work, run: Span, raw: dict[SeriesKey, RawSeries]) -> Iterator[Rows]:
    """Yield the derived rows around a run as they are computed, from the readings of its `read_range`.

    Those of days at the ends, outside the run, may lack what lies outside of the range.
    """
    window = _window(config, work, run)
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
