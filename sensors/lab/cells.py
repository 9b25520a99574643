"""Single cells of a laboratory's table: values with their flags, moments, texts as they are compared."""

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal
from typing import Final, NamedTuple

from sensors import detection, flags
from sensors.errors import shown


class Formula(NamedTuple):
    """A formula of a workbook whose value was never computed; its text begins with =."""

    text: str


Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | Formula | None
"""What a cell holds: all texts in CSV; None where it is empty."""

NO_LIMIT: Final = ("nd", "n.d.", "bdl", "<dl", "<lod", "<mdl", "<检出限", "未检出", "低于检出限")
"""Words for a result below the detection limit that do not tell the limit."""

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # local moments are counted from it, the zone is taken off afterwards

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"([T\s]\s*(\d{1,2}):(\d\d)(:(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


class CellError(Exception):
    """Why a cell cannot be taken: a code of `sensors.reading.REASONS`, and what was expected and what is there."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def raw_text(cell: Cell) -> str:
    """Return a cell as a text, as it would stand in CSV."""
    if cell is None:
        return ""
    if isinstance(cell, Formula):
        return cell.text
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def text(cell: Cell) -> str:
    """Return a cell as a text without blanks around it, full-width characters as their usual ones (NFKC)."""
    return unicodedata.normalize("NFKC", raw_text(cell)).strip()


def value(cell: Cell, *, factor: Decimal) -> tuple[float, int] | None:
    """Return value and flag of a result, times `factor`; None where the cell is empty.

    A text such as `<0.02`, or `0.02L` [1]_, is the detection limit with the flag for it.

    Raises
    ------
    CellError
        If it is neither a number nor a limit, or not finite.

    References
    ----------
    .. [1] HJ/T 91-2002: below the limit the limit is reported, with the mark L.
    """
    written = text(cell)
    if not written:
        return None
    if isinstance(cell, Formula):
        raise CellError("wrong_type", f"expected a value, got the formula {shown(cell.text)}; compute and save it")
    if isinstance(cell, bool | dt.date | dt.time):  # a date-time is a date
        raise CellError("wrong_type", f"expected a number, got {shown(written)}")
    if written.lower() in NO_LIMIT:
        raise CellError(
            "wrong_type", f"expected the detection limit with it, such as <0.02 or 0.02L, got {shown(written)}"
        )
    flag, number = flags.GOOD, written
    if written[0] == "<" or written[-1] in "lL":
        limit = written[1:].lstrip() if written[0] == "<" else written[:-1].rstrip()
        number = detection.limit(f"<{limit}") or ""
        flag = flags.BELOW_DETECTION
    if not _NUMBER.fullmatch(number):
        raise CellError("wrong_type", f"expected a number, <0.02, 0.02L or nothing, got {shown(written)}")
    found = float(number)
    if math.isfinite(found) and factor != 1:
        found = float(Decimal(number) * factor)
    if not math.isfinite(found):
        raise CellError("not_finite", f"expected a finite number, got {shown(written)}")
    if flag == flags.BELOW_DETECTION and found == 0:
        raise CellError("wrong_type", f"expected a positive number after <, got {shown(written)}")
    return found, flag


def moment(cell: Cell, *, offset_s: int) -> int:
    """Return the moment that a cell says: a local date or date-time, or one with its offset from UTC.

    A date alone is the beginning of the local day. Fractions of a second are cut; a date-time of a workbook, which
    counts days as floats, is rounded to the second.

    Parameters
    ----------
    offset_s : int
        The zone's offset from UTC. [s]

    Returns
    -------
    int
        [s since 1970-01-01T00:00Z]

    Raises
    ------
    CellError
        If it is no such time.
    """
    if isinstance(cell, dt.datetime) and cell.tzinfo is None:
        return (cell - EPOCH + dt.timedelta(milliseconds=500)) // dt.timedelta(seconds=1) - offset_s
    match = _MOMENT.fullmatch(text(cell))
    if isinstance(cell, Formula | bool | dt.time) or match is None:
        raise _no_moment(cell)
    year, month, day, _, hour, minute, _, second, _, offset = match.groups()
    try:
        local = dt.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001
        if offset is not None:
            offset_s = _offset_s(offset)
    except ValueError as error:
        raise _no_moment(cell) from error
    return (local - EPOCH) // dt.timedelta(seconds=1) - offset_s


def _no_moment(cell: Cell) -> CellError:
    return CellError("bad_time", f"expected a time such as 2020-06-03 09:30 or 2020-06-03, got {shown(text(cell))}")


def _offset_s(written: str) -> int:
    if written == "Z":
        return 0
    hours, minutes = int(written[1:3]), int(written[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(written)
    return (hours * 3600 + minutes * 60) * (-1 if written[0] == "-" else 1)
