"""Claims about strict TOML and CSV: the error names file, place, what was expected and what was there."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest

from sensors import strict
from sensors.errors import ConfigError


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int
    kind: Literal["small", "large"] = "small"
    count: Annotated[int, msgspec.Meta(ge=1, le=6)] = 1


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    name: str
    first: int = 0
    limit: Decimal = Decimal(0)
    table: Inner | None = None
    array: list[Inner] = []
    named: dict[str, Inner] = {}


def toml_error(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        strict.toml(text, Outer, file="f.toml")
    return str(raised.value)


NAME = 'name = "x"\n'


def test_toml_number_with_a_point_is_exact() -> None:
    assert strict.toml(NAME + "limit = 0.2", Outer, file="f.toml").limit == Decimal("0.2")


def test_toml_whole_number_is_taken_as_a_decimal() -> None:
    assert strict.toml(NAME + "limit = 25", Outer, file="f.toml").limit == Decimal(25)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nam = 1", "nam: expected one of name, from, limit, table, array, named, got 'nam'"),
        ("first = 1", "first: expected one of name, from, limit, table, array, named, got 'first'"),
        ("[table]\nsize = 1\nsiz = 2", "table.siz: expected one of size, kind, count, got 'siz'"),
        ("[[array]]\nsize = 1\nsiz = 2", "array[0].siz: expected one of size, kind, count, got 'siz'"),
        (
            "[[array]]\nsize = 1\n[[array]]\nsize = 2\nsiz = 2",
            "array[1].siz: expected one of size, kind, count, got 'siz'",
        ),
        ("[named.n1]\nsize = 1\nsiz = 2", "named.n1.siz: expected one of size, kind, count, got 'siz'"),
        (
            "[named.n1]\nsize = 1\n[named.n2]\nsize = 1\nsiz = 2",
            "named.n2.siz: expected one of size, kind, count, got 'siz'",
        ),
    ],
    ids=["top", "field-by-its-python-name", "table", "array", "second-of-array", "dict", "second-of-dict"],
)
def test_toml_unknown_key_is_told_with_its_place_and_the_known_keys(text: str, error: str) -> None:
    assert toml_error(NAME + text) == f"f.toml: {error}"


def test_toml_unknown_key_in_a_dict_of_tables_is_told_with_the_known_keys() -> None:
    assert toml_error(NAME + "[named.n1]\nsize = 1\nsiz = 2").endswith(
        "siz: expected one of size, kind, count, got 'siz'"
    )


def test_toml_unknown_key_is_shown_cut_at_80_characters() -> None:
    cut = "'" + "k" * 76 + "..."
    expected = f"f.toml: {cut}: expected one of name, from, limit, table, array, named, got {cut}"
    assert toml_error(NAME + "k" * 200 + " = 1") == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[named.4a-x_Z]\nsize = 1.5", "named.4a-x_Z.size"),
        ('[named."a.b"]\nsize = 1.5', "named.'a.b'.size"),
        ('[named."[0]"]\nsize = 1.5', "named.'[0]'.size"),
        ('[named.""]\nsize = 1.5', "named.''.size"),
        (f"[named.{'k' * 40}]\nsize = 1.5", f"named.{'k' * 40}.size"),
        (f"[named.{'k' * 41}]\nsize = 1.5", f"named.'{'k' * 41}'.size"),
    ],
    ids=["bare", "dot", "like-an-index", "empty", "40-characters", "41-characters"],
)
def test_toml_key_of_a_place_is_quoted_where_toml_would_quote_it_or_it_is_long(text: str, place: str) -> None:
    assert toml_error(NAME + text) == f"f.toml: {place}: expected int, got Decimal('1.5')"


def test_toml_unknown_key_that_looks_like_a_place_of_msgspec_is_taken_literally() -> None:
    error = toml_error(NAME + '"x` - at `$.y" = 1')
    assert error.startswith("f.toml: 'x` - at `$.y': expected one of name, from, ")
    assert error.endswith(", got 'x` - at `$.y'")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "f.toml: name: expected a value, got nothing"),
        (NAME + "[table]", "f.toml: table.size: expected a value, got nothing"),
        (NAME + "[[array]]\nsize = 1\n[[array]]", "f.toml: array[1].size: expected a value, got nothing"),
    ],
    ids=["top", "table", "array"],
)
def test_toml_missing_key_is_told_with_its_place(text: str, error: str) -> None:
    assert toml_error(text) == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name = 1", "name: expected str, got 1"),
        ('name = ["x"]', "name: expected str, got a list"),
        (NAME + "table = 3", "table: expected object | null, got 3"),
        (NAME + "array = [3]", "array[0]: expected object, got 3"),
        (NAME + "[table]\nsize = 1.5", "table.size: expected int, got Decimal('1.5')"),
        (NAME + '[table]\nsize = "1"', "table.size: expected int, got '1'"),
        (NAME + "[table]\nsize = true", "table.size: expected int, got True"),
        (NAME + "[table]\nsize = 1\ncount = 0", "table.count: expected int >= 1, got 0"),
        (NAME + "[table]\nsize = 1\ncount = 7", "table.count: expected int <= 6, got 7"),
    ],
)
def test_toml_wrong_value_is_told_with_its_place(text: str, error: str) -> None:
    assert toml_error(text) == f"f.toml: {error}"


@pytest.mark.parametrize("count", [1, 6])
def test_toml_value_at_the_end_of_its_range_is_taken(count: int) -> None:
    table = strict.toml(NAME + f"[table]\nsize = 1\ncount = {count}", Outer, file="f.toml").table
    assert table == Inner(1, count=count)


def test_toml_value_out_of_range_in_a_dict_of_tables_is_told_with_the_table_and_the_value() -> None:
    assert toml_error(NAME + "[named.n1]\nsize = 1\ncount = 7") == "f.toml: named.n1.count: expected int <= 6, got 7"


def test_toml_bounded_number_in_a_dict_is_told_with_its_key_and_the_value() -> None:
    class Counts(msgspec.Struct):
        named: dict[str, Annotated[int, msgspec.Meta(ge=2)]]

    with pytest.raises(ConfigError) as raised:
        strict.toml("[named]\na = 2\nb = 1", Counts, file="f.toml")
    assert str(raised.value) == "f.toml: named.b: expected int >= 2, got 1"


def test_toml_wrong_choice_is_told_with_the_choices() -> None:
    error = toml_error(NAME + '[table]\nsize = 1\nkind = "huge"')
    assert error == "f.toml: table.kind: expected one of small, large, got 'huge'"


def test_toml_wrong_choice_is_shown_cut_at_80_characters() -> None:
    error = toml_error(NAME + f'[table]\nsize = 1\nkind = "{"z" * 200}"')
    assert error.endswith(", got '" + "z" * 76 + "...")
    assert len(error) < 200


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_toml_number_that_is_not_finite_is_refused(number: str) -> None:
    assert toml_error(NAME + f"limit = {number}").startswith("f.toml: limit: expected ")


@pytest.mark.parametrize("text", ["a = = 3", "[table", 'name = "x"\nname = "y"', "a =\n\n", "\x00", "[[["])
def test_toml_that_is_none_is_told_with_the_file(text: str) -> None:
    assert toml_error(text).startswith("f.toml: expected TOML, got ")


def test_toml_that_is_none_is_told_with_its_line() -> None:
    assert toml_error("a = 1\nb = 2\nc = = 3").endswith("(at line 3, column 5)")


def test_toml_nested_too_deeply_is_refused() -> None:
    assert toml_error("a = " + "[" * 5000 + "]" * 5000).startswith("f.toml: expected TOML, got ")


@pytest.mark.parametrize(
    "text",
    ["a = = 3", NAME + '"a\\nb" = 1', "name = 1", NAME + '[table]\nsize = 1\nkind = "a\\nb"', NAME + "array = [3]", ""],
)
def test_toml_error_is_one_line(text: str) -> None:
    assert len(toml_error(text).splitlines()) == 1


# --- CSV

COLUMNS = ("id", "name")


def rows(text: str) -> list[tuple[int, dict[str, str]]]:
    return list(strict.rows(text, COLUMNS, file="f.csv"))


def rows_error(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        rows(text)
    return str(raised.value)


def test_rows_of_a_header_alone_are_none() -> None:
    assert rows("id,name\n") == []


def test_rows_are_numbered_by_their_lines() -> None:
    assert rows("id,name\na,1\nb,2") == [(2, {"id": "a", "name": "1"}), (3, {"id": "b", "name": "2"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
def test_rows_may_end_in_any_way(end: str) -> None:
    assert rows(f"id,name{end}a,1{end}") == [(2, {"id": "a", "name": "1"})]


def test_rows_skip_a_byte_order_mark() -> None:
    assert rows("\ufeffid,name\na,1") == [(2, {"id": "a", "name": "1"})]


def test_rows_skip_comments_and_blank_lines_and_count_them() -> None:
    assert rows("# stations\n\nid,name\n# the first\na,1\n  \nb,2\n#\n") == [
        (5, {"id": "a", "name": "1"}),
        (7, {"id": "b", "name": "2"}),
    ]


def test_rows_keep_a_hash_inside_a_line() -> None:
    assert rows("id,name\na,26#") == [(2, {"id": "a", "name": "26#"})]


def test_rows_keep_a_quoted_comma() -> None:
    assert rows('id,name\na,"1, 2"') == [(2, {"id": "a", "name": "1, 2"})]


def test_rows_keep_a_doubled_quote_as_one() -> None:
    assert rows('id,name\na,"the ""old"" one"') == [(2, {"id": "a", "name": 'the "old" one'})]


def test_rows_strip_blanks_of_fields_and_header() -> None:
    assert rows(" id , name \n a ,\u30001 ") == [(2, {"id": "a", "name": "1"})]


@pytest.mark.parametrize(
    ("header", "got"), [("id,nam", "'id,nam'"), ("name,id", "'name,id'"), ("id", "'id'"), ("id,name,x", "'id,name,x'")]
)
def test_rows_of_another_header_are_refused(header: str, got: str) -> None:
    assert rows_error(header + "\na,1") == f"f.csv: line 1: expected columns id,name, got {got}"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_rows_without_header_are_refused(text: str) -> None:
    assert rows_error(text).endswith("expected columns id,name, got ''")


def test_rows_of_another_header_below_a_comment_are_refused_by_its_line() -> None:
    assert rows_error("# stations\nid,nam\n") == "f.csv: line 2: expected columns id,name, got 'id,nam'"


def test_rows_header_is_shown_cut_at_80_characters() -> None:
    assert rows_error("x" * 200).endswith("got '" + "x" * 76 + "...")


@pytest.mark.parametrize(("row", "count"), [("a", 1), ("a,1,2", 3), ("a,1,", 3)])
def test_rows_with_a_wrong_number_of_fields_are_refused_by_line(row: str, count: int) -> None:
    assert rows_error(f"# c\nid,name\nb,2\n\n{row}\n") == f"f.csv: line 5: expected 2 fields, got {count}"


def test_rows_with_an_endless_field_are_refused() -> None:
    assert rows_error('id,name\na,"' + "x" * 200_000).startswith("f.csv: ")


@pytest.mark.parametrize(
    ("header", "fields", "row"),
    [
        ("id,name", "1,x", {"id": "1", "name": "x", "size": "", "kind": ""}),
        ("id,name,kind", "1,x,k", {"id": "1", "name": "x", "size": "", "kind": "k"}),
        ("id,name,size,kind", "1,x,s,k", {"id": "1", "name": "x", "size": "s", "kind": "k"}),
    ],
)
def test_csv_optional_column_that_is_absent_is_empty(header: str, fields: str, row: dict[str, str]) -> None:
    found = list(strict.rows(f"{header}\n{fields}\n", COLUMNS, file="f.csv", optional=("size", "kind")))
    assert found == [(2, row)]


@pytest.mark.parametrize("header", ["id,name,kind,size", "id,kind,name", "id", "id,name,size,size", "id,name,x"])
def test_csv_optional_columns_stand_after_the_others_in_their_order(header: str) -> None:
    with pytest.raises(ConfigError) as raised:
        list(strict.rows(header + "\n", COLUMNS, file="f.csv", optional=("size", "kind")))
    assert str(raised.value) == f"f.csv: line 1: expected columns id,name[,size][,kind], got {header!r}"


# --- keys and dates in a field


@pytest.mark.parametrize(("field", "keys"), [("a", ("a",)), ("b;a", ("b", "a")), (" a ; b ", ("a", "b"))])
def test_keys_are_read_in_their_order(field: str, keys: tuple[str, ...]) -> None:
    assert strict.keys(field, ["a", "b"], kind="letters", place="f.csv: line 2: x") == keys


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("", "expected letters (a, b), joined by ;, got ''"),
        ("a;", "expected letters (a, b), joined by ;, got ''"),
        ("a,b", "expected letters (a, b), joined by ;, got 'a,b'"),
        ("a;b;a", "expected each once, got 'a' again"),
    ],
)
def test_key_that_is_unknown_or_stands_twice_is_refused(field: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        strict.keys(field, ["a", "b"], kind="letters", place="f.csv: line 2: x")
    assert str(raised.value) == f"f.csv: line 2: x: {error}"


@pytest.mark.parametrize("text", ["2020-02-29", "0001-01-01", "9999-12-31"])
def test_day_is_read_as_it_is_written(text: str) -> None:
    assert strict.day(text, place="f.csv: line 2: from").isoformat() == text


@pytest.mark.parametrize(
    "text", ["", "2019-02-29", "20200101", "2020-W01-1", "2020-1-1", "2020-01-01T00:00", "二〇二〇"]
)
def test_day_that_is_none_or_written_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        strict.day(text, place="f.csv: line 2: from")
    assert str(raised.value) == f"f.csv: line 2: from: expected a date such as 2020-01-01, got {text!r}"
