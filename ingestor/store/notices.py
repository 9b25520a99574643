"""Notices as the ledger's file keeps them: each once by its key, its deliveries, and what goes on that was told of.

A delivery is one notice to one recipient of one channel. Its state moves from `waiting` to `sending`, noted before
anything is handed over, and from there to `delivered` or `failed`; what stands as `sending` when nobody sends was cut
off in between, and nobody here knows whether it arrived.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

import msgspec

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, object TEXT NOT NULL, period TEXT NOT NULL,
    revision INTEGER NOT NULL, at REAL NOT NULL, level TEXT NOT NULL, city TEXT NOT NULL, scopes BLOB NOT NULL,
    facts BLOB NOT NULL, acknowledged REAL, acknowledged_by TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '',
    UNIQUE (kind, object, period, revision)
);
CREATE INDEX IF NOT EXISTS notice_recent ON notice (kind, city, at);
CREATE TABLE IF NOT EXISTS notice_delivery (
    notice INTEGER NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL, due REAL NOT NULL,
    quiet TEXT NOT NULL, round INTEGER NOT NULL DEFAULT 1, attempts INTEGER NOT NULL DEFAULT 0,
    doubt INTEGER NOT NULL DEFAULT 0, boot TEXT NOT NULL DEFAULT '', not_before REAL NOT NULL DEFAULT 0,
    first_tried REAL, last_tried REAL, delivered REAL, words TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notice, channel, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notice_open ON notice_delivery (notice) WHERE state IN ('waiting', 'sending', 'failed');
CREATE TABLE IF NOT EXISTS notice_condition (
    kind TEXT NOT NULL, object TEXT NOT NULL, notice INTEGER NOT NULL, condition BLOB NOT NULL,
    PRIMARY KEY (kind, object)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notice_mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

State = Literal["waiting", "sending", "delivered", "failed", "given_up", "in_doubt", "acknowledged", "over"]
OPEN: Final = "('waiting', 'sending', 'failed')"
"""States in which something is still to be sent."""
DUE: Final = "CASE WHEN boot = ?1 THEN not_before <= ?2 ELSE due <= ?3 END"
"""Whether a delivery is due at a `Now`: a clock on the wall that is moved back does not put it off."""


class Key(NamedTuple):
    """What names a notice. The same key is never told twice; what changes about it is the next revision."""

    kind: str
    object: str
    period: str
    revision: int


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A notice to be kept: `scopes` are those that it belongs to, `city` one of them or '', `facts` what it says."""

    key: Key
    level: str
    city: str
    scopes: list[str]
    facts: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was kept; times in seconds since 1970 in UTC."""

    id: int
    key: Key
    at: float
    level: str
    city: str
    scopes: list[str]
    facts: bytes
    acknowledged: float | None
    acknowledged_by: str
    remark: str


class Delivery(msgspec.Struct, frozen=True):
    """A notice on its way to one recipient of a channel; '' is the one that the channel's own address names.

    It is sent, outside the hours `quiet` (as 22:00-07:00, '' for none), from the moment `not_before` of the machine's
    start `boot` on, in which it was noticed or failed last; after another start of the machine from `due` on. `round`
    counts wilful repetitions from 1, `doubt` is 1 where an earlier try was cut off. `words` are the other side's about
    the last try.
    """

    notice: int
    channel: str
    recipient: str
    state: State
    due: float
    quiet: str
    round: int
    attempts: int
    doubt: int
    boot: str
    not_before: float
    first_tried: float | None
    last_tried: float | None
    delivered: float | None
    words: str


class Now(NamedTuple):
    """A moment: the start of the machine, how long ago that is, and what the clock on the wall says. [s]"""

    boot: str
    ticks: float
    wall: float


class Telling(msgspec.Struct, frozen=True):
    """Where a notice is to go: a recipient of a channel, how long after it was noticed [s], which hours are quiet."""

    channel: str
    recipient: str
    after_s: float
    quiet: str


_NOTICE: Final = (
    "id, kind, object, period, revision, at, level, city, scopes, facts, acknowledged, acknowledged_by, remark"
)
_DELIVERY: Final = ", ".join(Delivery.__struct_fields__)
_scopes = msgspec.json.Decoder(list[str])


def create(db: sqlite3.Connection) -> None:
    """Make the tables where they are missing; inside a transaction."""
    for statement in SCHEMA.split(";"):
        db.execute(statement)


def exists(db: sqlite3.Connection) -> bool:
    """Whether the tables are there."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'notice_mark'").fetchone() is not None


