"""Importing a laboratory's files: each row is an arrival, committed as a message of a gateway is.

A row that is refused, in part or whole, goes to quarantine as a table of its own (the header and the row, in CSV), so
that it can be tried again; of a file or sheet that cannot be read as a table all of it does.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ingestor.config import Config
from ingestor.lab.tables import Table, TableError, as_csv, tables
from ingestor.store import Arrival, Ledger, Quarantined
from sensors import flags
from sensors.errors import ConfigError
from sensors.lab import Form, Outcome, Results, layout
from sensors.lab.cells import CellError
from sensors.lab.rows import sections_by_name
from sensors.reading import Decoded, Refusal
from sensors.sources import LABORATORY

SOURCE: Final = LABORATORY
"""The source of what a laboratory's files put into quarantine."""
MAX_BYTES: Final = 64 * 2**20
MAX_AHEAD_S: Final = 300
NOT_BEFORE: Final = dt.date(2000, 1, 1)
GROUP_ROWS: Final = 2000
"""Rows that are committed at once."""


class Refused(msgspec.Struct, frozen=True):
    """What was refused of a file, with the line and the column as far as it is no more than those."""

    file: str
    sheet: str | None
    line: int | None
    column: str | None
    code: str
    detail: str


class Implausible(msgspec.Struct, frozen=True):
    """A result outside the plausible range: it is stored and counts in nothing, as one of a station."""

    file: str
    sheet: str | None
    line: int
    station: str
    quantity: str
    value: float
    detail: str


class FileResults(msgspec.Struct):
    """What a file gave: rows, values of them, how many of these lie below the detection limit, rows refused in part."""

    file: str
    rows: int = 0
    values: int = 0
    below_detection: int = 0
    rows_refused: int = 0


class Imported(msgspec.Struct, frozen=True):
    """What became of some files."""

    files: list[FileResults]
    refused: list[Refused]
    implausible: list[Implausible] = []


class _Part(NamedTuple):
    """What becomes of a row, or of a whole file or sheet that is refused."""

    arrival: Arrival
    refused: list[Refused]
    is_row: bool
    implausible: Sequence[Implausible] = ()


def check_files(files: Sequence[Path]) -> None:
    """Check that files are there and not too large.

    Raises
    ------
    ConfigError
        If one is not.
    """
    for file in files:
        if not file.is_file():
            raise ConfigError(f"{file}: expected a file, got {'a directory' if file.is_dir() else 'none'}")
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(f"{file}: expected at most {MAX_BYTES:,} bytes, got {size:,}; split it")


