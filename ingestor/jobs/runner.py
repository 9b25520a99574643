"""Running what is due: claims the lane, works, notes how it ended; a failure is tried again after growing pauses."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import msgspec

from aggregations.periods import Period
from ingestor.jobs import lanes
from ingestor.jobs.calendars import Calendar
from ingestor.jobs.clocks import Clock, SystemClock, instance_name
from ingestor.jobs.ledger import JobLedger, LostError
from ingestor.store import StoreError
from ingestor.store.runs import Run
from sensors.errors import ConfigError

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 3600.0
"""After a failure a job rests that long, twice as long after the next, up to the longest."""
MANY: Final = 3
"""More periods than so many at once are told before they are closed."""

Alive = Callable[[], None]
"""To be called between parts of the work: raises where it is to end now."""
Result = Literal["done", "nothing", "busy", "failed"]


class StoppedError(Exception):
    """The work was told to stop; what is not done stays due."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job: its lane, and when it is due: every so often, or by a calendar. [s]

    `work` does what there is to do and returns what is to be said of it. Of a job with a calendar it comes first, once
    for all periods that are due; `close` is called for each of them then, and again where what it did could not be
    noted: it must bear that.
    """

    name: str
    lane: str
    work: Callable[[Alive], str]
    every_s: float = 0.0
    calendar: Calendar | None = None
    close: Callable[[Period, Alive], str] = lambda *_: ""


class Runner:
    """Runs jobs for one instance; may be used from one thread a lane."""

    def __init__(
        self,
        file: Path,
        jobs: Sequence[Job],
        *,
        clock: Clock | None = None,
        instance: str | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`file` is that of the ledger. `stopped` tells when to end."""
        self._file = file
        self.jobs = {job.name: job for job in jobs}
        self._clock = clock or SystemClock()
        self._instance = instance or instance_name()
        self._stopped = stopped

    def enrol(self) -> None:
        """Take up jobs that the ledger does not know.

        The first period ever is the present one: what was before anybody ran the jobs is not made up for. Jobs without
        periods wait for one interval first.

        Raises
        ------
        StoreError
            If the ledger cannot be used.
        """
        with self._ledger() as ledger:
            known = ledger.runs()
            for job in self.jobs.values():
                if job.name in known:
                    continue
                first = job.calendar.current(self._clock.now()) if job.calendar else None
                if job.calendar is None or first is not None:
                    ledger.enrol(job.name, first=first, not_before=self._clock.ticks() + job.every_s)

    def look(self, lane: str) -> dict[str, Result]:
        """Run what is due in a lane, unless another instance holds it; return by job how that ended.

        Raises
        ------
        StoreError
            If the ledger cannot be used.
        """
        of_lane = [job for job in self.jobs.values() if job.lane == lane]
        self.enrol()
        with self._ledger() as ledger:
            if not self._due(ledger, of_lane):
                return {}
            if not ledger.claim(lane):
                return dict.fromkeys((job.name for job in self._due(ledger, of_lane)), "busy")
            ended: dict[str, Result] = {}
            with lanes.beating(ledger, lane) as check:
                for job in of_lane:
                    if self._due(ledger, [job]):
                        ended[job.name] = self._run(ledger, job, check)
            return ended

    def run(
        self,
        name: str,
        period: Period | None = None,
        *,
        waiting: Callable[[str], None] = lambda _: None,
        closed: Callable[[Period, str], None] = lambda *_: None,
    ) -> Result:
        """Run a job now, whether it is due or rests after a failure; wait for its lane.

        A job with a calendar closes the periods that are due, or the one given, also again; `closed` is told of each,
        and what is to be said of it, once that is noted.

        Raises
        ------
        ConfigError
            If the period given is none of the job's, has not ended, or comes after one that was not closed.
        StoreError
            If the ledger cannot be used.
        """
        job = self.jobs[name]
        self.enrol()
        with self._ledger() as ledger:
            lanes.await_lane(ledger, job.lane, waiting=waiting)
            with lanes.beating(ledger, job.lane) as check:
                if period is not None:
                    self._check_period(job, period, ledger.runs().get(name))
                elif job.calendar is not None and not due_periods(job, ledger.runs().get(name), self._clock.now()):
                    return "nothing"
                return self._run(ledger, job, check, period, closed)

    def reopen(self, name: str, first: Period, *, waiting: Callable[[str], None] = lambda _: None) -> int:
        """Make a job close its periods from one on again; return how many were closed already.

        Raises
        ------
        ConfigError
            If it is no period of the job, or comes after one that was not closed.
        StoreError
            If the ledger cannot be used.
        """
        job = self.jobs[name]
        self.enrol()
        with self._ledger() as ledger:
            lanes.await_lane(ledger, job.lane, waiting=waiting)
            with lanes.beating(ledger, job.lane):
                self._check_order(job, first, ledger.runs().get(name), option="--from")
                return ledger.reopen(job.lane, name, first)

    def _check_period(self, job: Job, period: Period, run: Run | None) -> None:
        self._check_order(job, period, run)
        if job.calendar is not None and job.calendar.due_at(period) > self._clock.now():
            raise ConfigError(f"--period: expected one that has ended and may be closed by now, got {period}")

    def _check_order(self, job: Job, period: Period, run: Run | None, *, option: str = "--period") -> None:
        if job.calendar is None:
            raise ConfigError(f"{option}: expected nothing for {job.name}, which has no periods, got {period}")
        if job.calendar.containing(period.first) != period:
            raise ConfigError(f"{option}: expected a period of {job.name}, got {period}")
        following = job.calendar.starting(run.next) if run is not None and run.next is not None else None
        if following is not None and period > following:
            raise ConfigError(
                f"{option}: expected none after {following}, which is the next to be closed, got {period}"
            )

    def _ledger(self) -> "closing[JobLedger]":
        return closing(JobLedger(self._file, clock=self._clock, instance=self._instance))

    def _due(self, ledger: JobLedger, jobs: Sequence[Job]) -> list[Job]:
        known = ledger.runs()
        return [job for job in jobs if is_due(job, known.get(job.name), self._clock)]

    def _alive(self, check: Alive) -> Alive:
        def alive() -> None:
            if self._stopped():
                raise StoppedError
            check()

        return alive

    def _run(
        self,
        ledger: JobLedger,
        job: Job,
        check: Alive,
        period: Period | None = None,
        closed: Callable[[Period, str], None] = lambda *_: None,
    ) -> Result:
        alive = self._alive(check)
        run = ledger.runs().get(job.name)
        due = [period] if period is not None else due_periods(job, run, self._clock.now())
        if len(due) > MANY:
            log.warning("job %s: makes up for %d periods, %s to %s", job.name, len(due), due[0], due[-1])
        begun_ticks = self._clock.ticks()
        try:
            alive()
            started = ledger.begin(job.lane, job.name, due[0] if due else None)
            said = job.work(alive)
            if job.calendar is None:
                ledger.end(job.lane, job.name, not_before=begun_ticks + job.every_s, detail=said)
            for each in due if job.calendar is not None else []:
                alive()
                detail = job.close(each, alive)
                after = job.calendar.after(each) if job.calendar else None
                ledger.close_period(job.lane, job.name, each, after=after, started=started, detail=detail)
                log.info("job %s: %s closed: %s", job.name, each, detail)
                closed(each, detail)
                started = self._clock.now()
        except StoppedError:
            ledger.stopped(job.name)
            raise
        except LostError as error:
            log.warning("job %s: %s; whoever holds it goes on", job.name, error)
            return "failed"
        except (StoreError, ConfigError, OSError) as error:
            self._failed(ledger, job, run, str(error))
            return "failed"
        except Exception as error:  # whatever happens in one job, the others go on, and this one is tried again
            log.exception("job %s failed; this is a fault of qingjing, please report it", job.name)
            self._failed(ledger, job, run, f"{type(error).__name__}: {error}")
            return "failed"
        return "done"

    def _failed(self, ledger: JobLedger, job: Job, run: Run | None, why: str) -> None:
        before = run.failures if run is not None else 0
        pause_s = min(FIRST_PAUSE_S * 2.0 ** min(before, 10), LONGEST_PAUSE_S)
        log.error("job %s failed, next try in %.0f s: %s", job.name, pause_s, why)
        ledger.fail(job.name, why, not_before=self._clock.ticks() + pause_s)


def rests_until(run: Run, clock: Clock) -> float:
    """Return the tick before which a job is not tried; of an earlier start of the machine none is left. [s]"""
    return run.not_before if run.boot == clock.boot else 0.0


def is_due(job: Job, run: Run | None, clock: Clock) -> bool:
    """Whether a job is to be run now."""
    if run is None or clock.ticks() < rests_until(run, clock):
        return False
    return job.calendar is None or _first_due(job, run, clock.now()) is not None


def due_periods(job: Job, run: Run | None, now: float) -> list[Period]:
    """Return the periods of a job that are over and not closed, in order."""
    if job.calendar is None or run is None or run.next is None:
        return []
    return list(job.calendar.due(run.next, now))


def _first_due(job: Job, run: Run, now: float) -> Period | None:
    if job.calendar is None or run.next is None:
        return None
    return next(job.calendar.due(run.next, now), None)
