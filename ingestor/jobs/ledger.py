"""The ledger of the jobs: who holds a lane, how each job's last run went, which periods were closed.

A period is closed by whoever holds the lane, in the transaction that moves the job on to the next one: each once, and
in order, whatever clocks and processes do.
"""

from collections.abc import Iterable
from pathlib import Path

from aggregations import periods
from aggregations.periods import Period
from ingestor.config import EPOCH
from ingestor.jobs.clocks import Clock, SystemClock, instance_name
from ingestor.store import Backlog, Ledger, StoreError, arrivals, runs
from ingestor.store.ledger import BUSY_S
from ingestor.store.runs import PeriodDone, Run, StationState

LEASE_S = 30.0
"""A lane whose holder was not heard of for so long is free: it was killed, or the machine stopped."""


class LostError(StoreError):
    """The lane was not renewed in time, and another holds it, or may."""


class JobLedger(Ledger):
    """The ledger with what the jobs keep in it; of one instance, used from one thread."""

    def __init__(
        self, file: Path, *, clock: Clock | None = None, instance: str | None = None, busy_s: float = BUSY_S
    ) -> None:
        """See `Ledger`; it makes no file. `instance` is by default a new name."""
        super().__init__(file, busy_s=busy_s, create=False)
        self.clock = clock or SystemClock()
        self.instance = instance or instance_name()

    def _counted_backlog(self) -> Backlog:
        """Count nothing: a ledger of jobs puts nothing into the outbox, and is opened every few seconds."""
        return Backlog()

    # Lanes

    def claim(self, lane: str) -> bool:
        """Take a lane for `LEASE_S` where no other instance holds it; whether it was taken."""
        with self._usable("lane not claimed"), self._transaction():
            if self._holders().get(lane, self.instance) != self.instance:
                return False
            self._db.execute("INSERT OR REPLACE INTO lane VALUES (?, ?, ?, ?)", (lane, *self._lease()))
        return True

    def renew(self, lane: str) -> None:
        """Hold a lane for another `LEASE_S`.

        Raises
        ------
        LostError
            If another instance has taken it, or the lease was over.
        """
        with self._usable("lane not renewed"), self._transaction():
            self._check_held(lane)
            self._db.execute("UPDATE lane SET instance = ?, boot = ?, until = ? WHERE name = ?", (*self._lease(), lane))

    def give_back(self, lane: str) -> None:
        """Give a lane back, where it is ours."""
        with self._usable("lane not released"), self._transaction():
            self._db.execute("DELETE FROM lane WHERE name = ? AND instance = ?", (lane, self.instance))

    def holders(self) -> dict[str, str]:
        """Return by lane the instance that holds it now."""
        with self._usable("lanes cannot be read"):
            return self._holders()

    def _holders(self) -> dict[str, str]:
        return runs.holders(self._db, boot=self.clock.boot, ticks=self.clock.ticks())

    def _lease(self) -> tuple[str, str, float]:
        return self.instance, self.clock.boot, self.clock.ticks() + LEASE_S

    def _check_held(self, lane: str) -> None:
        if self._holders().get(lane) != self.instance:
            raise LostError(f"jobs: lane {lane!r} is not ours any more: it was not renewed for {LEASE_S:.0f} s")

    # Jobs

    def runs(self) -> dict[str, Run]:
        """Return the last run of each job that was ever enrolled."""
        with self._usable("jobs cannot be read"):
            return runs.runs(self._db)

    def enrol(self, job: str, *, first: Period | None, not_before: float) -> None:
        """Take up a job that is new here: its first period, or none, and before which of the clock's ticks it rests."""
        with self._usable("job not enrolled"), self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO job (name, next, boot, not_before) VALUES (?, ?, ?, ?)",
                (job, None if first is None else _day(first), self.clock.boot, not_before),
            )

    def begin(self, lane: str, job: str, period: Period | None) -> float:
        """Note that a run begins, of a lane that is held; return when.

        Raises
        ------
        LostError
            If the lane is not held any more.
        """
        started = self.clock.now()
        with self._usable("run not noted"), self._transaction():
            self._check_held(lane)
            self._db.execute(
                "UPDATE job SET period = ?, started = ?, ended = NULL, outcome = 'running', detail = '', instance = ? "
                "WHERE name = ?",
                (_text(period), started, self.instance, job),
            )
        return started

    def end(self, lane: str, job: str, *, not_before: float, detail: str) -> None:
        """Note that a run of a job without periods succeeded.

        Raises
        ------
        LostError
            If the lane is not held any more.
        """
        with self._usable("run not noted"), self._transaction():
            self._check_held(lane)
            self._succeeded(job, not_before, detail)

    def close_period(
        self, lane: str, job: str, period: Period, *, after: Period | None, started: float, detail: str
    ) -> None:
        """Note that a job closed a period, and that `after` is the next; None leaves the next as it is.

        Raises
        ------
        LostError
            If the lane is not held any more.
        """
        with self._usable("period not noted"), self._transaction():
            self._check_held(lane)
            self._succeeded(job, self.clock.ticks(), detail)
            row = (job, _text(period), started, self.clock.now(), "done", self.instance, detail)
            self._db.execute("INSERT OR REPLACE INTO job_period VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            if after is not None:
                self._db.execute(
                    "UPDATE job SET next = ? WHERE name = ? AND next = ?", (_day(after), job, _day(period))
                )

    def _succeeded(self, job: str, not_before: float, detail: str) -> None:
        now = self.clock.now()
        self._db.execute(
            "UPDATE job SET ended = ?, outcome = 'done', detail = ?, succeeded = ?, failures = 0, boot = ?, "
            "not_before = ? WHERE name = ?",
            (now, detail, now, self.clock.boot, not_before, job),
        )

    def fail(self, job: str, why: str, *, not_before: float) -> int:
        """Note that a run failed, and before which of the clock's ticks it is not tried again; return how often now."""
        with self._usable("failure not noted"), self._transaction():
            self._db.execute(
                "UPDATE job SET ended = ?, outcome = 'failed', detail = ?, failures = failures + 1, boot = ?, "
                "not_before = ? WHERE name = ?",
                (self.clock.now(), why, self.clock.boot, not_before, job),
            )
            return int(self._db.execute("SELECT failures FROM job WHERE name = ?", (job,)).fetchone()[0])

    def stopped(self, job: str) -> None:
        """Note that a run of ours was stopped before its end: it is due at once."""
        with self._usable("stop not noted"), self._transaction():
            self._db.execute(
                "UPDATE job SET ended = ?, outcome = 'stopped', boot = '', not_before = 0 "
                "WHERE name = ? AND instance = ? AND outcome = 'running'",
                (self.clock.now(), job, self.instance),
            )

    def reopen(self, lane: str, job: str, first: Period) -> int:
        """Make a job close its periods from one on again; return how many were closed.

        Raises
        ------
        LostError
            If the lane is not held any more.
        """
        with self._usable("periods not reopened"), self._transaction():
            self._check_held(lane)
            again = [row for row in self._periods(job) if _first(row.period) >= _day(first)]
            self._db.executemany(
                "DELETE FROM job_period WHERE job = ? AND period = ?", [(row.job, row.period) for row in again]
            )
            self._db.execute("UPDATE job SET next = ? WHERE name = ?", (_day(first), job))
        return len(again)

    def periods(self, job: str) -> list[PeriodDone]:
        """Return the periods that a job closed, in the order of time."""
        with self._usable("periods cannot be read"):
            return sorted(self._periods(job), key=lambda done: _first(done.period))

    def _periods(self, job: str) -> list[PeriodDone]:
        names = ", ".join(PeriodDone.__struct_fields__)
        return [PeriodDone(*row) for row in self._db.execute(f"SELECT {names} FROM job_period WHERE job = ?", (job,))]

    # Stations

    def arrived_at(self, medium: str, station: str, day: int) -> float | None:
        """Return when readings for a day (`arrivals.day_of`) last arrived; None where none did."""
        with self._usable("arrivals cannot be read"):
            return arrivals.arrived_at(self._db, medium, station, day)

    def station_states(self) -> list[StationState]:
        """Return the stations that are silent or late, as they were last found."""
        with self._usable("states of stations cannot be read"):
            return runs.station_states(self._db)

    def set_station_states(self, states: Iterable[StationState]) -> None:
        """Replace the stations that are silent or late."""
        with self._usable("states of stations not kept"), self._transaction():
            self._db.execute("DELETE FROM station_state")
            self._db.executemany(
                "INSERT INTO station_state VALUES (?, ?, ?, ?)",
                [(s.medium, s.station, s.state, s.since) for s in states],
            )


def _text(period: Period | None) -> str:
    return "" if period is None else str(period)


def _day(period: Period) -> int:
    return (period.first - EPOCH).days


def _first(text: str) -> int:
    return _day(periods.parse(text))
