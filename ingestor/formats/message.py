"""One message that a file gives, and what the readers of files share."""

import csv
import gzip
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sensors.errors import ConfigError, shown
from sensors.quantities import Medium

_FORBIDDEN = re.compile(r"[\s/+#$\x00-\x1f]")


class FileMessage(msgspec.Struct, frozen=True):
    """Values of one station at one time; the topic is made of `medium` and `station`.

    `values` is empty where the row holds nothing that could be sent.
    """

    medium: Medium
    station: str
    time: str
    period_s: int
    values: dict[str, float | None]

    def payload(self) -> bytes:
        """The message in the native dialect."""
        return msgspec.json.encode({"time": self.time, "period_s": self.period_s, "values": self.values})


def station_id(name: str) -> str:
    """Return a name as a station id: what cannot stand in a topic becomes a hyphen."""
    return _FORBIDDEN.sub("-", name)


def number(text: str) -> float | None:
    """Return the number that a field holds, None where it is empty or `NA`.

    Raises
    ------
    ValueError
        If the field holds something else.
    """
    if text in ("", "NA", "-", "--"):
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no finite number")
    return value


def table(file: Path, columns: tuple[str, ...], *, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of a text file, packed with gzip or not, whose header starts with `columns`.

    The header comes first, as line 1.

    Raises
    ------
    ConfigError
        If the file cannot be read or has another header.
    """
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, delimiter=delimiter)
            header = tuple(next(reader, []))
            if header[: len(columns)] != columns:
                raise ConfigError(
                    f"{file}: line 1: expected columns {', '.join(columns)}, got {shown(', '.join(header))}"
                )
            yield 1, list(header)
            for fields in reader:
                if len(fields) != len(header):
                    raise ConfigError(
                        f"{file}: line {reader.line_num}: expected {len(header)} fields, got {len(fields)}"
                    )
                yield reader.line_num, fields
    except (OSError, UnicodeDecodeError, EOFError, zlib.error, csv.Error) as error:
        raise ConfigError(f"{file}: expected a readable UTF-8 file, got {error}") from error
