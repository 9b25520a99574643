"""Sources: which topics are subscribed to, and which dialect decodes what arrives there."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from sensors import strict, units
from sensors.decoders import DIALECTS
from sensors.decoders.hj212_rules import Hj212Options
from sensors.decoders.mappings import Mapping as JsonMapping
from sensors.decoders.senml_names import SenmlOptions
from sensors.decoders.sparkplug import SparkplugOptions
from sensors.decoders.terms import Ambient, Encoding, Label, WithoutData, WithoutTime
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium, Quantities
from sensors.reading import DAY_S

_CAPTURE = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CAPTURES = ("medium", "station", "gateway", "device")
_OF_NATIVE = ("name", "topic", "dialect", "medium", "max_payload_bytes", "max_ahead_s", "not_before", "units")
"""Keys that a source of the native dialect may have."""

LABORATORY = "import-lab"
"""The source of a laboratory's results in quarantine; no other can have this name."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One subscription.

    `topic` is a template such as `env/v1/{medium}/{station}`; each capture stands for one whole level, `{medium}` for
    one that is a medium. Of several sources that take a topic the first does. Below `{gateway}` only stations that the
    register gives to that gateway are taken; `{device}` is a device of devices.csv, or a station. A level may be `+`,
    and the last one `#`. A native template without `{medium}` needs `medium`. A time more than `max_ahead_s` after the
    collector's clock, or before `not_before` (a gateway whose clock was never set), is refused. `units` names
    quantities of air that come in another unit than their own, or codes of any medium.

    The rest is for the other dialects, see `sensors.source_terms` and `sensors.decoders.terms.Terms`. `codes` says
    which quantity each code is, as "air.pm25", or "pm25" where the source has a medium; what it leaves out the dialect
    knows, or not. `ignore` names codes that are no quantity; `*` all that are not known. With `no_data` a message that
    has nothing but these, or is of a kind that has no values, is counted and not kept. `mapping`, of that dialect
    alone, is the name of a file of config/mappings, or a mapping itself. A key of the name of another dialect holds
    what that alone knows.
    """

    name: str
    topic: str
    dialect: str
    medium: Medium | None = None
    max_payload_bytes: int = 262_144
    max_ahead_s: int = 300
    not_before: dt.date = dt.date(2000, 1, 1)
    units: dict[str, str] = {}
    codes: dict[str, str] = {}
    ignore: tuple[str, ...] = ()
    zone: str | None = None
    label: Label | None = None
    period_s: int | None = None
    without_time: WithoutTime | None = None
    no_data: WithoutData = "refuse"
    encoding: Encoding = "utf-8"
    sentinels: tuple[Decimal, ...] | None = None
    missing: tuple[str, ...] | None = None
    ambient: Ambient | None = None
    mapping: str | JsonMapping | None = None
    hj212: Hj212Options | None = None
    senml: SenmlOptions | None = None
    sparkplug: SparkplugOptions | None = None

    @property
    def subscription(self) -> str:
        """The MQTT topic filter: captures become `+`."""
        return _CAPTURE.sub("+", self.topic)

    def matcher(self) -> Callable[[str], dict[str, str] | None]:
        """Return a function from a topic to its captures, or to None where the topic is another's."""
        above = self.topic.removesuffix("/#")
        pattern = "/".join(_pattern(level) for level in above.split("/"))
        below = "" if above == self.topic else "(?:/.*)?"  # MQTT 5.0, 4.7.1.2: # stands for the level above it, too
        match = re.compile(pattern + below, re.DOTALL).fullmatch

        def captures(topic: str) -> dict[str, str] | None:
            found = match(topic)
            return found.groupdict() if found else None

        return captures


_BARE = Source(name="", topic="", dialect="")


def _pattern(level: str) -> str:
    if level == "+":
        return "[^/]+"
    if level == "#":
        return ".*"
    if level == "{medium}":
        return f"(?P<medium>{'|'.join(MEDIA)})"
    return f"(?P<{level[1:-1]}>[^/]+)" if _CAPTURE.fullmatch(level) else re.escape(level)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: list[Source]


