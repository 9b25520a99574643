"""From the declaration of a source to the terms by which its payloads are read, checked against the quantities."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from sensors import units
from sensors.decoders import NO_PERIODS
from sensors.decoders.hj212_rules import Hj212Options, rules
from sensors.decoders.terms import Code, Terms
from sensors.devices import Devices
from sensors.errors import ConfigError, shown
from sensors.hj212.meanings import Meanings
from sensors.quantities import MEDIA, Medium, Quantities
from sensors.sources import Source

_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")


def check(sources: list[Source], quantities: Quantities, *, file: str, hj212: Meanings | None = None) -> None:
    """Check the terms of all sources but native ones; `hj212` are those of config/hj212.toml, needed by its sources.

    Raises
    ------
    ConfigError
        As `terms`.
    """
    for i, source in enumerate(sources):
        if source.dialect != "native":
            terms(source, quantities, {}, at=f"{file}: source[{i}]", hj212=hj212)


def zone_of(zone: str, at: str) -> dt.tzinfo:
    """Return the zone of a name such as Asia/Shanghai, or of an offset such as +08:00; `at` names it in errors.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if match := _OFFSET.fullmatch(zone):
        offset = dt.timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < dt.timedelta(hours=24):
            return dt.timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"{at}.zone: expected an offset such as +08:00 or a zone such as Asia/Shanghai, got {shown(zone)}"
        ) from error


def terms(
    source: Source, quantities: Quantities, devices: Devices, *, at: str = "source", hj212: Meanings | None = None
) -> Terms:
    """Return the terms by which payloads of a source other than native ones are read; `at` names it in errors.

    Codes that the source does not name are those that its dialect knows (HJ 212: those of quantities.toml); else each
    quantity of the source's medium is its own code, and of a source without a medium each as "air.pm25".

    Raises
    ------
    ConfigError
        If a code is no quantity, a unit cannot be converted, or a period is missing that payloads do not state.
    """
    if source.dialect in NO_PERIODS and source.period_s is None:
        raise ConfigError(
            f"{at}.period_s: expected seconds, as payloads of {source.dialect} state no averaging period, got nothing"
        )
    targets = {**_own_codes(source, quantities), **source.codes}
    codes = {}
    for code, target in targets.items():
        medium, key = _target(target, source, quantities, f"{at}.codes.{code}")
        quantity = quantities.of(medium)[key]
        unit = source.units.get(code, source.units.get(f"{medium}.{key}", source.units.get(key)))
        factor = None
        if unit is not None:
            exact = units.factor_of(unit, medium, quantity)
            if exact is None:
                raise ConfigError(
                    f"{at}.units: expected a unit that converts to {quantity.unit} of {medium}.{key}, got {shown(unit)}"
                )
            factor = None if exact == 1 else float(exact)
        codes[code] = Code(medium, key, factor, unit)
    named = {
        *codes,
        *(f"{code.medium}.{code.quantity}" for code in codes.values()),
        *(c.quantity for c in codes.values()),
    }
    if unknown := [code for code in source.units if code not in named]:
        raise ConfigError(f"{at}.units: expected codes or quantities of the source, got {shown(unknown[0])}")
    return Terms(
        codes=codes,
        ignored=frozenset(source.ignore),
        ignores_rest="*" in source.ignore,
        zone=None if source.zone is None else zone_of(source.zone, at),
        label=source.label,
        period_s=source.period_s,
        without_time=source.without_time,
        encoding=source.encoding,
        sentinels=frozenset(map(float, source.sentinels)),
        missing=frozenset(source.missing),
        devices=devices.get(source.name, {}),
        options=_options(source, hj212, at),
    )


def _options(source: Source, hj212: Meanings | None, at: str) -> object:
    """What only the dialect of a source needs."""
    if source.dialect == "hj212":
        if hj212 is None:
            raise ConfigError(f"{at}.dialect: expected hj212.toml beside sources.toml for hj212, got no such file")
        return rules(source.hj212 or Hj212Options(), hj212, source.period_s, at=at)
    return getattr(source, source.dialect.replace("-", "_"), None)


def _own_codes(source: Source, quantities: Quantities) -> dict[str, str]:
    """Codes that a source need not name, and the quantity of each."""
    media = MEDIA if source.medium is None else (source.medium,)
    known = [(medium, key, quantity) for medium in media for key, quantity in quantities.of(medium).items()]
    if source.dialect == "hj212":
        return {quantity.hj212: f"{medium}.{key}" for medium, key, quantity in known if quantity.hj212}
    return {(f"{medium}.{key}" if source.medium is None else key): f"{medium}.{key}" for medium, key, _ in known}


def _target(target: str, source: Source, quantities: Quantities, at: str) -> tuple[Medium, str]:
    """Return medium and key of a quantity written as "air.pm25", or as "pm25" where the source has a medium."""
    name, dot, key = target.partition(".")
    for medium in MEDIA:
        if dot and name == medium and key in quantities.of(medium) and source.medium in (None, medium):
            return medium, key
    if not dot and source.medium is not None and name in quantities.of(source.medium):
        return source.medium, name
    example = "air.pm25" if source.medium is None else next(iter(quantities.of(source.medium)))
    raise ConfigError(f"{at}: expected a quantity such as {example}, got {shown(target)}")
