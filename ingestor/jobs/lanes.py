"""Holding a lane: claimed, renewed by a thread of its own while the work goes on, given back."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from ingestor.jobs.clocks import Clock, SystemClock, instance_name
from ingestor.jobs.ledger import LEASE_S, JobLedger, LostError
from ingestor.store import StoreError

log = logging.getLogger(__name__)

DERIVATION: Final = "derivation"
"""Deriving: two at once could leave rows of older readings with the mark of newer ones."""
CHECKS: Final = "checks"
NOTICES: Final = "notices"
"""Telling: two at once would send a notice twice. A lane of its own: a slow channel delays no derivation."""

RENEW_EVERY_S = LEASE_S / 6
ASK_EVERY_S = 0.5
LET_IN_S: Final = 0.11
"""SQLite looks every 0.1 s at the longest whether it may write: so long the collector is let in between two writes."""
LET_IN_EVERY_S: Final = 0.5


class Heartbeat:
    """Renews a lane; `check` raises once it is lost."""

    def __init__(self, file: Path, lane: str, *, clock: Clock, instance: str) -> None:
        """The lane is held already."""
        self._file, self._lane, self._clock, self._instance = file, lane, clock, instance
        self._renewed = clock.ticks()
        self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lane {lane}", daemon=True)

    def start(self) -> None:
        """Start renewing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing; the lane is still held."""
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Make sure that the lane is ours.

        Raises
        ------
        LostError
            If it was not renewed for so long that another may have taken it.
        """
        if self._lost or self._clock.ticks() - self._renewed >= LEASE_S:
            raise LostError(f"jobs: lane {self._lane!r} is not ours any more: it was not renewed for {LEASE_S:.0f} s")

    def _beat(self) -> None:
        while not self._ended.wait(RENEW_EVERY_S):
            try:
                at = self._clock.ticks()
                with closing(
                    JobLedger(self._file, clock=self._clock, instance=self._instance, busy_s=LEASE_S)
                ) as ledger:
                    ledger.renew(self._lane)
                self._renewed = at
            except LostError:
                self._lost = True
                return
            except StoreError as error:  # a disk that is full now may have room at the next beat
                log.warning("lane %s not renewed: %s", self._lane, error)


@contextlib.contextmanager
def beating(ledger: JobLedger, lane: str) -> Iterator[Callable[[], None]]:
    """Renew a lane that `ledger` holds; yields what raises LostError once it is lost. Gives the lane back."""
    heartbeat = Heartbeat(ledger.file, lane, clock=ledger.clock, instance=ledger.instance)
    heartbeat.start()
    try:
        yield heartbeat.check
    finally:
        heartbeat.stop()
        ledger.give_back(lane)


@contextlib.contextmanager
def held(
    file: Path, lane: str, *, waiting: Callable[[str], None] = lambda _: None, clock: Clock | None = None
) -> Iterator[Callable[[], None]]:
    """Wait for a lane and hold it; yields what raises LostError once it is lost.

    `waiting` is called once with the instance that holds it, where one does.

    Raises
    ------
    StoreError
        If the ledger cannot be used.
    """
    with closing(JobLedger(file, clock=clock or SystemClock(), instance=instance_name())) as ledger:
        await_lane(ledger, lane, waiting=waiting)
        with beating(ledger, lane) as check:
            yield check


def await_lane(ledger: JobLedger, lane: str, *, waiting: Callable[[str], None] = lambda _: None) -> None:
    """Claim a lane, waiting until it is free."""
    told = False
    pause = threading.Event()
    while not ledger.claim(lane):
        if not told:
            told = True
            waiting(ledger.holders().get(lane, "another"))
        pause.wait(ASK_EVERY_S)


def letting_others_in(alive: Callable[[], None]) -> Callable[[], None]:
    """Return what is to be called between two writes: it makes sure that the lane is held, and lets others write.

    It pauses once in `LET_IN_EVERY_S` only: a thousand sections are a thousand short writes.
    """
    paused_at = time.monotonic()

    def between() -> None:
        nonlocal paused_at
        alive()
        if time.monotonic() - paused_at >= LET_IN_EVERY_S:
            time.sleep(LET_IN_S)
            paused_at = time.monotonic()

    return between
