"""Months whose raw readings were rolled to files of an archive: the table that says which, where, and what of them.

A month is noted before the first of its readings is deleted, so from its note on its readings may be gone. It is noted
as deleted when all are, and of each station as restored when its readings are in the store again.
"""

import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ingestor.store import arrivals
from ingestor.store.arrivals import StationDay
from sensors.quantities import Medium

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS archive (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, month TEXT NOT NULL,
    medium TEXT NOT NULL, city TEXT NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, deleted REAL
);
CREATE TABLE IF NOT EXISTS archive_station (
    archive INTEGER NOT NULL, station TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    n_values INTEGER NOT NULL, restored REAL, PRIMARY KEY (archive, station)
) WITHOUT ROWID;
"""


class Extent(msgspec.Struct, frozen=True):
    """Moments of the first and the last reading of a station in an archive, and how many values they have."""

    first: int
    last: int
    values: int

    def joined(self, other: "Extent") -> "Extent":
        """Return what both have together."""
        return Extent(min(self.first, other.first), max(self.last, other.last), self.values + other.values)


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """A month of a medium and city whose raw readings lie in a file of the archive, but for those restored.

    `uid` names the file, whatever it is called; `digest` is that of its values. `deleted` tells whether all that it
    holds has left the store. `stations` are those whose readings were not restored since.
    """

    uid: str
    month: str
    medium: Medium
    city: str
    file: str
    digest: str
    stations: dict[str, Extent]
    at: float = 0.0
    deleted: bool = False

    @property
    def values(self) -> int:
        """Number of values."""
        return sum(each.values for each in self.stations.values())


def add(db: sqlite3.Connection, new: Archived) -> None:
    """Note an archive, inside a transaction, before anything of it is deleted; one that was restored, anew."""
    db.execute(
        "INSERT INTO archive (uid, at, month, medium, city, file, digest) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (uid) DO UPDATE SET at = excluded.at, deleted = NULL",
        (new.uid, time.time(), new.month, new.medium, new.city, new.file, new.digest),
    )
    (number,) = db.execute("SELECT id FROM archive WHERE uid = ?", (new.uid,)).fetchone()
    db.executemany(
        "INSERT OR REPLACE INTO archive_station (archive, station, first, last, n_values) VALUES (?, ?, ?, ?, ?)",
        [(number, id_, each.first, each.last, each.values) for id_, each in new.stations.items()],
    )


def set_deleted(db: sqlite3.Connection, uid: str) -> None:
    """Note that all that an archive holds was deleted, inside a transaction."""
    db.execute("UPDATE archive SET deleted = ? WHERE uid = ?", (time.time(), uid))


def set_restored(db: sqlite3.Connection, uid: str, stations: Iterable[str], stale: Iterable[StationDay]) -> None:
    """Note that readings of stations are in the store again, and make days stale, inside a transaction."""
    db.executemany(
        "UPDATE archive_station SET restored = ? WHERE archive = (SELECT id FROM archive WHERE uid = ?) "
        "AND station = ?",
        [(time.time(), uid, station) for station in stations],
    )
    days = list(stale)
    if days:
        arrivals.mark(db, days, at=None)
        arrivals.unhold(db, days)


def archived(db: sqlite3.Connection) -> list[Archived]:
    """Return what lies in archives and was not restored, by month, medium and city."""
    of: dict[int, dict[str, Extent]] = {}
    for archive, station, first, last, values in db.execute(
        "SELECT archive, station, first, last, n_values FROM archive_station WHERE restored IS NULL ORDER BY station"
    ):
        of.setdefault(archive, {})[station] = Extent(first, last, values)
    rows: list[tuple[int, str, float, str, Medium, str, str, str, float | None]] = db.execute(
        "SELECT id, uid, at, month, medium, city, file, digest, deleted FROM archive ORDER BY month, medium, city, id"
    ).fetchall()
    return [
        Archived(
            uid=uid, at=at, month=month, medium=medium, city=city, file=file, digest=digest, stations=of[id_],
            deleted=deleted is not None,
        )
        for id_, uid, at, month, medium, city, file, digest, deleted in rows
        if id_ in of
    ]  # fmt: skip


def extents(
    held: Mapping[str, tuple[int, int]], gone: Iterable[Archived], medium: str, start: int, end: int
) -> dict[str, tuple[int, int]]:
    """Return by station the first and last moment of its readings in a range, those in archives included.

    `held` has those in the store, of the stations asked for or a part of them. Of an archive that the range cuts it may
    be that no reading lies at the cut.
    """
    found = dict(held)
    for each in gone:
        for station, extent in each.stations.items() if each.medium == medium else ():
            first, last = max(extent.first, start), min(extent.last, end - 1)
            if first <= last:
                known = found.get(station, (first, last))
                found[station] = (min(known[0], first), max(known[1], last))
    return found
