"""Editions of the standards: which rule and which number holds on which day.

Every number comes from `config/standards/*.toml`, one file an edition. There is no "latest" and no "nearest":
a day that no edition of a role covers is an error.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Literal, TypeVar, get_args

import msgspec

from aggregations.periods import DAY, Period
from aggregations.standards.air import (
    AFFECTED,
    BASIC_ITEMS,
    AirEvaluation,
    AirEvents,
    AirIndex,
    AirLimits,
    AirRanking,
    AreaClass,
    Averaging,
    IndexItem,
    Level,
    Statistic,
)
from aggregations.standards.edition import Edition, Rule
from aggregations.standards.noise import NoiseLimits, NoiseMethod, ZoneLimit
from aggregations.standards.water import N_CLASSES, BlackOdour, WaterItem, WaterLimits, WaterMethod
from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.quantities import Quantities
from sensors.register import ZoneClass

__all__ = [
    "AFFECTED",
    "BASIC_ITEMS",
    "MODES",
    "N_CLASSES",
    "AirEvaluation",
    "AirEvents",
    "AirIndex",
    "AirLimits",
    "AirRanking",
    "AreaClass",
    "Averaging",
    "BlackOdour",
    "Edition",
    "IndexItem",
    "Level",
    "Mode",
    "NoiseLimits",
    "NoiseMethod",
    "Rule",
    "Standard",
    "Standards",
    "Statistic",
    "WaterItem",
    "WaterLimits",
    "WaterMethod",
    "ZoneLimit",
    "check_quantities",
    "check_together",
    "parse",
]

Mode = Literal["by_date", "all_2012", "all_2026", "all_2031"]
"""How a period is evaluated in which editions change: each day by its own, or all by one set of editions."""
MODES: Final[tuple[Mode, ...]] = get_args(Mode)

Standard = (
    AirLimits
    | AirIndex
    | AirEvaluation
    | AirRanking
    | AirEvents
    | WaterLimits
    | WaterMethod
    | BlackOdour
    | NoiseLimits
    | NoiseMethod
)

_ROLES: dict[str, type[Standard]] = {
    "air.limits": AirLimits,
    "air.index": AirIndex,
    "air.evaluation": AirEvaluation,
    "air.ranking": AirRanking,
    "air.events": AirEvents,
    "water.limits": WaterLimits,
    "water.method": WaterMethod,
    "water.black_odour": BlackOdour,
    "noise.limits": NoiseLimits,
    "noise.method": NoiseMethod,
}

RULES: Final[dict[type[Standard], tuple[str, ...]]] = {
    AirLimits: ("limits", "hour_minutes", "day_hours", "window_hours", "month_days", "year_days", "period_mean"),
    AirIndex: ("breakpoints", "above_the_top", "items", "rounding", "primary", "missing_item", "good_day"),
    AirEvaluation: (
        "ozone_day", "ozone_exception", "percentile", "percentile_days", "attainment", "city_share", "city_value",
        "period_mean_from", "decimals", "multiple", "rates", "change", "trend", "moving_years",
    ),
    AirRanking: ("single_index", "composite", "rounding", "places", "change"),
    AirEvents: ("decision", "policy"),
}  # fmt: skip
"""Rules of each role that results refer to, by name; every edition of the role says where each of them stands."""

S = TypeVar("S", bound=Standard)


def _name_of(role: type[object]) -> str:
    return next(name for name, each in _ROLES.items() if each is role)


class Standards:
    """All editions, found by role and day; `digests` holds the digest of each edition's file by edition id."""

    def __init__(self, standards: list[Standard], digests: dict[str, str]) -> None:
        self.all = tuple(standards)
        self.digests = digests

    def on(self, role: type[S], day: dt.date, *, staged: bool = False) -> S:
        """Return the edition of `role` in force on `day`; `staged` for a city of an early stage.

        Raises
        ------
        ConfigError
            If no edition of the role, or more than one, is in force on the day.
        """
        found = [s for s in self.all if isinstance(s, role) and s.edition.holds_on(day, staged=staged)]
        if len(found) != 1:
            known = ", ".join(f"{s.edition.id} from {s.edition.first_day}" for s in self.all if isinstance(s, role))
            raise ConfigError(
                f"config/standards: {_name_of(role)} on {day}: expected one edition in force, got {len(found)} "
                f"(known: {known})"
            )
        return found[0]

    def runs(self, role: type[S], period: Period, *, staged: bool = False) -> Iterator[tuple[slice, S]]:
        """Yield runs of days under one edition, as slices of the days of the period.

        Raises
        ------
        ConfigError
            If a day of the period has no edition of the role.
        """
        start = 0
        while start < len(period):
            edition = self.on(role, period.first + start * DAY, staged=staged)
            until = edition.edition.until
            end = len(period) if until is None else min(len(period), (until - period.first).days)
            yield slice(start, end), edition
            start = end

    def find(self, role: type[S], day: dt.date) -> S | None:
        """Return the edition of `role` in force on `day`, or None before the first."""
        return next((s for s in self.all if isinstance(s, role) and s.edition.holds_on(day, staged=False)), None)

    def under(self, mode: Mode) -> "Standards":
        """Return the standards as a mode of evaluation takes them: one edition of each role of its set for all days."""
        if mode == "by_date":
            return self
        chosen = [s for s in self.all if mode in s.edition.modes]
        always = {"first_day": dt.date.min, "until": None, "staged_from": None}
        opened = [msgspec.structs.replace(s, edition=msgspec.structs.replace(s.edition, **always)) for s in chosen]
        roles = tuple(type(s) for s in chosen)
        return Standards([*opened, *(s for s in self.all if not isinstance(s, roles))], self.digests)

    def first_day(self, roles: Iterable[type[Standard]], *, staged: bool) -> dt.date:
        """Return the first day on which every one of some roles has an edition."""
        return max(min(s.edition.starts(staged=staged) for s in self.all if isinstance(s, role)) for role in roles)


