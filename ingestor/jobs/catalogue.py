"""The jobs that there are, and what each does."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from aggregations.periods import Period
from ingestor import publishing
from ingestor.config import ClosingSettings, Config
from ingestor.jobs.calendars import Calendar, Kind
from ingestor.jobs.clocks import Clock, SystemClock
from ingestor.jobs.closing import close
from ingestor.jobs.lanes import CHECKS, DERIVATION, NOTICES
from ingestor.jobs.ledger import JobLedger
from ingestor.jobs.runner import Alive, Job
from ingestor.notices.work import Notices
from ingestor.silence import Silence
from ingestor.store import Store, open_store, store_file

LET_IN_S: Final = 0.11
"""SQLite looks every 0.1 s at the longest whether it may write: so long the collector is let in between two writes."""
LET_IN_EVERY_S: Final = 0.5
NAMES: Final = ("derive", "checks", "notices", "daily", "monthly", "quarterly", "yearly")
NOTICE_EVERY_S: Final = 4.0
"""Less than what the worker looks in, so that it looks every time."""


def jobs(
    config: Config,
    data: Path,
    *,
    current: Callable[[], Config] | None = None,
    clock: Clock | None = None,
    opened: Callable[[Config], Store] | None = None,
) -> list[Job]:
    """Return the jobs of a data directory, in the order in which they are run where several are due.

    When they are due comes from `config`; what they work with from `current`, which may change between two runs.
    Notices are a job only where `config` says who gets any.
    """
    now = current or (lambda: config)
    open_ = opened or (lambda loaded: open_store(loaded.settings.store, data))
    silence = Silence()

    def derive(alive: Alive) -> str:
        loaded = now()
        with closing(open_(loaded)) as store:
            done, revised = publishing.bring_up_to_date(loaded, store, between=letting_others_in(alive))
        if not done.pieces and not done.gone:
            return "nothing was stale"
        said = f"{sum(done.station_days.values())} station-days of {len(done.pieces)} units"
        return f"{said}; {len(revised)} published figures revised" if revised else said

    def check(alive: Alive) -> str:
        loaded = now()
        with (
            closing(open_(loaded)) as store,
            closing(JobLedger(store_file(data), clock=clock or SystemClock())) as ledger,
        ):
            return silence.look(loaded, store, ledger, alive=alive)

    def close_period(period: Period) -> str:
        loaded = now()
        with closing(open_(loaded)) as store:
            return close(loaded, store, period)

    def closing_job(kind: Kind, when: ClosingSettings) -> Job:
        calendar = Calendar(kind=kind, after_days=when.after_days, at_s=when.at_s, offset_s=config.offset_s)
        return Job(name=kind, lane=DERIVATION, work=derive, calendar=calendar, close=close_period)

    telling = Notices(config, data, clock=clock or SystemClock(), opened=open_)
    settings = config.settings.jobs
    told = [
        Job(
            name="notices", lane=NOTICES, work=lambda alive: telling.work(now(), alive), every_s=NOTICE_EVERY_S
        )
    ]  # fmt: skip
    return [
        Job(name="derive", lane=DERIVATION, work=derive, every_s=60.0 * settings.derive_every_min),
        Job(name="checks", lane=CHECKS, work=check, every_s=float(settings.check_every_s)),
        *(told if config.notices.route else []),
        closing_job("daily", settings.daily),
        closing_job("monthly", settings.monthly),
        closing_job("quarterly", settings.quarterly),
        closing_job("yearly", settings.yearly),
    ]


def letting_others_in(alive: Alive) -> Callable[[], None]:
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
