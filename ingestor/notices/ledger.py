"""The ledger of notices: what was noticed, where it is to go, and what became of each delivery."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestor.jobs.clocks import Clock
from ingestor.jobs.ledger import JobLedger
from ingestor.store import notices
from ingestor.store.ledger import BUSY_S
from ingestor.store.notices import DUE, OPEN, Delivery, New, Notice, Now, State, Telling
from ingestor.store.publications import Publication
from sensors.errors import ConfigError

INSTALLATION = "installation"
"""The mark that names this ledger among all that there are."""


class UnknownNoticeError(ConfigError):
    """There is no notice of that number."""


class NoticeLedger(JobLedger):
    """The ledger with what notices keep in it; its tables are made when it is opened first."""

    def __init__(
        self, file: Path, *, clock: Clock | None = None, instance: str | None = None, busy_s: float = BUSY_S
    ) -> None:
        """See `JobLedger`."""
        super().__init__(file, clock=clock, instance=instance, busy_s=busy_s)
        with self._usable("tables of notices cannot be made"):
            if not notices.exists(self._db):
                with self._transaction():
                    notices.create(self._db)
                    notices.set_marks(self._db, [(INSTALLATION, uuid.uuid4().hex)])

    def now(self) -> Now:
        """Return the present moment by all clocks."""
        return Now(self.clock.boot, self.clock.ticks(), self.clock.now())

    # Noticing

    @contextmanager
    def noticing(self) -> Iterator["Noticing"]:
        """Make one transaction of all that is noticed: notices, what goes on, and how far was looked."""
        with self._usable("nothing was noticed"), self._transaction():
            yield Noticing(self)

    def marks(self) -> dict[str, str]:
        """Return how far was looked, by name."""
        with self._usable("marks of notices cannot be read"):
            return notices.marks(self._db)

    def conditions(self) -> dict[tuple[str, str], tuple[int, bytes]]:
        """Return by kind and object what goes on and was told: by which notice, and what it was."""
        with self._usable("conditions cannot be read"):
            return notices.conditions(self._db)

    def last_arrival(self) -> int:
        """Return the number of the last arrival of readings."""
        with self._usable("arrivals cannot be read"):
            return int(self._db.execute("SELECT coalesce(max(arrived), 0) FROM arrival").fetchone()[0])

    def arrived_since(self, number: int, day: int) -> list[tuple[str, str]]:
        """Return medium and station of readings that arrived after a number, of days from one on."""
        with self._usable("arrivals cannot be read"):
            return self._db.execute(
                "SELECT DISTINCT medium, station FROM arrival WHERE arrived > ? AND day >= ? ORDER BY medium, station",
                (number, day),
            ).fetchall()

    def last_publication(self) -> int:
        """Return the number of the last revision of a published figure."""
        with self._usable("published figures cannot be read"):
            return int(self._db.execute("SELECT coalesce(max(id), 0) FROM publication").fetchone()[0])

    def revised_since(self, number: int) -> list[tuple[Publication, Publication]]:
        """Return what published figures said before and what they say since, of revisions after a number."""
        with self._usable("published figures cannot be read"):
            new = {
                tuple(row)
                for row in self._db.execute(
                    "SELECT indicator, scope, period, mode, plan, revision FROM publication "
                    "WHERE id > ? AND revision > 1",
                    (number,),
                )
            }
        if not new:
            return []
        every = {(*each.key, each.revision): each for each in self.publications()}
        pairs = []
        for names, each in every.items():
            first = each.revision - 1
            if names not in new or (*each.key, each.revision + 1) in new:
                continue
            while (*each.key, first) in new:
                first -= 1
            pairs.append((every[*each.key, first], each))
        return pairs

    # Notices

    def notice(self, number: int) -> Notice:
        """Return a notice.

        Raises
        ------
        UnknownNoticeError
            If there is none of that number.
        """
        with self._usable("notices cannot be read"):
            found = notices.notices(self._db, "WHERE id = ?", (number,))
        if not found:
            raise UnknownNoticeError(
                f"notice {number}: expected one that `qingjing notices list` prints, got none of that number"
            )
        return found[0]

    def notices(self, *, limit: int = -1, kind: str | None = None, opened: bool = False) -> list[Notice]:
        """Return notices, the newest first; of one kind, or only those that nobody acknowledged."""
        with self._usable("notices cannot be read"):
            return notices.notices(
                self._db,
                "WHERE (kind = ?1 OR ?1 IS NULL) AND (acknowledged IS NULL OR NOT ?2) ORDER BY id DESC LIMIT ?3",
                (kind, opened, limit),
            )

    def latest(self, kind: str, object_: str, period: str | None = None) -> Notice | None:
        """Return the last notice of a kind about an object, of one period or any."""
        with self._usable("notices cannot be read"):
            found = notices.notices(
                self._db,
                "WHERE kind = ?1 AND object = ?2 AND (period = ?3 OR ?3 IS NULL) ORDER BY period DESC, revision DESC "
                "LIMIT 1",
                (kind, object_, period),
            )
        return found[0] if found else None

    def before(self, kind: str, object_: str, period: str) -> Notice | None:
        """Return the last notice of a kind about an object of a period before one."""
        with self._usable("notices cannot be read"):
            found = notices.notices(
                self._db,
                "WHERE kind = ? AND object = ? AND period < ? ORDER BY period DESC, revision DESC LIMIT 1",
                (kind, object_, period),
            )
        return found[0] if found else None

    def deliveries(self, numbers: Iterable[int]) -> dict[int, list[Delivery]]:
        """Return by notice its deliveries."""
        with self._usable("deliveries cannot be read"):
            return {
                number: notices.deliveries(self._db, "WHERE notice = ? ORDER BY channel, recipient", (number,))
                for number in numbers
            }

    def acknowledge(self, number: int, *, by: str, remark: str = "") -> bool:
        """Note who acknowledged a notice; it is escalated no more. Whether nobody had before.

        Raises
        ------
        UnknownNoticeError
            If there is none of that number.
        """
        with self._usable("not acknowledged"), self._transaction():
            now = self.now()
            done = self._db.execute(
                "UPDATE notice SET acknowledged = ?, acknowledged_by = ?, remark = ? "
                "WHERE id = ? AND acknowledged IS NULL",
                (now.wall, by, remark, number),
            ).rowcount
            if done:
                notices.spare(self._db, number, "acknowledged", now=now)
        if not done:
            self.notice(number)
        return bool(done)

    def resend(self, number: int, *, channel: str | None = None, recipient: str | None = None) -> int:
        """Send a notice once more, on purpose, to all that it went to or some of them; return how many those are.

        What still waits is not doubled: it is only tried at once.

        Raises
        ------
        UnknownNoticeError
            If there is none of that number.
        """
        self.notice(number)
        with self._usable("not to be sent again"), self._transaction():
            return self._db.execute(
                "UPDATE notice_delivery SET round = round + (state NOT IN ('waiting', 'failed')), attempts = 0, "
                "state = 'waiting', doubt = 0, due = min(due, ?1), boot = ?2, not_before = 0, quiet = '', "
                "first_tried = NULL WHERE notice = ?3 AND (channel = ?4 OR ?4 IS NULL) "
                "AND (recipient = ?5 OR ?5 IS NULL) AND state != 'sending'",
                (self.clock.now(), self.clock.boot, number, channel, recipient),
            ).rowcount

    # Deliveries

    def open_deliveries(self) -> list[tuple[Notice, Delivery]]:
        """Return what is due to be sent and does not rest after a failure, the oldest notice first."""
        with self._usable("deliveries cannot be read"):
            rows = notices.deliveries(
                self._db,
                f"WHERE state IN {OPEN} AND {DUE} ORDER BY notice",
                self.now(),
            )
            of = {
                each.id: each
                for number in dict.fromkeys(row.notice for row in rows)
                for each in notices.notices(self._db, "WHERE id = ?", (number,))
            }
        return [(of[row.notice], row) for row in rows]

    def cut_off(self) -> list[Delivery]:
        """Return the deliveries that are noted as being sent: of those nobody sends now, nobody knows the end."""
        with self._usable("deliveries cannot be read"):
            return notices.deliveries(self._db, "WHERE state = 'sending' ORDER BY notice")

    def undelivered(self) -> dict[tuple[str, str], tuple[int, str]]:
        """Return by channel and state how many deliveries failed, were given up or are in doubt, and the last words."""
        with self._usable("deliveries cannot be read"):
            rows = self._db.execute(
                "SELECT channel, state, count(*), words, max(last_tried) FROM notice_delivery "
                "WHERE state IN ('failed', 'given_up', 'in_doubt') GROUP BY channel, state ORDER BY channel, state"
            )
            return {(channel, state): (count, words) for channel, state, count, words, _ in rows}

    def begin_delivery(self, delivery: Delivery) -> None:
        """Note, before anything is handed over, that a notice is being sent."""
        self._move(delivery, "state = 'sending', attempts = attempts + 1, last_tried = :now")

    def delivered(self, delivery: Delivery, words: str) -> None:
        """Note that the other side has taken a notice."""
        self._move(delivery, "state = 'delivered', delivered = :now, not_before = 0, words = :words", words=words)

    def failed(self, delivery: Delivery, words: str, *, rest_s: float) -> None:
        """Note that a try failed, with the other side's words, and how long the delivery rests. [s]"""
        self._move(
            delivery,
            "state = 'failed', attempts = attempts + (state != 'sending'), last_tried = :now, words = :words, "
            "boot = :boot, not_before = :until",
            words=words, boot=self.clock.boot, until=self.clock.ticks() + rest_s,
        )  # fmt: skip

    def settle(self, delivery: Delivery, state: State, *, doubt: bool | None = None) -> None:
        """Put a delivery into another state; `doubt` tells whether a try was cut off."""
        self._move(delivery, "state = :state, doubt = coalesce(:doubt, doubt)", state=state, doubt=doubt)

    def _move(self, delivery: Delivery, assignments: str, **values: object) -> None:
        named = {
            "now": self.clock.now(), "notice": delivery.notice, "channel": delivery.channel,
            "recipient": delivery.recipient, **values,
        }  # fmt: skip
        with self._usable("delivery not noted"), self._transaction():
            self._db.execute(
                f"UPDATE notice_delivery SET {assignments}, first_tried = coalesce(first_tried, :now) "
                "WHERE notice = :notice AND channel = :channel AND recipient = :recipient",
                named,
            )


