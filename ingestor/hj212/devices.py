"""Which devices may send, and with which password."""

import hmac
import logging
import re
from pathlib import Path
from typing import Final

from sensors import strict
from sensors.errors import ConfigError, shown

log = logging.getLogger(__name__)

COLUMNS: Final = ("mn", "password", "password_file")
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
"""What an MN may be here: it becomes a level of a topic. HJ 212-2017 gives it 24 characters, devices send others."""


class Devices:
    """Passwords by MN; `None` in place of passwords takes every MN with any password."""

    def __init__(self, passwords: dict[str, str] | None, file: Path | None = None) -> None:
        self._passwords, self._file = passwords, file
        self._state = self._stamps()

    def __repr__(self) -> str:
        return f"Devices({'any' if self._passwords is None else len(self._passwords)})"

    def admits(self, identifier: str, password: str) -> bool:
        """Whether a device may send under this MN; takes equally long for any wrong password."""
        if self._passwords is None:
            return IDENTIFIER.fullmatch(identifier) is not None
        expected = self._passwords.get(identifier)
        return expected is not None and hmac.compare_digest(expected.encode(), password.encode("utf-8", "replace"))

    def refresh(self) -> None:
        """Read the file again where it changed; one that is wrong is logged, and the devices stay as they are."""
        state = self._stamps()
        if self._file is None or state == self._state:
            return
        self._state = state
        try:
            self._passwords = _passwords(self._file)
            log.info("%s: read again, %d devices", self._file, len(self._passwords))
        except ConfigError as error:
            log.error("%s; the devices stay as they are", error)

    def _stamps(self) -> tuple[int, ...]:
        """What tells that the file is another; a changed password file needs the CSV touched."""
        if self._file is None:
            return ()
        try:
            found = self._file.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino


def read(file: Path) -> Devices:
    """Read the CSV of devices: `mn`, and either `password` or `password_file`, relative to the CSV.

    Raises
    ------
    ConfigError
        If it cannot be read, or a row is wrong.
    """
    return Devices(_passwords(file), file)


def _passwords(file: Path) -> dict[str, str]:
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
    return passwords


def _text(file: Path, place: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: expected a readable file, got {file}: {error}") from error
