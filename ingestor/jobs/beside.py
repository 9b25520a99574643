"""Keeping a process running beside the service, that of the jobs or the board, and ending it with it."""

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ingestor.config import Config
from ingestor.stopping import Stop

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
END_WITHIN_S: Final = 5.5
"""A worker that has not ended so long after it was told is killed; its ledger bears that."""


class Worker:
    """A child process: started again when it dies, ended when the service is told to stop, by the end of its input."""

    def __init__(
        self,
        config: Config,
        data: Path,
        *,
        stop: Stop,
        told: Callable[[str | None], None],
        name: str = "jobs",
        command: Sequence[str] = ("jobs", "work"),
    ) -> None:
        """`told` gets why the worker does not run, and None once it does; `command` is what qingjing is asked to do."""
        self._name = name
        self._command = [
            sys.executable, "-m", "ingestor", "--config", str(config.directory.absolute()),
            "--data", str(data.absolute()), *command,
        ]  # fmt: skip
        self._stop = stop
        self._told = told
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start it."""
        self._thread.start()

    def close(self) -> None:
        """End it, if it was not told to stop yet, and wait for it."""
        self._ended.set()
        self._thread.join()

    def _over(self, wait_s: float) -> bool:
        return self._stop.wait(wait_s) or self._ended.is_set()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._over(0.0):
            lived_s = self._live()
            if lived_s is None:
                return
            pause_s = FIRST_PAUSE_S if lived_s > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            log.error("%s: the process died; it is started again in %.0f s, collecting goes on", self._name, pause_s)
            self._told(f"the process of the {self._name} died")
            for _ in range(int(pause_s / 0.25)):
                if self._over(0.25):
                    return

    def _live(self) -> float | None:
        """Run the process to its end; how long it lived where it died of itself, None where it was ended. [s]"""
        lived_s = 0.0
        with subprocess.Popen(self._command, stdin=subprocess.PIPE) as child:  # noqa: S603 - our own command
            self._told(None)
            while not self._over(0.25):
                if child.poll() is not None:
                    return lived_s
                lived_s += 0.25
            assert child.stdin is not None
            with contextlib.suppress(OSError):
                child.stdin.close()
            try:
                child.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                log.warning("%s: the process did not end in time and is killed; the next start goes on", self._name)
                child.kill()
        return None
