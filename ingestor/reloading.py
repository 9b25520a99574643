"""Reloading: a changed configuration is taken while the collector runs; a bad one is refused and the old one stays."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from ingestor import config as configuration
from ingestor.collector import Stopping
from ingestor.config import Config
from sensors.errors import ConfigError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

Seen = dict[str, tuple[int, int]]


class Reloading:
    """Looks at the files every second in a thread of its own, from `start` until `stop` is set."""

    def __init__(
        self,
        running: Config,
        *,
        take: Callable[[Config], None],
        refuse: Callable[[str | None], None],
        stop: Stopping,
    ) -> None:
        """`take` gets each good new configuration; `refuse` gets why a bad one was refused, None once it is good."""
        self._running = running
        self._take = take
        self._refuse = refuse
        self._stop = stop
        self._loaded = seen(running.directory)
        self._before = self._loaded

    def start(self) -> None:
        """Start looking."""
        threading.Thread(target=self._run, name="reloading", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception as error:  # whatever a file does, the next change is looked at again
                log.exception("configuration refused, the old one stays; this is a fault of qingjing, please report it")
                self._refuse(f"{type(error).__name__}")

    def look(self) -> None:
        """Load the configuration where its files have changed and stand still since the last look.

        Files that are still being written are left for the next look.
        """
        now = seen(self._running.directory)
        still, self._before = now == self._before, now
        if not still or now == self._loaded:
            return
        self._loaded = now
        try:
            new = configuration.load(self._running.directory)
        except ConfigError as error:
            log.error("configuration refused, the old one stays: %s", error)
            self._refuse(str(error))
            return
        self._refuse(None)
        if new.settings != self._running.settings:
            log.warning("settings.toml has changed: that takes a restart; stations, sources and plans are taken now")
        self._running = msgspec.structs.replace(new, settings=self._running.settings, offset_s=self._running.offset_s)
        self._take(self._running)
        log.info("configuration taken: %d stations, %d sources", len(new.register.stations), len(new.sources))


def seen(directory: Path) -> Seen:
    """Return size and time of change of each file below a directory."""
    found: Seen = {}
    for path in sorted(directory.rglob("*")):
        try:
            if path.is_file():
                state = path.stat()
                found[str(path)] = (state.st_size, state.st_mtime_ns)
        except OSError:  # it is just being replaced
            found[str(path)] = (-1, 0)
    return found
