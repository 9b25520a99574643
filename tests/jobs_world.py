"""A clock that tests move, and jobs that note what they did."""

import datetime as dt
from pathlib import Path

from aggregations.periods import Period
from ingestor.jobs.calendars import Calendar, Kind
from ingestor.jobs.lanes import DERIVATION
from ingestor.jobs.runner import Alive, Job, Runner
from ingestor.store import Ledger

OFFSET_S = 8 * 3600
AT_S = 6 * 3600


def moment(text: str) -> float:
    """A moment of local time (Shanghai), as seconds since 1970."""
    return dt.datetime.fromisoformat(f"{text}+08:00").timestamp()


class FakeClock:
    """A clock on the wall that is set as the test likes, and ticks that only run on."""

    def __init__(self, now: str) -> None:
        self.boot = "first"
        self.wall = moment(now)
        self.ticked = 1000.0

    def now(self) -> float:
        """The time on the wall."""
        return self.wall

    def ticks(self) -> float:
        """The time since the start of the machine."""
        return self.ticked

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.ticked += seconds

    def set_to(self, now: str) -> None:
        """Move the clock on the wall alone."""
        self.wall = moment(now)


def calendar(kind: Kind, *, after_days: int = 0, at_s: int = AT_S) -> Calendar:
    """A calendar of Shanghai."""
    return Calendar(kind=kind, after_days=after_days, at_s=at_s, offset_s=OFFSET_S)


class World:
    """Closing jobs and one of every five minutes, with a list of what was done; `breaks` says what fails."""

    def __init__(self, file: Path, clock: FakeClock, *kinds: Kind) -> None:
        self.file = file
        self.clock = clock
        self.kinds = kinds
        self.done: list[str] = []
        self.breaks: Exception | None = None
        Ledger(file).close()
        self.breaks_at: str | None = None

    def jobs(self) -> list[Job]:
        """The jobs."""

        def work(alive: Alive) -> str:
            alive()
            if self.breaks is not None and self.breaks_at is None:
                raise self.breaks
            return "worked"

        def close(period: Period, _: Alive) -> str:
            if self.breaks is not None and self.breaks_at == str(period):
                raise self.breaks
            self.done.append(str(period))
            return "closed"

        closings = [
            Job(name=kind, lane=DERIVATION, work=work, calendar=calendar(kind), close=close) for kind in self.kinds
        ]
        return [Job(name="derive", lane=DERIVATION, work=work, every_s=300.0), *closings]

    def runner(self, instance: str | None = None) -> Runner:
        """A new instance, as after a start."""
        return Runner(self.file, self.jobs(), clock=self.clock, instance=instance)

    def look(self) -> dict[str, str]:
        """One look of a new instance."""
        return dict(self.runner().look(DERIVATION))