def add(db: sqlite3.Connection, new: New, *, at: Now, to: Iterable[Telling]) -> int | None:
    """Keep a notice with its deliveries, inside a transaction; return its id, or None where its key was told before."""
    row = (*new.key, at.wall, new.level, new.city, msgspec.json.encode(new.scopes), new.facts)
    names = "kind, object, period, revision, at, level, city, scopes, facts"
    done = db.execute(f"INSERT OR IGNORE INTO notice ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    if not done.rowcount:
        return None
    number = done.lastrowid
    assert number is not None
    db.executemany(
        "INSERT INTO notice_delivery (notice, channel, recipient, state, due, quiet, boot, not_before) "
        "VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?)",
        [(number, t.channel, t.recipient, at.wall + t.after_s, t.quiet, at.boot, at.ticks + t.after_s) for t in to],
    )
    return number


def notices(db: sqlite3.Connection, clause: str, arguments: tuple[object, ...] = ()) -> list[Notice]:
    """Return the notices that a clause of SQL chooses."""
    return [
        Notice(
            id=row[0], key=Key(*row[1:5]), at=row[5], level=row[6], city=row[7], scopes=_scopes.decode(row[8]),
            facts=row[9], acknowledged=row[10], acknowledged_by=row[11], remark=row[12],
        )
        for row in db.execute(f"SELECT {_NOTICE} FROM notice {clause}", arguments)
    ]  # fmt: skip


def deliveries(db: sqlite3.Connection, clause: str, arguments: tuple[object, ...] = ()) -> list[Delivery]:
    """Return the deliveries that a clause of SQL chooses."""
    rows = db.execute(f"SELECT {_DELIVERY} FROM notice_delivery {clause}", arguments)
    return [Delivery(*row) for row in rows]


def marks(db: sqlite3.Connection) -> dict[str, str]:
    """Return what was noticed up to, by name."""
    return dict(db.execute("SELECT name, value FROM notice_mark").fetchall())


def set_marks(db: sqlite3.Connection, new: Iterable[tuple[str, str]]) -> None:
    """Keep what was noticed up to; inside a transaction."""
    db.executemany("INSERT OR REPLACE INTO notice_mark VALUES (?, ?)", new)


def conditions(db: sqlite3.Connection) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Return by kind and object what goes on and was told: the notice that told it, and what it was."""
    rows = db.execute("SELECT kind, object, notice, condition FROM notice_condition ORDER BY kind, object")
    return {(kind, object_): (number, condition) for kind, object_, number, condition in rows}


def begin(db: sqlite3.Connection, kind: str, number: int, found: Iterable[tuple[str, bytes]]) -> None:
    """Keep that something goes on, by object, told of by a notice; inside a transaction."""
    db.executemany(
        "INSERT OR REPLACE INTO notice_condition VALUES (?, ?, ?, ?)",
        [(kind, object_, number, condition) for object_, condition in found],
    )


def end(db: sqlite3.Connection, kind: str, objects: Iterable[str]) -> None:
    """Forget what went on; inside a transaction. A notice none of whose objects is left is escalated no more."""
    db.executemany(
        "DELETE FROM notice_condition WHERE kind = ? AND object = ?", [(kind, object_) for object_ in objects]
    )


def spare(db: sqlite3.Connection, number: int, state: State, *, now: Now) -> int:
    """End the deliveries of a notice that were to come later only, inside a transaction; return their number."""
    return db.execute(
        f"UPDATE notice_delivery SET state = ?4 WHERE notice = ?5 AND state = 'waiting' AND NOT ({DUE})",
        (*now, state, number),
    ).rowcount
