"""Mappings: where a JSON payload that is no dialect of its own has its times, devices and values.

A mapping stands in a source of sources.toml, or in a file config/mappings/NAME.toml that sources name. Places are
JMESPath expressions, see `sensors.decoders.mapping`.
"""

from decimal import Decimal
from typing import Final

import msgspec

from sensors import flags, strict
from sensors.decoders.terms import Label, WithoutTime
from sensors.errors import ConfigError, shown

Places = str | tuple[str, ...]
"""One expression, or several of which the first that finds something holds."""

_OF_VALUES: Final = ("code", "unit", "flag", "value")


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where things are in a payload.

    `items` finds one record, or an array of them, in the payload; all else is found in a record. An expression that
    begins with `$` is of the whole payload, `$topic[2]` the third level of the topic. `values` finds an object (its
    members are codes and values; of objects in it the codes are joined by points), an array (`code` and `value`, `unit`
    and `flag` if the payload has them, are found in each element) or a single value (its `code` is found in the
    record); or it is a table of codes and where the value of each is. `flags` finds an object of flags by code, or one
    for all values; `words` says what the payload's words for flags mean. `period` finds seconds, `time` what
    `sensors.decoders.times` knows by `time_format`. `embedded` names members that hold JSON as a text, or that in
    base64, and the member that what is in it is put under.

    Numbers are multiplied by `factors` and then `offsets` are added, both by code, before units are converted. The rest
    are terms as of a source (`sensors.sources.Source`), which hold where the source itself says nothing; of codes and
    units those of the source come first, and to `ignore` it can only add. A unit of the payload is converted where the
    source declares none.
    """

    values: Places | dict[str, Places]
    items: Places = "@"
    device: Places = ()
    time: Places = ()
    time_format: str = "iso"
    period: Places = ()
    code: Places = ()
    value: Places = ()
    unit: Places = ()
    flag: Places = ()
    flags: Places = ()
    words: dict[str, str] = {}
    embedded: dict[str, str] = {}
    factors: dict[str, Decimal] = {}
    offsets: dict[str, Decimal] = {}
    codes: dict[str, str] = {}
    units: dict[str, str] = {}
    ignore: tuple[str, ...] = ()
    zone: str | None = None
    label: Label | None = None
    period_s: int | None = None
    without_time: WithoutTime | None = None
    sentinels: tuple[Decimal, ...] | None = None
    missing: tuple[str, ...] | None = None


def parse(text: str, *, file: str) -> Mapping:
    """Return the mapping that a TOML text declares.

    Raises
    ------
    ConfigError
        If a key is unknown or wrong, or keys do not go together.
    """
    mapping = strict.toml(text, Mapping, file=file)
    check(mapping, at=file)
    return mapping


def check(mapping: Mapping, *, at: str) -> None:
    """Check that the keys of a mapping go together; `at` names it in errors.

    Raises
    ------
    ConfigError
        If they do not.
    """
    if isinstance(mapping.values, dict):
        for key in _OF_VALUES:
            if getattr(mapping, key):
                raise ConfigError(f"{at}: {key}: expected nothing as `values` names the codes, got a value")
    elif mapping.value and not mapping.code:
        raise ConfigError(f"{at}: code: expected where the code is, as `value` says where its value is, got nothing")
    for word, meaning in mapping.words.items():
        if meaning not in flags.NATIVE:
            raise ConfigError(f"{at}: words.{word}: expected one of {', '.join(flags.NATIVE)}, got {shown(meaning)}")
