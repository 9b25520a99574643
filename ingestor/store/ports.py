"""The ports of the store, and what each promises.

StoreError          the store cannot be used now; nothing of the call was kept; try again
└ UnavailableError       a server is away or busy; it may say when to try again
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from aggregations.targets import Report
from ingestor.errors import FailureError
from ingestor.store.archives import Archived
from ingestor.store.arrivals import Derived, Due, StationDay, Waiting, days_at
from ingestor.store.reviewed import Locked, LockKey
from sensors import flags
from sensors.quantities import Medium
from sensors.reading import Reading, Refusal, Sequenced
from sensors.reviews import Review

EVER = (-(2**33), 2**33)
"""Moments (seconds since 1970 in UTC) between which all readings lie: the years 1698 to 2242."""


class StoreError(FailureError):
    """The store cannot be used now: `store FILE: what happened; what to do`."""


class UnavailableError(StoreError):
    """A server is away or busy. `retry_after_s` is what it asks for, or None.

    `passes` tells whether it may be over in seconds, without anybody doing anything about it.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None, passes: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.passes = passes


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One message as it came, and what became of it.

    Kept whole in quarantine where `refusals` is not empty, whether or not it also gave readings. `again` tells that
    the broker has marked it as delivered before. One that is `needed_later` is kept beside, too, until another of its
    topic takes its place.
    """

    source: str
    topic: str
    received_at: float
    payload: bytes
    readings: list[Reading]
    refusals: list[Refusal]
    again: bool = False
    needed_later: bool = False
    sequenced: Sequenced | None = None


class Needed(NamedTuple):
    """A message by which later ones are read."""

    topic: str
    payload: bytes
    received_at: float


class Taken(NamedTuple):
    """What names one value that a message gave and that was stored, though the message is in quarantine."""

    medium: str
    station: str
    period_s: int
    time: int
    quantity: str


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
    taken: list[Taken] = []


class SeriesKey(NamedTuple):
    """What names a series of raw values."""

    medium: str
    station: str
    period_s: int
    quantity: str


class Block(msgspec.Struct, frozen=True):
    """Many readings of one station and period, past MQTT: `columns` has by quantity values and flags.

    `times` ascending, values NaN where flagged missing; all arrays (n,). A flag of 0 stands for no value at all.
    """

    medium: Medium
    station: str
    period_s: int
    times: npt.NDArray[np.int64]
    columns: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]]


class RawSeries(msgspec.Struct, frozen=True):
    """Raw values of one series, ascending in time; all arrays (n,). `values` is NaN where flagged missing."""

    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    flags: npt.NDArray[np.int64]


class Received(msgspec.Struct, frozen=True):
    """When the values of a series are, ascending (n,), and those of them that are not flagged good or lie outside a
    range: `doubtful`."""

    times: npt.NDArray[np.int64]
    doubtful: RawSeries


class Backlog(msgspec.Struct, frozen=True):
    """What waits in the outbox: readings, bytes, and when the oldest was committed (None where nothing waits).

    Since the store was opened `moved` readings have left it, `refused` values of them to quarantine; deliveries were
    tried again `retried` times, and the last one is `failing` for a reason, or not.
    """

    readings: int = 0
    size: int = 0
    oldest_at: float | None = None
    moved: int = 0
    refused: int = 0
    retried: int = 0
    failing: str | None = None


NO_VALUE: Final = 0
"""Flag in a `Block` where a reading has no value of a quantity."""


def station_days(blocks: Iterable[Block]) -> set[StationDay]:
    """Return the station-days of blocks."""
    found: set[StationDay] = set()
    for block in blocks:
        days = days_at(block.times)
        firsts = np.flatnonzero(np.diff(days, prepend=days[:1] - 1))  # times ascend: faster than looking for all
        found.update((block.medium, block.station, day) for day in days[firsts].tolist())
    return found


def raw_series(rows: Sequence[tuple[int, float | None, int]]) -> RawSeries:
    """Return rows of (time, value, flag), ascending in time, as arrays."""
    times, values, codes = zip(*rows, strict=True) if rows else ((), (), ())
    flagged = np.array(codes, dtype=np.int64)
    numbers = np.array(values, dtype=np.float64)
    return RawSeries(np.array(times, dtype=np.int64), np.where(flagged == flags.MISSING, np.nan, numbers), flagged)


def received(raw: RawSeries, low: float, high: float) -> Received:
    """Return what `Tables.received_of` says of a series."""
    doubtful = ~((raw.flags == flags.GOOD) & (raw.values >= low) & (raw.values <= high))
    return Received(raw.times, RawSeries(raw.times[doubtful], raw.values[doubtful], raw.flags[doubtful]))


def same_values(held: RawSeries, archived: RawSeries) -> npt.NDArray[np.bool_]:
    """Return which values of a series are, bit by bit, in another: time, value, flag. (n,)"""
    if not len(archived.times):
        return np.zeros(len(held.times), dtype=np.bool_)
    at = np.minimum(np.searchsorted(archived.times, held.times), len(archived.times) - 1)
    values = archived.values[at]
    alike = values.view(np.int64) == held.values.view(np.int64)
    alike |= np.isnan(values) & np.isnan(held.values)
    found: npt.NDArray[np.bool_] = alike & (archived.times[at] == held.times) & (archived.flags[at] == held.flags)
    return found


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

    def needed(self) -> list[Needed]:
        """Return the messages by which later ones are read, the last of each topic, in the order in which they came.

        Raises
        ------
        StoreError
            If they cannot be read.
        """

    def backlog(self) -> Backlog:
        """Return what waits in the outbox."""

    def tend(self) -> None:
        """Move on what is due in the outbox; returns soon. To be called again and again.

        Same series and time is the same value: the last one committed wins, also after a crash at any point.

        Raises
        ------
        StoreError
            If it could not be moved; it stays in the outbox.
        """

    def load(self, blocks: Sequence[Block], *, restoring: bool = False) -> int:
        """Store many readings at once, past the outbox, and make their days stale; return the number of values.

        As of `commit`, same series and time is the same value and the last one wins. Where they are restored from an
        archive, values that the store has stay and are not counted, and no day becomes stale.

        Raises
        ------
        StoreError
            If the blocks could not be stored; the same call may be made again.
        """

    def record_health(self, collector: str, at: int, columns: Mapping[str, float]) -> None:
        """Write a row of the table `ingest_health`; one that cannot be written is given up.

        Raises
        ------
        StoreError
            If it could not be written.
        """

    def finish(self, *, within_s: float) -> None:
        """Move as much of the outbox as is possible in that time; the rest stays for the next start.

        Raises
        ------
        StoreError
            As `tend`.
        """


class Tables(Protocol):
    """What derivation and figures read from and write to."""

    def series(self, medium: str) -> list[SeriesKey]:
        """Return the series of a medium that hold values, in a fixed order."""

    def raw(self, key: SeriesKey, start: int = EVER[0], end: int = EVER[1]) -> RawSeries:
        """Return the values of a series with start <= time < end; all of them without."""

    def raw_of(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        """Return all series of some stations that have values with start <= time < end, in the order of `series`."""

    def raw_ranges(
        self, medium: str, stations: Collection[str], ranges: Sequence[tuple[int, int]]
    ) -> Iterator[dict[SeriesKey, RawSeries]]:
        """Yield `raw_of` for each range (start, end) in turn; a store may read the next one ahead."""

    def received_of(
        self, medium: str, stations: Collection[str], start: int, end: int, ranges: Mapping[str, tuple[float, float]]
    ) -> dict[SeriesKey, Received]:
        """Return of the series of `raw_of` only what tells how much of them came; for many values.

        `ranges` has by quantity the least and the largest value that is not doubtful, both included.
        """

    def extents(self, medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        """Return by station the first and the last moment of its readings with start <= time < end."""

    def stored_values(self) -> int:
        """Return the number of raw values in the store, those flagged missing included."""

    def counts(self) -> dict[str, int]:
        """Return counters: messages, messages_quarantined, messages_ignored, values, values_drained."""

    def due(self) -> Due:
        """Return the days for which readings arrived that nothing was derived from yet."""

    def derived_units(self) -> dict[str, Derived]:
        """Return by unit of derivation what it was derived from."""

    def set_derived(
        self,
        unit: str,
        derived: Derived,
        stations: Iterable[tuple[str, str]],
        *,
        piece: bytes,
        held: Iterable[StationDay] = (),
    ) -> None:
        """Mark a unit as derived from what arrived of its (medium, station)s up to `derived.upto`; inside `replacing`.

        `piece` says what was derived, for published figures to follow. Days `held` are marked, too, but are `waiting`
        from now on.
        """

    def waiting(self) -> list[Waiting]:
        """Return the days that are due, and those that are held for a locked month."""

    def reviews(self, *, upto: int | None = None) -> list[Review]:
        """Return the reviews in force, in the order of their entry; as of a `Due.upto`, or now."""

    def locks(self) -> dict[LockKey, Locked]:
        """Return the months that are locked."""

    def archived(self) -> list[Archived]:
        """Return the months whose raw readings lie in an archive and were not restored."""

    def check_can_remove(self) -> None:
        """Make sure that readings can be deleted.

        Raises
        ------
        StoreError
            If the store cannot delete, or cannot be asked.
        """

    def remove_raw(self, archived: Mapping[SeriesKey, RawSeries], start: int, end: int) -> int:
        """Delete readings of one station with start <= time < end that are, bit by bit, those archived.

        Others stay, whenever they arrive: nothing can come between looking and deleting. Return the number of values.

        Raises
        ------
        StoreError
            If they could not be deleted, or others are on their way; to be called again.
        """

    def reported_figures(self) -> list[Report]:
        """Return all entries of reported figures, undone ones and undoings included, in their order."""

    def ask_derived(self, units: Iterable[str]) -> None:
        """Take note that all of some units is to be derived again, until `set_derived`; not inside `replacing`."""

    def forget_derived(self, units: Iterable[str]) -> None:
        """Forget units that are derived no more; inside `replacing`."""

    def replacing(self) -> AbstractContextManager[None]:
        """Make `replace` and `keep_only` calls together.

        SQLite makes them one transaction: all take effect, or none. InfluxDB has no transactions: after a failure
        some may have taken effect. Marks of derivation are set last and only if everything else took effect.
        """

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` before anything is written from now on: within a transaction, so that no wait comes after it."""

    def overlapping(self) -> AbstractContextManager[None]:
        """Let a server still work on what one `replacing` replaced while the next rows are computed.

        Errors may come later than they happen. Marks are set when everything before them took effect; once this ends,
        in whichever way, nothing is on its way any more.
        """

    def replace(
        self,
        table: str,
        key: str,
        times: Sequence[int],
        columns: Mapping[str, Sequence[Any]],
        *,
        start: int = EVER[0],
        end: int = EVER[1],
    ) -> None:
        """Replace the rows of `key` with start <= time < end in a derived table, by default all; inside `replacing`.

        None stands for what is not there; no text is empty. All times lie in the range.
        """

    def keep_only(self, table: str, keys: Collection[str]) -> None:
        """Remove all rows of a derived table whose key is none of `keys`; inside `replacing`."""

    def read(self, table: str, key: str, start: int, end: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield (time, *columns) of the rows of `key` with start <= time < end, ascending.

        A row that holds nothing in any of the columns may be left out.
        """
