"""Which days readings arrived for, and from which of them everything was derived: what makes derived rows stale.

Days are those of Beijing time, whatever the zone of the settings: the file knows no settings, and in another zone
whoever derives takes both local days that one touches. A sequence number, raised with every delivery to the store,
stands for the time of an arrival: no clock that is moved back can hide one. It is raised after the readings are in the
store, in the transaction that takes them from the outbox. Reviews and locked months have their numbers from it, too:
what came first, and what a derivation rests on, is a matter of these numbers alone.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from sensors.reading import DAY_S, Reading

OFFSET_S: Final = 28_800
"""Of Beijing time from UTC. [s]"""
SEQUENCE: Final = "arrivals"
"""The counter that holds the last sequence number."""
DERIVATIONS: Final = "derivations"
"""The counter that is raised whenever something was derived: what was computed from derived rows is old by then."""

ASKED: Final = ""
"""In place of a digest: all of the unit is to be derived again, whatever it was derived from."""

SCHEMA: Final = """
CREATE TABLE arrival (
    medium TEXT NOT NULL, station TEXT NOT NULL, day INTEGER NOT NULL, at REAL, arrived INTEGER NOT NULL,
    derived INTEGER NOT NULL DEFAULT 0, applied INTEGER, PRIMARY KEY (medium, station, day)
) WITHOUT ROWID;
CREATE INDEX arrival_due ON arrival (medium, station, day) WHERE arrived > derived;
CREATE INDEX arrival_held ON arrival (medium, station, day) WHERE applied IS NOT NULL;
CREATE TABLE derived_unit (
    unit TEXT PRIMARY KEY, digest TEXT NOT NULL, spans BLOB NOT NULL, upto INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""

_UPSERT = (
    "INSERT INTO arrival (medium, station, day, at, arrived) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (medium, station, day) DO UPDATE SET at = coalesce(excluded.at, at), arrived = excluded.arrived"
)

StationDay = tuple[str, str, int]
"""Medium, station, and day of Beijing time since 1970."""


class Due(NamedTuple):
    """Days of Beijing time, by medium and station, for which readings arrived that nothing was derived from yet.

    `upto` is the last sequence number from before they were looked for: what `Derived` says it was derived from. A day
    for which something comes later stays due.
    """

    upto: int
    days: dict[tuple[str, str], list[int]]


class Waiting(NamedTuple):
    """A day of a station of which not all that arrived was derived: only up to the number `applied`.

    It is due, or it is held for a locked month: days of that month keep the rows that they had.
    """

    medium: str
    station: str
    day: int
    applied: int


class Derived(msgspec.Struct, frozen=True):
    """What a unit of derivation was derived from: a digest of all but the readings, and the days of its stations.

    `spans` are by station the first local day of its readings and how many days there are to the last, as days since
    1970. `upto` is the sequence number of the last that it was derived from, of readings and of reviews.
    """

    digest: str
    spans: dict[str, tuple[int, int]]
    upto: int


_days = msgspec.msgpack.Decoder(list[StationDay])
_spans = msgspec.json.Decoder(dict[str, tuple[int, int]])


def day_of(time: int) -> int:
    """Return the day of Beijing time since 1970 that a moment falls on."""
    return (time + OFFSET_S) // DAY_S


def days_at(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the days of many moments, as `day_of`. (n,)"""
    return (times + OFFSET_S) // DAY_S


def moments_of(day: int) -> tuple[int, int]:
    """Return the first moment of a day of Beijing time, and the first after it. [s since 1970 in UTC]"""
    return day * DAY_S - OFFSET_S, (day + 1) * DAY_S - OFFSET_S


def days_of(readings: Iterable[Reading]) -> bytes:
    """Return the station-days of readings, as a group of the outbox keeps them."""
    return msgspec.msgpack.encode({(r.medium, r.station, day_of(r.time)) for r in readings})


def record(db: sqlite3.Connection, groups: Iterable[bytes], *, at: float) -> None:
    """Take note that the station-days of some groups arrived; inside a transaction."""
    mark(db, {day for group in groups for day in _days.decode(group)}, at=at)


def mark(db: sqlite3.Connection, days: Iterable[StationDay], *, at: float | None) -> None:
    """Make station-days stale; inside a transaction. `at` is when readings arrived [s], None where none did."""
    number = raised(db)
    db.executemany(_UPSERT, [(*day, at, number) for day in sorted(days)])


def raised(db: sqlite3.Connection) -> int:
    """Raise the sequence number and return it; inside a transaction."""
    db.execute("INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (SEQUENCE,))
    return last(db)


def on_their_way(db: sqlite3.Connection, medium: str, station: str, start: int, end: int) -> bool:
    """Whether readings of a station from one moment to another wait in the outbox, or arrived and are due."""
    first, last = day_of(start), day_of(end - 1)
    found = db.execute(
        "SELECT 1 FROM arrival WHERE medium = ? AND station = ? AND day BETWEEN ? AND ? AND arrived > derived LIMIT 1",
        (medium, station, first, last),
    ).fetchone()
    if found is not None:
        return True
    waiting = (_days.decode(days) for (days,) in db.execute("SELECT days FROM outbox"))
    return any((m, s) == (medium, station) and first <= day <= last for days in waiting for m, s, day in days)


def due(db: sqlite3.Connection) -> Due:
    """Return what is stale for its readings."""
    upto = last(db)  # first: what another process delivers between the two reads stays due
    found: dict[tuple[str, str], list[int]] = {}
    for medium, station, day in db.execute(
        "SELECT medium, station, day FROM arrival WHERE arrived > derived ORDER BY medium, station, day"
    ):
        found.setdefault((medium, station), []).append(day)
    return Due(upto, found)


def arrived_at(db: sqlite3.Connection, medium: str, station: str, day: int) -> float | None:
    """Return when readings for a day last arrived; None where none did. [s since 1970]"""
    found = db.execute(
        "SELECT at FROM arrival WHERE medium = ? AND station = ? AND day = ?", (medium, station, day)
    ).fetchone()
    return float(found[0]) if found and found[0] is not None else None


def arrivals_of(db: sqlite3.Connection, medium: str, first: int, last: int) -> dict[str, list[tuple[int, float]]]:
    """Return by station the days from one to another with readings, and when they last arrived."""
    found: dict[str, list[tuple[int, float]]] = {}
    rows = db.execute(
        "SELECT station, day, at FROM arrival WHERE medium = ? AND day BETWEEN ? AND ? AND at IS NOT NULL "
        "ORDER BY station, day",
        (medium, first, last),
    )
    for station, day, at in rows:
        found.setdefault(station, []).append((day, at))
    return found


def derived_units(db: sqlite3.Connection) -> dict[str, Derived]:
    """Return by unit what it was derived from."""
    return {
        unit: Derived(digest, _spans.decode(spans), upto)
        for unit, digest, spans, upto in db.execute("SELECT unit, digest, spans, upto FROM derived_unit")
    }


def set_derived(
    db: sqlite3.Connection,
    unit: str,
    derived: Derived,
    stations: Iterable[tuple[str, str]],
    *,
    held: Iterable[StationDay] = (),
) -> None:
    """Take note that a unit was derived from what had arrived of its stations; inside a transaction.

    But for the days `held`: what arrived of them is derived for some of the days that it bears on only.
    """
    db.execute(
        "INSERT OR REPLACE INTO derived_unit (unit, digest, spans, upto) VALUES (?, ?, ?, ?)",
        (unit, derived.digest, msgspec.json.encode(derived.spans), derived.upto),
    )
    db.executemany(
        "UPDATE arrival SET applied = coalesce(applied, derived) WHERE medium = ? AND station = ? AND day = ? "
        "AND arrived > derived",
        held,
    )
    db.executemany(
        "UPDATE arrival SET derived = ? WHERE medium = ? AND station = ? AND arrived > derived AND arrived <= ?",
        [(derived.upto, medium, station, derived.upto) for medium, station in stations],
    )
    _count_derivation(db)


def unhold(db: sqlite3.Connection, days: Iterable[StationDay]) -> None:
    """Hold days no more; inside a transaction."""
    db.executemany("UPDATE arrival SET applied = NULL WHERE medium = ? AND station = ? AND day = ?", days)


def waiting(db: sqlite3.Connection) -> list[Waiting]:
    """Return the days that are due or held."""
    rows = db.execute(
        "SELECT medium, station, day, coalesce(applied, derived) FROM arrival WHERE arrived > derived "
        "UNION SELECT medium, station, day, applied FROM arrival WHERE applied IS NOT NULL "
        "ORDER BY medium, station, day"
    )
    return [Waiting(*row) for row in rows]


def forget(db: sqlite3.Connection, units: Iterable[str]) -> None:
    """Forget units that are derived no more; inside a transaction."""
    db.executemany("DELETE FROM derived_unit WHERE unit = ?", [(unit,) for unit in units])
    _count_derivation(db)


def _count_derivation(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (DERIVATIONS,))


def ask(db: sqlite3.Connection, units: Iterable[str]) -> None:
    """Take note that all of some units is to be derived again; inside a transaction. Their spans stay known."""
    db.executemany("UPDATE derived_unit SET digest = ? WHERE unit = ?", [(ASKED, unit) for unit in units])


def last(db: sqlite3.Connection) -> int:
    """Return the last sequence number."""
    found = db.execute("SELECT value FROM counter WHERE name = ?", (SEQUENCE,)).fetchone()
    return int(found[0]) if found else 0
