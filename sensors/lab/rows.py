"""Rows of a laboratory's table: each to a reading of a grab sample, to refusals, or to both."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from sensors.errors import shown
from sensors.lab import cells
from sensors.lab.cells import Cell, CellError
from sensors.lab.layout import Layout, Measured, measured_as
from sensors.quantities import Quantity
from sensors.reading import Reading
from sensors.register import Station

GRAB_S: Final = 0
"""Period of a reading that is a grab sample: it has none. No gateway can send it. [s]"""


class Row(NamedTuple):
    """A row of a table and the line of the file, or row of the sheet, where it begins."""

    line: int
    cells: Sequence[Cell]


class CellRefusal(NamedTuple):
    """Why a cell, or the row for its sake, cannot be taken; `code` is one of `sensors.reading.REASONS`."""

    column: str
    code: str
    detail: str


class Outcome(NamedTuple):
    """What became of a row."""

    row: Row
    reading: Reading | None
    refusals: list[CellRefusal]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are checked against.

    `quantities` are those of water, `sections` the stations by all that a table may call them (`sections_by_name`).
    `offset_s` is the zone's offset from UTC [s]; a time before `not_before` or after `not_after` is refused. [s since
    1970-01-01T00:00Z]
    """

    quantities: Mapping[str, Quantity]
    sections: Mapping[str, Station]
    offset_s: int
    not_before: int
    not_after: float

    def outcomes(self, layout: Layout, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Yield what becomes of each row of one table; never raises on any row.

        A second result for the same section, time and quantity is refused where it differs from the first.
        """
        first: dict[tuple[str, int, str], tuple[tuple[float | None, int], int]] = {}
        for row in rows:
            reading, refusals = self._taken(layout, row)
            if reading is not None:
                kept = []
                for key, value, flag in reading.values:
                    found, line = first.setdefault((reading.station, reading.time, key), ((value, flag), row.line))
                    if found == (value, flag):
                        kept.append((key, value, flag))
                    else:
                        detail = f"expected one result of {key}, got another than in line {line}"
                        refusals.append(CellRefusal(_label(layout, key), "ambiguous", detail))
                reading = msgspec.structs.replace(reading, values=tuple(kept)) if kept else None
            yield Outcome(row, reading, refusals)

    def _taken(self, layout: Layout, row: Row) -> tuple[Reading | None, list[CellRefusal]]:
        width = len(layout.labels)
        if len(row.cells) != width:
            detail = f"expected {width} cells as in the header, got {len(row.cells)}"
            return None, [CellRefusal("", "wrong_type", detail)]
        refusals: list[CellRefusal] = []
        station = time = None
        try:
            station = self._station(row.cells[layout.fields["station"]])
        except CellError as error:
            refusals.append(_refusal(layout, layout.fields["station"], error))
        try:
            time = self._time(row.cells[layout.fields["time"]])
        except CellError as error:
            refusals.append(_refusal(layout, layout.fields["time"], error))
        values = list(self._values(layout, row, refusals))
        if station is None or time is None or not values:
            return None, refusals
        return Reading("water", station.id, GRAB_S, time, tuple(values)), refusals

    def _values(self, layout: Layout, row: Row, refusals: list[CellRefusal]) -> Iterator[tuple[str, float | None, int]]:
        """Yield what the row's cells of values give; append what is refused of them."""
        for i, measured in self._measured(layout, row, refusals):
            if isinstance(measured, CellError):
                if cells.text(row.cells[i]):
                    refusals.append(_refusal(layout, i, measured))
                continue
            try:
                found = cells.value(row.cells[i], factor=measured.factor)
            except CellError as error:
                refusals.append(_refusal(layout, i, error))
                continue
            if found is not None:
                yield (measured.key, *found)

    def _measured(
        self, layout: Layout, row: Row, refusals: list[CellRefusal]
    ) -> Iterator[tuple[int, Measured | CellError]]:
        """Yield the columns of values with what they measure; of a long table the one that the row names."""
        yield from layout.measured.items()
        if "value" not in layout.fields:
            return
        value = layout.fields["value"]
        if not cells.text(row.cells[value]):
            return
        unit = cells.text(row.cells[layout.fields["unit"]]) if "unit" in layout.fields else ""
        try:
            yield value, measured_as(cells.text(row.cells[layout.fields["quantity"]]), unit, self.quantities)
        except CellError as error:
            column = "unit" if error.code == "unknown_unit" and unit else "quantity"
            refusals.append(_refusal(layout, layout.fields[column], error))

    def _station(self, cell: Cell) -> Station:
        name = cells.text(cell)
        if name not in self.sections:
            raise CellError("unknown_station", f"expected a section of the register of water, got {shown(name)}")
        return self.sections[name]

    def _time(self, cell: Cell) -> int:
        time = cells.moment(cell, offset_s=self.offset_s)
        if time > self.not_after:
            raise CellError("future_time", f"expected a time that has passed, got {shown(cells.text(cell))}")
        if time < self.not_before:
            raise CellError("bad_time", f"expected a time since 2000, got {shown(cells.text(cell))}")
        return time


def sections_by_name(stations: Iterable[Station]) -> dict[str, Station]:
    """Return sections by their id, and by their Chinese name where only one has it and it is nobody's id."""
    stations = list(stations)
    counts = Counter(cells.text(station.name) for station in stations)
    by_name = {cells.text(station.name): station for station in stations if counts[cells.text(station.name)] == 1}
    return by_name | {station.id: station for station in stations}


def _refusal(layout: Layout, column: int, error: CellError) -> CellRefusal:
    return CellRefusal(layout.labels[column], error.code, error.detail)


def _label(layout: Layout, key: str) -> str:
    """The header of the column that holds a quantity."""
    if "value" in layout.fields:
        return layout.labels[layout.fields["value"]]
    return next(
        layout.labels[i] for i, each in layout.measured.items() if isinstance(each, Measured) and each.key == key
    )
