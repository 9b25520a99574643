"""Messages by which later ones are read, as the births of Sparkplug: the last one of each topic, kept over restarts."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from ingestor.store.ports import Arrival, Needed

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS needed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL UNIQUE, payload BLOB NOT NULL, received_at REAL NOT NULL
)
"""
MOST: Final = 10_000
"""Topics of which a message is kept; beyond it the oldest go: a gateway that invents topics must not fill the disk."""
MOST_BYTES: Final = 64 * 2**20
"""Size of all that is kept, at most; beyond it the oldest go."""

_BEYOND = """
DELETE FROM needed WHERE id IN (
    SELECT id FROM (
        SELECT id, ROW_NUMBER() OVER newest AS n, SUM(LENGTH(payload)) OVER newest AS size
        FROM needed WINDOW newest AS (ORDER BY id DESC)
    ) WHERE n > ? OR size > ?
)
"""


def keep(db: sqlite3.Connection, arrivals: Iterable[Arrival]) -> None:
    """Keep those of the arrivals that are needed later, in their order, inside a transaction."""
    rows = [(each.topic, each.payload, each.received_at) for each in arrivals if each.needed_later]
    if rows:
        db.executemany("INSERT OR REPLACE INTO needed (topic, payload, received_at) VALUES (?, ?, ?)", rows)
        db.execute(_BEYOND, (MOST, MOST_BYTES))


def kept(db: sqlite3.Connection) -> list[Needed]:
    """Return what is kept, in the order in which it came."""
    return [Needed(*row) for row in db.execute("SELECT topic, payload, received_at FROM needed ORDER BY id")]
