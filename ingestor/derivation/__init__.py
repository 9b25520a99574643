"""Derivation: from raw readings to hours and days, for every registered station and city.

Everything is a pure function of the readings, the reviews, the register and the standards, but for locked months, which
keep the rows that they had. What is stale (`stale.py`) is computed again and replaced, some days of a unit
(`units.py`) at a time (`steps.py`), so that the collector never waits long; the rest stays. The mark of what a unit was
derived from is set with the last of its rows: a derivation that dies half-way leaves it stale, and the next one
completes it. Deriving little by little gives the same rows as deriving everything at once.
"""

import contextlib
from collections.abc import Callable

import msgspec

from ingestor.config import Config
from ingestor.derivation.air_days import averaged
from ingestor.derivation.stale import Pending, Plan, Work, days_held, first_covered, pending, plan
from ingestor.derivation.steps import CarryOut, Piece, one_by_one, piece
from ingestor.derivation.units import keys_of, tables_of, units
from ingestor.store import EVER, Tables
from ingestor.store.archives import Archived
from sensors.quantities import MEDIA

__all__ = [
    "CarryOut",
    "Done",
    "Pending",
    "Piece",
    "Plan",
    "Work",
    "days_held",
    "derive",
    "is_stale",
    "one_by_one",
    "pending",
    "piece",
    "plan",
]


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
    carry_out: CarryOut = one_by_one,
) -> Done:
    """Derive what is stale, or everything; `progress` is called with the station-days done and those to be done.

    `between` is called before each transaction: there another process that waits to write can be let in. `carry_out`
    says who computes: this process, or others (`ingestor.cluster`).

    Raises
    ------
    ConfigError
        If the editions of a standard leave a day between them uncovered.
    StoreError
        If the store cannot be read or written; what was derived so far stays, the rest stays stale.
    """
    todo = plan(config, store, everything=everything)
    if everything:  # what this one does not come to is left to the next
        between()
        store.ask_derived([work.unit.name for work in todo.work])
    done = Done({}, {}, 0, {}, [piece(work) for work in todo.work], todo.gone)
    city_days = days_done = 0
    days_to_do = sum(each.station_days for each in done.pieces)
    for work, each in zip(todo.work, done.pieces, strict=True):
        medium = work.unit.medium
        done.stations[medium] = done.stations.get(medium, 0) + each.stations
        done.station_days[medium] = done.station_days.get(medium, 0) + each.station_days
        done.before_standards.update(_before_standards(config, store, work))
    with contextlib.closing(carry_out(config, store, todo, between)) as carried_out:
        for work, run in carried_out:
            of_city = {station.id for station in averaged(work.unit.stations)} & work.spans.keys()
            days_done += sum(span.inside(run).n for id_, span in work.spans.items() if id_ in work.stations)
            city_days += run.n if work.unit.medium == "air" and of_city else 0
            progress(days_done, days_to_do)
    if todo.gone or any(work.whole for work in todo.work):
        _forget(config, store, todo.gone)
    return msgspec.structs.replace(done, city_days=city_days, pending=pending(config, store), archived=todo.archived)


def is_stale(config: Config, store: Tables) -> bool:
    """Whether since the last derivation readings arrived, or the configuration or the columns of the tables changed."""
    todo = plan(config, store)
    return bool(todo.work or todo.gone)


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
