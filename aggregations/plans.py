"""Plans: the targets that a city published, and whether the figures meet them."""

import datetime as dt
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Annotated, Literal, get_args

import msgspec

from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from aggregations.periods import Period, year
from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.register import Place, Register

Comparison = Literal["<=", "<", ">=", ">", "=="]
Status = Literal["met", "on_track", "at_risk", "missed", "insufficient"]

_HOLDS: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "==": lambda value, limit: value == limit,
}


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One promise of a plan.

    Decided by readings where `indicator` is given; otherwise a *reported figure*, which no sensor gives.
    `text` is the sentence's place or wording in the plan.
    """

    id: str
    name: str
    name_en: str
    comparison: Comparison
    limit: Decimal
    unit: str
    text: str
    indicator: str | None = None
    scope: str | None = None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A published plan: a year, a jurisdiction, its targets, and the lists of stations that it names."""

    id: str
    title: str
    title_en: str
    year: Annotated[int, msgspec.Meta(ge=2000, le=2100)]
    jurisdiction: str
    source: str
    lists: dict[str, list[str]] = {}
    target: list[Target]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A target, its figure and its status on a day; `figure` is None for a reported figure not yet reported."""

    target: Target
    figure: Figure | None
    status: Status


def parse(text: str, *, file: str, stem: str) -> Plan:
    """Return the plan declared by a TOML text; `stem` is the file's name, which is the plan's id.

    Raises
    ------
    ConfigError
        If a key, indicator, scope or unit is wrong, an id stands twice, or the id is not the file's name.
    """
    plan = strict.toml(text, Plan, file=file)
    if plan.id != stem:
        raise ConfigError(f"{file}: id: expected {stem!r} as in the file's name, got {shown(plan.id)}")
    ids: set[str] = set()
    for i, target in enumerate(plan.target):
        at = f"{file}: target[{i}]"
        if target.id in ids:
            raise ConfigError(f"{at}.id: expected each id once, got {shown(target.id)} again")
        ids.add(target.id)
        if target.indicator is None:
            if target.scope is not None:
                raise ConfigError(f"{at}.scope: expected none for a reported figure, got {shown(target.scope)}")
            continue
        if target.indicator not in INDICATORS:
            raise ConfigError(f"{at}.indicator: expected one of {', '.join(INDICATORS)}, got {shown(target.indicator)}")
        if target.unit != INDICATORS[target.indicator].unit:
            raise ConfigError(f"{at}.unit: expected {INDICATORS[target.indicator].unit!r}, got {shown(target.unit)}")
        if target.unit == "%" and not 0 <= target.limit <= 100:
            raise ConfigError(f"{at}.limit: expected a percentage from 0 to 100, got {target.limit}")
        kind, _, name = (target.scope or "").partition(":")
        if kind not in ("city", "district", "river", "basin", "station", "list") or not name:
            raise ConfigError(
                f"{at}.scope: expected city:ID, district:CITY/NAME, river:CITY/NAME, basin:NAME, station:ID or "
                f"list:NAME, got {shown(target.scope)}"
            )
        if kind in ("river", "basin") and INDICATORS[target.indicator].medium != "water":
            raise ConfigError(f"{at}.scope: expected no {kind} of {target.indicator}, got {shown(target.scope)}")
        if kind == "list" and name not in plan.lists:
            raise ConfigError(f"{at}.scope: expected a list of [lists] ({', '.join(plan.lists)}), got {shown(name)}")
    return plan


def check_names(plan: Plan, register: Register, cities: Collection[str], *, file: str) -> None:
    """Check that every station and city that the plan names exists.

    Raises
    ------
    ConfigError
        If a list or a scope names a station, district, river or basin that the register of the indicator's medium does
        not know, a list names one twice, or a scope or the jurisdiction names another city.
    """
    known = [f"city:{city}" for city in cities]
    scopes = [(f"target[{i}].scope", t.scope) for i, t in enumerate(plan.target) if (t.scope or "").startswith("city:")]
    for place, scope in (("jurisdiction", plan.jurisdiction), *scopes):
        if scope not in known:
            raise ConfigError(f"{file}: {place}: expected one of {', '.join(known)}, got {shown(scope)}")
    for name, stations in plan.lists.items():
        if len(set(stations)) != len(stations):
            raise ConfigError(f"{file}: lists.{name}: expected each station once, got {shown(stations)}")
    for i, target in enumerate(plan.target):
        if target.indicator is None or target.scope is None:
            continue
        medium = INDICATORS[target.indicator].medium
        kind, _, name = target.scope.partition(":")
        for place in get_args(Place):
            if place == kind and name not in (places := register.places(place, medium)):
                raise ConfigError(
                    f"{file}: target[{i}].scope: expected a {kind} with stations of {medium} "
                    f"({', '.join(places) or 'none is registered'}), got {shown(name)}"
                )
        for station in {"list": plan.lists.get(name, []), "station": [name]}.get(kind, []):
            if register.get(medium, station) is None:
                raise ConfigError(
                    f"{file}: target[{i}].scope: expected stations of the register of {medium}, got {shown(station)}"
                )


def period_of(plan: Plan, as_of: dt.date) -> Period:
    """The part of the plan's year that has passed at the end of `as_of`.

    Raises
    ------
    ConfigError
        If the day lies before the plan's year.
    """
    whole = year(plan.year)
    if as_of < whole.first:
        raise ConfigError(f"as-of: expected a day from {whole.first} on for plan {plan.id}, got {as_of}")
    return Period(whole.first, min(as_of, whole.last))


def judge(target: Target, figure: Figure | None, *, final: bool) -> Verdict:
    """Hold a figure against its target.

    At the end of the year (`final`) a target is met or missed; before, it is on track while the figure so far
    holds, else at risk. A figure that is not sufficient decides nothing. The printed value is compared.
    """
    if figure is None or figure.value is None or not figure.sufficient:
        return Verdict(target=target, figure=figure, status="insufficient")
    holds = _HOLDS[target.comparison](figure.value, target.limit)
    status: Status = ("met" if holds else "missed") if final else ("on_track" if holds else "at_risk")
    return Verdict(target=target, figure=figure, status=status)
