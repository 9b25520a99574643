"""What a source says of its HJ 212 payloads, and the rules that follow from it and from `config/hj212.toml`."""

from typing import Final, Literal

import msgspec

from sensors import flags
from sensors.errors import ConfigError, shown
from sensors.hj212.frames import VERSIONS, CheckRule, LengthRule, Version
from sensors.hj212.meanings import Meanings
from sensors.reading import DAY_S

Kind = Literal["Rtd", "Avg"]

REAL_TIME: Final = "2011"
"""The command whose period is `period_s` of the source; its values are samples."""
MINUTES: Final = "2051"
"""The command whose period is `minute_s` of the source."""

UNCONFIRMED: Final[Version] = 2025
"""The edition of which only what samples show is taken."""


class Hj212Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The key `hj212` of a source.

    `crc` and `length` say what of a frame must hold: with `modbus` devices may send CRC-16/MODBUS instead. `minute_s`
    is the period of minute data. [s] `flags` gives letters, known or not, a word of the native dialect. Messages of
    `ignore_commands` are counted as messages and not kept.
    """

    crc: CheckRule = "strict"
    length: LengthRule = "strict"
    minute_s: int | None = None
    flags: dict[str, str] = {}
    ignore_commands: tuple[str, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    """How the frames of a source are read.

    `kinds` and `periods` are by command; `commands` and `letters` say which an edition has, the letters with their
    flags.
    """

    crc: CheckRule
    length: LengthRule
    kinds: dict[str, Kind]
    periods: dict[str, int]
    commands: dict[Version, frozenset[str]]
    letters: dict[Version, dict[str, int]]
    ignored: frozenset[str]


def rules(options: Hj212Options, meanings: Meanings, period_s: int | None, *, at: str) -> Rules:
    """Return the rules of a source; `period_s` is that of its real-time values, `at` names it in errors.

    Raises
    ------
    ConfigError
        If a flag is no word of the native dialect, a period divides no hour, or two commands have the same period:
        their values would replace each other.
    """
    for letter, word in options.flags.items():
        if word not in flags.NATIVE:
            raise ConfigError(
                f"{at}.hj212.flags.{letter}: expected one of {', '.join(flags.NATIVE)}, got {shown(word)}"
            )
    periods = {command.code: command.period_s for command in meanings.command}
    for code, own, key in ((REAL_TIME, period_s, "period_s"), (MINUTES, options.minute_s, "hj212.minute_s")):
        if own is None or code not in periods:
            continue
        if own < 1 or DAY_S % own:
            raise ConfigError(f"{at}.{key}: expected seconds that divide a day, got {own}")
        periods[code] = own
    by_period: dict[int, str] = {}
    for code, seconds in periods.items():
        if seconds in by_period:
            raise ConfigError(
                f"{at}: expected commands of different periods, as values of one period replace each other, got "
                f"{seconds} s of {by_period[seconds]} and {code}; set period_s (2011) or hj212.minute_s (2051)"
            )
        by_period[seconds] = code
    own_letters = {letter: flags.NATIVE[word] for letter, word in options.flags.items()}
    versions = VERSIONS.values()
    return Rules(
        crc=options.crc,
        length=options.length,
        kinds={command.code: command.kind for command in meanings.command},
        periods=periods,
        commands={
            version: frozenset(each.code for each in meanings.command if version in each.editions)
            for version in versions
        },
        letters={
            version: {
                **{each.letter: flags.NATIVE[each.flag] for each in meanings.letter if version in each.editions},
                **own_letters,
            }
            for version in versions
        },
        ignored=frozenset(options.ignore_commands),
    )
