"""The last data of each device, kept over restarts: from there on its history is fetched back."""

import contextlib
import datetime as dt
import logging
import re
from pathlib import Path
from typing import Final

import msgspec

from sensors.hj212.commands import time_of

log = logging.getLogger(__name__)

MOST: Final = 200_000
"""Devices times commands that are remembered; beyond it the one that was first seen is forgotten."""
AHEAD: Final = dt.timedelta(minutes=5)
_DATA_TIME: Final = re.compile(rb"DataTime=(\d{14})")


class Seen:
    """DataTime by MN and command, in local time."""

    def __init__(self, file: Path | None) -> None:
        """Read what an earlier run wrote; a file that cannot be read is as good as none, and is said."""
        self._file = file
        self._last: dict[str, str] = {}
        self._changed = False
        if file is not None and file.is_file():
            try:
                self._last = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
            except (OSError, msgspec.DecodeError) as error:
                log.warning("%s: cannot be read (%s); no history is fetched back for what was before", file, error)

    def last(self, identifier: str, command: str) -> dt.datetime | None:
        """Return the DataTime of the last data of a command."""
        return time_of(self._last.get(f"{identifier} {command}", ""))

    def note(self, identifier: str, command: str, parameters: bytes, now: dt.datetime) -> None:
        """Keep the DataTime of data that were published, if it is the latest, and none of a clock that is ahead."""
        found = _DATA_TIME.search(parameters)
        if found is None:
            return
        key, text = f"{identifier} {command}", found[1].decode()
        moment = time_of(text)
        if moment is not None and text > self._last.get(key, "") and moment <= now + AHEAD:
            self._last[key] = text
            self._changed = True
            if len(self._last) > MOST:
                del self._last[next(iter(self._last))]

    def save(self) -> None:
        """Write the file, if there is one and something changed; a failure is logged, and tried again with the next."""
        if self._file is None or not self._changed:
            return
        beside = self._file.with_suffix(".new")
        try:
            beside.write_bytes(msgspec.json.encode(self._last))
            beside.replace(self._file)
            self._changed = False
        except OSError as error:
            log.warning("%s: cannot be written (%s)", self._file, error)
            with contextlib.suppress(OSError):
                beside.unlink()
