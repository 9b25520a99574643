"""The ports of the store, and what each promises.

StoreError     the store cannot be used now; nothing of the call was kept; try again
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from sensors.reading import Reading, Refusal


class StoreError(Exception):
    """The store cannot be used now: `store FILE: what happened; what to do`."""


class Arrival(msgspec.Struct, frozen=True):
    """One message as it came, and what became of it.

    Kept whole in quarantine where `refusals` is not empty, whether or not it also gave readings.
    """

    source: str
    topic: str
    received_at: float
    payload: bytes
    readings: list[Reading]
    refusals: list[Refusal]


class Quarantined(msgspec.Struct, frozen=True):
    """A message in quarantine. `seen` counts its arrivals: a message that comes again is not kept twice."""

    id: int
    first_at: float
    last_at: float
    seen: int
    source: str
    topic: str
    payload: bytes
    refusals: list[Refusal]


class SeriesKey(NamedTuple):
    """What names a series of raw values."""

    medium: str
    station: str
    period_s: int
    quantity: str


class RawSeries(msgspec.Struct, frozen=True):
    """Raw values of one series, ascending in time; all arrays (n,). `values` is NaN where reported missing."""

    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    flags: npt.NDArray[np.int64]


class Intake(Protocol):
    """What the collector writes to."""

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        """Keep all arrivals durably, or none: readings in the outbox, refused messages in quarantine, counts.

        When this returns, the arrivals survive a loss of power.

        Raises
        ------
        StoreError
            If nothing could be kept; the same call may be made again.
        """

    @property
    def undrained(self) -> int:
        """Readings committed by this object and not drained yet."""

    def drain(self) -> None:
        """Move all of the outbox into the raw readings, at once or not at all.

        Same series and time is the same value: the last one wins. Anyone may call it at any time; it is done
        when the store is opened, too, so that an outbox left by a crash is not forgotten.

        Raises
        ------
        StoreError
            If it could not be moved; it stays in the outbox.
        """


class Tables(Protocol):
    """What derivation and figures read from and write to."""

    def series(self, medium: str) -> list[SeriesKey]:
        """Return the series of a medium that hold values, in a fixed order."""

    def raw(self, key: SeriesKey) -> RawSeries:
        """Return all values of a series."""

    def counts(self) -> dict[str, int]:
        """Return counters: messages, messages_quarantined, values, values_drained, and what `set_counter` set."""

    def set_counter(self, name: str, value: int) -> None:
        """Set a counter; inside `replacing`."""

    def replacing(self) -> AbstractContextManager[None]:
        """Make all `replace` calls inside one transaction: all take effect, or none."""

    def replace(self, table: str, key: str, times: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """Replace all rows of `key` in a derived table."""

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """Remove all rows of a derived table whose key is none of `keys`."""

    def read(self, table: str, key: str, start: int, end: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield (time, *columns) of the rows of `key` with start <= time < end, ascending."""
