"""Plans: the targets that a city published, and whether the figures meet them."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Final, get_args

from aggregations import periods, reports
from aggregations.indicators import INDICATORS
from aggregations.judging import judge
from aggregations.periods import Period, year
from aggregations.room import Comparison
from aggregations.standards import MODES, Mode, Standards
from aggregations.targets import IN_FORCE, Plan, Published, Report, Status, StatusRule, Target, Verdict
from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.register import Place, Register

__all__ = [
    "IN_FORCE", "Comparison", "Plan", "Published", "Report", "Status", "StatusRule", "Target", "Verdict",
    "check_editions", "check_names", "judge", "mode_of", "parse", "period_of", "reports_of", "share_of_year",
]  # fmt: skip

_SHARE: Final = "%"


def parse(text: str, *, file: str, stem: str, others: Collection[str] = ()) -> Plan:
    """Return the plan declared by a TOML text; `stem` is the file's name, which is the plan's id.

    `others` are the ids of the other plans, which an error may name.

    Raises
    ------
    ConfigError
        If a key, indicator, scope or unit is wrong, an id stands twice, the id is not the file's name, or numbers of a
        published figure do not agree.
    """
    plan = strict.toml(text, Plan, file=file)
    if plan.id != stem:
        taken = ", which is the id of another plan" if plan.id in others else ""
        raise ConfigError(f"{file}: id: expected {stem!r} as in the file's name, got {shown(plan.id)}{taken}")
    ids: set[str] = set()
    for i, target in enumerate(plan.target):
        at = f"{file}: target[{i}]"
        if target.id in ids:
            raise ConfigError(f"{at}.id: expected each id once, got {shown(target.id)} again")
        ids.add(target.id)
        _check_limit(target, at)
        if target.indicator is None:
            for key, given in (("scope", target.scope), ("judge_by", target.judge_by)):
                if given not in (None, IN_FORCE):
                    raise ConfigError(f"{at}.{key}: expected none for a reported figure, got {shown(given)}")
        else:
            _check_indicator(target, target.indicator, plan, at)
    for name, size in plan.sizes.items():
        if name not in plan.lists:
            raise ConfigError(f"{file}: sizes.{name}: expected a list of [lists] ({', '.join(plan.lists)}), got none")
        if len(plan.lists[name]) > size:
            raise ConfigError(f"{file}: lists.{name}: expected at most {size} (sizes), got {len(plan.lists[name])}")
    for i, published in enumerate(plan.reported):
        _check_published(published, plan, f"{file}: reported[{i}]")
    return plan


def _check_limit(target: Target, at: str) -> None:
    if (target.limit is None) != target.limit_open:
        wanted = "nothing, as limit_open is true" if target.limit_open else "a value"
        raise ConfigError(f"{at}.limit: expected {wanted}, got {'nothing' if target.limit is None else target.limit}")


def _check_indicator(target: Target, name: str, plan: Plan, at: str) -> None:
    if name not in INDICATORS:
        raise ConfigError(f"{at}.indicator: expected one of {', '.join(INDICATORS)}, got {shown(name)}")
    indicator = INDICATORS[name]
    if target.unit != indicator.unit:
        raise ConfigError(f"{at}.unit: expected {indicator.unit!r}, got {shown(target.unit)}")
    if target.cumulative:
        raise ConfigError(f"{at}.cumulative: expected it of reported figures only, got true")
    if target.unit == _SHARE and target.limit is not None and not 0 <= target.limit <= 100:
        raise ConfigError(f"{at}.limit: expected a percentage from 0 to 100, got {target.limit}")
    kind, _, of = (target.scope or "").partition(":")
    if kind not in ("city", "district", "river", "basin", "station", "list") or not of:
        raise ConfigError(
            f"{at}.scope: expected city:ID, district:CITY/NAME, river:CITY/NAME, basin:NAME, station:ID or "
            f"list:NAME, got {shown(target.scope)}"
        )
    if kind in ("river", "basin") and indicator.medium != "water":
        raise ConfigError(f"{at}.scope: expected no {kind} of {name}, got {shown(target.scope)}")
    if kind == "list" and of not in plan.lists:
        raise ConfigError(f"{at}.scope: expected a list of [lists] ({', '.join(plan.lists)}), got {shown(of)}")


def _check_published(published: Published, plan: Plan, at: str) -> None:
    try:
        periods.parse(published.period)
    except ConfigError as error:
        raise ConfigError(f"{at}.{error}") from error
    own = bool(published.name and published.name_en and published.unit)
    targets = {target.id: target for target in plan.target}
    if published.target is None and not own:
        raise ConfigError(f"{at}: expected a target, or name, name_en and unit, got neither")
    if published.target is not None:
        if published.target not in targets:
            raise ConfigError(f"{at}.target: expected one of {', '.join(targets)}, got {shown(published.target)}")
        if published.name or published.name_en or published.unit:
            raise ConfigError(f"{at}.name: expected no name nor unit beside a target, which has them, got some")
    unit = published.unit if published.target is None else targets[published.target].unit
    places = {name: f"{at}.{name}" for name in ("value", "count", "of")}
    reports.check_share(published.value, unit, published.count, published.of, places=places)
    if published.target is not None:
        reports.check_percentage(published.value, targets[published.target], place=places["value"])


def reports_of(plan: Plan) -> list[Report]:
    """Return what a plan's file says was reported of its targets in its year."""
    units = {target.id: target.unit for target in plan.target}
    return [
        Report(
            plan=plan.id, target=each.target, as_of=period.last, value=each.value, unit=units[each.target],
            source=each.text, by=plan.source, count=each.count, of=each.of,
        )
        for each in plan.reported
        for period in (periods.parse(each.period),)
        if each.target is not None and period.first == year(plan.year).first and period.last.year == plan.year
    ]  # fmt: skip


def mode_of(judge_by: str, standards: Standards) -> Mode | None:
    """Return the mode of evaluation that a target names: itself, or the one set that its edition belongs to.

    None where it names no edition, or one that belongs to several sets or none.
    """
    if judge_by == IN_FORCE:
        return "by_date"
    found = next((mode for mode in MODES if mode == judge_by), None)
    if found is not None:
        return found
    modes = [mode for each in standards.all if each.edition.id == judge_by for mode in each.edition.modes]
    return modes[0] if len(modes) == 1 else None


def check_editions(plan: Plan, standards: Standards, *, file: str) -> None:
    """Check that targets are judged by what is in force, a mode of evaluation, or an edition that names one.

    Raises
    ------
    ConfigError
        If one is not.
    """
    one_mode = [each.edition.id for each in standards.all if len(each.edition.modes) == 1]
    for i, target in enumerate(plan.target):
        if mode_of(target.judge_by, standards) is None:
            known = ", ".join((IN_FORCE, *MODES[1:], *one_mode))
            raise ConfigError(f"{file}: target[{i}].judge_by: expected one of {known}, got {shown(target.judge_by)}")


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


def share_of_year(last: dt.date, whole: Period) -> Decimal:
    """Return the part of a year that is over at the end of a day."""
    return Decimal((last - whole.first).days + 1) / Decimal(len(whole))
