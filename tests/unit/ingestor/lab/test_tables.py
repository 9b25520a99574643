"""Claims about reading a laboratory's files as tables, and writing rows as CSV."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import pytest

from ingestor.lab.tables import Table, TableError, as_csv, tables
from sensors.lab import Row
from sensors.lab.cells import Formula


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def one(payload: bytes) -> Table:
    (found,) = tables(payload)
    return found


def error_of(payload: bytes) -> str:
    with pytest.raises(TableError) as raised:
        tables(payload)
    return str(raised.value)


# --- CSV

TEXT = "断面,时间,氨氮\nw1,2020-06-03,0.42\n"
ROWS = Table(None, Row(1, ("断面", "时间", "氨氮")), [Row(2, ("w1", "2020-06-03", "0.42"))])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
def test_csv_is_read_in_utf8_with_or_without_a_mark_and_in_gb18030(encoding: str) -> None:
    assert one(TEXT.encode(encoding)) == ROWS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_is_read_with_any_line_end_and_without_the_last(end: str) -> None:
    assert one(TEXT.replace("\n", end).encode()) == one(TEXT.rstrip("\n").replace("\n", end).encode()) == ROWS


def test_csv_rows_are_told_by_the_line_where_they_begin() -> None:
    found = one(b'\n"a\nb",c\n\n , \nd,"e\n\nf"\ng,h\n')
    assert [found.header, *found.rows] == [
        Row(2, ("a\nb", "c")),
        Row(6, ("d", "e\n\nf")),
        Row(9, ("g", "h")),
    ]


def test_csv_quotation_mark_that_is_left_open_takes_the_rest_of_the_file_along() -> None:
    found = one(b'a,b\n1,2\n3,"4\n5,6\n')
    assert found.rows == [Row(2, ("1", "2")), Row(3, ("3", "4\n5,6\n"))]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"", "expected a header, got nothing"),
        (b"\xef\xbb\xbf\n \n,,\n", "expected a header, got nothing"),
        (TEXT.encode("utf-16"), "expected CSV in UTF-8 or GB18030, or XLSX, got b'"),
        (TEXT.encode("utf-16-le"), "expected CSV in UTF-8 or GB18030, or XLSX, got b'"),
        (b"a,b\n\0,1\n", "expected CSV in UTF-8 or GB18030, or XLSX, got b'"),
        (b"\x80\x81\xff", "expected CSV in UTF-8 or GB18030, or XLSX, got b'"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "expected CSV or XLSX, got a workbook of the old form; save it as .xlsx"),
        (b'a,b\n1,"' + b"x" * 200_000, "line 2: expected CSV, got field larger than field limit"),
    ],
)
def test_file_that_is_no_table_is_refused(payload: bytes, error: str) -> None:
    assert error_of(payload).startswith(error)


# --- XLSX


def test_workbook_is_read_with_the_cells_as_they_are() -> None:
    moment = dt.datetime(2020, 6, 3, 9, 30)  # noqa: DTZ001
    found = one(workbook({"Sheet1": [["station", "time", "tp"], ["w1", moment, 0.02], ["w1", "2020-06-04", "<0.02"]]}))
    assert found == Table(
        None,
        Row(1, ("station", "time", "tp")),
        [Row(2, ("w1", moment, 0.02)), Row(3, ("w1", "2020-06-04", "<0.02"))],
    )


def test_workbook_rows_are_told_by_their_number_blank_ones_left_out_and_filled_to_the_header() -> None:
    found = one(workbook({"a": [[], ["station", "time", "tp", None], [], [None, None], ["w1"], ["w1", 1, 2, 3, 4]]}))
    assert found == Table(
        None, Row(2, ("station", "time", "tp")), [Row(5, ("w1", None, None)), Row(6, ("w1", 1, 2, 3, 4))]
    )


def test_workbook_with_several_sheets_gives_each_that_is_not_empty() -> None:
    found = tables(workbook({"六月": [["a"], [1]], "empty": [], "七月": [["b"]]}))
    assert found == [Table("六月", Row(1, ("a",)), [Row(2, (1,))]), Table("七月", Row(1, ("b",)), [])]


def test_workbook_formula_that_was_never_computed_is_told_as_one() -> None:
    found = one(workbook({"a": [["a", "b"], [2, "=A2*2"]]}))
    assert found.rows == [Row(2, (2, Formula("=A2*2")))]


def test_workbook_formula_that_was_computed_is_its_value() -> None:
    payload = workbook({"a": [["a", "b"], [2, "=A2*2"]]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"(<f>A2\*2</f>)<v ?/?>(</v>)?", rb"\1<v>4</v>", old.read(name)))
    assert one(out.getvalue()).rows == [Row(2, (2, 4))]


def test_workbook_without_content_is_refused() -> None:
    assert error_of(workbook({"a": [], "b": [[None]]})) == "expected a header, got nothing"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_workbook_that_is_cut_off_is_refused(share: float) -> None:
    payload = workbook({"a": [["a"], [1]]})
    error = error_of(payload[: int(len(payload) * share)])
    assert error.startswith("expected a workbook that can be read, got ")


def test_archive_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    assert error_of(out.getvalue()).startswith("expected a workbook that can be read, got ")


# --- back to CSV


def test_rows_written_as_csv_are_read_as_the_same_cells() -> None:
    rows = [("断面", "a,b", 'say "x"'), ("w\n1", "", "<0.02")]
    found = one(as_csv(rows))
    assert [found.header.cells, *(row.cells for row in found.rows)] == rows


def test_cells_of_a_workbook_written_as_csv_are_texts() -> None:
    moment = dt.datetime(2020, 6, 3, 9, 30)  # noqa: DTZ001
    cells = (None, 7, 0.02, 4e-05, True, moment, dt.date(2020, 6, 3), dt.time(9, 30), Formula("=A1"))
    found = one(as_csv([["x"], cells]))
    assert found.rows[0].cells == (
        "", "7", "0.02", "4e-05", "True", "2020-06-03 09:30:00", "2020-06-03", "09:30:00", "=A1",
    )  # fmt: skip
