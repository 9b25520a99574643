"""Evaluation: from the derived days in the store to figures."""

from collections.abc import Collection
from difflib import get_close_matches
from fnmatch import fnmatchcase

from aggregations import indicators
from aggregations.figures import Figure
from aggregations.indicators import HEADLINES, INDICATORS, Indicator
from aggregations.periods import Period
from aggregations.plans import Plan
from aggregations.standards import Mode
from ingestor import scopes
from ingestor.config import Config
from ingestor.facts import facts_of
from ingestor.scopes import Scope
from ingestor.store import Tables
from ingestor.verdicts import evaluate
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium

__all__ = ["all_figures", "asked", "chosen_indicators", "compute", "evaluate", "facts_of", "indicator_named"]


def chosen_indicators(names: Collection[str], media: Collection[Medium]) -> list[Indicator]:
    """Return the indicators that names and patterns choose; without any, the headlines of some media.

    A name chooses of all media, a pattern such as `air.primary_days.*` or `*` of those given.

    Raises
    ------
    ConfigError
        If a name or pattern chooses none.
    """
    if not names:
        return [indicator for name, indicator in INDICATORS.items() if name in HEADLINES and indicator.medium in media]
    found: dict[str, Indicator] = {}
    for pattern in names:
        if pattern in INDICATORS:
            found[pattern] = INDICATORS[pattern]
            continue
        matching = {
            name: each for name, each in INDICATORS.items() if each.medium in media and fnmatchcase(name, pattern)
        }
        if not matching and any(fnmatchcase(name, pattern) for name in INDICATORS):
            raise ConfigError(
                f"indicator: expected some of {', '.join(media)}, which the scope has stations of, got {shown(pattern)}"
            )
        if not matching:
            raise ConfigError(f"indicator: expected {_known('a name or pattern', pattern)}, got {shown(pattern)}")
        found |= matching
    return list(found.values())


def indicator_named(name: str, *, option: str) -> Indicator:
    """Return an indicator by its name, which `option` gave.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in INDICATORS:
        raise ConfigError(f"{option}: expected {_known('the name of one indicator', name)}, got {shown(name)}")
    return INDICATORS[name]


def _known(what: str, name: str) -> str:
    of_its_medium = [each for each in INDICATORS if each.partition(".")[0] == name.partition(".")[0]]
    near = get_close_matches(name, of_its_medium or INDICATORS, n=3, cutoff=0.5)
    example = f" (close to it: {', '.join(near)})" if near else ""
    return f"{what} that `qingjing indicators --list` prints{example}"


def all_figures(
    config: Config,
    store: Tables,
    scope: str,
    period: Period,
    *,
    names: Collection[str] = (),
    plan: Plan | None = None,
    mode: Mode = "by_date",
) -> list[Figure]:
    """Compute the indicators that names and patterns choose for a scope and a period; without any, the headlines.

    Raises
    ------
    ConfigError
        If an indicator or the scope is unknown, or no edition of a standard covers the period.
    """
    where, chosen = asked(config, scope, names, plan)
    facts = {m: facts_of(config, store, m, where, period, chosen, mode) for m in {i.medium for i in chosen}}
    return [indicators.compute(indicator, facts[indicator.medium]) for indicator in chosen]


def asked(
    config: Config, scope: str, names: Collection[str], plan: Plan | None
) -> tuple[Scope, list[Indicator]]:  # fmt: skip
    """Return the scope that a text names and the indicators that names and patterns choose of its media.

    Raises
    ------
    ConfigError
        If an indicator or the scope is unknown, it has no stations, or none of an indicator's medium.
    """
    where = scopes.resolve(config, scope, plan)
    for name in names:
        check_medium(where, name)
    chosen = [
        indicator
        for indicator in chosen_indicators(names, [medium for medium in MEDIA if where.stations[medium]])
        if indicator.name in names or _has_its_water(where, indicator)
    ]
    if not chosen:
        raise ConfigError(f"scope: expected a city, station or list with registered stations, got {shown(scope)}")
    return where, chosen


def check_medium(scope: Scope, name: str) -> None:
    """Check that a scope has stations of what an indicator that is named is of.

    A city or district may have figures without any: those of manual surveys and of what is reported.

    Raises
    ------
    ConfigError
        If it has none.
    """
    indicator = INDICATORS.get(name)
    if indicator is None or scope.kind in ("city", "district") or scope.stations[indicator.medium]:
        return
    media = [medium for medium in MEDIA if scope.stations[medium]]
    raise ConfigError(
        f"indicator: expected one of {', '.join(media) or 'no medium'}, which {scope.text} is of, got {shown(name)}"
    )


def _has_its_water(scope: Scope, indicator: Indicator) -> bool:
    """Whether a scope has stations of what an indicator of water is of: the sea, or rivers and lakes."""
    stations = scope.stations["water"]
    return indicator.medium != "water" or any((each.body == "sea") == indicator.of_sea for each in stations)


def compute(
    config: Config,
    store: Tables,
    name: str,
    scope: str,
    period: Period,
    *,
    plan: Plan | None = None,
    mode: Mode = "by_date",
) -> Figure:
    """Compute one indicator for a scope and a period.

    Raises
    ------
    ConfigError
        If the scope is unknown, or no edition of a standard covers the period.
    """
    return all_figures(config, store, scope, period, names=[name], plan=plan, mode=mode)[0]
