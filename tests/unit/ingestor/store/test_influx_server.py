"""Claims about how answers of InfluxDB are read. Bodies are those that the generations document."""

import pytest

from ingestor.store import InfluxServer, StoreError
from ingestor.store.influx_server import RefusedError, _error_in, _tables, literal, quoted

ONE_TABLE = "name,tags,time,pm25,pm25_flag\nair,,0,15.1,1\nair,,3600,,9\n"


# --- tables of CSV


def test_tables_are_rows_by_column() -> None:
    assert list(_tables(ONE_TABLE)) == [
        {"name": "air", "tags": "", "time": "0", "pm25": "15.1", "pm25_flag": "1"},
        {"name": "air", "tags": "", "time": "3600", "pm25": "", "pm25_flag": "9"},
    ]


@pytest.mark.parametrize("between", ["\n", ""], ids=["empty-line", "nothing"])
def test_tables_that_follow_each_other_have_their_own_columns(between: str) -> None:
    body = ONE_TABLE + between + "name,tags,time,leq\nnoise,,7,51.5\n"
    assert [row.get("leq") for row in _tables(body)] == [None, None, "51.5"]


def test_tables_hold_tags_with_commas_and_line_breaks_as_one_field() -> None:
    body = 'name,tags,last\nair,"period_s=3600,station=大桥",1\n"a\nb",,2\n'
    assert [(row["name"], row["tags"]) for row in _tables(body)] == [
        ("air", "period_s=3600,station=大桥"),
        ("a\nb", ""),
    ]


@pytest.mark.parametrize("body", ["", "\n", "\r\n", "name,tags,time\n", "name,tags,time\n\n"])
def test_tables_of_an_answer_without_rows_are_none(body: str) -> None:
    assert list(_tables(body)) == []


def test_tables_with_line_breaks_of_windows_are_the_same() -> None:
    assert list(_tables(ONE_TABLE.replace("\n", "\r\n"))) == list(_tables(ONE_TABLE))


# --- errors in JSON

PARTLY_3 = (
    '{"error":"partial write of line protocol occurred","data":[{"original_line":"a b","line_number":2,'
    '"error_message":"invalid column type for column temp"}]}'
)
WHOLLY_3 = (
    '{"error":"parsing failed for write_lp endpoint","data":{"original_line":"a b","line_number":2,'
    '"error_message":"No fields were provided"}}'
)
"""InfluxDB 3 Core with accept_partial=false: one object, no array (docs.influxdata.com, v3 write_lp)."""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error":"database not found: \\"x\\""}', 'database not found: "x"'),
        ('{"error":"partial write: field type conflict dropped=2"}', "partial write: field type conflict dropped=2"),
        ('{"results":[{"statement_id":0,"error":"too many points"}]}', "too many points"),
        ('{"results":[{"statement_id":0},{"statement_id":1,"error":"second"}]}', "second"),
        ('{"code":"invalid","message":"unable to parse line 1"}', "unable to parse line 1"),
        ('{"code":"unprocessable entity","message":"failure writing points: dropped=1"}', "dropped=1"),
        (PARTLY_3, "partial write of line protocol occurred: invalid column type for column temp"),
        (WHOLLY_3, "parsing failed for write_lp endpoint: No fields were provided"),
        ('{"error":"x","data":null}', "x"),
        ('{"error":"x","data":[]}', "x"),
        ('{"error":"x","data":["why"]}', "x: why"),
        ('{"error":"x","data":"why"}', "x"),
        ('{"error":"x","data":7}', "x"),
        ('{"error":"x","results":7}', ""),
    ],
    ids=["1-missing", "1-partial", "1-statement", "1-second-statement", "2-invalid", "2-dropped", "3-array", "3-object",
         "3-null", "3-empty", "data-of-texts", "data-a-text", "data-a-number", "results-a-number"],
)  # fmt: skip
def test_error_of_each_generation_is_found(body: str, words: str) -> None:
    assert words in _error_in(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "<html>",
        "null",
        "[]",
        '["error"]',
        "7",
        "{}",
        '{"results":[{"statement_id":0}]}',
        '{"results":[]}',
    ],
)
def test_error_of_a_body_that_tells_none_is_empty(body: str) -> None:
    assert _error_in(body) == ""


def test_error_names_the_first_three_lines_only() -> None:
    lines = ",".join(f'{{"error_message":"m{i}"}}' for i in range(1000))
    assert _error_in(f'{{"error":"x","data":[{lines}]}}') == "x: m0; m1; m2"


@pytest.mark.parametrize(
    ("words", "dropped"),
    [
        ("partial write: field type conflict: input field x dropped=17", 17),
        ("partial write: points beyond retention policy dropped=0", 0),
        ("unable to parse 'air x=': missing field value", None),
        ("", None),
    ],
)
def test_refused_error_knows_how_many_lines_the_server_says_it_dropped(words: str, dropped: int | None) -> None:
    assert RefusedError(words).dropped == dropped


# --- InfluxQL


@pytest.mark.parametrize(
    ("name", "text"), [("air", '"air"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("大桥", '"大桥"'), ("", '""')]
)
def test_identifier_is_quoted_with_quotes_and_backslashes_escaped(name: str, text: str) -> None:
    assert quoted(name) == text


@pytest.mark.parametrize(
    ("value", "text"), [("a1", "'a1'"), ("a'b", "'a\\'b'"), ("a\\b", "'a\\\\b'"), ("大桥", "'大桥'"), ('a"b', "'a\"b'")]
)
def test_literal_is_quoted_with_quotes_and_backslashes_escaped(value: str, text: str) -> None:
    assert literal(value) == text


# --- the address


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8086", "ftp://x", "http://", "http://user:hunter2@x:8086", "http://x:8086/path"]
)
def test_server_address_that_cannot_be_is_told_without_secrets(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_V2_URL", url)
    with pytest.raises(StoreError) as raised:
        InfluxServer("qingjing")
    told = str(raised.value)
    assert told.startswith("store: INFLUXDB_V2_URL: expected the server's address such as ")
    assert "hunter2" not in told


def test_server_address_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFLUXDB_V2_URL", raising=False)
    with pytest.raises(StoreError, match=r"^store: INFLUXDB_V2_URL: expected the server's address"):
        InfluxServer("qingjing")


@pytest.mark.parametrize("url", ["http://x:8086", "https://x", "http://x:8086/", "http://[::1]:8086"])
def test_server_address_is_taken_without_connecting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_V2_URL", url)
    server = InfluxServer("qingjing")
    server.close()
    assert server.url == url.rstrip("/")


def test_server_setting_that_cannot_be_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_V2_URL", "http://x:8086")
    monkeypatch.setenv("INFLUXDB_V2_TIMEOUT", "soon")
    with pytest.raises(StoreError, match=r"^store http://x:8086: INFLUXDB_V2_\*: expected usable settings, got "):
        InfluxServer("qingjing")
