"""Outlooks of a plan's targets: this year's days and those of earlier years, from the store."""

import datetime as dt
from decimal import Decimal

import numpy as np

from aggregations import outlook, plans
from aggregations.indicators import INDICATORS, Facts, Indicator
from aggregations.outlook import Outlook, method
from aggregations.outlook import air as of_air
from aggregations.outlook import noise as of_noise
from aggregations.outlook import water as of_water
from aggregations.outlook.chances import Held
from aggregations.periods import Period, year
from aggregations.plans import Plan, Target
from aggregations.rounding import decimals_of
from aggregations.standards import AirEvents, Mode
from ingestor import evaluation, scopes, verdicts
from ingestor.config import Config
from ingestor.derivation.spans import ROLES
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.quantities import Medium

REPORTED = "a reported figure: no sensor gives it"
NO_READINGS = "no valid data so far"
NO_LIMIT = "the plan names no number"


class Outlooks:
    """Outlooks of the targets of one plan on one day. What targets share, years of a scope and draws, is done once.

    Each target is judged by what it says itself (`judge_by`), or all by `judge_by`, as verdicts are.
    """

    def __init__(
        self, config: Config, store: Tables, plan: Plan, as_of: dt.date, *, judge_by: str | None = None
    ) -> None:  # fmt: skip
        self._config, self._store, self._plan, self._judge_by = config, store, plan, judge_by
        self._so_far = plans.period_of(plan, as_of)
        self._facts: dict[tuple[Medium, str, Mode], tuple[Facts, dict[int, Facts]]] = {}
        self._members: dict[tuple[str, Mode, tuple[int, ...], bool], of_air.Members] = {}

    def of(self, target: Target) -> Outlook:
        """Return the outlook of a target.

        Raises
        ------
        ConfigError
            If its scope is unknown, or no edition of a standard covers the plan's year.
        """
        if target.indicator is None or target.scope is None:
            return outlook.none(target.unit, REPORTED)
        if target.limit is None:
            return outlook.none(target.unit, NO_LIMIT)
        indicator = INDICATORS[target.indicator]
        where = scopes.resolve(self._config, target.scope, self._plan)
        if not where.stations[indicator.medium]:
            return outlook.none(indicator.unit, verdicts.NO_STATIONS)
        if not self._so_far.is_year and not _known(indicator):
            return outlook.none(indicator.unit, outlook.NOT_KNOWN)
        mode = plans.mode_of(self._judge_by or target.judge_by, self._config.standards) or "by_date"
        figure = evaluation.compute(
            self._config, self._store, indicator.name, target.scope, self._so_far, plan=self._plan, mode=mode
        )
        held = Held(target.comparison, target.limit)
        if self._so_far.is_year:
            return _ended(indicator, figure.value if figure.sufficient else None, held)
        if figure.value is None:
            return outlook.none(indicator.unit, NO_READINGS)
        return self._of(indicator, where, mode, held, figure.value)

    def _of(self, indicator: Indicator, where: Scope, mode: Mode, held: Held, value: Decimal) -> Outlook:
        as_of = self._so_far.last
        if indicator.medium == "air":
            members = self._air_members(indicator, where, mode)
            return of_air.outlook_of(indicator.name, indicator.unit, members, held, value)
        if indicator.medium == "noise":
            so_far, earlier = self._years("noise", where, mode)
            return of_noise.outlook_of(indicator, so_far, earlier, as_of, held, value_so_far=value)
        so_far, earlier = self._years("water", where, mode)
        return of_water.outlook_of(indicator, so_far, earlier, as_of, held, value_so_far=value)

    def _air_members(self, indicator: Indicator, where: Scope, mode: Mode) -> of_air.Members | None:
        so_far, earlier = self._years("air", where, mode)
        excluded = of_air.leaves_events_out(indicator, so_far.standards.find(AirEvents, so_far.period.last))
        if excluded:
            so_far, earlier = so_far.without_events(), {y: each.without_events() for y, each in earlier.items()}
        years = of_air.years_for(so_far, earlier, self._so_far.last, indicator.quantities)
        if not years:
            return None
        key = (where.text, mode, tuple(years), excluded)
        if key not in self._members:
            self._members[key] = of_air.members_of(so_far, earlier, self._so_far.last, years)
        return self._members[key]

    def _years(self, medium: Medium, where: Scope, mode: Mode) -> tuple[Facts, dict[int, Facts]]:
        """Facts of the plan's year and of earlier ones that have any data."""
        key = (medium, where.text, mode)
        if key not in self._facts:
            number = self._plan.year
            found = {
                y: self._facts_of(medium, where, year(y), mode)
                for y in range(number - method.EARLIER_YEARS, number + 1)
            }
            so_far = found.pop(number)
            assert so_far is not None  # the figure so far was computed from it
            self._facts[key] = so_far, {y: each for y, each in found.items() if each is not None}
        return self._facts[key]

    def _facts_of(self, medium: Medium, where: Scope, period: Period, mode: Mode) -> Facts | None:
        """Facts of a calendar year, None where it lies before the standards, of a list where any of it does."""
        staged = any(self._config.staged(station.city) for station in where.stations[medium])
        first = self._config.standards.under(mode).first_day(ROLES[medium], staged=staged)
        if first > (period.first if where.kind == "list" else period.last):
            return None
        return evaluation.facts_of(self._config, self._store, medium, where, period, (), mode)


def outlooks(
    config: Config, store: Tables, plan: Plan, as_of: dt.date, *, judge_by: str | None = None
) -> list[tuple[Target, Outlook]]:
    """Return every target of a plan with its outlook, as known at the end of `as_of`; `judge_by` as in `Outlooks`.

    Raises
    ------
    ConfigError
        If `as_of` lies before the plan's year, a scope is unknown, or no edition of a standard covers the year.
    """
    found = Outlooks(config, store, plan, as_of, judge_by=judge_by)
    return [(target, found.of(target)) for target in plan.target]


def _known(indicator: Indicator) -> bool:
    """Whether there is an outlook of an indicator."""
    if indicator.medium == "air":
        return indicator.needs == "days"
    return of_noise.knows(indicator.name) if indicator.medium == "noise" else of_water.knows(indicator.name)


def _ended(indicator: Indicator, value: Decimal | None, held: Held) -> Outlook:
    if value is None:
        return outlook.none(indicator.unit, "the year is over with too little data")
    decimals = decimals_of(value)
    holds = bool(held.by(np.array([int(value.scaleb(decimals))]), decimals)[0])
    return Outlook(
        chance=float(holds), low=value, central=value, high=value, unit=indicator.unit, method="year_is_over", years=[],
        members=0, seed=0, certain=True, so_far=value, reason=outlook.YEAR_OVER,
    )  # fmt: skip
