"""What a file of config/standards must hold, alone and beside the others."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import get_args

from aggregations.standards.air import (
    AFFECTED,
    BASIC_ITEMS,
    LIMITED,
    OTHER_ITEMS,
    AirEvaluation,
    AirEvents,
    AirIndex,
    AirLimits,
    AirRanking,
    AreaLimits,
)
from aggregations.standards.edition import OneSet
from aggregations.standards.noise import CITY_SIZES, NoiseLimits, NoiseMethod, NoiseSurvey
from aggregations.standards.roles import BY_MODE, ROLES, RULES, Standard, name_of
from aggregations.standards.water import SeaLimits, SeaMethod, WaterLimits, WaterMethod
from aggregations.standards.water_checks import (
    check_sea_together,
    check_water_alone,
    check_water_together,
    check_water_units,
    water_items,
)
from sensors.errors import ConfigError, shown
from sensors.quantities import Quantities
from sensors.register import ZoneClass


def check_alone(standard: Standard, *, file: str) -> None:
    """Check that an edition does not contradict itself.

    Raises
    ------
    ConfigError
        If it ends before it begins, a rule is left out that results refer to, numbers that must rise do not, or a
        mean is ranked by an annual limit that does not exist.
    """
    edition = standard.edition
    if edition.until is not None and edition.until <= edition.first_day:
        raise ConfigError(f"{file}: edition.until: expected a day after {edition.first_day}, got {edition.until}")
    _check_rules(standard, file)
    if isinstance(standard, AirLimits):
        first, *later = [state.first_day for state in standard.gas_state] or [dt.date.min]
        if first is not None or None in later or sorted({d for d in later if d}) != later:
            raise ConfigError(f"{file}: gas_state: expected one without from, then others with rising days")
    elif isinstance(standard, AirIndex):
        _check_index(standard, file)
    elif isinstance(standard, AirEvaluation):
        _check_rising("trend.n", [critical.n for critical in standard.trend], file)
    elif isinstance(standard, AirRanking):
        for key, statistic in standard.statistic.items():
            if statistic == "mean" and key not in LIMITED["year"]:
                raise ConfigError(f"{file}: statistic.{key}: expected percentile, as there is no limit of the year")
    elif isinstance(standard, NoiseLimits):
        if standard.night_first_hour <= standard.day_first_hour:
            raise ConfigError(
                f"{file}: night_first_hour: expected an hour after {standard.day_first_hour}, "
                f"got {standard.night_first_hour}"
            )
    elif isinstance(standard, NoiseMethod):
        if not 0 < standard.hour_min_share <= 1:
            raise ConfigError(
                f"{file}: hour_min_share: expected more than 0 and at most 1, got {standard.hour_min_share}"
            )
    elif isinstance(standard, NoiseSurvey):
        _check_grades(standard, file)
    else:
        check_water_alone(standard, file)


def check_quantities(standard: Standard, quantities: Quantities, *, file: str) -> None:
    """Check that a standard speaks only of what there is, and of all that it must.

    Raises
    ------
    ConfigError
        If a table or an item names a quantity or zone class that does not exist, or leaves one out that it needs.
    """
    air = ("quantities of air", tuple(quantities.air))
    water = ("quantities of water", tuple(quantities.water))
    zones = ("zone classes", get_args(ZoneClass))
    named: dict[str, tuple[Iterable[str], tuple[str, Sequence[str]]]] = {}
    needed: Mapping[str, Sequence[str]] = {}
    if isinstance(standard, AirLimits):
        tables = {
            "year_limit": (standard.year_limit, "year"),
            "day_limit": (standard.day_limit, "day"),
            "hour_limit": (standard.hour_limit, "hour"),
            **{f"class_one.{each}": (_of(standard.class_one, each), each) for each in LIMITED},
        }
        named = {place: (limits, air) for place, (limits, _) in tables.items()}
        named["other"] = (standard.other, ("items of table 2", OTHER_ITEMS))
        needed = {place: LIMITED[averaging] for place, (_, averaging) in tables.items()} | {"other": OTHER_ITEMS}
    elif isinstance(standard, AirIndex):
        named = {"item.quantity": ([item.quantity for item in standard.item.values()], air)}
        needed = {"item.quantity": BASIC_ITEMS}
    elif isinstance(standard, AirEvaluation):
        named = {
            "decimals": (standard.decimals, air),
            "mean_decimals": (standard.mean_decimals, air),
            "percentile": (standard.percentile, air),
            "percentile_decimals": (standard.percentile_decimals, air),
            "judged_decimals": (standard.judged_decimals, air),
        }
        needed = dict.fromkeys(named, BASIC_ITEMS)
    elif isinstance(standard, AirRanking):
        named = {"statistic": (standard.statistic, air), "weight": (standard.weight, air)}
        needed = dict.fromkeys(named, BASIC_ITEMS)
    elif isinstance(standard, AirEvents):
        named = {
            "quantities": (standard.quantities, air),
            "policy": (standard.policy, ("statistics affected by events", AFFECTED)),
        }
        needed = {"policy": AFFECTED}
    elif isinstance(standard, NoiseLimits):
        named = {"zone": (standard.zone, zones)}
        needed = {"zone": zones[1]}
    elif isinstance(standard, NoiseMethod):
        named = {"exclude_above": (standard.exclude_above, ("quantities of noise", tuple(quantities.noise)))}
    elif isinstance(standard, NoiseSurvey):
        sizes = ("sizes of a city", CITY_SIZES)
        named = {"functional_points": (standard.functional_points, sizes), "road_points": (standard.road_points, sizes)}
        needed = dict.fromkeys(named, CITY_SIZES)
    else:
        named = {place: (items, water) for place, items in water_items(standard).items()}
        check_water_units(standard, quantities, file)
    for place, (keys, (kind, allowed)) in named.items():
        present = list(keys)
        for key in present:
            if key not in allowed:
                raise ConfigError(f"{file}: {place}: expected {kind} ({', '.join(allowed)}), got {shown(key)}")
        missing = [key for key in needed.get(place, ()) if key not in present]
        if missing:
            raise ConfigError(f"{file}: {place}.{missing[0]}: expected a value, got nothing")
    if isinstance(standard, AirIndex):
        for place, keys in (("daily_items", standard.daily_items), ("hourly_items", standard.hourly_items)):
            absent = [q for q in BASIC_ITEMS if all(standard.item[key].quantity != q for key in keys)]
            if absent:
                raise ConfigError(f"{file}: {place}: expected an item of every basic quantity, got none of {absent[0]}")


def check_together(standards: list[Standard], *, directory: str) -> None:
    """Check that the editions of each role follow one another without overlap or gap, and fit each other.

    Raises
    ------
    ConfigError
        If a role has no edition, two editions hold on one day, a day between two is not covered, a mode of evaluation
        has no edition of a role it chooses, or two, or a method names an item for which there are no limits.
    """
    for role in ROLES.values():
        editions = sorted((s.edition for s in standards if isinstance(s, role)), key=lambda e: e.first_day)
        if not editions:
            raise ConfigError(f"{directory}: expected an edition of every role, got none of {name_of(role)}")
        for staged in (False, True):
            for earlier, later in pairwise(editions):
                if earlier.until != later.starts(staged=staged):
                    raise ConfigError(
                        f"{directory}: {later.id}: expected to begin when {earlier.id} ends, on {earlier.until}, "
                        f"got {later.starts(staged=staged)}"
                    )
        for mode in get_args(OneSet):
            ids = [e.id for e in editions if mode in e.modes]
            if len(ids) > 1 or (not ids and role in BY_MODE):
                raise ConfigError(
                    f"{directory}: edition.modes: expected one edition of {name_of(role)} with {mode}, "
                    f"got {shown(ids) if ids else 'none'}"
                )
    check_water_together(
        [s for s in standards if isinstance(s, WaterLimits)],
        [s for s in standards if isinstance(s, WaterMethod)],
        directory,
    )
    check_sea_together(
        [s for s in standards if isinstance(s, SeaLimits)],
        [s for s in standards if isinstance(s, SeaMethod)],
        directory,
    )


def _of(area: AreaLimits, averaging: str) -> Iterable[str]:
    limits: Iterable[str] = getattr(area, averaging)
    return limits


def _check_rules(standard: Standard, file: str) -> None:
    """Check that every rule that results refer to is there, that each says something, and what `confirmed` sums up."""
    for key in RULES.get(type(standard), ()):
        if key not in standard.rule:
            raise ConfigError(f"{file}: rule.{key}: expected where it stands and whether it was read, got nothing")
    for key, rule in standard.rule.items():
        for name, language, text in (("text", "English", rule.text), ("zh", "Chinese", rule.zh)):
            if not text.strip():
                raise ConfigError(f"{file}: rule.{key}.{name}: expected what it says in {language}, got {shown(text)}")
    if standard.edition.confirmed != all(rule.confirmed for rule in standard.rule.values()):
        raise ConfigError(
            f"{file}: edition.confirmed: expected true where every rule is confirmed and false where one is not, "
            f"got {str(standard.edition.confirmed).lower()}"
        )


def _check_rising(place: str, values: Sequence[object], file: str) -> None:
    if not values or sorted(set(values)) != list(values):  # type: ignore[type-var]  # days, or numbers
        raise ConfigError(f"{file}: {place}: expected at least one, rising, got {shown([str(v) for v in values])}")


def _check_grades(survey: NoiseSurvey, file: str) -> None:
    for place, bounds in (("regional", survey.regional), ("road", survey.road)):
        for part, levels in (("day", bounds.day), ("night", bounds.night)):
            _check_rising(f"{place}.{part}", levels, file)
            if len(levels) != len(survey.grade) - 1:
                raise ConfigError(
                    f"{file}: {place}.{part}: expected {len(survey.grade) - 1} bounds of {len(survey.grade)} grades, "
                    f"got {len(levels)}"
                )


def _check_index(index: AirIndex, file: str) -> None:
    if sorted(set(index.index)) != index.index:
        raise ConfigError(f"{file}: index: expected rising numbers, got {shown(index.index)}")
    _check_rising("level.up_to", [level.up_to for level in index.level], file)
    for place, keys in (("daily_items", index.daily_items), ("hourly_items", index.hourly_items)):
        for key in keys:
            if key not in index.item:
                raise ConfigError(f"{file}: {place}: expected keys of item ({', '.join(index.item)}), got {shown(key)}")
    for key in ("o3_1h", "o3_8h"):
        if key not in index.item:
            raise ConfigError(f"{file}: item.{key}: expected a table of breakpoints, got nothing")
    for key, item in index.item.items():
        if item.above != "top" and item.above not in index.item:
            raise ConfigError(f"{file}: item.{key}.above: expected 'top' or a key of item, got {shown(item.above)}")
        if not 2 <= len(item.breakpoints) <= len(index.index) or sorted(set(item.breakpoints)) != item.breakpoints:
            raise ConfigError(
                f"{file}: item.{key}.breakpoints: expected at most {len(index.index)} rising numbers, "
                f"got {shown([str(b) for b in item.breakpoints])}"
            )
