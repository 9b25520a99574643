"""The ledger: one SQLite file (WAL, full sync) with the outbox, the quarantine and the counts of every kind of store.

The outbox holds groups of readings as lines of InfluxDB (`line_protocol`), in the order in which they were committed.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from aggregations.targets import Report
from ingestor.store import archives, arrivals, line_protocol, needed, publications, reported, reviewed, runs
from ingestor.store.archives import Archived
from ingestor.store.arrivals import Derived, Due, StationDay, Waiting
from ingestor.store.migrating import FROM, SCHEMA_VERSION
from ingestor.store.ports import Arrival, Backlog, Needed, Quarantined, StoreError, Taken
from ingestor.store.publications import Key, Publication
from ingestor.store.reviewed import DaysOfStation, Entered, Locked, LockKey
from sensors.reading import Reading, Refusal
from sensors.reviews import Review, in_force

BUSY_S = 30.0

_SCHEMA = (
    """
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, committed_at REAL NOT NULL, readings INTEGER NOT NULL, lines BLOB NOT NULL,
    days BLOB NOT NULL
);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, first_at REAL NOT NULL, last_at REAL NOT NULL,
    seen INTEGER NOT NULL, code TEXT NOT NULL, source TEXT NOT NULL, topic TEXT NOT NULL, refusals BLOB NOT NULL,
    taken BLOB NOT NULL, payload BLOB NOT NULL
);
CREATE INDEX quarantine_code ON quarantine (code);
CREATE TABLE dropped (
    id INTEGER PRIMARY KEY, dropped_at REAL NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, topic TEXT NOT NULL,
    seen INTEGER NOT NULL, size INTEGER NOT NULL, refusals BLOB NOT NULL
);
CREATE TABLE subscription (client_id TEXT, filter TEXT, PRIMARY KEY (client_id, filter)) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
    + arrivals.SCHEMA
    + publications.SCHEMA
    + reviewed.SCHEMA
    + runs.SCHEMA
)

_QUARANTINE = (
    "INSERT INTO quarantine (digest, first_at, last_at, seen, code, source, topic, refusals, taken, payload) "
    "VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (digest) DO UPDATE SET seen = seen + 1, last_at = max(last_at, excluded.last_at), "
    "code = excluded.code, refusals = excluded.refusals, taken = excluded.taken"
)
_COUNT = "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"

_encode = msgspec.msgpack.Encoder().encode
_refusals = msgspec.msgpack.Decoder(list[Refusal])
_taken = msgspec.msgpack.Decoder(list[Taken])

REFUSED_BY_STORE = "(store)"
"""The source of quarantined lines that the store itself refused; no source of config/ can have this name."""


def check_there(file: Path) -> None:
    """Make sure that a store is there.

    Raises
    ------
    StoreError
        If there is none.
    """
    if not file.is_file():
        raise StoreError(f"store {file}: expected a store, got none; `qingjing run` makes it, --data says where")


def _identity(file: Path) -> tuple[int, int]:
    """Device and number of the file that lies in a place; OSError where none does."""
    found = file.stat()
    return found.st_dev, found.st_ino


