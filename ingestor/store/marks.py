"""How far a store is, at a glance: what tells whether anything changed that was computed from it.

Read from the ledger's file by a connection of its own that can write nothing; it takes well under a millisecond.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from ingestor.store import notices, runs
from ingestor.store.arrivals import DERIVATIONS, SEQUENCE
from ingestor.store.ledger import check_version
from ingestor.store.ports import StoreError
from ingestor.store.runs import StationState


class Marks(NamedTuple):
    """What changes with the store: arrivals of readings, derivations, what people entered (reviews, locks, reported
    figures), notices and what became of them, silent and late stations."""

    arrivals: int
    derivations: int
    entered: tuple[int, ...]
    notices: tuple[float, ...]
    states: tuple[float, ...]


def marks(file: Path) -> Marks:
    """Return how far a store is.

    Raises
    ------
    StoreError
        If the file is not there, cannot be read, or is of another schema.
    """
    with _reading(file) as db:
        check_version(db, file)
        counters = dict(
            db.execute("SELECT name, value FROM counter WHERE name IN (?, ?)", (SEQUENCE, DERIVATIONS)).fetchall()
        )
        entered = db.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM review), (SELECT coalesce(max(id), 0) FROM month_lock), "
            "(SELECT coalesce(max(id), 0) FROM reported_figure)"
        ).fetchone()
        told: tuple[float, ...] = ()
        if notices.exists(db):
            told = db.execute(
                "SELECT (SELECT coalesce(max(id), 0) FROM notice), (SELECT count(acknowledged) FROM notice), "
                "(SELECT total(attempts + 2 * round) + total(delivered) FROM notice_delivery)"
            ).fetchone()
        states = db.execute("SELECT count(*), total(since), count(nullif(state, 'late')) FROM station_state").fetchone()
        return Marks(counters.get(SEQUENCE, 0), counters.get(DERIVATIONS, 0), entered, told, states)


def arrived_since(file: Path, number: int) -> list[tuple[str, str]]:
    """Return medium and station of readings that arrived after a number and were not derived from yet.

    Raises
    ------
    StoreError
        As `marks`.
    """
    with _reading(file) as db:
        return db.execute(
            "SELECT DISTINCT medium, station FROM arrival WHERE arrived > derived AND arrived > ?", (number,)
        ).fetchall()


def station_states(file: Path) -> list[StationState]:
    """Return the stations that are silent or late, as they were last found.

    Raises
    ------
    StoreError
        As `marks`.
    """
    with _reading(file) as db:
        return runs.station_states(db)


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for a block; errors of SQLite become those of a store."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
            yield db
    except sqlite3.Error as error:
        raise StoreError(f"store {file}: expected a store that can be read, got {error}") from error
