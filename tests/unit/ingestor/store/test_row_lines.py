"""Derived rows as lines of InfluxDB."""

import pytest

from ingestor.schema import Table
from ingestor.store import row_lines

TABLE = Table("t", "station", {"mean": "REAL", "aqi": "INTEGER", "edition": "TEXT"})
MUCH = 10**6


@pytest.mark.parametrize(
    ("value", "text"),
    [("", '""'), ("O3", '"O3"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ('\\"', '"\\\\\\""'), ("臭氧", '"臭氧"')],
)
def test_text_field_is_quoted_with_quotes_and_backslashes_escaped(value: str, text: str) -> None:
    (lines,) = row_lines.batches(TABLE, {"a1": ([0], {"edition": [value]})}, most_bytes=MUCH)
    assert lines.decode() == f"t,station=a1 edition={text} 0\n"


def test_row_without_any_value_has_no_line_and_others_keep_their_times() -> None:
    rows = {
        "a1": ([0, 3600, 7200], {"mean": [None, 0.1 + 0.2, None], "aqi": [None, 2**53 + 1, 7]}),
        "a2": ([], {}),
        "a3": ([0], {"aqi": [1], "edition": [None]}),
    }
    (lines,) = row_lines.batches(TABLE, rows, most_bytes=MUCH)
    assert lines.decode().splitlines() == [
        "t,station=a1 mean=0.30000000000000004,aqi=9007199254740993i 3600",
        "t,station=a1 aqi=7i 7200",
        "t,station=a3 aqi=1i 0",
    ]


@pytest.mark.parametrize("rows", [{}, {"a1": ([], {})}, {"a1": ([0], {"mean": [None]})}])
def test_nothing_is_written_where_no_row_has_a_value(rows: row_lines.RowsOfKeys) -> None:
    assert list(row_lines.batches(TABLE, rows, most_bytes=MUCH)) == []


@pytest.mark.parametrize("most", [1, 23, 24, 47, 48, 49, 71, 72, 999])
def test_batches_end_with_lines_and_are_no_larger_than_asked_where_a_line_is_not(most: int) -> None:
    line = len("t,station=a1 aqi=1i 100\n")
    batches = list(row_lines.batches(TABLE, {"a1": ([100, 101, 102], {"aqi": [1, 2, 3]})}, most_bytes=most))
    assert [len(each) for each in batches] == {1: [line] * 3, 2: [2 * line, line], 3: [3 * line]}[
        min(3, max(1, most // line))
    ]
    assert b"".join(batches).count(b"\n") == 3
