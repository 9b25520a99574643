"""From the bytes of a laboratory's file to tables, and back: CSV (UTF-8 or GB18030) and XLSX.

`openpyxl` is imported where a workbook is read: a quarter of a second that other commands do not wait for.
"""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from sensors.errors import shown
from sensors.lab import Cell, Row
from sensors.lab.cells import Formula, raw_text

XLSX = b"PK\x03\x04"
OLD_XLS = b"\xd0\xcf\x11\xe0"


class Table(NamedTuple):
    """A header and the rows below it, without blank ones; `sheet` is None where the file has only one table."""

    sheet: str | None
    header: Row
    rows: list[Row]


class TableError(Exception):
    """Why a file, or the rest of one, cannot be read: `expected X, got Y`."""


def tables(payload: bytes) -> list[Table]:
    """Return the tables of a file: one of CSV, one a sheet that is not empty of a workbook.

    Raises
    ------
    TableError
        If it is neither, or holds nothing.
    """
    if payload.startswith(OLD_XLS):
        raise TableError("expected CSV or XLSX, got a workbook of the old form; save it as .xlsx")
    if payload.startswith(XLSX):
        sheets = [(name, rows) for name, rows in _sheets(payload) if rows]
        found = [_table(name if len(sheets) > 1 else None, rows) for name, rows in sheets]
    else:
        rows = list(_csv_rows(_decoded(payload)))
        found = [_table(None, rows)] if rows else []
    if not found:
        raise TableError("expected a header, got nothing")
    return found


def as_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as CSV that `tables` reads as the same cells, all as texts."""
    out = io.StringIO()
    csv.writer(out).writerows([raw_text(cell) for cell in cells] for cells in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _table(sheet: str | None, rows: list[Row]) -> Table:
    return Table(sheet, rows[0], rows[1:])


def _decoded(payload: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise TableError(f"expected CSV in UTF-8 or GB18030, or XLSX, got {shown(payload[:16])}")


def _csv_rows(text: str) -> Iterator[Row]:
    """Yield the rows that are not blank, each with the line where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, tuple(cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"line {line}: expected CSV, got {error}; is a quotation mark left open?") from error


def _sheets(payload: bytes) -> Iterator[tuple[str, list[Row]]]:
    """Yield name and rows of each sheet, the rows cut or filled to the width of the first."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out (styles, pictures) holds no result
            values = openpyxl.load_workbook(io.BytesIO(payload), read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(payload), read_only=True)
            for sheet, other in zip(values.worksheets, formulas.worksheets, strict=True):
                yield sheet.title, _sheet_rows(sheet, other)
    except Exception as error:  # openpyxl raises what its parts raise: zipfile, XML, KeyError, ValueError
        raise TableError(f"expected a workbook that can be read, got {type(error).__name__}") from error


def _sheet_rows(sheet: Any, other: Any) -> list[Row]:
    sheet.reset_dimensions()  # some programs write wrong ones
    other.reset_dimensions()
    found: list[Row] = []
    width = 0
    for line, (cells, written) in enumerate(zip(sheet.iter_rows(), other.iter_rows(), strict=True), 1):
        row = [_cell(each, formula) for each, formula in zip_longest(cells, written)]
        while row and (row[-1] is None or row[-1] == ""):
            row.pop()
        if row:
            width = width or len(row)
            found.append(Row(line, tuple(row) + (None,) * (width - len(row))))
    return found


def _cell(cell: Any, written: Any) -> Cell:
    """The value of a cell; of a formula the one that was computed last, if any."""
    value: Cell = None if cell is None else cell.value
    if value is None and written is not None and written.data_type == "f":
        text = str(getattr(written.value, "text", written.value))
        return Formula(text if text.startswith("=") else "=")
    return value