def import_files(
    config: Config,
    files: Sequence[Path],
    ledger: Ledger | None,
    *,
    form: Form = "auto",
    expect: Callable[[int], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Check files and store what can be taken; without a ledger nothing is stored.

    `expect` is called with the number of rows of each file, `progress` with the number of those just done.

    Raises
    ------
    StoreError
        If some rows could not be kept; those before them are.
    OSError
        If a file cannot be read.
    """
    done = Imported([], [], [])
    for file in files:
        results = FileResults(str(file))
        done.files.append(results)
        group: list[Arrival] = []
        for part in _parts(config, file, form, expect):
            _count(results, part)
            done.refused.extend(part.refused)
            done.implausible.extend(part.implausible)
            group.append(part.arrival)
            if len(group) == GROUP_ROWS:
                _commit(ledger, group, progress)
                group = []
        _commit(ledger, group, progress)
    return done


def again(config: Config, kept: Quarantined) -> Decoded:
    """Check a message of a laboratory's file again, as of its last arrival.

    What was refused because another result was there first stays refused: nothing but a person can tell which holds.
    """
    if any(refusal.code == "ambiguous" for refusal in kept.refusals):
        return Decoded([], kept.refusals)
    into = Decoded([], [])
    try:
        found = tables(kept.payload)
    except TableError as error:
        return Decoded([], [Refusal("broken_table", str(error))])
    for table in found:
        try:
            outcomes = list(_outcomes(config, table, "auto", kept.last_at))
        except CellError as error:
            into.refusals.append(Refusal(error.code, error.detail))
            continue
        into.readings.extend(outcome.reading for outcome in outcomes if outcome.reading is not None)
        for outcome in outcomes:
            into.refusals.extend(_refusals(outcome, at=f"line {outcome.row.line}: " if len(outcomes) > 1 else ""))
    return into


def _commit(ledger: Ledger | None, group: list[Arrival], progress: Callable[[int], None]) -> None:
    if ledger is not None and group:
        ledger.commit(group)
    progress(len(group))


def _count(results: FileResults, part: _Part) -> None:
    values = [value for reading in part.arrival.readings for value in reading.values]
    results.rows += part.is_row
    results.values += len(values)
    results.below_detection += sum(flag == flags.BELOW_DETECTION for _, _, flag in values)
    results.rows_refused += part.is_row and bool(part.refused)


def _parts(config: Config, file: Path, form: Form, expect: Callable[[int], None]) -> Iterator[_Part]:
    now = time.time()
    payload = file.read_bytes()
    try:
        found = tables(payload)
    except TableError as error:
        yield _whole(file, None, now, payload, Refusal("broken_table", str(error)))
        return
    expect(sum(len(table.rows) for table in found))
    for table in found:
        try:
            outcomes = _outcomes(config, table, form, now)
            yield from (_row(config, file, table, outcome, now) for outcome in outcomes)
        except CellError as error:
            body = as_csv(row.cells for row in (table.header, *table.rows))
            yield _whole(file, table, now, body, Refusal(error.code, error.detail))


def _outcomes(config: Config, table: Table, form: Form, now: float) -> Iterator[Outcome]:
    """Return what becomes of each row.

    Raises
    ------
    CellError
        If the header cannot be used.
    """
    quantities = config.quantities.water
    results = Results(
        quantities=quantities,
        sections=sections_by_name(config.register.of("water")),
        offset_s=config.offset_s,
        not_before=config.start_of(NOT_BEFORE),
        not_after=now + MAX_AHEAD_S,
    )
    return results.outcomes(layout(table.header.cells, form, quantities), table.rows)


def _row(config: Config, file: Path, table: Table, outcome: Outcome, now: float) -> _Part:
    topic = f"{_place(file.name, table.sheet)}: line {outcome.row.line}"
    readings = [outcome.reading] if outcome.reading is not None else []
    body = as_csv((table.header.cells, outcome.row.cells)) if outcome.refusals else b""
    refused = [
        Refused(str(file), table.sheet, outcome.row.line, each.column or None, each.code, each.detail)
        for each in outcome.refusals
    ]
    arrival = Arrival(SOURCE, topic, now, body, readings, _refusals(outcome))
    found = list(_implausible(config, file, table, outcome))
    return _Part(arrival, refused, is_row=True, implausible=found)


def _implausible(config: Config, file: Path, table: Table, outcome: Outcome) -> Iterator[Implausible]:
    """Yield the results of a row that derivation leaves out for the plausible range of their quantity."""
    if outcome.reading is None:
        return
    for key, value, _ in outcome.reading.values:
        quantity = config.quantities.water[key]
        if value is not None and not float(quantity.minimum) <= value <= float(quantity.maximum):
            unit = "" if quantity.unit == "1" else f" {quantity.unit}"
            detail = f"expected {quantity.minimum} to {quantity.maximum}{unit}, got {value:g}"
            station = outcome.reading.station
            yield Implausible(str(file), table.sheet, outcome.row.line, station, key, value, detail)


def _whole(file: Path, table: Table | None, now: float, body: bytes, refusal: Refusal) -> _Part:
    sheet = table.sheet if table else None
    refused = Refused(str(file), sheet, table.header.line if table else None, None, refusal.code, refusal.detail)
    return _Part(Arrival(SOURCE, _place(file.name, sheet), now, body, [], [refusal]), [refused], is_row=False)


def _refusals(outcome: Outcome, *, at: str = "") -> list[Refusal]:
    return [
        Refusal(each.code, f"{at}column {each.column}: {each.detail}" if each.column else f"{at}{each.detail}")
        for each in outcome.refusals
    ]


def _place(file: str, sheet: str | None) -> str:
    return file if sheet is None else f"{file}: sheet {sheet}"
