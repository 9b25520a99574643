"""Editions of the standards: which rule and which number holds on which day.

Every number comes from `config/standards/*.toml`, one file an edition. There is no "latest" and no "nearest":
a day that no edition of a role covers is an error.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, TypeVar, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.quantities import Quantities
from sensors.register import ZoneClass

N_CLASSES = 5
"""Water classes that have limits, I to V."""

Positive = Annotated[int, msgspec.Meta(ge=1)]
WindowEnd = Annotated[int, msgspec.Meta(ge=8, le=24)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable table of a TOML file."""


class Edition(_Table, frozen=True, kw_only=True, rename={"first_day": "from"}):
    """What every edition says of itself.

    It holds from `first_day` up to but not including `until` (None: open). `staged_from` is the day from which
    cities of an earlier stage applied it. `confirmed` is false where a rule of the file was recalled, not read;
    `assumed` then lists those rules.
    """

    id: str
    title: str
    title_en: str
    first_day: dt.date
    until: dt.date | None = None
    staged_from: dt.date | None = None
    confirmed: bool
    assumed: list[str] = []
    source: str

    def starts(self, *, staged: bool) -> dt.date:
        """Return the first day on which it holds, in a city of an early stage or not."""
        return self.staged_from if staged and self.staged_from else self.first_day

    def holds_on(self, day: dt.date, *, staged: bool) -> bool:
        """Whether the edition is in force on `day`, in a city of an early stage or not."""
        return self.starts(staged=staged) <= day and (self.until is None or day < self.until)


class AirLimits(_Table, frozen=True, kw_only=True, tag_field="role", tag="air.limits"):
    """GB 3095: concentration limits of class II areas and the least data a statistic needs."""

    edition: Edition
    day_limit: dict[str, Decimal]
    year_limit: dict[str, Decimal]
    hour_min_minutes: Positive
    day_min_hours: Positive
    window_min_hours: Positive
    month_min_days: Positive
    february_min_days: Positive
    year_min_days: Positive


class Level(_Table, frozen=True, kw_only=True):
    """One level of the air quality index: up to and including `up_to`."""

    up_to: Positive
    name: str
    name_en: str
    colour: str


class IndexItem(_Table, frozen=True, kw_only=True):
    """One column of the table of breakpoints.

    `above` says what holds above the last breakpoint: "top" the index of the last breakpoint, or the name of
    the item whose index is taken instead.
    """

    quantity: str
    decimals: Count
    breakpoints: list[Decimal]
    above: str = "top"


class AirIndex(_Table, frozen=True, kw_only=True, tag_field="role", tag="air.index"):
    """HJ 633: sub-indices, air quality index, levels."""

    edition: Edition
    index: list[int]
    daily_items: list[str]
    primary_above: int
    good_up_to: int
    sub_index_rounding: Literal["ceil"]
    ratio_decimals: Count
    item: dict[str, IndexItem]
    level: list[Level]


class AirEvaluation(_Table, frozen=True, kw_only=True, tag_field="role", tag="air.evaluation"):
    """HJ 663: daily ozone, city means, decimals."""

    edition: Edition
    ozone_first_window_end_hour: WindowEnd
    ozone_last_window_end_hour: WindowEnd
    ozone_min_windows: Positive
    ozone_exception_compares: Literal["rounded", "exact"]
    city_min_share: Decimal
    city_min_share_below_four: Decimal
    period_mean_from: Literal["rounded_days"]
    decimals: dict[str, Count]
    mean_decimals: dict[str, Count]


class WaterItem(_Table, frozen=True, kw_only=True):
    """Limits of one item for classes I to V, best first. `good` is "low", "high" (oxygen) or "range" (pH)."""

    name: str
    good: Literal["low", "high", "range"]
    river: list[Decimal]
    lake: list[Decimal] | None = None
    evaluated: bool


class WaterLimits(_Table, frozen=True, kw_only=True, tag_field="role", tag="water.limits"):
    """GB 3838: class limits of the basic items."""

    edition: Edition
    item: dict[str, WaterItem]


class WaterMethod(_Table, frozen=True, kw_only=True, tag_field="role", tag="water.method"):
    """The assessment method: items, decimals, least data."""

    edition: Edition
    realtime_items: list[str]
    required_items: list[str]
    decimals: dict[str, Count]
    share_decimals: Count
    day_min_results: Positive
    month_min_days: Positive
    year_min_months: Positive


class BlackOdour(_Table, frozen=True, kw_only=True, tag_field="role", tag="water.black_odour"):
    """The guide on black-odorous urban water: bounds of light pollution."""

    edition: Edition
    below: dict[str, Decimal]
    above: dict[str, Decimal]


class ZoneLimit(_Table, frozen=True, kw_only=True):
    """Limits of one zone class. [dB]"""

    name: str
    day: int
    night: int


class NoiseLimits(_Table, frozen=True, kw_only=True, tag_field="role", tag="noise.limits"):
    """GB 3096: limits by zone class; local hours of the day period."""

    edition: Edition
    day_first_hour: Count
    night_first_hour: Count
    zone: dict[str, ZoneLimit]


class NoiseMethod(_Table, frozen=True, kw_only=True, tag_field="role", tag="noise.method"):
    """Functional zones from automatic monitors: least data, rounding, which night belongs to which date."""

    edition: Edition
    hour_min_share: Decimal
    day_min_hours: Positive
    night_min_hours: Positive
    month_min_days: Positive
    judge_decimals: Count
    rate_decimals: Count
    statistical_day: Literal["calendar"]


Standard = AirLimits | AirIndex | AirEvaluation | WaterLimits | WaterMethod | BlackOdour | NoiseLimits | NoiseMethod

_ROLES: dict[str, type[Standard]] = {
    "air.limits": AirLimits,
    "air.index": AirIndex,
    "air.evaluation": AirEvaluation,
    "water.limits": WaterLimits,
    "water.method": WaterMethod,
    "water.black_odour": BlackOdour,
    "noise.limits": NoiseLimits,
    "noise.method": NoiseMethod,
}

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
    if isinstance(standard, AirLimits):
        named = {"day_limit": (standard.day_limit, air), "year_limit": (standard.year_limit, air)}
        complete = ("day_limit",)
    elif isinstance(standard, AirIndex):
        named = {"item.quantity": ([item.quantity for item in standard.item.values()], air)}
    elif isinstance(standard, AirEvaluation):
        named = {"decimals": (standard.decimals, air), "mean_decimals": (standard.mean_decimals, air)}
        complete = ("decimals",)
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
        missing = [key for key in allowed if key not in present]
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
    for key in index.daily_items:
        if key not in index.item:
            raise ConfigError(f"{file}: daily_items: expected keys of item ({', '.join(index.item)}), got {shown(key)}")
    for key, item in index.item.items():
        if item.above != "top" and item.above not in index.item:
            raise ConfigError(f"{file}: item.{key}.above: expected 'top' or a key of item, got {shown(item.above)}")
        if not 2 <= len(item.breakpoints) <= len(index.index) or sorted(set(item.breakpoints)) != item.breakpoints:
            raise ConfigError(
                f"{file}: item.{key}.breakpoints: expected at most {len(index.index)} rising numbers, "
                f"got {shown([str(b) for b in item.breakpoints])}"
            )
