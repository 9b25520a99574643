"""Files of earlier versions of qingjing: what is in them stays; `qingjing run` makes them files of this one."""

import logging
import shutil
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from ingestor.store import arrivals
from ingestor.store.ports import StoreError

log = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 5
FROM: Final = 4
"""The earliest version of a file that can be taken."""
BUSY_S: Final = 30.0
ROOM: Final = 2
"""A file is copied where so many times its size is free: the upgrade needs room, too."""

_object = msgspec.json.Decoder(dict[str, Any])


def bring_up_to_date(file: Path) -> None:
    """Make a file of an earlier version one of this, after a copy of it beside it (`NAME.v4`) where there is room.

    Only for who holds the data directory: a service of the earlier version could not go on. Any other file is left.

    Raises
    ------
    StoreError
        If it cannot be done; then the file stays as it was.
    """
    if not file.is_file():
        return
    try:
        uri = f"{file.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S)) as db:
            if _version(db) != FROM:
                return
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            if _version(db) == FROM:
                _copy(file)
                _upgrade(db)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute("COMMIT")
    except (sqlite3.Error, msgspec.DecodeError, OSError) as error:
        raise StoreError(
            f"store {file}: expected a usable SQLite file of version {FROM}, got {error}; it stays as it was"
        ) from error


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _copy(file: Path) -> None:
    """Copy a file that nobody can write to, by a connection of its own; the copy has its name once it is whole."""
    size = sum(each.stat().st_size for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())
    kept = file.with_name(f"{file.name}.v{FROM}")
    if shutil.disk_usage(file.parent).free < ROOM * size:
        log.warning(
            "store %s: version %d goes to %d without a copy, there is no room for one", file, FROM, SCHEMA_VERSION
        )
        return
    log.info("store %s: version %d goes to %d; a copy of it is %s", file, FROM, SCHEMA_VERSION, kept)
    part = kept.with_name(f"{kept.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db,
            closing(sqlite3.connect(part)) as copy,
        ):
            db.backup(copy)
        shutil.copymode(file, part)
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)


def _upgrade(db: sqlite3.Connection) -> None:
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
