"""The month of a plan: its targets at the end of a month, for the month and the year to date, and what has changed.

A month is told once. Where revisions change a verdict of it later, it is told once more, as changed.
"""

from typing import Final

import msgspec

from aggregations import periods
from aggregations.periods import DAY, Period
from aggregations.plans import Plan
from ingestor.config import DAY_S, EPOCH, Config
from ingestor.notices.facts import Compliance, decode_facts
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.settings import Compliance as Told
from ingestor.store import Store
from ingestor.target_months import target_month
from ingestor.verdicts import Evaluator, evaluate

NONE: Final = "none"
"""The mark of a plan all of whose months were told; it sorts after all months."""
DECEMBER: Final = 12
WAITS_S: Final = DAY_S
"""How long a month that was not closed in time is waited for; then it is told all the same, and says so."""


def due_at(config: Config, told: Told, month: Period) -> float:
    """Return the moment at which the month of a plan is to be told. [s since 1970]"""
    day = (month.last + DAY).replace(day=told.day)
    return config.start_of(day) + int(told.at[:2]) * 3600 + int(told.at[3:]) * 60


def first_mark(config: Config, plan: Plan, now: float) -> str:
    """Return the first month of a plan that is to be told, as its mark: what should have been told before is not."""
    told = config.notices.told_on(plan.id)
    months = periods.year(plan.year).months()
    return next((str(each) for each in months if due_at(config, told, each) > now), NONE)


def due_months(config: Config, plan: Plan, mark: str, now: float) -> list[Period]:
    """Return the months of a plan from the one that `mark` names on that are to be told by now, in order."""
    told = config.notices.told_on(plan.id)
    return [m for m in periods.year(plan.year).months() if str(m) >= mark and due_at(config, told, m) <= now]


def mark_after(month: Period) -> str:
    """Return the mark of the month after one."""
    return NONE if month.last.month == DECEMBER else str(periods.month(month.first.year, month.first.month + 1))


def is_closed(ledger: NoticeLedger, month: Period) -> bool:
    """Whether the closing of months has done a month, or is no job here.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    run = ledger.runs().get("monthly")
    return run is None or run.next is None or run.next > (month.first - EPOCH).days


def facts_of(
    config: Config, store: Store, plan: Plan, month: Period, before: Compliance | None, *, unclosed: bool
) -> Compliance:
    """Return what is to be told of a month; `before` is what was told last.

    Raises
    ------
    ConfigError
        If no edition of a standard covers the days.
    StoreError
        If the store cannot be read.
    """
    said = {row.target: row.status for row in before.rows} if before is not None else {}
    views = Evaluator(config, store, plan).month(month, month.last)
    rows = [target_month(view, said.get(view.verdict.target.id)) for view in views]
    return Compliance(
        plan=plan.id, title=plan.title, title_en=plan.title_en, month=str(month), as_of=month.last,
        rows=sorted(rows, key=lambda row: row.status_before in (None, row.status)), unclosed=unclosed,
    )  # fmt: skip


def previous(ledger: NoticeLedger, plan: Plan, month: Period) -> Compliance | None:
    """Return what was told of the month before one, or of an earlier one, where there is no notice of that.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    found = ledger.before("compliance", plan.id, str(month))
    return _compliance(found.facts) if found is not None else None


def told_after(ledger: NoticeLedger, plan: Plan, month: str) -> Period | None:
    """Return the first month of a plan after one ('' for none) that was told.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    months = (each for each in periods.year(plan.year).months() if str(each) > month)
    return next((each for each in months if ledger.latest("compliance", plan.id, str(each)) is not None), None)


def changed(
    config: Config, store: Store, ledger: NoticeLedger, plan: Plan, month: Period
) -> tuple[Compliance, int] | None:
    """Return a month of a plan and the revision to tell it as, where its verdicts are others than they were told.

    Raises
    ------
    ConfigError, StoreError
        As `facts_of`.
    """
    told = ledger.latest("compliance", plan.id, str(month))
    assert told is not None
    before = _compliance(told.facts)
    known = {row.target: row.status for row in before.rows}
    now = {each.target.id: each.status for each in evaluate(config, store, plan, month.last)}
    if all(known.get(target, status) == status for target, status in now.items()):
        return None
    facts = facts_of(config, store, plan, month, before, unclosed=False)
    return msgspec.structs.replace(facts, changed=True), told.key.revision + 1


def _compliance(blob: bytes) -> Compliance:
    facts = decode_facts(blob)
    assert isinstance(facts, Compliance)
    return facts
