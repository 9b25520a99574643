"""Explanation of a figure: what it rests on, down to what did not count and what moved it most."""

import msgspec

from aggregations import explain, indicators
from aggregations.explain import RuleUsed
from aggregations.figures import Figure
from aggregations.indicators import Facts, Indicator
from aggregations.periods import Period
from aggregations.plans import Plan
from aggregations.rounding import decimals_of
from aggregations.standards import Mode
from ingestor import evaluation, publishing, scopes
from ingestor.config import Config
from ingestor.derivation.archived import of_period, of_stations
from ingestor.explanation_air import AirBasis, air_basis
from ingestor.explanation_calibrations import CalibrationUsed, calibrations_used
from ingestor.explanation_noise import NoiseBasis, noise_basis
from ingestor.explanation_reviews import ReviewUsed, reviews_used
from ingestor.explanation_water import WaterBasis, water_basis
from ingestor.scopes import Scope
from ingestor.store import Store, Tables
from ingestor.store.archives import Archived


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, its rules, what it rests on, which is of the kind of its medium, what was made of its readings.

    `revision` is the published one that says what the figure says, None where there is none.
    `archived` are months of the period whose readings are not in the store: of them only hours and days are known.
    """

    figure: Figure
    name_zh: str
    name_en: str
    decimals: int
    rules: list[RuleUsed]
    basis: AirBasis | NoiseBasis | WaterBasis
    reviews: list[ReviewUsed] = []
    calibrations: list[CalibrationUsed] = []
    archived: list[Archived] = []
    revision: int | None = None


def explanation(
    config: Config,
    store: Store,
    name: str,
    scope: str,
    period: Period,
    *,
    plan: Plan | None = None,
    mode: Mode = "by_date",
    most: int = 10,
) -> Explanation:
    """Explain one indicator for a scope and a period; of what moved it at most `most` are listed.

    Raises
    ------
    ConfigError
        If the indicator or the scope is unknown, or no edition of a standard covers the period.
    """
    indicator = evaluation.indicator_named(name, option="NAME")
    where = scopes.resolve(config, scope, plan)
    evaluation.check_medium(where, name)
    facts = evaluation.facts_of(config, store, indicator.medium, where, period, [indicator], mode)
    figure = indicators.compute(indicator, facts)
    return Explanation(
        figure=figure,
        name_zh=indicator.name_zh,
        name_en=indicator.name_en,
        decimals=decimals_of(figure.value) if figure.value is not None else 0,
        rules=explain.rules_used(figure, facts.standards),
        basis=_basis(config, store, indicator, figure, facts, where, most),
        reviews=reviews_used(config, store, indicator, where, period),
        calibrations=calibrations_used(config, store, indicator, where, period),
        archived=[] if indicator.of_surveys else _archived(config, store, indicator, where, period),
        revision=publishing.revisions_of(store, [figure], plan=plan.id if plan and where.kind == "list" else "")[0],
    )


def _archived(config: Config, store: Tables, indicator: Indicator, where: Scope, period: Period) -> list[Archived]:
    ids = [station.id for station in where.stations[indicator.medium]]
    return of_period(config, of_stations(store.archived(), indicator.medium, ids), period)


def _basis(
    config: Config, store: Tables, indicator: Indicator, figure: Figure, facts: Facts, where: Scope, most: int
) -> AirBasis | NoiseBasis | WaterBasis:
    if indicator.medium == "air":
        return air_basis(config, store, indicator, figure, facts, where, most=most)
    if indicator.medium == "noise":
        return noise_basis(config, store, indicator, facts, most=most)
    return water_basis(config, store, indicator, facts, most=most)
