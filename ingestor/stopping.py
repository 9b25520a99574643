"""When to stop, told by a signal."""

import os
import select


class Stop:
    """Like `threading.Event`, but a signal's handler may set it: that takes no lock, which the thread may hold."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._is_set = False

    def set(self) -> None:
        """Set it, for good."""
        if not self._is_set:
            self._is_set = True
            os.write(self._write, b"\0")

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._is_set

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, at most `timeout`; whether it is. [s]"""
        if not self._is_set:
            select.select([self._read], [], [], timeout)
        return self._is_set
