"""Numbers that senders give their messages (`seq` of Sparkplug): whether some were lost, or came before a birth."""

from collections import Counter, OrderedDict
from typing import Final

from sensors.errors import printable, shown
from sensors.reading import Sequenced

NUMBERS: Final = 256
MOST_SENDERS: Final = 10_000
"""Senders whose last number is remembered: topics that somebody invents must not fill the memory."""
RECENT_S: Final = 3600.0


class Sequences:
    """Follows the numbers of each sender; what it finds is counted by source, since the start.

    The first number of a sender is taken as it is, and so is one that comes twice. What the broker delivers `again` may
    have been followed before: numbers at or behind the last, and what has none, tell nothing then. Where collectors
    share a subscription each hears a part of the messages only, and gaps say nothing: `shared` leaves them out.
    """

    def __init__(self) -> None:
        self.shared = False
        self.gaps: Counter[str] = Counter()
        self.unborn: Counter[str] = Counter()
        self._last: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lately: dict[str, tuple[float, str]] = {}

    def follow(self, source: str, message: Sequenced, at: float, *, again: bool = False) -> None:
        """Take a message that was committed, and arrived `at`. [s since 1970-01-01T00:00Z]"""
        if again and not self._is_ahead(source, message):
            return
        if message.unborn:
            self.unborn[source] += 1
            self._note(source, at, message, "data before a birth")
        number = message.number
        if number is None or self.shared:
            return
        key = (source, message.sender)
        last = self._last.pop(key, None)
        self._last[key] = number
        if len(self._last) > MOST_SENDERS:
            self._last.popitem(last=False)
        if last is None or message.begins or number in (last, (last + 1) % NUMBERS):
            return
        self.gaps[source] += 1
        self._note(source, at, message, f"seq: expected {(last + 1) % NUMBERS}, got {number}")

    def _is_ahead(self, source: str, message: Sequenced) -> bool:
        """Whether a message that comes again is one after the last that was followed, or a birth to begin from."""
        if message.number is None or self.shared:
            return False
        last = self._last.get((source, message.sender))
        return message.begins or last is None or 0 < (message.number - last) % NUMBERS < NUMBERS // 2

    @property
    def found(self) -> int:
        """How much was found since the start."""
        return self.gaps.total() + self.unborn.total()

    def sentences(self, now: float) -> list[str]:
        """Return a line for each source of which something was found in the last hour; any thread may ask."""
        return [
            f"source {source}: {self.gaps[source]:,} gaps in seq, {self.unborn[source]:,} messages with data before a "
            f"birth since the start; last {what}"
            for source, (at, what) in list(self._lately.items())
            if now - at < RECENT_S
        ]

    def _note(self, source: str, at: float, message: Sequenced, what: str) -> None:
        self._lately[source] = at, f"of {printable(shown(message.sender))}: {what}"
