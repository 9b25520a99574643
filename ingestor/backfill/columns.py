"""Delimited text as columns: a chunk at a time through Arrow, cell by cell only where a chunk is not as it should."""

import csv
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from ingestor.backfill.lines import BrokenFileError, Chunk
from ingestor.backfill.parts import Bools, Fault, Floats, Longs
from sensors.errors import shown

MISSING: Final = ("", "NA")


class Layout(msgspec.Struct, frozen=True):
    """How a format writes its rows: which columns hold numbers and texts that are wanted, what stands for nothing."""

    numbers: tuple[str, ...]
    texts: tuple[str, ...] = ()
    delimiter: str = ","
    missing: tuple[str, ...] = MISSING
    decimal_point: str = "."


class Rows(msgspec.Struct, frozen=True):
    """Columns of a chunk. `numbers` are NaN where nothing stands, `there` tells which do; `texts` are Arrow's."""

    chunk: Chunk
    lines: Longs
    numbers: dict[str, Floats]
    there: dict[str, Bools]
    texts: dict[str, Any]
    faults: list[Fault]


def names_of(chunk: Chunk, delimiter: str = ",") -> list[str]:
    """Return the names of a header, without blanks around them.

    Raises
    ------
    BrokenFileError
        If it is no UTF-8, or a name stands twice.
    """
    try:
        names = [name.strip() for name in next(csv.reader([chunk.header.decode()], delimiter=delimiter), [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BrokenFileError(f"line 1: expected a header in UTF-8, got {error}") from error
    expect_once(names)
    return names


def expect_once(names: Sequence[str]) -> None:
    """Check that no column stands twice.

    Raises
    ------
    BrokenFileError
        If one does.
    """
    if len(set(names)) < len(names):
        raise BrokenFileError(f"line 1: expected each column once, got {shown(', '.join(names))}")


def expect(names: Sequence[str], columns: Sequence[str]) -> None:
    """Check that a header begins with columns.

    Raises
    ------
    BrokenFileError
        If it does not.
    """
    if list(names[: len(columns)]) != list(columns):
        raise BrokenFileError(f"line 1: expected columns {', '.join(columns)}, got {shown(', '.join(names))}")


def parse(chunk: Chunk, names: Sequence[str], layout: Layout) -> Rows:
    """Return the columns of a chunk that a layout wants.

    A row with another number of fields is a fault, as is a cell that should be a number and is none (its row goes
    on without it), or a wanted text that is no UTF-8 (its row is left out).
    """
    bad: list[tuple[int, int, int]] = []

    def odd(row: Any) -> str:
        bad.append((row.number, row.expected_columns, row.actual_columns))
        return "skip"

    table = None
    try:
        table = _table(chunk, names, layout, odd, pa.float64(), pa.string())
    except pa.ArrowInvalid:
        bad.clear()
    plain = table is not None
    if table is None:
        table = _table(chunk, names, layout, odd, pa.binary(), pa.binary())
    skipped = np.array([number for number, _, _ in bad], dtype=np.int64)
    lines = np.setdiff1d(np.arange(1, table.num_rows + len(skipped) + 1, dtype=np.int64), skipped) + chunk.first - 1
    faults = list(chunk.faults)
    if bad:
        _, expected, actual = bad[0]
        faults.append(
            Fault(
                "wrong_type",
                f"expected {expected} fields, got {actual}",
                "fields",
                np.array([number + chunk.first - 1 for number, _, _ in bad], dtype=np.int64),
                chunk,
            )
        )
    if not plain:
        return _filled(_cell_by_cell(chunk, table, lines, layout, faults))
    numbers, there = {}, {}
    for name in layout.numbers:
        column = table.column(name)
        there[name] = ~column.is_null().to_numpy()
        numbers[name] = column.to_numpy()
    texts = {name: table.column(name).combine_chunks() for name in layout.texts}
    return _filled(Rows(chunk, lines, numbers, there, texts, faults))


def _filled(rows: Rows) -> Rows:
    """Rows without those that hold nothing at all, such as empty lines."""
    some = np.zeros(len(rows.lines), dtype=np.bool_)
    for there in rows.there.values():
        some |= there
    if not some.all():
        for text in rows.texts.values():
            some |= pc.not_equal(text, "").to_numpy(zero_copy_only=False)
    return rows if some.all() else only(rows, some)


def only(rows: Rows, chosen: Bools) -> Rows:
    """Return some of the rows."""
    return Rows(
        rows.chunk,
        rows.lines[chosen],
        {name: values[chosen] for name, values in rows.numbers.items()},
        {name: there[chosen] for name, there in rows.there.items()},
        {name: text.filter(pa.array(chosen)) for name, text in rows.texts.items()},
        rows.faults,
    )


def _table(chunk: Chunk, names: Sequence[str], layout: Layout, odd: Any, number: Any, text: Any) -> Any:
    wanted = [*layout.numbers, *layout.texts]
    if not chunk.text:
        kinds = {**dict.fromkeys(layout.numbers, number), **dict.fromkeys(layout.texts, text)}
        return pa.table({name: pa.array([], type=kinds[name]) for name in wanted})
    return arrow_csv.read_csv(
        pa.BufferReader(chunk.text),
        read_options=arrow_csv.ReadOptions(column_names=list(names), use_threads=False, block_size=len(chunk.text) + 1),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter, invalid_row_handler=odd, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={**dict.fromkeys(layout.numbers, number), **dict.fromkeys(layout.texts, text)},
            null_values=list(layout.missing),
            include_columns=wanted,
            decimal_point=layout.decimal_point,
        ),
    )


def _cell_by_cell(chunk: Chunk, table: Any, lines: Longs, layout: Layout, faults: list[Fault]) -> Rows:
    count = len(lines)
    missing = {each.encode() for each in layout.missing}
    readable = np.ones(count, dtype=np.bool_)
    texts = {}
    for name in layout.texts:
        decoded, wrong = _decoded(table.column(name).to_pylist())
        readable[wrong] = False
        if wrong:
            faults.append(Fault("wrong_type", f"{name}: expected UTF-8, got other bytes", name, lines[wrong], chunk))
        texts[name] = decoded
    numbers, there = {}, {}
    for name in layout.numbers:
        cells = table.column(name).to_pylist()
        values, wrong = _floats(cells, missing, layout.decimal_point)
        wrong = [i for i in wrong if readable[i]]
        if wrong:
            first = cells[wrong[0]].decode("utf-8", "backslashreplace")
            faults.append(
                Fault("wrong_type", f"{name}: expected a number, got {shown(first)}", name, lines[wrong], chunk)
            )
        present = np.array([cell not in missing for cell in cells], dtype=np.bool_)
        present[wrong] = False
        numbers[name], there[name] = values[readable], present[readable]
    kept = {
        name: pa.array([each for each, good in zip(cells, readable, strict=True) if good], type=pa.string())
        for name, cells in texts.items()
    }
    return Rows(chunk, lines[readable], numbers, there, kept, faults)


def _decoded(cells: Iterable[bytes]) -> tuple[list[str], list[int]]:
    found, wrong = [], []
    for i, cell in enumerate(cells):
        try:
            found.append((cell or b"").decode())
        except UnicodeDecodeError:
            found.append("")
            wrong.append(i)
    return found, wrong


def _floats(cells: Sequence[bytes], missing: set[bytes], decimal_point: str) -> tuple[Floats, list[int]]:
    found = np.full(len(cells), math.nan)
    wrong = []
    for i, cell in enumerate(cells):
        if cell is None or cell in missing:
            continue
        try:
            if b"_" in cell:
                raise ValueError  # Python would take it
            found[i] = float(cell.replace(decimal_point.encode(), b"."))
        except ValueError:
            wrong.append(i)
    return found, wrong
