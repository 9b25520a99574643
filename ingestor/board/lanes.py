"""Threads that ask the store: each alone has a connection of its own, opened anew after a failure."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from ingestor.config import Config
from ingestor.store import Store, StoreError, open_store, store_file

T = TypeVar("T")
BUSY_S = 5.0
"""How long a process that writes is waited for."""


class Use(msgspec.Struct, frozen=True):
    """What work has at hand."""

    config: Config
    store: Store
    file: Path


Work = Callable[[Use], T]


class Lane:
    """One thread with a store of its own; work in it is done one after the other."""

    def __init__(self, name: str, data: Path) -> None:
        self._file = store_file(data)
        self._data = data
        self._store: Store | None = None
        self._opened: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"board-{name}")

    async def run(self, config: Config, work: Work[T]) -> T:
        """Do some work.

        Raises
        ------
        StoreError
            If the store is away.
        ConfigError
            As the work does.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, config, work)

    def close(self) -> None:
        """End the thread and close the store."""
        self._thread.submit(self._leave).result()
        self._thread.shutdown()

    def _do(self, config: Config, work: Work[T]) -> T:
        try:
            return work(Use(config, self._ready(config), self._file))
        except (StoreError, OSError) as error:
            self._leave()
            raise error if isinstance(error, StoreError) else StoreError(f"store {self._file}: {error}") from error

    def _ready(self, config: Config) -> Store:
        """Return the store; one whose file was taken away or replaced is opened anew, none is made."""
        try:
            found = self._file.stat()
        except OSError as error:
            raise StoreError(f"store {self._file}: expected a store, got none ({error.strerror})") from error
        if self._store is None or self._opened != (found.st_dev, found.st_ino):
            self._leave()
            self._store = open_store(config.settings.store, self._data, busy_s=BUSY_S)
            self._opened = (found.st_dev, found.st_ino)
        return self._store

    def _leave(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with contextlib.suppress(StoreError, OSError):
                store.close()
