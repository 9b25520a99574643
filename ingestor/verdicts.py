"""Verdicts: each target of a plan held against what is known on a day, with what the rest of the year may bring."""

import datetime as dt

import msgspec

from aggregations import indicators, plans, prospects, reports
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, Indicator
from aggregations.judging import by_rule, judge, judge_reported
from aggregations.periods import Period, year
from aggregations.plans import Plan, Target, Verdict
from aggregations.prospects import Prospect
from aggregations.room import HOLDS
from aggregations.standards import Mode
from ingestor import scopes
from ingestor.config import Config
from ingestor.facts import facts_of
from ingestor.scopes import Scope
from ingestor.store import Tables

NO_STATIONS = "no station registered"
COUNTED = {"air": "days", "water": "sections", "noise": "point-times"}


class MonthView(msgspec.Struct, frozen=True, kw_only=True):
    """A target in one month: the figure of the month alone, whether it holds, and the verdict on the year to its end.

    `holds` is None where the month's figure is not sufficient, or the target has no number; a month decides nothing.
    """

    month: str
    figure: Figure | None
    holds: bool | None
    verdict: Verdict


class Evaluator:
    """Figures and facts of one plan, each computed once; for as long as the store is open and unchanged.

    `judge_by` holds in place of what targets say.
    """

    def __init__(self, config: Config, store: Tables, plan: Plan, *, judge_by: str | None = None) -> None:
        self._judge_by = judge_by
        self._config = config
        self._store = store
        self._plan = plan
        self._facts: dict[tuple[str, str, Period, Mode], Facts] = {}
        self._reports = [
            *plans.reports_of(plan),
            *(each for each in reports.in_force(store.reported_figures()) if each.plan == plan.id),
        ]

    def verdicts(self, as_of: dt.date) -> list[Verdict]:
        """Hold every target against what is known at the end of `as_of`.

        Raises
        ------
        ConfigError
            If `as_of` lies before the plan's year, or no edition of a standard covers it.
        """
        period = plans.period_of(self._plan, as_of)
        return [self._verdict(target, period) for target in self._plan.target]

    def month(self, month: Period, as_of: dt.date) -> list[MonthView]:
        """Show every target in a month of the plan's year, up to `as_of` where that is before the month's end.

        Raises
        ------
        ConfigError
            As `verdicts`.
        """
        cut = Period(month.first, min(month.last, as_of))
        views = []
        for verdict in self.verdicts(cut.last):
            target = verdict.target
            figure = None
            if target.indicator is not None and verdict.rule != "no_stations":
                figure = self._figure(target, cut, self._mode(target))
            views.append(
                MonthView(month=f"{month.first:%Y-%m}", figure=figure, holds=_holds(target, figure), verdict=verdict)
            )
        return views

    def _mode(self, target: Target) -> Mode:
        return plans.mode_of(self._judge_by or target.judge_by, self._config.standards) or "by_date"

    def _verdict(self, target: Target, period: Period) -> Verdict:
        if target.indicator is None:
            return self._reported(target, period)
        mode = self._mode(target)
        verdict = self._judged(target, period, mode)
        in_force = None if mode == "by_date" else self._judged(target, period, "by_date")
        return msgspec.structs.replace(
            verdict,
            judged_by=self._judge_by or target.judge_by,
            by_edition=[in_force] if in_force is not None and _differs(verdict, in_force) else [],
            reported=reports.latest(self._reports, target.id, period.last),
            remarks=self._remarks(target),
        )

    def _judged(self, target: Target, period: Period, mode: Mode) -> Verdict:
        indicator = INDICATORS[target.indicator or ""]
        where = self._scope(target)
        if not where.stations[indicator.medium] and not indicator.of_surveys:
            nothing = _without_stations(indicator, where, period, mode)
            return by_rule(target, nothing, "limit_open" if target.limit is None else "no_stations")
        figure = self._figure(target, period, mode)
        prospect = None
        if target.limit is not None and not period.is_year and figure.value is not None:
            prospect = self._prospect(target, indicator, figure, period, mode)
        return judge(target, figure, final=period.is_year, prospect=prospect)

    def _prospect(
        self, target: Target, indicator: Indicator, figure: Figure, period: Period, mode: Mode
    ) -> Prospect | None:
        assert target.limit is not None
        if not any(indicator.name.startswith(start) for start, _ in prospects.KINDS):
            return None
        facts = self._facts_over(target, year(period.first.year), mode)
        return prospects.prospect(indicator, facts, figure, period.last, target.comparison, target.limit)

    def _scope(self, target: Target) -> Scope:
        return scopes.resolve(self._config, target.scope or "", self._plan)

    def _figure(self, target: Target, period: Period, mode: Mode) -> Figure:
        return indicators.compute(INDICATORS[target.indicator or ""], self._facts_over(target, period, mode))

    def _facts_over(self, target: Target, period: Period, mode: Mode) -> Facts:
        indicator = INDICATORS[target.indicator or ""]
        scope = self._scope(target)
        if indicator.needs != "days":
            return facts_of(self._config, self._store, indicator.medium, scope, period, [indicator], mode)
        key = (indicator.medium, scope.text, period, mode)
        if key not in self._facts:
            self._facts[key] = facts_of(
                self._config, self._store, indicator.medium, scope, period, [indicator], mode
            )  # fmt: skip
        return self._facts[key]

    def _reported(self, target: Target, period: Period) -> Verdict:
        report = reports.latest(self._reports, target.id, period.last)
        figure = None if report is None else reports.figure_of(report, target, self._plan)
        whole = year(self._plan.year)
        share = None
        if report is not None and not period.is_year:
            share = plans.share_of_year(report.as_of, whole)
        covers = report is not None and report.as_of == whole.last
        verdict = judge_reported(target, figure, covers_year=covers, share_of_year=share)
        return msgspec.structs.replace(verdict, reported=report, remarks=self._remarks(target))

    def _remarks(self, target: Target) -> list[str]:
        kind, _, name = (target.scope or "").partition(":")
        size = self._plan.sizes.get(name) if kind == "list" else None
        listed = len(self._plan.lists[name]) if size else 0
        return [f"{listed} of {size} that the plan speaks of are listed"] if size and listed < size else []


def evaluate(config: Config, store: Tables, plan: Plan, as_of: dt.date) -> list[Verdict]:
    """Hold every target of a plan against what is known at the end of `as_of`.

    Raises
    ------
    ConfigError
        If `as_of` lies before the plan's year, or no edition of a standard covers it.
    """
    return Evaluator(config, store, plan).verdicts(as_of)


def _holds(target: Target, figure: Figure | None) -> bool | None:
    if figure is None or figure.value is None or not figure.sufficient or target.limit is None:
        return None
    return HOLDS[target.comparison](figure.value, target.limit)


def _differs(one: Verdict, other: Verdict) -> bool:
    values = [None if each.figure is None else each.figure.value for each in (one, other)]
    return one.status != other.status or values[0] != values[1]


def _without_stations(indicator: Indicator, where: Scope, period: Period, mode: Mode) -> Figure:
    return Figure(
        indicator=indicator.name, scope=where.text, period=str(period), value=None, exact=None, unit=indicator.unit,
        valid=0, expected=0, counted=COUNTED[indicator.medium], sufficient=False, excluded={}, editions={}, assumed=[],
        reasons=[NO_STATIONS], mode=mode,
    )  # fmt: skip
