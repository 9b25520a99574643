"""What jobs did, as the ledger's file keeps it: claims of lanes, the last run of each job, the periods done.

A lane is what one process at a time may do, such as deriving. Its claim lasts until a moment of the clock that counts
from the start of the machine, so that no wall clock that is moved ends or prolongs it; the file belongs to one machine
(SQLite's WAL does), and a claim of an earlier start of it holds no more.
"""

import sqlite3
from typing import Final, Literal

import msgspec

SCHEMA: Final = """
CREATE TABLE lane (
    name TEXT PRIMARY KEY, instance TEXT NOT NULL, boot TEXT NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE job (
    name TEXT PRIMARY KEY, next INTEGER, boot TEXT NOT NULL, not_before REAL NOT NULL, period TEXT NOT NULL DEFAULT '',
    started REAL, ended REAL, outcome TEXT NOT NULL DEFAULT 'never', detail TEXT NOT NULL DEFAULT '',
    instance TEXT NOT NULL DEFAULT '', succeeded REAL, failures INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE job_period (
    job TEXT NOT NULL, period TEXT NOT NULL, started REAL NOT NULL, ended REAL NOT NULL, outcome TEXT NOT NULL,
    instance TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (job, period)
) WITHOUT ROWID;
CREATE TABLE station_state (
    medium TEXT NOT NULL, station TEXT NOT NULL, state TEXT NOT NULL, since REAL NOT NULL,
    PRIMARY KEY (medium, station)
) WITHOUT ROWID;
"""

STATES: Final = ("silent", "late")
Outcome = Literal["never", "running", "done", "failed", "stopped"]


class Run(msgspec.Struct, frozen=True):
    """The last run of a job, running or ended, and where the job stands.

    `next` is the first day, since 1970, of the next period to close; None of jobs that have no periods. The job is not
    tried before `not_before`, a moment of the machine's start `boot`. [s] `failures` counts those since the last
    success, which ended at `succeeded`.
    """

    name: str
    next: int | None
    boot: str
    not_before: float
    period: str
    started: float | None
    ended: float | None
    outcome: Outcome
    detail: str
    instance: str
    succeeded: float | None
    failures: int


class PeriodDone(msgspec.Struct, frozen=True):
    """A period that a job closed: when, by which instance, and what is to be said of it."""

    job: str
    period: str
    started: float
    ended: float
    outcome: str
    instance: str
    detail: str


class StationState(msgspec.Struct, frozen=True, order=True):
    """A station that is not as it should be: silent or late, since when."""

    medium: str
    station: str
    state: str
    since: float


def runs(db: sqlite3.Connection) -> dict[str, Run]:
    """Return the last run of each job."""
    rows = db.execute(f"SELECT {', '.join(Run.__struct_fields__)} FROM job")
    return {row[0]: Run(*row) for row in rows}


def holders(db: sqlite3.Connection, *, boot: str, ticks: float) -> dict[str, str]:
    """Return by lane the instance that holds it now."""
    rows = db.execute("SELECT name, instance FROM lane WHERE boot = ? AND until > ?", (boot, ticks))
    return dict(rows.fetchall())


def station_states(db: sqlite3.Connection) -> list[StationState]:
    """Return the stations that are not as they should be."""
    return [
        StationState(*row)
        for row in db.execute("SELECT medium, station, state, since FROM station_state ORDER BY medium, station")
    ]
