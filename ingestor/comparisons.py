"""Comparisons: figures beside those of the year before, of several scopes beside each other, and over years."""

from collections.abc import Callable, Collection, Iterator

from aggregations import indicators, periods, standings, trends
from aggregations.comparison import Change, compared
from aggregations.indicators import Facts, Indicator
from aggregations.periods import Period
from aggregations.plans import Plan
from aggregations.standards import AirEvaluation, Mode, WaterMethod
from aggregations.standings import Standing
from aggregations.trends import YearlyTrend
from ingestor import evaluation, scopes
from ingestor.config import Config
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.errors import ConfigError, shown
from sensors.noise_surveys import NoiseSurveys
from sensors.quantities import MEDIA, Medium

Named = tuple[Scope, str, str]
"""A scope and its names in Chinese and English."""


def changes(
    config: Config,
    store: Tables,
    scope: str,
    period: Period,
    *,
    names: Collection[str] = (),
    plan: Plan | None = None,
    mode: Mode = "by_date",
) -> list[Change]:
    """Compare the indicators that names and patterns choose with the same period of the year before.

    Raises
    ------
    ConfigError
        If an indicator or the scope is unknown, or no edition of a standard covers one of the periods.
    """
    where, chosen = evaluation.asked(config, scope, names, plan)
    facts: dict[Medium, tuple[Facts, Facts]] = {}
    for medium in dict.fromkeys(each.medium for each in chosen):
        needed = [each for each in chosen if each.medium == medium]
        now, before = (
            evaluation.facts_of(config, store, medium, where, each, needed, mode)
            for each in (period, period.years_before(1))
        )
        facts[medium] = now, before
    return [compared(each, *facts[each.medium]) for each in chosen]


def contenders(config: Config, among: str, medium: Medium, *, of_sea: bool = False) -> list[Named]:
    """Return the scopes that are ranked: `cities`, `districts:CITY`, `stations:CITY`, of water `rivers:CITY`, too.

    `sections:CITY` says the same as `stations:CITY`. Of water those of rivers and lakes, or of the sea.

    Raises
    ------
    ConfigError
        If the text is none of these, the city is unknown, or it has no such district or station.
    """
    kind, _, city = among.partition(":")
    if among == "cities":
        return [
            (scopes.resolve(config, f"city:{each.id}"), each.name, each.name_en)
            for each in config.settings.city
            if any(config.register.of(of, each.id) for of in MEDIA)
            or config.noise_surveys.of(each.id) != NoiseSurveys()
        ]
    known = [each.id for each in config.settings.city]
    if medium == "water" and kind == "sections":
        kind = "stations"
    if kind not in ("districts", "stations", *(["rivers"] if medium == "water" else [])) or city not in known:
        cities = " or ".join(known)
        rivers = "rivers:CITY, " if medium == "water" else ""
        raise ConfigError(
            f"--among: expected cities, {rivers}districts:CITY or stations:CITY, CITY being {cities}, "
            f"got {shown(among)}"
        )
    stations = [each for each in config.register.of(medium, city) if (each.body == "sea") == of_sea]
    if kind == "stations":
        found = [(scopes.resolve(config, f"station:{each.id}"), each.name, each.name_en) for each in stations]
    elif kind == "rivers":
        names = dict.fromkeys(each.water for each in stations if each.water)
        found = [(scopes.resolve(config, f"river:{city}/{name}"), name, name) for name in names]
    else:
        names = dict.fromkeys(each.district for each in stations if each.district)
        found = [(scopes.resolve(config, f"district:{city}/{name}"), name, name) for name in names]
    if not found:
        what = f"stations of {medium}" + {
            "districts": " that name their district",
            "rivers": " that name their river",
        }.get(kind, "")
        raise ConfigError(f"--among: expected a city with {what} in the register, got {shown(among)}")
    return found


def ranking(
    config: Config,
    store: Tables,
    indicator: Indicator,
    among: Collection[Named],
    period: Period,
    *,
    mode: Mode = "by_date",
    progress: Callable[[], object] = lambda: None,
) -> list[Standing]:
    """Rank scopes by an indicator, the best first; `progress` is called after each.

    Raises
    ------
    ConfigError
        If no edition of a standard covers the period.
    """
    return _placed(
        indicator,
        progress,
        (
            standings.standing(indicator, _facts(config, store, indicator, where, period, mode), name=zh, name_en=en)
            for where, zh, en in among
        ),
    )


def ranking_by_change(
    config: Config,
    store: Tables,
    indicator: Indicator,
    among: Collection[Named],
    period: Period,
    *,
    mode: Mode = "by_date",
    progress: Callable[[], object] = lambda: None,
) -> list[Standing]:
    """Rank scopes by how an indicator changed against the year before, the most improved first.

    Raises
    ------
    ConfigError
        If no edition of a standard covers one of the periods.
    """

    def each(where: Scope, zh: str, en: str) -> Standing:
        now, before = (_facts(config, store, indicator, where, days, mode) for days in (period, period.years_before(1)))
        return standings.standing_by_change(indicator, now, before, name=zh, name_en=en)

    return _placed(indicator, progress, (each(*of) for of in among))


def trend(
    config: Config,
    store: Tables,
    indicator: Indicator,
    scope: str,
    years: range,
    *,
    plan: Plan | None = None,
    mode: Mode = "by_date",
    progress: Callable[[], object] = lambda: None,
) -> YearlyTrend:
    """Return the trend of an indicator of air or water over calendar years; `progress` is called after each.

    Raises
    ------
    ConfigError
        If the scope is unknown, or no edition of a standard covers one of the years.
    """
    where = scopes.resolve(config, scope, plan)
    evaluation.check_medium(where, indicator.name)
    figures = []
    for year in years:
        facts = _facts(config, store, indicator, where, periods.year(year), mode)
        figures.append(indicators.compute(indicator, facts))
        progress()
    if indicator.medium == "water":
        method = facts.standards.on(WaterMethod, facts.period.last)
        return trends.yearly_water_trend(
            indicator, figures, method, digest=facts.standards.digests[method.edition.id]
        )  # fmt: skip
    rules = facts.standards.on(AirEvaluation, facts.period.last, staged=facts.staged)
    return trends.yearly_trend(indicator, figures, rules, digest=facts.standards.digests[rules.edition.id])


def _facts(
    config: Config, store: Tables, indicator: Indicator, scope: Scope, period: Period, mode: Mode
) -> Facts:  # fmt: skip
    return evaluation.facts_of(config, store, indicator.medium, scope, period, [indicator], mode)


def _placed(indicator: Indicator, progress: Callable[[], object], rows: Iterator[Standing]) -> list[Standing]:
    found = []
    for row in rows:
        found.append(row)
        progress()
    return standings.placed(found, indicator)
