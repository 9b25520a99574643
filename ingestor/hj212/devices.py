"""Which devices may send, and with which password."""

import hmac
import re
from pathlib import Path
from typing import Final

from sensors import strict
from sensors.errors import ConfigError, shown

COLUMNS: Final = ("mn", "password", "password_file")
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
"""What an MN may be here: it becomes a level of a topic. HJ 212-2017 gives it 24 characters, devices send others."""


class Devices:
    """Passwords by MN; `None` in place of passwords takes every MN with any password."""

    def __init__(self, passwords: dict[str, str] | None) -> None:
        self._passwords = passwords

    def __repr__(self) -> str:
        return f"Devices({'any' if self._passwords is None else len(self._passwords)})"

    def admits(self, identifier: str, password: str) -> bool:
        """Whether a device may send under this MN; takes equally long for any wrong password."""
        if self._passwords is None:
            return IDENTIFIER.fullmatch(identifier) is not None
        expected = self._passwords.get(identifier)
        return expected is not None and hmac.compare_digest(expected.encode(), password.encode("utf-8", "replace"))


def read(file: Path) -> Devices:
    """Read the CSV of devices: `mn`, and either `password` or `password_file`, relative to the CSV.

    Raises
    ------
    ConfigError
        If it cannot be read, or a row is wrong.
    """
    text = _text(file, "--devices")
    passwords: dict[str, str] = {}
    for line, row in strict.rows(text, COLUMNS, file=str(file)):
        place = f"{file}: line {line}"
        identifier = row["mn"]
        if not IDENTIFIER.fullmatch(identifier):
            raise ConfigError(f"{place}: mn: expected 1 to 32 letters, digits, . _ or -, got {shown(identifier)}")
        if identifier in passwords:
            raise ConfigError(f"{place}: mn: expected each device once, got {shown(identifier)} again")
        if bool(row["password"]) == bool(row["password_file"]):
            raise ConfigError(
                f"{place}: expected either password or password_file, got {'both' if row['password'] else 'none'}"
            )
        password = row["password"] or _text(file.parent / row["password_file"], place).rstrip("\r\n")
        passwords[identifier] = password
    if not passwords:
        raise ConfigError(f"{file}: expected at least one device, got none")
    return Devices(passwords)


def _text(file: Path, place: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: expected a readable file, got {file}: {error}") from error
