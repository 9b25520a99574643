"""Text files as chunks of whole lines, packed or not, in bounded memory."""

import contextlib
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, cast

import numpy as np

from ingestor.backfill.parts import SHOWN_BYTES, Fault, Longs

CHUNK_BYTES: Final = 4 * 2**20
"""Bytes that are parsed at once; a longer line is refused."""
HEADER_BYTES: Final = 65_536
_BOM: Final = b"\xef\xbb\xbf"

Advance = Callable[[int], None]
"""Is told of bytes of the file that were read."""


class BrokenFileError(Exception):
    """A file, or the rest of it, cannot be read as its format: `expected X, got Y`."""


class Chunk:
    """Whole lines of a file; the first is number `first`, the header number 1. Implements `Source`."""

    def __init__(self, first: int, text: bytes, header: bytes, place: str = "", faults: tuple[Fault, ...] = ()) -> None:
        self.first, self.text, self.header, self.place, self.faults = first, text, header, place, faults
        self._ends: Longs | None = None

    def row(self, line: int) -> bytes:
        """See `Source.row`."""
        if self._ends is None:  # where nothing is refused nobody asks
            self._ends = np.flatnonzero(np.frombuffer(self.text, dtype=np.uint8) == ord("\n"))
        number = line - self.first
        start = 0 if number == 0 else int(self._ends[number - 1]) + 1
        return self.text[start : min(int(self._ends[number]), start + SHOWN_BYTES)].rstrip(b"\r")


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: Path, advance: Advance) -> None:
        self._file = file.open("rb")
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, into: "memoryview[int]") -> int:  # type: ignore[override]  # what typeshed calls a buffer
        count = self._file.readinto(into)
        self._advance(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """Translate what a broken or cut-off file raises.

    Raises
    ------
    BrokenFileError
        In place of it.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError) as error:
        raise BrokenFileError(f"{what}: expected a whole, readable file, got {error}") from error


@contextlib.contextmanager
def opened(file: Path, advance: Advance) -> Iterator[IO[bytes]]:
    """Open a text file, packed with gzip or not."""
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(io.BufferedReader(_Counted(file, advance), 2**20))
        yield cast(IO[bytes], stack.enter_context(gzip.open(raw))) if file.suffix == ".gz" else raw


def members(file: Path, advance: Advance) -> Iterator[tuple[str, bytes]]:
    """Yield name and text of the CSV files in an archive, in its order.

    Raises
    ------
    BrokenFileError
        If the archive is no such one or cut off; members before that were yielded.
    """
    with (
        readable("archive"),
        io.BufferedReader(_Counted(file, advance), 2**20) as raw,
        tarfile.open(fileobj=raw, mode="r|*") as archive,
    ):
        for member in archive:
            if not member.isfile() or not member.name.endswith(".csv"):
                continue
            if member.size > CHUNK_BYTES:
                raise BrokenFileError(
                    f"{member.name}: expected at most {CHUNK_BYTES:,} bytes of a member, got {member.size:,}"
                )
            packed = archive.extractfile(member)
            yield member.name, packed.read() if packed is not None else b""


def chunks(stream: IO[bytes], *, place: str = "") -> Iterator[Chunk]:
    """Yield all lines of a text after the header.

    A line that is longer than a chunk is refused and becomes an empty one. A byte order mark is left out. Nothing is
    yielded of a text without lines after the header but one empty chunk, which has the header.

    Raises
    ------
    BrokenFileError
        If the text cannot be read to its end; what was read was yielded.
    """
    with readable("file"):
        header = stream.readline(HEADER_BYTES)
    if len(header) == HEADER_BYTES:
        raise BrokenFileError(f"line 1: expected a header of at most {HEADER_BYTES:,} bytes, got a longer one")
    header = header.removeprefix(_BOM).rstrip(b"\r\n")
    line, rest = 2, b""
    yielded = False
    failed: BrokenFileError | None = None
    while failed is None:
        data = b""
        try:
            with readable(f"after line {line - 1 + rest.count(bytes([10]))}"):
                data = stream.read(CHUNK_BYTES)
        except BrokenFileError as error:
            failed = error  # first what is whole
        if failed is not None or not data:
            break
        rest += data
        cut = rest.rfind(b"\n") + 1
        if cut:
            yielded = True
            yield Chunk(line, rest[:cut], header, place)
            line += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
        elif len(rest) > CHUNK_BYTES:
            start, rest = rest[:SHOWN_BYTES], _after_line(stream)
            found = Chunk(line, start + b"\n", header, place)
            fault = Fault(
                "too_large", f"expected at most {CHUNK_BYTES:,} bytes a line, got more", "", np.array([line]), found
            )
            yielded = True
            yield Chunk(line, b"\n", header, place, (fault,))
            line += 1
    if failed is not None:
        raise failed
    if rest or not yielded:
        yield Chunk(line, rest + b"\n" if rest else b"", header, place)


def _after_line(stream: IO[bytes]) -> bytes:
    """Skip the rest of a line; return what was read behind it."""
    while data := stream.read(CHUNK_BYTES):
        _, newline, behind = data.partition(b"\n")
        if newline:
            return behind
    return b""
