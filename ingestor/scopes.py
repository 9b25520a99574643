"""Scopes: what figures are asked of.

`city:ID`, `district:CITY/NAME`, `river:CITY/NAME` (sections of a river or lake), `basin:NAME` (sections of a basin, of
all cities), `station:ID`, or `list:NAME` of a plan.
"""

from typing import Final, Literal

import msgspec

from aggregations.plans import Plan
from ingestor.config import Config
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

Kind = Literal["city", "district", "river", "basin", "station", "list"]

KNOWN: Final = "city:ID, district:CITY/NAME, river:CITY/NAME, basin:NAME, station:ID"
"""The kinds of scope that there are without a plan, as texts name them."""
OF_WATER: Final[tuple[Kind, ...]] = ("river", "basin")
"""Kinds of scope that have stations of water only."""


class Scope(msgspec.Struct, frozen=True):
    """A scope that exists: its text, kind and name, and its stations of each medium."""

    text: str
    kind: Kind
    name: str
    stations: dict[Medium, list[Station]]


def resolve(config: Config, text: str, plan: Plan | None = None) -> Scope:
    """Return the scope that a text names; `plan` is the one whose lists it may name.

    Raises
    ------
    ConfigError
        If there is no such city, district, river, basin, station or list.
    """
    kind, _, name = text.partition(":")
    everywhere = {medium: config.register.of(medium) for medium in MEDIA}
    if kind == "city" and any(city.id == name for city in config.settings.city):
        return Scope(text, "city", name, {m: [s for s in of if s.city == name] for m, of in everywhere.items()})
    if kind == "district":
        city, _, district = name.partition("/")
        found = {m: [s for s in of if (s.city, s.district) == (city, district)] for m, of in everywhere.items()}
        if district and any(found.values()):
            return Scope(text, "district", name, found)
        known = dict.fromkeys(f"district:{s.city}/{s.district}" for s in config.register.stations if s.district)
        raise ConfigError(f"scope: expected one of {', '.join(known) or 'no district: none is registered'}, got {text}")
    if kind in ("river", "basin"):
        return _of_water(config, text, "river" if kind == "river" else "basin", name)
    if kind == "station":
        found = {m: [s for s in of if s.id == name] for m, of in everywhere.items()}
        if not any(found.values()):
            raise ConfigError(f"scope: expected a station of the register, got {shown(name)}")
        return Scope(text, "station", name, found)
    if kind == "list" and plan is not None and name in plan.lists:
        wanted = plan.lists[name]
        found = {m: [s for s in map(config.register.get, [m] * len(wanted), wanted) if s] for m in MEDIA}
        return Scope(text, "list", name, found)
    cities = ", ".join(f"city:{city.id}" for city in config.settings.city)
    raise ConfigError(
        f"scope: expected {KNOWN.replace('city:ID', cities)}, or list:NAME of the plan given, got {shown(text)}"
    )


def _of_water(config: Config, text: str, kind: Literal["river", "basin"], name: str) -> Scope:
    """Sections of a river or lake of a city, or of a basin."""
    known = config.register.places(kind, "water")
    if name not in known:
        names = ", ".join(f"{kind}:{each}" for each in known)
        raise ConfigError(f"scope: expected one of {names or f'no {kind}: none is registered'}, got {shown(text)}")
    stations: dict[Medium, list[Station]] = {medium: known[name] if medium == "water" else [] for medium in MEDIA}
    return Scope(text, kind, name, stations)
