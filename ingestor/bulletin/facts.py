"""The facts that the figures of a bulletin are computed from: of the month, the year so far, and the year before."""

from collections.abc import Collection

import msgspec

from aggregations.comparison import compared
from aggregations.indicators import INDICATORS, Facts, compute
from aggregations.periods import Period
from ingestor import evaluation
from ingestor.bulletin.contents import Row
from ingestor.config import Config
from ingestor.derivation.spans import ROLES
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.quantities import Medium


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulletin is gathered from. `period` are the days of the month that count, `year` those up to its end."""

    config: Config
    store: Tables
    scope: Scope
    period: Period
    year: Period

    def covered(self, medium: Medium, period: Period) -> bool:
        """Whether every standard that days of a medium rest on has an edition on all days of a period."""
        staged = self.config.staged(self.scope.name)
        return period.first >= self.config.standards.first_day(ROLES[medium], staged=staged)

    def facts(self, medium: Medium, period: Period, names: Collection[str], *, scope: Scope | None = None) -> Facts:
        """Return the facts of the city, or of another scope, over a period."""
        chosen = [INDICATORS[name] for name in names]
        return evaluation.facts_of(self.config, self.store, medium, scope or self.scope, period, chosen, "by_date")


class Four(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the month and the year so far, each with the same days of the year before.

    Those before are None where no edition covers them; the years are None in January.
    """

    month: Facts
    before: Facts | None
    year: Facts | None
    year_before: Facts | None


def four(ground: Ground, medium: Medium, names: Collection[str]) -> Four:
    """Return the facts of a medium that indicators are computed from."""

    def earlier(period: Period) -> Facts | None:
        before = period.years_before(1)
        return ground.facts(medium, before, names) if ground.covered(medium, before) else None

    first = ground.year.first.month == ground.period.first.month
    return Four(
        month=ground.facts(medium, ground.period, names),
        before=earlier(ground.period),
        year=None if first else ground.facts(medium, ground.year, names),
        year_before=None if first else earlier(ground.year),
    )


def rows(names: Collection[str], facts: Four) -> dict[str, Row]:
    """Return the rows of some indicators."""
    return {name: row(name, facts) for name in names}


def row(name: str, facts: Four) -> Row:
    """Return the row of an indicator."""
    indicator = INDICATORS[name]
    change = None if facts.before is None else compared(indicator, facts.month, facts.before)
    of_year = None
    if facts.year is not None and facts.year_before is not None:
        of_year = compared(indicator, facts.year, facts.year_before)
    to_date = of_year.now if of_year else None if facts.year is None else compute(indicator, facts.year)
    return Row(
        month=change.now if change else compute(indicator, facts.month),
        change=change,
        to_date=to_date,
        to_date_change=of_year,
    )
