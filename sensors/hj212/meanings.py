"""What HJ 212 means by its codes: the commands that carry values, the letters that mark them; `config/hj212.toml`."""

from typing import Annotated, Literal

import msgspec

from sensors import flags, strict
from sensors.errors import ConfigError, shown
from sensors.hj212.frames import Version
from sensors.reading import DAY_S


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A command (CN) that carries values: of which kind, and the period that its DataTime starts. [s]"""

    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}\Z")]
    name: str
    name_en: str
    kind: Literal["Rtd", "Avg"]
    period_s: int
    editions: tuple[Version, ...]
    clause: str
    confirmed: bool


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A letter of CODE-Flag, and the word of the native dialect (`sensors.flags.NATIVE`) for what it means."""

    letter: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,8}\Z")]
    name: str
    name_en: str
    flag: str
    editions: tuple[Version, ...]
    clause: str
    confirmed: bool


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All commands and letters, in the order of the file."""

    command: list[Command]
    letter: list[Letter]


def parse(text: str, *, file: str) -> Meanings:
    """Return the meanings declared by a TOML text.

    Raises
    ------
    ConfigError
        If a key is wrong, a code stands twice, a flag is no word of the native dialect, or a period divides no day.
    """
    meanings = strict.toml(text, Meanings, file=file)
    for i, command in enumerate(meanings.command):
        if command.code in [other.code for other in meanings.command[:i]]:
            raise ConfigError(f"{file}: command[{i}].code: expected each code once, got {shown(command.code)} again")
        if command.period_s < 1 or DAY_S % command.period_s:
            raise ConfigError(
                f"{file}: command[{i}].period_s: expected seconds that divide a day, got {command.period_s}"
            )
    for i, letter in enumerate(meanings.letter):
        if letter.letter in [other.letter for other in meanings.letter[:i]]:
            raise ConfigError(f"{file}: letter[{i}].letter: expected each once, got {shown(letter.letter)} again")
        if letter.flag not in flags.NATIVE:
            raise ConfigError(
                f"{file}: letter[{i}].flag: expected one of {', '.join(flags.NATIVE)}, got {shown(letter.flag)}"
            )
    return meanings
