"""Trying again what a server did not take: pauses that grow, and for how long a derivation or import goes on trying."""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from ingestor.store.ports import UnavailableError

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
LONGEST_ASKED_S: Final = 300.0
"""A server may ask for longer pauses (Retry-After), up to so much."""
GIVE_UP_AFTER_S: Final = 30.0
"""So long a request is made again that somebody waits for: what is busy recovers by then, what is away does not."""
LOOK_EVERY_S: Final = 0.25
"""How often in a pause it is looked whether the work is still wanted."""

T = TypeVar("T")


class Pauses:
    """Pauses between tries: growing, jittered, and no shorter than what the server asks for. [s]"""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def after(self, error: Exception) -> float:
        """Return how long to wait after a failure."""
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        pause_s = max(random.uniform(0.5, 1.0) * self._next_s, min(asked_s or 0.0, LONGEST_ASKED_S))  # noqa: S311
        self._next_s = min(2 * self._next_s, LONGEST_PAUSE_S)
        return pause_s

    def reset(self) -> None:
        """Begin with the shortest one again."""
        self._next_s = FIRST_PAUSE_S


class Insisting:
    """Makes requests again that a server which is busy did not take; shared by the threads of one derivation or import.

    `check` is called while a request waits to be made again; where it raises, it is not made any more.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._over = threading.Event()
        self._failing_since: float | None = None
        self._given_up = False

    def __call__(self, request: Callable[[], T]) -> T:
        """Make a request until it succeeds; it must bear to be made again though it took effect.

        Raises
        ------
        UnavailableError
            If it does not pass by itself, or the server took nothing of the work for `GIVE_UP_AFTER_S`.
        """
        pauses = Pauses()
        began: float | None = None
        tries = 0
        while True:
            tries += 1
            try:
                found = request()
            except UnavailableError as error:
                now = time.monotonic()
                began = now if began is None else began
                self._failing_since = since = min(began, self._failing_since or now)
                left_s = GIVE_UP_AFTER_S - (now - since)
                pause_s = min(pauses.after(error), left_s)
                if not error.passes or self._over.is_set():
                    raise
                self._given_up = self._given_up or left_s <= 0
                if self._given_up:
                    raise UnavailableError(
                        f"{error}; given up after {tries} {'try' if tries == 1 else 'tries'} in {now - since:.0f} s: "
                        "what was written stays; run it again once the server answers",
                        retry_after_s=error.retry_after_s,
                    ) from error
                log.warning("%s; written again in %.1f s", error, pause_s)
                self._rest(pause_s, error)
            else:
                self.forget()
                return found

    def _rest(self, pause_s: float, error: UnavailableError) -> None:
        until = time.monotonic() + pause_s
        while (left_s := until - time.monotonic()) > 0:
            if self._over.wait(min(left_s, LOOK_EVERY_S)):
                raise error
            self._check()

    @contextlib.contextmanager
    def over(self) -> Iterator[None]:
        """For a block in which what is under way is waited for: nothing is made again; afterwards all is forgotten."""
        self._over.set()
        try:
            yield
        finally:
            self._over.clear()
            self.forget()

    def forget(self) -> None:
        """Begin with all patience again: for a new piece of work."""
        self._failing_since, self._given_up = None, False