def check_version(db: sqlite3.Connection, file: Path) -> None:
    """Refuse a file of another schema; one of an earlier, too: only `qingjing run` brings it up to date.

    Raises
    ------
    StoreError
        If it is one.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        todo = (
            "end the service of the earlier version and start `qingjing run` of this one, which brings it up to date"
            if FROM <= version < SCHEMA_VERSION
            else "use the qingjing that made it, or another --data"
        )
        raise StoreError(f"store {file}: expected schema version {SCHEMA_VERSION}, got {version}; {todo}")


class Ledger:
    """Outbox, quarantine, counts; used from one thread."""

    def __init__(self, file: Path, *, busy_s: float = BUSY_S, create: bool = True, read_only: bool = False) -> None:
        """Open `file`, where it is missing making it and its folder if `create` says so.

        Another process that writes to it is waited for `busy_s` at most. [s] With `read_only` nothing is written, and
        its backlog is not counted.

        Raises
        ------
        StoreError
            If it cannot be opened, is no database, or was made by another version of qingjing; where it is not to be
            made, if it is missing.
        """
        self.file = file
        self._failing: str | None = None
        self._guard: Callable[[], None] = lambda: None
        self._create = create
        try:
            if create:
                file.parent.mkdir(parents=True, exist_ok=True)
            else:
                check_there(file)
            mode = "ro" if read_only else "rwc" if create else "rw"
            uri = f"{file.absolute().as_uri()}?mode={mode}"
            self._db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=busy_s)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {file}: expected a usable SQLite file, got {error}") from error
        try:
            self._opened = _identity(file)
            self._backlog = Backlog()
            if read_only:
                check_version(self._db, file)
                return
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA wal_autocheckpoint = 8000")
            self._db.execute("PRAGMA journal_size_limit = 67108864")
            self._db.execute("PRAGMA cache_size = -32768")
            with self._transaction():
                self._create_or_check()
                self._db.execute(reported.SCHEMA)
            self._backlog = self._counted_backlog()
        except (sqlite3.Error, msgspec.DecodeError, StoreError, OSError) as error:
            self._db.close()
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"store {file}: expected a usable SQLite file, got {error}") from error

    @property
    def place(self) -> str:
        """Where readings end up, for people."""
        return str(self.file)

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` at the beginning of every transaction from now on: where it raises, nothing of it is kept.

        Before, the transaction may have waited for another process to write; after, no other process can.
        """
        self._guard = check

    def check_in_place(self) -> None:
        """Make sure that the file is still the one that lies in its place.

        One that was moved, or whose disk was unmounted, goes on taking what is written, and nobody would find it there.

        Raises
        ------
        StoreError
            If it is not; nothing is kept until it is back.
        """
        try:
            found = _identity(self.file)
        except OSError as error:
            raise StoreError(
                f"store {self.file}: expected the file that was opened, got none ({error.strerror}); mount its disk or "
                "move it back, nothing is kept before"
            ) from error
        if found != self._opened:
            raise StoreError(
                f"store {self.file}: expected the file that was opened, got another one; start again to use it, or "
                "move the first one back; nothing is kept before"
            )

    def _failing_now(self) -> str | None:
        """Why nothing moves on: the file is not in its place, or what the last try ended in; None where all is well."""
        try:
            self.check_in_place()
        except StoreError as error:
            return str(error)
        return self._failing

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _create_or_check(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and self._create:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        else:
            check_version(self._db, self.file)
        for statement in (archives.SCHEMA + needed.SCHEMA).split(";"):
            self._db.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self.check_in_place()
            self._guard()
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back where the disk is full
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _usable(self, what: str) -> Iterator[None]:
        """Translate errors of SQLite, and of what lies in it, into StoreError."""
        try:
            yield
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StoreError(f"store {self.file}: {what}: {error}") from error

    # Outbox

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """See `Intake.commit`."""
        readings = [reading for arrival in arrivals for reading in arrival.readings]
        refused = [arrival for arrival in arrivals if arrival.refusals]
        counts = {
            "messages": len(arrivals),
            "messages_again": sum(arrival.again for arrival in arrivals),
            "messages_quarantined": len(refused),
            "messages_ignored": sum(not (arrival.readings or arrival.refusals) for arrival in arrivals),
        }
        with self._usable(f"{len(arrivals)} messages not kept"), self._transaction():
            size = self._put(readings, refused, counts)
            needed.keep(self._db, arrivals)
        self._grow(len(readings), size)

    def _put(self, readings: list[Reading], refused: Iterable[Arrival], counts: dict[str, int]) -> int:
        """Put readings into the outbox and refused messages into quarantine, inside a transaction.

        Return the bytes that the outbox grew by.
        """
        lines = line_protocol.encode(readings)
        if lines:
            self._db.execute(
                "INSERT INTO outbox (committed_at, readings, lines, days) VALUES (?, ?, ?, ?)",
                (time.time(), len(readings), lines, arrivals.days_of(readings)),
            )
        self._db.executemany(_QUARANTINE, map(_row, refused))
        self._count({**counts, "values": sum([len(reading.values) for reading in readings])})
        return len(lines)

    def _count(self, counts: Mapping[str, int]) -> None:
        self._db.executemany(_COUNT, [(name, count) for name, count in counts.items() if count])

    def _grow(self, readings: int, size: int) -> None:
        if readings:
            before = self._backlog
            self._backlog = msgspec.structs.replace(
                before,
                readings=before.readings + readings,
                size=before.size + size,
                oldest_at=before.oldest_at or time.time(),
            )

    def backlog(self) -> Backlog:
        """See `Intake.backlog`."""
        return msgspec.structs.replace(self._backlog, failing=self._failing_now())

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        """Remember for `backlog` whether moving the outbox on fails."""
        try:
            yield
        except StoreError as error:
            self._failing = str(error)
            raise
        self._failing = None

    def _counted_backlog(self) -> Backlog:
        readings, size, oldest_at = self._db.execute(
            "SELECT sum(readings), sum(length(lines)), (SELECT committed_at FROM outbox ORDER BY id LIMIT 1) "
            "FROM outbox"
        ).fetchone()
        return Backlog(readings or 0, size or 0, oldest_at)

    def _delivered(self, last_id: int, refused: list[tuple[bytes, Refusal]], counts: dict[str, int]) -> Backlog:
        """Delete the groups up to an id, and quarantine lines that the store refused, inside a transaction.

        The days of the groups become stale. Return the backlog once the transaction holds.
        """
        now = time.time()
        groups = [days for (days,) in self._db.execute("SELECT days FROM outbox WHERE id <= ?", (last_id,))]
        if groups:
            arrivals.record(self._db, groups, at=now)
        readings, size = self._db.execute(
            "SELECT coalesce(sum(readings), 0), coalesce(sum(length(lines)), 0) FROM outbox WHERE id <= ?", (last_id,)
        ).fetchone()
        self._db.execute("DELETE FROM outbox WHERE id <= ?", (last_id,))
        if refused:
            kept = [Arrival(REFUSED_BY_STORE, "", now, line, [], [refusal]) for line, refusal in refused]
            self._db.executemany(_QUARANTINE, map(_row, kept))
        self._count({**counts, "lines_refused": len(refused)})
        oldest_at = self._db.execute("SELECT committed_at FROM outbox ORDER BY id LIMIT 1").fetchone()
        before = self._backlog
        return Backlog(
            readings=max(0, before.readings - readings) if oldest_at else 0,
            size=max(0, before.size - size) if oldest_at else 0,
            oldest_at=oldest_at[0] if oldest_at else None,
            moved=before.moved + readings,
            refused=before.refused + len(refused),
        )

    # Messages by which later ones are read

    def needed(self) -> list[Needed]:
        """See `Intake.needed`."""
        with self._usable("messages needed for later ones cannot be read"):
            return needed.kept(self._db)

    # Subscriptions

    def subscriptions(self, client_id: str) -> set[str]:
        """Return the topic filters that a client's session has subscribed to."""
        with self._usable("subscriptions cannot be read"):
            rows = self._db.execute("SELECT filter FROM subscription WHERE client_id = ?", (client_id,))
            return {name for (name,) in rows}

    def remember_subscriptions(self, client_id: str, filters: Iterable[str]) -> None:
        """Replace the topic filters of a client's session."""
        with self._usable("subscriptions not kept"), self._transaction():
            self._db.execute("DELETE FROM subscription WHERE client_id = ?", (client_id,))
            self._db.executemany("INSERT INTO subscription VALUES (?, ?)", [(client_id, name) for name in filters])

    # Counts

    def counts(self) -> dict[str, int]:
        """Return the counters kept since the file was made."""
        with self._usable("counts cannot be read"):
            return dict(self._db.execute("SELECT name, value FROM counter ORDER BY name").fetchall())

    # Arrivals and what was derived from them

    def due(self) -> Due:
        """See `Tables.due`."""
        with self._usable("arrivals cannot be read"):
            return arrivals.due(self._db)

    def arrivals_of(self, medium: str, first: int, last: int) -> dict[str, list[tuple[int, float]]]:
        """Return by station the days with readings from one to another, and when what came last for them did."""
        with self._usable("arrivals cannot be read"):
            return arrivals.arrivals_of(self._db, medium, first, last)

    def derived_units(self) -> dict[str, Derived]:
        """See `Tables.derived_units`."""
        with self._usable("marks of derivation cannot be read"):
            return arrivals.derived_units(self._db)

    def set_derived(
        self,
        unit: str,
        derived: Derived,
        stations: Iterable[tuple[str, str]],
        *,
        piece: bytes,
        held: Iterable[StationDay] = (),
    ) -> None:
        """See `Tables.set_derived`."""
        arrivals.set_derived(self._db, unit, derived, stations, held=held)
        publications.note_piece(self._db, piece)

    def forget_derived(self, units: Iterable[str]) -> None:
        """See `Tables.forget_derived`."""
        arrivals.forget(self._db, units)

    def ask_derived(self, units: Iterable[str]) -> None:
        """See `Tables.ask_derived`."""
        with self._usable("units not asked for"), self._transaction():
            arrivals.ask(self._db, units)

    # Published figures

    def publications(self) -> list[Publication]:
        """Return all revisions of published figures, those of a figure after one another and in order."""
        with self._usable("published figures cannot be read"):
            return publications.every(self._db)

    def latest_publications(self, keys: Iterable[Key]) -> dict[Key, Publication]:
        """Return the last revision of each figure that was published."""
        with self._usable("published figures cannot be read"):
            return publications.latest(self._db, keys)

    def pieces(self) -> list[tuple[int, bytes]]:
        """Return what was derived since published figures were computed last, with its id."""
        with self._usable("what was derived cannot be read"):
            return publications.pieces(self._db)

    def publish(
        self,
        revisions: Iterable[Publication],
        *,
        followed: Iterable[int] = (),
        checked: Mapping[str, int] | None = None,
    ) -> None:
        """Add revisions, forget the pieces they follow, set the counters of what all were checked with: or nothing."""
        with self._usable("nothing was published"), self._transaction():
            publications.add(self._db, revisions)
            publications.followed(self._db, followed)
            self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", (checked or {}).items())

    def make_stale(self, days: Iterable[StationDay]) -> None:
        """Make station-days stale, as readings that arrive do; days as of `arrivals.day_of`.

        They are looked for before anything is locked: that may take requests to a server.
        """
        found = set(days)
        with self._usable("days not made stale"), self._transaction():
            arrivals.mark(self._db, found, at=None)

    # Reported figures

    def reported_figures(self) -> list[Report]:
        """See `Tables.reported_figures`."""
        with self._usable("reported figures cannot be read"):
            return reported.every(self._db)

    def report(self, new: Sequence[Report]) -> list[int]:
        """Enter reported figures, all or none; return their ids."""
        with self._usable("reported figures not kept"), self._transaction():
            return reported.add(self._db, new)

    def undo_report(self, number: int, *, reason: str, by: str) -> int:
        """Enter the undoing of a reported figure; return its id.

        Raises
        ------
        UnknownReportError
            If it cannot be undone.
        """
        with self._usable("reported figure not undone"), self._transaction():
            return reported.undo(self._db, number, reason=reason, by=by)

    # Reviews and locked months

    def reviews(self, *, upto: int | None = None) -> list[Review]:
        """See `Tables.reviews`."""
        return in_force(each.review for each in self.entered_reviews() if upto is None or each.arrived <= upto)

    def entered_reviews(self) -> list[Entered]:
        """Return all entries of the ledger of reviews, undoings and what they undid included, in their order."""
        with self._usable("reviews cannot be read"):
            return reviewed.entered(self._db)

    def add_reviews(self, new: Sequence[Review]) -> tuple[list[int], int]:
        """Enter reviews, all or none; what they are about becomes stale. Return their ids, and those station-days."""
        with self._usable("reviews not kept"), self._transaction():
            return reviewed.add(self._db, new)

    def undo_review(self, number: int, *, reason: str, by: str) -> tuple[int, int]:
        """Enter the undoing of a review; what it is about becomes stale. Return its id, and those station-days.

        Raises
        ------
        UnknownReviewError
            If it cannot be undone.
        """
        with self._usable("review not undone"), self._transaction():
            return reviewed.undo(self._db, number, reason=reason, by=by)

    def locks(self) -> dict[LockKey, Locked]:
        """See `Tables.locks`."""
        return reviewed.locks(self.entered_locks())

    def entered_locks(self) -> list[Locked]:
        """Return all that was ever locked and unlocked, in the order of entry."""
        with self._usable("locked months cannot be read"):
            return reviewed.lock_entries(self._db)

    def lock(self, new: Sequence[Locked]) -> None:
        """Enter that months are locked, all or none."""
        with self._usable("months not locked"), self._transaction():
            reviewed.lock(self._db, new)

    def unlock(
        self, new: Sequence[Locked], spans: Iterable[DaysOfStation], *, still: Iterable[DaysOfStation] = ()
    ) -> int:
        """Enter that months are unlocked, all or none; days of their stations become stale. Return their number.

        Those of `still`, which months that stay locked touch, stay held.
        """
        with self._usable("months not unlocked"), self._transaction():
            reviewed.lock(self._db, new)
            return reviewed.release(self._db, spans, still)

    def waiting(self) -> list[Waiting]:
        """See `Tables.waiting`."""
        with self._usable("arrivals cannot be read"):
            return arrivals.waiting(self._db)

    # Archives of raw readings

    def archived(self) -> list[Archived]:
        """See `Tables.archived`."""
        with self._usable("archives cannot be read"):
            return archives.archived(self._db)

    def add_archive(self, new: Archived) -> None:
        """Note an archive, before anything of it is deleted."""
        with self._usable("archive not noted"), self._transaction():
            archives.add(self._db, new)

    def set_archive_deleted(self, uid: str) -> None:
        """Note that all that an archive holds was deleted."""
        with self._usable("archive not noted"), self._transaction():
            archives.set_deleted(self._db, uid)

    def set_restored(self, uid: str, stations: Iterable[str], stale: Iterable[StationDay]) -> None:
        """Note that readings of stations in an archive are in the store again; days of some of them become stale."""
        with self._usable("restored readings not noted"), self._transaction():
            archives.set_restored(self._db, uid, stations, stale)

    # Quarantine

    def quarantined(self, *, limit: int | None = None, code: str | None = None) -> list[Quarantined]:
        """Return messages in quarantine, the newest first; of one code of their first refusal, or all."""
        if code is None:
            return list(self._quarantine("ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,)))
        chosen = self.quarantine_numbers(code=code)[::-1][:limit]
        return [found for number in chosen if (found := self.quarantined_one(number)) is not None]

    def quarantine_numbers(self, *, code: str | None = None) -> list[int]:
        """Return the ids of messages in quarantine, ascending; of one code of their first refusal, or all."""
        with self._usable("quarantine cannot be read"):
            rows = self._db.execute("SELECT id FROM quarantine WHERE code = ? OR ? IS NULL ORDER BY id", (code, code))
            return [number for (number,) in rows]

    def quarantined_one(self, number: int) -> Quarantined | None:
        """Return one message in quarantine by its id."""
        return next(self._quarantine("WHERE id = ?", (number,)), None)

    def _quarantine(self, clause: str, arguments: tuple[int, ...]) -> Iterator[Quarantined]:
        with self._usable("quarantine cannot be read"):
            rows = self._db.execute(
                f"SELECT id, first_at, last_at, seen, source, topic, payload, refusals, taken FROM quarantine {clause}",
                arguments,
            )
            for number, first, last, seen, source, topic, payload, refusals, taken in rows:
                yield Quarantined(
                    number, first, last, seen, source, topic, payload, _refusals.decode(refusals), _taken.decode(taken)
                )

    def quarantine_reasons(self) -> dict[str, int]:
        """Return the number of distinct messages in quarantine by the code of their first refusal."""
        with self._usable("quarantine cannot be read"):
            return dict(
                self._db.execute("SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code").fetchall()
            )

    def release(self, number: int, readings: list[Reading], refusals: list[Refusal], taken: list[Taken]) -> None:
        """Put readings of a message in quarantine into the outbox; it leaves quarantine where no refusal is left."""
        with self._usable(f"message {number} not released"), self._transaction():
            if refusals:
                self._db.execute(
                    "UPDATE quarantine SET code = ?, refusals = ?, taken = ? WHERE id = ?",
                    (refusals[0].code, _encode(refusals), _encode(taken), number),
                )
            else:
                self._db.execute("DELETE FROM quarantine WHERE id = ?", (number,))
            size = self._put(readings, [], {"messages_released": int(not refusals)})
        self._grow(len(readings), size)

    def drop(self, numbers: Iterable[int], *, reason: str) -> int:
        """Delete messages from quarantine; who they were and why they were dropped stays. Return their number."""
        dropped = 0
        with self._usable("quarantine not changed"), self._transaction():
            for number in numbers:
                self._db.execute(
                    "INSERT INTO dropped SELECT id, ?, ?, source, topic, seen, length(payload), refusals "
                    "FROM quarantine WHERE id = ?",
                    (time.time(), reason, number),
                )
                dropped += self._db.execute("DELETE FROM quarantine WHERE id = ?", (number,)).rowcount
            self._count({"messages_dropped": dropped})
        return dropped


def _row(arrival: Arrival) -> tuple[object, ...]:
    digest = hashlib.sha256(arrival.topic.encode("utf-8", "surrogateescape"))
    digest.update(b"\0")
    digest.update(arrival.payload)
    at = arrival.received_at
    refusals, taken = _encode(arrival.refusals), _encode(taken_of(arrival.readings))
    code = arrival.refusals[0].code
    return (digest.digest(), at, at, code, arrival.source, arrival.topic, refusals, taken, arrival.payload)


def taken_of(readings: Iterable[Reading]) -> list[Taken]:
    """Return the names of all values of readings."""
    return [Taken(r.medium, r.station, r.period_s, r.time, quantity) for r in readings for quantity, _, _ in r.values]
