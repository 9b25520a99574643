"""Published figures and their revisions: only ever added to, so that what was said once can be read again."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from aggregations.figures import Figure

SCHEMA: Final = """
CREATE TABLE publication (
    id INTEGER PRIMARY KEY AUTOINCREMENT, indicator TEXT NOT NULL, scope TEXT NOT NULL, period TEXT NOT NULL,
    mode TEXT NOT NULL, plan TEXT NOT NULL, revision INTEGER NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL,
    figure BLOB NOT NULL, UNIQUE (indicator, scope, period, mode, plan, revision)
);
CREATE TABLE derived_piece (id INTEGER PRIMARY KEY AUTOINCREMENT, piece BLOB NOT NULL);
"""

CHECKED_WITH: Final = "published_checked_with"
"""The counter that holds a number of the configuration and the code that computed all published figures last."""
CHECKED_LOCKS: Final = "published_checked_locks"
"""The counter that holds the id of the last entry of locked months that published figures followed."""

_COLUMNS: Final = "indicator, scope, period, mode, plan, revision, at, reason, figure"


class Key(NamedTuple):
    """What names a published figure; `plan` is that whose list the scope is, or empty."""

    indicator: str
    scope: str
    period: str
    mode: str
    plan: str


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of a published figure: when it was published [s since 1970] and why; the first is 1."""

    key: Key
    revision: int
    at: float
    reason: str
    figure: Figure


_figure = msgspec.json.Decoder(Figure)


def add(db: sqlite3.Connection, publications: Iterable[Publication]) -> None:
    """Add revisions; inside a transaction."""
    db.executemany(
        f"INSERT INTO publication ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*p.key, p.revision, p.at, p.reason, msgspec.json.encode(p.figure)) for p in publications],
    )


def every(db: sqlite3.Connection) -> list[Publication]:
    """Return all revisions, those of a figure after one another and in order."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM publication ORDER BY scope, period, indicator, mode, plan, revision")
    return [_publication(row) for row in rows]


def latest(db: sqlite3.Connection, keys: Iterable[Key]) -> dict[Key, Publication]:
    """Return the last revision of each figure that was published; nothing else is read."""
    select = (
        f"SELECT {_COLUMNS} FROM publication "
        "WHERE indicator = ? AND scope = ? AND period = ? AND mode = ? AND plan = ? ORDER BY revision DESC LIMIT 1"
    )
    rows = [row for key in keys for row in db.execute(select, key)]
    return {each.key: each for each in map(_publication, rows)}


def _publication(row: tuple[Any, ...]) -> Publication:
    return Publication(key=Key(*row[:5]), revision=row[5], at=row[6], reason=row[7], figure=_figure.decode(row[8]))


def note_piece(db: sqlite3.Connection, piece: bytes) -> None:
    """Keep what was derived until published figures have followed it; inside a transaction."""
    db.execute("INSERT INTO derived_piece (piece) VALUES (?)", (piece,))


def pieces(db: sqlite3.Connection) -> list[tuple[int, bytes]]:
    """Return what was derived since published figures were computed last, with its id."""
    return db.execute("SELECT id, piece FROM derived_piece ORDER BY id").fetchall()


def followed(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Forget pieces that published figures have followed; inside a transaction."""
    db.executemany("DELETE FROM derived_piece WHERE id = ?", [(each,) for each in ids])
