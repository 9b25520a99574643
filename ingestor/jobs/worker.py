"""The process beside the service that runs the jobs.

It is a process, not a thread: deriving computes for seconds, in which the collector's thread would wait for Python's
lock; so it has a core of its own, and whatever happens to it leaves the collector alone. APScheduler looks every few
seconds whether something is due; what is due, and whether it is ours to do, the ledger says.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from ingestor.config import Config
from ingestor.jobs import catalogue
from ingestor.jobs.clocks import Clock, SystemClock
from ingestor.jobs.lanes import CHECKS, DERIVATION, NOTICES
from ingestor.jobs.runner import Runner, StoppedError
from ingestor.reloading import Reloading
from ingestor.stopping import Stop
from ingestor.store import StoreError, store_file

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
STOP_WITHIN_S: Final = 4.0
"""How long a job that runs may take to come to a point where it can be left; then it is cut off, as if killed."""
CLOCK_MOVED_S: Final = 2.0


def work(config: Config, data: Path, stop: Stop, *, look_every_s: float = LOOK_EVERY_S) -> bool:
    """Run the jobs until told to stop; whether all have ended by then.

    Where not, the process has to end without waiting for its threads: what they do is safe to be cut off.
    """
    clock = SystemClock()
    running = [config]
    jobs = catalogue.jobs(config, data, current=lambda: running[0], clock=clock)
    runner = Runner(store_file(data), jobs, clock=clock, stopped=stop.is_set)

    def take(new: Config) -> None:
        running[0] = new

    Reloading(config, take=take, refuse=lambda _: None, stop=stop).start()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a look that is skipped while one works is no news
    looks = {lane: Look(runner, lane) for lane in (DERIVATION, CHECKS, NOTICES)}
    scheduler = BackgroundScheduler(
        executors={lane: ThreadPoolExecutor(1) for lane in looks},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        timezone=dt.UTC,
    )
    for lane, look in looks.items():
        scheduler.add_job(
            look, "interval", seconds=look_every_s, executor=lane, id=lane, next_run_time=dt.datetime.now(dt.UTC)
        )
    scheduler.start()
    log.info("jobs: %s; `qingjing jobs` shows them", ", ".join(job.name for job in jobs))
    _watch_the_clock(clock, stop, moved=lambda: _look_at_once(scheduler))
    scheduler.shutdown(wait=False)
    deadline = clock.ticks() + STOP_WITHIN_S
    ended = [look.wait(max(0.0, deadline - clock.ticks())) for look in looks.values()]
    return all(ended)


class Look:
    """A look at one lane: runs what is due there, and never raises."""

    def __init__(self, runner: Runner, lane: str) -> None:
        self._runner = runner
        self._lane = lane
        self._idle = threading.Event()
        self._idle.set()
        self._complaint = ""

    def __call__(self) -> None:
        """Look once."""
        self._idle.clear()
        try:
            self._runner.look(self._lane)
            self._complaint = ""
        except StoppedError:
            log.info("jobs: stopped in the middle; the next start goes on")
        except StoreError as error:
            if str(error) != self._complaint:  # the same every few seconds is said once
                log.error("jobs: %s", error)
            self._complaint = str(error)
        finally:
            self._idle.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until no look goes on, at most so long; whether none does. [s]"""
        return self._idle.wait(timeout_s)


def _watch_the_clock(clock: Clock, stop: Stop, *, moved: Callable[[], None]) -> None:
    """Wait until told to stop; call `moved` when the clock was moved: APScheduler would sleep until its old time."""
    before = clock.now() - clock.ticks()
    while not stop.wait(1.0):
        now = clock.now() - clock.ticks()
        if abs(now - before) > CLOCK_MOVED_S:
            log.warning("jobs: the clock was moved by %+.0f s", now - before)
            moved()
        before = now


def _look_at_once(scheduler: BackgroundScheduler) -> None:
    for job in scheduler.get_jobs():
        job.modify(next_run_time=dt.datetime.now(dt.UTC))