def parse(text: str, *, file: str) -> Standard:
    """Return the edition declared by a TOML text; its `role` says which tables it has.

    Raises
    ------
    ConfigError
        If the role is unknown, or a key or number is wrong.
    """
    role = strict.toml(text, dict[str, object], file=file).get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise ConfigError(f"{file}: role: expected one of {', '.join(_ROLES)}, got {shown(role)}")
    standard = strict.toml(text, _ROLES[role], file=file)
    edition = standard.edition
    if edition.until is not None and edition.until <= edition.first_day:
        raise ConfigError(f"{file}: edition.until: expected a day after {edition.first_day}, got {edition.until}")
    _check_rules(standard, file)
    if isinstance(standard, AirIndex):
        _check_index(standard, file)
    if isinstance(standard, WaterLimits):
        _check_classes(standard, file)
    return standard


def check_quantities(standard: Standard, quantities: Quantities, *, file: str) -> None:
    """Check that a standard speaks only of what there is, and of all that it must.

    Raises
    ------
    ConfigError
        If a table or an item names a quantity or zone class that does not exist, or leaves one out that it needs.
    """
    air = ("quantities of air", list(quantities.air))
    water = ("quantities of water", list(quantities.water))
    zones = ("zone classes", list(get_args(ZoneClass)))
    named: dict[str, tuple[Iterable[str], tuple[str, list[str]]]] = {}
    complete: tuple[str, ...] = ()
    needed: Iterable[str] | None = None
    if isinstance(standard, AirLimits | AirEvaluation | AirRanking):
        needed = BASIC_ITEMS
    if isinstance(standard, AirLimits):
        named = {
            "day_limit": (standard.day_limit, air),
            "year_limit": (standard.year_limit, air),
            "hour_limit": (standard.hour_limit, air),
            "class_one.year": (standard.class_one.year, air),
            "class_one.day": (standard.class_one.day, air),
            "class_one.hour": (standard.class_one.hour, air),
        }
        complete = ("day_limit", "class_one.day")
    elif isinstance(standard, AirIndex):
        named = {"item.quantity": ([item.quantity for item in standard.item.values()], air)}
    elif isinstance(standard, AirEvaluation):
        named = {
            "decimals": (standard.decimals, air),
            "mean_decimals": (standard.mean_decimals, air),
            "percentile": (standard.percentile, air),
            "percentile_decimals": (standard.percentile_decimals, air),
            "judged_decimals": (standard.judged_decimals, air),
        }
        complete = ("decimals", "mean_decimals", "percentile", "percentile_decimals", "judged_decimals")
    elif isinstance(standard, AirRanking):
        named = {"statistic": (standard.statistic, air), "weight": (standard.weight, air)}
        complete = ("statistic", "weight")
    elif isinstance(standard, AirEvents):
        named = {"quantities": (standard.quantities, air), "policy": (standard.policy, _STATISTICS)}
        complete = ("policy",)
    elif isinstance(standard, WaterLimits):
        named = {"item": (standard.item, water)}
    elif isinstance(standard, WaterMethod):
        items = [*standard.realtime_items, *standard.required_items]
        named = {"decimals": (standard.decimals, water), "realtime_items, required_items": (items, water)}
        complete = ("decimals",)
    elif isinstance(standard, BlackOdour):
        named = {"below": (standard.below, water), "above": (standard.above, water)}
    elif isinstance(standard, NoiseLimits):
        named = {"zone": (standard.zone, zones)}
        complete = ("zone",)
    for place, (keys, (kind, allowed)) in named.items():
        present = list(keys)
        for key in present:
            if key not in allowed:
                raise ConfigError(f"{file}: {place}: expected {kind} ({', '.join(allowed)}), got {shown(key)}")
        missing = [key for key in needed or allowed if key not in present]
        if place in complete and missing:
            raise ConfigError(f"{file}: {place}.{missing[0]}: expected a value, got nothing")


