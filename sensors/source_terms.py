"""From the declaration of a source to the terms by which its payloads are read, checked against the quantities."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import msgspec

from sensors import units
from sensors.decoders import DIALECTS, NO_PERIODS
from sensors.decoders.hj212_rules import Hj212Options, rules
from sensors.decoders.mappings import Mapping
from sensors.decoders.terms import MISSING, Ambient, Code, Terms
from sensors.devices import Devices
from sensors.errors import ConfigError, shown
from sensors.hj212.meanings import Meanings
from sensors.quantities import MEDIA, Medium, Quantities
from sensors.sources import Source

_NO_MAPPING = Mapping(values={})
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")


def check(sources: list[Source], quantities: Quantities, *, file: str, hj212: Meanings | None = None) -> None:
    """Check the terms of all sources but native ones, and that their dialects can make decoders of them.

    `hj212` are those of config/hj212.toml, needed by its sources.

    Raises
    ------
    ConfigError
        As `terms`, and where a dialect finds its options wrong.
    """
    for i, source in enumerate(sources):
        if source.dialect != "native":
            at = f"{file}: source[{i}]"
            of_source = terms(source, quantities, {}, at=at, hj212=hj212)
            try:
                DIALECTS[source.dialect](of_source)
            except ConfigError as error:
                raise ConfigError(f"{at}.{error}") from error


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
        If a code is no quantity, a unit cannot be converted, a period is missing that payloads do not state, messages
        without data are ignored and so are all codes, or the state of the air cannot be told as `ambient` says.
    """
    if source.dialect in NO_PERIODS and source.period_s is None:
        raise ConfigError(
            f"{at}.period_s: expected seconds, as payloads of {source.dialect} state no averaging period, got nothing"
        )
    mapping = source.mapping if isinstance(source.mapping, Mapping) else _NO_MAPPING
    targets = {**_own_codes(source, quantities), **_codes_of(mapping, source.medium), **source.codes}
    ignored = frozenset((*(set(mapping.ignore) - source.codes.keys()), *source.ignore))
    codes = {}
    for code, target in targets.items():
        medium, key = _target(target, source, quantities, f"{at}.codes.{code}")
        quantity = quantities.of(medium)[key]
        unit = next(
            (
                declared[name]
                for declared in (source.units, mapping.units)
                for name in (code, f"{medium}.{key}", key)
                if name in declared
            ),
            None,
        )
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
    if source.no_data == "ignore" and "*" in ignored:
        raise ConfigError(
            f"{at}.no_data: expected 'refuse', as `ignore` has '*' and misspelt codes must not be silent; "
            "name each code in `ignore` instead, got 'ignore'"
        )
    zone = source.zone or mapping.zone
    codes = {code: known for code, known in codes.items() if code not in ignored}
    if source.ambient is not None:
        codes = _with_state(codes, source, mapping, source.ambient, quantities, f"{at}.ambient")
    return Terms(
        codes=codes,
        ignored=ignored,
        ignores_rest="*" in ignored,
        zone=None if zone is None else zone_of(zone, at),
        label=source.label or mapping.label or "start",
        period_s=mapping.period_s if source.period_s is None else source.period_s,
        without_time=source.without_time or mapping.without_time or "refuse",
        encoding=source.encoding,
        sentinels=frozenset(map(float, mapping.sentinels or () if source.sentinels is None else source.sentinels)),
        missing=frozenset((mapping.missing or MISSING) if source.missing is None else source.missing),
        devices=devices.get(source.name, {}),
        options=_options(source, hj212, at),
        ambient=source.ambient,
        plain={
            medium: {code: known.quantity for code, known in codes.items() if known == Code(medium, known.quantity)}
            for medium in MEDIA
        },
    )


def _with_state(
    codes: dict[str, Code], source: Source, mapping: Mapping, ambient: Ambient, quantities: Quantities, at: str
) -> dict[str, Code]:
    """Return the codes with those of temperature and pressure, and the gases marked that come in that state.

    Mole fractions do not depend on it.
    """
    if source.dialect not in ("hj212", "mapping") or mapping.unit:
        raise ConfigError(
            f"{at}: expected nothing, as payloads state units themselves or the dialect cannot, got a value"
        )
    told = (ambient.temperature, ambient.pressure)
    if len({*told}) < len(told) or any(code in codes for code in told):
        raise ConfigError(f"{at}: expected two codes that are no quantities, got {shown(', '.join(told))}")
    gases = {
        code: msgspec.structs.replace(known, ambient=True)
        for code, known in codes.items()
        if known.medium == "air"
        and quantities.air[known.quantity].molar_mass is not None
        and units.spelled(known.unit or "") not in units.MOLE_FRACTION
    }
    if not gases:
        raise ConfigError(f"{at}: expected a gas in ug/m3 or mg/m3 among the codes, got none")
    return {**codes, **gases, **{code: Code("air", code, tells_state=True) for code in told}}


def _options(source: Source, hj212: Meanings | None, at: str) -> object:
    """What only the dialect of a source needs."""
    if source.dialect == "hj212":
        if hj212 is None:
            raise ConfigError(f"{at}.dialect: expected hj212.toml beside sources.toml for hj212, got no such file")
        return rules(source.hj212 or Hj212Options(), hj212, source.period_s, at=at)
    return getattr(source, source.dialect.replace("-", "_"), None)


def _codes_of(mapping: Mapping, medium: Medium | None) -> dict[str, str]:
    """Codes that a mapping knows, without those of other media than the source's."""
    return {
        code: target
        for code, target in mapping.codes.items()
        if medium is None or target.partition(".")[0] not in MEDIA or target.partition(".")[0] == medium
    }


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
