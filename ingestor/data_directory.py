"""A data directory belongs to one collecting process at a time."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ingestor.store import StoreError

LOCK_S = 5.0
"""How long to wait for another service on the same data to end."""


class InUseError(StoreError):
    """Another process holds the data directory."""


@contextlib.contextmanager
def alone(data: Path, *, wait_s: float = LOCK_S) -> Iterator[None]:
    """Hold the data directory for this process.

    Raises
    ------
    InUseError
        If another process holds it.
    StoreError
        If it cannot be written.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "service.lock").open("w")
    except OSError as error:
        raise StoreError(f"data {data}: expected a directory that can be written, got {error}") from error
    with lock:
        deadline = time.monotonic() + wait_s
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise InUseError(f"data {data}: another qingjing run collects there; stop it or give --data")
            time.sleep(0.1)
        yield


def is_running(data: Path) -> bool:
    """Whether a service holds the data directory; changes nothing there."""
    try:
        with (data / "service.lock").open() as lock:
            return not _locked(lock)
    except OSError:
        return False


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
