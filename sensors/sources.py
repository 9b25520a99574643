"""Sources: which topics are subscribed to, and which dialect decodes what arrives there."""

import datetime as dt
import re
from collections.abc import Callable

import msgspec

from sensors import strict, units
from sensors.decoders import DIALECTS
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium, Quantities
from sensors.units import SourceUnit

_CAPTURE = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CAPTURES = ("medium", "station", "gateway")

LABORATORY = "import-lab"
"""The source of a laboratory's results in quarantine; no other can have this name."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One subscription.

    `topic` is a template such as `env/v1/{medium}/{station}`; each capture stands for one whole level. Below
    `{gateway}` only stations that the register gives to that gateway are taken.
    A template without `{medium}` needs `medium`. A time more than `max_ahead_s` after the collector's clock, or
    before `not_before` (a gateway whose clock was never set), is refused. `units` names quantities of air that come in
    another unit than their own.
    """

    name: str
    topic: str
    dialect: str
    medium: Medium | None = None
    max_payload_bytes: int = 262_144
    max_ahead_s: int = 300
    not_before: dt.date = dt.date(2000, 1, 1)
    units: dict[str, SourceUnit] = {}

    @property
    def subscription(self) -> str:
        """The MQTT topic filter: captures become `+`."""
        return _CAPTURE.sub("+", self.topic)

    def matcher(self) -> Callable[[str], dict[str, str] | None]:
        """Return a function from a topic to its captures, or to None where the topic is another's."""
        pattern = "".join(
            f"(?P<{part[1:-1]}>[^/]+)" if _CAPTURE.fullmatch(part) else re.escape(part)
            for part in re.split(r"(\{\w+\})", self.topic)
        )
        match = re.compile(pattern).fullmatch

        def captures(topic: str) -> dict[str, str] | None:
            found = match(topic)
            return found.groupdict() if found else None

        return captures


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: list[Source]


def parse(text: str, *, file: str) -> list[Source]:
    """Return the sources declared by a TOML text.

    Raises
    ------
    ConfigError
        If a key, dialect or topic template is wrong, or a name stands twice.
    """
    sources = strict.toml(text, _File, file=file).source
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
        captures = _CAPTURE.findall(source.topic)
        levels = source.topic.split("/")
        if unknown := [c for c in captures if c not in _CAPTURES]:
            raise ConfigError(
                f"{at}.topic: expected captures {{medium}}, {{station}} and {{gateway}}, got {shown(unknown[0])}"
            )
        if len(set(captures)) != len(captures) or any(
            not level or ("{" in level and not _CAPTURE.fullmatch(level)) or set(level) & set("+#") for level in levels
        ):
            raise ConfigError(
                f"{at}.topic: expected levels that are a word or one {{capture}}, got {shown(source.topic)}"
            )
        if "medium" not in captures and source.medium is None:
            raise ConfigError(
                f"{at}.medium: expected one of {', '.join(MEDIA)} as the topic has no {{medium}}, got nothing"
            )
        if "medium" in captures and source.medium is not None:
            raise ConfigError(f"{at}.medium: expected nothing as the topic has {{medium}}, got {shown(source.medium)}")
        if source.max_payload_bytes < 1 or source.max_ahead_s < 0:
            raise ConfigError(f"{at}: expected positive limits, got {source.max_payload_bytes}, {source.max_ahead_s}")
    return sources


def check_quantities(sources: list[Source], quantities: Quantities, *, file: str) -> None:
    """Check that the units of the sources can be converted.

    Raises
    ------
    ConfigError
        If a source of another medium than air names a unit, or one names a quantity that does not exist, or a unit
        that its quantity cannot have: ppb and ppm are for gases, those with a molar mass.
    """
    for i, source in enumerate(sources):
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
