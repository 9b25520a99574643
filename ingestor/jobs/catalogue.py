"""The jobs that there are, and what each does."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from aggregations.periods import Period
from ingestor import publishing
from ingestor.config import DAY_S, ClosingSettings, Config
from ingestor.displays import Displays
from ingestor.jobs.calendars import Calendar, Kind
from ingestor.jobs.clocks import Clock, SystemClock
from ingestor.jobs.closing import close
from ingestor.jobs.lanes import CHECKS, DERIVATION, NOTICES, letting_others_in
from ingestor.jobs.ledger import JobLedger
from ingestor.jobs.runner import Alive, Job
from ingestor.notices.work import Notices
from ingestor.retention.planning import folder_of
from ingestor.retention.rolling import roll
from ingestor.silence import Silence
from ingestor.store import Store, open_store, store_file

NAMES: Final = ("derive", "displays", "checks", "notices", "daily", "monthly", "quarterly", "yearly", "retention")
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

    Raw readings are rolled to the archive only where a setting says how long they stay.

    When they are due comes from `config`; what they work with from `current`, which may change between two runs.
    Notices are a job only where `config` says who gets any.
    """
    now = current or (lambda: config)
    open_ = opened or (lambda loaded: open_store(loaded.settings.store, data))
    silence = Silence()

    def derive(alive: Alive) -> str:
        loaded = now()
        with closing(open_(loaded)) as store:
            store.guard(alive)
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

    shown = Displays()

    def display(alive: Alive) -> str:
        loaded = now()
        with (
            closing(open_(loaded)) as store,
            closing(JobLedger(store_file(data), clock=clock or SystemClock())) as ledger,
        ):
            store.guard(alive)
            return shown.write(
                loaded, store, int(ledger.clock.now()),
                states=ledger.station_states(), between=letting_others_in(alive),
            )  # fmt: skip

    def close_period(period: Period, alive: Alive) -> str:
        loaded = now()
        with closing(open_(loaded)) as store:
            store.guard(alive)
            return close(loaded, store, period)

    def closing_job(kind: Kind, when: ClosingSettings) -> Job:
        calendar = Calendar(kind=kind, after_days=when.after_days, at_s=when.at_s, offset_s=config.offset_s)
        return Job(name=kind, lane=DERIVATION, work=derive, calendar=calendar, close=close_period)

    def retain(alive: Alive) -> str:
        loaded = now()
        with closing(open_(loaded)) as store:
            store.guard(alive)
            done = roll(
                loaded, store, folder_of(loaded, data), now=(clock or SystemClock()).now(),
                between=letting_others_in(alive),
            )  # fmt: skip
        if not done:
            return "no month was due"
        return f"{len(done)} months rolled, {sum(each.deleted for each in done):,} values deleted"

    retaining = Job(name="retention", lane=DERIVATION, work=retain, every_s=float(DAY_S))
    telling = Notices(config, data, clock=clock or SystemClock(), opened=open_)
    settings = config.settings.jobs
    told = [
        Job(
            name="notices", lane=NOTICES, work=lambda alive: telling.work(now(), alive), every_s=NOTICE_EVERY_S
        )
    ]  # fmt: skip
    return [
        Job(name="derive", lane=DERIVATION, work=derive, every_s=60.0 * settings.derive_every_min),
        Job(name="displays", lane=DERIVATION, work=display, every_s=60.0 * settings.derive_every_min),
        Job(name="checks", lane=CHECKS, work=check, every_s=float(settings.check_every_s)),
        *(told if config.notices.route else []),
        closing_job("daily", settings.daily),
        closing_job("monthly", settings.monthly),
        closing_job("quarterly", settings.quarterly),
        closing_job("yearly", settings.yearly),
        *([retaining] if config.settings.retention.raw_days is not None else []),
    ]
