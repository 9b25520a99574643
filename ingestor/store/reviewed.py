"""Reviews and locked months in the ledger: two tables to which rows are only ever added.

What a review is about becomes stale in the transaction that adds it, as by readings that arrive.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ingestor.store import arrivals
from ingestor.store.arrivals import StationDay
from sensors.quantities import Medium
from sensors.reviews import Action, Readings, Review

SCHEMA: Final = """
CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, entered_by TEXT NOT NULL, reason TEXT NOT NULL,
    undoes INTEGER UNIQUE, medium TEXT NOT NULL, station TEXT NOT NULL, quantities TEXT NOT NULL,
    readings TEXT NOT NULL, from_s INTEGER NOT NULL, until_s INTEGER NOT NULL, action TEXT NOT NULL,
    arrived INTEGER NOT NULL
);
CREATE TABLE month_lock (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, entered_by TEXT NOT NULL, reason TEXT NOT NULL,
    month TEXT NOT NULL, medium TEXT NOT NULL, city TEXT NOT NULL, locked INTEGER NOT NULL,
    number INTEGER NOT NULL DEFAULT 0
);
"""


class Entered(msgspec.Struct, frozen=True):
    """A review as the ledger holds it; `arrived` is the sequence number with which its days became stale."""

    review: Review
    arrived: int


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """A month of a medium and city that somebody locked, or (`locked` False) unlocked again.

    `number` is its sequence number: reviews with a smaller one were entered before it. `at` [s since 1970] is what the
    clock said, and decides nothing.
    """

    month: str
    medium: Medium
    city: str
    locked: bool
    reason: str
    by: str
    id: int = 0
    at: float = 0.0
    number: int = 0


DaysOfStation = tuple[str, str, int, int]
"""Medium, station, and its days (`arrivals.day_of`) from the first up to but not including the last."""
LockKey = tuple[str, Medium, str]
"""Month such as 2026-10, medium, city."""


class UnknownReviewError(ValueError):
    """A review that is to be undone is not there, is an undoing itself, or was undone; the text says which."""


def add(db: sqlite3.Connection, new: Sequence[Review]) -> tuple[list[int], int]:
    """Add reviews and make what they are about stale, inside a transaction; return their ids and the station-days."""
    spans = [(r.medium, r.station, arrivals.day_of(r.from_s), arrivals.day_of(r.until_s - 1) + 1) for r in new]
    days = _known_days(db, spans, _of_stations(db))
    arrivals.mark(db, days, at=None)
    number = arrivals.last(db)
    return [_insert(db, each, number) for each in new], len(days)


def undo(db: sqlite3.Connection, number: int, *, reason: str, by: str) -> tuple[int, int]:
    """Add the undoing of a review, inside a transaction; as of `add`.

    Raises
    ------
    UnknownReviewError
        If it cannot be undone.
    """
    every = {each.review.id: each.review for each in entered(db)}
    review = every.get(number)
    if review is None:
        raise UnknownReviewError("there is none")
    if review.undoes is not None:
        raise UnknownReviewError(f"it is the undoing of {review.undoes}, which can be entered anew")
    for each in every.values():
        if each.undoes == number:
            raise UnknownReviewError(f"it was undone by {each.id}")
    undoing = msgspec.structs.replace(review, undoes=number, reason=reason, by=by, id=0)
    (id_,), days = add(db, [undoing])
    return id_, days


def entered(db: sqlite3.Connection) -> list[Entered]:
    """Return all reviews, in the order of their entry."""
    return [
        Entered(
            Review(
                id=id_, at=at, by=by, reason=reason, undoes=undoes, medium=medium, station=station,
                quantities=tuple(quantities.split(";")), readings=readings, from_s=from_s, until_s=until_s,
                action=action,
            ),
            arrived,
        )
        for id_, at, by, reason, undoes, medium, station, quantities, readings, from_s, until_s, action, arrived
        in _rows(db)
    ]  # fmt: skip


_Row = tuple[int, float, str, str, int | None, Medium, str, str, Readings, int, int, Action, int]


def _rows(db: sqlite3.Connection) -> list[_Row]:
    return db.execute(
        "SELECT id, at, entered_by, reason, undoes, medium, station, quantities, readings, from_s, until_s, action, "
        "arrived FROM review ORDER BY id"
    ).fetchall()


def _insert(db: sqlite3.Connection, review: Review, arrived: int) -> int:
    done = db.execute(
        "INSERT INTO review (at, entered_by, reason, undoes, medium, station, quantities, readings, from_s, until_s, "
        "action, arrived) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            time.time(), review.by, review.reason, review.undoes, review.medium, review.station,
            ";".join(review.quantities), review.readings, review.from_s, review.until_s, review.action, arrived,
        ),
    )  # fmt: skip
    return int(done.lastrowid or 0)


LocalDays = dict[tuple[str, str], tuple[int, int]]
"""By medium and station the first of some local days, as days since 1970, and how many there are."""


def _known_days(db: sqlite3.Connection, spans: Iterable[DaysOfStation], derived: LocalDays) -> set[StationDay]:
    """Return the days of stations for which readings arrived, or that lie in what was derived.

    Readings of other days make them stale when they arrive.
    """
    found = set()
    for medium, station, first, end in spans:
        days = db.execute(
            "SELECT day FROM arrival WHERE medium = ? AND station = ? AND day >= ? AND day < ?",
            (medium, station, first, end),
        )
        found |= {(medium, station, day) for (day,) in days}
        if (medium, station) in derived:
            first_local, n = derived[medium, station]
            inside = range(max(first, first_local - 1), min(end, first_local + n + 1))
            found |= {(medium, station, day) for day in inside}
    return found


def _of_stations(db: sqlite3.Connection) -> LocalDays:
    """Days from the first reading of each station to its last: where the ledger was lost they never arrived here."""
    return {
        (unit.partition(":")[0], station): span
        for unit, each in arrivals.derived_units(db).items()
        for station, span in each.spans.items()
    }


def _of_units(db: sqlite3.Connection) -> LocalDays:
    """Days of all rows of the unit that each station is of: those without readings, too."""
    found: LocalDays = {}
    for unit, each in arrivals.derived_units(db).items():
        first = min((first for first, _ in each.spans.values()), default=0)
        end = max((first + n for first, n in each.spans.values()), default=0)
        found |= {(unit.partition(":")[0], station): (first, end - first) for station in each.spans}
    return found


def lock_entries(db: sqlite3.Connection) -> list[Locked]:
    """Return all that was ever locked and unlocked, in the order of entry."""
    rows: list[tuple[str, Medium, str, int, str, str, int, float, int]] = db.execute(
        "SELECT month, medium, city, locked, reason, entered_by, id, at, number FROM month_lock ORDER BY id"
    ).fetchall()
    return [
        Locked(
            month=month, medium=medium, city=city, locked=bool(locked), reason=reason, by=by, id=id_, at=at,
            number=number,
        )
        for month, medium, city, locked, reason, by, id_, at, number in rows
    ]  # fmt: skip


def locks(entries: Iterable[Locked]) -> dict[LockKey, Locked]:
    """Return the locks that hold."""
    last = {(each.month, each.medium, each.city): each for each in entries}
    return {key: each for key, each in last.items() if each.locked}


def lock(db: sqlite3.Connection, new: Sequence[Locked]) -> None:
    """Add entries that lock or unlock months, inside a transaction."""
    number = arrivals.raised(db)
    db.executemany(
        "INSERT INTO month_lock (at, entered_by, reason, month, medium, city, locked, number) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(time.time(), e.by, e.reason, e.month, e.medium, e.city, int(e.locked), number) for e in new],
    )


def unlock_all(db: sqlite3.Connection, *, reason: str, by: str) -> None:
    """Unlock all that is locked, inside a transaction, because its rows are lost; who calls derives them again."""
    held = locks(lock_entries(db)).values()
    lock(db, [msgspec.structs.replace(each, locked=False, reason=reason, by=by) for each in held])
    db.execute("UPDATE arrival SET applied = NULL WHERE applied IS NOT NULL")


def release(db: sqlite3.Connection, spans: Iterable[DaysOfStation], still: Iterable[DaysOfStation] = ()) -> int:
    """Make days of stations stale whose month is not locked any more, inside a transaction; return their number.

    Days of `still` stay held: of these what arrived is not applied to all that they bear on.
    """
    days = _known_days(db, spans, _of_units(db))
    arrivals.mark(db, days, at=None)
    arrivals.unhold(db, days - {(medium, of, day) for medium, of, first, end in still for day in range(first, end)})
    return len(days)