class Noticing:
    """What is noticed in one transaction."""

    def __init__(self, ledger: NoticeLedger) -> None:
        """The transaction of the ledger is open."""
        self._db = ledger._db  # noqa: SLF001 - the other half of one class
        self._now = ledger.now()

    @property
    def now(self) -> float:
        """What the clock on the wall said when the transaction began. [s since 1970]"""
        return self._now.wall

    def add(self, new: New, to: Iterable[Telling]) -> int | None:
        """Keep a notice with its deliveries; return its id, or None where its key was told before."""
        return notices.add(self._db, new, at=self._now, to=to)

    def recent(self, kind: str, city: str, *, since: float) -> int:
        """Return how many notices of a kind about a city were noticed since a moment."""
        row = self._db.execute(
            "SELECT count(*) FROM notice WHERE kind = ? AND city = ? AND at > ? AND at <= ?",
            (kind, city, since, self.now),
        ).fetchone()
        return int(row[0])

    def tried(self, numbers: Iterable[int]) -> set[tuple[str, str]]:
        """Return the channels and recipients over which notices were sent, or are being tried."""
        found = [each for number in numbers for each in notices.deliveries(self._db, "WHERE notice = ?", (number,))]
        return {(each.channel, each.recipient) for each in found if each.attempts}

    def begin(self, kind: str, number: int, found: Iterable[tuple[str, bytes]]) -> None:
        """Keep that something goes on, by object, told of by a notice."""
        notices.begin(self._db, kind, number, found)

    def end(self, kind: str, objects: Iterable[str]) -> None:
        """Forget what went on; the notice that told of it is escalated no more once none of its objects is left."""
        gone = set(objects)
        told = {number for (of, object_), (number, _) in notices.conditions(self._db).items()
                if of == kind and object_ in gone}  # fmt: skip
        notices.end(self._db, kind, gone)
        left = {number for number, _ in notices.conditions(self._db).values()}
        for number in told - left:
            notices.spare(self._db, number, "over", now=self._now)

    def mark(self, name: str, value: object) -> None:
        """Keep how far was looked."""
        notices.set_marks(self._db, [(name, str(value))])

    def give_up(self, delivery: Delivery) -> None:
        """Note that a delivery is not tried any more."""
        self._db.execute(
            "UPDATE notice_delivery SET state = 'given_up' WHERE notice = ? AND channel = ? AND recipient = ?",
            (delivery.notice, delivery.channel, delivery.recipient),
        )
