"""Reported figures in the ledger: a table to which rows are only ever added, an undoing included."""

import datetime as dt
import sqlite3
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from aggregations.targets import Report

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reported_figure (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, entered_by TEXT NOT NULL, plan TEXT NOT NULL,
    target TEXT NOT NULL, as_of TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL, part INTEGER, whole INTEGER,
    source TEXT NOT NULL, undoes INTEGER UNIQUE
)
"""

_COLUMNS: Final = "at, entered_by, plan, target, as_of, value, unit, part, whole, source, undoes"


class UnknownReportError(ValueError):
    """A reported figure that is to be undone is not there, is an undoing itself, or was undone; the text says which."""


def add(db: sqlite3.Connection, new: Sequence[Report]) -> list[int]:
    """Add reported figures, inside a transaction; return their ids."""
    ids = []
    for each in new:
        done = db.execute(
            f"INSERT INTO reported_figure ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                time.time(), each.by, each.plan, each.target, each.as_of.isoformat(), str(each.value), each.unit,
                each.count, each.of, each.source, each.undoes,
            ),
        )  # fmt: skip
        ids.append(int(done.lastrowid or 0))
    return ids


def every(db: sqlite3.Connection) -> list[Report]:
    """Return all entries in their order."""
    return [
        Report(
            id=id_, at=at, by=by, plan=plan, target=target, as_of=dt.date.fromisoformat(as_of), value=Decimal(value),
            unit=unit, count=part, of=whole, source=source, undoes=undoes,
        )
        for id_, at, by, plan, target, as_of, value, unit, part, whole, source, undoes in db.execute(
            f"SELECT id, {_COLUMNS} FROM reported_figure ORDER BY id"
        )
    ]  # fmt: skip


def undo(db: sqlite3.Connection, number: int, *, reason: str, by: str) -> int:
    """Add the undoing of an entry, with the reason as its source, inside a transaction; return its id.

    Raises
    ------
    UnknownReportError
        If it cannot be undone.
    """
    entries = every(db)
    found = next((each for each in entries if each.id == number), None)
    if found is None:
        raise UnknownReportError("there is none")
    if found.undoes is not None:
        raise UnknownReportError(f"it is the undoing of {found.undoes}, which can be entered anew")
    for each in entries:
        if each.undoes == number:
            raise UnknownReportError(f"it was undone by {each.id}")
    return add(db, [msgspec.structs.replace(found, undoes=number, source=reason, by=by)])[0]
