"""The quantities that stations measure: names, unit, HJ 212 code, plausible range, decimals."""

import re
from decimal import Decimal
from typing import Annotated, Literal, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown

Medium = Literal["air", "water", "noise"]
Unit = Literal[
    "ug/m3", "mg/m3", "mg/L", "degC", "1", "uS/cm", "NTU", "dB", "cells/L", "1/L", "cm", "mV", "m/s", "mm", "%",
]  # fmt: skip

MEDIA: tuple[Medium, ...] = get_args(Medium)

CONCENTRATIONS: tuple[Unit, ...] = ("ug/m3", "mg/m3")
"""Units of mass in a volume of air."""

RESERVED = ("name", "tags", "time", "station", "period_s")
"""Words that name something else in the tables of a store."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")

LARGEST: dict[Medium, int] = {"air": 10**9, "water": 10**11, "noise": 10**9}
"""Largest plausible value of any quantity: what is summed in millionths then fits into 64 bits."""


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One measured quantity.

    `minimum` and `maximum` (inclusive, in `unit`) bound what an instrument can plausibly report;
    a value outside stays stored but does not enter statistics. `molar_mass` [g/mol] makes it a gas, which sources may
    also send as a mole fraction.
    """

    name: str
    name_en: str
    unit: Unit
    hj212: str
    minimum: Decimal
    maximum: Decimal
    decimals: Annotated[int, msgspec.Meta(ge=0, le=6)]
    molar_mass: Decimal | None = None


class Quantities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All quantities by medium and key, in the order of the file."""

    air: dict[str, Quantity]
    water: dict[str, Quantity]
    noise: dict[str, Quantity]

    def of(self, medium: Medium) -> dict[str, Quantity]:
        """Return the quantities of one medium by key."""
        table: dict[str, Quantity] = getattr(self, medium)
        return table


def parse(text: str, *, file: str) -> Quantities:
    """Return the quantities declared by a TOML text.

    Raises
    ------
    ConfigError
        If a key, unit or number is wrong, a range is empty, or what is no concentration of a gas has a molar mass.
    """
    quantities = strict.toml(text, Quantities, file=file)
    for medium in MEDIA:
        for key, quantity in quantities.of(medium).items():
            if not _KEY.fullmatch(key) or key.endswith("_flag") or key in RESERVED:
                raise ConfigError(
                    f"{file}: {medium}: expected keys of small letters, digits and _ that do not end in _flag "
                    f"and are none of {', '.join(RESERVED)}, got {shown(key)}"
                )
            if max(abs(quantity.minimum), abs(quantity.maximum)) > LARGEST[medium]:
                raise ConfigError(
                    f"{file}: {medium}.{key}.maximum: expected at most {LARGEST[medium]:,} either way, "
                    f"got {quantity.maximum}"
                )
            if quantity.minimum >= quantity.maximum:
                raise ConfigError(
                    f"{file}: {medium}.{key}.maximum: expected more than minimum "
                    f"{quantity.minimum}, got {quantity.maximum}"
                )
            if quantity.molar_mass is not None and (quantity.unit not in CONCENTRATIONS or quantity.molar_mass <= 0):
                raise ConfigError(
                    f"{file}: {medium}.{key}.molar_mass: expected a positive number, of a quantity in "
                    f"{' or '.join(CONCENTRATIONS)}, got {quantity.molar_mass} of one in {quantity.unit}"
                )
    return quantities
