"""Files of earlier versions of qingjing: what is in them stays; opened for writing they become files of this one."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ingestor.store import arrivals

FROM: Final = 4
"""The earliest version of a file that can be taken."""

_object = msgspec.json.Decoder(dict[str, Any])


def upgrade(db: sqlite3.Connection) -> None:
    """Bring a file of version 4 to version 5, inside a transaction.

    Version 5 compares the numbers of the ledger where version 4 compared times: with which numbers units were derived,
    months locked, and what was derived and not followed yet. Of units the arrivals tell. Of locks, and of what was not
    followed, only the clock of then tells which reviews came before.
    """
    db.execute("ALTER TABLE derived_unit ADD COLUMN upto INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE month_lock ADD COLUMN number INTEGER NOT NULL DEFAULT 0")
    upto = {unit: _derived_upto(db, unit, _object.decode(spans)) for unit, spans in db.execute(
        "SELECT unit, spans FROM derived_unit").fetchall()}  # fmt: skip
    db.executemany("UPDATE derived_unit SET upto = ? WHERE unit = ?", [(number, unit) for unit, number in upto.items()])
    before = _Reviews(db)
    locked = 0
    for id_, at in db.execute("SELECT id, at FROM month_lock ORDER BY id").fetchall():
        locked = max(locked, before.last(at))
        db.execute("UPDATE month_lock SET number = ? WHERE id = ?", (locked, id_))
    (published,) = db.execute("SELECT max(at) FROM publication").fetchone()
    for id_, blob in db.execute("SELECT id, piece FROM derived_piece").fetchall():
        piece = _object.decode(blob)
        last = upto.get(piece.get("unit", ""), arrivals.last(db))
        after = last if published is None else min(last, before.last(published))
        kept = msgspec.json.encode(piece | {"after": after, "upto": last})
        db.execute("UPDATE derived_piece SET piece = ? WHERE id = ?", (kept, id_))


def _derived_upto(db: sqlite3.Connection, unit: str, stations: Iterable[str]) -> int:
    """Return the last number that a day of a unit was derived with: a review with a later one is not in its rows."""
    medium = unit.partition(":")[0]
    found = (
        db.execute("SELECT max(derived) FROM arrival WHERE medium = ? AND station = ?", (medium, each)).fetchone()[0]
        for each in stations
    )
    return max((number for number in found if number is not None), default=0)


class _Reviews:
    """The numbers of reviews by what the clock said."""

    def __init__(self, db: sqlite3.Connection) -> None:
        rows = sorted(db.execute("SELECT at, arrived FROM review").fetchall())
        self._times = [at for at, _ in rows]
        self._numbers = [0]
        for _, number in rows:
            self._numbers.append(max(self._numbers[-1], number))

    def last(self, at: float) -> int:
        """Return the last number of those before a moment. [s since 1970]"""
        return self._numbers[bisect_left(self._times, at)]
