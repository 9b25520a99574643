"""What holds of any file of a laboratory: it never raises, and no row disappears."""

import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestor import config
from ingestor.lab import importing
from ingestor.lab.tables import Table, TableError, as_csv, tables
from sensors.lab import Layout, Results, Row, layout
from sensors.lab.cells import CellError, Formula
from sensors.lab.rows import sections_by_name
from sensors.reading import REASONS
from tests.support import ROOT

BY = config.load(ROOT / "config")
WATER = BY.quantities.water
SECTIONS = sections_by_name(BY.register.of("water"))
NOW = 1_600_000_000
FIRST = BY.start_of(dt.date(2000, 1, 1))
RESULTS = Results(quantities=WATER, sections=SECTIONS, offset_s=28_800, not_before=FIRST, not_after=NOW)

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.sampled_from(
        ["sz-w01", "sz-w02", "2020-06-03", "2020/6/3 9:30", "0.02", "<0.02", "0.02L", "ND", "", "<", "L", "1e999",
         "氨氮", "总磷(ug/L)", "ph", "mg/L", "ug/L", "９", "\x1b[2J", '"', "=A1", "x" * 300]
    ),
)  # fmt: skip
anything: st.SearchStrategy[Any] = st.one_of(
    st.none(), texts, st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(), st.times(),
    texts.map(lambda text: Formula(f"={text}")),
)  # fmt: skip
headers = st.one_of(
    st.just(("station", "time", "nh3n", "总磷(ug/L)", "zz")),
    st.just(("station", "time", "quantity", "value", "unit")),
    st.lists(anything, max_size=6).map(tuple),
)
near = st.tuples(
    st.sampled_from(["sz-w01", "茅洲河口（模拟）", "zz"]),
    st.sampled_from(["2020-06-03", "x"]),
    anything,
    anything,
    anything,
)
rows = st.lists(st.one_of(near, st.lists(anything, max_size=7).map(tuple)), max_size=5)


def usable(header: tuple[Any, ...]) -> Layout | CellError:
    try:
        return layout(header, "auto", WATER)
    except CellError as error:
        return error


def readable(payload: bytes) -> list[Table] | TableError:
    try:
        return tables(payload)
    except TableError as error:
        return error


@given(headers, rows)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_table_gives_readings_or_refusals_that_can_be_stored(header: tuple[Any, ...], body: list[Any]) -> None:
    found = usable(header)
    if isinstance(found, CellError):
        assert found.code in REASONS
        assert found.detail.isprintable()
        assert len(found.detail) < 400
        return
    outcomes = list(RESULTS.outcomes(found, [Row(i, cells) for i, cells in enumerate(body, 2)]))
    assert [outcome.row.line for outcome in outcomes] == list(range(2, 2 + len(body)))
    for outcome in outcomes:
        if outcome.reading is not None:
            assert (outcome.reading.medium, outcome.reading.period_s) == ("water", 0)
            assert FIRST <= outcome.reading.time <= NOW
            assert outcome.reading.values
            for key, value, flag in outcome.reading.values:
                assert key in WATER
                assert flag in (1, 5)
                assert type(value) is float
                assert math.isfinite(value)
        for refusal in outcome.refusals:
            assert refusal.code in REASONS
            assert refusal.detail.isprintable()
            assert len(refusal.detail) + len(refusal.column) < 400


@given(headers, rows)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_refused_row_kept_as_csv_is_judged_as_it_was(header: tuple[Any, ...], body: list[Any]) -> None:
    found = usable(header)
    if isinstance(found, CellError):
        return
    for outcome in RESULTS.outcomes(found, [Row(i, cells) for i, cells in enumerate(body, 2)]):
        codes = [refusal.code for refusal in outcome.refusals]
        if not codes or "ambiguous" in codes or len(outcome.row.cells) != len(header):
            continue
        (table,) = tables(as_csv((header, outcome.row.cells)))
        if not table.rows:  # a row of nothing is refused as it is; it is no row of CSV
            continue
        (again,) = RESULTS.outcomes(layout(table.header.cells, "auto", WATER), table.rows)
        assert [refusal.code for refusal in again.refusals] == codes
        assert again.reading == outcome.reading


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda body: b"PK\x03\x04" + body)))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_tables_or_told_why_not(payload: bytes) -> None:
    found = readable(payload)
    if isinstance(found, TableError):
        assert str(found).isprintable()
    else:
        assert found
        assert all(table.header.cells for table in found)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_mutation_of_a_workbook_is_tables_or_told_why_not(data: st.DataObject) -> None:
    payload = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert str(readable(bytes(payload))).isprintable()


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["station", "time", "nh3n"])
    book.worksheets[0].append(["sz-w01", dt.datetime(2020, 6, 3, 9, 30), 0.42])  # noqa: DTZ001
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WORKBOOK = _workbook()


def test_a_file_of_the_disk_is_read_once_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "june.xlsx"
    file.write_bytes(WORKBOOK)
    done = importing.import_files(BY, [file], None)
    assert (done.files[0].values, done.refused, file.read_bytes()) == (1, [], WORKBOOK)
