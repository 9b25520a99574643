"""What a source says of its payloads, ready for its decoder: codes, units, zone, label, marks of missing values."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from sensors.quantities import Medium

Label = Literal["start", "end"]
WithoutTime = Literal["refuse", "arrival"]
WithoutData = Literal["refuse", "ignore"]
Encoding = Literal["utf-8", "gb18030"]

MISSING = ("", "-", "-;", "--", "*", "—", "NA", "N/A", "null", "NaN")
"""Texts that stand for no value unless the source says otherwise."""


class Ambient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes of temperature and pressure of the air, in the state of which gases of a payload come, and their units."""

    temperature: str
    pressure: str
    temperature_unit: Literal["degC", "K"] = "degC"
    pressure_unit: Literal["Pa", "hPa", "kPa"] = "hPa"


class Code(msgspec.Struct, frozen=True):
    """What a code of a payload is: a quantity, and what its values are multiplied by, None for nothing.

    `unit` is that which the source declares; None: the quantity's own, unless the payload states one. `ambient` marks a
    gas in the state of the air, `tells_state` what says that state and is no quantity itself.
    """

    medium: Medium
    quantity: str
    factor: float | None = None
    unit: str | None = None
    ambient: bool = False
    tells_state: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one source, but for the native dialect, whose payloads say all of it.

    `codes` maps what payloads call a quantity; a code that is neither there nor in `ignored` is refused, unless
    `ignores_rest`. A time without an offset is of `zone`; None: it is refused. `label` is the end of the period that a
    time stands for. `period_s` is the averaging period of values whose payload gives none. [s] A payload without any
    time is refused or takes that of its arrival, and its values are then flagged as not evaluated. `sentinels` and
    `missing` are numbers and texts that stand for no value. `devices` are stations by medium and device. `options` are
    those of the dialect alone. `ambient` tells where the state of the air stands, if gases come in it. `trace`, where
    it is there, is called with each `Observed` of sensors.decoders.taking. `plain` are the quantities of codes, by
    medium, whose values are those of the quantity as they come.
    """

    codes: dict[str, Code]
    ignored: frozenset[str] = frozenset()
    ignores_rest: bool = False
    zone: dt.tzinfo | None = None
    label: Label = "start"
    period_s: int | None = None
    without_time: WithoutTime = "refuse"
    encoding: Encoding = "utf-8"
    sentinels: frozenset[float] = frozenset()
    missing: frozenset[str] = frozenset(MISSING)
    devices: dict[str, dict[str, str]] = {}
    options: Any = None
    ambient: Ambient | None = None
    trace: Callable[[Any], None] | None = None
    plain: dict[Medium, dict[str, str]] = {}