def parse(text: str, mappings: Mapping[str, JsonMapping] | None = None, *, file: str) -> list[Source]:
    """Return the sources declared by a TOML text; `mappings` are those that they may name.

    Raises
    ------
    ConfigError
        If a key, dialect, mapping or topic template is wrong, or a name stands twice.
    """
    declared = strict.toml(text, _File, file=file).source
    sources = [with_mapping(source, mappings or {}, f"{file}: source[{i}]") for i, source in enumerate(declared)]
    names: set[str] = set()
    for i, source in enumerate(sources):
        at = f"{file}: source[{i}]"
        if source.name in names:
            raise ConfigError(f"{at}.name: expected each name once, got {shown(source.name)} again")
        if not _NAME.fullmatch(source.name):
            raise ConfigError(f"{at}.name: expected letters, digits, ., _ or -, got {shown(source.name)}")
        if source.name == LABORATORY:
            raise ConfigError(
                f"{at}.name: expected another name than that of a laboratory's results, got {LABORATORY!r}"
            )
        names.add(source.name)
        if source.dialect not in DIALECTS:
            raise ConfigError(f"{at}.dialect: expected one of {', '.join(DIALECTS)}, got {shown(source.dialect)}")
        _check_topic(source, at)
        if source.dialect == "native":
            for key in source.__struct_fields__:
                if key not in _OF_NATIVE and getattr(source, key) != getattr(_BARE, key):
                    raise ConfigError(f"{at}.{key}: expected nothing of the native dialect, got a value")
        if source.dialect == "mapping" and source.mapping is None:
            raise ConfigError(f"{at}.mapping: expected a mapping, or the name of one of config/mappings, got nothing")
        for dialect in DIALECTS:
            if dialect != source.dialect and getattr(source, dialect, None) is not None:
                raise ConfigError(f"{at}.{dialect}: expected nothing as the dialect is {source.dialect}, got a value")
        if source.period_s is not None and (source.period_s < 1 or DAY_S % source.period_s):
            raise ConfigError(f"{at}.period_s: expected seconds that divide a day, got {source.period_s}")
        if source.max_payload_bytes < 1 or source.max_ahead_s < 0:
            raise ConfigError(f"{at}: expected positive limits, got {source.max_payload_bytes}, {source.max_ahead_s}")
    return sources


def with_mapping(source: Source, mappings: Mapping[str, JsonMapping], at: str) -> Source:
    """Return a source with the mapping that it names in place of the name; `at` names it in errors.

    Raises
    ------
    ConfigError
        If there is no such mapping.
    """
    if not isinstance(source.mapping, str):
        return source
    if source.mapping not in mappings:
        raise ConfigError(
            f"{at}.mapping: expected one of config/mappings ({', '.join(mappings) or 'none there'}), "
            f"got {shown(source.mapping)}"
        )
    return msgspec.structs.replace(source, mapping=mappings[source.mapping])


def _check_topic(source: Source, at: str) -> None:
    captures = _CAPTURE.findall(source.topic)
    levels = source.topic.split("/")
    if unknown := [c for c in captures if c not in _CAPTURES]:
        known = ", ".join(f"{{{name}}}" for name in _CAPTURES)
        raise ConfigError(f"{at}.topic: expected captures of {known}, got {shown(unknown[0])}")
    if len(set(captures)) != len(captures) or any(
        not level
        or ("{" in level and not _CAPTURE.fullmatch(level))
        or (set(level) & set("+#") and level != "+" and (level != "#" or i != len(levels) - 1))
        for i, level in enumerate(levels)
    ):
        raise ConfigError(
            f"{at}.topic: expected levels that are a word, one {{capture}} or +, and # at most at the end, "
            f"got {shown(source.topic)}"
        )
    if levels[0] == "$share":
        raise ConfigError(
            f"{at}.topic: expected a topic without $share, which broker.share of settings.toml stands for, "
            f"got {shown(source.topic)}"
        )
    if source.dialect == "native" and "medium" not in captures and source.medium is None:
        raise ConfigError(
            f"{at}.medium: expected one of {', '.join(MEDIA)} as the topic has no {{medium}}, got nothing"
        )
    if "medium" in captures and source.medium is not None:
        raise ConfigError(f"{at}.medium: expected nothing as the topic has {{medium}}, got {shown(source.medium)}")
    if "station" in captures and "device" in captures:
        raise ConfigError(f"{at}.topic: expected {{station}} or {{device}}, got {shown(source.topic)}")


def check_quantities(sources: list[Source], quantities: Quantities, *, file: str) -> None:
    """Check that the units of native sources can be converted; those of others are checked with their terms.

    Raises
    ------
    ConfigError
        If one of another medium than air names a unit, or one names a
        quantity that does not exist, or a unit that its quantity cannot have: ppb and ppm are for gases, those with a
        molar mass.
    """
    for i, source in enumerate(sources):
        if source.dialect != "native":
            continue
        at = f"{file}: source[{i}].units"
        if source.units and source.medium not in (None, "air"):
            raise ConfigError(f"{at}: expected nothing as the source is of {source.medium}, got {shown(source.units)}")
        for key, unit in source.units.items():
            if key not in quantities.air:
                raise ConfigError(f"{at}: expected quantities of air ({', '.join(quantities.air)}), got {shown(key)}")
            quantity = quantities.air[key]
            if unit not in units.possible(quantity):
                known = ", ".join(units.possible(quantity)) or "no unit"
                raise ConfigError(
                    f"{at}.{key}: expected {known} of a quantity in {quantity.unit}"
                    f"{'' if quantity.molar_mass else ' without molar_mass'}, got {unit!r}"
                )