def check_together(standards: list[Standard], *, directory: str) -> None:
    """Check that the editions of each role follow one another without overlap or gap, and fit each other.

    Raises
    ------
    ConfigError
        If a role has no edition, two editions hold on one day, a day between two is not covered, or a method names
        an item for which there are no limits.
    """
    for role in _ROLES.values():
        editions = sorted((s.edition for s in standards if isinstance(s, role)), key=lambda e: e.first_day)
        if not editions:
            raise ConfigError(f"{directory}: expected an edition of every role, got none of {_name_of(role)}")
        for staged in (False, True):
            for earlier, later in pairwise(editions):
                if earlier.until != later.starts(staged=staged):
                    raise ConfigError(
                        f"{directory}: {later.id}: expected to begin when {earlier.id} ends, on {earlier.until}, "
                        f"got {later.starts(staged=staged)}"
                    )
    limited = {item for s in standards if isinstance(s, WaterLimits) for item in s.item}
    for method in (s for s in standards if isinstance(s, WaterMethod)):
        if unknown := [item for item in (*method.realtime_items, *method.required_items) if item not in limited]:
            raise ConfigError(f"{directory}: {method.edition.id}: expected items with limits, got {shown(unknown[0])}")


_STATISTICS = ("statistics affected by events", list(AFFECTED))


def _check_rules(standard: Standard, file: str) -> None:
    """Check that every rule that results refer to is there, and that `confirmed` sums them up."""
    for key in RULES.get(type(standard), ()):
        if key not in standard.rule:
            raise ConfigError(f"{file}: rule.{key}: expected where it stands and whether it was read, got nothing")
    if standard.edition.confirmed != all(rule.confirmed for rule in standard.rule.values()):
        raise ConfigError(
            f"{file}: edition.confirmed: expected true where every rule is confirmed and false where one is not, "
            f"got {str(standard.edition.confirmed).lower()}"
        )


def _check_classes(limits: WaterLimits, file: str) -> None:
    for key, item in limits.item.items():
        for body, bounds in (("river", item.river), ("lake", item.lake)):
            if bounds is None:
                continue
            expected = 2 if item.good == "range" else N_CLASSES
            ordered = sorted(bounds, reverse=item.good == "high")
            if len(bounds) != expected or bounds != ordered:
                raise ConfigError(
                    f"{file}: item.{key}.{body}: expected {expected} numbers, the best class first, "
                    f"got {shown([str(b) for b in bounds])}"
                )


def _check_index(index: AirIndex, file: str) -> None:
    if sorted(set(index.index)) != index.index:
        raise ConfigError(f"{file}: index: expected rising numbers, got {shown(index.index)}")
    for place, keys in (("daily_items", index.daily_items), ("hourly_items", index.hourly_items)):
        for key in keys:
            if key not in index.item:
                raise ConfigError(f"{file}: {place}: expected keys of item ({', '.join(index.item)}), got {shown(key)}")
    for key, item in index.item.items():
        if item.above != "top" and item.above not in index.item:
            raise ConfigError(f"{file}: item.{key}.above: expected 'top' or a key of item, got {shown(item.above)}")
        if not 2 <= len(item.breakpoints) <= len(index.index) or sorted(set(item.breakpoints)) != item.breakpoints:
            raise ConfigError(
                f"{file}: item.{key}.breakpoints: expected at most {len(index.index)} rising numbers, "
                f"got {shown([str(b) for b in item.breakpoints])}"
            )
