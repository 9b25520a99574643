"""Editions of the standards: which rule and which number holds on which day.

Every number comes from `config/standards/*.toml`, one file an edition. There is no "latest" and no "nearest":
a day that no edition of a role covers is an error.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TypeVar

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
from aggregations.standards.checks import check_alone, check_quantities, check_together
from aggregations.standards.edition import MODES, Edition, Mode, Rule
from aggregations.standards.noise import NoiseLimits, NoiseMethod, NoiseSurvey, ZoneLimit
from aggregations.standards.roles import ROLES, RULES, Standard, name_of
from aggregations.standards.water import (
    N_CLASSES,
    N_SEA_CLASSES,
    BlackOdour,
    BodyRow,
    ClassRow,
    Saturation,
    SeaItem,
    SeaLimits,
    SeaMethod,
    SeaRow,
    Survey,
    TrophicRow,
    WaterItem,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)
from sensors import strict
from sensors.errors import ConfigError, shown

__all__ = [
    "AFFECTED",
    "BASIC_ITEMS",
    "MODES",
    "N_CLASSES",
    "N_SEA_CLASSES",
    "ROLES",
    "RULES",
    "AirEvaluation",
    "AirEvents",
    "AirIndex",
    "AirLimits",
    "AirRanking",
    "AreaClass",
    "Averaging",
    "BlackOdour",
    "BodyRow",
    "ClassRow",
    "Edition",
    "IndexItem",
    "Level",
    "Mode",
    "NoiseLimits",
    "NoiseMethod",
    "NoiseSurvey",
    "Rule",
    "Saturation",
    "SeaItem",
    "SeaLimits",
    "SeaMethod",
    "SeaRow",
    "Standard",
    "Standards",
    "Statistic",
    "Survey",
    "TrophicRow",
    "WaterItem",
    "WaterLimits",
    "WaterMethod",
    "WaterRanking",
    "WaterTrophic",
    "ZoneLimit",
    "check_quantities",
    "check_together",
    "name_of",
    "parse",
]

S = TypeVar("S", bound=Standard)


class Standards:
    """All editions, found by role and day; `digests` holds the digest of each edition's file by edition id."""

    def __init__(self, standards: list[Standard], digests: dict[str, str]) -> None:
        self.all = tuple(standards)
        self.digests = digests
        self._on: dict[tuple[type, dt.date, bool], Standard] = {}

    def on(self, role: type[S], day: dt.date, *, staged: bool = False) -> S:
        """Return the edition of `role` in force on `day`; `staged` for a city of an early stage.

        Raises
        ------
        ConfigError
            If no edition of the role, or more than one, is in force on the day.
        """
        known_one = self._on.get((role, day, staged))
        if isinstance(known_one, role):
            return known_one
        found = [s for s in self.all if isinstance(s, role) and s.edition.holds_on(day, staged=staged)]
        if len(found) != 1:
            known = ", ".join(f"{s.edition.id} from {s.edition.first_day}" for s in self.all if isinstance(s, role))
            raise ConfigError(
                f"config/standards: {name_of(role)} on {day}: expected one edition in force, got {len(found)} "
                f"(known: {known})"
            )
        self._on[role, day, staged] = found[0]
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
    if not isinstance(role, str) or role not in ROLES:
        raise ConfigError(f"{file}: role: expected one of {', '.join(ROLES)}, got {shown(role)}")
    standard = strict.toml(text, ROLES[role], file=file)
    check_alone(standard, file=file)
    return standard
