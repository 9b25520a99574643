"""How the jobs stand, for people, metrics and the doctor."""

import datetime as dt
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from ingestor.jobs.clocks import Clock
from ingestor.jobs.runner import Job, due_periods, rests_until
from ingestor.store import StoreError, runs
from ingestor.store.runs import Run, StationState


class JobState(msgspec.Struct, frozen=True):
    """How a job stands. Times are seconds since 1970 in UTC; None where there is none.

    `outcome` is that of the last run: never, running, done, failed, stopped, or interrupted (its process died).
    `due_since` is when it became due, where it is.
    `missed` counts periods that are over and were not closed, `first_missed` is the first. `next_period` is the next to
    be closed. `ahead` tells that periods were closed that have not ended by the present clock.
    """

    name: str
    outcome: str
    period: str
    started: float | None
    duration_s: float | None
    succeeded: float | None
    next_at: float | None
    due_since: float | None
    next_period: str
    missed: int
    first_missed: str
    failures: int
    detail: str
    instance: str
    ahead: bool


def states(file: Path, jobs: Iterable[Job], *, clock: Clock) -> tuple[list[JobState], list[StationState]]:
    """Return how each job stands, and the stations that are silent or late; waits for no process that writes.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            last = runs.runs(db)
            holders = runs.holders(db, boot=clock.boot, ticks=clock.ticks())
            stations = runs.station_states(db)
    except sqlite3.Error as error:
        raise StoreError(f"store {file}: jobs cannot be read: {error}") from error
    return [_state(job, last.get(job.name), holders, clock) for job in jobs], stations


def _state(job: Job, run: Run | None, holders: dict[str, str], clock: Clock) -> JobState:
    if run is None:
        return JobState(job.name, "never", "", None, None, None, None, None, "", 0, "", 0, "", "", ahead=False)
    outcome: str = run.outcome
    if outcome == "running" and holders.get(job.lane) != run.instance:
        outcome = "interrupted"
    ended = run.ended if run.ended is not None else clock.now() if outcome == "running" else None
    took = None if run.started is None or ended is None else max(0.0, ended - run.started)
    missed = due_periods(job, run, clock.now())
    rest_s = max(0.0, rests_until(run, clock) - clock.ticks())
    next_at: float | None = clock.now() + rest_s
    overdue_s = clock.ticks() - rests_until(run, clock)
    due_since = clock.now() - overdue_s if overdue_s >= 0.0 else None
    following, ahead = "", False
    if job.calendar is not None and run.next is not None:
        period = job.calendar.starting(run.next)
        following = str(period)
        next_at = max(clock.now() + rest_s, job.calendar.due_at(period)) if job.calendar.is_sane(clock.now()) else None
        since = job.calendar.due_at(period)
        due_since = max(since, due_since) if due_since is not None and since <= clock.now() else None
        current = job.calendar.current(clock.now())
        ahead = current is not None and period.first > job.calendar.after(current).first
    return JobState(
        job.name, outcome, run.period, run.started, took, run.succeeded, next_at, due_since, following, len(missed),
        str(missed[0]) if missed else "", run.failures, run.detail, run.instance, ahead=ahead,
    )  # fmt: skip


def local(at: float | None, offset_s: int) -> str:
    """Return a moment in local time, as tables show it; - where there is none."""
    if at is None:
        return "-"
    zone = dt.timezone(dt.timedelta(seconds=offset_s))
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")
