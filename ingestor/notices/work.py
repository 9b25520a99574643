"""The job of notices: look what there is to tell, keep it, send what is due."""

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from aggregations.plans import Plan
from ingestor.config import Config
from ingestor.jobs.calendars import SANE_YEARS
from ingestor.jobs.clocks import Clock
from ingestor.notices import causes, compliance, delivering, noticing, readings
from ingestor.notices.facts import Compliance, Looked, Revised
from ingestor.notices.ledger import NoticeLedger, Noticing
from ingestor.store import Store, StoreError, store_file
from ingestor.store.arrivals import day_of
from sensors.errors import ConfigError

log = logging.getLogger(__name__)

LOOKED_BACK_DAYS = 2
"""Arrivals for earlier days than so many back say nothing of now."""
ARRIVALS, PUBLICATIONS = "arrivals", "publications"
"""Marks of how far arrivals and revisions were looked at."""


class Notices:
    """Looks and sends for one process; what lasts is in the ledger, but since when broker and store are away."""

    def __init__(
        self,
        config: Config,
        data: Path,
        *,
        clock: Clock,
        opened: Callable[[Config], Store],
        problems: Callable[[], list[str] | None] | None = None,
    ) -> None:
        """`opened` opens the store; `problems` tells what the collector complains of (see `Away`)."""
        self._data = data
        self._clock = clock
        self._opened = opened
        self._away = causes.Away(config, clock, problems=problems)
        self._complaints: dict[str, str] = {}

    def work(self, config: Config, alive: Callable[[], None]) -> str:
        """Notice and send once; return in words how much.

        Raises
        ------
        ConfigError, StoreError
            If not all could be looked at, or the ledger cannot be used.
        """
        with closing(NoticeLedger(store_file(self._data), clock=self._clock)) as ledger:
            alive()
            n, failed = 0, None
            try:
                n = self._notice_now(config, ledger)
            except (StoreError, ConfigError) as error:  # what was noticed before is sent all the same
                failed = error
            alive()
            sent = delivering.deliver(config, self._data, ledger, alive=alive)
            months = self._notice_month(config, ledger, alive)
            if months:
                sent += delivering.deliver(config, self._data, ledger, alive=alive)
        if failed is not None:
            raise failed
        return f"{n + months} noticed, {sent[True]} delivered, {sent[False]} failed"

    def _notice_now(self, config: Config, ledger: NoticeLedger) -> int:
        """Notice what goes on now, and revisions."""
        marks = ledger.marks()
        now = self._clock.now()
        upto, published = ledger.last_arrival(), ledger.last_publication()
        looked, failing = [causes.silence(config, ledger)], None
        since = int(marks.get(ARRIVALS, 0))
        stations = ledger.arrived_since(since, day_of(int(now)) - LOOKED_BACK_DAYS) if upto != since else []
        if stations:
            try:
                with closing(self._opened(config)) as store:
                    looked += readings.look(config, store, stations, now)
            except StoreError as error:
                failing, upto = str(error), since
        looked += self._away.look(failing)
        revised = causes.revisions(ledger, int(marks.get(PUBLICATIONS, published)))
        told = ledger.conditions()
        if self._nothing_new(marks, looked, told, revised, upto, published):
            return 0
        with ledger.noticing() as open_:
            n = sum(
                noticing.tell_changes(open_, config.notices, each, told, offset_s=config.offset_s) for each in looked
            )
            for each in revised:
                n += _tell_revised(open_, config, each, published)
            open_.mark(ARRIVALS, upto)
            open_.mark(PUBLICATIONS, published)
        return n

    def _nothing_new(
        self,
        marks: dict[str, str],
        looked: list[Looked],
        told: noticing.Told,
        revised: list[Revised],
        upto: int,
        published: int,
    ) -> bool:
        """Whether nothing has to be written: most looks find what the one before did."""
        same = (marks.get(ARRIVALS), marks.get(PUBLICATIONS)) == (str(upto), str(published)) and not revised
        known = {
            (each.kind, of[1])
            for each in looked
            for of in told
            if of[0] == each.kind and (each.objects is None or of[1] in each.objects)
        }
        return same and known == {(each.kind, one.object) for each in looked for one in each.going_on}

    def _notice_month(self, config: Config, ledger: NoticeLedger, alive: Callable[[], None]) -> int:
        """Notice a month of a plan that is due, or look whether the verdicts of one that was told are others now.

        One month a look: figures of many stations take seconds, and what is urgent is not to wait for them.
        """
        now = self._clock.now()
        if config.local_day(int(now)).year not in SANE_YEARS:
            return 0
        marks = ledger.marks()
        for step in (self._tell_month, self._tell_changed):
            for plan in config.plans.values():
                alive()
                name = f"{step.__name__} {plan.id}"
                try:
                    told = step(config, ledger, plan, marks)
                    self._complaints.pop(name, None)
                except (ConfigError, StoreError) as error:
                    if self._complaints.get(name) != str(error):  # the same every few seconds is said once
                        log.error("notices: plan %s cannot be told, it is tried again: %s", plan.id, error)
                    self._complaints[name] = str(error)
                    continue
                if told is not None:
                    return told
        return 0

    def _tell_month(self, config: Config, ledger: NoticeLedger, plan: Plan, marks: dict[str, str]) -> int | None:
        """Notice the first month of a plan that is due; None where none is, or it waits for its closing."""
        now, name = self._clock.now(), f"month {plan.id}"
        if name not in marks:
            with ledger.noticing() as open_:
                open_.mark(name, compliance.first_mark(config, plan, now))
            return None
        month = next(iter(compliance.due_months(config, plan, marks[name], now)), None)
        if month is None:
            return None
        closed = compliance.is_closed(ledger, month)
        due_at = compliance.due_at(config, config.notices.told_on(plan.id), month)
        if not closed and now < due_at + compliance.WAITS_S:
            return None
        before = compliance.previous(ledger, plan, month)
        with closing(self._opened(config)) as store:
            facts = compliance.facts_of(config, store, plan, month, before, unclosed=not closed)
        with ledger.noticing() as open_:
            _tell_plan(open_, config, plan, facts, 1)
            open_.mark(name, compliance.mark_after(month))
        return 1

    def _tell_changed(self, config: Config, ledger: NoticeLedger, plan: Plan, marks: dict[str, str]) -> int | None:
        """Look at the next month of a plan that was told, after revisions and once a day; None where all were."""
        today = config.local_day(int(self._clock.now()))
        if today.year > plan.year + 1:
            return None
        name, looked = f"verdicts {plan.id}", f"{marks.get(PUBLICATIONS)} {today} "
        done = marks.get(name, "")
        after = done.removeprefix(looked) if done.startswith(looked) else ""
        month = compliance.told_after(ledger, plan, after)
        if month is None:
            return None
        with closing(self._opened(config)) as store:
            changed = compliance.changed(config, store, ledger, plan, month)
        with ledger.noticing() as open_:
            if changed is not None:
                _tell_plan(open_, config, plan, *changed)
            open_.mark(name, f"{looked}{month}")
        return int(changed is not None)


def _tell_plan(open_: Noticing, config: Config, plan: Plan, facts: Compliance, revision: int) -> None:
    city = plan.jurisdiction.removeprefix("city:")
    scopes = list(dict.fromkeys([f"plan:{plan.id}", plan.jurisdiction]))
    noticing.tell(
        open_, config.notices, "compliance", facts,
        object_=plan.id, period=facts.month, revision=revision, city=city, scopes=scopes,
    )  # fmt: skip


def _tell_revised(open_: Noticing, config: Config, revised: Revised, published: int) -> int:
    """Keep a notice of revised figures; its revision is the number of the last publication that it tells of."""
    kind, _, name = revised.scope.partition(":")
    station = next((s for s in config.register.stations if kind == "station" and s.id == name), None)
    city = station.city if station is not None else name.partition("/")[0] if kind in ("city", "district") else ""
    scopes = list(dict.fromkeys([revised.scope, *([f"city:{city}"] if city else [])]))
    period = min(each.period for each in revised.figures)
    number = noticing.tell(
        open_, config.notices, "revised", revised,
        object_=revised.scope, period=period, revision=published, city=city, scopes=scopes,
    )  # fmt: skip
    return int(number is not None)
