"""Clocks of the jobs: one on the wall that people move, and one that only runs on."""

import os
import socket
import time
import uuid
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """`now` are seconds since 1970 in UTC, `ticks` seconds since the machine started; `boot` names that start."""

    @property
    def boot(self) -> str:
        """Which start of the machine `ticks` counts from."""

    def now(self) -> float:
        """Return the time on the wall, which may be moved. [s]"""

    def ticks(self) -> float:
        """Return the time since the start of the machine, the same in all processes; it is never moved. [s]"""


class SystemClock:
    """The clocks of the machine."""

    def __init__(self) -> None:
        try:
            self._boot = _BOOT_ID.read_text().strip()
        except OSError:
            self._boot = ""

    @property
    def boot(self) -> str:
        """See `Clock.boot`."""
        return self._boot

    def now(self) -> float:
        """See `Clock.now`."""
        return time.time()

    def ticks(self) -> float:
        """See `Clock.ticks`; the time that the machine sleeps counts, too."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


def instance_name() -> str:
    """Return a name for what runs jobs: machine, process, and something that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
