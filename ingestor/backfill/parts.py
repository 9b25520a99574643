"""What the readers of files hand on: rows column by column, and what cannot be taken of them."""

from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from sensors.quantities import Medium

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Columns = dict[str, tuple[Floats, Longs]]
"""By quantity values and flags; a flag of `NO_VALUE` (ports) stands for no value at all."""

SHOWN_BYTES: Final = 500
"""Bytes that quarantine keeps at most of a row."""


class Source(Protocol):
    """Where rows come from."""

    @property
    def place(self) -> str:
        """The member of an archive; nothing where the file is none."""

    @property
    def header(self) -> bytes:
        """The row of column names."""

    def row(self, line: int) -> bytes:
        """Return a row as it stands in the file, cut at `SHOWN_BYTES`."""


class Part(msgspec.Struct, frozen=True):
    """Rows of one station and period, column by column; all arrays (n,), in any order of times.

    `lines` says where each row stands in its source, `times` when its period starts in seconds since 1970 in UTC.
    """

    medium: str
    station: str
    period_s: int
    times: Longs
    columns: Columns
    lines: Longs
    source: Source


class Fault(msgspec.Struct, frozen=True):
    """What is refused of some rows of a source for one reason; `detail` tells of the first of `lines`.

    `about` says what rows are told together: a station, a column. Not of rows but of all of a file where `lines` is
    empty.
    """

    code: str
    detail: str
    about: str
    lines: Longs
    source: Source


class Settings(msgspec.Struct, frozen=True):
    """What a reader is told beside the file.

    `offset_s` is that of local times without an offset from UTC [s], None where nobody said it: then the reader takes
    the format's own, or refuses. `local_offset_s` is the city's. `station` is for files that name none.
    """

    local_offset_s: int
    offset_s: int | None = None
    station: str | None = None

    def offset(self, usual_s: int | None = None) -> int:
        """Offset of local times from UTC: the one asked for, the format's own, or the city's. [s]"""
        if self.offset_s is not None:
            return self.offset_s
        return self.local_offset_s if usual_s is None else usual_s


def as_medium(name: str) -> Medium:
    """Return the medium of a name that was checked."""
    return name  # type: ignore[return-value]  # `checks` let it pass
